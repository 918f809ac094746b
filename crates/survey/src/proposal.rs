//! The proposal: machines with their channels, each with a confidence and reasons. Enters: what was found and watched, and
//! what is configured already. Leaves: a proposal that a person corrects and says yes to. Absent: addresses' patterns
//! (`compact`), writing.

use crate::group::{Belongs, group};
use crate::lists::lists;
use crate::role::{kind_of, roles_of};
use crate::state::states_of;
use crate::unit::unit_of;
use crate::{Data, Found, Guess, Reason, Watched, name};
use plant::{ChannelKind, MachineState, Role};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Below this confidence a proposal is marked as doubtful.
pub const DOUBTFUL: f64 = 0.6;
/// How sure the name of a machine is that was told by a device, a folder, the beginning of a name; and by nothing.
const BY_DEVICE: f64 = 0.98;
const BY_FOLDER: f64 = 0.85;
const BY_NAME: f64 = 0.7;
const BY_NOTHING: f64 = 0.4;

/// One value: as the source tells of it, and what it did while it was watched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// As the source tells of it.
    pub found: Found,
    /// What it did while it was watched.
    pub watched: Watched,
}

/// A machine that is configured already: name, type, and its channels with roles.
pub type KnownMachine = (String, String, Vec<(String, Role)>);
/// The values of one machine: its names at the source, why they are one machine, and places with names within it.
type Part = (Vec<String>, Reason, Vec<(usize, Vec<String>)>);

/// What is configured already.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// Machines: name, type, and their channels with roles.
    pub machines: Vec<KnownMachine>,
    /// Addresses read already at this very source, and the channel that does, as `machine/channel`.
    pub addresses: BTreeMap<String, String>,
    /// What to call the source where a machine has no name.
    pub source: String,
}

/// What is proposed for a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposal {
    /// Machines by name; their channels by role.
    pub machines: Vec<Machine>,
    /// Places of what is left out, and why.
    pub left: Vec<(usize, Reason)>,
}

/// A machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Name as configuration has it.
    pub name: String,
    /// Type as configuration has it.
    pub kind: String,
    /// Whether it is configured already; then only channels are added.
    pub is_known: bool,
    /// Its names at the source.
    pub path: Vec<String>,
    /// How sure it is that these values are one machine, and of this name [0 to 1].
    pub confidence: f64,
    /// Why.
    pub reason: Reason,
    /// Its channels.
    pub channels: Vec<Channel>,
}

/// A channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Place of what was found.
    pub found: usize,
    /// Address at the source.
    pub address: String,
    /// Name as configuration has it.
    pub name: String,
    /// How values follow each other.
    pub kind: ChannelKind,
    /// UCUM code; `None` for words.
    pub unit: Option<String>,
    /// What it means.
    pub role: Role,
    /// Lowest and highest number accepted.
    pub range: Option<(f64, f64)>,
    /// For role state: which word means which state.
    pub states: Vec<(String, MachineState)>,
    /// How sure all this is [0 to 1].
    pub confidence: f64,
    /// Why, the most telling first.
    pub reasons: Vec<Reason>,
    /// Whether it shall be read.
    pub is_chosen: bool,
}

/// What should be read of a source, and as what.
pub fn propose(seen: &[Seen], known: &Known) -> Proposal {
    let mut proposal = Proposal::default();
    let mut kept = Vec::new();
    for (place, one) in seen.iter().enumerate() {
        match left_out(one, known) {
            Some(reason) => proposal.left.push((place, reason)),
            None => kept.push(place),
        }
    }
    let found: Vec<Found> = kept.iter().map(|place| seen[*place].found.clone()).collect();
    let mut parts: Vec<Part> = Vec::new();
    let mut index: HashMap<Vec<String>, usize> = HashMap::new();
    for (place, Belongs { machine, inner, reason }) in kept.into_iter().zip(group(&found)) {
        let at = *index.entry(machine.clone()).or_insert_with(|| {
            parts.push((machine, reason, Vec::new()));
            parts.len() - 1
        });
        parts[at].2.push((place, inner));
    }
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for (path, reason, values) in parts {
        let (name, sure) = machine_name(&path, &reason, &known.source, &taken);
        taken.insert(name.clone());
        let configured = known.machines.iter().find(|(known, ..)| *known == name);
        let kind = configured.map_or_else(|| type_of(&path, &name), |(_, kind, _)| kind.clone());
        let before = configured.map(|(_, _, channels)| channels.as_slice()).unwrap_or_default();
        let channels = channels(seen, &values, before);
        let is_known = configured.is_some();
        proposal.machines.push(Machine { name, kind, is_known, path, confidence: sure, reason, channels });
    }
    // a source may tell in any order; people look for names
    proposal.machines.sort_by(|a, b| a.name.cmp(&b.name));
    for machine in &mut proposal.machines {
        let place = |role: Role| Role::ALL.iter().position(|(r, _)| *r == role);
        machine.channels.sort_by(|a, b| (place(a.role), &a.name).cmp(&(place(b.role), &b.name)));
    }
    proposal
}

/// Why a value is not proposed at all.
fn left_out(seen: &Seen, known: &Known) -> Option<Reason> {
    if let Some(channel) = known.addresses.get(&seen.found.address) {
        return Some(Reason::ReadAlready(channel.clone()));
    }
    let first = seen.found.path.first().map(String::as_str).unwrap_or_default();
    (seen.found.path.len() > 1 && ["Server", "$SYS", "$sys"].contains(&first)).then_some(Reason::OfTheServer)
}

/// The name of a machine, free among those taken, and how sure it is.
fn machine_name(path: &[String], reason: &Reason, source: &str, taken: &BTreeSet<String>) -> (String, f64) {
    let sure = match reason {
        Reason::Device(_) => BY_DEVICE,
        Reason::Folder(_) => BY_FOLDER,
        Reason::NameBegins(_) => BY_NAME,
        _ => BY_NOTHING,
    };
    let own = path.last().map_or("", String::as_str);
    let cleaned = name::clean(own, '-');
    let is_number = !cleaned.is_empty() && cleaned.chars().all(|c| c.is_ascii_digit());
    if !cleaned.is_empty() && !is_number && !taken.contains(&cleaned) {
        return (cleaned, sure);
    }
    // a name that is taken, a number, or no letters that configuration allows: with what stands above it
    let above = path.iter().rev().nth(1).map(|p| name::clean(p, '-')).filter(|p| !p.is_empty());
    let typed = (name::is_han(own)).then(|| listed_type(own)).flatten().map(|kind| kind.replace('_', "-"));
    let number: String = own.chars().filter(char::is_ascii_digit).collect();
    let base = match (typed, above, cleaned.as_str()) {
        (Some(kind), _, _) if number.is_empty() => kind,
        (Some(kind), _, _) => format!("{kind}-{number}"),
        (None, Some(above), "") => above,
        (None, Some(above), own) => format!("{above}-{own}"),
        (None, None, "") => Some(name::clean(source, '-')).filter(|s| !s.is_empty()).unwrap_or_else(|| "machine".to_owned()),
        (None, None, own) => format!("machine-{own}"),
    };
    let short: String = base.chars().take(name::NAME_MAX).collect();
    (name::free(&short, '-', |n| taken.contains(n)), sure.min(DOUBTFUL + 0.1))
}

/// The type that a name lists.
fn listed_type(text: &str) -> Option<&'static str> {
    let words = name::words(text);
    let whole = text.to_lowercase();
    let is_listed = |listed: &String| {
        if name::is_han(listed) { whole.contains(listed.as_str()) } else { words.contains(listed) || words.join("_") == *listed }
    };
    lists().machines.iter().find(|(_, listed)| listed.iter().any(is_listed)).map(|(kind, _)| *kind)
}

/// The type of a machine by its name: a listed one, else the name without its number.
fn type_of(path: &[String], machine: &str) -> String {
    let own = path.last().map_or(machine, String::as_str);
    let listed = listed_type(own).map(str::to_owned);
    let stem = || name::clean(&name::stem(machine), '_');
    listed.unwrap_or_else(|| {
        Some(stem()).filter(|s| s.chars().any(|c| c.is_ascii_alphabetic())).unwrap_or_else(|| "machine".to_owned())
    })
}

/// The channels of a machine: each role goes to the value that fits it best.
fn channels(seen: &[Seen], values: &[(usize, Vec<String>)], before: &[(String, Role)]) -> Vec<Channel> {
    let mut wishes: Vec<(f64, usize, Role)> = Vec::new();
    let mut guesses: Vec<Vec<Guess<Role>>> = Vec::new();
    for (at, (place, inner)) in values.iter().enumerate() {
        let Seen { found, watched } = &seen[*place];
        let unit = unit_of(found).map(|g| g.value);
        let roles = if found.writable && is_set_point(inner) { Vec::new() } else { roles_of(found, watched, inner, unit) };
        wishes.extend(roles.iter().map(|g| (g.confidence, at, g.value)));
        guesses.push(roles);
    }
    // the surest first; of equals the one found first
    wishes.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut given: BTreeMap<usize, Role> = BTreeMap::new();
    let mut holders: BTreeMap<Role, Option<usize>> = before.iter().map(|(_, role)| (*role, None)).collect();
    for (_, at, role) in wishes {
        if !given.contains_key(&at) && !holders.contains_key(&role) {
            given.insert(at, role);
            holders.insert(role, Some(at));
        }
    }
    let mut taken: BTreeSet<String> = before.iter().map(|(name, _)| name.clone()).collect();
    let mut made = Vec::new();
    for (at, (place, inner)) in values.iter().enumerate() {
        let guess = given.get(&at).and_then(|role| guesses[at].iter().find(|g| g.value == *role));
        let lost = guesses[at].first().filter(|_| guess.is_none());
        let rival = lost.map(|g| {
            let holder = holders.get(&g.value).copied().flatten().map(|h| values[h].1.join("/"));
            Reason::RoleTaken(
                holder.or_else(|| before.iter().find(|(_, r)| *r == g.value).map(|(n, _)| n.clone())).unwrap_or_default(),
            )
        });
        let name = channel_name(inner, guess.map(|g| g.value), &taken);
        taken.insert(name.clone());
        made.push(channel((*place, &seen[*place]), inner, name, (guess, rival)));
    }
    made
}

/// Whether a name says that a value is told to the machine rather than by it.
fn is_set_point(inner: &[String]) -> bool {
    let words: Vec<String> = inner.last().map(|n| name::words(n)).unwrap_or_default();
    words
        .iter()
        .any(|w| ["set", "setpoint", "sp", "cmd", "command", "soll", "sollwert", "target", "request"].contains(&w.as_str()))
        || words.iter().any(|w| w.contains("设定"))
}

fn channel_name(inner: &[String], role: Option<Role>, taken: &BTreeSet<String>) -> String {
    let joined = name::clean(&inner.join("_"), '_');
    let base = match (joined.is_empty() || joined.chars().all(|c| c.is_ascii_digit()), role) {
        (false, _) => joined,
        (true, Some(role)) => role.word().to_owned(),
        (true, None) => format!("value_{joined}").trim_end_matches('_').to_owned(),
    };
    name::free(&base, '_', |n| taken.contains(n))
}

fn channel(
    (place, seen): (usize, &Seen),
    inner: &[String],
    name: String,
    (guess, rival): (Option<&Guess<Role>>, Option<Reason>),
) -> Channel {
    let Seen { found, watched } = seen;
    let told = unit_of(found);
    let by_look = kind_of(found, watched, told.as_ref().map(|g| g.value));
    let role = guess.map_or(Role::Other, |g| g.value);
    let kind = role.kind().unwrap_or(by_look.value);
    let mut channel = Channel {
        found: place,
        address: found.address.clone(),
        name,
        kind,
        unit: None,
        role,
        range: found.range.filter(|(low, high)| low < high && low.is_finite() && high.is_finite()),
        states: Vec::new(),
        confidence: guess.map_or(by_look.confidence, |g| g.confidence),
        reasons: guess.map_or_else(|| by_look.reasons.clone(), |g| g.reasons.clone()),
        is_chosen: true,
    };
    channel.reasons.extend(rival);
    if kind.is_word() {
        channel.range = None;
        words(&mut channel, seen);
    } else {
        measure(&mut channel, told);
        if found.data == Data::Whole && is_named_state(inner) && channel.role == Role::Other {
            channel.confidence = channel.confidence.min(0.4);
            channel.reasons.push(Reason::Codes);
        }
    }
    if found.writable {
        channel.reasons.push(Reason::Writable);
    }
    // events are silent for days, and that says nothing
    if watched.count == 0 && found.value.is_none() && kind != ChannelKind::Event {
        channel.confidence = channel.confidence.min(0.55);
        channel.reasons.push(Reason::Silent);
    }
    channel
}

fn is_named_state(inner: &[String]) -> bool {
    inner.last().is_some_and(|n| name::words(n).iter().any(|w| w == "state" || w == "status" || w.contains("状态")))
}

/// The unit of a number.
fn measure(channel: &mut Channel, told: Option<Guess<&'static str>>) {
    match (told, channel.role.usual_unit()) {
        (Some(unit), _) => {
            if unit.confidence < channel.confidence {
                channel.confidence = unit.confidence;
            }
            if !channel.reasons.iter().any(|r| matches!(r, Reason::UnitFits(_))) {
                channel.reasons.extend(unit.reasons);
            }
            channel.unit = Some(unit.value.to_owned());
        }
        (None, Some(usual)) => {
            channel.unit = Some(usual.to_owned());
            if usual != "1" {
                channel.reasons.push(Reason::UnitUsual(usual.to_owned()));
                channel.confidence = channel.confidence.min(DOUBTFUL - 0.05);
            }
        }
        (None, None) => {
            channel.unit = Some("1".to_owned());
            if channel.role == Role::Other {
                channel.reasons.push(Reason::UnitUsual("1".to_owned()));
                channel.confidence = channel.confidence.min(DOUBTFUL - 0.05);
            }
        }
    }
}

/// What words mean: the table of states for role state, which must know what producing is.
fn words(channel: &mut Channel, seen: &Seen) {
    if channel.role != Role::State {
        return;
    }
    let listed = seen.found.words.iter().map(|(_, word)| word.as_str());
    let now = match &seen.found.value {
        Some(crate::Value::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let mut all: Vec<&str> =
        listed.chain(seen.watched.words.iter().map(String::as_str)).chain(now).filter(|w| !w.is_empty()).collect();
    let mut met = BTreeSet::new();
    all.retain(|word| met.insert(*word));
    match states_of(&all) {
        Some(states) if states.table.iter().any(|(_, s)| *s == MachineState::Producing) => {
            channel.reasons.push(Reason::StateWords(states.family.to_owned()));
            if !states.unknown.is_empty() {
                channel.confidence = channel.confidence.min(0.5);
                channel.reasons.push(Reason::UnknownWords(states.unknown.join(", ")));
            }
            channel.states = states.table;
        }
        _ => {
            channel.role = Role::Other;
            channel.confidence = channel.confidence.min(0.4);
            channel.reasons.push(Reason::UnknownWords(all.join(", ")));
        }
    }
}
