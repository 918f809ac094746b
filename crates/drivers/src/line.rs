//! The line to one device: what every protocol's task shares. Enters: deliveries and failures of a protocol. Leaves: arrivals
//! at the door, health, pauses between attempts. Absent: any protocol.

use collect::Delivery;
use measure::{Budget, Chance, Instant, Share};
use plant::{ChannelId, CommandValue, Refused, SourceId};
use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Tells the time; the node's, or a workshop's that runs faster.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// Where arrivals go. Bounded: a full door slows the source.
pub type Door = mpsc::Sender<Arrival>;

/// What the node lends to every source.
#[derive(Clone)]
pub struct Common {
    /// The time.
    pub clock: Clock,
    /// Where arrivals go.
    pub door: Door,
    /// Where the memory of large messages comes from.
    pub memory: Budget,
}

/// All that one message of a source brought, on its way in.
#[derive(Debug)]
pub struct Arrival {
    /// What it brought.
    pub delivery: Delivery,
    /// Told once everything in it is in the journal or refused with a reason; only then the source may forget the message.
    /// Told otherwise, or dropped, it could not be taken; the source is asked for it again where the protocol can.
    pub done: oneshot::Sender<Settled>,
    /// Its memory, where it is much; held until it is settled.
    pub room: Option<Share>,
}

impl Arrival {
    /// What a message brought, and where it is told what became of it.
    pub fn new(delivery: Delivery) -> (Self, oneshot::Receiver<Settled>) {
        let (done, settled) = oneshot::channel();
        (Self { delivery, done, room: None }, settled)
    }
}

/// What became of an arrival.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settled {
    /// Whether all of it is in the journal or refused with a reason.
    pub is_taken: bool,
    /// Readings refused, for protocols that can tell their source.
    pub refused: u64,
    /// The first of them.
    pub first: Option<Box<Refused>>,
}

impl Settled {
    /// Everything was good and is in the journal.
    pub const TAKEN: Self = Self { is_taken: true, refused: 0, first: None };
}

/// A value to be written to a channel.
#[derive(Debug)]
pub struct WriteRequest {
    /// The channel.
    pub channel: ChannelId,
    /// The value.
    pub value: CommandValue,
    /// `Ok` when the device confirmed it; else why not, in a sentence. Every request is answered or dropped on stop.
    pub answer: oneshot::Sender<Result<(), String>>,
}

/// A name and its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Name to sign in with.
    pub name: String,
    /// Its password; never printed.
    pub password: String,
}

/// How a source fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Whether the device answers now.
    pub connected: bool,
    /// The last trouble and when it was met.
    pub last_error: Option<(Instant, String)>,
    /// When the device was last heard.
    pub heard: Option<Instant>,
}

/// A source at work.
#[derive(Debug)]
pub struct Running {
    /// Where its writes go. Bounded.
    pub writes: mpsc::Sender<WriteRequest>,
    /// How it fares.
    pub health: watch::Receiver<Health>,
    /// Its task; ends after `stop`.
    pub task: JoinHandle<()>,
}

/// What a protocol's task holds of the world: the door, the clock, its health, and when to stop.
pub struct Line {
    /// The source served.
    pub source: SourceId,
    /// Cancelled when the node stops.
    pub stop: CancellationToken,
    common: Common,
    health: watch::Sender<Health>,
}

/// Most messages of one source handed in and not yet settled.
pub const IN_FLIGHT_MAX: usize = 64;
/// Most write requests waiting at one source.
const WRITES_MAX: usize = 64;
/// First pause after a failure.
const PAUSE_FIRST: Duration = Duration::from_millis(250);
/// Longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(30);

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials {{ name: {:?}, password: … }}", self.name)
    }
}

impl Line {
    /// The time now.
    pub fn now(&self) -> Instant {
        (self.common.clock)()
    }
    /// Its clock and its door, for a protocol whose arrivals leave from a thread of their own.
    pub(crate) fn ends(&self) -> (Clock, Door) {
        (Arc::clone(&self.common.clock), self.common.door.clone())
    }
    /// The budget of memory.
    pub(crate) const fn memory(&self) -> &Budget {
        &self.common.memory
    }
    /// The device answers.
    pub fn connected(&self) {
        tracing::info!(source = self.source.0, "connected");
        let now = self.now();
        self.health.send_modify(|h| {
            h.connected = true;
            h.heard = Some(now);
        });
    }
    /// The connection is lost or could not be made.
    pub fn lost(&self, error: String) {
        tracing::warn!(source = self.source.0, error, "not connected");
        let now = self.now();
        self.health.send_modify(|h| {
            h.connected = false;
            h.last_error = Some((now, error));
        });
    }
    /// Something went wrong while the connection holds.
    pub fn trouble(&self, error: String) {
        tracing::warn!(source = self.source.0, error, "trouble");
        let now = self.now();
        self.health.send_modify(|h| h.last_error = Some((now, error)));
    }
    /// The device was heard.
    pub fn heard(&self) {
        let now = self.now();
        self.health.send_modify(|h| h.heard = Some(now));
    }
    /// Hands a delivery in, waiting while the door is full. `None` when the node stops.
    pub async fn deliver(&self, delivery: Delivery) -> Option<oneshot::Receiver<Settled>> {
        self.deliver_in(delivery, None).await
    }
    /// As [`Self::deliver`], with the memory that it has until it is settled.
    pub(crate) async fn deliver_in(&self, delivery: Delivery, room: Option<Share>) -> Option<oneshot::Receiver<Settled>> {
        let (mut arrival, settled) = Arrival::new(delivery);
        if arrival.delivery.is_empty() {
            return arrival.done.send(Settled::TAKEN).ok().map(|()| settled);
        }
        arrival.room = room;
        tokio::select! {
            () = self.stop.cancelled() => None,
            sent = self.common.door.send(arrival) => sent.ok().map(|()| settled),
        }
    }
    /// Waits before attempt number `attempt` (from 0) and answers writes meanwhile; `false` when the node stops.
    pub async fn pause(&self, attempt: u32, writes: &mut mpsc::Receiver<WriteRequest>) -> bool {
        let wait = tokio::time::sleep(pause(self.source, attempt));
        tokio::pin!(wait);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return false,
                () = &mut wait => return true,
                Some(request) = writes.recv() => drop(request.answer.send(Err(self.refusal()))),
            }
        }
    }
    /// Why a write cannot be done while the device is not connected.
    pub(crate) fn refusal(&self) -> String {
        let health = self.health.borrow();
        let error = health.last_error.as_ref().map_or("not yet connected", |(_, error)| error.as_str());
        format!("the device is not connected: {error}")
    }
}

/// Arrivals handed in and not yet settled, oldest first; at most [`IN_FLIGHT_MAX`].
#[derive(Debug, Default)]
pub(crate) struct InFlight(VecDeque<oneshot::Receiver<Settled>>);

impl InFlight {
    /// One more; waits for the oldest where there are too many. `false` when one met on the way could not be taken.
    pub(crate) async fn push(&mut self, settled: oneshot::Receiver<Settled>) -> bool {
        let mut taken = self.sweep();
        while self.0.len() >= IN_FLIGHT_MAX {
            if let Some(oldest) = self.0.pop_front() {
                taken &= oldest.await.is_ok_and(|s| s.is_taken);
            }
        }
        self.0.push_back(settled);
        taken
    }
    /// Takes out what is settled. `false` when one of them could not be taken.
    pub(crate) fn sweep(&mut self) -> bool {
        let mut taken = true;
        while let Some(oldest) = self.0.front_mut() {
            match oldest.try_recv() {
                Err(oneshot::error::TryRecvError::Empty) => break,
                answer => taken &= answer.is_ok_and(|s| s.is_taken),
            }
            self.0.pop_front();
        }
        taken
    }
}

/// How long to wait before attempt number `attempt`: doubling, at most [`PAUSE_MAX`], spread by a quarter so that sources
/// that failed together do not come back together.
fn pause(source: SourceId, attempt: u32) -> Duration {
    let whole = PAUSE_FIRST.saturating_mul(1 << attempt.min(16)).min(PAUSE_MAX);
    let spread = Chance::seeded(u64::from(source.0)).branch(&[u64::from(attempt)]).between(0.75, 1.0);
    whole.mul_f64(spread)
}

/// Starts the task of a protocol with its line.
pub(crate) fn spawn<F, T>(source: SourceId, common: Common, stop: CancellationToken, run: F) -> Running
where
    F: FnOnce(Line, mpsc::Receiver<WriteRequest>) -> T,
    T: Future<Output = ()> + Send + 'static,
{
    let (health, seen) = watch::channel(Health::default());
    let (writes, requests) = mpsc::channel(WRITES_MAX);
    let task = tokio::spawn(run(Line { source, stop, common, health }, requests));
    Running { writes, health: seen, task }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_differ_between_sources() {
        let waits: Vec<_> = (0..20).map(|attempt| pause(SourceId(3), attempt)).collect();
        assert!(waits[0] >= PAUSE_FIRST.mul_f64(0.75) && waits[0] <= PAUSE_FIRST, "{waits:?}");
        assert!(waits[19] >= PAUSE_MAX.mul_f64(0.75) && waits[19] <= PAUSE_MAX, "{waits:?}");
        assert!(waits[4] > waits[2], "{waits:?}");
        assert_ne!(pause(SourceId(3), 5), pause(SourceId(4), 5));
        assert_eq!(pause(SourceId(3), 5), pause(SourceId(3), 5));
    }

    #[test]
    fn a_password_is_never_printed() {
        let shown = format!("{:?}", Credentials { name: "ada".to_owned(), password: "secret".to_owned() });
        assert_eq!(shown, "Credentials { name: \"ada\", password: … }");
    }
}
