//! Assertions of the Sparkplug 3.0.0 specification on what a host application says on the wire, one test each, named after it. One
//! session of the driver with mosquitto and an edge node is recorded by a tap between driver and broker; the tests read the record.
//! Those that need no socket are in `src/sparkplug/conformance.rs`; `docs/conformance/sparkplug.md` lists them all.

use crate::bench::{Bench, free_port};
use crate::broker::{EdgeNode, Mosquitto};
use crate::channels;
use crate::tap::{Seen, Tap};
use collect::RawValue;
use drivers::sparkplug::wire::{REBIRTH, State, commands, report};
use drivers::{Config, sparkplug};
use measure::Instant;
use plant::{ChannelId, CommandValue, Quality};
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Connect, LastWill, Packet, Publish, Subscribe};
use srad_types::payload::{Message as _, Metric, Payload};
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant as Stopwatch};

const HOST: &str = "tck-host";
const OWN: &str = "spBv1.0/STATE/tck-host";
const REORDER: Duration = Duration::from_millis(400);
const STATE_CHANNEL: ChannelId = ChannelId(0);
const POWER: ChannelId = ChannelId(1);
const SPEED: ChannelId = ChannelId(2);

/// What happened.
struct Scenario {
    /// Up to the cut of the line.
    first: Vec<Seen>,
    /// After it, up to the end.
    second: Vec<Seen>,
    /// Another source at another broker.
    elsewhere: Vec<Seen>,
    /// Values of two messages, the later of which came first.
    swapped: [RawValue; 2],
    /// Requests for a rebirth up to then.
    asked_before_gap: usize,
    /// From a message after a gap to its values.
    held: Duration,
    /// What the edge node heard when the line was cut.
    will: String,
    /// Quality of the power then.
    stale: Quality,
    /// The trouble told when another host application used our id.
    rival: String,
}

fn scenario() -> Option<&'static Scenario> {
    static SCENARIO: OnceLock<Option<Scenario>> = OnceLock::new();
    let play = || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        runtime.block_on(play())
    };
    SCENARIO.get_or_init(|| std::thread::spawn(play).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).as_ref()
}

fn config(port: u16) -> sparkplug::Config {
    let mut config = sparkplug::Config::at(&format!("127.0.0.1:{port}")).expect("an address");
    (config.host_id, config.reorder) = (HOST.to_owned(), REORDER);
    config.channels = channels(&["plant/line/oven/state", "plant/line/oven/power", "plant/line/-/speed"]);
    config
}

async fn play() -> Option<Scenario> {
    let broker = Mosquitto::start(free_port())?;
    let tap = Tap::before(broker.port).await;
    let mut edge = EdgeNode::connect(broker.port).await;
    let mut bench = Bench::start(Config::Sparkplug(config(tap.port)));
    births_and_commands(&mut edge, &mut bench).await;
    edge.swapped(power(101.0), power(102.0)).await;
    let swapped = [bench.reading(POWER).await.value, bench.reading(POWER).await.value];
    let asked_before_gap = rebirths(&tap.record()[0]).len();
    let held = gap(&mut edge, &mut bench).await;
    let rival = rivals(&mut edge, &mut bench).await;
    tap.cut();
    let will = edge.state().await;
    let stale = bench.reading(POWER).await.quality;
    bench.until(|health| health.connected).await;
    assert!(is_online(&edge.state().await), "it comes again");
    bench.stop().await;
    while is_online(&edge.state().await) {}
    let elsewhere = elsewhere().await?;
    let [first, second] = <[_; 2]>::try_from(tap.record()).expect("two connections");
    Some(Scenario { first, second, elsewhere, swapped, asked_before_gap, held, will, stale, rival })
}

async fn births_and_commands(edge: &mut EdgeNode, bench: &mut Bench) {
    assert!(is_online(&edge.state().await));
    edge.bear().await;
    for channel in [STATE_CHANNEL, POWER, SPEED] {
        bench.reading(channel).await;
    }
    for channel in [POWER, SPEED] {
        let (answer, _) = tokio::join!(bench.write(channel, CommandValue::Number(8.0)), edge.obey(true));
        assert_eq!(answer, Ok(()));
    }
    bench.forget();
}

/// A message is lost: how long the next one is held until it is handed in.
async fn gap(edge: &mut EdgeNode, bench: &mut Bench) -> Duration {
    edge.drain();
    edge.lose();
    let sent = Stopwatch::now();
    edge.data(power(103.0)).await;
    bench.reading(POWER).await;
    let held = sent.elapsed();
    assert_eq!(edge.command().await.0, REBIRTH);
    edge.bear().await;
    held
}

/// Another calls us offline, and another says it is us: what is told of the latter.
async fn rivals(edge: &mut EdgeNode, bench: &mut Bench) -> String {
    edge.claim(HOST, r#"{"online":false,"timestamp":1}"#).await;
    while is_online(&edge.state().await) {}
    assert!(is_online(&edge.state().await), "said again");
    edge.claim(HOST, r#"{"online":true,"timestamp":2}"#).await;
    let told = |health: &drivers::Health| health.last_error.as_ref().map(|(_, error)| error.clone()).unwrap_or_default();
    bench.until(|health| told(health).contains("another host application")).await;
    let rival = told(&bench.health());
    while !edge.state().await.contains("\"timestamp\":2") {}
    bench.forget();
    rival
}

async fn elsewhere() -> Option<Vec<Seen>> {
    let broker = Mosquitto::start(free_port())?;
    let tap = Tap::before(broker.port).await;
    let mut bench = Bench::start(Config::Sparkplug(config(tap.port)));
    bench.until(|health| health.connected).await;
    bench.stop().await;
    Some(tap.record().remove(0))
}

fn is_online(state: &str) -> bool {
    state.contains("\"online\":true")
}

fn power(value: f64) -> Vec<Metric> {
    vec![report(None, Some(2), &RawValue::Number(value), Instant::from_seconds(60))]
}

fn by_host(record: &[Seen]) -> impl Iterator<Item = &Seen> {
    record.iter().filter(|seen| seen.by_client)
}

fn publishes(record: &[Seen]) -> Vec<&Publish> {
    by_host(record).filter_map(|seen| if let Packet::Publish(publish) = &seen.packet { Some(publish) } else { None }).collect()
}

fn states(record: &[Seen]) -> Vec<(&Publish, State)> {
    let own = publishes(record).into_iter().filter(|publish| publish.topic == OWN.as_bytes());
    own.map(|publish| (publish, State::read(&publish.payload).expect("a STATE"))).collect()
}

fn on<'a>(record: &'a [Seen], verb: &str) -> Vec<&'a Publish> {
    let is = |publish: &&Publish| std::str::from_utf8(&publish.topic).expect("UTF-8").split('/').nth(2) == Some(verb);
    publishes(record).into_iter().filter(is).collect()
}

fn rebirths(record: &[Seen]) -> Vec<&Publish> {
    let asks = |publish: &&Publish| {
        let metrics = commands(&publish.payload, &HashMap::new()).expect("a payload");
        metrics.iter().any(|(name, _)| name == REBIRTH)
    };
    on(record, "NCMD").into_iter().filter(asks).collect()
}

fn connect(record: &[Seen]) -> (&Connect, &LastWill) {
    let connects = by_host(record).find_map(|seen| match &seen.packet {
        Packet::Connect(connect, Some(will), _) => Some((connect, will)),
        _ => None,
    });
    connects.expect("a CONNECT with a will")
}

fn will(record: &[Seen]) -> (&LastWill, State) {
    let (_, will) = connect(record);
    (will, State::read(&will.message).expect("a STATE"))
}

fn birth(record: &[Seen]) -> (&Publish, State) {
    states(record)[0]
}

/// The word of parting.
fn death(record: &[Seen]) -> (&Publish, State) {
    *states(record).last().expect("a STATE")
}

fn place(record: &[Seen], is: impl Fn(&Seen) -> bool) -> usize {
    record.iter().position(is).expect("it was said")
}

fn subscription(record: &[Seen]) -> &Subscribe {
    let found = by_host(record).find_map(|seen| if let Packet::Subscribe(wish) = &seen.packet { Some(wish) } else { None });
    found.expect("a SUBSCRIBE")
}

fn is_publish(seen: &Seen) -> bool {
    seen.by_client && matches!(seen.packet, Packet::Publish(_))
}

/// SUBSCRIBE, SUBACK and the first publish stand in this order.
fn assert_subscribed_before_birth(record: &[Seen]) {
    let asked = place(record, |seen| matches!(seen.packet, Packet::Subscribe(_)));
    let accepted = place(record, |seen| matches!(seen.packet, Packet::SubAck(_)));
    let said = place(record, is_publish);
    assert!(asked < accepted && accepted < said, "{asked} {accepted} {said}");
}

/// The keys of a STATE, and whether it is online.
fn assert_state(payload: &[u8], online: bool) {
    let json: serde_json::Value = serde_json::from_slice(payload).expect("JSON in UTF-8");
    let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["online", "timestamp"]);
    assert_eq!(json["online"], online);
    assert!(json["timestamp"].as_u64().is_some_and(|at| at > 1_600_000_000_000), "{json}");
}

fn assert_qos_and_retain(publishes: &[&Publish], qos: QoS, retain: bool) {
    assert!(!publishes.is_empty() && publishes.iter().all(|p| (p.qos, p.retain) == (qos, retain)), "{publishes:?}");
}

/// Writes one test an assertion; each is left out, with a word, where there is no broker.
macro_rules! tck {
    ($($name:ident: $check:expr;)*) => { $(
        #[test]
        fn $name() {
            let Some(scenario) = scenario() else { return };
            let check: fn(&Scenario) = $check;
            check(scenario);
        }
    )* };
}

tck! {
    tck_id_intro_sparkplug_host_state: |s| assert!(birth(&s.first).1.online && !death(&s.second).1.online);
    tck_id_components_ph_state: |s| assert!(birth(&s.second).1.online && !will(&s.second).1.online);
    tck_id_conformance_primary_host: |s| assert!(birth(&s.first).1.online && !death(&s.second).1.online);
    tck_id_principles_birth_certificates_order: |s| {
        for record in [&s.first, &s.second] {
            assert_eq!(publishes(record)[0].topic, OWN.as_bytes());
        }
    };

    tck_id_host_topic_phid_birth_message: |s| assert_eq!(publishes(&s.first)[0].topic, OWN.as_bytes());
    tck_id_host_topic_phid_birth_qos: |s| assert_eq!(birth(&s.first).0.qos, QoS::AtLeastOnce);
    tck_id_host_topic_phid_birth_retain: |s| assert!(birth(&s.first).0.retain);
    tck_id_host_topic_phid_birth_topic: |s| assert_eq!(birth(&s.first).0.topic, OWN.as_bytes());
    tck_id_host_topic_phid_birth_sub_required: |s| {
        let filters: Vec<&str> = subscription(&s.first).filters.iter().map(|f| f.path.as_str()).collect();
        for wanted in [OWN, "spBv1.0/plant/NBIRTH/+", "spBv1.0/plant/DDATA/+/+", "spBv1.0/plant/NDEATH/+"] {
            assert!(filters.contains(&wanted), "{filters:?}");
        }
        let after_connack = by_host(&s.first).nth(1).expect("said");
        assert!(matches!(after_connack.packet, Packet::Subscribe(_)), "immediately after CONNECT");
    };
    tck_id_host_topic_phid_birth_required: |s| assert_subscribed_before_birth(&s.first);
    tck_id_host_topic_phid_birth_payload: |s| assert_state(&birth(&s.first).0.payload, true);
    tck_id_host_topic_phid_birth_payload_timestamp: |s| {
        for record in [&s.first, &s.second] {
            assert_eq!(birth(record).1.timestamp, will(record).1.timestamp);
        }
    };
    tck_id_host_topic_phid_death_qos: |s| assert_eq!(will(&s.first).0.qos, QoS::AtLeastOnce);
    tck_id_host_topic_phid_death_retain: |s| assert!(will(&s.first).0.retain);
    tck_id_host_topic_phid_death_topic: |s| assert_eq!(will(&s.first).0.topic, OWN.as_bytes());
    tck_id_host_topic_phid_death_required: |s| {
        connect(&s.first);
        connect(&s.second);
    };
    tck_id_host_topic_phid_death_payload: |s| {
        assert_state(&will(&s.first).0.message, false);
        assert_state(s.will.as_bytes(), false);
    };
    tck_id_host_topic_phid_death_payload_timestamp_connect: |s| {
        for record in [&s.first, &s.second] {
            let before = record[0].at.saturating_sub(will(record).1.timestamp);
            assert!(before < 5_000, "the time of the CONNECT, not {before} ms earlier");
        }
        assert!(will(&s.second).1.timestamp > will(&s.first).1.timestamp, "each CONNECT has its own");
    };
    tck_id_host_topic_phid_death_payload_timestamp_disconnect_clean: |s| {
        let said = place(&s.second, |seen| matches!(&seen.packet, Packet::Publish(p) if *p == *death(&s.second).0));
        let gone = place(&s.second, |seen| seen.by_client && matches!(seen.packet, Packet::Disconnect(_)));
        assert!(said < gone);
        let before = s.second[said].at.saturating_sub(death(&s.second).1.timestamp);
        assert!(before < 5_000 && death(&s.second).1.timestamp > will(&s.second).1.timestamp, "the time of the parting");
    };
    tck_id_host_topic_phid_death_payload_timestamp_disconnect_with_no_disconnect_packet: |s| {
        let last = by_host(&s.second).last().expect("said");
        assert!(matches!(last.packet, Packet::Disconnect(_)), "the host never leaves without DISCONNECT: {last:?}");
    };

    tck_id_message_flow_phid_sparkplug_clean_session_50: |s| {
        for record in [&s.first, &s.second] {
            let (connect, _) = connect(record);
            let expiry = connect.properties.as_ref().and_then(|p| p.session_expiry_interval);
            assert_eq!((connect.clean_start, expiry), (true, Some(0)));
        }
    };
    tck_id_message_flow_phid_sparkplug_subscription: |s| assert_subscribed_before_birth(&s.second);
    tck_id_message_flow_phid_sparkplug_state_publish: |s| {
        assert_subscribed_before_birth(&s.first);
        assert!(birth(&s.first).1.online);
    };
    tck_id_message_flow_phid_sparkplug_state_publish_payload: |s| assert_state(&birth(&s.second).0.payload, true);
    tck_id_message_flow_phid_sparkplug_state_publish_payload_timestamp: |s| {
        assert_eq!(birth(&s.second).1.timestamp, will(&s.second).1.timestamp);
    };
    tck_id_message_flow_hid_sparkplug_state_message_delivered: |s| {
        let again = states(&s.first);
        assert_eq!(again.len(), 2, "once at the birth, once when another called us offline");
        let (publish, state) = again[1];
        assert_eq!((publish.qos, publish.retain), (QoS::AtLeastOnce, true));
        assert_eq!((state.online, state.timestamp), (true, will(&s.first).1.timestamp));
    };
    all_is_stale_when_the_broker_is_lost: |s| assert_eq!(s.stale, Quality::Uncertain);

    tck_id_operational_behavior_host_application_host_id: |s| {
        assert_eq!(s.rival, "another host application says it is `tck-host` (online since 2 ms); give each its own id");
    };
    tck_id_operational_behavior_host_application_connect_will: |s| assert!(!will(&s.first).1.online);
    tck_id_operational_behavior_host_application_connect_will_topic: |s| assert_eq!(will(&s.second).0.topic, OWN.as_bytes());
    tck_id_operational_behavior_host_application_connect_will_payload: |s| assert_state(&will(&s.second).0.message, false);
    tck_id_operational_behavior_host_application_connect_will_qos: |s| assert_eq!(will(&s.second).0.qos, QoS::AtLeastOnce);
    tck_id_operational_behavior_host_application_connect_will_retained: |s| assert!(will(&s.second).0.retain);
    tck_id_operational_behavior_host_application_connect_birth: |s| {
        for record in [&s.first, &s.second] {
            let said: Vec<&Seen> = by_host(record).take(3).collect();
            assert!(matches!(&said[2].packet, Packet::Publish(p) if p.topic == OWN.as_bytes()), "after CONNECT and SUBSCRIBE");
        }
    };
    tck_id_operational_behavior_host_application_connect_birth_topic: |s| assert_eq!(birth(&s.second).0.topic, OWN.as_bytes());
    tck_id_operational_behavior_host_application_connect_birth_payload: |s| assert_state(&birth(&s.second).0.payload, true);
    tck_id_operational_behavior_host_application_connect_birth_qos: |s| {
        assert_eq!(birth(&s.second).0.qos, QoS::AtLeastOnce);
    };
    tck_id_operational_behavior_host_application_connect_birth_retained: |s| assert!(birth(&s.second).0.retain);
    tck_id_operational_behavior_host_application_multi_server_timestamp: |s| {
        assert_eq!(birth(&s.elsewhere).1.timestamp, will(&s.elsewhere).1.timestamp);
        assert_ne!(will(&s.elsewhere).1.timestamp, will(&s.second).1.timestamp, "each broker has its own");
    };
    tck_id_operational_behavior_primary_application_state_with_multiple_servers_state: |s| {
        for record in [&s.first, &s.elsewhere] {
            assert!(publishes(record)[0].topic == OWN.as_bytes() && birth(record).1.online);
        }
    };
    tck_id_operational_behavior_host_application_termination: |s| assert!(!death(&s.second).1.online);
    tck_id_operational_behavior_host_application_death_topic: |s| assert_eq!(death(&s.second).0.topic, OWN.as_bytes());
    tck_id_operational_behavior_host_application_death_payload: |s| assert_state(&death(&s.second).0.payload, false);
    tck_id_operational_behavior_host_application_death_qos: |s| assert_eq!(death(&s.second).0.qos, QoS::AtLeastOnce);
    tck_id_operational_behavior_host_application_death_retained: |s| assert!(death(&s.second).0.retain);
    tck_id_operational_behavior_host_application_disconnect_intentional: |s| {
        // what it acknowledges meanwhile says nothing of its end
        let is_ack = |packet: &&Packet| matches!(packet, Packet::PubAck(_));
        let packets: Vec<&Packet> = by_host(&s.second).map(|seen| &seen.packet).filter(|packet| !is_ack(packet)).collect();
        let [.., before, last] = packets.as_slice() else { panic!("{packets:?}") };
        assert!(matches!(before, Packet::Publish(p) if p.topic == OWN.as_bytes()), "{before:?}");
        assert!(matches!(last, Packet::Disconnect(_)), "{last:?}");
    };

    tck_id_operational_behavior_host_reordering_start: |s| assert!(s.held >= REORDER, "{:?}", s.held);
    tck_id_operational_behavior_host_reordering_rebirth: |s| {
        assert_eq!(rebirths(&s.first).len(), s.asked_before_gap + 1, "one request for one gap");
    };
    tck_id_operational_behavior_host_reordering_success: |s| {
        assert_eq!(s.swapped, [RawValue::Number(101.0), RawValue::Number(102.0)], "in the order in which they were sent");
        assert_eq!(s.asked_before_gap, 1, "only the request at the start");
    };

    tck_id_topics_ncmd_mqtt: |s| assert_qos_and_retain(&on(&s.first, "NCMD"), QoS::AtMostOnce, false);
    tck_id_topics_dcmd_mqtt: |s| assert_qos_and_retain(&on(&s.first, "DCMD"), QoS::AtMostOnce, false);
    tck_id_payloads_ncmd_qos: |s| assert_qos_and_retain(&on(&s.first, "NCMD"), QoS::AtMostOnce, false);
    tck_id_payloads_ncmd_retain: |s| assert_qos_and_retain(&on(&s.second, "NCMD"), QoS::AtMostOnce, false);
    tck_id_payloads_dcmd_qos: |s| assert_qos_and_retain(&on(&s.first, "DCMD"), QoS::AtMostOnce, false);
    tck_id_payloads_dcmd_retain: |s| assert_qos_and_retain(&on(&s.first, "DCMD"), QoS::AtMostOnce, false);
    commands_travel_as_sparkplug_payloads: |s| {
        for publish in on(&s.first, "NCMD").into_iter().chain(on(&s.first, "DCMD")) {
            let payload = Payload::decode(publish.payload.clone()).expect("a payload");
            assert!(payload.seq.is_none() && payload.timestamp.is_some() && payload.metrics.len() == 1, "{payload:?}");
        }
    };

    tck_id_payloads_state_will_message: |s| assert_eq!(will(&s.first).0.topic, OWN.as_bytes());
    tck_id_payloads_state_will_message_qos: |s| assert_eq!(will(&s.first).0.qos, QoS::AtLeastOnce);
    tck_id_payloads_state_will_message_retain: |s| assert!(will(&s.first).0.retain);
    tck_id_payloads_state_will_message_payload: |s| assert_state(&will(&s.first).0.message, false);
    tck_id_payloads_state_subscribe: |s| {
        assert!(subscription(&s.first).filters.iter().any(|filter| filter.path == OWN));
    };
    tck_id_payloads_state_birth: |s| {
        assert_subscribed_before_birth(&s.first);
        assert_qos_and_retain(&[birth(&s.first).0], QoS::AtLeastOnce, true);
    };
    tck_id_payloads_state_birth_payload: |s| assert_state(&birth(&s.first).0.payload, true);
}
