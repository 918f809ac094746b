//! Reporting by exception: words and counters when they change, power and energy also when the state does.

use super::run::Workshop;
use super::sample::{Sample, SampleValue};
use plant::{OrderId, Role};
use std::sync::Arc;

/// Longest infeed told [bytes]; orders beyond are left out until they come nearer.
const INFEED_BYTES_MAX: usize = 240;

impl Workshop {
    /// Tells a number, if the machine has a channel for it.
    pub(super) fn tell(&mut self, machine: usize, role: Role, value: f64) {
        if let Some(channel) = self.layout.machines[machine].port(role) {
            self.samples.push(Sample { channel, at: self.now, value: SampleValue::Number(value) });
        }
    }

    /// Tells a word, if the machine has a channel for it.
    pub(super) fn tell_word(&mut self, machine: usize, role: Role, word: Arc<str>) {
        if let Some(channel) = self.layout.machines[machine].port(role) {
            self.samples.push(Sample { channel, at: self.now, value: SampleValue::Word(word) });
        }
    }

    /// Tells the counters of pieces where they changed.
    pub(super) fn tell_counts(&mut self, machine: usize) {
        let here = &mut self.machines[machine];
        let (good, scrap) = (here.tally.good, here.tally.scrap);
        let told_good = here.told.good.replace(good);
        let told_scrap = here.told.scrap.replace(scrap);
        if told_good != Some(good) {
            self.tell(machine, Role::Good, good as f64);
        }
        if told_scrap != Some(scrap) {
            self.tell(machine, Role::Scrap, scrap as f64);
        }
    }

    /// Tells the energy counter [kW.h], to the meter's resolution of 1 W.h.
    pub(super) fn tell_energy(&mut self, machine: usize) {
        let worked = self.attendance.until.is_some();
        let here = &mut self.machines[machine];
        here.settle(self.now, worked);
        let energy = (here.meter.joules / 3_600.0).floor() / 1_000.0;
        if here.told.energy.is_none_or(|(at, _)| at < self.now) {
            here.told.energy = Some((self.now, energy));
            self.tell(machine, Role::Energy, energy);
        }
    }

    /// Tells all that changed at a machine since it was last told.
    pub(super) fn tell_changes(&mut self, machine: usize) {
        self.machines[machine].dirty = false;
        if self.layout.machines[machine].makes() {
            self.tell_counts(machine);
            self.tell_order(machine);
            self.tell_infeed(machine);
            let here = &mut self.machines[machine];
            let speed = here.speed * 100.0;
            if here.told.speed.replace(speed) != Some(speed) {
                self.tell(machine, Role::Speed, speed);
            }
        }
        let here = &mut self.machines[machine];
        let state = here.state;
        if here.told.state.replace(state) != Some(state) {
            let word = Arc::clone(&self.layout.states[state.index()]);
            self.tell_word(machine, Role::State, word);
            self.tell_power(machine);
            self.tell_energy(machine);
        }
    }

    fn tell_order(&mut self, machine: usize) {
        let order = self.machines[machine].order();
        let name = order.map_or(&self.layout.none, |o| &self.layout.jobs[o.index()].name);
        if self.machines[machine].told.order.as_ref() != Some(name) {
            let name = Arc::clone(name);
            self.machines[machine].told.order = Some(Arc::clone(&name));
            self.tell_word(machine, Role::Order, name);
        }
    }

    fn tell_infeed(&mut self, machine: usize) {
        if self.layout.machines[machine].port(Role::Infeed).is_none() {
            return;
        }
        let waiting: Vec<OrderId> = self.machines[machine].infeed.iter().map(|l| l.order).collect();
        if self.machines[machine].told.infeed.as_ref() == Some(&waiting) {
            return;
        }
        let mut words = String::new();
        for order in &waiting {
            let name = &self.layout.jobs[order.index()].name;
            if words.len() + name.len() >= INFEED_BYTES_MAX {
                break;
            }
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(name);
        }
        self.machines[machine].told.infeed = Some(waiting);
        self.tell_word(machine, Role::Infeed, Arc::from(words));
    }
}
