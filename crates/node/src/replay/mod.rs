//! Recorded data as a source: files and a map of their columns become deliveries in the order of time.
//!
//! Enters: a map file (TOML) and the CSV, CSV.gz, Excel and Parquet files it names. Leaves: the [`Config`] of the unit that is
//! driven, and an iterator of deliveries for the same door as live data. Absent: the door, the clock, any copy of the files.
//!
//! ```text
//! file -> table (rows of text) -> rows (what they mean) -> stream (in order) -+-> Replay: (instant, Delivery)
//! file -> …                                                                 -+
//! ```
//!
//! Memory is bounded: a window of each file ([`stream::WINDOW`] values), one row of at most [`drivers::file::table::ROW_BYTES_MAX`].

pub mod form;
mod map;
mod rows;
mod stream;

#[cfg(test)]
mod tests;

use crate::config::document::Document;
use crate::config::fault::{Fault, Faults, Trail};
use crate::config::form::UnitForm;
use crate::config::{self, Config, reference};
use collect::{Delivery, Place, RawReading, RawValue};
use drivers::file::table::Table;
use form::{DeriveForm, MapForm};
use map::{Mapping, naming, place};
use measure::{Instant, Span};
use plant::{ChannelId, Quality, Refused};
use rows::{Brought, Refusal};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::path::Path;
use stream::Stream;

/// Values of one delivery at most; so many values of one instant are resolved together.
const DELIVERY_MAX: usize = 65_536;
/// A sum is zero so long before what is added first.
const JUST: Span = Span::from_micros(1);
/// Machines that a map may add to a unit.
const DERIVED_MAX: usize = 10_000;
/// Keys of a map file that are not those of a unit.toml.
const MAP_KEYS: [&str; 3] = ["unit", "derive", "file"];

/// Recorded data, in the order of time.
pub struct Replay {
    /// The unit that is driven.
    pub config: Config,
    /// Columns that no entry of the map names, by file.
    pub passed_over: Vec<(String, Vec<String>)>,
    streams: Vec<Stream>,
    now: Instant,
    sums: HashMap<ChannelId, f64>,
    running: HashMap<ChannelId, u32>,
}

/// The schema of a map file; the tables of a unit.toml may stand beside these.
pub fn map_schema() -> serde_json::Value {
    reference::schema_of::<MapForm>()
}

impl Replay {
    /// Opens a map and the files it names, which lie in `data`, else beside the map.
    ///
    /// # Errors
    /// Every fault of the map and of the unit it drives; files that cannot be opened; columns that are not there.
    pub fn open(map: &Path, data: Option<&Path>) -> Result<Self, Faults> {
        Self::open_within(map, data, stream::WINDOW)
    }

    /// Opens a map; so many values of each file are held at most.
    fn open_within(map: &Path, data: Option<&Path>, window: usize) -> Result<Self, Faults> {
        let file = map.display().to_string();
        let folder = map.parent().unwrap_or(Path::new(""));
        let text = read(map)?;
        let document = Document::parse(&file, &text)?;
        let (given, others) = document.split(&MAP_KEYS);
        let form: MapForm = given.read(&map_schema())?;
        let mut mapping = Mapping { document: &given, faults: Vec::new() };
        let tables = mapping.tables(&form, data.unwrap_or(folder));
        if !mapping.faults.is_empty() {
            return Err(Faults::gather(mapping.faults));
        }
        let config = match &form.unit {
            Some(name) => {
                refuse_beside_unit(&others)?;
                let path = folder.join(name);
                let text = read(&path)?;
                unit(&path.display().to_string(), &text, &form, (&given, folder), data)?
            }
            None => unit(&file, &text, &form, (&given, folder), data)?,
        };
        let mut streams = Vec::new();
        let mut passed_over = Vec::new();
        for (i, (one, table)) in form.file.iter().zip(tables).enumerate() {
            let Some(table) = table else { continue };
            passed_over.push((one.path.clone(), unnamed(one, &table.columns)));
            let mapper = mapping.mapper(i, one, &table.columns, &config.plant);
            streams.extend(mapper.map(|mapper| Stream::new(table, mapper, window)));
        }
        if !mapping.faults.is_empty() {
            return Err(Faults::gather(mapping.faults));
        }
        let firsts = streams.iter_mut().filter_map(|s| s.first_time(&config.plant));
        let now = firsts.min().unwrap_or(Instant::EPOCH);
        Ok(Self { config, passed_over, streams, now, sums: HashMap::new(), running: HashMap::new() })
    }

    /// The time of the delivery given last; before the first, that of the oldest reading.
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Rows read so far.
    pub fn rows(&self) -> u64 {
        self.streams.iter().map(|s| s.rows).sum()
    }

    /// The stream with the oldest thing to happen, and when.
    fn oldest(&mut self) -> Option<(usize, Instant)> {
        let plant = &self.config.plant;
        let keys = self.streams.iter_mut().enumerate().filter_map(|(i, s)| s.next_key(plant).map(|key| (key, i)));
        keys.min().map(|((at, _), i)| (i, at))
    }

    /// Adds to a delivery what happens. A sum starts from zero just before what is added first, so that this counts too.
    /// At one instant a sum takes the place of the sum before it, what the map says of every
    /// row and a span that begins or ends that of any value of its channel; two values of the data stay two, and the door judges.
    fn put(&mut self, open: &mut Open, at: Instant, what: Brought) {
        let (channel, value, is_new) = match what {
            Brought::Plain(channel, value) => (channel, value, true),
            Brought::Steady(channel, value) => (channel, value, false),
            Brought::Add(channel, number) => {
                let before = self.sums.get(&channel).copied();
                if before.is_none() {
                    open.delivery.readings.push(reading(channel, at - JUST, RawValue::Number(0.0)));
                }
                let sum = before.unwrap_or(0.0) + number;
                self.sums.insert(channel, sum);
                (channel, RawValue::Number(sum), false)
            }
            Brought::Begin(channel, value) => {
                *self.running.entry(channel).or_default() += 1;
                (channel, value, false)
            }
            Brought::End(channel, then) => {
                let running = self.running.entry(channel).or_default();
                *running = running.saturating_sub(1);
                if *running > 0 {
                    return;
                }
                (channel, then, false)
            }
            Brought::Refused(refusal) => {
                let Refusal { place, found, allowed, reason } = *refusal;
                let (from, received) = (open.delivery.from, open.delivery.received);
                open.delivery.refused.push(Refused { from, received, place, found, allowed, reason });
                return;
            }
        };
        let readings = &mut open.delivery.readings;
        let before = open.places.insert(channel, readings.len());
        match before.and_then(|place| readings.get_mut(place)).filter(|_| !is_new) {
            Some(reading) => {
                reading.value = value;
                open.places.extend(before.map(|place| (channel, place)));
            }
            None => readings.push(reading(channel, at, value)),
        }
    }
}

const fn reading(channel: ChannelId, at: Instant, value: RawValue) -> RawReading {
    RawReading { place: Place::Channel(channel), at: Some(at), value, quality: Quality::Good }
}

/// A delivery being filled, and where in it each channel stands.
struct Open {
    delivery: Delivery,
    places: HashMap<ChannelId, usize>,
}

impl Iterator for Replay {
    type Item = (Instant, Delivery);

    /// All that one source tells of one instant. Instants never run backwards; a reading that comes late keeps its own time.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (first, at) = self.oldest()?;
            self.now = self.now.max(at);
            let source = self.streams[first].source();
            let mut open = Open { delivery: Delivery::new(source, self.now), places: HashMap::new() };
            while open.delivery.readings.len() + open.delivery.refused.len() < DELIVERY_MAX {
                let same = self.oldest().filter(|(i, next)| *next == at && self.streams[*i].source() == source);
                let Some(pending) = same.and_then(|(i, _)| self.streams[i].take()) else { break };
                self.put(&mut open, at, pending.what);
            }
            let delivery = open.delivery;
            if !delivery.readings.is_empty() || !delivery.refused.is_empty() {
                return Some((self.now, delivery));
            }
        }
    }
}

fn read(path: &Path) -> Result<String, Faults> {
    let name = path.display().to_string();
    std::fs::read_to_string(path).map_err(|error| Faults::of_file(&name, error.to_string(), "a TOML file that can be read"))
}

/// Tables of a unit.toml may not stand beside the key `unit`.
fn refuse_beside_unit(others: &Document<'_>) -> Result<(), Faults> {
    let keys = others.keys(&Trail::default());
    let allowed = "no table of a unit.toml beside `unit`, which names the file that holds them";
    let faults: Vec<Fault> = keys.iter().map(|k| others.fault(&Trail::default().key(k), allowed)).collect();
    if faults.is_empty() { Ok(()) } else { Err(Faults::gather(faults)) }
}

/// The unit that is driven, with the machines that only the data name.
fn unit(
    file: &str,
    text: &str,
    form: &MapForm,
    (map, folder): (&Document<'_>, &Path),
    data: Option<&Path>,
) -> Result<Config, Faults> {
    let Some(derive) = &form.derive else { return parse_unit(file, text, folder) };
    let document = Document::parse(file, text)?;
    let known: UnitForm = document.split(&MAP_KEYS).1.read(&reference::unit_schema())?;
    let names: BTreeSet<&str> = known.machine.iter().map(|m| m.name.as_str()).collect();
    let found = derived(form, data.unwrap_or(folder), map)?;
    let mut longer = text.to_owned();
    longer.push('\n');
    let own_lines = longer.lines().count();
    for name in found.iter().filter(|n| !names.contains(n.as_str())) {
        longer.push_str(&machine(name, derive));
    }
    parse_unit(file, &longer, folder).map_err(|faults| {
        // What is wrong with an added machine is wrong with the data or with `derive`.
        let moved = faults.list.into_iter().map(|fault| match fault.line > own_lines {
            true => Fault { file: map.file.to_owned(), line: map.line(&Trail::default().key("derive")), column: 1, ..fault },
            false => fault,
        });
        Faults::gather(moved.collect())
    })
}

fn parse_unit(file: &str, text: &str, folder: &Path) -> Result<Config, Faults> {
    let document = Document::parse(file, text)?;
    config::of_document(&document.split(&MAP_KEYS).1, folder)
}

fn machine(name: &str, derive: &DeriveForm) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut text = format!("[[machine]]\nname = {}\ntype = {}\n", quoted(name), quoted(&derive.kind));
    if let Some(line) = &derive.line {
        let _ = writeln!(text, "line = {}", quoted(line));
    }
    text
}

/// The names of machines in all files, by one pass through each.
fn derived(form: &MapForm, folder: &Path, map: &Document<'_>) -> Result<BTreeSet<String>, Faults> {
    let mut names = BTreeSet::new();
    for (i, one) in form.file.iter().enumerate() {
        let Some(column) = &one.machine.column else { continue };
        let delimiter = one.delimiter.as_deref().map_or(b',', |d| if d.len() == 1 { d.as_bytes()[0] } else { b'\t' });
        let Ok(mut table) = Table::open(&place(one, folder), &map::style(one, delimiter)) else {
            continue;
        };
        let Some(column) = table.columns.iter().position(|c| c == column) else { continue };
        let naming = naming(&one.machine);
        let mut raw: BTreeSet<String> = BTreeSet::new();
        while let Some(row) = table.next_row() {
            let cell = row.ok().and_then(|r| r.cells.into_iter().nth(column));
            raw.extend(cell.filter(|c| !c.is_empty() && !raw.contains(c)));
            if raw.len() + names.len() > DERIVED_MAX {
                let fault =
                    map.fault(&Trail::item("file", i).key("machine"), format!("a column with at most {DERIVED_MAX} machines"));
                return Err(Faults::gather(vec![fault]));
            }
        }
        names.extend(raw.iter().map(|name| naming.name(name)));
    }
    Ok(names)
}

/// Columns that no entry of the map names.
fn unnamed(form: &form::FileForm, columns: &[String]) -> Vec<String> {
    let mut named: Vec<&String> = form.time.columns.iter().chain(&form.machine.column).chain(form.only.keys()).collect();
    named.extend(form.long.iter().flat_map(|l| [&l.name, &l.value]));
    for channel in &form.channel {
        named.extend(&channel.column);
        named.extend(channel.holds.as_ref().and_then(|h| h.column.as_ref()));
    }
    columns.iter().filter(|c| !named.contains(c)).cloned().collect()
}
