//! The store as its users see it: what is acknowledged survives, what is asked is answered, what is forbidden is refused.

mod baselines;
mod bench;
mod fixture;
mod history;
mod kills;
mod limits;
mod people;
mod questions;
mod records;
mod restart;
