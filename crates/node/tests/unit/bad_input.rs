//! Bad input to the running binary and to its commands: each case with the exact text the person sees (`bad_input.txt`). After
//! each the process is alive, the accounting is exact, and all good readings so far are stored.
//!
//! `UPDATE_GOLDEN=1 cargo test -p node --test unit` writes the table anew. Instants, folders, ports and process ids are masked.

use super::device::{Device, PIECES};
use super::process::{Person, Unit, run, until};
use super::site::{Site, values};
use collect::RawValue;
use drivers::sparkplug::wire::{Message, payload, report, topic};
use measure::{Instant, Span};
use node::clock::Clock;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;

/// The table with the exact texts.
const TABLE: &str = "tests/unit/bad_input.txt";
/// Cases that this test holds at least.
const CASES_MIN: usize = 40;

/// A request: what is wrong with it, its first line, its headers, its body.
type Asked<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], String);

/// The cases and what was seen.
#[derive(Default)]
struct Seen {
    text: String,
    cases: usize,
    masks: Vec<(String, &'static str)>,
}

impl Seen {
    fn add(&mut self, what: &str, answer: &str) {
        let mut answer = answer.to_owned();
        for (from, to) in &self.masks {
            answer = answer.replace(from, to);
        }
        let answer: String = answer.split_inclusive([' ', '\n', '"', ',', ';']).map(without_instant).collect();
        write!(self.text, "# {what}\n{}\n\n", answer.trim()).expect("a text grows");
        self.cases += 1;
    }
}

/// A word, or `<instant>` where it is one.
fn without_instant(word: &str) -> String {
    let bare = word.trim_end_matches([' ', '\n', '"', ',', ';']);
    if bare.parse::<Instant>().is_err() {
        return word.to_owned();
    }
    word.replacen(bare, "<instant>", 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn golden_bad_input_at_the_running_unit() {
    let site = Site::open(0).await;
    let device = Device::connect(site.broker.address, 0).await;
    let unit = Unit::start(&site.path("unit.toml"));
    let masks = vec![
        (unit.address.to_string(), "<address>"),
        (site.broker.address.to_string(), "<broker>"),
        (format!("process {}", unit.pid()), "process <id>"),
        (site.folder().display().to_string(), "<folder>"),
    ];
    let mut seen = Seen { masks, ..Seen::default() };
    let mut rig = Rig::open(unit, device).await;
    rig.machines(&mut seen).await;
    rig.people(&mut seen).await;
    rig.commands(&site, &mut seen).await;
    let (status, _, log) = rig.unit.end();
    assert_eq!(status.code(), Some(0), "{log:?}");
    let (store, recovered, config) = site.store().await;
    let kept = values(&recovered, &config, "pieces").len() as u64;
    assert_eq!(kept, rig.good, "every good reading is there once");
    store.close().await.expect("the store closes");
    println!("{} cases of bad input at the running binary; {kept} good readings between them, all stored", seen.cases);
    assert!(seen.cases >= CASES_MIN, "{} cases", seen.cases);
    compare(&seen.text);
    site.close().await;
}

fn compare(made: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(TABLE);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, made).expect("the table can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let (kept, made): (Vec<&str>, Vec<&str>) = (kept.split("\n\n").collect(), made.split("\n\n").collect());
    for (kept, made) in kept.iter().zip(&made) {
        assert_eq!(kept, made, "UPDATE_GOLDEN=1 writes the table anew");
    }
    assert_eq!(kept.len(), made.len(), "UPDATE_GOLDEN=1 writes the table anew");
}

/// The unit, its device and a person who looks.
struct Rig {
    unit: Unit,
    device: Device,
    person: Person,
    /// Counts sent, all of them good.
    good: u64,
    /// Other readings that are good: those of births, and one that is late.
    others: u64,
}

impl Rig {
    async fn open(unit: Unit, mut device: Device) -> Self {
        device.be_born().await;
        let person = unit.sign_in();
        let mut rig = Self { unit, device, person, good: 1, others: 2 };
        rig.all_stored("the birth").await;
        rig
    }

    /// Alive, the accounts exact, all good readings stored, none more.
    async fn all_stored(&mut self, what: &str) {
        let wanted = self.good + self.others;
        let account = until(what, || Some(self.unit.account()).filter(|a| a.stored >= wanted && a.in_flight == 0)).await;
        assert_eq!(account.stored, wanted, "{what}");
        assert!(self.unit.is_alive(), "{what}");
    }

    /// After a case: a good reading still goes its way.
    async fn goes_on(&mut self, what: &str) {
        self.device.count().await;
        self.good += 1;
        self.all_stored(what).await;
    }

    /// Births anew, as after a fault that leaves the sequence open.
    async fn births(&mut self) {
        self.device.births().await;
        self.good += 1;
        self.others += 2;
    }

    fn data(&self) -> Value {
        self.unit.get("/api/v1/data", &self.person)
    }

    /// A message; what the page of data says of it then.
    async fn refused(&mut self, what: &str, message: Message, seen: &mut Seen) {
        let before = self.unit.account().refused;
        self.device.publish(message).await;
        until(what, || (self.unit.account().refused > before).then_some(())).await;
        let newest = until(what, || Some(self.data()["refused"][0].clone()).filter(|r| !r.is_null())).await;
        let word = |key: &str| newest[key].as_str().unwrap_or_default().to_owned();
        let answer = format!("{}: found {}; allowed is {}; {}", word("place"), word("found"), word("allowed"), word("reason"));
        seen.add(what, &answer);
        self.goes_on(what).await;
    }

    /// A message that is taken, but leaves a trouble of the source.
    async fn troubled(&mut self, what: &str, part: &str, seen: &mut Seen) {
        let ask = || self.data()["sources"][0]["last_error"].as_str().filter(|e| e.contains(part)).map(str::to_owned);
        let answer = until(what, ask).await;
        seen.add(what, &answer);
    }

    /// What machines can do wrong.
    async fn machines(&mut self, seen: &mut Seen) {
        let now = Clock::real().now();
        let number = |value: f64| RawValue::Number(value);
        let text = |value: &str| RawValue::Text(value.to_owned());
        let in_press = [
            ("not a number", Some("force"), Some(2), number(f64::NAN), now),
            ("infinite", Some("force"), Some(2), number(f64::NEG_INFINITY), now),
            ("out of range", Some("force"), Some(2), number(500.1), now),
            ("a metric that is not configured", Some("forze"), Some(77), number(1.0), now),
            ("text where a number is configured", Some("force"), Some(2), text("high"), now),
            ("a number where text is configured", Some("state"), Some(3), number(4.0), now),
            ("a state that is none", Some("state"), Some(3), text("dancing"), now),
            ("a word too long", Some("state"), Some(3), text(&"x".repeat(2_000)), now),
            ("a clock a day ahead", Some("force"), Some(2), number(1.0), now + Span::from_days(1)),
            ("a clock in the year 2126", Some("force"), Some(2), number(1.0), now + Span::from_days(36_525)),
            ("a clock that jumps back three days", Some("force"), Some(2), number(1.0), now - Span::from_days(3)),
            ("a clock that begins in 1970", Some("force"), Some(2), number(1.0), Instant::from_seconds(7)),
        ];
        for (what, name, alias, value, at) in in_press {
            let message = self.device.edge.data("press-1", vec![report(name, alias, &value, at)], now);
            self.refused(what, message, seen).await;
        }
        let at = now - Span::from_hours(1);
        self.device.tell("press-1", 2, number(99.0), at).await;
        self.others += 1;
        self.goes_on("a clock that jumps back an hour is late, and taken").await;
        self.duplicate(seen).await;
        self.frames(seen).await;
    }

    /// The same reading twice.
    async fn duplicate(&mut self, seen: &mut Seen) {
        let at = Clock::real().now();
        self.device.tell("press-1", 2, RawValue::Number(7.0), at).await;
        self.others += 1;
        let again = report(None, Some(2), &RawValue::Number(7.0), at);
        let again = self.device.edge.data("press-1", vec![again], at);
        self.refused("the same reading twice", again, seen).await;
    }

    /// Messages that are wrong as such.
    async fn frames(&mut self, seen: &mut Seen) {
        let now = Clock::real().now();
        let place = topic(self.device.edge.node(), "DDATA", Some("press-1"));
        let raw = |bytes: &[u8]| Message { topic: place.clone(), payload: bytes.to_vec() };
        self.refused("a payload that is no Sparkplug", raw(b"not protobuf at all"), seen).await;
        self.refused("a payload that breaks off", raw(&payload(Some(1), now, Vec::new())[..3]), seen).await;
        self.refused("a message too large", raw(&vec![0; 300 * 1024]), seen).await;
        let ghost = report(None, Some(9), &RawValue::Number(1.0), now);
        let ghost = Message {
            topic: topic(self.device.edge.node(), "DDATA", Some("ghost")),
            payload: payload(Some(1), now, vec![ghost]),
        };
        self.refused("data before the birth of their device", ghost, seen).await;
        self.births().await;
        let alias = report(None, Some(4_711), &RawValue::Number(1.0), now);
        let alias = self.device.edge.data("press-1", vec![alias], now);
        self.refused("an alias that no birth named", alias, seen).await;
        self.births().await;
        self.device.edge.lose();
        self.goes_on("a gap in the sequence").await;
        self.troubled("a gap in the sequence", "sequence number", seen).await;
    }

    /// What people and their browsers can do wrong.
    async fn people(&mut self, seen: &mut Seen) {
        let (cookie, csrf) = (self.person.cookie.clone(), self.person.csrf.clone());
        let signed = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
        let half = [("cookie", cookie.as_str())];
        let forged = format!("socium_session={}", "A".repeat(43));
        let large = json!({ "query": "x".repeat(70_000) }).to_string();
        let sql = |query: &str| json!({ "query": query }).to_string();
        let yes = json!({ "approved": true, "reason": "" }).to_string();
        let wrong = json!({ "name": "admin", "password": "not the password" }).to_string();
        let cases: [Asked<'_>; 22] = [
            ("a wrong login", "POST /api/v1/session", &[], wrong),
            ("a one-time token that is none", "POST /api/v1/session/one-time", &[], json!({ "token": "x" }).to_string()),
            ("nobody signed in", "GET /api/v1/unit", &[], String::new()),
            ("a forged session", "GET /api/v1/unit", &[("cookie", &forged)], String::new()),
            ("no CSRF token", "POST /api/v1/sql", &half, sql("SELECT 1")),
            ("another CSRF token", "POST /api/v1/sql", &[half[0], ("x-csrf-token", "forged")], sql("SELECT 1")),
            ("a foreign page", "POST /api/v1/sql", &[signed[0], signed[1], ("origin", "http://evil.example")], sql("SELECT 1")),
            ("a body too large", "POST /api/v1/sql", &signed, large),
            ("another host's name", "GET /api/v1/unit", &[half[0], ("host", "evil.example")], String::new()),
            ("an unknown path", "GET /api/v1/nothing", &half, String::new()),
            ("an unknown method", "DELETE /api/v1/unit", &signed, String::new()),
            ("a body that is no JSON", "POST /api/v1/sql", &signed, "{\"query\": ".to_owned()),
            ("a body with an unknown key", "POST /api/v1/sql", &signed, json!({ "sql": "SELECT 1" }).to_string()),
            ("a verdict on an unknown decision", "POST /api/v1/decisions/decision-999/verdict", &signed, yes.clone()),
            ("a verdict on what is no decision", "POST /api/v1/decisions/finding-1/verdict", &signed, yes),
            ("SQL that drops", "POST /api/v1/sql", &signed, sql("DROP TABLE pressing")),
            ("SQL that writes", "POST /api/v1/sql", &signed, sql("INSERT INTO pressing VALUES (1)")),
            ("SQL that writes a file", "POST /api/v1/sql", &signed, sql("COPY pressing TO '/tmp/stolen.csv'")),
            ("SQL of an unknown table", "POST /api/v1/sql", &signed, sql("SELECT * FROM passwords")),
            ("a machine that is not there", "GET /api/v1/machines/press-2", &half, String::new()),
            ("too long a time", "GET /api/v1/machines/press-1/timeline?hours=25", &half, String::new()),
            ("a walk from nowhere", "GET /api/v1/records/decision-999/walk", &half, String::new()),
        ];
        for (what, line, headers, body) in cases {
            let answer = self.unit.send(line, headers, &body);
            seen.add(what, &format!("{line} -> {} {}", answer.status, answer.body));
            self.goes_on(what).await;
        }
    }

    /// What can be typed wrong beside the running unit.
    async fn commands(&mut self, site: &Site, seen: &mut Seen) {
        let good = site.text(0);
        let port = self.unit.address.port().to_string();
        let elsewhere = good.replace("dir = \"store\"", "dir = \"other\"");
        site.write(
            "broken.toml",
            &good.replace("kind = \"gauge\"", "kind = \"guage\"").replace("start = \"00:00\"", "start = 6"),
        );
        site.write("torn.toml", &good[..good.len() / 2].replace("\"24 h\"", "\"24 h"));
        site.write("open.toml", &elsewhere.replace("127.0.0.1:0", "0.0.0.0:8443"));
        site.write("taken.toml", &elsewhere.replace("127.0.0.1:0", &format!("127.0.0.1:{port}")));
        site.write("empty.toml", &good.replace("dir = \"store\"", "dir = \"nowhere\""));
        site.write("map.toml", "unit = \"nowhere.toml\"\n");
        let cases: [(&str, &[&str]); 15] = [
            ("a broken file is checked", &["check", "--config", "broken.toml"]),
            ("a file that is no TOML", &["check", "--config", "torn.toml"]),
            ("a file that is not there", &["check", "--config", "nowhere.toml"]),
            ("a broken file is run", &["run", "--config", "broken.toml"]),
            ("beyond loopback without TLS", &["run", "--config", "open.toml"]),
            ("a port in use", &["run", "--log", "off", "--config", "taken.toml"]),
            ("a store in use", &["run", "--config", "unit.toml"]),
            ("an id that is none", &["explain", "nonsense", "--config", "unit.toml"]),
            ("an id that is unknown", &["explain", "decision-999", "--config", "unit.toml"]),
            ("no store yet", &["sql", "SELECT 1", "--config", "empty.toml"]),
            ("SQL that deletes", &["sql", "DELETE FROM pressing", "--config", "unit.toml"]),
            ("a map that is not there", &["replay", "--map", "nomap.toml"]),
            ("a map that names no unit", &["replay", "--map", "map.toml"]),
            ("a speed that is none", &["demo", "--speed", "0"]),
            ("a file that would be overwritten", &["init", "--to", "unit.toml"]),
        ];
        for (what, words) in cases {
            let (code, text) = run(site.folder(), words);
            let text = text.replace(&format!(":{port}"), ":<port>");
            seen.add(what, &format!("$ socium {} -> exit {}\n{text}", words.join(" "), code.unwrap_or(-1)));
            self.goes_on(what).await;
        }
        assert_eq!(self.device.edge.node().1, "edge", "the device is the one that was there from the first");
        self.device.tell("press-1", PIECES, RawValue::Number(1e9), Clock::real().now()).await;
        self.good += 1;
        self.all_stored("the last reading").await;
    }
}
