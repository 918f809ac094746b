//! How near a part is to the level at which such parts failed, and how fast it comes nearer.
//!
//! ```text
//! vibration [mm/s]  3.1 .. 3.8 .. 4.6 .. 5.2      growth 2.1 %/h, threshold 8.2 mm/s ± 13 %
//! ```
//!
//! Enters: memory. Leaves: a [`Nearing`]. Absent: what is told of it.
//!
//! Bearing: the logarithm of vibration grows by a line over the last operating day (growth near exponential: Gebraeel et
//! al., IIE Transactions 37(6), 2005). Tool: relative load grows by a line over the last operating hours. The thresholds
//! start from ISO 20816-3 (failure becomes likely beyond 7.1 mm/s) and from the growth of cutting force over a tool's life,
//! and move to the levels at which machines of the kind did fail.

use super::Part;
use super::threshold::{Approach, learned};
use crate::detect::bearing_wear::{Growth, ZONES, growth};
use crate::memory::Memory;
use crate::memory::machine::{Failure, MachineMemory};
use plant::MachineId;

/// Logarithm of vibration at failure: 15 % beyond zone D, within about 13 %.
const BEARING_PRIOR: (f64, f64) = (2.10, 0.13);
/// Relative load at which tools break.
const TOOL_PRIOR: (f64, f64) = (1.50, 0.08);
/// The priors weigh as much as so many failures.
const PRIOR_WEIGHT: f64 = 4.0;
/// Operating time over which the growth of load is fitted [h].
const TOOL_FIT_H: f64 = 8.0;
/// Growth of relative load in the second half of a tool's life before it was seen: a life of some tens of hours [1/h].
const TOOL_RATE_PRIOR: (f64, f64) = (0.015, 0.010);
/// Relative load below which a tool is far from its end [1].
const TOOL_TOLD_MIN: f64 = 1.1;

/// How a part comes nearer to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearing {
    /// Towards the level at which such parts failed, as far as it was seen.
    pub seen: Approach,
    /// Towards the level that is usual; NaN where none is. It says the same whatever was seen before, after a start as well.
    pub usual: Approach,
}

/// How a part of a machine comes nearer to its end; `None` where it is far from it, or too little is known.
pub fn nearing(memory: &Memory, machine: MachineId, part: Part) -> Option<Nearing> {
    match part {
        Part::Bearing => bearing(memory, machine),
        Part::Tool => tool(memory, machine),
    }
}

/// Levels at the failures of machines of the kind after which the part was replaced.
fn seen(memory: &Memory, machine: MachineId, part: Part, level: impl Fn(&Failure) -> Option<f64>) -> Vec<f64> {
    let kind = memory.kinds[machine.index()];
    let of_kind = |m: &&MachineMemory| memory.kinds[m.id.index()] == kind;
    let failures = memory.machines.iter().filter(of_kind).flat_map(|m| &m.failures);
    let mine = failures.filter(|f| f.service.as_ref().is_some_and(|word| part.is_replaced_by(word)));
    mine.filter_map(level).filter(|l| l.is_finite()).collect()
}

fn bearing(memory: &Memory, id: MachineId) -> Option<Nearing> {
    let machine = memory.machine(id);
    let Growth { level, rate, rate_error, scatter } = growth(&machine.vibration)?;
    let is_rising = rate > 2.5 * rate_error;
    if !is_rising || (machine.vibration_absolute && level.exp() < 0.8 * ZONES[0]) {
        return None;
    }
    // all machines of the kind are looked at: only for the few that rise
    let seen = seen(memory, id, Part::Bearing, |f| f.vibration.filter(|v| *v > 0.0).map(f64::ln));
    if !machine.vibration_absolute && seen.len() < 3 {
        return None;
    }
    let usual = if machine.vibration_absolute { BEARING_PRIOR } else { (f64::NAN, 0.2) };
    let prior = if machine.vibration_absolute { usual } else { (seen.iter().sum::<f64>() / seen.len() as f64, usual.1) };
    // Growth speeds up with wear, so the line's own error is not all.
    let rate_error = rate_error.max(0.15 * rate);
    let to = |(threshold, spread)| Approach { level, level_error: 0.5 * scatter, rate, rate_error, threshold, spread };
    Some(Nearing { seen: to(learned(prior, PRIOR_WEIGHT, &seen)), usual: to(usual) })
}

fn tool(memory: &Memory, id: MachineId) -> Option<Nearing> {
    let slope = memory.machine(id).wear.slope(&memory.levels, TOOL_FIT_H)?;
    if slope.level < TOOL_TOLD_MIN {
        return None;
    }
    let seen = seen(memory, id, Part::Tool, |f| f.wear);
    // What was seen and what is usual, each weighed by its certainty.
    let (usual, usual_error) = TOOL_RATE_PRIOR;
    let (a, b) = (usual_error.powi(-2), slope.rate_error.max(1e-4).powi(-2));
    let rate = ((a * usual + b * slope.rate) / (a + b)).max(0.1 * usual);
    // The level of a fresh tool that was never seen is off by some percent.
    let off: f64 = if slope.is_sure { 0.01 } else { 0.05 };
    let level_error = slope.level_error.hypot(off);
    let rate_error = (a + b).powf(-0.5).max(0.2 * rate);
    let to = |(threshold, spread)| Approach { level: slope.level, level_error, rate, rate_error, threshold, spread };
    Some(Nearing { seen: to(learned(TOOL_PRIOR, PRIOR_WEIGHT, &seen)), usual: to(TOOL_PRIOR) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::degradation::tests::wears;
    use plant::Role;

    #[test]
    fn failures_seen_at_a_kind_move_its_threshold() {
        let mut scene = wears(3, 24, 0.0, 0.0);
        scene.word(0, Role::State, 24 * 3_600, "down");
        scene.word(0, Role::Serviced, 24 * 3_600 + 1_800, "tool");
        scene.word(0, Role::State, 24 * 3_600 + 1_860, "producing");
        let (know, _) = scene.play();
        let (memory, machine) = (know.memory(), MachineId(0));
        // 24 h of 28: 1 + 0.42 · (24 / 28)^1.5 = 1.333.
        let at_failure = seen(memory, machine, Part::Tool, |f| f.wear);
        assert!(at_failure.len() == 1 && (at_failure[0] - 1.33).abs() < 0.03, "{at_failure:?}");
        assert!(seen(memory, machine, Part::Bearing, |f| f.vibration).is_empty(), "it was the tool");
        let (threshold, _) = learned(TOOL_PRIOR, PRIOR_WEIGHT, &at_failure);
        assert!(threshold < TOOL_PRIOR.0 - 0.02, "{threshold}");
    }
}
