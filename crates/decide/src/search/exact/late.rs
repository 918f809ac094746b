//! How late jobs are in all at the least, for what one machine has to do.
//!
//! Enters: a machine's operations with their earliest starts and known orders, the sum of what jobs cost. Leaves: a conflict where the sum
//! cannot be kept, how late each job may be. Absent: what comes between the operations on other machines, set-ups.
//!
//! Whatever the sequence and even if work may be interrupted, the k-th of the operations is not complete before the k-th is by the rule of
//! the shortest remaining work (Schrage, Operations Research 16, 1968), and each takes one of these places, none sooner than there are
//! operations known to be before it, nor later than those after it leave room for. So an assignment of operations to
//! places costs no more than any plan (after Chu, Naval Research Logistics 39, 1992; the assignment by Kuhn 1955, in Jonker & Volgenant's way).

use super::rule::{Rule, Sum};
use super::solver::{Is, Solver};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// An operation on the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// The bound of its start, and what that is whatever is chosen.
    pub start: u32,
    pub head: i32,
    pub duration: i32,
    /// From its end to the completion of its job at the least, less the due date.
    pub after: i32,
    /// Which term of the sum is the tardiness of its job; none where it counts with another operation.
    pub term: Option<usize>,
}

/// The operations of a machine, beside the rule of the sum.
#[derive(Debug)]
pub(super) struct Late {
    total: u32,
    pieces: Vec<Piece>,
    /// The words that one piece is before another.
    before: Vec<Vec<Option<Is>>>,
    /// Terms that belong to none of the pieces.
    others: Vec<usize>,
    known: Known,
    room: Room,
}

/// What is known of starts and terms.
#[derive(Debug, Default)]
struct Known {
    first: Vec<i32>,
    terms: Vec<i32>,
    /// The first and the last place of each piece, by what is before and after it.
    ranges: Vec<(usize, usize)>,
}

/// Room for the work.
#[derive(Debug, Default)]
struct Room {
    coming: Vec<(i32, i32)>,
    waiting: BinaryHeap<Reverse<i32>>,
    places: Vec<i32>,
    costs: Vec<i64>,
    /// Prices of rows and columns, the row of each column, and of the row that comes: what a column costs, from where, whether it was seen.
    rows: Vec<i64>,
    columns: Vec<i64>,
    row_of: Vec<usize>,
    least: Vec<i64>,
    before: Vec<usize>,
    seen: Vec<bool>,
}

impl Known {
    /// What a piece costs at the least in a place that ends then, where its job is known to be so late.
    fn cost(&self, piece: &Piece, number: usize, late: Option<i32>, end: i32, terms: &[(u32, i64, i32)]) -> i64 {
        let late = late.map(|late| late.max(piece.after + end.max(self.first[number] + piece.duration)));
        piece.term.zip(late).map_or(0, |(term, late)| terms[term].1 * i64::from(late))
    }
}

impl Late {
    /// Of a sum with so many terms.
    pub fn new(total: u32, terms: usize, pieces: Vec<Piece>, before: Vec<Vec<Option<Is>>>) -> Self {
        let others = (0..terms).filter(|t| pieces.iter().all(|p| p.term != Some(*t))).collect();
        Self { total, pieces, before, others, known: Known::default(), room: Room::default() }
    }

    /// False where the sum cannot be kept.
    pub fn follow(&mut self, solver: &mut Solver) -> bool {
        let Some(Rule::Sum(sum)) = solver.rules.get(self.total as usize) else { return true };
        self.known.first.clear();
        self.known.first.extend(self.pieces.iter().map(|p| solver.values[p.start as usize]));
        self.known.terms.clear();
        self.known.terms.extend(sum.terms.iter().map(|t| solver.values[t.0 as usize]));
        let last = self.pieces.len() - 1;
        self.known.ranges.clear();
        for piece in 0..self.pieces.len() {
            self.known.ranges.push((self.sooner(solver, piece).count(), last - self.later(solver, piece).count()));
        }
        let left = sum.most - self.least(sum);
        if left < 0 {
            solver.conflict = self.words(solver, sum);
            return false;
        }
        let terms: Vec<(u32, i64, i32)> = sum.terms.clone();
        self.limit(solver, &terms, left)
    }

    /// The words that others are before a piece, as far as they hold.
    fn sooner(&self, solver: &Solver, piece: usize) -> impl Iterator<Item = Is> {
        self.before.iter().filter_map(move |row| row[piece]).filter(|is| solver.holds(*is))
    }

    /// The words that it is before others.
    fn later(&self, solver: &Solver, piece: usize) -> impl Iterator<Item = Is> {
        self.before[piece].iter().flatten().copied().filter(|is| solver.holds(*is))
    }

    /// How late each job can be where so much of the sum is left over: by the prices of the assignment the others cost no less.
    fn limit(&self, solver: &mut Solver, terms: &[(u32, i64, i32)], left: i64) -> bool {
        let dearest = self.room.columns[1..].iter().max().copied().unwrap_or(0);
        for (number, piece) in self.pieces.iter().enumerate() {
            let Some(term) = piece.term else { continue };
            let (bound, weight, _) = terms[term];
            let most = (left + self.room.rows[number + 1] + dearest).div_euclid(weight);
            if most >= i64::from(solver.most(bound)) {
                continue;
            }
            let mut words = Vec::with_capacity(self.pieces.len() + terms.len());
            // the places are those of all
            words.extend(self.pieces.iter().zip(&self.known.first).map(|(p, first)| Is { bound: p.start, least: *first }));
            let known = |term: usize| Is { bound: terms[term].0, least: self.known.terms[term] };
            words.extend(self.others.iter().map(|other| known(*other)));
            for other in (0..self.pieces.len()).filter(|other| *other != number) {
                let (first, last) = self.known.ranges[other];
                let mut late = self.pieces[other].term.map(|term| terms[term].2);
                if !self.is_priced(terms, other, first..=last, late) {
                    words.extend(self.pieces[other].term.map(known));
                    late = self.pieces[other].term.map(|term| self.known.terms[term]);
                }
                if !self.is_priced(terms, other, 0..first, late) {
                    words.extend(self.sooner(solver, other));
                }
                if !self.is_priced(terms, other, last + 1..self.pieces.len(), late) {
                    words.extend(self.later(solver, other));
                }
            }
            let reason = solver.words(&words);
            // what is less than nothing contradicts itself
            if !solver.set(Is { bound: bound ^ 1, least: -(most.max(-1) as i32) }, reason) {
                return false;
            }
        }
        true
    }

    /// Whether the price of a piece holds in each of some places, where no more is known of its job than that it is so late.
    fn is_priced(
        &self,
        terms: &[(u32, i64, i32)],
        number: usize,
        places: impl IntoIterator<Item = usize>,
        late: Option<i32>,
    ) -> bool {
        let price = self.room.rows[number + 1];
        let cost = |place: usize| self.known.cost(&self.pieces[number], number, late, self.room.places[place], terms);
        places.into_iter().all(|place| price + self.room.columns[place + 1] <= cost(place))
    }

    /// What the sum is at the least.
    fn least(&mut self, sum: &Sum) -> i64 {
        self.places();
        let (known, Room { places, costs, .. }) = (&self.known, &mut self.room);
        let rest: i64 = self.others.iter().map(|t| sum.terms[*t].1 * i64::from(known.terms[*t])).sum();
        costs.clear();
        // what cannot be costs too much
        let never = (sum.most + 1).max(1);
        for (number, (piece, (first, last))) in self.pieces.iter().zip(&known.ranges).enumerate() {
            let late = piece.term.map(|term| known.terms[term]);
            let cost = |end: &i32| known.cost(piece, number, late, *end, &sum.terms);
            costs.extend(
                places.iter().enumerate().map(|(place, end)| if (*first..=*last).contains(&place) { cost(end) } else { never }),
            );
        }
        rest + self.room.assigned(self.pieces.len())
    }

    /// When so many are complete at the earliest.
    fn places(&mut self) {
        let Room { coming, waiting, places, .. } = &mut self.room;
        coming.clear();
        coming.extend(self.known.first.iter().copied().zip(self.pieces.iter().map(|p| p.duration)));
        coming.sort_unstable_by(|a, b| b.cmp(a));
        waiting.clear();
        places.clear();
        let mut now = i32::MIN;
        while places.len() < self.pieces.len() {
            if let (true, Some(next)) = (waiting.is_empty(), coming.last()) {
                now = now.max(next.0);
            }
            while let Some((_, work)) = coming.pop_if(|c| c.0 <= now) {
                waiting.push(Reverse(work));
            }
            let Some(Reverse(work)) = waiting.pop() else { break };
            match coming.last().filter(|next| next.0 < now + work) {
                Some(next) => {
                    waiting.push(Reverse(work - (next.0 - now)));
                    now = next.0;
                }
                None => {
                    now += work;
                    places.push(now);
                }
            }
        }
    }

    /// What of that is needed for it: orders are done without first, then the latest steps.
    fn words(&mut self, solver: &Solver, sum: &Sum) -> Vec<Is> {
        let starts = self.pieces.iter().enumerate().map(|(number, p)| (p.start, p.head, number, true));
        let terms = sum.terms.iter().enumerate().map(|(number, t)| (t.0, t.2, number, false));
        let mut all: Vec<(u32, i32, usize, bool)> = starts.chain(terms).collect();
        all.retain(|a| solver.values[a.0 as usize] > a.1);
        all.sort_by_key(|a| Reverse(solver.last[a.0 as usize]));
        let mut words = Vec::new();
        let last = self.pieces.len() - 1;
        for piece in 0..self.pieces.len() {
            let (sooner, later) = self.known.ranges[piece];
            self.known.ranges[piece].0 = 0;
            if sooner > 0 && self.least(sum) <= sum.most {
                self.known.ranges[piece].0 = sooner;
                words.extend(self.sooner(solver, piece));
            }
            self.known.ranges[piece].1 = last;
            if later < last && self.least(sum) <= sum.most {
                self.known.ranges[piece].1 = later;
                words.extend(self.later(solver, piece));
            }
        }
        for (bound, always, number, is_start) in all {
            let own = if is_start { &mut self.known.first } else { &mut self.known.terms };
            let least = std::mem::replace(&mut own[number], always);
            if self.least(sum) > sum.most {
                continue;
            }
            let own = if is_start { &mut self.known.first } else { &mut self.known.terms };
            own[number] = least;
            words.push(Is { bound, least });
        }
        words
    }
}

impl Room {
    /// The least sum of one cost of each row and column.
    fn assigned(&mut self, count: usize) -> i64 {
        let Self { costs, rows, columns, row_of, least, before, seen, .. } = self;
        for list in [&mut *rows, &mut *columns] {
            list.clear();
            list.resize(count + 1, 0);
        }
        for list in [&mut *row_of, &mut *before] {
            list.clear();
            list.resize(count + 1, 0);
        }
        for row in 1..=count {
            // column 0 stands for the row that comes
            row_of[0] = row;
            least.clear();
            least.resize(count + 1, i64::MAX);
            seen.clear();
            seen.resize(count + 1, false);
            let mut at = 0;
            while row_of[at] != 0 {
                seen[at] = true;
                let (mut step, mut next) = (i64::MAX, 0);
                for column in (1..=count).filter(|c| !seen[*c]) {
                    let over = costs[(row_of[at] - 1) * count + column - 1] - rows[row_of[at]] - columns[column];
                    if over < least[column] {
                        (least[column], before[column]) = (over, at);
                    }
                    if least[column] < step {
                        (step, next) = (least[column], column);
                    }
                }
                for column in 0..=count {
                    if seen[column] {
                        rows[row_of[column]] += step;
                        columns[column] -= step;
                    } else if least[column] < i64::MAX {
                        least[column] -= step;
                    }
                }
                at = next;
            }
            while at != 0 {
                row_of[at] = row_of[before[at]];
                at = before[at];
            }
        }
        -columns[0]
    }
}
