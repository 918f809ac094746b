//! Why there is no plan: a set of limits that cannot all be kept, of which none can be spared.
//!
//! Enters: a model. Leaves: the smallest set that a deletion filter finds (Chinneck & Dravnieks, ORSA J. Computing 3, 1991), or nothing
//! where no contradiction is proven. Absent: plans.
//!
//! A contradiction is proven by earliest and latest starts (precedences, releases, closed machines, waits, deadlines), and by machines
//! whose operations do not fit between theirs even if interrupted (Jackson's rule). Set-ups and resources are left out of the proof, so what it
//! says is true, but it does not see everything.

use super::limit::{Limit, limits, only};
use super::model::{Link, Model, Operation, Time, Wait, lot};
use super::replan;
use std::collections::{BinaryHeap, HashSet};

/// Most times earliest starts are gone through again.
const PASSES: usize = 1000;

/// Limits that contradict each other, each needed for the contradiction; empty where the contradiction needs none of them; none where no
/// contradiction is proven.
pub fn conflict(model: &Model) -> Option<Vec<Limit>> {
    if !is_contradictory(model) {
        return None;
    }
    let mut kept = limits(model);
    let mut piece = kept.len();
    while piece > 0 {
        let mut at = 0;
        while at < kept.len() {
            let fewer = [&kept[..at], &kept[(at + piece).min(kept.len())..]].concat();
            // the parts of a model with fewer limits are a model
            if Model::new(only(model, &fewer)).is_ok_and(|fewer| is_contradictory(&fewer)) {
                kept = fewer;
            } else {
                at += piece;
            }
        }
        piece /= 2;
    }
    Some(kept)
}

/// Earliest starts and ends, latest ends.
struct Windows {
    start: Vec<Time>,
    end: Vec<Time>,
    latest_end: Vec<Time>,
}

fn is_contradictory(model: &Model) -> bool {
    let Some(windows) = earliest(model).map(|(start, end)| Windows { latest_end: latest_ends(model), start, end }) else {
        return true;
    };
    let (mut operations, own) = (model.operations.iter().zip(0..), |o: usize| windows.end[o] > windows.latest_end[o]);
    let is_late =
        |(of, o): (&Operation, usize)| of.optional.is_none() && (own(o) || of.latest.is_some_and(|l| windows.start[o] > l));
    operations.any(is_late) || overloaded(model, &windows)
}

/// Earliest starts and ends; none where waits push them beyond the horizon.
fn earliest(model: &Model) -> Option<(Vec<Time>, Vec<Time>)> {
    let count = model.operations.len();
    let mut before: Vec<Vec<(u32, Link)>> = vec![Vec::new(); count];
    for (first, then, link) in model.links() {
        before[then as usize].push((first, link));
    }
    let (mut start, mut end, mut floor) = (vec![0; count], vec![0; count], vec![0; count]);
    let lagging: HashSet<(u32, u32)> = model.lags.iter().map(|l| (l.before, l.then)).collect();
    for _ in 0..PASSES {
        for &operation in model.order() {
            let at = operation as usize;
            let of = &model.operations[at];
            let passed = |(b, link): &(u32, Link)| {
                let one = &model.operations[*b as usize];
                match link {
                    Link::Whole => end[*b as usize],
                    _ if one.optional.is_none() && of.optional.is_none() => {
                        let (first, last) = (start[*b as usize], end[*b as usize]);
                        lot::least(one, of, |own, next| link.ready((first, last.max(first + own)), next))
                    }
                    // either may be left out, and the other then waits for what comes before
                    _ => 0,
                }
            };
            let ready: Time = before[at].iter().map(passed).max().unwrap_or(0);
            let ready_in = ready.max(of.earliest).max(model.jobs[of.job as usize].release).max(floor[at]);
            let starts = of.modes.iter().map(|m| {
                let begin = open(model, m.machine, ready_in, of.unbroken(m.duration));
                (begin, model.end(operation, m, begin))
            });
            start[at] = starts.clone().map(|s| s.0).min().unwrap_or(ready_in);
            end[at] = if of.optional.is_some() { ready } else { starts.map(|s| s.1).min().unwrap_or(ready_in) };
            if start[at] > model.horizon() {
                return None;
            }
        }
        let mut is_raised = false;
        // what is interrupted may end as late as it likes, and waits between other instants are left out
        let is_in = |o: u32| model.operations[o as usize].optional.is_none();
        let is_plain = |w: &&Wait| {
            let before = &model.operations[w.before as usize];
            is_in(w.before) && is_in(w.then) && !before.is_resumable && !lagging.contains(&(w.before, w.then))
        };
        for wait in model.waits.iter().filter(is_plain) {
            let longest = model.operations[wait.before as usize].longest();
            let least = start[wait.then as usize] - wait.most - longest;
            if floor[wait.before as usize] < least && start[wait.before as usize] < least {
                floor[wait.before as usize] = least;
                is_raised = true;
            }
        }
        if !is_raised {
            break;
        }
    }
    Some((start, end))
}

/// The first instant from `from` on at which so long a piece of work fits on a machine.
fn open(model: &Model, machine: u32, from: Time, duration: Time) -> Time {
    let on = &model.machines[machine as usize];
    replan::open(&on.closed, from.max(on.available), duration)
}

/// Until when each operation has to be complete; for one that may be left out, what comes before it.
fn latest_ends(model: &Model) -> Vec<Time> {
    let mut after: Vec<Vec<u32>> = vec![Vec::new(); model.operations.len()];
    // other kinds of precedences are left out
    for (first, then, _) in model.links().filter(|l| !matches!(l.2, Link::Lag(..))) {
        after[first as usize].push(then);
    }
    let mut latest_end = vec![Time::MAX; model.operations.len()];
    for &operation in model.order().iter().rev() {
        let of = &model.operations[operation as usize];
        let latest_start = |then: &u32| {
            let next = &model.operations[*then as usize];
            let by_end = latest_end[*then as usize];
            if next.optional.is_some() || of.lot.is_some() {
                by_end
            } else {
                next.latest.unwrap_or(Time::MAX).min(by_end.saturating_sub(next.shortest()))
            }
        };
        let by_after = after[operation as usize].iter().map(latest_start).min().unwrap_or(Time::MAX);
        let own = model.jobs[of.job as usize].deadline.filter(|_| of.optional.is_none()).unwrap_or(Time::MAX);
        latest_end[operation as usize] = own.min(by_after);
    }
    latest_end
}

/// Whether the operations that only one machine can do do not fit into their windows there.
fn overloaded(model: &Model, windows: &Windows) -> bool {
    let mut on: Vec<Vec<(Time, Time, Time)>> = vec![Vec::new(); model.machines.len()];
    for (number, of) in model.operations.iter().enumerate().filter(|(_, o)| o.optional.is_none()) {
        let machine = of.modes[0].machine;
        if of.modes.iter().all(|m| m.machine == machine) {
            // what is interrupted may end long after it started
            let latest = of.latest.filter(|_| !of.is_resumable);
            let by_latest = latest.map_or(Time::MAX, |l| l.saturating_add(of.longest()));
            let until = windows.latest_end[number].min(by_latest);
            on[machine as usize].push((windows.start[number], of.shortest(), until));
        }
    }
    on.into_iter().enumerate().filter(|(m, _)| model.machines[*m].batch.is_none()).any(|(machine, mut works)| {
        works.extend(model.machines[machine].closed.iter().map(|c| (c.0, c.1 - c.0, c.1)));
        is_overloaded(works)
    })
}

/// Whether work of (earliest start, length, latest end) does not fit on one machine even if interrupted: the most urgent first.
fn is_overloaded(mut works: Vec<(Time, Time, Time)>) -> bool {
    works.sort_unstable();
    let mut waiting: BinaryHeap<std::cmp::Reverse<(Time, Time)>> = BinaryHeap::new();
    let (mut now, mut next) = (0, 0);
    while next < works.len() || !waiting.is_empty() {
        if waiting.is_empty() {
            now = now.max(works[next].0);
        }
        while next < works.len() && works[next].0 <= now {
            waiting.push(std::cmp::Reverse((works[next].2, works[next].1)));
            next += 1;
        }
        let Some(std::cmp::Reverse((until, left))) = waiting.pop() else { continue };
        let stop = works.get(next).map_or(now + left, |w| w.0.min(now + left));
        if stop < now + left {
            waiting.push(std::cmp::Reverse((until, left - (stop - now))));
        } else if stop > until {
            return true;
        }
        now = stop;
    }
    false
}
