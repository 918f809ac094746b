//! The shape check: a document against the schema of its form, all faults at once.
//!
//! Enters: a document and a JSON schema as `schemars` makes it. Leaves: faults that name key, found and allowed. Absent: what
//! references mean; that is [`super::meaning`]'s. Understood of the schema: `$ref`, `properties`, `required`,
//! `additionalProperties`, `items`, `minItems`, `maxItems`, `enum`, `minimum`, `maximum`, `type`, `anyOf` with null.

use super::document::Document;
use super::fault::{Fault, Trail, listed, nearest, quote};
use serde_json::Value;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Key words that hold secrets and are therefore never keys here.
const SECRETS: [&str; 5] = ["password", "token", "secret", "passwd", "api_key"];

/// Every fault of shape.
pub fn check(document: &Document<'_>, schema: &Value) -> Vec<Fault> {
    let mut walk = Walk { document, root: schema, faults: Vec::new() };
    let root = document.root();
    walk.table(root.get_ref(), &root.span(), schema, &Trail::default());
    walk.faults
}

struct Walk<'w, 'a> {
    document: &'w Document<'a>,
    root: &'w Value,
    faults: Vec<Fault>,
}

impl<'w, 'a> Walk<'w, 'a> {
    fn table(&mut self, table: &DeTable<'a>, span: &Range<usize>, schema: &'w Value, trail: &Trail) {
        let known = schema["properties"].as_object();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let inner = trail.key(name);
            match known.and_then(|k| k.get(name)) {
                Some(schema) => self.value(value, schema, &inner),
                None if schema["additionalProperties"].is_object() => {
                    self.value(value, &schema["additionalProperties"], &inner);
                }
                None => self.unknown_key(key, schema, &inner),
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !table.contains_key(name) {
                let property = resolve(self.root, &schema["properties"][name]);
                let told = schema["properties"][name]["description"].as_str().or(property["description"].as_str());
                let allowed = format!("the required key `{name}`: {}", first_sentence(told.unwrap_or_default()));
                let key = self.document.spell(&trail.key(name));
                self.faults.push(self.document.fault_at(span.clone(), key, "nothing".to_owned(), allowed));
            }
        }
    }

    fn unknown_key(&mut self, key: &Spanned<std::borrow::Cow<'a, str>>, schema: &Value, trail: &Trail) {
        let name = key.get_ref().as_ref();
        let names: Vec<&str> = schema["properties"].as_object().into_iter().flatten().map(|(k, _)| k.as_str()).collect();
        let secret = SECRETS.iter().any(|s| name.to_lowercase().contains(s)) && !names.contains(&name);
        let allowed = if secret {
            "no secret in this file; write it into a file of its own and name that file in `password_file`".to_owned()
        } else {
            format!("one of the keys {}", listed(&names))
        };
        let fault = self.document.fault_at(key.span(), self.document.spell(trail), format!("the unknown key `{name}`"), allowed);
        let hint = if secret { None } else { nearest(name, &names) };
        self.faults.push(Fault { hint, ..fault });
    }

    fn value(&mut self, value: &Spanned<DeValue<'a>>, schema: &'w Value, trail: &Trail) {
        let schema = resolve(self.root, schema);
        match (kind(schema), value.get_ref()) {
            ("object", DeValue::Table(table)) => self.table(table, &value.span(), schema, trail),
            ("array", DeValue::Array(items)) => self.array(items, schema, trail),
            ("string", DeValue::String(word)) => self.word(word, schema, trail),
            ("boolean", DeValue::Boolean(_)) => {}
            ("number", DeValue::Integer(n)) => self.number(whole(n).map(|n| n as f64), schema, trail),
            ("number", DeValue::Float(n)) => self.number(n.as_str().replace('_', "").parse().ok(), schema, trail),
            ("integer", DeValue::Integer(n)) => self.number(whole(n).map(|n| n as f64), schema, trail),
            (wanted, found) => self.wrong_kind(wanted, found, trail),
        }
    }

    fn array(&mut self, items: &toml::de::DeArray<'a>, schema: &'w Value, trail: &Trail) {
        let (least, most) = (schema["minItems"].as_u64(), schema["maxItems"].as_u64());
        let count = items.len() as u64;
        if least.is_some_and(|l| count < l) || most.is_some_and(|m| count > m) {
            let allowed = match (least, most) {
                (Some(l), Some(m)) if l == m => format!("an array of {l} values"),
                _ => format!(
                    "an array of {} to {} values",
                    least.unwrap_or(0),
                    most.map_or("any number of".into(), |m| m.to_string())
                ),
            };
            self.faults.push(self.document.fault(trail, allowed));
        }
        for (i, item) in items.iter().enumerate() {
            self.value(item, &schema["items"], &trail.index(i));
        }
    }

    fn word(&mut self, word: &str, schema: &Value, trail: &Trail) {
        let Some(allowed) = schema["enum"].as_array() else { return };
        let words: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
        if !words.contains(&word) {
            self.faults.push(self.document.fault_of_name(trail, word, "one of", &words));
        }
    }

    fn number(&mut self, number: Option<f64>, schema: &Value, trail: &Trail) {
        let (least, most) = (schema["minimum"].as_f64(), schema["maximum"].as_f64());
        let most = most.or_else(|| (schema["format"] == "uint32").then_some(f64::from(u32::MAX)));
        let within = |n: f64| n.is_finite() && least.is_none_or(|l| n >= l) && most.is_none_or(|m| n <= m);
        if number.is_some_and(within) {
            return;
        }
        let what = if kind(schema) == "integer" { "a whole number" } else { "a finite number" };
        let bounds = match (least, most) {
            (Some(l), Some(m)) => format!(" from {l} to {m}"),
            (Some(l), None) => format!(" of {l} or more"),
            (None, Some(m)) => format!(" of at most {m}"),
            (None, None) => String::new(),
        };
        self.faults.push(self.document.fault(trail, format!("{what}{bounds}")));
    }

    fn wrong_kind(&mut self, wanted: &str, found: &DeValue<'a>, trail: &Trail) {
        let wanted = match wanted {
            "object" => "a table",
            "array" => "an array in brackets",
            "string" => "a text in quotes",
            "boolean" => "true or false",
            "integer" => "a whole number",
            _ => "a number",
        };
        let fault = self.document.fault(trail, wanted);
        let found = match found {
            DeValue::Table(_) => "a table".to_owned(),
            DeValue::Array(_) => "an array".to_owned(),
            DeValue::String(word) => format!("the text {}", quote(word)),
            _ => fault.found.clone(),
        };
        self.faults.push(Fault { found, ..fault });
    }
}

fn whole(number: &toml::de::DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

/// The type word of a schema, `null` aside.
fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(word) => word,
        Value::Array(words) => words.iter().filter_map(Value::as_str).find(|w| *w != "null").unwrap_or_default(),
        _ => "",
    }
}

/// Follows `$ref` and the one branch of `anyOf` that is not null.
pub fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    if let Some(path) = schema["$ref"].as_str() {
        return path.strip_prefix('#').and_then(|p| root.pointer(p)).map_or(schema, |s| resolve(root, s));
    }
    let branch = schema["anyOf"].as_array().into_iter().flatten().find(|b| b["type"] != "null");
    branch.map_or(schema, |b| resolve(root, b))
}

fn first_sentence(text: &str) -> String {
    let line = text.replace('\n', " ");
    line.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned()
}
