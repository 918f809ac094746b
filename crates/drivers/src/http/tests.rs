//! Bodies of every sort to readings and refusals; requests over a real socket to their answers.

use super::wire::{Decoder, Form, Message, Precision};
use super::{Acknowledge, Address, Config, Target};
use crate::{Arrival, Clock, Credentials, Running, Settled};
use collect::{Delivery, Place, RawValue, Source};
use measure::{Budget, Instant, Taker};
use plant::{ChannelId, MachineId, RefusalReason, SourceId};
use proptest::prelude::*;
use std::io::Write;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Channel, machine, whether words, address.
const CHANNELS: [(u32, u32, bool, &str); 6] = [
    (0, 0, false, "machines,machine=mill-1/power"),
    (1, 0, true, "machines,machine=mill-1/state"),
    (2, 1, false, "machines,machine=mill-2/power"),
    (3, 1, false, "machines,machine=mill 2,hall=a/speed"),
    (4, 0, false, "hall/temperature"),
    (5, 1, false, "hall/humidity"),
];

fn config() -> Config {
    let target =
        |channel: u32, machine: u32, is_word: bool| Target { channel: ChannelId(channel), machine: MachineId(machine), is_word };
    let channels = CHANNELS.map(|(c, m, w, text)| (target(c, m, w), text.parse::<Address>().expect("an address")));
    Config { channels: channels.into(), ..Config::at("127.0.0.1:1").expect("an address") }
}

fn decoder() -> Decoder {
    Decoder::new(SourceId(0), &config())
}

fn read(form: Form, body: &str) -> Delivery {
    decoder().decode(Message { form, body: body.as_bytes().to_vec() }, Instant::from_seconds(1_800_000_000))
}

/// What a delivery holds, in words: numbers, then words, then refusals.
fn shown(delivery: &Delivery) -> Vec<String> {
    let seconds = |at: Instant| at.micros() as f64 / 1e6;
    let numbers = delivery.numbers.iter().flat_map(|b| b.iter().map(|r| (b.machine, r)));
    let mut lines: Vec<String> =
        numbers.map(|(m, r)| format!("{}/{} = {} at {}", m.0, r.channel.0, r.value, seconds(r.at))).collect();
    for raw in &delivery.readings {
        let Place::Channel(channel) = raw.place else { panic!("{raw:?}") };
        let value = match &raw.value {
            RawValue::Number(n) => n.to_string(),
            RawValue::Flag(flag) => flag.to_string(),
            RawValue::Text(text) => format!("`{text}`"),
        };
        lines.push(format!("{} = {value} at {}", channel.0, seconds(raw.at.expect("a time"))));
    }
    lines.extend(delivery.refused.iter().map(|r| format!("{}: {}: {}", r.reason.word(), r.place, r.found)));
    lines
}

const S: Form = Form::Lines(Precision::Seconds);
const NS: Form = Form::Lines(Precision::Nanoseconds);

#[test]
fn lines_become_readings_or_refusals() {
    let table: [(&str, Form, &str, &[&str]); 24] = [
        ("one field", S, "machines,machine=mill-1 power=12.5 1700000000", &["0/0 = 12.5 at 1700000000"]),
        ("more tags", S, "machines,host=a,machine=mill-2,x=y power=1 7\n", &["1/2 = 1 at 7"]),
        ("no time: now", S, "hall temperature=20.5", &["0/4 = 20.5 at 1800000000"]),
        ("two machines in a line", S, "hall temperature=1,humidity=2 7", &["0/4 = 1 at 7", "1/5 = 2 at 7"]),
        ("whole numbers", S, "hall temperature=-3i,humidity=4u 7", &["0/4 = -3 at 7", "1/5 = 4 at 7"]),
        ("a word", S, r#"machines,machine=mill-1 state="RUN, fast" 7"#, &["1 = `RUN, fast` at 7"]),
        ("a number for a word goes to the door", S, "machines,machine=mill-1 state=3 7", &["1 = 3 at 7"]),
        ("a text for a number goes to the door", S, r#"hall temperature="hot" 7"#, &["4 = `hot` at 7"]),
        ("yes and no", S, "hall temperature=true,humidity=F 7", &["4 = true at 7", "5 = false at 7"]),
        ("escaped tag", S, r"machines,machine=mill\ 2,hall=a speed=5 7", &["1/3 = 5 at 7"]),
        ("escaped quote", S, r#"machines,machine=mill-1 state="a \"b\" \\c" 7"#, &[r#"1 = `a "b" \c` at 7"#]),
        ("line break in a text", S, "machines,machine=mill-1 state=\"a\nb\" 7", &["1 = `a\nb` at 7"]),
        ("digits in a text are no time", S, r#"machines,machine=mill-1 state="a 7""#, &["1 = `a 7` at 1800000000"]),
        ("comments and empty lines", S, "# no\n\n  \r\nhall temperature=1 7\r\n", &["0/4 = 1 at 7"]),
        ("nanoseconds", NS, "hall temperature=1 1700000000123456789", &["0/4 = 1 at 1700000000.123456"]),
        ("before 1970", S, "hall temperature=1 -5", &["0/4 = 1 at -5"]),
        (
            "unknown series",
            S,
            "other a=1,b=2 7",
            &["unknown_channel: line 1: other: `a=1`", "unknown_channel: line 1: other: `b=2`"],
        ),
        ("unknown field", S, "\nhall x=1,temperature=2 7", &["0/4 = 2 at 7", "unknown_channel: line 2: hall: `x=1`"]),
        ("no field", S, "hall", &["malformed: line 1, column 1: `hall`"]),
        ("no value", S, "hall temperature= 7", &["malformed: line 1, column 18: ` 7`"]),
        ("no number", S, "hall humidity=1,temperature=1x 7", &["1/5 = 1 at 7", "malformed: line 1, column 29: `1x 7`"]),
        ("an open quote", S, "hall temperature=\"a\nhall humidity=1 7", &["1/5 = 1 at 7", "malformed: line 1, column 18: `\"a`"]),
        ("a comma at the end", S, "hall humidity=1, 7", &["1/5 = 1 at 7", "malformed: line 1, column 17: ` 7`"]),
        ("a time too far", S, "hall humidity=1 99999999999999999", &["malformed: line 1, column 17: `99999999999999999`"]),
    ];
    for (name, form, body, wanted) in table {
        assert_eq!(shown(&read(form, body)), wanted, "{name}");
    }
}

#[test]
fn json_of_telegraf_becomes_readings_or_refusals() {
    let metric =
        r#"{"name":"machines","tags":{"machine":"mill-1","host":"a"},"fields":{"power":12.5,"state":"RUN","x":1},"timestamp":7}"#;
    let wanted = ["0/0 = 12.5 at 7", "1 = `RUN` at 7", "unknown_channel: metric 1: machines/x: `1`"];
    assert_eq!(shown(&read(Form::Json, metric)), wanted);
    assert_eq!(shown(&read(Form::Json, &format!("{{\"metrics\":[{metric}]}}"))), wanted);
    assert_eq!(shown(&read(Form::Json, &format!("[{metric}]"))), wanted);
    let table = [
        ("{", "malformed: line 1, column 1: `{`"),
        ("[1]", "malformed: metric 1: `1`"),
        (r#"{"name":"hall","fields":{"temperature":[1]}}"#, "wrong_type: metric 1: hall/temperature: `[1]`"),
        (r#"{"name":"hall","fields":{"temperature":1},"timestamp":"x"}"#, "malformed"),
    ];
    for (body, wanted) in table {
        let found = shown(&read(Form::Json, body));
        assert!(found.len() == 1 && found[0].starts_with(wanted), "{body}: {found:?}");
    }
}

#[test]
fn a_flood_of_refusals_is_cut_and_told() {
    let name = "n".repeat(1_000);
    let fields = vec!["a=1"; 10_050].join(",");
    let keys: Vec<String> = (0..10_050).map(|n| format!("\"f{n:05}\":1")).collect();
    let metric = format!("{{\"name\":\"{name}\",\"fields\":{{{}}}}}", keys.join(","));
    let clipped = format!("metric 1: {}/f10000 to the end", &name[..120]);
    let table = [
        (S, "other a=1 7\n".repeat(10_050), "line 10001 to the end"),
        (S, format!("{name} {fields} 7\nother a=1 7"), "line 1, column 41002 to the end"),
        (Form::Json, format!("[{metric},{metric}]"), clipped.as_str()),
    ];
    for (form, body, place) in table {
        let delivery = read(form, &body);
        assert_eq!(delivery.refused.len(), 10_001);
        let last = &delivery.refused[10_000];
        assert_eq!((last.reason, last.place.as_str()), (RefusalReason::TooLarge, place));
        assert_eq!(last.allowed, "at most 10000 refused readings in one body; the rest was not read");
        assert!(delivery.refused.iter().all(|refused| refused.place.len() < 300), "a place repeats no long names");
    }
}

#[test]
fn sources_conform() {
    let bodies =
        [("hall temperature=1,humidity=2 7\nother x=1", 3), ("machines,machine=mill-1 state=\"a\",power=1i", 2), ("\0", 1)];
    let messages = || bodies.iter().map(|(body, n)| (Message { form: S, body: body.as_bytes().to_vec() }, *n)).collect();
    collect::suite::check(decoder, messages).expect("a source that conforms");
}

proptest! {
    #[test]
    fn any_bytes_are_read(body in prop::collection::vec(any::<u8>(), 0..200)) {
        for form in [S, NS, Form::Json] {
            decoder().read(&Message { form, body: body.clone() }, Instant::EPOCH);
        }
    }

    #[test]
    fn nearly_right_lines_are_read(body in "(machines|hall)[,a-z=\\\\ \"-]{0,20} (power|state|temperature)=[0-9a-z\\.\"\\\\, =-]{0,20}[ 0-9\n]{0,10}") {
        let delivery = read(S, &body);
        prop_assert!(!delivery.is_empty());
    }
}

#[test]
fn addresses_that_are_none_are_told() {
    let table = [
        ("power", "it has no `/` before the field"),
        ("/power", "its measurement or its field is empty"),
        ("hall,x/power", "a tag has no `=`"),
        ("hall,x=/power", "a tag has an empty key or value"),
        ("hall,x=1,x=2/power", "a tag is there twice"),
    ];
    for (text, wanted) in table {
        assert_eq!(text.parse::<Address>().expect_err(text).trouble, wanted);
    }
    assert!(Config::at("0.0.0.0:8086").expect_err("not on loopback").trouble.contains("other computers"));
    assert_eq!("hall,b=2,a=1/power".parse::<Address>().expect("an address").to_string(), "hall,a=1,b=2/power");
}

/// A listener at work, and what came through its door.
struct Rig {
    running: Running,
    address: String,
    arrivals: mpsc::Receiver<Arrival>,
    memory: Budget,
    stop: CancellationToken,
}

impl Rig {
    async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port");
        let mut config = Config { listen: free, ..config() };
        change(&mut config);
        let (door, arrivals) = mpsc::channel(8);
        let clock: Clock = Arc::new(|| Instant::from_seconds(1_800_000_000));
        let stop = CancellationToken::new();
        let memory = Budget::new(1 << 28);
        let common = crate::Common { clock, door, memory: memory.clone() };
        let mut running = crate::start(SourceId(0), crate::Config::Http(config), common, stop.clone());
        running.health.wait_for(|h| h.connected).await.expect("it listens");
        Self { running, address: free.to_string(), arrivals, memory, stop }
    }

    /// Sends a request and gives the status and the body of the answer.
    async fn ask(&mut self, head: &str, body: &[u8], settle: Settled) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).await.expect("it answers");
        let request = format!("{head}\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(request.as_bytes()).await.expect("sent");
        // a refusal may come before the body is read
        let _ = stream.write_all(body).await;
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        tokio::pin!(read);
        loop {
            tokio::select! {
                done = &mut read => { done.expect("an answer"); break; }
                Some(arrival) = self.arrivals.recv() => drop(arrival.done.send(settle.clone())),
            }
        }
        let text = String::from_utf8_lossy(&answer).into_owned();
        let status = text.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
        (status, text.split_once("\r\n\r\n").map(|(_, b)| b.to_owned()).unwrap_or_default())
    }
}

#[tokio::test]
async fn each_request_has_its_answer() {
    let mut rig = Rig::start(|c| c.body_max = 1_000).await;
    let good = b"hall temperature=1 7";
    let refused = Settled { is_taken: true, refused: 1, first: read(S, "other a=1 7").refused.into_iter().next().map(Box::new) };
    let lost = Settled { is_taken: false, ..Settled::TAKEN };
    let packed = {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(good).expect("packed");
        gz.finish().expect("packed")
    };
    let bomb = {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gz.write_all(&[b' '; 100_000]).expect("packed");
        gz.finish().expect("packed")
    };
    let write = "POST /api/v2/write?org=o&bucket=b&precision=s HTTP/1.1";
    let gzip = format!("{write}\r\nContent-Encoding: gzip");
    let large = [b' '; 1_001];
    /// Name, head, body, what became of it; status and words of the answer.
    type Case<'c> = (&'c str, &'c str, &'c [u8], &'c Settled, u16, &'c str);
    let table: [Case<'_>; 15] = [
        ("v2", write, good, &Settled::TAKEN, 204, ""),
        ("v1", "POST /write?db=x&precision=u HTTP/1.1", good, &Settled::TAKEN, 204, ""),
        ("json", "POST /telegraf HTTP/1.1", b"[]", &Settled::TAKEN, 204, ""),
        ("gzip", &gzip, &packed, &Settled::TAKEN, 204, ""),
        ("ping", "GET /ping HTTP/1.1", b"", &Settled::TAKEN, 204, ""),
        ("health", "GET /health HTTP/1.1", b"", &Settled::TAKEN, 200, r#""status":"pass""#),
        (
            "refused",
            write,
            b"other a=1 7",
            &refused,
            400,
            "partial write: 1 of 1 readings were refused, the others are taken; the first at line 1: other: found `a=1`, allowed is a field that is the address of a channel in unit.toml (unknown_channel)",
        ),
        ("not stored", write, good, &lost, 503, "the journal could not take the readings; send them again"),
        (
            "precision",
            "POST /api/v2/write?precision=h HTTP/1.1",
            good,
            &Settled::TAKEN,
            400,
            "precision `h`; allowed are ns, us, ms and s",
        ),
        ("too large", write, &large, &Settled::TAKEN, 413, "a body larger than 1000 bytes; send smaller batches"),
        ("bomb", &gzip, &bomb, &Settled::TAKEN, 413, "a body larger than 1000 bytes; send smaller batches"),
        ("no gzip", &gzip, good, &Settled::TAKEN, 400, "the body is not gzip as it says"),
        (
            "encoding",
            &write.replace("HTTP/1.1", "HTTP/1.1\r\nContent-Encoding: br"),
            good,
            &Settled::TAKEN,
            400,
            "content encoding `br`; allowed are gzip and identity",
        ),
        ("method", "GET /write HTTP/1.1", b"", &Settled::TAKEN, 405, "GET is not taken here; allowed is POST"),
        (
            "path",
            "POST /api/v3/write HTTP/1.1",
            good,
            &Settled::TAKEN,
            404,
            "there is nothing at `/api/v3/write`; readings go to /api/v2/write, /write or /telegraf",
        ),
    ];
    for (name, head, body, settle, status, words) in table {
        let (found, answer) = rig.ask(head, body, settle.clone()).await;
        assert_eq!(found, status, "{name}: {answer}");
        assert!(answer.contains(words), "{name}: {answer}");
    }
    rig.stop.cancel();
    rig.running.task.await.expect("it ends");
}

#[tokio::test]
async fn only_those_who_know_the_token_may_write() {
    let credentials = Some(Credentials { name: "telegraf".to_owned(), password: "s3cret".to_owned() });
    let mut rig = Rig::start(|c| c.credentials = credentials).await;
    let table = [
        ("", "", 401),
        ("", "Authorization: Token s3cret", 204),
        ("", "Authorization: Bearer s3cret", 204),
        ("", "Authorization: Token telegraf:s3cret", 204),
        ("", "Authorization: Basic dGVsZWdyYWY6czNjcmV0", 204),
        ("?u=telegraf&p=s3cret", "", 204),
        ("?u=telegraf&p=s3cres", "", 401),
        ("", "Authorization: Token wrong", 401),
        ("", "Authorization: Token telegraf:wrong", 401),
        ("", "Authorization: Basic !!", 401),
    ];
    for (query, header, status) in table {
        let header = if header.is_empty() { String::new() } else { format!("\r\n{header}") };
        let head = format!("POST /write{query} HTTP/1.1{header}");
        let (found, answer) = rig.ask(&head, b"hall temperature=1", Settled::TAKEN).await;
        assert_eq!(found, status, "{query} {header}: {answer}");
        assert!(!answer.contains("s3cret"));
    }
    let told = rig.running.health.borrow().last_error.clone().map(|(_, words)| words);
    assert_eq!(told.as_deref(), Some("the token, or the name and password, is not the one of this source in unit.toml"));
}

#[tokio::test]
async fn without_memory_a_client_waits_and_is_asked_to_send_again() {
    let mut rig = Rig::start(|_| ()).await;
    let all = rig.memory.take(Taker::Bodies, rig.memory.most(Taker::Bodies)).expect("all that bodies may have");
    let (status, answer) = rig.ask("POST /write HTTP/1.1", b"hall temperature=1", Settled::TAKEN).await;
    assert_eq!(status, 503, "{answer}");
    assert!(answer.contains("no memory is free for a body of 18 bytes (`memory_mib_max` of [store]); send again"), "{answer}");
    let free = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        drop(all);
    });
    let (status, answer) = rig.ask("POST /write HTTP/1.1", b"hall temperature=1", Settled::TAKEN).await;
    assert_eq!((status, free.is_finished()), (204, true), "it waited: {answer}");
    assert_eq!(rig.memory.taken_sum(), 0, "a settled body gives its memory back");
}

#[tokio::test]
async fn at_level_memory_the_answer_does_not_wait_for_the_journal() {
    let mut rig = Rig::start(|c| c.acknowledge = Acknowledge::Memory).await;
    let mut stream = TcpStream::connect(&rig.address).await.expect("it answers");
    let request = b"POST /write HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 18\r\n\r\nhall temperature=1";
    stream.write_all(request).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    let arrival = rig.arrivals.recv().await.expect("it is at the door, unsettled");
    let held = rig.memory.taken(Taker::Bodies);
    assert_eq!((arrival.delivery.len(), held), (1, arrival.delivery.bytes() as u64), "and has its memory until it is settled");
    drop(arrival);
    assert_eq!(rig.memory.taken_sum(), 0);
}
