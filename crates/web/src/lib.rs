//! The windows.

pub mod house;
