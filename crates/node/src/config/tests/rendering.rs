//! The start that `socium init` writes, and the file of the virtual workshop: both must read well.

use super::{SAMPLE, sample};
use crate::config::{Clock, Config, Wiring, init, parse, render_workshop};
use plant::{Plant, SourceId};
use std::path::Path;

fn read(text: &str) -> Config {
    parse("unit.toml", text, Path::new("")).unwrap_or_else(|faults| panic!("{faults}\n{text}"))
}

#[test]
fn the_start_is_good_as_it_stands() {
    let config = read(init());
    assert_eq!((config.plant.machines.len(), config.ports.len()), (4, 4));
    let protocols: Vec<&str> = config.plant.sources.iter().map(|s| s.protocol.as_str()).collect();
    assert_eq!(protocols, ["opcua", "sparkplug", "mqtt", "modbus"]);
}

#[test]
fn its_notes_are_good_when_their_signs_are_removed() {
    let bare = init().lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if rest.starts_with("[[") || rest.split_once(" = ").is_some_and(|(k, _)| !k.contains(' ')) => {
            format!("{rest}\n")
        }
        _ => format!("{line}\n"),
    });
    let config = read(&bare.collect::<String>());
    assert_eq!((config.plant.machines.len(), config.plant.orders.len(), config.plant.sources.len()), (5, 1, 5));
    assert!(config.web.tls.is_some());
}

fn wiring(config: &Config, sources: Vec<String>) -> Wiring {
    Wiring {
        sources,
        channels: config.addresses.iter().map(|r| (r.source, r.address.clone().unwrap_or_default())).collect(),
        clock: config.clock,
        listen: config.web.listen,
        store: config.store.dir.clone(),
    }
}

#[test]
fn a_plant_written_is_read_again() {
    let config = sample();
    let addresses = config
        .plant
        .sources
        .iter()
        .map(|s| config.ports.iter().find(|p| p.source == s.id).map(|p| p.address.clone()).unwrap_or_default());
    let again = read(&render_workshop(&config.plant, &wiring(&config, addresses.collect())));
    assert_eq!(again.plant, config.plant);
    assert_eq!(again.addresses, config.addresses);
    assert_eq!((again.clock, again.store.dir), (config.clock, config.store.dir));
    assert!(SAMPLE.contains("without"), "the sample has machines of one type with different channels");
}

/// Places as the servers of the workshop might give them.
fn place(plant: &Plant, channel: &plant::Channel, source: SourceId) -> String {
    let machine = plant.machine(channel.machine);
    match plant.sources[source.index()].protocol.as_str() {
        "opcua" => format!("ns=2;s={}.{}", machine.name, channel.name),
        "sparkplug" => format!("workshop/gateway/{}/{}", machine.name, channel.name),
        _ => format!("{}/holding/{}/f32", machine.id.0 + 1, channel.id.0),
    }
}

#[test]
fn the_virtual_workshop_written_is_read_again() {
    let origin = "2026-03-01T16:00:00Z".parse().expect("an instant");
    let plant = simulate::workshop::plant(origin, 5, 7);
    let sources = simulate::workshop::wiring(&plant);
    let addresses = ["opc.tcp://127.0.0.1:4841", "127.0.0.1:1884", "127.0.0.1:5021"].map(str::to_owned);
    let wiring = Wiring {
        sources: addresses.to_vec(),
        channels: plant.channels.iter().zip(&sources).map(|(c, s)| (*s, place(&plant, c, *s))).collect(),
        clock: Clock { speed: 120.0, origin: Some(origin) },
        listen: "127.0.0.1:8750".parse().expect("an address"),
        store: "store".into(),
    };
    let text = render_workshop(&plant, &wiring);
    let config = read(&text);
    assert_eq!(config.plant, plant);
    let routes = config.addresses.iter().map(|r| (r.source, r.address.clone().unwrap_or_default()));
    assert_eq!(routes.collect::<Vec<_>>(), wiring.channels);
    assert_eq!(text.matches("[[machine_type]]").count(), 7, "mills share their channels");
}
