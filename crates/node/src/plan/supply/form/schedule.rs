//! The detailed schedule of what a supply plan makes, in the supply plan's names.
//!
//! Enters: a bridge, what the search found. Leaves: a [`ScheduleForm`]. Absent: searching.

use crate::plan::run::Found;
use decide::search::model::{Model as Shop, Time};
use decide::supply::bridge::{Bridge, Stands};
use decide::supply::model::{Kind, Model};
use decide::supply::plan::Plan;
use schemars::JsonSchema;
use serde::Serialize;

/// A schedule of the orders to make and move on single machines, with the proof of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ScheduleForm {
    /// When the last operation is complete.
    pub makespan: Time,
    /// By how much orders that are delivered from are later than the supply plan delivers, all together.
    pub tardiness: i64,
    /// What no schedule costs less than: tardiness, or the makespan where nothing is delivered.
    pub bound: i64,
    /// Rules that the independent check found to hold.
    pub rules: Vec<String>,
    /// Operations by start.
    pub operations: Vec<ScheduledForm>,
}

/// What is done when.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ScheduledForm {
    /// The number of the order.
    pub order: u32,
    /// Which step; the delay after a step, or the way between locations where it is neither.
    pub step: String,
    /// The number of the part of a step that is shared, from 0.
    pub part: u32,
    /// On which machine of which group, from 1; none where none is needed.
    pub machine: Option<(String, u32)>,
    /// From.
    pub start: Time,
    /// To.
    pub end: Time,
}

impl ScheduleForm {
    /// A proven schedule.
    pub fn new(model: &Model, plan: &Plan, bridge: &Bridge, shop: &Shop, found: &Found) -> Self {
        let mut operations = Vec::with_capacity(shop.operations.len());
        for (number, (of, assigned)) in (0_u32..).zip(shop.operations.iter().zip(&found.best.plan.operations)) {
            let Some(mode) = of.modes.get(assigned.mode as usize) else { continue };
            let order = bridge.orders[of.job as usize];
            let steps = match &model.ways[plan.orders[order as usize].way as usize].kind {
                Kind::Production { steps, .. } => &steps[..],
                Kind::Purchase { .. } | Kind::Distribution { .. } => &[],
            };
            let (step, part) = match bridge.stands[number as usize] {
                Stands::Part(step, part) => (steps[step as usize].name.clone(), part),
                Stands::Delay(step) => (format!("delay after {}", steps[step as usize].name), 0),
                Stands::Whole => ("all".to_owned(), 0),
            };
            let single = bridge.machines.get(mode.machine as usize);
            let machine = single.map(|(group, number)| (model.machines[*group as usize].name.clone(), number + 1));
            let end = shop.end(number, mode, assigned.start);
            operations.push(ScheduledForm { order, step, part, machine, start: assigned.start, end });
        }
        operations.sort_by_key(|o| (o.start, o.order));
        let certificate = &found.best.certificate;
        Self {
            makespan: certificate.makespan(),
            tardiness: certificate.tardiness(),
            bound: found.bound,
            rules: decide::check::plan::PlanCertificate::rules().map(str::to_owned).collect(),
            operations,
        }
    }
}
