//! One run of a search: a construction, or tabu search or annealing from a selection until it no longer becomes better.
//!
//! Enters: the ground, where to begin, chance of its own. Leaves: the best selection of the run. Absent: other runs (`super::Search` says where
//! each begins). A run is a value that may be stepped on any thread: what it finds depends on where it began alone.

use super::anneal::Anneal;
use super::climb::Climb;
use super::construct::{self, Looks, Selection};
use super::cost::Value;
use super::ground::Ground;
use super::roam::Roam;
use super::vary::Vary;
use measure::Chance;
use std::sync::Arc;

/// Iterations without a better makespan after which tabu search begins elsewhere.
const PATIENCE: u32 = 6000;

/// Where a run begins.
#[derive(Clone, Debug)]
pub(super) enum Begin {
    /// With nothing; so many constructions went before.
    Nothing(usize),
    /// At a selection; so many runs that began at one went before.
    Selection(Selection, u32),
}

#[derive(Debug)]
enum Engine {
    Tabu(Box<Climb>),
    Annealing(Box<Anneal>),
    Roaming(Box<Roam>),
    Varying(Box<Vary>),
}

/// One run.
#[derive(Debug)]
pub struct Run {
    /// Its place in the order of runs.
    pub(super) number: u64,
    ground: Arc<Ground>,
    begin: Begin,
    luck: Chance,
    chance: Chance,
    /// A construction has none and is over with its first iteration.
    engine: Option<Engine>,
    built: Option<(Value, Selection)>,
    iterations: u64,
    /// It ends after so many.
    most: u64,
}

impl Run {
    pub(super) fn new(number: u64, ground: Arc<Ground>, begin: Begin, luck: Chance) -> Self {
        Self { number, ground, begin, luck, chance: luck, engine: None, built: None, iterations: 0, most: u64::MAX }
    }

    /// The same run from its beginning, with at most so many iterations.
    pub(super) fn again(&self, most: u64) -> Self {
        Self { most, ..Self::new(self.number, Arc::clone(&self.ground), self.begin.clone(), self.luck) }
    }

    /// Ends it after so many iterations.
    pub(super) const fn limit(&mut self, most: u64) {
        self.most = most;
    }

    /// So many iterations more. An iteration is one move or one construction: microseconds, milliseconds for 10,000 operations.
    /// Ends early where the run is over.
    pub fn step(&mut self, iterations: u64) {
        for _ in 0..iterations {
            if self.is_over() {
                return;
            }
            self.iterations += 1;
            let ground = &*self.ground;
            match (&mut self.engine, &self.begin) {
                (Some(Engine::Tabu(climb)), _) => climb.step(&ground.shop, &mut self.chance),
                (Some(Engine::Annealing(anneal)), _) => anneal.step(&ground.shop, &ground.cost, &mut self.chance),
                (Some(Engine::Roaming(roam)), _) => {
                    if let Some(rich) = &ground.shop.rich {
                        roam.step(&ground.shop, rich, &ground.cost, &mut self.chance);
                    }
                }
                (Some(Engine::Varying(vary)), _) => vary.step(ground, &mut self.chance),
                (None, Begin::Nothing(before)) => {
                    let selection = constructed(ground, *before, &mut self.chance);
                    self.built = Some((ground.valued(&selection), selection));
                }
                (None, Begin::Selection(from, before)) => {
                    self.engine = Some(started(ground, from, *before, &mut self.chance));
                }
            }
        }
    }

    /// Whether there is nothing left to do in it.
    pub fn is_over(&self) -> bool {
        if self.iterations >= self.most || self.value() <= self.ground.bound {
            return true;
        }
        match &self.engine {
            None => self.built.is_some(),
            Some(Engine::Tabu(climb)) => climb.stale > PATIENCE.min(100 * self.ground.shop.count as u32),
            Some(Engine::Annealing(anneal)) => anneal.is_over(),
            Some(Engine::Roaming(roam)) => roam.is_over(),
            Some(Engine::Varying(vary)) => vary.is_over(),
        }
    }

    /// What its best selection so far is worth; worse than any where there is none.
    pub(super) fn value(&self) -> Value {
        match &self.engine {
            None => self.built.as_ref().map_or(Value::WORST, |b| b.0),
            Some(Engine::Tabu(climb)) => Value::whole(i64::from(climb.best_value) * self.ground.cost.makespan),
            Some(Engine::Annealing(anneal)) => Value::whole(anneal.best_value),
            Some(Engine::Roaming(roam)) => roam.best_value,
            Some(Engine::Varying(vary)) => vary.best_value,
        }
    }

    /// Iterations done.
    pub const fn iterations(&self) -> u64 {
        self.iterations
    }

    /// Moves evaluated.
    pub fn evaluated(&self) -> u64 {
        match &self.engine {
            None => 0,
            Some(Engine::Tabu(climb)) => climb.evaluated,
            Some(Engine::Annealing(anneal)) => anneal.evaluated,
            Some(Engine::Roaming(roam)) => roam.evaluated,
            Some(Engine::Varying(vary)) => vary.evaluated,
        }
    }

    /// Its best selection so far.
    pub(super) fn best(&self) -> Option<&Selection> {
        match &self.engine {
            None => self.built.as_ref().map(|b| &b.1),
            Some(Engine::Tabu(climb)) => Some(&climb.best),
            Some(Engine::Annealing(anneal)) => Some(&anneal.best),
            Some(Engine::Roaming(roam)) => Some(&roam.best),
            Some(Engine::Varying(vary)) => Some(&vary.best),
        }
    }
}

fn constructed(ground: &Ground, before: usize, chance: &mut Chance) -> Selection {
    if let Some(rich) = ground.shop.rich.as_ref().filter(|r| before == 0 && r.binds()) {
        return construct::alone(&ground.shop, rich);
    }
    let rules = if ground.cost.is_makespan { construct::PLAIN } else { construct::DUE };
    let looks = Looks::plain(if before < rules.len() { 0.0 } else { 0.3 });
    construct::dispatch(&ground.shop, rules[before % rules.len()], looks, &ground.dates, chance)
}

fn started(ground: &Ground, from: &Selection, before: u32, chance: &mut Chance) -> Engine {
    if ground.is_tabu {
        let mut climb = Climb::new(&ground.shop, from);
        if before > 0 {
            climb.shake(&ground.shop, chance);
        }
        return Engine::Tabu(Box::new(climb));
    }
    if let Some(rich) = &ground.shop.rich {
        let varies = u32::from(ground.cost.has_dates());
        let Some(roamed) = before.checked_sub(varies) else {
            return Engine::Varying(Box::new(Vary::new(ground.valued(from), from)));
        };
        return Engine::Roaming(Box::new(Roam::new(&ground.shop, rich, &ground.cost, from, roamed, chance)));
    }
    Engine::Annealing(Box::new(Anneal::new(&ground.shop, &ground.cost, from, before, chance)))
}
