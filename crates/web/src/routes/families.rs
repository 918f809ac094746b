//! What customers may put together: families, a look at a choice, the promise of a date, ordering.

use super::Look;
use crate::form::sales::{ConfigurationLook, DatePromise, NewConfiguration, NewOrder, OrderAnswer, OrderDetail, ProductFamily};
use crate::reply::{Refusal, Reply};
use crate::sales::{Acceptance, Want};
use crate::session::Seat;
use crate::take::{Body, bounded, instant, text_within};
use crate::windows::Windows;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use std::sync::Arc;
use unit::sales::{CHOSEN_MAX, Choice, Offering, Unmade};

/// Characters of a key.
const KEY_CHARS: std::ops::RangeInclusive<usize> = 8..=64;
/// Probability of a date where nothing is said, and its bounds [%].
const SURE: u32 = 90;
const SURE_BOUNDS: std::ops::RangeInclusive<u32> = 50..=99;

/// The families that can be configured.
#[utoipa::path(get, path = "/api/v1/families", tag = "sales", responses((status = 200, body = [ProductFamily])))]
pub async fn families(State(windows): Look) -> Json<Vec<ProductFamily>> {
    Json(windows.house.offerings().iter().map(|offering| ProductFamily::of(offering)).collect())
}

fn offering(windows: &Windows, name: &str) -> Reply<Arc<Offering>> {
    let offerings = windows.house.offerings();
    offerings.into_iter().find(|offering| offering.name() == name).ok_or_else(|| Refusal::unknown("family", name))
}

/// What was sent, in the numbers of the family.
fn want(offering: Arc<Offering>, sent: &NewConfiguration) -> Reply<Want> {
    let count = sent.with.len() + sent.without.len() + sent.values.len();
    if count > CHOSEN_MAX {
        return Err(Refusal::invalid("body.with", format!("{count} choices"), format!("{CHOSEN_MAX} at most")));
    }
    let family = offering.family();
    let option = |place: &str, name: &String| {
        let found = family.options.iter().position(|o| o.name == *name).map(|number| number as u32);
        let names = || family.options.iter().map(|o| o.name.as_str()).collect::<Vec<_>>().join(", ");
        found.ok_or_else(|| Refusal::invalid(place, short(name), names()))
    };
    let mut choices = Vec::with_capacity(count);
    for name in &sent.with {
        choices.push(Choice::With(option("body.with", name)?));
    }
    for name in &sent.without {
        choices.push(Choice::Without(option("body.without", name)?));
    }
    for sent in &sent.values {
        let found = family.parameters.iter().position(|p| p.name == sent.name);
        let names = || family.parameters.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
        let parameter = found.ok_or_else(|| Refusal::invalid("body.values", short(&sent.name), names()))?;
        choices.push(Choice::Set { parameter: parameter as u32, value: sent.value });
    }
    let quantity = bounded("body.quantity", sent.quantity, 1, offering.quantity_max())? as u32;
    let sure = sent.sure.unwrap_or(SURE);
    if !SURE_BOUNDS.contains(&sure) {
        return Err(Refusal::invalid("body.sure", sure.to_string(), "50 to 99 %"));
    }
    Ok(Want { offering, choices, quantity, sure: sure * 10 })
}

fn short(name: &str) -> String {
    name.chars().take(80).collect()
}

/// What is possible after some choices, and what is made of them with what is usual for all else.
#[utoipa::path(
    post, path = "/api/v1/families/{name}/look", tag = "sales", params(("name" = String, Path, description = "The family")),
    request_body = NewConfiguration, responses((status = 200, body = ConfigurationLook))
)]
pub async fn look(
    State(windows): Look,
    Path(name): Path<String>,
    Body(sent): Body<NewConfiguration>,
) -> Reply<Json<ConfigurationLook>> {
    let want = want(offering(&windows, &name)?, &sent)?;
    let plant = Arc::clone(&windows.view().plant);
    let work = move || {
        let shown = want.offering.shown(&want.choices).map_err(|e| Refusal::invalid(&e.place, e.found, e.allowed))?;
        let made = want.offering.configured(&want.choices);
        let told = made.as_ref().map_err(Unmade::to_string);
        Ok(ConfigurationLook::of(&plant, &want.offering, &shown, (told, want.quantity)))
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::busy())?.map(Json)
}

/// When it would be ready, by the live schedule and by what is known of the past.
#[utoipa::path(
    post, path = "/api/v1/families/{name}/promise", tag = "sales", params(("name" = String, Path, description = "The family")),
    request_body = NewConfiguration, responses((status = 200, body = DatePromise))
)]
pub async fn promise(
    State(windows): Look,
    Path(name): Path<String>,
    Body(sent): Body<NewConfiguration>,
) -> Reply<Json<DatePromise>> {
    let want = want(offering(&windows, &name)?, &sent)?;
    Ok(Json((&windows.house.promise(want).await?).into()))
}

/// Order it. A repeated sending is told and not doubled; a date that cannot be promised any more is refused.
#[utoipa::path(
    post, path = "/api/v1/families/{name}/orders", tag = "sales", params(("name" = String, Path, description = "The family")),
    request_body = NewOrder, responses((status = 200, body = OrderAnswer))
)]
pub async fn order(
    State(windows): Look,
    Extension(seat): Extension<Seat>,
    Path(name): Path<String>,
    Body(sent): Body<NewOrder>,
) -> Reply<Json<OrderAnswer>> {
    text_within("body.key", &sent.key, KEY_CHARS)?;
    let due = instant("body.due", &sent.due)?;
    let want = want(offering(&windows, &name)?, &sent.configuration)?;
    let ordered = windows.house.accept(Acceptance { want, key: sent.key, by: seat.name, due }).await?;
    let due = crate::form::common::When(ordered.due);
    Ok(Json(OrderAnswer { name: ordered.name, due, is_repeated: ordered.is_repeated }))
}

/// What a customer ordered: what was chosen, material, and the work instructions of each step; null for other orders.
#[utoipa::path(
    get, path = "/api/v1/orders/{name}", tag = "sales", params(("name" = String, Path, description = "The order")),
    responses((status = 200, body = Option<OrderDetail>))
)]
pub async fn detail(State(windows): Look, Path(name): Path<String>) -> Reply<Json<Option<OrderDetail>>> {
    let view = windows.view();
    let order = view.plant.order_named(&name).ok_or_else(|| Refusal::unknown("order", &name))?;
    Ok(Json(view.plant.custom(order.id).map(|custom| OrderDetail::of(&view.plant, custom))))
}
