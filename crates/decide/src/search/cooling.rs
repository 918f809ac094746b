//! The temperature of annealing: rounds that cool, each longer than the one before, so that a short budget is well used and a long one too.
//!
//! Enters: how large the shop is, what a job costs, which round it is. Leaves: whether a worse trial is taken. Absent: trials.

use measure::Chance;

/// Trials of the first round for each operation.
const FIRST_ROUND: u64 = 60;
/// How much longer each round is than the one before.
const GROWTH: f64 = 1.25;
/// Rounds after which they grow no more.
const ROUNDS: u32 = 60;
/// Coldest by hottest temperature of a round.
const COOLED: f64 = 0.02;
/// Least share of what a job costs at which a later round begins.
const MILD: f64 = 0.35;

/// One round.
#[derive(Clone, Debug)]
pub(super) struct Cooling {
    trials: u64,
    trial: u64,
    hot: f64,
    temperature: f64,
}

impl Cooling {
    /// A round after `before` others, of a shop of so many operations whose jobs cost so much on average.
    pub fn new(operations: usize, job: f64, before: u32, chance: &mut Chance) -> Self {
        let first = (FIRST_ROUND * operations as u64) as f64;
        let share = if before == 0 { 0.5 } else { MILD.powf(chance.unit()) };
        let hot = job * share;
        Self { trials: (first * GROWTH.powf(f64::from(before.min(ROUNDS)))) as u64, trial: 0, hot, temperature: hot }
    }

    /// One trial more.
    pub fn step(&mut self) {
        if self.trial.is_multiple_of(64) {
            self.temperature = self.hot * COOLED.powf(self.trial as f64 / self.trials as f64);
        }
        self.trial += 1;
    }

    /// Whether a trial that is worse by so much is taken (Metropolis and others 1953).
    pub fn takes(&self, worse: f64, chance: &mut Chance) -> bool {
        worse <= 0.0 || chance.unit() < (-worse / self.temperature.max(1e-9)).exp()
    }

    /// Whether the round is over.
    pub const fn is_over(&self) -> bool {
        self.trial >= self.trials
    }
}
