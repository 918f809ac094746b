//! One machine as it stands: what it does and until when, its lots, its wear, its meter and instruments.
//!
//! Enters: calls of the workshop. Leaves: energy and time by state. Absent: other machines, samples.

use super::physics::bearing::Bearing;
use super::physics::heat;
use super::physics::tool::Tool;
use measure::Instant;
use plant::{MachineState, OrderId};
use std::collections::VecDeque;
use std::sync::Arc;

/// Pieces of one order that travel together.
#[derive(Clone, Debug, PartialEq)]
pub struct Lot {
    /// The order.
    pub order: OrderId,
    /// Place in its route.
    pub step: usize,
    /// Pieces still to be worked on here.
    pub waiting: u32,
    /// Pieces worked on here and taken for good.
    pub good: u32,
    /// Spoilt pieces among `waiting` and `good` that nobody has seen yet.
    pub hidden: u32,
    /// Pieces worked on here so far, good or not.
    pub worked: u32,
    /// Sum of the deviations of the pieces cut [share of tolerance].
    pub deviation: f64,
}

/// What failed or is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The tool.
    Tool,
    /// The bearing.
    Bearing,
    /// Leaks of the air network.
    Leak,
}

impl Part {
    /// The service word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Bearing => "bearing",
            Self::Leak => "leak",
        }
    }
    /// From the service word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Tool, Self::Bearing, Self::Leak].into_iter().find(|p| p.word() == word)
    }
}

/// What takes time at a machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activity {
    /// Warming up.
    WarmUp,
    /// Set-up for the lot on the machine.
    SetUp,
    /// One piece; `fails` where it ends with a failure.
    Piece {
        /// Length [s].
        seconds: f64,
        /// What fails at its end.
        fails: Option<Part>,
    },
    /// A furnace batch.
    Batch,
    /// Taking one lot out of the furnace.
    Unload,
    /// A planned service.
    Service(Part),
    /// A repair after a failure.
    Repair(Part),
}

/// Energy, time and power by state.
#[derive(Clone, Debug, PartialEq)]
pub struct Meter {
    /// Power now [W].
    pub power: f64,
    /// Settled until.
    pub until: Instant,
    /// Energy taken [W.s].
    pub joules: f64,
    /// Energy by [`MachineState::index`] [W.s].
    pub joules_by: [f64; 10],
    /// Time by [`MachineState::index`] [s].
    pub seconds_by: [f64; 10],
    /// Time within worked shifts by [`MachineState::index`] [s].
    pub worked_by: [f64; 10],
}

/// What a machine has counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Good pieces as the machine counts them.
    pub good: u64,
    /// Scrapped pieces.
    pub scrap: u64,
    /// Coolant or detergent [L].
    pub coolant: f64,
    /// Material [kg].
    pub material: f64,
    /// Planned seconds of the pieces made.
    pub planned_s: f64,
    /// Failures of tools and of bearings.
    pub stops: [u32; 2],
    /// Services of tools, bearings and leaks, planned ones only.
    pub services: [u32; 3],
    /// Set-ups begun.
    pub set_ups: u32,
}

/// What was last told of a machine, so that only changes are told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// State.
    pub state: Option<MachineState>,
    /// Good pieces.
    pub good: Option<u64>,
    /// Scrapped pieces.
    pub scrap: Option<u64>,
    /// Order.
    pub order: Option<Arc<str>>,
    /// Orders that wait.
    pub infeed: Option<Vec<OrderId>>,
    /// Speed [%].
    pub speed: Option<f64>,
    /// Energy [kW.h], and when.
    pub energy: Option<(Instant, f64)>,
    /// Gauges: value and when, by the place in [`super::gauge::GAUGES`].
    pub gauges: [Option<(Instant, f64)>; 5],
    /// Deviation and load of the last piece.
    pub pieces: [Option<f64>; 2],
}

/// One machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Its state.
    pub state: MachineState,
    /// Since when.
    pub since: Instant,
    /// What it does, and when that ends.
    pub activity: Option<(Activity, Instant)>,
    /// When its instruments are next read.
    pub tick: Instant,
    /// Lots that wait before it, oldest first.
    pub infeed: VecDeque<Lot>,
    /// Lots on it: one, or a furnace load.
    pub lots: VecDeque<Lot>,
    /// Whether the furnace load is done and waits to be taken out.
    pub baked: bool,
    /// A finished lot that has not left yet.
    pub outlet: Option<Lot>,
    /// The order told to run next.
    pub chosen: Option<OrderId>,
    /// Set-up family it is set up for.
    pub family: Option<u32>,
    /// Speed factor told [1]; holds from the next piece on.
    pub speed: f64,
    /// Speed factor of the running piece [1].
    pub pace: f64,
    /// Service asked for.
    pub service: Option<Part>,
    /// The tool.
    pub tool: Option<Tool>,
    /// The bearing.
    pub bearing: Option<Bearing>,
    /// Tools and bearings fitted so far.
    pub fitted: [u64; 2],
    /// Pieces to come that will be spoilt: the first ones after a breakage.
    pub spoil: u32,
    /// Whether the running piece was fed wrongly and is spoilt.
    pub misfed: bool,
    /// Furnace temperature when standby began or ended, and when.
    pub heat: (Instant, f64),
    /// Energy and time.
    pub meter: Meter,
    /// Counts.
    pub tally: Tally,
    /// What was told.
    pub told: Told,
    /// Whether something may have to be told.
    pub dirty: bool,
}

impl Machine {
    /// A machine that stands ready at `start`.
    pub fn new(state: MachineState, start: Instant) -> Self {
        let meter =
            Meter { power: 0.0, until: start, joules: 0.0, joules_by: [0.0; 10], seconds_by: [0.0; 10], worked_by: [0.0; 10] };
        Self {
            state,
            since: start,
            activity: None,
            tick: start,
            infeed: VecDeque::new(),
            lots: VecDeque::new(),
            baked: false,
            outlet: None,
            chosen: None,
            family: None,
            speed: 1.0,
            pace: 1.0,
            service: None,
            tool: None,
            bearing: None,
            fitted: [0; 2],
            spoil: 0,
            misfed: false,
            heat: (start, heat::WORK),
            meter,
            tally: Tally::default(),
            told: Told::default(),
            dirty: true,
        }
    }

    /// Books energy and time up to `now`; call before the power, the state or the shift changes.
    pub fn settle(&mut self, now: Instant, worked: bool) {
        let seconds = (now - self.meter.until).seconds();
        if seconds <= 0.0 {
            return;
        }
        let place = self.state.index();
        let joules = self.meter.power * seconds;
        self.meter.joules += joules;
        self.meter.joules_by[place] += joules;
        self.meter.seconds_by[place] += seconds;
        if worked {
            self.meter.worked_by[place] += seconds;
        }
        self.meter.until = now;
    }

    /// When its activity ends.
    pub fn ends(&self) -> Instant {
        self.activity.map_or(Instant::MAX, |(_, ends)| ends)
    }

    /// Pieces on it, before it and after it that are not counted out.
    pub fn pieces(&self) -> u64 {
        let lots = self.infeed.iter().chain(&self.lots).chain(&self.outlet);
        lots.map(|l| u64::from(l.waiting) + u64::from(l.good)).sum()
    }

    /// The order it works on or is set up for.
    pub fn order(&self) -> Option<OrderId> {
        self.lots.front().or(self.outlet.as_ref()).map(|l| l.order)
    }
}
