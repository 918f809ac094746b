//! The loop: one pure step from what came in to what shall happen. The rooms do not know each other; their order is here.
//!
//! ```text
//! Delivery -> absorb -> step: freeze -> judge -> choose, check -> guard -> effects -> (journal) -> settle, Keep, Freeze, Write
//! ```
//!
//! The journal stands between a step and its effects: nothing is acknowledged, shown or written to a machine before the
//! readings and the records it rests on are durable, and one fsync serves them all.

use crate::memory::Memory;
use crate::outlook::lessons::Pupil;
use crate::outlook::{self, Draft};
use crate::replay::Replay;
use crate::revise::Reviser;
use crate::schedule::Schedule;
use act::{Deed, Hand, Unjudged};
use collect::{Absorbed, Accounting, Collector, Delivery, Limits};
use decide::{Situation, Turn};
use know::Knowledge;
use know::diagnose::CauseModel;
use know::lessons::model::Way;
use measure::{Instant, Span};
use plant::{
    Batch, Because, Cause, Command, CommandState, Confirmation, CustomOrder, Decision, Finding, Forecast, Frozen, Given, Image,
    OrderId, Plant, PlantError, Record, RecordId, RecordKind, RevisionState, Role, SourceId, Unused, Used, Verdict,
};
use std::sync::Arc;
use thiserror::Error;

/// What a step may be told.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A device answered a command.
    Answered {
        /// The command.
        command: RecordId,
        /// Taken, or the device's words.
        result: Result<(), String>,
    },
    /// The history of a machine was worked out again, or why not.
    Reworked(Result<Box<Replay>, String>),
}

/// What shall happen after a step; carried out by `node` for real and by `simulate` in the model town.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Keep this record; an id seen before is a newer version of the same record.
    Keep(Record),
    /// Keep this baseline, so that the next start has it: the newest version of each about the same is enough.
    Freeze(Box<Frozen>),
    /// Write this to a machine and report the answer.
    Write(Command),
    /// Give this replay the stored readings it wants, up to those of this step, and report it finished.
    Rework(Box<Replay>),
}

/// Longest time between two rounds of deciding when nothing happens that calls for one.
const DECIDE_EVERY: Span = Span::from_seconds(60);

/// Most characters of a person's words about a finding.
const NOTE_CHARS_MAX: usize = 1_000;

/// Why a confirmation is not taken.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Unconfirmed {
    /// The finding is not among those at hand.
    #[error("{0} is not among the findings at hand; allowed are the newest ones, as the list of findings shows them")]
    Unknown(RecordId),
    /// It names a cause instead of one that was right, or the same cause.
    #[error("`{}` is named instead of the cause, which is right or the same; allowed is another cause with `not it`", .0.word())]
    Contradiction(Cause),
    /// It asks for learning anew where no baseline is in use.
    #[error("no baseline of the machine is in use at the moment; allowed is to ask while it makes what the baseline is of")]
    NoBaseline,
    /// Its words are too long.
    #[error("the note has {0} characters; allowed are {NOTE_CHARS_MAX}")]
    TooLong(usize),
}

/// One production unit.
#[derive(Clone, Debug)]
pub struct Unit {
    pub(crate) plant: Arc<Plant>,
    pub(crate) collector: Collector,
    pub(crate) knowledge: Knowledge,
    pub(crate) hand: Hand,
    pub(crate) memory: Memory,
    pub(crate) reviser: Reviser,
    /// What an earlier run left open and this one cannot know: the first step ends its findings (what still holds is found
    /// anew) and tells its unanswered commands timed out (whether they were obeyed shows in the readings).
    orphans: Vec<Record>,
    /// Baselines of an earlier run that are not used, and not learned anew yet.
    pub(crate) unused: Arc<Vec<Unused>>,
    decided_at: Instant,
    stirred: bool,
    /// What the published schedule has each machine do, in the order of starts.
    turns: Vec<Turn>,
    /// By channel: whether a reading changes what may be decided at once.
    calls: Vec<bool>,
}

impl Unit {
    /// A unit that has heard nothing yet.
    pub fn new(plant: Arc<Plant>, limits: Limits) -> Self {
        Self {
            collector: Collector::new(&plant, limits),
            knowledge: Knowledge::new(&plant),
            hand: Hand::new(&plant),
            memory: Memory::default(),
            reviser: Reviser::default(),
            orphans: Vec::new(),
            unused: Arc::default(),
            decided_at: Instant::MIN,
            stirred: false,
            turns: Vec::new(),
            calls: plant.channels.iter().map(|channel| calls(channel.role)).collect(),
            plant,
        }
    }

    /// Waits for answers of devices for another span than usual, say where plant time runs faster than the wire.
    #[must_use]
    pub fn answers_within(mut self, span: Span) -> Self {
        self.hand = self.hand.answers_within(span);
        self
    }

    /// Everything there is.
    pub const fn plant(&self) -> &Arc<Plant> {
        &self.plant
    }

    /// Takes back words of an earlier run, before its readings.
    pub fn recall_words(&mut self, words: &[Arc<str>]) {
        self.collector.recall_words(words);
    }

    /// Takes back the baselines of an earlier run, the newest version of each, and those that could not be read. MUST come before its
    /// readings, which are judged against them; nothing is learned anew then. Those that cannot be used are told by [`Self::unused`], and
    /// learned anew under the next version. Returns those that cannot be used and cannot be learned anew either, for the machine has no such
    /// channels any more.
    pub fn recall_baselines(&mut self, baselines: &[Frozen], unreadable: Vec<Unused>) -> Vec<Unused> {
        for lost in &unreadable {
            if let Some(about) = lost.about(&self.plant) {
                self.knowledge.pass_over(lost.machine, about, lost.version);
            }
        }
        let mut unused = unreadable;
        for baseline in baselines {
            if let Err(reason) = self.knowledge.recall(&self.plant, baseline) {
                let product = baseline.about.product().and_then(|id| Some(self.plant.products.get(id.index())?.name.clone()));
                unused.push(Unused {
                    machine: baseline.machine,
                    kind: baseline.about.kind().to_owned(),
                    of: baseline.about.of().map(str::to_owned),
                    product,
                    version: baseline.version,
                    reason,
                });
            }
        }
        let can_learn = |u: &Unused| u.about(&self.plant).is_none_or(|a| self.knowledge.can_learn(&self.plant, u.machine, a));
        let (unused, over) = unused.into_iter().partition(can_learn);
        self.unused = Arc::new(unused);
        over
    }

    /// Takes back versions that were given to baselines which are not kept any more: they are not given again.
    pub fn recall_given(&mut self, given: &[Given]) {
        given.iter().for_each(|g| self.knowledge.pass_over(g.machine, g.about, g.version));
    }

    /// Baselines by product that were of use lately; to be kept with them, but nothing is lost where that fails.
    pub fn take_used(&mut self) -> Vec<Used> {
        self.knowledge.take_used()
    }

    /// Baselines of an earlier run that are not used, until they are learned anew.
    pub fn unused(&self) -> &[Unused] {
        &self.unused
    }

    /// Takes back a stored batch of an earlier run.
    pub fn recall_readings(&mut self, batch: &Batch) {
        self.collector.recall(&self.plant, batch);
        self.knowledge.absorb(&self.plant, batch, self.collector.lexicon());
    }

    /// Takes back records of an earlier run: numbers go on where they ended, open decisions stay open.
    pub fn recall_records(&mut self, next: [u64; RecordKind::COUNT], open: Vec<Decision>, recent: &[Record]) {
        self.memory.recall(next, recent);
        let findings = self.memory.findings().into_iter().filter(|f| f.ended.is_none()).map(Record::Finding);
        let commands = self.memory.commands().into_iter().filter(|c| c.state == CommandState::Sent).map(Record::Command);
        self.orphans = findings.chain(commands).collect();
        for revision in self.memory.revisions().into_iter().filter(|r| r.state == RevisionState::Pending) {
            self.reviser.recall(revision);
        }
        for decision in open {
            self.memory.keep(&Record::Decision(decision.clone()));
            self.hand.recall(decision);
        }
    }

    /// Takes back what people found in earlier runs when they looked into findings, in the order in which they said so.
    pub fn recall_cases(&mut self, confirmed: &[Finding]) {
        let mut said: Vec<&Finding> = confirmed.iter().collect();
        said.sort_by_key(|finding| (finding.confirmation.as_ref().map(|c| c.at), finding.id));
        said.into_iter().for_each(|finding| self.knowledge.confirm(&self.plant, finding));
    }

    /// Judges a delivery at the door and takes in what is good. Its batches and words are to be stored, then settled.
    pub fn absorb(&mut self, delivery: Delivery) -> Absorbed {
        let absorbed = self.collector.absorb(&self.plant, delivery);
        absorbed.refused.iter().for_each(|refused| self.memory.refuse(refused));
        for batch in &absorbed.batches {
            self.collector.apply(&self.plant, batch);
            self.knowledge.absorb(&self.plant, batch, self.collector.lexicon());
            self.reviser.note(batch);
            self.stirred |= batch.channels.iter().any(|id| self.calls[id.index()]);
        }
        absorbed
    }

    /// The journal acknowledged readings of a source, or could not take them.
    pub fn settle(&mut self, from: SourceId, count: u64, stored: bool) {
        self.collector.settle(from, count, stored);
    }

    /// One turn of the loop.
    pub fn step(&mut self, now: Instant, inbox: Vec<Input>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut stirred = std::mem::take(&mut self.stirred) || now - self.decided_at >= DECIDE_EVERY;
        for input in inbox {
            match input {
                Input::Answered { command, result } => {
                    let deeds = self.hand.answer(now, command, result, &mut |kind| self.memory.mint(kind));
                    self.carry(deeds, &mut effects);
                }
                Input::Reworked(done) => self.reworked(now, done, &mut effects),
            }
        }
        if self.knowledge.has_missed() || self.reviser.open() > 0 {
            self.revise(now, &mut effects);
        }
        for mut orphan in std::mem::take(&mut self.orphans) {
            match &mut orphan {
                Record::Finding(finding) => (finding.at, finding.ended) = (now, Some(now)),
                Record::Command(command) => command.state = CommandState::TimedOut,
                _ => {}
            }
            self.keep(orphan, &mut effects);
        }
        let image = self.collector.freeze(now);
        let records = self.knowledge.judge(&self.plant, &image, &mut |kind| self.memory.mint(kind));
        stirred |= !records.is_empty();
        records.into_iter().for_each(|record| self.keep(record, &mut effects));
        self.freeze(&mut effects);
        let deeds = self.hand.step(&self.plant, &image, self.knowledge.profiles(), &mut |kind| self.memory.mint(kind));
        stirred |= !deeds.is_empty();
        self.carry(deeds, &mut effects);
        if stirred {
            self.decided_at = now;
            self.decide(&image, &mut effects);
        }
        effects
    }

    /// A person's yes or no to a pending decision.
    ///
    /// # Errors
    /// The decision is not pending, the role is too low, or the reason is missing.
    pub fn judge(&mut self, now: Instant, decision: RecordId, verdict: Verdict) -> Result<Vec<Effect>, Unjudged> {
        let image = self.collector.freeze(now);
        let deeds = self.hand.judge(&self.plant, &image, decision, verdict, &mut |kind| self.memory.mint(kind))?;
        let mut effects = Vec::new();
        self.carry(deeds, &mut effects);
        Ok(effects)
    }

    /// What a person found when they looked at a finding: that was it, or that was not it. It is kept with the finding, and changes how
    /// causes are ranked from now on.
    ///
    /// # Errors
    /// The finding is not at hand, the confirmation contradicts itself, or its words are too long.
    pub fn confirm(&mut self, finding: RecordId, confirmation: Confirmation) -> Result<Vec<Effect>, Unconfirmed> {
        let mut finding = self.memory.finding(finding).ok_or(Unconfirmed::Unknown(finding))?;
        let instead = confirmation.cause.filter(|cause| confirmation.right || *cause == finding.cause);
        if let Some(cause) = instead {
            return Err(Unconfirmed::Contradiction(cause));
        }
        if confirmation.note.chars().count() > NOTE_CHARS_MAX {
            return Err(Unconfirmed::TooLong(confirmation.note.chars().count()));
        }
        if confirmation.relearn && !self.knowledge.relearn(finding.machine) {
            return Err(Unconfirmed::NoBaseline);
        }
        finding.confirmation = Some(confirmation);
        self.knowledge.confirm(&self.plant, &finding);
        let mut effects = Vec::new();
        self.keep(Record::Finding(finding), &mut effects);
        self.freeze(&mut effects);
        Ok(effects)
    }

    /// Takes in an order that a customer put together.
    ///
    /// # Errors
    /// The plant has its name already, or is full.
    pub fn accept(&mut self, custom: CustomOrder) -> Result<OrderId, PlantError> {
        let order = Arc::make_mut(&mut self.plant).accept(custom)?;
        self.collector.admit(&self.plant);
        self.stirred = true;
        Ok(order)
    }

    /// Takes a forecast that was worked out beside the loop: it is numbered and kept as a record. Returns its id with what shall happen.
    pub fn foretell(&mut self, now: Instant, draft: Draft) -> (RecordId, Vec<Effect>) {
        let id = self.memory.mint(RecordKind::Forecast);
        let (value, horizon) = (draft.value(), outlook::ahead(&draft.course));
        let forecast = Forecast {
            id,
            at: now,
            from: draft.from,
            because: draft.because,
            machine: None,
            order: None,
            product: draft.subject.product(),
            kind: draft.subject.kind(),
            service: None,
            value,
            horizon,
            course: Some(draft.course),
        };
        let mut effects = Vec::new();
        self.keep(Record::Forecast(forecast), &mut effects);
        (id, effects)
    }

    /// Follows a published schedule from now on: what it has next on a machine is what dispatching names.
    pub fn follow(&mut self, schedule: &Schedule) {
        let waiting = schedule.tasks.iter().filter(|task| !task.is_running);
        self.turns = waiting.map(|task| Turn { machine: task.machine, order: task.order }).collect();
        self.stirred = true;
    }

    /// From now on a topic is foretold in this way at the machines of a kind.
    pub fn foretell_by(&mut self, of: &Pupil, way: Way) {
        self.knowledge.foretell_by(&self.plant, (&of.kind, of.topic), way);
    }

    /// Adds lines to the cause model.
    pub fn add_causes(&mut self, model: CauseModel) {
        self.knowledge.add_causes(model);
    }

    fn decide(&mut self, image: &Image, effects: &mut Vec<Effect>) {
        let (minter, outcomes) = self.memory.minter_and_outcomes();
        let situation = Situation {
            now: image.at,
            plant: &self.plant,
            image,
            profiles: self.knowledge.profiles(),
            findings: self.knowledge.findings(),
            forecasts: self.knowledge.forecasts(),
            decisions: self.hand.known(),
            outcomes,
            turns: &self.turns,
        };
        let decisions = decide::decide(&situation, &mut |kind| minter.next(kind));
        for decision in decisions {
            let deeds = self.hand.take(&self.plant, image, decision, &mut |kind| self.memory.mint(kind));
            self.carry(deeds, effects);
        }
    }

    fn carry(&mut self, deeds: Vec<Deed>, effects: &mut Vec<Effect>) {
        for deed in deeds {
            match deed {
                Deed::Keep(record) => self.keep(record, effects),
                Deed::Write(command) => effects.push(Effect::Write(command)),
            }
        }
    }

    pub(crate) fn keep(&mut self, record: Record, effects: &mut Vec<Effect>) {
        self.memory.keep(&record);
        effects.push(Effect::Keep(record));
    }

    /// Baselines that were frozen or begun anew are to be kept.
    fn freeze(&mut self, effects: &mut Vec<Effect>) {
        for frozen in self.knowledge.take_frozen(&self.plant) {
            let is_same = |u: &Unused| u.machine == frozen.machine && u.about(&self.plant) == Some(frozen.about);
            if self.unused.iter().any(is_same) {
                let left = self.unused.iter().filter(|u| !is_same(u)).cloned().collect();
                self.unused = Arc::new(left);
            }
            effects.push(Effect::Freeze(Box::new(frozen)));
        }
    }

    /// The accounts of readings.
    pub const fn accounting(&self) -> &Accounting {
        self.collector.accounting()
    }

    /// The records a record rests on, as far as they are in memory, for walking back.
    pub fn because(&self, id: RecordId) -> Option<Vec<Because>> {
        self.memory.because(id)
    }

    /// How many records of a kind were made.
    pub fn count(&self, kind: RecordKind) -> u64 {
        self.memory.count(kind)
    }
}

/// Whether a reading of this role changes what may be decided at once; all others wait for the next regular round.
const fn calls(role: Role) -> bool {
    matches!(role, Role::State | Role::Order | Role::Infeed | Role::OrderDone | Role::Serviced | Role::Alarm)
}
