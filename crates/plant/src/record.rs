//! The records that walk: Finding / Forecast → Decision → Command → Outcome. Each has `at`, `from`, `because`.
//!
//! Records carry codes and numbers, never sentences: the words for people are made where they are shown, in their language.

use crate::{ChannelId, Course, MachineId, OrderId, ProductId, Rank, RecordId, Revision, UserRole, Window};
use measure::{Estimate, Instant, Span};
use std::borrow::Cow;

/// A code that a word list of the UI translates.
pub type Code = Cow<'static, str>;

/// What a record rests on.
#[derive(Clone, Debug, PartialEq)]
pub enum Because {
    /// Another record.
    Record(RecordId),
    /// Readings of one channel in a window.
    Readings {
        /// The channel.
        channel: ChannelId,
        /// Source times.
        window: Window,
    },
    /// An order as it was entered.
    Order(OrderId),
}

/// Likely cause named by a diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A machine stands ready with nothing to do and draws power.
    IdleEnergy,
    /// The air network loses air.
    AirLeak,
    /// A tool is worn.
    ToolWear,
    /// A bearing or spindle is worn and will fail.
    BearingWear,
    /// One machine holds up its line.
    Bottleneck,
    /// Pieces drift away from nominal.
    QualityDrift,
    /// Errors that came before failures in the past come again.
    ErrorPattern,
    /// A machine behaves unlike it did in good order; which channels tell it stands in the finding.
    Unusual,
    /// The drive works against more than the piece: a jam, a wrong setting, a clogged feed.
    Overload,
    /// Pieces are fed wrongly, so that the machine stops between them.
    Misfeed,
    /// An instrument tells more and more, or less and less, than there is.
    SensorDrift,
    /// An instrument repeats one value.
    SensorStuck,
}

/// Why a cause is likely or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// What was looked at, a code such as `load_high`.
    pub symptom: Code,
    /// How strongly it shows, 0 to 1 [1].
    pub strength: f64,
    /// What it adds to the logarithm of the odds of the cause [1].
    pub weight: f64,
}

/// A cause that may lie behind a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspect {
    /// The cause.
    pub cause: Cause,
    /// Its probability among the causes that were weighed [1].
    pub probability: f64,
    /// What speaks most for and against it.
    pub reasons: Vec<Reason>,
}

/// What a person found when they looked: that was it, or that was not it.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmation {
    /// Sign-in name.
    pub by: String,
    /// Their role.
    pub role: UserRole,
    /// When.
    pub at: Instant,
    /// Whether the cause that the finding named was it.
    pub right: bool,
    /// What it was instead, where they know.
    pub cause: Option<Cause>,
    /// Their words.
    pub note: String,
    /// Whether they agreed to the machine's new ways, so that what is usual is learned anew.
    pub relearn: bool,
}

/// One number that proves a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// What is measured, a code such as `idle_power` or `share_blocked`.
    pub name: Code,
    /// The figure with its uncertainty.
    pub value: Estimate,
    /// UCUM code of the figure.
    pub unit: Code,
    /// What it is compared with, if anything.
    pub normal: Option<f64>,
}

/// Something recognised and diagnosed.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Its id.
    pub id: RecordId,
    /// When it was made.
    pub at: Instant,
    /// The detector that made it.
    pub from: Code,
    /// What it rests on.
    pub because: Vec<Because>,
    /// The machine concerned.
    pub machine: MachineId,
    /// The channel that shows it best.
    pub channel: Option<ChannelId>,
    /// Likely cause: the first of `causes`, where causes were weighed.
    pub cause: Cause,
    /// Probability that the cause is right [1].
    pub probability: f64,
    /// The proof.
    pub evidence: Vec<Evidence>,
    /// What it costs per hour while it lasts [W for energy causes, pieces/h for others], if known.
    pub loss: Option<Evidence>,
    /// Since when the condition holds.
    pub since: Instant,
    /// When the condition was seen to have ended; a finding is kept anew with the same id then.
    pub ended: Option<Instant>,
    /// The causes that were weighed, the likeliest first; empty where the detector knows the only one.
    pub causes: Vec<Suspect>,
    /// What a person found, once one has looked; the finding is kept anew with the same id then.
    pub confirmation: Option<Confirmation>,
}

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ForecastKind {
    /// Operating time left until failure [h].
    RemainingLife,
    /// Probability of failure before the horizon [1].
    FailureProbability,
    /// How much longer a machine stays idle [min].
    IdleSpan,
    /// Share of the next pieces of a machine that will be scrapped [1].
    ScrapShare,
    /// When an order will be done, from `at` [h].
    OrderDone,
    /// Pieces of a product that will be ordered within the horizon [1].
    Demand,
    /// Electrical energy that the unit will take within the horizon [kW.h].
    EnergyUse,
    /// Electrical energy that will be generated at the site within the horizon [kW.h].
    Generation,
}

/// Something predicted, with its uncertainty.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// Its id.
    pub id: RecordId,
    /// When it was made.
    pub at: Instant,
    /// The predictor that made it.
    pub from: Code,
    /// What it rests on.
    pub because: Vec<Because>,
    /// The machine concerned; `None` where it is the whole unit.
    pub machine: Option<MachineId>,
    /// The order concerned, if any.
    pub order: Option<OrderId>,
    /// The product concerned, if any.
    pub product: Option<ProductId>,
    /// What is predicted; its unit is part of the kind.
    pub kind: ForecastKind,
    /// Service word that would remedy it (`tool`, `bearing`, `leak`), for failures.
    pub service: Option<Code>,
    /// The figure.
    pub value: Estimate,
    /// How far ahead it looks.
    pub horizon: Span,
    /// Step by step, where it is foretold so; `value` is the sum then.
    pub course: Option<Course>,
}

/// Kinds of decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecisionKind {
    /// Send an idle machine to standby, or wake it.
    Standby,
    /// Service a machine before it fails.
    Maintain,
    /// Change the speed within limits.
    Speed,
    /// Name the next order at a machine.
    Dispatch,
}

/// What shall be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Power down to standby.
    Standby,
    /// Come back from standby.
    Wake,
    /// Do a service, named by its word, as soon as the running piece is finished.
    Service(Code),
    /// Run at this speed factor [%].
    Speed(f64),
    /// Run this order next.
    Run(OrderId),
}

/// What a decision changes, and in which unit its effect is told. Positive is always better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Electrical energy saved [kW.h].
    EnergySaved,
    /// Down time avoided [min].
    DownTimeAvoided,
    /// Good pieces gained [1].
    PiecesGained,
    /// Set-up time saved [min].
    SetUpSaved,
}

/// An effect, expected or measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// What changes.
    pub metric: Metric,
    /// By how much; above zero is better.
    pub value: Estimate,
}

/// Another action that was weighed and not taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejected {
    /// The action; `None` is doing nothing.
    pub action: Option<Action>,
    /// Its expected effect.
    pub expected: Effect,
    /// Why not, a code such as `smaller_effect` or `not_feasible`.
    pub reason: Code,
}

/// Proof that the independent check found a decision feasible. Only `decide::check` issues one, and `store` and `web`
/// read one back; tidy holds this.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    rules: Vec<Code>,
}

impl Certificate {
    /// Names the rules that were checked and held.
    pub const fn issue(rules: Vec<Code>) -> Self {
        Self { rules }
    }
    /// The rules that were checked and held.
    pub fn rules(&self) -> &[Code] {
        &self.rules
    }
}

/// Where a decision stands.
#[derive(Clone, Debug, PartialEq)]
pub enum DecisionState {
    /// Waits for a person.
    Pending,
    /// A person agreed; commands follow.
    Approved,
    /// A person refused.
    Rejected,
    /// Shown as advice only.
    Advised,
    /// Nobody answered in time, or the situation changed.
    Lapsed,
    /// Commands are on their way, or their effect is being measured.
    Running,
    /// The outcome is measured.
    Done,
    /// A command failed; what had been changed was set back.
    RolledBack,
    /// The envelope refused a command.
    Refused,
}

/// Who said yes or no to a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Sign-in name, or `policy` for automatic ones.
    pub by: String,
    /// Their role.
    pub role: UserRole,
    /// Yes or no.
    pub approved: bool,
    /// Their reason.
    pub reason: String,
    /// When.
    pub at: Instant,
}

/// Something chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Its id.
    pub id: RecordId,
    /// When it was made.
    pub at: Instant,
    /// The chooser that made it.
    pub from: Code,
    /// What it rests on.
    pub because: Vec<Because>,
    /// Kind of decision.
    pub kind: DecisionKind,
    /// The machine concerned.
    pub machine: MachineId,
    /// What shall be done.
    pub action: Action,
    /// Who speaks.
    pub rank: Rank,
    /// When it shall be done: not before.
    pub not_before: Instant,
    /// After this it makes no sense any more.
    pub valid_until: Instant,
    /// What it is expected to change.
    pub expected: Effect,
    /// Over which span its effect shows and is measured.
    pub horizon: Span,
    /// Numbers the effect was worked out from, for people and for measuring.
    pub evidence: Vec<Evidence>,
    /// What was weighed and not taken.
    pub rejected: Vec<Rejected>,
    /// The proof of feasibility.
    pub certificate: Certificate,
    /// Where it stands.
    pub state: DecisionState,
    /// Who said yes or no, once someone has.
    pub verdict: Option<Verdict>,
}

/// A value told to a machine.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandValue {
    /// A number in the channel's unit.
    Number(f64),
    /// A word.
    Word(String),
}

/// Where a command stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandState {
    /// Sent, not yet acknowledged.
    Sent,
    /// The device took it.
    Acknowledged,
    /// The device refused it, with its words.
    Failed(String),
    /// No answer in time.
    TimedOut,
    /// The envelope refused it before it left, with the rule.
    Refused(String),
}

/// Something told to a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Its id.
    pub id: RecordId,
    /// When it was made.
    pub at: Instant,
    /// `act`, or `rollback`.
    pub from: Code,
    /// What it rests on: a decision.
    pub because: Vec<Because>,
    /// Channel to write.
    pub channel: ChannelId,
    /// What to write.
    pub value: CommandValue,
    /// Who speaks.
    pub rank: Rank,
    /// Answer wanted until.
    pub deadline: Instant,
    /// Where it stands.
    pub state: CommandState,
    /// When the answer came.
    pub answered: Option<Instant>,
}

/// What a decision did, measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its id.
    pub id: RecordId,
    /// When it was made.
    pub at: Instant,
    /// How it was measured, a code such as `idle_baseline`.
    pub from: Code,
    /// What it rests on: decision, commands, readings.
    pub because: Vec<Because>,
    /// The decision measured.
    pub decision: RecordId,
    /// Kind of that decision.
    pub kind: DecisionKind,
    /// The machine concerned.
    pub machine: MachineId,
    /// What was expected.
    pub expected: Effect,
    /// What was measured.
    pub measured: Effect,
    /// Window in which it was measured.
    pub window: Window,
}

/// Any record but readings and images.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// Something recognised.
    Finding(Finding),
    /// Something predicted.
    Forecast(Forecast),
    /// Something chosen.
    Decision(Decision),
    /// Something told to a machine.
    Command(Command),
    /// Something measured.
    Outcome(Outcome),
    /// Figures of closed periods changed by late readings.
    Revision(Revision),
}

impl Record {
    /// Its id.
    pub const fn id(&self) -> RecordId {
        match self {
            Self::Finding(r) => r.id,
            Self::Forecast(r) => r.id,
            Self::Decision(r) => r.id,
            Self::Command(r) => r.id,
            Self::Outcome(r) => r.id,
            Self::Revision(r) => r.id,
        }
    }
    /// When it was made.
    pub const fn at(&self) -> Instant {
        match self {
            Self::Finding(r) => r.at,
            Self::Forecast(r) => r.at,
            Self::Decision(r) => r.at,
            Self::Command(r) => r.at,
            Self::Outcome(r) => r.at,
            Self::Revision(r) => r.at,
        }
    }
    /// What it rests on.
    pub fn because(&self) -> &[Because] {
        match self {
            Self::Finding(r) => &r.because,
            Self::Forecast(r) => &r.because,
            Self::Decision(r) => &r.because,
            Self::Command(r) => &r.because,
            Self::Outcome(r) => &r.because,
            Self::Revision(r) => &r.because,
        }
    }
}

macro_rules! words {
    ($($type:ident { $($variant:ident => $word:literal),* $(,)? })*) => {$(
        impl $type {
            /// All values, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The code used in forms and translated by the UI.
            pub const fn word(&self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
            /// From the code.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    )*};
}

words! {
    Cause {
        IdleEnergy => "idle_energy", AirLeak => "air_leak", ToolWear => "tool_wear", BearingWear => "bearing_wear",
        Bottleneck => "bottleneck", QualityDrift => "quality_drift", ErrorPattern => "error_pattern",
        Unusual => "unusual", Overload => "overload", Misfeed => "misfeed", SensorDrift => "sensor_drift",
        SensorStuck => "sensor_stuck",
    }
    ForecastKind {
        RemainingLife => "remaining_life", FailureProbability => "failure_probability", IdleSpan => "idle_span", ScrapShare => "scrap_share",
        OrderDone => "order_done", Demand => "demand", EnergyUse => "energy_use", Generation => "generation",
    }
    DecisionKind { Standby => "standby", Maintain => "maintain", Speed => "speed", Dispatch => "dispatch" }
    Metric {
        EnergySaved => "energy_saved", DownTimeAvoided => "down_time_avoided", PiecesGained => "pieces_gained",
        SetUpSaved => "set_up_saved",
    }
    DecisionState {
        Pending => "pending", Approved => "approved", Rejected => "rejected", Advised => "advised", Lapsed => "lapsed",
        Running => "running", Done => "done", RolledBack => "rolled_back", Refused => "refused",
    }
}

impl Metric {
    /// UCUM code of the metric's unit.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::EnergySaved => "kW.h",
            Self::DownTimeAvoided | Self::SetUpSaved => "min",
            Self::PiecesGained => "1",
        }
    }
}

impl ForecastKind {
    /// UCUM code of the forecast's unit.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::RemainingLife | Self::OrderDone => "h",
            Self::FailureProbability | Self::ScrapShare | Self::Demand => "1",
            Self::EnergyUse | Self::Generation => "kW.h",
            Self::IdleSpan => "min",
        }
    }
}
