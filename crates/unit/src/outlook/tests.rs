//! Forecasts against what came, on series made up here.

use super::*;
use plant::{RecordId, RecordKind};

fn day(n: i64) -> Instant {
    Instant::EPOCH + Span::from_days(n)
}

/// A forecast of a day of quarters that says `mean` and is sure within `reach`.
fn told(number: u64, from: Instant, mean: f64, reach: f64) -> Forecast {
    let step = CourseStep { mean, quantiles: [mean - reach, mean - reach, mean, mean, mean, mean + reach, mean + reach] };
    Forecast {
        id: RecordId { kind: RecordKind::Forecast, number },
        at: from,
        from: Code::Borrowed("recent"),
        because: Vec::new(),
        machine: None,
        order: None,
        product: None,
        kind: ForecastKind::EnergyUse,
        service: None,
        value: Estimate::exact(mean),
        horizon: DAY,
        course: Some(Course { from, step: series::SLOT, version: Some(1), steps: vec![step; SLOTS] }),
    }
}

fn flat(days: usize, value: impl Fn(usize) -> f64) -> Series {
    Series { from: day(0), step: series::SLOT, values: (0..days * SLOTS).map(|i| value(i / SLOTS)).collect() }
}

#[test]
fn a_table_of_forecasts_and_how_they_fared() {
    // forecast, reach, what came on the second and third day, coverage, error
    let table = [(10.0, 1.0, [10.5, 10.5], 1.0, 0.5), (10.0, 0.2, [10.5, 10.5], 0.0, 0.5), (12.0, 1.0, [10.5, 12.5], 0.5, 1.0)];
    for (mean, reach, came, coverage, error) in table {
        let series = flat(3, |d| if d == 0 { 10.0 } else { came[d - 1] });
        let forecasts = [told(1, day(1), mean, reach), told(2, day(2), mean, reach)];
        let prospect = Prospect::of(Subject::EnergyUse, &forecasts, &series, Vec::new(), None);
        let live = prospect.live.expect("two days came");
        assert_eq!((live.count, live.missed, live.refused), (2 * SLOTS as u64, 0, 0));
        // the newer of the two days weighs more
        assert!((live.coverage - coverage).abs() < 0.3 && (live.error - error).abs() < 0.35, "{mean} {reach}: {live:?}");
        assert!((prospect.usual - (came[0] + came[1]) / 2.0).abs() < 1e-9);
        assert_eq!(prospect.came.len(), SLOTS);
        assert_eq!((prospect.standing.version, prospect.forecast.map(|f| f.id.number)), (1, Some(2)));
    }
}

#[test]
fn what_has_not_come_yet_is_neither_right_nor_wrong() {
    let mut series = flat(2, |_| 10.0);
    series.values.truncate(SLOTS + 10);
    let prospect = Prospect::of(Subject::EnergyUse, &[told(1, day(1), 10.0, 1.0)], &series, Vec::new(), None);
    assert_eq!(prospect.live.map(|l| (l.count, l.coverage)), Some((10, 1.0)));
    assert_eq!(prospect.came.iter().filter(|x| x.is_finite()).count(), 10);
    let none = Prospect::of(Subject::EnergyUse, &[], &series, Vec::new(), Some((1, 2)));
    assert_eq!((none.live, none.forecast, none.lacks), (None, None, Some((1, 2))));
}

#[test]
fn an_overlapping_week_is_judged_by_the_newest_word_on_each_day() {
    let course = |from: Instant, mean: f64| Course {
        from,
        step: DAY,
        version: None,
        steps: vec![CourseStep { mean, quantiles: [mean; 7] }; 7],
    };
    let week = |number, from: Instant, mean| Forecast {
        kind: ForecastKind::Demand,
        product: Some(ProductId(0)),
        course: Some(course(from, mean)),
        ..told(number, from, mean, 0.0)
    };
    let came = Series { from: day(0), step: DAY, values: vec![4.0; 12] };
    let forecasts = [week(1, day(8), 9.0), week(2, day(9), 4.0)];
    let live = Prospect::of(Subject::Demand(ProductId(0)), &forecasts, &came, Vec::new(), None).live.expect("four days came");
    assert_eq!(live.count, 4);
    assert!(live.error > 0.0 && live.error < 5.0, "the first day was off by 5, the others by nothing: {live:?}");
}

#[test]
fn a_day_told_ahead_is_due_once_a_day_and_judged_by_itself() {
    let ahead = |number, from: Instant, mean| Forecast { at: from - Span::from_hours(23), ..told(number, from, mean, 1.0) };
    let series = flat(4, |_| 10.0);
    let forecasts = [
        told(1, day(1), 10.0, 1.0),
        ahead(2, day(2), 13.0),
        told(3, day(2), 10.0, 1.0),
        ahead(4, day(3), 13.0),
        told(5, day(3), 10.5, 1.0),
        ahead(6, day(4), 9.0),
    ];
    let prospect = Prospect::of(Subject::EnergyUse, &forecasts, &series, Vec::new(), None);
    let number = |f: &Option<Forecast>| f.as_ref().map(|f| f.id.number);
    assert_eq!((number(&prospect.forecast), number(&prospect.ahead)), (Some(5), Some(6)));
    let (live, live_ahead) = (prospect.live.expect("three days came"), prospect.live_ahead.expect("two days came"));
    assert_eq!((live.count, live_ahead.count), (3 * SLOTS as u64, 2 * SLOTS as u64));
    assert_eq!((live.coverage, live_ahead.coverage, live_ahead.error), (1.0, 0.0, 3.0));
    let due = |forecasts: &[Forecast], today| [Lead::Begun, Lead::Ahead].map(|lead| lead.is_due(forecasts, today));
    assert_eq!(due(&[], day(3)), [true, true]);
    assert_eq!(due(&forecasts, day(3)), [false, false]);
    assert_eq!(due(&forecasts[..5], day(3)), [false, true]);
    assert_eq!(due(&forecasts, day(4)), [true, true], "the day told ahead has begun: it is told anew with what came since");
    assert_eq!(
        due(&forecasts, day(3) + Span::from_hours(1)),
        [false, false],
        "midnight is an hour off where clocks were set back: the same day"
    );
    let stale = Prospect::of(Subject::EnergyUse, &forecasts[..3], &series, Vec::new(), None);
    assert_eq!(stale.ahead, None, "its day has begun");
}
