//! Loads of factories a quarter of an hour, sun and wind an hour: the whole next day, foretold at midnight.
//!
//! Protocol (ours; the read-me file has none for forecasts): the first 60 % of the days are learned from, the rest foretold day by day, with a new model
//! every four weeks. No weather is known, so that sun and wind rest on the days before. Loads are modelled profiles, all sectors together.
//! MASE is the absolute error over the mean difference of values a week apart in the first part; pinball losses are in the same unit.

use super::ahead::{self, Outcome};
use super::{Figure, Folder, Trial, clock};
use crate::forecast::day::Days;

/// The set.
pub const TRIAL: Trial = Trial { set: "microgrid", run };

fn run(folder: &Folder) -> Result<Vec<Figure>, String> {
    let mut loads = Outcome::default();
    for (path, table) in folder.under("sector_load_") {
        let from = table.words("time")?.first().and_then(|t| clock::minutes(t)).ok_or_else(|| format!("{path}: no time"))?;
        let weekday = clock::weekday(from) as usize;
        loads.merge(&series(&table.numbers("total")?, 96, weekday).map_err(|e| format!("{path}: {e}"))?);
    }
    let hourly = |prefix: &str, column: &str| -> Result<Option<Outcome>, String> {
        let Some((path, table)) = folder.under(prefix).next() else { return Ok(None) };
        series(&table.numbers(column)?, 24, 0).map(Some).map_err(|e| format!("{path}: {e}"))
    };
    let mut figures = of("loads", &loads);
    figures.extend(hourly("pv_", "pv_kw_per_kwp")?.iter().flat_map(|o| of("sun", o)));
    figures.extend(hourly("wind_", "wind_power_norm")?.iter().flat_map(|o| of("wind", o)));
    Ok(figures)
}

fn series(values: &[f64], slots: usize, weekday: usize) -> Result<Outcome, String> {
    let days = Days { values, slots, weekday, known: &[] };
    ahead::judge(days, days.count() * 6 / 10)
}

fn of(what: &'static str, outcome: &Outcome) -> Vec<Figure> {
    if outcome.model.count() == 0.0 {
        return Vec::new();
    }
    let context = format!("{what}: {} values foretold at midnight", outcome.model.count());
    vec![
        Figure::less("RMSE day ahead, scaled", outcome.model.rmse(), context.clone()).beside("naive", outcome.baseline.rmse()),
        Figure::less("MASE day ahead", outcome.model.mae(), context.clone()).beside("naive", outcome.baseline.mae()),
        Figure::less("pinball loss, scaled", outcome.model.pinball(), context.clone())
            .beside("naive", outcome.baseline.pinball()),
        Figure::more("coverage of the 90 % interval", outcome.model.coverage(), context),
    ]
}
