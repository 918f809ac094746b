//! The loop.

pub mod desk;
