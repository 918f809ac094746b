//! What the written form of a supply problem means.
//!
//! Enters: a [`SupplyForm`]. Leaves: the model, or the place in the JSON that is wrong. Absent: what a model must keep (`decide::supply::model`).

use super::{
    BufferForm, ConsumedForm, DemandForm, DistributionForm, MachineForm, OrdersForm, ProductionForm, ProfileForm, PurchaseForm,
    StepForm, SupplyForm,
};
use decide::supply::model::{
    Alternative, Buffer, Consumed, Demand, Kind, Machine, Model, ModelError, Parts, Policy, Produced, Profile, Ratio, Sizes,
    Split, Step, Usage, Way,
};
use std::collections::BTreeMap;

fn error(place: String, found: impl Into<String>, allowed: impl Into<String>) -> ModelError {
    ModelError { place, found: found.into(), allowed: allowed.into() }
}

/// Numbers of what has a name.
#[derive(Default)]
struct Known<'f> {
    buffers: BTreeMap<(&'f str, &'f str), u32>,
    machines: BTreeMap<&'f str, u32>,
}

impl SupplyForm {
    /// The model that is meant.
    ///
    /// # Errors
    /// A name that is not there, or a contradiction; the place is named as it stands in the JSON.
    pub fn model(&self) -> Result<Model, ModelError> {
        let mut parts =
            Parts { is_constrained: self.constrained, bucket: self.bucket, buckets: self.buckets, ..Parts::default() };
        let mut known = Known::default();
        for (number, form) in self.buffers.iter().enumerate() {
            let buffer = form.buffer(&format!("supply.buffers[{number}]"))?;
            if known.buffers.insert((&form.item, &form.location), number as u32).is_some() {
                let found = format!("`{}` at `{}` twice", form.item, form.location);
                return Err(error("supply.buffers".to_owned(), found, "each item at a location once"));
            }
            parts.buffers.push(buffer);
        }
        for (number, form) in (0_u32..).zip(&self.machines) {
            if known.machines.insert(&form.name, number).is_some() {
                return Err(error("supply.machines".to_owned(), format!("`{}` twice", form.name), "each name once"));
            }
            parts.machines.push(form.machine());
        }
        self.given(&mut known, &mut parts);
        for form in &self.purchases {
            parts.ways.push(form.way(&known)?);
        }
        for (number, form) in self.distributions.iter().enumerate() {
            parts.ways.push(form.way(&known, &format!("supply.distributions[{number}]"))?);
        }
        for (number, form) in self.productions.iter().enumerate() {
            parts.ways.push(form.way(&known, &format!("supply.productions[{number}]"))?);
        }
        for (number, form) in self.demands.iter().enumerate() {
            parts.demands.push(form.demand(&known, &format!("supply.demands[{number}]"))?);
        }
        Model::new(parts).map_err(|e| self.placed(e))
    }

    /// Items at locations that are not listed but that a way gives.
    fn given<'f>(&'f self, known: &mut Known<'f>, parts: &mut Parts) {
        let bought = self.purchases.iter().map(|p| (p.item.as_str(), p.location.as_str()));
        let moved = self.distributions.iter().map(|d| (d.item.as_str(), d.to.as_str()));
        let made = self.productions.iter().flat_map(|p| p.produces.iter().map(|o| (o.item.as_str(), p.location.as_str())));
        for (item, location) in bought.chain(moved).chain(made) {
            known.buffers.entry((item, location)).or_insert_with(|| {
                parts.buffers.push(Buffer { item: item.to_owned(), location: location.to_owned(), ..Buffer::default() });
                parts.buffers.len() as u32 - 1
            });
        }
    }

    /// An error of the model at its place in the JSON.
    fn placed(&self, error: ModelError) -> ModelError {
        let Some(at) = error.place.find("ways[") else {
            let lists = ["buffers[", "machines[", "demands["];
            let at = lists.iter().find_map(|list| error.place.find(list)).unwrap_or(0);
            let (before, place) = error.place.split_at(at);
            return ModelError { place: format!("{before}supply.{place}"), ..error };
        };
        let (before, place) = error.place.split_at(at);
        let (number, field) = place["ways[".len()..].split_once(']').unwrap_or((place, ""));
        let mut number: usize = number.parse().unwrap_or(0);
        let mut list = "productions";
        for (name, length) in [("purchases", self.purchases.len()), ("distributions", self.distributions.len())] {
            if number < length {
                list = name;
                break;
            }
            number -= length;
        }
        const OF_ORDERS: [&str; 8] =
            [".priority", ".cost", ".order_cost", ".from", ".until", ".minimum", ".multiple", ".maximum"];
        let orders = if OF_ORDERS.contains(&field) { ".orders" } else { "" };
        ModelError { place: format!("{before}supply.{list}[{number}]{orders}{field}"), ..error }
    }
}

impl<'f> Known<'f> {
    fn buffer(&self, item: &str, location: &str, place: impl Fn() -> String) -> Result<u32, ModelError> {
        self.buffers.get(&(item, location)).copied().ok_or_else(|| {
            let near: Vec<String> = self
                .buffers
                .keys()
                .filter(|k| k.0 == item || k.1 == location)
                .take(12)
                .map(|k| format!("{} at {}", k.0, k.1))
                .collect();
            let allowed = format!("an item at a location that is listed or given by a way, such as {}", near.join(", "));
            error(place(), format!("`{item}` at `{location}`"), allowed)
        })
    }

    fn machine(&self, name: &str, place: impl Fn() -> String) -> Result<u32, ModelError> {
        self.machines.get(name).copied().ok_or_else(|| {
            let known: Vec<&str> = self.machines.keys().copied().take(12).collect();
            error(place(), format!("`{name}`"), format!("one of {}", known.join(", ")))
        })
    }
}

impl BufferForm {
    fn buffer(&self, at: &str) -> Result<Buffer, ModelError> {
        let policy = match (self.safety_stock, self.min_max, &self.ddmrp) {
            (None, None, None) => Policy::ToOrder,
            (Some(safety), None, None) => Policy::SafetyStock(safety),
            (None, Some(of), None) => Policy::MinMax { least: of.min, most: of.max },
            (None, None, Some(form)) => Policy::Ddmrp(form.profile(&format!("{at}.ddmrp"))?),
            _ => return Err(error(at.to_owned(), "several policies", "one of safety_stock, min_max, ddmrp")),
        };
        let (item, location) = (self.item.clone(), self.location.clone());
        Ok(Buffer { item, location, on_hand: self.on_hand, receipts: self.receipts.clone(), policy })
    }
}

impl ProfileForm {
    fn profile(&self, at: &str) -> Result<Profile, ModelError> {
        let usage = match (self.usage, &self.past, self.planned_buckets) {
            (Some(of), None, None) => Usage::Told(Ratio { quantity: of.quantity, per: of.ticks }),
            (None, Some(past), None) => Usage::Past(past.clone()),
            (None, None, Some(buckets)) => Usage::Planned(buckets),
            (None, None, None) => return Err(error(at.to_owned(), "no average use", "one of usage, past, planned_buckets")),
            _ => return Err(error(at.to_owned(), "several average uses", "one of usage, past, planned_buckets")),
        };
        Ok(Profile {
            usage,
            lead_time_factor: self.lead_time_factor,
            variability_factor: self.variability_factor,
            minimum: self.minimum,
            cycle: self.cycle,
            lead_time: self.lead_time,
            spike_horizon: self.spike_horizon,
            spike_threshold: self.spike_threshold,
        })
    }
}

impl MachineForm {
    fn machine(&self) -> Machine {
        Machine { name: self.name.clone(), count: self.count, capacity: self.capacity.clone(), closed: self.closed.clone() }
    }
}

impl OrdersForm {
    fn way(&self, name: String, kind: Kind) -> Way {
        Way {
            name,
            kind,
            priority: self.priority,
            cost: self.cost,
            order_cost: self.order_cost,
            from: self.from,
            until: self.until,
            sizes: Sizes { minimum: self.minimum, multiple: self.multiple, maximum: self.maximum },
        }
    }
}

impl PurchaseForm {
    fn way(&self, known: &Known<'_>) -> Result<Way, ModelError> {
        let to = known.buffer(&self.item, &self.location, || "supply.purchases".to_owned())?;
        Ok(self.orders.way(self.supplier.clone(), Kind::Purchase { to, lead_time: self.lead_time }))
    }
}

impl DistributionForm {
    fn way(&self, known: &Known<'_>, at: &str) -> Result<Way, ModelError> {
        let from = known.buffer(&self.item, &self.from, || format!("{at}.from"))?;
        let to = known.buffer(&self.item, &self.to, || format!("{at}.to"))?;
        let name = self.name.clone().unwrap_or_else(|| format!("{} to {}", self.from, self.to));
        Ok(self.orders.way(name, Kind::Distribution { from, to, lead_time: self.lead_time }))
    }
}

impl ProductionForm {
    fn way(&self, known: &Known<'_>, at: &str) -> Result<Way, ModelError> {
        let mut produces = Vec::with_capacity(self.produces.len());
        for (number, of) in self.produces.iter().enumerate() {
            let buffer = known.buffer(&of.item, &self.location, || format!("{at}.produces[{number}].item"))?;
            produces.push(Produced { buffer, ratio: Ratio { quantity: of.quantity, per: of.per } });
        }
        let mut groups: BTreeMap<&str, u32> = BTreeMap::new();
        let mut consumes = Vec::with_capacity(self.consumes.len());
        for (number, of) in self.consumes.iter().enumerate() {
            let buffer = known.buffer(&of.item, &self.location, || format!("{at}.consumes[{number}].item"))?;
            let next = groups.len() as u32;
            let alternates = of.alternates.as_deref().map(|word| *groups.entry(word).or_insert(next));
            consumes.push(of.consumed(buffer, alternates));
        }
        let mut steps = Vec::with_capacity(self.steps.len());
        for (number, of) in self.steps.iter().enumerate() {
            steps.push(of.step(number, known, &format!("{at}.steps[{number}]"))?);
        }
        Ok(self.orders.way(self.name.clone(), Kind::Production { produces, consumes, steps }))
    }
}

impl ConsumedForm {
    fn consumed(&self, buffer: u32, alternates: Option<u32>) -> Consumed {
        let ratio = Ratio { quantity: self.quantity, per: self.per };
        let (fixed, from, until, priority) = (self.fixed, self.from, self.until, self.priority);
        Consumed { buffer, ratio, fixed, from, until, alternates, priority }
    }
}

impl StepForm {
    fn step(&self, number: usize, known: &Known<'_>, at: &str) -> Result<Step, ModelError> {
        let mut alternatives = Vec::with_capacity(self.machines.len());
        for (place, of) in self.machines.iter().enumerate() {
            let machine = match &of.machine {
                Some(name) => Some(known.machine(name, || format!("{at}.machines[{place}].machine"))?),
                None => None,
            };
            alternatives.push(Alternative { machine, fixed: of.fixed, unit: Ratio { quantity: of.unit, per: of.per } });
        }
        let name = self.name.clone().unwrap_or_else(|| (number + 1).to_string());
        let split = self.split.map(|s| Split { most: s.most, least: s.least });
        Ok(Step { name, alternatives, delay: self.delay, split })
    }
}

impl DemandForm {
    fn demand(&self, known: &Known<'_>, at: &str) -> Result<Demand, ModelError> {
        let buffer = known.buffer(&self.item, &self.location, || format!("{at}.item"))?;
        let (name, quantity, due, priority) = (self.name.clone(), self.quantity, self.due, self.priority);
        Ok(Demand { name, buffer, quantity, due, priority, is_whole: self.whole })
    }
}
