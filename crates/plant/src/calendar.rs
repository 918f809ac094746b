//! When people work: shifts of the week in the site's own time, and the zone that ties local time to UTC.

use crate::{TeamId, Window};
use measure::{Instant, Span};

/// A time zone as the list of its offsets; daylight saving is a later entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// IANA name, such as `Asia/Shanghai`.
    pub name: String,
    /// From when on (ascending) local time is UTC plus the span. The first entry holds for all earlier instants too.
    pub offsets: Vec<(Instant, Span)>,
}

/// A shift of the week.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// Name, unique in the calendar.
    pub name: String,
    /// The team that works it.
    pub team: TeamId,
    /// Days on which it starts, 0 = Monday … 6 = Sunday.
    pub days: Vec<u32>,
    /// Start after local midnight.
    pub start: Span,
    /// Length; may reach past midnight.
    pub length: Span,
}

/// One worked shift of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShiftSpan {
    /// Place in [`Calendar::shifts`].
    pub shift: usize,
    /// Start, inclusive.
    pub from: Instant,
    /// End, exclusive.
    pub to: Instant,
}

/// The shifts of a site.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    /// Its time zone.
    pub zone: Zone,
    /// Its shifts.
    pub shifts: Vec<Shift>,
}

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), offsets: vec![(Instant::MIN, Span::ZERO)] }
    }
    /// Local time minus UTC at an instant.
    pub fn offset(&self, at: Instant) -> Span {
        let later = self.offsets.partition_point(|(from, _)| *from <= at);
        self.offsets.get(later.saturating_sub(1)).map_or(Span::ZERO, |(_, offset)| *offset)
    }
}

impl Calendar {
    /// The shifts that touch `from..to`, by their start.
    pub fn spans(&self, from: Instant, to: Instant) -> Vec<ShiftSpan> {
        let day = Span::from_days(1);
        let mut spans = Vec::new();
        let mut midnight = (from + self.zone.offset(from)).floor(day) - day;
        while midnight - self.zone.offset(midnight) < to + day {
            for (place, shift) in self.shifts.iter().enumerate() {
                let local = midnight + shift.start;
                let start = local - self.zone.offset(local - self.zone.offset(local));
                let end = start + shift.length;
                if shift.days.contains(&midnight.weekday()) && start < to && end > from {
                    spans.push(ShiftSpan { shift: place, from: start, to: end });
                }
            }
            midnight += day;
        }
        spans.sort_by_key(|s| (s.from, s.shift));
        spans
    }
    /// The shift worked at an instant, the latest to start where shifts overlap.
    pub fn shift_at(&self, at: Instant) -> Option<ShiftSpan> {
        self.spans(at, at + Span::from_micros(1)).into_iter().next_back()
    }
    /// The parts of `from..to` in which no shift is worked, by their start; none where there are no shifts at all.
    pub fn closed(&self, from: Instant, to: Instant) -> Vec<Window> {
        let spans = self.spans(from, to);
        if self.shifts.is_empty() {
            return Vec::new();
        }
        let (mut closed, mut since) = (Vec::new(), from);
        for span in spans {
            if span.from > since {
                closed.push(Window { from: since, to: span.from });
            }
            since = since.max(span.to);
        }
        if to > since {
            closed.push(Window { from: since, to });
        }
        closed
    }
    /// Worked time within `from..to`; overlapping shifts count once.
    pub fn worked(&self, from: Instant, to: Instant) -> Span {
        let mut reached = from;
        let mut sum = Span::ZERO;
        for span in self.spans(from, to) {
            let (start, end) = (span.from.max(reached), span.to.min(to));
            if end > start {
                sum += end - start;
                reached = end;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shanghai_nights() -> Calendar {
        let zone = Zone { name: "Asia/Shanghai".to_owned(), offsets: vec![(Instant::MIN, Span::from_hours(8))] };
        let night = Shift {
            name: "night".to_owned(),
            team: TeamId(0),
            days: vec![0, 1, 2, 3, 4],
            start: Span::from_hours(22),
            length: Span::from_hours(8),
        };
        Calendar { zone, shifts: vec![night] }
    }

    #[test]
    fn a_night_shift_reaches_past_midnight() {
        let calendar = shanghai_nights();
        let at: Instant = "2026-03-02T17:00:00Z".parse().expect("Tuesday 01:00 in Shanghai");
        let span = calendar.shift_at(at).expect("Monday's night shift");
        assert_eq!(span.from.to_string(), "2026-03-02T14:00:00Z");
        assert_eq!(span.to.to_string(), "2026-03-02T22:00:00Z");
        assert_eq!(calendar.shift_at("2026-03-02T22:00:00Z".parse().expect("its end")), None);
    }

    #[test]
    fn what_is_not_worked_is_closed() {
        let monday: Instant = "2026-03-01T16:00:00Z".parse().expect("Monday 00:00 in Shanghai");
        let (calendar, end) = (shanghai_nights(), monday + Span::from_days(7));
        let closed = calendar.closed(monday, end);
        let sum = closed.iter().fold(Span::ZERO, |sum, window| sum + (window.to - window.from));
        assert_eq!(sum + calendar.worked(monday, end), Span::from_days(7));
        assert_eq!((closed[0].from, closed[closed.len() - 1].to), (monday, end), "the weekend too");
        assert!(Calendar { shifts: Vec::new(), ..calendar }.closed(monday, end).is_empty(), "without shifts it is never closed");
    }

    #[test]
    fn a_week_has_five_nights() {
        let monday: Instant = "2026-03-01T16:00:00Z".parse().expect("Monday 00:00 in Shanghai");
        assert_eq!(shanghai_nights().worked(monday, monday + Span::from_days(7)), Span::from_hours(40));
    }
}
