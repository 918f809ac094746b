//! Journal entries as bytes: `kind` (1 byte) and the body. Numbers are LEB128, signed ones in zigzag; floats 8 bytes little endian.
//!
//! ```text
//! 1 catalogue  JSON
//! 2 words      count, then number, length, UTF-8 of each
//! 3 batch      source, machine, received, rows; channels; times (delta); values; quality flag, qualities if the flag is 1
//! 4 record     sequence, JSON
//! ```
//! A frame around it (`journal::segment`) carries length and CRC. A new form of an entry takes a new kind byte.

use super::catalogue::Catalogue;
use measure::Instant;
use plant::{Batch, ChannelId, MachineId, Quality, SourceId, WordId};
use std::sync::Arc;

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    /// What the numbers in this segment mean.
    Catalogue(Catalogue),
    /// Words new to the lexicon.
    Words(Vec<(WordId, Arc<str>)>),
    /// Readings.
    Batch(Batch),
    /// A version of a record: its place in the order of all, its JSON form.
    Record(u64, String),
}

const CATALOGUE: u8 = 1;
const WORDS: u8 = 2;
const BATCH: u8 = 3;
const RECORD: u8 = 4;

impl Entry {
    /// The entry as bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Catalogue(catalogue) => [&[CATALOGUE], catalogue.encode().as_slice()].concat(),
            Self::Words(words) => encode_words(words),
            Self::Batch(batch) => encode_batch(batch),
            Self::Record(sequence, json) => encode_record(*sequence, json),
        }
    }
    /// The entry of bytes whose CRC has been checked.
    ///
    /// # Errors
    /// A kind of entry or a form that this version does not know.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let (kind, body) = bytes.split_first().ok_or("an empty entry")?;
        let mut from = Cursor { rest: body };
        match *kind {
            CATALOGUE => Catalogue::decode(body).map(Self::Catalogue),
            WORDS => decode_words(&mut from).map(Self::Words).ok_or_else(|| "a list of words that breaks off".to_owned()),
            BATCH => decode_batch(&mut from).map(Self::Batch).ok_or_else(|| "a batch that breaks off".to_owned()),
            RECORD => {
                let sequence = from.unsigned().ok_or("a record that breaks off")?;
                let json = String::from_utf8(from.rest.to_vec()).map_err(|e| e.to_string())?;
                Ok(Self::Record(sequence, json))
            }
            other => Err(format!("entries of kind {other} are not known to this version of socium")),
        }
    }
}

/// A batch as an entry, without taking it.
pub(crate) fn encode_batch(batch: &Batch) -> Vec<u8> {
    let rows = batch.len();
    let mut bytes = Vec::with_capacity(16 + rows * 14);
    bytes.push(BATCH);
    unsigned(&mut bytes, u64::from(batch.from.0));
    unsigned(&mut bytes, u64::from(batch.machine.0));
    signed(&mut bytes, batch.received.micros());
    unsigned(&mut bytes, rows as u64);
    batch.channels.iter().for_each(|c| unsigned(&mut bytes, u64::from(c.0)));
    let mut before = batch.received.micros();
    for at in &batch.at {
        signed(&mut bytes, at.micros().wrapping_sub(before));
        before = at.micros();
    }
    batch.values.iter().for_each(|v| bytes.extend(v.to_le_bytes()));
    if batch.qualities.iter().all(|q| *q == Quality::Good) {
        bytes.push(0);
    } else {
        bytes.push(1);
        bytes.extend(batch.qualities.iter().map(|q| q.code()));
    }
    bytes
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

fn decode_batch(from: &mut Cursor<'_>) -> Option<Batch> {
    let source = SourceId(u16::try_from(from.unsigned()?).ok()?);
    let machine = MachineId(u16::try_from(from.unsigned()?).ok()?);
    let received = from.signed()?;
    let rows = usize::try_from(from.unsigned()?).ok().filter(|rows| *rows <= from.rest.len())?;
    let mut batch = Batch::new(source, machine, Instant::from_micros(received));
    for _ in 0..rows {
        batch.channels.push(ChannelId(u32::try_from(from.unsigned()?).ok()?));
    }
    let mut before = received;
    for _ in 0..rows {
        before = before.wrapping_add(from.signed()?);
        batch.at.push(Instant::from_micros(before));
    }
    for _ in 0..rows {
        batch.values.push(f64::from_le_bytes(from.bytes(8)?.try_into().ok()?));
    }
    match from.bytes(1)? {
        [0] => batch.qualities.resize(rows, Quality::Good),
        _ => batch.qualities.extend(from.bytes(rows)?.iter().map(|code| Quality::from_code(*code))),
    }
    from.rest.is_empty().then_some(batch)
}

fn unsigned(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

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
    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.bytes(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
    fn signed(&mut self) -> Option<i64> {
        let value = self.unsigned()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }
}
