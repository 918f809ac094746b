//! What the tests share: a configuration, messages of an edge node, a decoder that has seen births.

use super::config::{Address, Config};
use super::wire::{Decoder, Message, Notes, payload, report, topic};
use collect::{Delivery, RawValue, Source};
use measure::Instant;
use plant::{ChannelId, SourceId};
use srad_types::payload::{DataType, Metric, metric};

pub const STATE: ChannelId = ChannelId(0);
pub const POWER: ChannelId = ChannelId(1);

pub fn config() -> Config {
    let mut config = Config::at("127.0.0.1:1883").expect("an address");
    config.channels = vec![(STATE, address("plant/line/oven/state")), (POWER, address("plant/line/oven/power"))];
    config.payload_max = 1_000;
    config
}

pub fn address(text: &str) -> Address {
    text.parse().unwrap_or_else(|e| panic!("{e}"))
}

pub fn at(seconds: i64) -> Instant {
    Instant::from_seconds(seconds)
}

pub fn node() -> (String, String) {
    ("plant".to_owned(), "line".to_owned())
}

pub fn message(verb: &str, device: Option<&str>, seq: Option<u64>, metrics: Vec<Metric>) -> Message {
    Message { topic: topic(&node(), verb, device), payload: payload(seq, at(5), metrics) }
}

pub fn text(name: Option<&str>, alias: Option<u64>, word: &str) -> Metric {
    report(name, alias, &RawValue::Text(word.to_owned()), at(7))
}

pub fn number(name: Option<&str>, alias: Option<u64>, value: f64) -> Metric {
    report(name, alias, &RawValue::Number(value), at(7))
}

pub fn bd_seq(number: u64) -> Metric {
    Metric {
        name: Some("bdSeq".to_owned()),
        datatype: Some(DataType::Int64 as u32),
        value: Some(metric::Value::LongValue(number)),
        ..Metric::new()
    }
}

/// A decoder that has seen node `line` and device `oven` born, with aliases 1 and 2.
pub fn born() -> Decoder {
    let mut decoder = Decoder::new(SourceId(3), &config());
    decode(&mut decoder, message("NBIRTH", None, Some(0), vec![bd_seq(4)]));
    let metrics = vec![text(Some("state"), Some(1), "ready"), number(Some("power"), Some(2), 40.0)];
    let delivery = decode(&mut decoder, message("DBIRTH", Some("oven"), Some(1), metrics));
    assert_eq!((delivery.readings.len(), delivery.refused.len()), (2, 0));
    assert_eq!(decoder.take_notes(), Notes { born: vec![node()], ..Notes::default() });
    decoder
}

pub fn decode(decoder: &mut Decoder, message: Message) -> Delivery {
    decoder.decode(message, at(9))
}
