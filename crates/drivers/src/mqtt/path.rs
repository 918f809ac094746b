//! Paths into JSON documents. Enters: a JSON pointer (RFC 6901) such as `/data/power`, or the plain part of JSONPath (RFC 9535)
//! such as `$.data.power` or `$.samples[*].value`. Leaves: steps. Absent: filters, slices, descent to any depth.

use serde_json::Value;
use std::fmt;

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A member of an object, or an element of an array by its number.
    Name(String),
    /// Every element of an array.
    Each,
}

/// A path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text.strip_prefix('$') {
            Some(rest) => json_path(rest),
            None if text.starts_with('/') => Ok(Self(text[1..].split('/').map(pointer_step).collect())),
            None => Err("a path into JSON begins with / or $"),
        }
    }
    /// How many steps go to every element.
    pub fn stars(&self) -> usize {
        self.0.iter().filter(|step| **step == Step::Each).count()
    }
    /// What the path leads to, with the elements of arrays chosen by `places`.
    pub fn find<'v>(&self, document: &'v Value, places: &[usize]) -> Option<&'v Value> {
        let mut places = places.iter();
        self.0.iter().try_fold(document, |value, step| match (step, value) {
            (Step::Each, Value::Array(list)) => list.get(*places.next()?),
            (Step::Name(name), Value::Object(members)) => members.get(name),
            (Step::Name(name), Value::Array(list)) => list.get(name.parse::<usize>().ok()?),
            _ => None,
        })
    }
}

fn pointer_step(text: &str) -> Step {
    if text == "*" { Step::Each } else { Step::Name(text.replace("~1", "/").replace("~0", "~")) }
}

fn json_path(mut rest: &str) -> Result<Path, &'static str> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = if let Some(dotted) = rest.strip_prefix('.') {
            let end = dotted.find(['.', '[']).unwrap_or(dotted.len());
            dotted.split_at(end)
        } else if let Some(inner) = rest.strip_prefix('[') {
            inner.split_once(']').ok_or("a [ is not closed")?
        } else {
            return Err("after $ come .name, [0], ['name'] or [*]");
        };
        let quoted = step.strip_prefix('\'').and_then(|s| s.strip_suffix('\''));
        steps.push(match (quoted, step) {
            (Some(name), _) => Step::Name(name.to_owned()),
            (None, "*") => Step::Each,
            (None, "") => return Err("a step of the path is empty"),
            (None, name) => Step::Name(name.to_owned()),
        });
        rest = after;
    }
    if steps.is_empty() { Err("the path has no step") } else { Ok(Path(steps)) }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.0 {
            match step {
                Step::Each => f.write_str("/*")?,
                Step::Name(name) => write!(f, "/{}", name.replace('~', "~0").replace('/', "~1"))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_and_paths_mean_the_same() {
        let table = [
            ("/data/power", "$.data.power"),
            ("/data/0/power", "$.data[0].power"),
            ("/a b/c.d", "$['a b']['c.d']"),
            ("/samples/*/value", "$.samples[*].value"),
        ];
        for (pointer, path) in table {
            assert_eq!(Path::parse(pointer), Path::parse(path), "{pointer} {path}");
            assert_eq!(Path::parse(path).expect("a path").to_string(), pointer);
        }
        assert_eq!(Path::parse("/a~1b/c~0d"), Ok(Path(vec![Step::Name("a/b".to_owned()), Step::Name("c~d".to_owned())])));
        for wrong in ["", "data", "$", "$data", "$.", "$.a..b", "$[0", "$.a[]"] {
            assert!(Path::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_path_finds_its_value() {
        let document: Value = serde_json::from_str(r#"{"a":[{"b":1},{"b":2}],"c":{"0":3}}"#).expect("JSON");
        let find = |path: &str, places: &[usize]| Path::parse(path).expect("a path").find(&document, places).cloned();
        assert_eq!(find("/a/1/b", &[]), Some(Value::from(2)));
        assert_eq!(find("/a/*/b", &[0]), Some(Value::from(1)));
        assert_eq!(find("/c/0", &[]), Some(Value::from(3)));
        assert_eq!((find("/a/*/b", &[2]), find("/a/*/b", &[]), find("/a/b", &[])), (None, None, None));
    }
}
