//! From rows of text to readings. Enters: a row. Leaves: what it brings, each with its instant, or refusals that name file
//! and line. Absent: files, the order of rows.

use super::map::Naming;
use crate::config::fault::{listed, quote};
use collect::RawValue;
use drivers::file::table::{BadRow, Row};
use drivers::file::time::TimeFormat;
use measure::{Instant, Span, Unit};
use plant::{Channel, ChannelId, MachineId, Plant, RefusalReason, SourceId};
use std::collections::HashMap;

/// Longest span a value may hold.
const HOLD_MAX: Span = Span::from_days(366);
/// Most names of machines of the file remembered.
const MACHINES_MAX: usize = 65_536;

/// How the rows of one file are read.
#[derive(Clone, Debug)]
pub struct Mapper {
    /// The file as the map names it.
    pub file: String,
    /// The source it stands for.
    pub source: SourceId,
    /// Columns of the time.
    pub times: Vec<usize>,
    /// How the time is written.
    pub format: TimeFormat,
    /// First and last time taken.
    pub bounds: (Instant, Instant),
    /// Whose row it is.
    pub owner: Owner,
    /// Columns and the values of which one must be there.
    pub only: Vec<(usize, Vec<String>)>,
    /// In long files the columns of name and value.
    pub long: Option<(usize, usize)>,
    /// What the columns mean.
    pub entries: Vec<Entry>,
    /// Names of the file and the machines they mean.
    pub machines: HashMap<String, Option<MachineId>>,
}

/// Whose row it is.
#[derive(Clone, Debug)]
pub enum Owner {
    /// All rows are this machine's.
    Fixed(MachineId),
    /// A column names the machine.
    Column {
        /// The column.
        column: usize,
        /// What its values are called in the unit.
        naming: Naming,
    },
}

/// What a column means.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the value stands.
    pub value: Value,
    /// Name of the channel.
    pub channel: String,
    /// Unit in the file, where it is not the channel's.
    pub unit: Option<Unit>,
    /// Factor before conversion.
    pub scale: f64,
    /// Whether the number is added to a sum.
    pub add: bool,
    /// Values of the file and of the unit.
    pub words: Vec<(String, String)>,
    /// Values passed over.
    pub skip: Vec<String>,
    /// How long it holds.
    pub holds: Option<Hold>,
}

/// Where a value stands.
#[derive(Clone, Debug)]
pub enum Value {
    /// In a column.
    Column(usize),
    /// In the value column of rows with this name.
    Named(String),
    /// The same for every row.
    Fixed(String),
}

/// How long a value holds.
#[derive(Clone, Debug)]
pub struct Hold {
    /// The span.
    pub length: HoldLength,
    /// Whether the row's time is its end.
    pub until_row: bool,
    /// The value afterwards.
    pub then: String,
}

/// A span that is the same for all rows or stands in a column.
#[derive(Clone, Debug)]
pub enum HoldLength {
    /// The same for all rows.
    Fixed(Span),
    /// In a column, in a unit of so many seconds.
    Column {
        /// The column.
        column: usize,
        /// Seconds of its unit.
        seconds: f64,
    },
}

/// What a row brings.
#[derive(Clone, Debug, PartialEq)]
pub enum Brought {
    /// A value that holds until the next one.
    Plain(ChannelId, RawValue),
    /// A value that the map says of every row.
    Steady(ChannelId, RawValue),
    /// A number to be added to the sum of a counter.
    Add(ChannelId, f64),
    /// A value that holds for a span begins.
    Begin(ChannelId, RawValue),
    /// The span of a value ends; afterwards this one holds, if no other span is running.
    End(ChannelId, RawValue),
    /// A value that cannot be taken.
    Refused(Box<Refusal>),
}

/// A value that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// File and line, with the channel where one is to blame.
    pub place: String,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// Why.
    pub reason: RefusalReason,
}

impl Brought {
    /// Order among what happens at one instant: a span that begins outdoes a plain value, and spans begin before others end,
    /// so that spans that touch leave no gap.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Plain(..) | Self::Steady(..) | Self::Add(..) => 0,
            Self::Begin(..) => 1,
            Self::End(..) => 2,
            Self::Refused(_) => 3,
        }
    }
}

/// A refusal without its place.
struct Wrong {
    found: String,
    allowed: String,
    reason: RefusalReason,
}

impl Wrong {
    fn new(reason: RefusalReason, found: &str, allowed: impl Into<String>) -> Self {
        Self { found: quote(found), allowed: allowed.into(), reason }
    }
}

/// What one row brought: instants and what happens then; `None` as the instant where the row has none.
pub type Yield = Vec<(Option<Instant>, Brought)>;

impl Mapper {
    /// What a row brings.
    pub fn read(&mut self, plant: &Plant, row: Result<Row, BadRow>) -> Yield {
        let row = match row {
            Ok(row) => row,
            Err(bad) => {
                let wrong = Wrong { found: bad.found, allowed: bad.allowed, reason: RefusalReason::Malformed };
                return vec![(None, self.refused(bad.line, None, wrong))];
            }
        };
        if !self.only.iter().all(|(column, values)| values.iter().any(|v| same(v, &row.cells[*column]))) {
            return Vec::new();
        }
        let at = match self.time(&row) {
            Ok(at) => at,
            Err(wrong) => return vec![(None, self.refused(row.line, None, wrong))],
        };
        let machine = match self.machine(plant, &row) {
            Ok(machine) => machine,
            Err(wrong) => return vec![(Some(at), self.refused(row.line, None, wrong))],
        };
        let mut brought = Vec::new();
        for entry in self.entries.iter().filter(|e| self.is_for(e, &row)) {
            match self.take(plant, entry, machine, (at, &row)) {
                Ok(values) => brought.extend(values.into_iter().map(|(at, b)| (Some(at), b))),
                Err(wrong) => brought.push((Some(at), self.refused(row.line, Some(entry), wrong))),
            }
        }
        if brought.is_empty() {
            brought.extend(self.unnamed(&row).map(|wrong| (Some(at), self.refused(row.line, None, wrong))));
        }
        brought
    }

    fn refused(&self, line: u64, entry: Option<&Entry>, wrong: Wrong) -> Brought {
        let place = match entry {
            Some(entry) => format!("{}:{line} {}", self.file, entry.channel),
            None => format!("{}:{line}", self.file),
        };
        Brought::Refused(Box::new(Refusal { place, found: wrong.found, allowed: wrong.allowed, reason: wrong.reason }))
    }

    fn time(&self, row: &Row) -> Result<Instant, Wrong> {
        let parts: Vec<&str> = self.times.iter().map(|c| row.cells[*c].as_str()).collect();
        let text = parts.join(" ");
        let at = self.format.read(&text).ok_or_else(|| Wrong::new(RefusalReason::Malformed, &text, self.format.allowed()))?;
        let (from, to) = self.bounds;
        let reason = match at {
            at if at < from => RefusalReason::TooLate,
            at if at > to => RefusalReason::FromFuture,
            at => return Ok(at),
        };
        let ends = [(from, Instant::MIN, "from"), (to, Instant::MAX, "to")];
        let told = ends.iter().filter(|(end, open, _)| end != open).map(|(end, _, word)| format!("{word} {end}"));
        Err(Wrong::new(reason, &text, format!("a time {}", told.collect::<Vec<_>>().join(" "))))
    }

    fn machine(&mut self, plant: &Plant, row: &Row) -> Result<MachineId, Wrong> {
        let (column, naming) = match &self.owner {
            Owner::Fixed(machine) => return Ok(*machine),
            Owner::Column { column, naming } => (*column, naming),
        };
        let found = &row.cells[column];
        let known = match self.machines.get(found) {
            Some(known) => *known,
            None => {
                let known = plant.machine_named(&naming.name(found)).map(|m| m.id);
                if self.machines.len() < MACHINES_MAX {
                    self.machines.insert(found.clone(), known);
                }
                known
            }
        };
        known.ok_or_else(|| {
            let names: Vec<&str> = plant.machines.iter().map(|m| m.name.as_str()).collect();
            let allowed = format!("a machine of the unit: {}", listed(&names));
            Wrong::new(RefusalReason::UnknownChannel, &naming.name(found), allowed)
        })
    }

    fn is_for(&self, entry: &Entry, row: &Row) -> bool {
        match (&entry.value, self.long) {
            (Value::Named(name), Some((column, _))) => row.cells[column] == *name,
            _ => true,
        }
    }

    /// A row of a long file whose name no entry has.
    fn unnamed(&self, row: &Row) -> Option<Wrong> {
        let name = &row.cells[self.long?.0];
        let names: Vec<&str> =
            self.entries.iter().filter_map(|e| if let Value::Named(n) = &e.value { Some(n.as_str()) } else { None }).collect();
        let is_unknown = !names.contains(&name.as_str());
        is_unknown
            .then(|| Wrong::new(RefusalReason::UnknownChannel, name, format!("a name that the map knows: {}", listed(&names))))
    }

    fn take(
        &self,
        plant: &Plant,
        entry: &Entry,
        machine: MachineId,
        (at, row): (Instant, &Row),
    ) -> Result<Vec<(Instant, Brought)>, Wrong> {
        let cell = match (&entry.value, self.long) {
            (Value::Column(column), _) => row.cells[*column].as_str(),
            (Value::Named(_), Some((_, column))) => row.cells[column].as_str(),
            (Value::Fixed(value), _) => value.as_str(),
            (Value::Named(_), None) => return Ok(Vec::new()),
        };
        if entry.skip.iter().any(|s| same(s, cell)) {
            return Ok(Vec::new());
        }
        let Some(channel) = plant.named(machine, &entry.channel) else {
            let found = format!("{}/{}", plant.machine(machine).name, entry.channel);
            let names: Vec<&str> = plant.channels_of(machine).map(|c| c.name.as_str()).collect();
            return Err(Wrong::new(
                RefusalReason::UnknownChannel,
                &found,
                format!("a channel of the machine: {}", listed(&names)),
            ));
        };
        let value = entry.value_of(channel, cell)?;
        let Some(hold) = &entry.holds else {
            let brought = match (&entry.value, entry.add, value) {
                (_, true, RawValue::Number(number)) => Brought::Add(channel.id, number),
                (Value::Fixed(_), _, value) => Brought::Steady(channel.id, value),
                (_, _, value) => Brought::Plain(channel.id, value),
            };
            return Ok(vec![(at, brought)]);
        };
        let length = hold.length(row)?;
        let (from, to) = if hold.until_row { (at - length, at) } else { (at, at + length) };
        let then = if channel.kind.is_word() { RawValue::Text(hold.then.clone()) } else { number(&hold.then)? };
        Ok(vec![(from, Brought::Begin(channel.id, value)), (to, Brought::End(channel.id, then))])
    }
}

impl Entry {
    /// The value of a cell, in the channel's unit and words.
    fn value_of(&self, channel: &Channel, cell: &str) -> Result<RawValue, Wrong> {
        let word = self.words.iter().find(|(k, _)| same(k, cell)).map(|(_, v)| v.as_str());
        if word.is_none() && !self.words.is_empty() {
            let known: Vec<&str> = self.words.iter().map(|(k, _)| k.as_str()).collect();
            let reason = if channel.kind.is_word() { RefusalReason::UnknownState } else { RefusalReason::WrongType };
            return Err(Wrong::new(reason, cell, format!("one of the values that the map knows: {}", listed(&known))));
        }
        let text = word.unwrap_or(cell);
        if channel.kind.is_word() {
            return Ok(RawValue::Text(text.to_owned()));
        }
        let RawValue::Number(read) = number(text)? else { return number(text) };
        let scaled = read * self.scale;
        let converted = match &self.unit {
            Some(unit) => {
                unit.convert(scaled, &channel.unit).map_err(|e| Wrong::new(RefusalReason::WrongType, text, e.to_string()))?
            }
            None => scaled,
        };
        Ok(RawValue::Number(converted))
    }
}

impl Hold {
    fn length(&self, row: &Row) -> Result<Span, Wrong> {
        let (column, seconds) = match &self.length {
            HoldLength::Fixed(span) => return Ok(*span),
            HoldLength::Column { column, seconds } => (*column, *seconds),
        };
        let cell = &row.cells[column];
        let length = cell.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0).map(|n| Span::from_seconds_f64(n * seconds));
        let allowed = "a span of time from 0 to 366 days";
        length.filter(|l| *l <= HOLD_MAX).ok_or_else(|| Wrong::new(RefusalReason::Malformed, cell, allowed))
    }
}

fn number(text: &str) -> Result<RawValue, Wrong> {
    let number: f64 = text.parse().map_err(|_| Wrong::new(RefusalReason::WrongType, text, "a number"))?;
    if number.is_finite() {
        return Ok(RawValue::Number(number));
    }
    Err(Wrong::new(RefusalReason::NotFinite, text, "a finite number"))
}

/// Whether two texts are one value: the same text, or the same number (`2` and `2.0`).
fn same(a: &str, b: &str) -> bool {
    a == b || a.parse::<f64>().ok().zip(b.parse::<f64>().ok()).is_some_and(|(a, b)| a == b)
}
