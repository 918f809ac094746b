//! Gathers episodes from stored readings, in the order of their times.
//!
//! Enters: readings of the machines of a kind. Leaves: [`Episode`]s by topic. Absent: where readings are kept; when an episode ends
//! ([`follow`](super::follow)). Readings are remembered as in the running unit, but nothing is judged.

use super::follow::Follower;
use super::{Episode, Topic};
use crate::lives::Part;
use crate::memory::Memory;
use measure::{Instant, Span};
use plant::{ChannelId, Lexicon, MachineId, Plant, Reading, Role};
use std::collections::BTreeMap;

/// Roles of the channels that samples, and what came of them, show in.
const ROLES: [Role; 10] = [
    Role::State,
    Role::Order,
    Role::Product,
    Role::Speed,
    Role::Vibration,
    Role::Load,
    Role::Serviced,
    Role::Good,
    Role::Scrap,
    Role::Deviation,
];
/// All that came of the lessons of a day is known so long after the day began.
pub const KNOWN_WITHIN: Span = Span::from_days(3);
/// Most samples kept of one life, or of a machine's pieces.
const SAMPLES_MAX: usize = 512;
const DAY: Span = Span::from_days(1);

/// Gathers episodes at machines of one kind.
#[derive(Clone, Debug)]
pub struct Gatherer {
    memory: Memory,
    channels: Vec<(MachineId, Vec<ChannelId>)>,
    follower: Follower,
    lives: Vec<(Part, Episode)>,
    /// Lessons of pieces by their day, in UTC.
    days: BTreeMap<Instant, Episode>,
}

impl Gatherer {
    /// Nothing gathered yet of the machines of a kind.
    pub fn new(plant: &Plant, kind: &str) -> Self {
        let mine = plant.machines.iter().filter(|m| m.kind == kind).map(|m| m.id);
        let channels = |id: MachineId| ROLES.iter().filter_map(|role| plant.role(id, *role)).map(|c| c.id).collect();
        let channels = mine.map(|id| (id, channels(id))).filter(|(_, of): &(_, Vec<ChannelId>)| !of.is_empty());
        Self {
            memory: Memory::new(plant),
            channels: channels.collect(),
            follower: Follower::new(plant, |m| m.kind == kind, SAMPLES_MAX),
            lives: Vec::new(),
            days: BTreeMap::new(),
        }
    }
    /// The channels whose readings it wants, by machine.
    pub fn channels(&self) -> &[(MachineId, Vec<ChannelId>)] {
        &self.channels
    }
    /// Takes the next reading of [`Self::channels`], in the order of source times.
    pub fn take(&mut self, plant: &Plant, reading: Reading, lexicon: &Lexicon) {
        let ended = self.follower.look(&self.memory, reading.at);
        self.keep(ended);
        self.memory.take(plant, reading, lexicon);
    }
    /// All readings up to an instant were taken.
    pub fn finish(&mut self, at: Instant) {
        let ended = self.follower.look_now(&self.memory, at);
        self.keep(ended);
    }
    fn keep(&mut self, ended: Vec<(MachineId, Topic, Episode)>) {
        // nobody else looks at what has changed
        drop(self.memory.take_changed());
        for (_, topic, episode) in ended {
            match topic {
                Topic::Life(part) => self.lives.push((part, episode)),
                Topic::Scrap => episode.lessons.into_iter().for_each(|lesson| {
                    let fresh = || Episode { ended: episode.ended, is_certain: true, lessons: Vec::new() };
                    let day = self.days.entry(lesson.at.floor(DAY)).or_insert_with(fresh);
                    day.ended = day.ended.max(episode.ended);
                    day.lessons.push(lesson);
                }),
            }
        }
    }
    /// Episodes of a topic, in the order of their ends.
    pub fn episodes(&self, topic: Topic) -> Vec<&Episode> {
        let mut found: Vec<&Episode> = match topic {
            Topic::Life(part) => self.lives.iter().filter(|(of, _)| *of == part).map(|(_, episode)| episode).collect(),
            Topic::Scrap => self.days.values().collect(),
        };
        found.sort_by_key(|episode| episode.ended);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::Lesson;
    use super::*;
    use crate::predict::degradation::tests::wears;
    use crate::suite::{START, Scene};

    fn gathered(scene: &mut Scene) -> Gatherer {
        scene.readings.sort_by_key(|r| r.at);
        let kind = scene.plant.machines[0].kind.clone();
        let mut gatherer = Gatherer::new(&scene.plant, &kind);
        scene.readings.iter().for_each(|r| gatherer.take(&scene.plant, *r, &scene.lexicon));
        gatherer.finish(scene.until);
        gatherer
    }

    #[test]
    fn a_failure_ends_a_life() {
        let mut scene = wears(5, 24, 0.0, 0.2);
        scene.word(0, Role::State, 24 * 3_600, "down");
        scene.word(0, Role::Serviced, 25 * 3_600, "filter");
        scene.word(0, Role::Serviced, 25 * 3_600 + 60, "tool");
        scene.word(0, Role::State, 26 * 3_600, "producing");
        scene.word(0, Role::Serviced, 30 * 3_600, "tool");
        let gathered = gathered(&mut scene);
        let lives = gathered.episodes(Topic::Life(Part::Tool));
        assert_eq!(lives.len(), 1, "the second tool showed no wear");
        let life = lives[0];
        assert!(life.is_certain && life.lessons.len() > 20, "{}", life.lessons.len());
        assert_eq!(life.ended, START + Span::from_hours(24));
        for lesson in &life.lessons {
            let left_h = (life.ended - lesson.at).hours();
            assert!((lesson.came - left_h).abs() < 0.01, "it ran all the time");
        }
    }

    #[test]
    fn a_part_replaced_in_time_lasted_so_long_at_least_and_other_kinds_are_not_looked_at() {
        let mut scene = wears(5, 24, 0.0, 0.2);
        scene.word(0, Role::Serviced, 24 * 3_600, "tool");
        let gathered = gathered(&mut scene);
        let lives = gathered.episodes(Topic::Life(Part::Tool));
        assert!(lives.len() == 1 && !lives[0].is_certain && gathered.episodes(Topic::Life(Part::Bearing)).is_empty());
        let (first, last) = (lives[0].lessons[0], lives[0].lessons[lives[0].lessons.len() - 1]);
        assert!(first.came >= (lives[0].ended - first.at).hours() - 0.01, "it lasted so long at least");
        assert_eq!(last.came, last.sample.plain.value, "it would have lasted longer");
        assert_eq!(gathered.channels().len(), 1);
        assert!(Gatherer::new(&scene.plant, "turning").channels().is_empty());
    }

    #[test]
    fn of_the_next_hundred_pieces_the_scrapped_ones_are_counted_unless_a_service_comes_between() {
        let roles: &[(Role, &str)] = &[(Role::State, "1"), (Role::Good, "1"), (Role::Scrap, "1"), (Role::Serviced, "1")];
        let mut scene = Scene::new(&[("mill", "milling", &[], roles)]).expect("a plant");
        scene.word(0, Role::State, 0, "producing");
        // one piece a minute, of which each tenth is scrapped from the 600th on
        let (mut good, mut scrap) = (0.0, 0.0);
        for minute in 0..1_800 {
            let is_bad = minute >= 600 && minute % 10 == 0;
            (good, scrap) = if is_bad { (good, scrap + 1.0) } else { (good + 1.0, scrap) };
            scene.number(0, Role::Good, 60 * minute, good);
            scene.number(0, Role::Scrap, 60 * minute, scrap);
        }
        scene.word(0, Role::Serviced, 60 * 1_000, "tool");
        let gathered = gathered(&mut scene);
        let days = gathered.episodes(Topic::Scrap);
        assert_eq!(days.len(), 2, "thirty hours");
        let lessons: Vec<Lesson> = days.iter().flat_map(|d| d.lessons.iter().copied()).collect();
        let minute = |l: &Lesson| (l.at - START).micros() / 60_000_000;
        for lesson in &lessons {
            let wanted = match minute(lesson) {
                ..500 => 0.0,
                500..600 => continue,
                _ => 0.1,
            };
            assert!((lesson.came - wanted).abs() < 0.011, "{} at minute {}", lesson.came, minute(lesson));
        }
        assert!(lessons.iter().all(|l| !(901..1_000).contains(&minute(l))), "a service came between");
        assert!(lessons.iter().any(|l| minute(l) > 1_600) && lessons.len() > 60, "{}", lessons.len());
    }
}
