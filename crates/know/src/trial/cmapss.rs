//! NASA C-MAPSS: turbofans that run to failure; the remaining life after the last cycle seen.
//!
//! Protocol: learn from `train_FD00x`, predict at the last row of each unit of `test_FD00x`; target and truth capped at 125 cycles. RMSE
//! and the score of the challenge. Features are causal: [`super::wear`], and for half of the forests how long units lasted that once looked
//! alike ([`super::likeness`]). Conditions of operation (FD002, FD004) are told apart by the settings, each with its own scale.
//!
//! Units asked about are younger or older than those learned from are on average: what they have left in the mean is the mean life learned less the mean
//! age of those asked about. Lives left that are learned, judged over folds and made intervals from reach to twice that mean, so that those
//! far younger, whose answer is the cap and easy, do not flatter; no less than the cap. Everything but the scales and that reach is
//! learned anew in each fold.

use super::likeness::{Course, Likeness};
use super::wear::{Engine, Wear};
use super::{Figure, Folder, Table, Trial};
use crate::boost::conformal::Conformal;
use crate::boost::{Features, Forest, Goal, Settings};
use measure::Chance;
use measure::statistics::{Moments, quantile};
use std::collections::BTreeMap;

/// The set.
pub const TRIAL: Trial = Trial { set: "cmapss", run };

/// Life beyond which all are alike [cycles].
const CAP: f64 = 125.0;
/// Forests of each sort whose mean is told.
const FORESTS: u64 = 3;
/// Folds by unit, forests of each sort in a fold, and instants at which each unit is cut.
const FOLDS: usize = 5;
const FOLD_FORESTS: u64 = 2;
const CUTS: usize = 20;
/// Fewest cycles before a cut.
const CUT_MIN: usize = 30;

/// Scale of each sensor in each condition.
type Scales = BTreeMap<i64, Vec<Moments>>;

fn run(folder: &Folder) -> Result<Vec<Figure>, String> {
    let mut figures = Vec::new();
    for (path, train) in folder.under("train_") {
        let name = path.trim_start_matches("train_");
        let test = folder.table(&format!("test_{name}"))?;
        let truth = folder.table(&format!("RUL_{name}"))?.numbers("value")?;
        figures.extend(one(name, train, test, &truth).map_err(|e| format!("{name}: {e}"))?);
    }
    if figures.is_empty() { Err("no train_FD00x".to_owned()) } else { Ok(figures) }
}

/// Must, aim and published best of each part.
fn wanted(name: &str) -> (&'static str, f64, f64, f64) {
    match name {
        "FD001" => ("RMSE of FD001", 10.8, 10.0, 10.97),
        "FD002" => ("RMSE of FD002", f64::INFINITY, 12.5, 12.55),
        "FD003" => ("RMSE of FD003", 9.3, 8.5, 10.90),
        _ => ("RMSE of FD004", f64::INFINITY, 14.0, 14.08),
    }
}

fn one(name: &str, train: &Table, test: &Table, truth: &[f64]) -> Result<Vec<Figure>, String> {
    let scales = scales(train)?;
    let (learned, tested) = (engines(train, &scales)?, engines(test, &scales)?);
    if tested.len() != truth.len() {
        return Err(format!("{} units and {} true lives", tested.len(), truth.len()));
    }
    let longest = longest(&learned, &tested);
    let model = Model::learn(&learned.iter().collect::<Vec<_>>(), longest, 1..=FORESTS);
    let pairs = out_of_fold(&learned, longest);
    let conformal = Conformal::learn(&pairs, 0.9, CAP);
    let off: Vec<f64> = pairs.iter().map(|(p, t)| (p - t).abs()).collect();
    let plain = quantile(&off, 0.9).unwrap_or(0.0);
    let folds = (off.iter().map(|d| d * d).sum::<f64>() / off.len().max(1) as f64).sqrt();
    let (mut squares, mut score, mut held, mut width, mut plain_width) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let clip = |x: f64| x.clamp(0.0, CAP);
    for (engine, truth) in tested.iter().zip(truth.iter().map(|t| t.min(CAP))) {
        let told = model.asked(engine).told(&model, engine.rows.len() - 1);
        let d = told - truth;
        squares += d * d;
        score += if d < 0.0 { (-d / 13.0).exp() - 1.0 } else { (d / 10.0).exp() - 1.0 };
        let (low, high) = conformal.interval(told);
        held += f64::from(u8::from((clip(low)..=clip(high)).contains(&truth)));
        width += clip(high) - clip(low);
        plain_width += clip(told + plain) - clip(told - plain);
    }
    let n = truth.len().max(1) as f64;
    let (title, must, aim, best) = wanted(name);
    let context = format!("{name}, {} units, truth capped at {CAP}", truth.len());
    let mut rmse = Figure::less(title, (squares / n).sqrt(), context.clone()).unit("{cycles}").beside("published", best);
    (rmse.must, rmse.aim) = (must.is_finite().then_some(must), Some(aim));
    let mut coverage = Figure::more("coverage of the 90 % interval", held / n, context.clone()).wants(0.88, 0.90);
    coverage.aim = Some(0.90);
    Ok(vec![
        rmse,
        Figure::less("RMSE over folds of the units learned from", folds, format!("{name}, lives left to {longest:.0}"))
            .unit("{cycles}"),
        Figure::less("score", score, context.clone()),
        coverage,
        Figure::less("interval width against plain conformal", width / plain_width.max(1e-9), context).wants(1.0, 0.8),
    ])
}

fn condition(setting: f64) -> i64 {
    setting.round() as i64
}

fn sensors(table: &Table) -> Vec<&String> {
    table.names.iter().filter(|n| n.starts_with('s') && !n.starts_with("set")).collect()
}

/// Units, first settings, and the series of each sensor.
type Columns = (Vec<f64>, Vec<f64>, Vec<Vec<f64>>);

fn columns(table: &Table) -> Result<Columns, String> {
    let values: Result<Vec<Vec<f64>>, String> = sensors(table).iter().map(|s| table.numbers(s)).collect();
    Ok((table.numbers("unit")?, table.numbers("set1")?, values?))
}

fn scales(table: &Table) -> Result<Scales, String> {
    let (_, setting, values) = columns(table)?;
    let mut scales = Scales::new();
    for row in 0..setting.len() {
        let moments = scales.entry(condition(setting[row])).or_insert_with(|| vec![Moments::default(); values.len()]);
        moments.iter_mut().zip(&values).for_each(|(m, v)| m.add(v[row]));
    }
    Ok(scales)
}

fn engines(table: &Table, scales: &Scales) -> Result<Vec<Engine>, String> {
    let (unit, setting, values) = columns(table)?;
    let mut engines: Vec<Engine> = Vec::new();
    for row in 0..unit.len() {
        if row == 0 || unit[row] != unit[row - 1] {
            engines.push(Engine { rows: Vec::new() });
        }
        // A condition that was never learned takes the scale of the nearest.
        let nearest = scales.iter().min_by_key(|(c, _)| (*c - condition(setting[row])).abs()).map(|(_, m)| m);
        let moments = nearest.ok_or("no rows to learn from")?;
        let z = moments.iter().zip(&values).map(|(m, v)| (v[row] - m.mean()) / m.deviation().max(1e-6)).collect();
        if let Some(engine) = engines.last_mut() {
            engine.rows.push(z);
        }
    }
    Ok(engines)
}

/// The longest life left that units are learned from and judged at [cycles]: twice what those asked about have left in the mean, if they
/// last as long as those learned from.
fn longest(learned: &[Engine], asked: &[Engine]) -> f64 {
    let mean = |engines: &[Engine]| engines.iter().map(|e| e.rows.len() as f64).sum::<f64>() / engines.len().max(1) as f64;
    (2.0 * (mean(learned) - mean(asked))).max(CAP)
}

/// What units that ran to failure teach: their wear, their courses as a library, forests without and with likeness.
struct Model {
    wear: Wear,
    library: Vec<Course>,
    plain: Vec<Forest>,
    alike: Vec<Forest>,
}

/// A unit to learn from or to tell of.
struct Unit {
    features: Features,
    likeness: Likeness,
    /// Its own place in the library, which says nothing of it.
    own: Option<usize>,
}

impl Unit {
    /// Features at a cycle, with what the others of the library say.
    fn row(&self, cycle: usize) -> Vec<f32> {
        let mut row = self.features.row(cycle).to_vec();
        row.extend(self.likeness.figures(cycle, CAP, |u| Some(u) != self.own));
        row
    }
    /// The life left that a model tells, within what is told at all [cycles].
    fn told(&self, model: &Model, cycle: usize) -> f64 {
        let row = self.row(cycle);
        let forests = || model.plain.iter().chain(&model.alike);
        (forests().map(|f| f.number(&row)).sum::<f64>() / forests().count().max(1) as f64).clamp(0.0, CAP)
    }
}

impl Model {
    fn learn(engines: &[&Engine], longest: f64, seeds: std::ops::RangeInclusive<u64>) -> Self {
        let wear = Wear::learn(engines, CAP);
        let library = engines.iter().map(|e| wear.course(e)).collect();
        let mut new = Self { wear, library, plain: Vec::new(), alike: Vec::new() };
        let (mut plain, mut alike, mut lives) = (Features::new(0), Features::new(0), Vec::new());
        for (place, engine) in engines.iter().enumerate() {
            let unit = Unit { own: Some(place), ..new.asked(engine) };
            for t in (0..engine.rows.len()).filter(|t| engine.left(*t) <= longest) {
                let row = unit.row(t);
                (plain.width, alike.width) = (unit.features.width, row.len());
                plain.push(&row[..plain.width]);
                alike.push(&row);
                lives.push(engine.left(t).min(CAP));
            }
        }
        let usual = Settings::usual(Goal::Number);
        let settings = |seed| Settings { rounds: 350, rate: 0.03, features: 0.2, rows: 0.4, rows_min: 40, seed, ..usual };
        new.plain = seeds.clone().map(|seed| Forest::learn(&plain, &lives, &settings(seed))).collect();
        new.alike = seeds.map(|seed| Forest::learn(&alike, &lives, &settings(seed + 100))).collect();
        new
    }
    /// A unit that is not of the library.
    fn asked(&self, engine: &Engine) -> Unit {
        let likeness = Likeness::of(&self.wear.course(engine), &self.library);
        Unit { features: self.wear.features(engine), likeness, own: None }
    }
}

/// Predictions and truths of units that the model has not seen, at random instants of their lives.
fn out_of_fold(engines: &[Engine], longest: f64) -> Vec<(f64, f64)> {
    let (mut pairs, mut chance) = (Vec::new(), Chance::seeded(1));
    for fold in 0..FOLDS {
        let kept: Vec<&Engine> = (0..engines.len()).filter(|u| u % FOLDS != fold).map(|u| &engines[u]).collect();
        let model = Model::learn(&kept, longest, FORESTS + 1..=FORESTS + FOLD_FORESTS);
        for engine in engines.iter().skip(fold).step_by(FOLDS).filter(|e| e.rows.len() > CUT_MIN) {
            let unit = model.asked(engine);
            let from = engine.rows.len().saturating_sub(longest as usize + 1).max(CUT_MIN);
            for _ in 0..CUTS {
                let t = from + chance.below((engine.rows.len() - from) as u64) as usize;
                pairs.push((unit.told(&model, t), engine.left(t).min(CAP)));
            }
        }
    }
    pairs
}
