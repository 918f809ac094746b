//! Orders.

use super::Look;
use crate::form::order::Order;
use axum::Json;
use axum::extract::State;

/// Orders and how far each is, by their due dates.
#[utoipa::path(get, path = "/api/v1/orders", tag = "unit", responses((status = 200, body = [Order])))]
pub async fn orders(State(windows): Look) -> Json<Vec<Order>> {
    let (view, schedule) = (windows.view(), windows.house.schedule());
    let mut orders: Vec<_> = view.plant.orders.iter().collect();
    orders.sort_by_key(|o| (o.due, o.id));
    Json(orders.into_iter().map(|o| Order::of(&view, schedule.as_deref(), o)).collect())
}
