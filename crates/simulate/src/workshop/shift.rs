//! Whether people are at work, and until when.
//!
//! Enters: the calendar and an instant. Leaves: the stretch of work and its next edge. Absent: who they are.

use measure::{Instant, Span};
use plant::Calendar;

/// How far ahead the next start of work is looked for.
const AHEAD: Span = Span::from_days(8);

/// The shifts as seen from an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// End of the present stretch of work; `None` where nobody is at work.
    pub until: Option<Instant>,
    /// When this changes.
    pub edge: Instant,
}

impl Attendance {
    /// At an instant. A calendar without shifts means that people are always there.
    pub fn at(calendar: &Calendar, now: Instant) -> Self {
        if calendar.shifts.is_empty() {
            return Self { until: Some(Instant::MAX), edge: Instant::MAX };
        }
        let mut until: Option<Instant> = None;
        for span in calendar.spans(now, now + AHEAD) {
            match until {
                _ if span.from <= until.unwrap_or(now) => until = Some(until.map_or(span.to, |u| u.max(span.to))),
                Some(_) => break,
                None => return Self { until: None, edge: span.from },
            }
        }
        Self { until, edge: until.unwrap_or(now + AHEAD) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_and_late_are_one_stretch_and_sunday_is_free() {
        let start: Instant = "2026-03-01T16:00:00Z".parse().expect("Monday, midnight in Shanghai");
        let calendar = crate::workshop::plant(start, 1, 1).calendar;
        for (at, until, edge) in
            [(0, None, 6), (6, Some(22), 22), (14, Some(22), 22), (22, None, 30), (5 * 24 + 22, None, 7 * 24 + 6)]
        {
            let hour = |h: i64| start + Span::from_hours(h);
            let found = Attendance::at(&calendar, hour(at));
            assert_eq!(found, Attendance { until: until.map(hour), edge: hour(edge) }, "hour {at}");
        }
    }
}
