//! Writes the commented unit.toml of a virtual workshop: reading it gives the same plant again.
//!
//! Enters: a plant, where its servers are, how the unit is set. Leaves: text. Absent: the servers. Machines of one type share
//! their channels and address patterns; words that differ from machine to machine stand in `with`.

use super::text::{write_span, write_time_of_day};
use super::{Clock, words};
use plant::{Channel, Envelope, Machine, Plant, SourceId};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use survey::pattern::{most, replaced};

/// Where the servers of a workshop are, and how the unit that runs it is set.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// Address of each source, by [`SourceId`].
    pub sources: Vec<String>,
    /// Source and place of each channel, by [`plant::ChannelId`].
    pub channels: Vec<(SourceId, String)>,
    /// The clock of the workshop.
    pub clock: Clock,
    /// Where the unit's pages are served; on loopback.
    pub listen: SocketAddr,
    /// Folder of the unit's data.
    pub store: PathBuf,
}

/// The file's text.
pub fn render_workshop(plant: &Plant, wiring: &Wiring) -> String {
    let mut page = Page { text: String::new(), plant, wiring };
    page.head();
    page.people();
    page.sources();
    let mut kinds: Vec<&str> = Vec::new();
    for machine in &plant.machines {
        if !kinds.contains(&machine.kind.as_str()) {
            kinds.push(&machine.kind);
        }
    }
    for kind in kinds {
        page.kind(kind);
    }
    page.products();
    page.orders();
    page.policies();
    page.text
}

struct Page<'p> {
    text: String,
    plant: &'p Plant,
    wiring: &'p Wiring,
}

/// A text in quotes, as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A key, in quotes where it needs them.
fn key(text: &str) -> String {
    let bare = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { text.to_owned() } else { quoted(text) }
}

fn list<S: AsRef<str>>(texts: &[S]) -> String {
    let quotes: Vec<String> = texts.iter().map(|t| quoted(t.as_ref())).collect();
    format!("[{}]", quotes.join(", "))
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { format!("{value:?}") }
}

fn table<'t>(pairs: impl Iterator<Item = (&'t str, String)>) -> String {
    let pairs: Vec<String> = pairs.map(|(k, v)| format!("{} = {}", key(k), quoted(&v))).collect();
    format!("{{ {} }}", pairs.join(", "))
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
    fn set(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.text, "{name} = {value}");
    }

    fn head(&mut self) {
        let (plant, wiring) = (self.plant, self.wiring);
        self.line("# A virtual workshop: machines that exist only as servers on loopback. Written by `socium`; every key is");
        self.line("# explained in docs/configuration.md. `socium check` tells what is wrong after a change.");
        self.line("\n[site]");
        self.set("name", &quoted(&plant.site));
        self.set("time_zone", &quoted(&plant.calendar.zone.name));
        self.set("currency", &quoted(&plant.prices.currency.to_string()));
        self.set("energy_price", &number(plant.prices.energy_per_kwh));
        self.set("carbon", &number(plant.prices.carbon_per_kwh));
        self.line(
            "\n# The workshop's own time: it starts at the origin and runs this many times faster than real time.\n[clock]",
        );
        self.set("speed", &number(wiring.clock.speed));
        if let Some(origin) = wiring.clock.origin {
            self.set("origin", &quoted(&origin.to_string()));
        }
        self.line("\n[web]");
        self.set("listen", &quoted(&wiring.listen.to_string()));
        self.line("\n[store]");
        self.set("dir", &quoted(&wiring.store.display().to_string()));
    }

    fn people(&mut self) {
        for line in &self.plant.lines {
            self.line("\n[[line]]");
            self.set("name", &quoted(&line.name));
        }
        for team in &self.plant.teams {
            self.line("\n[[team]]");
            self.set("name", &quoted(&team.name));
            self.set("workers", &team.workers.to_string());
        }
        for shift in &self.plant.calendar.shifts {
            self.line("\n[[shift]]");
            self.set("name", &quoted(&shift.name));
            self.set("team", &quoted(&self.plant.teams[shift.team.index()].name));
            let days: Vec<&str> = shift.days.iter().filter_map(|d| words::DAYS.get(*d as usize).copied()).collect();
            self.set("days", &list(&days));
            self.set("start", &quoted(&write_time_of_day(shift.start)));
            self.set("length", &quoted(&write_span(shift.length)));
        }
    }

    fn sources(&mut self) {
        for source in &self.plant.sources {
            self.line("\n[[source]]");
            self.set("name", &quoted(&source.name));
            self.set("protocol", &quoted(&source.protocol));
            if let Some(address) = self.wiring.sources.get(source.id.index()).filter(|a| !a.is_empty()) {
                self.set("address", &quoted(address));
            }
        }
    }

    fn kind(&mut self, kind: &str) {
        let plant = self.plant;
        let machines: Vec<&Machine> = plant.machines.iter().filter(|m| m.kind == kind).collect();
        let Some(first) = machines.first() else { return };
        let mut with: Vec<BTreeMap<String, String>> = vec![BTreeMap::new(); machines.len()];
        let common: Vec<&Channel> = plant.channels_of(first.id).filter(|c| self.is_common(c, &machines)).collect();
        let sources = common.iter().map(|c| self.source_of(c));
        let source = most(sources);
        let patterns: Vec<String> = common.iter().map(|c| self.pattern(c, &machines, &mut with)).collect();
        let here = common.iter().zip(&patterns).filter(|(c, _)| Some(self.source_of(c)) == source).map(|(_, p)| p.clone());
        let address = most(here);
        let _ = writeln!(self.text, "\n[[machine_type]]\nname = {}", quoted(kind));
        self.times(first);
        self.load(first);
        if let Some(source) = source {
            self.set("source", &quoted(&plant.sources[source.index()].name));
        }
        if let Some(address) = address.as_ref().filter(|a| !a.is_empty()) {
            self.set("address", &quoted(address));
        }
        for (channel, pattern) in common.iter().zip(&patterns) {
            let own = self.source_of(channel);
            self.line("[[machine_type.channel]]");
            self.channel(channel, (Some(own) != source).then_some(own), (Some(pattern) != address.as_ref()).then_some(pattern));
        }
        for (machine, with) in machines.iter().zip(&with) {
            self.machine(machine, first, with, &common);
        }
    }

    fn source_of(&self, channel: &Channel) -> SourceId {
        self.wiring.channels.get(channel.id.index()).map_or(SourceId(0), |(source, _)| *source)
    }
    fn place_of(&self, channel: &Channel) -> &str {
        self.wiring.channels.get(channel.id.index()).map_or("", |(_, place)| place)
    }

    /// Whether every machine of the type has this channel in all but machine and place.
    fn is_common(&self, channel: &Channel, machines: &[&Machine]) -> bool {
        machines.iter().all(|m| {
            self.plant.named(m.id, &channel.name).is_some_and(|c| {
                let same = Channel { id: c.id, machine: c.machine, ..channel.clone() };
                same == *c && self.source_of(c) == self.source_of(channel)
            })
        })
    }

    /// The pattern that gives each machine its place. What differs from machine to machine becomes a word of its `with`.
    fn pattern(&self, channel: &Channel, machines: &[&Machine], with: &mut [BTreeMap<String, String>]) -> String {
        let places: Vec<&str> =
            machines.iter().map(|m| self.plant.named(m.id, &channel.name).map_or("", |c| self.place_of(c))).collect();
        let filled: Vec<String> = places
            .iter()
            .zip(machines)
            .map(|(p, m)| replaced(p, &[(&m.name, "{machine}"), (&channel.name, "{channel}")]))
            .collect();
        if filled.iter().all(|p| *p == filled[0]) {
            return filled[0].clone();
        }
        let split: Vec<Option<(&str, &str)>> = places.iter().map(|p| p.split_once('/')).collect();
        let rest = split[0].map(|(_, rest)| rest);
        let fits = |(part, w): (&Option<(&str, &str)>, &BTreeMap<String, String>)| {
            part.is_some_and(|(unit, r)| Some(r) == rest && w.get("unit").is_none_or(|known| known == unit))
        };
        if let (Some(rest), true) = (rest, split.iter().zip(with.iter()).all(fits)) {
            for ((unit, _), words) in split.iter().flatten().zip(with.iter_mut()) {
                words.insert("unit".to_owned(), (*unit).to_owned());
            }
            return format!("{{unit}}/{rest}");
        }
        let word = format!("at_{}", channel.name);
        for (place, words) in places.iter().zip(with.iter_mut()) {
            words.insert(word.clone(), (*place).to_owned());
        }
        format!("{{{word}}}")
    }

    fn times(&mut self, machine: &Machine) {
        self.set("warm_up", &quoted(&write_span(machine.warm_up)));
        if !machine.services.is_empty() {
            self.set("services", &table(machine.services.iter().map(|(w, l)| (w.as_str(), write_span(*l)))));
        }
    }

    fn load(&mut self, machine: &Machine) {
        if let Some(load) = machine.load {
            self.set("load", &format!("{{ lots = {}, length = {} }}", load.lots, quoted(&write_span(load.length))));
        }
    }

    fn machine(&mut self, machine: &Machine, first: &Machine, with: &BTreeMap<String, String>, common: &[&Channel]) {
        let plant = self.plant;
        self.line("\n[[machine]]");
        self.set("name", &quoted(&machine.name));
        self.set("type", &quoted(&machine.kind));
        if let Some(line) = machine.line {
            self.set("line", &quoted(&plant.line(line).name));
        }
        if !machine.feeds.is_empty() {
            let names: Vec<&str> = machine.feeds.iter().map(|m| plant.machine(*m).name.as_str()).collect();
            self.set("feeds", &list(&names));
        }
        if machine.warm_up != first.warm_up || machine.services != first.services {
            self.times(machine);
        }
        if !with.is_empty() {
            self.set("with", &table(with.iter().map(|(k, v)| (k.as_str(), v.clone()))));
        }
        for channel in plant.channels_of(machine.id).filter(|c| common.iter().all(|t| t.name != c.name)) {
            self.line("[[machine.channel]]");
            let place = self.place_of(channel).to_owned();
            self.channel(channel, Some(self.source_of(channel)), Some(&place));
        }
    }

    fn channel(&mut self, channel: &Channel, source: Option<SourceId>, address: Option<&String>) {
        self.set("name", &quoted(&channel.name));
        self.set("role", &quoted(channel.role.word()));
        if channel.role == plant::Role::Other {
            self.set("kind", &quoted(channel.kind.word()));
        }
        if !channel.kind.is_word() {
            self.set("unit", &quoted(channel.unit.code()));
        }
        if let Some((low, high)) = channel.range {
            self.set("range", &format!("[{}, {}]", number(low), number(high)));
        }
        if !channel.states.is_empty() {
            self.set("states", &table(channel.states.iter().map(|(w, s)| (w.as_str(), s.word().to_owned()))));
        }
        if let Some(source) = source {
            self.set("source", &quoted(&self.plant.sources[source.index()].name));
        }
        if let Some(address) = address.filter(|a| !a.is_empty()) {
            self.set("address", &quoted(address));
        }
        if let Some(envelope) = &channel.writable {
            self.set("write", &envelope_table(envelope));
        }
    }

    fn products(&mut self) {
        for product in &self.plant.products {
            self.line("\n[[product]]");
            self.set("name", &quoted(&product.name));
            if let Some(value) = product.value {
                self.set("value", &quoted(&value.to_string()));
            }
            for step in &product.route {
                self.line("[[product.operation]]");
                self.set("name", &quoted(&step.name));
                let names: Vec<&str> = step.machines.iter().map(|m| self.plant.machine(*m).name.as_str()).collect();
                self.set("machines", &list(&names));
                self.set("cycle", &quoted(&write_span(step.cycle)));
                self.set("set_up", &quoted(&write_span(step.set_up)));
                self.set("family", &quoted(&step.family));
                if !step.instructions.is_empty() {
                    let lines: Vec<&str> = step.instructions.iter().map(String::as_str).collect();
                    self.set("instructions", &list(&lines));
                }
            }
        }
    }

    fn orders(&mut self) {
        for order in &self.plant.orders {
            self.line("\n[[order]]");
            self.set("name", &quoted(&order.name));
            self.set("product", &quoted(&self.plant.product(order.product).name));
            self.set("quantity", &order.quantity.to_string());
            self.set("release", &quoted(&order.release.to_string()));
            self.set("due", &quoted(&order.due.to_string()));
        }
    }

    fn policies(&mut self) {
        self.line("\n# What happens at once, what asks a person first, what is only shown as advice.");
        for policy in &self.plant.policies {
            self.line("\n[[policy]]");
            self.set("decision", &quoted(policy.kind.word()));
            self.set("mode", &quoted(policy.mode.word()));
            self.set("approver", &quoted(policy.approver.word()));
            self.set("patience", &quoted(&write_span(policy.patience)));
        }
    }
}

fn envelope_table(envelope: &Envelope) -> String {
    let mut parts = Vec::new();
    if let Some((low, high)) = envelope.range {
        parts.push(format!("range = [{}, {}]", number(low), number(high)));
    }
    if !envelope.words.is_empty() {
        parts.push(format!("words = {}", list(&envelope.words)));
    }
    if let Some(step) = envelope.step_max {
        parts.push(format!("step_max = {}", number(step)));
    }
    parts.push(format!("rest = {}", quoted(&write_span(envelope.rest))));
    if !envelope.states.is_empty() {
        let states: Vec<&str> = envelope.states.iter().map(|s| s.word()).collect();
        parts.push(format!("states = {}", list(&states)));
    }
    format!("{{ {} }}", parts.join(", "))
}
