//! `socium bench loop`: the same virtual workshop with the loop watching only and with it acting, seed by seed.
//!
//! Enters: seeds and days. Leaves: a row a seed and figure, a summary with a paired test, and for each kind of decision its
//! count, expected, measured and true effect, and how often the measured interval holds the true one.

use super::{Row, kernel};
use measure::statistics::{Moments, paired_test, share_estimate};
use plant::{DecisionKind, DecisionState};
use simulate::experiment::{Arm, Judged, Mode, Scale, judge, run, scale};
use std::collections::BTreeMap;

/// What one seed gave.
pub struct Pair {
    /// The seed.
    pub seed: u64,
    /// Watching only.
    pub watch: Scale,
    /// Acting.
    pub act: Scale,
    /// Outcomes of the acting arm beside the truth.
    pub judged: Vec<Judged>,
    /// Decisions made in the acting arm, by kind.
    pub made: BTreeMap<DecisionKind, usize>,
    /// Decisions rolled back or refused in the acting arm.
    pub failed: usize,
    /// Readings through the door of the acting arm.
    pub readings: u64,
    /// CPU time of the acting arm [s].
    pub cpu_s: f64,
}

/// Runs both arms of one seed and judges the outcomes.
pub fn pair(seed: u64, days: u32) -> Pair {
    let watch = scale(&run(seed, days, Mode::Watch));
    let before = cpu_seconds();
    let acting = run(seed, days, Mode::Act);
    let cpu_s = cpu_seconds() - before;
    let mut made = BTreeMap::new();
    for decision in acting.decisions.values() {
        *made.entry(decision.kind).or_insert(0) += 1;
    }
    let failed = failed(&acting);
    Pair { seed, watch, act: scale(&acting), judged: judge(&acting), made, failed, readings: acting.readings, cpu_s }
}

fn failed(arm: &Arm) -> usize {
    arm.ended_in(&DecisionState::RolledBack) + arm.ended_in(&DecisionState::Refused)
}

/// CPU time of this thread so far [s]; not a number where the kernel does not tell.
fn cpu_seconds() -> f64 {
    kernel::thread_seconds("thread-self").unwrap_or(f64::NAN)
}

/// One figure of a scale: its name, its unit, how to read it, whether more is better.
struct Figure {
    name: &'static str,
    unit: &'static str,
    of: fn(&Scale) -> f64,
    more_is_better: bool,
    /// Whether acting must be better in the paired test.
    must: bool,
}

const FIGURES: &[Figure] = &[
    Figure { name: "OEE", unit: "1", of: |s| s.oee, more_is_better: true, must: true },
    Figure { name: "good pieces", unit: "1", of: |s| s.good, more_is_better: true, must: false },
    Figure { name: "energy per good piece", unit: "W.h", of: |s| s.energy_wh_per_good, more_is_better: false, must: true },
    Figure { name: "unplanned stops", unit: "1", of: |s| s.stops, more_is_better: false, must: true },
    Figure { name: "late orders", unit: "1", of: |s| s.late, more_is_better: false, must: false },
];

/// Largest p of the paired test that counts as better.
const P_MAX: f64 = 0.01;
/// Least share of true effects that the measured intervals must hold.
const COVERED_MIN: f64 = 0.85;
/// Most CPU time for an acting arm of five days [s].
const CPU_MAX_S: f64 = 2.0;

/// All rows: seeds first, then the summary.
pub fn rows(pairs: &[Pair], days: u32) -> Vec<Row> {
    let mut rows: Vec<Row> = pairs.iter().flat_map(seed_rows).collect();
    let context = format!("{} seeds, {days} days", pairs.len());
    for figure in FIGURES {
        rows.extend(summary(figure, pairs, &context));
    }
    let judged: Vec<&Judged> = pairs.iter().flat_map(|p| &p.judged).collect();
    for kind in DecisionKind::ALL {
        rows.extend(kind_rows(*kind, pairs, &judged, &context));
    }
    rows.push(coverage("all kinds", &judged).at_least(COVERED_MIN));
    let failed: usize = pairs.iter().map(|p| p.failed).sum();
    rows.push(Row::new("decisions rolled back or refused", failed as f64, "1").under(&context));
    let cpu = pairs.iter().map(|p| p.cpu_s).fold(0.0, f64::max);
    let cpu_row = Row::new("CPU of one acting arm, largest", cpu, "s");
    rows.push(if days == 5 { cpu_row.at_most(CPU_MAX_S) } else { cpu_row }.under(&context));
    rows
}

fn seed_rows(pair: &Pair) -> Vec<Row> {
    let context = format!("seed {}; {} readings", pair.seed, pair.readings);
    let row = |f: &Figure| Row::new(f.name, (f.of)(&pair.act), f.unit).beside("watching", (f.of)(&pair.watch)).under(&context);
    FIGURES.iter().map(row).collect()
}

fn summary(figure: &Figure, pairs: &[Pair], context: &str) -> Vec<Row> {
    let sign = if figure.more_is_better { 1.0 } else { -1.0 };
    let differences: Vec<f64> = pairs.iter().map(|p| sign * ((figure.of)(&p.act) - (figure.of)(&p.watch))).collect();
    let mean = |of: fn(&Pair) -> &Scale| pairs.iter().map(|p| (figure.of)(of(p))).collect::<Moments>().mean();
    let (_, p) = paired_test(&differences);
    let means = Row::new(format!("mean {}", figure.name), mean(|p| &p.act), figure.unit).beside("watching", mean(|p| &p.watch));
    let test = Row::new(format!("paired test that acting is better on {}: p", figure.name), p, "1");
    vec![means.under(context), if figure.must { test.at_most(P_MAX) } else { test }.under(context)]
}

fn kind_rows(kind: DecisionKind, pairs: &[Pair], judged: &[&Judged], context: &str) -> Vec<Row> {
    let made: usize = pairs.iter().filter_map(|p| p.made.get(&kind)).sum();
    let mut rows = vec![Row::new(format!("{}: decisions", kind.word()), made as f64, "1").under(context)];
    let mut groups: BTreeMap<(plant::Metric, &str), Vec<&Judged>> = BTreeMap::new();
    for one in judged.iter().filter(|j| j.outcome.kind == kind) {
        groups.entry((one.outcome.measured.metric, one.outcome.from.as_ref())).or_default().push(one);
    }
    for ((metric, method), group) in groups {
        let name = |what: &str| format!("{} by {method}: {what} {}", kind.word(), metric.word());
        let mean = |of: fn(&Judged) -> f64| group.iter().map(|j| of(j)).collect::<Moments>();
        let measured = mean(|j| j.outcome.measured.value.value);
        let interval = measured.mean_estimate();
        let truth = mean(|j| j.truth).mean();
        let note =
            format!("{context}; {} outcomes; mean measured in [{:.3}, {:.3}] at 90 %", group.len(), interval.low, interval.high);
        rows.push(Row::new(name("mean expected"), mean(|j| j.outcome.expected.value.value).mean(), metric.unit()).under(context));
        rows.push(Row::new(name("mean measured"), measured.mean(), metric.unit()).beside("true", truth).under(note));
        rows.push(coverage(&format!("{} by {method}", kind.word()), &group));
    }
    rows
}

fn coverage(name: &str, judged: &[&Judged]) -> Row {
    let covered = judged.iter().filter(|j| j.covered).count() as f64;
    let share = share_estimate(covered, judged.len() as f64);
    let row = Row::new(format!("measured interval holds the true effect, {name}"), share.value, "1");
    row.under(format!("{covered} of {} outcomes", judged.len()))
}
