//! From machines with channels to the shortest configuration: equal machines share a type, equal addresses a pattern. Enters:
//! what a person said yes to. Leaves: types, machines and the words of their patterns. Absent: TOML.

use crate::pattern::{difference, escaped, most, replaced};
use crate::{Channel, Machine};
use std::collections::{BTreeMap, BTreeSet};

/// What is written for one source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Types, with the channels that all their machines have.
    pub kinds: Vec<Kind>,
    /// Machines.
    pub machines: Vec<Placed>,
}

/// A type of machines.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// Its name.
    pub name: String,
    /// Whether it is configured already; then channels are added.
    pub is_known: bool,
    /// The pattern that most of its channels share.
    pub address: Option<String>,
    /// Channels, each with its own pattern where it differs.
    pub channels: Vec<(Channel, Option<String>)>,
}

/// A machine in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Whether it is configured already; then words and channels are added.
    pub is_known: bool,
    /// Words for the patterns.
    pub with: BTreeMap<String, String>,
    /// Channels of its own, with their addresses as they are.
    pub own: Vec<Channel>,
}

/// What is configured of types.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Types {
    /// How many machines each type has.
    pub machines: BTreeMap<String, usize>,
    /// Words that patterns use already.
    pub words: BTreeSet<String>,
}

/// Lays machines out. Channels that are not chosen are left out, and machines without any.
pub fn compact(machines: &[Machine], types: &Types) -> Layout {
    let mut layout = Layout::default();
    let chosen: Vec<(&Machine, Vec<&Channel>)> = (machines.iter())
        .map(|m| (m, m.channels.iter().filter(|c| c.is_chosen).collect::<Vec<_>>()))
        .filter(|(_, channels)| !channels.is_empty())
        .collect();
    let mut names: BTreeSet<String> = types.machines.keys().cloned().collect();
    for (kind, is_known) in kinds(&chosen) {
        let group: Vec<&(&Machine, Vec<&Channel>)> =
            chosen.iter().filter(|(m, _)| m.kind == kind && m.is_known == is_known).collect();
        let name = if is_known { kind.to_owned() } else { crate::name::free(kind, '_', |n| names.contains(n)) };
        names.insert(name.clone());
        // a type that other machines have too does not change for these
        let all_here = !is_known || types.machines.get(kind).is_some_and(|count| *count == group.len());
        layout.lay(&name, is_known, &group, (all_here, &types.words));
    }
    layout
}

/// Types in the order met, those of known machines apart from those of new ones.
fn kinds<'m>(chosen: &[(&'m Machine, Vec<&Channel>)]) -> Vec<(&'m str, bool)> {
    let mut kinds = Vec::new();
    for (machine, _) in chosen {
        let kind = (machine.kind.as_str(), machine.is_known);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

impl Layout {
    fn lay(
        &mut self,
        name: &str,
        is_known: bool,
        group: &[&(&Machine, Vec<&Channel>)],
        (shares, words): (bool, &BTreeSet<String>),
    ) {
        let mut with: Vec<BTreeMap<String, String>> = vec![BTreeMap::new(); group.len()];
        let mut channels: Vec<(Channel, Option<String>)> = Vec::new();
        let first = group.first().map(|(_, channels)| channels.as_slice()).unwrap_or_default();
        for channel in first.iter().filter(|_| shares) {
            let same: Vec<&Channel> =
                group.iter().filter_map(|(_, others)| others.iter().find(|c| is_same(c, channel)).copied()).collect();
            if same.len() == group.len() {
                let pattern = pattern(&same, group, (&mut with, words));
                channels.push(((*channel).clone(), Some(pattern)));
            }
        }
        let common: BTreeSet<String> = channels.iter().map(|(c, _)| c.name.clone()).collect();
        let address = most(channels.iter().filter_map(|(_, pattern)| pattern.clone())).filter(|a| a.contains("{channel}"));
        for (_, pattern) in &mut channels {
            if *pattern == address {
                *pattern = None;
            }
        }
        if !is_known || !channels.is_empty() {
            // a known type has its own pattern: every channel added says its own
            let own = |(channel, pattern): (Channel, Option<String>)| {
                let pattern = if is_known { pattern.or_else(|| address.clone()) } else { pattern };
                (channel, pattern)
            };
            let channels = channels.into_iter().map(own).collect();
            let address = address.clone().filter(|_| !is_known);
            self.kinds.push(Kind { name: name.to_owned(), is_known, address, channels });
        }
        for ((machine, all), with) in group.iter().zip(with) {
            let own = all.iter().filter(|c| !common.contains(&c.name)).map(|c| (*c).clone()).collect();
            let name_of_kind = name.to_owned();
            self.machines.push(Placed { name: machine.name.clone(), kind: name_of_kind, is_known, with, own });
        }
    }
}

/// Whether two channels differ in their address only.
fn is_same(a: &Channel, b: &Channel) -> bool {
    a.name == b.name && a.kind == b.kind && a.unit == b.unit && a.role == b.role && a.range == b.range && a.states == b.states
}

/// The pattern that gives each machine its address; what differs becomes a word of its `with`.
fn pattern(
    same: &[&Channel],
    group: &[&(&Machine, Vec<&Channel>)],
    (with, words): (&mut [BTreeMap<String, String>], &BTreeSet<String>),
) -> String {
    let channel = same[0].name.as_str();
    let filled = |own: &dyn Fn(&Machine) -> (String, &'static str)| -> Vec<String> {
        let fill = |(c, (machine, _)): (&&Channel, &&(&Machine, Vec<&Channel>))| {
            let (word, placeholder) = own(machine);
            replaced(&escaped(&c.address), &[(&word, placeholder), (channel, "{channel}")])
        };
        same.iter().zip(group).map(fill).collect()
    };
    let by_name = filled(&|machine| (machine.name.clone(), "{machine}"));
    if by_name.iter().all(|p| *p == by_name[0]) {
        return by_name[0].clone();
    }
    let key = at_key("at", words);
    let by_path = filled(&|machine| (machine.path.last().cloned().unwrap_or_default(), "{at}"));
    if by_path.iter().all(|p| *p == by_path[0]) {
        let own: Vec<&str> = group.iter().map(|(m, _)| m.path.last().map_or("", String::as_str)).collect();
        if remember(with, &key, &own) {
            return by_path[0].replace("{at}", &format!("{{{key}}}"));
        }
    }
    let addresses: Vec<&str> = same.iter().map(|c| c.address.as_str()).collect();
    if let Some((begin, middles, end)) = difference(&addresses)
        && remember(with, &key, &middles)
    {
        let pairs = [(channel, "{channel}")];
        return format!("{}{{{key}}}{}", replaced(&escaped(begin), &pairs), replaced(&escaped(end), &pairs));
    }
    let key = at_key(&format!("at_{channel}"), words);
    remember(with, &key, &addresses);
    format!("{{{key}}}")
}

/// A word that no pattern uses yet.
fn at_key(base: &str, words: &BTreeSet<String>) -> String {
    crate::name::free(base, '_', |n| words.contains(n))
}

/// Gives each machine its word, where none has another under this key.
fn remember(with: &mut [BTreeMap<String, String>], key: &str, own: &[&str]) -> bool {
    let agrees = with.iter().zip(own).all(|(words, word)| words.get(key).is_none_or(|known| known == word));
    if agrees {
        for (words, word) in with.iter_mut().zip(own) {
            words.insert(key.to_owned(), (*word).to_owned());
        }
    }
    agrees
}
