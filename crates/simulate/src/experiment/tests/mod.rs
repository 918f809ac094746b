//! What an experiment promises, one file a promise; the arms are run once and shared.

mod arms;
mod faults;
mod invariants;
mod promise;
mod schedule;
mod twins;

use super::{Arm, Mode, run};
use std::sync::OnceLock;

/// Two days of the acting arm of some seeds.
pub fn acting() -> &'static [Arm] {
    static ARMS: OnceLock<Vec<Arm>> = OnceLock::new();
    ARMS.get_or_init(|| [1, 2].map(|seed| run(seed, 2, Mode::Act)).into())
}

/// Two days with the policies of the plant and an engineer who agrees.
pub fn agreeing() -> &'static Arm {
    static ARM: OnceLock<Arm> = OnceLock::new();
    ARM.get_or_init(|| run(3, 2, Mode::Agree))
}

/// All shared arms.
pub fn all() -> impl Iterator<Item = &'static Arm> {
    acting().iter().chain([agreeing()])
}
