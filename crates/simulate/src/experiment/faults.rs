//! Faults put into a well-kept virtual workshop: is each found, is its cause named first, and how often is something found that is not there.
//!
//! ```text
//! Monday ........ Thursday | Friday: one fault at one machine ........ next Tuesday
//!  all in order, baselines learned      found? by which cause first? after how many hours?
//! ```
//!
//! Enters: a seed. Leaves: a [`Trial`] with one fault drawn by the seed, or the findings of good order. Absent: sockets, the clock. In a
//! well-kept workshop parts are replaced long before they are worn and leaks are closed (`Workshop::keep_in_order`), so that whatever is found
//! there is found wrongly, or is the fault's doing. The loop only watches.

use super::{START, drive};
use crate::workshop::{Fault, FaultKind, Workshop, plant};
use measure::{Chance, Instant, Span};
use plant::{Cause, Finding, Mode, Plant, Record, Role};

/// What is put in; each has machines that it can happen at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Wear of a tool or a bearing.
    Wear,
    /// A leak of the air network.
    Leak,
    /// A gauge that drifts.
    SensorDrift,
    /// A gauge that repeats one value.
    SensorStuck,
    /// Pieces fed wrongly.
    Misfeed,
    /// A drive that works against more than the piece.
    Overload,
}

/// One fault and what was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The sort of fault.
    pub sort: Sort,
    /// The fault.
    pub fault: Fault,
    /// The cause that it should be given.
    pub cause: Cause,
    /// The first finding at its machine after it began, as first told.
    pub found: Option<Finding>,
    /// Findings at other machines after it began.
    pub elsewhere: Vec<Finding>,
}

/// Shares over trials.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Trials.
    pub trials: usize,
    /// Faults found.
    pub found: usize,
    /// Faults whose cause came first in the first finding.
    pub right: usize,
    /// Mean hours from the beginning to the finding, over those found.
    pub delay_h: f64,
}

/// Days of a trial, and of good order.
const DAYS: u32 = 9;
const GOOD_DAYS: u32 = 14;
/// When the fault begins, after the start: within Friday's shifts [h].
const BEGINS_H: (f64, f64) = (96.5, 108.0);
/// How often the unit steps [virtual time].
const STEP: Span = Span::from_seconds(60);
/// Gauges that drift or stick in the trials.
const DRIFTING: [Role; 6] = [Role::Power, Role::Vibration, Role::Temperature, Role::AirFlow, Role::AirPressure, Role::Load];
const STICKING: [Role; 7] =
    [Role::Power, Role::Vibration, Role::Temperature, Role::AirFlow, Role::AirPressure, Role::Load, Role::Deviation];

impl Sort {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Wear, Self::Leak, Self::SensorDrift, Self::SensorStuck, Self::Misfeed, Self::Overload];
    /// The code used in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wear => "wear",
            Self::Leak => "leak",
            Self::SensorDrift => "sensor_drift",
            Self::SensorStuck => "sensor_stuck",
            Self::Misfeed => "misfeed",
            Self::Overload => "overload",
        }
    }
}

impl Trial {
    /// The cause that the finding ranks first.
    pub fn named(&self) -> Option<Cause> {
        self.found.as_ref().map(likeliest)
    }
    /// Hours from the beginning of the fault to its finding.
    pub fn delay_h(&self) -> Option<f64> {
        self.found.as_ref().map(|f| (f.at - self.fault.from).hours())
    }
}

impl Score {
    /// Of trials.
    pub fn of<'a>(trials: impl IntoIterator<Item = &'a Trial>) -> Self {
        let mut score = Self::default();
        for trial in trials {
            score.trials += 1;
            score.right += usize::from(trial.named() == Some(trial.cause));
            if let Some(delay_h) = trial.delay_h() {
                score.found += 1;
                score.delay_h += (delay_h - score.delay_h) / score.found as f64;
            }
        }
        score
    }
}

/// Puts one fault of a sort into the workshop of a seed.
pub fn trial(seed: u64, sort: Sort) -> Trial {
    let start: Instant = START.parse().unwrap_or_default();
    let plant = plant(start, DAYS, seed);
    let (fault, cause) = draw(&plant, seed, sort, start);
    let findings = run(seed, plant, DAYS, Some(fault));
    let after = || findings.iter().filter(|f| f.at >= fault.from);
    let found = after().find(|f| f.machine == fault.machine).cloned();
    let elsewhere = after().filter(|f| f.machine != fault.machine).cloned().collect();
    Trial { sort, fault, cause, found, elsewhere }
}

/// What is found in the workshop of a seed while nothing is wrong, and the machine-months watched.
pub fn good_order(seed: u64) -> (Vec<Finding>, f64) {
    let start: Instant = START.parse().unwrap_or_default();
    let plant = plant(start, GOOD_DAYS, seed);
    let months = plant.machines.len() as f64 * f64::from(GOOD_DAYS) / 30.4;
    (run(seed, plant, GOOD_DAYS, None), months)
}

/// The findings that tell of something wrong, each as it was first told.
fn run(seed: u64, mut plant: Plant, days: u32, fault: Option<Fault>) -> Vec<Finding> {
    plant.policies.iter_mut().for_each(|policy| policy.mode = Mode::Advise);
    let start: Instant = START.parse().unwrap_or_default();
    let mut world = Workshop::new(&plant, seed, start);
    fault.into_iter().for_each(|fault| world.inject(fault));
    world.keep_in_order();
    let arm = drive(seed, plant, world, (start, Span::from_days(i64::from(days))), STEP);
    let mut first: Vec<Finding> = Vec::new();
    for (_, record) in arm.history {
        if let Record::Finding(finding) = record
            && !matches!(finding.cause, Cause::IdleEnergy | Cause::Bottleneck)
            && !first.iter().any(|f| f.id == finding.id)
        {
            first.push(finding);
        }
    }
    first
}

/// The cause that a finding ranks first.
pub fn likeliest(finding: &Finding) -> Cause {
    finding.causes.first().map_or(finding.cause, |suspect| suspect.cause)
}

/// Where and how large, by the seed.
fn draw(plant: &Plant, seed: u64, sort: Sort, start: Instant) -> (Fault, Cause) {
    let mut luck = Chance::seeded(seed).branch(&[sort as u64, 77]);
    let mut pick = |count: usize| (luck.unit() * count as f64) as usize % count.max(1);
    let gauges = |roles: &[Role]| -> Vec<(usize, Role)> {
        let has = |m: usize, role: Role| plant.role(plant.machines[m].id, role).is_some();
        (0..plant.machines.len()).flat_map(|m| roles.iter().filter(move |r| has(m, **r)).map(move |r| (m, *r))).collect()
    };
    let with = |role: Role| gauges(&[role]).into_iter().map(|(m, _)| m).collect::<Vec<usize>>();
    let makes = || -> Vec<usize> {
        with(Role::Speed) // machines that make pieces one by one
    };
    let (kind, machine, range, cause) = match sort {
        Sort::Wear => {
            let is_tool = pick(2) == 0;
            let places = with(if is_tool { Role::Load } else { Role::Vibration });
            let machine = places[pick(places.len())];
            match is_tool {
                true => (FaultKind::ToolWear, machine, (4.0, 8.0), Cause::ToolWear),
                false => (FaultKind::BearingWear, machine, (6.0, 12.0), Cause::BearingWear),
            }
        }
        Sort::Leak => (FaultKind::Leak, with(Role::AirFlow)[0], (0.4, 0.9), Cause::AirLeak),
        Sort::SensorDrift => {
            let all = gauges(&DRIFTING);
            let (machine, role) = all[pick(all.len())];
            let sign = if pick(2) == 0 { -1.0 } else { 1.0 };
            (FaultKind::SensorDrift(role), machine, (0.01 * sign, 0.03 * sign), Cause::SensorDrift)
        }
        Sort::SensorStuck => {
            let all = gauges(&STICKING);
            let (machine, role) = all[pick(all.len())];
            (FaultKind::SensorStuck(role), machine, (1.0, 1.0), Cause::SensorStuck)
        }
        Sort::Misfeed => {
            let places = makes();
            (FaultKind::Misfeed, places[pick(places.len())], (0.15, 0.35), Cause::Misfeed)
        }
        Sort::Overload => {
            let places = makes();
            (FaultKind::Overload, places[pick(places.len())], (1.25, 1.5), Cause::Overload)
        }
    };
    let size = luck.between(range.0, range.1);
    let from = start + Span::from_seconds_f64(3_600.0 * luck.between(BEGINS_H.0, BEGINS_H.1));
    (Fault { kind, machine: plant.machines[machine].id, from, until: Instant::MAX, size }, cause)
}
