//! The truth: what really happened, which no device tells. Twin runs are compared by it.
//!
//! Enters: a workshop. Leaves: sums since its start. Absent: samples, noise, opinions.

use super::physics::air;
use super::run::Workshop;
use measure::Instant;
use plant::{MachineId, MachineState, OrderId};

/// What became of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OrderTruth {
    /// Pieces it was released with; 0 before.
    pub released: u32,
    /// Pieces scrapped on the way.
    pub scrap: u32,
    /// When it left the last machine.
    pub finished: Option<Instant>,
    /// Good pieces it left with.
    pub delivered: u32,
}

/// What one machine really did since the start.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineTruth {
    /// The machine.
    pub machine: MachineId,
    /// State now.
    pub state: MachineState,
    /// Pieces taken for good here.
    pub good: u64,
    /// Pieces scrapped here.
    pub scrap: u64,
    /// Pieces on it, before it and after it.
    pub pieces: u64,
    /// Energy [W.h].
    pub energy_wh: f64,
    /// Energy by [`MachineState::index`] [W.h].
    pub energy_wh_by: [f64; 10],
    /// Time by [`MachineState::index`] [s].
    pub seconds_by: [f64; 10],
    /// Time within worked shifts by [`MachineState::index`] [s].
    pub worked_by: [f64; 10],
    /// Planned run time of the pieces made [s].
    pub planned_s: f64,
    /// Breakages of the tool.
    pub stops_tool: u32,
    /// Failures of the bearing.
    pub stops_bearing: u32,
    /// Planned services of tool, bearing, leaks.
    pub services: [u32; 3],
    /// Set-ups.
    pub set_ups: u32,
    /// Wear of the tool [share of nominal life].
    pub tool_wear: Option<f64>,
    /// Wear of the bearing; 1 is the boundary of zone D [1].
    pub bearing_wear: Option<f64>,
    /// Coolant or detergent [L].
    pub coolant: f64,
    /// Material [kg].
    pub material: f64,
}

/// What really happened since the start.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Until when.
    pub at: Instant,
    /// Machines by place.
    pub machines: Vec<MachineTruth>,
    /// Orders by place.
    pub orders: Vec<OrderTruth>,
    /// Orders past their due date that were not finished by then.
    pub late: Vec<OrderId>,
    /// Flow through leaks under pressure now [m3/min].
    pub leak_flow: f64,
    /// Air lost through leaks [kg].
    pub leak_kg: f64,
    /// Energy spent on it [W.h].
    pub leak_wh: f64,
}

impl Workshop {
    /// The truth up to the instant reached.
    pub fn truth(&self) -> Truth {
        let worked = self.attendance.until.is_some();
        let machines = self.machines.iter().enumerate().map(|(place, machine)| {
            let mut settled = machine.clone();
            settled.settle(self.now, worked);
            let (meter, tally) = (&settled.meter, &settled.tally);
            MachineTruth {
                machine: MachineId(place as u32),
                state: settled.state,
                good: tally.good,
                scrap: tally.scrap,
                pieces: settled.pieces(),
                energy_wh: meter.joules / 3_600.0,
                energy_wh_by: meter.joules_by.map(|j| j / 3_600.0),
                seconds_by: meter.seconds_by,
                worked_by: meter.worked_by,
                planned_s: tally.planned_s,
                stops_tool: tally.stops[0],
                stops_bearing: tally.stops[1],
                services: tally.services,
                set_ups: tally.set_ups,
                tool_wear: settled.tool.map(|t| t.wear),
                bearing_wear: settled.bearing.map(|b| b.wear),
                coolant: tally.coolant,
                material: tally.material,
            }
        });
        let late = |job: &super::layout::Job, order: &OrderTruth| {
            job.due <= self.now && order.finished.is_none_or(|finished| finished > job.due)
        };
        let orders = self.layout.jobs.iter().zip(&self.orders).zip(0..);
        let lost = self.network.clone().settled(self.now);
        Truth {
            at: self.now,
            machines: machines.collect(),
            orders: self.orders.clone(),
            late: orders.filter(|((job, order), _)| late(job, order)).map(|(_, place)| OrderId(place)).collect(),
            leak_flow: self.network.leak,
            leak_kg: lost.lost_m3 * air::DENSITY,
            leak_wh: lost.lost_joules / 3_600.0,
        }
    }
}

impl MachineTruth {
    /// Failures of all parts.
    pub const fn stops(&self) -> u32 {
        self.stops_tool + self.stops_bearing
    }
    /// Time in a state [s].
    pub const fn seconds(&self, state: MachineState) -> f64 {
        self.seconds_by[state.index()]
    }
    /// Time in a state within worked shifts [s].
    pub const fn worked(&self, state: MachineState) -> f64 {
        self.worked_by[state.index()]
    }
}

impl Truth {
    /// Energy of all machines [W.h].
    pub fn energy_wh(&self) -> f64 {
        self.machines.iter().map(|m| m.energy_wh).sum()
    }
    /// Good pieces that left the house in finished orders.
    pub fn delivered(&self) -> u64 {
        self.orders.iter().map(|o| u64::from(o.delivered)).sum()
    }
    /// Pieces scrapped anywhere.
    pub fn scrap(&self) -> u64 {
        self.orders.iter().map(|o| u64::from(o.scrap)).sum()
    }
    /// Energy per good piece that left the house [W.h].
    pub fn energy_wh_per_good(&self) -> Option<f64> {
        let delivered = self.delivered();
        (delivered > 0).then(|| self.energy_wh() / delivered as f64)
    }
    /// Failures of all machines.
    pub fn stops(&self) -> u32 {
        self.machines.iter().map(MachineTruth::stops).sum()
    }
    /// Overall equipment effectiveness of the machines that make pieces, by ISO 22400-2: planned run time of the pieces
    /// made, times their quality ratio, over worked time less planned service.
    pub fn oee(&self) -> Option<f64> {
        let makers = || self.machines.iter().filter(|m| m.good + m.scrap > 0);
        let busy: f64 = makers().map(|m| m.worked_by.iter().sum::<f64>() - m.worked(MachineState::Service)).sum();
        let quality = |m: &MachineTruth| m.good as f64 / (m.good + m.scrap) as f64;
        let made: f64 = makers().map(|m| m.planned_s * quality(m)).sum();
        (busy > 0.0).then(|| made / busy)
    }
}
