//! A hydraulic rig in cycles of 60 s: how good are cooler, valve, pump and accumulator, in combinations of faults never seen?
//!
//! Protocol: folds by combination of faults, so that every cycle is judged by models that never saw its combination; macro-F1. A forest
//! on statistics of the parts of each channel's course, and on what a ridge tells of the whole course, which goes on in straight lines where
//! trees stand still. What the ridge tells of a cycle comes from folds that never saw its combination.

use super::classes::macro_f1;
use super::{Figure, Folder, Table, Trial};
use crate::boost::{Features, Forest, Goal, Settings};
use crate::dense::{dot, solve};
use std::collections::BTreeMap;

/// The set.
pub const TRIAL: Trial = Trial { set: "hydraulic_uci", run };

/// Folds by combination.
const FOLDS: usize = 5;
/// Parts of a cycle that statistics are taken of.
const PARTS: usize = 6;
/// Ridge, in cycles' worth of evidence.
const RIDGE: f64 = 30.0;

/// A cycle: the course of all channels, one after the other.
struct Cycle {
    course: Vec<f64>,
    parts: Vec<f32>,
    combination: usize,
    labels: Vec<usize>,
}

fn run(folder: &Folder) -> Result<Vec<Figure>, String> {
    let mut cycles = Vec::new();
    for (path, labels) in folder.under("labels") {
        let courses = folder.table(&path.replace("labels", "cycles_1hz"))?;
        read(courses, labels, &mut cycles)?;
    }
    if cycles.is_empty() {
        return Err("no cycle with labels".to_owned());
    }
    let titles = [
        ("macro-F1 of the accumulator", 3, 0.90, 0.97, 0.798),
        ("macro-F1 of the cooler", 0, 0.99, 0.999, 0.999),
        ("macro-F1 of the valve", 1, 0.99, 0.999, 1.0),
        ("macro-F1 of the pump", 2, 0.99, 0.999, 0.998),
    ];
    let context = format!("{} cycles, folds by combination", cycles.len());
    let mut figures = Vec::new();
    let pairs = judge(&cycles, &Courses::new(&cycles));
    for (title, label, must, aim, best) in titles {
        figures.push(Figure::more(title, macro_f1(&pairs[label]), context.clone()).wants(must, aim).beside("LightGBM", best));
    }
    Ok(figures)
}

fn read(courses: &Table, labels: &Table, cycles: &mut Vec<Cycle>) -> Result<(), String> {
    let channels: Vec<&String> = courses.names.iter().filter(|n| *n != "cycle" && *n != "sec").collect();
    let numbers: Result<Vec<Vec<f64>>, String> = channels.iter().map(|c| courses.numbers(c)).collect();
    let numbers = numbers?;
    let number = courses.numbers("cycle")?;
    let mut places: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    number.iter().enumerate().for_each(|(row, c)| places.entry(*c as i64).or_default().push(row));
    let names = ["cooler_pct", "valve_pct", "pump_leak", "accumulator_bar"];
    let faults: Result<Vec<Vec<f64>>, String> = names.iter().map(|n| labels.numbers(n)).collect();
    let faults = faults?;
    let mut levels: Vec<Vec<i64>> = vec![Vec::new(); names.len()];
    for (column, levels) in faults.iter().zip(&mut levels) {
        levels.extend(column.iter().map(|x| *x as i64));
        levels.sort_unstable();
        levels.dedup();
    }
    let longest = places.values().map(Vec::len).max().unwrap_or(0);
    for (row, cycle) in labels.numbers("cycle")?.iter().enumerate() {
        let Some(rows) = places.get(&(*cycle as i64)).filter(|r| r.len() == longest) else { continue };
        let labels: Vec<usize> = faults.iter().zip(&levels).map(|(f, l)| l.partition_point(|x| *x < f[row] as i64)).collect();
        let combination = labels.iter().fold(0, |sum, l| sum * 8 + l);
        let course: Vec<f64> = numbers.iter().flat_map(|n| rows.iter().map(move |r| n[*r])).collect();
        let parts = course.chunks(longest).flat_map(statistics).collect();
        cycles.push(Cycle { course, parts, combination, labels });
    }
    Ok(())
}

/// Mean, deviation, ends of the whole and means and slopes of parts of a channel's course.
fn statistics(course: &[f64]) -> Vec<f32> {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len().max(1) as f64;
    let middle = mean(course);
    let deviation = mean(&course.iter().map(|x| (x - middle).powi(2)).collect::<Vec<_>>()).sqrt();
    let low = course.iter().copied().fold(f64::INFINITY, f64::min);
    let high = course.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut all = vec![middle, deviation, low, high];
    for part in course.chunks(course.len().div_ceil(PARTS)) {
        all.extend([mean(part), part[part.len() - 1] - part[0]]);
    }
    all.into_iter().map(|x| x as f32).collect()
}

fn judge(cycles: &[Cycle], courses: &Courses) -> Vec<Vec<(usize, usize)>> {
    let labels = cycles.first().map_or(0, |c| c.labels.len());
    let mut pairs = vec![Vec::new(); labels];
    for fold in 0..FOLDS {
        let (out, kept): (Vec<usize>, Vec<usize>) = (0..cycles.len()).partition(|c| courses.fold[*c] == fold);
        // What lines tell of cycles they have not seen, as features of the forests.
        let mut straight = vec![Vec::new(); cycles.len()];
        for inner in (0..FOLDS).filter(|f| *f != fold) {
            let (later, learned): (Vec<usize>, Vec<usize>) = kept.iter().partition(|c| courses.fold[**c] == inner);
            courses.tell(&learned, &later, &mut straight);
        }
        courses.tell(&kept, &out, &mut straight);
        for (label, pairs) in pairs.iter_mut().enumerate() {
            let forest = learn(cycles, &kept, &straight, label);
            for c in &out {
                let p = forest.classes(&features(&cycles[*c], &straight[*c]));
                let told = (0..p.len()).max_by(|a, b| p[*a].total_cmp(&p[*b])).unwrap_or(0);
                pairs.push((cycles[*c].labels[label], told));
            }
        }
    }
    pairs
}

fn features(cycle: &Cycle, straight: &[f64]) -> Vec<f32> {
    cycle.parts.iter().copied().chain(straight.iter().map(|x| *x as f32)).collect()
}

fn learn(cycles: &[Cycle], kept: &[usize], straight: &[Vec<f64>], label: usize) -> Forest {
    let classes = cycles.iter().map(|c| c.labels[label]).max().unwrap_or(0) + 1;
    let mut all = Features::new(0);
    for c in kept {
        let row = features(&cycles[*c], &straight[*c]);
        all.width = row.len();
        all.push(&row);
    }
    let target: Vec<f64> = kept.iter().map(|c| cycles[*c].labels[label] as f64).collect();
    let usual = Settings::usual(Goal::Classes(classes));
    Forest::learn(&all, &target, &Settings { rounds: 80, leaves: 8, rows_min: 10, features: 0.3, rate: 0.1, ..usual })
}

/// Products of the scaled courses of any two cycles, and the targets of the lines.
struct Courses {
    fold: Vec<usize>,
    gram: Vec<f64>,
    target: Vec<Vec<f64>>,
}

impl Courses {
    /// Scaled over all cycles, without a look at labels.
    fn new(cycles: &[Cycle]) -> Self {
        let (n, width) = (cycles.len(), cycles.first().map_or(0, |c| c.course.len()));
        let count = n.max(1) as f64;
        let mean: Vec<f64> = (0..width).map(|i| cycles.iter().map(|c| c.course[i]).sum::<f64>() / count).collect();
        let spread = |i: usize| (cycles.iter().map(|c| (c.course[i] - mean[i]).powi(2)).sum::<f64>() / count).sqrt();
        let scale: Vec<f64> = (0..width).map(|i| 1.0 / spread(i).max(1e-6)).collect();
        let of = |c: &Cycle| (0..width).map(|i| ((c.course[i] - mean[i]) * scale[i]) as f32).collect::<Vec<f32>>();
        let x: Vec<Vec<f32>> = cycles.iter().map(of).collect();
        let mut gram = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                let sum = f64::from(dot(&x[i], &x[j]));
                (gram[i * n + j], gram[j * n + i]) = (sum, sum);
            }
        }
        let labels = cycles.first().map_or(0, |c| c.labels.len());
        let most: Vec<usize> = (0..labels).map(|l| cycles.iter().map(|c| c.labels[l]).max().unwrap_or(0)).collect();
        let one = |c: &Cycle| {
            (0..labels)
                .flat_map(|l| (0..=most[l]).map(move |k| (l, k)))
                .map(|(l, k)| f64::from(u8::from(c.labels[l] == k)))
                .collect()
        };
        let mut combinations: Vec<usize> = cycles.iter().map(|c| c.combination).collect();
        combinations.sort_unstable();
        combinations.dedup();
        let fold = |c: &Cycle| combinations.partition_point(|x| *x < c.combination) * 7 % FOLDS;
        Self { fold: cycles.iter().map(fold).collect(), gram, target: cycles.iter().map(one).collect() }
    }
    /// Ridge from courses to all classes, learned from some cycles and told of others. In the space of cycles, which is the smaller:
    /// weights = Xᵀ (X Xᵀ + λ)⁻¹ Y.
    fn tell(&self, learned: &[usize], later: &[usize], told: &mut [Vec<f64>]) {
        let (n, m, all) = (learned.len(), self.target.first().map_or(0, Vec::len), self.target.len());
        let mean: Vec<f64> = (0..m).map(|k| learned.iter().map(|c| self.target[*c][k]).sum::<f64>() / n.max(1) as f64).collect();
        let mut gram: Vec<f64> = learned.iter().flat_map(|i| learned.iter().map(move |j| self.gram[i * all + j])).collect();
        (0..n).for_each(|i| gram[i * n + i] += RIDGE);
        let target: Vec<f64> = learned.iter().flat_map(|c| self.target[*c].iter().zip(&mean).map(|(t, m)| t - m)).collect();
        let dual = solve(&gram, &target, n, m).unwrap_or_else(|| vec![0.0; n * m]);
        for c in later {
            let mut shares = mean.clone();
            for (row, l) in learned.iter().enumerate() {
                let alike = self.gram[c * all + l];
                (0..m).for_each(|k| shares[k] += alike * dual[row * m + k]);
            }
            told[*c] = shares;
        }
    }
}
