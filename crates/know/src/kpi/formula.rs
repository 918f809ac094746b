//! The formulas of ISO 22400-2:2014, from sums of times, pieces and energy.
//!
//! Enters: [`Sums`] of a scope. Leaves: [`Kpis`]. Absent: machines, logs, calendars.
//!
//! | KPI | formula | ISO 22400-2 element |
//! | --- | --- | --- |
//! | availability | APT / PBT | actual production time over planned busy time |
//! | effectiveness | PRI · PQ / APT | planned run time per item × produced quantity over APT |
//! | quality ratio | GQ / PQ | good over produced quantity |
//! | OEE | availability · effectiveness · quality ratio | |
//! | allocation efficiency | AUBT / PBT | actual unit busy time (producing and set-up) over planned busy time |
//! | MTBF | operating time / failure events | see decision 0015 |
//! | MTTR | time to repair / failure events | see decision 0015 |
//! | worker efficiency | APWT / APAT | personnel work time over attendance time |

use super::Kpis;
use measure::Span;
use plant::{MachineState, Window};

/// What is summed over machines and time before the ratios are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    /// Time by [`MachineState::index`].
    pub by_state: [Span; MachineState::ALL.len()],
    /// Planned busy time: worked time in which the state was known, less planned service.
    pub planned_busy: Span,
    /// The same by [`MachineState::index`].
    pub planned_by: [Span; MachineState::ALL.len()],
    /// Good pieces.
    pub good: f64,
    /// Scrapped pieces.
    pub scrap: f64,
    /// Of these the ones made before a machine ran steadily.
    pub start_up: f64,
    /// Minor stops while producing.
    pub stops: f64,
    /// Their length [s].
    pub stopped_s: f64,
    /// Planned run time of the pieces made [s].
    pub planned_s: f64,
    /// Time producing of pieces whose plan is known.
    pub planned_producing: Span,
    /// Failures that began.
    pub failures: u32,
    /// Energy [kW.h].
    pub energy_kwh: f64,
    /// Personnel work time and attendance time.
    pub people: Option<(Span, Span)>,
}

impl Sums {
    /// Adds another machine's or window's sums.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.by_state.iter_mut().zip(other.by_state) {
            *mine += theirs;
        }
        self.planned_busy += other.planned_busy;
        for (mine, theirs) in self.planned_by.iter_mut().zip(other.planned_by) {
            *mine += theirs;
        }
        self.start_up += other.start_up;
        self.stops += other.stops;
        self.stopped_s += other.stopped_s;
        self.good += other.good;
        self.scrap += other.scrap;
        self.planned_s += other.planned_s;
        self.planned_producing += other.planned_producing;
        self.failures += other.failures;
        self.energy_kwh += other.energy_kwh;
    }
    /// Time in a state.
    pub const fn of(&self, state: MachineState) -> Span {
        self.by_state[state.index()]
    }
    /// The KPIs.
    pub fn kpis(&self, window: Window) -> Kpis {
        let (producing, set_up) = (self.of(MachineState::Producing), self.of(MachineState::SetUp));
        let (down, busy) = (self.of(MachineState::Down), producing + set_up);
        let availability = ratio(producing.seconds(), self.planned_busy.seconds());
        let effectiveness = ratio(self.planned_s, self.planned_producing.seconds()).filter(|_| self.planned_s > 0.0);
        let quality_ratio = ratio(self.good, self.good + self.scrap);
        let failures = f64::from(self.failures);
        Kpis {
            window,
            planned_busy: self.planned_busy,
            producing,
            busy,
            set_up,
            down,
            by_state: self.by_state,
            good: self.good,
            scrap: self.scrap,
            failures: self.failures,
            availability,
            effectiveness,
            quality_ratio,
            oee: availability.zip(effectiveness).zip(quality_ratio).map(|((a, e), q)| a * e * q),
            allocation_efficiency: ratio(busy.seconds(), self.planned_busy.seconds()),
            worker_efficiency: self.people.and_then(|(work, attended)| ratio(work.seconds(), attended.seconds())),
            mtbf_h: ratio(producing.hours(), failures),
            mttr_h: ratio(down.hours(), failures),
            energy_kwh: self.energy_kwh,
            energy_per_good_kwh: ratio(self.energy_kwh, self.good),
        }
    }
}

fn ratio(above: f64, below: f64) -> Option<f64> {
    (below > 0.0).then(|| above / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shift of 8 h = 480 min, worked by hand:
    ///
    /// | state | min | |
    /// | --- | --- | --- |
    /// | producing | 300 | APT |
    /// | set-up | 40 | AUBT = 340 |
    /// | starved | 60 | |
    /// | down | 50 | two failures: MTTR 25 min, MTBF 150 min |
    /// | service | 30 | PBT = 480 − 30 = 450 |
    ///
    /// 90 good and 10 scrap at PRI 2.4 min: 240 min planned.
    /// availability 300/450 = 2/3; effectiveness 240/300 = 0.8; quality 0.9; OEE 0.48; allocation 340/450;
    /// 45 kWh: 0.5 kWh a good piece.
    fn shift() -> Sums {
        let mut sums = Sums { good: 90.0, scrap: 10.0, failures: 2, energy_kwh: 45.0, ..Sums::default() };
        let table = [
            (MachineState::Producing, 300),
            (MachineState::SetUp, 40),
            (MachineState::Starved, 60),
            (MachineState::Down, 50),
            (MachineState::Service, 30),
        ];
        for (state, minutes) in table {
            sums.by_state[state.index()] = Span::from_minutes(minutes);
        }
        sums.planned_busy = Span::from_minutes(450);
        sums.planned_s = 100.0 * 2.4 * 60.0;
        sums.planned_producing = Span::from_minutes(300);
        sums
    }

    #[test]
    fn a_shift_worked_by_hand() {
        let k = shift().kpis(Window::default());
        let table = [
            ("availability", k.availability, 2.0 / 3.0),
            ("effectiveness", k.effectiveness, 0.8),
            ("quality ratio", k.quality_ratio, 0.9),
            ("OEE", k.oee, 0.48),
            ("allocation", k.allocation_efficiency, 340.0 / 450.0),
            ("MTBF", k.mtbf_h, 2.5),
            ("MTTR", k.mttr_h, 25.0 / 60.0),
            ("energy", k.energy_per_good_kwh, 0.5),
        ];
        for (name, got, wanted) in table {
            assert!(got.is_some_and(|g| (g - wanted).abs() < 1e-12), "{name}: {got:?}, not {wanted}");
        }
        assert_eq!((k.busy, k.down, k.set_up), (Span::from_minutes(340), Span::from_minutes(50), Span::from_minutes(40)));
    }

    #[test]
    fn where_nothing_was_planned_or_made_there_is_no_ratio() {
        let k = Sums::default().kpis(Window::default());
        let all = [k.availability, k.effectiveness, k.quality_ratio, k.oee, k.allocation_efficiency, k.worker_efficiency];
        assert!(all.iter().chain(&[k.mtbf_h, k.mttr_h, k.energy_per_good_kwh]).all(Option::is_none));
    }
}
