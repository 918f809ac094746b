//! One search, stepped by threads until their CPU budget or the limit of iterations is spent.
//!
//! Enters: a model, budgets. Leaves: the best objective at each budget and the best plan, proven. Absent: files. The threads share the runs
//! of one search; under a limit of iterations the plan does not depend on how many threads there were. Of a small model the first thread
//! tries in turn with the search to prove that nothing is better.

use crate::cli::Failure;
use decide::search::conflict::conflict;
use decide::search::exact::{Proof, Verdict};
use decide::search::limit::Limit;
use decide::search::model::{Model, Time};
use decide::search::plan::Plan;
use decide::search::{Certified, Nearest, Run, Search};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How long one call of a run aims to take [s]; the clock is looked at after it.
const LOOK_S: f64 = 0.002;

/// Steps of a proof between two looks at the clock, some microseconds each.
const STEPS: u64 = 200;
/// A proof may take as long as the search so far [s]; beyond that a quarter as long.
const PROOF_S: f64 = 1.0;
/// A search is stale when it has found nothing better for as long again as until then, at the least after so long [s].
const STALE_S: f64 = 0.5;
/// How many times as long as a stale search goes on a proof may take.
const STALE_SHARE: f64 = 10.0;

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// CPU seconds of each thread, ascending.
    pub cpu_s: &'a [f64],
    /// Most iterations of all threads together.
    pub iterations: Option<u64>,
    /// Threads; more than [`decide::search::BREADTH`] wait for each other.
    pub threads: usize,
    /// Seed.
    pub seed: u64,
    /// Where to begin, if there is a plan.
    pub from: Option<&'a Plan>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Best objective when each budget was spent.
    pub objectives: Vec<i64>,
    /// The best plan, proven; where limits are broken, for the model with those wider.
    pub best: Certified,
    /// The limits that it breaks, and by how many ticks: no plan was found that keeps all.
    pub broken: Vec<(Limit, Time)>,
    /// Limits that cannot all be kept, where that is proven and some are broken.
    pub conflict: Option<Vec<Limit>>,
    /// What no plan costs less than, where the objective has levels at the first.
    pub bound: i64,
    /// What no plan costs less than at each level of the objective.
    pub bounds: Vec<i64>,
    /// Until the first plan was there and proven [s].
    pub first_s: f64,
    /// Moves evaluated by all threads.
    pub evaluated: u64,
    /// CPU of all threads [s].
    pub cpu_s: f64,
}

/// A search between threads.
struct Shared<'m> {
    search: Mutex<Search<'m>>,
    came_back: Condvar,
}

/// What one thread did.
struct Hand {
    objectives: Vec<i64>,
    cpu_s: f64,
}

/// Searches until the budgets are spent or a plan is proven the best.
///
/// # Errors
/// The check refused a plan, or the thread's CPU time cannot be read.
pub fn search(model: &Model, wanted: Wanted<'_>) -> Result<Found, Failure> {
    let (began, cpu) = (Instant::now(), thread_s()?);
    let mut search = wanted.from.map_or_else(|| Search::new(model, wanted.seed), |plan| Search::resume(model, wanted.seed, plan));
    proven(&search)?;
    let (first_s, spent_s) = (began.elapsed().as_secs_f64(), thread_s()? - cpu);
    if let Some(iterations) = wanted.iterations {
        search.limit(iterations);
    }
    let shared = Shared { search: Mutex::new(search), came_back: Condvar::new() };
    let hands: Vec<Hand> = std::thread::scope(|scope| {
        let shared = &shared;
        let stepped = |thread: usize| {
            // under a limit of iterations nothing may depend on the clock
            let is_proving = thread == 0 && wanted.iterations.is_none();
            scope.spawn(move || {
                let began_s = thread_s()?;
                let prover = is_proving.then(|| Prover::new(model, began_s));
                shared.stepped(wanted.cpu_s, spent_s, prover)
            })
        };
        let handles: Vec<_> = (0..wanted.threads.max(1)).map(stepped).collect();
        // a panic in a search is a bug; it is passed on
        handles.into_iter().map(|h| h.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect::<Result<_, _>>()
    })?;
    let search = shared.search.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Nearest { certified: best, broken } = proven(&search)?;
    let stage = |stage: usize| hands.iter().map(|h| h.objectives[stage]).min().unwrap_or(i64::MAX);
    Ok(Found {
        objectives: (0..wanted.cpu_s.len()).map(stage).collect(),
        conflict: if broken.is_empty() { None } else { conflict(model) },
        best,
        broken,
        bound: search.bound(),
        bounds: search.bounds().to_vec(),
        first_s,
        evaluated: search.evaluated(),
        cpu_s: spent_s + hands.iter().map(|h| h.cpu_s).sum::<f64>(),
    })
}

impl<'m> Shared<'m> {
    /// Steps runs on this thread until each budget in turn is spent; `spent_s` was before. A prover is asked in turn with them.
    fn stepped(&self, budgets: &[f64], spent_s: f64, mut prover: Option<Prover<'_>>) -> Result<Hand, Failure> {
        let cpu = thread_s()?;
        let mut objectives = Vec::with_capacity(budgets.len());
        for budget in budgets {
            let left_s = || thread_s().map(|now| budget - spent_s - (now - cpu));
            while left_s()? > 0.0 {
                let Some(mut held) = self.next() else { break };
                if let Some(run) = &mut held.run {
                    until(run, &left_s)?;
                }
                drop(held);
                if let Some(prover) = &mut prover {
                    prover.prove(self, &left_s)?;
                }
            }
            objectives.push(self.lock().objective());
        }
        Ok(Hand { objectives, cpu_s: thread_s()? - cpu })
    }

    fn lock(&self) -> MutexGuard<'_, Search<'m>> {
        self.search.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A run, as soon as there is one; none when the search is over.
    fn next(&self) -> Option<Held<'_, 'm>> {
        let mut search = self.lock();
        loop {
            if search.is_over() {
                return None;
            }
            if let Some(run) = search.hand_out() {
                return Some(Held { shared: self, run: Some(run) });
            }
            search = self.came_back.wait(search).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A run in the hands of a thread. Dropped, it goes back; where the thread panics the search ends, so that no thread waits for it.
struct Held<'s, 'm> {
    shared: &'s Shared<'m>,
    run: Option<Run>,
}

impl Drop for Held<'_, '_> {
    fn drop(&mut self) {
        let mut search = self.shared.lock();
        match self.run.take() {
            Some(run) if !std::thread::panicking() => search.take_back(run),
            _ => search.limit(0),
        }
        self.shared.came_back.notify_all();
    }
}

/// Asks whether there is anything better than the best plan, a little at a time.
struct Prover<'m> {
    model: &'m Model,
    proof: Option<Proof>,
    /// Whether there is nothing more to ask.
    is_over: bool,
    /// The thread's CPU when it began [s].
    began_s: f64,
    /// CPU so far [s].
    spent_s: f64,
    /// By how much the best plan breaks limits and what it costs.
    found: (i64, Vec<i64>),
    /// How long the search had taken when it last became better by itself [s].
    found_s: f64,
}

impl<'m> Prover<'m> {
    fn new(model: &'m Model, began_s: f64) -> Self {
        Self { model, proof: None, is_over: false, began_s, spent_s: 0.0, found: (i64::MAX, Vec::new()), found_s: 0.0 }
    }

    /// Asks until the proof took its share of the thread's time.
    fn prove(&mut self, shared: &Shared<'_>, left_s: &dyn Fn() -> Result<f64, Failure>) -> Result<(), Failure> {
        let mut now = thread_s()?;
        let searched = now - self.began_s - self.spent_s;
        self.look(&shared.lock(), searched);
        let share = share_s(searched, self.found_s);
        while !self.is_over && self.spent_s < share && left_s()? > 0.0 && self.ask(shared, searched) {
            let after = thread_s()?;
            (self.spent_s, now) = (self.spent_s + after - now, after);
        }
        Ok(())
    }

    /// Notes when the search became better.
    fn look(&mut self, search: &Search<'_>, searched: f64) {
        let found = (search.broken(), search.objectives());
        if found < self.found {
            (self.found, self.found_s) = (found, searched);
        }
    }

    /// Asks for some steps. False where there is nothing to ask now.
    fn ask(&mut self, shared: &Shared<'_>, searched: f64) -> bool {
        let better = {
            let search = shared.lock();
            self.look(&search, searched);
            // without a plan that breaks no limit there is nothing to ask yet
            if search.is_over() || search.broken() > 0 {
                return false;
            }
            let is_new = self.proof.as_ref().is_none_or(|p| search.objective() < p.below());
            is_new.then(|| (search.objective(), search.best()))
        };
        if let Some((objective, best)) = better {
            match &mut self.proof {
                Some(proof) => proof.tighten(objective),
                None => self.proof = Proof::new(self.model, objective),
            }
            if let (Some(proof), Ok(best)) = (&mut self.proof, best) {
                proof.lean(&best.plan);
            }
        }
        let Some(proof) = &mut self.proof else {
            self.is_over = true;
            return false;
        };
        match proof.ask(STEPS) {
            Verdict::Open => {}
            Verdict::None => {
                shared.lock().raise(proof.below());
                self.is_over = true;
            }
            Verdict::Perhaps(plan) => {
                let mut search = shared.lock();
                // where it is not better, what the proof leaves out makes the difference
                self.is_over = !search.offer(&plan);
                // what the proof finds says nothing of how far the search gets by itself
                self.found = (search.broken(), search.objectives());
            }
        }
        true
    }
}

/// How long a proof may take beside a search of so long that last became better then [s].
pub(super) fn share_s(searched: f64, found: f64) -> f64 {
    let stale = (searched - (2.0 * found).max(STALE_S)).max(0.0);
    searched.min(PROOF_S + searched / 4.0) + STALE_SHARE * stale
}

/// Steps a run until it is over or no time is left.
fn until(run: &mut Run, left_s: &dyn Fn() -> Result<f64, Failure>) -> Result<(), Failure> {
    let mut steps = 1;
    while !run.is_over() && left_s()? > 0.0 {
        let look = Instant::now();
        run.step(steps);
        let spent = look.elapsed().as_secs_f64();
        steps = if spent < LOOK_S { steps * 2 } else { (steps / 2).max(1) };
    }
    Ok(())
}

fn proven(search: &Search<'_>) -> Result<Nearest, Failure> {
    search.nearest().map_err(|violation| Failure::new(format!("the check refuses the plan: {violation}")))
}

/// CPU time of this thread so far [s].
fn thread_s() -> Result<f64, Failure> {
    const PATH: &str = "/proc/thread-self/schedstat";
    let text = std::fs::read_to_string(PATH).map_err(|e| Failure::new(format!("{PATH}: {e}")))?;
    let nanos = text.split_whitespace().next().and_then(|word| word.parse::<f64>().ok());
    nanos.map(|n| n / 1e9).ok_or_else(|| Failure::new(format!("{PATH}: `{}` begins with no number", text.trim())))
}
