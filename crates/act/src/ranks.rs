//! Ranks: what was written to which channel, by whom, and for how long it stands. A lower rank may narrow what a higher one
//! has set, never undo it (OpenEMS: ranked controllers).
//!
//! Enters: writes and wishes. Leaves: yes, or what stands against it. Absent: limits of the channel.

use crate::envelope::Wish;
use measure::Instant;
use plant::{ChannelId, CommandValue, Rank};
use std::collections::BTreeMap;

/// A value that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// When.
    pub at: Instant,
    /// What.
    pub value: CommandValue,
    /// By whom.
    pub rank: Rank,
    /// Until when no lower rank may undo it.
    pub until: Instant,
}

/// What stands on each channel; one entry a writable channel, so it is bounded by the plant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranks {
    by_channel: BTreeMap<ChannelId, Standing>,
}

impl Ranks {
    /// The last write to a channel.
    pub fn last(&self, channel: ChannelId) -> Option<&Standing> {
        self.by_channel.get(&channel)
    }
    /// Notes a write.
    pub fn stand(&mut self, channel: ChannelId, standing: Standing) {
        self.by_channel.insert(channel, standing);
    }
    /// Ends the protection of the last write to a channel; that it was written stays known.
    pub fn release(&mut self, channel: ChannelId, now: Instant) {
        if let Some(standing) = self.by_channel.get_mut(&channel) {
            standing.until = standing.until.min(now);
        }
    }
    /// Whether a wish leaves alone what a higher rank has set.
    ///
    /// # Errors
    /// What was found and what is allowed.
    pub fn allows(&self, wish: Wish<'_>, now: Instant) -> Result<(), (String, String)> {
        let Some(standing) = self.last(wish.channel.id).filter(|s| s.rank > wish.rank && now < s.until) else {
            return Ok(());
        };
        let unit = wish.channel.unit.code();
        match (&standing.value, wish.value) {
            (CommandValue::Number(limit), CommandValue::Number(number)) if number <= limit => Ok(()),
            (CommandValue::Number(limit), CommandValue::Number(number)) => {
                let found = format!("{} asking for {number} {unit}", word(wish.rank));
                Err((found, format!("at most {limit} {unit} as set by {} until {}", word(standing.rank), standing.until)))
            }
            (set, asked) if set == asked => Ok(()),
            (set, asked) => {
                let found = format!("{} asking for {}", word(wish.rank), told(asked));
                Err((found, format!("{} as set by {} until {}", told(set), word(standing.rank), standing.until)))
            }
        }
    }
}

fn told(value: &CommandValue) -> String {
    match value {
        CommandValue::Number(number) => format!("{number}"),
        CommandValue::Word(word) => format!("`{word}`"),
    }
}

const fn word(rank: Rank) -> &'static str {
    match rank {
        Rank::Optimise => "optimisation",
        Rank::Worker => "a worker",
        Rank::Protect => "protection",
        Rank::Safety => "safety",
    }
}
