//! SKAB v0.9: a water circuit whose valves, pump and rotor are made to fail, some 1,100 rows an experiment.
//!
//! Protocol: per file the first 400 rows are learned from, the rest is judged, all points are pooled. One scalar for all files: the
//! limit. Rows 0–399 are in good order in all files but one, where the fault begins within them.

use super::{Counts, Figure, Folder, Table, Trial};
use crate::anomaly::{Baseline, Episodes, Rows, Stack};
use std::sync::Arc;

/// The set.
pub const TRIAL: Trial = Trial { set: "skab", run };

/// Rows learned from, by the protocol.
const LEARNED: usize = 400;
/// The one scalar: four times the usual statistic.
pub const LIMIT: f64 = 0.6;
/// What the fault moves in the folders of valves.
const VALVE: &str = "Volume Flow RateRMS";

fn run(folder: &Folder) -> Result<Vec<Figure>, String> {
    let (mut counts, mut files) = (Counts::default(), 0);
    let (mut valves, mut first, mut third) = (0, 0, 0);
    for (path, table) in folder.under("").filter(|(p, _)| p.contains('/')) {
        let seen = walk(table).map_err(|e| format!("{path}: {e}"))?;
        seen.judged.iter().for_each(|(truth, claim)| counts.add(*truth, *claim));
        files += 1;
        if path.starts_with("valve") {
            valves += 1;
            let place = seen.ranked.iter().position(|c| c == VALVE);
            first += u32::from(place == Some(0));
            third += u32::from(place.is_some_and(|p| p < 3));
        }
    }
    if files == 0 {
        return Err("no experiment in a folder".to_owned());
    }
    let context = format!("{files} files, limit {LIMIT}");
    let of_valves = format!("{valves} valve files");
    let share = |n: u32| f64::from(n) / f64::from(valves.max(1));
    Ok(vec![
        Figure::more("outlier F1", counts.f1(), context.clone()).wants(0.86, 0.90).beside("Conv-AE", 0.78),
        Figure::less("outlier FAR", counts.false_alarm_rate(), context.clone()).wants(0.12, 0.08).beside("Conv-AE", 0.136),
        Figure::less("outlier MAR", counts.missed_alarm_rate(), context).beside("Conv-AE", 0.28),
        Figure::more("right channel in the first three", share(third), of_valves.clone()).wants(1.0, 1.0).beside("trial", 0.95),
        Figure::more("right channel first", share(first), of_valves).wants(0.0, 0.9),
    ])
}

struct Seen {
    /// Truth and claim of each row judged.
    judged: Vec<(bool, bool)>,
    /// Channels by their share in the faulty rows, greatest first.
    ranked: Vec<String>,
}

fn walk(table: &Table) -> Result<Seen, String> {
    let truth = table.numbers("anomaly")?;
    let (names, values) = table.rows_without(&["datetime", "anomaly", "changepoint"]);
    let rows = Rows { values: &values, channels: names.len().max(1) };
    let baseline = Arc::new(Baseline::learn(rows.first(LEARNED), 1).map_err(|e| e.to_string())?);
    let mut episodes = Episodes::new(LIMIT, baseline.tail.median());
    let mut stack = Stack::new(baseline);
    let (mut judged, mut sums) = (Vec::new(), vec![0.0; names.len()]);
    for (place, row) in rows.iter().enumerate() {
        let verdict = stack.step(row);
        if place < LEARNED {
            continue;
        }
        episodes.step(verdict.score);
        judged.push((truth[place] > 0.5, episodes.open().is_some()));
        if truth[place] > 0.5 {
            sums.iter_mut().zip(stack.shares()).for_each(|(s, share)| *s += share);
        }
    }
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|a, b| sums[*b].total_cmp(&sums[*a]));
    let nothing = sums.iter().all(|s| *s == 0.0);
    let ranked = if nothing { Vec::new() } else { order.into_iter().map(|i| names[i].clone()).collect() };
    Ok(Seen { judged, ranked })
}
