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

use super::{Figure, Folder, Trial, ahead};
use crate::boost::Features;
use crate::forecast::day::{BEFORE, Days};

/// The set.
pub const TRIAL: Trial = Trial { set: "steel_energy", run };

/// Rows a day.
const DAY: usize = 96;
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
    let days = Days { values: &load[..days * DAY], slots: DAY, weekday: 0, known: &[] };
    let chosen = ahead::judge(days, cut)?;
    let automatic = format!("{context}, model and quantiles chosen by the unit itself");
    let planned = format!("{context}, its working days known ahead (Load_Type)");
    Ok(vec![
        Figure::less("CV(RMSE) day ahead", against(&without), context.clone()).wants(0.70, 0.60).beside("LightGBM", 0.778),
        Figure::less("MAE day ahead", absolute, context.clone()).unit("kW.h").beside("LightGBM", 10.82),
        Figure::less("CV(RMSE) day ahead with the working calendar", against(&with), planned),
        Figure::less("CV(RMSE) of yesterday again", against(&naive), context),
        Figure::less("MASE day ahead", chosen.model.mae(), automatic.clone()).beside("naive", chosen.baseline.mae()),
        Figure::less("pinball loss, scaled", chosen.model.pinball(), automatic.clone())
            .beside("naive", chosen.baseline.pinball()),
        Figure::more("coverage of the 90 % interval", chosen.model.coverage(), automatic),
    ])
}

/// Errors of the days foretold, slot by slot.
fn judge((load, tariff): (&[f64], &[f64]), (cut, count): (usize, usize), planned: bool) -> Vec<f64> {
    let known = [tariff];
    let days = Days { values: load, slots: DAY, weekday: 0, known: if planned { &known } else { &[] } };
    let rows: Vec<(Features, Vec<f64>)> = (BEFORE..count).map(|d| days.row(d)).collect();
    let mut off = Vec::new();
    let mut forest = None;
    for day in cut..count {
        if forest.is_none() || (day - cut) % ANEW == 0 {
            forest = Some(Days::forest(&rows[..day - BEFORE]));
        }
        let Some(forest) = &forest else { continue };
        let (features, truth) = &rows[day - BEFORE];
        let same = days.same_weekday(day);
        // Who knows the days off needs no mean over days of both kinds.
        let by_weekday = if planned { 0.0 } else { 0.5 };
        let told = |slot: usize| ((1.0 - by_weekday) * forest.number(features.row(slot)) + by_weekday * same[slot]).max(0.0);
        off.extend(truth.iter().enumerate().map(|(slot, t)| told(slot) - t));
    }
    off
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
