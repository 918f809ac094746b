//! Whether the instruments of a machine still agree with each other, and whether its drive works harder all at once.
//!
//! | check | compares | learned from |
//! | --- | --- | --- |
//! | `power_meter` | power summed over time with the energy counter | 18 h |
//! | `power_load` | drive load with power, while producing | 8 h |
//! | `flow_power` | power with air flow, while delivering | 8 h |
//! | `flow_pressure` | air pressure with air flow | 8 h |
//! | `vibration_still` | vibration while the machine stands with itself | 6 h |
//! | `temperature` | temperature while producing with itself | 6 h |
//!
//! Enters: values of gauges as they come, minutes of steady producing. Leaves: the checks, channels that repeat one value, steps of power.
//! Absent: verdicts. Bounded.

use super::check::{Check, Relation, Run};
use super::standing::{Counted, Progress};
use measure::statistics::Moments;
use measure::{Instant, Span};
use plant::{About, Role, Window};
use std::collections::VecDeque;

/// The channels looked at.
pub const ROLES: [Role; 7] =
    [Role::Power, Role::Load, Role::Vibration, Role::Deviation, Role::Temperature, Role::AirFlow, Role::AirPressure];

/// Place of a role in [`ROLES`].
pub fn place(role: Role) -> Option<u8> {
    ROLES.iter().position(|r| *r == role).map(|place| place as u8)
}

/// The channels that a check compares; of one channel with itself, that one.
pub fn compared(code: &str) -> &'static [Role] {
    match code {
        "power_meter" => &[Role::Power, Role::Energy],
        "power_load" => &[Role::Power, Role::Load],
        "flow_power" => &[Role::AirFlow, Role::Power],
        "flow_pressure" => &[Role::AirFlow, Role::AirPressure],
        "vibration_still" => &[Role::Vibration],
        "temperature" => &[Role::Temperature],
        _ => &[],
    }
}

const POWER: usize = 0;
const LOAD: usize = 1;
const VIBRATION: usize = 2;
const TEMPERATURE: usize = 4;
const FLOW: usize = 5;
const PRESSURE: usize = 6;

/// Minutes of steady producing in a block.
const MINUTES: u32 = 10;
/// Readings of vibration at a stand in a block.
const STILL: u64 = 30;
/// Energy and time without which the meters are not compared [kW.h].
const COMPARE_KWH: f64 = 0.2;
const COMPARE_AFTER: Span = Span::from_minutes(30);

/// The checks by their code.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauges {
    sums: [Moments; ROLES.len()],
    block: [Moments; ROLES.len()],
    minutes: u32,
    runs: [Run; ROLES.len()],
    still: Moments,
    /// Energy by the power gauge and by the counter since an instant [kW.h].
    metered: (f64, f64, Option<Instant>),
    power_meter: Check,
    power_load: Relation,
    flow_power: Relation,
    flow_pressure: Relation,
    vibration_still: Check,
    temperature: Check,
    /// Power relative to what is usual for the product, a block each, newest last [1].
    strain: VecDeque<(Instant, f64)>,
}

impl Default for Gauges {
    fn default() -> Self {
        Self {
            sums: [Moments::default(); ROLES.len()],
            block: [Moments::default(); ROLES.len()],
            minutes: 0,
            runs: [Run::default(); ROLES.len()],
            still: Moments::default(),
            metered: (0.0, 0.0, None),
            power_meter: Check::new(36, 0.015),
            power_load: Relation::new(48, 0.03),
            flow_power: Relation::new(48, 0.03),
            flow_pressure: Relation::new(48, 0.015),
            vibration_still: Check::new(12, 0.06),
            temperature: Check::new(36, 0.004),
            strain: VecDeque::new(),
        }
    }
}

/// A check with its code, and the channel that it speaks of.
pub type Told<'a> = (&'static str, Role, &'a Check);

impl Gauges {
    /// Blocks of power kept.
    const STRAIN_MAX: usize = 144;

    /// A value of the channel at a place of [`ROLES`], and whether it came under load.
    pub fn hear(&mut self, place: u8, at: Instant, value: f64, under_load: bool) {
        let place = usize::from(place);
        if under_load {
            self.runs[place].add(at, value);
            self.sums[place].add(value);
        } else if place == VIBRATION {
            self.still.add(value);
            if self.still.count() >= STILL {
                self.vibration_still.add(at, std::mem::take(&mut self.still).mean());
            }
        }
    }
    /// Energy by the power gauge [kW.h].
    pub fn integrate(&mut self, kwh: f64) {
        self.metered.0 += kwh;
    }
    /// Energy by the counter [kW.h].
    pub fn count(&mut self, at: Instant, kwh: f64) {
        self.metered.1 += kwh;
        let (gauge, counter, from) = self.metered;
        let since = *self.metered.2.get_or_insert(at);
        if from.is_none() || (at - since >= COMPARE_AFTER && counter >= COMPARE_KWH) {
            if from.is_some() {
                self.power_meter.add(at, gauge / counter);
            }
            self.metered = (0.0, 0.0, Some(at));
        }
    }
    /// A minute is over; `steady` says that the machine produced all through it, `usual_w` the usual power for what it made [W].
    pub fn minute(&mut self, at: Instant, steady: bool, usual_w: Option<f64>) {
        let sums = std::mem::take(&mut self.sums);
        if !steady {
            return;
        }
        for (block, sum) in self.block.iter_mut().zip(&sums).filter(|(_, sum)| sum.count() > 0) {
            block.add(sum.mean());
        }
        self.minutes += 1;
        if self.minutes >= MINUTES {
            self.minutes = 0;
            self.close(at, usual_w);
        }
    }
    fn close(&mut self, at: Instant, usual_w: Option<f64>) {
        let block = std::mem::take(&mut self.block);
        let mean = |place: usize| if block[place].count() > 0 { block[place].mean() } else { f64::NAN };
        self.power_load.add(at, mean(POWER), mean(LOAD));
        self.flow_power.add(at, mean(FLOW), mean(POWER));
        self.flow_pressure.add(at, mean(FLOW), mean(PRESSURE));
        self.temperature.add(at, mean(TEMPERATURE));
        if let Some(usual) = usual_w.filter(|usual| *usual > 0.0 && mean(POWER).is_finite()) {
            if self.strain.len() >= Self::STRAIN_MAX {
                self.strain.pop_front();
            }
            self.strain.push_back((at, mean(POWER) / usual));
        }
    }
    /// The checks that are learned.
    pub fn checks(&self) -> impl Iterator<Item = Told<'_>> {
        let all = [
            ("power_meter", Role::Power, &self.power_meter),
            ("power_load", Role::Load, self.power_load.left()),
            ("flow_power", Role::AirFlow, self.flow_power.left()),
            ("flow_pressure", Role::AirPressure, self.flow_pressure.left()),
            ("vibration_still", Role::Vibration, &self.vibration_still),
            ("temperature", Role::Temperature, &self.temperature),
        ];
        all.into_iter().filter(|(_, _, check)| check.is_learned())
    }
    /// How far each check and each channel is.
    pub fn standings(&self) -> impl Iterator<Item = (About, Progress)> {
        let told = |code, (have, of): (u64, u64), minutes: f64, window: Option<Window>| {
            let learning = || Progress::learning(have as f64 * minutes, of as f64 * minutes, Counted::Minutes);
            (About::Check(code), window.map_or_else(learning, Progress::Frozen))
        };
        let check = |code, check: &Check, minutes| told(code, check.blocks(), minutes, check.frozen().map(|f| f.1));
        let pair = |code, pair: &Relation| told(code, pair.blocks(), f64::from(MINUTES), pair.frozen().map(|f| f.1));
        let still = {
            let (have, of) = self.vibration_still.blocks();
            let learning = || Progress::learning((have * STILL) as f64, (of * STILL) as f64, Counted::Readings);
            let frozen = self.vibration_still.frozen();
            (About::Check("vibration_still"), frozen.map_or_else(learning, |f| Progress::Frozen(f.1)))
        };
        let checks = [
            check("power_meter", &self.power_meter, COMPARE_AFTER.minutes()),
            pair("power_load", &self.power_load),
            pair("flow_power", &self.flow_power),
            pair("flow_pressure", &self.flow_pressure),
            still,
            check("temperature", &self.temperature, f64::from(MINUTES)),
        ];
        let run = |(role, run): (&Role, &Run)| {
            let learning = || Progress::learning(f64::from(run.heard()), f64::from(Run::LEARNED), Counted::Readings);
            (About::Stuck(*role), run.frozen().map_or_else(learning, |f| Progress::Frozen(f.1)))
        };
        checks.into_iter().chain(ROLES.iter().zip(&self.runs).map(run))
    }
    /// What is frozen of a check, see [`Check::frozen`] and [`Relation::frozen`]; of a channel, its longest run.
    pub fn values(&self, about: About) -> Option<Vec<f64>> {
        let pair = |relation: &Relation| Some(relation.frozen()?.0.to_vec());
        let check = |check: &Check| Some(check.frozen()?.0.to_vec());
        match about {
            About::Check("power_meter") => check(&self.power_meter),
            About::Check("power_load") => pair(&self.power_load),
            About::Check("flow_power") => pair(&self.flow_power),
            About::Check("flow_pressure") => pair(&self.flow_pressure),
            About::Check("vibration_still") => check(&self.vibration_still),
            About::Check("temperature") => check(&self.temperature),
            About::Stuck(role) => Some(vec![f64::from(self.runs[usize::from(place(role)?)].frozen()?.0)]),
            _ => None,
        }
    }
    /// Puts back what [`Self::values`] told.
    ///
    /// # Errors
    /// The values are none of it.
    pub fn recall(&mut self, about: About, values: &[f64], window: Window) -> Result<(), String> {
        let pair = |relation: &mut Relation| relation.recall(values.try_into().ok()?, window);
        let check = |check: &mut Check| check.recall(values.try_into().ok()?, window);
        let done = match about {
            About::Check("power_meter") => check(&mut self.power_meter),
            About::Check("power_load") => pair(&mut self.power_load),
            About::Check("flow_power") => pair(&mut self.flow_power),
            About::Check("flow_pressure") => pair(&mut self.flow_pressure),
            About::Check("vibration_still") => check(&mut self.vibration_still),
            About::Check("temperature") => check(&mut self.temperature),
            About::Stuck(role) => place(role).zip(longest(values)).map(|(place, longest)| {
                self.runs[usize::from(place)].recall(longest, window);
            }),
            _ => None,
        };
        done.ok_or_else(|| format!("its {} values are none of such a baseline", values.len()))
    }
    /// Channels that repeat one value, and since when.
    pub fn stuck(&self) -> impl Iterator<Item = (Role, Instant)> {
        ROLES.iter().zip(&self.runs).filter_map(|(role, run)| Some((*role, run.stuck()?)))
    }
    /// Power relative to what is usual, oldest first [1].
    pub const fn strain(&self) -> &VecDeque<(Instant, f64)> {
        &self.strain
    }
}

/// The length of a run, from its one value.
fn longest(values: &[f64]) -> Option<u32> {
    let [longest] = values else { return None };
    (longest.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(longest)).then_some(*longest as u32)
}

/// The greatest step up among points that has lasted: instant, level before and after it. A step is told from the medians of three points on
/// each side, and against the usual change from point to point, so that what grows slowly or scatters is none.
pub fn step_up(points: &[(Instant, f64)]) -> Option<(Instant, f64, f64)> {
    if points.len() < 2 * SIDE {
        return None;
    }
    let values: Vec<f64> = points.iter().map(|p| p.1).collect();
    let changes: Vec<f64> = values.windows(2).map(|w| (w[1] - w[0]).abs()).collect();
    let usual = |i: usize| SIDE as f64 * middle(changes[..i - 1].iter().chain(&changes[i..]).copied().collect());
    let now = middle(values[values.len() - SIDE..].to_vec());
    let sides = |i: usize| (&values[i - SIDE..i], &values[i..i + SIDE]);
    let rise = |i: usize| sides(i).1.iter().sum::<f64>() - sides(i).0.iter().sum::<f64>();
    let steps = (SIDE..=points.len() - SIDE).filter_map(|i| {
        let (before, after) = (middle(sides(i).0.to_vec()), middle(sides(i).1.to_vec()));
        // what is usual takes longest to tell
        let is_there = after > before && now > before + LASTING * (after - before);
        let lasts = is_there && after - before > TIMES_USUAL * usual(i);
        lasts.then_some((i, before, after))
    });
    let (i, before, after) = steps.max_by(|a, b| rise(a.0).total_cmp(&rise(b.0)))?;
    (after > before).then_some((points[i].0, before, after))
}

/// Points on each side of a step.
const SIDE: usize = 3;
/// A step is so many times what the usual change from point to point makes over one side [1].
const TIMES_USUAL: f64 = 2.0;
/// Share of the step that is still there now [1].
const LASTING: f64 = 0.7;

/// The median; the list is not empty.
fn middle(mut values: Vec<f64>) -> f64 {
    let place = values.len() / 2;
    *values.select_nth_unstable_by(place, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: impl Iterator<Item = f64>) -> Vec<(Instant, f64)> {
        values.enumerate().map(|(i, v)| (Instant::from_seconds(600 * i as i64), v)).collect()
    }

    #[test]
    fn a_step_is_told_from_a_slope_and_from_what_came_back() {
        let step = points((0..30).map(|i| if i < 20 { 1.0 } else { 1.3 }));
        assert_eq!(step_up(&step), Some((Instant::from_seconds(12_000), 1.0, 1.3)));
        assert_eq!(step_up(&points((0..30).map(|i| 1.0 + 0.01 * f64::from(i)))), None);
        let back = step_up(&points((0..30).map(|i| if (10..20).contains(&i) { 1.3 } else { 1.0 })));
        assert_eq!(back, None);
    }

    #[test]
    fn meters_that_part_are_told() {
        let mut gauges = Gauges::default();
        let mut run = |from: i64, to: i64, drift: f64| {
            for minute in from..to {
                gauges.integrate(0.1 * (1.0 + drift * (minute - from) as f64 / 60.0));
                gauges.count(Instant::from_seconds(minute * 60), 0.1);
            }
            gauges.checks().find(|c| c.0 == "power_meter").and_then(|c| c.2.moved())
        };
        assert_eq!(run(0, 3_000, 0.0), Some(0.0));
        assert!(run(3_000, 3_000 + 24 * 60, 0.01).is_some_and(|moved| moved >= 1.0));
    }
}
