//! Pieces gained by a service that ends scrap: the pieces made since at the scrap share from before, less those scrapped,
//! less the pieces of the service itself.
//!
//! Enters: pieces and scrap since the service, the share before. Leaves: good pieces gained, with the binomial interval of
//! both shares. Absent: failures avoided.

use super::{Case, Method, is_service};
use measure::Estimate;
use measure::statistics::share_estimate;
use plant::{MachineState, Metric, Role};

/// The method.
pub const METHOD: Method = Method {
    name: "scrap_baseline",
    fits: |d| is_service(d, Metric::PiecesGained),
    is_over: |_| false,
    effect,
    roles: &[Role::State, Role::Good, Role::Scrap],
};

/// Time that a broken tool costs [h].
const BROKEN_H: f64 = 1.2;
/// Pieces that fall to one side or the other of the ends of the window.
const EDGE: f64 = 2.0;

fn effect(case: &Case<'_>) -> Estimate {
    let watch = case.watch;
    let pieces = watch.good.sum + watch.scrap.sum;
    let before = case.figure("scrap_share").unwrap_or(Estimate::between(0.0, 0.0, 0.0));
    let since = share_estimate(watch.scrap.sum, pieces);
    let rate = pieces / watch.spans[MachineState::Producing.index()].hours().max(1e-3);
    let busy = case.figure("busy_share").map_or(0.5, |e| e.value);
    let served = watch.spans[MachineState::Service.index()].hours() * rate;
    let won = |b: f64, s: f64| pieces * (b - s);
    // The old tool would have gone on to wear, and may have broken: the twin may have lost more by far.
    let worse = won(2.0 * before.high, since.low).max(0.0) + BROKEN_H * rate;
    Estimate::between(won(before.low, since.high) - served - EDGE, won(before.value, since.value) - busy * served, worse + EDGE)
}
