//! The treaties: versioned stored forms beside their conversion. A form never changes; a change is a new version that is
//! upgraded at the door. Golden files under `tests/golden/` hold them still.
//!
//! Enters: values of `plant`. Leaves: bytes and JSON in which things have names, not numbers, so that they outlive a change of
//! the configuration. Absent: files.

mod baseline;
mod bookmark;
mod catalogue;
mod custom;
mod entry;
mod parts;
mod record;
mod revision;

#[cfg(test)]
mod tests;

pub(crate) use baseline::{
    BaselineRow, BaselineV1, Recalled, UsedV1, baseline_from_json, baseline_to_json, used_from_json, used_to_json,
};
pub(crate) use bookmark::{bookmark_from_json, bookmark_to_json};
pub(crate) use catalogue::{Catalogue, NamedChannel, Print, Remap};
pub(crate) use custom::{custom_from_json, custom_to_json};
pub(crate) use entry::{Entry, Reader, Spot, encode_batches, encode_names, encode_record, encode_words};
pub(crate) use record::{Outline, from_json, to_json};
