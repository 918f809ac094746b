//! MTConnect addresses and documents, without a socket. The task is tested against an agent in `tests/peers.rs`.

use super::config::{Address, Config};
use super::sink::Encoder;
use super::wire::{Answer, Asked, Decoder, Document, Turn, parse};
use act::{Sink, Unwritable};
use collect::{Delivery, Place, RawValue, Source};
use measure::Instant;
use plant::{ChannelId, CommandValue, Quality, RefusalReason, SourceId};
use proptest::prelude::*;

const LOAD: ChannelId = ChannelId(0);
const MODE: ChannelId = ChannelId(1);
const COUNT: ChannelId = ChannelId(2);
const ALARM: ChannelId = ChannelId(3);

const PROBE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<m:MTConnectDevices xmlns:m="urn:mtconnect.org:MTConnectDevices:1.7" xmlns:x="urn:vendor">
  <m:Header instanceId="7" sender="a" bufferSize="100" version="1.7"/>
  <m:Devices>
    <m:Device id="d1" name="mill-1" uuid="m-0001"><m:Components><m:Axes id="a1"><m:Components>
      <m:Linear id="l1" name="X"><m:DataItems>
        <m:DataItem id="xl" name="Xload" category="SAMPLE" type="LOAD" units="PERCENT"/>
        <m:DataItem id="xs" name="Xwave" category="SAMPLE" type="LOAD" representation="TIME_SERIES"/>
      </m:DataItems></m:Linear></m:Components></m:Axes></m:Components>
      <m:DataItems><m:DataItem id="md" name="mode" category="EVENT" type="CONTROLLER_MODE"/>
        <m:DataItem id="pc" name="count" category="EVENT" type="PART_COUNT"/>
        <m:DataItem id="al" name="alarm" category="CONDITION" type="SYSTEM"/></m:DataItems>
    </m:Device>
    <m:Device id="d2" name="mill-2" uuid="m-0002"><m:DataItems>
      <m:DataItem id="m2" name="mode" category="EVENT" type="CONTROLLER_MODE"/></m:DataItems></m:Device>
  </m:Devices>
</m:MTConnectDevices>"#;

/// A document of streams: instance, first, next, then the observations in their groups.
fn streams((instance, first, next): (u64, u64, u64), samples: &str, events: &str, conditions: &str) -> Vec<u8> {
    let last = next - 1;
    format!(
        r#"<MTConnectStreams xmlns="urn:mtconnect.org:MTConnectStreams:1.7"><Header instanceId="{instance}" firstSequence="{first}"
        lastSequence="{last}" nextSequence="{next}"/><Streams><DeviceStream name="mill-1" uuid="m-0001"><ComponentStream component="Axes">
        <Samples>{samples}</Samples><Events>{events}</Events><Condition>{conditions}</Condition>
        </ComponentStream></DeviceStream></Streams></MTConnectStreams>"#
    )
    .into_bytes()
}

fn load(sequence: u64, text: &str) -> String {
    format!(r#"<Load dataItemId="xl" sequence="{sequence}" timestamp="2026-03-02T06:00:00.25Z">{text}</Load>"#)
}

fn mode(sequence: u64, text: &str) -> String {
    format!(r#"<ControllerMode dataItemId="md" sequence="{sequence}" timestamp="2026-03-02T06:00:01Z">{text}</ControllerMode>"#)
}

fn address(text: &str) -> Address {
    text.parse().unwrap_or_else(|e| panic!("{e}"))
}

fn config() -> Config {
    let mut config = Config::at("http://127.0.0.1:5000").expect("an address");
    config.channels =
        vec![(LOAD, address("mill-1/Xload")), (MODE, address("m-0001/mode")), (COUNT, address("pc")), (ALARM, address("alarm"))];
    (config.numbers, config.events) = ([LOAD, COUNT].into(), [ALARM].into());
    config
}

fn decode(decoder: &mut Decoder, asked: Asked, body: impl Into<Vec<u8>>) -> Delivery {
    decoder.decode(Answer { asked, body: body.into() }, Instant::from_seconds(1_800_000_000))
}

/// A decoder that knows the data items and has read current up to sequence number 10.
fn at_ten() -> Decoder {
    let mut decoder = Decoder::new(SourceId(3), &config());
    let probed = decode(&mut decoder, Asked::Probe, PROBE);
    assert_eq!((probed.readings.len(), probed.refused.len()), (0, 0), "{probed:?}");
    let current = decode(&mut decoder, Asked::Current, streams((7, 1, 10), &load(9, "40.5"), &mode(8, "AUTOMATIC"), ""));
    assert_eq!((current.readings.len(), decoder.next()), (2, Some(10)));
    decoder
}

#[test]
fn addresses_are_read_and_written_the_same_or_refused_with_a_sentence() {
    for text in ["x2f", "mill-1/Xload", "m-0001/X load"] {
        assert_eq!(address(text).to_string(), text);
    }
    for (text, trouble) in [
        ("", "it has an empty part"),
        ("/x", "it has an empty part"),
        ("a/b/c", "it has more than two parts, or blanks at its ends"),
        (" x", "it has more than two parts, or blanks at its ends"),
    ] {
        let error = text.parse::<Address>().expect_err(text).to_string();
        assert!(error.starts_with(&format!("`{text}` is no MTConnect data item: {trouble}; allowed is the id")), "{error}");
    }
    let at = |text| Config::at(text).map(|c| (c.host, c.port, c.device));
    assert_eq!(at("http://cell:5000/mill-1"), Ok(("cell".to_owned(), 5_000, Some("mill-1".to_owned()))));
    assert_eq!(at("mtconnect://cell:5000"), Ok(("cell".to_owned(), 5_000, None)));
    assert!(Config::at("https://cell:5001").expect("an agent").secure);
    assert_eq!(at("http://[::1]:80/"), Ok(("::1".to_owned(), 80, None)));
    for (text, trouble) in [
        ("cell:5000", "it does not begin with http:// or https://"),
        ("ftp://cell:5000", "it does not begin with http:// or https://"),
        ("http://cell", "it has no port"),
        ("http://cell:5000/a b", "its device is not a name of letters, digits and -_.~"),
    ] {
        let error = at(text).expect_err(text).to_string();
        assert!(error.starts_with(&format!("`{text}` is no MTConnect agent: {trouble}; allowed is http://")), "{error}");
    }
}

#[test]
fn a_probe_tells_the_data_items() {
    let Ok(Document::Devices(header, items)) = parse(PROBE.as_bytes()) else { panic!("a document of devices") };
    assert_eq!((header.instance, items.len()), (Some(7), 6));
    let load = &items[0];
    assert_eq!((load.id.as_str(), load.name.as_deref(), load.units.as_deref()), ("xl", Some("Xload"), Some("PERCENT")));
    assert_eq!((load.path.as_slice(), load.kind.as_str()), (["mill-1", "Axes", "X"].map(str::to_owned).as_slice(), "LOAD"));
    assert!(load.of_device("m-0001") && load.of_device("d1") && !load.of_device("mill-2"));
    assert_eq!(items[5].path, ["mill-2"]);
}

#[test]
fn what_cannot_be_read_is_refused_once_with_the_reason() {
    let mut config = config();
    config.channels =
        ["mode", "nothing", "mill-2/Xload", "Xwave"].map(address).into_iter().zip(0..).map(|(a, i)| (ChannelId(i), a)).collect();
    let delivery = decode(&mut Decoder::new(SourceId(0), &config), Asked::Probe, PROBE);
    let told: Vec<_> = delivery.refused.iter().map(|r| (r.place.as_str(), r.found.as_str(), r.reason)).collect();
    let wanted = [
        ("mode", "2 data items of that name", RefusalReason::UnknownChannel),
        ("nothing", "no such data item", RefusalReason::UnknownChannel),
        ("mill-2/Xload", "no such data item", RefusalReason::UnknownChannel),
        ("Xwave", "a data item of representation TIME_SERIES", RefusalReason::WrongType),
    ];
    assert_eq!(told, wanted);
}

#[test]
fn observations_become_readings_in_the_order_of_their_numbers() {
    let mut decoder = at_ten();
    let events = format!(
        r#"{}<PartCount dataItemId="pc" sequence="10" timestamp="2026-03-02T07:00:00+01:00">12</PartCount>"#,
        mode(12, "MANUAL &amp; &#77;DI")
    );
    let faults = r#"<Fault dataItemId="al" sequence="13" timestamp="2026-03-02T06:00:02" type="SYSTEM" nativeCode="E7">too hot</Fault>
        <Normal dataItemId="al" sequence="14" timestamp="2026-03-02T06:00:03Z" type="SYSTEM"/>"#;
    let delivery = decode(&mut decoder, Asked::Sample, streams((7, 1, 15), &load(11, " 41 "), &events, faults));
    assert_eq!(delivery.refused, []);
    let told: Vec<_> = delivery.readings.iter().map(|r| (r.place.clone(), r.value.clone())).collect();
    let word = |text: &str| RawValue::Text(text.to_owned());
    let wanted = [
        (Place::Channel(COUNT), RawValue::Number(12.0)),
        (Place::Channel(LOAD), RawValue::Number(41.0)),
        (Place::Channel(MODE), word("MANUAL & MDI")),
        (Place::Channel(ALARM), word("fault:E7")),
        (Place::Channel(ALARM), word("normal")),
    ];
    assert_eq!(told, wanted);
    let six = Instant::from_civil(2026, 3, 2, 6, 0, 0).expect("a date");
    assert_eq!(delivery.readings[0].at, Some(six), "an offset is taken off");
    assert_eq!(delivery.readings[1].at, Some(six + measure::Span::from_millis(250)));
    assert_eq!(delivery.readings[3].at, Some(six + measure::Span::from_seconds(2)), "without a zone it is UTC");
    assert_eq!((decoder.next(), decoder.take_notes()), (Some(15), super::wire::Notes::default()));
}

#[test]
fn unavailable_is_the_last_value_of_bad_quality_but_events_are_not_told_again() {
    let mut decoder = at_ten();
    let gone = streams(
        (7, 1, 13),
        &load(10, "UNAVAILABLE"),
        r#"<PartCount dataItemId="pc" sequence="12" timestamp="2026-03-02T06:00:00Z">UNAVAILABLE</PartCount>"#,
        r#"<Unavailable dataItemId="al" sequence="11" timestamp="2026-03-02T06:00:00Z" type="SYSTEM"/>"#,
    );
    let delivery = decode(&mut decoder, Asked::Sample, gone);
    assert_eq!((delivery.readings.len(), delivery.refused.len()), (1, 0), "the count never had a value: {delivery:?}");
    assert_eq!((&delivery.readings[0].value, delivery.readings[0].quality), (&RawValue::Number(40.5), Quality::Bad));
    let doubtful = load(13, "44").replace("<Load", r#"<Load quality="INVALID""#);
    let delivery = decode(&mut decoder, Asked::Sample, streams((7, 1, 14), &doubtful, "", ""));
    assert_eq!(delivery.readings[0].quality, Quality::Bad);
}

#[test]
fn bad_observations_are_refused_with_the_place() {
    let delivery = decode(
        &mut at_ten(),
        Asked::Sample,
        streams((7, 1, 12), &load(10, "1.0 2.0 3.0"), &mode(11, "x").replace("06:00", "6 h"), ""),
    );
    let told: Vec<_> = delivery.refused.iter().map(|r| (r.place.as_str(), r.found.as_str(), r.reason)).collect();
    let wanted = [
        ("mill-1/Xload", "`1.0 2.0 3.0`", RefusalReason::WrongType),
        ("m-0001/mode", "the time `2026-03-02T6 h:01Z`", RefusalReason::Malformed),
    ];
    assert_eq!(told, wanted);
}

#[test]
fn a_full_piece_is_followed_at_once() {
    let mut decoder = at_ten();
    let piece = String::from_utf8(streams((7, 1, 12), &load(10, "1"), "", ""))
        .expect("text")
        .replace("lastSequence=\"11\"", "lastSequence=\"40\"");
    decode(&mut decoder, Asked::Sample, piece);
    assert_eq!((decoder.take_notes().turn, decoder.next()), (Turn::More, Some(12)));
}

const OUT_OF_RANGE: &str = r#"<MTConnectError><Header instanceId="7"/><Errors><Error errorCode="OUT_OF_RANGE">'from' is &lt; 60</Error></Errors></MTConnectError>"#;

#[test]
fn a_gap_is_counted_and_current_brings_what_did_not_change_since() {
    for overrun in [OUT_OF_RANGE.as_bytes().to_vec(), streams((7, 60, 61), &load(60, "3"), "", "")] {
        let mut decoder = at_ten();
        assert_eq!(decode(&mut decoder, Asked::Sample, overrun).readings, []);
        assert_eq!((decoder.take_notes().turn, decoder.next()), (Turn::Current, Some(10)));
        let current = streams((7, 60, 100), &load(99, "9"), &mode(20, "MANUAL"), "");
        let delivery = decode(&mut decoder, Asked::Current, current);
        assert_eq!(delivery.readings.len(), 1, "the mode; the load comes with the samples from 60 on");
        assert_eq!(delivery.readings[0].value, RawValue::Text("MANUAL".to_owned()));
        let notes = decoder.take_notes();
        assert_eq!(notes.troubles, ["49 observations left the agent's buffer before they were read"]);
        assert_eq!((notes.turn, decoder.next()), (Turn::More, Some(60)));
    }
}

#[test]
fn behind_a_faster_agent_its_newest_is_taken() {
    let mut decoder = at_ten();
    decode(&mut decoder, Asked::Sample, OUT_OF_RANGE);
    decode(&mut decoder, Asked::Current, streams((7, 60, 100), &load(99, "9"), "", ""));
    decode(&mut decoder, Asked::Sample, OUT_OF_RANGE);
    let delivery = decode(&mut decoder, Asked::Current, streams((7, 200, 300), &load(299, "7"), "", ""));
    assert_eq!(delivery.readings[0].value, RawValue::Number(7.0));
    let notes = decoder.take_notes();
    assert_eq!(notes.troubles, ["239 observations left the agent's buffer before they were read"]);
    assert_eq!(decoder.next(), Some(300));
}

#[test]
fn another_instance_begins_anew() {
    for other in [streams((8, 1, 3), &load(2, "5"), "", ""), streams((7, 1, 3), &load(2, "5"), "", "")] {
        let mut decoder = at_ten();
        assert_eq!(decode(&mut decoder, Asked::Sample, other).readings, []);
        let notes = decoder.take_notes();
        assert_eq!(
            (notes.turn, notes.troubles),
            (Turn::Anew, vec!["the agent began anew; it is asked for all it has".to_owned()])
        );
    }
}

#[test]
fn what_is_no_answer_is_refused_and_ends_the_session() {
    let table: [(Asked, &[u8], &str); 9] = [
        (Asked::Sample, b"", "no element at all"),
        (Asked::Sample, b"busy", "no element at all"),
        (Asked::Sample, b"<html><body/></html>", "a document `html`"),
        (
            Asked::Sample,
            b"<MTConnectStreams><Header",
            "at byte 18: syntax error: tag not closed: `>` not found before end of input",
        ),
        (Asked::Sample, b"<MTConnectStreams><Streams>", "it ends within `MTConnectStreams/Streams`"),
        (Asked::Sample, b"<MTConnectStreams>\xFF</MTConnectStreams>", "not UTF-8 after byte 18"),
        (Asked::Sample, b"<a/><b/>", "at byte 8: a second root element"),
        (Asked::Probe, b"<MTConnectStreams/>", "a document of streams"),
        (
            Asked::Probe,
            b"<MTConnectError><Errors><Error errorCode=\"NO_DEVICE\">none</Error></Errors></MTConnectError>",
            "the agent's error NO_DEVICE: none",
        ),
    ];
    for (asked, body, found) in table {
        let mut decoder = at_ten();
        let delivery = decode(&mut decoder, asked, body);
        assert_eq!((delivery.readings.len(), delivery.refused.len()), (0, 1), "{found}");
        let refused = &delivery.refused[0];
        assert_eq!(
            (refused.found.as_str(), refused.reason, refused.place.as_str()),
            (found, RefusalReason::Malformed, asked.word())
        );
        assert_eq!(decoder.take_notes().failed, Some(format!("{}: {found}", asked.word())));
    }
    let deep = "<a>".repeat(70);
    assert!(parse(deep.as_bytes()).is_err_and(|e| e.ends_with("elements nested deeper than 64")));
    let entity =
        r#"<!DOCTYPE x [<!ENTITY e "eeee">]><MTConnectError><Errors><Error errorCode="A">&e;</Error></Errors></MTConnectError>"#;
    assert!(parse(entity.as_bytes()).is_err_and(|e| e.ends_with("the unknown entity `&e;`")));
    let mut small = Decoder::new(SourceId(0), &Config { document_max: 100, ..config() });
    let refused = decode(&mut small, Asked::Probe, PROBE).refused;
    assert_eq!((refused[0].reason, refused[0].allowed.as_str()), (RefusalReason::TooLarge, "at most 100 bytes"));
}

#[test]
fn times_are_read_or_there_is_none() {
    let read = |text: &str| super::wire::instant(text).map(|at| at.micros());
    let six = Instant::from_civil(2026, 3, 2, 6, 0, 0).expect("a date").micros();
    for (text, after) in [
        ("2026-03-02T06:00:00Z", 0),
        ("2026-03-02T06:00:00", 0),
        ("2026-03-02T06:00:00.5Z", 500_000),
        ("2026-03-02T06:00:00.123456789Z", 123_456),
        ("2026-03-02T08:00:00+02:00", 0),
        ("2026-03-01T22:30:00-0730", 0),
        ("2026-03-02T06:00Z", 0),
    ] {
        assert_eq!(read(text), Some(six + after), "{text}");
    }
    for bad in [
        "",
        "2026-03-02",
        "2026-13-02T06:00:00Z",
        "2026-03-02T06:00:00.x",
        "2026-03-02T06:00:00+99:00",
        "T",
        "9999999-01-01T00:00:00Z",
    ] {
        assert_eq!(read(bad), None, "{bad}");
    }
}

#[test]
fn there_are_no_writes() {
    let config = config();
    let refused = Encoder(&config).encode(LOAD, &CommandValue::Word("go".to_owned())).expect_err("no writes").to_string();
    assert_eq!(refused, "mill-1/Xload takes no writes (MTConnect reads only), found `go`");
    assert_eq!(Encoder(&config).encode(ChannelId(99), &CommandValue::Number(1.0)), Err(Unwritable::NoAddress(99)));
}

#[test]
fn the_decoder_conforms() {
    let messages = || {
        vec![
            (Answer { asked: Asked::Probe, body: PROBE.as_bytes().to_vec() }, 0),
            (Answer { asked: Asked::Current, body: streams((7, 1, 10), &load(9, "1"), &mode(8, "A"), "") }, 2),
            (Answer { asked: Asked::Sample, body: streams((7, 1, 12), &load(10, "x"), &mode(11, "B"), "") }, 2),
            (Answer { asked: Asked::Sample, body: b"<".to_vec() }, 1),
        ]
    };
    let deliveries = collect::suite::check(|| Decoder::new(SourceId(1), &config()), messages).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(deliveries.iter().map(|d| d.refused.len()).sum::<usize>(), 2);
}

/// An agent that answers probe and current over HTTP, each connection once.
async fn agent(current: Vec<u8>) -> (u16, tokio::task::JoinSet<()>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut request = vec![0; 4_096];
            let length = stream.read(&mut request).await.expect("a request");
            let asked = String::from_utf8_lossy(&request[..length]).into_owned();
            let body = if asked.starts_with("GET /probe ") { PROBE.as_bytes() } else { current.as_slice() };
            let head = format!("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all(&[head.as_bytes(), body].concat()).await.expect("written");
        }
    });
    (port, tasks)
}

#[tokio::test]
async fn a_browse_tells_the_data_items_with_their_values() {
    use crate::browse::{Ask, Trouble, suite};
    use survey::{Data, Value};
    let (port, agent) = agent(streams((7, 1, 10), &load(9, "40.5"), &mode(8, "AUTOMATIC"), "")).await;
    let config = Config::at(&format!("http://127.0.0.1:{port}")).expect("an address");
    let found = suite::holds(&super::PROTOCOL, crate::Config::MtConnect(config.clone()), Ask::default(), 2).await;
    let told: Vec<&str> = found.iter().map(|f| f.address.as_str()).collect();
    assert_eq!(told, ["mill-1/Xload", "mill-1/mode", "mill-1/count", "mill-1/alarm", "mill-2/mode"], "not the wave");
    let first = &found[0];
    assert_eq!((first.path.join("/").as_str(), first.device), ("mill-1/Axes/X/Xload", Some(1)));
    assert_eq!((first.unit.as_deref(), first.term.as_deref(), first.data), (Some("PERCENT"), Some("Load"), Data::Real));
    assert_eq!(first.value, Some(Value::Number(40.5)));
    assert_eq!((found[1].term.as_deref(), &found[1].value), (Some("ControllerMode"), &Some(Value::Text("AUTOMATIC".to_owned()))));
    let lost = Ask { from: Some("x".to_owned()), ..Ask::default() };
    let (pages, _) = crate::Pages::channel();
    let error = super::browse(config.clone(), lost, pages).await.expect_err("no cursor");
    assert_eq!((error.trouble, error.said.as_str()), (Trouble::Cursor, "`x` is no cursor of an MTConnect agent"));
    drop(agent);
    let (pages, _) = crate::Pages::channel();
    let error = super::browse(config, Ask::default(), pages).await.expect_err("nobody is there");
    assert_eq!(error.trouble, Trouble::Unreachable);
}

const ASKED: [Asked; 3] = [Asked::Probe, Asked::Current, Asked::Sample];

proptest! {
    #[test]
    fn any_bytes_give_one_refusal_and_no_panic(asked in 0..3_usize, body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let delivery = decode(&mut at_ten(), ASKED[asked], body);
        prop_assert_eq!((delivery.readings.len(), delivery.refused.len()), (0, 1));
    }

    #[test]
    fn a_document_with_wrong_bytes_gives_no_panic(
        asked in 0..3_usize,
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut body = if asked == 0 {
            PROBE.as_bytes().to_vec()
        } else {
            streams((7, 1, 20), &load(12, "1"), &mode(11, "A"), r#"<Fault dataItemId="al" sequence="13" timestamp="2026-03-02T06:00:02Z" nativeCode="E7"/>"#)
        };
        for (place, byte) in places {
            let place = place.index(body.len());
            body[place] = byte;
        }
        if is_cut {
            body.truncate(cut.index(body.len()));
        }
        let mut decoder = at_ten();
        let delivery = decode(&mut decoder, ASKED[asked], body);
        prop_assert!(delivery.readings.len() + delivery.refused.len() <= 4);
    }

    #[test]
    fn any_numbers_in_a_header_are_taken(first in any::<u64>(), next in 1..u64::MAX, sequence in any::<u64>(), current in any::<bool>()) {
        let mut decoder = at_ten();
        let body = streams((7, first, next), &load(sequence, "1"), "", "");
        decode(&mut decoder, if current { Asked::Current } else { Asked::Sample }, body);
        prop_assert!(decoder.next().is_some_and(|ours| ours >= 10));
    }

    #[test]
    fn any_text_is_a_time_or_none(text in "[-0-9T:.Z+]{0,30}") {
        let _ = super::wire::instant(&text);
    }
}
