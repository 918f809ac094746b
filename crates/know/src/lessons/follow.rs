//! Follows samples until it is known what came.
//!
//! ```text
//! part:    replaced ── samples ── failed, replaced before it works again, within 48 h      one life: at each sample, the operating time that was left
//!          replaced ── samples ── replaced                                                 it would have lasted so long at least
//! pieces:  sample ── 100 pieces within 48 h, no service in between                         the share of them that was scrapped
//! ```
//!
//! Enters: memory, as time passes. Leaves: [`Episode`]s that have ended. Absent: what becomes of them: stored readings are learned from ([`super::gather`]),
//! what is told live is judged (`knowledge`).

use super::{Episode, Lesson, Sample, Topic};
use crate::lives::Part;
use crate::memory::Memory;
use crate::memory::machine::{Event, Failure, MachineMemory};
use crate::scrap;
use measure::{Estimate, Instant, Span};
use plant::{MachineId, Plant};
use std::collections::VecDeque;

/// How often it is looked.
const EVERY: Span = Span::from_minutes(20);
/// What comes of a sample later than this teaches nothing: a service does not mend a failure so long before, and pieces made so much later are others.
const COMES_WITHIN: Span = Span::from_hours(48);
/// Least operating time between two samples of a life [h]; a machine that worked for less since its failure has not worked again.
const STEP_H: f64 = 0.2;

/// A sample and what was told of it.
#[derive(Clone, Copy, Debug)]
struct Told {
    at: Instant,
    sample: Sample,
    told: Estimate,
}

impl Told {
    fn of(memory: &Memory, machine: MachineId, topic: Topic, at: Instant) -> Option<Self> {
        let sample = topic.sample(memory, machine, at)?;
        let told = memory.model(machine, topic).map_or(sample.plain, |model| model.told(&sample));
        Some(Self { at, sample, told })
    }
    const fn came(self, came: f64) -> Lesson {
        Lesson { at: self.at, sample: self.sample, told: self.told, came }
    }
}

/// A part in use.
#[derive(Clone, Debug)]
struct InUse {
    machine: MachineId,
    part: Part,
    since: Instant,
    /// With the operating time of each [h].
    samples: VecDeque<(f64, Told)>,
    /// Least operating time between two [h]; it doubles whenever they are too many.
    step_h: f64,
}

/// Samples of a machine's pieces, with the pieces made and scrapped until then.
#[derive(Clone, Debug)]
struct Awaited {
    machine: MachineId,
    since: Instant,
    samples: VecDeque<((f64, f64), Told)>,
}

/// Follows samples of some machines.
#[derive(Clone, Debug)]
pub struct Follower {
    in_use: Vec<InUse>,
    pieces: Vec<Awaited>,
    /// Most samples kept of a part, or of a machine's pieces.
    most: usize,
    due: Instant,
}

impl Follower {
    /// Nothing followed yet at the machines that are `wanted`; keeps at most so many samples of each part and machine.
    pub fn new(plant: &Plant, wanted: impl Fn(&plant::Machine) -> bool, most: usize) -> Self {
        let machines: Vec<MachineId> = plant.machines.iter().filter(|m| wanted(m)).map(|m| m.id).collect();
        let parts = machines.iter().flat_map(|id| Part::ALL.map(|part| (*id, part)));
        let wears = parts.filter(|(id, part)| Topic::Life(*part).is_told_by(plant, *id));
        let counts = machines.iter().copied().filter(|id| Topic::Scrap.is_told_by(plant, *id));
        let since = Instant::MIN;
        Self {
            in_use: wears
                .map(|(machine, part)| InUse { machine, part, since, samples: VecDeque::new(), step_h: STEP_H })
                .collect(),
            pieces: counts.map(|machine| Awaited { machine, since, samples: VecDeque::new() }).collect(),
            most,
            due: Instant::MIN,
        }
    }
    /// Looks what came of earlier samples and takes new ones, every 20 min.
    pub fn look(&mut self, memory: &Memory, now: Instant) -> Vec<(MachineId, Topic, Episode)> {
        if now < self.due {
            return Vec::new();
        }
        self.due = now + EVERY;
        self.look_now(memory, now)
    }
    /// The same at once.
    pub fn look_now(&mut self, memory: &Memory, now: Instant) -> Vec<(MachineId, Topic, Episode)> {
        let mut ended = Vec::new();
        for part in &mut self.in_use {
            ended.extend(part.ended(memory).map(|episode| (part.machine, Topic::Life(part.part), episode)));
            part.take(memory, now, self.most);
        }
        for awaited in &mut self.pieces {
            ended.extend(awaited.ended(memory, now).map(|episode| (awaited.machine, Topic::Scrap, episode)));
            awaited.take(memory, now, self.most);
        }
        ended
    }
}

/// The first service since an instant that it is asked for.
fn service(mine: &MachineMemory, since: Instant, is_asked: impl Fn(&Event) -> bool) -> Option<&Event> {
    mine.services.iter().find(|s| s.at > since && is_asked(s))
}

impl InUse {
    /// The life that ended with the first service since the part was put in, if there was one; a later one is the next look's.
    fn ended(&mut self, memory: &Memory) -> Option<Episode> {
        let mine = memory.machine(self.machine);
        let service = service(mine, self.since, |s| self.part.is_replaced_by(&s.word))?;
        let since = self.since.max(service.at - COMES_WITHIN);
        let mended = |f: &&Failure| f.at > since && f.at <= service.at && service.operated_h - f.operated_h < STEP_H;
        let failure = mine.failures.iter().rev().find(mended);
        let (ended, ended_h) = failure.map_or((service.at, service.operated_h), |f| (f.at, f.operated_h));
        let lesson = |(operated_h, told): (f64, Told)| {
            let used = (ended_h - operated_h).max(0.0);
            // a part that was replaced in time would have lasted as long as it was used, or as was said where that is more
            let came = if failure.is_some() { used } else { used.max(told.sample.plain.value) };
            (told.at < ended).then(|| told.came(came))
        };
        let lessons: Vec<Lesson> = self.samples.drain(..).filter_map(lesson).collect();
        (self.since, self.step_h) = (service.at, STEP_H);
        (!lessons.is_empty()).then_some(Episode { ended, is_certain: failure.is_some(), lessons })
    }
    fn take(&mut self, memory: &Memory, now: Instant, most: usize) {
        let operated_h = memory.machine(self.machine).operated_h(now);
        if self.samples.back().is_some_and(|(last_h, _)| operated_h - last_h < self.step_h) {
            return;
        }
        let Some(told) = Told::of(memory, self.machine, Topic::Life(self.part), now) else { return };
        if self.samples.len() >= most {
            let mut place = 0;
            self.samples.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.step_h *= 2.0;
        }
        self.samples.push_back((operated_h, told));
    }
}

impl Awaited {
    /// Samples after which enough was made, and no service came between.
    fn ended(&mut self, memory: &Memory, now: Instant) -> Option<Episode> {
        let mine = memory.machine(self.machine);
        if let Some(service) = service(mine, self.since, |_| true) {
            self.since = service.at;
            self.samples.clear();
        }
        let (made, scrapped) = mine.pieces.counted();
        let mut lessons = Vec::new();
        while let Some((before, told)) = self.samples.pop_front_if(|(before, _)| made - before.0 >= scrap::AHEAD) {
            if now - told.at <= COMES_WITHIN {
                lessons.push(told.came((scrapped - before.1) / (made - before.0)));
            }
        }
        (!lessons.is_empty()).then_some(Episode { ended: now, is_certain: true, lessons })
    }
    fn take(&mut self, memory: &Memory, now: Instant, most: usize) {
        let counted = memory.machine(self.machine).pieces.counted();
        if self.samples.back().is_some_and(|(last, _)| counted.0 <= last.0) {
            return;
        }
        let Some(told) = Told::of(memory, self.machine, Topic::Scrap, now) else { return };
        if self.samples.len() >= most {
            self.samples.pop_front();
        }
        self.samples.push_back((counted, told));
    }
}
