//! Texts with a meaning of their own: spans of time, times of day, instants in the site's time, money. Read strictly, and
//! written so that reading gives the same value again.

pub use drivers::file::time::instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use measure::{Currency, Instant, Money, Span};
use plant::Zone;

/// Units of spans, longest first [µs].
const UNITS: [(&str, i64); 6] =
    [("d", 86_400_000_000), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];

/// What a span of time may look like.
pub const SPAN_ALLOWED: &str =
    "a span of time such as `45 min`, `8 h`, `1 h 30 min`, `2.5 s` (units d, h, min, s, ms, us, in this order)";
/// What an instant may look like.
pub const INSTANT_ALLOWED: &str =
    "an instant in quotes such as `2026-03-02T06:00:00+08:00`, or without an offset in the site's own time";

/// A span such as `1 h 30 min`; each unit at most once, in falling order, no sign.
pub fn span(text: &str) -> Option<Span> {
    let mut words = text.split_whitespace();
    let mut sum = 0_i64;
    let mut next_unit = 0;
    let mut any = false;
    while let Some(number) = words.next() {
        let unit = words.next()?;
        let place = UNITS.iter().position(|(word, _)| *word == unit)?;
        if place < next_unit {
            return None;
        }
        next_unit = place + 1;
        sum = sum.checked_add(scaled(number, UNITS[place].1)?)?;
        any = true;
    }
    any.then_some(Span::from_micros(sum))
}

/// A decimal number times a whole factor, where that is whole.
fn scaled(number: &str, factor: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let ten = 10_i64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = i128::from(fraction.parse::<i64>().ok()?) * i128::from(factor);
    if part % i128::from(ten) != 0 {
        return None;
    }
    let part = i64::try_from(part / i128::from(ten)).ok()?;
    whole.parse::<i64>().ok()?.checked_mul(factor)?.checked_add(part)
}

/// A span as [`span`] reads it.
pub fn write_span(span: Span) -> String {
    let mut left = span.micros();
    let mut words = Vec::new();
    for (unit, micros) in UNITS {
        let (count, rest) = (left / micros, left % micros);
        if count > 0 {
            words.push(format!("{count} {unit}"));
        }
        left = rest;
    }
    if words.is_empty() { "0 s".to_owned() } else { words.join(" ") }
}

/// A time of day such as `06:00` or `21:45:30`, as the span since midnight.
pub fn time_of_day(text: &str) -> Option<Span> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |t: &&str| (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse::<i64>().ok()).flatten();
    let numbers: Vec<i64> = parts.iter().map(number).collect::<Option<_>>()?;
    let (hour, minute, second) = match numbers[..] {
        [h, m] => (h, m, 0),
        [h, m, s] => (h, m, s),
        _ => return None,
    };
    (hour < 24 && minute < 60 && second < 60).then(|| Span::from_seconds(hour * 3_600 + minute * 60 + second))
}

/// A time of day as [`time_of_day`] reads it.
pub fn write_time_of_day(span: Span) -> String {
    let seconds = span.micros() / 1_000_000;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if second == 0 { format!("{hour:02}:{minute:02}") } else { format!("{hour:02}:{minute:02}:{second:02}") }
}

/// The first and last years whose changes of offset a zone knows; recorded data of this century and all plans fall within.
const ZONE_YEARS: (i64, i64) = (2000, 2040);

/// A zone by its IANA name, with its changes of offset from 2000 to 2040.
pub fn zone(name: &str) -> Option<(Zone, TimeZone)> {
    let iana = TimeZone::get(name).ok()?;
    let edge = |year| Timestamp::from_microsecond(Instant::from_civil(year, 1, 1, 0, 0, 0)?.micros()).ok();
    let (first, last) = (edge(ZONE_YEARS.0)?, edge(ZONE_YEARS.1)?);
    let span = |stamp: Timestamp| Span::from_seconds(i64::from(iana.to_offset(stamp).seconds()));
    let mut offsets = vec![(Instant::MIN, span(first))];
    for change in iana.following(first).take_while(|t| t.timestamp() < last) {
        let offset = span(change.timestamp());
        if offsets.last().is_some_and(|(_, before)| *before != offset) {
            offsets.push((Instant::from_micros(change.timestamp().as_microsecond()), offset));
        }
    }
    Some((Zone { name: name.to_owned(), offsets }, iana))
}

/// An amount such as `12.50 EUR`.
pub fn money(text: &str) -> Option<Money> {
    let (amount, code) = text.split_once(' ')?;
    let currency: Currency = code.parse().ok()?;
    let (sign, plain) = amount.strip_prefix('-').map_or((1, amount), |rest| (-1, rest));
    Some(Money { minor: sign * scaled(plain, 100)?, currency })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_are_read_strictly() {
        let table =
            [("45 min", 2_700.0), ("8 h", 28_800.0), ("1 h 30 min", 5_400.0), ("2.5 s", 2.5), ("1 d 1 us", 86_400.000_001)];
        for (text, seconds) in table {
            assert_eq!(span(text).map(Span::seconds), Some(seconds), "{text}");
        }
        for text in ["", "45", "45min", "min", "1 min 1 h", "-3 s", "1e3 s", "0.0000001 s", "3 weeks", "1 s 2 s", "99999999999 d"]
        {
            assert_eq!(span(text), None, "{text}");
        }
    }

    #[test]
    fn local_times_that_are_not_one_instant_are_refused() {
        let (_, berlin) = zone("Europe/Berlin").expect("a zone");
        let read = |text| instant(text, &berlin).map(|i| i.to_string());
        assert_eq!(read("2026-07-01T06:00:00").as_deref(), Some("2026-07-01T04:00:00Z"));
        assert_eq!(read("2026-07-01T06:00:00Z").as_deref(), Some("2026-07-01T06:00:00Z"));
        assert_eq!(read("2026-03-29T02:30:00"), None, "the hour that daylight saving leaps over");
        assert_eq!(read("2026-10-25T02:30:00"), None, "the hour that comes twice");
        assert_eq!(read("2026-13-01T00:00:00"), None);
    }

    #[test]
    fn zones_know_their_changes() {
        let (shanghai, _) = zone("Asia/Shanghai").expect("a zone");
        assert_eq!(shanghai.offsets, vec![(Instant::MIN, Span::from_hours(8))]);
        let (berlin, _) = zone("Europe/Berlin").expect("a zone");
        let at = |text: &str| berlin.offset(text.parse().expect("an instant")).hours();
        assert_eq!((at("2012-01-15T00:00:00Z"), at("2012-07-15T00:00:00Z"), at("2026-03-29T01:00:00Z")), (1.0, 2.0, 2.0));
        assert!(zone("Europe/Berln").is_none());
    }

    #[test]
    fn money_keeps_its_cents() {
        assert_eq!(money("12.50 EUR").map(|m| m.to_string()).as_deref(), Some("12.50 EUR"));
        assert_eq!(money("-3 CNY").map(|m| m.minor), Some(-300));
        for text in ["12.50", "12,50 EUR", "1.005 EUR", "1 eur", "EUR 1"] {
            assert_eq!(money(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_span_written_is_read_again(micros in 0_i64..i64::MAX / 2) {
            let wanted = Span::from_micros(micros);
            prop_assert_eq!(span(&write_span(wanted)), Some(wanted));
        }
        #[test]
        fn a_time_of_day_written_is_read_again(seconds in 0_i64..86_400) {
            let wanted = Span::from_seconds(seconds);
            prop_assert_eq!(time_of_day(&write_time_of_day(wanted)), Some(wanted));
        }
    }
}
