//! Experiments: the same virtual workshop with the loop watching and with it acting, and the true effect of each decision.
//!
//! Enters: a seed and a number of days. Leaves: what happened in both arms, and for every measured decision the effect that a
//! twin without it shows. Absent: sockets, the clock; the unit is the same code that runs for real.
//!
//! ```text
//! arm:    world --samples--> Unit::absorb, Unit::step --Write--> world          (watch: every policy is `advise`)
//! faults: a well-kept world with one fault put in, or none: what is found, and which cause is named first
//! truth:  the world as it was at a decision's first command, run on twice with the commands that the acting arm really
//!         gave: once all of them, once without that decision's. The difference is what the decision did.
//! ```

mod arm;
pub mod faults;
mod lessons;
mod promise;
mod scale;
mod twin;

pub use arm::{Arm, Mode, Told, run, run_for};
pub use lessons::{Taught, taught};
pub use promise::{Kept, Promises, promises};
pub use scale::{Scale, scale};
pub use twin::{Judged, judge};

#[cfg(test)]
mod tests;

pub(crate) use arm::{START, STEP, drive};
pub(crate) use twin::{judge_one, play};
