//! A machine as one whole: what has to run on it within a window must fit, and what would not fit runs after or before.
//!
//! Enters: tasks, each with a window and, where it may run elsewhere, a word that says it runs here. Leaves: later starts, earlier ends, tasks that
//! cannot run here, or a conflict. Absent: the order of each two (arcs say it), set-ups.
//!
//! Edge finding over task intervals (Carlier & Pinson, Management Science 35, 1989; Vilím 2008 with optional tasks), each result explained
//! by the window it was found in, as wide as it may be.

use super::solver::{Is, Solver};

/// Something that may run on the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    /// The bound of its start, and what is to be added to it.
    pub start: (u32, i32),
    /// The same of the negative of its end.
    pub end: (u32, i32),
    pub duration: i32,
    /// That it runs here.
    pub here: Is,
}

/// A machine.
#[derive(Debug, Default)]
pub(super) struct Machine {
    pub tasks: Vec<Task>,
}

/// A task with its window now.
#[derive(Clone, Copy, Debug)]
struct Seen {
    task: Task,
    first: i32,
    last: i32,
    is_here: bool,
}

impl Machine {
    /// What follows. False at a conflict.
    pub fn follow(&self, solver: &mut Solver) -> bool {
        let mut seen = Vec::with_capacity(self.tasks.len());
        self.pass(solver, false, &mut seen) && self.pass(solver, true, &mut seen)
    }

    /// In the direction of time, or against it.
    fn pass(&self, solver: &mut Solver, is_mirrored: bool, seen: &mut Vec<Seen>) -> bool {
        seen.clear();
        for &task in self.tasks.iter().filter(|t| !solver.fails(t.here)) {
            let task = if is_mirrored { task.mirrored() } else { task };
            let (first, last) = (task.first(solver), task.last(solver));
            seen.push(Seen { task, first, last, is_here: solver.holds(task.here) });
        }
        // by the end of the window; for each end the sets of those that begin no earlier than one of them
        seen.sort_unstable_by_key(|s| s.first);
        let ends: Vec<i32> = {
            let mut ends: Vec<i32> = seen.iter().filter(|s| s.is_here).map(|s| s.last).collect();
            ends.sort_unstable();
            ends.dedup();
            ends
        };
        ends.into_iter().all(|until| Self::window(solver, seen, until))
    }

    /// All windows that end at an instant: tasks within, from the latest start backwards.
    fn window(solver: &mut Solver, seen: &[Seen], until: i32) -> bool {
        let (mut work, mut earliest, mut from_earliest) = (0, i32::MIN, 0);
        let is_beside = |s: &&Seen| s.last > until || !s.is_here;
        let longest = seen.iter().filter(is_beside).map(|s| s.task.duration).max().unwrap_or(0);
        for (place, at) in seen.iter().enumerate().rev() {
            if at.is_here && at.last <= until {
                work += at.task.duration;
                // when all within are done at the earliest, and the start it is reckoned from
                if at.first + work >= earliest {
                    (earliest, from_earliest) = (at.first + work, at.first);
                }
                if at.first + work > until {
                    solver.conflict = Self::within(seen, at.first, until, at.first + work - until - 1);
                    return false;
                }
            }
            // even the longest that is not within would fit
            if work == 0 || at.first + work + longest <= until {
                continue;
            }
            // those that are not within, but begin no earlier than this one
            for other in seen[place..].iter().filter(is_beside) {
                if at.first + work + other.task.duration <= until {
                    continue;
                }
                let is_in = other.last <= until;
                if is_in {
                    // it is not here, for it cannot be last, nor elsewhere within
                    if !other.is_here && !solver.fails(other.task.here) {
                        let mut words = Self::within(seen, at.first, until, 0);
                        words.extend([other.task.not_before(at.first), other.task.not_after(until)]);
                        let reason = solver.words(&words);
                        if !solver.set(other.task.here.not(), reason) {
                            return false;
                        }
                    }
                } else if earliest > other.task.first(solver) && earliest > other.first {
                    let mut words = Self::within(seen, at.first, until, 0);
                    words.push(other.task.not_before(at.first));
                    words.extend(Self::within(seen, from_earliest, until, 0));
                    if other.is_here {
                        words.push(other.task.here);
                        let reason = solver.words(&words);
                        if !solver.set(other.task.not_before(earliest), reason) {
                            return false;
                        }
                    } else if earliest + other.task.duration > other.last {
                        words.push(other.task.not_after(earliest + other.task.duration - 1));
                        let reason = solver.words(&words);
                        if !solver.set(other.task.here.not(), reason) {
                            return false;
                        }
                    }
                }
            }
        }
        true
    }

    /// That all seen within a window are; wider by so much as is left over.
    fn within(seen: &[Seen], from: i32, until: i32, over: i32) -> Vec<Is> {
        let mut words = Vec::new();
        let is_in = |s: &&Seen| s.is_here && s.first >= from && s.last <= until;
        for s in seen.iter().filter(is_in) {
            words.extend([s.task.not_before(from - over / 2), s.task.not_after(until + over - over / 2), s.task.here]);
        }
        words
    }
}

impl Task {
    fn first(&self, solver: &Solver) -> i32 {
        solver.values[self.start.0 as usize] + self.start.1
    }

    fn last(&self, solver: &Solver) -> i32 {
        -(solver.values[self.end.0 as usize] + self.end.1)
    }

    fn not_before(&self, from: i32) -> Is {
        Is { bound: self.start.0, least: from - self.start.1 }
    }

    fn not_after(&self, until: i32) -> Is {
        Is { bound: self.end.0, least: -until - self.end.1 }
    }

    /// With time running backwards.
    const fn mirrored(self) -> Self {
        Self { start: self.end, end: self.start, ..self }
    }
}
