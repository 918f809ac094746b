//! Addresses, payloads, the conformance suites, random bytes. The tasks are tested against real peers in `tests/peers`.

use super::wire::{Command, Decoder, Encoder, Mapper, Message, Way, heard};
use super::{Address, Config, Load, Place, Shape};
use act::Sink;
use collect::{RawValue, Source};
use measure::Instant;
use plant::{ChannelId, CommandValue, MachineId, RefusalReason, SourceId};
use proptest::prelude::*;

const CHANNELS: [&str; 8] = [
    "plant/mill-1/power",
    "plant/mill-1/order>plant/mill-1/order/set",
    "plant/mill-1/state#/data/power@/ts>plant/mill-1/power/set",
    "plant/mill-1/state#$.data.state@/ts",
    "plant/oven/log#/samples/*/t@/samples/*/at",
    "plant/+/door",
    "plant/hall/door",
    "plant/mill-1/state#/data/inner/deep",
];

fn config() -> Config {
    let mut config = Config::at("mqtt://broker:1883").expect("an address");
    config.channels = CHANNELS.iter().zip(0..).map(|(a, i)| (ChannelId(i), a.parse().expect("an address"))).collect();
    let word = Shape { is_word: true, ..Shape::default() };
    config.shapes = [1, 3].map(|id| (ChannelId(id), word)).into();
    config.payload_max = 1_000;
    config
}

fn message(topic: &str, payload: &str) -> Message {
    Message { topic: topic.to_owned(), payload: payload.as_bytes().to_vec() }
}

/// What a message brings, in short: `channel=value@second` and `!place found reason`.
fn brings(topic: &str, payload: &str) -> Vec<String> {
    let received = Instant::from_seconds(9_999);
    let delivery = Decoder::new(SourceId(0), &config()).decode(message(topic, payload), received);
    let second = |at: Option<Instant>| {
        at.filter(|at| *at != received).map(|at| format!("@{}", at.micros() / 1_000_000)).unwrap_or_default()
    };
    let read = delivery.readings.iter().map(|r| {
        let collect::Place::Channel(channel) = r.place else { panic!("a channel") };
        let value = match &r.value {
            RawValue::Number(n) => n.to_string(),
            RawValue::Flag(f) => f.to_string(),
            RawValue::Text(t) => format!("`{t}`"),
        };
        format!("{}={value}{}", channel.0, second(r.at))
    });
    let refused = delivery.refused.iter().map(|r| format!("!{} {} {}", r.place, r.found, r.reason.word()));
    // members of an object come in no order that means anything
    let mut refused: Vec<String> = refused.collect();
    refused.sort();
    let mut read: Vec<String> = read.collect();
    read.sort();
    read.into_iter().chain(refused).collect()
}

#[test]
fn addresses_are_read_and_shown() {
    for text in CHANNELS {
        let address: Address = text.parse().unwrap_or_else(|e| panic!("{e}"));
        let again: Address = address.to_string().parse().expect("an address");
        assert_eq!(address, again, "{text}");
    }
    let spaced: Address = "a/b > a/b/set".parse().expect("an address");
    assert_eq!((spaced.topic.as_str(), spaced.command.as_deref()), ("a/b", Some("a/b/set")));
    let table = [
        ("", "its topic is empty, or a + does not fill a level"),
        ("a/b+", "its topic is empty, or a + does not fill a level"),
        ("a#b", "a path into JSON begins with / or $"),
        ("a#/b@c", "a path into JSON begins with / or $"),
        ("a#$.", "a step of the path is empty"),
        ("a>b/#", "what follows > is a topic without + and #"),
        ("a#/b@/c/*", "the path to the time has more * than the path to the value"),
    ];
    for (text, trouble) in table {
        assert_eq!(text.parse::<Address>().expect_err("no address").trouble, trouble, "{text}");
    }
}

#[test]
fn brokers_are_addressed_by_scheme() {
    let at = |text: &str| Config::at(text).map(|c| (c.place, c.secure));
    assert_eq!(at("mqtt://host:1883"), Ok((Place::Broker("host".to_owned(), 1883), false)));
    assert_eq!(at("mqtts://host:8883"), Ok((Place::Broker("host".to_owned(), 8883), true)));
    assert_eq!(at("listen://127.0.0.1:1883"), Ok((Place::Listen("127.0.0.1:1883".parse().expect("an address")), false)));
    assert_eq!(at("listens://[::]:8883"), Ok((Place::Listen("[::]:8883".parse().expect("an address")), true)));
    let table = [
        ("host:1883", "it has no scheme"),
        ("tcp://host:1883", "an unknown scheme"),
        ("mqtt://host", "it has no port"),
        ("mqtt://host:0", "its port is not a number from 1 to 65535"),
        ("listen://host:1883", "what is listened on is a number such as 127.0.0.1, 0.0.0.0 or [::]"),
    ];
    for (text, trouble) in table {
        assert_eq!(Config::at(text).expect_err("no address").trouble, trouble, "{text}");
    }
}

#[test]
fn payloads_become_readings_or_refusals() {
    let table: &[(&str, &str, &[&str])] = &[
        ("plant/mill-1/power", "12.5", &["0=12.5"]),
        ("plant/mill-1/power", " -3e2\n", &["0=-300"]),
        ("plant/mill-1/power", "true", &["0=true"]),
        ("plant/mill-1/power", "much", &["0=`much`"]),
        ("plant/mill-1/power", "", &[]),
        ("plant/mill-1/order", "4711", &["1=`4711`"]),
        ("plant/oven/door", "1", &["5=1"]),
        ("plant/hall/door", "1", &["5=1", "6=1"]),
        (
            "plant/mill-1/state",
            r#"{"ts":1700000000,"data":{"power":3,"state":"run"}}"#,
            &["2=3@1700000000", "3=`run`@1700000000"],
        ),
        ("plant/mill-1/state", r#"{"ts":1700000000123,"data":{"power":3}}"#, &["2=3@1700000000"]),
        ("plant/mill-1/state", r#"{"ts":"2023-11-14T22:13:20Z","data":{"power":3}}"#, &["2=3@1700000000"]),
        ("plant/mill-1/state", r#"{"data":{"power":3}}"#, &["!plant/mill-1/state#/data/power no time at /ts malformed"]),
        (
            "plant/mill-1/state",
            r#"{"ts":"soon","data":{"power":3}}"#,
            &["!plant/mill-1/state#/data/power the time \"soon\" at /ts malformed"],
        ),
        (
            "plant/mill-1/state",
            r#"{"ts":1,"data":{"power":null,"volume":7,"inner":{"deep":true,"other":[1]}}}"#,
            &[
                "7=true",
                "!plant/mill-1/state#/data/inner/other/0 1 unknown_channel",
                "!plant/mill-1/state#/data/power null wrong_type",
                "!plant/mill-1/state#/data/volume 7 unknown_channel",
            ],
        ),
        (
            "plant/oven/log",
            r#"{"samples":[{"t":1,"at":1700000000},{"t":2,"at":1700000001},{"t":"x"}]}"#,
            &["4=1@1700000000", "4=2@1700000001", "!plant/oven/log#/samples/2/t no time at /samples/*/at malformed"],
        ),
        ("plant/oven/log", "[]", &[]),
        ("plant/press/power", "7", &["!plant/press/power `7` unknown_channel"]),
        ("plant/oven/log", "7,5", &["!plant/oven/log trailing characters at line 1 column 2: `7,5` malformed"]),
    ];
    for (topic, payload, wanted) in table {
        assert_eq!(brings(topic, payload), *wanted, "{topic} {payload}");
    }
    let large = brings("plant/mill-1/power", &"1".repeat(1_001));
    assert_eq!(large, ["!plant/mill-1/power 1001 bytes too_large"]);
    let delivery = Decoder::new(SourceId(0), &config())
        .decode(Message { topic: "plant/mill-1/power".to_owned(), payload: vec![0xFF, b'1'] }, Instant::from_seconds(1));
    assert_eq!(delivery.refused[0].reason, RefusalReason::Malformed);
}

#[test]
fn numbers_of_a_known_machine_stand_in_columns() {
    let mut config = config();
    let of = |machine| Shape { machine: Some(MachineId(machine)), ..Shape::default() };
    config.shapes.extend([(ChannelId(0), of(7)), (ChannelId(6), of(3))]);
    let mut decoder = Decoder::new(SourceId(2), &config);
    let mut load = Load::new(SourceId(2));
    for round in 0..2 {
        load.begin(Instant::from_seconds(round));
        for (topic, payload) in
            [("plant/mill-1/power", "1"), ("plant/hall/door", "2"), ("plant/mill-1/power", "3"), ("plant/mill-1/power", "x")]
        {
            decoder.add((topic, payload.as_bytes()), Instant::from_seconds(round), &mut load);
        }
        let delivery = load.take();
        let batches: Vec<_> = delivery.numbers.iter().map(|b| (b.machine.0, b.channels.clone(), b.values.clone())).collect();
        assert_eq!(batches, [(7, vec![ChannelId(0); 2], vec![1.0, 3.0]), (3, vec![ChannelId(6)], vec![2.0])]);
        assert_eq!((delivery.readings.len(), delivery.len()), (2, 5), "a text, and a channel whose machine is not known");
    }
}

#[test]
fn our_broker_hears_the_first_levels_of_its_channels() {
    let config = config();
    assert_eq!(heard(&config), ["plant/#"]);
    let mut mapper = Mapper::new(SourceId(0), &config, heard(&config));
    assert_eq!((mapper.way("spBv1.0/x"), mapper.way("plant/else")), (Way::Elsewhere, Way::Unknown));
    assert_eq!(mapper.way("plant/a/door"), mapper.way("plant/b/door"), "one plan for what the same filters match");
    assert_ne!(mapper.way("plant/a/door"), mapper.way("plant/hall/door"));
    let own = Config { filters: vec!["factory/+/x".to_owned()], ..config };
    assert_eq!(heard(&own), ["factory/+/x"]);
}

#[test]
fn the_decoder_and_the_encoder_conform() {
    let messages = || {
        vec![
            (message("plant/mill-1/power", "1"), 1),
            (message("plant/mill-1/power", "inf"), 1),
            (message("plant/mill-1/state", r#"{"ts":1,"data":{"power":3,"state":"run","x":1}}"#), 3),
            (message("plant/mill-1/state", "{"), 1),
            (message("elsewhere", "1"), 1),
            (message("plant/mill-1/power", ""), 0),
        ]
    };
    collect::suite::check(|| Decoder::new(SourceId(1), &config()), messages).unwrap_or_else(|e| panic!("{e}"));
    let config = config();
    let bench =
        act::suite::Bench { number: Some((ChannelId(2), 41.5)), word: Some((ChannelId(1), "A-7")), unknown: ChannelId(0) };
    act::suite::check(&Encoder(&config), bench);
    let command = Encoder(&config).encode(ChannelId(2), &CommandValue::Number(41.5)).expect("a command");
    assert_eq!(command, Command { topic: "plant/mill-1/power/set".to_owned(), payload: b"41.5".to_vec() });
}

proptest! {
    #[test]
    fn any_payload_gives_entries_and_never_a_panic(topic in 0..CHANNELS.len(), payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        let topic = CHANNELS[topic].split(['#', '>']).next().expect("the first part").replace('+', "x");
        let delivery = Decoder::new(SourceId(0), &config()).decode(Message { topic, payload }, Instant::EPOCH);
        prop_assert!(delivery.readings.len() + delivery.refused.len() <= 200);
    }

    #[test]
    fn any_document_gives_one_entry_a_leaf(power in any::<f64>(), others in proptest::collection::btree_map("[a-z]{1,6}", any::<i32>(), 0..20)) {
        let mut document = serde_json::json!({ "ts": 1_700_000_000, "data": { "power": power } });
        for (name, value) in &others {
            document["more"][name] = (*value).into();
        }
        let mut load = Load::new(SourceId(0));
        let mut decoder = Decoder::new(SourceId(0), &config());
        decoder.add(("plant/mill-1/state", document.to_string().as_bytes()), Instant::EPOCH, &mut load);
        prop_assert_eq!(load.len(), 1 + others.len());
        prop_assert_eq!(load.take().len(), 1 + others.len());
    }

    #[test]
    fn any_text_is_an_address_or_an_error(text in ".{0,40}") {
        let _ = text.parse::<Address>();
        let _ = Config::at(&text);
    }
}
