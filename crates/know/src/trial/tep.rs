//! Tennessee Eastman: a simulated chemical plant, 52 channels, a run a fault, the fault from row 160 on.
//!
//! Protocol: the baseline is learned from the normal training run, the limit from the normal test run (99.9 % of its smoothed scores),
//! each faulty test run is judged. Detection is the share of faulty rows told; false alarms are counted on the normal test run and
//! on the rows before each fault. The cause is looked for among the channels of a known cause (list below).

use super::{Counts, Figure, Folder, Table, Trial};
use crate::anomaly::{Baseline, Opinions, Rows, Stack};
use measure::statistics::{Smoothed, quantile};
use std::sync::Arc;

/// The set.
pub const TRIAL: Trial = Trial { set: "tep", run };

/// Row at which the fault begins in a test run.
const FAULT: usize = 160;
/// The one scalar: share of the normal test run's scores below the limit.
const BELOW: f64 = 0.999;
/// Weight of the newest score.
const SMOOTH: f64 = 0.2;
/// Rows from the first alarm on over which shares of channels are summed.
const SHARED: usize = 60;

/// Faults of a known cause, with the channels next to it (J. J. Downs and E. F. Vogel, Computers and Chemical Engineering 17(3), 1993).
const CAUSES: [(u32, &[&str]); 10] = [
    (1, &["xmeas1", "xmv3", "xmeas4", "xmv4", "xmeas23"]), // A/C ratio of the feed
    (2, &["xmeas10", "xmv6", "xmeas30", "xmeas24"]),       // B in the feed: purge
    (4, &["xmv10", "xmeas9", "xmeas21"]),                  // reactor cooling water
    (5, &["xmv11", "xmeas22", "xmeas11"]),                 // condenser cooling water
    (6, &["xmeas1", "xmv3"]),                              // A feed lost
    (7, &["xmv4", "xmeas4"]),                              // C header pressure
    (10, &["xmeas18", "xmv9", "xmeas19"]),                 // C feed temperature: stripper
    (11, &["xmv10", "xmeas9", "xmeas21"]),                 // reactor cooling water, random
    (12, &["xmv11", "xmeas22", "xmeas11"]),                // condenser cooling water, random
    (14, &["xmv10", "xmeas9", "xmeas21"]),                 // reactor cooling valve sticks
];

struct Run {
    scores: Vec<f64>,
    shares: Vec<Vec<f64>>,
}

fn run(folder: &Folder) -> Result<Vec<Figure>, String> {
    let (names, values) = folder.table("d00")?.rows_without(&[]);
    let channels = names.len().max(1);
    let baseline = Arc::new(Baseline::learn(Rows { values: &values, channels }, 1).map_err(|e| e.to_string())?);
    let normal = walk(&baseline, folder.table("d00_te")?, false);
    let limit = quantile(&normal.scores, BELOW).ok_or("the normal test run is empty")?;
    let (mut false_alarms, mut detection, mut told) = (Counts::default(), Vec::new(), Vec::new());
    let mut count = |scores: &[f64]| scores.iter().filter(|s| s.is_finite()).for_each(|s| false_alarms.add(false, *s > limit));
    count(&normal.scores);
    let faults = folder.under("d").filter_map(|(p, t)| Some((p[1..].strip_suffix("_te")?.parse::<u32>().ok()?, t)));
    for (fault, table) in faults.filter(|(f, _)| *f > 0) {
        let seen = walk(&baseline, table, true);
        let start = FAULT.min(seen.scores.len());
        count(&seen.scores[..start]);
        let faulty = &seen.scores[start..];
        detection.push(faulty.iter().filter(|s| **s > limit).count() as f64 / faulty.len().max(1) as f64);
        if let Some((_, channels)) = CAUSES.iter().find(|(f, _)| *f == fault) {
            let first = start + faulty.iter().position(|s| *s > limit).unwrap_or(0);
            told.push(place_of(&names, &seen.shares[first..(first + SHARED).min(seen.shares.len())], channels));
        }
    }
    let mean = detection.iter().sum::<f64>() / detection.len().max(1) as f64;
    let within = |places: usize| told.iter().filter(|p| p.is_some_and(|p| p < places)).count() as f64 / told.len().max(1) as f64;
    let context = format!("{} faulty runs, limit {limit:.2}", detection.len());
    let causes = format!("{} faults of a known cause", told.len());
    let alone = opinions(folder, Rows { values: &values, channels })?;
    let mut figures = vec![
        Figure::more("mean detection", mean, context.clone()).wants(0.80, 0.85).beside("DPCA", 0.703),
        Figure::less("false alarm rate", false_alarms.false_alarm_rate(), context).wants(0.01, 0.01).beside("DPCA", 0.004),
        Figure::more("cause in the first three", within(3), causes.clone()).wants(1.0, 1.0).beside("DPCA", 8.0 / 9.0),
        Figure::more("cause first", within(1), causes).wants(0.0, 8.0 / 9.0).beside("DPCA", 7.0 / 9.0),
    ];
    figures.extend(alone);
    Ok(figures)
}

/// What each second opinion sees alone, each with the limit of the protocol.
fn opinions(folder: &Folder, learned: Rows<'_>) -> Result<Vec<Figure>, String> {
    let fresh = Opinions::learn(learned).ok_or("the normal training run is too short")?;
    let walk = |table: &Table| -> [Vec<f64>; 3] {
        let (mut opinions, (_, values)) = (fresh.clone(), table.rows_without(&[]));
        let mut smooth = [Smoothed::new(SMOOTH), Smoothed::new(SMOOTH)];
        let mut seen: [Vec<f64>; 3] = Default::default();
        for row in (Rows { values: &values, channels: learned.channels }).iter() {
            let told = opinions.step(row);
            for (list, (smooth, value)) in seen.iter_mut().zip(smooth.iter_mut().zip([told.kernel.ln(), told.cuts])) {
                smooth.add(value);
                list.push(smooth.mean());
            }
            seen[2].push(told.drift);
        }
        seen
    };
    let normal = walk(folder.table("d00_te")?);
    let limits = [0, 1, 2].map(|i| quantile(&normal[i], BELOW).unwrap_or(f64::INFINITY));
    let (mut sums, mut runs) = ([0.0; 3], 0.0_f64);
    for (_, table) in folder.under("d").filter(|(p, _)| p.ends_with("_te") && *p != "d00_te") {
        let seen = walk(table);
        runs += 1.0;
        for (sum, (list, limit)) in sums.iter_mut().zip(seen.iter().zip(limits)) {
            let faulty = &list[FAULT.min(list.len())..];
            *sum += faulty.iter().filter(|s| **s > limit).count() as f64 / faulty.len().max(1) as f64;
        }
    }
    let names = ["kernel regression alone, mean detection", "random cuts alone, mean detection", "CUSUM alone, mean detection"];
    let figure = |(name, sum): (&'static str, f64)| Figure::more(name, sum / runs.max(1.0), format!("{runs} faulty runs"));
    Ok(names.into_iter().zip(sums).map(figure).collect())
}

fn walk(baseline: &Arc<Baseline>, table: &Table, with_shares: bool) -> Run {
    let (_, values) = table.rows_without(&[]);
    let mut stack = Stack::new(Arc::clone(baseline));
    let (mut smooth, mut run) = (Smoothed::new(SMOOTH), Run { scores: Vec::new(), shares: Vec::new() });
    for row in (Rows { values: &values, channels: baseline.channels() }).iter() {
        let score = stack.step(row).score;
        smooth.add(score);
        run.scores.push(if score.is_finite() { smooth.mean() } else { f64::NAN });
        if with_shares {
            run.shares.push(stack.shares());
        }
    }
    run
}

fn place_of(names: &[String], shares: &[Vec<f64>], wanted: &[&str]) -> Option<usize> {
    let sum = |i: usize| shares.iter().map(|s| s[i]).sum::<f64>();
    let sums: Vec<f64> = (0..names.len()).map(sum).collect();
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|a, b| sums[*b].total_cmp(&sums[*a]));
    order.iter().position(|i| wanted.contains(&names[*i].as_str()))
}
