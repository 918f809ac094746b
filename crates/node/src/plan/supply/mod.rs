//! Supply planning from files, for `socium plan`.
//!
//! Enters: a file with a supply problem. Leaves: a proven supply plan, with a detailed schedule where it is wanted. Absent: how it is planned
//! (`decide::supply`) and scheduled (`decide::search`).

pub mod form;
#[cfg(test)]
mod tests;

use super::run::{Wanted, search};
use super::text::{Format, contents};
use crate::cli::Failure;
use decide::search::model::Model as Shop;
use decide::supply::bridge::bridge;
use decide::supply::model::Model;
use decide::supply::{Certified, plan};
use form::{ScheduleForm, SupplyFileForm, SupplyPlanForm};
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::path::Path;

/// A supply problem from a file; none where the file is of another kind.
///
/// # Errors
/// The file cannot be read, or its supply problem is not consistent.
pub fn read(path: &Path, format: Option<Format>) -> Result<Option<Model>, Failure> {
    let is_json = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    match format {
        Some(Format::Supply) => {}
        Some(Format::Json) | None if is_json && !path.is_dir() => {
            // what is no JSON object is refused where problems of scheduling are read
            let top: Result<BTreeMap<String, IgnoredAny>, _> = serde_json::from_str(&contents(path)?);
            if !top.is_ok_and(|keys| keys.contains_key("supply")) {
                return Ok(None);
            }
        }
        _ => return Ok(None),
    }
    problem(&contents(path)?).map(Some).map_err(|what| Failure::new(format!("{}: {what}", path.display())))
}

/// A supply problem from JSON.
fn problem(text: &str) -> Result<Model, String> {
    let file: SupplyFileForm = serde_json::from_str(text).map_err(|e| e.to_string())?;
    file.supply.model().map_err(|e| e.to_string())
}

/// Plans, and schedules what is made where it is wanted.
///
/// # Errors
/// A check refused a plan, or the orders do not fit into a scheduling problem.
pub fn planned(model: &Model, schedule: Option<Wanted<'_>>) -> Result<SupplyPlanForm, Failure> {
    let certified = plan(model).map_err(|violation| Failure::new(format!("the check refuses the supply plan: {violation}")))?;
    let schedule = schedule.map_or(Ok(None), |wanted| scheduled(model, &certified, wanted))?;
    Ok(SupplyPlanForm::new(model, &certified, schedule))
}

fn scheduled(model: &Model, certified: &Certified, wanted: Wanted<'_>) -> Result<Option<ScheduleForm>, Failure> {
    let Some(bridge) = bridge(model, certified) else { return Ok(None) };
    let shop = Shop::new(bridge.parts.clone()).map_err(|e| Failure::new(format!("the schedule of the supply plan: {e}")))?;
    let found = search(&shop, wanted)?;
    Ok(Some(ScheduleForm::new(model, &certified.plan, &bridge, &shop, &found)))
}
