//! The stored form of records: JSON, one versioned enum, names in place of numbers.
//!
//! Enters: a [`Record`] and the plant it speaks of. Leaves: JSON text, and the record back by the ids of the present plant.

use super::parts::{
    BecauseV1, ChannelV1, EffectV1, EstimateV1, EvidenceV1, Misfit, Num, WindowV1, at, code, machine_id, machine_name, order_id,
    order_name, product_id, product_name, span, word,
};
use super::revision::RevisionV1;
use plant::{
    Action, Cause, Certificate, Command, CommandState, CommandValue, Confirmation, Course, CourseStep, Decision, DecisionKind,
    DecisionState, Finding, Forecast, ForecastKind, Outcome, Plant, Rank, Reason, Record, RecordId, Rejected, Suspect, UserRole,
    Verdict,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(tag = "v")]
enum RecordForm {
    #[serde(rename = "1")]
    V1(RecordV1),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
struct RecordV1 {
    id: String,
    at: i64,
    from: String,
    because: Vec<BecauseV1>,
    body: BodyV1,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BodyV1 {
    Finding(FindingV1),
    Forecast(ForecastV1),
    Decision(DecisionV1),
    Command(CommandV1),
    Outcome(OutcomeV1),
    Revision(RevisionV1),
}

#[derive(Serialize, Deserialize)]
struct FindingV1 {
    machine: String,
    channel: Option<ChannelV1>,
    cause: String,
    probability: Num,
    evidence: Vec<EvidenceV1>,
    loss: Option<EvidenceV1>,
    since: i64,
    ended: Option<i64>,
    /// Absent in records of older programs, and where none were weighed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    causes: Vec<SuspectV1>,
    /// Absent in records of older programs, and until somebody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmation: Option<ConfirmationV1>,
}

#[derive(Serialize, Deserialize)]
struct SuspectV1 {
    cause: String,
    probability: Num,
    reasons: Vec<ReasonV1>,
}

#[derive(Serialize, Deserialize)]
struct ReasonV1 {
    symptom: String,
    strength: Num,
    weight: Num,
}

#[derive(Serialize, Deserialize)]
struct ConfirmationV1 {
    by: String,
    role: String,
    at: i64,
    right: bool,
    cause: Option<String>,
    note: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    relearn: bool,
}

#[derive(Serialize, Deserialize)]
struct ForecastV1 {
    machine: Option<String>,
    order: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    product: Option<String>,
    kind: String,
    service: Option<String>,
    value: EstimateV1,
    horizon: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    course: Option<CourseV1>,
}

/// A forecast step by step: times in µs, each step its mean and quantiles.
#[derive(Serialize, Deserialize)]
struct CourseV1 {
    from: i64,
    step: i64,
    version: Option<u32>,
    steps: Vec<(Num, [Num; 7])>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do", content = "value")]
enum ActionV1 {
    Standby,
    Wake,
    Service(String),
    Speed(Num),
    Run(String),
}

#[derive(Serialize, Deserialize)]
struct RejectedV1 {
    action: Option<ActionV1>,
    expected: EffectV1,
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct VerdictV1 {
    by: String,
    role: String,
    approved: bool,
    reason: String,
    at: i64,
}

#[derive(Serialize, Deserialize)]
struct DecisionV1 {
    kind: String,
    machine: String,
    action: ActionV1,
    rank: String,
    not_before: i64,
    valid_until: i64,
    expected: EffectV1,
    horizon: i64,
    evidence: Vec<EvidenceV1>,
    rejected: Vec<RejectedV1>,
    rules: Vec<String>,
    state: String,
    verdict: Option<VerdictV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ValueV1 {
    Number(Num),
    Word(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", content = "detail")]
enum CommandStateV1 {
    Sent,
    Acknowledged,
    Failed(String),
    TimedOut,
    Refused(String),
}

#[derive(Serialize, Deserialize)]
struct CommandV1 {
    channel: ChannelV1,
    value: ValueV1,
    rank: String,
    deadline: i64,
    state: CommandStateV1,
    answered: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct OutcomeV1 {
    decision: String,
    kind: String,
    machine: String,
    expected: EffectV1,
    measured: EffectV1,
    window: WindowV1,
}

const RANKS: [(Rank, &str); 4] =
    [(Rank::Optimise, "optimise"), (Rank::Worker, "worker"), (Rank::Protect, "protect"), (Rank::Safety, "safety")];

/// The stored form of a record.
///
/// # Errors
/// The record names something by a number that the plant does not have.
pub(crate) fn to_json(plant: &Plant, record: &Record) -> Result<String, Misfit> {
    let (from, body) = match record {
        Record::Finding(r) => (&r.from, BodyV1::Finding(FindingV1::of(plant, r)?)),
        Record::Forecast(r) => (&r.from, BodyV1::Forecast(ForecastV1::of(plant, r)?)),
        Record::Decision(r) => (&r.from, BodyV1::Decision(DecisionV1::of(plant, r)?)),
        Record::Command(r) => (&r.from, BodyV1::Command(CommandV1::of(plant, r)?)),
        Record::Outcome(r) => (&r.from, BodyV1::Outcome(OutcomeV1::of(plant, r)?)),
        Record::Revision(r) => (&r.from, BodyV1::Revision(RevisionV1::of(plant, r)?)),
    };
    let form = RecordV1 {
        id: record.id().to_string(),
        at: record.at().micros(),
        from: from.to_string(),
        because: BecauseV1::all(plant, record.because())?,
        body,
    };
    serde_json::to_string(&RecordForm::V1(form)).map_err(|e| e.to_string())
}

/// The record of a stored form.
///
/// # Errors
/// Not a form known to this version, or about something that is not in the configuration any more.
pub(crate) fn from_json(plant: &Plant, text: &str) -> Result<Record, Misfit> {
    let RecordForm::V1(form) = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let id: RecordId = form.id.parse()?;
    Ok(match &form.body {
        BodyV1::Finding(body) => Record::Finding(body.read(plant, &form, id)?),
        BodyV1::Forecast(body) => Record::Forecast(body.read(plant, &form, id)?),
        BodyV1::Decision(body) => Record::Decision(body.read(plant, &form, id)?),
        BodyV1::Command(body) => Record::Command(body.read(plant, &form, id)?),
        BodyV1::Outcome(body) => Record::Outcome(body.read(plant, &form, id)?),
        BodyV1::Revision(body) => {
            let because = BecauseV1::read_all(plant, &form.because);
            Record::Revision(body.read(plant, (id, at(form.at), code(&form.from), because))?)
        }
    })
}

impl FindingV1 {
    fn of(plant: &Plant, r: &Finding) -> Result<Self, Misfit> {
        Ok(Self {
            machine: machine_name(plant, r.machine)?,
            channel: r.channel.map(|c| ChannelV1::of(plant, c)).transpose()?,
            cause: r.cause.word().to_owned(),
            probability: Num(r.probability),
            evidence: r.evidence.iter().map(EvidenceV1::of).collect(),
            loss: r.loss.as_ref().map(EvidenceV1::of),
            since: r.since.micros(),
            ended: r.ended.map(measure::Instant::micros),
            causes: r.causes.iter().map(SuspectV1::of).collect(),
            confirmation: r.confirmation.as_ref().map(ConfirmationV1::of),
        })
    }
    fn read(&self, plant: &Plant, form: &RecordV1, id: RecordId) -> Result<Finding, Misfit> {
        Ok(Finding {
            id,
            at: at(form.at),
            from: code(&form.from),
            because: BecauseV1::read_all(plant, &form.because),
            machine: machine_id(plant, &self.machine)?,
            channel: self.channel.as_ref().and_then(|c| c.read(plant).ok()),
            cause: word("cause", &self.cause, Cause::from_word)?,
            probability: self.probability.0,
            evidence: self.evidence.iter().map(EvidenceV1::read).collect(),
            loss: self.loss.as_ref().map(EvidenceV1::read),
            since: at(self.since),
            ended: self.ended.map(at),
            causes: self.causes.iter().map(SuspectV1::read).collect::<Result<_, _>>()?,
            confirmation: self.confirmation.as_ref().map(ConfirmationV1::read).transpose()?,
        })
    }
}

impl SuspectV1 {
    fn of(s: &Suspect) -> Self {
        Self {
            cause: s.cause.word().to_owned(),
            probability: Num(s.probability),
            reasons: s.reasons.iter().map(ReasonV1::of).collect(),
        }
    }
    fn read(&self) -> Result<Suspect, Misfit> {
        Ok(Suspect {
            cause: word("cause", &self.cause, Cause::from_word)?,
            probability: self.probability.0,
            reasons: self.reasons.iter().map(ReasonV1::read).collect(),
        })
    }
}

impl ReasonV1 {
    fn of(r: &Reason) -> Self {
        Self { symptom: r.symptom.to_string(), strength: Num(r.strength), weight: Num(r.weight) }
    }
    fn read(&self) -> Reason {
        Reason { symptom: code(&self.symptom), strength: self.strength.0, weight: self.weight.0 }
    }
}

impl ConfirmationV1 {
    fn of(c: &Confirmation) -> Self {
        Self {
            by: c.by.clone(),
            role: c.role.word().to_owned(),
            at: c.at.micros(),
            right: c.right,
            cause: c.cause.map(|cause| cause.word().to_owned()),
            note: c.note.clone(),
            relearn: c.relearn,
        }
    }
    fn read(&self) -> Result<Confirmation, Misfit> {
        Ok(Confirmation {
            by: self.by.clone(),
            role: word("role", &self.role, UserRole::from_word)?,
            at: at(self.at),
            right: self.right,
            cause: self.cause.as_ref().map(|cause| word("cause", cause, Cause::from_word)).transpose()?,
            note: self.note.clone(),
            relearn: self.relearn,
        })
    }
}

impl ForecastV1 {
    fn of(plant: &Plant, r: &Forecast) -> Result<Self, Misfit> {
        Ok(Self {
            machine: r.machine.map(|m| machine_name(plant, m)).transpose()?,
            order: r.order.map(|o| order_name(plant, o)).transpose()?,
            product: r.product.map(|p| product_name(plant, p)).transpose()?,
            kind: r.kind.word().to_owned(),
            service: r.service.as_ref().map(ToString::to_string),
            value: EstimateV1::of(&r.value),
            horizon: r.horizon.micros(),
            course: r.course.as_ref().map(CourseV1::of),
        })
    }
    fn read(&self, plant: &Plant, form: &RecordV1, id: RecordId) -> Result<Forecast, Misfit> {
        Ok(Forecast {
            id,
            at: at(form.at),
            from: code(&form.from),
            because: BecauseV1::read_all(plant, &form.because),
            machine: self.machine.as_ref().map(|m| machine_id(plant, m)).transpose()?,
            order: self.order.as_ref().map(|o| order_id(plant, o)).transpose()?,
            product: self.product.as_ref().map(|p| product_id(plant, p)).transpose()?,
            kind: word("kind of forecast", &self.kind, ForecastKind::from_word)?,
            service: self.service.as_deref().map(code),
            value: self.value.read(),
            horizon: span(self.horizon),
            course: self.course.as_ref().map(CourseV1::read),
        })
    }
}

impl CourseV1 {
    fn of(c: &Course) -> Self {
        let steps = c.steps.iter().map(|s| (Num(s.mean), s.quantiles.map(Num))).collect();
        Self { from: c.from.micros(), step: c.step.micros(), version: c.version, steps }
    }
    fn read(&self) -> Course {
        let step =
            |(mean, quantiles): &(Num, [Num; 7])| CourseStep { mean: mean.0, quantiles: quantiles.each_ref().map(|q| q.0) };
        Course { from: at(self.from), step: span(self.step), version: self.version, steps: self.steps.iter().map(step).collect() }
    }
}

impl ActionV1 {
    fn of(plant: &Plant, action: &Action) -> Result<Self, Misfit> {
        Ok(match action {
            Action::Standby => Self::Standby,
            Action::Wake => Self::Wake,
            Action::Service(word) => Self::Service(word.to_string()),
            Action::Speed(percent) => Self::Speed(Num(*percent)),
            Action::Run(order) => Self::Run(order_name(plant, *order)?),
        })
    }
    fn read(&self, plant: &Plant) -> Result<Action, Misfit> {
        Ok(match self {
            Self::Standby => Action::Standby,
            Self::Wake => Action::Wake,
            Self::Service(word) => Action::Service(code(word)),
            Self::Speed(percent) => Action::Speed(percent.0),
            Self::Run(order) => Action::Run(order_id(plant, order)?),
        })
    }
}

impl RejectedV1 {
    fn of(plant: &Plant, r: &Rejected) -> Result<Self, Misfit> {
        Ok(Self {
            action: r.action.as_ref().map(|a| ActionV1::of(plant, a)).transpose()?,
            expected: EffectV1::of(&r.expected),
            reason: r.reason.to_string(),
        })
    }
    fn read(&self, plant: &Plant) -> Result<Rejected, Misfit> {
        Ok(Rejected {
            action: self.action.as_ref().map(|a| a.read(plant)).transpose()?,
            expected: self.expected.read()?,
            reason: code(&self.reason),
        })
    }
}

impl VerdictV1 {
    fn of(v: &Verdict) -> Self {
        Self {
            by: v.by.clone(),
            role: v.role.word().to_owned(),
            approved: v.approved,
            reason: v.reason.clone(),
            at: v.at.micros(),
        }
    }
    fn read(&self) -> Result<Verdict, Misfit> {
        Ok(Verdict {
            by: self.by.clone(),
            role: word("role", &self.role, UserRole::from_word)?,
            approved: self.approved,
            reason: self.reason.clone(),
            at: at(self.at),
        })
    }
}

impl DecisionV1 {
    fn of(plant: &Plant, r: &Decision) -> Result<Self, Misfit> {
        Ok(Self {
            kind: r.kind.word().to_owned(),
            machine: machine_name(plant, r.machine)?,
            action: ActionV1::of(plant, &r.action)?,
            rank: rank_word(r.rank),
            not_before: r.not_before.micros(),
            valid_until: r.valid_until.micros(),
            expected: EffectV1::of(&r.expected),
            horizon: r.horizon.micros(),
            evidence: r.evidence.iter().map(EvidenceV1::of).collect(),
            rejected: r.rejected.iter().map(|x| RejectedV1::of(plant, x)).collect::<Result<_, _>>()?,
            rules: r.certificate.rules().iter().map(ToString::to_string).collect(),
            state: r.state.word().to_owned(),
            verdict: r.verdict.as_ref().map(VerdictV1::of),
        })
    }
    fn read(&self, plant: &Plant, form: &RecordV1, id: RecordId) -> Result<Decision, Misfit> {
        Ok(Decision {
            id,
            at: at(form.at),
            from: code(&form.from),
            because: BecauseV1::read_all(plant, &form.because),
            kind: word("kind of decision", &self.kind, DecisionKind::from_word)?,
            machine: machine_id(plant, &self.machine)?,
            action: self.action.read(plant)?,
            rank: word("rank", &self.rank, rank)?,
            not_before: at(self.not_before),
            valid_until: at(self.valid_until),
            expected: self.expected.read()?,
            horizon: span(self.horizon),
            evidence: self.evidence.iter().map(EvidenceV1::read).collect(),
            rejected: self.rejected.iter().filter_map(|x| x.read(plant).ok()).collect(),
            certificate: Certificate::issue(self.rules.iter().map(|r| code(r)).collect()),
            state: word("state of a decision", &self.state, DecisionState::from_word)?,
            verdict: self.verdict.as_ref().map(VerdictV1::read).transpose()?,
        })
    }
}

impl CommandV1 {
    fn of(plant: &Plant, r: &Command) -> Result<Self, Misfit> {
        Ok(Self {
            channel: ChannelV1::of(plant, r.channel)?,
            value: match &r.value {
                CommandValue::Number(n) => ValueV1::Number(Num(*n)),
                CommandValue::Word(w) => ValueV1::Word(w.clone()),
            },
            rank: rank_word(r.rank),
            deadline: r.deadline.micros(),
            state: match &r.state {
                CommandState::Sent => CommandStateV1::Sent,
                CommandState::Acknowledged => CommandStateV1::Acknowledged,
                CommandState::Failed(why) => CommandStateV1::Failed(why.clone()),
                CommandState::TimedOut => CommandStateV1::TimedOut,
                CommandState::Refused(why) => CommandStateV1::Refused(why.clone()),
            },
            answered: r.answered.map(measure::Instant::micros),
        })
    }
    fn read(&self, plant: &Plant, form: &RecordV1, id: RecordId) -> Result<Command, Misfit> {
        Ok(Command {
            id,
            at: at(form.at),
            from: code(&form.from),
            because: BecauseV1::read_all(plant, &form.because),
            channel: self.channel.read(plant)?,
            value: match &self.value {
                ValueV1::Number(n) => CommandValue::Number(n.0),
                ValueV1::Word(w) => CommandValue::Word(w.clone()),
            },
            rank: word("rank", &self.rank, rank)?,
            deadline: at(self.deadline),
            state: match &self.state {
                CommandStateV1::Sent => CommandState::Sent,
                CommandStateV1::Acknowledged => CommandState::Acknowledged,
                CommandStateV1::Failed(why) => CommandState::Failed(why.clone()),
                CommandStateV1::TimedOut => CommandState::TimedOut,
                CommandStateV1::Refused(why) => CommandState::Refused(why.clone()),
            },
            answered: self.answered.map(at),
        })
    }
}

impl OutcomeV1 {
    fn of(plant: &Plant, r: &Outcome) -> Result<Self, Misfit> {
        Ok(Self {
            decision: r.decision.to_string(),
            kind: r.kind.word().to_owned(),
            machine: machine_name(plant, r.machine)?,
            expected: EffectV1::of(&r.expected),
            measured: EffectV1::of(&r.measured),
            window: WindowV1::of(r.window),
        })
    }
    fn read(&self, plant: &Plant, form: &RecordV1, id: RecordId) -> Result<Outcome, Misfit> {
        Ok(Outcome {
            id,
            at: at(form.at),
            from: code(&form.from),
            because: BecauseV1::read_all(plant, &form.because),
            decision: self.decision.parse()?,
            kind: word("kind of decision", &self.kind, DecisionKind::from_word)?,
            machine: machine_id(plant, &self.machine)?,
            expected: self.expected.read()?,
            measured: self.measured.read()?,
            window: self.window.read(),
        })
    }
}

fn rank_word(rank: Rank) -> String {
    RANKS.iter().find(|(r, _)| *r == rank).map_or("", |(_, w)| w).to_owned()
}

fn rank(word: &str) -> Option<Rank> {
    RANKS.iter().find(|(_, w)| *w == word).map(|(r, _)| *r)
}

/// What the database looks a record up by.
pub(crate) struct Outline {
    /// Its id.
    pub id: RecordId,
    /// When it was made.
    pub at: measure::Instant,
    /// Name of the machine concerned.
    pub machine: String,
    /// Cause, kind, or the value written.
    pub what: String,
    /// Where it stands; empty where the kind of record has no states.
    pub state: String,
}

impl Outline {
    /// The outline of a stored form; needs no plant.
    ///
    /// # Errors
    /// Not a form known to this version.
    pub(crate) fn of(text: &str) -> Result<Self, Misfit> {
        let RecordForm::V1(form) = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let (machine, what, state) = match form.body {
            BodyV1::Finding(b) => (b.machine, b.cause, if b.ended.is_some() { "ended" } else { "open" }.to_owned()),
            BodyV1::Forecast(b) => (b.machine.unwrap_or_default(), b.kind, String::new()),
            BodyV1::Decision(b) => (b.machine, b.kind, b.state),
            BodyV1::Command(b) => (b.channel.machine, b.channel.channel, b.state.word().to_owned()),
            BodyV1::Outcome(b) => (b.machine, b.kind, String::new()),
            BodyV1::Revision(b) => (b.machine, form.from, b.state),
        };
        Ok(Self { id: form.id.parse()?, at: at(form.at), machine, what, state })
    }
}

impl CommandStateV1 {
    const fn word(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::Failed(_) => "failed",
            Self::TimedOut => "timed_out",
            Self::Refused(_) => "refused",
        }
    }
}
