//! What is written comes back to the last bit; what does not fit is told with its reason.

use super::*;
use crate::form::tests::plant;
use measure::Instant;
use plant::{MachineState, ProductId};
use proptest::prelude::*;

fn frozen(values: Option<Vec<f64>>) -> Frozen {
    Frozen {
        machine: MachineId(0),
        about: About::Energy(MachineState::Producing, Some(ProductId(0))),
        version: 2,
        at: Instant::from_micros(30),
        used: Instant::from_micros(30),
        learned: Window { from: Instant::from_micros(10), to: Instant::from_micros(20) },
        channels: vec![ChannelId(0)],
        values: values.map(Arc::from),
    }
}

fn kept(row: BaselineV1) -> BaselineRow {
    BaselineRow { used_at: row.at, row, damaged: None }
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
    let read = baseline_from_json(&anew).map(|row| kept(row).read(&plant()));
    assert_eq!(read, Some(Recalled::Frozen(frozen(None))));
    assert_eq!(baseline_from_json(r#"{"bookmark_v1":["a","b"]}"#), None);
}

#[test]
fn what_does_not_fit_any_more_is_told() {
    let json = baseline_to_json(&plant(), &frozen(Some(vec![1.0; 4]))).expect("a form");
    let row = baseline_from_json(&json).expect("a baseline");
    let told = |row: &BaselineV1, plant: &Plant| match kept(row.clone()).read(plant) {
        Recalled::Unused(unused) => unused.reason,
        other => panic!("it is used: {other:?}"),
    };
    let mut renamed = plant();
    renamed.machines[0].name = "lathe".to_owned();
    let mut other = plant();
    other.products[0].name = "P-2".to_owned();
    let damaged = |from: &str, to: &str| BaselineV1 { body: row.body.replace(from, to), ..row.clone() };
    let cases = [
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
        let reason = told(&row, &plant);
        assert!(reason.contains(sentence), "{reason}");
    }
    for (plant, sentence) in [(renamed, "it names machine `mill-1`"), (other, "it names product `P-1`")] {
        let read = kept(row.clone()).read(&plant);
        assert!(matches!(&read, Recalled::Elsewhere(cause) if cause.starts_with(sentence)), "{read:?}");
    }
    let Recalled::Unused(unused) = kept(damaged("AAA", "AAB")).read(&plant()) else { panic!("it is damaged") };
    assert_eq!(unused.about(&plant()), Some(frozen(None).about));
    let unsound = BaselineRow { damaged: Some(4_294_967_295), ..kept(row.clone()) };
    let Recalled::Unused(unused) = unsound.read(&plant()) else { panic!("no such version") };
    assert_eq!((unused.reason.as_str(), unused.version), ("its version is 4294967295; allowed are 1 to 1000000", 2));
    let bare = kept(BaselineV1 { body: String::new(), ..row });
    let given = Given { machine: MachineId(0), about: frozen(None).about, version: 2 };
    assert_eq!(bare.read(&plant()), Recalled::Given(given));
}

#[test]
fn golden_what_was_of_use_is_written_and_read_the_same() {
    let abouts = vec![frozen(None).about, About::Behaviour(None)];
    let json = used_to_json(&plant(), &Used { machine: MachineId(0), at: Instant::from_micros(40), abouts }).expect("a form");
    let abouts = r#"["[\"energy\",\"producing\",\"P-1\"]","[\"behaviour\",null,null]"]"#;
    assert_eq!(json, format!(r#"{{"used_v1":{{"machine":"mill-1","at":40,"abouts":{abouts}}}}}"#));
    let read = used_from_json(&json).expect("it is one");
    assert_eq!((read.machine.as_str(), read.at, read.abouts.len()), ("mill-1", 40, 2));
    assert_eq!(used_from_json(r#"{"bookmark_v1":["a","b"]}"#), None);
}

proptest! {
    #[test]
    fn values_come_back_to_the_last_bit(bits in prop::collection::vec(any::<u64>(), 0..200)) {
        let one = frozen(Some(bits.into_iter().map(f64::from_bits).collect()));
        let json = baseline_to_json(&plant(), &one).expect("a form");
        prop_assert_eq!(baseline_from_json(&json).map(|row| kept(row).read(&plant())), Some(Recalled::Frozen(one)));
    }
}
