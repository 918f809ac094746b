//! The journal: a log of segments. What an append has acknowledged is on the disk.
//!
//! Enters: entries as bytes. Leaves: their acknowledgement after fsync, and the entries again at the next start. Absent: what
//! entries mean (that is `form`), when segments are sealed (that is `series`).
//!
//! One thread writes. It takes all commits that wait, writes them in one piece, flushes once, acknowledges all (group commit).

mod names;
mod recover;
pub(crate) mod segment;
mod writer;

pub(crate) use recover::{glance, recover};
pub(crate) use writer::{Commit, Job, Journal, Start};
