//! Symptoms: what shows at a machine, each as a strength from 0 (as in good order) to 1 (plainly there).
//!
//! Enters: a [`Sight`]. Leaves: strengths; `None` where the machine has no channel for it, or too little was seen. Absent: causes.

use crate::detect::Sight;
use crate::memory::gauges::step_up;
use crate::memory::pieces::Chart;
use measure::Instant;
use measure::statistics::Moments;
use plant::Role;

/// What may show at a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symptom {
    /// The drive pushes harder than with a fresh tool under the same conditions.
    LoadHigh,
    /// It did so all at once.
    LoadJump,
    /// The machine draws more power than usual for the product.
    PowerHigh,
    /// It vibrates more than it did.
    VibrationHigh,
    /// Pieces are off nominal.
    DeviationHigh,
    /// More of them are scrapped.
    ScrapHigh,
    /// It stops between pieces more often.
    StopsHigh,
    /// Air flows to nobody.
    LeakHigh,
    /// Instruments that follow each other part.
    GaugesDisagree,
    /// An instrument repeats one value.
    GaugeStuck,
}

impl Symptom {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::LoadHigh,
        Self::LoadJump,
        Self::PowerHigh,
        Self::VibrationHigh,
        Self::DeviationHigh,
        Self::ScrapHigh,
        Self::StopsHigh,
        Self::LeakHigh,
        Self::GaugesDisagree,
        Self::GaugeStuck,
    ];
    /// The code used in models and records, and translated by the UI.
    pub const fn word(self) -> &'static str {
        match self {
            Self::LoadHigh => "load_high",
            Self::LoadJump => "load_jump",
            Self::PowerHigh => "power_high",
            Self::VibrationHigh => "vibration_high",
            Self::DeviationHigh => "deviation_high",
            Self::ScrapHigh => "scrap_high",
            Self::StopsHigh => "stops_high",
            Self::LeakHigh => "leak_high",
            Self::GaugesDisagree => "gauges_disagree",
            Self::GaugeStuck => "gauge_stuck",
        }
    }
    /// From the code.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
    /// How strongly it shows.
    pub fn strength(self, sight: &Sight<'_>) -> Option<f64> {
        let machine = sight.memory_of();
        let pieces = &machine.pieces;
        match self {
            Self::LoadHigh => machine.wear.newest().map(|relative| ramp(relative, 1.06, 1.18)),
            Self::LoadJump => jump(sight).map(|(_, before, after)| ramp(after / before, 1.05, 1.12)),
            Self::PowerHigh => {
                counts_pieces(sight).then_some(())?;
                let newest: Moments = machine.gauges.strain().iter().rev().take(6).map(|p| p.1).collect();
                (newest.count() >= 3).then(|| ramp(newest.mean(), 1.04, 1.10))
            }
            Self::VibrationHigh => {
                let normal: Moments = machine.vibration.points().iter().take(24).map(|p| p.mean).collect();
                let level = machine.vibration.lately(6)?.0;
                Some(ramp(level / normal.mean().max(f64::MIN_POSITIVE), 1.2, 1.8))
            }
            Self::DeviationHigh => {
                let (base, scatter, lately) = pieces.chart.figures()?;
                let sigma = Chart::sigma(scatter);
                Some(ramp((lately - base).abs(), sigma, (4.0 * sigma).max(0.2)))
            }
            Self::ScrapHigh => {
                let (lately, base) = (pieces.lately.share(30.0)?, pieces.base.share(60.0)?);
                Some(ramp(lately.value - base.value, 0.01, 0.04))
            }
            Self::StopsHigh => {
                let (lately, base) = pieces.stops()?;
                Some(ramp(lately.value - base.value, 0.02, 0.08))
            }
            Self::LeakHigh => {
                let air = sight.memory.air[sight.machine.index()].as_ref()?;
                Some(ramp(air.leak()?.value / air.working()?.max(f64::MIN_POSITIVE), 0.06, 0.10))
            }
            Self::GaugesDisagree => {
                let moved = machine.gauges.checks().filter_map(|(_, _, check)| check.moved()).reduce(f64::max);
                // Beside something else that was found, less than the limit is proof enough.
                moved.map(|moved| ramp(moved, 0.0, 0.6))
            }
            Self::GaugeStuck => {
                let behaviour = &sight.memory.behaviour[sight.machine.index()];
                let repeats = behaviour.unusual().is_some_and(|u| u.stuck.is_some());
                Some(f64::from(u8::from(repeats || machine.gauges.stuck().next().is_some())))
            }
        }
    }
}

/// 0 up to `from`, 1 from `to` on, straight between.
fn ramp(value: f64, from: f64, to: f64) -> f64 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}

/// Whether power says something of the drive: what makes no pieces draws what it is asked for, as a compressor does.
fn counts_pieces(sight: &Sight<'_>) -> bool {
    sight.channel(Role::Good).is_some()
}

/// The step by which the drive began to work harder: instant, relative level before and after it. From the load where there is one, else
/// from the power of a machine that counts pieces.
pub fn jump(sight: &Sight<'_>) -> Option<(Instant, f64, f64)> {
    let machine = sight.memory_of();
    let load = machine.wear.course();
    let power = || machine.gauges.strain().iter().copied().filter(|_| counts_pieces(sight)).collect();
    step_up(&if load.is_empty() { power() } else { load })
}
