//! The safety envelope: the only door through which a command leaves.
//!
//! Enters: a wish to write a value to a channel, the plant, the image, what was written last. Leaves: yes, or the rule that
//! refuses with what was found and what is allowed. Absent: why it is wished.

use crate::ranks::Ranks;
use measure::Span;
use plant::{Channel, CommandValue, Image, MachineState, Plant, Rank};
use thiserror::Error;

/// A machine silent for longer than this is not written to.
pub const SILENT_MAX: Span = Span::from_minutes(15);
/// Longest word where the channel names none [characters].
pub const WORD_CHARS_MAX: usize = 64;

/// The rules of the envelope, in the order they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The channel is writable.
    Writable,
    /// A number for a number channel, a word for a word channel.
    Kind,
    /// The number is finite and within the range.
    Range,
    /// The word is one of those allowed.
    Words,
    /// The machine was heard of lately.
    Heard,
    /// The state of the machine allows writing.
    Interlock,
    /// The change is not too large.
    Step,
    /// The last write is long enough ago.
    Rest,
    /// No higher rank's command is undone.
    Rank,
}

/// Why the envelope refused a command.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{place} refuses by rule `{}`: found {found}, allowed {allowed}", rule.word())]
pub struct Refusal {
    /// `machine/channel`.
    pub place: String,
    /// The rule.
    pub rule: Rule,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

/// A wish to write.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The channel.
    pub channel: &'a Channel,
    /// The value.
    pub value: &'a CommandValue,
    /// Who speaks.
    pub rank: Rank,
    /// Whether it sets back what a failed command may have changed: then it need not rest.
    pub is_back: bool,
}

impl Rule {
    /// The word used in sentences and records.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Writable => "writable",
            Self::Kind => "kind",
            Self::Range => "range",
            Self::Words => "words",
            Self::Heard => "heard",
            Self::Interlock => "interlock",
            Self::Step => "step",
            Self::Rest => "rest",
            Self::Rank => "rank",
        }
    }
}

impl Refusal {
    /// Whether the same wish may be granted later without anybody changing it.
    pub const fn may_retry(&self) -> bool {
        matches!(self.rule, Rule::Interlock | Rule::Rest)
    }
}

struct Door<'a> {
    plant: &'a Plant,
    image: &'a Image,
    wish: Wish<'a>,
}

/// Lets a wish through, or names the first rule that refuses it.
///
/// # Errors
/// The rule, what was found and what is allowed.
pub fn admit(plant: &Plant, image: &Image, ranks: &Ranks, wish: Wish<'_>) -> Result<(), Refusal> {
    let door = Door { plant, image, wish };
    let Some(envelope) = &wish.channel.writable else {
        return Err(door.refuse(Rule::Writable, "a channel to be read only", "a writable channel"));
    };
    match (wish.value, envelope.range) {
        (CommandValue::Number(number), Some(range)) => door.number(*number, range)?,
        (CommandValue::Word(word), None) => door.word(word, &envelope.words)?,
        (CommandValue::Number(number), None) => return Err(door.refuse(Rule::Kind, door.told(*number), "a word")),
        (CommandValue::Word(word), Some(_)) => return Err(door.refuse(Rule::Kind, format!("`{word}`"), "a number")),
    }
    door.interlock(&envelope.states)?;
    door.step(ranks, envelope.step_max)?;
    door.rest(ranks, envelope.rest)?;
    ranks.allows(wish, image.at).map_err(|(found, allowed)| door.refuse(Rule::Rank, found, allowed))
}

impl Door<'_> {
    fn refuse(&self, rule: Rule, found: impl Into<String>, allowed: impl Into<String>) -> Refusal {
        let channel = self.wish.channel;
        let place = format!("{}/{}", self.plant.machine(channel.machine).name, channel.name);
        Refusal { place, rule, found: found.into(), allowed: allowed.into() }
    }

    /// A number with the channel's unit.
    fn told(&self, number: f64) -> String {
        format!("{number} {}", self.wish.channel.unit.code())
    }

    fn number(&self, number: f64, (low, high): (f64, f64)) -> Result<(), Refusal> {
        if number.is_finite() && (low..=high).contains(&number) {
            return Ok(());
        }
        Err(self.refuse(Rule::Range, self.told(number), format!("{low} to {}", self.told(high))))
    }

    fn word(&self, word: &str, words: &[String]) -> Result<(), Refusal> {
        if words.is_empty() {
            let count = word.chars().count();
            let is_plain = (1..=WORD_CHARS_MAX).contains(&count) && !word.chars().any(char::is_control);
            let allowed = format!("1 to {WORD_CHARS_MAX} printable characters");
            return if is_plain { Ok(()) } else { Err(self.refuse(Rule::Words, format!("{count} characters"), allowed)) };
        }
        if words.iter().any(|w| w == word) {
            return Ok(());
        }
        Err(self.refuse(Rule::Words, format!("`{word}`"), words.join(", ")))
    }

    fn interlock(&self, states: &[MachineState]) -> Result<(), Refusal> {
        let Some(machine) = self.image.machines.get(self.wish.channel.machine.index()) else {
            return Err(self.refuse(Rule::Heard, "a machine never heard of", "one heard of"));
        };
        let silent = self.image.at - machine.heard;
        if silent > SILENT_MAX {
            return Err(self.refuse(Rule::Heard, format!("silence for {silent}"), format!("at most {SILENT_MAX}")));
        }
        let is_allowed = if states.is_empty() { machine.state != MachineState::Down } else { states.contains(&machine.state) };
        if is_allowed {
            return Ok(());
        }
        let words: Vec<&str> = states.iter().map(|s| s.word()).collect();
        let allowed = if words.is_empty() { "any state but down".to_owned() } else { words.join(", ") };
        Err(self.refuse(Rule::Interlock, machine.state.word(), allowed))
    }

    fn step(&self, ranks: &Ranks, step_max: Option<f64>) -> Result<(), Refusal> {
        let (Some(step), CommandValue::Number(to)) = (step_max, self.wish.value) else { return Ok(()) };
        let written = ranks.last(self.wish.channel.id).and_then(|s| match s.value {
            CommandValue::Number(number) => Some(number),
            CommandValue::Word(_) => None,
        });
        let in_force = crate::carry::in_force(self.plant, self.image, self.wish.channel).or(written);
        match in_force {
            Some(from) if (to - from).abs() > step + 1e-9 => {
                let found = format!("a step from {} to {}", self.told(from), self.told(*to));
                Err(self.refuse(Rule::Step, found, format!("at most {}", self.told(step))))
            }
            _ => Ok(()),
        }
    }

    fn rest(&self, ranks: &Ranks, rest: Span) -> Result<(), Refusal> {
        let Some(last) = ranks.last(self.wish.channel.id) else { return Ok(()) };
        let ago: Span = self.image.at - last.at;
        if self.wish.is_back || ago >= rest {
            return Ok(());
        }
        Err(self.refuse(Rule::Rest, format!("a write {ago} after the last"), format!("{rest} or more")))
    }
}
