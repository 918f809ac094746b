//! What a machine does after a decision was carried out: time by state, counters, the spell that the decision caused.
//!
//! Enters: the image of each step. Leaves: sums since the execution. Absent: what they mean for the effect ([`crate::effect`]).

use measure::{Instant, Span};
use plant::{
    Action, Because, Code, Decision, Evidence, Image, MachineId, MachineProfile, MachineState, OrderId, Plant, Role, StatePower,
};

/// Time by [`MachineState::index`].
pub type Spans = [Span; MachineState::ALL.len()];

/// Rise of a counter, resets to a lower number included.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// First reading: when and what.
    pub first: Option<(Instant, f64)>,
    /// Last reading: when and what.
    pub last: Option<(Instant, f64)>,
    /// Rise between them, in the channel's unit.
    pub sum: f64,
}

/// What was seen of a machine since a decision was carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// When the command was acknowledged.
    pub executed: Instant,
    /// State when it was sent.
    pub first: MachineState,
    /// Time by state since then.
    pub spans: Spans,
    /// Time by state until the spell that the decision caused was over.
    pub spell: Spans,
    /// When that spell began.
    pub entered: Option<Instant>,
    /// When it was over, and the state that followed.
    pub left: Option<(Instant, MachineState)>,
    /// Energy, in the unit of its channel; stops with the spell for standby.
    pub energy: Tally,
    /// Energy until the spell was over.
    pub spell_energy: Tally,
    /// Energy by state, in the unit of its channel.
    pub energy_by: [f64; MachineState::ALL.len()],
    /// Good pieces.
    pub good: Tally,
    /// Scrapped pieces.
    pub scrap: Tally,
    /// Warm-up within worked shifts until the spell was over.
    pub warm_worked: Span,
    /// Whether the machine was woken by a command.
    pub is_woken: bool,
    /// Time in which nothing was seen: the unit was restarted.
    pub blind: Span,
    /// Power that the meter showed when the command was sent [W].
    pub draw: Option<f64>,
    /// Learned power at the time.
    pub power: Option<[StatePower; MachineState::ALL.len()]>,
    seen: Instant,
    state: MachineState,
    is_restored: bool,
}

/// Names of the evidence that lets a measurement go on after a restart.
const START: [(&str, Role); 3] = [("start_energy", Role::Energy), ("start_good", Role::Good), ("start_scrap", Role::Scrap)];
const START_AT: &str = "start_at";

impl Tally {
    /// Takes the newest reading.
    pub fn take(&mut self, at: Instant, value: f64) {
        if !value.is_finite() {
            return;
        }
        match self.last {
            Some((before, _)) if at <= before => return,
            Some((_, before)) => self.sum += if value >= before { value - before } else { value },
            None => self.first = Some((at, value)),
        }
        self.last = Some((at, value));
    }
}

/// States that belong to the spell a decision causes.
fn in_spell(decision: &Decision, image: &Image, state: MachineState) -> bool {
    use MachineState as S;
    match &decision.action {
        Action::Standby => matches!(state, S::Standby | S::WarmingUp),
        Action::Wake => !matches!(state, S::SetUp | S::Producing | S::Down | S::Service),
        Action::Service(_) => state == S::Service,
        Action::Speed(_) => true,
        // Until the last of the weighed orders is set up.
        Action::Run(_) => {
            let infeed = image.machines.get(decision.machine.index()).map_or(&[][..], |m| &m.infeed);
            state == S::SetUp || orders(decision).any(|o| infeed.contains(&o))
        }
    }
}

fn orders(decision: &Decision) -> impl Iterator<Item = OrderId> {
    decision.because.iter().filter_map(|b| match b {
        Because::Order(order) => Some(*order),
        _ => None,
    })
}

impl Watch {
    /// Begins when the command is sent.
    pub fn begin(plant: &Plant, image: &Image, decision: &Decision) -> Self {
        let mut watch = Self::blank(image.at);
        watch.first = image.machines.get(decision.machine.index()).map_or(MachineState::Unknown, |m| m.state);
        watch.state = watch.first;
        watch.draw = plant.role(decision.machine, Role::Power).and_then(|c| image.number(c.id));
        watch.count(plant, image, decision.machine);
        watch
    }

    fn blank(at: Instant) -> Self {
        Self {
            executed: at,
            first: MachineState::Unknown,
            spans: Spans::default(),
            spell: Spans::default(),
            entered: None,
            left: None,
            energy: Tally::default(),
            spell_energy: Tally::default(),
            energy_by: [0.0; MachineState::ALL.len()],
            good: Tally::default(),
            scrap: Tally::default(),
            warm_worked: Span::ZERO,
            is_woken: false,
            blind: Span::ZERO,
            draw: None,
            power: None,
            seen: at,
            state: MachineState::Unknown,
            is_restored: false,
        }
    }

    /// The evidence from which [`Self::restored`] goes on.
    pub fn evidence(&self, plant: &Plant, machine: MachineId) -> Vec<Evidence> {
        let figure = |name: &'static str, value: f64, unit: Code| Evidence {
            name: Code::Borrowed(name),
            value: measure::Estimate::exact(value),
            unit,
            normal: None,
        };
        let mut evidence = vec![figure(START_AT, self.executed.seconds(), Code::Borrowed("s"))];
        for (tally, (name, role)) in [self.energy, self.good, self.scrap].iter().zip(START) {
            let unit = plant.role(machine, role).map_or(Code::Borrowed("1"), |c| Code::Owned(c.unit.code().to_owned()));
            evidence.extend(tally.first.map(|(_, value)| figure(name, value, unit)));
        }
        evidence
    }

    /// Goes on after a restart; `None` where the decision was never sent.
    pub fn restored(decision: &Decision) -> Option<Self> {
        let figure = |name: &str| decision.evidence.iter().find(|e| e.name == name).map(|e| e.value.value);
        let at = Instant::EPOCH + Span::from_seconds_f64(figure(START_AT)?);
        let mut watch = Self::blank(at);
        watch.is_restored = true;
        for (tally, (name, _)) in [&mut watch.energy, &mut watch.good, &mut watch.scrap].into_iter().zip(START) {
            if let Some(value) = figure(name) {
                tally.take(at, value);
            }
        }
        Some(watch)
    }

    /// Sees one step.
    pub fn step(&mut self, plant: &Plant, image: &Image, decision: &Decision) {
        let Some(machine) = image.machines.get(decision.machine.index()) else { return };
        if self.is_restored {
            self.is_restored = false;
            self.blind += image.at - self.seen;
            self.first = machine.state;
            if in_spell(decision, image, machine.state) {
                self.entered = Some(machine.since.max(self.seen));
            }
        } else if machine.state != self.state && machine.since > self.seen && machine.since <= image.at {
            let before = self.state;
            self.pass(plant, (before, self.seen, machine.since));
            self.turn(image, decision, machine.since);
            self.pass(plant, (machine.state, machine.since, image.at));
        } else {
            self.turn(image, decision, self.seen);
            self.pass(plant, (machine.state, self.seen, image.at));
        }
        self.state = machine.state;
        self.seen = image.at;
        let before = self.energy.sum;
        self.count(plant, image, decision.machine);
        self.energy_by[machine.state.index()] += self.energy.sum - before;
        if self.left.is_none() {
            self.spell_energy = self.energy;
        }
    }

    /// Notes learned power, once.
    pub fn learn(&mut self, profile: &MachineProfile) {
        self.power.get_or_insert(profile.power);
    }

    /// Time passed in a state.
    fn pass(&mut self, plant: &Plant, (state, from, to): (MachineState, Instant, Instant)) {
        let span = (to - from).max(Span::ZERO);
        self.spans[state.index()] += span;
        if self.left.is_none() {
            self.spell[state.index()] += span;
            if state == MachineState::WarmingUp {
                self.warm_worked += plant.calendar.worked(from, to);
            }
        }
    }

    /// The state turned at an instant: the spell begins or is over.
    fn turn(&mut self, image: &Image, decision: &Decision, at: Instant) {
        let Some(machine) = image.machines.get(decision.machine.index()) else { return };
        let is_in = in_spell(decision, image, machine.state);
        match (self.entered, self.left) {
            (None, _) if is_in => self.entered = Some(at),
            (Some(_), None) if !is_in => self.left = Some((at, machine.state)),
            _ => {}
        }
    }

    fn count(&mut self, plant: &Plant, image: &Image, machine: MachineId) {
        let newest = |role: Role| {
            let channel = plant.role(machine, role)?.id;
            let latest = image.latest.get(channel.index()).copied().flatten()?;
            (latest.quality != plant::Quality::Bad).then_some((latest.at, latest.value))
        };
        for (tally, (_, role)) in [&mut self.energy, &mut self.good, &mut self.scrap].into_iter().zip(START) {
            if let Some((at, value)) = newest(role) {
                tally.take(at, value);
            }
        }
    }
}
