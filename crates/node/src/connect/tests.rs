//! What connecting writes: comments and order kept, checked, the old file kept; and what it refuses.

use super::draft::Source;
use super::write::WriteError;
use super::{Connection, START};
use crate::config;
use std::path::Path;
use survey::{Data, Found, Seen, Value, Watched};

fn source(address: &str) -> Source {
    Source { name: "mills".to_owned(), protocol: "opcua".to_owned(), address: address.to_owned(), ..Source::default() }
}

fn value(machine: &str, name: &str, unit: &str, now: Value) -> Seen {
    let mut watched = Watched::default();
    watched.hear(now.clone());
    let data = if matches!(now, Value::Text(_)) { Data::Text } else { Data::Real };
    let found = Found {
        address: format!("ns=2;s={machine}.{name}"),
        path: vec![machine.to_owned(), name.to_owned()],
        unit: Some(unit.to_owned()).filter(|u| !u.is_empty()),
        data,
        value: Some(now),
        ..Found::default()
    };
    Seen { found, watched }
}

fn mill(machine: &str) -> Vec<Seen> {
    vec![
        value(machine, "state", "", Value::Text("producing".to_owned())),
        value(machine, "power", "kW", Value::Number(12.5)),
        value(machine, "colour", "", Value::Text("red".to_owned())),
    ]
}

#[test]
fn a_fresh_file_is_begun_and_is_good() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("unit.toml");
    let connection = Connection::open(&path, source("opc.tcp://10.0.0.1:4840")).expect("nothing there yet");
    let seen: Vec<Seen> = (1..=3).flat_map(|n| mill(&format!("mill-{n}"))).collect();
    let proposal = connection.propose(&seen);
    let written = connection.write(&proposal.machines).expect("written");
    assert_eq!((written.machines, written.channels, written.before), (3, 9, None));
    let text = std::fs::read_to_string(&path).expect("there");
    assert!(text.starts_with(START), "{text}");
    assert_eq!(text.matches("[[machine_type.channel]]").count(), 3, "channels stand in the type: {text}");
    let config = config::read(&path).expect("good");
    assert_eq!((config.plant.machines.len(), config.plant.channels.len()), (3, 9));
    assert_eq!(config.addresses[8].address.as_deref(), Some("ns=2;s=mill-3.colour"));
}

#[test]
fn what_is_there_stays_as_it_is_and_is_kept() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("unit.toml");
    let before = config::init();
    std::fs::write(&path, before).expect("written");
    let connection = Connection::open(&path, source("opc.tcp://10.0.0.9:4840")).expect("good");
    let proposal = connection.propose(&mill("press-1"));
    let written = connection.write(&proposal.machines).expect("written");
    let after = std::fs::read_to_string(&path).expect("there");
    let mut rest = after.as_str();
    for line in before.lines() {
        let at = rest.find(line).unwrap_or_else(|| panic!("`{line}` is gone or moved"));
        rest = &rest[at + line.len()..];
    }
    let kept = written.before.expect("the old file is kept");
    assert_eq!(std::fs::read_to_string(kept).expect("there"), before);
    let config = config::read(&path).expect("good");
    assert!(config.plant.machine_named("press-1").is_some());
    // connecting the same source again finds nothing new
    let again = Connection::open(&path, source("opc.tcp://10.0.0.9:4840")).expect("good");
    assert!(again.is_known());
    assert_eq!(again.propose(&mill("press-1")).machines, []);
}

#[test]
fn a_second_source_adds_to_the_machines_that_are_there() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("unit.toml");
    let first = Connection::open(&path, source("opc.tcp://10.0.0.1:4840")).expect("fresh");
    let seen: Vec<Seen> = (1..=2).flat_map(|n| mill(&format!("mill-{n}"))).collect();
    first.write(&first.propose(&seen).machines).expect("written");
    let meters = Source {
        name: "meters".to_owned(),
        protocol: "modbus".to_owned(),
        address: "10.0.0.2:502".to_owned(),
        ..Source::default()
    };
    let second = Connection::open(&path, meters).expect("good");
    let meter = |n: usize| {
        let mut one = value(&format!("mill-{n}"), "energy", "kWh", Value::Number(7.5));
        one.found.address = format!("{n}/input/0/f32");
        one
    };
    let written = second.write(&second.propose(&[meter(1), meter(2)]).machines).expect("written");
    assert_eq!((written.machines, written.channels), (0, 2));
    let config = config::read(&path).expect("good");
    let energy = config.plant.channels.iter().filter(|c| c.role == plant::Role::Energy);
    let places: Vec<_> = energy.map(|c| config.addresses[c.id.index()].address.clone().unwrap_or_default()).collect();
    assert_eq!(places, ["1/input/0/f32", "2/input/0/f32"]);
    let text = std::fs::read_to_string(&path).expect("there");
    assert_eq!(text.matches("name = \"energy\"").count(), 1, "once, in the type: {text}");
}

#[test]
fn a_result_with_faults_is_not_written() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("unit.toml");
    let connection = Connection::open(&path, source("opc.tcp://10.0.0.1:4840")).expect("fresh");
    let mut machines = connection.propose(&mill("mill-1")).machines;
    machines[0].channels[1].unit = Some("furlong".to_owned());
    let Err(WriteError::Faults(faults)) = connection.write(&machines) else { panic!("it was written") };
    assert!(faults.to_string().contains("furlong"), "{faults}");
    assert!(!path.exists());
    std::fs::write(&path, "[site]\nname = 7\n").expect("written");
    assert!(Connection::open(&path, source("opc.tcp://10.0.0.1:4840")).is_err(), "faults come first");
}

#[test]
fn braces_in_an_address_are_no_placeholders() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("unit.toml");
    let connection = Connection::open(&path, source("opc.tcp://10.0.0.1:4840")).expect("fresh");
    let odd = |n: usize| {
        let mut one = value(&format!("mill-{n}"), "power", "kW", Value::Number(1.5));
        one.found.address = format!("ns=2;s={{cell}}.mill-{n}.power");
        one
    };
    connection.write(&connection.propose(&[odd(1), odd(2)]).machines).expect("written");
    let config = config::read(&path).expect("good");
    assert_eq!(config.addresses[1].address.as_deref(), Some("ns=2;s={cell}.mill-2.power"));
}

#[test]
fn a_draft_tells_its_driver_what_the_unit_will_tell_it() {
    let addresses = vec![("ns=2;s=a".to_owned(), Data::Real), ("ns=2;s={b}".to_owned(), Data::Text)];
    let config = source("opc.tcp://10.0.0.1:4840").driver(Path::new(""), &addresses).expect("good");
    let drivers::Config::OpcUa(config) = config else { panic!("{config:?}") };
    let places: Vec<String> = config.channels.iter().map(|(id, a)| format!("{} {a}", id.0)).collect();
    assert_eq!(places, ["0 ns=2;s=a", "1 ns=2;s={b}"]);
    assert!(source("no address").driver(Path::new(""), &[]).is_err());
}
