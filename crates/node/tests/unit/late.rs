//! Readings that come late over the line protocol: the KPIs of a shift that had ended are revised, the revision is there over HTTP and
//! on the command line, and a kill between the late readings and the revision loses neither.

use super::process::{Person, Unit, run, until, write_lines};
use measure::{Instant, Span};
use node::clock::Clock;
use plant::{Record, RecordKind, RevisionState};
use serde_json::Value;
use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Length of a shift; they fill the day.
const SHIFT: Span = Span::from_hours(2);
/// The shift looked at begins so long after the readings do.
const BEFORE: Span = Span::from_minutes(10);

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port")
}

fn unit_toml(door: SocketAddr) -> String {
    let mut text = format!(
        "[site]\nname = \"late\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\nenergy_price = 0.2\ncarbon = 0.4\n[web]\n\
         listen = \"127.0.0.1:0\"\n[store]\ndir = \"data\"\nseal_every = \"1 s\"\nseal_behind = \"0 s\"\n[[source]]\nname = \"http\"\n\
         protocol = \"http\"\naddress = \"{door}\"\n[[line]]\nname = \"line\"\n[[team]]\nname = \"team\"\nworkers = 2\n\
         [[machine_type]]\nname = \"pressing\"\nsource = \"http\"\naddress = \"cell,machine={{machine}}/{{channel}}\"\n"
    );
    let states = "states = { producing = \"producing\", down = \"down\" }";
    for (name, meaning) in [("state", states), ("good", "unit = \"1\""), ("energy", "unit = \"kW.h\"")] {
        write!(text, "[[machine_type.channel]]\nname = \"{name}\"\nrole = \"{name}\"\n{meaning}\n").expect("a text grows");
    }
    text += "[[machine]]\nname = \"press-1\"\ntype = \"pressing\"\nline = \"line\"\n";
    let days = r#"["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]"#;
    for hour in (0..24).step_by(2) {
        write!(
            text,
            "[[shift]]\nname = \"s{hour}\"\nteam = \"team\"\ndays = {days}\nstart = \"{hour:02}:00\"\nlength = \"2 h\"\n"
        )
        .expect("a text grows");
    }
    text
}

/// What the press did, minute by minute: producing, but for a breakdown from 30 to 50 min of the shift. The line to the unit was cut
/// from 25 to 60 min.
struct Day {
    shift: Instant,
    on_time: Vec<String>,
    late: Vec<String>,
}

fn day(now: Instant) -> Day {
    let mut day = Day { shift: now.floor(SHIFT) - SHIFT, on_time: Vec::new(), late: Vec::new() };
    let (mut good, mut at) = (0, day.shift - BEFORE);
    while at < now {
        let minute = (at - day.shift).minutes();
        let is_down = (30.0..50.0).contains(&minute);
        let (state, seconds) = (if is_down { "down" } else { "producing" }, at.micros() / 1_000_000);
        let line = format!("cell,machine=press-1 state=\"{state}\",good={good},energy={} {seconds}", f64::from(good) * 0.25);
        if (25.0..60.0).contains(&minute) {
            day.late.push(line)
        } else {
            day.on_time.push(line)
        }
        good += i32::from(!is_down);
        at += Span::from_minutes(1);
    }
    day
}

/// A folder with a unit that knows the day as it came on time.
async fn told() -> (tempfile::TempDir, PathBuf, SocketAddr, Day, Unit, Person) {
    let folder = tempfile::tempdir().expect("a folder");
    let (door, file) = (free_port(), folder.path().join("unit.toml"));
    std::fs::write(&file, unit_toml(door)).expect("written");
    let unit = Unit::start(&file);
    let person = unit.sign_in();
    let day = day(Clock::real().now());
    until("the source listens", || TcpStream::connect(door).ok()).await;
    write_lines(door, &day.on_time);
    let row = until("the shift as it was told", || {
        shift(&unit, &person, &day).filter(|row| row["kpis"]["good"].as_f64() >= Some(99.0))
    })
    .await;
    assert_eq!(
        (&row["kpis"]["failures"], &row["kpis"]["availability"], &row["revised"]),
        (&0.into(), &1.0.into(), &Value::Array(vec![]))
    );
    (folder, file, door, day, unit, person)
}

/// The KPIs of the shift.
fn shift(unit: &Unit, person: &Person, day: &Day) -> Option<Value> {
    let rows = unit.get("/api/v1/kpis?scope=shift", person);
    rows.as_array()?.iter().find(|row| row["kpis"]["from"] == day.shift.to_string()).cloned()
}

/// A figure of a row of KPIs: before, after.
fn mark(row: &Value, figure: &str) -> Option<(f64, f64)> {
    let mark = row["revised"].as_array()?.iter().find(|m| m["figure"] == figure)?;
    Some((mark["before"].as_f64()?, mark["after"].as_f64()?))
}

/// The shift is revised, and so it is told wherever one looks.
async fn revised(unit: &Unit, person: &Person, day: &Day, file: &Path) {
    let row = until("the shift revised", || shift(unit, person, day).filter(|row| mark(row, "failures").is_some())).await;
    assert_eq!(mark(&row, "failures"), Some((0.0, 1.0)));
    let (before, after) = mark(&row, "availability").expect("it changed");
    assert!(before == 1.0 && (after - 100.0 / 120.0).abs() < 1e-9, "{before} {after}");
    assert_eq!(
        (&row["kpis"]["failures"], &row["kpis"]["down_s"]),
        (&1.into(), &1_200.0.into()),
        "and so are the KPIs themselves"
    );
    let revision = &unit.get("/api/v1/revisions", person)[0];
    assert_eq!(
        (&revision["id"], &revision["state"], &revision["machine"]),
        (&"revision-1".into(), &"done".into(), &"press-1".into())
    );
    let of = |scope: &str| revision["revised"].as_array().is_some_and(|all| all.iter().any(|r| r["scope"] == scope));
    assert!(["unit", "line", "machine", "team"].iter().all(|scope| of(scope)), "{revision}");
    let walk = unit.get("/api/v1/records/revision-1/walk", person);
    let channels: Vec<&Value> = walk["because"].as_array().expect("reasons").iter().map(|b| &b["readings"]["channel"]).collect();
    assert!(["state", "good", "energy"].iter().all(|c| channels.contains(&&Value::from(*c))), "{walk}");
    let (code, text) = run(file.parent().expect("a folder"), &["explain", "revision-1"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("late_readings of press-1") && text.contains("failures of press-1"), "{text}");
    assert!(text.contains("0.0000 was, 1.0000 is") && text.contains("readings press-1/state"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shift_that_had_ended_is_revised_when_its_readings_come_late() {
    let (_folder, file, door, day, unit, person) = told().await;
    write_lines(door, &day.late);
    revised(&unit, &person, &day, &file).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_between_late_readings_and_their_revision_loses_neither() {
    let (_folder, file, door, day, unit, _) = told().await;
    write_lines(door, &day.late);
    unit.kill();
    let config = node::config::read(&file).unwrap_or_else(|faults| panic!("{faults}"));
    let plant = Arc::new(config.plant.clone());
    let (store, recovered) = store::Store::open(&config.store.dir, &plant, config.store.limits).await.expect("the store opens");
    let revisions = store.records(RecordKind::Revision, Instant::MAX, 10).await.expect("read");
    let pending = |r: &Record| matches!(r, Record::Revision(r) if r.state == RevisionState::Pending && r.late > 30);
    assert!(revisions.len() == 1 && pending(&revisions[0]), "what is acknowledged is told as pending: {revisions:?}");
    assert!(recovered.recent.iter().any(pending), "and comes back at the start");
    store.close().await.expect("the store closes");
    drop(store);
    let lock = std::fs::File::open(config.store.dir.join("lock")).expect("the lock is a file");
    until("the store is let go", || lock.try_lock().ok()).await;
    drop(lock);
    let unit = Unit::start(&file);
    let person = unit.sign_in();
    revised(&unit, &person, &day, &file).await;
}
