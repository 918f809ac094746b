//! History: the wide form of readings, its sealed Parquet files, and how both hot and sealed readings are asked for.
//!
//! Enters: unsealed batches, questions. Leaves: Parquet files, series, SQL answers. Absent: the journal's bytes, records' meaning.
//!
//! One table per machine type; one row per machine and source time; one column per channel name (`docs/storage.md`).

mod answer;
mod ask;
mod files;
mod gather;
mod json;
mod manifest;
mod merge;
mod minutes;
mod part;
mod pauses;
mod room;
mod rows;
mod seal;
mod seek;
mod sql;
mod unsealed;
mod weigh;
mod wide;

pub(crate) use answer::Answer;
pub(crate) use ask::Ask;
pub(crate) use files::tidy;
pub(crate) use manifest::{Column, Manifest, PartFile};
pub(crate) use merge::{expired, join_candidates, write_joined};
pub(crate) use minutes::{due, write_minutes};
pub(crate) use room::Room;
pub(crate) use seal::{Chunk, write_chunk};
pub(crate) use seek::Footers;
pub(crate) use sql::{LAST_TABLE, RECORD_TABLES, Sight, Sql, context, next, surroundings, table};
pub(crate) use weigh::STACK_BYTES;
