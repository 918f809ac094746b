//! The past of one machine as it was stored at one moment, read piece by piece in the order of source times.
//!
//! Enters: a moment, windows. Leaves: readings. Absent: what they are read for.

use super::Store;
use crate::StoreError;
use crate::series::Ask;
use measure::Instant;
use plant::{ChannelId, Lexicon, Plant, Quality, Reading, Window};

/// The past of channels of one machine: all that was acknowledged up to the moment at which it was taken, and nothing later.
pub struct Past {
    store: Store,
    ask: Ask,
    channels: Vec<ChannelId>,
}

impl Store {
    /// The past of channels of one machine up to now. Cheap: nothing is read yet.
    ///
    /// # Errors
    /// A channel is not in the plant, there is none, or they are of several machines.
    pub fn past(&self, plant: &Plant, channels: Vec<ChannelId>) -> Result<Past, StoreError> {
        let ask = self.ask(Ask::new(plant, &channels, (Instant::MIN, Instant::MAX))?);
        Ok(Past { store: self.clone(), ask, channels })
    }
}

impl Past {
    /// The words of its readings by their numbers.
    pub fn lexicon(&self) -> Lexicon {
        let mut lexicon = Lexicon::default();
        for word in self.ask.words.iter() {
            // they come from a lexicon, so each has a number and keeps it
            let _ = lexicon.intern(word);
        }
        lexicon
    }
    /// Its readings with source times in a window that are not bad, in the order of source times and, at one time, of channels;
    /// those in question are told good. `None` where they are more than `most`.
    ///
    /// # Errors
    /// History cannot be read, or sealing moved what was not in memory; a new [`Store::past`] finds it.
    pub async fn readings(&self, window: Window, most: usize) -> Result<Option<Vec<Reading>>, StoreError> {
        let ask = Ask { from: window.from.micros(), to: window.to.micros(), ..self.ask.clone() };
        let found = self.store.think(async move { ask.readings(most) }).await?;
        let reading = |(place, at, value): (usize, i64, f64)| Reading {
            channel: self.channels[place],
            at: Instant::from_micros(at),
            value,
            quality: Quality::Good,
        };
        Ok(found.map(|found| found.into_iter().map(reading).collect()))
    }
}
