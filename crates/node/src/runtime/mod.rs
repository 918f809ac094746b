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
mod connecting;
mod figures;
mod hand;
mod house;
mod kept;
mod lessons;
mod outlook;
mod pieces;
mod rework;
mod ring;
mod route;
mod sales;
mod scheduling;
mod start;

pub use connecting::Surveys;
pub use figures::Figures;
pub use hand::HandDesk;
pub use house::{NodeHouse, SourceWindow};
pub use lessons::{Replays, gathered};
pub use outlook::whole_days;
pub use ring::{Ask, Loop, Parts};
pub use route::Routes;
pub use start::{Frame, Running, StartError, start, start_framed, with_accepted};
