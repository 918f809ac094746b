//! The physics of the workshop as plain functions of numbers with units.
//!
//! Enters: figures of a kind of machine, wear, speed. Leaves: watts, probabilities, wear, flows. Absent: machines as
//! things with a state, time that passes, orders. Sources stand at each formula and in `docs/physics.md`.

pub mod air;
pub mod bearing;
pub mod heat;
pub mod quality;
pub mod spec;
pub mod tool;

pub use spec::Spec;
