//! The schema of `unit.toml` and the reference made from it, `docs/configuration.md`.
//!
//! Enters: the forms. Leaves: JSON schema and Markdown, the same at every run. Absent: the disk.

use super::form::UnitForm;
use super::shape::resolve;
use schemars::JsonSchema;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The schema of `unit.toml`.
pub fn unit_schema() -> Value {
    schema_of::<UnitForm>()
}

/// The schema of a form, without the nulls that TOML does not know.
pub fn schema_of<T: JsonSchema>() -> Value {
    let mut schema = schemars::schema_for!(T).to_value();
    strip_nulls(&mut schema);
    schema
}

fn strip_nulls(value: &mut Value) {
    if let Value::Object(object) = value {
        if let Some(Value::Array(kinds)) = object.get_mut("type") {
            kinds.retain(|k| k != "null");
            if let [one] = &kinds[..] {
                let one = one.clone();
                object.insert("type".to_owned(), one);
            }
        }
        if let Some(Value::Array(branches)) = object.get("anyOf") {
            let kept: Vec<Value> = branches.iter().filter(|b| b["type"] != "null").cloned().collect();
            if let [Value::Object(one)] = &kept[..] {
                object.remove("anyOf");
                object.extend(one.clone());
            }
        }
        if object.get("default").is_some_and(Value::is_null) {
            object.remove("default");
        }
    }
    match value {
        Value::Object(object) => object.values_mut().for_each(strip_nulls),
        Value::Array(items) => items.iter_mut().for_each(strip_nulls),
        _ => {}
    }
}

/// The schema as the file `docs/unit.schema.json` holds it.
pub fn schema_text(schema: &Value) -> String {
    format!("{schema:#}\n")
}

/// Head of the reference of `unit.toml`.
const HEAD: &str = "# Configuration: `unit.toml`

Made from the code; do not edit (`UPDATE_GOLDEN=1 cargo test -p node golden` writes it anew). The same as a schema for
editors: [unit.schema.json](unit.schema.json). `socium init` writes a commented start, `socium check` tells every fault with
file, line, key, what was found and what is allowed. A bad value never becomes a default. What each fault means:
[errors.md](errors.md).

Spans of time are texts such as `45 min`, `8 h`, `1 h 30 min`, `2.5 s`. Instants are RFC 3339 in quotes; without an offset they
are the site's own time. Units are UCUM codes. Paths are relative to the file. Secrets stand in files of their own, which are
named here.
";

/// Head of the reference of maps.
const MAP_HEAD: &str = "
# Maps of recorded data

`socium replay --map MAP.toml [DIR]` drives a unit from recorded data. The map says which unit that is and what the columns of
the files mean; the files lie in DIR, else beside the map. `examples/` holds three. Rows that cannot be taken are refused and
told with file and line, like any other reading.

";

/// The reference of `unit.toml` and of maps, the file `docs/configuration.md`.
pub fn configuration() -> String {
    let unit = markdown(&unit_schema(), HEAD);
    unit + &markdown(&crate::replay::map_schema(), MAP_HEAD)
}

/// The reference of a schema in Markdown, one heading a table.
pub fn markdown(schema: &Value, head: &str) -> String {
    let mut text = head.to_owned();
    let mut told = BTreeSet::new();
    let top = schema["properties"].as_object().cloned().unwrap_or_default();
    section(&mut text, schema, "", &plain_keys(schema, &top));
    tables(&mut text, schema, &top, "", &mut told);
    text
}

/// Every key of a table that is a table of its own gets a heading, depth first.
fn tables(text: &mut String, root: &Value, properties: &Map<String, Value>, above: &str, told: &mut BTreeSet<String>) {
    for (key, property) in properties {
        let Some((inner, repeated)) = table_of(root, property) else { continue };
        let name = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        let title = if repeated { format!("[[{name}]]") } else { format!("[{name}]") };
        let _ = write!(text, "\n## `{title}`\n\n{}\n", told_of(property, inner));
        let identity = inner["title"].as_str().unwrap_or(key).to_owned() + &inner["description"].to_string();
        if !told.insert(identity) {
            let _ = write!(text, "\nThe keys are those of the table of the same kind above.\n");
            continue;
        }
        let keys = inner["properties"].as_object().cloned().unwrap_or_default();
        section(text, inner, "\n", &plain_keys(root, &keys));
        tables(text, root, &keys, &name, told);
    }
}

/// The table a key holds, and whether it may be repeated.
fn table_of<'s>(root: &'s Value, property: &'s Value) -> Option<(&'s Value, bool)> {
    let direct = resolve(root, property);
    let (inner, repeated) = if direct["type"] == "array" { (resolve(root, &direct["items"]), true) } else { (direct, false) };
    inner["properties"].is_object().then_some((inner, repeated))
}

fn plain_keys(root: &Value, keys: &Map<String, Value>) -> Vec<(String, Value)> {
    let plain = keys.iter().filter(|(_, p)| table_of(root, p).is_none());
    plain.map(|(k, p)| (k.clone(), resolve(root, p).clone())).collect()
}

fn section(text: &mut String, table: &Value, before: &str, keys: &[(String, Value)]) {
    if keys.is_empty() {
        return;
    }
    let required: Vec<&str> = table["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let _ = write!(text, "{before}| key | value | |\n| --- | --- | --- |\n");
    let mut keys: Vec<&(String, Value)> = keys.iter().collect();
    keys.sort_by_key(|(key, _)| (key != "name", !required.contains(&key.as_str())));
    for (key, property) in keys {
        let must = if required.contains(&key.as_str()) { "**required** " } else { "" };
        let told = property["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
        let _ = writeln!(text, "| `{key}` | {} | {must}{told} |", value_of(property));
    }
}

fn told_of<'s>(property: &'s Value, table: &'s Value) -> &'s str {
    property["description"].as_str().or(table["description"].as_str()).unwrap_or_default()
}

/// What kind of value a key takes.
fn value_of(property: &Value) -> String {
    if let Some(words) = property["enum"].as_array() {
        return words.iter().filter_map(Value::as_str).map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ");
    }
    let bounds = match (property["minimum"].as_f64(), property["maximum"].as_f64()) {
        (Some(low), Some(high)) => format!(", {low} to {high}"),
        (Some(low), None) => format!(", {low} or more"),
        _ => String::new(),
    };
    match property["type"].as_str().unwrap_or_default() {
        "string" => "text".to_owned(),
        "boolean" => "true or false".to_owned(),
        "integer" => format!("whole number{bounds}"),
        "number" => format!("number{bounds}"),
        "array" => match (property["minItems"].as_u64(), property["maxItems"].as_u64()) {
            (Some(least), Some(most)) if least == most => format!("{least} of: {}", value_of(&property["items"])),
            _ => format!("array of: {}", value_of(&property["items"])),
        },
        "object" => format!("table of: {}", value_of(&property["additionalProperties"])),
        _ => "value".to_owned(),
    }
}
