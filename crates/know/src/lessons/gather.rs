//! Gathers episodes from stored readings, in the order of their times.
//!
//! ```text
//! part:    replaced ── samples ── failed, replaced before it works again, within 48 h      one life: at each sample, the operating time that was left
//!          replaced ── samples ── replaced                                                 it would have lasted so long at least
//! pieces:  sample ── 100 pieces within 48 h, no service in between                         one lesson of its day: the share that was scrapped
//! ```
//!
//! Enters: readings of the machines of a kind. Leaves: [`Episode`]s by topic. Absent: where readings are kept. Readings are remembered as in the running unit, but
//! nothing is judged.

use super::{Episode, Lesson, Sample, Topic};
use crate::lives::Part;
use crate::memory::Memory;
use crate::memory::machine::Failure;
use crate::predict::degradation;
use crate::scrap;
use measure::{Instant, Span};
use plant::{ChannelId, Lexicon, MachineId, Plant, Reading, Role};
use std::collections::{BTreeMap, VecDeque};

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
/// What comes of a sample later than this teaches nothing: a service does not mend a failure so long before, and pieces made so much later are others.
const COMES_WITHIN: Span = Span::from_hours(48);
/// All that came of the lessons of a day is known so long after the day began.
pub const KNOWN_WITHIN: Span = Span::from_days(3);
/// Least operating time between two samples of a life [h]; a machine that worked for less since its failure has not worked again.
const STEP_H: f64 = 0.2;
/// Most samples kept of one life; of a longer one the newest.
const SAMPLES_MAX: usize = 4_096;
const DAY: Span = Span::from_days(1);

/// A part in use, with samples and the operating time of each [h].
#[derive(Clone, Debug)]
struct InUse {
    machine: MachineId,
    part: Part,
    since: Instant,
    samples: VecDeque<(Instant, f64, Sample)>,
}

/// Samples that wait for what comes, with the pieces made and scrapped until then.
#[derive(Clone, Debug)]
struct Awaited {
    machine: MachineId,
    samples: VecDeque<(Instant, (f64, f64), Sample)>,
}

/// Gathers episodes at machines of one kind.
#[derive(Clone, Debug)]
pub struct Gatherer {
    memory: Memory,
    channels: Vec<(MachineId, Vec<ChannelId>)>,
    in_use: Vec<InUse>,
    awaited: Vec<Awaited>,
    due: Instant,
    lives: Vec<(Part, Episode)>,
    /// Lessons of pieces by their day, in UTC.
    days: BTreeMap<Instant, Episode>,
}

impl Gatherer {
    /// Nothing gathered yet of the machines of a kind.
    pub fn new(plant: &Plant, kind: &str) -> Self {
        let mine: Vec<MachineId> = plant.machines.iter().filter(|m| m.kind == kind).map(|m| m.id).collect();
        let channels = |id: MachineId| ROLES.iter().filter_map(|role| plant.role(id, *role)).map(|c| c.id).collect();
        let parts = mine.iter().flat_map(|id| Part::ALL.map(|part| (*id, part)));
        let wears = parts.filter(|(id, part)| Topic::Life(*part).is_told_by(plant, *id));
        let fresh = |(machine, part)| InUse { machine, part, since: Instant::MIN, samples: VecDeque::new() };
        let counts = mine.iter().filter(|id| Topic::Scrap.is_told_by(plant, **id));
        Self {
            memory: Memory::new(plant),
            channels: mine.iter().map(|id| (*id, channels(*id))).filter(|(_, of): &(_, Vec<ChannelId>)| !of.is_empty()).collect(),
            in_use: wears.map(fresh).collect(),
            awaited: counts.map(|id| Awaited { machine: *id, samples: VecDeque::new() }).collect(),
            due: Instant::MIN,
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
        if reading.at >= self.due {
            self.due = reading.at + degradation::PREDICTOR.cadence;
            self.look(reading.at);
        }
        self.memory.take(plant, reading, lexicon);
        let channel = plant.channel(reading.channel);
        match channel.role {
            Role::Serviced => self.served(channel.machine),
            Role::Good | Role::Scrap => self.counted(channel.machine, reading.at),
            _ => {}
        }
    }
    fn look(&mut self, now: Instant) {
        // nobody else looks at what has changed
        drop(self.memory.take_changed());
        for InUse { machine, part, samples, .. } in &mut self.in_use {
            let operated_h = self.memory.machine(*machine).operated_h(now);
            if samples.back().is_some_and(|(_, last_h, _)| operated_h - last_h < STEP_H) {
                continue;
            }
            let Some(sample) = Topic::Life(*part).sample(&self.memory, *machine, now) else { continue };
            if samples.len() == SAMPLES_MAX {
                samples.pop_front();
            }
            samples.push_back((now, operated_h, sample));
        }
        for Awaited { machine, samples } in &mut self.awaited {
            let counted = self.memory.machine(*machine).pieces.counted();
            if samples.back().is_none_or(|(_, last, _)| counted.0 > last.0)
                && let Some(sample) = Topic::Scrap.sample(&self.memory, *machine, now)
            {
                samples.push_back((now, counted, sample));
            }
        }
    }
    /// A service was told: the parts that it replaced have ended, by a failure where one came just before; pieces after it are others.
    fn served(&mut self, machine: MachineId) {
        let mine = self.memory.machine(machine);
        let Some(service) = mine.services.back() else { return };
        self.awaited.iter_mut().filter(|a| a.machine == machine).for_each(|a| a.samples.clear());
        for part in self.in_use.iter_mut().filter(|p| p.machine == machine && p.part.is_replaced_by(&service.word)) {
            if service.at <= part.since {
                continue;
            }
            let since = part.since.max(service.at - COMES_WITHIN);
            let mended = |f: &&Failure| f.at > since && service.operated_h - f.operated_h < STEP_H;
            let failure = mine.failures.back().filter(mended);
            let (ended, ended_h) = failure.map_or((service.at, service.operated_h), |f| (f.at, f.operated_h));
            let lesson = |(at, operated_h, sample): (Instant, f64, Sample)| {
                let used = (ended_h - operated_h).max(0.0);
                // a part that was replaced in time would have lasted as long as it was used, or as was said where that is more
                let came = if failure.is_some() { used } else { used.max(sample.plain.value) };
                (at < ended).then_some(Lesson { at, sample, came })
            };
            let lessons: Vec<Lesson> = part.samples.drain(..).filter_map(lesson).collect();
            part.since = service.at;
            if !lessons.is_empty() {
                self.lives.push((part.part, Episode { ended, is_certain: failure.is_some(), lessons }));
            }
        }
    }
    /// Pieces were counted: samples after which enough were made have become lessons.
    fn counted(&mut self, machine: MachineId, now: Instant) {
        let Some(Awaited { samples, .. }) = self.awaited.iter_mut().find(|a| a.machine == machine) else { return };
        let (made, scrapped) = self.memory.machine(machine).pieces.counted();
        while let Some((at, before, sample)) = samples.pop_front_if(|(_, before, _)| made - before.0 >= scrap::AHEAD) {
            if now - at > COMES_WITHIN {
                continue;
            }
            let lesson = Lesson { at, sample, came: (scrapped - before.1) / (made - before.0) };
            let fresh = || Episode { ended: now, is_certain: true, lessons: Vec::new() };
            let day = self.days.entry(at.floor(DAY)).or_insert_with(fresh);
            day.ended = day.ended.max(now);
            day.lessons.push(lesson);
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
    use super::*;
    use crate::predict::degradation::tests::wears;
    use crate::suite::{START, Scene};

    fn gathered(scene: &mut Scene) -> Gatherer {
        scene.readings.sort_by_key(|r| r.at);
        let kind = scene.plant.machines[0].kind.clone();
        let mut gatherer = Gatherer::new(&scene.plant, &kind);
        scene.readings.iter().for_each(|r| gatherer.take(&scene.plant, *r, &scene.lexicon));
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
