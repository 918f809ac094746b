//! The stored form of what planning keeps over a start: orders and machines by their names, so that it outlives a change of the configuration.
//!
//! Enters: what is known of the past, moves that people made. Leaves: JSON, and back. Absent: where it is kept.

use measure::Instant;
use plant::Plant;
use serde::{Deserialize, Serialize};
use unit::sales::{Made, Past};
use unit::schedule::Move;

#[derive(Serialize, Deserialize)]
#[serde(tag = "version")]
enum PastForm {
    #[serde(rename = "1")]
    V1 { promises: Vec<PromiseV1>, ratios: Vec<(String, Vec<f64>)> },
}

/// Instants in microseconds.
#[derive(Serialize, Deserialize)]
struct PromiseV1 {
    order: String,
    at: i64,
    date: i64,
    finished: Option<i64>,
    factor: Option<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "version")]
enum MovesForm {
    #[serde(rename = "1")]
    V1 { moves: Vec<MoveV1> },
}

#[derive(Serialize, Deserialize)]
struct MoveV1 {
    order: String,
    operation: usize,
    machine: String,
    from: i64,
}

/// What is known of the past, as JSON.
pub fn past_to_json(plant: &Plant, past: &Past) -> Result<String, serde_json::Error> {
    let promise = |made: &Made| {
        let order = plant.orders.get(made.order.index())?.name.clone();
        let (at, date, finished) = (made.at.micros(), made.date.micros(), made.finished.map(Instant::micros));
        Some(PromiseV1 { order, at, date, finished, factor: made.factor })
    };
    let promises = past.made().filter_map(promise).collect();
    let ratios = past.ratios().filter_map(|(machine, ratios)| {
        let name = plant.machines.get(machine.index())?.name.clone();
        Some((name, ratios.collect()))
    });
    serde_json::to_string(&PastForm::V1 { promises, ratios: ratios.collect() })
}

/// What JSON tells of the past; what names orders or machines that are no more is left out.
pub fn past_from_json(plant: &Plant, json: &str) -> Result<Past, serde_json::Error> {
    let PastForm::V1 { promises, ratios } = serde_json::from_str(json)?;
    let made = promises.into_iter().filter_map(|kept| {
        let (at, date) = (Instant::from_micros(kept.at), Instant::from_micros(kept.date));
        let finished = kept.finished.map(Instant::from_micros);
        Some(Made { order: plant.order_named(&kept.order)?.id, at, date, finished, factor: kept.factor })
    });
    let ratios = ratios.into_iter().filter_map(|(name, ratios)| Some((plant.machine_named(&name)?.id, ratios)));
    Ok(Past::recalled(&made.collect::<Vec<_>>(), &ratios.collect::<Vec<_>>()))
}

/// Moves that people made, as JSON.
pub fn moves_to_json(plant: &Plant, moves: &[Move]) -> Result<String, serde_json::Error> {
    let form = |one: &Move| {
        let (order, machine) = (plant.orders.get(one.order.index())?, plant.machines.get(one.machine.index())?);
        let (order, machine) = (order.name.clone(), machine.name.clone());
        Some(MoveV1 { order, operation: one.operation, machine, from: one.from.micros() })
    };
    serde_json::to_string(&MovesForm::V1 { moves: moves.iter().filter_map(form).collect() })
}

/// The moves of JSON; those of orders or machines that are no more are left out.
pub fn moves_from_json(plant: &Plant, json: &str) -> Result<Vec<Move>, serde_json::Error> {
    let MovesForm::V1 { moves } = serde_json::from_str(json)?;
    let read = |one: MoveV1| {
        let (order, machine) = (plant.order_named(&one.order)?.id, plant.machine_named(&one.machine)?.id);
        Some(Move { order, operation: one.operation, machine, from: Instant::from_micros(one.from) })
    };
    Ok(moves.into_iter().filter_map(read).collect())
}
