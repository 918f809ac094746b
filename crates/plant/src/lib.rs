//! The nouns of a production unit in ISA-95 terms, and the six records that walk through it.
//!
//! Enters: names and numbers from configuration. Leaves: a [`Plant`] whose parts are small integers, and the records
//! Reading → Image → Finding / Forecast → Decision → Command → Outcome, each with `at`, `from`, `because`; beside them the
//! Revision, which tells what late readings changed in figures of closed periods. Absent: where records come from or go, any
//! stored or wire form, the clock.
//!
//! Start at [`Plant`] (what there is), [`Batch`] (readings in columns), [`Image`] (what is true now), then the records.

mod calendar;
mod channel;
mod course;
mod custom;
mod demand;
mod frozen;
mod ids;
mod image;
mod machine;
mod order;
mod plant;
mod policy;
mod profile;
mod reading;
pub mod record;
mod revision;

pub use calendar::{Calendar, Shift, ShiftSpan, Zone};
pub use channel::{Channel, ChannelKind, Envelope, Role};
pub use course::{Contest, Course, CourseStep, LEVELS};
pub use custom::{Accepted, Chosen, CustomOrder, Material};
pub use frozen::{About, Frozen, Given, Unused, Used};
pub use ids::{ChannelId, LineId, MachineId, OrderId, ProductId, RecordId, RecordKind, SourceId, TeamId, WordId};
pub use image::{Image, Latest, MachineImage};
pub use machine::{Line, Load, Machine, MachineState, Source, Team};
pub use order::{Operation, Order, OrderProgress, Product};
pub use plant::{Lexicon, Parts, Plant, PlantError, Prices};
pub use policy::{Mode, Policy, Rank, UserRole};
pub use profile::{MachineProfile, StatePower, Window};
pub use reading::{Batch, Quality, Reading, RefusalReason, Refused};
pub use record::{
    Action, Because, Cause, Certificate, Code, Command, CommandState, CommandValue, Confirmation, Decision, DecisionKind,
    DecisionState, Effect, Evidence, Finding, Forecast, ForecastKind, Metric, Outcome, Reason, Record, Rejected, Suspect,
    Verdict,
};
pub use revision::{Revised, Revision, RevisionState, Scope};
