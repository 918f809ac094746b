//! Flight SQL of the real binary with clients of another make (`flight.py`: ADBC's driver and pyarrow), over sealed and hot
//! readings. Whatever they see is compared with the answer of `POST /api/v1/sql`. Without the clients the test is left out and
//! says so.

use super::process::{Person, Unit, until};
use super::site::SITE;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

const UNIT: &str = r#"[web]
listen = "127.0.0.1:0"
flight_sql = "FLIGHT"
[store]
dir = "store"
[limits]
late_max = "3650 d"
[[source]]
name = "exports"
protocol = "file"
address = "exports"
file = { poll_every = "20 ms", settle = "100 ms", time = { columns = ["t"], formats = ["unix_ms"] } }
[[machine_type]]
name = "pressing"
source = "exports"
channel = [
  { name = "pieces", kind = "counter", unit = "1" },
  { name = "force", kind = "gauge", unit = "kN" },
  { name = "state", role = "state", states = { RUN = "producing", WAIT = "starved" } },
]
[[machine]]
name = "press-1"
type = "pressing"
"#;

const SCRIPT: &str = include_str!("flight.py");
const PASSWORD: &str = "a long password";
/// Rows that are sealed, and rows that stay hot.
const ROWS: [u64; 2] = [3_000, 1_000];
/// Readings of a row.
const READINGS: u64 = 3;

/// What both doors answer to with the same rows.
const QUERIES: [&str; 5] = [
    "SELECT count(*) AS n, sum(pieces) AS pieces, max(at) AS newest FROM pressing",
    "SELECT at, machine, pieces, force, state FROM pressing ORDER BY at LIMIT 20 OFFSET 2990",
    "SELECT machine, channel, at, value, word, quality FROM datafusion.public.last ORDER BY channel",
    "SELECT state, avg(force) AS force FROM \"pressing\" GROUP BY state ORDER BY state",
    "SELECT number, what FROM findings WHERE number < 0",
];
/// What both doors refuse with the same sentence.
const REFUSED: [&str; 8] = [
    "DROP TABLE pressing",
    "INSERT INTO pressing (pieces) VALUES (1)",
    "COPY pressing TO 'out.csv'",
    "SELECT 1; SELECT 2",
    "SELEC 1",
    "SELECT nothing FROM pressing",
    "SELECT 1 FROM passwords",
    "SELECT pieces FROM pressing WHERE",
];
const LARGE: &str =
    "SELECT a.pieces, b.force, a.state FROM pressing a CROSS JOIN (SELECT force FROM pressing ORDER BY at LIMIT 50) b";
const LARGE_TIMES: u64 = 50;

/// A Python that has the clients.
fn is_there() -> bool {
    let found = Command::new("python3").args(["-c", "import adbc_driver_flightsql, pyarrow.flight"]).output();
    let found = found.is_ok_and(|o| o.status.success());
    if !found {
        eprintln!("left out: python3 has no `adbc_driver_flightsql` and `pyarrow`; `cargo xtask test` installs them");
    }
    found
}

/// Writes or adds rows.
fn write_rows(folder: &Path, rows: std::ops::Range<u64>) {
    let mut text = if rows.start == 0 { "t;pieces;force;state\n".to_owned() } else { String::new() };
    for row in rows {
        let state = if row % 3 == 0 { "WAIT" } else { "RUN" };
        writeln!(text, "{};{row};{};{state}", 1_772_431_200_000 + 1_000 * row, row % 250).expect("a text grows");
    }
    std::fs::create_dir_all(folder.join("exports")).expect("a folder");
    let file = OpenOptions::new().append(true).create(true).open(folder.join("exports/press-1.csv"));
    file.and_then(|mut file| file.write_all(text.as_bytes())).expect("written");
}

async fn stored(unit: &Unit, wanted: u64) {
    let account = until("rows of the file", || Some(unit.account()).filter(|a| a.stored + a.refused >= wanted)).await;
    assert_eq!((account.stored, account.refused), (wanted, 0));
}

/// Runs the clients; what they saw.
fn clients(wish: &Value) -> Value {
    let mut command = Command::new("python3");
    let mut child = command.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    let mut asks = child.stdin.take().expect("it is piped");
    asks.write_all(wish.to_string().as_bytes()).expect("it listens");
    drop(asks);
    let output = child.wait_with_output().expect("it ends");
    serde_json::from_slice(&output.stdout).expect("the clients ran to their end; what stopped them stands above")
}

/// One who asks over HTTP.
struct Http<'a> {
    unit: &'a Unit,
    person: Person,
}

impl Http<'_> {
    fn ask(&self, line: &str, body: &Value) -> Value {
        let headers = [("cookie", self.person.cookie.as_str()), ("x-csrf-token", self.person.csrf.as_str())];
        self.unit.send(line, &headers, &body.to_string()).json()
    }
    fn sql(&self, query: &str) -> Value {
        self.ask("POST /api/v1/sql", &json!({ "query": query }))
    }
    /// The sentence of a refusal.
    fn refusal(&self, query: &str) -> String {
        let answer = self.sql(query);
        answer["error"]["message"].as_str().unwrap_or_else(|| panic!("{query}: {answer}")).to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_of_flight_sql_see_what_http_says() {
    if !is_there() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let unit_toml = folder.path().join("unit.toml");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port");
    std::fs::write(&unit_toml, SITE.to_owned() + &UNIT.replace("FLIGHT", &free.to_string())).expect("written");
    write_rows(folder.path(), 0..ROWS[0]);
    let unit = Unit::start(&unit_toml);
    stored(&unit, READINGS * ROWS[0]).await;
    unit.end();
    seal(&unit_toml).await;
    write_rows(folder.path(), ROWS[0]..ROWS[0] + ROWS[1]);
    let unit = Unit::start(&unit_toml);
    stored(&unit, READINGS * ROWS[1]).await;
    let http = Http { unit: &unit, person: unit.sign_in() };
    http.ask("PUT /api/v1/session/password", &json!({ "new": PASSWORD }));
    http.ask("POST /api/v1/users", &json!({ "name": "vic", "role": "viewer", "password": PASSWORD }));

    let (whole, uri) = ("SELECT at, machine, pieces, state FROM pressing", format!("grpc://{free}"));
    let wish = json!({ "uri": uri, "password": PASSWORD, "viewer": PASSWORD, "queries": QUERIES, "refused": REFUSED,
        "large": LARGE, "whole": whole });
    let seen = clients(&wish);
    for (query, (prepared, direct)) in QUERIES.iter().zip(pairs(&seen["prepared"], &seen["direct"])) {
        let rows = &http.sql(query)["rows"];
        assert!(rows.is_array(), "{query}");
        assert_eq!((prepared, direct), (rows, rows), "{query}");
    }
    assert_eq!(seen["prepared"][0][0][0], ROWS[0] + ROWS[1], "sealed and hot, each once");
    let kinds = ["timestamp[us, tz=+00:00]", "string", "double", "string"];
    assert_eq!(seen["types"], json!(kinds), "words are plain UTF-8");
    large(&seen, &http);
    refusals(&seen, &http);
    lists(&seen, &http);
    sign_ins(&seen, &http);
    unit.end();
}

fn pairs<'a>(left: &'a Value, right: &'a Value) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    left.as_array().into_iter().flatten().zip(right.as_array().into_iter().flatten())
}

async fn seal(unit_toml: &Path) {
    let config = node::config::read(unit_toml).expect("a good configuration");
    let opened = store::Store::open(&config.store.dir, &config.plant, config.store.limits).await;
    let (store, _) = opened.expect("the store opens");
    let report = store.seal(&config.plant, measure::Instant::MAX).await.expect("sealed");
    assert_eq!(report.readings, READINGS * ROWS[0]);
    store.close().await.expect("the store closes");
}

fn large(seen: &Value, http: &Http<'_>) {
    let sum = &http.sql("SELECT sum(pieces) FROM pressing")["rows"][0][0];
    let rows = (ROWS[0] + ROWS[1]) * LARGE_TIMES;
    let [found, pieces, batches, bytes] = [0, 1, 2, 3].map(|i| seen["large"][i].as_f64().expect("a number"));
    assert_eq!((found, pieces), (rows as f64, sum.as_f64().expect("a number") * LARGE_TIMES as f64));
    assert!(batches > 10.0 && bytes < f64::from(4 << 20), "{batches} batches, the largest has {bytes} bytes");
    assert_eq!(seen["left_early"], true);
    println!("Flight SQL: {rows} rows in {batches} batches, the largest of {bytes} bytes");
}

fn refusals(seen: &Value, http: &Http<'_>) {
    for (i, query) in REFUSED.iter().enumerate() {
        let sentence = http.refusal(query);
        for door in ["refused", "refused_direct", "refused_update"] {
            let said = seen[door][i].as_str().expect("a sentence");
            assert!(said.contains(&sentence), "{query} as {door}: `{said}`, over HTTP `{sentence}`");
        }
    }
    let contains = |what: &Value, sentence: &str| assert!(what.as_str().expect("a sentence").contains(sentence), "{what}");
    contains(&seen["update"], "this server only reads; send this statement as a query, not as an update");
    contains(&seen["bound"], "a prepared statement with parameters is not served here");
    contains(&seen["headers"]["transaction"], "the action `BeginTransaction` is not served here");
}

fn lists(seen: &Value, http: &Http<'_>) {
    let known = http.sql(
        "SELECT table_catalog, table_schema, table_name, table_type FROM information_schema.tables \
         WHERE table_schema = 'public' ORDER BY table_name",
    );
    let names = |table: &Value| table.as_array().expect("a row")[..3].to_vec();
    let known: Vec<_> = known["rows"].as_array().expect("rows").iter().map(names).collect();
    let found: Vec<_> = seen["tables"].as_array().expect("tables").iter().map(names).collect();
    assert_eq!(found, known);
    let pressing = seen["tables"].as_array().into_iter().flatten().find(|t| t[2] == "pressing").expect("the machine type");
    assert_eq!(pressing[4], http.sql("SELECT * FROM pressing LIMIT 0")["columns"]);
    assert_eq!(seen["table_types"], json!([pressing[3]]));
    assert_eq!(seen["info"]["vendor_name"], "Socium");
}

fn sign_ins(seen: &Value, http: &Http<'_>) {
    let contains = |what: &Value, sentence: &str| assert!(what.as_str().expect("a sentence").contains(sentence), "{what}");
    contains(&seen["wrong"], "name or password is wrong");
    contains(&seen["viewer"], "this needs the role engineer or higher");
    let headers = &seen["headers"];
    let actions = json!(["CreatePreparedStatement", "ClosePreparedStatement"]);
    assert_eq!((&headers["token"], &headers["password"]), (&actions, &actions));
    contains(&headers["nothing"], "sign in first");
    contains(&headers["forged"], "this token is not known or too old");
    contains(&headers["digest"], "Basic with name and password, or Bearer");
    let audit = http.unit.get("/api/v1/audit?limit=500", &http.person);
    let lines = audit.as_array().expect("lines");
    let count = |what: &str, detail: &str| lines.iter().filter(|l| l["what"] == what && l["detail"] == detail).count();
    assert_eq!(count("sign_in_failed", "flight sql"), 1);
    assert!(count("sign_in", "flight sql") >= 4, "each by its password");
    for query in QUERIES.iter().chain(&REFUSED).chain([&LARGE]) {
        assert!(count("sql", query) >= 2, "{query} is in the audit trail");
    }
}
