//! OPC UA addresses, values and writes, without a socket. The task is tested against a real peer in `tests/peers.rs`.

use super::config::{Address, Config};
use super::wire::{Decoder, Encoder, Types};
use act::Sink;
use collect::{Delivery, Place, RawValue, Source};
use measure::Instant;
use opcua::types::{ByteString, DataValue, DateTime, LocalizedText, StatusCode, UAString, Variant, VariantScalarTypeId as Type};
use plant::{ChannelId, CommandValue, Quality, RefusalReason, SourceId};
use proptest::prelude::*;

fn config(nodes: &[&str]) -> Config {
    let mut config = Config::at("opc.tcp://127.0.0.1:4840").expect("an endpoint");
    config.channels = nodes.iter().zip(0..).map(|(n, i)| (ChannelId(i), n.parse().unwrap_or_else(|e| panic!("{e}")))).collect();
    config
}

fn sent(value: impl Into<Variant>) -> DataValue {
    DataValue { value: Some(value.into()), ..DataValue::null() }
}

fn decode(decoder: &mut Decoder, handle: u32, value: DataValue) -> Delivery {
    decoder.decode(vec![(handle, value)], Instant::from_seconds(9))
}

#[test]
fn addresses_are_read_and_written_the_same() {
    for text in ["ns=2;s=mill-1.state", "ns=2;i=1042", "i=2258", "ns=3;s=a;b=c/d"] {
        assert_eq!(text.parse::<Address>().expect(text).to_string(), text);
    }
}

#[test]
fn a_bad_address_is_answered_with_a_sentence() {
    for text in ["", "mill-1.state", "ns=x;s=a", "ns=70000;s=a", "i=0", "ns=2;i=abc"] {
        let error = text.parse::<Address>().expect_err(text).to_string();
        let allowed = "a node id such as ns=2;s=mill-1.state or ns=2;i=1042";
        assert_eq!(error, format!("`{text}` is no OPC UA node id: it cannot be read; allowed is {allowed}"));
    }
    let table = [
        ("http://host:4840", "it does not start with opc.tcp://"),
        ("opc.tcp://host", "it has no port"),
        ("opc.tcp://host:x/path", "its port is not a number from 1 to 65535"),
        ("opc.tcp://:4840", "its host is not a name or an address"),
    ];
    for (text, trouble) in table {
        let error = Config::at(text).expect_err(text).to_string();
        let allowed = "opc.tcp://host:port, such as opc.tcp://127.0.0.1:4840";
        assert_eq!(error, format!("`{text}` is no OPC UA endpoint: {trouble}; allowed is {allowed}"));
    }
}

#[test]
fn values_keep_their_time_and_quality() {
    let at: Instant = "2026-03-02T06:00:00.250Z".parse().expect("an instant");
    let stamp = DateTime::parse_from_rfc3339("2026-03-02T06:00:00.250Z").expect("a time");
    let mut decoder = Decoder::new(SourceId(4), &config(&["ns=2;s=a", "ns=2;s=b"]));
    for (status, quality) in [
        (None, Quality::Good),
        (Some(StatusCode::Good), Quality::Good),
        (Some(StatusCode::GoodClamped), Quality::Good),
        (Some(StatusCode::UncertainLastUsableValue), Quality::Uncertain),
        (Some(StatusCode::BadSensorFailure), Quality::Bad),
    ] {
        let value = DataValue { status, source_timestamp: Some(stamp), ..sent(7_i32) };
        let delivery = decode(&mut decoder, 2, value);
        let reading = &delivery.readings[0];
        assert_eq!((&reading.place, reading.at, reading.quality), (&Place::Channel(ChannelId(1)), Some(at), quality));
        assert_eq!((&reading.value, delivery.from), (&RawValue::Number(7.0), SourceId(4)));
    }
    assert_eq!(decode(&mut decoder, 1, sent("run")).readings[0].value, RawValue::Text("run".to_owned()));
    assert_eq!(decode(&mut decoder, 1, sent("run")).readings[0].at, None);
}

#[test]
fn bad_values_are_refused_with_the_place() {
    let no = "a number, a text or a Boolean, single";
    let table: [(DataValue, &str, &str, RefusalReason); 4] = [
        (sent(vec![1.0, 2.0]), "an array of Double", no, RefusalReason::WrongType),
        (sent(ByteString::from(vec![1])), "ByteString", no, RefusalReason::WrongType),
        (sent(DateTime::epoch()), "DateTime", no, RefusalReason::WrongType),
        (
            DataValue { value: None, status: Some(StatusCode::BadNotConnected), ..DataValue::null() },
            "no value, status BadNotConnected",
            "a number, a text or a Boolean",
            RefusalReason::Malformed,
        ),
    ];
    for (value, found, allowed, reason) in table {
        let delivery = decode(&mut Decoder::new(SourceId(0), &config(&["ns=2;s=a"])), 1, value);
        assert_eq!((delivery.readings.len(), delivery.refused.len()), (0, 1), "{found}");
        let refused = &delivery.refused[0];
        assert_eq!((refused.place.as_str(), refused.found.as_str()), ("ns=2;s=a", found));
        assert_eq!((refused.allowed.as_str(), refused.reason), (allowed, reason));
    }
}

#[test]
fn a_null_is_no_value() {
    let mut decoder = Decoder::new(SourceId(0), &config(&["ns=2;s=a"]));
    let waits = DataValue { value: None, status: Some(StatusCode::BadWaitingForInitialData), ..DataValue::null() };
    for value in [sent(Variant::Empty), DataValue::null(), waits] {
        let delivery = decode(&mut decoder, 1, value);
        assert_eq!((delivery.readings.len(), delivery.refused.len()), (0, 0));
    }
}

#[test]
fn a_change_of_type_is_refused_until_a_new_session() {
    let mut decoder = Decoder::new(SourceId(0), &config(&["ns=2;s=a"]));
    assert_eq!(decode(&mut decoder, 1, sent(7.5)).readings.len(), 1);
    let delivery = decode(&mut decoder, 1, sent("seven"));
    let refused = &delivery.refused[0];
    assert_eq!((refused.found.as_str(), refused.reason), ("String `seven`", RefusalReason::WrongType));
    assert_eq!(refused.allowed, "Double, as the node sent first");
    assert_eq!(decode(&mut decoder, 1, sent(7_i32)).refused[0].found, "Int32 7");
    decoder.forget();
    assert_eq!(decode(&mut decoder, 1, sent(7_i32)).readings.len(), 1);
}

#[test]
fn a_node_that_is_not_monitored_is_named() {
    let decoder = Decoder::new(SourceId(0), &config(&["ns=2;s=gone"]));
    let refused = decoder.unmonitored(1, StatusCode::BadNodeIdUnknown, Instant::EPOCH);
    assert_eq!((refused.place.as_str(), refused.found.as_str()), ("ns=2;s=gone", "BadNodeIdUnknown"));
    assert_eq!(refused.reason, RefusalReason::UnknownChannel);
}

#[test]
fn writes_take_the_type_of_the_node_or_are_refused() {
    let config = config(&["ns=2;s=a"]);
    let write = |kind: Option<Type>, value: CommandValue| {
        let types: Types = kind.map(|kind| (ChannelId(0), kind)).into_iter().collect();
        let write = Encoder::new(&config, &types).encode(ChannelId(0), &value).map_err(|e| e.to_string())?;
        Ok::<_, String>(write.value.value.expect("a value"))
    };
    let word = |w: &str| CommandValue::Word(w.to_owned());
    assert_eq!(write(None, CommandValue::Number(95.0)), Ok(Variant::Double(95.0)));
    assert_eq!(write(None, word("ready")), Ok(Variant::from("ready")));
    assert_eq!(write(Some(Type::Int16), CommandValue::Number(-7.4)), Ok(Variant::Int16(-7)));
    assert_eq!(write(Some(Type::Float), CommandValue::Number(0.5)), Ok(Variant::Float(0.5)));
    assert_eq!(write(Some(Type::Boolean), CommandValue::Number(1.0)), Ok(Variant::Boolean(true)));
    let table = [
        (Type::Byte, CommandValue::Number(300.0), "ns=2;s=a cannot hold 3e2, allowed is 0e0 to 2.55e2 (Byte)"),
        (Type::Int16, CommandValue::Number(f64::NAN), "ns=2;s=a cannot hold NaN, allowed is -3.2768e4 to 3.2767e4 (Int16)"),
        (Type::String, CommandValue::Number(3.0), "ns=2;s=a takes values of type String, found 3"),
        (Type::Double, word("on"), "ns=2;s=a takes values of type Double, found `on`"),
    ];
    for (kind, value, sentence) in table {
        assert_eq!(write(Some(kind), value), Err(sentence.to_owned()));
    }
}

#[test]
fn the_encoder_conforms() {
    let config = config(&["ns=2;s=a", "ns=2;s=b"]);
    let types = Types::from([(ChannelId(0), Type::Double), (ChannelId(1), Type::String)]);
    let bench =
        act::suite::Bench { number: Some((ChannelId(0), 95.5)), word: Some((ChannelId(1), "standby")), unknown: ChannelId(77) };
    act::suite::check(&Encoder::new(&config, &types), bench);
}

fn variant() -> impl Strategy<Value = Variant> {
    prop_oneof![
        any::<f64>().prop_map(Variant::from),
        any::<f32>().prop_map(Variant::from),
        any::<i64>().prop_map(Variant::from),
        any::<u64>().prop_map(Variant::from),
        any::<i8>().prop_map(Variant::from),
        any::<bool>().prop_map(Variant::from),
        ".{0,300}".prop_map(|text| Variant::from(text.as_str())),
        Just(Variant::from(UAString::null())),
        Just(Variant::Empty),
        Just(Variant::from(LocalizedText::null())),
        proptest::collection::vec(any::<i32>(), 0..4).prop_map(Variant::from),
        proptest::collection::vec(any::<u8>(), 0..4).prop_map(|bytes| Variant::from(ByteString::from(bytes))),
        any::<i64>().prop_map(|ticks| Variant::from(DateTime::from(ticks))),
    ]
}

proptest! {
    #[test]
    fn any_notification_gives_one_entry_a_value_and_never_panics(
        values in proptest::collection::vec((0..5_u32, variant(), any::<u32>(), any::<i64>()), 0..30),
    ) {
        let mut decoder = Decoder::new(SourceId(1), &config(&["ns=2;s=a", "ns=2;s=b", "ns=2;i=3"]));
        let notification: Vec<(u32, DataValue)> = values.into_iter().map(|(handle, value, status, ticks)| {
            let status = Some(StatusCode::from(status));
            (handle, DataValue { status, source_timestamp: Some(DateTime::from(ticks)), ..sent(value) })
        }).collect();
        let null = |v: &DataValue| v.value == Some(Variant::Empty) && !v.status.is_some_and(|s| s.is_bad());
        let wanted = notification.iter().filter(|(_, value)| !null(value)).count();
        let delivery = decoder.decode(notification.clone(), Instant::EPOCH);
        prop_assert_eq!(delivery.readings.len() + delivery.refused.len(), wanted);
        let again = Decoder::new(SourceId(1), &config(&["ns=2;s=a", "ns=2;s=b", "ns=2;i=3"])).decode(notification, Instant::EPOCH);
        prop_assert_eq!(format!("{delivery:?}"), format!("{again:?}"));
    }

    #[test]
    fn any_number_is_written_as_the_type_or_refused(number in any::<f64>(), kind in 1..12_u32) {
        let config = config(&["ns=2;s=a"]);
        let kind = Type::try_from(kind).expect("a type");
        let types = Types::from([(ChannelId(0), kind)]);
        if let Ok(write) = Encoder::new(&config, &types).encode(ChannelId(0), &CommandValue::Number(number)) {
            prop_assert_eq!(write.value.value.and_then(|v| v.scalar_type_id()), Some(kind));
        }
    }
}

#[test]
fn the_decoder_conforms() {
    let config = config(&["ns=2;s=a", "ns=2;s=b"]);
    let messages = || {
        vec![
            (vec![(1, sent(7.5)), (2, sent("run"))], 2),
            (vec![(1, sent("seven")), (1, sent(f64::INFINITY)), (9, sent(1.0))], 3),
            (vec![(2, sent(vec![1.0]))], 1),
            (vec![(2, sent(Variant::Empty))], 0), // a null is no value
            (vec![], 0),
        ]
    };
    let deliveries = collect::suite::check(|| Decoder::new(SourceId(1), &config), messages).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(deliveries.iter().map(|d| d.refused.len()).sum::<usize>(), 2);
}
