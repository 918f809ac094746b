//! A made-up world for real decision code: machines, orders and luck under virtual time.
//!
//! Enters: a [`plant::Plant`], a seed, instants, and values written to machines. Leaves: samples as a device would report
//! them, and the truth that no device reports. Absent: the clock, sockets, any chance but the seed.
//!
//! Start at [`workshop::plant`] (what stands in the workshop) and [`workshop::Workshop`] (how it behaves); the physics with
//! units and sources is in `docs/physics.md`.

pub mod experiment;
pub mod walk;
pub mod workshop;
