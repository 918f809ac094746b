//! Assertions of the Sparkplug 3.0.0 specification on a host application that need no socket, one test each, named after it. Those
//! about the wire are in `tests/peers/tck.rs`; `docs/conformance/sparkplug.md` lists them all with their state.

use super::config::{Address, Config};
use super::fixture::{POWER, STATE, at, bd_seq, born, config, decode, message, node, number, text};
use super::wire::{Command, Decoder, Encoder, State, rebirth, state_topic};
use act::{Sink, Unwritable};
use collect::{Delivery, Place, RawReading, RawValue};
use plant::{ChannelId, CommandValue, Quality, SourceId};
use srad_types::payload::{DataType, Message as _, Metric, Payload, metric};

const SPEED: ChannelId = ChannelId(2);

/// A configuration with a metric of the edge node itself beside those of its device.
fn with_node_metric() -> Config {
    let mut config = config();
    config.channels.push((SPEED, "plant/line/-/speed".parse().expect("an address")));
    config
}

/// A decoder that has seen the edge node with `speed` and its device born.
fn whole() -> Decoder {
    let mut decoder = Decoder::new(SourceId(3), &with_node_metric());
    let speed = Metric {
        datatype: Some(DataType::Int16 as u32),
        value: Some(metric::Value::IntValue(7)),
        ..number(Some("speed"), None, 0.0)
    };
    decode(&mut decoder, message("NBIRTH", None, Some(0), vec![bd_seq(4), speed]));
    let metrics = vec![text(Some("state"), Some(1), "ready"), number(Some("power"), Some(2), 40.0)];
    decode(&mut decoder, message("DBIRTH", Some("oven"), Some(1), metrics));
    decoder.take_notes();
    decoder
}

fn command(channel: ChannelId, value: &CommandValue) -> (Command, Payload) {
    let (config, births) = (with_node_metric(), whole());
    let command = Encoder::new(&config, &births, at(8)).encode(channel, value).unwrap_or_else(|e| panic!("{e}"));
    let payload = Payload::decode(command.payload.as_slice()).expect("a payload");
    (command, payload)
}

fn node_command() -> (Command, Payload) {
    command(SPEED, &CommandValue::Number(-3.0))
}

fn device_command() -> (Command, Payload) {
    command(POWER, &CommandValue::Number(12.5))
}

fn rebirth_request() -> (Command, Payload) {
    let command = rebirth(&node(), at(8));
    let payload = Payload::decode(command.payload.as_slice()).expect("a payload");
    (command, payload)
}

fn told(delivery: &Delivery, channel: ChannelId) -> &RawReading {
    delivery.readings.iter().find(|r| r.place == Place::Channel(channel)).expect("a reading of the channel")
}

fn is_online(decoder: &Decoder, address: &str) -> bool {
    decoder.is_online(&address.parse::<Address>().expect("an address"))
}

/// What the death of the edge node brings at second 9; the payload says second 5.
fn node_death() -> (Decoder, Delivery) {
    let mut decoder = whole();
    let delivery = decode(&mut decoder, message("NDEATH", None, None, vec![bd_seq(4)]));
    (decoder, delivery)
}

/// What the death of the device brings at second 9; the payload says second 5.
fn device_death() -> (Decoder, Delivery) {
    let mut decoder = whole();
    let delivery = decode(&mut decoder, message("DDEATH", Some("oven"), Some(2), vec![]));
    (decoder, delivery)
}

#[test]
fn tck_id_topic_structure() {
    assert_eq!(node_command().0.topic, "spBv1.0/plant/NCMD/line");
    assert_eq!(device_command().0.topic, "spBv1.0/plant/DCMD/line/oven");
}

#[test]
fn tck_id_topic_structure_namespace_a() {
    let topics = [node_command().0.topic, device_command().0.topic, rebirth_request().0.topic, state_topic("socium")];
    assert!(topics.iter().all(|topic| topic.starts_with("spBv1.0/")), "{topics:?}");
}

#[test]
fn tck_id_topic_structure_namespace_valid_group_id() {
    for bad in ["a+/line/oven/state", "a#/line/oven/state"] {
        assert!(bad.parse::<Address>().is_err(), "{bad}");
    }
    assert_eq!("Werk ü/line/oven/state".parse::<Address>().expect("UTF-8").group, "Werk ü");
}

#[test]
fn tck_id_topic_structure_namespace_valid_edge_node_id() {
    for bad in ["plant/a+/oven/state", "plant/a#/oven/state"] {
        assert!(bad.parse::<Address>().is_err(), "{bad}");
    }
}

#[test]
fn tck_id_topic_structure_namespace_valid_device_id() {
    for bad in ["plant/line/a+/state", "plant/line/a#/state"] {
        assert!(bad.parse::<Address>().is_err(), "{bad}");
    }
}

#[test]
fn tck_id_topic_structure_namespace_duplicate_device_id_across_edge_node() {
    let mut config = config();
    config.channels.push((SPEED, "plant/other/oven/power".parse().expect("an address")));
    let mut decoder = Decoder::new(SourceId(0), &config);
    let mut other = message("DDATA", Some("oven"), Some(1), vec![number(Some("power"), None, 1.0)]);
    other.topic = other.topic.replace("line", "other");
    assert_eq!(decode(&mut decoder, other).readings[0].place, Place::Channel(SPEED));
    let mine = message("DDATA", Some("oven"), Some(1), vec![number(Some("power"), None, 1.0)]);
    assert_eq!(decode(&mut decoder, mine).readings[0].place, Place::Channel(POWER));
}

#[test]
fn tck_id_topic_structure_namespace_device_id_associated_message_types() {
    assert!(device_command().0.topic.ends_with("/DCMD/line/oven"));
    for verb in ["DBIRTH", "DDATA", "DDEATH"] {
        let delivery = decode(&mut whole(), message(verb, None, Some(2), vec![number(Some("power"), None, 1.0)]));
        assert_eq!((delivery.readings.len(), delivery.refused.len()), (0, 0), "{verb} without a device is not of Sparkplug");
    }
}

#[test]
fn tck_id_topic_structure_namespace_device_id_non_associated_message_types() {
    assert!(node_command().0.topic.ends_with("/NCMD/line"));
    assert_eq!(state_topic("socium"), "spBv1.0/STATE/socium");
    for verb in ["NBIRTH", "NDATA", "NDEATH"] {
        let mut decoder = whole();
        let delivery = decode(&mut decoder, message(verb, Some("oven"), Some(2), vec![number(Some("power"), None, 1.0)]));
        assert_eq!((delivery.readings.len(), delivery.refused.len()), (0, 0), "{verb} with a device is not of Sparkplug");
        assert!(is_online(&decoder, "plant/line/oven/power"));
    }
}

#[test]
fn tck_id_topics_ncmd_topic() {
    assert_eq!(node_command().0.topic, "spBv1.0/plant/NCMD/line");
}

#[test]
fn tck_id_topics_ncmd_timestamp() {
    assert_eq!(node_command().1.timestamp, Some(8_000));
    assert_eq!(rebirth_request().1.timestamp, Some(8_000));
}

#[test]
fn tck_id_topics_ncmd_payload() {
    let metrics = node_command().1.metrics;
    assert_eq!(metrics.iter().map(|m| m.name.as_deref()).collect::<Vec<_>>(), [Some("speed")]);
}

#[test]
fn tck_id_topics_dcmd_topic() {
    assert_eq!(device_command().0.topic, "spBv1.0/plant/DCMD/line/oven");
}

#[test]
fn tck_id_topics_dcmd_timestamp() {
    assert_eq!(device_command().1.timestamp, Some(8_000));
}

#[test]
fn tck_id_topics_dcmd_payload() {
    let metrics = device_command().1.metrics;
    assert_eq!(metrics.iter().map(|m| m.alias).collect::<Vec<_>>(), [Some(2)]);
}

#[test]
fn tck_id_operational_behavior_edge_node_termination_host_action_ndeath_node_offline() {
    let (mut decoder, _) = node_death();
    assert!(!is_online(&decoder, "plant/line/-/speed"));
    assert_eq!(decoder.take_notes().troubles, ["edge node plant/line is offline"]);
}

#[test]
fn tck_id_operational_behavior_edge_node_termination_host_action_ndeath_node_tags_stale() {
    let (_, delivery) = node_death();
    let speed = told(&delivery, SPEED);
    assert_eq!((&speed.value, speed.quality), (&RawValue::Number(7.0), Quality::Uncertain));
    assert_eq!(speed.at, Some(at(9)), "our own time");
}

#[test]
fn tck_id_operational_behavior_edge_node_termination_host_action_ndeath_devices_offline() {
    assert!(!is_online(&node_death().0, "plant/line/oven/power"));
}

#[test]
fn tck_id_operational_behavior_edge_node_termination_host_action_ndeath_devices_tags_stale() {
    let (_, delivery) = node_death();
    for (channel, value) in [(STATE, RawValue::Text("ready".to_owned())), (POWER, RawValue::Number(40.0))] {
        let reading = told(&delivery, channel);
        assert_eq!((&reading.value, reading.quality, reading.at), (&value, Quality::Uncertain, Some(at(9))));
    }
}

#[test]
fn tck_id_operational_behavior_edge_node_termination_host_action_ddeath_devices_offline() {
    let (mut decoder, _) = device_death();
    assert!(!is_online(&decoder, "plant/line/oven/power") && is_online(&decoder, "plant/line/-/speed"));
    assert_eq!(decoder.take_notes().troubles, ["device plant/line/oven is offline"]);
}

#[test]
fn tck_id_operational_behavior_edge_node_termination_host_action_ddeath_devices_tags_stale() {
    let (_, delivery) = device_death();
    let power = told(&delivery, POWER);
    assert_eq!((&power.value, power.quality), (&RawValue::Number(40.0), Quality::Uncertain));
    assert_eq!(power.at, Some(at(5)), "the time in the payload of the DDEATH");
    assert_eq!(delivery.readings.len(), 2, "the metric of the edge node stays");
}

/// Not marked testable and without an id of its own: "All metric data … MUST be updated to a STALE data quality if the Host
/// Application loses connection to the MQTT Server" (5.3).
#[test]
fn all_is_stale_when_the_broker_is_lost() {
    let mut decoder = whole();
    let delivery = decoder.lose(at(20));
    let doubtful = |r: &RawReading| (r.quality, r.at) == (Quality::Uncertain, Some(at(20)));
    assert!(delivery.readings.len() == 3 && delivery.readings.iter().all(doubtful), "{delivery:?}");
    assert!(!is_online(&decoder, "plant/line/oven/power"));
}

#[test]
fn tck_id_operational_behavior_host_reordering_param() {
    let usual = Config::at("127.0.0.1:1883").expect("an address").reorder;
    assert_eq!(usual, std::time::Duration::from_secs(2), "`reorder_within` in unit.toml sets it");
}

#[test]
fn tck_id_operational_behavior_data_commands_ncmd_rebirth_verb() {
    assert_eq!(rebirth_request().0.topic, "spBv1.0/plant/NCMD/line");
}

#[test]
fn tck_id_operational_behavior_data_commands_ncmd_rebirth_name() {
    let metric = &rebirth_request().1.metrics[0];
    assert_eq!((metric.name.as_deref(), metric.alias), (Some("Node Control/Rebirth"), None));
}

#[test]
fn tck_id_operational_behavior_data_commands_ncmd_rebirth_value() {
    let metric = &rebirth_request().1.metrics[0];
    assert_eq!(metric.value, Some(metric::Value::BooleanValue(true)));
}

#[test]
fn tck_id_operational_behavior_data_commands_ncmd_verb() {
    assert_eq!(node_command().0.topic.split('/').nth(2), Some("NCMD"));
}

#[test]
fn tck_id_operational_behavior_data_commands_ncmd_metric_name() {
    assert_eq!(node_command().1.metrics[0].name.as_deref(), Some("speed"), "as it was born");
}

#[test]
fn tck_id_operational_behavior_data_commands_ncmd_metric_value() {
    let minus_three = u32::from_ne_bytes((-3_i32).to_ne_bytes());
    assert_eq!(node_command().1.metrics[0].value, Some(metric::Value::IntValue(minus_three)), "an Int16, as it was born");
    let (config, births) = (with_node_metric(), whole());
    let refused = Encoder::new(&config, &births, at(8)).encode(SPEED, &CommandValue::Number(40_000.0));
    assert!(matches!(refused, Err(Unwritable::OutOfRange { .. })), "{refused:?}");
}

#[test]
fn tck_id_operational_behavior_data_commands_dcmd_verb() {
    assert_eq!(device_command().0.topic.split('/').nth(2), Some("DCMD"));
}

#[test]
fn tck_id_operational_behavior_data_commands_dcmd_metric_name() {
    let metric = &device_command().1.metrics[0];
    assert_eq!((metric.name.as_deref(), metric.alias), (None, Some(2)), "power was born with alias 2");
}

#[test]
fn tck_id_operational_behavior_data_commands_dcmd_metric_value() {
    assert_eq!(device_command().1.metrics[0].value, Some(metric::Value::DoubleValue(12.5)), "a Double, as it was born");
    let (config, births) = (with_node_metric(), whole());
    let refused = Encoder::new(&config, &births, at(8)).encode(STATE, &CommandValue::Number(1.0));
    assert!(matches!(refused, Err(Unwritable::WrongType { .. })), "{refused:?}");
}

#[test]
fn tck_id_payloads_timestamp_in_utc() {
    let data = message("DDATA", Some("oven"), Some(2), vec![Metric { timestamp: None, ..number(None, Some(2), 1.0) }]);
    assert_eq!(decode(&mut whole(), data).readings[0].at, Some(at(5)), "milliseconds since 1970 in UTC");
    assert_eq!(device_command().1.timestamp, Some(8_000));
}

#[test]
fn tck_id_payloads_metric_timestamp_in_utc() {
    let data = message("DDATA", Some("oven"), Some(2), vec![number(None, Some(2), 1.0)]);
    assert_eq!(decode(&mut whole(), data).readings[0].at, Some(at(7)));
    assert_eq!(device_command().1.metrics[0].timestamp, Some(8_000));
}

#[test]
fn tck_id_payloads_name_requirement() {
    let (named, aliased) = (node_command().1, device_command().1);
    assert_eq!((named.metrics[0].name.as_deref(), named.metrics[0].alias), (Some("speed"), None));
    assert_eq!((aliased.metrics[0].name.as_deref(), aliased.metrics[0].alias), (None, Some(2)));
}

#[test]
fn tck_id_payloads_alias_data_cmd_requirement() {
    let metric = &device_command().1.metrics[0];
    assert_eq!((metric.name.as_deref(), metric.alias), (None, Some(2)));
    let by_alias = decode(&mut whole(), message("DDATA", Some("oven"), Some(2), vec![number(None, Some(2), 1.0)]));
    assert_eq!(by_alias.readings[0].place, Place::Channel(POWER));
}

#[test]
fn tck_id_payloads_name_cmd_requirement() {
    assert_eq!(node_command().1.metrics[0].timestamp, Some(8_000), "it may be included, and is");
}

#[test]
fn tck_id_payloads_metric_datatype_value_type() {
    assert_eq!(device_command().1.metrics[0].datatype, Some(10_u32));
}

#[test]
fn tck_id_payloads_metric_datatype_value() {
    let refused = decode(
        &mut whole(),
        message("DDATA", Some("oven"), Some(2), vec![Metric { datatype: Some(77), ..number(None, Some(2), 1.0) }]),
    );
    assert_eq!(refused.refused[0].found, "data type 77");
}

#[test]
fn tck_id_payloads_ncmd_timestamp() {
    assert_eq!(node_command().1.timestamp, Some(8_000));
}

#[test]
fn tck_id_payloads_ncmd_seq() {
    assert_eq!((node_command().1.seq, rebirth_request().1.seq), (None, None));
}

#[test]
fn tck_id_payloads_dcmd_timestamp() {
    assert_eq!(device_command().1.timestamp, Some(8_000));
}

#[test]
fn tck_id_payloads_dcmd_seq() {
    assert_eq!(device_command().1.seq, None);
}

#[test]
fn tck_id_topics_nbirth_bdseq_matching() {
    let mut decoder = whole();
    decode(&mut decoder, message("NDEATH", None, None, vec![bd_seq(3)]));
    assert!(is_online(&decoder, "plant/line/oven/power"), "the will of an earlier session");
    decode(&mut decoder, message("NDEATH", None, None, vec![bd_seq(4)]));
    assert!(!is_online(&decoder, "plant/line/oven/power"));
}

#[test]
fn tck_id_payloads_propertyset_quality_value_value() {
    for (code, quality) in [(192, Quality::Good), (500, Quality::Uncertain), (0, Quality::Bad)] {
        use srad_types::payload::{PropertySet, PropertyValue, property_value};
        let value = PropertyValue { r#type: Some(3), is_null: None, value: Some(property_value::Value::IntValue(code)) };
        let set = PropertySet { keys: vec!["Quality".to_owned()], values: vec![value] };
        let metric = Metric { properties: Some(set), ..number(None, Some(2), 1.0) };
        let delivery = decode(&mut born(), message("DDATA", Some("oven"), Some(2), vec![metric]));
        assert_eq!(delivery.readings[0].quality, quality);
    }
}

#[test]
fn state_is_json_with_two_keys_and_reads_back() {
    let state = State { online: true, timestamp: 1_700_000_000_000 };
    assert_eq!(state.payload(), r#"{"online":true,"timestamp":1700000000000}"#);
    assert_eq!(State::read(state.payload().as_bytes()), Some(state));
    for other in ["ONLINE", "OFFLINE", "{}", r#"{"online":"true","timestamp":1}"#, r#"{"online":true}"#, ""] {
        assert_eq!(State::read(other.as_bytes()), None, "{other}");
    }
}

/// The tests named after assertions in a text of Rust.
fn tests_in(text: &str) -> std::collections::BTreeSet<String> {
    let names = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.starts_with("tck_id_"));
    names.map(str::to_owned).collect()
}

#[test]
fn the_list_of_assertions_names_every_test_and_no_other() {
    let list = include_str!("../../../../docs/conformance/sparkplug.md");
    let rows = list.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | ")).filter(|(_, rest)| {
        let state = rest.rsplit(" | ").next().unwrap_or_default();
        state.starts_with("tested")
    });
    let listed = rows.map(|(id, _)| format!("tck_id_{}", id.to_lowercase().replace('-', "_"))).collect();
    let tests = [include_str!("conformance.rs"), include_str!("../../tests/peers/tck.rs")].map(tests_in);
    let there: std::collections::BTreeSet<String> = tests.into_iter().flatten().filter(|name| name != "tck_id_").collect();
    assert_eq!(there, listed);
}
