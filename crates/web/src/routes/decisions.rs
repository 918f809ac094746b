//! Decisions, and people's yes or no to them.

use super::Look;
use crate::form::ask::Decisions;
use crate::form::decision::{Decision, approver_of};
use crate::form::person::NewVerdict;
use crate::reply::{Refusal, Reply};
use crate::session::Seat;
use crate::take::{Ask, Body, bounded, instant, text_within};
use crate::windows::Windows;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use measure::{Instant, Span};
use plant::{DecisionState, Plant, Record, RecordId, RecordKind, Verdict};

/// Decisions given at most.
const LIMIT: (u32, u32) = (100, 500);
/// Records looked through for the commands and the outcome of an older decision.
const BEHIND_MAX: usize = 500;
/// How long after its end a decision's outcome may be made.
const OUTCOME_WITHIN: Span = Span::from_days(1);
/// Characters of a reason.
const REASON_CHARS_MAX: usize = 500;

/// A record's id of a given kind.
fn id_of(kind: RecordKind, text: &str) -> Reply<RecordId> {
    let id = text.parse::<RecordId>().ok().filter(|id| id.kind == kind);
    id.ok_or_else(|| Refusal::unknown(kind.word(), text))
}

/// A decision of any age: as in view, or from the store.
pub async fn find(windows: &Windows, id: RecordId) -> Reply<plant::Decision> {
    if let Some(decision) = windows.view().decision(id) {
        return Ok(decision.clone());
    }
    match windows.house.record(id).await? {
        Record::Decision(decision) => Ok(decision),
        _ => Err(Refusal::unknown("decision", &id.to_string())),
    }
}

/// A decision with its commands and outcome, which for older ones come from the store.
pub async fn full(windows: &Windows, decision: &plant::Decision) -> Reply<Decision> {
    let view = windows.view();
    let form = Decision::of(&view.plant, decision, &view.commands, &view.outcomes);
    if view.decision(decision.id).is_some() {
        return Ok(form);
    }
    let until = decision.valid_until + decision.horizon + OUTCOME_WITHIN;
    let commands = windows.house.records(RecordKind::Command, until, BEHIND_MAX).await?;
    let outcomes = windows.house.records(RecordKind::Outcome, until, BEHIND_MAX).await?;
    let commands = commands.iter().filter_map(|r| if let Record::Command(c) = r { Some(c) } else { None });
    let outcomes = outcomes.iter().filter_map(|r| if let Record::Outcome(o) = r { Some(o) } else { None });
    Ok(Decision::of(&view.plant, decision, commands, outcomes))
}

fn state_of(text: &str) -> Reply<DecisionState> {
    let words: Vec<_> = DecisionState::ALL.iter().map(DecisionState::word).collect();
    DecisionState::from_word(text).ok_or_else(|| Refusal::invalid("query.state", text, words.join(", ")))
}

/// Decisions: pending ones first, then the newest.
#[utoipa::path(
    get, path = "/api/v1/decisions", tag = "records", params(Decisions), responses((status = 200, body = [Decision]))
)]
pub async fn decisions(State(windows): Look, Ask(ask): Ask<Decisions>) -> Reply<Json<Vec<Decision>>> {
    let view = windows.view();
    let limit = bounded("query.limit", ask.limit, LIMIT.0, LIMIT.1)?;
    let state = ask.state.as_deref().map(state_of).transpose()?;
    let before = ask.before.as_deref().map_or(Ok(Instant::MAX), |t| instant("query.before", t))?;
    let fits = |d: &plant::Decision| d.at < before && state.as_ref().is_none_or(|s| d.state == *s);
    let mut found: Vec<plant::Decision> = view.decisions.iter().filter(|d| fits(d)).cloned().collect();
    // all that wait are in view; the store is asked for the others
    if state != Some(DecisionState::Pending) {
        let older = windows.house.records(RecordKind::Decision, before, LIMIT.1 as usize).await?;
        let older = older.into_iter().filter_map(|r| if let Record::Decision(d) = r { Some(d) } else { None });
        found.extend(older.filter(|d| fits(d) && view.decision(d.id).is_none()));
    }
    found.sort_by_key(|d| (d.state != DecisionState::Pending, std::cmp::Reverse((d.at, d.id))));
    found.truncate(limit);
    Ok(Json(found.iter().map(|d| Decision::of(&view.plant, d, &view.commands, &view.outcomes)).collect()))
}

/// One decision.
#[utoipa::path(
    get, path = "/api/v1/decisions/{id}", tag = "records", params(("id" = String, Path, description = "decision-N")),
    responses((status = 200, body = Decision))
)]
pub async fn decision(State(windows): Look, Path(id): Path<String>) -> Reply<Json<Decision>> {
    let decision = find(&windows, id_of(RecordKind::Decision, &id)?).await?;
    Ok(Json(full(&windows, &decision).await?))
}

fn may_judge(plant: &Plant, decision: &plant::Decision, seat: &Seat) -> Reply<()> {
    let least = approver_of(plant, decision);
    if seat.role < least {
        return Err(Refusal::role_too_low(&format!("a verdict on {}", decision.kind.word()), seat.role, least));
    }
    if decision.state != DecisionState::Pending {
        let refusal = Refusal::conflict(format!("{} no longer waits for a verdict", decision.id));
        return Err(refusal.at("state", decision.state.word(), DecisionState::Pending.word()));
    }
    Ok(())
}

/// Say yes or no to a pending decision.
#[utoipa::path(
    post, path = "/api/v1/decisions/{id}/verdict", tag = "records", params(("id" = String, Path, description = "decision-N")),
    request_body = NewVerdict, responses((status = 200, body = Decision))
)]
pub async fn verdict(
    State(windows): Look,
    Path(id): Path<String>,
    Extension(seat): Extension<Seat>,
    Body(sent): Body<NewVerdict>,
) -> Reply<Json<Decision>> {
    let decision = find(&windows, id_of(RecordKind::Decision, &id)?).await?;
    may_judge(&windows.view().plant, &decision, &seat)?;
    let reason = sent.reason.trim();
    text_within("body.reason", reason, usize::from(!sent.approved)..=REASON_CHARS_MAX)?;
    let word = if sent.approved { "approved" } else { "rejected" };
    windows.note(&seat.name, "verdict", &id, &format!("{word}: {reason}")).await?;
    let (by, role, at) = (seat.name, seat.role, windows.house.now());
    let verdict = Verdict { by, role, approved: sent.approved, reason: reason.to_owned(), at };
    match windows.house.verdict(decision.id, verdict).await? {
        Record::Decision(judged) => Ok(Json(full(&windows, &judged).await?)),
        _ => Err(Refusal::busy()),
    }
}
