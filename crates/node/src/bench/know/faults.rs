//! Faults put into the well-kept virtual workshop: what is found, which cause comes first, and what is found where nothing is wrong.
//!
//! Enters: nothing. Leaves: rows. Absent: physics, diagnosis (`simulate::experiment::faults` plays both).

use crate::bench::Row;
use simulate::experiment::faults::{Score, Sort, Trial, good_order, trial};

/// Its name beside the sets.
pub const NAME: &str = "faults";
/// Seeds that nothing was tuned on.
const SEEDS: std::ops::Range<u64> = 101..121;

/// A row each sort of fault, one over all, and one for good order.
pub fn rows() -> Vec<Row> {
    let trials: Vec<Trial> = SEEDS.flat_map(|seed| Sort::ALL.map(|sort| trial(seed, sort))).collect();
    let mut rows = Vec::new();
    for sort in Sort::ALL {
        let score = Score::of(trials.iter().filter(|t| t.sort == sort));
        rows.push(right(sort.word(), score));
    }
    let score = Score::of(&trials);
    let found = Row::new("faults found", share(score.found, score.trials), "1").at_least(0.95).aim(0.99);
    rows.push(found.under(format!("{} trials, mean delay {:.1} h", score.trials, score.delay_h)));
    rows.push(right("all", score).at_least(0.85).aim(0.95));
    let (mut months, mut count) = (0.0, 0);
    for (findings, watched) in SEEDS.map(good_order) {
        (months, count) = (months + watched, count + findings.len());
    }
    let false_findings = Row::new("false findings in good order", count as f64 / months, "/machine-month");
    rows.push(false_findings.at_most(1.0).aim(0.2).under(format!("{months:.0} machine-months")));
    rows
}

fn right(name: &str, score: Score) -> Row {
    let context = format!("{} of {} found, mean delay {:.1} h", score.found, score.trials, score.delay_h);
    Row::new(format!("right cause first: {name}"), share(score.right, score.trials), "1").under(context)
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}
