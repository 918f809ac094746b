//! The JSON that Telegraf writes: `{"name": "machines", "tags": {…}, "fields": {…}, "timestamp": 1700000000}`, alone, in a list, or in
//! `{"metrics": […]}`. Times are in seconds, with decimals where they are finer.

use super::index::Index;
use super::{KNOWN, Rows, shown};
use collect::RawValue;
use measure::Instant;
use plant::RefusalReason;
use serde_json::{Map, Value};

const METRIC: &str = "a metric with `name`, `tags`, `fields` and `timestamp` in seconds, as Telegraf writes JSON";
const VALUE: &str = "a number, a text, true or false";

/// Reads all metrics of a body.
pub(super) fn read(index: &Index, body: &[u8], rows: &mut Rows) {
    let document: Value = match serde_json::from_slice(body) {
        Ok(document) => document,
        Err(error) => {
            let place = format!("line {}, column {}", error.line(), error.column());
            return rows.refuse(RefusalReason::Malformed, place, body, METRIC);
        }
    };
    let metrics = match &document {
        Value::Array(list) => list.as_slice(),
        Value::Object(object) => match object.get("metrics") {
            Some(Value::Array(list)) => list.as_slice(),
            _ => std::slice::from_ref(&document),
        },
        _ => std::slice::from_ref(&document),
    };
    let mut scratch = Vec::new();
    for (number, metric) in metrics.iter().enumerate() {
        if rows.is_given_up(|| format!("metric {}", number + 1), b"") {
            return;
        }
        if read_metric(index, metric, number + 1, (rows, &mut scratch)).is_none() {
            let found = metric.to_string();
            rows.refuse(RefusalReason::Malformed, format!("metric {}", number + 1), found.as_bytes(), METRIC);
        }
    }
}

/// One metric; `None` where it is none.
fn read_metric(index: &Index, metric: &Value, number: usize, (rows, scratch): (&mut Rows, &mut Vec<u8>)) -> Option<()> {
    let object = metric.as_object()?;
    let name = object.get("name")?.as_str()?;
    let fields = object.get("fields")?.as_object()?;
    let none = Map::new();
    let tags = object.get("tags").map_or(Some(&none), Value::as_object)?;
    let at = match object.get("timestamp") {
        None => rows.delivery.received,
        Some(time) => instant(time)?,
    };
    let place = |key: &str| format!("metric {number}: {}/{}", shown(name.as_bytes()), shown(key.as_bytes()));
    let tag = |key: &[u8]| tags.get(std::str::from_utf8(key).ok()?)?.as_str().map(str::as_bytes);
    let series = index.series(name.as_bytes(), tag, scratch);
    let mut expected = 0;
    for (key, value) in fields {
        if rows.is_given_up(|| place(key), b"") {
            return Some(());
        }
        let found = series.and_then(|s| Some((s, s.field(key.as_bytes(), &mut expected)?)));
        let Some((series, field)) = found else {
            rows.refuse(RefusalReason::UnknownChannel, place(key), value.to_string().as_bytes(), KNOWN);
            continue;
        };
        match value {
            Value::Number(n) if !field.target.is_word => rows.number(field, series.len(), at, n.as_f64().unwrap_or(f64::NAN)),
            Value::Number(n) => rows.raw(field, at, RawValue::Number(n.as_f64().unwrap_or(f64::NAN))),
            Value::Bool(flag) => rows.raw(field, at, RawValue::Flag(*flag)),
            Value::String(text) => rows.raw(field, at, RawValue::Text(text.clone())),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                rows.refuse(RefusalReason::WrongType, place(key), value.to_string().as_bytes(), VALUE);
            }
        }
    }
    Some(())
}

fn instant(time: &Value) -> Option<Instant> {
    if let Some(seconds) = time.as_i64() {
        return seconds.checked_mul(1_000_000).map(Instant::from_micros);
    }
    let micros = (time.as_f64()? * 1e6).round();
    (micros.abs() < i64::MAX as f64).then(|| Instant::from_micros(micros as i64))
}
