//! The room's one value: readings in, findings and forecasts out, figures on request.
//!
//! Enters: batches, images, ids. Leaves: records, profiles, KPIs. Absent: how each is worked out (the other files).

use crate::detect::{self, Look, Names, Sight};
use crate::diagnose::{self, Cases, CauseModel};
use crate::kpi::{self, EnergyAccount, EnergyUse, Kpis, Losses, Scope, Stretch};
use crate::learn;
use crate::lessons::Topic;
use crate::lessons::fared::{Fared, Score};
use crate::lessons::follow::Follower;
use crate::lessons::model::Way;
use crate::memory::Memory;
use crate::memory::missed::Missed;
use crate::memory::standing::Standing;
use crate::predict;
use crate::rework::Rework;
use crate::watch::{Mint, Watch};
use measure::{Instant, Span};
use plant::{
    About, Batch, Finding, Forecast, ForecastKind, Frozen, Image, Lexicon, MachineId, MachineProfile, OrderId, Plant, Record,
    RecordId, RecordKind, Suspect, Used, Window,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything learned of a plant. A value: clone it and both go on alike.
#[derive(Clone, Debug)]
pub struct Knowledge {
    memory: Memory,
    profiles: Vec<MachineProfile>,
    watch: Watch,
    model: CauseModel,
    cases: Arc<Cases>,
    detectors_due: Vec<Instant>,
    predictors_due: Vec<Instant>,
    profiles_due: Instant,
    /// Whether baselines may have been frozen or begun anew since the last look.
    baselines_due: bool,
    /// How far baselines are, by machine, as of the last look.
    standings: Arc<Vec<Vec<Standing>>>,
    /// What is foretold of parts and pieces, until it is known what came.
    follower: Follower,
    /// How that fared, by kind and topic.
    fared: BTreeMap<(usize, Topic), Fared>,
}

/// Samples followed at most of each part, and of the pieces of each machine.
const FOLLOWED_MAX: usize = 64;
/// Lessons that figures of lately rest on: some lives, or a few days of a machine's pieces.
const LATELY: f64 = 300.0;
/// How often profiles are brought up to date beyond idle spells.
const PROFILES: Span = Span::from_minutes(30);

impl Knowledge {
    /// Nothing learned yet.
    pub fn new(plant: &Plant) -> Self {
        let profile = |m: &plant::Machine| MachineProfile { machine: m.id, ..MachineProfile::default() };
        let mut fresh = Self {
            memory: Memory::new(plant),
            profiles: plant.machines.iter().map(profile).collect(),
            watch: Watch::default(),
            model: CauseModel::default(),
            cases: Arc::default(),
            detectors_due: vec![Instant::MIN; detect::ALL.len()],
            predictors_due: vec![Instant::MIN; predict::ALL.len()],
            profiles_due: Instant::MIN,
            baselines_due: false,
            standings: Arc::new(vec![Vec::new(); plant.machines.len()]),
            follower: Follower::new(plant, |_| true, FOLLOWED_MAX),
            fared: BTreeMap::new(),
        };
        for profile in &mut fresh.profiles {
            learn::refresh(profile, &fresh.memory, plant, Instant::EPOCH);
        }
        fresh
    }
    /// Takes accepted readings. Cheap; nothing is judged.
    pub fn absorb(&mut self, plant: &Plant, batch: &Batch, lexicon: &Lexicon) {
        self.memory.absorb(plant, batch, lexicon);
    }
    /// Judges what is remembered, each detector and predictor when it is due; returns findings and forecasts that are new
    /// or have changed. When nothing is due and no state has changed this costs next to nothing.
    pub fn judge(&mut self, plant: &Plant, image: &Image, mint: &mut dyn FnMut(RecordKind) -> RecordId) -> Vec<Record> {
        let now = image.at;
        let minute = self.memory.tick(plant, now);
        let mut records = Vec::new();
        for machine in self.memory.take_changed() {
            let place = machine.index();
            learn::refresh_idle(&mut self.profiles[place], &self.memory, now);
            for detector in detect::ALL.iter().filter(|d| d.on_change) {
                records.extend(self.look(detector, plant, image, place, mint));
            }
        }
        if minute {
            self.baselines_due = true;
            self.learn(plant, now);
            self.detect(plant, image, mint, &mut records);
            self.predict(plant, image, mint, &mut records);
            self.follow(image.at);
        }
        records
    }
    fn learn(&mut self, plant: &Plant, now: Instant) {
        let all = now >= self.profiles_due;
        if all {
            self.profiles_due = now + PROFILES;
            let watch = &self.watch;
            self.memory.learn_usage(now, &|machine, window| watch.leaked(machine, window));
        }
        for profile in &mut self.profiles {
            if all {
                learn::refresh(profile, &self.memory, plant, now);
            }
            if self.memory.machine(profile.machine).idle_from.is_some() {
                learn::refresh_idle(profile, &self.memory, now);
            }
        }
    }
    fn detect(&mut self, plant: &Plant, image: &Image, mint: Mint<'_>, records: &mut Vec<Record>) {
        for (i, detector) in detect::ALL.iter().enumerate() {
            if image.at >= self.detectors_due[i] {
                self.detectors_due[i] = image.at + detector.cadence;
                for place in 0..self.profiles.len() {
                    records.extend(self.look(detector, plant, image, place, mint));
                }
            }
        }
    }
    fn look(
        &mut self,
        detector: &detect::Detector,
        plant: &Plant,
        image: &Image,
        place: usize,
        mint: Mint<'_>,
    ) -> Option<Record> {
        let machine = self.profiles[place].machine;
        let open = self.watch.open(detector, machine);
        let profile = &self.profiles[place];
        let sight = Sight { now: image.at, plant, image, memory: &self.memory, machine, profile, open };
        let look = (detector.look)(&sight);
        let causes = match look {
            Look::Unsure => return None,
            Look::Found(_) if detector.names() != Names::Only => self.suspects(detector, &sight),
            _ => Vec::new(),
        };
        self.watch.saw(detector, machine, image.at, (look, causes), mint)
    }
    fn suspects(&self, detector: &detect::Detector, sight: &Sight<'_>) -> Vec<Suspect> {
        let kind = &sight.plant.machine(sight.machine).kind;
        let own = (detector.names() == Names::Likely).then_some(detector.cause);
        diagnose::rank(&self.model, &self.cases, kind, own, &diagnose::strengths(sight))
    }
    /// Adds lines to the cause model; see `docs/causes.md`.
    pub fn add_causes(&mut self, model: CauseModel) {
        self.model = std::mem::take(&mut self.model).with(model);
    }
    /// Takes what a person found when they looked: it changes the ranking of causes from now on. The finding carries the confirmation; it
    /// may have ended, or come from an earlier run.
    pub fn confirm(&mut self, plant: &Plant, finding: &Finding) {
        if let Some(machine) = plant.machines.get(finding.machine.index()) {
            Arc::make_mut(&mut self.cases).take(&machine.kind, finding);
            self.watch.confirm(finding);
        }
    }
    /// What people found so far.
    pub const fn cases(&self) -> &Arc<Cases> {
        &self.cases
    }
    fn predict(&mut self, plant: &Plant, image: &Image, mint: Mint<'_>, records: &mut Vec<Record>) {
        let before = records.len();
        for (i, predictor) in predict::ALL.iter().enumerate() {
            if image.at < self.predictors_due[i] {
                continue;
            }
            self.predictors_due[i] = image.at + predictor.cadence;
            for place in 0..self.profiles.len() {
                let machine = self.profiles[place].machine;
                let profile = &self.profiles[place];
                let sight = Sight { now: image.at, plant, image, memory: &self.memory, machine, profile, open: None };
                let expected = (predictor.foresee)(&sight);
                records.extend(self.watch.expects(predictor, machine, image.at, expected, mint));
            }
        }
        if records.len() != before || self.profiles.iter().any(|p| p.failure.is_some()) {
            self.name_failures();
        }
    }
    /// Looks what came of what was foretold of parts and pieces.
    fn follow(&mut self, now: Instant) {
        for (machine, topic, episode) in self.follower.look(&self.memory, now) {
            if episode.is_certain {
                let of = (self.memory.kinds[machine.index()], topic);
                let fared = self.fared.entry(of).or_insert_with(|| Fared::lately(LATELY));
                episode.lessons.iter().for_each(|l| fared.add(&l.told, &l.sample.plain, l.came));
            }
        }
    }
    /// How what was foretold of parts and pieces fared lately, by kind of machine and topic; nothing of parts that were replaced before they
    /// failed, and nothing from before a start.
    pub fn fared(&self, plant: &Plant) -> Vec<(String, Topic, Score)> {
        let name = |kind: usize| {
            let place = self.memory.kinds.iter().position(|k| *k == kind)?;
            plant.machines.get(place).map(|m| m.kind.clone())
        };
        let told = |((kind, topic), fared): (&(usize, Topic), &Fared)| Some((name(*kind)?, *topic, fared.score()?));
        self.fared.iter().filter_map(told).collect()
    }
    /// Puts the most probable failure forecast in force into each profile.
    fn name_failures(&mut self) {
        for profile in &mut self.profiles {
            let of_machine = |f: &&Forecast| f.machine == Some(profile.machine) && f.kind == ForecastKind::FailureProbability;
            let worst = self.watch.forecasts().iter().filter(of_machine);
            profile.failure = worst.max_by(|a, b| a.value.value.total_cmp(&b.value.value)).map(|f| f.id);
        }
    }
    /// What was learned of each machine, by machine.
    pub fn profiles(&self) -> &[MachineProfile] {
        &self.profiles
    }
    /// Open findings.
    pub fn findings(&self) -> &[Finding] {
        self.watch.findings()
    }
    /// Forecasts in force.
    pub fn forecasts(&self) -> &[Forecast] {
        self.watch.forecasts()
    }
    /// KPIs of a scope in a window of the last seven days; cut at the latest instant known of.
    pub fn kpis(&self, plant: &Plant, scope: Scope, window: Window) -> Kpis {
        kpi::kpis(&self.memory, plant, scope, window)
    }
    /// KPIs as [`Self::kpis`], and the six big losses of the same scope and window with its stops by cause; no losses where no time was
    /// planned.
    pub fn kpis_and_losses(&self, plant: &Plant, scope: Scope, window: Window) -> (Kpis, Option<Losses>) {
        kpi::kpis_and_losses(&self.memory, plant, scope, window)
    }
    /// KPIs of the unit, each line, each machine, each order worked on in the window, and each team.
    pub fn all_kpis(&self, plant: &Plant, window: Window) -> Vec<(Scope, Kpis)> {
        let mut scopes = vec![Scope::Unit];
        scopes.extend(plant.lines.iter().map(|l| Scope::Line(l.id)));
        scopes.extend(plant.machines.iter().map(|m| Scope::Machine(m.id)));
        scopes.extend(self.orders(window).into_iter().map(Scope::Order));
        scopes.extend(plant.teams.iter().map(|t| Scope::Team(t.id)));
        scopes.into_iter().map(|scope| (scope, self.kpis(plant, scope, window))).collect()
    }
    /// Orders worked on in a window.
    pub fn orders(&self, window: Window) -> Vec<OrderId> {
        let on = |m: &crate::memory::machine::MachineMemory| -> Vec<OrderId> {
            m.log.clips(window).filter_map(|c| c.slice.tags.order).collect()
        };
        let mut orders: Vec<OrderId> = self.memory.machines.iter().flat_map(on).collect();
        orders.sort_unstable();
        orders.dedup();
        orders
    }
    /// States of a machine in a window; the last stretch ends at the end of the window.
    pub fn timeline(&self, machine: MachineId, window: Window) -> Vec<Stretch> {
        self.memory.machines.get(machine.index()).map(|m| m.log.stretches(window)).unwrap_or_default()
    }
    /// Where a machine's energy went in a window.
    pub fn energy(&self, _plant: &Plant, machine: MachineId, window: Window) -> EnergyAccount {
        let until = Window { from: window.from, to: window.to.min(self.memory.clock) };
        kpi::energy(&self.memory, machine, window, &self.watch.lost(machine, until))
    }
    /// What a machine took in a window against what was expected of its states, product and pieces.
    pub fn energy_use(&self, machine: MachineId, window: Window) -> EnergyUse {
        let leaks = self.watch.leaked(machine, window) > 0.0;
        kpi::energy_use(&self.memory, machine, window, &|part| if leaks { self.watch.leaked(machine, part) } else { 0.0 })
    }
    /// Forgets the baseline of what a machine makes now, and what energy it usually takes: somebody agreed that the machine is another one now.
    /// Both are learned anew under the next version. `false` where no baseline is in use at the moment; then nothing is forgotten.
    pub fn relearn(&mut self, machine: MachineId) -> bool {
        let (behaviour, now) = (self.memory.behaviour.get_mut(machine.index()), self.memory.clock);
        let had = behaviour.is_some_and(|behaviour| behaviour.relearn(now));
        if had {
            self.memory.machines[machine.index()].usage.relearn(now);
            self.baselines_due = true;
        }
        had
    }
    /// Baselines that were frozen since the last call, and, without values, those that are learned anew since then: they are to be kept, so
    /// that [`Self::recall`] can put them back at the next start. Looked for once a minute, and after [`Self::relearn`].
    pub fn take_frozen(&mut self, plant: &Plant) -> Vec<Frozen> {
        if !std::mem::take(&mut self.baselines_due) {
            return Vec::new();
        }
        let frozen = self.memory.take_frozen(plant);
        let now: Vec<&[Standing]> = plant.machines.iter().map(|m| self.memory.standings(m.id)).collect();
        if self.standings.iter().ne(now.iter()) {
            self.standings = Arc::new(now.into_iter().map(<[Standing]>::to_vec).collect());
        }
        frozen
    }
    /// Baselines by product that were of use lately, by machine: told once an hour, so that those are kept that are of use.
    pub fn take_used(&mut self) -> Vec<Used> {
        self.memory.take_used()
    }
    /// Whether a machine has the channels that a baseline is learned from.
    pub fn can_learn(&self, plant: &Plant, machine: MachineId, about: About) -> bool {
        self.memory.can_learn(plant, machine, about)
    }
    /// Puts a baseline of an earlier run back; MUST be done before any reading is taken, with the newest version of each.
    ///
    /// # Errors
    /// Why it cannot be used; it is learned anew then, under the next version.
    pub fn recall(&mut self, plant: &Plant, baseline: &Frozen) -> Result<(), String> {
        self.baselines_due = true;
        self.memory.recall(plant, baseline)
    }
    /// A baseline of an earlier run cannot be read: what is learned in its place gets the next version.
    pub fn pass_over(&mut self, machine: MachineId, about: About, version: u32) {
        self.memory.pass_over(machine, about, version);
    }
    /// How far the baselines are, by machine, as of the last look.
    pub const fn standings(&self) -> &Arc<Vec<Vec<Standing>>> {
        &self.standings
    }
    /// Whether readings came too late for the log of a machine since the last [`Self::take_missed`].
    pub fn has_missed(&self) -> bool {
        self.memory.has_missed()
    }
    /// Readings that came too late for the log of their machine since the last call, by machine.
    pub fn take_missed(&mut self) -> Vec<(MachineId, Missed)> {
        self.memory.take_missed()
    }
    /// Readings that came later than [`HORIZON`](crate::memory::HORIZON), for which no log is worked out again.
    pub const fn beyond(&self) -> u64 {
        self.memory.beyond
    }
    /// A replay that works a machine's log out again from before its earliest late reading on; over the whole horizon without one.
    pub fn rework(&self, machine: MachineId, late: Option<Instant>, now: Instant) -> Rework {
        self.memory.rework(machine, late, now)
    }
    /// Puts what was worked out again in the place of the live log. It MUST have been given all readings that came since
    /// [`Self::rework`].
    pub fn adopt(&mut self, rework: Rework) {
        self.memory.adopt(rework);
    }
    /// From now on a topic is foretold in this way at the machines of a kind.
    pub fn foretell_by(&mut self, plant: &Plant, of: (&str, Topic), way: Way) {
        self.memory.foretell_by(plant, of, way);
    }
    /// What is remembered, for tests and for people who look inside.
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }
}
