//! The forms of hand entry: what can be entered, what was, and what the door said.

use super::common::{When, channel_names};
use super::words::{ChannelKind, RefusalReason};
use crate::hand::{Entered, Said};
use plant::ChannelId;
use serde::{Deserialize, Serialize};
use unit::desk::View;
use utoipa::ToSchema;

/// A channel that is read by hand.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HandChannel {
    /// The machine.
    pub machine: String,
    /// The channel within it.
    pub channel: String,
    /// As it is sent back: `machine/channel`.
    pub id: String,
    /// How values follow each other.
    pub kind: ChannelKind,
    /// UCUM unit; null for words.
    pub unit: Option<String>,
    /// Lowest and highest number accepted.
    pub range: Option<(f64, f64)>,
    /// The newest value, as text.
    pub last: Option<String>,
    /// When that was read.
    pub last_at: Option<When>,
}

/// A reading that somebody typed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HandEntry {
    /// `machine/channel`.
    pub channel: String,
    /// When it was read.
    pub at: String,
    /// The value.
    pub value: String,
    /// Who.
    pub who: String,
    /// When it was typed in.
    pub entered: When,
}

/// A round of meters.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HandRound {
    /// The unit's time now.
    pub now: When,
    /// Channels, machine by machine.
    pub channels: Vec<HandChannel>,
    /// The newest entries, newest first.
    pub entries: Vec<HandEntry>,
}

/// A reading taken by a person.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReading {
    /// Chosen by the sender, 8 to 64 characters: a repeated sending is the same reading.
    pub client_id: String,
    /// The channel, `machine/channel`.
    pub channel: String,
    /// When it was read, RFC 3339; now where left out.
    pub at: Option<String>,
    /// What was read: a number, or a word for channels of words.
    #[schema(value_type = f64)]
    pub value: serde_json::Value,
}

/// What the door said.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReadingAnswer {
    /// Whether it is in the journal.
    pub is_stored: bool,
    /// Whether it was there already.
    pub is_repeated: bool,
    /// Why it was refused.
    pub reason: Option<RefusalReason>,
    /// What was found.
    pub found: Option<String>,
    /// What is allowed.
    pub allowed: Option<String>,
}

impl HandChannel {
    fn of(view: &View, id: ChannelId) -> Self {
        let channel = view.plant.channel(id);
        let (machine, name) = channel_names(&view.plant, id);
        let last = view.image.latest.get(id.index()).copied().flatten();
        let word = channel.kind.is_word();
        let text = last.map(|l| {
            if word { view.image.words.word(l.value).map_or_else(String::new, |w| w.to_string()) } else { l.value.to_string() }
        });
        Self {
            id: format!("{machine}/{name}"),
            machine,
            channel: name,
            kind: channel.kind.into(),
            unit: (!word).then(|| channel.unit.code().to_owned()),
            range: channel.range,
            last: text,
            last_at: last.map(|l| When(l.at)),
        }
    }
}

impl HandRound {
    /// The round as the view and the house show it.
    pub fn of(view: &View, now: measure::Instant, channels: &[ChannelId], entries: Vec<Entered>) -> Self {
        let entry = |e: Entered| HandEntry { channel: e.channel, at: e.at, value: e.value, who: e.who, entered: When(e.entered) };
        Self {
            now: When(now),
            channels: channels.iter().map(|id| HandChannel::of(view, *id)).collect(),
            entries: entries.into_iter().map(entry).collect(),
        }
    }
}

impl From<Said> for ReadingAnswer {
    fn from(said: Said) -> Self {
        let stored = |is_repeated| Self { is_stored: true, is_repeated, reason: None, found: None, allowed: None };
        match said {
            Said::Stored => stored(false),
            Said::StoredBefore => stored(true),
            Said::Refused { reason, found, allowed } => Self {
                is_stored: false,
                is_repeated: false,
                reason: Some(reason.into()),
                found: Some(found),
                allowed: Some(allowed),
            },
        }
    }
}
