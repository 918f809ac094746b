//! Which model foretells how long parts last and what will be scrapped, by kind of machine: the plain way, until `socium learn` found a model that is
//! better on the same later episodes.
//!
//! ```text
//! episodes by their ends  |------ challenger learns from ------|- newest: both are measured -|
//! ```
//!
//! Enters: episodes gathered from stored readings, past contests. Leaves: a new [`Contest`], the way in use. Absent: disk; a model is not kept but
//! learned again from its window.

use super::learn::{Standing, Unlearned, recorded};
use know::champion::{Champion, Learned};
use know::lessons::fared::Score;
use know::lessons::model::{EPISODES_MIN, Model, Way};
use know::lessons::{Episode, Topic};
use measure::Instant;
use plant::{Contest, Plant, Window};
use std::sync::Arc;

/// Fewest episodes that models are compared on.
const JUDGED_MIN: usize = 6;
/// One in so many of the episodes is compared on.
const JUDGED_OF: usize = 4;

/// A topic at the machines of a kind: what a model is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pupil {
    /// Kind of the machines.
    pub kind: String,
    /// What is learned.
    pub topic: Topic,
}

impl Pupil {
    /// What can be learned in a plant, by kind.
    pub fn all(plant: &Plant) -> Vec<Self> {
        let of = |machine: &plant::Machine| {
            let told = Topic::ALL.into_iter().filter(|topic| topic.is_told_by(plant, machine.id));
            told.map(|topic| Self { kind: machine.kind.clone(), topic }).collect::<Vec<_>>()
        };
        let mut all: Vec<Self> = plant.machines.iter().flat_map(of).collect();
        all.sort();
        all.dedup();
        all
    }
    /// Its name, unique in the plant: what is foretold, the kind, and the part where it is of one, such as `remaining_life/milling/tool`.
    pub fn key(&self) -> String {
        let key = format!("{}/{}", self.topic.forecast().word(), self.kind);
        self.topic.part().map_or_else(|| key.clone(), |part| format!("{key}/{}", part.service()))
    }
}

/// How a pupil stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Whose it is.
    pub of: Pupil,
    /// The version in use.
    pub standing: Standing,
    /// Contests, oldest first.
    pub contests: Vec<Contest>,
    /// How what was foretold fared lately, since the start.
    pub fared: Option<Score>,
}

/// The way of a standing, from the episodes that were gathered over its window; the plain one where it has none.
///
/// # Errors
/// The episodes of the window are no longer there as they were: what would be learned from the others is another model.
pub fn way(topic: Topic, standing: &Standing, gathered: &[&Episode]) -> Result<Way, Unlearned> {
    let Some(window) = standing.learned else { return Ok(Way::Plain) };
    let seen: Vec<&Episode> = gathered.iter().copied().filter(|episode| episode.ended <= window.to).collect();
    let found = lessons(&seen);
    if found != standing.lessons {
        return Err(Unlearned::Gone { found, learned: standing.lessons });
    }
    learned(topic, &seen)
}

fn lessons(episodes: &[&Episode]) -> u32 {
    episodes.iter().map(|episode| episode.lessons.len() as u32).sum()
}

fn learned(topic: Topic, episodes: &[&Episode]) -> Result<Way, Unlearned> {
    let too_few = || few(topic, episodes, EPISODES_MIN);
    Model::learn(topic, episodes).map(|model| Way::Learned(Arc::new(model))).ok_or_else(too_few)
}

fn few(topic: Topic, episodes: &[&Episode], needed: usize) -> Unlearned {
    let found = episodes.iter().filter(|e| e.is_certain).count();
    Unlearned::Episodes { found, needed, what: topic.episodes(), besides: episodes.len() - found }
}

/// Learns a challenger from all episodes but the newest, which were gathered from an instant on, and compares it with the way in use on these.
///
/// # Errors
/// Too few episodes, or the model in use has seen of the newest ones.
pub fn contest(
    of: &Pupil,
    (from, episodes): (Instant, &[&Episode]),
    in_use: Way,
    contests: &[Contest],
    at: Instant,
) -> Result<Contest, Unlearned> {
    let certain: Vec<&Episode> = episodes.iter().copied().filter(|e| e.is_certain).collect();
    let (judged, needed) = ((certain.len() / JUDGED_OF).max(JUDGED_MIN), EPISODES_MIN + JUDGED_MIN);
    if certain.len() < needed {
        return Err(few(of.topic, episodes, needed));
    }
    let (known, later) = certain.split_at(certain.len() - judged);
    let to = known.last().map_or(from, |episode| episode.ended);
    let (seen, on) = (Window { from, to }, Window { from: to, to: at.max(to) });
    let known: Vec<&Episode> = episodes.iter().copied().filter(|episode| episode.ended <= to).collect();
    let challenger = Learned { model: learned(of.topic, &known)?, window: seen };
    let standing = Standing::after(contests);
    let untaught = Window { from, to: from };
    let mut champion = Champion::first(Learned { model: in_use, window: standing.learned.unwrap_or(untaught) });
    let verdict = champion.challenge(challenger, on, |way| way.losses(later, on.from))?;
    let lessons = lessons(&known);
    Ok(Contest { lessons, ..recorded((of.key(), at), (standing.version, seen), &verdict) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use know::lives::Part;
    use measure::Span;

    #[test]
    fn what_is_learned_has_a_name_and_too_few_episodes_are_told() {
        let of = Pupil { kind: "milling".to_owned(), topic: Topic::Life(Part::Tool) };
        assert_eq!(of.key(), "remaining_life/milling/tool");
        assert_eq!(Pupil { topic: Topic::Scrap, ..of.clone() }.key(), "scrap_share/milling");
        let short = contest(&of, (Instant::EPOCH, &[]), Way::Plain, &[], Instant::EPOCH);
        assert_eq!(short, Err(Unlearned::Episodes { found: 0, needed: 18, what: "failures", besides: 0 }));
        let window = Window { from: Instant::EPOCH, to: Instant::EPOCH + Span::from_days(9) };
        let standing = Standing { version: 2, learned: Some(window), lessons: 70, last: None };
        let gone = way(of.topic, &standing, &[]).expect_err("nothing was gathered").to_string();
        assert!(gone.starts_with("of the 70 lessons that the version in use was learned from 0 are there"), "{gone}");
        assert_eq!(way(of.topic, &Standing { learned: None, ..standing }, &[]), Ok(Way::Plain));
    }
}
