//! Down-sampling: a day of a table becomes one file of the table `<type>_1m`, one row per machine and minute.
//!
//! For each number channel there are `<channel>_mean`, `_min`, `_max`, `_last` and `_count`, for each word channel `_last` and
//! `_count`; counts are doubles like all numbers of history. Bad readings do not count. Late readings of a day that was down-sampled
//! already become a file of their own, so a minute may stand in two rows: counts add up.
//!
//! Enters: all files of a day. Leaves: one file and its columns. Absent: which days (`store::sealing`).

use super::manifest::{Column, Manifest, PartFile};
use super::merge::merged;
use super::part::Part;
use super::wide::{self, AT, MACHINE, RECEIVED};
use super::{files, seal};
use crate::StoreError;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, Float64Array, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{Float64Type, Int32Type, TimestampMicrosecondType, UInt8Type};
use measure::{Instant, Span};
use plant::Quality;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What a table's name ends with once it is down-sampled.
const SUFFIX: &str = "_1m";
/// Functions of a number channel; a word channel has the last two.
const FUNCTIONS: [&str; 5] = ["mean", "min", "max", "last", "count"];

/// The files of a day and type, all older than `days` days before `now`, the first such group; none where `days` is 0.
pub(crate) fn due(manifest: &Manifest, now: Instant, days: u32) -> Option<Vec<PartFile>> {
    let from = seal::kept_from(now, days);
    let mut groups: BTreeMap<&str, Vec<PartFile>> = BTreeMap::new();
    for file in manifest.files.iter().filter(|f| days > 0 && !f.machine_type.ends_with(SUFFIX)) {
        groups.entry(file.path.rsplit_once('/').map_or("", |(dir, _)| dir)).or_default().push(file.clone());
    }
    let mut group = groups.into_values().find(|files| files.iter().all(|f| f.last_at < from))?;
    group.sort_by_key(|f| files::number(Path::new(&f.path)));
    Some(group)
}

/// Writes the minutes of a day's files: the file, and the columns of its table.
///
/// # Errors
/// A file cannot be read or the disk refuses; nothing has changed then.
pub(crate) fn write_minutes(
    history: &Path,
    manifest: &Manifest,
    (site, parts): (&str, &[PartFile]),
) -> Result<(PartFile, Vec<Column>), StoreError> {
    let first = parts.first().ok_or_else(|| StoreError::form("a down-sampling", "no files"))?;
    let mut day = merged(history, manifest, parts)?;
    let table = format!("{}{SUFFIX}", first.machine_type);
    let sources = day.columns.clone();
    let columns = minute_columns(&table, &sources);
    let highest = parts.iter().filter_map(|p| files::number(Path::new(&p.path))).max().unwrap_or(0);
    let start = Instant::from_micros(first.first_at).floor(Span::from_days(1));
    let path = seal::day_path(&table, start, &format!("part-{highest:08}.parquet"));
    let mut out = Part::create(&history.join(&path), site)?;
    let (mut readings, mut bounds) = (0, (i64::MAX, i64::MIN));
    while let Some(rows) = day.next_machine()? {
        let minutes = Minutes::of(&rows, &sources);
        let (Some(earliest), Some(latest)) = (minutes.at.first(), minutes.at.last()) else { continue };
        bounds = (bounds.0.min(*earliest), bounds.1.max(*latest));
        readings += minutes.readings();
        out.write(minutes.batch(&columns, &rows)?)?;
    }
    let (rows, bytes) = out.finish()?;
    let file = PartFile { path, machine_type: table, first_at: bounds.0, last_at: bounds.1, rows, readings, bytes };
    Ok((file, columns))
}

/// The columns of the table of minutes, in the order of the channels and functions.
fn minute_columns(table: &str, sources: &[Column]) -> Vec<Column> {
    let of = |source: &Column| {
        let functions = if source.word { &FUNCTIONS[3..] } else { &FUNCTIONS[..] };
        let column = |function: &&str| Column {
            machine_type: table.to_owned(),
            channel: format!("{}_{function}", source.name),
            word: source.word && *function == "last",
            name: format!("{}_{function}", source.name),
            unit: if *function == "count" { "1".to_owned() } else { source.unit.clone() },
            quality: false,
        };
        functions.iter().map(column).collect::<Vec<_>>()
    };
    sources.iter().flat_map(of).collect()
}

/// One channel in one minute.
#[derive(Clone, Default)]
struct Sum {
    count: u64,
    mean: f64,
    low: f64,
    high: f64,
    last: f64,
    word: Option<String>,
}

impl Sum {
    fn add(&mut self, value: f64) {
        self.count += 1;
        self.mean += (value - self.mean) / self.count as f64;
        self.low = if self.count == 1 { value } else { self.low.min(value) };
        self.high = if self.count == 1 { value } else { self.high.max(value) };
        self.last = value;
    }
}

/// The minutes of one machine.
struct Minutes {
    at: Vec<i64>,
    received: Vec<i64>,
    /// By channel, then by minute.
    sums: Vec<Vec<Sum>>,
}

impl Minutes {
    /// Of rows in the order of their times.
    fn of(rows: &[RecordBatch], sources: &[Column]) -> Self {
        let mut minutes = Self { at: Vec::new(), received: Vec::new(), sums: vec![Vec::new(); sources.len()] };
        for batch in rows {
            let at = batch.column(AT).as_primitive::<TimestampMicrosecondType>();
            let received = batch.column(RECEIVED).as_primitive::<TimestampMicrosecondType>();
            let mut places = Vec::with_capacity(at.len());
            for (at, received) in at.values().iter().zip(received.values()) {
                places.push(minutes.place(*at, *received));
            }
            for (source, sums) in sources.iter().zip(&mut minutes.sums) {
                sums.resize(minutes.at.len(), Sum::default());
                if let Some(values) = batch.column_by_name(&source.name) {
                    take_in(values, batch.column_by_name(&source.quality_name()), &places, sums);
                }
            }
        }
        minutes
    }

    fn place(&mut self, at: i64, received: i64) -> usize {
        let minute = Instant::from_micros(at).floor(Span::from_minutes(1)).micros();
        if self.at.last() != Some(&minute) {
            self.at.push(minute);
            self.received.push(received);
        }
        let place = self.at.len() - 1;
        self.received[place] = self.received[place].max(received);
        place
    }

    fn readings(&self) -> u64 {
        self.sums.iter().flatten().map(|s| s.count).sum()
    }

    fn batch(&self, columns: &[Column], rows: &[RecordBatch]) -> Result<RecordBatch, StoreError> {
        let wrong = |e| StoreError::form("minutes", &e);
        let time =
            |times: &[i64]| Arc::new(TimestampMicrosecondArray::from(times.to_vec()).with_timezone(wide::ZONE)) as ArrayRef;
        let names = rows[0].column(MACHINE).as_dictionary::<Int32Type>();
        let name = names.values().as_string::<i32>().value(names.keys().value(0) as usize);
        let keys = Int32Array::from(vec![0; self.at.len()]);
        let machine = DictionaryArray::try_new(keys, Arc::new(StringArray::from(vec![name]))).map_err(wrong)?;
        let mut arrays = vec![time(&self.at), time(&self.received), Arc::new(machine) as ArrayRef];
        let mut next = columns.iter().peekable();
        for sums in &self.sums {
            let word = next.peek().is_some_and(|c| c.word);
            let functions = if word { &FUNCTIONS[3..] } else { &FUNCTIONS[..] };
            for function in functions {
                next.next();
                arrays.push(column(sums, function, word).map_err(wrong)?);
            }
        }
        RecordBatch::try_new(wide::schema(columns.iter()), arrays).map_err(wrong)
    }
}

/// Adds the values of a column that are there and not bad.
fn take_in(values: &ArrayRef, quality: Option<&ArrayRef>, places: &[usize], sums: &mut [Sum]) {
    let quality = quality.map(|q| q.as_primitive::<UInt8Type>());
    let bad = |row: usize| quality.is_some_and(|q| q.is_valid(row) && Quality::from_code(q.value(row)) == Quality::Bad);
    let rows = (0..values.len()).filter(|row| values.is_valid(*row) && !bad(*row));
    if let Some(numbers) = values.as_primitive_opt::<Float64Type>() {
        rows.for_each(|row| sums[places[row]].add(numbers.value(row)));
    } else if let Some(words) = values.as_dictionary_opt::<Int32Type>() {
        let known = words.values().as_string::<i32>();
        rows.for_each(|row| {
            let sum = &mut sums[places[row]];
            sum.count += 1;
            sum.word = Some(known.value(words.keys().value(row) as usize).to_owned());
        });
    }
}

fn column(sums: &[Sum], function: &str, word: bool) -> Result<ArrayRef, datafusion::arrow::error::ArrowError> {
    let number =
        |of: fn(&Sum) -> f64| Arc::new(sums.iter().map(|s| (s.count > 0).then(|| of(s))).collect::<Float64Array>()) as ArrayRef;
    Ok(match function {
        "mean" => number(|s| s.mean),
        "min" => number(|s| s.low),
        "max" => number(|s| s.high),
        "last" if word => {
            let words: StringArray = sums.iter().map(|s| s.word.as_deref()).collect();
            cast(&words, &wide::words_type())?
        }
        "last" => number(|s| s.last),
        _ => number(|s| s.count as f64),
    })
}
