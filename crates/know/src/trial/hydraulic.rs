//! A hydraulic rig in cycles of 60 s: how good are cooler, valve, pump and accumulator, in combinations of faults never seen?
//!
//! Protocol: folds by combination of faults, so that every cycle is judged by models that never saw its combination; macro-F1. Each part is
//! told by a discriminant that knows the other faults as nuisance ([`super::additive`]), on means over a twentieth of each channel's course. Its
//! ridge is chosen by leaving out combinations of those learned from. A fault lasts from cycle to cycle: the second figure of the accumulator
//! lets each cycle inherit what the cycles before it told, as a rig that is watched would.

use super::additive::{Additive, Spread};
use super::classes::{highest, macro_f1};
use super::{Figure, Folder, Table, Trial};
use std::collections::BTreeMap;

/// The set.
pub const TRIAL: Trial = Trial { set: "hydraulic_uci", run };

/// Folds by combination.
const FOLDS: usize = 5;
/// Parts of a channel's course whose means are taken.
const PARTS: usize = 20;
/// Ridges that are tried.
const RIDGES: [f64; 5] = [3e-5, 1e-4, 3e-4, 1e-3, 3e-3];
/// Place of the accumulator among the labels, and the labels' columns.
const ACCUMULATOR: usize = 3;
const LABELS: [&str; 4] = ["cooler_pct", "valve_pct", "pump_leak", "accumulator_bar"];

/// The cycles of a folder.
#[derive(Default)]
struct Cycles {
    /// Numbers of the cycles; one more is the next cycle of the rig.
    number: Vec<i64>,
    /// Means over the parts of all channels.
    course: Vec<Vec<f64>>,
    /// Level of each label, from 0.
    labels: Vec<[usize; LABELS.len()]>,
    /// Fold of each cycle, by its combination.
    fold: Vec<usize>,
}

/// A label's true level and those told: of the cycle alone, and with the cycles before it.
struct Told {
    truth: usize,
    alone: usize,
    after: usize,
}

fn run(folder: &Folder) -> Result<Vec<Figure>, String> {
    let mut cycles = Cycles::default();
    for (path, labels) in folder.under("labels") {
        read(folder.table(&path.replace("labels", "cycles_1hz"))?, labels, &mut cycles)?;
    }
    if cycles.number.is_empty() {
        return Err("no cycle with labels".to_owned());
    }
    scale(&mut cycles.course);
    cycles.fold = folds(&cycles.labels);
    let titles = [
        ("macro-F1 of the cooler", 0.99, 0.999, 0.999),
        ("macro-F1 of the valve", 0.99, 0.999, 1.0),
        ("macro-F1 of the pump", 0.99, 0.999, 0.998),
        ("macro-F1 of the accumulator", 0.90, 0.97, 0.798),
    ];
    let context = format!("{} cycles, folds by combination", cycles.number.len());
    let mut figures = Vec::new();
    for (label, (title, must, aim, best)) in titles.into_iter().enumerate() {
        let told = judge(&cycles, label);
        let of = |level: fn(&Told) -> usize| macro_f1(&told.iter().map(|t| (t.truth, level(t))).collect::<Vec<_>>());
        figures.push(Figure::more(title, of(|t| t.alone), context.clone()).wants(must, aim).beside("LightGBM", best));
        if label == ACCUMULATOR {
            figures.push(Figure::more("the same, with the cycles before it", of(|t| t.after), context.clone()));
        }
    }
    Ok(figures)
}

fn read(courses: &Table, labels: &Table, cycles: &mut Cycles) -> Result<(), String> {
    let channels: Vec<&String> = courses.names.iter().filter(|n| *n != "cycle" && *n != "sec").collect();
    let numbers: Result<Vec<Vec<f64>>, String> = channels.iter().map(|c| courses.numbers(c)).collect();
    let numbers = numbers?;
    let number = courses.numbers("cycle")?;
    let mut places: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    number.iter().enumerate().for_each(|(row, c)| places.entry(*c as i64).or_default().push(row));
    let faults: Result<Vec<Vec<f64>>, String> = LABELS.iter().map(|n| labels.numbers(n)).collect();
    let faults = faults?;
    let mut levels: Vec<Vec<i64>> = faults.iter().map(|column| column.iter().map(|x| *x as i64).collect()).collect();
    levels.iter_mut().for_each(|levels| {
        levels.sort_unstable();
        levels.dedup();
    });
    let longest = places.values().map(Vec::len).max().unwrap_or(0);
    for (row, cycle) in labels.numbers("cycle")?.iter().enumerate() {
        let Some(rows) = places.get(&(*cycle as i64)).filter(|r| r.len() == longest) else { continue };
        let parts = |n: &Vec<f64>| {
            let of = |part: &[usize]| part.iter().map(|r| n[*r]).sum::<f64>() / part.len() as f64;
            rows.chunks(longest.div_ceil(PARTS)).map(of).collect::<Vec<f64>>()
        };
        cycles.number.push(*cycle as i64);
        cycles.course.push(numbers.iter().flat_map(parts).collect());
        cycles.labels.push(std::array::from_fn(|l| levels[l].partition_point(|x| *x < faults[l][row] as i64)));
    }
    Ok(())
}

/// Every number in deviations over all cycles, without a look at labels.
fn scale(course: &mut [Vec<f64>]) {
    let (n, width) = (course.len().max(1) as f64, course.first().map_or(0, Vec::len));
    for i in 0..width {
        let mean = course.iter().map(|c| c[i]).sum::<f64>() / n;
        let deviation = (course.iter().map(|c| (c[i] - mean).powi(2)).sum::<f64>() / n).sqrt();
        course.iter_mut().for_each(|c| c[i] = (c[i] - mean) / (deviation + 1e-6));
    }
}

/// A cycle's labels but one.
fn others(labels: &[usize; LABELS.len()], but: usize) -> [usize; LABELS.len() - 1] {
    std::array::from_fn(|l| labels[l + usize::from(l >= but)])
}

fn folds(labels: &[[usize; LABELS.len()]]) -> Vec<usize> {
    let mut combinations = labels.to_vec();
    combinations.sort_unstable();
    combinations.dedup();
    let place = |l: &[usize; LABELS.len()]| combinations.partition_point(|x| x < l);
    labels.iter().map(|l| place(l) * 7 % FOLDS).collect()
}

/// One label of all cycles, each told by a model that never saw its combination.
fn judge(cycles: &Cycles, label: usize) -> Vec<Told> {
    let mut told = Vec::new();
    for fold in 0..FOLDS {
        let (out, kept): (Vec<usize>, Vec<usize>) = (0..cycles.number.len()).partition(|c| cycles.fold[*c] == fold);
        let Some(spread) = spread(cycles, &kept, label) else { continue };
        let ridge = best_ridge(cycles, &kept, label);
        let model = spread.discriminant(ridge);
        told.extend(walk(cycles, &out, label, &model, lasting(cycles, &kept, label)));
    }
    told
}

fn spread(cycles: &Cycles, kept: &[usize], label: usize) -> Option<Spread> {
    let rows: Vec<&[f64]> = kept.iter().map(|c| cycles.course[*c].as_slice()).collect();
    let class: Vec<usize> = kept.iter().map(|c| cycles.labels[*c][label]).collect();
    let rest: Vec<[usize; LABELS.len() - 1]> = kept.iter().map(|c| others(&cycles.labels[*c], label)).collect();
    Spread::learn(&rows, &class, &rest)
}

/// The ridge with the highest macro-F1 over folds of the cycles learned from.
fn best_ridge(cycles: &Cycles, kept: &[usize], label: usize) -> f64 {
    let mut pairs = vec![Vec::new(); RIDGES.len()];
    for fold in 0..FOLDS {
        let (out, inner): (Vec<usize>, Vec<usize>) = kept.iter().partition(|c| cycles.fold[**c] == fold);
        let Some(spread) = spread(cycles, &inner, label).filter(|_| !out.is_empty()) else { continue };
        for (pairs, ridge) in pairs.iter_mut().zip(RIDGES) {
            let model = spread.discriminant(ridge);
            pairs.extend(out.iter().map(|c| (cycles.labels[*c][label], model.likeliest(&cycles.course[*c]))));
        }
    }
    let scores: Vec<f64> = pairs.iter().map(|p| macro_f1(p)).collect();
    RIDGES[highest(&scores)]
}

/// Share of cycles with the label of the cycle before [1].
fn lasting(cycles: &Cycles, kept: &[usize], label: usize) -> f64 {
    let next = |w: &&[usize]| cycles.number[w[1]] == cycles.number[w[0]] + 1;
    let (mut same, mut all) = (1.0, 2.0);
    for pair in kept.windows(2).filter(next) {
        all += 1.0;
        same += f64::from(u8::from(cycles.labels[pair[0]][label] == cycles.labels[pair[1]][label]));
    }
    same / all
}

/// Cycles one after the other; what the one before told counts for the next as far as labels last.
fn walk(cycles: &Cycles, out: &[usize], label: usize, model: &Additive, lasting: f64) -> Vec<Told> {
    let (mut before, mut belief): (Option<usize>, Vec<f64>) = (None, Vec::new());
    let mut told = Vec::new();
    for c in out {
        let scores = model.scores(&cycles.course[*c]);
        let even = 1.0 / scores.len().max(1) as f64;
        let goes_on = before.is_some_and(|b| cycles.number[*c] == cycles.number[b] + 1);
        let prior = |k: usize| if goes_on { lasting * belief[k] + (1.0 - lasting) * even } else { even };
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weighed: Vec<f64> = scores.iter().enumerate().map(|(k, s)| prior(k) * (s - most).exp()).collect();
        let whole: f64 = weighed.iter().sum::<f64>().max(1e-300);
        (before, belief) = (Some(*c), weighed.iter().map(|w| w / whole).collect());
        told.push(Told { truth: cycles.labels[*c][label], alone: highest(&scores), after: highest(&belief) });
    }
    told
}
