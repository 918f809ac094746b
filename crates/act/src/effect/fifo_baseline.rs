//! Set-up time saved by naming the next order: the planned set-ups of the weighed orders first in, first out, at the pace at
//! which set-ups are really done here, less the set-up time observed until the last of them was set up.
//!
//! Enters: planned set-ups of both sequences from the decision, observed set-up time. Leaves: minutes saved. Absent: orders
//! that came later; the one that follows may need a set-up more or less than it would have, which is the interval.

use super::{Case, Method};
use measure::Estimate;
use plant::{Action, MachineState, Role};

/// The method.
pub const METHOD: Method = Method {
    name: "fifo_baseline",
    fits: |d| matches!(d.action, Action::Run(_)),
    is_over: |_| false,
    effect,
    roles: &[Role::State, Role::Order, Role::Infeed],
};

/// Real to planned set-up time is taken to lie within these.
const PACE: (f64, f64) = (0.5, 2.0);

/// One set-up less or more for the order that follows, as twins show it in nine of ten cases [set-ups]: a wrong order leaves
/// the next choice worse off as well, so the upper end is farther.
const EDGE: (f64, f64) = (1.1, 1.6);

fn effect(case: &Case<'_>) -> Estimate {
    let observed = case.watch.spell[MachineState::SetUp.index()].minutes();
    let told = |name: &str| case.figure(name).map_or(0.0, |e| e.value);
    let (fifo, chosen, one) = (told("set_up_fifo"), told("set_up_chosen"), told("set_up_one"));
    let is_whole = case.watch.left.is_some();
    let pace = if is_whole && chosen > 0.0 && observed > 0.0 {
        (observed / chosen).clamp(PACE.0, PACE.1)
    } else {
        let learned = case.profile.and_then(|p| p.set_up_s).map(|s| s.value / 60.0).filter(|s| s.is_finite() && *s > 0.0);
        learned.filter(|_| one > 0.0).map_or(1.0, |s| (s / one).clamp(PACE.0, PACE.1))
    };
    let value = if is_whole { pace * fifo - observed } else { pace * (fifo - chosen) };
    let reach = pace.max(1.0) * one * if is_whole { 1.0 } else { 1.5 } + case.watch.blind.minutes().min(one);
    Estimate::between(value - EDGE.0 * reach, value, value + EDGE.1 * reach)
}
