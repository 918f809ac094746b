//! When the order on a machine, and the orders that wait there, will be done.
//!
//! Enters: the image's orders and infeeds, routes, learned cycle ratios, the calendar. Leaves: hours from now until the last
//! operation is finished, for the order on the machine and those waiting. Absent: schedules (the order of work is taken to
//! be that of the infeed).
//!
//! Work left at this machine is taken piece by piece; each later operation adds its work once, half of its queue again as
//! waiting, and its set-up. Working hours become clock hours by the calendar. The interval is wide: 0.75 to 1.8 times.

use super::{Foresight, Predictor};
use crate::detect::Sight;
use crate::memory::hours::worked;
use measure::{Estimate, Span};
use plant::{Because, ForecastKind, MachineId, OrderId, Role};

/// The predictor.
pub const PREDICTOR: Predictor = Predictor { name: "order_done", cadence: Span::from_minutes(30), foresee };

/// Orders told a machine.
const ORDERS_MAX: usize = 4;
/// Farther than this is not told.
const FARTHEST: Span = Span::from_days(6);

fn foresee(sight: &Sight<'_>) -> Vec<Foresight> {
    let Some(machine) = sight.image.machines.get(sight.machine.index()) else {
        return Vec::new();
    };
    let mut ahead_s = 0.0;
    let mut expected = Vec::new();
    let queue = machine.order.into_iter().chain(machine.infeed.iter().copied().filter(|o| Some(*o) != machine.order));
    for order in queue.take(ORDERS_MAX) {
        let Some((here_s, later_s)) = work_left(sight, order) else { continue };
        ahead_s += here_s;
        let Some(hours) = clock_hours(sight, (ahead_s + later_s) / 3_600.0) else { continue };
        expected.push(Foresight {
            slot: 0,
            kind: ForecastKind::OrderDone,
            order: Some(order),
            service: None,
            value: Estimate::between(0.75 * hours, hours, 1.8 * hours),
            horizon: Span::from_seconds_f64(1.8 * hours * 3_600.0),
            because: because(sight, order),
        });
    }
    expected
}

/// Work left of an order at this machine, and at the operations after it [s]; `None` if it is not on its route or done.
fn work_left(sight: &Sight<'_>, id: OrderId) -> Option<(f64, f64)> {
    let order = sight.plant.orders.get(id.index())?;
    let progress = sight.image.orders.get(id.index())?;
    let route = &sight.plant.product(order.product).route;
    let place = (progress.next..route.len()).find(|i| route[*i].machines.contains(&sight.machine))?;
    let quantity = f64::from(order.quantity);
    let made = if progress.running_at == Some(sight.machine) { f64::from(progress.good) } else { 0.0 };
    let here = &route[place];
    let here_s = (quantity - made).max(0.0) * here.cycle.seconds() * ratio(sight, sight.machine) / share(sight, sight.machine);
    let later = route[place + 1..].iter().map(|operation| {
        let machine = operation.machines.first().copied().unwrap_or(sight.machine);
        let waiting = sight.image.machines.get(machine.index()).map_or(0, |m| m.infeed.len()) as f64;
        let lot = quantity * operation.cycle.seconds() * ratio(sight, machine);
        let beside = operation.machines.len().max(1) as f64;
        operation.set_up.seconds() + lot * (1.0 + 0.5 * waiting / beside)
    });
    Some((here_s, later.sum()))
}

fn ratio(sight: &Sight<'_>, machine: MachineId) -> f64 {
    let smoothed = &sight.memory.machine(machine).pieces.cycle_ratio;
    if smoothed.count() < 3 { 1.0 } else { smoothed.mean().clamp(0.5, 3.0) }
}

/// Share of the time that a machine with work in front of it makes pieces [1].
fn share(sight: &Sight<'_>, machine: MachineId) -> f64 {
    if machine == sight.machine { sight.profile.busy_share.unwrap_or(0.85).clamp(0.6, 0.95) } else { 0.85 }
}

/// Clock hours until so many hours will have been worked; `None` if that is beyond the farthest.
fn clock_hours(sight: &Sight<'_>, hours: f64) -> Option<f64> {
    let mut missing = Span::from_seconds_f64(hours * 3_600.0);
    for (from, to) in worked(&sight.plant.calendar, sight.now, sight.now + FARTHEST) {
        if to - from >= missing {
            return Some((from + missing - sight.now).hours());
        }
        missing -= to - from;
    }
    None
}

fn because(sight: &Sight<'_>, order: OrderId) -> Vec<Because> {
    let mut because = vec![Because::Order(order)];
    because.extend([Role::Infeed, Role::Good].into_iter().filter_map(|r| sight.readings(r, sight.now - Span::from_hours(1))));
    because
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Knowledge;
    use crate::suite::{START, Scene};
    use measure::Instant;
    use plant::{Image, MachineImage, OrderProgress};

    /// Two machines in a row, 60 s a piece at each; at `at`, order 0 is on the first with `made` pieces made and order 1
    /// waits.
    fn hours(at: Instant, made: u32) -> Vec<(OrderId, Estimate)> {
        let state: &[(Role, &str)] = &[(Role::State, "1")];
        let scene = Scene::new(&[("saw", "saw", &[1], state), ("drill", "drill", &[], state)]).expect("a plant");
        let know = Knowledge::new(&scene.plant);
        let mut orders = vec![OrderProgress::default(); scene.plant.orders.len()];
        (orders[0].running_at, orders[0].good) = (Some(MachineId(0)), made);
        let mut machines = vec![MachineImage::default(); 2];
        (machines[0].order, machines[0].infeed) = (Some(OrderId(0)), vec![OrderId(1)]);
        let image = Image { at, machines, orders, ..Image::default() };
        let memory = know.memory();
        let mut profile = know.profiles()[0].clone();
        profile.busy_share = Some(0.8);
        let (plant, machine) = (&scene.plant, MachineId(0));
        let sight = Sight { now: at, plant, image: &image, memory, machine, profile: &profile, open: None };
        foresee(&sight).into_iter().filter_map(|f| f.order.map(|o| (o, f.value))).collect()
    }

    #[test]
    fn work_left_becomes_hours() {
        // 40 pieces left here at 60 s and 80 %: 50 min; 100 pieces there: 100 min: 2.5 h. The order behind it: 100 pieces
        // here at 80 %: 125 min more, and its own 100 min there: 50 + 125 + 100 min = 4.58 h.
        let told = hours(START + Span::from_hours(7), 60);
        assert_eq!(told.iter().map(|t| t.0).collect::<Vec<_>>(), [OrderId(0), OrderId(1)]);
        assert!((told[0].1.value - 2.5).abs() < 1e-6 && (told[1].1.value - 275.0 / 60.0).abs() < 1e-6, "{told:?}");
        assert!(told[0].1.low < 2.0 && told[0].1.high > 4.0);
    }

    #[test]
    fn the_night_is_not_worked() {
        let told = hours(START + Span::from_hours(21), 60);
        assert!((told[0].1.value - (2.5 + 8.0)).abs() < 1e-6, "{told:?}");
    }
}
