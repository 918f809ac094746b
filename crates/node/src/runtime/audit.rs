//! The audit trail of the loop: who decided what, what was told to which machine, and how it answered.

use plant::{Command, CommandState, CommandValue, Decision, Finding, Plant, Record, RecordId};
use store::Store;
use unit::Unjudged;
use web::house::HouseError;

/// Writes down what a record means for the audit: verdicts and commands; other records speak for themselves.
pub async fn note(store: &Store, plant: &Plant, record: &Record) {
    let entry = match record {
        Record::Decision(decision) => verdict(decision),
        Record::Finding(finding) => confirmation(finding),
        Record::Command(command) => Some(("unit".to_owned(), "command", said(plant, command))),
        _ => None,
    };
    let Some((who, what, detail)) = entry else { return };
    if let Err(error) = store.audit_add(record.at(), &who, what, &record.id().to_string(), &detail).await {
        tracing::error!(%error, record = %record.id(), "the audit trail did not take an entry");
    }
}

fn verdict(decision: &Decision) -> Option<(String, &'static str, String)> {
    let verdict = decision.verdict.as_ref()?;
    let answer = if verdict.approved { "approved" } else { "rejected" };
    Some((verdict.by.clone(), "decision", format!("{answer}, now {}: {}", decision.state.word(), verdict.reason)))
}

fn confirmation(finding: &Finding) -> Option<(String, &'static str, String)> {
    let told = finding.confirmation.as_ref()?;
    let instead = told.cause.map(|cause| format!(", it was {}", cause.word())).unwrap_or_default();
    let answer = if told.right { "right" } else { "not it" };
    let anew = if told.relearn { ", what is usual is learned anew" } else { "" };
    Some((told.by.clone(), "finding", format!("{} {answer}{instead}{anew}: {}", finding.cause.word(), told.note)))
}

fn said(plant: &Plant, command: &Command) -> String {
    let channel = plant.channel(command.channel);
    let value = match &command.value {
        CommandValue::Number(number) => number.to_string(),
        CommandValue::Word(word) => word.clone(),
    };
    let state = match &command.state {
        CommandState::Sent => "sent".to_owned(),
        CommandState::Acknowledged => "acknowledged".to_owned(),
        CommandState::TimedOut => "no answer in time".to_owned(),
        CommandState::Failed(words) => format!("failed: {words}"),
        CommandState::Refused(rule) => format!("refused by the envelope: {rule}"),
    };
    format!("{}/{} = {value}, {state}", plant.machine(channel.machine).name, channel.name)
}

/// Why a verdict was not taken, in the words of the windows.
pub fn refused(id: RecordId, unjudged: &Unjudged) -> HouseError {
    HouseError::Conflict(format!("{id}: {unjudged}"))
}
