//! Why something is late, in plain words, with the names that the problem gave.
//!
//! Enters: causes, a model. Leaves: sentences. Absent: which cause it is (`decide::supply`).

use decide::supply::model::{Kind, Model};
use decide::supply::plan::Cause;

/// An item at a location.
pub(super) fn buffer(model: &Model, number: u32) -> String {
    let of = &model.buffers[number as usize];
    format!("`{}` at `{}`", of.item, of.location)
}

/// A way of replenishment.
fn way(model: &Model, number: u32) -> String {
    let of = &model.ways[number as usize];
    match of.kind {
        Kind::Purchase { to, .. } => format!("purchase of {} from `{}`", buffer(model, to), of.name),
        Kind::Distribution { to, .. } => format!("distribution `{}` of {}", of.name, buffer(model, to)),
        Kind::Production { .. } => format!("production `{}`", of.name),
    }
}

/// A cause as a sentence.
pub(super) fn cause(model: &Model, cause: Cause) -> String {
    match cause {
        Cause::LeadTime(by, early) => format!("lead time: {} would have to start {early} earlier than it can", way(model, by)),
        Cause::Capacity(machine, bucket) => {
            let (name, from) = (&model.machines[machine as usize].name, i64::from(bucket) * model.bucket);
            format!("capacity: `{name}` has too little room in bucket {bucket} ({from} to {}) and before", from + model.bucket)
        }
        Cause::Material(of) => format!("material: nothing replenishes {}", buffer(model, of)),
        Cause::NotEffective(by) => format!("date: {} is not effective when it would have to start", way(model, by)),
        Cause::TooLarge(by) => format!("size: {} would exceed the largest quantity or duration", way(model, by)),
        Cause::Effort => "limit: the planner has no orders or effort left".to_owned(),
    }
}
