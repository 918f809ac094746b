//! The production schedule, a part of it, and changes that a planner tries or proposes.

use super::Look;
use crate::form::schedule::{Schedule, SchedulePart};
use crate::form::trial::{ChangeHindrance, NewChange, PlanCost, Trial};
use crate::house::Tried;
use crate::reply::{Refusal, Reply};
use crate::session::Seat;
use crate::take::{Ask, Body, instant};
use axum::extract::State;
use axum::{Extension, Json};
use plant::Window;
use unit::schedule::Move;

/// The newest production schedule of the open orders, or the part of it in a window; null until there is one.
#[utoipa::path(
    get, path = "/api/v1/schedule", tag = "unit", params(SchedulePart), responses((status = 200, body = Option<Schedule>))
)]
pub async fn schedule(State(windows): Look, Ask(part): Ask<SchedulePart>) -> Reply<Json<Option<Schedule>>> {
    let view = windows.view();
    let bound = |name: &str, text: &Option<String>| text.as_deref().map(|text| instant(name, text)).transpose();
    let (from, to) = (bound("query.from", &part.from)?, bound("query.to", &part.to)?);
    let window = Window { from: from.unwrap_or(measure::Instant::MIN), to: to.unwrap_or(measure::Instant::MAX) };
    if window.to <= window.from {
        return Err(Refusal::invalid(
            "query.to",
            window.to.to_string(),
            format!("an instant after `from`, which is {}", window.from),
        ));
    }
    Ok(Json(windows.house.schedule().map(|schedule| Schedule::of(&view, &schedule, window))))
}

/// Try a change of the schedule, or propose it. It is planned on a copy and checked; kept only where the check accepts it, and then
/// published and written into the audit trail.
#[utoipa::path(
    post, path = "/api/v1/schedule/changes", tag = "unit", request_body = NewChange, responses((status = 200, body = Trial))
)]
pub async fn change(State(windows): Look, Extension(seat): Extension<Seat>, Body(sent): Body<NewChange>) -> Reply<Json<Trial>> {
    let view = windows.view();
    let plant = &view.plant;
    let order = plant.order_named(&sent.order).ok_or_else(|| Refusal::unknown("order", &sent.order))?;
    let machine = plant.machine_named(&sent.machine).ok_or_else(|| Refusal::unknown("machine", &sent.machine))?;
    let from = instant("body.from", &sent.from)?;
    let wanted = Move { order: order.id, operation: sent.step as usize, machine: machine.id, from };
    let Tried { before, after, moved, rules, is_kept } = windows.house.try_move(wanted, sent.keep.then_some(seat.name)).await?;
    let (after, hindrance) = match after {
        Ok(cost) => (Some(PlanCost::of(&cost, plant)), None),
        Err(hindrance) => (None, Some(ChangeHindrance::of(&view, &hindrance))),
    };
    let moved = u32::try_from(moved).unwrap_or(u32::MAX);
    Ok(Json(Trial { hindrance, before: PlanCost::of(&before, plant), after, moved, rules, kept: is_kept }))
}
