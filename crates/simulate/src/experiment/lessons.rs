//! What the machines of the virtual workshop tell while nobody acts, and what can be learned from it: how long parts last, what will be scrapped.
//!
//! Enters: a seed, days. Leaves: how the plain way and a learned one fared on the same later episodes. Absent: the loop; tools are changed by count,
//! as in the watching arm.

use super::arm::{Mode, STEP, prepared};
use crate::workshop::SampleValue;
use measure::{Instant, Span};
use plant::{Contest, Lexicon, Quality, Reading};
use unit::lessons::Episode;
use unit::lessons::fared::{Fared, Score};
use unit::lessons::gather::Gatherer;
use unit::lessons::model::{Model, Way};
use unit::outlook::lessons::{Pupil, contest};

/// One thing that was learned, and what it was worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Taught {
    /// What was learned.
    pub of: Pupil,
    /// The contest.
    pub contest: Contest,
    /// How the learned way fared beside the plain one on the episodes of the contest.
    pub score: Score,
}

/// Lets models learn in the workshop of a seed for some days, and contest the plain ways; what has too few episodes is left out.
pub fn taught(seed: u64, days: u32) -> Vec<Taught> {
    let (pupils, gatherers, (from, to)) = gathered(seed, days);
    let one = |of: Pupil| {
        let (_, gatherer) = gatherers.iter().find(|(kind, _)| *kind == of.kind)?;
        let episodes = gatherer.episodes(of.topic);
        let contest = contest(&of, (from, &episodes), Way::Plain, &[], to).ok()?;
        let known: Vec<&Episode> = episodes.iter().copied().filter(|e| e.ended <= contest.learned.to).collect();
        let later: Vec<&Episode> = episodes.iter().copied().filter(|e| e.is_certain && e.ended > contest.on.from).collect();
        let model = Model::learn(of.topic, &known)?;
        let mut fared = Fared::lately(f64::INFINITY);
        for lesson in later.iter().flat_map(|e| &e.lessons).filter(|l| l.at >= contest.on.from) {
            fared.add(&model.told(&lesson.sample), &lesson.sample.plain, lesson.came);
        }
        Some(Taught { of, contest, score: fared.score()? })
    };
    pupils.into_iter().filter_map(one).collect()
}

type Gathered = (Vec<Pupil>, Vec<(String, Gatherer)>, (Instant, Instant));

/// What can be learned, what was gathered of each kind of machine, and when.
fn gathered(seed: u64, days: u32) -> Gathered {
    let (plant, mut world, from) = prepared(seed, days, Mode::Watch);
    let pupils = Pupil::all(&plant);
    let mut kinds: Vec<&str> = pupils.iter().map(|p| p.kind.as_str()).collect();
    kinds.dedup();
    let mut gatherers: Vec<(String, Gatherer)> = kinds.into_iter().map(|k| (k.to_owned(), Gatherer::new(&plant, k))).collect();
    let wants = |gatherer: &Gatherer, id| gatherer.channels().iter().any(|(_, channels)| channels.contains(&id));
    let place = |channel: &plant::Channel| gatherers.iter().position(|(_, g)| wants(g, channel.id));
    let places: Vec<Option<usize>> = plant.channels.iter().map(place).collect();
    let (mut lexicon, mut samples, mut now) = (Lexicon::default(), Vec::new(), from);
    let to = from + Span::from_days(i64::from(days));
    while now < to {
        now += STEP;
        world.advance(&plant, now, &mut samples);
        samples.sort_by_key(|s| s.at);
        for sample in samples.drain(..) {
            let Some(place) = places[sample.channel.index()] else { continue };
            let value = match sample.value {
                SampleValue::Number(value) => Some(value),
                SampleValue::Word(word) => lexicon.intern(&word).map(|(id, _)| f64::from(id.0)),
            };
            let Some(value) = value else { continue };
            let reading = Reading { channel: sample.channel, at: sample.at, value, quality: Quality::Good };
            gatherers[place].1.take(&plant, reading, &lexicon);
        }
    }
    gatherers.iter_mut().for_each(|(_, gatherer)| gatherer.finish(to));
    (pupils, gatherers, (from, to))
}
