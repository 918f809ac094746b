//! All baselines of a plant's machines at once: handed out as they are frozen, put back at a start.
//!
//! Enters: what is remembered; baselines of an earlier run. Leaves: baselines to be kept, standings. Absent: where they are kept. Only what is
//! frozen comes back: the walk against it (newest rows, sums of drifts) begins anew, and what was still being learned is learned from the
//! first reading on.

use super::Memory;
use super::behaviour::Behaviour;
use super::gauges::compared;
use super::machine::MachineMemory;
use super::standing::{Counted, Progress, Standing};
use measure::{Instant, Span};
use plant::{About, ChannelId, Frozen, MachineId, Plant, Role, Used, Window};
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
            let told = self.told(machine);
            self.standings[machine.index()].keep_only(|about| told.iter().any(|(known, _)| *known == about));
            for (about, progress) in told {
                if self.can_learn(plant, machine, about) && self.standings[machine.index()].tell(self.clock, (about, progress)) {
                    let channels = self.channels_of(plant, machine, about);
                    taken.extend(self.frozen(machine, about, channels));
                }
            }
        }
        taken
    }
    /// Baselines by product that were of use since the last call, by machine; asked about once an hour, nothing in between.
    pub fn take_used(&mut self) -> Vec<Used> {
        let (at, told) = (self.clock, *self.used_told.get_or_insert(self.clock));
        if at - told < USED_EVERY {
            return Vec::new();
        }
        self.used_told = Some(at);
        let since = |(about, used): (About, Instant)| (used > told).then_some(about);
        let of = |(behaviour, machine): (&Behaviour, &MachineMemory)| {
            let abouts = behaviour.used().chain(machine.usage.used()).filter_map(since).collect();
            Used { machine: machine.id, at, abouts }
        };
        self.behaviour.iter().zip(&self.machines).map(of).filter(|used| !used.abouts.is_empty()).collect()
    }
    /// Whether a machine has the channels that a baseline is learned from.
    pub fn can_learn(&self, plant: &Plant, machine: MachineId, about: About) -> bool {
        let found = self.channels_of(plant, machine, about).len();
        match about {
            About::Check(code) => found > 0 && found == compared(code).len(),
            _ => found > 0,
        }
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
        Some(Frozen { machine, about, version: standing.version, at, used: at, learned, channels, values })
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
        let progress = baseline.values.as_ref().map_or(NOTHING_YET, |_| Progress::Frozen(baseline.learned));
        let standing = Standing { about, version, progress, at: Some(baseline.at) };
        match done {
            Ok(true) => self.standings[machine.index()].recall(standing),
            Ok(false) => self.standings[machine.index()].leave(standing),
            Err(_) => self.pass_over(machine, about, version),
        }
        done.map(drop)
    }
    /// A baseline of an earlier run cannot be used or is not there any more: what is learned in its place gets the next version.
    pub fn pass_over(&mut self, machine: MachineId, about: About, version: u32) {
        if let Some(standings) = self.standings.get_mut(machine.index()) {
            standings.leave(Standing { about, version: version.saturating_add(1), progress: NOTHING_YET, at: None });
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
    /// `false` where there is no room for it: others were of use later.
    fn put_back(&mut self, baseline: &Frozen) -> Result<bool, String> {
        let (values, learned) = (baseline.values.as_deref(), baseline.learned);
        let behaviour = &mut self.behaviour[baseline.machine.index()];
        let machine = &mut self.machines[baseline.machine.index()];
        match (baseline.about, values) {
            (About::Behaviour(product), _) => behaviour.recall(product, baseline),
            (About::Energy(state, product), _) => {
                if baseline.version > 1 {
                    machine.usage.learn_after(learned.from);
                }
                machine.usage.recall((state, product), baseline)
            }
            // begun anew by itself; there is nothing to put back
            (_, None) => Ok(true),
            (About::Check(_) | About::Stuck(_), Some(values)) => {
                machine.gauges.recall(baseline.about, values, learned).map(|()| true)
            }
            (About::Deviation | About::Stops, Some(values)) => {
                machine.pieces.recall(baseline.about, values, learned).map(|()| true)
            }
        }
    }
}

/// How often it is told which baselines were of use.
const USED_EVERY: Span = Span::from_hours(1);
/// Learned anew: what it needs is told at the next look.
const NOTHING_YET: Progress = Progress::Learning { have: 0.0, of: 0.0, counted: Counted::Minutes };

#[cfg(test)]
mod tests {
    use crate::Knowledge;
    use crate::suite::Scene;
    use measure::{Chance, Span};
    use plant::{About, Frozen, MachineId, MachineState, Role};

    const ROLES: &[(Role, &str)] = &[
        (Role::State, "1"),
        (Role::Power, "W"),
        (Role::Energy, "kW.h"),
        (Role::Good, "1"),
        (Role::Load, "%"),
        (Role::Vibration, "mm/s"),
        (Role::Temperature, "Cel"),
        (Role::AirFlow, "m3/h"),
        (Role::AirPressure, "bar"),
        (Role::Deviation, "1"),
    ];

    /// Three days of a machine that stands by night; all its channels waver.
    fn days() -> Scene {
        let mut scene = Scene::new(&[("press", "press", &[], ROLES)]).expect("a plant");
        let (mut chance, mut kwh) = (Chance::seeded(4), 0.0);
        for minute in 0..3 * 1_440_i64 {
            let runs = (360..1_320).contains(&(minute % 1_440));
            if minute % 1_440 == 360 || minute % 1_440 == 1_320 {
                scene.word(0, Role::State, minute * 60, if runs { "producing" } else { "starved" });
            }
            let (load, second) = (50.0 + 5.0 * chance.normal(), minute * 60);
            let watts = if runs { 3_000.0 + 100.0 * load } else { 800.0 };
            kwh += watts / 60_000.0;
            scene.number(0, Role::Power, second, watts * (1.0 + 0.002 * chance.normal()));
            scene.number(0, Role::Energy, second, kwh);
            scene.number(0, Role::Good, second, (minute / 2) as f64);
            scene.number(0, Role::Load, second, load);
            (0..3).for_each(|i| scene.number(0, Role::Vibration, second + 20 * i, 2.0 + 0.1 * chance.normal()));
            scene.number(0, Role::Temperature, second, 60.0 + chance.normal());
            let flow = 100.0 + 10.0 * chance.normal();
            scene.number(0, Role::AirFlow, second, flow);
            scene.number(0, Role::AirPressure, second, 7.0 - 0.01 * flow + 0.01 * chance.normal());
            if runs {
                scene.number(0, Role::Deviation, second, 0.1 * chance.normal());
            }
        }
        scene
    }

    fn put_back(scene: &Scene, baselines: &[Frozen]) -> Knowledge {
        let mut know = Knowledge::new(&scene.plant);
        for baseline in baselines {
            know.recall(&scene.plant, baseline).unwrap_or_else(|reason| panic!("{:?}: {reason}", baseline.about));
        }
        know
    }

    #[test]
    fn every_sort_of_baseline_comes_back_as_it_was() {
        let scene = days();
        let mut first = scene.play().0;
        let taken = first.take_frozen(&scene.plant);
        let abouts: Vec<About> = taken.iter().map(|f| f.about).collect();
        let mut due = vec![About::Behaviour(None), About::Energy(MachineState::Producing, None), About::Deviation];
        due.extend(About::CHECKS.map(About::Check));
        due.extend([Role::Power, Role::Load, Role::Vibration, Role::AirFlow].map(About::Stuck));
        for about in due {
            assert!(abouts.contains(&about), "{about:?} is not among {abouts:?}");
        }
        assert!(taken.iter().all(|f| f.version == 1 && f.values.is_some() && f.learned.from <= f.learned.to));
        let mut second = put_back(&scene, &taken);
        assert_eq!(second.take_frozen(&scene.plant), [], "nothing is handed out again");
        let mut whole = (second.memory().clone(), first.memory().clone());
        for Frozen { about, values, .. } in &taken {
            if !matches!(about, About::Behaviour(_)) {
                let (back, was) = (whole.0.values(MachineId(0), *about), whole.1.values(MachineId(0), *about));
                assert_eq!((&back, back.as_deref()), (&was, values.as_deref()), "{about:?}");
            }
            let standing = |know: &Knowledge| know.standings()[0].iter().find(|s| s.about == *about).copied();
            assert_eq!(standing(&second), standing(&first), "{about:?}");
        }
    }

    #[test]
    fn what_the_machine_cannot_learn_any_more_is_not_shown() {
        let mut scene = days();
        let taken = scene.play().0.take_frozen(&scene.plant);
        // the meters and the air flow are taken away
        let kept: Vec<_> = ROLES.iter().filter(|r| ![Role::Power, Role::Energy, Role::AirFlow].contains(&r.0)).copied().collect();
        scene.plant = Scene::new(&[("press", "press", &[], &kept)]).expect("a plant").plant;
        let (mut know, machine) = (Knowledge::new(&scene.plant), MachineId(0));
        for frozen in &taken {
            if know.recall(&scene.plant, frozen).is_err() {
                know.pass_over(machine, frozen.about, frozen.version);
            }
        }
        know.take_frozen(&scene.plant);
        let shown: Vec<About> = know.standings()[0].iter().map(|s| s.about).collect();
        let gone = [About::Check("power_meter"), About::Check("flow_pressure"), About::Energy(MachineState::Producing, None)];
        for about in gone.into_iter().chain([Role::Power, Role::AirFlow].map(About::Stuck)) {
            assert!(!know.can_learn(&scene.plant, machine, about) && !shown.contains(&about), "{about:?} in {shown:?}");
        }
        assert!(know.can_learn(&scene.plant, machine, About::Check("temperature")));
    }

    #[test]
    fn what_is_of_use_is_told_once_an_hour() {
        let mut memory = days().play().0.memory().clone();
        let (from, mut told) = (memory.clock, Vec::new());
        for minute in 0..150 {
            memory.clock = from + Span::from_minutes(minute);
            // the press is said to go on
            memory.behaviour[0].minute(memory.clock, Some((None, 1)));
            told.extend(memory.take_used().into_iter().map(|used| (minute, used)));
        }
        let minutes: Vec<i64> = told.iter().map(|(minute, _)| *minute).collect();
        assert_eq!(minutes, [60, 120]);
        assert!(told.iter().all(|(_, used)| used.abouts == [About::Behaviour(None)]), "{told:?}");
    }

    #[test]
    fn values_of_another_sort_are_refused_and_the_next_version_is_learned() {
        let scene = days();
        let taken = scene.play().0.take_frozen(&scene.plant);
        for about in taken.iter().map(|f| f.about) {
            for wrong in [&[][..], &[f64::NAN; 4], &[1.0; 7], &[-1.0]] {
                let frozen = taken.iter().find(|f| f.about == about).expect("it was taken");
                let frozen = Frozen { values: Some(wrong.into()), ..frozen.clone() };
                let mut know = Knowledge::new(&scene.plant);
                know.recall(&scene.plant, &frozen).expect_err("it is none");
                assert_eq!(know.memory().standings(MachineId(0)), [], "nothing is learned yet");
                assert_eq!(know.memory().standings[0].learned_under(about), 2, "{about:?} {wrong:?}");
            }
        }
    }
}
