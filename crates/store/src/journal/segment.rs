//! A segment file: an 8-byte header, then frames, then zeros written ahead so that an fsync has no file size to update.
//!
//! ```text
//! "SOCIUMJ1" | frame | frame | … | 0 0 0
//! frame = magic (4) | length (4) | CRC-32 of segment number, offset, payload (4) | payload
//! ```
//! The CRC covers number and offset, so a frame is valid in its own place only. All integers are little endian.

use crate::StoreError;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// First bytes of a segment.
pub(crate) const HEADER: &[u8; 8] = b"SOCIUMJ1";
/// Largest payload of a frame [bytes].
pub(crate) const PAYLOAD_BYTES_MAX: usize = 16 << 20;
const MAGIC: [u8; 4] = *b"SFRM";
/// Bytes of a frame besides its payload.
pub(crate) const FRAME_BYTES: usize = 12;
const SUFFIX: &str = "seg";

/// Bytes of an entry; those of one file stand in the same memory.
#[derive(Clone)]
pub(crate) struct Payload {
    bytes: Arc<Vec<u8>>,
    range: Range<usize>,
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self { range: 0..bytes.len(), bytes: Arc::new(bytes) }
    }
}

impl Deref for Payload {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[self.range.clone()]
    }
}

/// What a segment holds.
pub(crate) struct Scan {
    bytes: Arc<Vec<u8>>,
    frames: Vec<Range<usize>>,
    /// End of the last valid frame [bytes].
    pub end: u64,
    /// Bytes that are neither part of a valid frame nor zeros at the end.
    pub torn: u64,
}

impl Scan {
    /// Payloads in their order.
    pub(crate) fn payloads(&self) -> impl Iterator<Item = Payload> {
        self.frames.iter().map(|range| Payload { bytes: Arc::clone(&self.bytes), range: range.clone() })
    }
}

/// Path of a segment.
pub(crate) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:020}.{SUFFIX}"))
}

/// The segments of a journal, by their numbers, ascending.
pub(crate) fn list(dir: &Path) -> Result<Vec<u64>, StoreError> {
    let wrong = |e: &std::io::Error| StoreError::disk("cannot list", dir, e);
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|e| wrong(&e))? {
        let path = entry.map_err(|e| wrong(&e))?.path();
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        if path.extension().is_some_and(|e| e == SUFFIX)
            && let Ok(number) = stem.parse()
        {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Adds a frame to bytes that will be written at `start` of a segment.
pub(crate) fn frame(bytes: &mut Vec<u8>, number: u64, start: u64, payload: &[u8]) {
    let offset = start + bytes.len() as u64;
    bytes.extend(MAGIC);
    bytes.extend((payload.len() as u32).to_le_bytes());
    bytes.extend(checksum(number, offset, payload).to_le_bytes());
    bytes.extend(payload);
}

fn checksum(number: u64, offset: u64, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&number.to_le_bytes());
    hasher.update(&offset.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

/// The payload of the frame at `offset`, if there is a valid one.
fn frame_at(bytes: &[u8], number: u64, offset: usize) -> Option<&[u8]> {
    let head = bytes.get(offset..offset + FRAME_BYTES)?;
    if head[..4] != MAGIC {
        return None;
    }
    let length = u32::from_le_bytes(head[4..8].try_into().ok()?) as usize;
    let crc = u32::from_le_bytes(head[8..12].try_into().ok()?);
    let payload = bytes.get(offset + FRAME_BYTES..(offset + FRAME_BYTES).checked_add(length)?)?;
    (checksum(number, offset as u64, payload) == crc).then_some(payload)
}

/// Reads a segment. Damaged bytes are passed over up to the next valid frame and counted.
///
/// # Errors
/// The file cannot be read, or was written by a newer version.
pub(crate) fn scan(path: &Path, number: u64) -> Result<Scan, StoreError> {
    let bytes = std::fs::read(path).map_err(|e| StoreError::disk("cannot read", path, &e))?;
    if bytes.len() >= 8 && bytes[..7] == HEADER[..7] && bytes[7] != HEADER[7] {
        return Err(StoreError::form(path.display().to_string(), "it was written by a newer version of socium"));
    }
    Ok(scan_bytes(bytes, number))
}

/// As [`scan`], of bytes.
pub(crate) fn scan_bytes(mut bytes: Vec<u8>, number: u64) -> Scan {
    let (mut frames, mut end, mut torn) = (Vec::new(), HEADER.len() as u64, 0);
    let mut offset = HEADER.len();
    while let Some((next, length)) = next_frame(&bytes, number, offset) {
        torn += (next - offset) as u64;
        offset = next + FRAME_BYTES + length;
        frames.push(next + FRAME_BYTES..offset);
        end = offset as u64;
    }
    let tail = bytes.get(offset..).unwrap_or_default();
    torn += tail.iter().rposition(|b| *b != 0).map_or(0, |last| last as u64 + 1);
    // the zeros written ahead are not kept
    bytes.truncate(end as usize);
    if bytes.capacity() > bytes.len() + bytes.len() / 8 {
        bytes.shrink_to_fit();
    }
    Scan { bytes: Arc::new(bytes), frames, end, torn }
}

/// Offset of the first valid frame at or after `offset`, and the length of its payload.
fn next_frame(bytes: &[u8], number: u64, offset: usize) -> Option<(usize, usize)> {
    if let Some(payload) = frame_at(bytes, number, offset) {
        return Some((offset, payload.len()));
    }
    let starts = memchr_magic(bytes.get(offset..)?);
    starts.map(|place| offset + place).find_map(|at| Some((at, frame_at(bytes, number, at)?.len())))
}

fn memchr_magic(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    bytes.windows(MAGIC.len()).enumerate().filter(|(_, w)| *w == MAGIC).map(|(place, _)| place)
}

/// A segment open for writing.
pub(crate) struct Segment {
    pub number: u64,
    pub path: PathBuf,
    file: File,
    /// End of what is written and flushed [bytes].
    pub end: u64,
    /// End of the zeros written ahead [bytes].
    ahead: u64,
    ahead_step: u64,
}

impl Segment {
    /// Makes a segment whose first frame is `first`; it is on the disk, with its name, when this returns.
    pub(crate) fn create(dir: &Path, number: u64, first: &[u8], ahead_step: u64) -> Result<Self, StoreError> {
        let path = path(dir, number);
        let made = Self::try_create(&path, number, first, ahead_step);
        if made.as_ref().is_err_and(|e| e.kind() != ErrorKind::AlreadyExists) {
            let _ = std::fs::remove_file(&path);
        }
        let segment = made.map_err(|e| StoreError::disk("cannot make", &path, &e))?;
        sync_dir(dir)?;
        Ok(segment)
    }

    fn try_create(path: &Path, number: u64, first: &[u8], ahead_step: u64) -> std::io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        let mut segment = Self { number, path: path.to_owned(), file, end: 0, ahead: 0, ahead_step };
        let mut bytes = HEADER.to_vec();
        frame(&mut bytes, number, 0, first);
        segment.write(&bytes)?;
        segment.file.sync_all()?;
        Ok(segment)
    }

    /// Writes bytes at the end and flushes them to the disk. Zeros are written ahead for small pieces only: what they save, the
    /// file's size in each flush, is little beside a large piece, and they would double its way to the disk.
    ///
    /// # Errors
    /// After an error the segment MUST be given up with [`Self::abandon`].
    pub(crate) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        use std::os::unix::fs::FileExt;
        let end = self.end + bytes.len() as u64;
        if end > self.ahead && (bytes.len() as u64) < self.ahead_step / 8 {
            let zeros = vec![0; usize::try_from(end - self.ahead + self.ahead_step).unwrap_or(0)];
            self.file.write_all_at(&zeros, self.ahead)?;
            self.ahead += zeros.len() as u64;
        }
        self.file.write_all_at(bytes, self.end)?;
        self.file.flush()?;
        self.ahead = self.ahead.max(end);
        self.file.sync_data()?;
        self.end = end;
        Ok(())
    }

    /// Ends the file where the last acknowledged frame ends.
    pub(crate) fn finish(self) -> Result<(), StoreError> {
        let done = self.file.set_len(self.end).and_then(|()| self.file.sync_all());
        done.map_err(|e| StoreError::disk("cannot close", &self.path, &e))
    }

    /// Gives the segment up after a failed write: what was not acknowledged is cut off as far as the disk allows.
    pub(crate) fn abandon(self) {
        if let Err(cause) = self.finish() {
            tracing::warn!(%cause, "a journal segment could not be cut after a failed write");
        }
    }
}

/// Flushes a directory, so that names made or removed in it hold.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    File::open(dir).and_then(|d| d.sync_all()).map_err(|e| StoreError::disk("cannot flush", dir, &e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NUMBER: u64 = 7;

    fn segment(payloads: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = HEADER.to_vec();
        payloads.iter().for_each(|p| frame(&mut bytes, NUMBER, 0, p));
        bytes
    }

    fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..8)
    }

    proptest! {
        #[test]
        fn cut_at_every_byte_of_the_last_frame_all_others_are_read(payloads in payloads()) {
            let whole = segment(&payloads);
            let (before, _) = payloads.split_at(payloads.len() - 1);
            let start = segment(before).len();
            for end in start..whole.len() {
                for zeros in [0, 100] {
                    let mut torn = whole[..end].to_vec();
                    torn.resize(end + zeros, 0);
                    let scan = scan_bytes(torn.clone(), NUMBER);
                    // a payload that ends in zeros is whole again once zeros follow
                    if torn.get(..whole.len()) != Some(&whole[..]) {
                        prop_assert!(scan.payloads().map(|p| p.to_vec()).eq(before.iter().cloned()));
                        prop_assert_eq!(scan.end, start as u64);
                    }
                }
            }
        }

        #[test]
        fn one_damaged_byte_costs_one_frame(payloads in payloads(), place: prop::sample::Index, flip in 1..=255_u8) {
            let mut bytes = segment(&payloads);
            let place = HEADER.len() + place.index(bytes.len() - HEADER.len());
            bytes[place] ^= flip;
            let scan = scan_bytes(bytes.clone(), NUMBER);
            prop_assert_eq!(scan.payloads().count(), payloads.len() - 1);
            prop_assert!(scan.payloads().all(|p| payloads.iter().any(|q| **q == *p)));
            prop_assert!(scan.torn > 0);
        }

        #[test]
        fn any_bytes_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let scan = scan_bytes(bytes, NUMBER);
            prop_assert!(scan.payloads().next().is_none());
        }
    }

    #[test]
    fn a_frame_is_valid_in_its_own_place_only() {
        let bytes = segment(&[b"one".to_vec(), b"two".to_vec()]);
        assert_eq!(scan_bytes(bytes.clone(), NUMBER).payloads().count(), 2);
        assert!(scan_bytes(bytes.clone(), NUMBER + 1).payloads().next().is_none(), "another segment's");
        let mut moved = HEADER.to_vec();
        moved.push(0);
        moved.extend(&bytes[HEADER.len()..]);
        assert!(scan_bytes(moved, NUMBER).payloads().next().is_none(), "another offset's");
    }

    #[test]
    fn a_newer_format_is_left_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = path(dir.path(), 1);
        std::fs::write(&path, b"SOCIUMJ2 something new").expect("written");
        let said = scan(&path, 1).err().expect("a refusal").to_string();
        assert!(said.ends_with("it was written by a newer version of socium"), "{said}");
    }
}
