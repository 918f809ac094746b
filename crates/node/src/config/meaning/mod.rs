//! From what was typed to what is meant: references, ranges, duplicates, units, roles. Every fault is told with its place.
//!
//! ```text
//! UnitForm -> site -> sources -> machines (types, channels, addresses) -> products, families, orders, policies -> Config
//! ```

mod channels;
mod families;
mod machines;
mod orders;
mod site;
mod sources;

pub(in crate::config) use sources::Place;

use super::document::Document;
use super::fault::{Fault, Faults, Trail};
use super::form::UnitForm;
use super::{Config, text};
use measure::Span;
use plant::Parts;
use std::collections::HashMap;
use std::path::Path;

/// Longest name of anything [characters].
const NAME_MAX: usize = 64;

/// A document being judged, and the faults found so far.
pub struct Judge<'a> {
    document: &'a Document<'a>,
    faults: Vec<Fault>,
}

impl<'a> Judge<'a> {
    /// The value at the trail is not allowed.
    pub fn refuse(&mut self, trail: &Trail, allowed: impl Into<String>) {
        self.faults.push(self.document.fault(trail, allowed));
    }
    /// A span that was typed; `least` is the shortest allowed.
    fn span(&mut self, trail: &Trail, typed: &str, least: Span) -> Option<Span> {
        let span = text::span(typed);
        match span {
            None => self.refuse(trail, text::SPAN_ALLOWED),
            Some(s) if s < least => self.refuse(trail, format!("a span of {} or more", text::write_span(least))),
            Some(_) => return span,
        }
        None
    }
    /// A span that may be absent.
    fn span_or(&mut self, trail: &Trail, typed: Option<&String>, absent: Span) -> Option<Span> {
        typed.map_or(Some(absent), |t| self.span(trail, t, Span::ZERO))
    }
    /// The place of a name among the names of a kind of thing.
    fn place(&mut self, trail: &Trail, name: &str, what: &str, names: &[String]) -> Option<usize> {
        let place = names.iter().position(|n| n == name);
        if place.is_none() {
            self.faults.push(self.document.fault_of_name(trail, name, &format!("the name of a [[{what}]]"), names));
        }
        place
    }
    /// Names of one kind of thing: well formed and each there once.
    fn names(&mut self, table: &str, names: &[String], rule: NameRule) {
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (i, name) in names.iter().enumerate() {
            let trail = Trail::item(table, i).key("name");
            if !rule.fits(name) {
                self.refuse(&trail, rule.allowed());
            }
            if let Some(before) = first.insert(name, i) {
                let line = self.document.line(&Trail::item(table, before).key("name"));
                self.refuse(&trail, format!("a name that no other [[{table}]] has; line {line} has this one"));
                first.insert(name, before);
            }
        }
    }
    /// A whole number of things must fit the ids.
    fn count(&mut self, table: &str, count: usize, most: usize) {
        if count > most {
            self.refuse(&Trail::default().key(table), format!("at most {most} [[{table}]]; {count} are there"));
        }
    }
}

/// How a name may be written.
#[derive(Clone, Copy)]
enum NameRule {
    /// Any text of one line.
    Plain,
    /// Small letters, digits and the given sign.
    Strict(char),
    /// No spaces.
    Unspaced,
}

impl NameRule {
    fn fits(self, name: &str) -> bool {
        let length = (1..=NAME_MAX).contains(&name.chars().count());
        length
            && match self {
                Self::Plain => name.trim() == name && !name.chars().any(char::is_control),
                Self::Strict(sign) => name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == sign),
                Self::Unspaced => !name.chars().any(|c| c.is_whitespace() || c.is_control()),
            }
    }
    fn allowed(self) -> String {
        match self {
            Self::Plain => format!("a name of 1 to {NAME_MAX} characters on one line, without spaces at its ends"),
            Self::Strict(sign) => format!("a name of 1 to {NAME_MAX} small letters, digits and `{sign}`"),
            Self::Unspaced => format!("a name of 1 to {NAME_MAX} characters without spaces"),
        }
    }
}

/// The meaning of a form.
///
/// # Errors
/// Every fault of meaning.
pub fn config(document: &Document<'_>, form: &UnitForm, folder: &Path) -> Result<Config, Faults> {
    let mut judge = Judge { document, faults: Vec::new() };
    let config = judge.config(form, folder);
    match config {
        Some(config) if judge.faults.is_empty() => Ok(config),
        _ => Err(Faults::gather(judge.faults)),
    }
}

fn named<T>(forms: &[T], name: impl Fn(&T) -> &String) -> Vec<String> {
    forms.iter().map(|f| name(f).clone()).collect()
}

impl Judge<'_> {
    fn config(&mut self, form: &UnitForm, folder: &Path) -> Option<Config> {
        let site = self.site(&form.site);
        let lines = self.lines(&form.line);
        let teams = self.teams(&form.team);
        let shifts = self.shifts(&form.shift, &form.team);
        let sources = self.sources(&form.source);
        let machines = self.machines(form);
        let channels = self.channels(form);
        let products = self.products(form, site.as_ref());
        let families = self.families(form, site.as_ref());
        let orders = self.orders(form, site.as_ref());
        let policies = self.policies(&form.policy);
        let clock = self.clock(form.clock.as_ref(), site.as_ref());
        let web = self.web(form.web.as_ref(), folder);
        let store = self.store(form.store.as_ref(), &form.source, folder);
        let limits = self.limits(form.limits.as_ref());
        let site = site?;
        let (channels, addresses): (Vec<_>, Vec<_>) = channels.into_iter().unzip();
        let ports = self.ports(&form.source, &channels, &addresses, (folder, &site.zone.name));
        if !self.faults.is_empty() {
            return None;
        }
        let parts = Parts {
            site: form.site.name.clone(),
            calendar: plant::Calendar { zone: site.zone, shifts },
            prices: site.prices,
            lines,
            machines,
            channels,
            sources,
            teams,
            products,
            orders,
            policies,
        };
        let plant = parts.build().map_err(|error| self.refuse(&Trail::default(), error.to_string())).ok()?;
        Some(Config {
            plant,
            ports,
            addresses: addresses.into_iter().map(|a| a.route).collect(),
            web: web?,
            store: store?,
            clock: clock?,
            limits: limits?,
            families,
            causes: form.site.causes.as_ref().map(|file| folder.join(file)),
        })
    }
}
