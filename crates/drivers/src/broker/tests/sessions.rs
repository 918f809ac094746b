//! Who comes and goes: sessions kept and taken over, wills, silence; and messages that wait for the unit.

use super::client::{Coming, Town};
use crate::broker::intake::Intake;
use crate::broker::{Limits, Users};
use crate::mqtt::Config;
use crate::mqtt::packet::write::PropertyBytes;
use crate::mqtt::packet::{AckKind, Version, id};
use crate::mqtt::wire::{Mapper, heard};
use crate::{Arrival, Clock, Settled};
use collect::{Place, RawValue};
use measure::Instant;
use plant::{ChannelId, RefusalReason, SourceId};
use std::sync::Arc;
use std::task::Waker;
use tokio::sync::mpsc;

const V4: Version = Version::V4;
const V5: Version = Version::V5;

/// A way to a unit whose channels are plant/power (0) and plant/state#/s (1).
pub(super) fn intake() -> (Intake, mpsc::Receiver<Arrival>) {
    let (door, arrivals) = mpsc::channel(2);
    let mut config = Config::at("listen://127.0.0.1:1883").expect("an address");
    let addresses = ["plant/power", "plant/state#/s"];
    config.channels = addresses.iter().zip(0..).map(|(a, i)| (ChannelId(i), a.parse().expect("an address"))).collect();
    let clock: Clock = Arc::new(|| Instant::from_seconds(1_000));
    (Intake::new(SourceId(4), Mapper::new(SourceId(4), &config, heard(&config)), (clock, door)), arrivals)
}

/// What the socket's thread does once a round; how many deliveries were settled.
fn round(town: &mut Town) -> usize {
    let mut settled = 0;
    loop {
        let intake = town.hub.intake.as_mut().expect("there is one");
        intake.flush(Waker::noop());
        let Some((taken, owed)) = intake.settled(Waker::noop()) else { return settled };
        settled += 1;
        town.hub.settle(taken, &owed);
    }
}

fn lasting(version: Version, seconds: u32) -> Coming<'static> {
    let properties = PropertyBytes::default().long(id::SESSION_EXPIRY, seconds);
    Coming { clean: false, properties, ..Coming::new(version) }
}

#[test]
fn a_kept_session_gets_what_it_missed() {
    for version in [V4, V5] {
        let mut town = Town::new(Limits::default(), None, None);
        assert_eq!(town.come(0, "listener", &lasting(version, 60)), ["connack 0 new"]);
        town.join(1, "speaker", V5);
        town.subscribe(0, &[("a", 1)]);
        town.publish(1, ("a", "1"), (1, 1, false));
        assert_eq!(town.told(0), ["a=1 q1 #1"]);
        town.lose(0);
        town.publish(1, ("a", "2"), (1, 2, false));
        town.publish(1, ("a", "quality 0 is not kept"), (0, 0, false));
        town.wait(30.0);
        assert_eq!(town.come(2, "listener", &lasting(version, 60)), ["connack 0 kept", "a=1 q1 #1 again", "a=2 q1 #2"]);
        town.lose(2);
        assert_eq!(town.come(3, "listener", &Coming::new(version)), ["connack 0 new"], "a clean start forgets");
        town.publish(1, ("a", "3"), (1, 3, false));
        assert_eq!(town.told(3), Vec::<String>::new());
    }
}

#[test]
fn a_session_ends_with_its_time() {
    let mut town = Town::new(Limits::default(), None, None);
    town.come(0, "listener", &lasting(V5, 10));
    town.lose(0);
    town.wait(11.0);
    assert_eq!(town.come(1, "listener", &lasting(V5, 10)), ["connack 0 new"]);
    town.come(2, "other", &lasting(V5, 0));
    town.lose(2);
    assert_eq!(town.come(3, "other", &lasting(V5, 0)), ["connack 0 new"]);
}

#[test]
fn a_session_is_taken_over_by_a_second_connection() {
    let mut town = Town::new(Limits::default(), None, None);
    town.come(0, "twin", &lasting(V5, 60));
    town.subscribe(0, &[("a", 0)]);
    assert_eq!(town.come(1, "twin", &lasting(V5, 60)), ["connack 0 kept"]);
    assert_eq!((town.told(0), town.is_closing(0)), (vec!["disconnect 142".to_owned()], true));
    town.lose(0);
    assert_eq!(town.figures.connected(), 1);
    assert_eq!(town.publish(1, ("a", "1"), (0, 0, false)), ["a=1 q0 #0"], "the loss of the first does not harm the second");
}

#[test]
fn a_will_is_told_when_its_client_dies_and_not_when_it_goes() {
    let will = |delay| Some(("status/c", "dead", true, delay));
    for version in [V4, V5] {
        let mut town = Town::new(Limits::default(), None, None);
        town.join(9, "listener", V5);
        town.subscribe(9, &[("status/#", 1)]);
        town.come(0, "c", &Coming { will: will(0), ..Coming::new(version) });
        town.say(0, &[0xE0, 0]);
        town.lose(0);
        assert_eq!(town.told(9), Vec::<String>::new(), "it said goodbye");
        town.come(1, "c", &Coming { will: will(0), ..Coming::new(version) });
        town.lose(1);
        assert_eq!(town.told(9), ["status/c=dead q1 #1"]);
        town.join(2, "late", V4);
        assert_eq!(town.subscribe(2, &[("status/c", 0)]), ["suback [0]", "status/c=dead q0 #0 retained"]);
    }
    let mut town = Town::new(Limits::default(), None, None);
    town.join(9, "listener", V5);
    town.subscribe(9, &[("status/#", 0)]);
    town.come(0, "c", &Coming { will: will(10), ..lasting(V5, 60) });
    town.lose(0);
    town.wait(5.0);
    assert_eq!(town.told(9), Vec::<String>::new(), "put off");
    town.come(1, "c", &Coming { will: will(10), ..lasting(V5, 60) });
    town.lose(1);
    town.wait(8.0);
    assert_eq!(town.told(9), Vec::<String>::new(), "it was back in between");
    town.wait(3.0);
    assert_eq!(town.told(9), ["status/c=dead q0 #0"]);
    town.come(2, "d", &Coming { keep_alive_s: 10, will: will(0), ..Coming::new(V5) });
    town.wait(14.0);
    assert!(!town.is_closing(2));
    town.wait(2.0);
    assert_eq!(town.told(2), ["disconnect 141"], "silent for more than one and a half keep-alives");
}

#[test]
fn limits_refuse_in_the_words_of_the_version() {
    let limits = Limits { sessions: 1, ..Limits::default() };
    let mut town = Town::new(limits, None::<Users>, None);
    town.join(0, "one", V5);
    assert_eq!(town.come(1, "two", &Coming::new(V5)), ["connack 151 new"]);
    assert_eq!(town.come(2, "two", &Coming::new(V4)), ["connack 3 new"]);
    let mut town = Town::new(Limits::default(), None, None);
    assert_eq!(town.come(0, "", &Coming { clean: false, ..Coming::new(V4) }), ["connack 2 new"]);
    assert_eq!(town.come(1, "", &Coming::new(V5)), ["connack 0 new"], "a name is chosen");
    assert_eq!(town.come(2, "", &Coming::new(V4)), ["connack 0 new"]);
}

#[test]
fn messages_of_channels_are_acknowledged_once_they_are_settled_all_in_one_delivery() {
    let (intake, mut arrivals) = intake();
    let mut town = Town::new(Limits::default(), None, Some(intake));
    town.join(0, "mill", V5);
    town.join(1, "press", V4);
    let nothing = Vec::<String>::new();
    assert_eq!(town.publish(0, ("plant/power", "1.5"), (1, 1, false)), nothing);
    assert_eq!(town.publish(1, ("plant/power", "1.5"), (2, 1, false)), nothing);
    assert_eq!(town.publish(0, ("elsewhere", "x"), (1, 2, false)), nothing, "in the order of the messages");
    assert_eq!(town.publish(0, ("plant/state", "{"), (1, 3, false)), nothing);
    assert_eq!(town.publish(0, ("plant/new", "7"), (1, 4, false)), nothing);
    assert_eq!(town.publish(0, ("plant/power", "2"), (0, 0, false)), nothing);
    assert_eq!(round(&mut town), 0);
    let arrival = arrivals.try_recv().expect("one delivery");
    let values: Vec<_> = arrival.delivery.readings.iter().map(|r| (&r.place, r.at, &r.value)).collect();
    let at = |micros: i64| Some(Instant::from_micros(1_000_000_000 + micros));
    let power = Place::Channel(ChannelId(0));
    assert_eq!(values[0], (&power, at(0), &RawValue::Number(1.5)));
    assert_eq!(values[1], (&power, at(1), &RawValue::Number(1.5)), "the same value twice is two readings");
    assert_eq!((values.len(), values[2].2), (3, &RawValue::Number(2.0)));
    let reasons: Vec<_> = arrival.delivery.refused.iter().map(|r| (r.place.as_str(), r.reason)).collect();
    assert_eq!(reasons, [("plant/state", RefusalReason::Malformed), ("plant/new", RefusalReason::UnknownChannel)]);
    arrival.done.send(Settled::TAKEN).expect("it waits");
    assert_eq!(round(&mut town), 1);
    assert_eq!(town.told(0), ["PubAck 1 0", "PubAck 2 0", "PubAck 3 153", "PubAck 4 0"]);
    assert_eq!(town.told(1), ["PubRec 1 0"]);
    assert_eq!(town.ack(1, AckKind::PubRel, 1), ["PubComp 1 0"]);
    assert!(town.hub.intake.as_ref().expect("there is one").is_idle());
}

#[test]
fn what_the_unit_cannot_take_is_not_acknowledged_as_stored() {
    let (intake, mut arrivals) = intake();
    let mut town = Town::new(Limits::default(), None, Some(intake));
    town.join(0, "five", V5);
    town.join(1, "three", V4);
    town.publish(0, ("plant/power", "1"), (1, 1, false));
    town.publish(0, ("plant/power", "2"), (2, 2, false));
    town.publish(1, ("plant/power", "3"), (1, 1, false));
    round(&mut town);
    arrivals.try_recv().expect("one delivery").done.send(Settled::default()).expect("it waits");
    round(&mut town);
    assert_eq!(town.told(0), ["PubAck 1 131", "PubRec 2 131"]);
    assert_eq!((town.told(1), town.is_closing(1)), (Vec::new(), true), "it sends again after it is back");
    drop(arrivals);
    town.publish(0, ("plant/power", "4"), (1, 3, false));
    round(&mut town);
    assert_eq!(town.told(0), ["PubAck 3 131"], "the unit has ended");
}

#[test]
fn a_busy_unit_gets_fewer_and_larger_deliveries_and_a_full_one_stops_the_reading() {
    let (intake, mut arrivals) = intake();
    let mut town = Town::new(Limits::default(), None, Some(intake));
    town.join(0, "mill", V5);
    for id in 1..=9 {
        town.publish(0, ("plant/power", "1"), (1, id, false));
        round(&mut town);
    }
    let first = arrivals.try_recv().expect("the first");
    assert_eq!(first.delivery.readings.len(), 1);
    assert!(arrivals.try_recv().is_err(), "one is under way");
    first.done.send(Settled::TAKEN).expect("it waits");
    assert_eq!(round(&mut town), 1);
    let second = arrivals.try_recv().expect("the second");
    assert_eq!(second.delivery.readings.len(), 8);
    assert_eq!(town.told(0), ["PubAck 1 0"]);
    while town.hub.may_read(0) {
        town.publish(0, ("plant/power", "1"), (0, 0, false));
    }
    assert_eq!(round(&mut town), 0);
    second.done.send(Settled::TAKEN).expect("it waits");
    round(&mut town);
    assert!(town.hub.may_read(0), "there is room again");
}

#[test]
fn quality_two_is_settled_across_a_reconnection() {
    let (intake, mut arrivals) = intake();
    let mut town = Town::new(Limits::default(), None, Some(intake));
    town.come(0, "mill", &lasting(V5, 60));
    town.publish(0, ("plant/power", "1"), (2, 1, false));
    town.publish(0, ("plant/power", "2"), (1, 2, false));
    round(&mut town);
    town.lose(0);
    town.come(1, "mill", &lasting(V5, 60));
    assert_eq!(town.publish(1, ("plant/power", "1"), (2, 1, false)), Vec::<String>::new(), "it is still on its way");
    arrivals.try_recv().expect("one delivery").done.send(Settled::TAKEN).expect("it waits");
    round(&mut town);
    assert_eq!(town.told(1), ["PubRec 1 0"], "PUBACK belongs to the connection that is gone");
    assert_eq!(town.publish(1, ("plant/power", "1"), (2, 1, false)), ["PubRec 1 0"], "it is not taken twice");
    round(&mut town);
    assert!(arrivals.try_recv().is_err());
}
