//! Accepted = stored + refused with a reason + in flight, whatever comes and whatever the journal says, at every moment.

use crate::stage::{clock, plant};
use measure::Span;
use plant::{Batch, ChannelId, Mode, Quality, SourceId};
use proptest::prelude::*;
use std::sync::Arc;
use unit::{Delivery, Limits, Place, RawReading, RawValue, Unit};

/// One reading as it may come: channel (the last place is unknown), seconds from now, value.
#[derive(Clone, Debug)]
struct Come {
    channel: u32,
    seconds: i64,
    value: RawValue,
}

/// What happens next.
#[derive(Clone, Debug)]
enum Happens {
    Delivery(u16, Vec<Come>),
    /// The journal answers for the oldest batch: stored, or not.
    Journal(bool),
    Step,
}

const CHANNELS: u32 = 9;

fn come() -> impl Strategy<Value = Come> {
    let words = ["starved", "producing", "nonsense", "", "WO-1"].map(str::to_owned);
    let value = prop_oneof![
        4 => (-10.0..60_000.0).prop_map(RawValue::Number),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY)].prop_map(RawValue::Number),
        3 => prop::sample::select(words.to_vec()).prop_map(RawValue::Text),
        1 => Just(RawValue::Text("x".repeat(300))),
        1 => any::<bool>().prop_map(RawValue::Flag),
    ];
    let seconds = prop_oneof![6 => -3_600_i64..60, 1 => 400_i64..4_000, 1 => -400_000_i64..-200_000];
    (0..=CHANNELS, seconds, value).prop_map(|(channel, seconds, value)| Come { channel, seconds, value })
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => (0_u16..3, prop::collection::vec(come(), 0..12)).prop_map(|(from, come)| Happens::Delivery(from, come)),
        3 => prop::bool::weighted(0.8).prop_map(Happens::Journal),
        1 => Just(Happens::Step),
    ]
}

fn reading(come: &Come, now: measure::Instant) -> RawReading {
    let place = if come.channel == CHANNELS {
        Place::Unknown("cell/nothing".to_owned())
    } else {
        Place::Channel(ChannelId(come.channel))
    };
    RawReading { place, at: Some(now + Span::from_seconds(come.seconds)), value: come.value.clone(), quality: Quality::Good }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_accounts_balance(story in prop::collection::vec(happens(), 1..60)) {
        let mut unit = Unit::new(Arc::new(plant(Mode::Automatic)), Limits::default());
        let (mut now, mut open) = (clock("10:00"), std::collections::VecDeque::<Batch>::new());
        let (mut sent, mut named, mut lost) = (0, 0, 0);
        for event in &story {
            now += Span::from_seconds(10);
            match event {
                Happens::Delivery(from, come) => {
                    let readings: Vec<RawReading> = come.iter().map(|c| reading(c, now)).collect();
                    sent += readings.len() as u64;
                    let absorbed = unit.absorb(Delivery { readings, ..Delivery::new(SourceId(*from), now) });
                    let rows: usize = absorbed.batches.iter().map(Batch::len).sum();
                    prop_assert_eq!(rows + absorbed.refused.len(), come.len(), "each reading ends in one row or one refusal");
                    prop_assert!(absorbed.refused.iter().all(|r| !r.place.is_empty() && !r.allowed.is_empty()));
                    named += absorbed.refused.len() as u64;
                    open.extend(absorbed.batches);
                }
                Happens::Journal(stored) => if let Some(batch) = open.pop_front() {
                    lost += if *stored { 0 } else { batch.len() as u64 };
                    unit.settle(batch.from, batch.len() as u64, *stored);
                },
                Happens::Step => {
                    unit.step(now, Vec::new());
                }
            }
            let view = unit.view(now);
            prop_assert!(view.accounting.by_source().values().all(|a| a.balances()), "{:?}", view.accounting);
            let total = view.accounting.total();
            let flying: usize = open.iter().map(Batch::len).sum();
            prop_assert!(total.balances());
            prop_assert_eq!((total.accepted, total.in_flight, total.refused_sum()), (sent, flying as u64, named + lost));
        }
        for batch in open.drain(..) {
            unit.settle(batch.from, batch.len() as u64, true);
            unit.settle(batch.from, batch.len() as u64, true);
        }
        let total = unit.view(now).accounting.total();
        prop_assert_eq!((total.in_flight, total.stored + total.refused_sum()), (0, sent), "settled twice counts once");
    }
}
