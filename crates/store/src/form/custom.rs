//! The stored form of orders that customers put together: machines by their names, so that it outlives a change of the configuration.

use super::parts::{Misfit, at, machine_id, machine_name};
use measure::{Money, Span};
use plant::{Chosen, CustomOrder, Material, Operation, Plant};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(tag = "version")]
enum Stored {
    #[serde(rename = "1")]
    V1(CustomV1),
}

#[derive(Serialize, Deserialize)]
struct CustomV1 {
    number: u32,
    key: String,
    by: String,
    at: i64,
    family: String,
    chosen: Vec<(String, String)>,
    quantity: u32,
    price: (i64, String),
    due: i64,
    sure: u32,
    materials: Vec<(String, String, i64)>,
    steps: Vec<StepV1>,
}

#[derive(Serialize, Deserialize)]
struct StepV1 {
    name: String,
    machines: Vec<String>,
    cycle: i64,
    set_up: i64,
    family: String,
    instructions: Vec<String>,
}

/// The form of an accepted order.
pub(crate) fn custom_to_json(plant: &Plant, order: &CustomOrder) -> Result<String, Misfit> {
    let form = Stored::V1(CustomV1 {
        number: order.number,
        key: order.key.clone(),
        by: order.by.clone(),
        at: order.at.micros(),
        family: order.family.clone(),
        chosen: order.chosen.iter().map(|c| (c.what.clone(), c.value.clone())).collect(),
        quantity: order.quantity,
        price: (order.price.minor, order.price.currency.to_string()),
        due: order.due.micros(),
        sure: order.sure,
        materials: order.materials.iter().map(|m| (m.name.clone(), m.unit.clone(), m.amount)).collect(),
        steps: order.steps.iter().map(|step| StepV1::of(plant, step)).collect::<Result<_, _>>()?,
    });
    serde_json::to_string(&form).map_err(|e| e.to_string())
}

/// The accepted order of a form.
pub(crate) fn custom_from_json(plant: &Plant, json: &str) -> Result<CustomOrder, Misfit> {
    let Stored::V1(form) = serde_json::from_str(json).map_err(|e| e.to_string())?;
    let currency = form.price.1.parse().map_err(|e| format!("its price: {e}"))?;
    Ok(CustomOrder {
        number: form.number,
        key: form.key,
        by: form.by,
        at: at(form.at),
        family: form.family,
        chosen: form.chosen.into_iter().map(|(what, value)| Chosen { what, value }).collect(),
        quantity: form.quantity,
        price: Money { minor: form.price.0, currency },
        due: at(form.due),
        sure: form.sure,
        materials: form.materials.into_iter().map(|(name, unit, amount)| Material { name, unit, amount }).collect(),
        steps: form.steps.into_iter().map(|step| step.read(plant)).collect::<Result<_, _>>()?,
    })
}

impl StepV1 {
    fn of(plant: &Plant, operation: &Operation) -> Result<Self, Misfit> {
        Ok(Self {
            name: operation.name.clone(),
            machines: operation.machines.iter().map(|m| machine_name(plant, *m)).collect::<Result<_, _>>()?,
            cycle: operation.cycle.micros(),
            set_up: operation.set_up.micros(),
            family: operation.family.clone(),
            instructions: operation.instructions.clone(),
        })
    }
    /// Machines that are not there any more are left out; a step needs one that is.
    fn read(self, plant: &Plant) -> Result<Operation, Misfit> {
        let known: Vec<_> = self.machines.iter().filter_map(|name| machine_id(plant, name).ok()).collect();
        if known.is_empty() {
            return Err(format!(
                "no machine of its step `{}` is in the configuration any more ({})",
                self.name,
                self.machines.join(", ")
            ));
        }
        let (cycle, set_up) = (Span::from_micros(self.cycle), Span::from_micros(self.set_up));
        let Self { name, family, instructions, .. } = self;
        Ok(Operation { name, machines: known, cycle, set_up, family, instructions })
    }
}
