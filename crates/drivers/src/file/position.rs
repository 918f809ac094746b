//! How far a file was read. Enters and leaves: one line of text, kept with the readings. Absent: the disk.
//!
//! A CSV that is not packed is known by its device and inode or its name, and by a sum over its first bytes; it goes on at a byte.
//! All other files are read from the start again when they changed: a sum over the rows taken tells whether these are still the
//! same, and only the rows after them are new.

use std::fmt;
use std::str::FromStr;

/// What tells one version of a file from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The device it lies on.
    pub dev: u64,
    /// Its number there.
    pub inode: u64,
    /// Its size [bytes].
    pub size: u64,
    /// When it was last changed [µs].
    pub changed: i64,
}

/// How far a file was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// The file when it was read.
    pub stamp: Stamp,
    /// Bytes taken of a CSV that is not packed.
    pub offset: u64,
    /// Lines taken of it; of other files, rows.
    pub lines: u64,
    /// CRC-32 over the first [`HEAD_BYTES`] of the bytes taken; of other files, over the rows taken.
    pub sum: u32,
    /// Whether nothing more is to be had of this version of the file.
    pub done: bool,
}

/// Bytes at the start of a CSV by which it is known again.
pub(super) const HEAD_BYTES: u64 = 4_096;

impl Stamp {
    /// Whether it is the same file, in whatever version.
    pub(super) const fn is_same_file(&self, other: &Self) -> bool {
        self.dev == other.dev && self.inode == other.inode
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stamp { dev, inode, size, changed } = self.stamp;
        let Self { offset, lines, sum, done, .. } = self;
        write!(f, "1 {dev} {inode} {size} {changed} {offset} {lines} {sum} {}", u8::from(*done))
    }
}

impl FromStr for Position {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let mut words = text.split(' ');
            if words.next()? != "1" {
                return None;
            }
            let mut next = || words.next();
            let stamp = Stamp {
                dev: next()?.parse().ok()?,
                inode: next()?.parse().ok()?,
                size: next()?.parse().ok()?,
                changed: next()?.parse().ok()?,
            };
            let (offset, lines, sum) = (next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?);
            let done = match next()? {
                "0" => false,
                "1" => true,
                _ => return None,
            };
            words.next().is_none().then_some(Self { stamp, offset, lines, sum, done })
        };
        read().ok_or_else(|| format!("the place `{text}` kept for it is none that this version of socium wrote"))
    }
}
