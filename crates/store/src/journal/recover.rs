//! The start: reads all segments, cuts what was never acknowledged, and gives back what they hold.

use super::{names, segment};
use crate::StoreError;
use crate::form::{Catalogue, Entry, Print, Reader};
use crate::live::{Extent, HotSegment, Live};
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;

/// What the journal held besides readings and words, which went into [`Live`].
#[derive(Default)]
pub(crate) struct Found {
    /// Versions of records with their sequence, in their order.
    pub records: Vec<(u64, String)>,
    /// Bytes cut.
    pub torn_bytes: u64,
    /// Highest number of a segment.
    pub number_max: u64,
    /// Of the present catalogue.
    pub print: Print,
}

/// Reads the segments above `sealed` into `live`, and deletes those up to it, whose readings are in history. The present catalogue is
/// written if it is not there, also in place of a damaged one.
///
/// # Errors
/// A segment cannot be read, or was written by a newer version, or it is not known what its numbers mean.
pub(crate) fn recover(dir: &Path, sealed: u64, present: &Arc<Catalogue>, live: &mut Live) -> Result<Found, StoreError> {
    std::fs::create_dir_all(dir).map_err(|e| StoreError::disk("cannot make", dir, &e))?;
    let print = names::keep(dir, present)?;
    let present = Arc::clone(present);
    let mut found = Found { number_max: sealed, print, ..Found::default() };
    let mut known = Known { dir, read: vec![(print, present)] };
    let (old, unsealed): (Vec<_>, Vec<_>) = segment::list(dir)?.into_iter().partition(|number| *number <= sealed);
    for number in old {
        let path = segment::path(dir, number);
        std::fs::remove_file(&path).map_err(|e| StoreError::disk("cannot delete", &path, &e))?;
    }
    each(dir, &unsealed, |number, path, read| {
        found.number_max = number;
        found.torn_bytes += read.scan.torn;
        let end = read.scan.end;
        take(number, read, (live, &mut known), &mut found).map_err(|e| StoreError::form(path.display().to_string(), &e))?;
        cut(path, end)
    })?;
    names::tidy(dir, &known.read.iter().map(|(print, _)| *print).collect::<Vec<_>>())?;
    segment::sync_dir(dir)?;
    Ok(found)
}

/// Reads the segments above `sealed` into `live` and changes nothing; another process may be writing them.
///
/// # Errors
/// A segment cannot be read, was written by a newer version, or has just been sealed.
pub(crate) fn glance(dir: &Path, sealed: u64, live: &mut Live) -> Result<(), StoreError> {
    let mut known = Known { dir, read: Vec::new() };
    let unsealed: Vec<_> = segment::list(dir)?.into_iter().filter(|number| *number > sealed).collect();
    each(dir, &unsealed, |number, path, read| {
        let taken = take(number, read, (live, &mut known), &mut Found::default());
        taken.map_err(|e| StoreError::form(path.display().to_string(), &e))
    })
}

/// A segment, read.
struct Read {
    scan: segment::Scan,
    /// By entry; `None` where it does not hold batches.
    extents: Vec<Option<Extent>>,
}

impl Read {
    fn of(path: &Path, number: u64) -> Result<Self, StoreError> {
        let scan = segment::scan(path, number)?;
        let extents = scan.payloads().map(|payload| extent(&payload)).collect::<Result<_, _>>();
        let extents = extents.map_err(|e: String| StoreError::form(path.display().to_string(), &e))?;
        Ok(Self { scan, extents })
    }
}

/// Segments read at once take no more than this, but for a single one [bytes].
const READ_BYTES_MAX: u64 = 128 << 20;

/// Hands on segments in their order. All cores read at once, each a segment.
fn each(
    dir: &Path,
    numbers: &[u64],
    mut take: impl FnMut(u64, &Path, &Read) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let read = |number: u64| Read::of(&segment::path(dir, number), number);
    let size = |number: u64| segment::path(dir, number).metadata().map_or(0, |file| file.len());
    let mut left = numbers;
    while !left.is_empty() {
        let sizes = left.iter().take(cores).scan(0, |sum, number| {
            *sum += size(*number);
            Some(*sum)
        });
        let (numbers, rest) = left.split_at(sizes.take_while(|sum| *sum <= READ_BYTES_MAX).count().max(1));
        left = rest;
        let segments: Vec<_> = std::thread::scope(|scope| {
            let readers: Vec<_> = numbers.iter().map(|number| scope.spawn(move || read(*number))).collect();
            readers.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
        });
        for (number, segment) in numbers.iter().zip(segments) {
            let path = segment::path(dir, *number);
            let broke_off = |_| StoreError::form(path.display().to_string(), "reading it broke off");
            take(*number, &path, &segment.map_err(broke_off)??)?;
        }
    }
    Ok(())
}

/// What an entry of batches brings: nearly all of a journal is batches, which are only counted here.
fn extent(payload: &[u8]) -> Result<Option<Extent>, String> {
    let Some(mut reader) = Reader::new(payload) else { return Ok(None) };
    let mut extent = Extent::default();
    while let Some((received, readings)) = reader.pass()? {
        extent.add(received, readings);
    }
    Ok(Some(extent))
}

/// The catalogues read so far.
struct Known<'a> {
    dir: &'a Path,
    read: Vec<(Print, Arc<Catalogue>)>,
}

impl Known<'_> {
    /// The catalogue of a segment that has lost its name for it: the only one there is.
    fn only(&self) -> Option<Arc<Catalogue>> {
        match self.read.as_slice() {
            [(_, catalogue)] => Some(Arc::clone(catalogue)),
            _ => None,
        }
    }
    fn catalogue(&mut self, print: Print) -> Result<Arc<Catalogue>, String> {
        if let Some((_, known)) = self.read.iter().find(|(known, _)| *known == print) {
            return Ok(Arc::clone(known));
        }
        let catalogue = Arc::new(names::read(self.dir, print).map_err(|e| e.to_string())?);
        self.read.push((print, Arc::clone(&catalogue)));
        Ok(catalogue)
    }
}

const NAMELESS: &str =
    "its first entry is damaged, so that it is not known which of several configurations its readings belong to";

fn take(number: u64, read: &Read, (live, known): (&mut Live, &mut Known<'_>), found: &mut Found) -> Result<(), String> {
    let mut segment = HotSegment::new(number, Arc::default());
    segment.bytes = read.scan.end;
    live.segments.push(segment);
    let mut is_named = false;
    for (payload, extent) in read.scan.payloads().zip(&read.extents) {
        if let Some(extent) = extent {
            if !std::mem::replace(&mut is_named, true) {
                set_catalogue(live, known.only().ok_or(NAMELESS)?);
            }
            live.absorb([payload], *extent);
            continue;
        }
        match Entry::decode(&payload)? {
            Entry::Catalogue(catalogue) => {
                is_named = true;
                set_catalogue(live, Arc::new(catalogue));
            }
            Entry::Names(print) => {
                is_named = true;
                set_catalogue(live, known.catalogue(print)?);
            }
            Entry::Words(words) => live.learn(&words),
            Entry::Batches(_) => {}
            Entry::Record(sequence, json) => {
                found.records.push((sequence, json));
                if let Some(open) = live.segments.last_mut() {
                    open.sequence = sequence;
                }
            }
        }
    }
    Ok(())
}

fn set_catalogue(live: &mut Live, catalogue: Arc<Catalogue>) {
    if let Some(open) = live.segments.last_mut() {
        open.catalogue = catalogue;
    }
}

fn cut(path: &Path, end: u64) -> Result<(), StoreError> {
    let wrong = |e: std::io::Error| StoreError::disk("cannot cut the torn end of", path, &e);
    let file = OpenOptions::new().write(true).open(path).map_err(wrong)?;
    if file.metadata().map_err(wrong)?.len() > end {
        file.set_len(end).and_then(|()| file.sync_all()).map_err(wrong)?;
    }
    Ok(())
}
