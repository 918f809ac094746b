//! Demand of spare parts by the month and of a wholesaler's products by the day.
//!
//! Protocol (ours; the read-me file has none): parts with all months known, the last 12 months foretold at once from those before; products with all
//! days known, the last four weeks of six days each foretold week by week with the weights from before the first. Errors are scaled by each series' mean
//! difference of neighbours before the first step foretold (MASE, RMSSE as in the M5 competition), then averaged over series; a series that never
//! changed before has no scale and is left out, as its context tells.

use super::{Figure, Folder, Table, Trial};
use crate::forecast::demand::Demand;
use crate::forecast::score::{Score, naive_error};

/// The set.
pub const TRIAL: Trial = Trial { set: "demand", run };

/// How a table is judged.
struct Protocol {
    season: usize,
    horizon: usize,
    /// Origins, a horizon apart.
    origins: usize,
}

/// Sums over series.
#[derive(Default)]
struct Sums {
    series: f64,
    left_out: usize,
    mase: f64,
    rmsse: f64,
    naive: f64,
    naive_rmsse: f64,
    whole: Score,
    beaten: usize,
}

fn run(folder: &Folder) -> Result<Vec<Figure>, String> {
    let mut figures = Vec::new();
    if let Ok(parts) = folder.table("carparts_monthly") {
        let rows = (0..parts.len()).map(|row| numbers(parts, row)).collect();
        figures.extend(judge("parts by the month", rows, &Protocol { season: 12, horizon: 12, origins: 1 })?);
    }
    if let Ok(daily) = folder.table("online_retail_daily_top300") {
        let names = daily.names.iter().filter(|n| *n != "date");
        let columns = names.map(|n| daily.numbers(n)).collect::<Result<Vec<_>, _>>()?;
        figures.extend(judge("products by the day", columns, &Protocol { season: 6, horizon: 6, origins: 4 })?);
    }
    Ok(figures)
}

/// A row but for its first cell.
fn numbers(table: &Table, row: usize) -> Vec<f64> {
    table.columns.iter().skip(1).map(|c| c[row].trim().parse().unwrap_or(f64::NAN)).collect()
}

fn judge(what: &'static str, series: Vec<Vec<f64>>, protocol: &Protocol) -> Result<Vec<Figure>, String> {
    let mut sums = Sums::default();
    for values in series.into_iter().filter(|s| s.iter().all(|x| x.is_finite())) {
        one(&values, protocol, &mut sums)?;
    }
    let (n, mean) = (sums.series, |x: f64| x / sums.series);
    let context = format!("{what}: {n} series, {} without a scale left out, {} by the methods", sums.left_out, sums.beaten);
    Ok(vec![
        Figure::less("RMSSE", mean(sums.rmsse), context.clone()).beside("naive", mean(sums.naive_rmsse)),
        Figure::less("MASE", mean(sums.mase), context.clone()).beside("naive", mean(sums.naive)),
        Figure::less("pinball loss, scaled", sums.whole.pinball(), context.clone()),
        Figure::more("coverage of the 90 % interval", sums.whole.coverage(), context),
    ])
}

fn one(values: &[f64], protocol: &Protocol, sums: &mut Sums) -> Result<(), String> {
    let Protocol { season, horizon, origins } = *protocol;
    let cut = values.len().checked_sub(horizon * origins).ok_or_else(|| format!("{} values in a series", values.len()))?;
    let Some(scale) = naive_error(&values[..cut], 1) else {
        sums.left_out += 1;
        return Ok(());
    };
    let squares: f64 = values[..cut].windows(2).map(|w| (w[1] - w[0]).powi(2)).sum::<f64>() / (cut - 1) as f64;
    let scaled: Vec<f64> = values.iter().map(|x| x / scale).collect();
    let model = Demand::learn(&scaled[..cut], season, horizon).map_err(|e| e.to_string())?;
    let (mut score, mut naive) = (Score::default(), Score::default());
    for origin in (0..origins).map(|k| cut + k * horizon) {
        let came = &scaled[origin..origin + horizon];
        model.foretell(&scaled[..origin]).iter().zip(came).for_each(|(told, came)| score.add(told, *came));
        let told = model.baseline(&scaled[..origin]);
        let exact = |mean: f64| crate::forecast::Foretold { mean, quantiles: [mean; crate::forecast::LEVELS.len()] };
        told.iter().zip(came).for_each(|(told, came)| naive.add(&exact(*told), *came));
    }
    let root = squares.sqrt() / scale;
    sums.series += 1.0;
    sums.mase += score.mae();
    sums.naive += naive.mae();
    sums.rmsse += score.rmse() / root;
    sums.naive_rmsse += naive.rmse() / root;
    sums.whole.merge(&score);
    sums.beaten += usize::from(model.beats_baseline);
    Ok(())
}
