//! Models of lives of parts and of scrap, learned in the virtual workshop in which nobody acts, against the plain ways of foretelling.
//!
//! Enters: nothing. Leaves: rows, a topic and kind of machine each. Absent: what is learned and compared (`simulate::experiment` plays it).

use crate::bench::Row;
use simulate::experiment::{Taught, taught};
use std::collections::BTreeMap;
use unit::desk::Score;

/// Its name beside the sets.
pub const NAME: &str = "lessons";
/// Seeds that nothing was chosen on.
const SEEDS: std::ops::Range<u64> = 11..15;
/// Days watched.
const DAYS: u32 = 90;

/// Of each topic and kind the loss and the coverage, learned and plain, means over the seeds.
pub fn rows() -> Vec<Row> {
    let mut all: BTreeMap<String, Vec<Taught>> = BTreeMap::new();
    for one in SEEDS.flat_map(|seed| taught(seed, DAYS)) {
        all.entry(one.of.key()).or_default().push(one);
    }
    all.iter().flat_map(|(key, taught)| of(key, taught)).collect()
}

fn of(key: &str, taught: &[Taught]) -> Vec<Row> {
    let (topic, count) = (taught[0].of.topic, taught.len() as f64);
    let mean = |of: &dyn Fn(&Taught) -> f64| taught.iter().map(of).sum::<f64>() / count;
    let score = |of: fn(&Score) -> f64| mean(&|t: &Taught| of(&t.score));
    let judged: u32 = taught.iter().map(|t| t.contest.blocks).sum();
    let swapped = taught.iter().filter(|t| t.contest.swapped).count();
    let unit = topic.forecast().unit();
    let context = format!(
        "{swapped} of {} seeds swapped; {judged} {} judged; off by {:.3} ({:.3} plain), interval {:.3}",
        taught.len(),
        topic.episodes(),
        score(|s| s.off),
        score(|s| s.plain_off),
        score(|s| s.width),
    );
    let loss = Row::new(format!("{key}: mean pinball loss"), mean(&|t: &Taught| t.contest.challenger), unit);
    let loss = loss.beside("plain", mean(&|t: &Taught| t.contest.in_use)).under(context);
    vec![
        loss,
        Row::new(format!("{key}: held by the 90 % interval"), score(|s| s.held), "1").beside("plain", score(|s| s.plain_held)),
    ]
}
