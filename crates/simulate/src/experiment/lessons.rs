//! What the machines of the virtual workshop tell while nobody acts, for learning how long parts last and what will be scrapped.
//!
//! Enters: a seed, days. Leaves: the episodes gathered, kind by kind. Absent: the loop; tools are changed by count, as in the watching arm.

use super::arm::{Mode, STEP, prepared};
use crate::workshop::SampleValue;
use measure::{Instant, Span};
use plant::{Lexicon, Quality, Reading};
use unit::lessons::gather::Gatherer;
use unit::outlook::lessons::Pupil;

/// What was gathered of the machines of each kind.
#[derive(Clone, Debug)]
pub struct Taught {
    /// When the workshop began.
    pub from: Instant,
    /// Where it ended.
    pub to: Instant,
    /// By kind.
    pub kinds: Vec<(String, Gatherer)>,
    /// What can be learned.
    pub pupils: Vec<Pupil>,
}

/// Runs the workshop of a seed for some days.
pub fn taught(seed: u64, days: u32) -> Taught {
    let (plant, mut world, from) = prepared(seed, days, Mode::Watch);
    let pupils = Pupil::all(&plant);
    let mut kinds: Vec<&str> = pupils.iter().map(|p| p.kind.as_str()).collect();
    kinds.dedup();
    let mut kinds: Vec<(String, Gatherer)> = kinds.into_iter().map(|k| (k.to_owned(), Gatherer::new(&plant, k))).collect();
    let of: Vec<Option<usize>> = {
        let wants = |gatherer: &Gatherer, id| gatherer.channels().iter().any(|(_, channels)| channels.contains(&id));
        plant.channels.iter().map(|c| kinds.iter().position(|(_, g)| wants(g, c.id))).collect()
    };
    let (mut lexicon, mut samples, mut now) = (Lexicon::default(), Vec::new(), from);
    let to = from + Span::from_days(i64::from(days));
    while now < to {
        now += STEP;
        world.advance(&plant, now, &mut samples);
        samples.sort_by_key(|s| s.at);
        for sample in samples.drain(..) {
            let Some(place) = of[sample.channel.index()] else { continue };
            let value = match sample.value {
                SampleValue::Number(value) => Some(value),
                SampleValue::Word(word) => lexicon.intern(&word).map(|(id, _)| f64::from(id.0)),
            };
            let Some(value) = value else { continue };
            let reading = Reading { channel: sample.channel, at: sample.at, value, quality: Quality::Good };
            kinds[place].1.take(&plant, reading, &lexicon);
        }
    }
    Taught { from, to, kinds, pupils }
}
