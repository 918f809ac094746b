//! The hand's state machine: what is open, what is on its way, what is being measured.
//!
//! Enters: decisions, verdicts, answers, the image of each step. Leaves: [`Deed`]s. Absent: limits of channels
//! ([`crate::envelope`]), who may judge (`approve`), how effects are worked out ([`crate::effect`]).

use crate::approve::{self, Unjudged};
use crate::carry;
use crate::effect::{self, Case};
use crate::envelope::{self, Wish};
use crate::ranks::{Ranks, Standing};
use crate::still::{self, lapse};
use crate::watch::Watch;
use measure::{Estimate, Instant, Span};
use plant::{
    Action, Because, ChannelId, Code, Command, CommandState, CommandValue, Decision, DecisionState, Effect, Evidence, Image,
    MachineProfile, Mode, Outcome, Plant, Rank, Record, RecordId, RecordKind, Verdict, Window,
};
use std::collections::BTreeMap;

/// Most decisions open at a time; one taken beyond lapses at once.
pub const OPEN_MAX: usize = 256;
/// Decisions kept in mind after they were closed.
pub const CLOSED_MAX: usize = 96;

/// What the hand wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// A record to keep, new or changed.
    Keep(Record),
    /// A command to hand to the driver of its channel; its record is kept before.
    Write(Command),
}

/// A device that has not answered after this is taken not to have obeyed.
pub const ANSWERS_WITHIN: Span = Span::from_seconds(30);

/// Gives records their names.
pub type Mint<'a> = &'a mut dyn FnMut(RecordKind) -> RecordId;

/// An open decision.
#[derive(Clone, Debug, PartialEq)]
struct Task {
    decision: Decision,
    commands: Vec<RecordId>,
    watch: Option<Watch>,
}

/// A command that is not answered yet.
#[derive(Clone, Debug, PartialEq)]
struct Flight {
    command: Command,
    decision: RecordId,
    before: Option<CommandValue>,
    until: Instant,
}

/// Carries decisions out and measures them. `Clone`, so a world can be forked mid-run.
#[derive(Clone, Debug, PartialEq)]
pub struct Hand {
    tasks: BTreeMap<RecordId, Task>,
    flights: BTreeMap<RecordId, Flight>,
    /// Open decisions and those closed lately, as they were last kept, by their last change.
    known: Vec<Decision>,
    ranks: Ranks,
    answers_within: Span,
}

impl Hand {
    /// An empty hand. Nothing is learned of the plant ahead of time; it is passed with each call.
    pub fn new(_: &Plant) -> Self {
        Self {
            tasks: BTreeMap::new(),
            flights: BTreeMap::new(),
            known: Vec::new(),
            ranks: Ranks::default(),
            answers_within: ANSWERS_WITHIN,
        }
    }

    /// Waits for answers of devices for another span than [`ANSWERS_WITHIN`], say where plant time runs faster than the wire.
    #[must_use]
    pub const fn answers_within(mut self, span: Span) -> Self {
        self.answers_within = span;
        self
    }

    /// Takes a new decision: by the policy of its kind it is carried out when due, waits for a person, or is advice.
    /// A decision whose id is open already, or that is not pending, is left alone.
    pub fn take(&mut self, plant: &Plant, image: &Image, decision: Decision, mint: Mint<'_>) -> Vec<Deed> {
        let id = decision.id;
        if self.tasks.contains_key(&id) || decision.state != DecisionState::Pending {
            return Vec::new();
        }
        let is_full = self.tasks.len() >= OPEN_MAX;
        let mode = approve::mode(plant, &decision);
        self.tasks.insert(id, Task { decision, commands: Vec::new(), watch: None });
        if is_full {
            return self.lapse(image.at, id, lapse::LIMIT);
        }
        match mode {
            Mode::Ask => self.keep(id),
            Mode::Advise => self.close(id, DecisionState::Advised),
            Mode::Automatic => {
                self.change(id, |d| {
                    d.state = DecisionState::Approved;
                    d.verdict.get_or_insert_with(|| approve::by_policy(image.at));
                });
                let mut deeds = self.keep(id);
                deeds.extend(self.carry_out(plant, image, id, mint));
                deeds
            }
        }
    }

    /// A person says yes or no to a pending decision.
    ///
    /// # Errors
    /// The decision is not open or not pending, the role is too low, or the reason is missing or too long.
    pub fn judge(
        &mut self,
        plant: &Plant,
        image: &Image,
        id: RecordId,
        verdict: Verdict,
        mint: Mint<'_>,
    ) -> Result<Vec<Deed>, Unjudged> {
        let Some(task) = self.tasks.get(&id) else {
            let closed = self.known.iter().find(|d| d.id == id);
            return Err(closed.map_or(Unjudged::Unknown(id), |d| Unjudged::NotPending { id, state: d.state.word() }));
        };
        approve::examine(plant, &task.decision, &verdict)?;
        if approve::waits_until(plant, &task.decision) < image.at {
            return Err(Unjudged::NotPending { id, state: DecisionState::Lapsed.word() });
        }
        let approved = verdict.approved;
        self.change(id, |d| d.verdict = Some(verdict));
        if !approved {
            return Ok(self.close(id, DecisionState::Rejected));
        }
        self.change(id, |d| d.state = DecisionState::Approved);
        let mut deeds = self.keep(id);
        deeds.extend(self.carry_out(plant, image, id, mint));
        Ok(deeds)
    }

    /// The device answered a command: it took it, or refused it with its words. An answer nobody waits for changes nothing.
    pub fn answer(&mut self, now: Instant, command: RecordId, answer: Result<(), String>, _: Mint<'_>) -> Vec<Deed> {
        let Some(mut flight) = self.flights.remove(&command) else { return Vec::new() };
        let is_taken = answer.is_ok();
        flight.command.answered = Some(now);
        flight.command.state = answer.map_or_else(CommandState::Failed, |()| CommandState::Acknowledged);
        let is_back = flight.command.from == BACK;
        let (id, channel) = (flight.decision, flight.command.channel);
        let mut deeds = vec![Deed::Keep(Record::Command(flight.command))];
        if is_back {
            return deeds;
        }
        if !is_taken {
            // The device said no, so nothing was changed that had to be set back.
            self.ranks.release(channel, now);
            deeds.extend(self.close(id, DecisionState::RolledBack));
            return deeds;
        }
        if let Some(watch) = self.tasks.get_mut(&id).and_then(|t| t.watch.as_mut()) {
            watch.executed = now;
        }
        deeds
    }

    /// One step: time-outs and roll-backs, lapses, due executions, measurements that are finished. In the order of ids, so
    /// the same inputs give the same deeds.
    pub fn step(&mut self, plant: &Plant, image: &Image, profiles: &[MachineProfile], mint: Mint<'_>) -> Vec<Deed> {
        let mut deeds = Vec::new();
        if self.tasks.is_empty() && self.flights.is_empty() {
            return deeds;
        }
        let late: Vec<RecordId> = self.flights.values().filter(|f| f.command.deadline < image.at).map(|f| f.command.id).collect();
        for id in late {
            deeds.extend(self.time_out(plant, image, id, mint));
        }
        for id in self.tasks.keys().copied().collect::<Vec<_>>() {
            deeds.extend(self.go_on(plant, image, profiles, id, mint));
        }
        deeds
    }

    /// Takes a decision up again after a restart, as it was kept. Pending and approved ones go on; the measurement of a
    /// running one goes on from the evidence it was sent with, and what was not seen widens its interval. Closed ones are
    /// only remembered.
    pub fn recall(&mut self, decision: Decision) {
        let watch = if decision.state == DecisionState::Running { Watch::restored(&decision) } else { None };
        match decision.state {
            DecisionState::Pending | DecisionState::Approved | DecisionState::Running => {
                self.remember(&decision);
                self.tasks.insert(decision.id, Task { decision, commands: Vec::new(), watch });
            }
            _ => self.remember(&decision),
        }
    }

    /// Decisions that are pending, approved or running, by id.
    pub fn open(&self) -> Vec<Decision> {
        self.tasks.values().map(|t| t.decision.clone()).collect()
    }

    /// Decisions that are open and those closed lately: what `decide` has to know, so that it does not propose again at once
    /// what was just rejected, advised, refused or done. Without a copy, for it is asked for at every step.
    pub fn known(&self) -> &[Decision] {
        &self.known
    }

    /// Commands that are not answered yet, by id.
    pub fn in_flight(&self) -> impl Iterator<Item = &Command> {
        self.flights.values().map(|f| &f.command)
    }

    fn go_on(&mut self, plant: &Plant, image: &Image, profiles: &[MachineProfile], id: RecordId, mint: Mint<'_>) -> Vec<Deed> {
        let Some(task) = self.tasks.get(&id) else { return Vec::new() };
        match task.decision.state {
            DecisionState::Pending => self.wait(plant, image, id),
            DecisionState::Approved => self.carry_out(plant, image, id, mint),
            DecisionState::Running => self.watch(plant, image, profiles, id, mint),
            _ => Vec::new(),
        }
    }

    /// A pending decision lapses when nobody answers or when it does not fit any more.
    fn wait(&mut self, plant: &Plant, image: &Image, id: RecordId) -> Vec<Deed> {
        let Some(decision) = self.tasks.get(&id).map(|t| &t.decision) else { return Vec::new() };
        if approve::waits_until(plant, decision) < image.at {
            let code = if decision.valid_until < image.at { lapse::TOO_LATE } else { lapse::UNANSWERED };
            return self.lapse(image.at, id, code);
        }
        if decision.not_before > image.at {
            return Vec::new();
        }
        still::fits(image, decision).err().map_or_else(Vec::new, |code| self.lapse(image.at, id, code))
    }

    /// Sends an approved decision when it is due, still fits, and the envelope lets it through. What the envelope may
    /// grant later is held until the decision is not valid any more.
    fn carry_out(&mut self, plant: &Plant, image: &Image, id: RecordId, mint: Mint<'_>) -> Vec<Deed> {
        let now = image.at;
        let Some(decision) = self.tasks.get(&id).map(|t| &t.decision) else { return Vec::new() };
        if decision.not_before > now {
            return Vec::new();
        }
        if decision.valid_until < now {
            return self.lapse(now, id, lapse::TOO_LATE);
        }
        if let Err(code) = still::fits(image, decision) {
            return self.lapse(now, id, code);
        }
        let Some((channel, value)) = carry::target(plant, decision) else {
            return self.close(id, DecisionState::Refused);
        };
        let wish = Wish { channel, value: &value, rank: decision.rank, is_back: false };
        match envelope::admit(plant, image, &self.ranks, wish) {
            Ok(()) => self.send(plant, image, (id, channel.id, value), mint),
            Err(refusal) if refusal.may_retry() => Vec::new(),
            Err(refusal) => {
                let mut command = command(mint, decision, (channel.id, value), (now, now));
                command.state = CommandState::Refused(refusal.to_string());
                let mut deeds = vec![Deed::Keep(Record::Command(command))];
                deeds.extend(self.close(id, DecisionState::Refused));
                deeds
            }
        }
    }

    fn send(
        &mut self,
        plant: &Plant,
        image: &Image,
        (id, channel, value): (RecordId, ChannelId, CommandValue),
        mint: Mint<'_>,
    ) -> Vec<Deed> {
        let now = image.at;
        let Some(task) = self.tasks.get_mut(&id) else { return Vec::new() };
        let decision = &mut task.decision;
        let before = carry::before(plant, image, decision);
        let watch = Watch::begin(plant, image, decision);
        decision.evidence.extend(watch.evidence(plant, decision.machine));
        decision.state = DecisionState::Running;
        let command = command(mint, decision, (channel, value.clone()), (now, now + self.answers_within));
        let until = now + decision.horizon;
        task.commands.push(command.id);
        task.watch = Some(watch);
        let (rank, machine, wakes) = (decision.rank, decision.machine, decision.action == Action::Wake);
        self.ranks.stand(channel, Standing { at: now, value, rank, until });
        self.flights.insert(command.id, Flight { command: command.clone(), decision: id, before, until });
        if wakes {
            let sleeping = self.tasks.values_mut().filter(|t| t.decision.machine == machine && t.decision.id != id);
            sleeping.filter_map(|t| t.watch.as_mut()).for_each(|w| w.is_woken = true);
        }
        let mut deeds = self.keep(id);
        deeds.push(Deed::Keep(Record::Command(command.clone())));
        deeds.push(Deed::Write(command));
        deeds
    }

    /// No answer in time: whether it was obeyed is not known, so the value before is written back where there is one.
    fn time_out(&mut self, plant: &Plant, image: &Image, id: RecordId, mint: Mint<'_>) -> Vec<Deed> {
        let Some(mut flight) = self.flights.remove(&id) else { return Vec::new() };
        flight.command.state = CommandState::TimedOut;
        let mut deeds = vec![Deed::Keep(Record::Command(flight.command.clone()))];
        if flight.command.from == BACK {
            return deeds;
        }
        if let Some(before) = flight.before.take() {
            deeds.extend(self.set_back(plant, image, &flight, before, mint));
        }
        deeds.extend(self.close(flight.decision, DecisionState::RolledBack));
        deeds
    }

    fn set_back(&mut self, plant: &Plant, image: &Image, flight: &Flight, before: CommandValue, mint: Mint<'_>) -> Vec<Deed> {
        let failed = &flight.command;
        let channel = plant.channel(failed.channel);
        self.ranks.release(failed.channel, image.at);
        let wish = Wish { channel, value: &before, rank: failed.rank, is_back: true };
        let verdict = envelope::admit(plant, image, &self.ranks, wish);
        let back = Command {
            id: mint(RecordKind::Command),
            at: image.at,
            from: Code::Borrowed(BACK),
            because: vec![Because::Record(flight.decision), Because::Record(failed.id)],
            channel: failed.channel,
            value: before.clone(),
            rank: failed.rank,
            deadline: image.at + self.answers_within,
            state: verdict.as_ref().map_or_else(|r| CommandState::Refused(r.to_string()), |()| CommandState::Sent),
            answered: None,
        };
        let kept = Deed::Keep(Record::Command(back.clone()));
        if verdict.is_err() {
            return vec![kept];
        }
        let standing = Standing { at: image.at, value: before, rank: failed.rank, until: image.at };
        self.ranks.stand(failed.channel, standing);
        let (decision, until) = (flight.decision, flight.until);
        self.flights.insert(back.id, Flight { command: back.clone(), decision, before: None, until });
        vec![kept, Deed::Write(back)]
    }

    /// Watches a running decision; its outcome is told when its horizon has passed or all is seen.
    fn watch(&mut self, plant: &Plant, image: &Image, profiles: &[MachineProfile], id: RecordId, mint: Mint<'_>) -> Vec<Deed> {
        let is_flying = self.flights.values().any(|f| f.decision == id && f.command.from != BACK);
        let Some(task) = self.tasks.get_mut(&id) else { return Vec::new() };
        let (Some(watch), Some(method)) = (task.watch.as_mut(), effect::method(&task.decision)) else {
            // Recalled without the evidence of its start, or nothing that can be measured: it ends without an outcome.
            return self.close(id, DecisionState::Done);
        };
        let profile = profiles.iter().find(|p| p.machine == task.decision.machine);
        if let Some(profile) = profile {
            watch.learn(profile);
        }
        watch.step(plant, image, &task.decision);
        let case = Case { plant, now: image.at, profile, decision: &task.decision, watch };
        let is_due = image.at >= watch.executed + task.decision.horizon;
        if is_flying || !(is_due || (method.is_over)(&case)) {
            return Vec::new();
        }
        let outcome = outcome(&case, method, &task.commands, mint(RecordKind::Outcome));
        let mut deeds = vec![Deed::Keep(Record::Outcome(outcome))];
        deeds.extend(self.close(id, DecisionState::Done));
        deeds
    }

    fn lapse(&mut self, now: Instant, id: RecordId, code: &'static str) -> Vec<Deed> {
        self.change(id, |d| {
            let age = Estimate::exact((now - d.at).max(Span::ZERO).seconds());
            d.evidence.push(Evidence { name: Code::Borrowed(code), value: age, unit: Code::Borrowed("s"), normal: None });
        });
        self.close(id, DecisionState::Lapsed)
    }

    fn change(&mut self, id: RecordId, change: impl FnOnce(&mut Decision)) {
        if let Some(task) = self.tasks.get_mut(&id) {
            change(&mut task.decision);
        }
    }

    fn keep(&mut self, id: RecordId) -> Vec<Deed> {
        let Some(decision) = self.tasks.get(&id).map(|t| t.decision.clone()) else { return Vec::new() };
        self.remember(&decision);
        vec![Deed::Keep(Record::Decision(decision))]
    }

    /// A decision reaches a final state: it is kept, forgotten as open, and remembered as closed.
    fn close(&mut self, id: RecordId, state: DecisionState) -> Vec<Deed> {
        let Some(mut task) = self.tasks.remove(&id) else { return Vec::new() };
        task.decision.state = state;
        self.remember(&task.decision);
        vec![Deed::Keep(Record::Decision(task.decision))]
    }

    /// Notes a decision as it stands now; the closed one changed longest ago is forgotten when there are too many.
    fn remember(&mut self, decision: &Decision) {
        self.known.retain(|d| d.id != decision.id);
        self.known.push(decision.clone());
        let is_closed = |d: &Decision| !self.tasks.contains_key(&d.id);
        if self.known.iter().filter(|d| is_closed(d)).count() > CLOSED_MAX
            && let Some(oldest) = self.known.iter().position(is_closed)
        {
            self.known.remove(oldest);
        }
    }
}

/// `from` of a command that sets back.
const BACK: &str = "rollback";

fn command(
    mint: Mint<'_>,
    decision: &Decision,
    (channel, value): (ChannelId, CommandValue),
    (now, deadline): (Instant, Instant),
) -> Command {
    Command {
        id: mint(RecordKind::Command),
        at: now,
        from: Code::Borrowed("act"),
        because: vec![Because::Record(decision.id)],
        channel,
        value,
        rank: decision.rank.max(Rank::Optimise),
        deadline,
        state: CommandState::Sent,
        answered: None,
    }
}

fn outcome(case: &Case<'_>, method: &effect::Method, commands: &[RecordId], id: RecordId) -> Outcome {
    let decision = case.decision;
    let window = Window { from: case.watch.executed, to: case.end() };
    let mut because = vec![Because::Record(decision.id)];
    because.extend(commands.iter().map(|c| Because::Record(*c)));
    let channels = method.roles.iter().filter_map(|role| case.plant.role(decision.machine, *role));
    because.extend(channels.map(|c| Because::Readings { channel: c.id, window }));
    let value = (method.effect)(case);
    Outcome {
        id,
        at: case.now,
        from: Code::Borrowed(method.name),
        because,
        decision: decision.id,
        kind: decision.kind,
        machine: decision.machine,
        expected: decision.expected,
        measured: Effect { metric: decision.expected.metric, value },
        window,
    }
}
