//! What is proposed, as tables: names, units and values in; kind, unit, role out.

use crate::{Channel, Data, Found, Known, Proposal, Reason, Seen, Types, Value, compact, propose};
use plant::{ChannelKind, MachineState, Role};
use std::collections::BTreeSet;

/// A value of machine `m` with what it said while it was watched.
fn seen(name: &str, unit: &str, values: &[Value]) -> Seen {
    let data = match values.first() {
        Some(Value::Number(_)) if values.iter().all(|v| matches!(v, Value::Number(n) if n.fract() == 0.0)) => Data::Whole,
        Some(Value::Number(_)) => Data::Real,
        Some(Value::Flag(_)) => Data::Flag,
        Some(Value::Text(_)) => Data::Text,
        None => Data::Unknown,
    };
    let found = Found {
        address: format!("at/{name}"),
        path: ["m", name].map(str::to_owned).to_vec(),
        device: Some(1),
        unit: Some(unit.to_owned()).filter(|u| !u.is_empty()),
        data,
        value: values.first().cloned(),
        ..Found::default()
    };
    let mut seen = Seen { found, ..Seen::default() };
    values.iter().for_each(|value| seen.watched.hear(value.clone()));
    seen
}
fn numbers(values: &[f64]) -> Vec<Value> {
    values.iter().map(|n| Value::Number(*n)).collect()
}
fn texts(values: &[&str]) -> Vec<Value> {
    values.iter().map(|t| Value::Text((*t).to_owned())).collect()
}
fn one(seen: Seen) -> Channel {
    let proposal = propose(&[seen], &Known::default());
    proposal.machines.into_iter().next().expect("a machine").channels.into_iter().next().expect("a channel")
}

#[test]
fn names_units_and_values_tell_role_kind_and_unit() {
    use ChannelKind::{Counter, Event, Gauge, State};
    let moves = numbers(&[11.5, 12.0, 9.25, 11.0]);
    let rises = numbers(&[100.0, 101.0, 103.0, 104.0, 104.0, 106.0]);
    let energy = numbers(&[10.25, 10.5, 10.75, 11.0]);
    let none: Vec<Value> = Vec::new();
    let table = [
        ("state", "", texts(&["producing", "starved"]), Role::State, State, None),
        ("MachineStatus", "", texts(&["ACTIVE"]), Role::State, State, None),
        ("Betriebszustand", "", texts(&["Produktion"]), Role::State, State, None),
        ("设备状态", "", texts(&["运行"]), Role::State, State, None),
        ("DoorState", "", texts(&["OPEN"]), Role::Other, State, None),
        ("power", "W", moves.clone(), Role::Power, Gauge, Some("W")),
        ("ActivePower_kW", "", moves.clone(), Role::Power, Gauge, Some("kW")),
        ("Wirkleistung", "kW", moves.clone(), Role::Power, Gauge, Some("kW")),
        ("有功功率", "千瓦", moves.clone(), Role::Power, Gauge, Some("kW")),
        ("PowerFactor", "", moves.clone(), Role::Other, Gauge, Some("1")),
        ("ReactivePower", "kvar", moves.clone(), Role::Other, Gauge, Some("kV.A{reactive}")),
        ("PowerSupply", "V", moves.clone(), Role::Other, Gauge, Some("V")),
        ("energy", "kW.h", energy.clone(), Role::Energy, Counter, Some("kW.h")),
        ("energy_kwh", "", energy.clone(), Role::Energy, Counter, Some("kW.h")),
        ("Wirkarbeit gesamt", "kWh", energy.clone(), Role::Energy, Counter, Some("kW.h")),
        ("总电能", "千瓦时", energy.clone(), Role::Energy, Counter, Some("kW.h")),
        ("EnergyExport", "kWh", energy, Role::Other, Counter, Some("kW.h")),
        ("good", "", rises.clone(), Role::Good, Counter, Some("1")),
        ("GoodParts", "pcs", rises.clone(), Role::Good, Counter, Some("1")),
        ("Gutteile", "Stück", rises.clone(), Role::Good, Counter, Some("1")),
        ("良品数", "件", rises.clone(), Role::Good, Counter, Some("1")),
        ("GoodRate", "%", moves.clone(), Role::Other, Gauge, Some("%")),
        ("scrap", "", rises.clone(), Role::Scrap, Counter, Some("1")),
        ("Ausschuss", "", rises.clone(), Role::Scrap, Counter, Some("1")),
        ("不良数", "", rises.clone(), Role::Scrap, Counter, Some("1")),
        ("NOK_Count", "", rises.clone(), Role::Scrap, Counter, Some("1")),
        ("good", "", moves.clone(), Role::Other, Gauge, Some("1")),
        ("Zykluszeit", "s", moves.clone(), Role::CycleTime, Gauge, Some("s")),
        ("spindle_load", "%", moves.clone(), Role::Load, Gauge, Some("%")),
        ("Vibration", "mm/s", moves.clone(), Role::Vibration, Gauge, Some("mm/s")),
        ("Ofentemperatur", "°C", moves.clone(), Role::Temperature, Gauge, Some("Cel")),
        ("Temperature", "", moves.clone(), Role::Temperature, Gauge, Some("Cel")),
        ("temperature", "kW", moves.clone(), Role::Other, Gauge, Some("kW")),
        ("alarm", "", texts(&["tool_broken"]), Role::Alarm, Event, None),
        ("Störmeldung", "", texts(&["E12"]), Role::Alarm, Event, None),
        ("AlarmCount", "", rises.clone(), Role::Other, Counter, Some("1")),
        ("Auftragsnummer", "", texts(&["A-1"]), Role::Order, State, None),
        ("air_pressure", "bar", moves, Role::AirPressure, Gauge, Some("bar")),
        ("strokes", "", rises, Role::Other, Counter, Some("1")),
        ("colour", "", texts(&["red", "red"]), Role::Other, State, None),
        ("nothing", "", none, Role::Other, Gauge, Some("1")),
    ];
    for (name, unit, values, role, kind, code) in table {
        let channel = one(seen(name, unit, &values));
        let got = (channel.role, channel.kind, channel.unit.as_deref());
        assert_eq!(got, (role, kind, code), "{name} [{unit}]: {channel:?}");
        assert!(!channel.reasons.is_empty() && (0.0..=1.0).contains(&channel.confidence), "{channel:?}");
    }
}

#[test]
fn doubt_is_told() {
    let sure = one(seen("power", "kW", &numbers(&[1.5, 2.5, 1.0])));
    assert!(sure.confidence > 0.9, "{sure:?}");
    let unitless = one(seen("power", "", &numbers(&[1.5, 2.5, 1.0])));
    assert!(unitless.confidence < crate::DOUBTFUL, "a guessed unit is doubtful: {unitless:?}");
    let silent = one(seen("temperature", "°C", &[]));
    assert!(silent.confidence < crate::DOUBTFUL && silent.reasons.contains(&Reason::Silent), "{silent:?}");
    let words = one(seen("state", "", &texts(&["zork"])));
    assert_eq!((words.role, words.states.len()), (Role::Other, 0));
    assert!(words.reasons.iter().any(|r| matches!(r, Reason::UnknownWords(w) if w == "zork")), "{words:?}");
    let codes = one(seen("state", "", &numbers(&[1.0, 2.0, 1.0])));
    assert!(codes.reasons.contains(&Reason::Codes) && codes.confidence < crate::DOUBTFUL, "{codes:?}");
}

#[test]
fn a_role_goes_to_the_value_that_fits_it_best() {
    let values = numbers(&[5.5, 6.5, 5.0]);
    let all = [seen("spindle_motor_power", "kW", &values), seen("power", "kW", &values), seen("power_total", "kW", &values)];
    let proposal = propose(&all, &Known::default());
    let roles: Vec<Role> = proposal.machines[0].channels.iter().map(|c| c.role).collect();
    assert_eq!(roles, [Role::Power, Role::Other, Role::Other]);
    assert!(proposal.machines[0].channels[1].reasons.contains(&Reason::RoleTaken("power".to_owned())), "{proposal:?}");
}

#[test]
fn what_is_configured_is_respected() {
    let known = Known {
        machines: vec![("m".to_owned(), "milling".to_owned(), vec![("power".to_owned(), Role::Power)])],
        addresses: [("at/energy".to_owned(), "m/energy".to_owned())].into(),
        source: "meter".to_owned(),
    };
    let values = numbers(&[5.5, 6.5, 5.0]);
    let proposal = propose(&[seen("power", "kW", &values), seen("energy", "kWh", &values)], &known);
    let machine = &proposal.machines[0];
    assert!(machine.is_known && machine.kind == "milling", "{machine:?}");
    assert_eq!((machine.channels[0].name.as_str(), machine.channels[0].role), ("power_2", Role::Other));
    assert_eq!(proposal.left, [(1, Reason::ReadAlready("m/energy".to_owned()))]);
}

#[test]
fn ranges_are_taken_where_they_are_ranges() {
    for (range, wanted) in
        [((0.0, 60.0), Some((0.0, 60.0))), ((0.0, 0.0), None), ((5.0, 1.0), None), ((0.0, f64::INFINITY), None)]
    {
        let mut value = seen("power", "kW", &numbers(&[5.5]));
        value.found.range = Some(range);
        assert_eq!(one(value).range, wanted, "{range:?}");
    }
}

#[test]
fn machines_get_names_and_types_that_configuration_takes() {
    let found = |path: &[&str]| {
        let path: Vec<String> = path.iter().map(|p| (*p).to_owned()).collect();
        let address = path.join("/");
        Seen {
            found: Found { address, device: Some(path.len() - 1), path, data: Data::Real, ..Found::default() },
            ..Seen::default()
        }
    };
    let all = [
        found(&["Mill_01", "p"]),
        found(&["Halle 2", "1", "p"]),
        found(&["Halle 3", "1", "p"]),
        found(&["铣床2号", "p"]),
        found(&["Härteofen 3", "p"]),
        found(&["X", "Mill_01", "p"]),
        found(&["press-7", "p"]),
    ];
    let proposal = propose(&all, &Known::default());
    let names: Vec<(&str, &str)> = proposal.machines.iter().map(|m| (m.name.as_str(), m.kind.as_str())).collect();
    let wanted = [
        ("haerteofen-3", "furnace"),
        ("halle-2-1", "halle_2"),
        ("halle-3-1", "halle_3"),
        ("mill-01", "milling"),
        ("milling-2", "milling"),
        ("press-7", "pressing"),
        ("x-mill-01", "milling"),
    ];
    let differ: BTreeSet<&str> = names.iter().map(|(n, _)| *n).collect();
    assert_eq!(differ.len(), all.len());
    for (got, want) in names.iter().zip(wanted) {
        assert_eq!(got.0, want.0);
        if !want.0.starts_with("halle") {
            assert_eq!(*got, want);
        }
    }
}

/// The virtual workshop as its servers show it: names, types, and values; nothing else.
fn workshop() -> (plant::Plant, Vec<Seen>) {
    let start = measure::Instant::from_seconds(1_772_380_800);
    let plant = simulate::workshop::plant(start, 2, 7);
    let see = |channel: &plant::Channel| {
        let machine = &plant.machine(channel.machine).name;
        let mut seen = Seen {
            found: Found {
                address: format!("ns=2;s={machine}.{}", channel.name),
                path: [machine.as_str(), channel.name.as_str()].map(str::to_owned).to_vec(),
                description: (!channel.kind.is_word()).then(|| format!("[{}]", channel.unit)),
                data: if channel.kind.is_word() { Data::Text } else { Data::Real },
                writable: channel.writable.is_some(),
                ..Found::default()
            },
            ..Seen::default()
        };
        if channel.role == Role::State {
            seen.watched.hear(Value::Text("starved".to_owned()));
        }
        seen
    };
    let all = plant.channels.iter().map(see).collect();
    (plant, all)
}

#[test]
fn of_the_ten_machines_all_that_matters_is_right() {
    let (plant, all) = workshop();
    let proposal = propose(&all, &Known::default());
    assert_eq!(proposal.machines.len(), plant.machines.len());
    let (mut right, mut wrong) = (0, Vec::new());
    for machine in &proposal.machines {
        let truth = plant.machine_named(&machine.name).expect("the same name");
        assert_eq!(machine.kind, truth.kind, "{}", machine.name);
        for channel in &machine.channels {
            let real = plant.named(truth.id, &channel.name).expect("the same name");
            let vital = matches!(real.role, Role::State | Role::Power | Role::Energy | Role::Good | Role::Scrap);
            let same = (channel.role, channel.kind) == (real.role, real.kind)
                && (real.kind.is_word() || channel.unit.as_deref() == Some(real.unit.code()));
            assert!(same || !vital, "{}/{}: {channel:?}", machine.name, channel.name);
            if real.role == Role::State {
                assert!(channel.states.contains(&("producing".to_owned(), MachineState::Producing)), "{channel:?}");
            }
            if same { right += 1 } else { wrong.push(format!("{}/{}", machine.name, channel.name)) }
        }
    }
    println!("{right} of {} channels right; not: {wrong:?}", all.len());
    let set_points = plant.channels.iter().filter(|c| c.writable.is_some()).count();
    assert!(right + set_points >= all.len(), "only set points may be left to a person: {wrong:?}");
}

#[test]
fn equal_machines_become_one_type_and_one_pattern() {
    let (_, all) = workshop();
    let Proposal { machines, .. } = propose(&all, &Known::default());
    let layout = compact(&machines, &Types::default());
    assert_eq!(layout.machines.len(), machines.len());
    let milling = layout.kinds.iter().find(|k| k.name == "milling").expect("a type");
    assert_eq!(milling.address.as_deref(), Some("ns=2;s={machine}.{channel}"));
    assert!(milling.channels.iter().all(|(_, pattern)| pattern.is_none()), "{milling:?}");
    assert!(layout.machines.iter().all(|m| m.own.is_empty() && m.with.is_empty()), "{:?}", layout.machines);

    let thousand: Vec<Seen> = (1..=1_000)
        .flat_map(|n| {
            ["state", "power"].map(|name| {
                let mut one = seen(name, if name == "power" { "W" } else { "" }, &[]);
                one.found.path[0] = format!("Station_{n:04}");
                one.found.address = format!("plant/Station_{n:04}/{name}/value");
                one.found.data = if name == "power" { Data::Real } else { Data::Text };
                one.watched.hear(if name == "power" { Value::Number(1.5) } else { Value::Text("RUN".to_owned()) });
                one
            })
        })
        .collect();
    let Proposal { machines, .. } = propose(&thousand, &Known::default());
    let layout = compact(&machines, &Types::default());
    assert_eq!((layout.kinds.len(), layout.machines.len()), (1, 1_000));
    assert_eq!(layout.kinds[0].address.as_deref(), Some("plant/{at}/{channel}/value"));
    assert_eq!(layout.machines[6].with["at"], "Station_0007");
}

#[test]
fn registers_share_a_pattern_by_the_unit_behind_the_gateway() {
    let meter = |unit: u8, name: &str, register: u16| {
        let mut one = seen(name, if name == "power" { "W" } else { "kWh" }, &numbers(&[1.5]));
        one.found.path[0] = format!("meter {unit}");
        one.found.address = format!("{unit}/input/{register}/f32");
        one
    };
    let all: Vec<Seen> = (1..=3).flat_map(|u| [meter(u, "power", 0), meter(u, "energy", 2)]).collect();
    let Proposal { machines, .. } = propose(&all, &Known::default());
    let layout = compact(&machines, &Types::default());
    let patterns: Vec<Option<&str>> = layout.kinds[0].channels.iter().map(|(_, p)| p.as_deref()).collect();
    assert_eq!(patterns, [Some("{at}/input/0/f32"), Some("{at}/input/2/f32")]);
    assert_eq!(layout.machines[2].with["at"], "3");
}

#[test]
fn channels_of_a_second_source_go_to_the_known_type_when_all_its_machines_have_them() {
    let meter = |machine: &str, unit: u8| {
        let mut one = seen("power", "W", &numbers(&[1.5]));
        one.found.path[0] = machine.to_owned();
        one.found.address = format!("{unit}/input/0/f32");
        one
    };
    let machine = |name: &str| (name.to_owned(), "milling".to_owned(), vec![("state".to_owned(), Role::State)]);
    let known = Known { machines: vec![machine("mill-1"), machine("mill-2")], ..Known::default() };
    let Proposal { machines, .. } = propose(&[meter("mill-1", 1), meter("mill-2", 2)], &known);
    let types = Types { machines: [("milling".to_owned(), 2)].into(), words: ["at".to_owned()].into() };
    let layout = compact(&machines, &types);
    assert!(layout.kinds[0].is_known && layout.kinds[0].name == "milling", "{layout:?}");
    assert_eq!(layout.kinds[0].channels[0].1.as_deref(), Some("{at_2}/input/0/f32"));
    let three = Types { machines: [("milling".to_owned(), 3)].into(), ..Types::default() };
    let layout = compact(&machines, &three);
    assert!(layout.kinds.is_empty() && layout.machines.iter().all(|m| m.own.len() == 1), "{layout:?}");
}
