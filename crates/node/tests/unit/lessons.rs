//! `socium learn` learns from stored readings how long tools last, beside a running unit; the version that is better on later failures is in use from
//! then on, and after a start.

use super::process::{Person, Unit, run, until, write_lines};
use super::site::SITE;
use measure::{Instant, Span};
use node::clock::Clock;
use serde_json::Value;
use std::net::{SocketAddr, TcpListener, TcpStream};

const REST: &str = r#"
[web]
listen = "127.0.0.1:0"
[store]
dir = "data"
[[source]]
name = "http"
protocol = "http"
address = "DOOR"
[[machine_type]]
name = "milling"
source = "http"
address = "cell,machine={machine}/{channel}"
channel = [
  { name = "state", role = "state", states = { producing = "producing", down = "down" } },
  { name = "load", role = "load", unit = "%" },
  { name = "serviced", role = "serviced" },
]
[[machine]]
name = "mill-1"
type = "milling"
[[machine]]
name = "mill-2"
type = "milling"
"#;

/// Tools of each mill that run until they fail.
const TOOLS: i64 = 12;
/// Load of a sharp tool [%].
const SHARP: f64 = 54.0;

/// A mill from the first tool to the replacement of the last: tools of 20 to 30 h, of which each fails at 1.25 times the load of a sharp one, a
/// quarter sooner than is usual.
fn mill(name: &str, begins: Instant, odd: i64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |at: Instant, fields: &str| lines.push(format!("cell,machine={name} {fields} {}", at.micros() / 1_000_000));
    let mut at = begins;
    for tool in 0..TOOLS {
        say(at, "serviced=\"tool\",state=\"producing\"");
        let minutes = 60 * (20 + (7 * tool + odd) % 11);
        for minute in (0..minutes).step_by(4) {
            let wavers = 0.004 * ((minute * minute % 13) as f64 - 6.0) / 6.0;
            let worn = 0.25 * (minute as f64 / minutes as f64).powf(1.5);
            say(at + Span::from_minutes(minute), &format!("load={:.3}", SHARP * (1.0 + worn + wavers)));
        }
        at += Span::from_minutes(minutes);
        say(at, "state=\"down\"");
        at += Span::from_hours(1);
    }
    say(at, "serviced=\"tool\",state=\"producing\"");
    lines
}

fn version(unit: &Unit, person: &Person) -> Option<Value> {
    let models = unit.get("/api/v1/outlook/models", person);
    let tool = models.as_array()?.iter().find(|of| of["part"] == "tool")?.clone();
    (tool["version"] == 2).then_some(tool)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_long_tools_last_is_learned_from_stored_failures_and_in_use_after_a_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let door: SocketAddr = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let file = folder.path().join("unit.toml");
    std::fs::write(&file, format!("{SITE}{}", REST.replace("DOOR", &door.to_string()))).expect("written");
    let unit = Unit::start(&file);
    until("the source listens", || TcpStream::connect(door).ok()).await;
    let begins = Clock::real().now() - Span::from_days(15);
    write_lines(door, &mill("mill-1", begins, 0));
    let learn = ["learn", "--unit", "."];
    let (code, few) = run(folder.path(), &learn);
    assert_eq!(code, Some(0), "{few}");
    assert!(few.contains("remaining_life/milling/tool: nothing learned: 12 failures are known; at least 18 are needed"), "{few}");

    write_lines(door, &mill("mill-2", begins, 5));
    let dry = run(folder.path(), &[&learn[..], &["--dry"]].concat()).1;
    let told = run(folder.path(), &learn).1;
    let [dry, line] = [&dry, &told].map(|text| {
        text.lines().find(|l| l.starts_with("remaining_life/milling/tool: learned")).unwrap_or_else(|| panic!("{text}"))
    });
    let losses = |line: &str| line.split_once("the mean pinball loss").map(|(_, losses)| losses.to_owned());
    assert!(losses(line).is_some() && losses(line) == losses(dry), "the same readings teach the same: {dry} {line}");
    assert!(line.contains("on 6 failures") && line.ends_with("version 2 is in use from now on"), "{line}");
    let again = run(folder.path(), &learn).1;
    assert!(again.contains("version 2 stays") && again.contains("better with probability 0.00"), "it is itself again: {again}");
    unit.end();

    let unit = Unit::start(&file);
    let person = unit.sign_in();
    let tool = until("the version in use is shown", || version(&unit, &person)).await;
    assert_eq!((&tool["machine_type"], &tool["contests"][0]["swapped"]), (&"milling".into(), &true.into()));
    // it is learned again from its readings before it is used
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let (_, _, log) = unit.end();
    assert!(
        log.iter().any(|l| l.contains("foretold by the version in use") && l.contains("remaining_life/milling/tool")),
        "{log:?}"
    );
}
