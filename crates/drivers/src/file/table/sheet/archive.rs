//! The ZIP archive that a workbook is (APPNOTE 6.3.10, as far as Office Open XML needs it). Enters: a file. Leaves: its parts,
//! unpacked as they are read and bounded. Absent: ZIP64, encryption, methods other than stored and deflate.

use super::super::ROW_BYTES_MAX;
use crc32fast::Hasher;
use flate2::read::DeflateDecoder;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Most bytes that one part of a workbook unpacks to.
pub(super) const PART_BYTES_MAX: u64 = 2 << 30;
/// Longest list of parts [bytes].
const LIST_BYTES_MAX: u64 = 4 << 20;
/// The end record without its comment, and the longest comment.
const END_BYTES: u64 = 22;
const COMMENT_BYTES_MAX: u64 = 65_535;
const NO_BOOK: &str = "no Excel workbook (.xlsx)";

/// The parts of an archive by name.
pub(super) struct Archive {
    file: File,
    parts: HashMap<String, Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    method: u16,
    crc: u32,
    packed: u64,
    at: u64,
}

/// A part being unpacked. What it holds is checked against its sum at the end.
pub(super) struct Part {
    inner: Box<dyn Read + Send>,
    crc: u32,
    sum: Hasher,
    left: u64,
    /// Bytes read since somebody set it to nought; more than a row may have are an error.
    since: Arc<AtomicUsize>,
}

impl Archive {
    /// Reads the list of parts.
    ///
    /// # Errors
    /// It is no archive, or one of a kind that is not read; in words.
    pub(super) fn open(mut file: File) -> Result<Self, String> {
        let failed = |error: io::Error| format!("{NO_BOOK}: {error}");
        let size = file.metadata().map_err(failed)?.len();
        let mut head = [0; 4];
        if size >= END_BYTES && file.read_exact(&mut head).is_ok() && head == [0xD0, 0xCF, 0x11, 0xE0] {
            return Err("an old workbook (.xls) or one with a password; save it as .xlsx without one".to_owned());
        }
        let tail = bytes_at(&mut file, size.saturating_sub(END_BYTES + COMMENT_BYTES_MAX), END_BYTES + COMMENT_BYTES_MAX);
        let tail = tail.map_err(failed)?;
        let end = (0..tail.len().saturating_sub(END_BYTES as usize - 1)).rev().find(|at| tail[*at..].starts_with(b"PK\x05\x06"));
        let end = &tail[end.ok_or_else(|| format!("{NO_BOOK}: it does not end as a ZIP archive does"))?..];
        let (length, at) = (u64::from(number(end, 12)), u64::from(number(end, 16)));
        if at == u64::from(u32::MAX) || length > LIST_BYTES_MAX {
            return Err(format!("{NO_BOOK}: a list of parts of {length} bytes at {at}; at most {LIST_BYTES_MAX} are read"));
        }
        let list = bytes_at(&mut file, at, length).map_err(failed)?;
        Ok(Self { file, parts: entries(&list)? })
    }

    /// Whether there is a part.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.contains_key(&name.to_lowercase())
    }

    /// Opens a part.
    ///
    /// # Errors
    /// There is none of the name, or it cannot be read; in words.
    pub(super) fn part(&self, name: &str) -> Result<Part, String> {
        let failed = |error: io::Error| format!("part `{name}`: {error}");
        let entry = *self.parts.get(&name.to_lowercase()).ok_or_else(|| format!("{NO_BOOK}: it has no part `{name}`"))?;
        // a handle of its own would share the cursor: parts are read one after the other
        let mut file = self.file.try_clone().map_err(failed)?;
        let head = bytes_at(&mut file, entry.at, 30).map_err(failed)?;
        if head.len() < 30 || !head.starts_with(b"PK\x03\x04") {
            return Err(format!("part `{name}` does not begin where the list says"));
        }
        let start = entry.at + 30 + u64::from(short(&head, 26)) + u64::from(short(&head, 28));
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        let packed = BufReader::new(file.take(entry.packed));
        let inner: Box<dyn Read + Send> = match entry.method {
            0 => Box::new(packed),
            8 => Box::new(DeflateDecoder::new(packed)),
            other => return Err(format!("part `{name}` is packed by method {other}; allowed are stored and deflate")),
        };
        let since = Arc::new(AtomicUsize::new(0));
        Ok(Part { inner, crc: entry.crc, sum: Hasher::new(), left: PART_BYTES_MAX, since })
    }
}

fn entries(list: &[u8]) -> Result<HashMap<String, Entry>, String> {
    let mut parts = HashMap::new();
    let mut rest = list;
    while rest.len() >= 46 && rest.starts_with(b"PK\x01\x02") {
        if short(rest, 8) & 1 == 1 {
            return Err("a workbook with a password; save it without one".to_owned());
        }
        let (name, extra, comment) = (short(rest, 28) as usize, short(rest, 30) as usize, short(rest, 32) as usize);
        let entry = Entry {
            method: short(rest, 10),
            crc: number(rest, 16),
            packed: u64::from(number(rest, 20)),
            at: u64::from(number(rest, 42)),
        };
        let Some(text) = rest.get(46..46 + name) else { break };
        parts.insert(String::from_utf8_lossy(text).to_lowercase().replace('\\', "/"), entry);
        rest = rest.get(46 + name + extra + comment..).unwrap_or_default();
    }
    Ok(parts)
}

impl Part {
    /// The count of bytes since it was last set to nought.
    pub(super) fn since(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.since)
    }
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if count == 0 && !buffer.is_empty() && self.sum.clone().finalize() != self.crc {
            return Err(io::Error::other("it is damaged: its sum is not the one that the archive tells"));
        }
        self.sum.update(&buffer[..count]);
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::other(format!("it unpacks to more than {PART_BYTES_MAX} bytes")))?;
        if self.since.fetch_add(count, Ordering::Relaxed) > ROW_BYTES_MAX {
            return Err(io::Error::other(format!("a piece longer than {ROW_BYTES_MAX} bytes")));
        }
        Ok(count)
    }
}

/// At most `length` bytes from a place.
fn bytes_at(file: &mut File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn short(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]))
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}
