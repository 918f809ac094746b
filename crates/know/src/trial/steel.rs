//! A steel plant's load, a row a quarter of an hour: the whole next day, foretold at midnight.
//!
//! Protocol: the first part in time is learned from, the rest foretold day by day; with one file its first two thirds are learned from.
//! Each week the forest is learned anew from all days that are over. Only the load and the calendar are used: reactive power and CO2 of the
//! same instant would tell the answer. CV(RMSE) is the RMSE over the mean load. What is told is the mean of a forest and of all days before of
//! the same weekday (the forest alone where days off are known): of seven single models and four means of them that one was next to best with the origin rolling through the first
//! two thirds of the part learned from, and the simplest near it.
//!
//! `Load_Type` looks like the tariff's periods, but is light all day on the days on which the plant hardly worked: Saturdays off and the
//! company's holidays are light, Sundays worked are not. So it tells the plant's own working calendar. A unit knows its shifts ahead; the
//! file does not say that these were. The figure with it stands beside, not in the place of, the one without.

use super::{Figure, Folder, Trial};
use crate::boost::{Features, Forest, Goal, Settings};

/// The set.
pub const TRIAL: Trial = Trial { set: "steel_energy", run };

/// Rows a day.
const DAY: usize = 96;
/// Days before the first that can be learned from.
const BEFORE: usize = 14;
/// Days between two forests.
const ANEW: usize = 7;

fn run(folder: &Folder) -> Result<Vec<Figure>, String> {
    let mut tables: Vec<_> = folder.under("").map(|(_, t)| t).collect();
    tables.sort_by_key(|t| t.numbers("row").ok().and_then(|r| r.first().copied()).unwrap_or(0.0) as i64);
    let mut load: Vec<f64> = Vec::new();
    let mut lengths = Vec::new();
    let mut tariff: Vec<f64> = Vec::new();
    for table in &tables {
        tariff.extend(table.words("Load_Type")?.iter().map(|w| period(w)));
        load.extend(table.numbers("Usage_kWh")?);
        lengths.push(table.len());
    }
    let days = load.len() / DAY;
    let cut = if lengths.len() > 1 { lengths[0] / DAY } else { days * 2 / 3 };
    if cut < BEFORE + ANEW || cut >= days {
        return Err(format!("{days} days; at least {} are needed", 2 * BEFORE + ANEW));
    }
    let context = format!("{} days foretold at midnight", days - cut);
    let told = |planned: bool| judge((&load, &tariff), (cut, days), planned);
    let (with, without) = (told(true), told(false));
    let mean = mean(&load[cut * DAY..days * DAY]);
    let naive: Vec<f64> = (cut * DAY..days * DAY).map(|i| load[i - DAY] - load[i]).collect();
    let against = |off: &[f64]| (off.iter().map(|d| d * d).sum::<f64>() / off.len() as f64).sqrt() / mean;
    let absolute = without.iter().map(|d| d.abs()).sum::<f64>() / without.len() as f64;
    let planned = format!("{context}, its working days known ahead (Load_Type)");
    Ok(vec![
        Figure::less("CV(RMSE) day ahead", against(&without), context.clone()).wants(0.70, 0.60).beside("LightGBM", 0.778),
        Figure::less("MAE day ahead", absolute, context.clone()).unit("kW.h").beside("LightGBM", 10.82),
        Figure::less("CV(RMSE) day ahead with the working calendar", against(&with), planned),
        Figure::less("CV(RMSE) of yesterday again", against(&naive), context),
    ])
}

/// Errors of the days foretold, slot by slot.
fn judge(plant: (&[f64], &[f64]), (cut, days): (usize, usize), planned: bool) -> Vec<f64> {
    let rows: Vec<(Features, Vec<f64>)> = (BEFORE..days).map(|d| of_day(plant, d, planned)).collect();
    let mut off = Vec::new();
    let mut forest = None;
    for day in cut..days {
        if forest.is_none() || (day - cut) % ANEW == 0 {
            forest = Some(learn(&rows[..day - BEFORE]));
        }
        let Some(forest) = &forest else { continue };
        let (features, truth) = &rows[day - BEFORE];
        let same = same_weekday(plant.0, day);
        // Who knows the days off needs no mean over days of both kinds.
        let by_weekday = if planned { 0.0 } else { 0.5 };
        let told = |slot: usize| ((1.0 - by_weekday) * forest.number(features.row(slot)) + by_weekday * same[slot]).max(0.0);
        off.extend(truth.iter().enumerate().map(|(slot, t)| told(slot) - t));
    }
    off
}

/// Mean of all days before of the same weekday, slot by slot, over about an hour.
fn same_weekday(load: &[f64], day: usize) -> Vec<f64> {
    let around = |d: usize, slot: usize| {
        let middle = d * DAY + slot;
        mean(&load[middle.saturating_sub(2)..(middle + 3).min(day * DAY)])
    };
    let days: Vec<usize> = (1..).map(|w| 7 * w).take_while(|back| *back <= day).map(|back| day - back).collect();
    (0..DAY).map(|slot| mean(&days.iter().map(|d| around(*d, slot)).collect::<Vec<_>>())).collect()
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len().max(1) as f64
}

/// Kind of load: light 0, medium 1, maximum 2.
fn period(word: &str) -> f64 {
    match word.as_bytes().first() {
        Some(b'L') => 0.0,
        Some(b'M') if word.starts_with("Med") => 1.0,
        _ => 2.0,
    }
}

/// Features of the slots of a day, from the days before it.
fn of_day((load, tariff): (&[f64], &[f64]), day: usize, planned: bool) -> (Features, Vec<f64>) {
    let whole = |d: usize| mean(&load[d * DAY..(d + 1) * DAY]);
    let mut features = Features::new(0);
    for slot in 0..DAY {
        let at = |back: usize| load[(day - back) * DAY + slot];
        let around = |back: usize| {
            let middle = (day - back) * DAY + slot;
            mean(&load[middle.saturating_sub(4)..(middle + 5).min(day * DAY)])
        };
        let week: Vec<f64> = (1..=7).map(at).collect();
        let same: Vec<f64> = (1..=8).map(|w| 7 * w).take_while(|b| *b <= day).map(around).collect();
        let high = week.iter().copied().fold(0.0, f64::max);
        let weekday = (day % 7) as f32;
        let evening = mean(&load[day * DAY - 16..day * DAY]);
        let row = [
            slot as f64,
            at(1),
            around(1),
            around(2),
            around(3),
            at(7),
            around(7),
            around(14),
            mean(&week),
            high,
            mean(&same),
            whole(day - 1),
            whole(day - 2),
            whole(day - 7),
            whole(day - 14),
            mean(&(1..=7).map(|b| whole(day - b)).collect::<Vec<_>>()),
            evening,
            load[day * DAY - 1],
            (around(1) - around(8)),
            whole(day - 1) - whole(day - 8),
        ];
        let mut row: Vec<f32> = row.iter().map(|x| *x as f32).collect();
        let today = &tariff[day * DAY..(day + 1) * DAY];
        let alike = (1..=14).find(|b| mean(&tariff[(day - b) * DAY..(day - b + 1) * DAY]) == mean(today)).unwrap_or(7);
        row.push(weekday);
        if planned {
            row.extend([today[slot] as f32, mean(today) as f32, around(alike) as f32, whole(day - alike) as f32]);
        }
        features.width = row.len();
        features.push(&row);
    }
    (features, load[day * DAY..(day + 1) * DAY].to_vec())
}

fn learn(days: &[(Features, Vec<f64>)]) -> Forest {
    let mut all = Features::new(days.first().map_or(0, |d| d.0.width));
    let mut target = Vec::new();
    for (features, truth) in days {
        all.values.extend_from_slice(&features.values);
        target.extend_from_slice(truth);
    }
    let usual = Settings::usual(Goal::Number);
    Forest::learn(
        &all,
        &target,
        &Settings { rounds: 120, leaves: 8, rows_min: 150, rate: 0.05, features: 0.4, rows: 0.4, ..usual },
    )
}
