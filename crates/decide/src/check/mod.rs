//! The independent feasibility check: no decision leaves this room without a certificate issued here. It shares no code with
//! the choosers: every rule reads plant and image anew.
//!
//! Enters: a situation and a proposal. Leaves: a certificate that names the rules that held, or the first rule that did not,
//! with what was found and what is allowed. Absent: how the proposal was chosen.

pub mod plan;

use crate::{Proposal, Situation};
use measure::Span;
use plant::{
    Action, Certificate, Channel, Code, Decision, DecisionKind, DecisionState, Envelope, MachineState, Metric, OrderId, Quality,
    Role,
};
use thiserror::Error;

/// A machine not heard of for this long is not decided about.
pub const HEARD_WITHIN: Span = Span::from_minutes(15);
/// Longest horizon of a decision.
pub const HORIZON_MAX: Span = Span::from_days(7);
/// Longest time from now until a decision lapses.
pub const VALID_MAX: Span = Span::from_days(7);
/// A proposal rejected by a person does not come back within this.
pub const REST_REJECTED: Span = Span::from_hours(8);
/// A proposal that was refused, rolled back or lapsed does not come back within this.
pub const REST_FAILED: Span = Span::from_hours(1);
/// Advice is not repeated within this.
pub const REST_ADVISED: Span = Span::from_hours(4);
/// The speed of a machine is not changed again within this.
pub const REST_SPEED: Span = Span::from_minutes(30);

/// A rule that a proposal breaks.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("rule `{rule}` does not hold: found {found}, allowed {allowed}")]
pub struct Violation {
    /// The rule's code.
    pub rule: &'static str,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

type Rule = fn(&Situation<'_>, &Proposal) -> Result<(), Violation>;

/// All rules in the order they are asked; a rule may rely on the ones before it.
pub const RULES: &[(&str, Rule)] = &[
    ("machine_exists", machine_exists),
    ("machine_heard", machine_heard),
    ("state_allows", state_allows),
    ("channel_writable", channel_writable),
    ("value_in_envelope", value_in_envelope),
    ("order_waits", order_waits),
    ("service_known", service_known),
    ("no_conflict", no_conflict),
    ("rested", rested),
    ("reason_told", reason_told),
    ("time_window", time_window),
    ("effect_finite", effect_finite),
    ("not_worse_than_nothing", not_worse_than_nothing),
];

/// Proves a proposal feasible.
///
/// # Errors
/// The first rule that does not hold.
pub fn certify(situation: &Situation<'_>, proposal: &Proposal) -> Result<Certificate, Violation> {
    for (_, rule) in RULES {
        rule(situation, proposal)?;
    }
    Ok(Certificate::issue(RULES.iter().map(|(name, _)| Code::Borrowed(*name)).collect()))
}

/// The answer to a proposal that came after another one for the same channel in the same step.
pub(crate) fn taken(proposal: &Proposal) -> Violation {
    broken("no_conflict", format!("an earlier {} in this step", proposal.kind.word()), "one at a time")
}

/// Whether two actions at one machine cannot both stand.
pub(crate) fn excludes(one: &Action, other: &Action) -> bool {
    let powers_down = |a: &Action| matches!(a, Action::Standby);
    let services = |a: &Action| matches!(a, Action::Service(_));
    channel_role(one) == channel_role(other) || (powers_down(one) && services(other)) || (services(one) && powers_down(other))
}

fn broken(rule: &'static str, found: impl Into<String>, allowed: impl Into<String>) -> Violation {
    Violation { rule, found: found.into(), allowed: allowed.into() }
}

const fn channel_role(action: &Action) -> Role {
    match action {
        Action::Standby | Action::Wake => Role::SetState,
        Action::Service(_) => Role::SetService,
        Action::Speed(_) => Role::SetSpeed,
        Action::Run(_) => Role::SetOrder,
    }
}

fn machine_exists(situation: &Situation<'_>, proposal: &Proposal) -> Result<(), Violation> {
    let (known, seen) = (situation.plant.machines.len(), situation.image.machines.len());
    let place = proposal.machine.index();
    if place < known && place < seen {
        return Ok(());
    }
    Err(broken("machine_exists", format!("machine number {place}"), format!("one of {}", known.min(seen))))
}

fn machine_heard(situation: &Situation<'_>, proposal: &Proposal) -> Result<(), Violation> {
    let silent = situation.now - situation.image.machines[proposal.machine.index()].heard;
    if silent <= HEARD_WITHIN {
        return Ok(());
    }
    Err(broken("machine_heard", format!("silent for {silent}"), format!("at most {HEARD_WITHIN}")))
}

fn state_allows(situation: &Situation<'_>, proposal: &Proposal) -> Result<(), Violation> {
    use MachineState as S;
    let state = situation.image.machines[proposal.machine.index()].state;
    let allowed: &[S] = match proposal.action {
        Action::Standby => &[S::Starved, S::Blocked],
        Action::Wake => &[S::Standby, S::Off],
        // A later service finds another state; what it finds is checked again when it is carried out.
        Action::Service(_) => &[S::Standby, S::WarmingUp, S::SetUp, S::Producing, S::Blocked, S::Starved],
        Action::Speed(_) => &[S::SetUp, S::Producing, S::Blocked, S::Starved],
        Action::Run(_) => &[S::SetUp, S::Producing, S::Blocked, S::Starved, S::WarmingUp, S::Standby],
    };
    let matches_kind = match proposal.kind {
        DecisionKind::Standby => matches!(proposal.action, Action::Standby | Action::Wake),
        DecisionKind::Maintain => matches!(proposal.action, Action::Service(_)),
        DecisionKind::Speed => matches!(proposal.action, Action::Speed(_)),
        DecisionKind::Dispatch => matches!(proposal.action, Action::Run(_)),
    };
    if !matches_kind {
        return Err(broken("state_allows", format!("{:?}", proposal.action), format!("an action of {}", proposal.kind.word())));
    }
    if allowed.contains(&state) {
        return Ok(());
    }
    let words: Vec<&str> = allowed.iter().map(|s| s.word()).collect();
    Err(broken("state_allows", state.word(), words.join(", ")))
}

fn target<'a>(situation: &Situation<'a>, proposal: &Proposal) -> Option<(&'a Channel, &'a Envelope)> {
    let channel = situation.plant.role(proposal.machine, channel_role(&proposal.action))?;
    channel.writable.as_ref().map(|envelope| (channel, envelope))
}

fn channel_writable(situation: &Situation<'_>, proposal: &Proposal) -> Result<(), Violation> {
    if target(situation, proposal).is_some() {
        return Ok(());
    }
    let word = channel_role(&proposal.action).word();
    Err(broken("channel_writable", format!("no writable channel of role {word}"), "one"))
}

fn value_in_envelope(situation: &Situation<'_>, proposal: &Proposal) -> Result<(), Violation> {
    let rule = "value_in_envelope";
    let Some((channel, envelope)) = target(situation, proposal) else { return Ok(()) };
    let word = match &proposal.action {
        Action::Speed(speed) => return speed_in_envelope(situation, proposal, (channel, envelope), *speed),
        Action::Standby => "standby",
        Action::Wake => "ready",
        Action::Service(word) => word.as_ref(),
        Action::Run(order) => match situation.plant.orders.get(order.index()) {
            Some(order) => order.name.as_str(),
            None => return Err(broken(rule, format!("order number {}", order.index()), "an order of the plant")),
        },
    };
    let fits = if envelope.words.is_empty() {
        (1..=64).contains(&word.chars().count())
    } else {
        envelope.words.iter().any(|w| w == word)
    };
    if fits {
        return Ok(());
    }
    let allowed = if envelope.words.is_empty() { "1 to 64 characters".to_owned() } else { envelope.words.join(", ") };
    Err(broken(rule, word, allowed))
}

fn speed_in_envelope(
    situation: &Situation<'_>,
    proposal: &Proposal,
    (channel, envelope): (&Channel, &Envelope),
    speed: f64,
) -> Result<(), Violation> {
    let rule = "value_in_envelope";
    let Some((low, high)) = envelope.range else {
        return Err(broken(rule, format!("{speed} %"), "words only"));
    };
    if !speed.is_finite() || !(low..=high).contains(&speed) {
        return Err(broken(rule, format!("{speed} %"), format!("{low} to {high} %")));
    }
    let read = |id: plant::ChannelId| {
        let latest = situation.image.latest.get(id.index()).copied().flatten()?;
        (latest.quality != Quality::Bad).then_some(latest.value)
    };
    let in_force = situation.plant.role(proposal.machine, Role::Speed).and_then(|c| read(c.id)).or_else(|| read(channel.id));
    match (envelope.step_max, in_force) {
        (Some(step), Some(before)) if (speed - before).abs() > step + 1e-9 => {
            Err(broken(rule, format!("{before} to {speed} %"), format!("steps of at most {step} %")))
        }
        _ => Ok(()),
    }
}

fn order_waits(situation: &Situation<'_>, proposal: &Proposal) -> Result<(), Violation> {
    let Action::Run(order) = proposal.action else { return Ok(()) };
    let infeed = &situation.image.machines[proposal.machine.index()].infeed;
    if !infeed.contains(&order) {
        return Err(broken("order_waits", name(situation, order), format!("one of {} waiting here", infeed.len())));
    }
    let product = situation.plant.orders.get(order.index()).and_then(|o| situation.plant.products.get(o.product.index()));
    if product.is_some_and(|p| p.route.iter().any(|o| o.machines.contains(&proposal.machine))) {
        return Ok(());
    }
    Err(broken("order_waits", name(situation, order), "an order with this machine on its route"))
}

fn name(situation: &Situation<'_>, order: OrderId) -> String {
    situation.plant.orders.get(order.index()).map_or_else(|| format!("order number {}", order.index()), |o| o.name.clone())
}

fn service_known(situation: &Situation<'_>, proposal: &Proposal) -> Result<(), Violation> {
    let Action::Service(word) = &proposal.action else { return Ok(()) };
    let services = &situation.plant.machines[proposal.machine.index()].services;
    if services.iter().any(|(known, length)| known == word && *length > Span::ZERO) {
        return Ok(());
    }
    let known: Vec<&str> = services.iter().map(|(w, _)| w.as_str()).collect();
    Err(broken("service_known", word.as_ref(), if known.is_empty() { "no service".to_owned() } else { known.join(", ") }))
}

fn no_conflict(situation: &Situation<'_>, proposal: &Proposal) -> Result<(), Violation> {
    let standing = |d: &&Decision| {
        let is_open = matches!(d.state, DecisionState::Pending | DecisionState::Approved | DecisionState::Running);
        d.machine == proposal.machine && is_open && excludes(&d.action, &proposal.action) && !is_spent(situation, d, proposal)
    };
    situation.decisions.iter().find(standing).map_or(Ok(()), |d| {
        Err(broken("no_conflict", format!("{} is {}", d.id, d.state.word()), "no open decision on the same channel"))
    })
}

/// Whether a running decision has done what it was for and only its effect is still measured, so another may follow.
fn is_spent(situation: &Situation<'_>, decision: &Decision, proposal: &Proposal) -> bool {
    let image = &situation.image.machines[proposal.machine.index()];
    if decision.state != DecisionState::Running {
        return false;
    }
    match (&decision.action, &proposal.action) {
        (Action::Standby, Action::Wake) => true,
        (Action::Standby | Action::Wake, Action::Service(_)) => true,
        (Action::Service(done), Action::Service(wanted)) => done != wanted && image.state != MachineState::Service,
        (Action::Service(_), Action::Standby) => image.state != MachineState::Service && is_rested(situation, decision),
        (Action::Run(order), Action::Run(_)) => !image.infeed.contains(order),
        _ => false,
    }
}

/// Whether the service asked for had an hour to be done.
fn is_rested(situation: &Situation<'_>, decision: &Decision) -> bool {
    situation.now - decision.not_before >= Span::from_hours(1)
}

fn rested(situation: &Situation<'_>, proposal: &Proposal) -> Result<(), Violation> {
    let alike = |d: &&Decision| d.machine == proposal.machine && d.kind == proposal.kind;
    for decision in situation.decisions.iter().filter(alike) {
        let (rest, from) = match decision.state {
            DecisionState::Rejected => (REST_REJECTED, decision.verdict.as_ref().map_or(decision.at, |v| v.at)),
            DecisionState::Advised => (REST_ADVISED, decision.at),
            DecisionState::Refused | DecisionState::RolledBack | DecisionState::Lapsed => (REST_FAILED, decision.at),
            _ if proposal.kind == DecisionKind::Speed => (REST_SPEED, decision.at),
            _ => continue,
        };
        let is_same = decision.action == proposal.action || proposal.kind == DecisionKind::Speed;
        if is_same && situation.now - from < rest {
            let found = format!("{} {} {} ago", decision.id, decision.state.word(), situation.now - from);
            return Err(broken("rested", found, format!("not within {rest}")));
        }
    }
    Ok(())
}

/// Every record can be walked back to readings or orders, so a decision has to rest on something.
fn reason_told(_: &Situation<'_>, proposal: &Proposal) -> Result<(), Violation> {
    if proposal.because.is_empty() {
        return Err(broken("reason_told", "no reason", "a finding, a forecast, readings or an order"));
    }
    Ok(())
}

fn time_window(situation: &Situation<'_>, proposal: &Proposal) -> Result<(), Violation> {
    let rule = "time_window";
    let (from, to) = (proposal.not_before, proposal.valid_until);
    if to <= situation.now || to < from {
        return Err(broken(rule, format!("{from} to {to}"), format!("an end after {}", situation.now)));
    }
    if to - situation.now > VALID_MAX {
        return Err(broken(rule, format!("valid for {}", to - situation.now), format!("at most {VALID_MAX}")));
    }
    if proposal.horizon <= Span::ZERO || proposal.horizon > HORIZON_MAX {
        return Err(broken(rule, format!("a horizon of {}", proposal.horizon), format!("above zero, at most {HORIZON_MAX}")));
    }
    Ok(())
}

fn effect_finite(_: &Situation<'_>, proposal: &Proposal) -> Result<(), Violation> {
    let e = proposal.expected.value;
    let is_finite = [e.value, e.low, e.high].iter().all(|x| x.is_finite());
    if is_finite && e.low <= e.value && e.value <= e.high && (0.0..=1.0).contains(&e.confidence) {
        return Ok(());
    }
    Err(broken("effect_finite", format!("{} in {} to {}", e.value, e.low, e.high), "finite figures in order"))
}

/// Doing nothing has the effect zero. A decision must be expected to be better; equal is allowed where it only ends an
/// earlier one (speed back to nominal) or brings something the metric does not tell (an order on time).
fn not_worse_than_nothing(_: &Situation<'_>, proposal: &Proposal) -> Result<(), Violation> {
    let value = proposal.expected.value.value;
    let may_equal = matches!(proposal.kind, DecisionKind::Speed | DecisionKind::Dispatch);
    let metric_fits = matches!(
        (proposal.kind, proposal.expected.metric),
        (DecisionKind::Standby, Metric::EnergySaved | Metric::DownTimeAvoided)
            | (DecisionKind::Maintain, Metric::DownTimeAvoided | Metric::EnergySaved | Metric::PiecesGained)
            | (DecisionKind::Speed, Metric::PiecesGained)
            | (DecisionKind::Dispatch, Metric::SetUpSaved)
    );
    if metric_fits && (value > 0.0 || (may_equal && value >= 0.0)) {
        return Ok(());
    }
    let found = format!("{value} {} of {}", proposal.expected.metric.unit(), proposal.expected.metric.word());
    Err(broken("not_worse_than_nothing", found, if may_equal { "0 or more" } else { "more than 0" }))
}
