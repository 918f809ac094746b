//! What history consists of: its files and its columns, as listed in the records database.

use crate::form::NamedChannel;
use std::collections::{BTreeSet, HashMap};

/// A sealed Parquet file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartFile {
    /// Path below `history/`.
    pub path: String,
    /// Machine type, the name of its table.
    pub machine_type: String,
    /// Earliest and latest source time [µs].
    pub first_at: i64,
    /// Latest source time [µs].
    pub last_at: i64,
    /// Rows.
    pub rows: u64,
    /// Readings: values that are there.
    pub readings: u64,
    /// Size [bytes].
    pub bytes: u64,
}

/// A column of a machine type's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Machine type.
    pub machine_type: String,
    /// Channel name.
    pub channel: String,
    /// Whether its values are words.
    pub word: bool,
    /// Name of the column.
    pub name: String,
    /// UCUM code last configured.
    pub unit: String,
    /// Whether any value in history is not good, so that there is a column for quality.
    pub quality: bool,
}

impl Column {
    /// Name of the column that holds the quality of each value.
    pub(crate) fn quality_name(&self) -> String {
        format!("{}__q", self.name)
    }
}

/// All of history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// Files.
    pub files: Vec<PartFile>,
    /// Columns.
    pub columns: Vec<Column>,
}

/// The columns, looked up and added to while readings are gathered.
pub(crate) struct Book {
    /// Columns; new ones at the end.
    pub columns: Vec<Column>,
    /// By machine type, then by channel: place of its numbers and of its words.
    places: HashMap<String, HashMap<String, [Option<usize>; 2]>>,
    changed: BTreeSet<usize>,
}

/// Columns that every table has.
const FIXED: [&str; 3] = ["at", "received", "machine"];

impl Book {
    pub(crate) fn new(manifest: &Manifest) -> Self {
        let mut places: HashMap<String, HashMap<String, [Option<usize>; 2]>> = HashMap::new();
        for (place, c) in manifest.columns.iter().enumerate() {
            let of_type = places.entry(c.machine_type.clone()).or_default();
            of_type.entry(c.channel.clone()).or_default()[usize::from(c.word)] = Some(place);
        }
        Self { places, columns: manifest.columns.clone(), changed: BTreeSet::new() }
    }
    /// Place of the column for a channel of a machine type; it is added if it is new. The first type of a channel gets its
    /// name; a channel that changes between numbers and words gets a second column `<name>__word` or `<name>__number`.
    pub(crate) fn place(&mut self, machine_type: &str, channel: &NamedChannel) -> usize {
        let known = self.places.get(machine_type).and_then(|of_type| of_type.get(&channel.name));
        if let Some(place) = known.and_then(|places| places[usize::from(channel.word)]) {
            if self.columns[place].unit != channel.unit {
                self.columns[place].unit.clone_from(&channel.unit);
                self.changed.insert(place);
            }
            return place;
        }
        let taken =
            |name: &str| FIXED.contains(&name) || self.columns.iter().any(|c| c.machine_type == machine_type && c.name == name);
        let kind = if channel.word { "word" } else { "number" };
        let mut name = channel.name.clone();
        while taken(&name) {
            name = format!("{name}__{kind}");
        }
        let place = self.columns.len();
        let of_type = self.places.entry(machine_type.to_owned()).or_default();
        of_type.entry(channel.name.clone()).or_default()[usize::from(channel.word)] = Some(place);
        self.columns.push(Column {
            machine_type: machine_type.to_owned(),
            channel: channel.name.clone(),
            word: channel.word,
            name,
            unit: channel.unit.clone(),
            quality: false,
        });
        self.changed.insert(place);
        place
    }
    /// A value of the column is not good.
    pub(crate) fn mark_quality(&mut self, place: usize) {
        if !self.columns[place].quality {
            self.columns[place].quality = true;
            self.changed.insert(place);
        }
    }
    /// Columns that are new or changed.
    pub(crate) fn changed(&self) -> Vec<Column> {
        self.changed.iter().map(|place| self.columns[*place].clone()).collect()
    }
}
