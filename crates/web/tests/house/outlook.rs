//! What the made-up unit foretells of itself: a day of energy half over, worked out by the real model from made-up days, and a product with too
//! few days of orders.

use measure::{Instant, Span};
use plant::{Contest, Forecast, ForecastKind, Plant, RecordId, RecordKind, Window};
use unit::desk::Score;
use unit::lessons::Topic;
use unit::lives::Part;
use unit::outlook::learn::{Model, Standing};
use unit::outlook::lessons::{Pupil, Report};
use unit::outlook::series::{SLOT, SLOTS, Series};
use unit::outlook::{Lead, Outlook, Prospect, Subject, ahead, foretell, today, until};

/// Days known before today.
const DAYS: i64 = 10;

/// A day of a shop in kW.h a quarter: low at night, high in the shifts, a little more each day.
fn energy(slot: usize) -> f64 {
    let (day, quarter) = (slot / SLOTS, slot % SLOTS);
    let shifts = if (24..88).contains(&quarter) { 18.0 + 3.0 * (quarter as f64 / 9.0).sin() } else { 3.0 };
    shifts + 0.1 * (day % 5) as f64 + 0.4 * ((slot as f64) * 1.7).sin()
}

pub fn outlook(plant: &Plant, now: Instant) -> Outlook {
    let midnight = today(plant, now);
    let from = midnight - Span::from_days(DAYS);
    let known = DAYS as usize * SLOTS + SLOTS / 2;
    let came = Series { from, step: SLOT, values: (0..known).map(energy).collect() };
    let contests = vec![contest(midnight)];
    let standing = Standing::after(&contests);
    let whole = until(&came, midnight);
    let forecast = |number: u64, lead: Lead| {
        let told = foretell(Subject::EnergyUse, plant, &whole, (&Model::Plain, &standing), lead);
        let draft = told.expect("ten days are enough");
        Forecast {
            id: RecordId { kind: RecordKind::Forecast, number },
            at: midnight,
            from: draft.from.clone(),
            because: draft.because.clone(),
            machine: None,
            order: None,
            product: None,
            kind: ForecastKind::EnergyUse,
            service: None,
            value: draft.value(),
            horizon: ahead(&draft.course),
            course: Some(draft.course),
        }
    };
    let forecasts = [forecast(7, Lead::Begun), forecast(8, Lead::Ahead)];
    let energy = Prospect::of(Subject::EnergyUse, &forecasts, &came, contests, None);
    let product = plant.products.first().expect("the plant makes something").id;
    let none = Series { from: midnight, step: Span::from_days(1), values: Vec::new() };
    let kind = plant.machines.first().expect("there is a machine").kind.clone();
    let of = Pupil { kind, topic: Topic::Life(Part::Tool) };
    let lived = Contest {
        subject: of.key(),
        in_use: 0.98,
        challenger: 0.46,
        blocks: 7,
        probability: 0.99,
        swapped: true,
        ..contest(midnight)
    };
    let score = Score { count: 212, off: 2.4, plain_off: 4.3, width: 8.1, held: 0.91, plain_held: 0.8 };
    let reports =
        vec![Report { of, standing: Standing::after(std::slice::from_ref(&lived)), contests: vec![lived], fared: Some(score) }];
    Outlook { prospects: vec![energy, Prospect::of(Subject::Demand(product), &[], &none, Vec::new(), Some((3, 18)))], reports }
}

fn contest(midnight: Instant) -> Contest {
    let day = |n: i64| midnight - Span::from_days(n);
    Contest {
        at: day(1),
        subject: "energy_use".to_owned(),
        version: 1,
        learned: Window { from: day(80), to: day(15) },
        on: Window { from: day(15), to: day(1) },
        in_use: 0.41,
        challenger: 0.44,
        blocks: 14,
        probability: 0.31,
        swapped: false,
        lessons: 0,
    }
}
