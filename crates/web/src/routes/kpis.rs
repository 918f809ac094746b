//! KPIs by scope.

use super::Look;
use crate::form::ask::OfScope;
use crate::form::common::{machine_name, order_name};
use crate::form::kpi::ScopedKpis;
use crate::reply::Reply;
use crate::take::{Ask, word};
use axum::Json;
use axum::extract::State;
use unit::desk::{Kpis, Scope, View};

const SCOPES: [(&str, &str); 6] =
    [("unit", "unit"), ("line", "line"), ("machine", "machine"), ("order", "order"), ("team", "team"), ("shift", "shift")];

/// KPIs of every thing of a scope, since the start of the current or last worked shift.
#[utoipa::path(get, path = "/api/v1/kpis", tag = "unit", params(OfScope), responses((status = 200, body = [ScopedKpis])))]
pub async fn kpis(State(windows): Look, Ask(ask): Ask<OfScope>) -> Reply<Json<Vec<ScopedKpis>>> {
    let view = windows.view();
    let scope = word("query.scope", ask.scope.as_deref().unwrap_or("unit"), &SCOPES)?;
    let rows = view.kpis.iter().filter_map(|(of, kpis)| {
        let name = name_in(&view, scope, *of, kpis)?;
        Some(ScopedKpis { scope, name, kpis: kpis.into() })
    });
    Ok(Json(rows.collect()))
}

/// Name of a thing where it is of the scope asked for. A shift's KPIs are the unit's: they are counted from the shift's start.
fn name_in(view: &View, asked: &str, of: Scope, kpis: &Kpis) -> Option<String> {
    let plant = &view.plant;
    match (asked, of) {
        ("unit", Scope::Unit) => Some(plant.site.clone()),
        ("line", Scope::Line(id)) => plant.lines.get(id.index()).map(|l| l.name.clone()),
        ("machine", Scope::Machine(id)) => Some(machine_name(plant, id)),
        ("order", Scope::Order(id)) => Some(order_name(plant, id)),
        ("team", Scope::Team(id)) => plant.teams.get(id.index()).map(|t| t.name.clone()),
        ("shift", Scope::Unit) => {
            let worked = plant.calendar.shift_at(kpis.window.from)?;
            plant.calendar.shifts.get(worked.shift).map(|s| s.name.clone())
        }
        _ => None,
    }
}
