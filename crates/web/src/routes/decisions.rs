//! Decisions, and people's yes or no to them.

use super::Look;
use super::records::id_of;
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
use std::collections::HashSet;

/// Decisions given at most.
const LIMIT: (u32, u32) = (100, 500);
/// Records looked through for the commands and the outcome of an older decision.
const BEHIND_MAX: usize = 500;
/// How long after its end a decision's outcome may be made.
const OUTCOME_WITHIN: Span = Span::from_days(1);
/// Characters of a reason.
const REASON_CHARS_MAX: usize = 500;

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

/// Decisions with their commands and outcomes, which for older ones come from the store.
async fn full_all(windows: &Windows, decisions: &[plant::Decision]) -> Reply<Vec<Decision>> {
    let view = windows.view();
    let older = decisions.iter().filter(|d| view.decision(d.id).is_none());
    let (mut commands, mut outcomes) = (view.commands.clone(), view.outcomes.clone());
    if let Some(until) = older.map(|d| d.valid_until + d.horizon + OUTCOME_WITHIN).max() {
        for record in windows.house.records(RecordKind::Command, until, BEHIND_MAX).await? {
            commands.extend(if let Record::Command(c) = record { Some(c) } else { None });
        }
        for record in windows.house.records(RecordKind::Outcome, until, BEHIND_MAX).await? {
            outcomes.extend(if let Record::Outcome(o) = record { Some(o) } else { None });
        }
    }
    // what is in view comes first, so that the newest form of a record is the one kept
    let mut seen = HashSet::new();
    commands.retain(|c| seen.insert(c.id));
    Ok(decisions.iter().map(|d| Decision::of(&view.plant, d, &commands, &outcomes)).collect())
}

/// A decision with its commands and outcome.
pub async fn full(windows: &Windows, decision: &plant::Decision) -> Reply<Decision> {
    full_all(windows, std::slice::from_ref(decision)).await?.pop().ok_or_else(Refusal::busy)
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
        let depth = if state.is_some() { LIMIT.1 as usize } else { limit };
        let older = windows.house.records(RecordKind::Decision, before, depth).await?;
        let older = older.into_iter().filter_map(|r| if let Record::Decision(d) = r { Some(d) } else { None });
        found.extend(older.filter(|d| fits(d) && view.decision(d.id).is_none()));
    }
    found.sort_by_key(|d| (d.state != DecisionState::Pending, std::cmp::Reverse((d.at, d.id))));
    found.truncate(limit);
    Ok(Json(full_all(&windows, &found).await?))
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
    match windows.house.verdict(decision.id, verdict).await {
        Ok(Record::Decision(judged)) => Ok(Json(full(&windows, &judged).await?)),
        Ok(_) => Err(Refusal::busy()),
        Err(error) => {
            windows.note("unit", "verdict_failed", &id, &error.to_string()).await?;
            Err(error.into())
        }
    }
}
