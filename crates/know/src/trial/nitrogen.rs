//! An industrial nitrogen generator, a row a minute: will it fail within the hour?
//!
//! Protocol: the first part in time is learned from, the rest judged; one threshold, chosen on the part learned from, out of fold. With
//! one file its first two thirds are learned from. Features are causal; failures of the past are known when they have happened.

use super::classes::{best_threshold, f1};
use super::clock::{minutes, weekday};
use super::rolling::Rolling;
use super::{Figure, Folder, Table, Trial};
use crate::boost::{Features, Forest, Goal, Settings};

/// The set.
pub const TRIAL: Trial = Trial { set: "nitrogen_generator", run };

/// What is foretold.
const LABEL: &str = "fail_within_1p0h";
/// Folds in time for the threshold.
const FOLDS: usize = 5;
/// Rows over which probabilities are averaged [min].
const SMOOTH: usize = 3;
/// Of the rows without a failure ahead every so manieth is learned from.
const STRIDE: usize = 3;

fn run(folder: &Folder) -> Result<Vec<Figure>, String> {
    let tables: Vec<&Table> = folder.under("").map(|(_, t)| t).collect();
    let first = tables.first().ok_or("no table")?;
    let mut all = Table { names: first.names.clone(), columns: vec![Vec::new(); first.names.len()] };
    // In time, whatever the names.
    let mut order = tables.clone();
    order.sort_by_key(|t| t.words("timestamp").ok().and_then(|w| w.first()).and_then(|w| minutes(w)));
    for table in order {
        all.columns.iter_mut().zip(&table.columns).for_each(|(a, b)| a.extend_from_slice(b));
    }
    let cut = if tables.len() > 1 { all.len() - tables.iter().map(|t| t.len()).min().unwrap_or(0) } else { all.len() * 2 / 3 };
    let label: Vec<f64> = all.numbers(LABEL)?.iter().map(|x| f64::from(u8::from(*x > 0.5))).collect();
    let features = features(&all, &label)?;
    let learned: Vec<usize> = (0..cut).collect();
    let mut pairs = Vec::new();
    for fold in 0..FOLDS {
        let (from, to) = (cut * fold / FOLDS, cut * (fold + 1) / FOLDS);
        // Rows near the border know each other.
        let kept: Vec<usize> = learned.iter().copied().filter(|r| *r + 120 < from || *r >= to + 120).collect();
        let told = told(&learn(&features, &label, &kept), &features, from, to);
        pairs.extend(told.into_iter().zip(from..to).map(|(p, r)| (p, label[r] > 0.5)));
    }
    let threshold = best_threshold(&pairs);
    let told = told(&learn(&features, &label, &learned), &features, cut, all.len());
    let score = f1(told.iter().zip(cut..).map(|(p, r)| (label[r] > 0.5, *p > threshold)));
    let context = format!("{} rows judged, threshold {threshold:.2} from the part learned from", all.len() - cut);
    Ok(vec![Figure::more("F1 of a failure within 1 h", score, context).wants(0.88, 0.92).beside("LightGBM", 0.854)])
}

fn features(table: &Table, label: &[f64]) -> Result<Features, String> {
    let channels: Vec<&String> = table.names.iter().filter(|n| n.ends_with("_z")).collect();
    let series: Result<Vec<Rolling>, String> = channels.iter().map(|c| Ok(Rolling::new(table.numbers(c)?.into_iter()))).collect();
    let series = series?;
    let stamps: Vec<i64> = table.words("timestamp")?.iter().map(|w| minutes(w).unwrap_or(0)).collect();
    let mut features = Features::new(0);
    let (mut failed, mut started) = (i64::MIN / 2, stamps.first().copied().unwrap_or(0));
    for t in 0..stamps.len() {
        if t > 0 && label[t] < 0.5 && label[t - 1] > 0.5 {
            failed = stamps[t];
        }
        if t > 0 && stamps[t] - stamps[t - 1] > 10 {
            started = stamps[t];
        }
        let of_day = stamps[t].rem_euclid(1_440) as f32;
        let since = |at: i64| (stamps[t] - at).min(20_000) as f32;
        let mut row = vec![of_day, weekday(stamps[t]) as f32, since(failed), since(started)];
        for s in &series {
            let now = s.mean(t, 5);
            let figures = [
                s.at(t),
                now,
                s.mean(t, 15),
                s.mean(t, 60),
                s.mean(t, 240),
                s.mean(t, 1_440),
                now - s.mean(t, 240),
                s.deviation(t, 15),
                s.deviation(t, 60),
                s.deviation(t, 240),
                s.slope(t, 15),
                s.slope(t, 60),
                s.slope(t, 240),
                now - s.before(t, 60),
                now - s.before(t, 1_440),
            ];
            row.extend(figures.map(|x| x as f32));
        }
        features.width = row.len();
        features.push(&row);
    }
    Ok(features)
}

fn learn(features: &Features, label: &[f64], rows: &[usize]) -> Forest {
    let kept: Vec<usize> = rows.iter().copied().filter(|r| label[*r] > 0.5 || r % STRIDE == 0).collect();
    let target: Vec<f64> = kept.iter().map(|r| label[*r]).collect();
    let usual = Settings::usual(Goal::Classes(2));
    Forest::learn(
        &features.chosen(&kept),
        &target,
        &Settings { rounds: 150, leaves: 12, rows_min: 60, features: 0.3, rows: 0.5, ..usual },
    )
}

/// Probabilities of rows, averaged over the newest few.
fn told(forest: &Forest, features: &Features, from: usize, to: usize) -> Vec<f64> {
    let raw = Rolling::new((from..to).map(|r| forest.classes(features.row(r))[1]));
    (0..to - from).map(|t| raw.mean(t, SMOOTH)).collect()
}
