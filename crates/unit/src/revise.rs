//! Which machines' histories are worked out again, one at a time, and the revisions that tell what late readings changed.
//!
//! ```text
//! missed readings ─> revision pending, in the commit of those readings     quiet ─> Effect::Rework ─> node, simulate
//!                                                                                        │ readings that come meanwhile wait
//!                    revision done: figures before and after <── log spliced <── Input::Reworked
//! ```
//!
//! Enters: what logs missed, replays that are finished. Leaves: records, effects. Absent: replays themselves (`know`), readings
//! of the past (`store`). Bounded: one replay under way, one wait a machine, [`LATER_MAX`] readings that come meanwhile.

use crate::Unit;
use crate::replay::Replay;
use crate::unit::Effect;
use know::kpi::{FIGURES, Kpis};
use know::memory::missed::Missed;
use measure::{Instant, Span};
use plant::{Batch, Because, Code, MachineId, Plant, Record, RecordKind, Revised, Revision, RevisionState, Scope, Window};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A history is worked out again when no further late reading came for so long,
const QUIET: Span = Span::from_seconds(5);
/// and at the latest so long after the first.
const PATIENCE: Span = Span::from_seconds(60);
/// Rest of a machine between two replays, and after one that failed.
const REST: Span = Span::from_seconds(30);
/// Readings of a machine that may come while its history is worked out; beyond it the replay begins again.
const LATER_MAX: usize = 200_000;
/// Closed periods looked at for one revision; the newest.
const PERIODS_MAX: usize = 64;
/// Tries to work out the history of before the start; then it stays as it is.
const TRIES_MAX: u32 = 5;
/// How far two figures may differ and still be told the same, relative.
const SAME: f64 = 1e-9;

/// KPIs worked out in one turn: many machines share those of the unit and its lines.
type Told = Vec<(Scope, Window, Kpis)>;

/// A machine whose history is to be worked out again.
#[derive(Clone, Debug)]
struct Wait {
    /// Late readings; without any the whole horizon is worked out, as after a start.
    missed: Option<Missed>,
    /// When the first and the newest late reading came.
    came: (Instant, Instant),
    not_before: Instant,
    /// Replays that failed.
    failed: u32,
    revision: Option<Revision>,
}

/// The replay under way.
#[derive(Clone, Debug)]
struct Running {
    machine: MachineId,
    wait: Wait,
    /// What came since it began.
    later: Vec<Batch>,
    rows: usize,
}

/// What is to be worked out again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reviser {
    waiting: BTreeMap<MachineId, Wait>,
    running: Option<Running>,
    /// Revisions whose figures can be told once all histories are there: pending ones of an earlier run, and those made before.
    recalled: Vec<Revision>,
    /// Machines whose history of before the start is not there yet.
    restoring: usize,
}

impl Reviser {
    /// Machines whose history is being worked out again or waits for it.
    pub(crate) fn open(&self) -> usize {
        self.waiting.len() + usize::from(self.running.is_some())
    }
    /// A batch came in.
    #[inline]
    pub(crate) fn note(&mut self, batch: &Batch) {
        if let Some(running) = &mut self.running
            && running.machine == batch.machine
        {
            running.rows += batch.len();
            if running.rows <= LATER_MAX {
                running.later.push(batch.clone());
            }
        }
    }
    /// A pending revision of an earlier run.
    pub(crate) fn recall(&mut self, revision: Revision) {
        self.recalled.push(revision);
    }
    /// The machine whose turn it is: first those whose history of before the start is missing.
    fn due(&mut self, now: Instant) -> Option<(MachineId, Wait)> {
        let is_due = |wait: &Wait| {
            let (first, newest) = wait.came;
            now >= wait.not_before && (wait.missed.is_none() || now >= newest + QUIET || now >= first + PATIENCE)
        };
        let restoring = self.restoring > 0;
        let due = self.waiting.iter().filter(|(_, w)| is_due(w) && (!restoring || w.missed.is_none()));
        let next = due.min_by_key(|(_, w)| w.came.0).map(|(id, _)| *id)?;
        self.waiting.remove_entry(&next)
    }
}

impl Unit {
    /// After a start: the histories of all machines are worked out from what is stored, one after the other, and revisions that
    /// an earlier run left pending are told then.
    pub fn restore(&mut self, now: Instant) {
        let machines = self.plant.machines.iter().map(|m| m.id);
        let logged = machines.filter(|id| !self.knowledge.rework(*id, None, now).channels().is_empty());
        let wait = || Wait { missed: None, came: (now, now), not_before: Instant::MIN, failed: 0, revision: None };
        self.reviser.waiting = logged.map(|id| (id, wait())).collect();
        self.reviser.restoring = self.reviser.waiting.len();
        // what came late before the start is among what is stored
        self.knowledge.take_missed();
    }

    /// One turn: takes in what logs missed, and begins the next replay.
    pub(crate) fn revise(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let mut told = Told::new();
        for (machine, missed) in self.knowledge.take_missed() {
            self.missed(now, (machine, missed), &mut told, effects);
        }
        if self.reviser.running.is_none()
            && let Some((machine, wait)) = self.reviser.due(now)
        {
            let late = wait.missed.as_ref().and_then(Missed::from);
            let rework = self.knowledge.rework(machine, late, now);
            self.reviser.running = Some(Running { machine, wait, later: Vec::new(), rows: 0 });
            let (plant, lexicon) = (Arc::clone(&self.plant), Arc::clone(self.collector.lexicon()));
            effects.push(Effect::Rework(Box::new(Replay::new(plant, lexicon, rework))));
        }
    }

    /// Readings came too late for a machine's log: what they may change is told as pending.
    fn missed(&mut self, now: Instant, (machine, missed): (MachineId, Missed), told: &mut Told, effects: &mut Vec<Effect>) {
        let entry = self.reviser.waiting.remove(&machine);
        let mut wait = entry.unwrap_or(Wait {
            missed: Some(Missed::default()),
            came: (now, now),
            not_before: now,
            failed: 0,
            revision: None,
        });
        wait.came.1 = now;
        let Some(known) = &mut wait.missed else {
            // its history is worked out from the start anyway; what was told of it before is not at hand
            self.tell_later(now, (machine, &missed), told, effects);
            self.reviser.waiting.insert(machine, wait);
            return;
        };
        let before = known.from();
        known.merge(&missed);
        let known = known.clone();
        if self.reviser.restoring > 0 {
            self.tell_later(now, (machine, &missed), told, effects);
        } else if wait.revision.is_none() || known.from() < before {
            let figures = self.figures(&self.closed(machine, known.from().unwrap_or(now), now), told);
            if !figures.is_empty() {
                let mut revision = wait.revision.take().unwrap_or_else(|| self.pending(now, machine));
                let is_new = |f: &Revised| !revision.revised.iter().any(|r| (r.scope, r.window) == (f.scope, f.window));
                let fresh: Vec<Revised> = figures.into_iter().filter(is_new).collect();
                revision.revised.extend(fresh);
                rest(&mut revision, &known);
                self.keep(Record::Revision(revision.clone()), effects);
                wait.revision = Some(revision);
            }
        } else if let Some(revision) = &mut wait.revision {
            rest(revision, &known);
        }
        self.reviser.waiting.insert(machine, wait);
    }

    /// A revision of figures whose old values are not at hand.
    fn tell_later(&mut self, now: Instant, (machine, missed): (MachineId, &Missed), told: &mut Told, effects: &mut Vec<Effect>) {
        let mut revised = self.figures(&self.closed(machine, missed.from().unwrap_or(now), now), told);
        revised.iter_mut().for_each(|r| r.before = None);
        let is_blind = |r: &Revision| r.machine == machine && r.revised.iter().all(|x| x.before.is_none());
        let known = self.reviser.recalled.iter().position(is_blind);
        let mut revision = match known {
            Some(place) => self.reviser.recalled.swap_remove(place),
            None if revised.is_empty() => return,
            None => self.pending(now, machine),
        };
        revised.retain(|f| !revision.revised.contains(f));
        let late = revision.late + missed.count;
        rest(&mut revision, missed);
        revision.late = late;
        if !revised.is_empty() {
            revision.revised.extend(revised);
            self.keep(Record::Revision(revision.clone()), effects);
        }
        self.reviser.recalled.push(revision);
    }

    /// A replay came back, or why it could not be done.
    pub(crate) fn reworked(&mut self, now: Instant, done: Result<Box<Replay>, String>, effects: &mut Vec<Effect>) {
        let Some(mut running) = self.reviser.running.take() else { return };
        let (machine, is_restored) = (running.machine, running.wait.missed.is_none());
        match done {
            Ok(replay) if running.rows <= LATER_MAX && replay.machine() == running.machine => {
                self.splice(now, *replay, &mut running, effects);
                self.reviser.restoring -= usize::from(is_restored);
            }
            _ => self.again(now, running),
        }
        if self.reviser.restoring == 0 {
            let waits = |r: &mut Revision| r.machine == machine || !self.reviser.waiting.contains_key(&r.machine);
            let due: Vec<Revision> = self.reviser.recalled.extract_if(.., waits).collect();
            for revision in due {
                let before = revision.revised.clone();
                self.tell(now, revision, &before, effects);
            }
        }
    }

    /// The history could not be worked out: it is tried again after a rest, with what was missed meanwhile.
    fn again(&mut self, now: Instant, running: Running) {
        let Running { machine, mut wait, .. } = running;
        wait.failed += 1;
        if wait.missed.is_none() && wait.failed >= TRIES_MAX {
            self.reviser.restoring -= 1;
            return;
        }
        wait.not_before = now + REST;
        if let Some(later) = self.reviser.waiting.remove(&machine) {
            match (&mut wait.missed, &later.missed) {
                (Some(missed), Some(more)) => missed.merge(more),
                (missed, _) => *missed = None,
            }
            // the later one waits in its own name until both can be told
            self.reviser.recalled.extend(later.revision);
        }
        self.reviser.waiting.insert(machine, wait);
    }

    fn splice(&mut self, now: Instant, mut replay: Replay, running: &mut Running, effects: &mut Vec<Effect>) {
        for batch in std::mem::take(&mut running.later) {
            replay.later(&batch, self.collector.lexicon());
        }
        let revision = running.wait.revision.take();
        let periods = revision.as_ref().map(periods).unwrap_or_default();
        let before = self.figures(&periods, &mut Told::new());
        self.knowledge.adopt(replay.done());
        if let Some(revision) = revision {
            self.tell(now, revision, &before, effects);
        }
        if let Some(next) = self.reviser.waiting.get_mut(&running.machine) {
            next.not_before = now + REST;
        }
    }

    /// The figures of a revision as they are now: those that changed are kept.
    fn tell(&mut self, now: Instant, mut revision: Revision, before: &[Revised], effects: &mut Vec<Effect>) {
        let after = self.figures(&periods(&revision), &mut Told::new());
        let same = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= SAME * a.abs().max(1.0),
            (a, b) => a.is_none() && b.is_none(),
        };
        let of = |f: &Revised| before.iter().find(|b| (b.scope, b.window, &b.figure) == (f.scope, f.window, &f.figure));
        let changed = after.into_iter().filter_map(|f| {
            let before = of(&f)?.before;
            (!same(before, f.before)).then_some(Revised { before, after: f.before, ..f })
        });
        revision.revised = changed.collect();
        (revision.state, revision.done) = (RevisionState::Done, Some(now));
        self.keep(Record::Revision(revision), effects);
    }

    fn pending(&mut self, now: Instant, machine: MachineId) -> Revision {
        Revision {
            id: self.memory.mint(RecordKind::Revision),
            at: now,
            from: Code::Borrowed("late_readings"),
            because: Vec::new(),
            machine,
            late: 0,
            revised: Vec::new(),
            state: RevisionState::Pending,
            done: None,
        }
    }

    /// Periods that had ended when readings of a machine from `late` on came: worked shifts, and orders that it may work on.
    fn closed(&self, machine: MachineId, late: Instant, now: Instant) -> Vec<(Scope, Window)> {
        let plant: &Plant = &self.plant;
        let mut periods = Vec::new();
        for (place, progress) in self.collector.orders().iter().enumerate() {
            let (Some(from), Some(to), Some(order)) = (progress.started, progress.finished, plant.orders.get(place)) else {
                continue;
            };
            let passes = || plant.product(order.product).route.iter().any(|o| o.machines.contains(&machine));
            if to > late && passes() {
                periods.push((Scope::Order(order.id), Window { from, to }));
            }
        }
        for span in plant.calendar.spans(late, now).into_iter().filter(|s| s.to <= now) {
            let window = Window { from: span.from, to: span.to };
            let line = plant.machine(machine).line.map(Scope::Line);
            let team = Scope::Team(plant.calendar.shifts[span.shift].team);
            let scopes = [Some(Scope::Unit), line, Some(Scope::Machine(machine)), Some(team)];
            periods.extend(scopes.into_iter().flatten().map(|scope| (scope, window)));
        }
        periods.drain(..periods.len().saturating_sub(PERIODS_MAX));
        periods
    }

    /// The figures of periods as they stand; those of one period are worked out once.
    fn figures(&self, periods: &[(Scope, Window)], told: &mut Told) -> Vec<Revised> {
        let mut figures = Vec::new();
        for (scope, window) in periods {
            let place = told.iter().position(|(s, w, _)| (s, w) == (scope, window)).unwrap_or_else(|| {
                told.push((*scope, *window, self.kpis(*scope, *window)));
                told.len() - 1
            });
            figures.extend(FIGURES.iter().map(|f| Revised {
                scope: *scope,
                window: *window,
                figure: Code::Borrowed(f.name),
                unit: Code::Borrowed(f.unit),
                before: (f.of)(&told[place].2),
                after: None,
            }));
        }
        figures
    }
}

/// The periods a revision is about.
fn periods(revision: &Revision) -> Vec<(Scope, Window)> {
    let mut periods: Vec<(Scope, Window)> = Vec::new();
    for revised in &revision.revised {
        if periods.last() != Some(&(revised.scope, revised.window)) {
            periods.push((revised.scope, revised.window));
        }
    }
    periods
}

/// Names late readings that a revision rests on, beside those it names already.
fn rest(revision: &mut Revision, missed: &Missed) {
    revision.late = revision.late.max(missed.count);
    for (channel, window) in &missed.channels {
        let same = |b: &&mut Because| matches!(b, Because::Readings { channel: c, .. } if c == channel);
        match revision.because.iter_mut().find(same) {
            Some(Because::Readings { window: known, .. }) => {
                *known = Window { from: known.from.min(window.from), to: known.to.max(window.to) };
            }
            _ => revision.because.push(Because::Readings { channel: *channel, window: *window }),
        }
    }
}
