//! Questions about channels of one machine over a part of time: hot and sealed readings together, each exactly once.
//!
//! Enters: a window and channels. Leaves: buckets or words. Absent: SQL (`sql`), how a file is searched (`seek`).

use super::manifest::{Manifest, PartFile};
use super::room::Room;
use super::seek::{Footers, Wanted, seek};
use super::wide::word;
use crate::form::NamedChannel;
use crate::live::HotSegment;
use crate::{Bucket, StoreError};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Float64Type, Int32Type, TimestampMicrosecondType, UInt8Type};
use measure::{Budget, Instant, Span, Taker};
use plant::{ChannelId, Plant, Quality};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A question about channels of one machine, with all it needs.
#[derive(Clone)]
pub(crate) struct Ask {
    pub history: PathBuf,
    pub journal: PathBuf,
    pub manifest: Arc<Manifest>,
    pub segments: Arc<Vec<HotSegment>>,
    pub words: Arc<Vec<Arc<str>>>,
    pub footers: Arc<Footers>,
    /// Where the memory of the answer comes from.
    pub budget: Budget,
    /// Set when nobody waits for the answer any more.
    pub given_up: Arc<AtomicBool>,
    pub machine: String,
    pub machine_type: String,
    pub channels: Vec<(String, bool)>,
    pub from: i64,
    pub to: i64,
}

/// A reading as it is given out: place of its channel, source time [µs], number.
pub(crate) type Told = (usize, i64, f64);

/// A value as it is told: a number, or a word.
enum Value<'a> {
    Number(f64),
    Word(&'a str),
}

impl Ask {
    /// A question about channels of the present plant.
    ///
    /// # Errors
    /// A channel is not in the plant, there is none, or they are of several machines.
    pub(crate) fn new(plant: &Plant, channels: &[ChannelId], (from, to): (Instant, Instant)) -> Result<Self, StoreError> {
        let mut named = Vec::new();
        let mut machine = None;
        for id in channels {
            let channel = plant.channels.get(id.index());
            let channel = channel.ok_or_else(|| StoreError::Query(format!("channel number {} is not in the plant", id.0)))?;
            if *machine.get_or_insert(channel.machine) != channel.machine {
                return Err(StoreError::Query("these channels are of several machines; ask for each machine".to_owned()));
            }
            named.push((channel.name.clone(), channel.kind.is_word()));
        }
        let machine = machine.ok_or_else(|| StoreError::Query("no channel is asked for".to_owned()))?;
        let machine = plant.machine(machine);
        Ok(Self {
            history: PathBuf::new(),
            journal: PathBuf::new(),
            manifest: Arc::default(),
            segments: Arc::default(),
            words: Arc::default(),
            footers: Arc::default(),
            budget: Budget::default(),
            given_up: Arc::default(),
            machine: machine.name.clone(),
            machine_type: machine.kind.clone(),
            channels: named,
            from: from.micros(),
            to: to.micros(),
        })
    }

    /// Numbers of each channel in buckets of a width from the start of the window; empty ones are left out, bad readings do not
    /// count. With `weighted` each bucket has its time-weighted mean.
    pub(crate) fn buckets(&self, width: Span, weighted: bool) -> Result<Vec<Vec<Bucket>>, StoreError> {
        let width = width.micros();
        if width <= 0 || self.to <= self.from {
            return Ok(vec![Vec::new(); self.channels.len()]);
        }
        let count = (self.to - self.from - 1) / width + 1;
        let mut room = Room::new(&self.budget);
        room.take(count as usize * self.channels.len() * size_of::<Option<Bucket>>())?;
        let mut sums: Vec<Vec<Option<Bucket>>> = vec![vec![None; count as usize]; self.channels.len()];
        let mut ordered: Vec<Vec<(i64, f64)>> = vec![Vec::new(); self.channels.len()];
        self.each(&mut |channel, at, value| {
            let Value::Number(value) = value else { return };
            let place = (at - self.from) / width;
            let start = Instant::from_micros(self.from + place * width);
            let bucket = sums[channel][place as usize].get_or_insert_with(|| Bucket::empty(start));
            bucket.add(Instant::from_micros(at), value);
            if weighted && room.admits(size_of::<(i64, f64)>()) {
                ordered[channel].push((at, value));
            }
        })?;
        room.take(0)?;
        if weighted {
            for (readings, sums) in ordered.iter_mut().zip(&mut sums) {
                readings.sort_by_key(|(at, _)| *at);
                self.weigh(readings, width, sums);
            }
        }
        Ok(sums.into_iter().map(|channel| channel.into_iter().flatten().collect()).collect())
    }

    /// Time-weighted means: a value holds until the next one, also into the next bucket.
    fn weigh(&self, readings: &[(i64, f64)], width: i64, sums: &mut [Option<Bucket>]) {
        for (place, bucket) in sums.iter_mut().enumerate() {
            let Some(bucket) = bucket else { continue };
            let start = self.from + place as i64 * width;
            let end = (start + width).min(self.to);
            let first = readings.partition_point(|(at, _)| *at < start);
            let mut holding = first.checked_sub(1).map(|before| (start, readings[before].1));
            let (mut area, mut time) = (0.0, 0.0);
            let inside = readings[first..].iter().take_while(|(at, _)| *at < end).copied();
            for (at, value) in inside.map(Some).chain([None]).map(|r| r.unwrap_or((end, f64::NAN))) {
                if let Some((since, held)) = holding {
                    area += held * (at - since) as f64;
                    time += (at - since) as f64;
                }
                holding = Some((at, value));
            }
            bucket.weighted = Some(if time > 0.0 { area / time } else { bucket.mean });
        }
    }

    /// Words of the first channel with their source times, oldest first, at most the newest `limit`; bad readings do not count. A
    /// word that only repeats the one before is left out where `changes` is set.
    pub(crate) fn words(&self, limit: usize, changes: bool) -> Result<Vec<(Instant, Arc<str>)>, StoreError> {
        let mut room = Room::new(&self.budget);
        let mut found: Vec<(i64, Arc<str>)> = Vec::new();
        self.each(&mut |channel, at, value| {
            if let (0, Value::Word(word)) = (channel, value)
                && room.admits(size_of::<(i64, Arc<str>)>() + 2 * size_of::<usize>() + word.len())
            {
                found.push((at, Arc::from(word)));
            }
        })?;
        room.take(0)?;
        found.sort_by_key(|(at, _)| *at);
        if changes {
            found.dedup_by(|later, earlier| later.1 == earlier.1);
        }
        let cut = found.len().saturating_sub(limit);
        Ok(found.drain(cut..).map(|(at, word)| (Instant::from_micros(at), word)).collect())
    }

    /// Readings that are not bad: place of their channel, source time [µs], and the number, or that of the word; in the order of
    /// source times and, at one time, of channels. `None` where they are more than `most`.
    pub(crate) fn readings(&self, most: usize) -> Result<Option<Vec<Told>>, StoreError> {
        let numbers: HashMap<&str, usize> = self.words.iter().enumerate().map(|(number, word)| (word.as_ref(), number)).collect();
        let (mut found, mut count) = (Vec::new(), 0);
        let mut room = Room::new(&self.budget);
        self.each(&mut |channel, at, value| {
            let value = match value {
                Value::Number(number) => Some(number),
                Value::Word(word) => numbers.get(word).map(|number| *number as f64),
            };
            count += 1;
            if let Some(value) = value.filter(|_| count <= most && room.admits(size_of::<Told>())) {
                found.push((channel, at, value));
            }
        })?;
        room.take(0)?;
        found.sort_by_key(|(channel, at, _)| (*at, *channel));
        Ok((count <= most).then_some(found))
    }

    /// Every reading that is not bad: place of its channel, source time [µs], value. Sealed ones first.
    fn each(&self, each: &mut dyn FnMut(usize, i64, Value<'_>)) -> Result<(), StoreError> {
        self.each_sealed(each)?;
        self.each_hot(each)
    }

    fn each_hot(&self, each: &mut dyn FnMut(usize, i64, Value<'_>)) -> Result<(), StoreError> {
        for segment in self.segments.iter() {
            let names = &segment.catalogue;
            let Some(machine) = names.machines.iter().position(|(name, _)| *name == self.machine) else { continue };
            let of = |c: &NamedChannel| {
                let same = c.machine as usize == machine;
                same.then(|| self.channels.iter().position(|(name, word)| *name == c.name && *word == c.word)).flatten()
            };
            let places: Vec<Option<usize>> = names.channels.iter().map(of).collect();
            if self.given_up.load(Ordering::Relaxed) {
                return Err(StoreError::Closed);
            }
            segment.load(&self.journal, &self.budget, Taker::Queries)?.each_of(
                |id| id.index() == machine,
                |_, _, batch| {
                    for reading in batch.iter().filter(|r| r.quality != Quality::Bad) {
                        let Some(channel) = places.get(reading.channel.index()).copied().flatten() else { continue };
                        let at = reading.at.micros();
                        if (self.from..self.to).contains(&at) {
                            let is_word = self.channels[channel].1;
                            let told = if is_word {
                                Value::Word(word(&self.words, reading.value))
                            } else {
                                Value::Number(reading.value)
                            };
                            each(channel, at, told);
                        }
                    }
                    Ok(())
                },
            )?;
        }
        Ok(())
    }

    fn each_sealed(&self, each: &mut dyn FnMut(usize, i64, Value<'_>)) -> Result<(), StoreError> {
        let of_type = self.manifest.columns.iter().filter(|c| c.machine_type == self.machine_type);
        let placed = of_type.filter_map(|column| {
            let channel = self.channels.iter().position(|(name, word)| *name == column.channel && *word == column.word)?;
            Some((channel, column))
        });
        let placed: Vec<_> = placed.collect();
        let columns: Vec<String> = placed.iter().flat_map(|(_, c)| [c.name.clone(), c.quality_name()]).collect();
        let wanted = Wanted { machine: &self.machine, from: self.from, to: self.to, columns: &columns };
        let touched = |f: &&PartFile| f.machine_type == self.machine_type && f.first_at < self.to && f.last_at >= self.from;
        for file in self.manifest.files.iter().filter(touched) {
            if self.given_up.load(Ordering::Relaxed) {
                return Err(StoreError::Closed);
            }
            seek(&self.footers, &self.history.join(&file.path), &wanted, &mut |batch, rows| {
                for (channel, column) in &placed {
                    if let Some(values) = batch.column_by_name(&column.name) {
                        told(batch, rows.clone(), (values, batch.column_by_name(&column.quality_name())), &mut |at, value| {
                            each(*channel, at, value);
                        });
                    }
                }
            })?;
        }
        Ok(())
    }
}

/// The values of a column in a range of rows that are there and not bad.
fn told(
    batch: &RecordBatch,
    rows: std::ops::Range<usize>,
    (values, quality): (&ArrayRef, Option<&ArrayRef>),
    each: &mut dyn FnMut(i64, Value<'_>),
) {
    let Some(times) = batch.column_by_name("at") else { return };
    let times = times.as_primitive::<TimestampMicrosecondType>();
    let quality = quality.map(|q| q.as_primitive::<UInt8Type>());
    let usable = |row: &usize| {
        let bad = quality.is_some_and(|q| q.is_valid(*row) && Quality::from_code(q.value(*row)) == Quality::Bad);
        !values.is_null(*row) && !bad
    };
    if let Some(numbers) = values.as_primitive_opt::<Float64Type>() {
        rows.filter(usable).for_each(|row| each(times.value(row), Value::Number(numbers.value(row))));
    } else if let Some(words) = values.as_dictionary_opt::<Int32Type>() {
        let known = words.values().as_string::<i32>();
        rows.filter(usable).for_each(|row| each(times.value(row), Value::Word(known.value(words.keys().value(row) as usize))));
    }
}
