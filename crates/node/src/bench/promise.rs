//! `socium bench promise`: every order that is released in the virtual workshop is promised a date by the live schedule; how many are kept.
//!
//! Enters: seeds, days, the probability that is promised. Leaves: a row a seed, and the share over all. Absent: opinions.
//!
//! The demand is on promises that rest on earlier ones, as a unit makes them after its first days; the others are told beside them.

use super::Row;
use simulate::experiment::{Kept, Mode, Promises, promises};

/// What the issue asks for at a promised 90 %.
const SHARE: (f64, f64) = (0.87, 0.93);
/// For this probability [%].
const DEMANDED_AT: u32 = 90;

/// All rows.
pub fn rows(seeds: u64, days: u32, sure: u32) -> Vec<Row> {
    let all: Vec<Promises> = (1..=seeds).map(|seed| promises(seed, days, Mode::Act, sure * 10)).collect();
    let mut rows: Vec<Row> = (1..).zip(&all).flat_map(|(seed, one)| seed_row(seed, one)).collect();
    let told: Vec<&Kept> = all.iter().flat_map(|one| &one.told).collect();
    let (later, first): (Vec<&Kept>, Vec<&Kept>) = told.iter().partition(|kept| kept.promised.basis.promises > 0);
    let context = format!("promised {sure} %, {seeds} seeds, {days} days");
    let share = |name: &str, of: &[&Kept]| {
        let kept = of.iter().filter(|kept| kept.is_kept()).count() as f64;
        Row::new(name, kept / of.len().max(1) as f64, "1").under(format!("{context}; {kept} of {}", of.len()))
    };
    let kept = share("orders on time, promises corrected by earlier ones", &later);
    if sure == DEMANDED_AT {
        rows.push(kept.at_least(SHARE.0));
        rows.push(share("orders on time, promises corrected by earlier ones, not too careful", &later).at_most(SHARE.1));
    } else {
        rows.push(kept);
    }
    rows.push(share("orders on time, first promises", &first));
    let mean = |of: &dyn Fn(&Kept) -> Option<f64>| {
        let values: Vec<f64> = later.iter().filter_map(|kept| of(kept)).collect();
        values.iter().sum::<f64>() / values.len().max(1) as f64
    };
    let lead = mean(&|kept| Some((kept.promised.due - kept.promised.at).hours()));
    let early = mean(&|kept| Some((kept.promised.due - kept.done?).hours()));
    rows.push(Row::new("mean time from order to promised date", lead, "h").under(&context));
    rows.push(Row::new("mean time from being done to promised date", early, "h").under(&context));
    let failed: usize = all.iter().map(|one| one.failed.len()).sum();
    rows.push(Row::new("orders without a promise", failed as f64, "1").at_most(0.0).under(&context));
    rows
}

fn seed_row(seed: u64, one: &Promises) -> Option<Row> {
    let share = one.share(true)?;
    Some(Row::new("orders on time", share, "1").under(format!("seed {seed}; {} promises", one.told.len())))
}
