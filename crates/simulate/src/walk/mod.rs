//! One walk through the house as text: from the readings that made a finding to the measured outcome of the decision that
//! rests on it, each step with the function that took it, the ids of its records and its figures.
//!
//! Enters: which walk. Leaves: its text, the same on every run; the golden files in `walks/` hold it. Absent: files.
//!
//! ```text
//! run (the real loop in virtual time) -> choose: the first measured decision that rests on a finding
//!                                     -> trace: its records back to the readings -> tell: forward again, line by line
//! ```

mod tell;
mod trace;

use crate::experiment::{Mode, run};
use plant::{Action, Decision};

/// A walk.
#[derive(Clone, Copy)]
pub struct Walk {
    /// Its name, and that of its golden file.
    pub name: &'static str,
    /// What it shows, one line.
    pub title: &'static str,
    /// Seed of the workshop.
    pub seed: u64,
    /// Days run.
    pub days: u32,
    /// Who decides.
    pub mode: Mode,
    /// Which decisions are such walks.
    pub fits: fn(&Decision) -> bool,
}

/// All walks.
pub const ALL: &[Walk] = &[
    Walk {
        name: "agreed",
        title: "a service that an engineer agreed to",
        seed: 1,
        days: 3,
        mode: Mode::Agree,
        fits: |d| matches!(d.action, Action::Service(_)),
    },
    Walk {
        name: "automatic",
        title: "a machine left ready after the last shift",
        seed: 1,
        days: 2,
        mode: Mode::Act,
        fits: |d| d.action == Action::Standby && d.expected.value.value > 5.0,
    },
];

/// The text of a walk; `None` where no decision of that sort was measured within its days.
pub fn tell(walk: &Walk) -> Option<String> {
    let arm = run(walk.seed, walk.days, walk.mode);
    let trace = trace::of(&arm, walk)?;
    Some(tell::text(&arm, walk, &trace))
}
