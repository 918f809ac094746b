//! The six big losses: where the gap between OEE and 100 % went, in time and in points of OEE, and the stops by cause.
//!
//! ```text
//! planned busy time PBT ─┬─ down ──────────────────── breakdowns ┐
//!                        ├─ set-up ────────────────── set_up     │ PBT − APT: availability
//!                        ├─ warming up ────────────── start_up   │
//!                        ├─ blocked, starved, off ─── idling     ┘
//!                        └─ producing APT ─┬─ stops between pieces ─── idling        ┐ APT − planned run time: effectiveness
//!                                          ├─ the rest ─────────────── reduced_speed ┘
//!                                          └─ planned run time of scrap, made before steady running ─ start_up
//!                                                                        else ────────────── defects
//! ```
//!
//! The losses are those of S. Nakajima (Introduction to TPM, 1988); times and ratios are those of ISO 22400-2 (`formula`). They sum to
//! PBT · (1 − OEE) exactly, because each is a difference of the terms of that product. Reduced speed is below zero where pieces took
//! less than planned; time produced outside of planned busy time makes up for idling, as it does in availability.
//!
//! Enters: [`Sums`] of a scope, stops. Leaves: [`Losses`]. Absent: machines' logs (`account`).

use super::Sums;
use measure::Span;
use plant::{Code, MachineId, MachineState, Window};

/// One of the six big losses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loss {
    /// The machine was down.
    Breakdowns,
    /// It was set up and adjusted.
    SetUp,
    /// It idled (blocked, starved, off, in standby), or stopped between pieces without telling.
    Idling,
    /// Pieces took longer than planned, without stops.
    ReducedSpeed,
    /// Pieces were scrapped in steady running.
    Defects,
    /// It warmed up, or scrapped pieces before it ran steadily: the reduced yield.
    StartUp,
}

impl Loss {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 6] = [Self::Breakdowns, Self::SetUp, Self::Idling, Self::ReducedSpeed, Self::Defects, Self::StartUp];
    /// The code used in forms and translated by the UI.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Breakdowns => "breakdowns",
            Self::SetUp => "set_up",
            Self::Idling => "idling",
            Self::ReducedSpeed => "reduced_speed",
            Self::Defects => "defects",
            Self::StartUp => "start_up",
        }
    }
    /// The loss that planned busy time in a state is; `None` for producing, and for time that is not planned busy time.
    pub const fn of_state(state: MachineState) -> Option<Self> {
        match state {
            MachineState::Down => Some(Self::Breakdowns),
            MachineState::SetUp => Some(Self::SetUp),
            MachineState::WarmingUp => Some(Self::StartUp),
            MachineState::Blocked | MachineState::Starved | MachineState::Standby | MachineState::Off => Some(Self::Idling),
            MachineState::Producing | MachineState::Service | MachineState::Unknown => None,
        }
    }
}

/// Stops of one machine with one cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// The machine.
    pub machine: MachineId,
    /// The loss they belong to.
    pub loss: Loss,
    /// Why: the alarm or the service that went with a failure, `minor_stop`, else the state's word.
    pub cause: Code,
    /// How many began.
    pub count: f64,
    /// Planned busy time lost [s].
    pub seconds: f64,
    /// The same as points of OEE of the scope [1].
    pub points: f64,
}

/// The six big losses of a scope in a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Losses {
    /// The window.
    pub window: Window,
    /// Planned busy time PBT.
    pub planned_busy: Span,
    /// OEE, with a factor that is not defined (nothing planned, nothing made) taken as 1: nothing is known to be lost there [1].
    pub oee: f64,
    /// Whether it is no more than a bound from above, as one of its factors is not defined though the machines produced.
    pub is_bound: bool,
    /// Time lost by [`Loss::ALL`] [s]; the sum is PBT · (1 − OEE).
    pub seconds: [f64; Loss::ALL.len()],
    /// Stops by machine and cause, the longest first.
    pub stops: Vec<Stop>,
}

impl Losses {
    /// Of the sums and stops of a scope; `None` where no time was planned.
    pub fn of(sums: &Sums, window: Window, mut stops: Vec<Stop>) -> Option<Self> {
        let planned = sums.planned_busy.seconds();
        if planned <= 0.0 {
            return None;
        }
        let kpis = sums.kpis(window);
        let producing = kpis.producing.seconds();
        let (effectiveness, quality) = (kpis.effectiveness.unwrap_or(1.0), kpis.quality_ratio.unwrap_or(1.0));
        let mut seconds = [0.0; Loss::ALL.len()];
        let mut lose = |loss: Loss, lost: f64| seconds[loss as usize] += lost;
        for (state, _) in MachineState::ALL {
            let loss = Loss::of_state(state);
            loss.into_iter().for_each(|loss| lose(loss, sums.planned_by[state.index()].seconds()));
        }
        lose(Loss::Idling, sums.planned_by[MachineState::Producing.index()].seconds() - producing);
        let stopped = if kpis.effectiveness.is_some() { sums.stopped_s } else { 0.0 };
        lose(Loss::Idling, stopped);
        lose(Loss::ReducedSpeed, producing * (1.0 - effectiveness) - stopped);
        let spoilt = producing * effectiveness * (1.0 - quality);
        let early = if sums.scrap > 0.0 { spoilt * sums.start_up / sums.scrap } else { 0.0 };
        lose(Loss::StartUp, early);
        lose(Loss::Defects, spoilt - early);
        stops.iter_mut().for_each(|stop| stop.points = stop.seconds / planned);
        stops.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        let oee = producing / planned * effectiveness * quality;
        let is_bound = producing > 0.0 && (kpis.effectiveness.is_none() || kpis.quality_ratio.is_none());
        Some(Self { window, planned_busy: sums.planned_busy, oee, is_bound, seconds, stops })
    }
    /// Time lost [s].
    pub const fn of_loss(&self, loss: Loss) -> f64 {
        self.seconds[loss as usize]
    }
    /// Points of OEE lost [1]; over all losses they sum to 1 − OEE.
    pub fn points(&self, loss: Loss) -> f64 {
        self.of_loss(loss) / self.planned_busy.seconds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE: f64 = 60.0;

    fn sums(table: &[(MachineState, i64)]) -> Sums {
        let mut sums = Sums::default();
        for (state, minutes) in table {
            let span = Span::from_minutes(*minutes);
            sums.by_state[state.index()] = span;
            if *state != MachineState::Service {
                sums.planned_by[state.index()] = span;
                sums.planned_busy += span;
            }
        }
        sums.planned_producing = sums.of(MachineState::Producing);
        sums
    }

    /// A shift of 480 min, worked by hand. PBT = 480 − 30 of service = 450 min; OEE = 300/450 · 240/300 · 90/100 = 0.48, so that
    /// 450 · 0.52 = 234 min are lost:
    ///
    /// | loss | min | from |
    /// | --- | --- | --- |
    /// | breakdowns | 40 | down |
    /// | set-up | 30 | set-up |
    /// | idling | 72 | starved 60, stops between pieces 12 |
    /// | reduced speed | 48 | 300 producing − 240 planned run time − 12 stopped |
    /// | defects | 16.8 | 240 · 10/100 = 24 of scrap, 7 of 10 pieces in steady running |
    /// | start-up | 27.2 | warming up 20, 3 of 10 scrapped pieces 7.2 |
    #[test]
    fn a_shift_worked_by_hand() {
        use MachineState as S;
        let table = [(S::Producing, 300), (S::SetUp, 30), (S::Starved, 60), (S::Down, 40), (S::WarmingUp, 20), (S::Service, 30)];
        let made = Sums { good: 90.0, scrap: 10.0, start_up: 3.0, stops: 4.0, stopped_s: 12.0 * MINUTE, ..sums(&table) };
        let losses = Losses::of(&Sums { planned_s: 240.0 * MINUTE, ..made }, Window::default(), Vec::new()).expect("planned");
        assert!((losses.oee - 0.48).abs() < 1e-12);
        for (loss, minutes) in Loss::ALL.into_iter().zip([40.0, 30.0, 72.0, 48.0, 16.8, 27.2]) {
            assert!((losses.of_loss(loss) - minutes * MINUTE).abs() < 1e-9, "{}: {}", loss.word(), losses.of_loss(loss) / MINUTE);
        }
        assert!((losses.points(Loss::Idling) - 0.16).abs() < 1e-12);
    }

    #[test]
    fn a_shift_that_made_nothing_is_all_lost_to_what_held_it_up() {
        let losses = Losses::of(&sums(&[(MachineState::Down, 480)]), Window::default(), Vec::new()).expect("planned");
        assert_eq!((losses.oee, losses.is_bound, losses.points(Loss::Breakdowns)), (0.0, false, 1.0));
        let uncounted = sums(&[(MachineState::Producing, 360), (MachineState::Down, 120)]);
        let losses = Losses::of(&uncounted, Window::default(), Vec::new()).expect("planned");
        assert_eq!((losses.oee, losses.is_bound), (0.75, true), "a machine without counters produced");
        assert_eq!(Losses::of(&Sums::default(), Window::default(), Vec::new()), None, "nothing was planned");
    }

    proptest! {
        #[test]
        fn the_losses_are_the_gap_between_oee_and_one(
            minutes in proptest::array::uniform10(0_i64..600),
            overtime in 0_i64..200,
            (good, scrap) in (0_u32..500, 0_u32..100),
            (early, stopped_s, planned_s) in (0.0..1.0_f64, 0.0..20_000.0_f64, 0.0..60_000.0_f64),
        ) {
            let table: Vec<(MachineState, i64)> =
                MachineState::ALL.iter().map(|(s, _)| *s).zip(minutes).filter(|(s, _)| *s != MachineState::Unknown).collect();
            let mut sums = Sums { good: f64::from(good), scrap: f64::from(scrap), stopped_s, planned_s, ..sums(&table) };
            sums.start_up = sums.scrap * early;
            sums.by_state[MachineState::Producing.index()] += Span::from_minutes(overtime);
            sums.planned_producing = sums.of(MachineState::Producing);
            if let Some(losses) = Losses::of(&sums, Window::default(), Vec::new()) {
                let points: f64 = Loss::ALL.into_iter().map(|l| losses.points(l)).sum();
                prop_assert!((points - (1.0 - losses.oee)).abs() < 1e-9, "{points} {}", losses.oee);
                if let Some(oee) = sums.kpis(Window::default()).oee {
                    prop_assert!((losses.oee - oee).abs() < 1e-12);
                }
            }
        }
    }
}
