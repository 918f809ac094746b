//! The shape of a table: one row per machine and source time, one column per channel name, the same types in every file.
//!
//! Enters: columns of the book. Leaves: an Arrow schema, words by number. Absent: readings (`gather`, `rows`).

use super::manifest::Column;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::collections::HashMap;
use std::sync::Arc;

/// Zone of all times.
pub(crate) const ZONE: &str = "+00:00";
/// Place of the source time.
pub(crate) const AT: usize = 0;
/// Place of the receive time.
pub(crate) const RECEIVED: usize = 1;
/// Place of the machine's name.
pub(crate) const MACHINE: usize = 2;
/// Rows in one record batch.
pub(crate) const BATCH_ROWS: usize = 4_096;

/// Type of a word column.
pub(crate) fn words_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Type of a time column.
pub(crate) fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(ZONE.into()))
}

/// The schema of a table with these columns.
pub(crate) fn schema<'a>(columns: impl Iterator<Item = &'a Column>) -> SchemaRef {
    let mut fields = vec![
        Field::new("at", time_type(), false),
        Field::new("received", time_type(), false),
        Field::new("machine", words_type(), false),
    ];
    for column in columns {
        let kind = if column.word { words_type() } else { DataType::Float64 };
        let unit = HashMap::from([("unit".to_owned(), column.unit.clone())]);
        fields.push(Field::new(&column.name, kind, true).with_metadata(unit));
        if column.quality {
            fields.push(Field::new(column.quality_name(), DataType::UInt8, true));
        }
    }
    Arc::new(Schema::new(fields))
}

/// The word of a number; a number without a word, which only damage can leave, is an empty word.
pub(crate) fn word(words: &[Arc<str>], value: f64) -> &str {
    if value >= 0.0 { words.get(value as usize).map_or("", |w| w) } else { "" }
}
