//! What a device tells: one value of one channel at one instant, before any protocol.

use measure::Instant;
use plant::ChannelId;
use std::sync::Arc;

/// A value as a device tells it.
#[derive(Clone, Debug, PartialEq)]
pub enum SampleValue {
    /// A number in the channel's unit.
    Number(f64),
    /// A word.
    Word(Arc<str>),
}

/// One value of one channel at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The channel.
    pub channel: ChannelId,
    /// When it was true at the machine.
    pub at: Instant,
    /// The value.
    pub value: SampleValue,
}
