//! NASA C-MAPSS: turbofans that run to failure; the remaining life after the last cycle seen.
//!
//! Protocol: learn from `train_FD00x`, predict at the last row of each unit of `test_FD00x`; target and truth capped at 125 cycles. RMSE
//! and the score of the challenge. Features are causal: what the unit did so far, against its own first cycles. Conditions of
//! operation (FD002, FD004) are told apart by the settings, each with its own scale. Intervals of 90 % come from folds by unit.

use super::rolling::Rolling;
use super::{Figure, Folder, Table, Trial};
use crate::boost::conformal::Conformal;
use crate::boost::{Features, Forest, Goal, Settings};
use crate::dense::solve;
use measure::statistics::{Moments, quantile};
use std::collections::BTreeMap;

/// The set.
pub const TRIAL: Trial = Trial { set: "cmapss", run };

/// Life beyond which all are alike [cycles].
const CAP: f64 = 125.0;
/// First cycles of a unit that the later ones are compared with.
const FIRST: usize = 20;
/// Forests whose mean is told.
const FORESTS: u64 = 5;
/// Folds by unit for the intervals.
const FOLDS: usize = 5;

/// One unit: its rows of sensors, scaled.
struct Engine {
    rows: Vec<Vec<f64>>,
}

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
    let index = health(&learned);
    let parts: Vec<(Features, Vec<f64>)> = learned.iter().map(|e| features(e, &index)).collect();
    let all: Vec<usize> = (0..parts.len()).collect();
    let forests: Vec<Forest> = (1..=FORESTS).map(|seed| learn(&parts, &all, seed)).collect();
    let pairs = out_of_fold(&parts);
    let conformal = Conformal::learn(&pairs, 0.9);
    let off: Vec<f64> = pairs.iter().map(|(p, t)| (p - t).abs()).collect();
    let plain = quantile(&off, 0.9).unwrap_or(0.0);
    let (mut squares, mut score, mut held, mut width, mut plain_width) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let clip = |x: f64| x.clamp(0.0, CAP);
    for (engine, truth) in tested.iter().zip(truth.iter().map(|t| t.min(CAP))) {
        let (rows, _) = features(engine, &index);
        let row = rows.row(rows.len() - 1);
        let told = clip(forests.iter().map(|f| f.number(row)).sum::<f64>() / FORESTS as f64);
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

/// Weights of the sensors' means over 10 cycles that foretell the capped life best (ridge).
fn health(engines: &[Engine]) -> Vec<f64> {
    let width = engines.first().map_or(0, |e| e.rows[0].len());
    let n = width + 1;
    let (mut gram, mut cross) = (vec![0.0; n * n], vec![0.0; n]);
    for engine in engines {
        let rolling = of_sensors(engine);
        for t in 0..engine.rows.len() {
            let mut x: Vec<f64> = rolling.iter().map(|r| r.mean(t, 10)).collect();
            x.push(1.0);
            let life = life(engine, t);
            for i in 0..n {
                (0..n).for_each(|j| gram[i * n + j] += x[i] * x[j]);
                cross[i] += x[i] * life;
            }
        }
    }
    (0..n).for_each(|i| gram[i * n + i] += 1.0);
    solve(&gram, &cross, n, 1).unwrap_or_else(|| vec![0.0; n])
}

fn of_sensors(engine: &Engine) -> Vec<Rolling> {
    (0..engine.rows[0].len()).map(|s| Rolling::new(engine.rows.iter().map(move |r| r[s]))).collect()
}

fn life(engine: &Engine, t: usize) -> f64 {
    ((engine.rows.len() - 1 - t) as f64).min(CAP)
}

fn features(engine: &Engine, index: &[f64]) -> (Features, Vec<f64>) {
    let series = of_sensors(engine);
    let of_row = |r: &Vec<f64>| r.iter().zip(index).map(|(x, w)| x * w).sum::<f64>();
    let health = Rolling::new(engine.rows.iter().map(of_row));
    let mut features = Features::new(0);
    let mut lives = Vec::new();
    for t in 0..engine.rows.len() {
        let mut row = vec![t as f32];
        let mut take = |x: f64| row.push(x as f32);
        let start = (FIRST - 1).min(t);
        for s in series.iter() {
            let now = s.mean(t, 10);
            [s.mean(t, 5), now, s.mean(t, 20), s.mean(t, 40), now - s.mean(start, FIRST), s.mean(t, 5) - s.mean(t, 40)]
                .into_iter()
                .for_each(&mut take);
            [s.deviation(t, 20), s.slope(t, 20), s.slope(t, 50)].into_iter().for_each(&mut take);
        }
        for w in [5, 10, 20, 40] {
            take(health.mean(t, w));
        }
        let h = health.mean(t, 15);
        for back in [15, 30, 60, 100] {
            take(h - health.mean(t.saturating_sub(back), 15));
        }
        [h - health.mean(start, FIRST), health.slope(t, 30), health.slope(t, 60), health.slope(t, 100), health.deviation(t, 20)]
            .into_iter()
            .for_each(&mut take);
        features.width = row.len();
        features.push(&row);
        lives.push(life(engine, t));
    }
    (features, lives)
}

fn learn(parts: &[(Features, Vec<f64>)], units: &[usize], seed: u64) -> Forest {
    let mut all = Features::new(parts.first().map_or(0, |p| p.0.width));
    let mut lives = Vec::new();
    for unit in units {
        all.values.extend_from_slice(&parts[*unit].0.values);
        lives.extend_from_slice(&parts[*unit].1);
    }
    let usual = Settings::usual(Goal::Number);
    Forest::learn(&all, &lives, &Settings { rounds: 350, rate: 0.03, features: 0.2, rows: 0.4, rows_min: 40, seed, ..usual })
}

/// Predictions of units by a forest that has not seen them, every seventh row.
fn out_of_fold(parts: &[(Features, Vec<f64>)]) -> Vec<(f64, f64)> {
    let mut pairs = Vec::new();
    for fold in 0..FOLDS {
        let (out, kept): (Vec<usize>, Vec<usize>) = (0..parts.len()).partition(|u| u % FOLDS == fold);
        let forest = learn(parts, &kept, 9);
        for (features, lives) in out.iter().map(|u| &parts[*u]) {
            let row = |t: usize| (forest.number(features.row(t)).clamp(0.0, CAP), lives[t]);
            pairs.extend((FIRST..lives.len()).step_by(7).map(row));
        }
    }
    pairs
}
