//! The listening source: publishes of configured channels go from the socket to the unit's door. Enters: messages, and the
//! loop's answers. Leaves: one [`Delivery`] for all that one round of reading brought, and acknowledgements once it is settled.
//! Absent: sockets, sessions.
//!
//! ```text
//! publish -> take -> [open delivery] -> flush -> Door ... journal ... done -> settled -> PUBACK, PUBREC
//! ```
//!
//! At most [`UNDER_WAY_MAX`] deliveries are under way; what comes meanwhile joins the open one, so that the busier the journal
//! is, the more messages share one wait for it.

use super::limits::{UNSETTLED_MAX, WAITING_MAX};
use super::session::SessionId;
use crate::mqtt::Load;
use crate::mqtt::wire::{Mapper, Way};
use crate::{Arrival, Clock, Door, Settled};
use collect::RawValue;
use measure::{Instant, Span};
use plant::{ChannelId, SourceId};
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::PollSender;

/// Deliveries at the door or beyond it. While one is in the journal, the next one grows: with more of them, each would be smaller and
/// cost a turn of the loop. The next leaves before the acknowledgements of the last are written, so that the disk does not wait.
const UNDER_WAY_MAX: usize = 1;

/// An acknowledgement that waits for the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The session that published.
    pub session: SessionId,
    /// Serial number of the connection it came over.
    pub connection: u32,
    /// Packet id.
    pub id: u16,
    /// Quality of service, 1 or 2.
    pub qos: u8,
    /// Reason code if all goes well.
    pub reason: u8,
}

/// The way from the broker to the unit.
pub struct Intake {
    /// What topics mean.
    pub mapper: Mapper,
    clock: Clock,
    door: PollSender<Arrival>,
    open: Load,
    owed: Vec<Owed>,
    under_way: VecDeque<(Option<oneshot::Receiver<Settled>>, Vec<Owed>)>,
    unsettled: usize,
    last: Instant,
    /// Whether the clock was asked in this round.
    is_dated: bool,
    echoes: Option<mpsc::Sender<Vec<(ChannelId, RawValue)>>>,
}

/// Lists of values that wait for whoever looks for the echo of a command.
const ECHOES_MAX: usize = 64;

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Intake({} unsettled)", self.unsettled)
    }
}

impl Intake {
    /// A way to a door.
    pub fn new(source: SourceId, mapper: Mapper, (clock, door): (Clock, Door)) -> Self {
        let last = Instant::EPOCH;
        let (open, owed, under_way) = (Load::new(source), Vec::new(), VecDeque::new());
        let door = PollSender::new(door);
        Self { mapper, clock, door, open, owed, under_way, unsettled: 0, last, is_dated: false, echoes: None }
    }

    /// The same, and the values of channels that take commands, for whoever waits for an echo.
    pub fn with_echoes(mut self) -> (Self, mpsc::Receiver<Vec<(ChannelId, RawValue)>>) {
        let (echoes, heard) = mpsc::channel(ECHOES_MAX);
        self.echoes = Some(echoes);
        (self, heard)
    }

    /// Takes a message in. Each has an instant of its own, so that the same value twice is two readings. `false` where the
    /// payload as a whole could not be read; then it is refused in the delivery.
    #[inline]
    pub fn take(&mut self, way: Way, topic: &str, payload: &[u8]) -> bool {
        self.last += Span::from_micros(1);
        if !std::mem::replace(&mut self.is_dated, true) {
            self.last = self.last.max((self.clock)());
        }
        if self.open.is_empty() {
            self.open.begin(self.last);
        }
        self.mapper.decode(way, (topic, payload), self.last, &mut self.open)
    }

    /// Remembers whom to acknowledge once the open delivery is settled.
    #[inline]
    pub fn owe(&mut self, owed: Owed) {
        self.unsettled += 1;
        self.owed.push(owed);
    }

    /// Whether no more can be taken now: the unit is behind.
    pub fn is_full(&self) -> bool {
        self.unsettled >= UNSETTLED_MAX || self.open.len() >= WAITING_MAX
    }

    /// Hands the open delivery to the door, where there is room. `waker` is woken when there will be.
    pub fn flush(&mut self, waker: &Waker) {
        self.is_dated = false;
        let is_empty = self.open.is_empty();
        if is_empty {
            if !self.owed.is_empty() {
                self.under_way.push_back((None, std::mem::take(&mut self.owed)));
            }
            return;
        }
        if self.under_way.len() >= UNDER_WAY_MAX {
            return;
        }
        match self.door.poll_reserve(&mut Context::from_waker(waker)) {
            Poll::Pending => return,
            // the unit has ended: what it cannot take is told to be not taken, by the dropped sender
            Poll::Ready(Err(_)) | Poll::Ready(Ok(())) => {}
        }
        let (values, (arrival, settled)) = (self.open.take_echoes(), Arrival::new(self.open.take()));
        if let Some(echoes) = self.echoes.as_ref().filter(|_| !values.is_empty()) {
            // a full channel means that nobody waits for an echo now
            let _ = echoes.try_send(values);
        }
        // refused only when the unit has ended
        let _ = self.door.send_item(arrival);
        self.under_way.push_back((Some(settled), std::mem::take(&mut self.owed)));
    }

    /// The acknowledgements of the oldest delivery, once it is settled, and whether it was taken.
    pub fn settled(&mut self, waker: &Waker) -> Option<(bool, Vec<Owed>)> {
        let taken = match self.under_way.front_mut()? {
            (None, _) => true,
            (Some(settled), _) => match Pin::new(settled).poll(&mut Context::from_waker(waker)) {
                Poll::Pending => return None,
                Poll::Ready(answer) => answer.is_ok_and(|settled| settled.is_taken),
            },
        };
        let (_, owed) = self.under_way.pop_front()?;
        self.unsettled -= owed.len();
        Some((taken, owed))
    }

    /// Whether everything taken in is settled.
    pub fn is_idle(&self) -> bool {
        self.under_way.is_empty() && self.owed.is_empty() && self.open.is_empty()
    }
}
