//! What births say: names, aliases, types, templates. Enters: metrics. Leaves: leaves, that is values with their full name, and
//! the memory by which later metrics are understood. Absent: readings, channels.
//!
//! A template instance is flattened: the member `speed` of the metric `pump` is the metric `pump/speed`. What a member does not say
//! of itself (time, quality, being history) it has from the instance around it. A template definition is no value.

use super::value::{self, text_property};
use plant::Quality;
use srad_types::payload::{Metric, Template, metric};
use std::borrow::Cow;
use std::collections::HashMap;

/// Deepest nesting of templates taken.
pub(super) const DEPTH_MAX: usize = 8;
/// Property that names a metric's unit.
const UNIT: &str = "engUnit";

/// What the last births of an edge node said.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) bd_seq: Option<u64>,
    /// The templates defined in its birth.
    pub(super) templates: Templates,
    /// By device, `None` for the node itself; absent where it is not online.
    pub(super) online: HashMap<Option<String>, Born>,
}

/// Types of the members of templates, by template and member; `None` = the definition does not say.
pub(super) type Templates = HashMap<String, HashMap<String, Option<u32>>>;

/// What a birth said of its metrics.
#[derive(Clone, Debug, Default)]
pub(super) struct Born {
    pub(super) names: HashMap<u64, String>,
    pub(super) metrics: HashMap<String, BornMetric>,
}

/// A metric as it was born.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BornMetric {
    pub(super) datatype: Option<u32>,
    pub(super) alias: Option<u64>,
    pub(super) unit: Option<String>,
    /// The template instances it is a member of, outermost first.
    pub(super) within: Vec<Instance>,
}

/// A template instance as it was born.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instance {
    pub(super) name: String,
    pub(super) alias: Option<u64>,
    pub(super) template: Option<String>,
}

/// A metric that holds a value or null, with its full name.
pub(super) struct Leaf<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) metric: &'a Metric,
    /// Of the metric or of the instance around it [ms since 1970].
    pub(super) timestamp: Option<u64>,
    pub(super) historical: bool,
    pub(super) quality: Quality,
    pub(super) within: Vec<Instance>,
}

/// What is no leaf.
pub(super) enum Odd {
    /// Neither a name nor an alias that is known.
    Nameless(Option<u64>),
    /// Nested deeper than [`DEPTH_MAX`].
    TooDeep(String),
}

/// What a list of metrics holds.
#[derive(Default)]
pub(super) struct Leaves<'a> {
    pub(super) leaves: Vec<Leaf<'a>>,
    pub(super) odd: Vec<Odd>,
    /// Definitions, by name.
    pub(super) definitions: Vec<(String, &'a Template)>,
    /// Templates that instances refer to.
    pub(super) references: Vec<String>,
}

/// What a member has from the instances around it.
#[derive(Clone, Default)]
struct Around {
    prefix: String,
    timestamp: Option<u64>,
    historical: bool,
    quality: Option<Quality>,
    within: Vec<Instance>,
}

impl<'a> Leaves<'a> {
    /// The leaves of a message's metrics, understood by the birth in force.
    pub(super) fn of(metrics: &'a [Metric], born: Option<&'a Born>) -> Self {
        let mut leaves = Self::default();
        for metric in metrics {
            leaves.add(metric, born, &Around::default());
        }
        leaves
    }

    fn add(&mut self, metric: &'a Metric, born: Option<&'a Born>, around: &Around) {
        let known = || born?.names.get(&metric.alias?);
        let name = match &metric.name {
            Some(name) if around.prefix.is_empty() => Cow::Borrowed(name.as_str()),
            Some(name) => Cow::Owned(format!("{}{name}", around.prefix)),
            None => match known() {
                Some(name) => Cow::Borrowed(name.as_str()),
                None => return self.odd.push(Odd::Nameless(metric.alias)),
            },
        };
        let timestamp = metric.timestamp.or(around.timestamp);
        let historical = metric.is_historical.unwrap_or(around.historical);
        let quality = value::quality(metric).or(around.quality);
        let Some(metric::Value::TemplateValue(template)) = &metric.value else {
            let (quality, within) = (quality.unwrap_or_default(), around.within.clone());
            return self.leaves.push(Leaf { name, metric, timestamp, historical, quality, within });
        };
        if template.is_definition == Some(true) {
            return self.definitions.push((name.into_owned(), template));
        }
        if around.within.len() >= DEPTH_MAX {
            return self.odd.push(Odd::TooDeep(name.into_owned()));
        }
        self.references.extend(template.template_ref.clone());
        let own_name = name.strip_prefix(around.prefix.as_str()).unwrap_or(&name).to_owned();
        let instance = Instance { name: own_name, alias: metric.alias, template: template.template_ref.clone() };
        let within = around.within.iter().cloned().chain([instance]).collect();
        let inside = Around { prefix: format!("{name}/"), timestamp, historical, quality, within };
        for member in &template.metrics {
            self.add(member, born, &inside);
        }
    }
}

impl Born {
    /// What a birth says, by the templates of its edge node; and the aliases it gives to more than one metric.
    pub(super) fn of(leaves: &Leaves<'_>, templates: &Templates) -> (Self, Vec<u64>) {
        let mut born = Self::default();
        let mut twice = Vec::new();
        for leaf in &leaves.leaves {
            let typed = || {
                let template = templates.get(leaf.within.last()?.template.as_deref()?)?;
                template.get(leaf.metric.name.as_deref()?).copied()?
            };
            let metric = BornMetric {
                datatype: leaf.metric.datatype.or_else(typed),
                alias: leaf.metric.alias,
                unit: text_property(leaf.metric, UNIT),
                within: leaf.within.clone(),
            };
            if let Some(alias) = metric.alias {
                let before = born.names.insert(alias, leaf.name.clone().into_owned());
                twice.extend(before.filter(|name| **name != *leaf.name).map(|_| alias));
            }
            born.metrics.insert(leaf.name.clone().into_owned(), metric);
            for instance in &leaf.within {
                born.names.extend(instance.alias.map(|alias| (alias, outer_name(leaf, instance))));
            }
        }
        (born, twice)
    }
}

/// The full name of an instance around a leaf.
fn outer_name(leaf: &Leaf<'_>, instance: &Instance) -> String {
    let names = leaf.within.iter().map(|i| i.name.as_str());
    let upto = leaf.within.iter().position(|i| i == instance).unwrap_or(0) + 1;
    names.take(upto).collect::<Vec<_>>().join("/")
}

/// The templates that a birth defines.
pub(super) fn templates(definitions: &[(String, &Template)]) -> Templates {
    let members = |template: &Template| template.metrics.iter().filter_map(|m| Some((m.name.clone()?, m.datatype))).collect();
    definitions.iter().map(|(name, template)| (name.clone(), members(template))).collect()
}
