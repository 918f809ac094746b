//! The forms of the wizard: what a person asks for, how a survey stands, what is proposed, what was corrected.

use super::words::{ChannelKind, ChannelRole, MachineState};
use crate::connecting::{Example, Outcome, Standing, Wish, Yes};
use crate::reply::{Refusal, Reply};
use crate::take::word;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use survey::{DOUBTFUL, Reason, Seen, Value};
use utoipa::ToSchema;

/// Longest watching [s].
pub const WATCH_SECONDS_MAX: u32 = 600;

/// A protocol that can be connected to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Connectable {
    /// Protocol word.
    pub protocol: &'static str,
    /// What to type.
    pub example: &'static str,
    /// How it is learned what a source has: `directory`, `listening`, `scanning`, `nothing`.
    pub looking: &'static str,
}

/// Begin to connect a source.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSurvey {
    /// Where the source is, such as `opc.tcp://192.168.0.10:4840`.
    pub url: String,
    /// What to call it.
    #[serde(default)]
    pub name: String,
    /// Name to sign in with.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<String>,
    /// How long values are watched, 0 to 600; 60 where left out [s].
    pub watch_seconds: Option<u32>,
    /// A list of values as CSV (address, device, name, unit, description), in place of looking around.
    pub list: Option<String>,
}

/// Why something is proposed: a code, and the word in it that is the source's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SurveyReason {
    /// Code.
    pub code: &'static str,
    /// The source's own word.
    pub detail: String,
}

/// A channel as it is proposed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ProposedChannel {
    /// Place of the value at the source, by which corrections name it.
    pub place: usize,
    /// Names at the source.
    pub path: Vec<String>,
    /// Address at the source.
    pub address: String,
    /// What the source says about it.
    pub description: Option<String>,
    /// Name.
    pub name: String,
    /// How values follow each other.
    pub kind: ChannelKind,
    /// UCUM unit; null for words.
    pub unit: Option<String>,
    /// What it means.
    pub role: ChannelRole,
    /// Lowest and highest number accepted.
    pub range: Option<(f64, f64)>,
    /// For role state: which word means which state.
    pub states: BTreeMap<String, MachineState>,
    /// Words heard or listed.
    pub words: Vec<String>,
    /// The newest value, as text.
    pub now: Option<String>,
    /// Values heard while it was watched.
    pub heard: usize,
    /// How sure this is [0 to 1].
    pub confidence: f64,
    /// Whether a person should look at it.
    pub is_doubtful: bool,
    /// Why.
    pub reasons: Vec<SurveyReason>,
}

/// A machine as it is proposed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ProposedMachine {
    /// Place, by which corrections name it.
    pub place: usize,
    /// Name.
    pub name: String,
    /// Type.
    pub r#type: String,
    /// Whether it is configured already; then only channels are added.
    pub is_known: bool,
    /// Names at the source.
    pub path: Vec<String>,
    /// How sure it is that these values are one machine [0 to 1].
    pub confidence: f64,
    /// Why.
    pub reason: SurveyReason,
    /// Its channels.
    pub channels: Vec<ProposedChannel>,
}

/// A value that is not proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeftOut {
    /// Names at the source.
    pub path: Vec<String>,
    /// Why.
    pub reason: SurveyReason,
}

/// How a survey stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Survey {
    /// Its number.
    pub id: u64,
    /// What the source will be called.
    pub source: String,
    /// Protocol word.
    pub protocol: String,
    /// Address as unit.toml will have it.
    pub address: String,
    /// `looking`, `watching`, `ready` or `failed`.
    pub phase: &'static str,
    /// Places visited.
    pub visited: usize,
    /// Places known to wait.
    pub waiting: Option<usize>,
    /// Values found.
    pub found: usize,
    /// Values heard while watching.
    pub heard: usize,
    /// Seconds of watching left.
    pub seconds_left: u32,
    /// Whether there is more that was not looked at.
    pub more: bool,
    /// What kind of trouble there is.
    pub trouble: Option<String>,
    /// The trouble in a sentence.
    pub said: Option<String>,
    /// Machines proposed; empty before it is ready.
    pub machines: Vec<ProposedMachine>,
    /// Values left out, at most 200.
    pub left_out: Vec<LeftOut>,
    /// Values left out in all.
    pub left_out_count: usize,
}

/// A machine corrected by a person.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineCorrection {
    /// Its place.
    pub place: usize,
    /// Its name.
    pub name: Option<String>,
    /// Its type.
    pub r#type: Option<String>,
}

/// A channel corrected by a person.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelCorrection {
    /// Its place.
    pub place: usize,
    /// Its name.
    pub name: Option<String>,
    /// What it means.
    pub role: Option<String>,
    /// How values follow each other.
    pub kind: Option<String>,
    /// UCUM unit.
    pub unit: Option<String>,
    /// For role state: which word means which state.
    pub states: Option<BTreeMap<String, String>>,
}

/// A yes to what was proposed, with what was corrected.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyYes {
    /// Machines corrected.
    #[serde(default)]
    pub machines: Vec<MachineCorrection>,
    /// Channels corrected.
    #[serde(default)]
    pub channels: Vec<ChannelCorrection>,
    /// Places of channels that shall not be read.
    #[serde(default)]
    pub without: Vec<usize>,
}

/// What came of a yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SurveyWritten {
    /// The file that was written.
    pub file: String,
    /// Where the old one is kept.
    pub before: Option<String>,
    /// New machines.
    pub machines: usize,
    /// New channels.
    pub channels: usize,
    /// Whether the unit can take it in at once by starting anew.
    pub can_restart: bool,
}

/// Values left out that are shown.
const LEFT_OUT_MAX: usize = 200;

impl From<Example> for Connectable {
    fn from(e: Example) -> Self {
        Self { protocol: e.protocol, example: e.url, looking: e.looking }
    }
}

impl From<Yes> for SurveyWritten {
    fn from(y: Yes) -> Self {
        Self { file: y.file, before: y.before, machines: y.machines, channels: y.channels, can_restart: y.can_restart }
    }
}

impl From<&Reason> for SurveyReason {
    fn from(reason: &Reason) -> Self {
        let (code, detail) = reason.code();
        Self { code, detail }
    }
}

impl NewSurvey {
    /// What is asked for, within its limits.
    ///
    /// # Errors
    /// A longer watching than is allowed.
    pub fn wish(self) -> Reply<Wish> {
        let watch_seconds = self.watch_seconds.unwrap_or(60);
        if watch_seconds > WATCH_SECONDS_MAX {
            return Err(Refusal::invalid("body.watch_seconds", watch_seconds.to_string(), format!("0 to {WATCH_SECONDS_MAX}")));
        }
        let empty_is_none = |text: Option<String>| text.filter(|t| !t.trim().is_empty());
        Ok(Wish {
            url: self.url,
            name: self.name.trim().to_owned(),
            user: empty_is_none(self.user),
            password: empty_is_none(self.password),
            watch_seconds,
            list: empty_is_none(self.list),
        })
    }
}

fn shown(value: &Value) -> String {
    match value {
        // six digits are enough to recognise a value
        Value::Number(number) => ((number * 1e6).round() / 1e6).to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Text(text) => text.chars().take(64).collect(),
    }
}

impl ProposedChannel {
    fn of(channel: &survey::Channel, seen: &Seen) -> Self {
        let listed = seen.found.words.iter().map(|(_, word)| word.clone());
        let words: BTreeSet<String> = listed.chain(seen.watched.words.iter().cloned()).filter(|w| !w.is_empty()).collect();
        Self {
            place: channel.found,
            path: seen.found.path.clone(),
            address: channel.address.clone(),
            description: seen.found.description.clone(),
            name: channel.name.clone(),
            kind: channel.kind.into(),
            unit: channel.unit.clone(),
            role: channel.role.into(),
            range: channel.range,
            states: channel.states.iter().map(|(word, state)| (word.clone(), (*state).into())).collect(),
            words: words.into_iter().collect(),
            now: seen.watched.last.as_ref().or(seen.found.value.as_ref()).map(shown),
            heard: seen.watched.count,
            confidence: channel.confidence,
            is_doubtful: channel.confidence < DOUBTFUL,
            reasons: channel.reasons.iter().map(Into::into).collect(),
        }
    }
}

impl From<Standing> for Survey {
    fn from(standing: Standing) -> Self {
        let empty = std::sync::Arc::new(Outcome::default());
        let result = standing.result.as_ref().unwrap_or(&empty);
        let nothing = Seen::default();
        let seen = |place: usize| result.seen.get(place).unwrap_or(&nothing);
        let machines = result.proposal.machines.iter().enumerate().map(|(place, m)| ProposedMachine {
            place,
            name: m.name.clone(),
            r#type: m.kind.clone(),
            is_known: m.is_known,
            path: m.path.clone(),
            confidence: m.confidence,
            reason: (&m.reason).into(),
            channels: m.channels.iter().map(|c| ProposedChannel::of(c, seen(c.found))).collect(),
        });
        let left = &result.proposal.left;
        let left_out = left
            .iter()
            .take(LEFT_OUT_MAX)
            .map(|(place, reason)| LeftOut { path: seen(*place).found.path.clone(), reason: reason.into() });
        let (trouble, said) = standing.trouble.unzip();
        Self {
            id: standing.id,
            source: standing.source,
            protocol: standing.protocol,
            address: standing.address,
            phase: standing.phase.word(),
            visited: standing.visited,
            waiting: standing.waiting,
            found: standing.found,
            heard: standing.heard,
            seconds_left: standing.seconds_left,
            more: standing.more,
            trouble,
            said,
            machines: machines.collect(),
            left_out: left_out.collect(),
            left_out_count: left.len(),
        }
    }
}

impl SurveyYes {
    /// The machines as they were corrected.
    ///
    /// # Errors
    /// A place that is not there, a word that is none.
    pub fn corrected(self, outcome: &Outcome) -> Reply<Vec<survey::Machine>> {
        let mut machines = outcome.proposal.machines.clone();
        for (i, correction) in self.machines.into_iter().enumerate() {
            let place = format!("body.machines[{i}].place");
            let count = machines.len();
            let machine = machines
                .get_mut(correction.place)
                .ok_or_else(|| Refusal::invalid(&place, correction.place.to_string(), format!("less than {count}")))?;
            if !machine.is_known {
                machine.name = correction.name.unwrap_or_else(|| machine.name.clone());
                machine.kind = correction.r#type.unwrap_or_else(|| machine.kind.clone());
            }
        }
        let mut index: BTreeMap<usize, &mut survey::Channel> =
            machines.iter_mut().flat_map(|m| &mut m.channels).map(|c| (c.found, c)).collect();
        for (i, correction) in self.channels.into_iter().enumerate() {
            let at = format!("body.channels[{i}]");
            let channel = index.get_mut(&correction.place).ok_or_else(|| {
                Refusal::invalid(&format!("{at}.place"), correction.place.to_string(), "the place of a proposed channel")
            })?;
            correct(channel, correction, &at)?;
        }
        for (i, place) in self.without.into_iter().enumerate() {
            let channel = index.get_mut(&place).ok_or_else(|| {
                Refusal::invalid(&format!("body.without[{i}]"), place.to_string(), "the place of a proposed channel")
            })?;
            channel.is_chosen = false;
        }
        Ok(machines)
    }
}

fn correct(channel: &mut survey::Channel, correction: ChannelCorrection, at: &str) -> Reply<()> {
    if let Some(name) = correction.name {
        channel.name = name;
    }
    if let Some(text) = correction.role {
        channel.role = word(&format!("{at}.role"), &text, &plant::Role::ALL)?;
        channel.kind = channel.role.kind().unwrap_or(channel.kind);
    }
    if let Some(text) = correction.kind {
        channel.kind = word(&format!("{at}.kind"), &text, &plant::ChannelKind::ALL)?;
    }
    if let Some(unit) = correction.unit {
        channel.unit = Some(unit);
    }
    if let Some(states) = correction.states {
        let state = |(said, text): (String, String)| Ok((said, word(&format!("{at}.states"), &text, &plant::MachineState::ALL)?));
        channel.states = states.into_iter().map(state).collect::<Reply<_>>()?;
    }
    if channel.kind.is_word() {
        (channel.unit, channel.range) = (None, None);
    } else if channel.unit.is_none() {
        channel.unit = Some(channel.role.usual_unit().unwrap_or("1").to_owned());
    }
    // a person has looked at it
    channel.confidence = channel.confidence.max(DOUBTFUL);
    Ok(())
}
