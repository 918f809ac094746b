//! From rows to readings, without a file. Enters: rows of a table whose columns are known. Leaves: deliveries; what cannot be
//! taken is refused with file, line, column, what was found and what is allowed.

use super::config::Config;
use super::table::{BadRow, Row};
use collect::{Delivery, Place, RawReading, RawValue, Source};
use measure::Instant;
use plant::{ChannelId, Quality, RefusalReason, Refused, SourceId};
use std::collections::HashMap;
use std::sync::Arc;

/// Something that a file told.
#[derive(Clone, Debug)]
pub enum Message {
    /// Rows of a file.
    Rows {
        /// Its name.
        file: Arc<str>,
        /// What its columns mean.
        plan: Arc<Plan>,
        /// The rows.
        rows: Vec<Result<Row, BadRow>>,
    },
    /// A file that cannot be read at all.
    Unreadable {
        /// Its name.
        file: Arc<str>,
        /// What was found.
        found: String,
        /// What is allowed.
        allowed: String,
        /// Why.
        reason: RefusalReason,
    },
}

/// What the columns of one table mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    columns: Vec<String>,
    times: Vec<usize>,
    layout: Layout,
    /// Addresses of channels that this table does not hold.
    pub absent: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Layout {
    /// One column a channel, all of the same machines.
    Wide(Vec<Target>),
    /// One column a channel of the machine that a column names.
    ByMachine { machine: usize, targets: HashMap<String, Vec<Target>> },
    /// One value a row.
    Long { machine: Option<usize>, name: usize, value: usize },
}

/// A column and the channel it brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Target {
    column: usize,
    channel: ChannelId,
    is_word: bool,
}

impl Plan {
    /// What the columns of a table mean.
    ///
    /// # Errors
    /// A column that is needed is not there, or none of the channels' columns; in words.
    pub fn of(config: &Config, columns: &[String]) -> Result<Self, String> {
        let place = |name: &String| columns.iter().position(|c| c == name).ok_or_else(|| format!("no column `{name}`"));
        let times = config.times.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let machine = config.machine.as_ref().map(place).transpose()?;
        let mut absent = Vec::new();
        let layout = match (&config.long, machine) {
            (Some(long), machine) => Layout::Long { machine, name: place(&long.name)?, value: place(&long.value)? },
            (None, None) => {
                let mut targets = Vec::new();
                for (channel, address) in &config.channels {
                    match place(&address.0) {
                        Ok(column) => targets.push(target(config, column, *channel)),
                        Err(_) => absent.push(address.0.clone()),
                    }
                }
                Layout::Wide(targets)
            }
            (None, Some(machine)) => {
                let mut targets: HashMap<String, Vec<Target>> = HashMap::new();
                for (channel, address) in &config.channels {
                    // names of machines and columns may hold a slash: the first split whose column is there counts
                    let splits = address.0.match_indices('/').map(|(at, _)| (&address.0[..at], &address.0[at + 1..]));
                    let found =
                        splits.filter_map(|(name, column)| Some((name, columns.iter().position(|c| c == column)?))).next();
                    match found {
                        Some((name, column)) => {
                            targets.entry(name.to_owned()).or_default().push(target(config, column, *channel))
                        }
                        None => absent.push(address.0.clone()),
                    }
                }
                Layout::ByMachine { machine, targets }
            }
        };
        if !config.channels.is_empty() && absent.len() == config.channels.len() {
            return Err(format!("no column of any channel, such as `{}`", absent[0]));
        }
        Ok(Self { columns: columns.to_vec(), times, layout, absent })
    }
}

fn target(config: &Config, column: usize, channel: ChannelId) -> Target {
    Target { column, channel, is_word: config.words.contains(&channel) }
}

/// Turns rows into readings.
#[derive(Clone, Debug)]
pub struct Decoder {
    source: SourceId,
    config: Arc<Config>,
    by_address: HashMap<String, Target>,
    key: String,
}

/// Why a cell or a row is refused.
struct Wrong {
    column: Option<usize>,
    found: String,
    allowed: String,
    reason: RefusalReason,
}

impl Wrong {
    fn new(reason: RefusalReason, column: Option<usize>, found: &str, allowed: impl Into<String>) -> Self {
        Self { column, found: quote(found), allowed: allowed.into(), reason }
    }
}

/// The row being read: its file and what its columns mean.
struct Context<'a> {
    file: &'a str,
    plan: &'a Plan,
    received: Instant,
}

impl Decoder {
    /// A decoder of one source's rows.
    pub fn new(source: SourceId, config: Arc<Config>) -> Self {
        let key = |(channel, address): &(ChannelId, super::Address)| (address.0.clone(), target(&config, 0, *channel));
        let by_address = config.channels.iter().map(key).collect();
        Self { source, config, by_address, key: String::new() }
    }

    fn row(&mut self, context: &Context<'_>, row: &Row, out: &mut Delivery) -> Result<(), Wrong> {
        let at = self.time(context.plan, row)?;
        match &context.plan.layout {
            Layout::Wide(targets) => self.wide(context, targets, (at, row), out),
            Layout::ByMachine { machine, targets } => {
                let name = &row.cells[*machine];
                let Some(targets) = targets.get(name) else {
                    let allowed = "a machine that the address of a channel of this source names";
                    return Err(Wrong::new(RefusalReason::UnknownChannel, Some(*machine), name, allowed));
                };
                self.wide(context, targets, (at, row), out);
            }
            Layout::Long { machine, name, value } => {
                self.key.clear();
                if let Some(machine) = machine {
                    self.key.push_str(&row.cells[*machine]);
                    self.key.push('/');
                }
                self.key.push_str(&row.cells[*name]);
                let cell = &row.cells[*value];
                if self.says_nothing(cell) {
                    return Ok(());
                }
                match self.by_address.get(&self.key) {
                    Some(target) => {
                        let value = self.value(Target { column: *value, ..*target }, cell)?;
                        out.readings.push(reading(Place::Channel(target.channel), at, value));
                    }
                    None => {
                        let place = Place::Unknown(format!("{}:{} {}", context.file, row.line, self.key));
                        out.readings.push(reading(place, at, RawValue::Text(cell.clone())));
                    }
                }
            }
        }
        Ok(())
    }

    fn wide(&self, context: &Context<'_>, targets: &[Target], (at, row): (Instant, &Row), out: &mut Delivery) {
        for target in targets {
            let cell = &row.cells[target.column];
            if self.says_nothing(cell) {
                continue;
            }
            match self.value(*target, cell) {
                Ok(value) => out.readings.push(reading(Place::Channel(target.channel), at, value)),
                Err(wrong) => out.refused.push(self.refused(context, row.line, wrong)),
            }
        }
    }

    fn says_nothing(&self, cell: &str) -> bool {
        cell.is_empty() || self.config.skip.iter().any(|s| s == cell)
    }

    fn time(&self, plan: &Plan, row: &Row) -> Result<Instant, Wrong> {
        let joined: String;
        let text = match plan.times[..] {
            [one] => row.cells[one].as_str(),
            _ => {
                let parts: Vec<&str> = plan.times.iter().map(|c| row.cells[*c].as_str()).collect();
                joined = parts.join(" ");
                &joined
            }
        };
        self.config.formats.iter().find_map(|format| format.read(text)).ok_or_else(|| {
            let allowed: Vec<String> = self.config.formats.iter().map(super::time::TimeFormat::allowed).collect();
            Wrong::new(RefusalReason::Malformed, plan.times.first().copied(), text, allowed.join(", or "))
        })
    }

    fn value(&self, target: Target, cell: &str) -> Result<RawValue, Wrong> {
        if target.is_word {
            return Ok(RawValue::Text(cell.to_owned()));
        }
        let refused = |reason, allowed: &str| Err(Wrong::new(reason, Some(target.column), cell, allowed));
        match number(cell, self.config.decimal_comma) {
            Some(number) if number.is_finite() => Ok(RawValue::Number(number)),
            Some(_) => refused(RefusalReason::NotFinite, "a finite number"),
            None if cell.eq_ignore_ascii_case("true") => Ok(RawValue::Flag(true)),
            None if cell.eq_ignore_ascii_case("false") => Ok(RawValue::Flag(false)),
            None if self.config.decimal_comma => refused(RefusalReason::WrongType, "a number such as 1.234,5"),
            None => refused(RefusalReason::WrongType, "a number such as 1234.5"),
        }
    }

    fn refused(&self, context: &Context<'_>, line: u64, wrong: Wrong) -> Refused {
        let place = match wrong.column.and_then(|c| context.plan.columns.get(c)) {
            Some(column) => format!("{}:{line} {column}", context.file),
            None => format!("{}:{line}", context.file),
        };
        let Wrong { found, allowed, reason, .. } = wrong;
        Refused { from: self.source, received: context.received, place, found, allowed, reason }
    }
}

impl Source for Decoder {
    type Message = Message;

    fn decode(&mut self, message: Message, received: Instant) -> Delivery {
        let mut out = Delivery::new(self.source, received);
        let (file, plan, rows) = match message {
            Message::Rows { file, plan, rows } => (file, plan, rows),
            Message::Unreadable { file, found, allowed, reason } => {
                out.refused.push(Refused { from: self.source, received, place: file.to_string(), found, allowed, reason });
                return out;
            }
        };
        let context = Context { file: &file, plan: &plan, received };
        for row in rows {
            let (line, read) = match row {
                Ok(row) if row.cells.len() == plan.columns.len() => (row.line, self.row(&context, &row, &mut out)),
                Ok(row) => {
                    let (found, allowed) = (format!("{} values", row.cells.len()), format!("{} values", plan.columns.len()));
                    (row.line, Err(Wrong { column: None, found, allowed, reason: RefusalReason::Malformed }))
                }
                Err(BadRow { line, found, allowed, .. }) => {
                    (line, Err(Wrong { column: None, found, allowed, reason: RefusalReason::Malformed }))
                }
            };
            if let Err(wrong) = read {
                out.refused.push(self.refused(&context, line, wrong));
            }
        }
        out
    }
}

const fn reading(place: Place, at: Instant, value: RawValue) -> RawReading {
    RawReading { place, at: Some(at), value, quality: Quality::Good }
}

/// A number; with a decimal comma, points may part groups of three digits. What is no number at all is `None`.
fn number(cell: &str, decimal_comma: bool) -> Option<f64> {
    if !decimal_comma {
        return cell.parse().ok();
    }
    let (whole, fraction) = cell.split_once(',').unwrap_or((cell, ""));
    if !whole.contains('.') {
        return if cell.contains(',') { format!("{whole}.{fraction}").parse().ok() } else { cell.parse().ok() };
    }
    let mut groups = whole.split('.');
    let first = groups.next()?.trim_start_matches(['-', '+']);
    let is_grouped = (1..=3).contains(&first.len()) && groups.all(|g| g.len() == 3 && g.bytes().all(|b| b.is_ascii_digit()));
    is_grouped.then(|| format!("{}.{fraction}", whole.replace('.', "")).parse().ok())?
}

fn quote(text: &str) -> String {
    format!("`{}`", text.chars().take(80).collect::<String>())
}
