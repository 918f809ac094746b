//! `socium explain RECORD`: the walk back from a record to the readings it rests on.

use super::{Failure, Place};
use crate::config;
use plant::{Because, Decision, Plant, Record, RecordId, Revision, RevisionState};
use store::Store;

/// How deep a walk goes; records rest on older ones only, so that it ends anyway.
const DEPTH_MAX: usize = 12;

/// What can be typed.
#[derive(clap::Args)]
pub struct Words {
    /// Id of the record, such as `decision-17`.
    record: String,
    #[command(flatten)]
    place: Place,
}

/// Prints the walk.
pub async fn main(words: Words) -> Result<(), Failure> {
    let id: RecordId = words.record.parse().map_err(Failure::new)?;
    let config = config::read(&words.place.config).map_err(|faults| Failure::new(faults.to_string()))?;
    let store = Store::look(&config.store.dir, &config.plant).await.map_err(|e| Failure::new(e.to_string()))?;
    let walk = walk(&store, &config.plant, id).await?;
    println!("{walk}");
    Ok(())
}

/// The walk as indented text, one line a record or window of readings.
async fn walk(store: &Store, plant: &Plant, id: RecordId) -> Result<String, Failure> {
    let mut lines = Vec::new();
    let mut stack = vec![(0, Because::Record(id))];
    while let Some((depth, because)) = stack.pop() {
        let indent = "  ".repeat(depth);
        match because {
            Because::Readings { channel, window } => {
                let channel = plant.channel(channel);
                let machine = &plant.machine(channel.machine).name;
                lines.push(format!(
                    "{indent}readings {machine}/{} [{}] {} to {}",
                    channel.name, channel.unit, window.from, window.to
                ));
            }
            Because::Order(order) => lines.push(format!("{indent}order {}", plant.order(order).name)),
            Because::Record(id) => {
                let found = store.record(id).await.map_err(|e| Failure::new(e.to_string()))?;
                let Some(record) = found else {
                    if depth == 0 {
                        return Err(Failure::new(format!("{id} is not known here; `socium sql` lists what is")));
                    }
                    lines.push(format!("{indent}{id} (no longer kept)"));
                    continue;
                };
                lines.push(format!("{indent}{}", told(plant, &record)));
                if depth < DEPTH_MAX {
                    stack.extend(record.because().iter().rev().map(|b| (depth + 1, b.clone())));
                }
            }
        }
    }
    Ok(lines.join("\n"))
}

/// One record in one line.
fn told(plant: &Plant, record: &Record) -> String {
    let head = format!("{} {}", record.id(), record.at());
    match record {
        Record::Finding(f) => {
            format!(
                "{head} {} on {} by {}, probability {:.2}",
                f.cause.word(),
                plant.machine(f.machine).name,
                f.from,
                f.probability
            )
        }
        Record::Forecast(f) => format!(
            "{head} {} of {} by {}: {:.2} [{:.2} to {:.2}] {}",
            f.kind.word(),
            f.machine.map_or("the unit", |m| plant.machine(m).name.as_str()),
            f.from,
            f.value.value,
            f.value.low,
            f.value.high,
            f.kind.unit()
        ),
        Record::Decision(d) => format!("{head} {}", told_decision(plant, d)),
        Record::Command(c) => {
            let channel = plant.channel(c.channel);
            format!("{head} {}/{} = {:?}, {:?}", plant.machine(channel.machine).name, channel.name, c.value, c.state)
        }
        Record::Revision(r) => format!("{head} {}", told_revision(plant, r)),
        Record::Outcome(o) => format!(
            "{head} {} {} measured by {}: {:.2} [{:.2} to {:.2}], expected {:.2}",
            o.measured.metric.word(),
            o.measured.metric.unit(),
            o.from,
            o.measured.value.value,
            o.measured.value.low,
            o.measured.value.high,
            o.expected.value.value
        ),
    }
}

fn told_revision(plant: &Plant, revision: &Revision) -> String {
    let figure = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |v| format!("{v:.4}"));
    let changes = revision.revised.iter().map(|r| {
        let of = r.scope.name(plant);
        let (before, after) = (figure(r.before), figure(r.after));
        format!("{} of {of} from {} to {}: {before} was, {after} is", r.figure, r.window.from, r.window.to)
    });
    let changes: Vec<String> = match revision.state {
        RevisionState::Pending => vec!["not worked out yet".to_owned()],
        RevisionState::Done if revision.revised.is_empty() => vec!["no figure changed".to_owned()],
        RevisionState::Done => changes.collect(),
    };
    let (machine, from) = (&plant.machine(revision.machine).name, &revision.from);
    format!("{} because of {} {from} of {machine}; {}", revision.state.word(), revision.late, changes.join("; "))
}

fn told_decision(plant: &Plant, decision: &Decision) -> String {
    let expected = decision.expected;
    format!(
        "{} {:?} on {} by {}, {}; expects {:.2} [{:.2} to {:.2}] {} of {}; rejected {}; checked {}",
        decision.kind.word(),
        decision.action,
        plant.machine(decision.machine).name,
        decision.from,
        decision.state.word(),
        expected.value.value,
        expected.value.low,
        expected.value.high,
        expected.metric.unit(),
        expected.metric.word(),
        decision.rejected.len(),
        decision.certificate.rules().join(", ")
    )
}
