//! `socium bench`: every figure with what it must be and what we aim at, as a table for people or JSON rows.
//!
//! Enters: settings. Leaves: [`Row`]s; with `--check` an exit code. Absent: timed unit tests (figures are kept in
//! `bench/history.jsonl` and shown in `docs/performance.md`).

pub mod dataset;
pub mod duckdb;
pub mod form;
pub mod ingest;
pub mod kernel;
pub mod know;
pub mod latency;
pub mod mqtt;
pub mod opcua;
pub mod plan;
pub mod process;
pub mod promise;
pub mod python;
pub mod query;
pub mod ring;
pub mod soak;

pub use form::Row;

/// Rows as a table for people.
pub fn table(rows: &[Row]) -> String {
    let head = ["figure", "value", "unit", "must", "aim", "peer", "peer value", "ratio", "context"].map(str::to_owned);
    let number = |n: Option<f64>| n.map(figure).unwrap_or_default();
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|r| {
            let wanted = |n: Option<f64>| n.map(|n| format!("{} {}", r.sense(), figure(n))).unwrap_or_default();
            vec![
                r.figure.clone(),
                figure(r.value),
                r.unit.clone(),
                wanted(r.must),
                wanted(r.aim),
                r.peer.clone().unwrap_or_default(),
                number(r.peer_value),
                number(r.ratio),
                r.context.clone(),
            ]
        })
        .collect();
    crate::print::table(&head, &cells)
}

/// A number with as many digits as it is worth reading.
fn figure(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => value.to_string(),
        v if v == 0.0 || (v.fract() == 0.0 && v < 1e9) => format!("{value:.0}"),
        v if v < 0.001 => format!("{value:.1e}"),
        v if v < 1.0 => format!("{value:.4}"),
        v if v < 100.0 => format!("{value:.2}"),
        _ => format!("{value:.0}"),
    }
}

/// The rows whose `must` is missed, in words.
pub fn missed(rows: &[Row]) -> Vec<String> {
    rows.iter()
        .filter(|r| !r.holds())
        .map(|r| {
            format!(
                "{}: {} {} found, must be {} {}",
                r.figure,
                figure(r.value),
                r.unit,
                r.sense(),
                r.must.map(figure).unwrap_or_default()
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_must_is_named() {
        let good = Row::new("coverage", 0.9, "1").at_least(0.85);
        let bad = Row::new("p99", 0.03, "s").at_most(0.02);
        assert_eq!(missed(&[good, bad]), ["p99: 0.0300 s found, must be <= 0.0200"]);
    }
}
