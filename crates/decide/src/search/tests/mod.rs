//! Tests of the scheduler: random models with every feature, planted faults, text formats.

mod beyond;
mod bound;
mod carry;
mod conflict;
mod exact;
mod faults;
mod loaded;
mod permuted;
mod random;
mod read;
mod replan;
