//! Journal entries as bytes: `kind` (1 byte) and the body. Numbers are LEB128, signed ones in zigzag; floats 8 bytes little endian.
//!
//! ```text
//! 1 catalogue  JSON
//! 2 words      count, then number, length, UTF-8 of each
//! 3 batch      source, machine, received, rows; channels; times (delta); values; quality flag, qualities if the flag is 1
//! 4 record     sequence, JSON
//! 5 batches    of each: source, machine, received (delta to the batch before), rows; channels (delta); times (delta); values;
//!              quality flag, qualities if the flag is 1
//! 6 names      print of the catalogue (8 bytes little endian), which stands in a file of that name
//! ```
//! Batches are written as kind 5 and the catalogue as kind 6; kinds 3 and 1, which earlier versions wrote, are still read.
//! A frame around it (`journal::segment`) carries length and CRC. A new form of an entry takes a new kind byte.

use super::catalogue::{Catalogue, Print};
use measure::Instant;
use plant::{Batch, ChannelId, MachineId, Quality, SourceId, WordId};
use std::sync::Arc;

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    /// What the numbers in this segment mean.
    Catalogue(Catalogue),
    /// Which catalogue tells what they mean.
    Names(Print),
    /// Words new to the lexicon.
    Words(Vec<(WordId, Arc<str>)>),
    /// Readings, one batch a machine.
    Batches(Vec<Batch>),
    /// A version of a record: its place in the order of all, its JSON form.
    Record(u64, String),
}

const CATALOGUE: u8 = 1;
const WORDS: u8 = 2;
const BATCH: u8 = 3;
const RECORD: u8 = 4;
const BATCHES: u8 = 5;
const NAMES: u8 = 6;
/// An entry of batches is ended once it is this long [bytes]; a single batch may be longer.
const BATCHES_BYTES: usize = 4 << 20;

impl Entry {
    /// The entry of bytes whose CRC has been checked.
    ///
    /// # Errors
    /// A kind of entry or a form that this version does not know.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let (kind, body) = bytes.split_first().ok_or("an empty entry")?;
        let mut from = Cursor { rest: body };
        match *kind {
            CATALOGUE => Catalogue::decode(body).map(Self::Catalogue),
            NAMES => {
                let print = body.try_into().map_err(|_| "a print of names that is not 8 bytes long")?;
                Ok(Self::Names(Print(u64::from_le_bytes(print))))
            }
            WORDS => decode_words(&mut from).map(Self::Words).ok_or_else(|| "a list of words that breaks off".to_owned()),
            BATCH | BATCHES => {
                let mut batches = Vec::new();
                let mut reader = Reader::new(bytes).ok_or("no batches")?;
                loop {
                    let mut batch = Batch::default();
                    if !reader.read(&mut batch)? {
                        return Ok(Self::Batches(batches));
                    }
                    batches.push(batch);
                }
            }
            RECORD => {
                let sequence = from.unsigned().ok_or("a record that breaks off")?;
                let json = String::from_utf8(from.rest.to_vec()).map_err(|e| e.to_string())?;
                Ok(Self::Record(sequence, json))
            }
            other => Err(format!("entries of kind {other} are not known to this version of socium")),
        }
    }
}

/// Batches as entries, each of moderate length. A batch is given up once it is written.
pub(crate) fn encode_batches(batches: Vec<Batch>) -> Vec<Vec<u8>> {
    let mut entries: Vec<Vec<u8>> = Vec::new();
    let mut received = 0;
    for batch in batches {
        if entries.last().is_none_or(|bytes| bytes.len() >= BATCHES_BYTES) {
            entries.push(vec![BATCHES]);
            received = 0;
        }
        if let Some(bytes) = entries.last_mut() {
            add_batch(bytes, &batch, received);
            received = batch.received.micros();
        }
    }
    entries
}

fn add_batch(bytes: &mut Vec<u8>, batch: &Batch, received_before: i64) {
    let rows = batch.len();
    bytes.reserve(24 + rows * 13);
    unsigned(bytes, u64::from(batch.from.0));
    unsigned(bytes, u64::from(batch.machine.0));
    signed(bytes, batch.received.micros().wrapping_sub(received_before));
    unsigned(bytes, rows as u64);
    let mut before = 0;
    for channel in &batch.channels {
        signed(bytes, i64::from(channel.0) - before);
        before = i64::from(channel.0);
    }
    add_times(bytes, batch);
    let values = bytes.len();
    bytes.resize(values + 8 * rows, 0);
    let (places, _) = bytes[values..].as_chunks_mut();
    places.iter_mut().zip(&batch.values).for_each(|(place, value)| *place = value.to_le_bytes());
    add_qualities(bytes, &batch.qualities);
}

fn add_times(bytes: &mut Vec<u8>, batch: &Batch) {
    let mut before = batch.received.micros();
    for at in &batch.at {
        signed(bytes, at.micros().wrapping_sub(before));
        before = at.micros();
    }
}

fn add_qualities(bytes: &mut Vec<u8>, qualities: &[Quality]) {
    if qualities.iter().all(|q| *q == Quality::Good) {
        bytes.push(0);
    } else {
        bytes.push(1);
        bytes.extend(qualities.iter().map(|q| q.code()));
    }
}

/// The print of the catalogue as an entry.
pub(crate) fn encode_names(print: Print) -> Vec<u8> {
    [&[NAMES], print.0.to_le_bytes().as_slice()].concat()
}

/// A record's JSON form as an entry.
pub(crate) fn encode_record(sequence: u64, json: &str) -> Vec<u8> {
    let mut bytes = vec![RECORD];
    unsigned(&mut bytes, sequence);
    bytes.extend(json.as_bytes());
    bytes
}

/// Words as an entry.
pub(crate) fn encode_words(words: &[(WordId, Arc<str>)]) -> Vec<u8> {
    let mut bytes = vec![WORDS];
    unsigned(&mut bytes, words.len() as u64);
    for (id, word) in words {
        unsigned(&mut bytes, u64::from(id.0));
        unsigned(&mut bytes, word.len() as u64);
        bytes.extend(word.as_bytes());
    }
    bytes
}

fn decode_words(from: &mut Cursor<'_>) -> Option<Vec<(WordId, Arc<str>)>> {
    let count = from.unsigned()?;
    let mut words = Vec::new();
    for _ in 0..count {
        let id = u32::try_from(from.unsigned()?).ok()?;
        let length = usize::try_from(from.unsigned()?).ok()?;
        words.push((WordId(id), Arc::from(std::str::from_utf8(from.bytes(length)?).ok()?)));
    }
    from.rest.is_empty().then_some(words)
}

/// The batches of an entry one after another, each read into memory that is used again.
pub(crate) struct Reader<'a> {
    from: Cursor<'a>,
    length: usize,
    received: i64,
    is_single: bool,
}

/// Where a batch stands in its entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    offset: usize,
    received: i64,
}

impl<'a> Reader<'a> {
    /// At the first batch; `None` where the entry is of another kind.
    pub(crate) fn new(entry: &'a [u8]) -> Option<Self> {
        Self::at(entry, Spot { offset: 1, received: 0 })
    }
    /// At a batch that an earlier reader passed.
    pub(crate) fn at(entry: &'a [u8], spot: Spot) -> Option<Self> {
        let is_single = match *entry.first()? {
            BATCH => true,
            BATCHES => false,
            _ => return None,
        };
        let from = Cursor { rest: entry.get(spot.offset..)? };
        Some(Self { from, length: entry.len(), received: spot.received, is_single })
    }
    /// Where the next batch stands.
    pub(crate) const fn spot(&self) -> Spot {
        Spot { offset: self.length - self.from.rest.len(), received: self.received }
    }
    /// Reads the next batch in place of what `batch` held; whether there was one.
    ///
    /// # Errors
    /// The entry breaks off within the batch.
    pub(crate) fn read(&mut self, batch: &mut Batch) -> Result<bool, String> {
        self.read_of(|_| true, batch)
    }
    /// As [`Self::read`]; of a machine that is not wanted only the head is read, and the batch is empty.
    ///
    /// # Errors
    /// The entry breaks off within the batch.
    pub(crate) fn read_of(&mut self, wanted: impl Fn(MachineId) -> bool, batch: &mut Batch) -> Result<bool, String> {
        Ok(self.step(wanted, batch)?.is_some())
    }
    /// Passes over the next batch; its receive time and how many rows it has.
    ///
    /// # Errors
    /// The entry breaks off within the batch.
    pub(crate) fn pass(&mut self) -> Result<Option<(Instant, usize)>, String> {
        let mut head = Batch::default();
        let rows = self.step(|_| false, &mut head)?;
        Ok(rows.map(|rows| (head.received, rows)))
    }
    /// How many rows the next batch has, which is read if it is of a machine that is wanted.
    fn step(&mut self, wanted: impl Fn(MachineId) -> bool, batch: &mut Batch) -> Result<Option<usize>, String> {
        if self.from.rest.is_empty() {
            return if self.is_single && self.length == 1 { Err("a batch that breaks off".to_owned()) } else { Ok(None) };
        }
        let rows = decode_head(&mut self.from, batch, self.received).and_then(|rows| {
            let (from, is_wanted) = (&mut self.from, wanted(batch.machine));
            let done = if is_wanted { decode_rows(from, batch, (rows, self.is_single)) } else { pass_rows(from, rows) };
            done.map(|()| rows)
        });
        if rows.is_none() || (self.is_single && !self.from.rest.is_empty()) {
            return Err(if self.is_single { "a batch that breaks off" } else { "batches that break off" }.to_owned());
        }
        self.received = batch.received.micros();
        Ok(rows)
    }
}

/// Source, machine and receive time; how many rows follow.
fn decode_head(from: &mut Cursor<'_>, batch: &mut Batch, received_before: i64) -> Option<usize> {
    batch.truncate(0);
    batch.from = SourceId(u16::try_from(from.unsigned()?).ok()?);
    batch.machine = MachineId(u32::try_from(from.unsigned()?).ok()?);
    batch.received = Instant::from_micros(received_before.wrapping_add(from.signed()?));
    usize::try_from(from.unsigned()?).ok().filter(|rows| *rows <= from.rest.len())
}

/// Passes over the rows of a batch.
fn pass_rows(from: &mut Cursor<'_>, rows: usize) -> Option<()> {
    let mut left = rows.checked_mul(2)?;
    // each number ends at a byte without the high bit; eight bytes at a time while the last one is not among them
    let (eights, _) = from.rest.as_chunks();
    for eight in eights {
        let ends = (!u64::from_le_bytes(*eight) & 0x8080_8080_8080_8080).count_ones() as usize;
        if ends >= left {
            break;
        }
        left -= ends;
        from.rest = &from.rest[8..];
    }
    while left > 0 {
        let (byte, rest) = from.rest.split_first()?;
        from.rest = rest;
        left -= usize::from(*byte < 0x80);
    }
    from.bytes(rows.checked_mul(8)?)?;
    if from.bytes(1)? != [0] {
        from.bytes(rows)?;
    }
    Some(())
}

fn decode_rows(from: &mut Cursor<'_>, batch: &mut Batch, (rows, is_single): (usize, bool)) -> Option<()> {
    let mut channel = 0_i64;
    for _ in 0..rows {
        channel = if is_single { i64::try_from(from.unsigned()?).ok()? } else { channel.checked_add(from.signed()?)? };
        batch.channels.push(ChannelId(u32::try_from(channel).ok()?));
    }
    let mut at = batch.received.micros();
    for _ in 0..rows {
        at = at.wrapping_add(from.signed()?);
        batch.at.push(Instant::from_micros(at));
    }
    let (values, _) = from.bytes(rows.checked_mul(8)?)?.as_chunks();
    batch.values.extend(values.iter().map(|value| f64::from_le_bytes(*value)));
    match from.bytes(1)? {
        [0] => batch.qualities.resize(rows, Quality::Good),
        _ => batch.qualities.extend(from.bytes(rows)?.iter().map(|code| Quality::from_code(*code))),
    }
    Some(())
}

#[inline]
fn unsigned(bytes: &mut Vec<u8>, mut value: u64) {
    if value < 0x80 {
        return bytes.push(value as u8);
    }
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[inline]
fn signed(bytes: &mut Vec<u8>, value: i64) {
    unsigned(bytes, ((value << 1) ^ (value >> 63)) as u64);
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(head)
    }
    #[inline]
    fn unsigned(&mut self) -> Option<u64> {
        if let Some((first, rest)) = self.rest.split_first()
            && *first < 0x80
        {
            self.rest = rest;
            return Some(u64::from(*first));
        }
        let mut value = 0_u64;
        for (place, byte) in self.rest.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * place);
            if *byte < 0x80 {
                self.rest = &self.rest[place + 1..];
                return Some(value);
            }
        }
        None
    }
    #[inline]
    fn signed(&mut self) -> Option<i64> {
        let value = self.unsigned()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }
}
