//! Time stamps of public sets as minutes.
//!
//! Enters: `YYYY-MM-DD hh:mm:ss`, with or without a fraction. Leaves: minutes since 1970. Absent: zones.

/// Minutes since 1970-01-01 00:00; `None` where the text is no time stamp.
pub fn minutes(text: &str) -> Option<i64> {
    let (date, time) = text.trim().split_once([' ', 'T'])?;
    let mut date = date.split('-').map(|p| p.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.split(':').map(|p| p.parse::<f64>().ok());
    let (hour, minute) = (time.next()??, time.next()??);
    let second = time.next().flatten().unwrap_or(0.0);
    Some(days(year, month, day) * 1_440 + (hour * 60.0 + minute + second / 60.0).floor() as i64)
}

/// Days since 1970-01-01 of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is the last.
    let y = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400) * 365 + y.rem_euclid(400) / 4 - y.rem_euclid(400) / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

/// Day of the week, Monday 0.
pub const fn weekday(minutes: i64) -> i64 {
    (minutes.div_euclid(1_440) + 3).rem_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_minutes() {
        assert_eq!(minutes("1970-01-01 00:01:59"), Some(1));
        assert_eq!(minutes("2024-02-29 12:00:00.000"), Some(19_782 * 1_440 + 720));
        assert_eq!(minutes("noon"), None);
        assert_eq!(minutes("2026-11-26T00:00:00").map(weekday), Some(3));
    }
}
