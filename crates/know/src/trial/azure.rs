//! Microsoft's machines: which component fails within 24 h?
//!
//! Protocol: machines never learned from are judged, every third hour; macro-F1 over `none` and the four components. Folds by machine.
//! Machines without telemetry teach by their errors and replacements alone. The hour at which an error came is a feature of its own, because
//! failures follow errors of their kind by whole days: seen, as every choice here, on the machines without telemetry, which are not judged.

use super::classes::{highest, macro_f1};
use super::clock::minutes;
use super::rolling::Rolling;
use super::{Figure, Folder, Trial};
use crate::boost::{Features, Forest, Goal, Settings};
use std::collections::BTreeMap;

/// The set.
pub const TRIAL: Trial = Trial { set: "azure_pdm", run };

/// How far ahead [min].
const AHEAD: i64 = 24 * 60;
/// Between two rows of a machine, at full hours of the day [min].
const STEP: i64 = 180;
/// Folds by machine.
const FOLDS: usize = 4;
/// Components and kinds of errors.
const COMPONENTS: usize = 4;
const ERRORS: usize = 5;
const CHANNELS: [&str; 4] = ["volt", "rotate", "pressure", "vibration"];
/// Of the rows without a failure ahead every so manieth of a machine without telemetry is learned from.
const STRIDE: usize = 6;

/// Events of a machine: instant [min] and kind from 0.
type Events = BTreeMap<i64, Vec<(i64, usize)>>;
/// Instants [min] and series of a machine, by channel.
type Telemetry = (Vec<i64>, Vec<Vec<f64>>);

struct Machine {
    telemetry: bool,
    features: Features,
    class: Vec<f64>,
}

fn run(folder: &Folder) -> Result<Vec<Figure>, String> {
    let errors = events(folder, "errors", "errorID")?;
    let changes = events(folder, "maint", "comp")?;
    let failures = events(folder, "failures", "failure")?;
    let telemetry = telemetry(folder)?;
    let mut machines: Vec<i64> = errors.keys().chain(changes.keys()).copied().chain(telemetry.keys().copied()).collect();
    machines.sort_unstable();
    machines.dedup();
    let empty = Vec::new();
    let of = |e: &'_ Events, m: i64| e.get(&m).unwrap_or(&empty).clone();
    let rows = |m: &i64| machine(telemetry.get(m), &of(&errors, *m), &of(&changes, *m), &of(&failures, *m));
    let machines: Vec<Machine> = machines.iter().map(rows).collect();
    let judged: Vec<usize> = (0..machines.len()).filter(|m| machines[*m].telemetry).collect();
    let mut pairs = Vec::new();
    for fold in 0..FOLDS {
        let out: Vec<usize> = judged.iter().copied().enumerate().filter(|(i, _)| i % FOLDS == fold).map(|(_, m)| m).collect();
        let kept = (0..machines.len()).filter(|m| !out.contains(m)).map(|m| &machines[m]);
        let kept: Vec<&Machine> = kept.collect();
        let forest = learn(kept.iter().copied());
        out.iter().for_each(|m| pairs.extend(told(&forest, &machines[*m])));
    }
    let failing = pairs.iter().filter(|(t, _)| *t > 0).count();
    let context = format!("{} machines, {} rows, {failing} with a failure ahead", judged.len(), pairs.len());
    Ok(vec![
        Figure::more("macro-F1 of the failing component", macro_f1(&pairs), context).wants(0.80, 0.88).beside("LightGBM", 0.753),
    ])
}

/// Class of each row of a machine, true and told.
fn told(forest: &Forest, machine: &Machine) -> Vec<(usize, usize)> {
    let told = |r: usize| highest(&forest.classes(machine.features.row(r)));
    (0..machine.class.len()).map(|r| (machine.class[r] as usize, told(r))).collect()
}

fn events(folder: &Folder, prefix: &str, column: &str) -> Result<Events, String> {
    let mut events = Events::new();
    for (_, table) in folder.under(prefix) {
        let (at, machine, kind) = (table.words("datetime")?, table.numbers("machineID")?, table.words(column)?);
        for row in 0..table.len() {
            let digit = kind[row].chars().last().and_then(|c| c.to_digit(10)).unwrap_or(1).max(1) as usize - 1;
            if let Some(minute) = minutes(&at[row]) {
                events.entry(machine[row] as i64).or_default().push((minute, digit));
            }
        }
    }
    events.values_mut().for_each(|e| e.sort_unstable());
    Ok(events)
}

/// Instants [min] and channels of each machine.
fn telemetry(folder: &Folder) -> Result<BTreeMap<i64, Telemetry>, String> {
    let mut all: BTreeMap<i64, Telemetry> = BTreeMap::new();
    for (_, table) in folder.under("telemetry") {
        let (at, machine) = (table.words("datetime")?, table.numbers("machineID")?);
        let values: Result<Vec<Vec<f64>>, String> = CHANNELS.iter().map(|c| table.numbers(c)).collect();
        let values = values?;
        for row in 0..table.len() {
            let entry = all.entry(machine[row] as i64).or_insert_with(|| (Vec::new(), vec![Vec::new(); CHANNELS.len()]));
            entry.0.push(minutes(&at[row]).unwrap_or(0));
            entry.1.iter_mut().zip(&values).for_each(|(series, v)| series.push(v[row]));
        }
    }
    Ok(all)
}

fn machine(
    telemetry: Option<&Telemetry>,
    errors: &[(i64, usize)],
    changes: &[(i64, usize)],
    failures: &[(i64, usize)],
) -> Machine {
    let spread = |t: &Telemetry| Some((*t.0.first()?, *t.0.last()?));
    let known = || Some((errors.first()?.0 + AHEAD, errors.last()?.0 - AHEAD));
    let (from, to) = telemetry.and_then(spread).or_else(known).unwrap_or((0, -1));
    let series: Vec<Rolling> = telemetry.iter().flat_map(|t| t.1.iter().map(|s| Rolling::new(s.iter().copied()))).collect();
    let mut machine = Machine { telemetry: telemetry.is_some(), features: Features::new(0), class: Vec::new() };
    let mut at = (from + AHEAD + STEP - 1).div_euclid(STEP) * STEP;
    while at <= to {
        let mut row: Vec<f32> = Vec::new();
        for kind in 0..ERRORS {
            let within = |m: i64| errors.iter().filter(|(t, k)| *k == kind && *t <= at && *t > at - m).count() as f32;
            let last = errors.iter().rev().find(|(t, k)| *k == kind && *t <= at).map(|(t, _)| *t);
            let (since, hour) = (last.map(|t| (at - t) as f32), last.map(|t| (t.rem_euclid(1_440) / 60) as f32));
            let [since, hour] = [since, hour].map(|x| x.unwrap_or(f32::NAN));
            row.extend([within(AHEAD), within(2 * AHEAD), within(7 * AHEAD), since, hour]);
        }
        for kind in 0..COMPONENTS {
            row.push(changes.iter().rev().find(|(t, k)| *k == kind && *t <= at).map_or(f32::NAN, |(t, _)| (at - t) as f32));
        }
        let place = telemetry.map_or(0, |t| t.0.partition_point(|m| *m <= at).saturating_sub(1));
        for channel in 0..CHANNELS.len() {
            let Some(s) = series.get(channel) else {
                row.extend([f32::NAN; 6]);
                continue;
            };
            let figures = [
                s.mean(place, 3),
                s.mean(place, 12),
                s.mean(place, 24),
                s.mean(place, 48),
                s.deviation(place, 24),
                s.slope(place, 24),
            ];
            row.extend(figures.map(|x| x as f32));
        }
        row.push((at.rem_euclid(1_440) / 60) as f32);
        machine.features.width = row.len();
        machine.features.push(&row);
        let ahead = failures.iter().find(|(t, _)| *t > at && *t <= at + AHEAD);
        machine.class.push(ahead.map_or(0.0, |(_, k)| (k + 1) as f64));
        at += STEP;
    }
    machine
}

fn learn<'a>(machines: impl Iterator<Item = &'a Machine>) -> Forest {
    let (mut all, mut class) = (Features::new(0), Vec::new());
    for m in machines {
        all.width = all.width.max(m.features.width);
        for row in 0..m.class.len() {
            if m.telemetry || m.class[row] > 0.0 || row % STRIDE == 0 {
                all.push(m.features.row(row));
                class.push(m.class[row]);
            }
        }
    }
    let usual = Settings::usual(Goal::Classes(COMPONENTS + 1));
    Forest::learn(&all, &class, &Settings { rounds: 120, leaves: 8, rows_min: 10, features: 0.5, ..usual })
}
