//! The running unit: the one task that owns the loop, its journal, its drivers, and what the windows see.
//!
//! ```text
//! drivers --Arrival--> [loop task] --append, keep--> store
//!    ^                    |  |
//!    +---WriteRequest-----+  +--View, Record--> House --> web
//! ```
//!
//! Enters: a configuration. Leaves: a [`Running`] unit. Absent: how the rooms decide.

mod audit;
mod figures;
mod house;
mod ring;
mod route;
mod start;

pub use figures::Figures;
pub use house::{NodeHouse, SourceWindow};
pub use ring::{Ask, Loop, Parts};
pub use route::Routes;
pub use start::{Running, StartError, start};
