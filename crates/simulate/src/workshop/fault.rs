//! Faults put into the workshop on purpose: at a stated time, of a stated size, at one machine.
//!
//! | fault | size | what it does |
//! | --- | --- | --- |
//! | wear of the tool, of the bearing | times as fast | the part wears so much faster |
//! | leak | m3/min | a leak opens |
//! | sensor drift | share an hour | the instrument tells more (below zero: less), up to [`DRIFT_MAX`] |
//! | stuck sensor | | the instrument repeats what it told last |
//! | misfeed | share of the pieces | before the piece the machine stops and is fed again by hand; every fourth such piece is spoilt |
//! | overload | times the force | the drive pushes so much harder for the same piece |
//!
//! A fault lasts until it is over; a leak that opened stays open until leaks are mended. Sources and figures: `docs/physics.md`.
//!
//! Enters: faults. Leaves: what they do to wear, instruments, cycles, forces. Absent: luck but by name, what is told of them: no
//! device tells a fault.

use super::luck::Draw;
use super::physics::air;
use super::run::Workshop;
use measure::{Instant, Span};
use plant::{MachineId, Role};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The tool wears faster.
    ToolWear,
    /// The bearing wears faster.
    BearingWear,
    /// A leak opens in the air network.
    Leak,
    /// The instrument of a role drifts.
    SensorDrift(Role),
    /// The instrument of a role repeats its last value.
    SensorStuck(Role),
    /// Pieces are fed wrongly.
    Misfeed,
    /// The drive works against more than the piece.
    Overload,
}

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Where.
    pub machine: MachineId,
    /// From when on.
    pub from: Instant,
    /// Until when.
    pub until: Instant,
    /// How much, in the unit that the kind says.
    pub size: f64,
}

/// Most that an instrument drifts, as a share of the value [1].
const DRIFT_MAX: f64 = 0.6;
/// Shortest and longest stop for feeding a piece again [s].
const FEED_AGAIN_S: (f64, f64) = (30.0, 120.0);
/// Share of wrongly fed pieces that are spoilt [1].
const SPOILT_SHARE: f64 = 0.25;
/// Wear of a tool and of a bearing above which a well-kept workshop replaces them [share of life].
const KEPT_TOOL: f64 = 0.5;
const KEPT_BEARING: f64 = 0.45;

/// The faults of a workshop.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    faults: Vec<Fault>,
    /// Whether parts are replaced long before they are worn and leaks are closed each hour.
    is_kept: bool,
}

impl Workshop {
    /// Puts a fault in. Its machine has to have what the fault is about, else nothing happens.
    pub fn inject(&mut self, fault: Fault) {
        self.faults.faults.push(fault);
    }

    /// Keeps everything in good order from now on, but for what a fault is about: parts are replaced long before they are worn, by
    /// people who need no time for it, and leaks are closed each hour.
    pub fn keep_in_order(&mut self) {
        self.faults.is_kept = true;
        self.maintain();
    }

    /// The sizes of the faults of a kind that hold at a machine now.
    fn sizes(&self, machine: usize, kind: FaultKind) -> impl Iterator<Item = &Fault> {
        let holds = move |f: &&Fault| f.kind == kind && f.machine.index() == machine && (f.from..f.until).contains(&self.now);
        self.faults.faults.iter().filter(holds)
    }

    /// How much faster a part wears [1].
    pub(super) fn wears(&self, machine: usize, kind: FaultKind) -> f64 {
        self.sizes(machine, kind).map(|f| f.size).product()
    }

    /// Force on the drive relative to what the piece needs [1].
    pub(super) fn strain(&self, machine: usize) -> f64 {
        self.sizes(machine, FaultKind::Overload).map(|f| f.size).product()
    }

    /// What an instrument tells instead of a value; `last` is what it told before.
    pub(super) fn told_instead(&self, machine: usize, role: Role, value: f64, last: Option<f64>) -> f64 {
        if let Some(last) = last.filter(|_| self.sizes(machine, FaultKind::SensorStuck(role)).next().is_some()) {
            return last;
        }
        let drift = |f: &Fault| (f.size * (self.now - f.from).hours()).clamp(-DRIFT_MAX, DRIFT_MAX);
        value * (1.0 + self.sizes(machine, FaultKind::SensorDrift(role)).map(drift).sum::<f64>())
    }

    /// The stop before a piece that is fed wrongly, and whether that spoils it; `name` names the piece [s].
    pub(super) fn misfed(&self, machine: usize, name: &[u64]) -> (f64, bool) {
        let share: f64 = self.sizes(machine, FaultKind::Misfeed).map(|f| f.size).sum();
        if share <= 0.0 {
            return (0.0, false);
        }
        let mut luck = self.luck.of(Draw::Misfeed, name);
        let (is_misfed, seconds, spoils) =
            (luck.happens(share), luck.between(FEED_AGAIN_S.0, FEED_AGAIN_S.1), luck.happens(SPOILT_SHARE));
        if is_misfed { (seconds, spoils) } else { (0.0, false) }
    }

    /// An hour has passed: leaks that are due open, and a well-kept workshop is looked after.
    pub(super) fn look_after(&mut self) {
        let due = |f: &&Fault| f.kind == FaultKind::Leak && (f.from..f.from + Span::from_hours(1)).contains(&self.now);
        let opened: f64 = self.faults.faults.iter().filter(due).map(|f| f.size).sum();
        if opened > 0.0 {
            self.set_leak(self.network.leak + opened);
        }
        if self.faults.is_kept {
            self.maintain();
        }
    }

    fn maintain(&mut self) {
        use super::machine::Part;
        let has = |faults: &[Fault], now: Instant, kind| faults.iter().any(|f| f.kind == kind && f.from <= now);
        if !has(&self.faults.faults, self.now, FaultKind::Leak) {
            self.set_leak(air::LEAK_LEFT);
        }
        for machine in 0..self.machines.len() {
            let here = &self.machines[machine];
            let is_faulty = |kind| self.sizes(machine, kind).next().is_some();
            let tool = here.tool.is_some_and(|t| t.wear > KEPT_TOOL) && !is_faulty(FaultKind::ToolWear);
            let bearing = here.bearing.is_some_and(|b| b.wear > KEPT_BEARING) && !is_faulty(FaultKind::BearingWear);
            for part in [(tool, Part::Tool), (bearing, Part::Bearing)].into_iter().filter_map(|(due, part)| due.then_some(part)) {
                self.renew(machine, part);
            }
        }
    }
}
