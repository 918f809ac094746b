//! Pieces gained by another speed: the good pieces made, less those the machine would have made at the speed before.
//!
//! Enters: pieces and scrap since, time by state, speeds before and after, scrap share before. Leaves: good pieces gained.
//! Absent: what other machines did.
//!
//! At the speed v₀ the same pieces take v/v₀ times as long. Where the machine stood idle long enough, it would have made them
//! all; where it never did, only v₀/v of them. The interval reaches over both and the binomial interval of the scrap share.

use super::{Case, Method};
use measure::Estimate;
use measure::statistics::share_estimate;
use plant::{Action, MachineState, Role};

/// The method.
pub const METHOD: Method = Method {
    name: "speed_ratio",
    fits: |d| matches!(d.action, Action::Speed(_)),
    is_over: |_| false,
    effect,
    roles: &[Role::State, Role::Good, Role::Scrap, Role::Speed],
};

/// Share of idle time from which a machine is taken to be limited by its infeed.
const FED_SHARE: f64 = 0.1;
/// Pieces that fall to one side or the other of the ends of the window.
const EDGE: f64 = 1.0;

fn effect(case: &Case<'_>) -> Estimate {
    let watch = case.watch;
    let Action::Speed(after) = case.decision.action else { return Estimate::between(0.0, 0.0, 0.0) };
    let before = case.figure("speed_before").map_or(100.0, |e| e.value).max(1.0);
    let (good, scrap) = (watch.good.sum, watch.scrap.sum);
    let pieces = good + scrap;
    let h = |s: MachineState| watch.spans[s.index()].hours();
    let (works, idles) = (h(MachineState::Producing), h(MachineState::Starved) + h(MachineState::Blocked));
    let ratio = after / before;
    let fixed = pieces / ratio;
    let likely = if ratio >= 1.0 {
        let room = (works + idles) / (works * ratio).max(1e-9);
        pieces * room.min(1.0)
    } else {
        let fed = (idles / (works + idles).max(1e-9) / FED_SHARE).min(1.0);
        fed * pieces + (1.0 - fed) * fixed
    };
    let now = share_estimate(scrap, pieces);
    let share = case.figure("scrap_share").unwrap_or(now);
    let (fewest, most) = (fixed.min(pieces), fixed.max(pieces));
    let blind = watch.blind.hours() / (works + idles).max(1e-9) * pieces;
    Estimate::between(
        good - most * (1.0 - share.low.clamp(0.0, 1.0)) - EDGE - blind,
        good - likely * (1.0 - share.value.clamp(0.0, 1.0)),
        good - fewest * (1.0 - share.high.clamp(0.0, 1.0)) + EDGE + blind,
    )
}
