//! Offerings: what goes and why not, instructions filled in; promises: kept as often as said, learned from how they were kept.

use super::past::{Past, after, open};
use super::{
    Amount, Charge, Choice, Condition, Family, FamilyParts, Group, Item, Of, Offer, Offering, Parameter, Price, Reason, Recipe,
    RecipeParts, Rule, Stand, Step, Told, Unmade, Way,
};
use measure::{Instant, Span};
use plant::{Calendar, OrderId, Shift, TeamId, Zone};

/// Steel or brass, extras, a length; brass is not hardened, hardened is at most 80 mm long.
fn offering() -> Offering {
    let family = Family::new(FamilyParts {
        groups: vec![Group::one("Material", None), Group::of("Extras", None, 0, 2)],
        options: vec![Offer::usual("Steel", 0), Offer::new("Brass", 0), Offer::new("Hardened", 1), Offer::new("Hole", 1)],
        parameters: vec![Parameter {
            name: "Length".to_owned(),
            unit: "mm".to_owned(),
            low: 20,
            high: 120,
            step: 10,
            usual: 50,
            under: None,
        }],
        rules: vec![
            Rule::excludes("Brass cannot be hardened", Condition::Chosen(1), Condition::Chosen(2)),
            Rule::requires("Long plates bend", Condition::Chosen(2), Condition::between(0, None, Some(80))),
        ],
    });
    let way = |millis| Way { machine: 0, when: Condition::always(), duration: millis, uses: Vec::new() };
    let step = |name: &str, when, millis| Step {
        name: name.to_owned(),
        when,
        after: Vec::new(),
        ways: vec![way(millis)],
        families: Vec::new(),
    };
    let parts = RecipeParts {
        items: vec![Item {
            material: "Bar".to_owned(),
            unit: "mm".to_owned(),
            when: Condition::always(),
            amount: Amount::each(5, 1, Of::Parameter(0)),
        }],
        steps: vec![
            step("mill", Condition::always(), Amount::each(30_000, 200, Of::Parameter(0))),
            step("harden", Condition::Chosen(2), Amount::fixed(40_000)),
        ],
        charges: vec![Charge {
            name: "Plate".to_owned(),
            when: Condition::always(),
            price: Price::Amount(Amount::each(900, 10, Of::Parameter(0))),
        }],
        currency: "EUR".parse().expect("a currency"),
        machines: 1,
        resources: 0,
    };
    let told = |family: &str, instructions: &str| Told {
        set_up: Span::from_minutes(5),
        family: family.to_owned(),
        instructions: vec![instructions.to_owned()],
    };
    let told = vec![told("bar-{Material}", "Cut {Length}, {Material}; extras: {Extras}."), told("oven", "")];
    Offering::new("Plate".to_owned(), 100, Recipe::new(family.expect("a family"), parts).expect("a recipe"), told)
}

#[test]
fn what_was_chosen_becomes_material_route_price_and_instructions() {
    let made = offering().configured(&[Choice::With(2), Choice::Set { parameter: 0, value: 70 }]).expect("it can be made");
    let told: Vec<(&str, &str)> = made.chosen.iter().map(|c| (c.what.as_str(), c.value.as_str())).collect();
    assert_eq!(told, [("Material", "Steel"), ("Extras", "Hardened"), ("Length", "70 mm")]);
    assert_eq!((made.materials[0].amount, made.price.to_string().as_str()), (75, "16.00 EUR"));
    let [mill, harden] = &made.steps[..] else { panic!("two steps: {:?}", made.steps) };
    assert_eq!(mill.instructions[0], "Cut 70 mm, Steel; extras: Hardened.");
    assert_eq!((mill.cycle, mill.family.as_str()), (Span::from_seconds(44), "bar-Steel"));
    assert_eq!((harden.name.as_str(), harden.set_up), ("harden", Span::from_minutes(5)));
    // nothing said: what is usual
    let usual = offering().configured(&[]).expect("it can be made");
    assert_eq!((usual.steps.len(), usual.price.minor), (1, 1_400));
    assert_eq!(usual.steps[0].instructions[0], "Cut 50 mm, Steel; extras: –.");
}

#[test]
fn what_does_not_go_is_told_with_its_reasons_and_what_was_chosen_can_be_exchanged() {
    let shown = offering().shown(&[Choice::With(1), Choice::Set { parameter: 0, value: 90 }]).expect("known choices");
    let rule = Reason::Rule("Brass cannot be hardened".to_owned());
    assert_eq!(shown.options[2], Stand::RuledOut(vec![rule, Reason::Chosen("Brass".to_owned())]));
    assert_eq!((&shown.options[0], &shown.options[1]), (&Stand::Open, &Stand::Said(true)));
    let shown = offering().shown(&[Choice::With(2), Choice::Set { parameter: 0, value: 60 }]).expect("known choices");
    assert_eq!((shown.numbers[0].low, shown.numbers[0].high), (20, 80), "the number itself can be exchanged");
    assert!(shown.numbers[0].not_higher.contains(&Reason::Rule("Long plates bend".to_owned())));
    let wrong = offering().configured(&[Choice::With(1), Choice::With(2)]);
    assert!(matches!(&wrong, Err(Unmade::Conflict(why)) if why.contains("Brass cannot be hardened")), "{wrong:?}");
    let many = vec![Choice::With(0); super::CHOSEN_MAX + 1];
    assert!(offering().shown(&many).is_err());
}

/// One shift from 6 to 14 every day.
fn calendar() -> Calendar {
    let shift = Shift {
        name: "day".to_owned(),
        team: TeamId(0),
        days: (0..7).collect(),
        start: Span::from_hours(6),
        length: Span::from_hours(8),
    };
    Calendar { zone: Zone::utc(), shifts: vec![shift] }
}

fn hour(hours: i64) -> Instant {
    Instant::EPOCH + Span::from_hours(hours)
}

#[test]
fn worked_time_leaves_nights_out_both_ways() {
    let calendar = calendar();
    assert_eq!(open(&calendar, hour(5), hour(24 + 7)), Span::from_hours(9));
    assert_eq!(after(&calendar, hour(5), Span::from_hours(9)), hour(24 + 7));
    assert_eq!(after(&calendar, hour(8), Span::from_hours(6)), hour(14));
    let always = Calendar { zone: Zone::utc(), shifts: Vec::new() };
    assert_eq!((open(&always, hour(1), hour(5)), after(&always, hour(1), Span::from_hours(4))), (Span::from_hours(4), hour(5)));
}

/// Promises of two worked hours that take one to twenty hundredths longer: each as often.
#[test]
fn dates_are_corrected_by_the_share_of_past_promises_that_it_takes() {
    let (calendar, now) = (Calendar { zone: Zone::utc(), shifts: Vec::new() }, hour(1_000));
    let mut past = Past::default();
    assert_eq!(past.factor(&calendar, now, 900), (1.0, 0));
    for number in 0..100_i64 {
        let at = hour(number);
        past.promised(&calendar, OrderId(number as u32), at, at + Span::from_hours(2));
        let took = Span::from_seconds(7_200 + 72 * (1 + number % 20));
        past.finish(OrderId(number as u32), at + took);
        let expected = if number < 18 { 0 } else { number as usize + 1 };
        assert_eq!(past.factor(&calendar, now, 900).1, expected, "fewer than 19 correct nothing");
    }
    let (factor, promises) = past.factor(&calendar, now, 900);
    assert_eq!(promises, 100);
    assert!((1.17..=1.20).contains(&factor), "{factor}");
    // one that is not done is late for as long as it has taken, and one that is not due says nothing
    past.promised(&calendar, OrderId(200), hour(900), hour(902));
    past.promised(&calendar, OrderId(201), hour(999), hour(1_002));
    assert_eq!(past.factor(&calendar, now, 990).1, 101);
    assert!(past.factor(&calendar, now, 990).0 > 1.2);
}
