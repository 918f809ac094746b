//! Decisions with their commands and outcome.

use super::common::{Because, Effect, Evidence, When, Window, channel_names, decision_behind, machine_name, order_name};
use super::machine::Figure;
use super::words::{ActionWord, CommandState, DecisionKind, DecisionState, Mode, Rank, UserRole};
use plant::Plant;
use serde::Serialize;
use utoipa::ToSchema;

/// What shall be done: `value` is the service word, the speed factor [%] or the order's name; null for standby and wake.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Action {
    /// The action.
    #[serde(rename = "do")]
    pub what: ActionWord,
    /// Its value.
    pub value: Option<Figure>,
}

/// Another action that was weighed and not taken; a null action is doing nothing.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Rejected {
    /// The action.
    pub action: Option<Action>,
    /// Its expected effect.
    pub expected: Effect,
    /// Why not, a code.
    pub reason: String,
}

/// Who said yes or no.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Verdict {
    /// Sign-in name, or `policy`.
    pub by: String,
    /// Their role.
    pub role: UserRole,
    /// Yes or no.
    pub approved: bool,
    /// Their reason.
    pub reason: String,
    /// When.
    pub at: When,
}

/// Something told to a machine.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Command {
    /// Its id, `command-N`.
    pub id: String,
    /// When it was made.
    pub at: When,
    /// `act`, or `rollback`.
    pub from: String,
    /// The machine.
    pub machine: String,
    /// The channel written.
    pub channel: String,
    /// What was written.
    pub value: Figure,
    /// Where it stands.
    pub state: CommandState,
    /// The device's or the envelope's words, where it was refused.
    pub detail: Option<String>,
    /// When the answer came.
    pub answered: Option<When>,
    /// What it rests on.
    pub because: Vec<Because>,
}

/// What a decision did, measured.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Outcome {
    /// Its id, `outcome-N`.
    pub id: String,
    /// When it was made.
    pub at: When,
    /// How it was measured, a code.
    pub from: String,
    /// Id of the decision measured.
    pub decision: String,
    /// Kind of that decision.
    pub kind: DecisionKind,
    /// The machine concerned.
    pub machine: String,
    /// What was expected.
    pub expected: Effect,
    /// What was measured.
    pub measured: Effect,
    /// Window in which it was measured.
    pub window: Window,
    /// What it rests on.
    pub because: Vec<Because>,
}

/// Something chosen.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Decision {
    /// Its id, `decision-N`.
    pub id: String,
    /// When it was made.
    pub at: When,
    /// The chooser that made it.
    pub from: String,
    /// Kind of decision.
    pub kind: DecisionKind,
    /// The machine concerned.
    pub machine: String,
    /// What shall be done.
    pub action: Action,
    /// Who speaks.
    pub rank: Rank,
    /// When it shall be done: not before.
    pub not_before: When,
    /// After this it makes no sense any more.
    pub valid_until: When,
    /// What it is expected to change.
    pub expected: Effect,
    /// Over which span its effect shows and is measured [s].
    pub horizon_s: f64,
    /// Numbers the effect was worked out from.
    pub evidence: Vec<Evidence>,
    /// What was weighed and not taken.
    pub rejected: Vec<Rejected>,
    /// Rules that the independent check found to hold.
    pub rules: Vec<String>,
    /// Where it stands.
    pub state: DecisionState,
    /// Who said yes or no, once someone has.
    pub verdict: Option<Verdict>,
    /// How its kind is carried out by policy; null where no policy is set.
    pub mode: Option<Mode>,
    /// Least role that may say yes or no.
    pub approver: UserRole,
    /// Its commands, newest first.
    pub commands: Vec<Command>,
    /// Its outcome, once measured.
    pub outcome: Option<Outcome>,
    /// What it rests on.
    pub because: Vec<Because>,
}

/// Least role that may judge a decision where its kind has no policy.
const APPROVER_WITHOUT_POLICY: plant::UserRole = plant::UserRole::Engineer;

/// Least role that may judge a decision.
pub fn approver_of(plant: &Plant, decision: &plant::Decision) -> plant::UserRole {
    plant.policy_of(decision).map_or(APPROVER_WITHOUT_POLICY, |p| p.approver)
}

impl Action {
    /// An action with its names.
    pub fn of(plant: &Plant, action: &plant::Action) -> Self {
        let value = match action {
            plant::Action::Standby | plant::Action::Wake => None,
            plant::Action::Service(word) => Some(Figure::Word(word.to_string())),
            plant::Action::Speed(percent) => Some(Figure::Number(*percent)),
            plant::Action::Run(order) => Some(Figure::Word(order_name(plant, *order))),
        };
        Self { what: action.into(), value }
    }
}

impl From<&plant::Verdict> for Verdict {
    fn from(v: &plant::Verdict) -> Self {
        Self { by: v.by.clone(), role: v.role.into(), approved: v.approved, reason: v.reason.clone(), at: When(v.at) }
    }
}

impl Command {
    /// A command with its names.
    pub fn of(plant: &Plant, c: &plant::Command) -> Self {
        let (machine, channel) = channel_names(plant, c.channel);
        let value = match &c.value {
            plant::CommandValue::Number(number) => Figure::Number(*number),
            plant::CommandValue::Word(word) => Figure::Word(word.clone()),
        };
        let detail = match &c.state {
            plant::CommandState::Failed(words) | plant::CommandState::Refused(words) => Some(words.clone()),
            _ => None,
        };
        Self {
            id: c.id.to_string(),
            at: When(c.at),
            from: c.from.to_string(),
            machine,
            channel,
            value,
            state: (&c.state).into(),
            detail,
            answered: c.answered.map(When),
            because: Because::all(plant, &c.because),
        }
    }
}

impl Outcome {
    /// An outcome with its names.
    pub fn of(plant: &Plant, o: &plant::Outcome) -> Self {
        Self {
            id: o.id.to_string(),
            at: When(o.at),
            from: o.from.to_string(),
            decision: o.decision.to_string(),
            kind: o.kind.into(),
            machine: machine_name(plant, o.machine),
            expected: o.expected.into(),
            measured: o.measured.into(),
            window: o.window.into(),
            because: Because::all(plant, &o.because),
        }
    }
}

impl Decision {
    /// A decision with its names, and those of the given commands and outcomes that belong to it.
    pub fn of<'a>(
        plant: &Plant,
        d: &plant::Decision,
        commands: impl IntoIterator<Item = &'a plant::Command>,
        outcomes: impl IntoIterator<Item = &'a plant::Outcome>,
    ) -> Self {
        let of_it = commands.into_iter().filter(|c| decision_behind(&c.because) == Some(d.id));
        let rejected = d.rejected.iter().map(|r| Rejected {
            action: r.action.as_ref().map(|a| Action::of(plant, a)),
            expected: r.expected.into(),
            reason: r.reason.to_string(),
        });
        Self {
            id: d.id.to_string(),
            at: When(d.at),
            from: d.from.to_string(),
            kind: d.kind.into(),
            machine: machine_name(plant, d.machine),
            action: Action::of(plant, &d.action),
            rank: d.rank.into(),
            not_before: When(d.not_before),
            valid_until: When(d.valid_until),
            expected: d.expected.into(),
            horizon_s: d.horizon.seconds(),
            evidence: d.evidence.iter().map(Evidence::from).collect(),
            rejected: rejected.collect(),
            rules: d.certificate.rules().iter().map(ToString::to_string).collect(),
            state: (&d.state).into(),
            verdict: d.verdict.as_ref().map(Verdict::from),
            mode: plant.policy_of(d).map(|p| p.mode.into()),
            approver: approver_of(plant, d).into(),
            commands: of_it.map(|c| Command::of(plant, c)).collect(),
            outcome: outcomes.into_iter().find(|o| o.decision == d.id).map(|o| Outcome::of(plant, o)),
            because: Because::all(plant, &d.because),
        }
    }
}
