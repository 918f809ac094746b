//! Sparkplug addresses, births, data, deaths and commands, without a socket. The task is tested against a real broker in
//! `tests/peers.rs`, the specification's assertions in `conformance`.

use super::config::{Address, Config, check_host_id};
use super::fixture::{POWER, STATE, address, at, bd_seq, born, config, decode, message, node, number, text};
use super::wire::{
    Command, DEVICES_MAX, Decoder, Encoder, HELD_MAX, Message, Order, Read, commands, echoes, filters, payload, read, rebirth,
    refusal, report, state_topic, topic,
};
use act::Sink;
use collect::{Place, RawValue};
use plant::{ChannelId, CommandValue, Quality, RefusalReason, SourceId};
use proptest::prelude::*;
use srad_types::payload::{DataType, Metric, PropertySet, PropertyValue, Template, metric, property_value};
use std::collections::HashMap;

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
    let delivery = decode(&mut decoder, message("NBIRTH", None, Some(0), vec![bd_seq(4), control, null]));
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
fn an_unknown_alias_or_data_before_birth_asks_for_a_rebirth() {
    let mut decoder = born();
    let delivery = decode(&mut decoder, message("DDATA", Some("oven"), Some(2), vec![number(None, Some(99), 1.0)]));
    let refused = &delivery.refused[0];
    assert_eq!((refused.place.as_str(), refused.found.as_str()), ("plant/line/oven/alias 99", "alias 99"));
    assert_eq!(refused.allowed, "a name or an alias of the last birth; a rebirth is requested");
    assert_eq!(decoder.take_notes().rebirths, [node()]);

    let mut fresh = Decoder::new(SourceId(0), &config());
    let delivery = decode(&mut fresh, message("DDATA", Some("oven"), Some(9), vec![number(Some("power"), None, 1.0)]));
    assert_eq!(delivery.readings.len(), 1, "the values count");
    assert_eq!(fresh.take_notes().troubles, ["edge node plant/line: DDATA before its birth; a rebirth is requested"]);
}

#[test]
fn what_a_birth_should_not_say_is_told() {
    let mut decoder = Decoder::new(SourceId(0), &config());
    decode(&mut decoder, message("NBIRTH", None, Some(0), vec![]));
    let same = vec![text(Some("state"), Some(1), "ready"), number(Some("door"), Some(1), 1.0)];
    decode(&mut decoder, message("DBIRTH", Some("oven"), None, same));
    let told = [
        "edge node plant/line: NBIRTH without bdSeq",
        "edge node plant/line: DBIRTH with no sequence number",
        "edge node plant/line: alias 1 is given to two metrics",
        "edge node plant/line: plant/line/oven/power is not in the birth",
    ];
    assert_eq!(decoder.take_notes().troubles, told);
    decode(&mut decoder, message("DDATA", Some("oven"), Some(256), vec![]));
    assert_eq!(decoder.take_notes().troubles, ["edge node plant/line: DDATA with sequence number 256, allowed is 0 to 255"]);
}

/// The sequence numbers that an order lets go, by message pushed; and the gaps it told.
fn orders(pushed: &[(&str, u64)]) -> (Vec<Vec<u64>>, Vec<(u8, u8)>) {
    let (mut order, mut gaps) = (Order::default(), Vec::new());
    let mut push = |(verb, seq): &(&str, u64)| {
        let device = verb.starts_with('D').then_some("oven");
        let Read::Message(incoming) = read(&message(verb, device, Some(*seq), vec![]), 1_000, (SourceId(0), at(9))) else {
            panic!("a message")
        };
        let ready = order.push(incoming, *seq);
        gaps.extend(ready.gap.map(|gap| (gap.wanted, gap.found)));
        ready.messages.into_iter().map(|(_, seq)| seq).collect()
    };
    let gone = pushed.iter().map(&mut push).collect();
    (gone, gaps)
}

#[test]
fn what_overtook_waits_for_what_is_missing() {
    let swapped = [("NBIRTH", 0), ("DBIRTH", 1), ("DDATA", 3), ("DDATA", 4), ("DDATA", 2), ("DDATA", 5)];
    assert_eq!(orders(&swapped), (vec![vec![0], vec![1], vec![], vec![], vec![2, 3, 4], vec![5]], vec![]));
    let again = [("NBIRTH", 0), ("DBIRTH", 1), ("DBIRTH", 1), ("DDATA", 3), ("DDATA", 3), ("DDATA", 2)];
    let gone = vec![vec![0], vec![1], vec![1], vec![], vec![3], vec![2, 3]];
    assert_eq!(orders(&again), (gone, vec![]), "the same again goes at once");
    let reborn = [("NBIRTH", 0), ("DDATA", 2), ("NBIRTH", 0), ("DDATA", 1)];
    assert_eq!(orders(&reborn), (vec![vec![0], vec![], vec![2, 0], vec![1]], vec![]), "a birth ends the wait");
    let unborn = [("DDATA", 9), ("DDATA", 4)];
    assert_eq!(orders(&unborn), (vec![vec![9], vec![4]], vec![]), "before a birth there is no order");
}

#[test]
fn the_sequence_wraps_at_256() {
    let pushed: Vec<(&str, u64)> = [("NBIRTH", 0)].into_iter().chain((1..600).map(|seq| ("DDATA", seq % 256))).collect();
    let (gone, gaps) = orders(&pushed);
    assert!(gone.iter().all(|messages| messages.len() == 1) && gaps.is_empty());
}

#[test]
fn at_the_limit_the_wait_is_given_up() {
    let ahead = (2..).map(|seq| ("DDATA", seq)).take(HELD_MAX);
    let pushed: Vec<(&str, u64)> = [("NBIRTH", 0)].into_iter().chain(ahead).collect();
    let (gone, gaps) = orders(&pushed);
    assert_eq!(gone.iter().map(Vec::len).collect::<Vec<_>>(), [[1].as_slice(), &[0; HELD_MAX - 1], &[HELD_MAX]].concat());
    assert_eq!(gaps, [(1, 2)]);
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
fn a_null_is_the_last_value_of_bad_quality_but_events_are_not_told_again() {
    let null = |alias: u64| {
        let mut metric = number(None, Some(alias), 0.0);
        metric.set_null();
        metric
    };
    let mut decoder = born();
    let delivery = decode(&mut decoder, message("DDATA", Some("oven"), Some(2), vec![null(2)]));
    assert_eq!(delivery.readings.len(), 1);
    let reading = &delivery.readings[0];
    assert_eq!((&reading.value, reading.quality, reading.at), (&RawValue::Number(40.0), Quality::Bad, Some(at(7))));
    assert_eq!(decoder.take_notes().past, [0]);

    let events = Config { events: [STATE].into(), ..config() };
    let mut decoder = Decoder::new(SourceId(3), &events);
    decode(&mut decoder, message("NBIRTH", None, Some(0), vec![bd_seq(4)]));
    let metrics = vec![text(Some("state"), Some(1), "jammed"), number(Some("power"), Some(2), 40.0)];
    decode(&mut decoder, message("DBIRTH", Some("oven"), Some(1), metrics));
    assert_eq!(decode(&mut decoder, message("DDATA", Some("oven"), Some(2), vec![null(1)])).readings, []);
    let stale = decode(&mut decoder, message("DDEATH", Some("oven"), Some(3), vec![]));
    assert_eq!(stale.readings.iter().map(|r| r.place.clone()).collect::<Vec<_>>(), [Place::Channel(POWER)]);
}

#[test]
fn history_keeps_its_time_and_is_neither_echo_nor_newest_value() {
    let mut decoder = born();
    let old = Metric { is_historical: Some(true), ..report(None, Some(2), &RawValue::Number(12.0), at(3)) };
    let delivery = decode(&mut decoder, message("DDATA", Some("oven"), Some(2), vec![old.clone()]));
    assert_eq!((&delivery.readings[0].value, delivery.readings[0].at), (&RawValue::Number(12.0), Some(at(3))));
    assert_eq!(decoder.take_notes().past, [0]);
    let stale = decode(&mut decoder, message("DDEATH", Some("oven"), Some(3), vec![]));
    let power = stale.readings.iter().find(|r| r.place == Place::Channel(POWER)).expect("known");
    assert_eq!(power.value, RawValue::Number(40.0), "the newest, not the historical value");

    let timeless = Metric { timestamp: None, ..old };
    let delivery = decode(&mut born(), message("DDATA", Some("oven"), Some(2), vec![timeless]));
    let refused = &delivery.refused[0];
    assert_eq!((refused.reason, refused.found.as_str()), (RefusalReason::Malformed, "a historical metric without time"));
}

fn template(name: &str, members: Vec<Metric>, definition: bool) -> Metric {
    let template = Template {
        version: None,
        metrics: members,
        parameters: Vec::new(),
        template_ref: (!definition).then(|| "pump".to_owned()),
        is_definition: Some(definition),
    };
    let datatype = Some(DataType::Template as u32);
    Metric { datatype, value: Some(metric::Value::TemplateValue(template)), ..number(Some(name), None, 0.0) }
}

const SPEED: ChannelId = ChannelId(5);

/// A decoder whose channel `speed` is a member of the template instance `feed` within `circuit`.
fn templated() -> (Config, Decoder) {
    let config = Config { channels: vec![(SPEED, address("plant/line/oven/circuit/feed/speed"))], ..config() };
    let mut decoder = Decoder::new(SourceId(0), &config);
    let untyped =
        Metric { datatype: None, value: Some(metric::Value::IntValue(0xFFFF_FFFE)), ..number(Some("speed"), None, 0.0) };
    let defined = Metric { datatype: Some(DataType::Int32 as u32), ..untyped.clone() };
    let definition = template("pump", vec![defined], true);
    let delivery = decode(&mut decoder, message("NBIRTH", None, Some(0), vec![bd_seq(1), definition]));
    assert_eq!((delivery.readings.len(), delivery.refused.len()), (0, 0), "a definition is no value");
    let instance = template("circuit", vec![template("feed", vec![untyped], false)], false);
    let delivery = decode(&mut decoder, message("DBIRTH", Some("oven"), Some(1), vec![instance]));
    assert_eq!((delivery.readings[0].place.clone(), delivery.readings.len()), (Place::Channel(SPEED), 1));
    assert_eq!(decoder.take_notes().troubles, [] as [String; 0]);
    (config, decoder)
}

#[test]
fn members_of_templates_are_metrics_with_a_path() {
    let (_, mut decoder) = templated();
    let member = Metric { timestamp: None, datatype: Some(DataType::Int32 as u32), ..number(Some("speed"), None, 3.0) };
    let doubtful = PropertySet { keys: vec!["Quality".to_owned()], values: vec![quality_value(500)] };
    let feed = Metric { properties: Some(doubtful), ..template("feed", vec![member], false) };
    let delivery = decode(&mut decoder, message("DDATA", Some("oven"), Some(2), vec![template("circuit", vec![feed], false)]));
    let reading = &delivery.readings[0];
    assert_eq!((&reading.value, reading.at), (&RawValue::Number(3.0), Some(at(7))), "the time of the instance around it");
    assert_eq!(reading.quality, Quality::Uncertain, "the quality of the instance around it");

    let deep = (0..9).fold(number(Some("x"), None, 1.0), |inner, _| template("t", vec![inner], false));
    let delivery = decode(&mut decoder, message("DDATA", Some("oven"), Some(3), vec![deep]));
    assert_eq!(delivery.refused[0].allowed, "templates nested at most 8 deep");

    let mut strange = Decoder::new(SourceId(0), &config());
    decode(&mut strange, message("NBIRTH", None, Some(0), vec![bd_seq(1), template("feed", vec![], false)]));
    assert_eq!(strange.take_notes().troubles, ["edge node plant/line: template `pump` is not defined in the NBIRTH"]);
}

#[test]
fn a_command_to_a_member_goes_within_its_instances() {
    use srad_types::payload::{Message as _, Payload};
    let (config, decoder) = templated();
    let command = Encoder::new(&config, &decoder, at(8)).encode(SPEED, &CommandValue::Number(7.0)).expect("a command");
    let payload = Payload::decode(command.payload.as_slice()).expect("a payload");
    let inside = |metric: &Metric| match &metric.value {
        Some(metric::Value::TemplateValue(template)) => (template.template_ref.clone(), template.metrics[0].clone()),
        other => panic!("{other:?}"),
    };
    let circuit = &payload.metrics[0];
    let (_, feed) = inside(circuit);
    let (reference, speed) = inside(&feed);
    let names = [circuit, &feed, &speed].map(|metric| metric.name.as_deref());
    assert_eq!(names, [Some("circuit"), Some("feed"), Some("speed")]);
    assert_eq!((reference.as_deref(), &speed.value), (Some("pump"), &Some(metric::Value::IntValue(7))));
}

#[test]
fn numbers_beyond_their_type_and_values_that_are_many_are_refused() {
    let table = [
        (DataType::Int8, metric::Value::IntValue(300), "300", "-128 to 127 (Int8)", RefusalReason::OutOfRange),
        (DataType::Int16, metric::Value::IntValue(0xFFFF_0000), "-65536", "-32768 to 32767 (Int16)", RefusalReason::OutOfRange),
        (DataType::UInt8, metric::Value::IntValue(256), "256", "0 to 255 (UInt8)", RefusalReason::OutOfRange),
        (DataType::UInt16, metric::Value::IntValue(65_536), "65536", "0 to 65535 (UInt16)", RefusalReason::OutOfRange),
        (
            DataType::UInt32,
            metric::Value::LongValue(1 << 32),
            "4294967296",
            "0 to 4294967295 (UInt32)",
            RefusalReason::OutOfRange,
        ),
        (
            DataType::Int16Array,
            metric::Value::BytesValue(vec![1, 0]),
            "bytes (Int16Array)",
            "a number, a text or a Boolean",
            RefusalReason::WrongType,
        ),
        (
            DataType::DataSet,
            metric::Value::DatasetValue(srad_types::payload::DataSet {
                num_of_columns: Some(0),
                columns: vec![],
                types: vec![],
                rows: vec![],
            }),
            "a data set (DataSet)",
            "a number, a text or a Boolean",
            RefusalReason::WrongType,
        ),
    ];
    for (datatype, value, found, allowed, reason) in table {
        let metric = Metric { datatype: Some(datatype as u32), value: Some(value), ..number(Some("power"), None, 0.0) };
        let delivery = decode(&mut born(), message("DDATA", Some("oven"), Some(2), vec![metric]));
        assert_eq!((delivery.readings.len(), delivery.refused.len()), (0, 1), "{datatype:?}");
        let refused = &delivery.refused[0];
        assert_eq!((refused.found.as_str(), refused.allowed.as_str(), refused.reason), (found, allowed, reason));
    }
    let metric = Metric { datatype: Some(99), ..number(Some("power"), None, 0.0) };
    let delivery = decode(&mut born(), message("DDATA", Some("oven"), Some(2), vec![metric]));
    assert_eq!(
        (delivery.refused[0].found.as_str(), delivery.refused[0].allowed.as_str()),
        ("data type 99", "a data type from 0 to 34")
    );
}

#[test]
fn a_birth_tells_units_and_a_new_session_makes_what_was_known_doubtful() {
    let mut decoder = born();
    let unit = PropertyValue {
        r#type: Some(DataType::String as u32),
        is_null: None,
        value: Some(property_value::Value::StringValue("kW".to_owned())),
    };
    let set = PropertySet { keys: vec!["engUnit".to_owned()], values: vec![unit] };
    let metric = Metric { properties: Some(set), ..number(Some("power"), Some(2), 41.0) };
    decode(&mut decoder, message("DBIRTH", Some("oven"), Some(2), vec![text(Some("state"), Some(1), "ready"), metric]));
    assert_eq!(decoder.unit(&address("plant/line/oven/power")), Some("kW"));
    let again = decode(&mut decoder, message("NBIRTH", None, Some(0), vec![bd_seq(4)]));
    assert_eq!(again.readings, [], "a rebirth in the same session leaves the values standing");
    decode(&mut decoder, message("DBIRTH", Some("oven"), Some(1), vec![number(Some("power"), Some(2), 42.0)]));
    let anew = decode(&mut decoder, message("NBIRTH", None, Some(0), vec![bd_seq(5)]));
    let told: Vec<_> = anew.readings.iter().map(|r| (r.value.clone(), r.quality, r.at)).collect();
    let doubtful = |value| (value, Quality::Uncertain, Some(at(9)));
    assert_eq!(told, [doubtful(RawValue::Text("ready".to_owned())), doubtful(RawValue::Number(42.0))]);
}

#[test]
fn a_birth_ends_the_doubt_even_of_a_value_measured_before() {
    let mut decoder = born();
    decode(&mut decoder, message("NDEATH", None, None, vec![bd_seq(4)]));
    decode(&mut decoder, message("NBIRTH", None, Some(0), vec![bd_seq(5)]));
    let metrics = || vec![text(Some("state"), Some(1), "ready"), number(Some("power"), Some(2), 40.0)];
    let reborn = decode(&mut decoder, message("DBIRTH", Some("oven"), Some(1), metrics()));
    let told: Vec<_> = reborn.readings.iter().map(|r| (r.quality, r.at.map(|at| at.millis()))).collect();
    assert_eq!(told, [(Quality::Good, Some(9_001)); 2], "measured at 7, doubtful since 9");
    let again = decode(&mut decoder, message("DBIRTH", Some("oven"), Some(2), metrics()));
    assert_eq!(again.readings[0].at, Some(at(7)), "without doubt its own time stands");
}

#[test]
fn more_devices_than_the_limit_are_refused() {
    let mut decoder = Decoder::new(SourceId(0), &config());
    decode(&mut decoder, message("NBIRTH", None, Some(0), vec![bd_seq(4)]));
    for device in 1..DEVICES_MAX {
        decode(&mut decoder, message("DBIRTH", Some(&device.to_string()), None, vec![]));
    }
    let refused = decode(&mut decoder, message("DBIRTH", Some("one-more"), None, vec![])).refused;
    assert_eq!((refused[0].reason, refused[0].allowed.as_str()), (RefusalReason::TooLarge, "at most 16384 devices"));
}

#[test]
fn host_ids_are_one_level_of_a_topic() {
    assert!(check_host_id("socium") && check_host_id("Werk 1"));
    for bad in ["", "a/b", "a+", "#", "a\n", &"x".repeat(65)] {
        assert!(!check_host_id(bad), "{bad}");
    }
}

fn quality_value(code: u32) -> PropertyValue {
    PropertyValue { r#type: Some(DataType::Int32 as u32), is_null: None, value: Some(property_value::Value::IntValue(code)) }
}

/// The aliases of [`born`].
fn aliases() -> HashMap<u64, String> {
    [(1, "state".to_owned()), (2, "power".to_owned())].into()
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
        let set = PropertySet { keys: vec!["Quality".to_owned()], values: vec![quality_value(code)] };
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
    assert_eq!(commands(&payload, &aliases()), Ok(vec![("power".to_owned(), CommandValue::Number(12.5))]));
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
    assert_eq!(commands(&ask.payload, &HashMap::new()), Ok(vec![("Node Control/Rebirth".to_owned(), CommandValue::Number(1.0))]));
    assert!(commands(b"\xff\xff", &HashMap::new()).is_err());
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
    fn a_message_with_wrong_bytes_gives_no_panic(
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        verb in 0..6_usize,
    ) {
        let device = VERBS[verb].starts_with('D').then_some("oven");
        let metrics = vec![bd_seq(4), number(None, Some(2), 1.0), template("t", vec![text(Some("a"), Some(7), "b")], false)];
        let mut message = message(VERBS[verb], device, Some(2), metrics);
        for (place, byte) in places {
            let place = place.index(message.payload.len());
            message.payload[place] = byte;
        }
        let mut decoder = born();
        decode(&mut decoder, message);
        prop_assert!(decoder.take_notes().rebirths.len() <= 1);
    }

    #[test]
    fn any_order_of_messages_lets_each_go_once(seqs in proptest::collection::vec(0..300_u64, 0..80)) {
        let pushed: Vec<(&str, u64)> = [("NBIRTH", 0)].into_iter().chain(seqs.iter().map(|seq| ("DDATA", *seq))).collect();
        let (mut order, mut gone) = (Order::default(), 0);
        for (verb, seq) in &pushed {
            let device = verb.starts_with('D').then_some("oven");
            let read = read(&message(verb, device, Some(*seq), vec![]), 1_000, (SourceId(0), at(9)));
            let Read::Message(incoming) = read else { panic!("a message") };
            gone += order.push(incoming, ()).messages.len();
        }
        prop_assert_eq!(gone + order.forget().len(), pushed.len());
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
            let notes = decoder.take_notes();
            prop_assert_eq!(delivery.readings.len() + delivery.refused.len(), wanted + notes.past.len());
            prop_assert!(notes.rebirths.len() <= 1);
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
            // what is known of the state is told again as doubtful
            (message("NDEATH", None, None, vec![bd_seq(1)]), 1),
        ]
    };
    let deliveries = collect::suite::check(|| Decoder::new(SourceId(1), &config()), messages).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(deliveries.iter().map(|d| d.refused.len()).sum::<usize>(), 2);
}
