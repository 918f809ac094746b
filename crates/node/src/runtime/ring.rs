//! The loop task: takes what arrives, steps the unit, makes it durable, then lets the effects out.

use super::audit;
use super::figures::Figures;
use super::rework;
use super::route::Routes;
use crate::clock::Clock;
use collect::Bookmark;
use drivers::{Arrival, Settled};
use measure::Share;
use plant::{Batch, Command, Confirmation, CustomOrder, Frozen, OrderId, Plant, Record, RecordId, SourceId, Verdict, WordId};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};
use store::{Beside, Store};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use unit::desk::View;
use unit::lessons::model::Way;
use unit::outlook::Draft;
use unit::outlook::lessons::Pupil;
use unit::schedule::Schedule;
use unit::{Effect, Input, Replay, Unconfirmed, Unit};
use web::house::HouseError;

/// Arrivals taken in one turn: one fsync serves them all.
const ARRIVALS_MAX: usize = 512;
/// Longest real time between two turns.
const TURN_EVERY: Duration = Duration::from_millis(100);
/// Real time between two views while something comes in or happens, and while only time passes.
const VIEW_EVERY: Duration = Duration::from_millis(500);
const VIEW_QUIET_EVERY: Duration = Duration::from_secs(2);
/// A view of a very large plant takes long to make; at most a part in so many of the time goes into views.
const VIEW_SHARE: u32 = 100;
/// but a view is no older than this.
const VIEW_OLDEST: Duration = Duration::from_secs(60);
/// Records held back while the journal does not take them. Baselines are held beside them, the newest of each.
const HELD_MAX: usize = 10_000;

/// Where the answer to somebody's words about a record goes.
pub type Answer = oneshot::Sender<Result<Record, HouseError>>;

/// What a person asks of the loop.
pub enum Ask {
    /// A yes or no to a decision.
    Judge {
        /// The decision.
        decision: RecordId,
        /// The verdict.
        verdict: Verdict,
        /// The decision as it stands then, or why not.
        answer: Answer,
    },
    /// What a person found when they looked at a finding.
    Confirm {
        /// The finding.
        finding: RecordId,
        /// What they found.
        confirmation: Confirmation,
        /// The finding as it stands then, or why not.
        answer: Answer,
    },
    /// An order that a customer put together, which the store has.
    Accept {
        /// The order.
        order: Box<CustomOrder>,
        /// Its place among the orders, or why it was not taken in.
        answer: oneshot::Sender<Result<OrderId, HouseError>>,
    },
    /// A forecast worked out beside the loop shall be kept as a record.
    Foretell {
        /// The forecast without a number.
        draft: Box<Draft>,
        /// The record.
        answer: Answer,
    },
    /// A topic is foretold in this way from now on at the machines of a kind.
    ForetellBy(Pupil, Way),
    /// A schedule was published: dispatching follows it from now on.
    Follow(Arc<Schedule>),
    /// A step now, for a caller that drives time itself; answered when its effects are out.
    Settle(oneshot::Sender<()>),
}

/// What the loop task is made of.
pub struct Parts {
    /// The unit, with what it recalls.
    pub unit: Unit,
    /// Its store.
    pub store: Store,
    /// Its clock.
    pub clock: Clock,
    /// Where arrivals come in.
    pub door: mpsc::Receiver<Arrival>,
    /// Where people's wishes come in.
    pub asks: mpsc::Receiver<Ask>,
    /// How commands get out.
    pub routes: Routes,
    /// The view, published after steps.
    pub view: watch::Sender<Arc<View>>,
    /// Records as they are made.
    pub records: broadcast::Sender<Arc<Record>>,
    /// Counters for metrics.
    pub figures: Arc<Figures>,
    /// Ends the task.
    pub stop: CancellationToken,
}

/// The loop task.
pub struct Loop {
    parts: Parts,
    answers: (mpsc::Sender<Input>, mpsc::Receiver<Input>),
    held: Vec<Effect>,
    viewed: Stopwatch,
    /// How long the latest view took to make.
    view_took: Duration,
    /// Whether something came in or happened since.
    has_news: bool,
}

/// What one turn took in and has to make durable.
#[derive(Default)]
struct Turn {
    words: Vec<(WordId, Arc<str>)>,
    batches: Vec<Batch>,
    /// How far sources were read, by key.
    bookmarks: Vec<(String, String)>,
    waiting: Vec<(oneshot::Sender<Settled>, Settled, Option<Share>)>,
}

impl Turn {
    /// One more batch; single readings that one machine sent in one moment travel together.
    fn take(&mut self, batch: Batch) {
        match self.batches.last_mut() {
            Some(last) if (last.from, last.machine, last.received) == (batch.from, batch.machine, batch.received) => {
                last.append(batch);
            }
            _ => self.batches.push(batch),
        }
    }
}

/// The key under which a source's bookmark is kept: the source's name, which outlives its number, and the driver's own key.
pub fn bookmark_key(plant: &Plant, source: SourceId, key: &str) -> String {
    let name = plant.sources.get(source.index()).map_or("", |s| s.name.as_str());
    format!("{name}\n{key}")
}

impl Loop {
    /// A loop ready to run.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            answers: mpsc::channel(1_024),
            held: Vec::new(),
            viewed: Stopwatch::now(),
            view_took: Duration::ZERO,
            has_news: false,
        }
    }

    /// Runs until stopped; then takes what is still at the door, makes it durable, and ends.
    pub async fn run(mut self) {
        let mut arrivals = Vec::with_capacity(ARRIVALS_MAX);
        let mut turn = tokio::time::interval(TURN_EVERY);
        turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let mut inbox = Vec::new();
            tokio::select! {
                biased;
                () = self.parts.stop.cancelled() => break,
                Some(ask) = self.parts.asks.recv() => self.hear(ask).await,
                Some(input) = self.answers.1.recv() => inbox.push(input),
                _ = self.parts.door.recv_many(&mut arrivals, ARRIVALS_MAX) => {}
                _ = turn.tick() => {}
            }
            while let Ok(input) = self.answers.1.try_recv() {
                inbox.push(input);
            }
            self.turn(std::mem::take(&mut arrivals), inbox).await;
        }
        self.drain().await;
    }

    /// Takes what the drivers had already handed over, so that nothing in flight stays unanswered.
    async fn drain(mut self) {
        self.parts.door.close();
        let mut arrivals = Vec::new();
        while self.parts.door.recv_many(&mut arrivals, ARRIVALS_MAX).await > 0 {
            self.turn(std::mem::take(&mut arrivals), Vec::new()).await;
        }
        self.publish();
        if let Err(error) = self.parts.store.close().await {
            tracing::error!(%error, "the store did not close cleanly; the journal is replayed at the next start");
        }
    }

    async fn turn(&mut self, arrivals: Vec<Arrival>, inbox: Vec<Input>) {
        let start = Stopwatch::now();
        self.has_news |= !arrivals.is_empty() || !inbox.is_empty();
        let turn = self.absorb(arrivals);
        let effects = self.parts.unit.step(self.parts.clock.now(), inbox);
        self.parts.figures.step(start.elapsed());
        self.has_news |= !effects.is_empty();
        self.make_durable(turn, effects).await;
        let every = if self.has_news { VIEW_EVERY } else { VIEW_QUIET_EVERY };
        if self.viewed.elapsed() >= every.max((self.view_took * VIEW_SHARE).min(VIEW_OLDEST)) {
            self.publish();
        }
    }

    fn absorb(&mut self, arrivals: Vec<Arrival>) -> Turn {
        let mut turn = Turn::default();
        for mut arrival in arrivals {
            let from = arrival.delivery.from;
            if let Some(Bookmark { key, value }) = arrival.delivery.bookmark.take() {
                turn.bookmarks.push((bookmark_key(self.parts.unit.plant(), from, &key), value));
            }
            let absorbed = self.parts.unit.absorb(arrival.delivery);
            turn.words.extend(absorbed.words);
            absorbed.batches.into_iter().for_each(|batch| turn.take(batch));
            let refused = absorbed.refused.len() as u64;
            let first = absorbed.refused.into_iter().next().map(Box::new);
            turn.waiting.push((arrival.done, Settled { is_taken: true, refused, first }, arrival.room));
        }
        turn
    }

    /// Readings and records become durable together; only then are readings acknowledged and effects let out.
    async fn make_durable(&mut self, turn: Turn, effects: Vec<Effect>) {
        self.held.extend(effects);
        let records: Vec<Record> =
            self.held.iter().filter_map(|e| if let Effect::Keep(record) = e { Some(record.clone()) } else { None }).collect();
        let Turn { words, batches, bookmarks, waiting } = turn;
        let baselines: Vec<Frozen> = self
            .held
            .iter()
            .filter_map(|e| if let Effect::Freeze(frozen) = e { Some((**frozen).clone()) } else { None })
            .collect();
        let used = self.parts.unit.take_used();
        let is_beside = !bookmarks.is_empty() || !baselines.is_empty() || !used.is_empty();
        let is_idle = words.is_empty() && batches.is_empty() && records.is_empty() && !is_beside;
        let counts: Vec<(SourceId, u64)> = batches.iter().map(|b| (b.from, b.len() as u64)).collect();
        let committed = match is_idle {
            true => Ok(()),
            false => self.parts.store.commit_beside(words, batches, &records, &Beside { bookmarks, baselines, used }).await,
        };
        if let Err(error) = &committed {
            tracing::error!(%error, "the journal did not take a turn; its readings are refused, its commands held back");
            self.parts.figures.journal_failed();
        }
        for (from, count) in counts {
            self.parts.unit.settle(from, count, committed.is_ok());
        }
        for (done, settled, _room) in waiting {
            // the driver may have gone away; its source then sends the message again
            let _ = done.send(Settled { is_taken: committed.is_ok(), ..settled });
        }
        match committed {
            Ok(()) => self.let_out().await,
            Err(_) => self.hold_back(),
        }
    }

    /// The records are durable: write the commands, then show the records and carry them to the audit trail.
    async fn let_out(&mut self) {
        let (commands, rest): (Vec<Effect>, Vec<Effect>) =
            std::mem::take(&mut self.held).into_iter().partition(|effect| matches!(effect, Effect::Write(_)));
        for effect in commands.into_iter().chain(rest) {
            match effect {
                Effect::Write(command) => self.write(command),
                Effect::Rework(replay) => self.rework(replay),
                Effect::Freeze(frozen) => self.told_frozen(&frozen),
                Effect::Keep(record) => {
                    audit::note(&self.parts.store, self.parts.unit.plant(), &record).await;
                    self.parts.figures.record(&record);
                    // nobody may be listening
                    let _ = self.parts.records.send(Arc::new(record));
                }
            }
        }
    }

    fn told_frozen(&self, frozen: &Frozen) {
        let machine = self.parts.unit.plant().machines.get(frozen.machine.index()).map_or("", |m| m.name.as_str());
        let (about, of, version) = (frozen.about.kind(), frozen.about.of(), frozen.version);
        match frozen.values {
            Some(_) => tracing::debug!(machine, about, of, version, "a baseline is frozen"),
            None => tracing::info!(machine, about, of, version, "a baseline is learned anew"),
        }
    }

    fn write(&self, command: Command) {
        let answers = self.answers.0.clone();
        let id = command.id;
        let answer = self.parts.routes.write(command);
        tokio::spawn(async move {
            let result = answer.await;
            // the loop may have ended
            let _ = answers.send(Input::Answered { command: id, result }).await;
        });
    }

    /// The readings of the step that asked are durable, and none of a later one is.
    fn rework(&self, replay: Box<Replay>) {
        let answers = self.answers.0.clone();
        let machine = replay.machine();
        let done = rework::run(&self.parts.store, self.parts.unit.plant(), replay);
        tokio::spawn(async move {
            let done = done.await;
            if let Err(cause) = &done {
                tracing::warn!(machine = machine.0, %cause, "the history of a machine could not be worked out again; it is tried again");
            }
            // the loop may have ended
            let _ = answers.send(Input::Reworked(done)).await;
        });
    }

    /// Records could not be kept: no command goes out unrecorded. Records are tried again at the next turn.
    fn hold_back(&mut self) {
        let mut room = HELD_MAX;
        keep_newest_frozen(&mut self.held);
        self.held.retain(|effect| match effect {
            Effect::Freeze(_) => true,
            Effect::Keep(_) => {
                room = room.saturating_sub(1);
                room > 0
            }
            Effect::Write(command) => {
                let failed = Input::Answered { command: command.id, result: Err("its record could not be kept".to_owned()) };
                // a full queue only delays the answer to the command's time-out
                let _ = self.answers.0.try_send(failed);
                false
            }
            Effect::Rework(_) => {
                let failed = Input::Reworked(Err("what it rests on could not be kept".to_owned()));
                // the queue is as long as that of all commands; were it full, the next start works the history out
                let _ = self.answers.0.try_send(failed);
                false
            }
        });
    }

    async fn hear(&mut self, ask: Ask) {
        match ask {
            Ask::Judge { decision, verdict, answer } => {
                let judged = self.judge(decision, verdict).await;
                // the person may have gone away
                let _ = answer.send(judged);
            }
            Ask::Confirm { finding, confirmation, answer } => {
                let confirmed = self.confirm(finding, confirmation).await;
                // the person may have gone away
                let _ = answer.send(confirmed);
            }
            Ask::Accept { order, answer } => {
                let taken = self.parts.unit.accept(*order).map_err(|e| HouseError::Conflict(e.to_string()));
                // before a record can name it
                self.parts.store.renew(Arc::clone(self.parts.unit.plant()));
                self.publish();
                // the person may have gone away; the order is in all the same
                let _ = answer.send(taken);
            }
            Ask::Foretell { draft, answer } => {
                let (id, effects) = self.parts.unit.foretell(self.parts.clock.now(), *draft);
                let kept = self.said(id, effects).await;
                // whoever worked it out may have ended
                let _ = answer.send(kept);
            }
            Ask::ForetellBy(of, way) => self.parts.unit.foretell_by(&of, way),
            Ask::Follow(schedule) => self.parts.unit.follow(&schedule),
            Ask::Settle(answer) => {
                self.turn(Vec::new(), Vec::new()).await;
                self.publish();
                // the caller may have gone away
                let _ = answer.send(());
            }
        }
    }

    async fn judge(&mut self, id: RecordId, verdict: Verdict) -> Result<Record, HouseError> {
        let effects =
            self.parts.unit.judge(self.parts.clock.now(), id, verdict).map_err(|unjudged| audit::refused(id, &unjudged))?;
        self.said(id, effects).await
    }

    async fn confirm(&mut self, id: RecordId, confirmation: Confirmation) -> Result<Record, HouseError> {
        let effects = self.parts.unit.confirm(id, confirmation).map_err(|refused| match refused {
            Unconfirmed::Unknown(_) | Unconfirmed::NoBaseline => HouseError::Conflict(refused.to_string()),
            Unconfirmed::Contradiction(_) | Unconfirmed::TooLong(_) => HouseError::Invalid(refused.to_string()),
        })?;
        self.said(id, effects).await
    }

    /// Makes durable what follows from a person's words about a record; the record as it stands then.
    async fn said(&mut self, id: RecordId, effects: Vec<Effect>) -> Result<Record, HouseError> {
        let changed = effects.iter().rev().find_map(|e| match e {
            Effect::Keep(record) if record.id() == id => Some(record.clone()),
            _ => None,
        });
        self.make_durable(Turn::default(), effects).await;
        self.publish();
        changed.ok_or(HouseError::Unknown { what: id.kind.word(), name: id.to_string() })
    }

    fn publish(&mut self) {
        self.viewed = Stopwatch::now();
        let view = self.parts.unit.view(self.parts.clock.now());
        self.parts.view.send_replace(Arc::new(view));
        self.view_took = self.viewed.elapsed();
        self.has_news = false;
    }
}

/// Of baselines about the same only the newest is held: it cannot be made again, and there are no more of them than the unit remembers.
fn keep_newest_frozen(held: &mut Vec<Effect>) {
    let mut seen = HashSet::new();
    let mut newest_first: Vec<Effect> = std::mem::take(held).into_iter().rev().collect();
    newest_first.retain(|effect| {
        let Effect::Freeze(frozen) = effect else { return true };
        seen.insert((frozen.machine, frozen.about))
    });
    held.extend(newest_first.into_iter().rev());
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Instant;
    use plant::{About, MachineId, ProductId, Window};

    fn freeze(machine: u32, about: About, version: u32) -> Effect {
        let at = Instant::from_seconds(i64::from(version));
        let (machine, learned, values) = (MachineId(machine), Window { from: at, to: at }, Some([1.0].as_slice().into()));
        Effect::Freeze(Box::new(Frozen { machine, about, version, at, used: at, learned, channels: Vec::new(), values }))
    }

    #[test]
    fn of_baselines_held_back_the_newest_of_each_stays_and_none_is_dropped() {
        let (a, b) = (About::Behaviour(Some(ProductId(0))), About::Behaviour(Some(ProductId(1))));
        let mut held = Vec::new();
        for version in 1..=3 * HELD_MAX as u32 {
            held.push(freeze(0, a, version));
            keep_newest_frozen(&mut held);
            if version == 1 {
                held.extend([freeze(1, a, 7), freeze(0, b, 8)]);
            }
        }
        assert_eq!(held, [freeze(1, a, 7), freeze(0, b, 8), freeze(0, a, 3 * HELD_MAX as u32)]);
    }
}
