//! What is learned from episodes: a forest on the figures of samples, and how far it was off on episodes that it had not seen.
//!
//! ```text
//! lessons of episodes ── five folds by episode ──> (told, came) out of fold ── conformal ──> interval, share at most so large
//!                     └─ all of them ────────────> forest ──────────────────> told
//! ```
//!
//! Enters: episodes. Leaves: a [`Model`], losses. Absent: which one is in use. The same episodes give the same model.

use super::{Episode, FIGURES, Sample, Topic};
use crate::boost::conformal::Conformal;
use crate::boost::{Features, Forest, Goal, Settings};
use crate::forecast::score::pinball;
use measure::{Estimate, Instant};
use std::sync::Arc;

/// Fewest certain episodes that a model is learned from.
pub const EPISODES_MIN: usize = 12;
/// Folds over which it is found how far the forest is off.
const FOLDS: usize = 5;
/// Share of what comes that intervals are to hold [1].
const COVERAGE: f64 = 0.9;
/// Levels that losses are taken at: the ends of the interval and the figure itself.
const LEVELS: [f64; 3] = [0.05, 0.5, 0.95];

/// Learned from episodes of a topic at machines of a kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    forest: Forest,
    off: Conformal,
    /// The most that can come, in the unit of the topic.
    most: f64,
}

impl Model {
    /// Learned from episodes of a topic; `None` where what came is known of fewer than 12 of them.
    pub fn learn(topic: Topic, episodes: &[&Episode]) -> Option<Self> {
        let certain = episodes.iter().filter(|e| e.is_certain).count();
        if certain < EPISODES_MIN {
            return None;
        }
        let (mut pairs, most) = (Vec::new(), topic.most());
        for fold in 0..FOLDS {
            let apart = |is_in: bool| -> Vec<&Episode> {
                episodes.iter().enumerate().filter(|(i, _)| (i % FOLDS == fold) == is_in).map(|(_, episode)| *episode).collect()
            };
            let forest = grown(&apart(false));
            // where what came is not known it does not tell how far the forest is off
            for lesson in apart(true).into_iter().filter(|e| e.is_certain).flat_map(|e| &e.lessons) {
                pairs.push((told(&forest, &lesson.sample, most), lesson.came));
            }
        }
        // The finite-sample rank counts episodes: lessons of one are alike.
        let coverage = (COVERAGE * (certain as f64 + 1.0) / certain as f64).min(1.0);
        Some(Self { forest: grown(episodes), off: Conformal::learn(&pairs, coverage, most), most })
    }
    /// What is expected, with its 90 % interval; neither below 0 nor above what can come.
    pub fn told(&self, sample: &Sample) -> Estimate {
        let value = told(&self.forest, sample, self.most);
        let (low, high) = self.off.interval(value);
        Estimate::between(low.max(0.0), value, high)
    }
    /// Probability that what comes is at most so large [1].
    pub fn comes_within(&self, sample: &Sample, most: f64) -> f64 {
        self.off.share_within(told(&self.forest, sample, self.most), most)
    }
}

fn grown(episodes: &[&Episode]) -> Forest {
    let (mut features, mut target) = (Features::new(FIGURES), Vec::new());
    for lesson in episodes.iter().flat_map(|e| &e.lessons) {
        features.push(&lesson.sample.figures);
        target.push(lesson.came);
    }
    // episodes are few and their lessons alike: shallow trees of many rows
    let settings = Settings { rounds: 120, leaves: 6, features: 0.6, ..Settings::usual(Goal::Number) };
    Forest::learn(&features, &target, &settings)
}

fn told(forest: &Forest, sample: &Sample, most: f64) -> f64 {
    forest.number(&sample.figures).clamp(0.0, most)
}

/// How it is foretold.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// As samples say: nothing learned.
    Plain,
    /// By a model.
    Learned(Arc<Model>),
}

impl Way {
    /// What is expected, with its 90 % interval.
    pub fn told(&self, sample: &Sample) -> Estimate {
        match self {
            Self::Plain => sample.plain,
            Self::Learned(model) => model.told(sample),
        }
    }
    /// Mean pinball loss of each episode over its lessons from an instant on, in the unit of the topic; NaN for one without any.
    pub fn losses(&self, episodes: &[&Episode], from: Instant) -> Vec<f64> {
        let of = |episode: &&Episode| {
            let later = episode.lessons.iter().filter(|l| l.at >= from);
            let losses: Vec<f64> = later.map(|l| loss(&self.told(&l.sample), l.came)).collect();
            losses.iter().sum::<f64>() / losses.len() as f64
        };
        episodes.iter().map(of).collect()
    }
}

fn loss(told: &Estimate, came: f64) -> f64 {
    let ends = LEVELS.into_iter().zip([told.low, told.value, told.high]);
    ends.map(|(level, end)| pinball(level, end, came)).sum::<f64>() / LEVELS.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lessons::Lesson;
    use crate::lives::Part;
    use measure::{Chance, Span};

    const TOPIC: Topic = Topic::Life(Part::Tool);

    /// Lives of 20 to 40 h, seen three times an hour, of which half as much again is said to be left, with noise.
    fn lives(seed: u64, count: usize) -> Vec<Episode> {
        let mut chance = Chance::seeded(seed);
        let life = |n: usize| {
            let (began, length) = (100.0 * n as f64, chance.between(20.0, 40.0));
            let at = |h: f64| Instant::EPOCH + Span::from_seconds_f64(3_600.0 * (began + h));
            let lesson = |k: i64| {
                let h = k as f64 / 3.0;
                let left = length - h;
                let plain = Estimate::normal(1.5 * left * (1.0 + 0.1 * chance.normal()), 0.2 * left);
                let mut figures = [f32::NAN; FIGURES];
                figures[0] = plain.value as f32;
                Lesson { at: at(h), sample: Sample { plain, figures }, told: plain, came: left }
            };
            let lessons = (0..(3.0 * length) as i64).map(lesson).collect();
            Episode { ended: at(length), is_certain: true, lessons }
        };
        (0..count).map(life).collect()
    }

    #[test]
    fn what_the_plain_way_is_off_by_is_learned_and_intervals_hold() {
        let (known, later) = (lives(1, 30), lives(2, 30));
        let known: Vec<&Episode> = known.iter().collect();
        let later: Vec<&Episode> = later.iter().collect();
        let model = Model::learn(TOPIC, &known).expect("30 lives");
        let learned = Way::Learned(Arc::new(model.clone()));
        let mean = |losses: Vec<f64>| losses.iter().sum::<f64>() / losses.len() as f64;
        let (ours, plain) = (mean(learned.losses(&later, Instant::MIN)), mean(Way::Plain.losses(&later, Instant::MIN)));
        assert!(ours < 0.5 * plain, "{ours} {plain}");
        let lessons: Vec<&Lesson> = later.iter().flat_map(|e| &e.lessons).collect();
        let held = lessons.iter().filter(|l| model.told(&l.sample).covers(l.came)).count() as f64 / lessons.len() as f64;
        assert!((0.84..0.97).contains(&held), "{held}");
        let told: Vec<(f64, bool)> = lessons.iter().map(|l| (model.comes_within(&l.sample, 8.0), l.came <= 8.0)).collect();
        for (low, high) in [(0.0, 0.3), (0.3, 0.7), (0.7, 1.0)] {
            let told: Vec<&(f64, bool)> = told.iter().filter(|(p, _)| (low..=high).contains(p)).collect();
            let came = told.iter().filter(|(_, came)| *came).count() as f64 / told.len() as f64;
            let expected = told.iter().map(|(p, _)| p).sum::<f64>() / told.len() as f64;
            assert!((came - expected).abs() < 0.1, "{came} of {expected}");
        }
    }

    #[test]
    fn few_episodes_teach_nothing_and_the_same_ones_teach_the_same() {
        let lives = lives(3, 12);
        let all: Vec<&Episode> = lives.iter().collect();
        assert_eq!(Model::learn(TOPIC, &all[1..]), None);
        assert_eq!(Model::learn(TOPIC, &all), Model::learn(TOPIC, &all));
        assert!(Way::Plain.losses(&all, lives[0].ended)[0].is_nan(), "no lesson of the first one is as late");
        let share = Model::learn(Topic::Scrap, &all).expect("12 episodes").told(&lives[0].lessons[0].sample);
        assert_eq!((share.value, share.high), (1.0, 1.0), "no more than all pieces are scrapped");
    }
}
