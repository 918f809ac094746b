//! The image: everything known about the unit, frozen at one instant. All rooms of one step look at the same image.

use crate::{ChannelId, MachineState, OrderId, OrderProgress, Quality};
use measure::Instant;
use std::sync::Arc;

/// The newest value of a channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latest {
    /// Source time.
    pub at: Instant,
    /// The number, or the number of the interned word.
    pub value: f64,
    /// How far it can be trusted.
    pub quality: Quality,
}

/// What is known of a machine now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineImage {
    /// What it is doing.
    pub state: MachineState,
    /// Since when.
    pub since: Instant,
    /// Order it works on or is set up for.
    pub order: Option<OrderId>,
    /// Orders that wait at it, oldest first.
    pub infeed: Vec<OrderId>,
    /// Last reading of any channel of it.
    pub heard: Instant,
}

/// Everything known at one instant; lists are indexed by the plant's ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    /// The instant at which it was frozen.
    pub at: Instant,
    /// Newest value by channel.
    pub latest: Vec<Option<Latest>>,
    /// Machines.
    pub machines: Vec<MachineImage>,
    /// Orders.
    pub orders: Vec<OrderProgress>,
    /// Words by their number, so that a reader can name them.
    pub words: Arc<crate::Lexicon>,
}

impl Image {
    /// The newest usable number of a channel: not bad, not missing.
    pub fn number(&self, channel: ChannelId) -> Option<f64> {
        let latest = self.latest.get(channel.index()).copied().flatten()?;
        (latest.quality != Quality::Bad).then_some(latest.value)
    }
}
