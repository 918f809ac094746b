//! Sparkplug addresses, births, data, deaths and commands, without a socket. The task is tested against a real broker in
//! `tests/peers.rs`.

use super::config::{Address, Config};
use super::wire::{
    Command, Decoder, Encoder, Message, commands, echoes, filters, payload, rebirth, refusal, report, state_topic, topic,
};
use act::Sink;
use collect::{Delivery, Place, RawValue, Source};
use measure::Instant;
use plant::{ChannelId, CommandValue, Quality, RefusalReason, SourceId};
use proptest::prelude::*;
use srad_types::payload::{DataType, Metric, PropertySet, PropertyValue, metric, property_value};

const STATE: ChannelId = ChannelId(0);
const POWER: ChannelId = ChannelId(1);

fn config() -> Config {
    let mut config = Config::at("127.0.0.1:1883").expect("an address");
    config.channels = vec![(STATE, address("plant/line/oven/state")), (POWER, address("plant/line/oven/power"))];
    config.payload_max = 1_000;
    config
}

fn address(text: &str) -> Address {
    text.parse().unwrap_or_else(|e| panic!("{e}"))
}

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(seconds)
}

fn node() -> (String, String) {
    ("plant".to_owned(), "line".to_owned())
}

fn message(verb: &str, device: Option<&str>, seq: Option<u64>, metrics: Vec<Metric>) -> Message {
    Message { topic: topic(&node(), verb, device), payload: payload(seq, at(5), metrics) }
}

fn text(name: Option<&str>, alias: Option<u64>, word: &str) -> Metric {
    report(name, alias, &RawValue::Text(word.to_owned()), at(7))
}

fn number(name: Option<&str>, alias: Option<u64>, value: f64) -> Metric {
    report(name, alias, &RawValue::Number(value), at(7))
}

fn bd_seq(number: u64) -> Metric {
    Metric {
        name: Some("bdSeq".to_owned()),
        datatype: Some(DataType::Int64 as u32),
        value: Some(metric::Value::LongValue(number)),
        ..Metric::new()
    }
}

/// A decoder that has seen node `line` and device `oven` born, with aliases 1 and 2.
fn born() -> Decoder {
    let mut decoder = Decoder::new(SourceId(3), &config());
    decode(&mut decoder, message("NBIRTH", None, Some(0), vec![bd_seq(4)]));
    let metrics = vec![text(Some("state"), Some(1), "ready"), number(Some("power"), Some(2), 40.0)];
    let delivery = decode(&mut decoder, message("DBIRTH", Some("oven"), Some(1), metrics));
    assert_eq!((delivery.readings.len(), delivery.refused.len()), (2, 0));
    assert_eq!(decoder.take_notes(), super::wire::Notes::default());
    decoder
}

fn decode(decoder: &mut Decoder, message: Message) -> Delivery {
    decoder.decode(message, at(9))
}

#[test]
fn addresses_are_read_and_written_the_same_or_refused_with_a_sentence() {
    for text in ["plant/line/oven/state", "g/n/-/Node Info/model", "g/n/d/a/b/c"] {
        assert_eq!(address(text).to_string(), text);
    }
    for (text, trouble) in [
        ("oven/state", "it has fewer than four parts"),
        ("plant//oven/state", "it has fewer than four parts"),
        ("plant/+/oven/state", "+ and # are not allowed in ids"),
    ] {
        let error = text.parse::<Address>().expect_err(text).to_string();
        assert!(
            error.starts_with(&format!("`{text}` is no Sparkplug metric: {trouble}; allowed is group/node/device/")),
            "{error}"
        );
    }
    let error = Config::at("broker").expect_err("no port").to_string();
    assert_eq!(error, "`broker` is no MQTT broker: it has no port; allowed is host:port, such as 127.0.0.1:1883");
}

#[test]
fn births_and_data_become_readings() {
    let mut decoder = born();
    let data = vec![text(None, Some(1), "producing"), number(Some("power"), None, 41.5)];
    let delivery = decode(&mut decoder, message("DDATA", Some("oven"), Some(2), data));
    assert_eq!(delivery.refused, []);
    assert_eq!(delivery.readings[0].place, Place::Channel(STATE));
    assert_eq!(delivery.readings[0].value, RawValue::Text("producing".to_owned()));
    assert_eq!((delivery.readings[1].at, &delivery.readings[1].value), (Some(at(7)), &RawValue::Number(41.5)));
    let mut without_time = number(None, Some(2), 1.0);
    without_time.timestamp = None;
    let delivery = decode(&mut decoder, message("DDATA", Some("oven"), Some(3), vec![without_time]));
    assert_eq!(delivery.readings[0].at, Some(at(5)), "the payload's time");
    let other = decode(&mut decoder, message("DDATA", Some("oven"), Some(4), vec![number(Some("door"), None, 1.0)]));
    assert_eq!(other.readings[0].place, Place::Unknown("plant/line/oven/door".to_owned()));
    assert_eq!(decoder.take_notes().rebirths, []);
}

#[test]
fn nulls_and_protocol_metrics_are_no_readings() {
    let mut decoder = born();
    let mut null = number(Some("power"), None, 0.0);
    null.set_null();
    let control = Metric { value: Some(metric::Value::BooleanValue(false)), ..text(Some("Node Control/Rebirth"), None, "") };
    let delivery = decode(&mut decoder, message("NBIRTH", None, Some(0), vec![bd_seq(5), control, null]));
    assert_eq!((delivery.readings.len(), delivery.refused.len()), (0, 0));
}

#[test]
fn whole_numbers_travel_as_twos_complement() {
    let table = [
        (DataType::Int8, metric::Value::IntValue(0xFF), -1.0),
        (DataType::Int16, metric::Value::IntValue(0xFFFE), -2.0),
        (DataType::Int32, metric::Value::IntValue(0xFFFF_FFFD), -3.0),
        (DataType::UInt32, metric::Value::IntValue(0xFFFF_FFFF), 4_294_967_295.0),
        (DataType::Int64, metric::Value::LongValue(u64::MAX), -1.0),
        (DataType::UInt64, metric::Value::LongValue(1 << 53), 9_007_199_254_740_992.0),
        (DataType::Float, metric::Value::FloatValue(0.5), 0.5),
    ];
    for (datatype, value, wanted) in table {
        let metric =
            Metric { name: Some("power".to_owned()), datatype: Some(datatype as u32), value: Some(value), ..Metric::new() };
        let delivery = decode(&mut born(), message("DDATA", Some("oven"), Some(2), vec![metric]));
        assert_eq!(delivery.readings[0].value, RawValue::Number(wanted), "{datatype:?}");
    }
}

#[test]
fn a_gap_an_unknown_alias_or_data_before_birth_asks_for_a_rebirth() {
    let mut decoder = born();
    let delivery = decode(&mut decoder, message("DDATA", Some("oven"), Some(4), vec![number(None, Some(2), 1.0)]));
    assert_eq!(delivery.readings.len(), 1, "the values count");
    let notes = decoder.take_notes();
    assert_eq!(notes.rebirths, [node()]);
    assert_eq!(notes.troubles, ["edge node plant/line: sequence number 4 where 2 was due; a rebirth is requested"]);
    let again = message("DDATA", Some("oven"), Some(4), vec![number(None, Some(2), 1.0)]);
    decode(&mut decoder, again);
    assert_eq!(decoder.take_notes().rebirths, [], "the same message again is no gap");

    let delivery = decode(&mut decoder, message("DDATA", Some("oven"), Some(5), vec![number(None, Some(99), 1.0)]));
    let refused = &delivery.refused[0];
    assert_eq!((refused.place.as_str(), refused.found.as_str()), ("plant/line/oven/alias 99", "alias 99"));
    assert_eq!(refused.allowed, "a name or an alias of the last birth; a rebirth is requested");
    assert_eq!(decoder.take_notes().rebirths, [node()]);

    let mut fresh = Decoder::new(SourceId(0), &config());
    let delivery = decode(&mut fresh, message("DDATA", Some("oven"), Some(9), vec![number(Some("power"), None, 1.0)]));
    assert_eq!(delivery.readings.len(), 1);
    assert_eq!(fresh.take_notes().troubles, ["edge node plant/line: DDATA before its birth; a rebirth is requested"]);
}

#[test]
fn the_sequence_wraps_at_256() {
    let mut decoder = born();
    for seq in 2..600_u64 {
        decode(&mut decoder, message("DDATA", Some("oven"), Some(seq % 256), vec![number(None, Some(2), 1.0)]));
    }
    assert_eq!(decoder.take_notes(), super::wire::Notes::default());
}

#[test]
fn deaths_take_nodes_offline_but_an_old_will_does_not() {
    let mut decoder = born();
    decode(&mut decoder, message("NDEATH", None, None, vec![bd_seq(3)]));
    assert!(decoder.is_online(&address("plant/line/oven/state")), "the will of an earlier session");
    decode(&mut decoder, message("DDEATH", Some("oven"), Some(2), vec![]));
    assert!(!decoder.is_online(&address("plant/line/oven/state")));
    decode(&mut decoder, message("NDEATH", None, None, vec![bd_seq(4)]));
    let troubles = decoder.take_notes().troubles;
    assert_eq!(troubles, ["device plant/line/oven is offline", "edge node plant/line is offline"]);
}

#[test]
fn bad_messages_are_refused_with_the_place() {
    let oven = "spBv1.0/plant/DDATA/line/oven";
    let bytes = |verb: &str, payload: Vec<u8>| Message { topic: oven.replace("DDATA", verb), payload };
    let wrong = |value: metric::Value| Metric { value: Some(value), datatype: None, ..number(None, Some(2), 0.0) };
    let data = |metric| message("DDATA", Some("oven"), Some(2), vec![metric]);
    let table: [(Message, &str, &str, &str, RefusalReason); 6] = [
        (bytes("DDATA", vec![0; 1_001]), oven, "1001 bytes", "at most 1000 bytes", RefusalReason::TooLarge),
        (
            bytes("DDATA", vec![0x12, 0x05, 0x0A]),
            oven,
            "failed to decode Protobuf message: Payload.metrics: buffer underflow",
            "a Sparkplug B payload",
            RefusalReason::Malformed,
        ),
        (
            bytes("DDATA", b"{\"power\": 3}".to_vec()),
            oven,
            "failed to decode Protobuf message: buffer underflow",
            "a Sparkplug B payload",
            RefusalReason::Malformed,
        ),
        (
            data(text(None, Some(2), "much")),
            "plant/line/oven/power",
            "a text",
            "a number, as the metric was born",
            RefusalReason::WrongType,
        ),
        (
            data(wrong(metric::Value::BytesValue(vec![1]))),
            "plant/line/oven/power",
            "bytes",
            "a number, a text or a Boolean",
            RefusalReason::WrongType,
        ),
        (
            data(wrong(metric::Value::BooleanValue(true))),
            "plant/line/oven/power",
            "a Boolean",
            "a number, as the metric was born",
            RefusalReason::WrongType,
        ),
    ];
    for (message, place, found, allowed, reason) in table {
        let mut message = message;
        if reason == RefusalReason::WrongType {
            // the type of the birth counts, not the one in the message
            message.payload = strip_types(&message.payload);
        }
        let delivery = decode(&mut born(), message);
        assert_eq!((delivery.readings.len(), delivery.refused.len()), (0, 1), "{found}");
        let refused = &delivery.refused[0];
        assert_eq!((refused.place.as_str(), refused.found.as_str()), (place, found));
        assert_eq!((refused.allowed.as_str(), refused.reason), (allowed, reason));
    }
}

fn strip_types(bytes: &[u8]) -> Vec<u8> {
    use srad_types::payload::{Message as _, Payload};
    let mut payload = Payload::decode(bytes).expect("a payload");
    payload.metrics.iter_mut().for_each(|m| m.datatype = None);
    payload.encode_to_vec()
}

#[test]
fn the_quality_property_is_read() {
    for (code, quality) in [(192, Quality::Good), (500, Quality::Uncertain), (0, Quality::Bad)] {
        let value = PropertyValue {
            r#type: Some(DataType::Int32 as u32),
            is_null: None,
            value: Some(property_value::Value::IntValue(code)),
        };
        let set = PropertySet { keys: vec!["Quality".to_owned()], values: vec![value] };
        let metric = Metric { properties: Some(set), ..number(Some("power"), None, 1.0) };
        let delivery = decode(&mut born(), message("DDATA", Some("oven"), Some(2), vec![metric]));
        assert_eq!(delivery.readings[0].quality, quality);
    }
}

#[test]
fn a_command_takes_the_type_of_the_birth_and_reads_back() {
    let (config, births) = (config(), born());
    let encoder = Encoder::new(&config, &births, at(8));
    let Command { topic, payload } = encoder.encode(POWER, &CommandValue::Number(12.5)).expect("a command");
    assert_eq!(topic, "spBv1.0/plant/DCMD/line/oven");
    assert_eq!(commands(&payload), Ok(vec![("power".to_owned(), CommandValue::Number(12.5))]));
    let refusal = encoder.encode(STATE, &CommandValue::Number(1.0)).expect_err("a word is wanted").to_string();
    assert_eq!(refusal, "plant/line/oven/state takes words, found 1");
    let refusal = encoder.encode(POWER, &CommandValue::Word("on".to_owned())).expect_err("a number is wanted").to_string();
    assert_eq!(refusal, "plant/line/oven/power takes numbers, found `on`");
    let bench = act::suite::Bench { number: Some((POWER, 1.5)), word: Some((STATE, "standby")), unknown: ChannelId(77) };
    act::suite::check(&encoder, bench);
}

#[test]
fn an_echo_or_a_refusal_answers_a_command() {
    assert!(echoes(&RawValue::Number(f64::from(0.1_f32)), &CommandValue::Number(0.1)));
    assert!(!echoes(&RawValue::Number(0.2), &CommandValue::Number(0.1)));
    assert!(echoes(&RawValue::Text("ready".to_owned()), &CommandValue::Word("ready".to_owned())));
    assert!(echoes(&RawValue::Flag(true), &CommandValue::Number(1.0)));
    assert!(!echoes(&RawValue::Text("1".to_owned()), &CommandValue::Number(1.0)));
    let mut decoder = born();
    let metric = refusal(text(None, Some(1), "producing"), "the machine is down");
    let delivery = decode(&mut decoder, message("DDATA", Some("oven"), Some(2), vec![metric]));
    assert_eq!(delivery.readings.len(), 1);
    assert_eq!(decoder.take_notes().refusals, [(STATE, "the machine is down".to_owned())]);
}

#[test]
fn topics_are_those_of_the_standard() {
    assert_eq!(state_topic("socium"), "spBv1.0/STATE/socium");
    assert_eq!(filters("plant")[3], "spBv1.0/plant/DBIRTH/+/+");
    let ask = rebirth(&node(), at(1));
    assert_eq!(ask.topic, "spBv1.0/plant/NCMD/line");
    assert_eq!(commands(&ask.payload), Ok(vec![("Node Control/Rebirth".to_owned(), CommandValue::Number(1.0))]));
    assert!(commands(b"\xff\xff").is_err());
}

fn any_metric() -> impl Strategy<Value = Metric> {
    let value = prop_oneof![
        any::<u32>().prop_map(metric::Value::IntValue),
        any::<u64>().prop_map(metric::Value::LongValue),
        any::<f64>().prop_map(metric::Value::DoubleValue),
        any::<bool>().prop_map(metric::Value::BooleanValue),
        ".{0,40}".prop_map(metric::Value::StringValue),
        proptest::collection::vec(any::<u8>(), 0..9).prop_map(metric::Value::BytesValue),
    ];
    let name = proptest::option::of(prop_oneof![Just("state".to_owned()), Just("power".to_owned()), "[a-z/]{0,9}"]);
    (name, proptest::option::of(0..4_u64), proptest::option::of(0..40_u32), any::<Option<u64>>(), value).prop_map(
        |(name, alias, datatype, timestamp, value)| Metric {
            name,
            alias,
            timestamp,
            datatype,
            value: Some(value),
            ..Metric::new()
        },
    )
}

const VERBS: [&str; 7] = ["NBIRTH", "DBIRTH", "NDATA", "DDATA", "NDEATH", "DDEATH", "DCMD"];

proptest! {
    #[test]
    fn any_bytes_give_at_most_a_refusal_and_never_panic(verb in 0..7_usize, bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let device = VERBS[verb].starts_with('D').then_some("oven");
        let mut decoder = born();
        let message = Message { topic: topic(&node(), VERBS[verb], device), payload: bytes };
        let delivery = decode(&mut decoder, message);
        prop_assert!(delivery.refused.len() + delivery.readings.len() <= 100);
    }

    #[test]
    fn any_topic_is_taken_without_panic(topic in ".{0,60}") {
        decode(&mut born(), Message { topic, payload: payload(Some(0), at(1), vec![number(Some("power"), None, 1.0)]) });
    }

    #[test]
    fn any_messages_give_one_entry_a_value(
        messages in proptest::collection::vec((0..4_usize, any::<Option<u64>>(), proptest::collection::vec(any_metric(), 0..12)), 1..12),
    ) {
        let mut decoder = born();
        for (verb, seq, metrics) in messages {
            let device = VERBS[verb].starts_with('D').then_some("oven");
            let wanted = metrics.iter().filter(|m| m.name.as_deref() != Some("bdSeq")).count();
            let delivery = decode(&mut decoder, message(VERBS[verb], device, seq, metrics));
            prop_assert_eq!(delivery.readings.len() + delivery.refused.len(), wanted);
            prop_assert!(decoder.take_notes().rebirths.len() <= 1);
        }
    }
}

#[test]
fn the_decoder_conforms() {
    let oven = Some("oven");
    let messages = || {
        vec![
            (message("NBIRTH", None, Some(0), vec![bd_seq(1)]), 0),
            (
                message("DBIRTH", oven, Some(1), vec![text(Some("state"), Some(1), "ready"), number(Some("door"), Some(2), 1.0)]),
                2,
            ),
            (message("DDATA", oven, Some(2), vec![text(None, Some(1), "run"), number(None, Some(8), 1.0)]), 2),
            (message("DDATA", oven, Some(7), vec![number(Some("power"), None, f64::INFINITY)]), 1),
            (Message { topic: "spBv1.0/plant/DDATA/line/oven".to_owned(), payload: vec![0xFF; 7] }, 1),
            (Message { topic: "elsewhere".to_owned(), payload: vec![1] }, 0),
            (message("NDEATH", None, None, vec![bd_seq(1)]), 0),
        ]
    };
    let deliveries = collect::suite::check(|| Decoder::new(SourceId(1), &config()), messages).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(deliveries.iter().map(|d| d.refused.len()).sum::<usize>(), 2);
}
