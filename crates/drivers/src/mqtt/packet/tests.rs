//! The codec: packets there and back, a table of broken ones, and random bytes.

use super::write::{self, Message, PropertyBytes};
use super::*;
use proptest::prelude::*;

fn whole(bytes: &[u8]) -> (u8, &[u8]) {
    let (head, end) = frame(bytes, 1 << 20).expect("a frame").expect("whole");
    assert_eq!(end, bytes.len(), "one packet");
    (bytes[0], &bytes[head..])
}

fn reason_of(version: Version, bytes: &[u8]) -> u8 {
    match frame(bytes, 1_000) {
        Err(fault) => fault.reason,
        Ok(None) => 0,
        Ok(Some((_, end))) if end > bytes.len() => 0,
        Ok(Some((head, end))) => read(version, bytes[0], &bytes[head..end]).expect_err("it is broken").reason,
    }
}

#[test]
fn publishes_go_there_and_back() {
    for version in [Version::V4, Version::V5] {
        for qos in 0..3 {
            let own = PropertyBytes::default().long(id::MESSAGE_EXPIRY, 7).0;
            let properties = (&own[..], &[][..]);
            let id = if qos == 0 { 0 } else { 17 };
            let sent = Message { dup: qos > 0, qos, retain: true, topic: "plant/ö", id, properties, payload: b"41.5" };
            let mut bytes = Vec::new();
            write::publish(&mut bytes, version, &sent);
            assert_eq!(bytes.len(), write::publish_len(version, &sent));
            let (first, body) = whole(&bytes);
            let Ok(Packet::Publish(read)) = read(version, first, body) else { panic!("{version:?} {qos}") };
            assert_eq!((read.dup, read.qos, read.retain, read.id), (qos > 0, qos, true, id));
            assert_eq!((topic_name(read.topic), read.payload), (Ok("plant/ö"), &b"41.5"[..]));
            assert_eq!(read.properties.number(id::MESSAGE_EXPIRY), (version == Version::V5).then_some(7));
        }
    }
}

#[test]
fn a_connect_carries_name_and_password() {
    for version in [Version::V4, Version::V5] {
        let mut bytes = Vec::new();
        let credentials = Some(("ada", &b"secret"[..]));
        let sent = write::Connect { version, clean: true, keep_alive_s: 30, client: "c", credentials, properties: &[] };
        write::connect(&mut bytes, &sent);
        let (first, body) = whole(&bytes);
        let Ok(Packet::Connect(read)) = read(Version::V4, first, body) else { panic!("{version:?}") };
        assert_eq!((read.version, read.clean, read.keep_alive_s, read.client), (version, true, 30, "c"));
        assert_eq!((read.user, read.password, read.will), (Some("ada"), Some(&b"secret"[..]), None));
    }
}

#[test]
fn broken_packets_are_named_by_their_reason() {
    use reason::{BAD_TOPIC, MALFORMED, PROTOCOL_ERROR, TOO_LARGE, UNSUPPORTED_VERSION};
    let table: &[(&str, Version, &[u8], u8)] = &[
        ("a length of five bytes", Version::V4, &[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 1], MALFORMED),
        ("beyond the limit", Version::V4, &[0x30, 0xFF, 0x7F], TOO_LARGE),
        ("quality of service 3", Version::V4, &[0x36, 5, 0, 1, b'a', 0, 1], MALFORMED),
        ("a repetition of quality of service 0", Version::V4, &[0x38, 3, 0, 1, b'a'], MALFORMED),
        ("packet id 0", Version::V4, &[0x32, 5, 0, 1, b'a', 0, 0], PROTOCOL_ERROR),
        ("a topic longer than the packet", Version::V4, &[0x30, 3, 0, 9, b'a'], MALFORMED),
        ("SUBSCRIBE with wrong header bits", Version::V4, &[0x80, 6, 0, 1, 0, 1, b'a', 0], MALFORMED),
        ("SUBSCRIBE without filter", Version::V4, &[0x82, 2, 0, 1], PROTOCOL_ERROR),
        ("SUBSCRIBE with quality of service 3", Version::V4, &[0x82, 6, 0, 1, 0, 1, b'a', 3], MALFORMED),
        ("options of 5 in 3.1.1", Version::V4, &[0x82, 6, 0, 1, 0, 1, b'a', 4], MALFORMED),
        ("UNSUBSCRIBE without filter", Version::V5, &[0xA2, 3, 0, 1, 0], PROTOCOL_ERROR),
        ("PINGREQ with a body", Version::V4, &[0xC0, 1, 0], MALFORMED),
        ("a type that is none", Version::V4, &[0x00, 0], PROTOCOL_ERROR),
        ("MQTT 3.1", Version::V4, &[0x10, 9, 0, 6, b'M', b'Q', b'I', b's', b'd', b'p', 3], UNSUPPORTED_VERSION),
        ("a will bit without will", Version::V4, &[0x10, 12, 0, 4, b'M', b'Q', b'T', b'T', 4, 0x20, 0, 0, 0, 0], MALFORMED),
        ("a text that is no UTF-8", Version::V4, &[0x82, 6, 0, 1, 0, 1, 0xFF, 0], MALFORMED),
        ("a text with NUL", Version::V4, &[0x82, 6, 0, 1, 0, 1, 0, 0], MALFORMED),
        ("an unknown property", Version::V5, &[0x30, 6, 0, 1, b'a', 2, 0x7F, 0], MALFORMED),
        ("a property twice", Version::V5, &[0x30, 8, 0, 1, b'a', 4, 1, 0, 1, 0], PROTOCOL_ERROR),
        ("alias 0", Version::V5, &[0x30, 7, 0, 1, b'a', 3, 0x23, 0, 0], PROTOCOL_ERROR),
        ("properties beyond the packet", Version::V5, &[0x30, 4, 0, 1, b'a', 9], MALFORMED),
    ];
    for (name, version, bytes, wanted) in table {
        assert_eq!(reason_of(*version, bytes), *wanted, "{name}");
    }
    for (topic, wanted) in
        [(&b""[..], BAD_TOPIC), (b"a/+", BAD_TOPIC), (b"a/#", BAD_TOPIC), (b"a\0", BAD_TOPIC), (b"\xFF", MALFORMED)]
    {
        assert_eq!(topic_name(topic).expect_err("no topic name").reason, wanted);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(first in any::<u8>(), body in proptest::collection::vec(any::<u8>(), 0..120), five in any::<bool>()) {
        let version = if five { Version::V5 } else { Version::V4 };
        if let Ok(Packet::Publish(publish)) = read(version, first, &body) {
            prop_assert!(publish.topic.len() + publish.payload.len() <= body.len());
            prop_assert!(publish.properties.iter().count() <= body.len());
        }
    }

    #[test]
    fn a_frame_is_never_more_than_allowed(bytes in proptest::collection::vec(any::<u8>(), 0..12), max in 2..70_000_usize) {
        if let Ok(Some((head, end))) = frame(&bytes, max) {
            prop_assert!(head <= end && end <= max && head <= 5);
        }
    }

    #[test]
    fn any_message_goes_there_and_back(topic in "[a-z/]{1,40}", payload in proptest::collection::vec(any::<u8>(), 0..400), id in 1..u16::MAX) {
        let sent = Message { dup: false, qos: 1, retain: false, topic: &topic, id, properties: (&[], &[]), payload: &payload };
        let mut bytes = Vec::new();
        write::publish(&mut bytes, Version::V5, &sent);
        let (first, body) = whole(&bytes);
        let Ok(Packet::Publish(read)) = read(Version::V5, first, body) else { panic!() };
        prop_assert_eq!((read.topic, read.id, read.payload), (topic.as_bytes(), id, &payload[..]));
    }
}
