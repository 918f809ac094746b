//! What of the next pieces of a machine will be scrapped: what was scrapped lately, and what else shows in process.
//!
//! Enters: memory of machines. Leaves: samples. Absent: what is told (`predict::scrap`), what is learned ([`lessons`](crate::lessons)).

use crate::lessons::Sample;
use crate::lives::Part;
use crate::memory::Memory;
use measure::{Estimate, Instant};
use plant::MachineId;

/// Pieces ahead whose share of scrap is foretold.
pub const AHEAD: f64 = 100.0;
/// Pieces below which nothing is foretold.
const PIECES_MIN: f64 = 20.0;
/// Standard deviations of the ends of a 90 % interval.
const REACH: f64 = 1.645;

/// What is seen of the pieces of a machine; `None` where too few were made, or it makes none now.
pub fn sample(memory: &Memory, machine: MachineId, at: Instant) -> Option<Sample> {
    let mine = memory.machine(machine);
    if !mine.under_load() {
        return None;
    }
    let lately = mine.pieces.lately.share(PIECES_MIN)?;
    let (usual, _, deviation) = mine.pieces.chart.figures().unwrap_or((f64::NAN, f64::NAN, f64::NAN));
    let newest = mine.services.iter().rev().find(|s| Part::Tool.is_replaced_by(&s.word));
    let figures = [
        lately.value,
        lately.low,
        lately.high,
        deviation,
        deviation - usual,
        mine.wear.newest().unwrap_or(f64::NAN),
        mine.speed.unwrap_or(f64::NAN),
        mine.vibration.points().back().map_or(f64::NAN, |p| p.mean),
        newest.map_or(f64::NAN, |s| mine.operated_h(at) - s.operated_h),
    ];
    Some(Sample { plain: ahead(lately), figures: figures.map(|x| x as f32) })
}

/// The share of the next pieces where that of the newest is known: its interval is wider by the luck of so many pieces.
fn ahead(lately: Estimate) -> Estimate {
    // a share that was never seen is not impossible
    let share = lately.value.max(0.25 / AHEAD);
    let luck = REACH * (share * (1.0 - share) / AHEAD).sqrt();
    let (below, above) = (lately.value - lately.low, lately.high - lately.value);
    let low = (lately.value - below.hypot(luck)).max(0.0);
    Estimate::between(low, lately.value, (lately.value + above.hypot(luck)).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;

    #[test]
    fn the_interval_holds_the_next_hundred_pieces() {
        let mut chance = Chance::seeded(8);
        for share in [0.01, 0.05, 0.2] {
            let mut draw = |n: usize| (0..n).filter(|_| chance.happens(share)).count() as f64;
            let held = (0..1_000).filter(|_| {
                let seen = measure::statistics::share_estimate(draw(150), 150.0);
                ahead(seen).covers(draw(100) / AHEAD)
            });
            let held = held.count() as f64 / 1_000.0;
            assert!(held > 0.86, "{held} at {share}");
        }
    }
}
