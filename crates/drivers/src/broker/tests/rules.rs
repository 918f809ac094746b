//! What a packet does: acknowledgements, limits, broken rules, random bytes.

use super::client::{Coming, Town};
use crate::broker::{Limits, Users};
use crate::mqtt::packet::write::{self, Message, PropertyBytes};
use crate::mqtt::packet::{AckKind, Version, id};
use proptest::prelude::*;

const BOTH: [Version; 2] = [Version::V4, Version::V5];

#[test]
fn messages_reach_their_subscribers_in_every_quality() {
    for version in BOTH {
        let mut town = Town::new(Limits::default(), None, None);
        town.join(0, "listener", version);
        town.join(1, "speaker", version);
        assert_eq!(town.subscribe(0, &[("a/+", 1), ("b/#", 2), ("bad/#/x", 0)])[0].replace("143", "128"), "suback [1, 2, 128]");
        assert_eq!(town.publish(1, ("a/x", "0"), (0, 0, false)), Vec::<String>::new());
        assert_eq!(town.publish(1, ("a/x", "1"), (2, 7, false)), ["PubRec 7 0"]);
        assert_eq!(town.publish(1, ("b/y", "2"), (2, 8, false)), ["PubRec 8 0"]);
        assert_eq!(town.publish(1, ("c", "3"), (1, 9, false)), ["PubAck 9 0"], "nobody listens");
        assert_eq!(town.told(0), ["a/x=0 q0 #0", "a/x=1 q1 #1", "b/y=2 q2 #2"]);
        assert_eq!(town.ack(1, AckKind::PubRel, 7), ["PubComp 7 0"]);
        assert_eq!(town.ack(0, AckKind::PubAck, 1), Vec::<String>::new());
        assert_eq!(town.ack(0, AckKind::PubRec, 2), ["PubRel 2 0"]);
        assert_eq!(town.ack(0, AckKind::PubComp, 2), Vec::<String>::new());
    }
}

#[test]
fn a_repetition_of_quality_two_is_not_handed_on_again() {
    let mut town = Town::new(Limits::default(), None, None);
    town.join(0, "listener", Version::V5);
    town.join(1, "speaker", Version::V5);
    town.subscribe(0, &[("a", 2)]);
    for _ in 0..3 {
        assert_eq!(town.publish(1, ("a", "1"), (2, 5, false)), ["PubRec 5 0"]);
    }
    assert_eq!(town.ack(1, AckKind::PubRel, 5), ["PubComp 5 0"]);
    assert_eq!(town.publish(1, ("a", "2"), (2, 5, false)), ["PubRec 5 0"], "a new message with the old id");
    assert_eq!(town.told(0), ["a=1 q2 #1", "a=2 q2 #2"]);
    assert_eq!(town.ack(1, AckKind::PubRel, 77), ["PubComp 77 146"]);
}

#[test]
fn a_window_holds_messages_back_and_a_queue_has_an_end() {
    let limits = Limits { queue: 3, ..Limits::default() };
    let mut town = Town::new(limits, None, None);
    let two = Coming { properties: PropertyBytes::default().short(id::RECEIVE_MAX, 2), ..Coming::new(Version::V5) };
    town.come(0, "listener", &two);
    town.join(1, "speaker", Version::V5);
    town.subscribe(0, &[("a", 1)]);
    for i in 1..=8 {
        town.publish(1, ("a", &i.to_string()), (1, i, false));
    }
    assert_eq!(town.told(0), ["a=1 q1 #1", "a=2 q1 #2"]);
    assert_eq!(town.figures.lost(), 3, "2 under way, 3 wait");
    assert_eq!(town.ack(0, AckKind::PubAck, 2), ["a=3 q1 #3"]);
    assert_eq!(town.ack(0, AckKind::PubAck, 1), ["a=4 q1 #4"]);
    assert_eq!(town.ack(0, AckKind::PubAck, 3), ["a=5 q1 #5"]);
}

#[test]
fn a_client_that_takes_small_packets_gets_no_large_ones() {
    let mut town = Town::new(Limits::default(), None, None);
    let small = Coming { properties: PropertyBytes::default().long(id::PACKET_MAX, 20), ..Coming::new(Version::V5) };
    town.come(0, "listener", &small);
    town.join(1, "speaker", Version::V4);
    town.subscribe(0, &[("a", 0)]);
    town.publish(1, ("a", &"x".repeat(30)), (0, 0, false));
    town.publish(1, ("a", "short"), (0, 0, false));
    assert_eq!((town.told(0), town.figures.lost()), (vec!["a=short q0 #0".to_owned()], 1));
}

#[test]
fn retained_messages_are_told_to_those_who_come_later_up_to_a_limit() {
    let limits = Limits { retained: 2, ..Limits::default() };
    let mut town = Town::new(limits, None, None);
    town.join(0, "speaker", Version::V5);
    assert_eq!(town.publish(0, ("s/1", "on"), (1, 1, true)), ["PubAck 1 0"]);
    assert_eq!(town.publish(0, ("s/2", "on"), (1, 2, true)), ["PubAck 2 0"]);
    assert_eq!(town.publish(0, ("s/2", "off"), (1, 3, true)), ["PubAck 3 0"], "in place of the former");
    assert_eq!(town.publish(0, ("s/3", "on"), (1, 4, true)), ["PubAck 4 151"], "quota exceeded");
    assert_eq!(town.figures.not_retained(), 1);
    town.join(1, "late", Version::V4);
    let mut told = town.subscribe(1, &[("s/#", 1)]);
    told.sort();
    assert_eq!(told, ["s/1=on q1 #1 retained", "s/2=off q1 #2 retained", "suback [1]"]);
    town.publish(0, ("s/1", ""), (0, 0, true));
    assert_eq!(town.told(1), ["s/1= q0 #0"], "told as it is, and taken out");
    assert_eq!(town.subscribe(1, &[("s/1", 0)]), ["suback [0]"]);
}

#[test]
fn a_shared_subscription_gives_each_message_to_one() {
    let mut town = Town::new(Limits::default(), None, None);
    for (place, name) in ["one", "two", "three"].into_iter().enumerate() {
        town.join(place, name, Version::V5);
    }
    town.subscribe(0, &[("$share/g/a", 1)]);
    town.subscribe(1, &[("$share/g/a", 1)]);
    for i in 1..=10 {
        town.publish(2, ("a", &i.to_string()), (0, 0, false));
    }
    let (one, two) = (town.told(0).len(), town.told(1).len());
    assert_eq!((one, two), (5, 5));
    town.lose(0);
    for i in 1..=4 {
        town.publish(2, ("a", &i.to_string()), (0, 0, false));
    }
    assert_eq!(town.told(1).len(), 4, "those who are here");
}

#[test]
fn overlapping_subscriptions_bring_a_message_once_with_all_identifiers() {
    let mut town = Town::new(Limits::default(), None, None);
    town.join(0, "listener", Version::V5);
    town.join(1, "speaker", Version::V4);
    town.subscribe(0, &[("a/#", 0), ("a/b", 1)]);
    town.publish(1, ("a/b", "1"), (1, 1, false));
    assert_eq!(town.told(0), ["a/b=1 q1 #1"]);
    let mut town = Town::new(Limits::default(), None, None);
    town.join(0, "self", Version::V5);
    town.subscribe(0, &[("a", 4)]);
    town.publish(0, ("a", "1"), (0, 0, false));
    assert_eq!(town.told(0), Vec::<String>::new(), "no local");
}

#[test]
fn an_alias_stands_for_a_topic() {
    let mut town = Town::new(Limits::default(), None, None);
    town.join(0, "speaker", Version::V5);
    town.join(1, "listener", Version::V4);
    town.subscribe(1, &[("a", 0)]);
    let mut with_alias = |topic: &str, alias: u16| {
        let properties = PropertyBytes::default().short(id::ALIAS, alias).0;
        let message = Message { dup: false, qos: 0, retain: false, topic, id: 0, properties: (&properties, &[]), payload: b"1" };
        let mut bytes = Vec::new();
        write::publish(&mut bytes, Version::V5, &message);
        town.say(0, &bytes)
    };
    assert_eq!(with_alias("a", 3), Vec::<String>::new());
    assert_eq!(with_alias("", 3), Vec::<String>::new());
    assert_eq!(with_alias("", 4), ["disconnect 130"], "never set");
    assert_eq!(town.told(1), ["a=1 q0 #0", "a=1 q0 #0"]);
}

#[test]
fn names_and_passwords_are_asked_for() {
    let users = Users::new([("ada", "secret")]).expect("random bytes");
    let mut town = Town::new(Limits::default(), Some(users), None);
    let table = [
        (Version::V4, None, 5),
        (Version::V5, None, 0x87),
        (Version::V4, Some(("ada", "wrong")), 4),
        (Version::V5, Some(("eve", "secret")), 0x86),
        (Version::V4, Some(("ada", "secret")), 0),
        (Version::V5, Some(("ada", "secret")), 0),
    ];
    for (place, (version, credentials, code)) in table.into_iter().enumerate() {
        let told = town.come(place, &format!("c{place}"), &Coming { credentials, ..Coming::new(version) });
        assert_eq!(told, [format!("connack {code} new")], "{version:?} {credentials:?}");
        assert_eq!(town.is_closing(place), code != 0);
    }
    assert_eq!(town.figures.sent_away(), 4);
}

#[test]
fn broken_rules_end_the_connection_and_nothing_else() {
    let table: &[(&str, &[u8], &str)] = &[
        ("a second CONNECT", &[0x10, 13, 0, 4, b'M', b'Q', b'T', b'T', 5, 2, 0, 0, 0, 0, 0], "disconnect 130"),
        ("a CONNACK from a client", &[0x20, 3, 0, 0, 0], "disconnect 130"),
        ("reserved bits", &[0x83, 0], "disconnect 129"),
        ("too large", &[0x30, 0xFF, 0xFF, 0x7F], "disconnect 149"),
        ("a topic with a wildcard", &[0x30, 4, 0, 1, b'#', 0], "disconnect 144"),
    ];
    let mut town = Town::new(Limits::default(), None, None);
    town.join(0, "good", Version::V5);
    for (place, (name, bytes, wanted)) in table.iter().enumerate() {
        town.join(place + 1, name, Version::V5);
        town.hub.hear(place + 1, bytes, town.now);
        assert_eq!(town.told(place + 1), [*wanted], "{name}");
        assert!(town.is_closing(place + 1), "{name}");
    }
    assert_eq!(town.say(0, &[0xC0, 0]), ["PingResp"], "the others stay");
    town.hub.open(9, "peer".to_owned(), town.now);
    assert_eq!(town.say(9, &[0xC0, 0]), Vec::<String>::new());
    assert!(town.is_closing(9), "the first packet is a CONNECT");
}

#[test]
fn more_under_way_than_agreed_ends_the_connection() {
    let limits = Limits { receive: 2, ..Limits::default() };
    let (intake, mut arrivals) = super::sessions::intake();
    let mut town = Town::new(limits, None, Some(intake));
    town.join(0, "speaker", Version::V5);
    for id in 1..=2 {
        assert_eq!(town.publish(0, ("plant/power", "1"), (1, id, false)), Vec::<String>::new());
    }
    assert!(!town.hub.may_read(0), "no more is read from it");
    assert_eq!(town.publish(0, ("plant/power", "1"), (1, 3, false)), ["disconnect 147"]);
    assert!(arrivals.try_recv().is_err());
}

proptest! {
    #[test]
    fn any_bytes_from_a_client_end_at_most_its_connection(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 1..10),
        five in any::<bool>(),
        comes in any::<bool>(),
    ) {
        let mut town = Town::new(Limits::default(), None, None);
        town.join(0, "good", Version::V5);
        if comes {
            town.join(1, "bad", if five { Version::V5 } else { Version::V4 });
        } else {
            town.hub.open(1, "peer".to_owned(), town.now);
        }
        for chunk in chunks {
            let used = town.hub.hear(1, &chunk, town.now);
            prop_assert!(used <= chunk.len());
            town.told(1);
        }
        prop_assert_eq!(town.say(0, &[0xC0, 0]), ["PingResp"]);
    }
}
