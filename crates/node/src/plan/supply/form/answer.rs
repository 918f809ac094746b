//! The written form of a proven supply plan.
//!
//! Enters: a model, its certified plan. Leaves: a [`SupplyPlanForm`]. Absent: plans that are not proven.

use super::{ScheduleForm, words};
use decide::supply::Certified;
use decide::supply::model::{Kind, Model, Time};
use decide::supply::plan::{Order, Plan, Source, Status, Taker, Trouble, Whose};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeSet, VecDeque};

/// Demands that are named of one order; whether there are more is told.
const DEMANDS_MAX: usize = 12;
/// Orders walked upward for them.
const WALKED_MAX: usize = 1_000;

/// A supply plan with the proof of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SupplyPlanForm {
    /// Whether now and the capacities are kept.
    pub constrained: bool,
    /// What all orders cost; none beyond 64 bits.
    pub cost: Option<i64>,
    /// Each demand: when it gets how much, and why it is late or missing.
    pub demands: Vec<DemandPlanForm>,
    /// Orders to buy, move and make, by number.
    pub orders: Vec<OrderForm>,
    /// The work of each group of machines in each bucket that has any.
    pub loads: Vec<LoadForm>,
    /// The stock of each item at each location.
    pub stocks: Vec<StockForm>,
    /// Decoupling points of demand driven MRP: zones, net flow position, recommendation.
    pub zones: Vec<ZonesForm>,
    /// What could not be filled up to its policy within the horizon, and why.
    pub unfilled: Vec<UnfilledForm>,
    /// Rules that the independent check found to hold.
    pub rules: Vec<String>,
    /// The detailed schedule of what is made, where it was asked for and anything is made or moved.
    pub schedule: Option<ScheduleForm>,
}

/// What a demand gets.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DemandPlanForm {
    /// Its name.
    pub demand: String,
    /// What.
    pub item: String,
    /// From where.
    pub location: String,
    /// How much is wanted.
    pub quantity: i64,
    /// When it is wanted.
    pub due: Time,
    /// Pairs: when, how much.
    pub deliveries: Vec<(Time, i64)>,
    /// By how much the last delivery is late.
    pub late: Time,
    /// What is not delivered within the horizon.
    pub missing: i64,
    /// Why not all of it is there when due from other than safety stock: what binds the last first.
    pub why: Vec<String>,
}

/// What an order does.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderKindForm {
    /// It buys.
    Purchase,
    /// It moves.
    Distribution,
    /// It makes.
    Manufacture,
}

/// An order.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrderForm {
    /// Its number, from 0.
    pub order: u32,
    /// What it does.
    pub kind: OrderKindForm,
    /// By which supplier, route or routing.
    pub by: String,
    /// Units bought, moved or begun.
    pub size: i64,
    /// What it takes is taken.
    pub start: Time,
    /// What it gives is there.
    pub end: Time,
    /// What it gives.
    pub gives: Vec<ItemForm>,
    /// What it takes, and from what.
    pub takes: Vec<PegForm>,
    /// Orders that take from it, and how much.
    pub orders: Vec<(u32, i64)>,
    /// Demands that are delivered from it in the end, through other orders or not; at most 12.
    pub demands: Vec<String>,
    /// Whether there are more demands than are named.
    pub more_demands: bool,
    /// Whether no demand is delivered from it: it fills up a stock, or what is made of it does.
    pub for_stock: bool,
    /// What its steps do.
    pub steps: Vec<StepPlanForm>,
}

/// So much of an item at a location.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ItemForm {
    /// Which item.
    pub item: String,
    /// Where.
    pub location: String,
    /// How much.
    pub quantity: i64,
}

/// Something that an order takes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PegForm {
    /// Which item.
    pub item: String,
    /// Where.
    pub location: String,
    /// How much.
    pub quantity: i64,
    /// Of which order; none: of what is on hand or a scheduled receipt.
    pub order: Option<u32>,
    /// Of which scheduled receipt, from 0; none: of another source.
    pub receipt: Option<u32>,
}

/// A part of a step.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StepPlanForm {
    /// Which step.
    pub step: String,
    /// On which machines; none where it needs none.
    pub machine: Option<String>,
    /// Units.
    pub quantity: i64,
    /// From.
    pub start: Time,
    /// To.
    pub end: Time,
    /// Pairs: bucket, ticks of work in it; bucket -1 is all before now.
    pub work: Vec<(i32, Time)>,
}

/// The work of machines.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LoadForm {
    /// Which.
    pub machine: String,
    /// In which bucket; -1 is all before now.
    pub bucket: i32,
    /// Ticks of work.
    pub work: Time,
    /// Ticks that they have.
    pub capacity: Time,
    /// Ticks too many.
    pub overload: Time,
}

/// A stock over time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StockForm {
    /// Which item.
    pub item: String,
    /// Where.
    pub location: String,
    /// What is there now.
    pub on_hand: i64,
    /// Pairs: from when, how much.
    pub levels: Vec<(Time, i64)>,
}

/// A decoupling point of demand driven MRP.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ZonesForm {
    /// Which item.
    pub item: String,
    /// Where.
    pub location: String,
    /// Average use in one bucket.
    pub usage: f64,
    /// Decoupled lead time.
    pub lead_time: Time,
    /// Red zone.
    pub red: i64,
    /// Yellow zone.
    pub yellow: i64,
    /// Green zone.
    pub green: i64,
    /// On hand.
    pub on_hand: i64,
    /// On order.
    pub on_order: i64,
    /// Demand of the first bucket and before, and spikes, as far as orders of the plan do not serve it.
    pub qualified_demand: i64,
    /// On hand and on order, less qualified demand.
    pub net_flow_position: i64,
    /// The position in percent of the top of green; less is more urgent.
    pub priority: f64,
    /// The zone of the position.
    pub color: ColorForm,
    /// What should be ordered now; 0 above the yellow zone.
    pub recommended: i64,
}

/// A zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColorForm {
    /// In the red zone or below.
    Red,
    /// In the yellow zone.
    Yellow,
    /// In the green zone.
    Green,
    /// Above it.
    Over,
}

/// A stock that is not filled up.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UnfilledForm {
    /// Which item.
    pub item: String,
    /// Where.
    pub location: String,
    /// How much is missing.
    pub missing: i64,
    /// Why.
    pub why: Vec<String>,
}

impl SupplyPlanForm {
    /// A proven plan.
    pub fn new(model: &Model, certified: &Certified, schedule: Option<ScheduleForm>) -> Self {
        let (plan, certificate) = (&certified.plan, &certified.certificate);
        let pegs = Pegs::new(plan);
        let orders = (0_u32..).zip(&plan.orders).map(|(number, order)| self::order(model, plan, &pegs, number, order)).collect();
        let stocks = model.buffers.iter().zip(certificate.stocks()).map(|(buffer, levels)| StockForm {
            item: buffer.item.clone(),
            location: buffer.location.clone(),
            on_hand: buffer.on_hand,
            levels: levels.clone(),
        });
        let lacking = plan.troubles.iter().filter_map(|trouble| match trouble.whose {
            Whose::Buffer(number) => Some(unfilled(model, number, trouble)),
            Whose::Demand(_) => None,
        });
        Self {
            constrained: model.is_constrained,
            cost: certificate.cost(),
            demands: demands(model, plan),
            orders,
            loads: loads(model, certified),
            stocks: stocks.collect(),
            zones: plan.statuses.iter().map(|s| zones(model, s)).collect(),
            unfilled: lacking.collect(),
            rules: decide::supply::rules().map(str::to_owned).collect(),
            schedule,
        }
    }

    /// The names of demands of which something is missing within the horizon.
    pub fn missing(&self) -> Vec<&str> {
        self.demands.iter().filter(|d| d.missing > 0).map(|d| d.demand.as_str()).collect()
    }
}

fn demands(model: &Model, plan: &Plan) -> Vec<DemandPlanForm> {
    let mut forms: Vec<DemandPlanForm> = Vec::with_capacity(model.demands.len());
    for demand in &model.demands {
        let buffer = &model.buffers[demand.buffer as usize];
        forms.push(DemandPlanForm {
            demand: demand.name.clone(),
            item: buffer.item.clone(),
            location: buffer.location.clone(),
            quantity: demand.quantity,
            due: demand.due,
            deliveries: Vec::new(),
            late: 0,
            missing: 0,
            why: Vec::new(),
        });
    }
    for delivery in &plan.deliveries {
        let form = &mut forms[delivery.demand as usize];
        form.deliveries.push((delivery.time, delivery.quantity));
        form.late = form.late.max(delivery.time - form.due);
    }
    for trouble in &plan.troubles {
        if let Whose::Demand(number) = trouble.whose {
            let form = &mut forms[number as usize];
            form.missing += trouble.missing;
            form.why = trouble.causes.iter().map(|c| words::cause(model, *c)).collect();
            if form.why.is_empty() {
                form.why.push("date: it was due before now".to_owned());
            }
        }
    }
    forms
}

/// Pegs by who gives and who takes.
struct Pegs {
    given: Vec<Vec<u32>>,
    taken: Vec<Vec<u32>>,
}

impl Pegs {
    fn new(plan: &Plan) -> Self {
        let mut pegs = Self { given: vec![Vec::new(); plan.orders.len()], taken: vec![Vec::new(); plan.orders.len()] };
        for (number, peg) in (0_u32..).zip(&plan.pegs) {
            if let Source::Order(order) = peg.source {
                pegs.given[order as usize].push(number);
            }
            if let Taker::Order(order) = peg.taker {
                pegs.taken[order as usize].push(number);
            }
        }
        pegs
    }

    /// The demands that are delivered from an order in the end, and whether there are more.
    fn demands(&self, plan: &Plan, order: u32) -> (BTreeSet<u32>, bool) {
        let (mut demands, mut seen, mut next) = (BTreeSet::new(), BTreeSet::from([order]), VecDeque::from([order]));
        while let Some(at) = next.pop_front() {
            for peg in self.given[at as usize].iter().map(|p| &plan.pegs[*p as usize]) {
                match peg.taker {
                    Taker::Delivery(number) => {
                        demands.insert(plan.deliveries[number as usize].demand);
                    }
                    Taker::Order(number) => {
                        if seen.insert(number) {
                            next.push_back(number);
                        }
                    }
                }
            }
            if demands.len() > DEMANDS_MAX || seen.len() > WALKED_MAX {
                while demands.len() > DEMANDS_MAX {
                    demands.pop_last();
                }
                return (demands, true);
            }
        }
        (demands, false)
    }
}

fn order(model: &Model, plan: &Plan, pegs: &Pegs, number: u32, order: &Order) -> OrderForm {
    let way = &model.ways[order.way as usize];
    let (demands, more_demands) = pegs.demands(plan, number);
    let gives = way.outputs().into_iter().map(|o| {
        let buffer = &model.buffers[o.buffer as usize];
        ItemForm { item: buffer.item.clone(), location: buffer.location.clone(), quantity: o.ratio.down(order.size) }
    });
    let takes = pegs.taken[number as usize].iter().map(|p| {
        let peg = &plan.pegs[*p as usize];
        let buffer = &model.buffers[peg.buffer as usize];
        let (of_order, receipt) = match peg.source {
            Source::OnHand => (None, None),
            Source::Receipt(number) => (None, Some(number)),
            Source::Order(number) => (Some(number), None),
        };
        let (item, location) = (buffer.item.clone(), buffer.location.clone());
        PegForm { item, location, quantity: peg.quantity, order: of_order, receipt }
    });
    let takers = pegs.given[number as usize].iter().filter_map(|p| match plan.pegs[*p as usize].taker {
        Taker::Order(taker) => Some((taker, plan.pegs[*p as usize].quantity)),
        Taker::Delivery(_) => None,
    });
    OrderForm {
        order: number,
        kind: match way.kind {
            Kind::Purchase { .. } => OrderKindForm::Purchase,
            Kind::Distribution { .. } => OrderKindForm::Distribution,
            Kind::Production { .. } => OrderKindForm::Manufacture,
        },
        by: way.name.clone(),
        size: order.size,
        start: order.start,
        end: order.end,
        gives: gives.collect(),
        takes: takes.collect(),
        orders: takers.collect(),
        demands: demands.iter().map(|d| model.demands[*d as usize].name.clone()).collect(),
        more_demands,
        for_stock: demands.is_empty(),
        steps: steps(model, order),
    }
}

fn steps(model: &Model, order: &Order) -> Vec<StepPlanForm> {
    let Kind::Production { steps, .. } = &model.ways[order.way as usize].kind else { return Vec::new() };
    let mut forms = Vec::new();
    for (step, parts) in steps.iter().zip(&order.steps) {
        for part in parts {
            let machine = step.alternatives[part.alternative as usize].machine;
            forms.push(StepPlanForm {
                step: step.name.clone(),
                machine: machine.map(|m| model.machines[m as usize].name.clone()),
                quantity: part.quantity,
                start: part.start,
                end: part.end,
                work: part.portions.iter().map(|p| (p.bucket, p.work)).collect(),
            });
        }
    }
    forms
}

fn loads(model: &Model, certified: &Certified) -> Vec<LoadForm> {
    let mut forms = Vec::new();
    for ((number, machine), buckets) in (0_u32..).zip(&model.machines).zip(certified.certificate.loads()) {
        for (&bucket, &work) in buckets {
            let capacity = usize::try_from(bucket).ok().and_then(|b| model.capacity(number).get(b)).copied().unwrap_or(0);
            forms.push(LoadForm { machine: machine.name.clone(), bucket, work, capacity, overload: (work - capacity).max(0) });
        }
    }
    forms
}

fn zones(model: &Model, status: &Status) -> ZonesForm {
    let buffer = &model.buffers[status.buffer as usize];
    let position = status.position();
    let color = if position <= status.red {
        ColorForm::Red
    } else if position <= status.red + status.yellow {
        ColorForm::Yellow
    } else if position <= status.top() {
        ColorForm::Green
    } else {
        ColorForm::Over
    };
    ZonesForm {
        item: buffer.item.clone(),
        location: buffer.location.clone(),
        usage: status.usage.quantity as f64 * model.bucket as f64 / status.usage.per as f64,
        lead_time: status.lead_time,
        red: status.red,
        yellow: status.yellow,
        green: status.green,
        on_hand: status.on_hand,
        on_order: status.on_order,
        qualified_demand: status.qualified,
        net_flow_position: position,
        priority: if status.top() > 0 { position as f64 * 100.0 / status.top() as f64 } else { 100.0 },
        color,
        recommended: status.recommended,
    }
}

fn unfilled(model: &Model, number: u32, trouble: &Trouble) -> UnfilledForm {
    let buffer = &model.buffers[number as usize];
    let why = trouble.causes.iter().map(|c| words::cause(model, *c)).collect();
    UnfilledForm { item: buffer.item.clone(), location: buffer.location.clone(), missing: trouble.missing, why }
}
