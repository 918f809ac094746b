//! Metric values (6.4.16, 6.4.17). Enters: metrics with the type they were born with. Leaves: numbers, flags, words, or why there is
//! none; quality and other properties. Absent: names, readings.
//!
//! ```text
//! Int8 Int16 Int32           int_value, two's complement of its own width or of 32 bits
//! UInt8 UInt16               int_value          UInt32  int_value or long_value
//! Int64                      long_value, two's complement     UInt64 DateTime  long_value
//! Float Double Boolean       float_value double_value boolean_value
//! String Text UUID           string_value
//! arrays, Bytes, File, DataSet, PropertySet   hold no single value: refused
//! ```
//!
//! A 64-bit number beyond 2^53 loses its last digits (decision 0003). A number beyond the bounds of its type is refused.

use super::Fault;
use collect::RawValue;
use plant::{Quality, RefusalReason};
use srad_types::payload::{DataType, Metric, metric, property_value};

/// Types whose values are words.
pub(super) const TEXTS: [DataType; 3] = [DataType::String, DataType::Text, DataType::Uuid];

/// A metric's value; `None` is null.
pub(super) fn raw_value(metric: &Metric, datatype: Option<u32>) -> Result<Option<RawValue>, Fault> {
    let Some(value) = metric.value.as_ref().filter(|_| metric.is_null != Some(true)) else { return Ok(None) };
    let declared = datatype.map(|code| DataType::try_from(code).map_err(|()| unknown_type(code))).transpose()?;
    let kind = declared.filter(|kind| *kind != DataType::Unknown);
    let wrong =
        |allowed: &str| Fault { found: found_word(value, kind), allowed: allowed.to_owned(), reason: RefusalReason::WrongType };
    let single = match value {
        metric::Value::IntValue(bits) => RawValue::Number(int(*bits, kind)?),
        metric::Value::LongValue(bits) => RawValue::Number(long(*bits, kind)?),
        metric::Value::FloatValue(number) => RawValue::Number(f64::from(*number)),
        metric::Value::DoubleValue(number) => RawValue::Number(*number),
        metric::Value::BooleanValue(flag) => RawValue::Flag(*flag),
        metric::Value::StringValue(text) => RawValue::Text(text.clone()),
        metric::Value::BytesValue(_)
        | metric::Value::DatasetValue(_)
        | metric::Value::TemplateValue(_)
        | metric::Value::ExtensionValue(_) => return Err(wrong("a number, a text or a Boolean")),
    };
    match (kind.map(shape), &single) {
        (None, _)
        | (Some(Shape::Number), RawValue::Number(_))
        | (Some(Shape::Flag), RawValue::Flag(_))
        | (Some(Shape::Text), RawValue::Text(_)) => Ok(Some(single)),
        (Some(Shape::Number), _) => Err(wrong("a number, as the metric was born")),
        (Some(Shape::Flag), _) => Err(wrong("a Boolean, as the metric was born")),
        (Some(Shape::Text), _) => Err(wrong("a text, as the metric was born")),
        (Some(Shape::Many), _) => Err(wrong("a metric born as a number, a text or a Boolean")),
    }
}

/// What values of a type are to us.
#[derive(Clone, Copy)]
enum Shape {
    Number,
    Flag,
    Text,
    Many,
}

const fn shape(kind: DataType) -> Shape {
    match kind {
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Float
        | DataType::Double
        | DataType::DateTime => Shape::Number,
        DataType::Boolean => Shape::Flag,
        DataType::String | DataType::Text | DataType::Uuid => Shape::Text,
        _ => Shape::Many,
    }
}

fn unknown_type(code: u32) -> Fault {
    Fault { found: format!("data type {code}"), allowed: "a data type from 0 to 34".to_owned(), reason: RefusalReason::WrongType }
}

fn found_word(value: &metric::Value, kind: Option<DataType>) -> String {
    let word = match value {
        metric::Value::IntValue(_)
        | metric::Value::LongValue(_)
        | metric::Value::FloatValue(_)
        | metric::Value::DoubleValue(_) => "a number",
        metric::Value::BooleanValue(_) => "a Boolean",
        metric::Value::StringValue(_) => "a text",
        metric::Value::BytesValue(_) => "bytes",
        metric::Value::DatasetValue(_) => "a data set",
        metric::Value::TemplateValue(_) => "a template",
        metric::Value::ExtensionValue(_) => "an extension",
    };
    match kind.map(|kind| (kind, shape(kind))) {
        Some((kind, Shape::Many)) => format!("{word} ({})", kind.as_str_name()),
        _ => word.to_owned(),
    }
}

fn out_of_range(found: &str, kind: DataType, (low, high): (i64, i64)) -> Fault {
    let allowed = format!("{low} to {high} ({})", kind.as_str_name());
    Fault { found: found.to_owned(), allowed, reason: RefusalReason::OutOfRange }
}

/// A whole number in 32 bits.
fn int(bits: u32, kind: Option<DataType>) -> Result<f64, Fault> {
    let signed = bits as i32;
    let narrow = |kind: DataType, low: i32, high: i32| {
        let whole = i64::from(high) * 2 + 1;
        match i64::from(bits) {
            plain if plain <= i64::from(high) => Ok(plain as f64),
            own if own <= whole => Ok((own - whole - 1) as f64),
            _ if (low..=high).contains(&signed) => Ok(f64::from(signed)),
            _ => Err(out_of_range(&signed.to_string(), kind, (low.into(), high.into()))),
        }
    };
    let unsigned = |kind: DataType, high: u32| {
        if bits <= high { Ok(f64::from(bits)) } else { Err(out_of_range(&bits.to_string(), kind, (0, high.into()))) }
    };
    match kind {
        Some(kind @ DataType::Int8) => narrow(kind, i8::MIN.into(), i8::MAX.into()),
        Some(kind @ DataType::Int16) => narrow(kind, i16::MIN.into(), i16::MAX.into()),
        Some(DataType::Int32) => Ok(f64::from(signed)),
        Some(kind @ DataType::UInt8) => unsigned(kind, u8::MAX.into()),
        Some(kind @ DataType::UInt16) => unsigned(kind, u16::MAX.into()),
        _ => Ok(f64::from(bits)),
    }
}

/// A whole number in 64 bits.
fn long(bits: u64, kind: Option<DataType>) -> Result<f64, Fault> {
    let signed = bits as i64;
    let within = |kind: DataType, low: i64, high: i64| {
        if (low..=high).contains(&signed) { Ok(signed as f64) } else { Err(out_of_range(&signed.to_string(), kind, (low, high))) }
    };
    match kind {
        Some(kind @ DataType::Int8) => within(kind, i8::MIN.into(), i8::MAX.into()),
        Some(kind @ DataType::Int16) => within(kind, i16::MIN.into(), i16::MAX.into()),
        Some(kind @ DataType::Int32) => within(kind, i32::MIN.into(), i32::MAX.into()),
        Some(kind @ DataType::UInt8) => within(kind, 0, u8::MAX.into()),
        Some(kind @ DataType::UInt16) => within(kind, 0, u16::MAX.into()),
        Some(kind @ DataType::UInt32) => within(kind, 0, u32::MAX.into()),
        Some(DataType::UInt64 | DataType::DateTime) => Ok(bits as f64),
        _ => Ok(signed as f64),
    }
}

/// Whether a type is one of some.
pub(super) fn is_type(datatype: Option<u32>, types: &[DataType]) -> bool {
    datatype.is_some_and(|found| types.iter().any(|t| *t as u32 == found))
}

/// The standard property `Quality` (6.4.9.1): 192 good, 0 bad, 500 stale; anything else is doubtful.
pub(super) fn quality(metric: &Metric) -> Option<Quality> {
    match property(metric, "Quality")? {
        property_value::Value::IntValue(192) | property_value::Value::LongValue(192) => Some(Quality::Good),
        property_value::Value::IntValue(0) | property_value::Value::LongValue(0) => Some(Quality::Bad),
        _ => Some(Quality::Uncertain),
    }
}

fn property<'a>(metric: &'a Metric, key: &str) -> Option<&'a property_value::Value> {
    let set = metric.properties.as_ref()?;
    let place = set.keys.iter().position(|k| k == key)?;
    set.values.get(place)?.value.as_ref()
}

/// A property that is a text.
pub(super) fn text_property(metric: &Metric, key: &str) -> Option<String> {
    match property(metric, key) {
        Some(property_value::Value::StringValue(text)) => Some(text.clone()),
        _ => None,
    }
}
