//! Whether the plant works now, and until when: the calendar's answer, kept until it changes.
//!
//! Enters: the calendar and an instant. Leaves: open or shut with the ends of that period. A plant without shifts is
//! always open. Absent: teams.

use measure::{Instant, Span};
use plant::Calendar;

/// The period of worked or free time that holds now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hours {
    /// Whether people work.
    pub open: bool,
    /// Start of the period (as far as looked back).
    pub from: Instant,
    /// End of the period; [`Instant::MAX`] where no change is in sight.
    pub until: Instant,
    /// When work starts again after this period: `until` itself outside the shifts.
    pub reopens: Instant,
}

impl Default for Hours {
    /// A period that has passed already, so that the first question renews it.
    fn default() -> Self {
        Self { open: true, from: Instant::MIN, until: Instant::MIN, reopens: Instant::MIN }
    }
}

/// How far ahead the next shift is sought: a week, its weekend, and a day.
const AHEAD: Span = Span::from_days(8);

impl Hours {
    /// Renews the period if `now` has left it.
    pub fn renew(&mut self, calendar: &Calendar, now: Instant) {
        if now < self.from || now >= self.until {
            *self = Self::at(calendar, now);
        }
    }
    /// The period that holds at an instant.
    pub fn at(calendar: &Calendar, now: Instant) -> Self {
        if calendar.shifts.is_empty() {
            return Self { open: true, from: Instant::MIN, until: Instant::MAX, reopens: Instant::MAX };
        }
        let merged = worked(calendar, now - Span::from_days(2), now + AHEAD);
        let current = merged.iter().position(|w| w.0 <= now && now < w.1);
        let next = |from: Instant| merged.iter().map(|w| w.0).find(|start| *start >= from).unwrap_or(Instant::MAX);
        match current {
            Some(place) => {
                let (from, until) = merged[place];
                Self { open: true, from, until, reopens: next(until) }
            }
            None => {
                let from = merged.iter().map(|w| w.1).rfind(|end| *end <= now).unwrap_or(now);
                let until = next(now);
                Self { open: false, from, until, reopens: until }
            }
        }
    }
}

/// Worked time within `from..to` as periods that neither touch nor overlap; all of it where the plant has no shifts.
pub fn worked(calendar: &Calendar, from: Instant, to: Instant) -> Vec<(Instant, Instant)> {
    if calendar.shifts.is_empty() {
        return vec![(from, to)];
    }
    merge(calendar.spans(from, to).into_iter().map(|s| (s.from.max(from), s.to.min(to))))
}

/// Periods sorted by their start, joined where they touch or overlap; empty ones are left out.
pub fn merge(periods: impl Iterator<Item = (Instant, Instant)>) -> Vec<(Instant, Instant)> {
    let mut merged: Vec<(Instant, Instant)> = Vec::new();
    for (start, end) in periods.filter(|(start, end)| start < end) {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use plant::{Shift, TeamId, Zone};

    fn two_shifts() -> Calendar {
        let shift = |name: &str, start: i64| Shift {
            name: name.to_owned(),
            team: TeamId(0),
            days: vec![0, 1, 2, 3, 4],
            start: Span::from_hours(start),
            length: Span::from_hours(8),
        };
        Calendar { zone: Zone::utc(), shifts: vec![shift("early", 6), shift("late", 14)] }
    }
    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn shifts_that_touch_are_one_period() {
        let hours = Hours::at(&two_shifts(), at("2026-03-02T13:00:00Z"));
        assert!(hours.open);
        assert_eq!((hours.from, hours.until), (at("2026-03-02T06:00:00Z"), at("2026-03-02T22:00:00Z")));
        assert_eq!(hours.reopens, at("2026-03-03T06:00:00Z"));
    }

    #[test]
    fn a_weekend_ends_on_monday() {
        let hours = Hours::at(&two_shifts(), at("2026-03-07T01:00:00Z"));
        assert!(!hours.open);
        assert_eq!((hours.from, hours.until), (at("2026-03-06T22:00:00Z"), at("2026-03-09T06:00:00Z")));
    }

    #[test]
    fn without_shifts_the_plant_is_open() {
        let always = Calendar { zone: Zone::utc(), shifts: Vec::new() };
        assert_eq!(Hours::at(&always, at("2026-03-07T01:00:00Z")).until, Instant::MAX);
    }
}
