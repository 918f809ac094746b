//! Readings that came too late for the log: it had passed their time and could not place them.
//!
//! Enters: channels and source times. Leaves: what must be worked out again, and from when. Absent: how. Bounded: one window a
//! channel.

use measure::{Instant, Span};
use plant::{ChannelId, Window};

/// A number that comes at most so late is left where it is: its counter's next reading has told the amount already, and what a
/// gauge held meanwhile is two minutes of one slice.
pub const NUMBER_SLACK: Span = Span::from_minutes(2);
/// A word that comes in the order of its channel is taken at the start of the newest slice if that is at most so much later.
pub const WORD_SLACK: Span = Span::from_seconds(10);

/// Late readings of one machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Missed {
    /// How many.
    pub count: u64,
    /// Source times of the earliest and latest, a channel.
    pub channels: Vec<(ChannelId, Window)>,
}

impl Missed {
    /// One more.
    pub fn add(&mut self, channel: ChannelId, at: Instant) {
        self.count += 1;
        self.widen(channel, Window { from: at, to: at });
    }
    /// Those of another list too.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        other.channels.iter().for_each(|(channel, window)| self.widen(*channel, *window));
    }
    /// Source time of the earliest; `None` where there is none.
    pub fn from(&self) -> Option<Instant> {
        self.channels.iter().map(|(_, window)| window.from).min()
    }
    fn widen(&mut self, channel: ChannelId, window: Window) {
        match self.channels.iter_mut().find(|(c, _)| *c == channel) {
            Some((_, known)) => *known = Window { from: known.from.min(window.from), to: known.to.max(window.to) },
            None => self.channels.push((channel, window)),
        }
    }
}
