//! How much of a resource is in use when.
//!
//! Enters: intervals with amounts. Leaves: when an amount is free for long enough, and where it is not. Absent: who uses it.

/// A step function: from each instant on so much, until the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    steps: Vec<(i32, i64)>,
}

impl Profile {
    /// Begins anew with what is lacking of the largest capacity; the first step is at 0.
    pub fn reset(&mut self, lacking: &[(i32, i64)]) {
        self.steps.clear();
        for step in lacking {
            // two capacities of one instant: the later one holds
            if self.steps.last().is_some_and(|l| l.0 == step.0) {
                self.steps.pop();
            }
            self.steps.push(*step);
        }
    }

    /// The first instant from `from` at which for so long no more than `room` is in use; none where there is none.
    pub fn earliest(&self, from: i32, length: i32, room: i64) -> Option<i32> {
        if length == 0 {
            return Some(from);
        }
        let mut start = from;
        let mut at = self.steps.partition_point(|s| s.0 <= from).saturating_sub(1);
        loop {
            let next = self.steps.get(at + 1).map(|s| s.0);
            if self.steps[at].1 > room {
                start = next?;
            } else if next.is_none_or(|next| next >= start.saturating_add(length)) {
                return Some(start);
            }
            at += 1;
        }
    }

    /// The end of the first stretch between two instants in which more than `room` is in use; none where there is none. One that never ends
    /// ends with its last step.
    pub fn short(&self, from: i32, to: i32, room: i64) -> Option<i32> {
        let first = self.steps.partition_point(|s| s.0 <= from).saturating_sub(1);
        let at = (first..self.steps.len()).take_while(|at| self.steps[*at].0 < to).find(|at| self.steps[*at].1 > room)?;
        let free = self.steps[at..].iter().find(|s| s.1 <= room);
        Some(free.or(self.steps.last())?.0.max(from + 1))
    }

    /// Uses an amount from and to; a negative one gives it back.
    pub fn add(&mut self, from: i32, to: i32, amount: i64) {
        if from >= to {
            return;
        }
        let first = self.split(from);
        let last = self.split(to);
        for step in &mut self.steps[first..last] {
            step.1 += amount;
        }
    }

    /// The place of the step that begins at an instant.
    fn split(&mut self, at: i32) -> usize {
        let place = self.steps.partition_point(|s| s.0 < at);
        if self.steps.get(place).is_none_or(|s| s.0 != at) {
            let used = self.steps[place - 1].1;
            self.steps.insert(place, (at, used));
        }
        place
    }
}
