//! The stack as a whole: what it finds, that it swallows nothing, and its bounds.

use super::*;
use measure::Chance;
use proptest::prelude::*;
use std::sync::Arc;

/// Rows of `channels` that move together with a common swing and noise of their own.
fn plant(seed: u64, rows: usize, channels: usize) -> Vec<f64> {
    let mut chance = Chance::seeded(seed);
    let mut swing = 0.0;
    let mut values = Vec::with_capacity(rows * channels);
    for _ in 0..rows {
        swing = 0.9 * swing + chance.normal();
        values.extend((0..channels).map(|i| 10.0 * i as f64 + swing * (1.0 + i as f64 / 4.0) + 0.5 * chance.normal()));
    }
    values
}
fn learned(values: &[f64], channels: usize) -> Arc<Baseline> {
    Arc::new(Baseline::learn(Rows { values, channels }, 1).expect("rows enough"))
}
fn walk(baseline: &Arc<Baseline>, values: &[f64]) -> Vec<Verdict> {
    let mut stack = Stack::new(Arc::clone(baseline));
    Rows { values, channels: baseline.channels() }.iter().map(|row| stack.step(row)).collect()
}
/// Rows with `by` deviations added to one channel from a row on.
fn shifted(mut values: Vec<f64>, channels: usize, (channel, from): (usize, usize), by: f64) -> Vec<f64> {
    values.iter_mut().enumerate().for_each(|(i, x)| {
        if i % channels == channel && i / channels >= from {
            *x += by;
        }
    });
    values
}

#[test]
fn a_lasting_fault_is_one_episode_that_stays_and_names_its_channel() {
    let rows = plant(1, 4_000, 6);
    let baseline = learned(&rows[..6 * 600], 6);
    let faulty = shifted(rows, 6, (4, 1_000), 25.0);
    let mut stack = Stack::new(Arc::clone(&baseline));
    let mut episodes = Episodes::lasting(baseline.tail.score_at(1e-5), baseline.tail.median());
    let (mut opened, mut named, mut open_rows) = (Vec::new(), 0, 0);
    for (place, row) in (Rows { values: &faulty, channels: 6 }).iter().enumerate() {
        let was = episodes.open().is_some();
        let closed = episodes.step(stack.step(row).score);
        assert!(closed.is_none() || place < 1_000, "closed at row {place} with the fault still there");
        if episodes.open().is_some() {
            opened.extend((!was).then_some(place));
            open_rows += usize::from(place >= 1_000);
            let shares = stack.shares();
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-6);
            named += usize::from(place >= 1_000 && (0..6).all(|i| shares[i] <= shares[4]));
        }
    }
    assert!(opened.len() == 1 && (1_000..1_040).contains(&opened[0]), "opened at {opened:?}");
    assert!(open_rows > 2_900 && named > 2_800, "open for {open_rows} rows, right channel in {named}");
}

#[test]
fn good_order_opens_no_episode() {
    let rows = plant(2, 12_000, 8);
    let baseline = learned(&rows[..8 * 1_000], 8);
    let mut episodes = Episodes::lasting(baseline.tail.score_at(1e-5), baseline.tail.median());
    let closed = walk(&baseline, &rows).iter().filter(|v| episodes.step(v.score).is_some()).count();
    assert_eq!((closed, episodes.open()), (0, None));
}

#[test]
fn the_tail_is_the_share_of_good_order_that_scores_as_high() {
    let rows = plant(3, 20_000, 4);
    let baseline = learned(&rows[..4 * 4_000], 4);
    let verdicts = walk(&baseline, &rows[4 * 4_000..]);
    for (share, low, high) in [(0.5, 0.4, 0.6), (0.1, 0.06, 0.16), (0.01, 0.001, 0.03)] {
        let below = verdicts.iter().filter(|v| v.score.is_finite() && baseline.tail.probability(v.score) < share).count();
        let got = below as f64 / verdicts.len() as f64;
        assert!((low..high).contains(&got), "{got} of rows have a probability below {share}");
    }
    let score = baseline.tail.score_at(1e-4);
    assert!((baseline.tail.probability(score) / 1e-4 - 1.0).abs() < 1e-6);
}

#[test]
fn eight_channels_take_less_than_64_kib() {
    let baseline = learned(&plant(4, 2_000, 8), 8);
    let mut stack = Stack::new(Arc::clone(&baseline));
    stack.step(&[0.0; 8]);
    assert!(baseline.bytes() + stack.bytes() < 64 * 1_024, "{} + {}", baseline.bytes(), stack.bytes());
}

#[test]
fn a_stuck_sensor_is_told() {
    let rows = plant(5, 2_000, 3);
    let baseline = learned(&rows[..3_000], 3);
    let stuck: Vec<f64> = rows.iter().enumerate().map(|(i, x)| if i % 3 == 1 && i > 4_500 { 10.5 } else { *x }).collect();
    let verdicts = walk(&baseline, &stuck);
    assert!(verdicts[..1_500].iter().all(|v| v.stuck.is_none()));
    assert!(verdicts[1_540..].iter().all(|v| v.stuck == Some(1)));
}

#[test]
fn what_cannot_be_learned_from_is_told() {
    let few = Baseline::learn(Rows { values: &[0.0; 200], channels: 2 }, 1);
    assert_eq!(few, Err(LearnError::Rows(100)));
    let wide = Baseline::learn(Rows { values: &[0.0; 200 * 200], channels: 200 }, 1);
    assert_eq!(wide, Err(LearnError::Channels(200)));
    assert!(LearnError::Channels(200).to_string().contains("allowed are 1 to 128"));
    // A channel that never moves is a channel: it is found when it does.
    let flat = learned(&[7.0; 400], 2);
    assert!(walk(&flat, &[7.0; 100])[49].score < 0.0);
    assert!(walk(&flat, &[[7.0; 60], [9.0; 60]].concat())[59].score > 0.3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn gaps_and_wild_numbers_never_break_it(seed in 0_u64..1_000, holes in prop::collection::vec((0_usize..1_500, 0_usize..4), 0..400)) {
        let mut rows = plant(seed, 500, 4);
        let baseline = learned(&rows[..4 * 300], 4);
        for (place, what) in holes {
            rows[place] = [f64::NAN, f64::INFINITY, 1e300, -1e9][what];
        }
        let (once, twice) = (walk(&baseline, &rows), walk(&baseline, &rows));
        prop_assert!(once[20..].iter().all(|v| v.score.is_finite()));
        prop_assert!(once.iter().zip(&twice).all(|(a, b)| a.score.to_bits() == b.score.to_bits()));
    }
    #[test]
    fn units_do_not_matter(seed in 0_u64..1_000, factor in 0.001_f64..1_000.0, offset in -500.0_f64..500.0) {
        let rows = plant(seed, 600, 3);
        let other: Vec<f64> = rows.iter().map(|x| x * factor + offset).collect();
        let (one, two) = (learned(&rows[..900], 3), learned(&other[..900], 3));
        for (a, b) in walk(&one, &rows).iter().zip(walk(&two, &other)).skip(20) {
            prop_assert!((a.score - b.score).abs() < 0.02, "{} and {}", a.score, b.score);
        }
    }
    #[test]
    fn rows_with_nothing_in_them_are_bridged_and_then_say_nothing(seed in 0_u64..200) {
        let rows = plant(seed, 400, 4);
        let baseline = learned(&rows, 4);
        let mut stack = Stack::new(Arc::clone(&baseline));
        Rows { values: &rows, channels: 4 }.iter().for_each(|row| { stack.step(row); });
        let last = (0..200).map(|_| stack.step(&[f64::NAN; 4]).score).last();
        prop_assert!(last.is_some_and(|s| s < 0.3), "{last:?}");
    }
}
