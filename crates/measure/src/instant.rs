//! When: [`Instant`], microseconds since 1970-01-01T00:00:00Z, and [`Span`], microseconds between two instants.
//!
//! Enters: RFC 3339 text and integers. Leaves: the same. Absent: the clock (time is an argument everywhere inside) and
//! time zones (a plant's calendar knows its offsets).

use std::fmt;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};
use std::str::FromStr;
use thiserror::Error;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// A point in time [µs since the Unix epoch, UTC].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// A length of time [µs]; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

/// Why a text is no instant.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{found}` is not an instant; allowed is RFC 3339 such as 2026-03-02T06:00:00Z or 2026-03-02 06:00:00 (then UTC)")]
pub struct InstantError {
    /// The text as it was found.
    pub found: String,
}

impl Instant {
    /// The start of the Unix epoch.
    pub const EPOCH: Self = Self(0);
    /// The earliest instant that can be held.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant that can be held.
    pub const MAX: Self = Self(i64::MAX);

    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }
    /// From whole seconds since the Unix epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds * MICROS_PER_SECOND)
    }
    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// Milliseconds since the Unix epoch, rounded down.
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }
    /// Seconds since the Unix epoch as a number with a fraction.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / MICROS_PER_SECOND as f64
    }
    /// The latest multiple of `span` since the epoch that is not after this instant. A span of zero or less gives `self`.
    pub const fn floor(self, span: Span) -> Self {
        if span.0 <= 0 { self } else { Self(self.0.div_euclid(span.0) * span.0) }
    }
    /// Year, month (1–12), day, hour, minute, second and microsecond in UTC (proleptic Gregorian calendar).
    pub fn civil(self) -> (i64, u32, u32, u32, u32, u32, u32) {
        let seconds = self.0.div_euclid(MICROS_PER_SECOND);
        let micros = self.0.rem_euclid(MICROS_PER_SECOND) as u32;
        let (days, of_day) = (seconds.div_euclid(SECONDS_PER_DAY), seconds.rem_euclid(SECONDS_PER_DAY) as u32);
        let (year, month, day) = civil_from_days(days);
        (year, month, day, of_day / 3_600, of_day / 60 % 60, of_day % 60, micros)
    }
    /// From a civil date and time in UTC; `None` where the date does not exist.
    pub fn from_civil(year: i64, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<Self> {
        let whole = (1..=12).contains(&month) && day >= 1 && hour < 24 && minute < 60 && second < 61;
        let days = days_from_civil(year, month, day);
        if !whole || !(-4_000_000..4_000_000).contains(&year) || civil_from_days(days) != (year, month, day) {
            return None;
        }
        Some(Self::from_seconds(days * SECONDS_PER_DAY + i64::from(hour * 3_600 + minute * 60 + second)))
    }
    /// Day of the week, 0 = Monday … 6 = Sunday, in UTC.
    pub fn weekday(self) -> u32 {
        (self.0.div_euclid(MICROS_PER_SECOND * SECONDS_PER_DAY) + 3).rem_euclid(7) as u32
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest span that can be held.
    pub const MAX: Self = Self(i64::MAX);

    /// From microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }
    /// From milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis * 1_000)
    }
    /// From whole seconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds * MICROS_PER_SECOND)
    }
    /// From whole minutes.
    pub const fn from_minutes(minutes: i64) -> Self {
        Self::from_seconds(minutes * 60)
    }
    /// From whole hours.
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_seconds(hours * 3_600)
    }
    /// From whole days of 24 h.
    pub const fn from_days(days: i64) -> Self {
        Self::from_seconds(days * SECONDS_PER_DAY)
    }
    /// From seconds with a fraction, rounded to the nearest microsecond; what is not finite becomes zero.
    pub fn from_seconds_f64(seconds: f64) -> Self {
        if seconds.is_finite() { Self((seconds * MICROS_PER_SECOND as f64).round() as i64) } else { Self::ZERO }
    }
    /// Microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// Seconds with a fraction.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / MICROS_PER_SECOND as f64
    }
    /// Minutes with a fraction.
    pub fn minutes(self) -> f64 {
        self.seconds() / 60.0
    }
    /// Hours with a fraction.
    pub fn hours(self) -> f64 {
        self.seconds() / 3_600.0
    }
    /// The span without its sign.
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }
}

impl Add<Span> for Instant {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}
impl AddAssign<Span> for Instant {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}
impl Sub<Span> for Instant {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}
impl SubAssign<Span> for Instant {
    fn sub_assign(&mut self, span: Span) {
        *self = *self - span;
    }
}
impl Sub for Instant {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}
impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
impl AddAssign for Span {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}
impl SubAssign for Span {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}
impl Neg for Span {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}
impl Mul<i64> for Span {
    type Output = Self;
    fn mul(self, times: i64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}
impl Div<i64> for Span {
    type Output = Self;
    fn div(self, parts: i64) -> Self {
        Self(self.0.checked_div(parts).unwrap_or(0))
    }
}
impl Div for Span {
    type Output = f64;
    fn div(self, other: Self) -> f64 {
        self.0 as f64 / other.0 as f64
    }
}
impl std::iter::Sum for Span {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::ZERO, Add::add)
    }
}

/// RFC 3339 in UTC; the fraction is left out where it is zero and has six digits elsewhere.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day, hour, minute, second, micros) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if micros != 0 {
            write!(f, ".{micros:06}")?;
        }
        f.write_str("Z")
    }
}

/// Days, hours, minutes and seconds, the two largest that are not zero: `2 h 5 min`, `350 ms`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        let seconds = micros / 1_000_000;
        match (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60) {
            (0, 0, 0, 0) => write!(f, "{sign}{} ms", micros as f64 / 1_000.0),
            (0, 0, 0, s) => write!(f, "{sign}{s} s"),
            (0, 0, m, 0) => write!(f, "{sign}{m} min"),
            (0, 0, m, s) => write!(f, "{sign}{m} min {s} s"),
            (0, h, 0, _) => write!(f, "{sign}{h} h"),
            (0, h, m, _) => write!(f, "{sign}{h} h {m} min"),
            (d, 0, _, _) => write!(f, "{sign}{d} d"),
            (d, h, _, _) => write!(f, "{sign}{d} d {h} h"),
        }
    }
}

/// RFC 3339 with `T` or a space, with or without fraction; without an offset the time is taken as UTC; a bare date is
/// its midnight.
impl FromStr for Instant {
    type Err = InstantError;
    fn from_str(text: &str) -> Result<Self, InstantError> {
        parse(text.trim()).ok_or_else(|| InstantError { found: text.to_owned() })
    }
}

fn parse(text: &str) -> Option<Instant> {
    let date = text.get(..10)?;
    let (year, month, day) = (number(date, 0, 4)?, number(date, 5, 7)?, number(date, 8, 10)?);
    if date.as_bytes()[4] != b'-' || date.as_bytes()[7] != b'-' {
        return None;
    }
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return Instant::from_civil(year, month as u32, day as u32, 0, 0, 0);
    }
    let time = rest.strip_prefix(['T', 't', ' '])?;
    let (hour, minute) = (number(time, 0, 2)?, number(time, 3, 5)?);
    let mut at = 5;
    let mut second = 0;
    if time.as_bytes().get(2) != Some(&b':') {
        return None;
    }
    if time.as_bytes().get(5) == Some(&b':') {
        second = number(time, 6, 8)?;
        at = 8;
    }
    let (micros, at) = fraction(time, at)?;
    let offset = offset(time.get(at..)?)?;
    let whole = Instant::from_civil(year, month as u32, day as u32, hour as u32, minute as u32, second as u32)?;
    Some(whole + Span::from_micros(micros) - offset)
}

fn number(text: &str, from: usize, to: usize) -> Option<i64> {
    let digits = text.get(from..to)?;
    if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// The fraction of a second that starts at `at`, in microseconds, and where it ends.
fn fraction(text: &str, at: usize) -> Option<(i64, usize)> {
    if !matches!(text.as_bytes().get(at), Some(b'.' | b',')) {
        return Some((0, at));
    }
    let digits = text[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
    let mut micros = 0;
    for place in 0..6 {
        let digit = if place < digits { i64::from(text.as_bytes()[at + 1 + place] - b'0') } else { 0 };
        micros = micros * 10 + digit;
    }
    if digits == 0 { None } else { Some((micros, at + 1 + digits)) }
}

fn offset(text: &str) -> Option<Span> {
    if matches!(text, "" | "Z" | "z") {
        return Some(Span::ZERO);
    }
    let sign = match text.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits, 0, 2)?, 0),
        4 => (number(&digits, 0, 2)?, number(&digits, 2, 4)?),
        _ => return None,
    };
    if hours > 23 || minutes > 59 { None } else { Some(Span::from_minutes(sign * (hours * 60 + minutes))) }
}

// Days and civil dates: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = i64::from(month);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * shifted + 2) / 5 + 1) as u32;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 } as u32;
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_forms_people_write() {
        let six = Instant::from_civil(2026, 3, 2, 6, 0, 0).expect("a date");
        for text in ["2026-03-02T06:00:00Z", "2026-03-02 06:00", "2026-03-02T07:00:00+01:00", "2026-03-02T01:30:00.000-0430"] {
            assert_eq!(text.parse(), Ok(six), "{text}");
        }
        for text in ["", "2026-02-30", "06:00", "2026-03-02T24:00:00Z", "2026-03-02T06:00:00+99:00", "2026/03/02"] {
            assert!(text.parse::<Instant>().is_err(), "{text}");
        }
    }

    #[test]
    fn knows_the_weekday() {
        assert_eq!("2026-03-02".parse::<Instant>().expect("a date").weekday(), 0);
        assert_eq!(Instant::EPOCH.weekday(), 3);
    }

    proptest! {
        #[test]
        fn text_and_back(micros in -4_000_000_000_000_000_i64..8_000_000_000_000_000) {
            let instant = Instant::from_micros(micros);
            prop_assert_eq!(instant.to_string().parse::<Instant>(), Ok(instant));
        }
    }
}
