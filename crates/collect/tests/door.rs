//! The door: every reading ends stored, refused or in flight, with the exact sentence for each refusal, and the image holds
//! what came in.

use collect::{Collector, Delivery, Limits, Place, RawReading, RawValue};
use measure::{Instant, Span, Unit};
use plant::{
    Calendar, Channel, ChannelId, ChannelKind, Machine, MachineId, MachineState, Operation, Order, OrderId, Parts, Plant, Prices,
    Product, ProductId, Quality, RefusalReason, Role, SourceId, Zone,
};
use proptest::prelude::*;

const STATE: ChannelId = ChannelId(0);
const POWER: ChannelId = ChannelId(1);
const ORDER: ChannelId = ChannelId(2);
const DONE: ChannelId = ChannelId(3);
const GOOD: ChannelId = ChannelId(4);
const INFEED: ChannelId = ChannelId(5);

fn channel(id: ChannelId, name: &str, kind: ChannelKind, role: Role) -> Channel {
    let states = if role == Role::State {
        vec![("RUN".to_owned(), MachineState::Producing), ("WAIT".to_owned(), MachineState::Starved)]
    } else {
        Vec::new()
    };
    let (unit, range) = if role == Role::Power { ("W", Some((0.0, 20_000.0))) } else { ("1", None) };
    let unit: Unit = unit.parse().expect("a unit");
    Channel { id, machine: MachineId(0), name: name.to_owned(), unit, kind, role, range, states, writable: None }
}

fn plant() -> Plant {
    let mill = Machine {
        id: MachineId(0),
        name: "mill-1".to_owned(),
        kind: "milling".to_owned(),
        line: None,
        feeds: Vec::new(),
        warm_up: Span::from_minutes(5),
        services: Vec::new(),
        load: None,
    };
    let route = vec![Operation {
        name: "mill".to_owned(),
        machines: vec![MachineId(0)],
        cycle: Span::from_minutes(1),
        set_up: Span::from_minutes(20),
        family: "a".to_owned(),
        instructions: Vec::new(),
    }];
    let order = |number: u32| Order {
        id: OrderId(number),
        name: format!("O-{number}"),
        product: ProductId(0),
        quantity: 10,
        release: Instant::EPOCH,
        due: Instant::EPOCH,
    };
    Parts {
        site: "test".to_owned(),
        calendar: Calendar { zone: Zone::utc(), shifts: Vec::new() },
        prices: Prices { currency: "EUR".parse().expect("a currency"), energy_per_kwh: 0.2, carbon_per_kwh: 0.4 },
        lines: Vec::new(),
        machines: vec![mill],
        channels: vec![
            channel(STATE, "state", ChannelKind::State, Role::State),
            channel(POWER, "power", ChannelKind::Gauge, Role::Power),
            channel(ORDER, "order", ChannelKind::State, Role::Order),
            channel(DONE, "order_done", ChannelKind::Event, Role::OrderDone),
            channel(GOOD, "good", ChannelKind::Counter, Role::Good),
            channel(INFEED, "infeed", ChannelKind::State, Role::Infeed),
        ],
        sources: Vec::new(),
        teams: Vec::new(),
        products: vec![Product { id: ProductId(0), name: "gear".to_owned(), route, value: None }],
        orders: vec![order(0), order(1)],
        policies: Vec::new(),
    }
    .build()
    .expect("a plant")
}

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(1_800_000_000 + seconds)
}

fn reading(channel: ChannelId, seconds: i64, value: RawValue) -> RawReading {
    RawReading { place: Place::Channel(channel), at: Some(at(seconds)), value, quality: Quality::Good }
}

fn delivery(seconds: i64, readings: Vec<RawReading>) -> Delivery {
    Delivery { readings, ..Delivery::new(SourceId(0), at(seconds)) }
}

fn text(word: &str) -> RawValue {
    RawValue::Text(word.to_owned())
}

/// One bad reading after a good one of 100 W at 0 s, and what the user sees of it.
#[test]
fn every_refusal_has_its_sentence() {
    let long = "x".repeat(300);
    let unknown = RawReading {
        place: Place::Unknown("spBv1.0/works/DDATA/oven/heat".to_owned()),
        ..reading(POWER, 1, RawValue::Number(1.0))
    };
    let table: Vec<(RawReading, RefusalReason, &str)> = vec![
        (
            unknown,
            RefusalReason::UnknownChannel,
            "spBv1.0/works/DDATA/oven/heat: found 1 at 2027-01-15T08:00:01Z; allowed: a channel named in unit.toml",
        ),
        (
            reading(POWER, 1, text("hot")),
            RefusalReason::WrongType,
            "mill-1/power: found `hot` at 2027-01-15T08:00:01Z; allowed: a number of W",
        ),
        (
            reading(STATE, 1, RawValue::Number(3.0)),
            RefusalReason::WrongType,
            "mill-1/state: found 3 at 2027-01-15T08:00:01Z; allowed: text",
        ),
        (
            reading(POWER, 1, RawValue::Number(f64::NAN)),
            RefusalReason::NotFinite,
            "mill-1/power: found NaN at 2027-01-15T08:00:01Z; allowed: a finite number of W",
        ),
        (
            reading(POWER, 1, RawValue::Number(f64::INFINITY)),
            RefusalReason::NotFinite,
            "mill-1/power: found inf at 2027-01-15T08:00:01Z; allowed: a finite number of W",
        ),
        (
            reading(POWER, 1, RawValue::Number(-5.0)),
            RefusalReason::OutOfRange,
            "mill-1/power: found -5 at 2027-01-15T08:00:01Z; allowed: 0 to 20000 W",
        ),
        (
            reading(POWER, 400, RawValue::Number(5.0)),
            RefusalReason::FromFuture,
            "mill-1/power: found 5 at 2027-01-15T08:06:40Z; allowed: a source time at most 5 min ahead of 2027-01-15T08:00:02Z",
        ),
        (
            reading(POWER, -200_000, RawValue::Number(5.0)),
            RefusalReason::TooLate,
            "mill-1/power: found 5 at 2027-01-13T00:26:40Z; allowed: a source time at most 2 d before 2027-01-15T08:00:00Z",
        ),
        (
            reading(POWER, 0, RawValue::Number(100.0)),
            RefusalReason::Duplicate,
            "mill-1/power: found 100 at 2027-01-15T08:00:00Z; allowed: one reading a channel and instant",
        ),
        (
            reading(STATE, 1, text("DANCING")),
            RefusalReason::UnknownState,
            "mill-1/state: found `DANCING` at 2027-01-15T08:00:01Z; allowed: one of RUN, WAIT",
        ),
        (reading(ORDER, 1, text(&long)), RefusalReason::WordTooLong, ""),
    ];
    for (bad, reason, sentence) in table {
        let plant = plant();
        let mut collector = Collector::new(&plant, Limits::default());
        let good = collector.absorb(&plant, delivery(1, vec![reading(POWER, 0, RawValue::Number(100.0))]));
        let absorbed = collector.absorb(&plant, delivery(2, vec![bad]));
        let refused = absorbed.refused.first().unwrap_or_else(|| panic!("{reason:?} was let in"));
        assert_eq!(refused.reason, reason);
        if !sentence.is_empty() {
            assert_eq!(format!("{}: found {}; allowed: {}", refused.place, refused.found, refused.allowed), sentence);
        }
        assert_eq!((good.batches.len(), absorbed.batches.len()), (1, 0));
        collector.settle(SourceId(0), 1, true);
        let total = collector.accounting().total();
        assert_eq!((total.accepted, total.stored, total.refused_sum(), total.in_flight), (2, 1, 1, 0));
    }
}

#[test]
fn the_image_follows_states_orders_and_pieces() {
    let plant = plant();
    let mut collector = Collector::new(&plant, Limits::default());
    let mut hear = |seconds, readings| {
        let absorbed = collector.absorb(&plant, delivery(seconds, readings));
        assert_eq!(absorbed.refused, [], "at {seconds}");
        absorbed.batches.iter().for_each(|batch| collector.apply(&plant, batch));
        collector.freeze(at(seconds))
    };
    let image = hear(
        0,
        vec![
            reading(STATE, 0, text("run")),
            reading(ORDER, 0, text("O-0")),
            reading(GOOD, 0, RawValue::Number(50.0)),
            reading(INFEED, 0, text("O-1")),
        ],
    );
    assert_eq!((image.machines[0].state, image.machines[0].since), (MachineState::Producing, at(0)));
    assert_eq!((image.machines[0].order, image.machines[0].infeed.as_slice()), (Some(OrderId(0)), [OrderId(1)].as_slice()));
    let image = hear(60, vec![reading(GOOD, 60, RawValue::Number(57.0)), reading(STATE, 60, text("RUN"))]);
    assert_eq!((image.orders[0].good, image.machines[0].since), (7, at(0)), "the same state again does not restart its stretch");
    let image = hear(90, vec![reading(GOOD, 90, RawValue::Number(2.0))]);
    assert_eq!(image.orders[0].good, 9, "a counter that was reset counts from zero");
    let image =
        hear(120, vec![reading(DONE, 120, text("O-0")), reading(ORDER, 120, text("O-1")), reading(INFEED, 120, text(""))]);
    assert_eq!((image.orders[0].next, image.orders[0].finished), (1, Some(at(120))));
    assert_eq!((image.orders[1].running_at, image.orders[1].waiting_at), (Some(MachineId(0)), None));
    let image = hear(130, vec![reading(STATE, 110, text("WAIT"))]);
    assert_eq!(image.machines[0].state, MachineState::Starved, "late, but newer than the last state");
    let image = hear(140, vec![reading(STATE, 100, text("RUN"))]);
    assert_eq!(image.machines[0].state, MachineState::Starved, "older than the newest: stored, but the image stays");
}

#[test]
fn a_value_that_its_source_does_not_know_says_nothing_of_the_machine() {
    let plant = plant();
    let mut door = Collector::new(&plant, Limits::default());
    let mut heard = |seconds: i64, quality: Quality| {
        let mut told = reading(POWER, seconds, RawValue::Number(5.0));
        told.quality = quality;
        for batch in door.absorb(&plant, delivery(seconds, vec![told])).batches {
            door.apply(&plant, &batch);
        }
        door.freeze(at(seconds)).machines[0].heard
    };
    assert_eq!(heard(10, Quality::Good), at(10));
    assert_eq!(heard(20, Quality::Bad), at(10), "a mark of a link that is gone");
    assert_eq!(heard(30, Quality::Uncertain), at(30));
}

#[test]
fn a_block_that_is_sent_again_is_known_though_newer_readings_came() {
    let plant = plant();
    let mut collector = Collector::new(&plant, Limits::default());
    let block = |from: i64| (from..from + 50).map(|s| reading(POWER, s, RawValue::Number(s as f64))).collect::<Vec<_>>();
    for (from, fresh) in [(0, 50), (50, 50), (0, 0), (25, 0), (100, 50), (75, 0)] {
        let absorbed = collector.absorb(&plant, delivery(200, block(from)));
        let taken: usize = absorbed.batches.iter().map(|b| b.len()).sum();
        assert_eq!((taken, absorbed.refused.len()), (fresh, 50 - fresh), "from {from}");
        assert!(absorbed.refused.iter().all(|r| r.reason == RefusalReason::Duplicate));
    }
    let late = collector.absorb(&plant, delivery(200, vec![reading(POWER, 30, RawValue::Number(7.0))]));
    assert_eq!(late.refused, [], "another value of that instant is no duplicate");
    let (_, timing) = collector.timings(at(200))[0];
    assert_eq!((timing.out_of_order, timing.late), (1, 1));
}

#[test]
fn what_was_not_stored_is_no_duplicate_when_it_comes_again() {
    let plant = plant();
    let mut collector = Collector::new(&plant, Limits::default());
    let block = |from: i64| (from..from + 20).map(|s| reading(POWER, s, RawValue::Number(s as f64))).collect::<Vec<_>>();
    let mut send = |from, stored| {
        let absorbed = collector.absorb(&plant, delivery(100, block(from)));
        let taken: u64 = absorbed.batches.iter().map(|b| b.len() as u64).sum();
        collector.settle(SourceId(0), taken, stored);
        assert!(collector.accounting().total().balances());
        taken
    };
    let taken = [send(0, true), send(20, false), send(0, true), send(20, true), send(20, true), send(10, true)];
    assert_eq!(taken, [20, 20, 0, 20, 0, 0], "only what the journal refused is taken again");
    let total = collector.accounting().total();
    assert_eq!((total.stored, total.refused[&RefusalReason::NotStored], total.refused[&RefusalReason::Duplicate]), (40, 20, 60));
}

#[test]
fn a_word_may_come_back_within_one_tick_and_an_event_happen_twice() {
    let plant = plant();
    let mut collector = Collector::new(&plant, Limits::default());
    let words = [(STATE, "RUN"), (STATE, "WAIT"), (STATE, "RUN"), (STATE, "RUN"), (DONE, "O-0"), (DONE, "O-0")];
    let readings = words.map(|(channel, word)| reading(channel, 0, text(word))).to_vec();
    let absorbed = collector.absorb(&plant, delivery(0, readings));
    assert_eq!(absorbed.refused.len(), 1, "the same state twice in a row");
    assert_eq!(absorbed.batches[0].len(), 5);
}

#[test]
fn the_watermark_stays_behind_by_the_lateness_seen() {
    let plant = plant();
    let mut collector = Collector::new(&plant, Limits::default());
    assert_eq!(collector.watermarks(at(0)), [None]);
    collector.absorb(&plant, delivery(100, vec![reading(POWER, 99, RawValue::Number(1.0))]));
    assert_eq!(collector.watermarks(at(100)), [Some(at(99))]);
    collector.absorb(&plant, delivery(101, vec![reading(GOOD, 59, RawValue::Number(1.0))]));
    let newest = collector.absorb(&plant, delivery(130, vec![reading(POWER, 129, RawValue::Number(1.0))]));
    newest.batches.iter().for_each(|batch| collector.apply(&plant, batch));
    assert_eq!(collector.watermarks(at(130)), [Some(at(89))], "readings came 40 s late, so the last 40 s may lack some");
    let (_, timing) = collector.timings(at(130))[0];
    assert_eq!((timing.late, timing.out_of_order, timing.lateness), (1, 0, Span::from_seconds(40)));
    assert_eq!(timing.clock.map(|c| c.behind), Some(Span::from_seconds(1)), "1 s under way");
    let mut files = delivery(140, vec![reading(POWER, -80_000, RawValue::Number(2.0))]);
    files.bookmark = Some(collect::Bookmark { key: "a.csv".to_owned(), value: "1".to_owned() });
    let absorbed = collector.absorb(&plant, files);
    assert_eq!(absorbed.refused, []);
    absorbed.batches.iter().for_each(|batch| collector.apply(&plant, batch));
    assert_eq!(collector.watermarks(at(140)), [Some(at(89))], "what is read from files says nothing of lateness");
    assert_eq!(collector.freeze(at(140)).latest[POWER.index()].map(|l| l.at), Some(at(129)), "and stays out of the image");
}

fn any_reading() -> impl Strategy<Value = RawReading> {
    let value = prop_oneof![
        any::<f64>().prop_map(RawValue::Number),
        (0.0..100.0).prop_map(RawValue::Number),
        any::<bool>().prop_map(RawValue::Flag),
        prop_oneof!["RUN", "WAIT", "O-0", "O-1", "O-0 O-1", ".{0,300}"].prop_map(RawValue::Text),
    ];
    let place = prop_oneof![9 => (0_u32..6).prop_map(|c| Place::Channel(ChannelId(c))), 1 => ".{0,9}".prop_map(Place::Unknown)];
    let when = prop::option::of((-300_000_i64..1_000).prop_map(at));
    (place, when, value).prop_map(|(place, at, value)| RawReading { place, at, value, quality: Quality::Good })
}

proptest! {
    #[test]
    fn accepted_is_stored_plus_refused_plus_in_flight(rounds in prop::collection::vec((prop::collection::vec(any_reading(), 0..20), any::<bool>()), 0..20)) {
        let plant = plant();
        let mut collector = Collector::new(&plant, Limits::default());
        let (mut brought, mut rows) = (0, 0);
        for (seconds, (readings, stored)) in rounds.into_iter().enumerate() {
            brought += readings.len() as u64;
            let absorbed = collector.absorb(&plant, delivery(seconds as i64, readings));
            prop_assert!(collector.accounting().total().balances());
            for batch in &absorbed.batches {
                collector.apply(&plant, batch);
                collector.settle(batch.from, batch.len() as u64, stored);
                rows += if stored { batch.len() as u64 } else { 0 };
                prop_assert!(collector.accounting().total().balances());
            }
            let image = collector.freeze(at(seconds as i64));
            prop_assert_eq!(image.latest.len(), plant.channels.len());
        }
        let total = collector.accounting().total();
        prop_assert_eq!((total.accepted, total.stored, total.in_flight), (brought, rows, 0));
        prop_assert!(total.balances());
    }

    /// Any resending of any part: every distinct reading of the window is stored exactly once.
    #[test]
    fn resent_blocks_are_stored_once(
        blocks in prop::collection::vec((0_i64..100, 1_i64..40, any::<bool>()), 1..40),
    ) {
        let plant = plant();
        let mut collector = Collector::new(&plant, Limits::default());
        let mut stored = std::collections::BTreeMap::<i64, u32>::new();
        for (from, length, kept) in blocks {
            let readings = (from..from + length).map(|s| reading(POWER, s, RawValue::Number(s as f64))).collect();
            let absorbed = collector.absorb(&plant, delivery(200, readings));
            for batch in &absorbed.batches {
                collector.settle(SourceId(0), batch.len() as u64, kept);
                if kept {
                    batch.iter().for_each(|r| *stored.entry(r.at.micros()).or_default() += 1);
                }
            }
        }
        prop_assert!(stored.values().all(|n| *n == 1), "{:?}", stored);
        prop_assert_eq!(collector.accounting().total().stored, stored.len() as u64);
    }

    #[test]
    fn what_is_recalled_is_what_was_known(readings in prop::collection::vec(any_reading(), 0..40)) {
        let plant = plant();
        let mut first = Collector::new(&plant, Limits::default());
        let absorbed = first.absorb(&plant, delivery(0, readings));
        absorbed.batches.iter().for_each(|batch| first.apply(&plant, batch));
        let mut second = Collector::new(&plant, Limits::default());
        second.recall_words(first.lexicon().words());
        absorbed.batches.iter().for_each(|batch| second.recall(&plant, batch));
        prop_assert_eq!(first.freeze(at(1)), second.freeze(at(1)));
    }
}
