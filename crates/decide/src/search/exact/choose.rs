//! What is chosen next: of what is open, what took part in most of the latest conflicts (Moskewicz et al., DAC 2001).
//!
//! Enters: which variables are of yes and no, conflicts. Leaves: the next choice, as it was the last time. Absent: what follows from it.

use super::solver::{Is, NONE};

/// How much less a conflict counts than the next.
const DECAY: f64 = 0.98;
/// Above this all are made smaller.
const LARGE: f64 = 1e100;

/// A heap of variables by activity.
#[derive(Debug, Default)]
pub(super) struct Choice {
    activity: Vec<f64>,
    /// Where in the heap each variable is.
    place: Vec<u32>,
    heap: Vec<u32>,
    is_choice: Vec<bool>,
    phase: Vec<bool>,
    bump: f64,
}

impl Choice {
    /// The next variable is not of yes and no.
    pub fn none(&mut self) {
        self.activity.push(0.0);
        self.place.push(NONE);
        self.is_choice.push(false);
        self.phase.push(false);
    }

    /// A variable is.
    pub fn add(&mut self, variable: u32) {
        self.is_choice[variable as usize] = true;
        self.insert(variable);
    }

    /// It is to be chosen like this, until it was something else.
    pub fn lean(&mut self, is: Is, holds: bool) {
        self.phase[is.bound as usize / 2] = holds == (is.bound & 1 == 0);
    }

    /// A bound took part in a conflict.
    pub fn took_part(&mut self, bound: u32) {
        let variable = bound as usize / 2;
        if !self.is_choice[variable] {
            return;
        }
        self.activity[variable] += self.bump.max(1.0);
        if self.activity[variable] > LARGE {
            self.activity.iter_mut().for_each(|a| *a /= LARGE);
            self.bump /= LARGE;
        }
        if self.place[variable] != NONE {
            self.up(self.place[variable] as usize);
        }
    }

    /// A conflict is over.
    pub fn decay(&mut self) {
        self.bump = self.bump.max(1.0) / DECAY;
    }

    /// A bound was taken back.
    pub fn again(&mut self, bound: u32, now: i32) {
        let variable = bound / 2;
        if self.is_choice[variable as usize] {
            self.phase[variable as usize] = bound & 1 == 0 && now == 1;
            self.insert(variable);
        }
    }

    /// The next choice, none where nothing is open.
    pub fn next(&mut self, values: &[i32]) -> Option<Is> {
        while let Some(variable) = self.pop() {
            if values[2 * variable as usize] < -values[2 * variable as usize + 1] {
                let yes = Is::at_least(variable, 1);
                return Some(if self.phase[variable as usize] { yes } else { yes.not() });
            }
        }
        None
    }

    fn insert(&mut self, variable: u32) {
        if self.place[variable as usize] == NONE {
            self.place[variable as usize] = self.heap.len() as u32;
            self.heap.push(variable);
            self.up(self.heap.len() - 1);
        }
    }

    fn pop(&mut self) -> Option<u32> {
        let last = self.heap.pop()?;
        let Some(first) = self.heap.first_mut() else {
            self.place[last as usize] = NONE;
            return Some(last);
        };
        let first = std::mem::replace(first, last);
        self.place[last as usize] = 0;
        self.place[first as usize] = NONE;
        self.down(0);
        Some(first)
    }

    fn is_before(&self, a: usize, b: usize) -> bool {
        self.activity[self.heap[a] as usize] > self.activity[self.heap[b] as usize]
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        self.place[self.heap[a] as usize] = a as u32;
        self.place[self.heap[b] as usize] = b as u32;
    }

    fn up(&mut self, mut at: usize) {
        while at > 0 && self.is_before(at, (at - 1) / 2) {
            self.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn down(&mut self, mut at: usize) {
        loop {
            let mut best = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len() && self.is_before(child, best) {
                    best = child;
                }
            }
            if best == at {
                return;
            }
            self.swap(at, best);
            at = best;
        }
    }
}
