//! What is written comes back to the last bit; what does not fit is told with its reason.

use super::*;
use crate::form::tests::plant;
use measure::Instant;
use plant::{MachineId, MachineState, ProductId};
use proptest::prelude::*;

fn frozen(values: Option<Vec<f64>>) -> Frozen {
    Frozen {
        machine: MachineId(0),
        about: About::Energy(MachineState::Producing, Some(ProductId(0))),
        version: 2,
        at: Instant::from_micros(30),
        learned: Window { from: Instant::from_micros(10), to: Instant::from_micros(20) },
        channels: vec![ChannelId(0)],
        values: values.map(Arc::from),
    }
}

#[test]
fn golden_a_baseline_is_written_and_read_the_same() {
    let json = baseline_to_json(&plant(), &frozen(Some(vec![1.0, -0.0, f64::NAN]))).expect("a form");
    let golden = concat!(
        r#"{"baseline_v1":{"machine":"mill-1","about":"[\"energy\",\"producing\",\"P-1\"]","version":2,"at":30,"#,
        r#""learned_from":10,"learned_to":20,"channels":"[[\"power\",\"1\"]]","#,
        r#""body":"{\"v\":\"1\",\"values\":\"AAAAAAAA8D8AAAAAAAAAgAAAAAAAAPh/\",\"crc32\":1094199276}"}}"#,
    );
    assert_eq!(json, golden);
    let anew = baseline_to_json(&plant(), &frozen(None)).expect("a form");
    assert!(anew.ends_with(r#""body":"{\"v\":\"anew\"}"}}"#), "{anew}");
    assert_eq!(baseline_from_json(&anew).and_then(|row| row.read(&plant())), Some(Ok(frozen(None))));
    assert_eq!(baseline_from_json(r#"{"bookmark_v1":["a","b"]}"#), None);
}

#[test]
fn what_does_not_fit_any_more_is_told() {
    let json = baseline_to_json(&plant(), &frozen(Some(vec![1.0; 4]))).expect("a form");
    let row = baseline_from_json(&json).expect("a baseline");
    let told = |row: &BaselineV1, plant: &Plant| row.read(plant).map(|read| read.map_err(|unused| unused.reason));
    let mut renamed = plant();
    renamed.machines[0].name = "lathe".to_owned();
    let mut other = plant();
    other.products[0].name = "P-2".to_owned();
    let damaged = |from: &str, to: &str| BaselineV1 { body: row.body.replace(from, to), ..row.clone() };
    let cases = [
        (row.clone(), other, "it names product `P-1`, which is not in the configuration any more"),
        (BaselineV1 { about: "[\"weather\",null,null]".to_owned(), ..row.clone() }, plant(), "nothing that this version knows"),
        (BaselineV1 { about: "?".to_owned(), ..row.clone() }, plant(), "what it is about cannot be read"),
        (BaselineV1 { channels: "[[\"heat\",\"K\"]]".to_owned(), ..row.clone() }, plant(), "channel `heat`, which is not in"),
        (
            BaselineV1 { channels: "[[\"power\",\"W\"]]".to_owned(), ..row.clone() },
            plant(),
            "`power` in `W`, which is in `1` now",
        ),
        (damaged("AAA", "AAB"), plant(), "its body is damaged: its checksum is"),
        (damaged("AAA", "A*A"), plant(), "its body is damaged: "),
        (damaged("\"1\"", "\"9\""), plant(), "its body is damaged or of a newer version: unknown variant `9`"),
        (damaged("}", ""), plant(), "its body is damaged or of a newer version"),
    ];
    for (row, plant, sentence) in cases {
        let reason = told(&row, &plant).expect("its machine is there").expect_err(sentence);
        assert!(reason.contains(sentence), "{reason}");
    }
    assert_eq!(told(&row, &renamed), None);
    let unused = damaged("AAA", "AAB").read(&plant()).expect("its machine is there").expect_err("damaged");
    assert_eq!(unused.about(&plant()), Some(frozen(None).about));
}

proptest! {
    #[test]
    fn values_come_back_to_the_last_bit(bits in prop::collection::vec(any::<u64>(), 0..200)) {
        let one = frozen(Some(bits.into_iter().map(f64::from_bits).collect()));
        let json = baseline_to_json(&plant(), &one).expect("a form");
        prop_assert_eq!(baseline_from_json(&json).and_then(|row| row.read(&plant())), Some(Ok(one)));
    }
}
