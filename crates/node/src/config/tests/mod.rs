//! Tests of configuration: a file with everything in it, and every way to be told what is wrong.

use super::{Config, parse};
use measure::Span;
use plant::{MachineState, Role};
use std::path::Path;

mod faults;
mod files;
pub mod golden;
mod rendering;

/// A small plant with every table.
pub const SAMPLE: &str = include_str!("sample.toml");

fn sample() -> Config {
    parse("unit.toml", SAMPLE, Path::new("/plant")).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn everything_typed_is_there() {
    let config = sample();
    let plant = &config.plant;
    let mill = plant.machine_named("mill-1").expect("mill-1");
    let other = plant.machine_named("mill-2").expect("mill-2");
    assert_eq!((mill.feeds.clone(), mill.line), (vec![other.id], other.line));
    assert_eq!((mill.warm_up, other.warm_up), (Span::from_minutes(4), Span::from_minutes(6)));
    assert_eq!(mill.services, vec![("tool".to_owned(), Span::from_minutes(15)), ("bearing".to_owned(), Span::from_minutes(210))]);
    let names = |m| plant.channels_of(m).map(|c| c.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names(mill.id), ["state", "good", "power", "set_speed"]);
    assert_eq!(names(other.id), ["state", "good", "power", "scrap"]);
    let state = plant.role(mill.id, Role::State).expect("a state");
    let words: Vec<&str> = state.states.iter().map(|(w, _)| w.as_str()).collect();
    assert_eq!(words, ["RUN", "WAIT", "FULL", "OFF", "ERR"], "in the order of the file");
    assert_eq!(state.states[4].1, MachineState::Down);
    let order = &plant.orders[0];
    assert_eq!(
        (order.release.to_string(), order.due.to_string()),
        ("2026-03-02T05:00:00Z".into(), "2026-03-03T13:00:00Z".into())
    );
    assert_eq!(plant.products[0].route[0].family, "flange");
    assert_eq!(plant.calendar.shifts[0].days, [0, 1, 4]);
    assert_eq!((config.store.dir, config.store.limits.journal_bytes_max), ("/plant/cellar".into(), 64 << 20));
}

#[test]
fn a_family_can_be_configured() {
    let config = sample();
    let [kit] = &config.families[..] else { panic!("one family") };
    assert_eq!((kit.name(), kit.quantity_max()), ("flange kit", 50));
    let bore = unit::sales::Choice::Set { parameter: 0, value: 60 };
    let made = kit.configured(&[unit::sales::Choice::With(1), bore]).expect("it can be made");
    assert_eq!((made.materials[0].amount, made.price.to_string().as_str()), (660, "30.94 EUR"));
    let step = &made.steps[0];
    assert_eq!((step.cycle, step.family.as_str()), (Span::from_seconds(70), "bore-60 mm"));
    assert_eq!(step.instructions[0], "Bore 60 mm into Brass; –.");
}

#[test]
fn addresses_are_filled_in() {
    let config = sample();
    let at = |machine: &str, channel: &str| {
        let machine = config.plant.machine_named(machine).expect("a machine").id;
        config.addresses[config.plant.named(machine, channel).expect("a channel").id.index()].clone()
    };
    assert_eq!(at("mill-1", "state").address.as_deref(), Some("ns=2;s=mill-1.state"));
    assert_eq!(at("mill-2", "power").address.as_deref(), Some("8/input/12/f32"));
    assert_eq!(at("mill-2", "scrap").address, None);
    let meters = &config.ports[1];
    let drivers::Config::Modbus(modbus) = &meters.wire else { panic!("{:?}", meters.wire) };
    assert_eq!((modbus.channels.len(), modbus.port, modbus.poll.as_secs()), (2, 502, 2));
    assert_eq!(modbus.channels[1].1.to_string(), "8/input/12/f32");
    assert_eq!(config.ports.len(), 2, "hands have no wire");
}

#[test]
fn what_is_absent_has_the_value_the_reference_names() {
    let bare = SAMPLE.lines().filter(|l| {
        !l.starts_with("[limits]") && !["ahead_max", "late_max", "journal_mib_max", "listen"].iter().any(|k| l.starts_with(k))
    });
    let text: String = bare.map(|l| format!("{l}\n")).collect();
    let config = parse("unit.toml", &text.replace("[web]", ""), Path::new("")).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(config.limits.door, collect::Limits::default());
    assert_eq!((config.web.listen.to_string(), config.web.tls), ("127.0.0.1:8080".to_owned(), None));
    assert_eq!(config.store.limits, store::StoreLimits::default());
}

#[test]
fn a_file_of_causes_is_read_and_its_wrong_line_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = SAMPLE.replacen("carbon = 0.38", "carbon = 0.38\ncauses = \"causes.txt\"", 1);
    let config = parse("unit.toml", &text, folder.path()).unwrap_or_else(|faults| panic!("{faults}"));
    let file = folder.path().join("causes.txt");
    let said = || config.causes().expect_err("a fault").to_string();
    assert!(said().starts_with(&format!("{}: found No such file", file.display())), "{}", said());
    std::fs::write(&file, "# ours\nmilling overload load_jump much\n").expect("written");
    assert!(said().starts_with(&format!("{}:2", file.display())) && said().contains("much"), "{}", said());
    std::fs::write(&file, "# ours\nmilling overload load_jump 2.5\n").expect("written");
    assert!(config.causes().expect("good").is_some_and(|model| !model.causes("milling").is_empty()));
    assert!(config.read_files().expect_err("no password file").to_string().contains("cell.password"));
}

#[test]
fn a_certificate_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = SAMPLE.replacen("[web]", "[web]\ntls_certificate = \"unit.pem\"\ntls_key = \"unit.key\"", 1);
    let config = parse("unit.toml", &text, folder.path()).unwrap_or_else(|faults| panic!("{faults}"));
    let said = || config.read_files().expect_err("a fault").to_string();
    assert!(said().contains("unit.pem") && said().contains("No such file"), "{}", said());
    std::fs::write(folder.path().join("unit.pem"), "not PEM\n").expect("written");
    assert!(said().contains("no certificate in it"), "{}", said());
}

#[test]
fn passwords_stay_in_their_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = parse("unit.toml", SAMPLE, folder.path()).unwrap_or_else(|faults| panic!("{faults}"));
    let file = folder.path().join("cell.password");
    let fault = config.connections().expect_err("no such file");
    assert!(fault.to_string().starts_with(&format!("{}: found No such file", file.display())), "{fault}");
    std::fs::write(&file, "\n").expect("written");
    assert!(config.connections().expect_err("an empty line").to_string().contains("found an empty first line"));
    std::fs::write(&file, "a secret\n").expect("written");
    let (_, wire) = config.connections().expect("connections").remove(0);
    let drivers::Config::OpcUa(opcua) = wire else { panic!("{wire:?}") };
    let credentials = opcua.credentials.expect("credentials");
    assert_eq!((credentials.name.as_str(), credentials.password.as_str()), ("socium", "a secret"));
}
