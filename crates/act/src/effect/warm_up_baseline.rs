//! Down time avoided by waking a machine ahead of work: the warm-up that would have fallen into worked time, less the one
//! that did.
//!
//! Enters: warm-up within shifts until work began, the learned warm-up time. Leaves: minutes of warm-up kept out of worked
//! time. Absent: energy (it belongs to the standby decision).
//!
//! A machine left in standby warms up when work arrives: once, if work arrives within the horizon, else not at all.

use super::{Case, Method};
use measure::{Estimate, Span};
use plant::{Action, MachineState, Role};

/// The method.
pub const METHOD: Method =
    Method { name: "warm_up_baseline", fits: |d| d.action == Action::Wake, is_over: |_| false, effect, roles: &[Role::State] };

fn effect(case: &Case<'_>) -> Estimate {
    let watch = case.watch;
    let observed = watch.warm_worked.minutes();
    let works = |s: MachineState| matches!(s, MachineState::Producing | MachineState::SetUp);
    let began = watch.left.filter(|(_, after)| works(*after)).map(|(at, _)| at);
    let blind = watch.blind.minutes();
    let Some(began) = began else { return Estimate::between(-observed - blind, -observed, -observed + blind) };
    let stated = case.plant.machine(case.decision.machine).warm_up.minutes();
    let warm = case.profile.and_then(|p| p.warm_up_s).filter(|w| w.value.is_finite()).map(|w| w.scaled(1.0 / 60.0));
    // The warm-up just seen is the best witness of the one that did not happen.
    let seen = watch.spell[MachineState::WarmingUp.index()].minutes();
    let likely = if seen > 0.0 { seen } else { warm.map_or(stated, |w| w.value) };
    let left = (watch.executed + case.decision.horizon - began).max(Span::ZERO).minutes();
    let (low, high) = (0.8 * likely.min(left), (1.25 * likely + 0.5).min(left.max(0.0)));
    Estimate::between(low - observed - blind, likely.min(left) - observed, high - observed + blind)
}
