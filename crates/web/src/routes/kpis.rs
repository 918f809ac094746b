//! KPIs and losses by scope.

use super::Look;
use crate::form::ask::{LossesOf, OfScope};
use crate::form::common::{machine_name, order_name};
use crate::form::kpi::ScopedKpis;
use crate::form::losses::Losses;
use crate::form::revision::Mark;
use crate::reply::Reply;
use crate::take::{Ask, word};
use axum::Json;
use axum::extract::State;
use plant::{Plant, ShiftSpan};
use unit::desk::{Kpis, Scope, View};

const SCOPES: [(&str, &str); 6] =
    [("unit", "unit"), ("line", "line"), ("machine", "machine"), ("order", "order"), ("team", "team"), ("shift", "shift")];

/// So many of the scopes have planned time of their own.
const LOSING: usize = 3;

/// KPIs of every thing of a scope since the start of the current or last worked shift; of scope `shift`, the unit's KPIs in each
/// of the last shifts, newest first.
#[utoipa::path(get, path = "/api/v1/kpis", tag = "unit", params(OfScope), responses((status = 200, body = [ScopedKpis])))]
pub async fn kpis(State(windows): Look, Ask(ask): Ask<OfScope>) -> Reply<Json<Vec<ScopedKpis>>> {
    let view = windows.view();
    let scope = word("query.scope", ask.scope.as_deref().unwrap_or("unit"), &SCOPES)?;
    if scope == "shift" {
        return Ok(Json(shifts(&view)));
    }
    let rows = view.kpis.iter().filter_map(|(of, kpis)| {
        let name = name_in(&view.plant, scope, *of)?;
        Some(ScopedKpis { scope, name, kpis: kpis.into(), revised: Mark::all(&view, *of, kpis.window) })
    });
    Ok(Json(rows.collect()))
}

/// Where the OEE of every thing of a scope went since the start of the current or last worked shift; things without planned time are
/// left out.
#[utoipa::path(get, path = "/api/v1/losses", tag = "unit", params(LossesOf), responses((status = 200, body = [Losses])))]
pub async fn losses(State(windows): Look, Ask(ask): Ask<LossesOf>) -> Reply<Json<Vec<Losses>>> {
    let view = windows.view();
    let scope = word("query.scope", ask.scope.as_deref().unwrap_or("unit"), &SCOPES[..LOSING])?;
    let rows = view.losses.iter().filter_map(|(of, losses)| {
        let name = name_in(&view.plant, scope, *of)?;
        Some(Losses::of(&view.plant, scope, name, losses))
    });
    Ok(Json(rows.collect()))
}

fn shifts(view: &View) -> Vec<ScopedKpis> {
    let name = |span: &ShiftSpan| view.plant.calendar.shifts.get(span.shift).map_or_else(String::new, |s| s.name.clone());
    let row = |(span, kpis): &(ShiftSpan, Kpis)| ScopedKpis {
        scope: "shift",
        name: name(span),
        kpis: kpis.into(),
        revised: Mark::all(view, Scope::Unit, kpis.window),
    };
    view.shifts.iter().map(row).collect()
}

/// Name of a thing where it is of the scope asked for.
fn name_in(plant: &Plant, asked: &str, of: Scope) -> Option<String> {
    match (asked, of) {
        ("unit", Scope::Unit) => Some(plant.site.clone()),
        ("line", Scope::Line(id)) => plant.lines.get(id.index()).map(|l| l.name.clone()),
        ("machine", Scope::Machine(id)) => Some(machine_name(plant, id)),
        ("order", Scope::Order(id)) => Some(order_name(plant, id)),
        ("team", Scope::Team(id)) => plant.teams.get(id.index()).map(|t| t.name.clone()),
        _ => None,
    }
}
