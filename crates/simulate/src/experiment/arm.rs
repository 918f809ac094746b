//! One arm of an experiment: a world and a unit, stepped together in virtual time.
//!
//! Enters: seed, days, mode. Leaves: the truth at the end, the records, and what was told to machines. Absent: opinions.

use crate::workshop::{Sample, SampleValue, Truth, Workshop, plant, wiring};
use measure::{Instant, Span};
use plant::{
    Batch, Because, ChannelId, CommandValue, Decision, DecisionState, Mode as PolicyMode, Outcome, Plant, Quality, Record,
    RecordId, SourceId, UserRole, Verdict,
};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use unit::desk::{Accounting, View};
use unit::schedule::Schedule;
use unit::{Delivery, Effect, Input, Limits, Place, RawReading, RawValue, Unit};

/// How often the unit steps [virtual time].
pub(crate) const STEP: Span = Span::from_seconds(10);
/// Monday 2026-03-02, 05:50 at the site (UTC+8), ten minutes before the first shift.
pub(crate) const START: &str = "2026-03-01T21:50:00Z";

/// What the loop may do in an arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All decisions are advice only.
    Watch,
    /// All decisions are carried out without asking.
    Act,
    /// Policies as the plant has them; an engineer agrees to whatever waits, a quarter of an hour after being asked.
    Agree,
}

/// How far back the town keeps readings, for histories that are worked out again.
const PAST: Span = Span::from_days(4);
/// How long the engineer of [`Mode::Agree`] takes.
const AGREES_AFTER: Span = Span::from_minutes(15);

/// One value told to a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// When.
    pub at: Instant,
    /// To which channel.
    pub channel: ChannelId,
    /// What.
    pub value: CommandValue,
    /// By which decision.
    pub decision: Option<RecordId>,
}

/// What happened in an arm.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Its seed.
    pub seed: u64,
    /// The plant.
    pub plant: Arc<Plant>,
    /// What really happened.
    pub truth: Truth,
    /// Decisions in their last version.
    pub decisions: BTreeMap<RecordId, Decision>,
    /// Outcomes in their order.
    pub outcomes: Vec<Outcome>,
    /// Everything told to machines, in order.
    pub told: Vec<Told>,
    /// The world just before the first command of each decision.
    pub forks: BTreeMap<RecordId, (Instant, Workshop)>,
    /// Readings that went through the door.
    pub readings: u64,
    /// Findings and forecasts kept, counting newer versions.
    pub seen: u64,
    /// Every record in every version, in the order in which they were kept, with the instant.
    pub history: Vec<(Instant, Record)>,
    /// The accounts of readings at the end.
    pub accounting: Accounting,
    /// What can be seen of the unit at the end.
    pub view: View,
}

/// Runs one arm.
pub fn run(seed: u64, days: u32, mode: Mode) -> Arm {
    run_for(seed, days, mode, Span::from_days(i64::from(days)))
}

/// Runs the first part of an arm whose orders are those of some days.
pub fn run_for(seed: u64, days: u32, mode: Mode, part: Span) -> Arm {
    let (plant, world, start) = prepared(seed, days, mode);
    drive(seed, plant, world, (start, part), STEP)
}

/// A plant with orders for some days, its world, and its start.
pub(crate) fn prepared(seed: u64, days: u32, mode: Mode) -> (Plant, Workshop, Instant) {
    let start: Instant = START.parse().unwrap_or_default();
    let mut plant = plant(start, days, seed);
    for policy in &mut plant.policies {
        policy.mode = match mode {
            Mode::Watch => PolicyMode::Advise,
            Mode::Act => PolicyMode::Automatic,
            Mode::Agree => policy.mode,
        };
    }
    let world = Workshop::new(&plant, seed, start);
    (plant, world, start)
}

/// Runs a unit beside a world for some time, stepped so often.
pub(crate) fn drive(seed: u64, plant: Plant, world: Workshop, part: (Instant, Span), step: Span) -> Arm {
    drive_watched(seed, plant, world, part, step, &mut |_, _| None)
}

/// As [`drive`]; somebody looks at the unit after each step, and publishes schedules that unit and workshop follow from then on.
pub(crate) fn drive_watched(
    seed: u64,
    plant: Plant,
    world: Workshop,
    (start, part): (Instant, Span),
    step: Span,
    look: &mut dyn FnMut(Instant, &mut Unit) -> Option<Arc<Schedule>>,
) -> Arm {
    let plant = Arc::new(plant);
    let mut unit = Unit::new(Arc::clone(&plant), Limits::default());
    let mut bench = Bench {
        sources: wiring(&plant),
        inbox: Vec::new(),
        past: VecDeque::new(),
        asked: VecDeque::new(),
        arm: Arm {
            seed,
            truth: world.truth(),
            plant,
            decisions: BTreeMap::new(),
            outcomes: Vec::new(),
            told: Vec::new(),
            forks: BTreeMap::new(),
            readings: 0,
            seen: 0,
            history: Vec::new(),
            accounting: Accounting::default(),
            view: unit.view(start),
        },
        unit,
        world,
    };
    let (mut now, end) = (start, start + part);
    let mut samples = Vec::new();
    while now < end {
        now += step;
        bench.world.advance(&bench.arm.plant, now, &mut samples);
        bench.hear(now, samples.drain(..));
        bench.step(now);
        bench.agree(now);
        if let Some(schedule) = look(now, &mut bench.unit) {
            let plant = Arc::clone(bench.unit.plant());
            bench.world.follow(&plant, &schedule.tasks, now);
            bench.unit.follow(&schedule);
        }
    }
    bench.arm.truth = bench.world.truth();
    bench.arm.accounting = bench.unit.accounting().clone();
    bench.arm.view = bench.unit.view(now);
    bench.arm
}

struct Bench {
    sources: Vec<SourceId>,
    unit: Unit,
    world: Workshop,
    inbox: Vec<Input>,
    /// Readings of the last days, as the store keeps them.
    past: VecDeque<Batch>,
    /// Decisions that wait for the engineer, with the instant of the answer.
    asked: VecDeque<(Instant, RecordId)>,
    arm: Arm,
}

impl Bench {
    fn hear(&mut self, now: Instant, samples: impl Iterator<Item = Sample>) {
        let mut deliveries: BTreeMap<SourceId, Delivery> = BTreeMap::new();
        for sample in samples {
            let source = self.sources[sample.channel.index()];
            let delivery = deliveries.entry(source).or_insert_with(|| Delivery::new(source, now));
            delivery.readings.push(raw(sample));
        }
        for delivery in deliveries.into_values() {
            self.arm.readings += delivery.readings.len() as u64;
            let absorbed = self.unit.absorb(delivery);
            for batch in absorbed.batches {
                self.unit.settle(batch.from, batch.len() as u64, true);
                self.past.push_back(batch);
            }
        }
        while self.past.front().is_some_and(|batch| now - batch.received > PAST) {
            self.past.pop_front();
        }
    }

    fn step(&mut self, now: Instant) {
        let effects = self.unit.step(now, std::mem::take(&mut self.inbox));
        self.carry(now, effects);
    }

    /// The engineer answers what was asked long enough ago; a decision that lapsed meanwhile is past agreeing.
    fn agree(&mut self, now: Instant) {
        while let Some((_, id)) = self.asked.pop_front_if(|(at, _)| *at <= now) {
            let (by, reason) = ("engineer".to_owned(), "agreed".to_owned());
            let verdict = Verdict { by, role: UserRole::Engineer, approved: true, reason, at: now };
            if let Ok(effects) = self.unit.judge(now, id, verdict) {
                self.carry(now, effects);
            }
        }
    }

    fn carry(&mut self, now: Instant, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Keep(record) => self.keep(now, record),
                // a model unit never starts a second time
                Effect::Freeze(_) => {}
                Effect::Write(command) => {
                    let decision =
                        command.because.iter().find_map(|b| if let Because::Record(id) = b { Some(*id) } else { None });
                    if let Some(id) = decision {
                        self.arm.forks.entry(id).or_insert_with(|| (now, self.world.clone()));
                    }
                    self.arm.told.push(Told { at: now, channel: command.channel, value: command.value.clone(), decision });
                    let result = self.world.write(&self.arm.plant, command.channel, &command.value, now);
                    self.inbox.push(Input::Answered { command: command.id, result: result.map_err(|e| e.to_string()) });
                }
                Effect::Rework(replay) => {
                    self.inbox.push(Input::Reworked(Ok(Box::new(replay.played(|| self.past.iter())))));
                }
            }
        }
    }

    fn keep(&mut self, now: Instant, record: Record) {
        match &record {
            Record::Decision(decision) => {
                if decision.state == DecisionState::Pending {
                    self.asked.push_back((now + AGREES_AFTER, decision.id));
                }
                self.arm.decisions.insert(decision.id, decision.clone());
            }
            Record::Outcome(outcome) => self.arm.outcomes.push(outcome.clone()),
            Record::Command(_) | Record::Revision(_) => {}
            Record::Finding(_) | Record::Forecast(_) => self.arm.seen += 1,
        }
        self.arm.history.push((now, record));
    }
}

fn raw(sample: Sample) -> RawReading {
    let value = match sample.value {
        SampleValue::Number(number) => RawValue::Number(number),
        SampleValue::Word(word) => RawValue::Text(word.to_string()),
    };
    RawReading { place: Place::Channel(sample.channel), at: Some(sample.at), value, quality: Quality::Good }
}

impl Arm {
    /// Every record in its newest version.
    pub fn records(&self) -> BTreeMap<RecordId, &Record> {
        self.history.iter().map(|(_, record)| (record.id(), record)).collect()
    }
    /// How many decisions ended in a state.
    pub fn ended_in(&self, state: &DecisionState) -> usize {
        self.decisions.values().filter(|d| d.state == *state).count()
    }
}
