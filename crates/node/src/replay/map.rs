//! The meaning of a map: files, columns and channels, every fault with its line.
//!
//! Enters: the form, the unit it drives, the opened tables. Leaves: a [`Mapper`] a file. Absent: rows.

use super::form::{ColumnForm, FileForm, HoldForm, MapForm, OwnerForm};
use super::rows::{Entry, Hold, HoldLength, Mapper, Owner, Value};
use crate::config::document::Document;
use crate::config::fault::{Fault, Trail};
use crate::config::text;
use drivers::file::table::{Encoding, Style, Table};
use drivers::file::time::{FORMATS_ALLOWED, TimeFormat};
use jiff::tz::TimeZone;
use measure::{Instant, Unit};
use plant::{Channel, Plant, SourceId};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A map being judged.
pub struct Mapping<'a> {
    /// The map's text.
    pub document: &'a Document<'a>,
    /// The faults found.
    pub faults: Vec<Fault>,
}

/// Where a file is.
pub fn place(form: &FileForm, folder: &Path) -> PathBuf {
    folder.join(&form.path)
}

/// How a file is written.
pub fn style(form: &FileForm, delimiter: u8) -> Style {
    // the schema allows no other words
    let encoding = form.encoding.as_deref().and_then(Encoding::from_word).unwrap_or_default();
    Style { delimiter: Some(delimiter), encoding, ..Style::default() }
}

impl Mapping<'_> {
    fn refuse(&mut self, trail: &Trail, allowed: impl Into<String>) {
        self.faults.push(self.document.fault(trail, allowed));
    }

    /// Opens every file; a file that cannot be opened is a fault.
    pub fn tables(&mut self, form: &MapForm, folder: &Path) -> Vec<Option<Table>> {
        if form.file.is_empty() {
            self.refuse(&Trail::default().key("file"), "at least one [[file]]");
        }
        let files = form.file.iter().enumerate();
        files.map(|(i, file)| self.table(&Trail::item("file", i), file, folder)).collect()
    }

    fn table(&mut self, trail: &Trail, form: &FileForm, folder: &Path) -> Option<Table> {
        let path = place(form, folder);
        let delimiter = match form.delimiter.as_deref() {
            None => b',',
            Some("\\t" | "\t") => b'\t',
            Some(sign) if sign.len() == 1 => sign.as_bytes()[0],
            Some(_) => {
                self.refuse(&trail.key("delimiter"), "one sign such as `,`, `;` or `\\t`");
                return None;
            }
        };
        let opened = Table::open(&path, &style(form, delimiter));
        if let Err(error) = &opened {
            let allowed = format!("a CSV, CSV.gz, Excel (.xlsx) or Parquet file; {}: {error}", path.display());
            self.refuse(&trail.key("path"), allowed);
        }
        opened.ok()
    }

    /// The column of a name; a fault where the file has none.
    fn column(&mut self, trail: &Trail, name: &str, columns: &[String]) -> Option<usize> {
        let place = columns.iter().position(|c| c == name);
        if place.is_none() {
            self.faults.push(self.document.fault_of_name(trail, name, "a column of the file", columns));
        }
        place
    }

    /// How the rows of a file are read. `None` where there are faults.
    pub fn mapper(&mut self, i: usize, form: &FileForm, columns: &[String], plant: &Plant) -> Option<Mapper> {
        let trail = Trail::item("file", i);
        let source = self.source(&trail, form, plant);
        let times = self.times(&trail.key("time").key("columns"), &form.time.columns, columns);
        let format = self.format(&trail.key("time"), form, plant);
        let bounds = format.as_ref().map(|format| self.bounds(&trail.key("time"), form, format));
        let owner = self.owner(&trail.key("machine"), &form.machine, columns, plant);
        let mut only = Vec::new();
        for (name, values) in &form.only {
            let column = self.column(&trail.key("only").key(name), name, columns);
            only.extend(column.map(|c| (c, values.clone())));
        }
        let long = match &form.long {
            None => None,
            Some(long) => {
                let name = self.column(&trail.key("long").key("name"), &long.name, columns);
                let value = self.column(&trail.key("long").key("value"), &long.value, columns);
                Some((name?, value?))
            }
        };
        if form.channel.is_empty() {
            self.refuse(&trail.key("channel"), "at least one [[file.channel]]");
        }
        let mut entries = Vec::new();
        for (n, channel) in form.channel.iter().enumerate() {
            entries.extend(self.entry(&trail.key("channel").index(n), channel, columns, (long, plant)));
        }
        Some(Mapper {
            file: form.path.clone(),
            source: source?,
            times: times?,
            format: format?,
            bounds: bounds?,
            owner: owner?,
            only,
            long,
            entries,
            machines: HashMap::new(),
        })
    }

    fn source(&mut self, trail: &Trail, form: &FileForm, plant: &Plant) -> Option<SourceId> {
        let files: Vec<_> = plant.sources.iter().filter(|s| s.protocol == "file").collect();
        let names: Vec<&str> = files.iter().map(|s| s.name.as_str()).collect();
        let trail = trail.key("source");
        match (&form.source, &files[..]) {
            (None, [one]) => Some(one.id),
            (Some(name), _) => {
                let found = files.iter().find(|s| s.name == *name).map(|s| s.id);
                if found.is_none() {
                    let fault = self.document.fault_of_name(&trail, name, "a [[source]] of protocol `file`", &names);
                    self.faults.push(fault);
                }
                found
            }
            (None, _) => {
                let fault = self.document.fault_of_name(&trail, "", "one [[source]] of protocol `file`, by its name", &names);
                self.faults.push(Fault { hint: None, ..fault });
                None
            }
        }
    }

    fn times(&mut self, trail: &Trail, names: &[String], columns: &[String]) -> Option<Vec<usize>> {
        if names.is_empty() {
            self.refuse(trail, "at least one column");
            return None;
        }
        let places: Vec<Option<usize>> =
            names.iter().enumerate().map(|(n, name)| self.column(&trail.index(n), name, columns)).collect();
        places.into_iter().collect()
    }

    fn format(&mut self, trail: &Trail, form: &FileForm, plant: &Plant) -> Option<TimeFormat> {
        let name = form.time.zone.as_deref().unwrap_or(&plant.calendar.zone.name);
        let zone = TimeZone::get(name).ok();
        if zone.is_none() {
            self.refuse(&trail.key("zone"), "an IANA time zone such as `UTC` or `Europe/Berlin`");
        }
        let word = form.time.format.as_deref().unwrap_or("rfc3339");
        let format = TimeFormat::of(word, zone?);
        if format.is_none() {
            self.refuse(&trail.key("format"), FORMATS_ALLOWED);
        }
        format
    }

    fn bounds(&mut self, trail: &Trail, form: &FileForm, format: &TimeFormat) -> (Instant, Instant) {
        let mut read = |key: &str, typed: &Option<String>, absent| match typed {
            None => absent,
            Some(typed) => text::instant(typed, format.zone()).unwrap_or_else(|| {
                self.refuse(&trail.key(key), text::INSTANT_ALLOWED);
                absent
            }),
        };
        let (from, to) = (read("from", &form.time.from, Instant::MIN), read("to", &form.time.to, Instant::MAX));
        if from > to {
            self.refuse(&trail.key("to"), "an instant after `from`");
        }
        (from, to)
    }

    fn owner(&mut self, trail: &Trail, form: &OwnerForm, columns: &[String], plant: &Plant) -> Option<Owner> {
        match (&form.name, &form.column) {
            (Some(name), None) => {
                let machine = plant.machine_named(name).map(|m| m.id);
                if machine.is_none() {
                    let names: Vec<&str> = plant.machines.iter().map(|m| m.name.as_str()).collect();
                    let fault = self.document.fault_of_name(&trail.key("name"), name, "the name of a [[machine]]", &names);
                    self.faults.push(fault);
                }
                Some(Owner::Fixed(machine?))
            }
            (None, Some(name)) => {
                Some(Owner::Column { column: self.column(&trail.key("column"), name, columns)?, naming: naming(form) })
            }
            _ => {
                self.refuse(trail, "either `name`, the machine of all rows, or `column`, which names the machine");
                None
            }
        }
    }

    fn entry(
        &mut self,
        trail: &Trail,
        form: &ColumnForm,
        columns: &[String],
        (long, plant): (Option<(usize, usize)>, &Plant),
    ) -> Option<Entry> {
        let value = match (&form.column, &form.value, long) {
            (Some(name), None, Some(_)) => Some(Value::Named(name.clone())),
            (Some(name), None, None) => self.column(&trail.key("column"), name, columns).map(Value::Column),
            (None, Some(value), None) => Some(Value::Fixed(value.clone())),
            _ => {
                self.refuse(trail, "either `column` or, but not in a long file, `value`");
                None
            }
        };
        let bearers: Vec<&Channel> = plant.channels.iter().filter(|c| c.name == form.channel).collect();
        if bearers.is_empty() {
            let mut names: Vec<&str> = plant.channels.iter().map(|c| c.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let fault = self.document.fault_of_name(&trail.key("channel"), &form.channel, "a channel of some machine", &names);
            self.faults.push(fault);
        }
        let unit = self.unit(trail, form, &bearers);
        let scale = form.scale.unwrap_or(1.0);
        if scale == 0.0 || (form.scale.is_some() && bearers.iter().any(|c| c.kind.is_word())) {
            self.refuse(&trail.key("scale"), "a factor other than 0, for channels of numbers");
        }
        if form.add && bearers.iter().any(|c| c.kind != plant::ChannelKind::Counter) {
            self.refuse(&trail.key("add"), "`add` for channels of kind `counter` alone");
        }
        let holds = match &form.holds {
            Some(hold) => Some(self.hold(&trail.key("holds"), hold, columns)?),
            None => None,
        };
        let skip = form.skip.clone().unwrap_or_else(|| vec![String::new()]);
        let words = form.words.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        let (channel, add) = (form.channel.clone(), form.add);
        Some(Entry { value: value?, channel, unit: unit?, scale, add, words, skip, holds })
    }

    /// `Some(None)` where no unit was typed.
    fn unit(&mut self, trail: &Trail, form: &ColumnForm, bearers: &[&Channel]) -> Option<Option<Unit>> {
        let Some(code) = &form.unit else { return Some(None) };
        let trail = trail.key("unit");
        let Ok(unit) = code.parse::<Unit>() else {
            self.refuse(&trail, "a UCUM unit code such as `kW`, `[degF]`, `1`");
            return None;
        };
        let misfit = bearers.iter().find(|c| c.kind.is_word() || unit.convert(1.0, &c.unit).is_err());
        if let Some(channel) = misfit {
            self.refuse(&trail, format!("a unit that converts to `{}`, that of channel `{}`", channel.unit, channel.name));
            return None;
        }
        Some(Some(unit))
    }

    fn hold(&mut self, trail: &Trail, form: &HoldForm, columns: &[String]) -> Option<Hold> {
        let length = match (&form.span, &form.column) {
            (Some(typed), None) => {
                let span = text::span(typed);
                if span.is_none() {
                    self.refuse(&trail.key("span"), text::SPAN_ALLOWED);
                }
                HoldLength::Fixed(span?)
            }
            (None, Some(name)) => {
                let column = self.column(&trail.key("column"), name, columns);
                let second: Unit = "s".parse().ok()?;
                let unit = form.unit.as_deref().unwrap_or("s").parse::<Unit>().ok();
                let seconds = unit.and_then(|u| u.convert(1.0, &second).ok());
                if seconds.is_none() {
                    self.refuse(&trail.key("unit"), "a unit of time such as `s`, `min`, `h`");
                }
                HoldLength::Column { column: column?, seconds: seconds? }
            }
            _ => {
                self.refuse(trail, "either `span`, the same for all rows, or `column`, which says how long");
                return None;
            }
        };
        Some(Hold { length, until_row: form.until_row, then: form.then.clone() })
    }
}

/// What a file calls a machine, and what the unit does.
#[derive(Clone, Debug)]
pub struct Naming {
    pattern: String,
    words: Vec<(String, String)>,
}

/// The naming of a form.
pub fn naming(form: &OwnerForm) -> Naming {
    Naming {
        pattern: form.pattern.clone().unwrap_or_else(|| "{value}".to_owned()),
        words: form.words.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
    }
}

impl Naming {
    /// The unit's name of a machine.
    pub fn name(&self, found: &str) -> String {
        let word = self.words.iter().find(|(k, _)| k == found).map(|(_, v)| v.clone());
        word.unwrap_or_else(|| self.pattern.replace("{value}", found))
    }
}
