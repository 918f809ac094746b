//! Arrow values as JSON. Times are RFC 3339; what JSON cannot hold (infinite, not a number) is text.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, UInt64Type};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use measure::Instant;
use serde_json::Value;

/// The rows of a batch.
///
/// # Errors
/// Arrow cannot show a type.
pub(super) fn rows(batch: &RecordBatch) -> Result<Vec<Vec<Value>>, ArrowError> {
    let columns = batch.columns().iter().map(values).collect::<Result<Vec<_>, _>>()?;
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    Ok((0..batch.num_rows()).map(|_| columns.iter_mut().map(|c| c.next().unwrap_or_default()).collect()).collect())
}

fn values(column: &ArrayRef) -> Result<Vec<Value>, ArrowError> {
    match column.data_type() {
        DataType::Boolean => Ok(column.as_boolean().iter().map(Value::from).collect()),
        kind if kind.is_unsigned_integer() => {
            Ok(cast(column, &DataType::UInt64)?.as_primitive::<UInt64Type>().iter().map(Value::from).collect())
        }
        kind if kind.is_integer() => {
            Ok(cast(column, &DataType::Int64)?.as_primitive::<Int64Type>().iter().map(Value::from).collect())
        }
        kind if kind.is_floating() => {
            Ok(cast(column, &DataType::Float64)?.as_primitive::<Float64Type>().iter().map(number).collect())
        }
        DataType::Timestamp(_, zone) => {
            let micros = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
            let times = micros.as_primitive::<TimestampMicrosecondType>().iter();
            Ok(times.map(|t| t.map_or(Value::Null, |t| Value::from(Instant::from_micros(t).to_string()))).collect())
        }
        _ => shown(column),
    }
}

fn number(value: Option<f64>) -> Value {
    value.map_or(Value::Null, |v| serde_json::Number::from_f64(v).map_or_else(|| Value::from(v.to_string()), Value::Number))
}

fn shown(column: &ArrayRef) -> Result<Vec<Value>, ArrowError> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column, &options)?;
    let one = |row| if column.is_null(row) { Ok(Value::Null) } else { formatter.value(row).try_to_string().map(Value::from) };
    (0..column.len()).map(one).collect()
}
