//! From counters and orders to steps of a day: energy of each quarter of an hour, pieces ordered each day.
//!
//! Enters: points of counters (instant, kW.h), orders, the zone of the site. Leaves: whole local days, slot by slot, NaN where nothing is known.
//! Absent: how points are read, what is foretold from them.

use measure::{Instant, Span};
use plant::{Order, ProductId, Zone};

/// Length of a slot.
pub const SLOT: Span = Span::from_minutes(15);
/// Slots of a day.
pub const SLOTS: usize = 96;
/// Length of a day.
pub const DAY: Span = Span::from_days(1);
/// 1970-01-01 was a Thursday; Monday is 0.
const FIRST_WEEKDAY: i64 = 3;

/// Steps from an instant on.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Start of the first step: a midnight of the site.
    pub from: Instant,
    /// Length of a step.
    pub step: Span,
    /// What came in each; NaN where it is not known (yet).
    pub values: Vec<f64>,
}

/// The midnight at or before an instant by the clock of the site. Days on which the clock is changed begin an hour off in part.
pub fn midnight(zone: &Zone, at: Instant) -> Instant {
    let offset = zone.offset(at);
    (at + offset).floor(DAY) - offset
}

/// Weekday of a midnight, Monday 0.
pub fn weekday(zone: &Zone, midnight: Instant) -> usize {
    let days = (midnight + zone.offset(midnight)).micros().div_euclid(DAY.micros());
    (days + FIRST_WEEKDAY).rem_euclid(7) as usize
}

impl Series {
    /// Pieces of a product ordered each day until `to`, by when the orders came in: their release. It begins at the day of the first order of any
    /// product, because from then on none is known to have been without.
    pub fn of_orders(orders: &[Order], product: ProductId, zone: &Zone, to: Instant) -> Option<Self> {
        let known = orders.iter().filter(|o| o.release < to);
        let from = midnight(zone, known.clone().map(|o| o.release).min()?);
        // by the clock of the site, whose days are an hour shorter or longer twice a year
        let first = from + zone.offset(from);
        let day = |at: Instant| (at + zone.offset(at) - first).micros().max(0) / DAY.micros();
        let days = day(to) as usize;
        let mut values = vec![0.0; days];
        for order in known.filter(|o| o.product == product) {
            if let Some(value) = values.get_mut(day(order.release) as usize) {
                *value += f64::from(order.quantity);
            }
        }
        Some(Self { from, step: DAY, values })
    }
    /// Start of a step.
    pub fn at(&self, step: usize) -> Instant {
        self.from + Span::from_micros(self.step.micros() * step as i64)
    }
    /// It and what came later, up to the end of which it reaches; what lies between is not known.
    #[must_use]
    pub fn followed_by(mut self, later: &Self) -> Self {
        let until = later.at(later.values.len());
        let count = ((until - self.from).micros().max(0) / self.step.micros()) as usize;
        let more = count.saturating_sub(self.values.len());
        let rest = later.part(self.at(self.values.len()), more);
        self.values.extend(rest);
        self
    }
    /// Values of the steps that begin at `from` and follow it; NaN where they are outside.
    pub fn part(&self, from: Instant, count: usize) -> Vec<f64> {
        let first = (from - self.from).micros().div_euclid(self.step.micros());
        let at = |k: usize| usize::try_from(first + k as i64).ok().and_then(|place| self.values.get(place)).copied();
        (0..count).map(|k| at(k).unwrap_or(f64::NAN)).collect()
    }
}

/// What counters gain in each slot, summed counter by counter.
#[derive(Clone, Debug)]
pub struct Gains {
    from: Instant,
    values: Vec<f64>,
    /// First and last point of any counter.
    heard: Option<(Instant, Instant)>,
}

impl Gains {
    /// Nothing yet, in the whole slots between two instants, of which the first is a midnight.
    pub fn new(from: Instant, to: Instant) -> Self {
        Self { from, values: vec![0.0; ((to - from).micros().max(0) / SLOT.micros()) as usize], heard: None }
    }
    /// Adds a counter by its points, oldest first. A counter that falls has begun anew. Between two points it gains evenly.
    pub fn add(&mut self, counter: &[(Instant, f64)]) {
        let [Some((first, _)), Some((last, _))] = [counter.first(), counter.last()] else { return };
        self.heard = Some(self.heard.map_or((*first, *last), |(from, to)| (from.min(*first), to.max(*last))));
        for pair in counter.windows(2) {
            share_out(&mut self.values, self.from, (pair[0].0, pair[1].0), (pair[1].1 - pair[0].1).max(0.0));
        }
    }
    /// The sums; a slot is known where it lies between the first and the last point of any counter. None where none was heard.
    pub fn series(mut self) -> Option<Series> {
        let (first, last) = self.heard?;
        let mut bound = self.from;
        for value in &mut self.values {
            if first > bound || last < bound + SLOT {
                *value = f64::NAN;
            }
            bound += SLOT;
        }
        Some(Series { from: self.from, step: SLOT, values: self.values })
    }
}

/// Adds what was gained between two instants to the slots that these reach over, by time.
fn share_out(values: &mut [f64], from: Instant, (begin, end): (Instant, Instant), gain: f64) {
    let length = (end - begin).micros();
    if length <= 0 || gain == 0.0 {
        return;
    }
    let place = |at: Instant| (at - from).micros().div_euclid(SLOT.micros());
    for slot in place(begin).max(0)..=place(end).min(values.len() as i64 - 1) {
        let start = from + Span::from_micros(SLOT.micros() * slot);
        let inside = (end.min(start + SLOT) - begin.max(start)).micros().max(0);
        values[slot as usize] += gain * inside as f64 / length as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plant::OrderId;

    fn minute(n: i64) -> Instant {
        Instant::EPOCH + Span::from_minutes(n)
    }

    #[test]
    fn a_table_of_counters_and_what_came_in_each_quarter() {
        let a = vec![(minute(0), 10.0), (minute(10), 12.0), (minute(40), 15.0)];
        let told = |counters: &[&Vec<(Instant, f64)>]| {
            let mut gains = Gains::new(minute(0), minute(60));
            counters.iter().for_each(|counter| gains.add(counter));
            gains.series().map(|series| series.values.iter().map(|x| (x * 1e6).round() / 1e6).collect::<Vec<f64>>())
        };
        assert_eq!(told(&[]), None);
        let alone = told(&[&a]).expect("it was heard");
        assert_eq!(alone[..2], [2.5, 1.5]);
        assert!(alone[2].is_nan() && alone[3].is_nan(), "it was last heard at 40");
        let again = vec![(minute(0), 100.0), (minute(15), 101.0), (minute(20), 0.5), (minute(60), 1.5)];
        let rounded = told(&[&a, &again]).expect("they were heard");
        assert_eq!(rounded, [3.5, 1.75, 1.375, 0.375], "a counter that falls begins anew, what falls is not taken off");
    }

    #[test]
    fn a_series_goes_on_where_the_later_one_knows_more() {
        let of = |from: i64, values: &[f64]| Series { from: minute(from), step: SLOT, values: values.to_vec() };
        let table = [
            (of(30, &[3.0, 4.0]), vec![1.0, 2.0, 3.0, 4.0]),
            (of(15, &[9.0, 3.0]), vec![1.0, 2.0, 3.0]),
            (of(45, &[4.0]), vec![1.0, 2.0, f64::NAN, 4.0]),
            (of(0, &[9.0]), vec![1.0, 2.0]),
        ];
        for (later, wanted) in table {
            let found = of(0, &[1.0, 2.0]).followed_by(&later);
            assert_eq!(format!("{:?}", found.values), format!("{wanted:?}"), "{later:?}");
        }
    }

    #[test]
    fn days_of_orders_are_those_of_the_sites_clock() {
        let [winter, spring, to] = ["2026-03-01T00:00:00Z", "2026-03-28T23:00:00Z", "2026-10-25T23:00:00Z"];
        let at = |text: &str| text.parse::<Instant>().expect("an instant");
        let offsets = vec![(Instant::MIN, 1), (at("2026-03-29T01:00:00Z"), 2), (at("2026-10-25T01:00:00Z"), 1)];
        let offsets = offsets.into_iter().map(|(from, hours)| (from, Span::from_hours(hours))).collect();
        let zone = Zone { name: "Europe/Berlin".to_owned(), offsets };
        let order = |id, release: &str| Order {
            id: OrderId(id),
            name: String::new(),
            product: ProductId(0),
            quantity: 2,
            release: at(release),
            due: at(to),
        };
        let orders = [order(0, winter), order(1, spring), order(2, "2026-07-01T22:30:00Z")];
        let series = |to| Series::of_orders(&orders, ProductId(0), &zone, to).expect("something was ordered");
        let summer = series(at("2026-07-02T22:00:00Z"));
        let days: Vec<usize> = (0..summer.values.len()).filter(|day| summer.values[*day] > 0.0).collect();
        assert_eq!((days, summer.values.len()), (vec![0, 28, 123], 124), "1 March, 29 March, 2 July, until 3 July");
        assert_eq!(series(at("2026-07-02T23:00:00Z")).values.len(), 124, "an hour into a day is no day");
        assert_eq!(series(at(to)).values.len(), 239, "until 26 October");
    }

    #[test]
    fn a_day_begins_at_the_midnight_of_the_site() {
        let zone = Zone { name: "Asia/Shanghai".to_owned(), offsets: vec![(Instant::MIN, Span::from_hours(8))] };
        let at: Instant = "2026-03-01T22:00:00Z".parse().expect("an instant");
        let start = midnight(&zone, at);
        assert_eq!(start, "2026-03-01T16:00:00Z".parse().expect("an instant"));
        assert_eq!(weekday(&zone, start), 0, "Monday, 2 March 2026");
    }

    #[test]
    fn orders_count_on_the_day_they_came_in_and_days_without_are_zero() {
        let order = |number, product, day: i64, quantity| Order {
            id: OrderId(number),
            name: format!("o{number}"),
            product: ProductId(product),
            quantity,
            release: Instant::EPOCH + Span::from_days(day) + Span::from_hours(3),
            due: Instant::EPOCH + Span::from_days(day + 5),
        };
        let orders = [order(0, 0, 0, 5), order(1, 1, 1, 7), order(2, 0, 2, 3), order(3, 0, 2, 4), order(4, 0, 9, 9)];
        let to = Instant::EPOCH + Span::from_days(4);
        let told = Series::of_orders(&orders, ProductId(0), &Zone::utc(), to).expect("orders");
        assert_eq!(told.values, [5.0, 0.0, 7.0, 0.0]);
        assert_eq!(told.part(told.at(2), 3)[..2], [7.0, 0.0]);
        assert!(told.part(told.at(2), 3)[2].is_nan());
        assert_eq!(Series::of_orders(&orders, ProductId(0), &Zone::utc(), Instant::EPOCH), None);
    }
}
