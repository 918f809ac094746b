//! Modbus addresses, blocks, registers and writes, without a socket. The task is tested against a real peer in `tests/peers.rs`.

use super::address::{Address, DataType, LOG_REGISTERS};
use super::config::{Config, Forbidden, Limits};
use super::wire::{Answer, BITS_MAX, Decoder, Encoder, REGISTERS_MAX, encode, log_registers, plan, text_registers};
use collect::{Delivery, Place, RawValue, Source};
use measure::Instant;
use plant::{ChannelId, CommandValue, RefusalReason, SourceId};
use proptest::prelude::*;
use std::time::Duration;

fn config(addresses: &[&str]) -> Config {
    let mut config = Config::at("127.0.0.1:502").expect("an address");
    config.heartbeat = Duration::from_secs(5);
    config.channels =
        addresses.iter().enumerate().map(|(i, a)| (ChannelId(i as u32), a.parse().unwrap_or_else(|e| panic!("{e}")))).collect();
    config
}

fn decoded(decoder: &mut Decoder, words: &[u16]) -> Delivery {
    decoder.decode(Answer { block: 0, result: Ok(words.to_vec()) }, Instant::from_seconds(9))
}

fn one(address: &str, words: &[u16]) -> RawValue {
    let delivery = decoded(&mut Decoder::new(SourceId(0), &config(&[address])), words);
    assert_eq!(delivery.refused, [], "{address}");
    delivery.readings[0].value.clone()
}

#[test]
fn addresses_are_read_and_written_the_same() {
    for text in [
        "1/holding/100/u32/0.1",
        "3/input/0/u16/0=off,1=standby,2=producing",
        "255/coil/65535/bit",
        "1/discrete/7/bit/0=closed,1=open",
        "1/input/2/f32-low",
        "9/holding/400/text24",
        "9/input/600/log",
        "0/input/0/u64",
        "1/holding/0/i16/0.1-273.15@200ms",
        "1/holding/0/u16/0.5+3",
        "1/holding/0/i64-little@90s",
        "1/holding/0/f64-swap@2min",
        "1/holding/0/bit15",
        "1/holding/0/bits4-7/1=auto,2=manual",
        "1/holding/0/u8-high",
        "1/holding/0/i8-low",
        "1/holding/0/u8-low-swap",
        "1/holding/0/bcd32-low",
        "1/holding/0/text4-swap",
    ] {
        assert_eq!(text.parse::<Address>().expect(text).to_string(), text);
    }
}

#[test]
fn a_bad_address_is_answered_with_a_sentence() {
    let table = [
        ("", "it has fewer than four parts"),
        ("1/holding/100", "it has fewer than four parts"),
        ("300/holding/100/u16", "unit `300` is not a number from 0 to 255"),
        ("1/register/100/u16", "`register` is not a table"),
        ("1/holding/40001x/u16", "address `40001x` is not a number from 0 to 65535"),
        ("1/holding/100/u8", "`u8` is not a type"),
        ("1/holding/100/bit16", "`bit16` is not a type"),
        ("1/holding/100/bits7-4", "`bits7-4` is not a type"),
        ("1/holding/100/u32-middle", "`u32-middle` is not a type"),
        ("1/coil/0/bit-low", "type `bit` has no order of bytes"),
        ("1/holding/100/u16@soon", "period `soon` is not such as 200ms or 5s"),
        ("1/holding/100/u16@1ms", "period `1ms` is not such as 200ms or 5s"),
        ("1/holding/0/u16/1e-3-x", "offset `-x` is not a number"),
        ("1/holding/100/text200", "`text200` is not a type"),
        ("1/holding/65535/u32", "it ends beyond address 65535: it takes 2 registers from 65535"),
        ("1/coil/0/u16", "type `u16` does not fit table `coil`"),
        ("1/holding/0/bit", "type `bit` does not fit table `holding`"),
        ("1/holding/0/u16/0", "factor `0` is not a number other than 0"),
        ("1/holding/0/u16/NaN", "factor `NaN` is not a number other than 0"),
        ("1/holding/0/f32/1=on", "type `f32` takes no words; whole numbers do"),
        ("1/holding/0/u16/1=on,1=off", "`1=off` names a code or a word twice"),
        ("1/holding/0/u16/x=on", "code `x` is not a number from 0 to 65535"),
        ("1/holding/0/log/2", "type `log` takes neither factor nor words"),
    ];
    for (text, trouble) in table {
        let error = text.parse::<Address>().expect_err(text).to_string();
        let start = format!("`{text}` is no Modbus register: {trouble}; allowed is unit/table/address/type");
        assert!(error.starts_with(&start), "{error}");
    }
    let error = Config::at("plc").expect_err("no port").to_string();
    assert_eq!(error, "`plc` is no Modbus TCP device: it has no port; allowed is host:port, such as 192.168.0.7:502");
    let error = Config::at("plc:0").expect_err("port 0").to_string();
    assert!(error.starts_with("`plc:0` is no Modbus TCP device: its port is not a number from 1 to 65535;"), "{error}");
}

#[test]
fn neighbours_share_a_block_and_gaps_are_not_read() {
    let config =
        config(&["1/input/4/u32", "1/input/0/f32", "1/input/2/f32", "1/input/10/u16", "2/input/6/u16", "1/holding/6/u16"]);
    let blocks = plan(&config.channels, &config.limits, config.poll);
    let shape: Vec<_> = blocks.iter().map(|b| (b.unit, b.table.word(), b.at, b.count, b.points.clone())).collect();
    assert_eq!(
        shape,
        [
            (1, "input", 0, 6, vec![1, 2, 0]),
            (1, "input", 10, 1, vec![3]),
            (1, "holding", 6, 1, vec![5]),
            (2, "input", 6, 1, vec![4])
        ]
    );
}

#[test]
fn blocks_reach_over_gaps_but_not_over_what_is_forbidden_and_keep_periods_apart() {
    let shape = |limits: Limits, addresses: &[&str]| -> Vec<(u16, u16, u128)> {
        let config = config(addresses);
        plan(&config.channels, &limits, config.poll).iter().map(|b| (b.at, b.count, b.every.as_millis())).collect()
    };
    let addresses = ["1/holding/0/u16", "1/holding/5/u16", "1/holding/20/u32", "1/holding/6/u16@100ms"];
    let usual = Limits::default();
    assert_eq!(shape(usual.clone(), &addresses), [(6, 1, 100), (0, 1, 1_000), (5, 1, 1_000), (20, 2, 1_000)]);
    let wide = Limits { gap_max: 14, ..usual };
    assert_eq!(shape(wide.clone(), &addresses), [(6, 1, 100), (0, 22, 1_000)]);
    let forbidden = vec!["holding/10-12".parse().expect("a range"), "2/holding/3".parse().expect("another unit's")];
    let fenced = Limits { forbidden, ..wide };
    assert_eq!(shape(fenced, &addresses), [(6, 1, 100), (0, 6, 1_000), (20, 2, 1_000)]);
    let small = Limits { registers_max: 7, ..wide };
    assert_eq!(shape(small, &addresses), [(6, 1, 100), (0, 6, 1_000), (20, 2, 1_000)]);
}

#[test]
fn a_bad_range_is_answered_with_a_sentence() {
    assert_eq!("3/input/0-9".parse::<Forbidden>().expect("a range").to_string(), "3/input/0-9");
    let table = [
        ("holding", "it has not two or three parts"),
        ("registers/1-2", "`registers` is not a table"),
        ("holding/9-3", "9 comes after 3"),
        ("holding/1-x", "`x` is not a number from 0 to 65535"),
        ("999/holding/1-2", "unit `999` is not a number from 0 to 255"),
    ];
    for (text, trouble) in table {
        let error = text.parse::<Forbidden>().expect_err(text).to_string();
        assert!(error.starts_with(&format!("`{text}` is no range of registers: {trouble}; allowed is ")), "{error}");
    }
}

#[test]
fn every_type_is_read_in_every_order() {
    // the bytes of the number, highest first, as the four orders put them into registers
    let orders = |bytes: &[u8]| -> [(&'static str, Vec<u16>); 4] {
        let big: Vec<u16> = bytes.chunks(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect();
        let low: Vec<u16> = big.iter().rev().copied().collect();
        let swap = |words: &[u16]| words.iter().map(|w| w.swap_bytes()).collect();
        [("-swap", swap(&big)), ("-little", swap(&low)), ("", big), ("-low", low)]
    };
    let table: [(&str, Vec<u8>, f64); 12] = [
        ("u16", 0xFEDC_u16.to_be_bytes().to_vec(), f64::from(0xFEDC)),
        ("i16", (-2_i16).to_be_bytes().to_vec(), -2.0),
        ("u32", 0xFEDC_BA98_u32.to_be_bytes().to_vec(), f64::from(0xFEDC_BA98_u32)),
        ("i32", (-70_000_i32).to_be_bytes().to_vec(), -70_000.0),
        ("f32", (-1.5_f32).to_be_bytes().to_vec(), -1.5),
        ("u64", 0x0012_3456_789A_BCDE_u64.to_be_bytes().to_vec(), 5_124_095_576_030_430.0),
        ("i64", (-5_000_000_000_i64).to_be_bytes().to_vec(), -5_000_000_000.0),
        ("f64", 1e-300_f64.to_be_bytes().to_vec(), 1e-300),
        ("bcd16", vec![0x12, 0x34], 1_234.0),
        ("bcd32", vec![0x12, 0x34, 0x56, 0x78], 12_345_678.0),
        ("u8-high", vec![0xFE, 0x01], 254.0),
        ("i8-low", vec![0x01, 0xFE], -2.0),
    ];
    for (kind, bytes, number) in table {
        for (order, words) in orders(&bytes) {
            let address = format!("1/holding/0/{kind}{order}");
            assert_eq!(one(&address, &words), RawValue::Number(number), "{address} {words:04x?}");
            let writing = encode(&address.parse().expect(&address), &CommandValue::Number(number)).expect(&address);
            let mask = writing.mask.unwrap_or(u16::MAX);
            let masked: Vec<u16> = words.iter().map(|w| w & mask).collect();
            assert_eq!(writing.registers, masked, "{address} is written as it is read");
        }
    }
    assert_eq!(one("1/holding/0/text2-swap", &[0x314F, 0x0000]), RawValue::Text("O1".to_owned()));
    assert_eq!(one("1/holding/0/i16/0.1-273.15", &[2_931]), RawValue::Number(2_931.0 * 0.1 - 273.15));
}

#[test]
fn bits_of_a_register_are_values_of_their_own() {
    let config = config(&["1/holding/0/bit3", "1/holding/0/bits4-6/1=auto,2=manual", "1/holding/0/u8-high"]);
    let mut decoder = Decoder::new(SourceId(0), &config);
    assert_eq!(decoder.blocks().len(), 1, "read once");
    let values = |delivery: Delivery| delivery.readings.into_iter().map(|r| r.value).collect::<Vec<_>>();
    let auto = RawValue::Text("auto".to_owned());
    assert_eq!(values(decoded(&mut decoder, &[0x0718])), [RawValue::Flag(true), auto, RawValue::Number(7.0)]);
    assert_eq!(values(decoded(&mut decoder, &[0x0710])), [RawValue::Flag(false)], "the others did not change");
    let writing = |address: &str, value: CommandValue| {
        let writing = encode(&address.parse().expect(address), &value).expect(address);
        (writing.registers, writing.mask)
    };
    assert_eq!(writing("1/holding/0/bit3", CommandValue::Number(1.0)), (vec![0x0008], Some(0x0008)));
    let manual = CommandValue::Word("manual".to_owned());
    assert_eq!(writing("1/holding/0/bits4-6/1=auto,2=manual", manual), (vec![0x0020], Some(0x0070)));
    assert_eq!(writing("1/holding/0/u8-high-swap", CommandValue::Number(9.0)), (vec![0x0009], Some(0x00FF)));
}

#[test]
fn numbers_that_are_not_exact_and_digits_that_are_none_are_refused() {
    let refused = |address: &str, words: &[u16]| {
        let delivery = decoded(&mut Decoder::new(SourceId(0), &config(&[address])), words);
        (delivery.refused[0].found.clone(), delivery.refused[0].reason)
    };
    assert_eq!(refused("1/input/0/u64", &[0xFFFF; 4]), ("1.8446744073709552e19".to_owned(), RefusalReason::WrongType));
    assert_eq!(refused("1/input/0/i64", &[0x8000, 0, 0, 0]), ("-9.223372036854776e18".to_owned(), RefusalReason::WrongType));
    assert_eq!(refused("1/input/0/bcd16", &[0x12A4]), ("digits 12a4".to_owned(), RefusalReason::Malformed));
}

#[test]
fn registers_become_values() {
    assert_eq!(one("1/input/0/u32/0.1", &[0x0001, 0x0000]), RawValue::Number(6553.6));
    assert_eq!(one("1/input/0/i16", &[0xFFFE]), RawValue::Number(-2.0));
    assert_eq!(one("1/input/0/i32-low", &[0xFFFE, 0xFFFF]), RawValue::Number(-2.0));
    assert_eq!(one("1/input/0/f32", &[0x41C8, 0x0000]), RawValue::Number(25.0));
    assert_eq!(one("1/input/0/u64", &[0, 0, 1, 2]), RawValue::Number(65538.0));
    assert_eq!(one("1/coil/0/bit", &[1]), RawValue::Flag(true));
    assert_eq!(one("1/input/0/u16/4=producing", &[4]), RawValue::Text("producing".to_owned()));
    assert_eq!(one("1/input/0/text3", &[0x4F31, 0x0000, 0x4141]), RawValue::Text("O1".to_owned()));
    let RawValue::Number(nan) = one("1/input/0/f32", &[0x7FC0, 0]) else { panic!("a number") };
    assert!(nan.is_nan(), "not a number is handed on; the door refuses it");
}

#[test]
fn bad_answers_are_refused_with_the_place() {
    type Row = (&'static str, Result<Vec<u16>, &'static str>, &'static str, &'static str, RefusalReason);
    let table: [Row; 5] = [
        ("1/input/0/u16/0=off,1=on", Ok(vec![7]), "code 7", "0=off, 1=on", RefusalReason::UnknownState),
        (
            "1/input/0/text2",
            Ok(vec![0xFFFE, 0x4100]),
            "bytes [ff, fe, 41]",
            "UTF-8 text, two bytes a register",
            RefusalReason::Malformed,
        ),
        (
            "1/input/0/u32",
            Ok(vec![7]),
            "an answer of 1 values where 2 were asked for",
            "the registers of this address",
            RefusalReason::Malformed,
        ),
        (
            "1/input/9/u16",
            Err("Illegal data address"),
            "Illegal data address",
            "the registers of this address",
            RefusalReason::UnknownChannel,
        ),
        (
            "1/input/9/u16",
            Err("Server device failure"),
            "Server device failure",
            "the registers of this address",
            RefusalReason::Malformed,
        ),
    ];
    for (address, result, found, allowed, reason) in table {
        let mut decoder = Decoder::new(SourceId(2), &config(&[address]));
        let answer = Answer { block: 0, result: result.map_err(str::to_owned) };
        let delivery = decoder.decode(answer, Instant::EPOCH);
        assert_eq!((delivery.readings.len(), delivery.refused.len()), (0, 1), "{address}");
        let refused = &delivery.refused[0];
        assert_eq!((refused.place.as_str(), refused.found.as_str(), refused.allowed.as_str()), (address, found, allowed));
        assert_eq!((refused.reason, refused.from), (reason, SourceId(2)));
    }
}

#[test]
fn only_changes_and_a_heartbeat_are_reported() {
    let mut decoder = Decoder::new(SourceId(0), &config(&["1/input/0/u16"]));
    let counts: Vec<usize> =
        [1, 1, 1, 2, 2, 2, 2, 2, 2, 1].iter().map(|word| decoded(&mut decoder, &[*word]).readings.len()).collect();
    assert_eq!(counts, [1, 0, 0, 1, 0, 0, 0, 0, 1, 1]);
    decoder.forget();
    assert_eq!(decoded(&mut decoder, &[1]).readings.len(), 1);
}

#[test]
fn an_event_log_brings_each_event_once_and_names_what_was_overwritten() {
    let names: Vec<String> = (1..=30).map(|i| format!("order-{i}")).collect();
    let log = |count: usize| {
        log_registers(
            count as u64,
            names[..count].iter().enumerate().map(|(i, n)| (Instant::from_seconds(i as i64 + 1), n.as_str())),
        )
    };
    let mut decoder = Decoder::new(SourceId(0), &config(&["1/input/0/log"]));
    let mut words = |count: usize| {
        let delivery = decoded(&mut decoder, &log(count));
        let readings: Vec<String> = delivery
            .readings
            .iter()
            .map(|r| match (&r.value, r.at) {
                (RawValue::Text(word), Some(at)) => format!("{word}@{}", at.seconds()),
                other => panic!("{other:?}"),
            })
            .collect();
        (readings, delivery.refused.iter().map(|r| r.found.clone()).collect::<Vec<_>>())
    };
    assert_eq!(words(3), (vec!["order-3@3".to_owned()], vec![]));
    assert_eq!(words(3), (vec![], vec![]));
    assert_eq!(words(5), (vec!["order-4@4".to_owned(), "order-5@5".to_owned()], vec![]));
    let (readings, refused) = words(15);
    assert_eq!((readings.len(), refused), (8, vec!["2 events overwritten before they were read".to_owned()]));
    assert_eq!(readings[7], "order-15@15");
    assert_eq!(words(2).0, ["order-1@1", "order-2@2"], "a device that started anew");
    assert_eq!(log(3).len(), usize::from(LOG_REGISTERS));
}

#[test]
fn writes_are_encoded_or_refused_with_a_sentence() {
    let word = |w: &str| CommandValue::Word(w.to_owned());
    let good: [(&str, CommandValue, &[u16]); 6] = [
        ("1/holding/5/u16", CommandValue::Number(95.0), &[95]),
        ("1/holding/5/i32/0.01", CommandValue::Number(-1.5), &[0xFFFF, 0xFF6A]),
        ("1/holding/5/f32-low", CommandValue::Number(1.0), &[0, 0x3F80]),
        ("1/holding/5/u16/1=standby,2=ready", word("ready"), &[2]),
        ("1/holding/5/text3", word("O-7"), &[0x4F2D, 0x3700, 0]),
        ("1/coil/5/bit", CommandValue::Number(1.0), &[1]),
    ];
    for (address, value, registers) in good {
        assert_eq!(encode(&address.parse().expect(address), &value).expect(address).registers, registers, "{address}");
    }
    let bad = [
        ("1/input/5/u16", CommandValue::Number(1.0), "1/input/5/u16 takes no writes (coil and holding do), found 1"),
        ("1/holding/5/u16", CommandValue::Number(-1.0), "1/holding/5/u16 cannot hold -1e0, allowed is 0e0 to 6.5535e4"),
        ("1/holding/5/i16", CommandValue::Number(f64::NAN), "1/holding/5/i16 cannot hold NaN, allowed is -3.2768e4 to 3.2767e4"),
        (
            "1/holding/5/f32",
            CommandValue::Number(1e300),
            "1/holding/5/f32 cannot hold 1e300, allowed is -3.4028234663852886e38 to 3.4028234663852886e38",
        ),
        ("1/holding/5/u16/1=standby", word("off"), "1/holding/5/u16/1=standby takes standby, found `off`"),
        ("1/holding/5/text1", word("long"), "1/holding/5/text1 cannot hold 4, allowed is at most 2 bytes"),
        ("1/holding/5/u16", word("on"), "1/holding/5/u16 takes numbers, found `on`"),
        ("1/holding/5/text4", CommandValue::Number(3.0), "1/holding/5/text4 takes words, found 3"),
        ("1/holding/5/log", word("on"), "1/holding/5/log takes no writes (it is a log), found `on`"),
    ];
    for (address, value, sentence) in bad {
        let refusal = encode(&address.parse().expect(address), &value).expect_err(address);
        assert_eq!(refusal.to_string(), sentence);
    }
}

#[test]
fn the_encoder_conforms() {
    let encoder = Encoder::new(&config(&["1/holding/0/i32/0.1", "1/holding/5/text4"]));
    let bench =
        act::suite::Bench { number: Some((ChannelId(0), 95.5)), word: Some((ChannelId(1), "standby")), unknown: ChannelId(77) };
    act::suite::check(&encoder, bench);
}

const KINDS: [&str; 14] = [
    "u16",
    "i16",
    "u32",
    "i32",
    "f32-low",
    "i64-little",
    "text5",
    "u16/0=off,1=on",
    "log",
    "f64-swap",
    "bcd32",
    "u8-high",
    "bits2-5",
    "u64",
];

proptest! {
    #[test]
    fn any_answer_gives_one_entry_a_value_and_never_panics(
        kinds in proptest::collection::vec((0..14_usize).prop_filter("a log takes many", |kind| *kind != 8), 1..20),
        words in proptest::collection::vec(any::<u16>(), 0..140),
        which in 0..4_usize,
    ) {
        let mut at = 0;
        let addresses: Vec<String> = kinds.iter().map(|kind| {
            let text = format!("1/holding/{at}/{}", KINDS[*kind]);
            at += text.parse::<Address>().expect("an address").kind.registers();
            text
        }).collect();
        let config = config(&addresses.iter().map(String::as_str).collect::<Vec<_>>());
        let mut decoder = Decoder::new(SourceId(1), &config);
        let wanted = decoder.blocks().get(which).map_or(0, |b| b.points.len());
        let delivery = decoder.decode(Answer { block: which, result: Ok(words) }, Instant::EPOCH);
        prop_assert_eq!(delivery.readings.len() + delivery.refused.len(), wanted);
        prop_assert!(delivery.readings.iter().all(|r| matches!(r.place, Place::Channel(_))));
    }

    #[test]
    fn any_log_is_read_without_panic(words in proptest::collection::vec(any::<u16>(), 121..122), before in any::<u16>()) {
        let mut decoder = Decoder::new(SourceId(1), &config(&["1/input/0/log"]));
        let mut first = words.clone();
        first[0] = before;
        decoded(&mut decoder, &first);
        let delivery = decoded(&mut decoder, &words);
        prop_assert!(delivery.readings.len() + delivery.refused.len() <= 9);
    }

    #[test]
    fn what_is_written_is_read_back(kind in 0..6_usize, number in -40_000_i32..70_000) {
        let address: Address = format!("1/holding/0/{}", KINDS[kind]).parse().expect("an address");
        if let Ok(writing) = encode(&address, &CommandValue::Number(f64::from(number))) {
            prop_assert_eq!(one(&address.to_string(), &writing.registers), RawValue::Number(f64::from(number)));
        } else {
            prop_assert!(!matches!(address.kind, DataType::I32 | DataType::F32));
        }
    }

    #[test]
    fn blocks_hold_every_channel_once_within_the_limits(
        places in proptest::collection::vec((0..3_u8, 0..600_u16, 0..14_usize, any::<bool>()), 1..80),
    ) {
        let texts: Vec<String> = places.iter().map(|(unit, at, kind, bit)| {
            if *bit { format!("{unit}/coil/{at}/bit") } else { format!("{unit}/input/{at}/{}", KINDS[*kind]) }
        }).collect();
        let config = config(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let blocks = plan(&config.channels, &config.limits, config.poll);
        let mut points: Vec<usize> = blocks.iter().flat_map(|b| b.points.clone()).collect();
        points.sort_unstable();
        prop_assert_eq!(points, (0..texts.len()).collect::<Vec<_>>());
        for block in &blocks {
            let most = if block.table.is_bits() { BITS_MAX } else { REGISTERS_MAX };
            prop_assert!(block.count <= most);
            for point in &block.points {
                let address = &config.channels[*point].1;
                prop_assert!(address.at >= block.at && address.at + address.kind.registers() <= block.at + block.count);
            }
        }
    }

    #[test]
    fn any_text_fits_or_is_refused(word in ".{0,40}", registers in 1..30_u16) {
        match text_registers(&word, registers) {
            Ok(found) => prop_assert_eq!(found.len(), usize::from(registers)),
            Err(_) => prop_assert!(word.len() > usize::from(registers) * 2),
        }
    }
}

#[test]
fn the_decoder_conforms() {
    let config = config(&["1/input/0/u16/0=off,1=on", "1/input/1/f32", "1/holding/0/text2"]);
    let answer = |block: usize, words: &[u16]| Answer { block, result: Ok(words.to_vec()) };
    let messages = || {
        vec![
            (answer(0, &[1, 0x41C8, 0]), 2),
            (answer(1, &[0x4F31, 0]), 1),
            (answer(0, &[1, 0x41C8, 0]), 0), // nothing new
            (answer(0, &[9, 0x7F80, 0]), 2), // an unknown code, infinity
            (answer(1, &[0xFFFF]), 1),       // too short
            (Answer { block: 0, result: Err("Server device failure".to_owned()) }, 2),
            (answer(7, &[1]), 0), // no such block
        ]
    };
    let deliveries = collect::suite::check(|| Decoder::new(SourceId(1), &config), messages).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(deliveries.iter().map(|d| d.refused.len()).sum::<usize>(), 4);
}
