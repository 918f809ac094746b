//! Tests of replay: what files bring, in which order, and every way to be told what is wrong with a map or a row.

use super::Replay;
use collect::{Place, RawValue};
use std::fmt::Write;
use std::path::Path;
use tempfile::TempDir;

mod bad;
mod order;
mod real;

/// A unit with two presses and all kinds of channels.
pub const UNIT: &str = r#"
[site]
name = "Test works"
time_zone = "Europe/Berlin"
currency = "EUR"
energy_price = 0.2
carbon = 0.4
[[source]]
name = "records"
protocol = "file"
[[machine_type]]
name = "press"
source = "records"
[[machine_type.channel]]
name = "state"
role = "state"
states = { run = "producing", wait = "starved", fail = "down" }
[[machine_type.channel]]
name = "power"
role = "power"
unit = "W"
[[machine_type.channel]]
name = "temperature"
role = "temperature"
unit = "Cel"
[[machine_type.channel]]
name = "good"
role = "good"
unit = "1"
[[machine_type.channel]]
name = "alarm"
role = "alarm"
[[machine]]
name = "press-1"
type = "press"
[[machine]]
name = "press-2"
type = "press"
"#;

/// A map of one wide file.
pub const MAP: &str = r#"unit = "unit.toml"
[[file]]
path = "data.csv"
time = { columns = ["time"], zone = "UTC" }
machine = { column = "who", pattern = "press-{value}" }
[[file.channel]]
column = "state"
channel = "state"
words = { 1 = "run", 0 = "wait" }
[[file.channel]]
column = "kw"
channel = "power"
unit = "kW"
"#;

/// A folder with a unit, a map and data files.
pub fn folder(map: &str, files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("written");
    write("unit.toml", UNIT.as_bytes());
    write("map.toml", map.as_bytes());
    files.iter().for_each(|(name, bytes)| write(name, bytes));
    folder
}

/// Opens the map of a folder.
pub fn open(folder: &TempDir) -> Replay {
    Replay::open(&folder.path().join("map.toml"), None).unwrap_or_else(|faults| panic!("{faults}"))
}

/// What a map and its files bring, a line a reading or refusal.
pub fn told(replay: &mut Replay) -> String {
    let mut text = String::new();
    while let Some((now, delivery)) = replay.next() {
        let plant = &replay.config.plant;
        assert_eq!(now, delivery.received);
        for reading in delivery.readings {
            let Place::Channel(channel) = reading.place else { panic!("{:?}", reading.place) };
            let channel = plant.channel(channel);
            let value = match reading.value {
                RawValue::Number(n) => n.to_string(),
                RawValue::Flag(f) => f.to_string(),
                RawValue::Text(t) => format!("`{t}`"),
            };
            let at = reading.at.expect("files tell times");
            let late = if at == now { String::new() } else { format!(" (late, at {now})") };
            let _ = writeln!(text, "{at} {}/{} = {value}{late}", plant.machine(channel.machine).name, channel.name);
        }
        for refused in delivery.refused {
            let word = refused.reason.word();
            let _ = writeln!(
                text,
                "{now} refused ({word}) {}: found {}; allowed is {}",
                refused.place, refused.found, refused.allowed
            );
        }
    }
    text
}

/// What a map and its files bring.
pub fn brought(map: &str, files: &[(&str, &[u8])]) -> String {
    let folder = folder(map, files);
    told(&mut open(&folder))
}

/// What a person is told of a map that cannot be used; the folder's name is left out.
pub fn faults(map: &str, files: &[(&str, &[u8])]) -> String {
    let folder = folder(map, files);
    let Err(faults) = Replay::open(&folder.path().join("map.toml"), None) else { panic!("taken as good: {map}") };
    faults.to_string().replace(&format!("{}/", folder.path().display()), "")
}

/// The folder of examples.
pub fn examples() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples"))
}
