//! Whether a set of conditions can hold together.
//!
//! Enters: a family, choices, which of their conditions count, a budget of revisions. Leaves: values that keep them, or which of them were
//! used to refute them all. Absent: why in the fewest words (`explain`), what a customer sees (`look`).
//!
//! Intervals of values are narrowed by every condition until nothing moves (bounds consistency), then an undecided value is split, first
//! towards what is usual (or wanted); the next to be split is the one whose conditions failed most (dom/wdeg: Boussemart, Hemery, Lecoutre & Sais, ECAI
//! 2004). Conditions are judged in three values (Kleene): true, false, open. A condition that neither narrowed nor failed anywhere in the
//! search is not needed for the refutation: without it the same search refutes as well.

use super::condition::Condition;
use super::explain::Because;
use super::family::{Choice, Family};
use std::collections::VecDeque;

/// What came of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Values that keep all: options first, then parameters.
    Solution(Vec<i64>),
    /// They cannot all hold; these are enough for that, ascending.
    Refuted(Vec<u32>),
    /// The budget is used up.
    Unfinished,
}

/// A condition over values.
#[derive(Clone, Debug)]
enum Node {
    Sum { terms: Vec<(i64, u32)>, least: i64, most: i64 },
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
}

/// An interval of a value has become empty.
struct Empty;

/// The intervals, and how to go back.
#[derive(Debug)]
struct Domains {
    low: Vec<i64>,
    high: Vec<i64>,
    /// First value and step of each.
    grid: Vec<(i64, i64)>,
    trail: Vec<(u32, i64, i64)>,
    changed: Vec<u32>,
}

/// A search over the conditions of a family, of choices, and of what is asked beside them.
#[derive(Debug)]
pub(super) struct Solver {
    nodes: Vec<Node>,
    origin: Vec<Because>,
    /// Conditions that look at each value.
    watch: Vec<Vec<u32>>,
    domains: Domains,
    /// Towards what each value is tried first.
    towards: Vec<i64>,
    /// How often conditions of each value failed.
    weight: Vec<u64>,
    is_active: Vec<bool>,
    is_used: Vec<bool>,
    is_queued: Vec<bool>,
    queue: VecDeque<u32>,
    /// Revisions left.
    left: u64,
}

impl Solver {
    /// Over the conditions of a family and of choices, numbered in this order.
    pub fn new(family: &Family, choices: &[Choice], revisions: u64) -> Self {
        let options = family.options.len();
        let flags = family.options.iter();
        let ranges = family.parameters.iter();
        let low: Vec<i64> = flags.clone().map(|_| 0).chain(ranges.clone().map(|p| p.low)).collect();
        let mut solver = Self {
            nodes: Vec::new(),
            origin: Vec::new(),
            watch: vec![Vec::new(); low.len()],
            towards: flags.clone().map(|o| i64::from(o.is_usual)).chain(ranges.clone().map(|p| p.usual)).collect(),
            weight: vec![0; low.len()],
            domains: Domains {
                high: flags.clone().map(|_| 1).chain(ranges.clone().map(|p| p.high)).collect(),
                grid: flags.map(|_| (0, 1)).chain(ranges.map(|p| (p.low, p.step))).collect(),
                low,
                trail: Vec::new(),
                changed: Vec::new(),
            },
            is_active: Vec::new(),
            is_used: Vec::new(),
            is_queued: Vec::new(),
            queue: VecDeque::new(),
            left: revisions,
        };
        for (because, condition) in &family.constraints {
            solver.put(*because, node(condition, options));
        }
        for (number, choice) in (0..).zip(choices) {
            let (place, low, high) = match *choice {
                Choice::With(option) => (option, 1, 1),
                Choice::Without(option) => (option, 0, 0),
                Choice::Set { parameter, value } => (options as u32 + parameter, value, value),
            };
            solver.put(Because::Choice(number), bounds(place, low, high));
        }
        solver
    }

    fn put(&mut self, because: Because, node: Node) -> u32 {
        let number = self.nodes.len() as u32;
        let mut of = Vec::new();
        values(&node, &mut of);
        of.sort_unstable();
        of.dedup();
        of.iter().for_each(|v| self.watch[*v as usize].push(number));
        self.nodes.push(node);
        self.origin.push(because);
        self.is_active.push(false);
        self.is_used.push(false);
        self.is_queued.push(false);
        number
    }

    /// The numbers of all its conditions.
    pub fn all(&self) -> Vec<u32> {
        (0..self.nodes.len() as u32).collect()
    }

    /// Where a condition comes from.
    pub fn origin(&self, condition: u32) -> Because {
        self.origin[condition as usize]
    }

    /// Asks beside the conditions whether a value lies between two; taken back by [`Solver::unask`].
    pub fn ask(&mut self, place: usize, low: i64, high: i64) -> u32 {
        self.put(Because::Asked, bounds(place as u32, low, high))
    }

    /// Takes back what was asked last.
    pub fn unask(&mut self) {
        let Some(Node::Sum { terms, .. }) = self.nodes.pop() else { return };
        // it watches one value, and it came last there
        terms.iter().for_each(|(_, value)| {
            self.watch[*value as usize].pop();
        });
        self.origin.pop();
        self.is_active.pop();
        self.is_used.pop();
        self.is_queued.pop();
    }

    /// Tries a value first towards another one than what is usual.
    pub fn prefer(&mut self, place: usize, value: i64) {
        self.towards[place] = value;
    }

    /// Whether the budget is used up.
    pub const fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Whether these conditions can hold together.
    pub fn solve(&mut self, of: &[u32]) -> Verdict {
        self.is_active.fill(false);
        self.is_used.fill(false);
        for condition in of {
            self.is_active[*condition as usize] = true;
        }
        self.queue.extend(of);
        of.iter().for_each(|c| self.is_queued[*c as usize] = true);
        let verdict = self.search();
        self.back(0);
        self.clear();
        verdict
    }

    fn search(&mut self) -> Verdict {
        // (length of the trail, value, interval still to be tried)
        let mut open: Vec<(usize, u32, i64, i64)> = Vec::new();
        loop {
            if self.propagate().is_err() {
                if self.left == 0 {
                    return Verdict::Unfinished;
                }
                self.clear();
                let Some((length, value, low, high)) = open.pop() else { return self.refuted() };
                self.back(length);
                // the other part is not empty, so this cannot fail
                let _ = self.domains.narrow(value, low, high);
                self.wake();
                continue;
            }
            let Some(value) = self.undecided() else { return Verdict::Solution(self.domains.low.clone()) };
            let ((low, high), other) = self.split(value);
            open.push((self.domains.trail.len(), value, other.0, other.1));
            let _ = self.domains.narrow(value, low, high);
            self.wake();
        }
    }

    fn refuted(&self) -> Verdict {
        Verdict::Refuted((0..).zip(&self.is_used).filter(|(_, used)| **used).map(|(c, _)| c).collect())
    }

    /// Narrows until nothing moves.
    fn propagate(&mut self) -> Result<(), Empty> {
        while let Some(condition) = self.queue.pop_front() {
            let at = condition as usize;
            self.is_queued[at] = false;
            self.left = self.left.saturating_sub(1);
            if self.left == 0 {
                return Err(Empty);
            }
            let narrowed = enforce(&self.nodes[at], true, &mut self.domains);
            if narrowed.is_err() || !self.domains.changed.is_empty() {
                self.is_used[at] = true;
            }
            if narrowed.is_err() {
                let mut of = Vec::new();
                values(&self.nodes[at], &mut of);
                of.iter().for_each(|v| self.weight[*v as usize] += 1);
                return Err(Empty);
            }
            self.wake();
        }
        Ok(())
    }

    /// Queues the conditions of what changed.
    fn wake(&mut self) {
        while let Some(value) = self.domains.changed.pop() {
            for &condition in &self.watch[value as usize] {
                let at = condition as usize;
                if self.is_active[at] && !self.is_queued[at] {
                    self.is_queued[at] = true;
                    self.queue.push_back(condition);
                }
            }
        }
    }

    fn clear(&mut self) {
        self.queue.clear();
        self.is_queued.fill(false);
        self.domains.changed.clear();
    }

    fn back(&mut self, length: usize) {
        while self.domains.trail.len() > length
            && let Some((value, low, high)) = self.domains.trail.pop()
        {
            (self.domains.low[value as usize], self.domains.high[value as usize]) = (low, high);
        }
    }

    /// The value that is split next.
    fn undecided(&self) -> Option<u32> {
        let open = (0..self.towards.len()).filter(|v| self.domains.low[*v] < self.domains.high[*v]);
        open.min_by_key(|v| (std::cmp::Reverse(self.weight[*v]), *v)).map(|v| v as u32)
    }

    /// The part of an interval that is nearer to what is usual, and the other.
    fn split(&self, value: u32) -> ((i64, i64), (i64, i64)) {
        let at = value as usize;
        let (low, high, step) = (self.domains.low[at], self.domains.high[at], self.domains.grid[at].1);
        let usual = self.towards[at].clamp(low, high);
        if usual == low {
            ((low, low), (low + step, high))
        } else if usual == high {
            ((high, high), (low, high - step))
        } else if usual - low > high - usual {
            ((usual, high), (low, usual - step))
        } else {
            ((low, usual), (usual + step, high))
        }
    }
}

impl Domains {
    /// Narrows a value to an interval, on its grid.
    fn narrow(&mut self, value: u32, low: i64, high: i64) -> Result<(), Empty> {
        let at = value as usize;
        let (first, step) = self.grid[at];
        let (old_low, old_high) = (self.low[at], self.high[at]);
        let new_low = if low > old_low { first + step * up_div(low - first, step) } else { old_low };
        let new_high = if high < old_high { first + step * down_div(high - first, step) } else { old_high };
        if new_low > new_high {
            return Err(Empty);
        }
        if (new_low, new_high) != (old_low, old_high) {
            self.trail.push((value, old_low, old_high));
            self.changed.push(value);
            (self.low[at], self.high[at]) = (new_low, new_high);
        }
        Ok(())
    }

    /// Least and largest of a term.
    fn reach(&self, (times, value): (i64, u32)) -> (i64, i64) {
        let (a, b) = (times * self.low[value as usize], times * self.high[value as usize]);
        (a.min(b), a.max(b))
    }

    /// Least and largest of a sum.
    fn reaches(&self, terms: &[(i64, u32)]) -> (i64, i64) {
        terms.iter().map(|t| self.reach(*t)).fold((0, 0), |sum, t| (sum.0 + t.0, sum.1 + t.1))
    }
}

fn bounds(place: u32, least: i64, most: i64) -> Node {
    Node::Sum { terms: vec![(1, place)], least, most }
}

fn node(condition: &Condition, options: usize) -> Node {
    let all = |parts: &[Condition]| parts.iter().map(|p| node(p, options)).collect();
    match condition {
        Condition::Chosen(option) => bounds(*option, 1, 1),
        Condition::Sum { terms, least, most } => Node::Sum {
            terms: terms.iter().map(|t| (t.times, t.of.place(options) as u32)).collect(),
            least: least.unwrap_or(i64::MIN),
            most: most.unwrap_or(i64::MAX),
        },
        Condition::All(parts) => Node::All(all(parts)),
        Condition::Any(parts) => Node::Any(all(parts)),
        Condition::Not(part) => Node::Not(Box::new(node(part, options))),
    }
}

/// The values that a condition looks at.
fn values(node: &Node, of: &mut Vec<u32>) {
    match node {
        Node::Sum { terms, .. } => of.extend(terms.iter().map(|t| t.1)),
        Node::All(parts) | Node::Any(parts) => parts.iter().for_each(|p| values(p, of)),
        Node::Not(part) => values(part, of),
    }
}

/// Whether a condition holds whatever else is chosen, or fails; none where that is open.
fn judged(node: &Node, domains: &Domains) -> Option<bool> {
    match node {
        Node::Sum { terms, least, most } => {
            let (low, high) = domains.reaches(terms);
            if low >= *least && high <= *most {
                Some(true)
            } else if high < *least || low > *most {
                Some(false)
            } else {
                None
            }
        }
        Node::All(parts) => judged_any(parts, false, domains).map(|fails| !fails),
        Node::Any(parts) => judged_any(parts, true, domains),
        Node::Not(part) => judged(part, domains).map(|holds| !holds),
    }
}

/// Whether at least one part is judged so.
fn judged_any(parts: &[Node], so: bool, domains: &Domains) -> Option<bool> {
    let mut is_open = false;
    for part in parts {
        match judged(part, domains) {
            Some(judged) if judged == so => return Some(true),
            Some(_) => {}
            None => is_open = true,
        }
    }
    if is_open { None } else { Some(false) }
}

/// Narrows by a condition that has to hold, or has to fail.
fn enforce(node: &Node, truth: bool, domains: &mut Domains) -> Result<(), Empty> {
    match node {
        Node::Sum { terms, least, most } if truth => enforce_sum(terms, *least, *most, domains),
        Node::Sum { terms, least, most } => {
            let (low, high) = domains.reaches(terms);
            match (low < *least, high > *most) {
                (false, false) => Err(Empty),
                (true, false) => enforce_sum(terms, i64::MIN, *least - 1, domains),
                (false, true) => enforce_sum(terms, *most + 1, i64::MAX, domains),
                (true, true) => Ok(()),
            }
        }
        Node::All(parts) if truth => parts.iter().try_for_each(|p| enforce(p, true, domains)),
        Node::Any(parts) if !truth => parts.iter().try_for_each(|p| enforce(p, false, domains)),
        Node::All(parts) | Node::Any(parts) => {
            if judged_any(parts, truth, domains) == Some(true) {
                return Ok(());
            }
            let mut open = parts.iter().filter(|p| judged(p, domains).is_none());
            match (open.next(), open.next()) {
                (None, _) => Err(Empty),
                (Some(last), None) => enforce(last, truth, domains),
                _ => Ok(()),
            }
        }
        Node::Not(part) => enforce(part, !truth, domains),
    }
}

fn enforce_sum(terms: &[(i64, u32)], least: i64, most: i64, domains: &mut Domains) -> Result<(), Empty> {
    let (low, high) = domains.reaches(terms);
    if high < least || low > most {
        return Err(Empty);
    }
    for &(times, value) in terms.iter().filter(|t| t.0 != 0) {
        let (own_low, own_high) = domains.reach((times, value));
        // what this term must reach, and may reach, with all others at their best
        let must = if least == i64::MIN { own_low } else { own_low.max(least - (high - own_high)) };
        let may = if most == i64::MAX { own_high } else { own_high.min(most - (low - own_low)) };
        let (from, to) = if times > 0 { (must, may) } else { (may, must) };
        domains.narrow(value, up_div(from, times), down_div(to, times))?;
    }
    Ok(())
}

/// The quotient, rounded up; the divisor is not 0.
fn up_div(number: i64, by: i64) -> i64 {
    -down_div(-number, by)
}

/// The quotient, rounded down; the divisor is not 0.
fn down_div(number: i64, by: i64) -> i64 {
    let (quotient, rest) = (number / by, number % by);
    if rest != 0 && (rest < 0) != (by < 0) { quotient - 1 } else { quotient }
}
