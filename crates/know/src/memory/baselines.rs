//! All baselines of a plant's machines at once: handed out as they are frozen, put back at a start.
//!
//! Enters: what is remembered; baselines of an earlier run. Leaves: baselines to be kept, standings. Absent: where they are kept. Only what is
//! frozen comes back: the walk against it (newest rows, sums of drifts) begins anew, and what was still being learned is learned from the
//! first reading on.

use super::Memory;
use super::gauges::compared;
use super::standing::{Counted, Progress, Standing};
use plant::{About, ChannelId, Frozen, MachineId, Plant, Role, Window};
use std::sync::Arc;

impl Memory {
    /// How far the baselines of a machine are, as of the last [`Self::take_frozen`].
    pub fn standings(&self, machine: MachineId) -> &[Standing] {
        self.standings.get(machine.index()).map_or(&[], |standings| standings.all())
    }
    /// What was frozen since the last call, and, without values, what is learned anew since then.
    pub fn take_frozen(&mut self, plant: &Plant) -> Vec<Frozen> {
        let mut taken = Vec::new();
        for machine in plant.machines.iter().map(|m| m.id) {
            for told in self.told(machine) {
                let about = told.0;
                let channels = self.channels_of(plant, machine, about);
                if !channels.is_empty() && self.standings[machine.index()].tell(self.clock, told) {
                    taken.extend(self.frozen(machine, about, channels));
                }
            }
        }
        taken
    }
    fn told(&self, machine: MachineId) -> Vec<(About, Progress)> {
        let (behaviour, machine) = (&self.behaviour[machine.index()], self.machine(machine));
        let parts = behaviour.standings().chain(machine.usage.standings());
        parts.chain(machine.gauges.standings()).chain(machine.pieces.standings()).collect()
    }
    fn frozen(&mut self, machine: MachineId, about: About, channels: Vec<ChannelId>) -> Option<Frozen> {
        let standing = self.standings(machine).iter().find(|s| s.about == about).copied()?;
        let at = standing.at?;
        let (learned, values) = match standing.progress {
            Progress::Learning { .. } => (Window { from: at, to: at }, None),
            Progress::Frozen(learned) => (learned, Some(Arc::from(self.values(machine, about)?))),
        };
        Some(Frozen { machine, about, version: standing.version, at, learned, channels, values })
    }
    fn values(&mut self, machine: MachineId, about: About) -> Option<Vec<f64>> {
        let (behaviour, machine) = (&mut self.behaviour[machine.index()], &self.machines[machine.index()]);
        match about {
            About::Behaviour(product) => behaviour.take_rows(product),
            About::Energy(state, product) => machine.usage.values(state, product).map(|values| values.to_vec()),
            About::Check(_) | About::Stuck(_) => machine.gauges.values(about),
            About::Deviation | About::Stops => machine.pieces.values(about),
        }
    }
    /// The channels that a baseline of a machine is learned from.
    fn channels_of(&self, plant: &Plant, machine: MachineId, about: About) -> Vec<ChannelId> {
        let roles: &[Role] = match &about {
            About::Behaviour(_) => return self.behaviour[machine.index()].channels().to_vec(),
            About::Energy(..) => &[Role::Power, Role::Energy],
            About::Check(code) => compared(code),
            About::Stuck(role) => std::slice::from_ref(role),
            About::Deviation => &[Role::Deviation],
            About::Stops => &[Role::Good, Role::Scrap],
        };
        roles.iter().filter_map(|role| plant.role(machine, *role)).map(|channel| channel.id).collect()
    }
    /// Puts a baseline of an earlier run back, before any reading is taken; without values it is learned anew under its version.
    ///
    /// # Errors
    /// Why it cannot be used: the machine has other channels now, or nothing can be made of its values. It is learned anew then, under the
    /// next version.
    pub fn recall(&mut self, plant: &Plant, baseline: &Frozen) -> Result<(), String> {
        let Frozen { machine, about, version, .. } = *baseline;
        if machine.index() >= self.machines.len() {
            return Err("its machine is not in the configuration any more".to_owned());
        }
        let done = self.fits(plant, baseline).and_then(|()| self.put_back(baseline));
        match done {
            Ok(()) => {
                let progress = baseline.values.as_ref().map_or(NOTHING_YET, |_| Progress::Frozen(baseline.learned));
                self.standings[machine.index()].recall(Standing { about, version, progress, at: Some(baseline.at) });
            }
            Err(_) => self.pass_over(machine, about, version),
        }
        done
    }
    /// A baseline of an earlier run cannot be used: what is learned in its place gets the next version.
    pub fn pass_over(&mut self, machine: MachineId, about: About, version: u32) {
        let Some(standings) = self.standings.get_mut(machine.index()) else { return };
        standings.recall(Standing { about, version: version.saturating_add(1), progress: NOTHING_YET, at: None });
        if let About::Behaviour(product) = about {
            // where there is no room for a further product, there is no baseline that could have a version
            let _ = self.behaviour[machine.index()].recall(product, version.saturating_add(1), None);
        }
    }
    fn fits(&self, plant: &Plant, baseline: &Frozen) -> Result<(), String> {
        let now = self.channels_of(plant, baseline.machine, baseline.about);
        let name = |id: &ChannelId| plant.channels.get(id.index()).map_or("?", |c| c.name.as_str());
        let names = |ids: &[ChannelId]| ids.iter().map(name).collect::<Vec<_>>().join(", ");
        if now == baseline.channels {
            return Ok(());
        }
        Err(format!("it was learned from the channels {}; it would be from {} now", names(&baseline.channels), names(&now)))
    }
    fn put_back(&mut self, baseline: &Frozen) -> Result<(), String> {
        let (values, learned) = (baseline.values.as_deref(), baseline.learned);
        let behaviour = &mut self.behaviour[baseline.machine.index()];
        let machine = &mut self.machines[baseline.machine.index()];
        match (baseline.about, values) {
            (About::Behaviour(product), _) => behaviour.recall(product, baseline.version, values.map(|rows| (rows, learned))),
            (About::Energy(state, product), _) => {
                if baseline.version > 1 {
                    machine.usage.learn_after(learned.from);
                }
                machine.usage.recall((state, product), values, learned)
            }
            // begun anew by itself; there is nothing to put back
            (_, None) => Ok(()),
            (About::Check(_) | About::Stuck(_), Some(values)) => machine.gauges.recall(baseline.about, values, learned),
            (About::Deviation | About::Stops, Some(values)) => machine.pieces.recall(baseline.about, values, learned),
        }
    }
}

/// Learned anew: what it needs is told at the next look.
const NOTHING_YET: Progress = Progress::Learning { have: 0.0, of: 0.0, counted: Counted::Minutes };
