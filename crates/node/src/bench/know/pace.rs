//! What the stack of detectors costs: points a CPU second and bytes a machine.
//!
//! Enters: nothing. Leaves: rows. Absent: scores.

use crate::bench::{Row, kernel};
use crate::cli::Failure;
use measure::Chance;
use std::sync::Arc;
use unit::anomaly::{Baseline, Rows, Stack};

/// Its name beside the sets.
pub const NAME: &str = "pace";
/// Channels of the machine.
const CHANNELS: usize = 8;
/// Rows learned from.
const LEARNED: usize = 2_000;
/// Rows in one go of the walk.
const ROWS: usize = 20_000;
/// CPU measured over [s].
const SECONDS: f64 = 2.0;
/// The best of Python's stream detectors that was measured [points/s].
const PYTHON: f64 = 133_000.0;

/// The two rows.
///
/// # Errors
/// The CPU time cannot be read.
pub fn rows() -> Result<Vec<Row>, Failure> {
    let mut chance = Chance::seeded(1);
    let mut swing = 0.0;
    let mut values = Vec::with_capacity(ROWS * CHANNELS);
    for _ in 0..ROWS {
        swing = 0.9 * swing + chance.normal();
        values.extend((0..CHANNELS).map(|i| swing * i as f64 + chance.normal()));
    }
    let rows = Rows { values: &values, channels: CHANNELS };
    let baseline = Baseline::learn(rows.first(LEARNED), 1).map_err(|e| Failure::new(e.to_string()))?;
    let mut stack = Stack::new(Arc::new(baseline));
    let (start, mut points, mut sum) = (kernel::own_seconds()?, 0, 0.0);
    let mut spent = 0.0;
    while spent < SECONDS {
        rows.iter().for_each(|row| sum += stack.step(row).members[0].max(0.0));
        points += values.len();
        spent = kernel::own_seconds()? - start;
    }
    let context = format!("{CHANNELS} channels, one core, checksum {sum:.0}");
    let pace = Row::new("stack of detectors", points as f64 / spent, "points/s").at_least(1e6).aim(3e6);
    let bytes = (stack.baseline().bytes() + stack.bytes() + stack.drifts().bytes()) as f64;
    Ok(vec![
        pace.beside("best of Python", PYTHON).under(context),
        Row::new("memory of a machine watched", bytes / 1_024.0, "KiB")
            .at_most(64.0)
            .aim(16.0)
            .under(format!("{CHANNELS} channels, with their sums of drifts")),
    ])
}
