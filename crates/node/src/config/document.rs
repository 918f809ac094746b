//! A TOML text with the place of every key and value, so that a fault can name its line.
//!
//! Enters: text. Leaves: a form checked against its schema, and places for faults. Absent: what the words mean.

use super::fault::{Fault, Faults, Step, Trail, listed, nearest, quote};
use super::shape;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// Longest file read [bytes].
pub const BYTES_MAX: usize = 16 << 20;

/// A TOML text and what it says.
#[derive(Debug)]
pub struct Document<'a> {
    /// The file as the person named it.
    pub file: &'a str,
    text: &'a str,
    root: Spanned<DeTable<'a>>,
}

impl<'a> Document<'a> {
    /// Reads TOML.
    ///
    /// # Errors
    /// Every place where the text is no TOML.
    pub fn parse(file: &'a str, text: &'a str) -> Result<Self, Faults> {
        if text.len() > BYTES_MAX {
            let found = format!("{} bytes", text.len());
            return Err(Faults::of_file(file, found, format!("at most {BYTES_MAX} bytes")));
        }
        let (root, errors) = DeTable::parse_recoverable(text);
        let document = Self { file, text, root };
        if errors.is_empty() {
            return Ok(document);
        }
        let faults = errors.iter().map(|error| document.syntax_fault(error));
        Err(Faults::gather(faults.collect()))
    }

    fn syntax_fault(&self, error: &toml::de::Error) -> Fault {
        let span = error.span().unwrap_or(0..0);
        let (line, _) = self.line_column(span.start);
        let row = self.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let allowed = format!("TOML: {}", error.message().trim().replace('\n', ", "));
        self.fault_at(span, String::new(), quote(row), allowed)
    }

    /// Checks the shape against a schema, then reads the form.
    ///
    /// # Errors
    /// Every key that is unknown or missing and every value of the wrong kind.
    pub fn read<T: DeserializeOwned>(&self, schema: &Value) -> Result<T, Faults> {
        let faults = shape::check(self, schema);
        if !faults.is_empty() {
            return Err(Faults::gather(faults));
        }
        let value = Spanned::new(self.root.span(), DeValue::Table(self.root.get_ref().clone()));
        T::deserialize(ValueDeserializer::from(value)).map_err(|error: toml::de::Error| {
            let span = error.span().unwrap_or(0..0);
            let found = quote(self.text.get(span.clone()).unwrap_or_default());
            Faults::gather(vec![self.fault_at(span, String::new(), found, error.message().to_owned())])
        })
    }

    /// The document in two: the given keys of the root, and the others.
    pub fn split(self, keys: &[&str]) -> (Self, Self) {
        let span = self.root.span();
        let part = |is_given: bool| {
            let kept = self.root.get_ref().iter().filter(|(k, _)| keys.contains(&k.get_ref().as_ref()) == is_given);
            let table: DeTable<'a> = kept.map(|(k, v)| (k.clone(), v.clone())).collect();
            Self { file: self.file, text: self.text, root: Spanned::new(span.clone(), table) }
        };
        (part(true), part(false))
    }

    /// The table at the root.
    pub const fn root(&self) -> &Spanned<DeTable<'a>> {
        &self.root
    }

    /// A fault at a place of the text.
    pub fn fault_at(&self, span: Range<usize>, key: String, found: String, allowed: String) -> Fault {
        let (line, column) = self.line_column(span.start);
        Fault { file: self.file.to_owned(), line, column, key, found, allowed, hint: None }
    }

    /// A fault of the value at a trail; what was found is quoted from the text. Where the value is absent, `nothing` was
    /// found at the table that lacks it.
    pub fn fault(&self, trail: &Trail, allowed: impl Into<String>) -> Fault {
        let (span, whole) = self.locate(trail);
        let found = if whole { quote(self.text.get(span.clone()).unwrap_or_default()) } else { "nothing".to_owned() };
        self.fault_at(span, self.spell(trail), found, allowed.into())
    }

    /// A fault of a word that should be one of some names.
    pub fn fault_of_name<S: AsRef<str>>(&self, trail: &Trail, word: &str, what: &str, names: &[S]) -> Fault {
        let allowed = match names {
            [] => format!("{what}, of which there is none yet"),
            _ => format!("{what}: {}", listed(names)),
        };
        Fault { hint: nearest(word, names), ..self.fault(trail, allowed) }
    }

    /// Line of the value at a trail, from 1.
    pub fn line(&self, trail: &Trail) -> usize {
        self.line_column(self.locate(trail).0.start).0
    }

    /// The keys of the table at a trail in the order of the text.
    pub fn keys(&self, trail: &Trail) -> Vec<String> {
        let mut node = Node::Table(&self.root);
        for step in &trail.0 {
            match node.step(step) {
                Some((_, next)) => node = next,
                None => return Vec::new(),
            }
        }
        let mut keys: Vec<_> =
            node.table().into_iter().flatten().map(|(k, _)| (k.span().start, k.get_ref().to_string())).collect();
        keys.sort();
        keys.into_iter().map(|(_, key)| key).collect()
    }

    /// The trail as a person reads it: repeated tables by their `name`, or by their place from 1.
    pub fn spell(&self, trail: &Trail) -> String {
        let mut node = Some(Node::Table(&self.root));
        let mut text = String::new();
        for step in &trail.0 {
            let next = node.and_then(|n| n.step(step)).map(|(_, n)| n);
            match step {
                Step::Key(key) => text.push_str(&format!("{}{key}", if text.is_empty() { "" } else { "." })),
                Step::Index(index) => match next.and_then(|n| n.name()) {
                    Some(name) => text.push_str(&format!(".{name}")),
                    None => text.push_str(&format!("[{}]", index + 1)),
                },
            }
            node = next;
        }
        text
    }

    /// The span of the value at a trail, or of the deepest table on the way that exists, and whether all of it exists.
    fn locate(&self, trail: &Trail) -> (Range<usize>, bool) {
        let (mut node, mut span) = (Node::Table(&self.root), 0..0);
        for step in &trail.0 {
            match node.step(step) {
                Some((at, next)) => (span, node) = (at, next),
                None => return (span, false),
            }
        }
        (span, true)
    }

    fn line_column(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }
}

/// A table or any other value on the way down.
#[derive(Clone, Copy)]
enum Node<'d, 'a> {
    Table(&'d Spanned<DeTable<'a>>),
    Value(&'d Spanned<DeValue<'a>>),
}

impl<'d, 'a> Node<'d, 'a> {
    fn table(self) -> Option<&'d DeTable<'a>> {
        match self {
            Self::Table(table) => Some(table.get_ref()),
            Self::Value(value) => value.get_ref().as_table(),
        }
    }
    fn step(self, step: &Step) -> Option<(Range<usize>, Self)> {
        let value = match (step, self) {
            (Step::Key(key), _) => self.table()?.get(key.as_str())?,
            (Step::Index(index), Self::Value(value)) => value.get_ref().as_array()?.get(*index)?,
            (Step::Index(_), Self::Table(_)) => return None,
        };
        Some((value.span(), Self::Value(value)))
    }
    fn name(self) -> Option<&'d str> {
        self.table()?.get("name")?.get_ref().as_str().filter(|n| !n.is_empty())
    }
}
