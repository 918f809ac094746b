//! Times as files write them. Enters: text. Leaves: instants. Absent: the clock.

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use measure::Instant;

/// How a file writes its times.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeFormat {
    style: Style,
    zone: TimeZone,
}

#[derive(Clone, Debug, PartialEq)]
enum Style {
    Rfc3339,
    /// Microseconds of one unit.
    Unix(i64),
    /// Days since the start of 1900 as Excel counts them, in the zone.
    Excel,
    Pattern(String),
}

impl TimeFormat {
    /// From its word, or a pattern with `%`; `None` where it is neither.
    pub fn of(word: &str, zone: TimeZone) -> Option<Self> {
        let style = match word {
            "rfc3339" => Style::Rfc3339,
            "unix_s" => Style::Unix(1_000_000),
            "unix_ms" => Style::Unix(1_000),
            "unix_us" => Style::Unix(1),
            "excel" => Style::Excel,
            pattern => {
                let sample = jiff::Timestamp::UNIX_EPOCH;
                let is_good = pattern.contains('%') && strtime::format(pattern, sample).is_ok();
                Style::Pattern(is_good.then(|| pattern.to_owned())?)
            }
        };
        Some(Self { style, zone })
    }

    /// The zone of times without an offset.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The instant that a text means; `None` where it means none, or where the local time does not exist or exists twice.
    pub fn read(&self, found: &str) -> Option<Instant> {
        let found = found.trim();
        match &self.style {
            Style::Rfc3339 if found.len() == 10 => instant(&format!("{found}T00:00:00"), &self.zone),
            Style::Rfc3339 => instant(found, &self.zone),
            Style::Unix(micros) => unix(found, *micros),
            Style::Excel => local(excel_civil(found.parse().ok()?)?, &self.zone),
            Style::Pattern(pattern) => {
                let parts = strtime::parse(pattern, found).ok()?;
                if parts.offset().is_some() {
                    return Some(Instant::from_micros(parts.to_timestamp().ok()?.as_microsecond()));
                }
                local(parts.to_datetime().or_else(|_| parts.to_date().map(|d| d.at(0, 0, 0, 0))).ok()?, &self.zone)
            }
        }
    }

    /// What is allowed, for people.
    pub fn allowed(&self) -> String {
        match &self.style {
            Style::Rfc3339 => "a time such as 2026-03-02T06:00:00Z or 2026-03-02 06:00:00".to_owned(),
            Style::Unix(1) => "whole microseconds since 1970".to_owned(),
            Style::Unix(1_000) => "milliseconds since 1970".to_owned(),
            Style::Unix(_) => "seconds since 1970".to_owned(),
            Style::Excel => "an Excel date such as 46083.25".to_owned(),
            Style::Pattern(pattern) => format!("a time as `{pattern}` has it"),
        }
    }
}

/// Words of formats, for messages and schemas.
pub const FORMATS_ALLOWED: &str = "`rfc3339`, `unix_s`, `unix_ms`, `unix_us`, `excel` or a pattern such as `%d.%m.%Y %H:%M`";

/// An instant with an offset, or without one in the zone; `None` where it is neither, or where the local time does not exist
/// or exists twice.
pub fn instant(text: &str, zone: &TimeZone) -> Option<Instant> {
    let text = text.trim();
    let time = text.get(10..)?;
    if time.contains(['Z', 'z', '+', '-']) {
        return text.parse().ok();
    }
    local(text.parse().ok()?, zone)
}

fn local(local: DateTime, zone: &TimeZone) -> Option<Instant> {
    let stamp = zone.to_ambiguous_timestamp(local).unambiguous().ok()?;
    Some(Instant::from_micros(stamp.as_microsecond()))
}

/// A serial date of Excel's 1900 system (ECMA-376 Part 1, 18.17.4.1), to the millisecond; before 1900-03-01 Excel counts a
/// day that was not, so that earlier dates are none here.
pub(super) fn excel_civil(serial: f64) -> Option<DateTime> {
    const DAY_MS: f64 = 86_400_000.0;
    let civil = DateTime::constant(1899, 12, 30, 0, 0, 0, 0);
    let is_date = (61.0..2_958_466.0).contains(&serial);
    is_date.then(|| civil.checked_add(jiff::Span::new().milliseconds((serial * DAY_MS).round() as i64)).ok())?
}

fn unix(found: &str, micros: i64) -> Option<Instant> {
    if let Ok(whole) = found.parse::<i64>() {
        return whole.checked_mul(micros).map(Instant::from_micros);
    }
    let scaled = found.parse::<f64>().ok()? * micros as f64;
    (scaled.is_finite() && scaled.abs() < 9e15).then(|| Instant::from_micros(scaled.round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &str, found: &str) -> Option<String> {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        TimeFormat::of(format, zone).expect("a format").read(found).map(|i| i.to_string())
    }

    #[test]
    fn times_are_read_as_files_write_them() {
        let table = [
            ("rfc3339", "2015-01-01 06:00:00", "2015-01-01T05:00:00Z"),
            ("rfc3339", "2012-01-30 04:43:00+00:00", "2012-01-30T04:43:00Z"),
            ("rfc3339", "2012-07-30", "2012-07-29T22:00:00Z"),
            ("rfc3339", "2012-01-30T04:43:00.25Z", "2012-01-30T04:43:00.250000Z"),
            ("unix_s", "1420092000", "2015-01-01T06:00:00Z"),
            ("unix_s", "1420092000.5", "2015-01-01T06:00:00.500000Z"),
            ("unix_ms", "1420092000000", "2015-01-01T06:00:00Z"),
            ("excel", "46083.25", "2026-03-02T05:00:00Z"),
            ("%d.%m.%Y %H:%M", "01.01.2015 06:00", "2015-01-01T05:00:00Z"),
            ("%d/%m/%y", "02/07/15", "2015-07-01T22:00:00Z"),
            ("%Y-%m-%d %H:%M:%S %z", "2015-01-01 06:00:00 +0300", "2015-01-01T03:00:00Z"),
        ];
        for (format, found, wanted) in table {
            assert_eq!(read(format, found).as_deref(), Some(wanted), "{format} {found}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for (format, found) in [
            ("rfc3339", ""),
            ("rfc3339", "yesterday"),
            ("rfc3339", "2015-02-30 00:00:00"),
            ("rfc3339", "2015-03-29 02:30:00"),
            ("rfc3339", "früher als heute"),
            ("unix_s", "nan"),
            ("unix_s", "1e300"),
            ("excel", "-1"),
            ("excel", "60"),
            ("excel", "3000000"),
            ("%d.%m.%Y", "2015-01-01"),
        ] {
            assert_eq!(read(format, found), None, "{format} {found}");
        }
        assert!(TimeFormat::of("rfc", TimeZone::UTC).is_none() && TimeFormat::of("%!", TimeZone::UTC).is_none());
    }
}
