//! Shifts as seen from now: what is worked, until when, and when work starts again. Enters: a calendar and an instant.
//! Leaves: instants. Absent: machines.

use measure::{Instant, Span};
use plant::Calendar;

/// How far ahead a next shift is looked for; longer than any week-end with holidays in a weekly calendar.
const AHEAD: Span = Span::from_days(8);
/// Shifts that follow each other within this are one stretch of work.
const SEAM: Span = Span::from_minutes(1);

/// The shifts around an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shifts {
    /// End of the stretch of work that holds the instant; `None` outside of work.
    pub ends: Option<Instant>,
    /// Start of the next stretch of work after that; `None` where there is none within eight days.
    pub next: Option<Instant>,
}

impl Shifts {
    /// The shifts around `now`. A calendar without shifts is taken as work around the clock.
    pub fn around(calendar: &Calendar, now: Instant) -> Self {
        if calendar.shifts.is_empty() {
            return Self { ends: Some(now + AHEAD), next: None };
        }
        let (mut ends, mut next): (Option<Instant>, Option<Instant>) = (None, None);
        for span in calendar.spans(now, now + AHEAD) {
            let joins = span.from <= ends.map_or(now, |e| e + SEAM);
            if joins {
                ends = Some(ends.map_or(span.to, |e| e.max(span.to)));
            } else {
                next = Some(span.from);
                break;
            }
        }
        Self { ends, next }
    }
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

    #[test]
    fn shifts_that_touch_are_one_stretch() {
        for (at, ends, next) in [
            ("2026-03-02T09:00:00Z", Some("2026-03-02T22:00:00Z"), "2026-03-03T06:00:00Z"),
            ("2026-03-02T21:59:00Z", Some("2026-03-02T22:00:00Z"), "2026-03-03T06:00:00Z"),
            ("2026-03-02T23:00:00Z", None, "2026-03-03T06:00:00Z"),
            ("2026-03-06T22:00:00Z", None, "2026-03-09T06:00:00Z"),
        ] {
            let shifts = Shifts::around(&two_shifts(), at.parse().expect("an instant"));
            assert_eq!(shifts.ends.map(|e| e.to_string()).as_deref(), ends, "{at}");
            assert_eq!(shifts.next.map(|e| e.to_string()).as_deref(), Some(next), "{at}");
        }
    }

    #[test]
    fn without_shifts_work_never_ends() {
        let calendar = Calendar { zone: Zone::utc(), shifts: Vec::new() };
        assert!(Shifts::around(&calendar, Instant::EPOCH).ends.is_some());
    }
}
