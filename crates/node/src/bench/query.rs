//! `socium bench query`: what history costs to keep and to ask, beside DuckDB on the same files.
//!
//! Enters: how many machines, seconds and rounds. Leaves: CPU of sealing and bytes a reading; CPU of each question by both, whose
//! answers must be equal; CPU of the newest value of all machines. Absent: shortcuts; the data set goes through journal, hot buffer and sealing of the store itself.

use super::dataset::{self, DataSet, STATES};
use super::duckdb::DuckDb;
use super::{Row, kernel};
use crate::cli::Failure;
use crate::config;
use measure::statistics::quantile;
use measure::{Instant, Span};
use plant::{Batch, ChannelId, MachineId, Plant, Quality, Reading, SourceId, WordId};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use store::Store;

/// The unit of the bench without its machines.
const UNIT: &str = include_str!("query.toml");
/// First instant of the data.
const START: &str = "2026-03-02T06:00:00Z";
/// Seconds of data in one commit.
const COMMIT_S: usize = 10;
/// Longest time between two sealings [s].
const SEAL_EVERY_S: usize = 300;
/// Rows taken of an answer.
const ROWS_MAX: usize = 10_000;
/// Largest relative difference of two equal answers: sums of floats taken in another order.
const SAME: f64 = 1e-9;

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Size {
    /// Machines of ten channels.
    pub machines: usize,
    /// Seconds of data.
    pub seconds: usize,
    /// Rounds in which both are asked in turn.
    pub rounds: usize,
}

/// How we are asked.
enum Ours {
    /// By SQL.
    Sql(&'static str),
    /// For a chart: the buckets of one minute of a machine's channel.
    Minutes(&'static str, &'static str),
}

/// A question to both.
struct Question {
    name: &'static str,
    ours: Ours,
    theirs: &'static str,
    /// Answers in one round.
    times: u32,
    /// What our CPU by theirs must be, and what we aim at.
    must: f64,
    aim: f64,
}

const QUESTIONS: &[Question] = &[
    Question {
        name: "average per machine-minute",
        ours: Ours::Sql(
            "select count(*), sum(mean), min(mean), max(mean) from (select machine, date_bin(interval '1 minute', at) as minute, \
             avg(power) as mean from milling group by machine, minute)",
        ),
        theirs: "select count(*), sum(mean), min(mean), max(mean) from (select machine, epoch_us(\"at\") // 60000000 as minute, \
                 avg(power) as mean from FILES group by machine, minute)",
        times: 1,
        must: 1.3,
        aim: 1.0,
    },
    Question {
        name: "ten-minute KPI deltas",
        ours: Ours::Sql(
            "select count(*), sum(pieces), sum(kwh), max(pieces) from (select machine, date_bin(interval '10 minutes', at) as part, \
             max(good) - min(good) as pieces, max(energy) - min(energy) as kwh from milling group by machine, part)",
        ),
        theirs: "select count(*), sum(pieces), sum(kwh), max(pieces) from (select machine, epoch_us(\"at\") // 600000000 as part, \
                 max(good) - min(good) as pieces, max(energy) - min(energy) as kwh from FILES group by machine, part)",
        times: 1,
        must: 1.3,
        aim: 1.0,
    },
    Question {
        name: "mean of ten channels",
        ours: Ours::Sql(
            "select avg(good), avg(energy), avg(power), avg(temperature), avg(pressure), avg(vibration), avg(air_flow), avg(load), \
             avg(speed), avg(case when state = 'producing' then 1.0 else 0.0 end) from milling",
        ),
        theirs: "select avg(good), avg(energy), avg(power), avg(temperature), avg(pressure), avg(vibration), avg(air_flow), \
                 avg(load), avg(speed), avg(case when state = 'producing' then 1.0::double else 0.0::double end) from FILES",
        times: 1,
        must: 1.3,
        aim: 1.0,
    },
    Question {
        name: "one machine per minute",
        ours: Ours::Minutes("mill-00007", "power"),
        theirs: "select time_bucket(interval '1 minute', \"at\"::timestamp) as minute, avg(power), count(*) from FILES \
                 where machine = 'mill-00007' group by minute order by minute",
        times: 20,
        must: 0.2,
        aim: 0.05,
    },
];

/// Builds, asks, compares.
///
/// # Errors
/// The store or DuckDB fails, or the two give different answers.
pub async fn rows(size: Size) -> Result<Vec<Row>, Failure> {
    let folder = std::env::temp_dir().join(format!("socium-query-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| Failure::new(format!("{}: {e}", folder.display())))?;
    let measured = measure(size, &folder).await;
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        tracing::warn!(%error, folder = %folder.display(), "the bench's folder could not be removed");
    }
    measured
}

async fn measure(size: Size, folder: &Path) -> Result<Vec<Row>, Failure> {
    let text = format!("{UNIT}{}", dataset::configuration(size.machines, "broker", "bench/edge/{machine}/{channel}"));
    let config = config::parse("query.toml", &text, folder).map_err(|faults| Failure::new(faults.to_string()))?;
    let opened = Store::open(&config.store.dir, &config.plant, config.store.limits).await;
    let (store, _) = opened.map_err(failed)?;
    let context = format!("{} machines, 10 channels, {} s", size.machines, size.seconds);
    let mut rows = fill(&store, &config.plant, size, &context).await?;
    let files = format!("read_parquet('{}/history/milling/*/*.parquet')", config.store.dir.display());
    let mut peer = DuckDb::start(store.query_threads())?;
    for question in QUESTIONS {
        rows.extend(compare((&store, &config.plant, size), &mut peer, (question, &files), &context).await?);
    }
    rows.push(newest(&Arc::new(config.plant.clone()))?);
    store.close().await.map_err(failed)?;
    Ok(rows)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn failed(cause: store::StoreError) -> Failure {
    Failure::new(cause.to_string())
}

/// Stores the data set, sealing as a running unit does.
async fn fill(store: &Store, plant: &Plant, size: Size, context: &str) -> Result<Vec<Row>, Failure> {
    let start: Instant = START.parse().unwrap_or_default();
    let mut data = DataSet::new(1, size.machines, start);
    let numbers = numbers(plant);
    let words = (0..).map(WordId).zip(STATES.map(Arc::from)).collect();
    store.append(words, Vec::new()).await.map_err(failed)?;
    let progress = indicatif::ProgressBar::new(size.seconds as u64);
    let (mut sealing_s, mut sealed_at) = (0.0, 0);
    for second in (0..size.seconds).step_by(COMMIT_S) {
        let mut batches = Vec::new();
        for _ in second..(second + COMMIT_S).min(size.seconds) {
            data.second(|row| batches.push(batch(&numbers[row.machine], row)));
        }
        store.append(Vec::new(), batches).await.map_err(failed)?;
        progress.set_position(second as u64);
        if store.pressed() || second - sealed_at >= SEAL_EVERY_S {
            sealed_at = second;
            sealing_s += seal(store, plant, start + Span::from_seconds(second as i64 + 3_600)).await?;
        }
    }
    let end = start + Span::from_seconds(size.seconds as i64 + 3_600);
    // the last one deletes the files that joins replaced
    sealing_s += seal(store, plant, end).await? + seal(store, plant, end).await?;
    progress.finish_and_clear();
    let figures = store.figures();
    let wanted = (size.machines * size.seconds * dataset::WIDTH) as u64;
    if figures.history_readings != wanted {
        return Err(Failure::new(format!("history holds {} readings, {wanted} were stored", figures.history_readings)));
    }
    let readings = figures.history_readings as f64;
    let context = format!("{context}; {} files", figures.history_files);
    Ok(vec![
        Row::new("bytes a stored reading, with quality and both times", figures.history_bytes as f64 / readings, "By")
            .at_most(1.6)
            .aim(1.0)
            .under(&context),
        Row::new("CPU of sealing and joining a reading", sealing_s / readings * 1e6, "us").under(&context),
    ])
}

/// Seals; CPU time [s].
async fn seal(store: &Store, plant: &Plant, upto: Instant) -> Result<f64, Failure> {
    let before = kernel::own_seconds()?;
    store.seal(plant, upto).await.map_err(failed)?;
    Ok(kernel::own_seconds()? - before)
}

/// Numbers of a machine and of its channels, in the order of the data set.
type Numbers = (MachineId, Vec<ChannelId>);

fn numbers(plant: &Plant) -> Vec<Numbers> {
    let of = |machine: &plant::Machine| {
        let named = dataset::CHANNELS.iter().filter_map(|c| plant.named(machine.id, c.name));
        (machine.id, named.map(|c| c.id).collect())
    };
    plant.machines.iter().map(of).collect()
}

fn batch((machine, channels): &Numbers, row: &dataset::Row) -> Batch {
    let mut batch = Batch::new(SourceId(0), *machine, row.received);
    for (channel, value) in channels.iter().zip(row.values) {
        batch.push(Reading { channel: *channel, at: row.at, value, quality: Quality::Good });
    }
    batch
}

/// Asks us.
async fn ask((store, plant, size): (&Store, &Plant, Size), ours: &Ours) -> Result<Vec<Vec<Value>>, Failure> {
    match ours {
        Ours::Sql(query) => Ok(store.sql(query, ROWS_MAX).await.map_err(failed)?.rows),
        Ours::Minutes(machine, channel) => {
            let channel = plant.machine_named(machine).and_then(|m| plant.named(m.id, channel));
            let channel = channel.ok_or_else(|| Failure::new(format!("{machine} has no such channel")))?;
            let start: Instant = START.parse().unwrap_or_default();
            let window = (start, start + Span::from_seconds(size.seconds as i64 + 60));
            let minutes = store.buckets(plant, &[channel.id], window, Span::from_minutes(1), false).await.map_err(failed)?;
            Ok(minutes.iter().flatten().map(|b| vec![json!(b.at.to_string()), json!(b.mean), json!(b.count)]).collect())
        }
    }
}

/// CPU time of the newest value of one channel of every machine, from the view of a unit that has heard all of them.
fn newest(plant: &Arc<Plant>) -> Result<Row, Failure> {
    const TIMES: u32 = 1_000;
    let start: Instant = START.parse().unwrap_or_default();
    let mut unit = unit::Unit::new(Arc::clone(plant), collect::Limits::default());
    let mut data = DataSet::new(1, plant.machines.len(), start);
    let (numbers, mut delivery) = (numbers(plant), collect::Delivery::new(SourceId(0), start));
    data.second(|row| delivery.numbers.push(batch(&numbers[row.machine], row)));
    unit.absorb(delivery);
    let view = unit.view(start);
    let asked = web::Last { kind: None, machine: None, channel: Some("power".to_owned()) };
    let before = kernel::thread_seconds("thread-self")?;
    let mut bytes = 0;
    for _ in 0..TIMES {
        bytes = web::newest(&view, &asked).map_err(|e| Failure::new(e.to_string()))?.len();
    }
    let millis = (kernel::thread_seconds("thread-self")? - before) * 1e3 / f64::from(TIMES);
    let machines = plant.machines.len();
    let row = Row::new(format!("newest value of {machines} machines: CPU"), millis, "ms").at_most(1.0).aim(0.2);
    Ok(row.under(format!("the JSON of GET /api/v1/last?channel=power, {bytes} bytes")))
}

async fn compare(
    ours: (&Store, &Plant, Size),
    peer: &mut DuckDb,
    (question, files): (&Question, &str),
    context: &str,
) -> Result<Vec<Row>, Failure> {
    let theirs = question.theirs.replace("FILES", files);
    let rounds = ours.2.rounds;
    let (mut ours_s, mut theirs_s) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let before = kernel::threads_seconds("self")?;
        let mut answer = Vec::new();
        for _ in 0..question.times {
            answer = ask(ours, &question.ours).await?;
        }
        ours_s.push((kernel::threads_seconds("self")? - before) / f64::from(question.times));
        let (spent, answer_theirs) = peer.ask(&theirs, question.times)?;
        theirs_s.push(spent);
        same(question.name, &answer, &answer_theirs)?;
    }
    let middle = |times: &[f64]| quantile(times, 0.5).unwrap_or(f64::NAN);
    let (ours_s, theirs_s) = (middle(&ours_s), middle(&theirs_s));
    let context = format!("{context}; median of {rounds} rounds, equal answers");
    Ok(vec![
        Row::new(format!("{}: CPU", question.name), ours_s, "s").beside("DuckDB", theirs_s).under(&context),
        Row::new(format!("{}: CPU by DuckDB's", question.name), ours_s / theirs_s, "1")
            .at_most(question.must)
            .aim(question.aim)
            .under(&context),
    ])
}

/// Whether two answers are equal: numbers but for rounding, texts but for the spelling of instants.
fn same(name: &str, ours: &[Vec<Value>], theirs: &[Vec<Value>]) -> Result<(), Failure> {
    let close = |a: f64, b: f64| (a - b).abs() <= SAME * a.abs().max(b.abs()).max(1.0);
    let equal = |(a, b): (&Value, &Value)| match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => close(a, b),
        _ => spelled(a) == spelled(b),
    };
    let rows_equal = |(a, b): (&Vec<Value>, &Vec<Value>)| a.len() == b.len() && a.iter().zip(b).all(equal);
    if ours.len() == theirs.len() && !ours.is_empty() && ours.iter().zip(theirs).all(rows_equal) {
        return Ok(());
    }
    let differing = ours.iter().zip(theirs).find(|pair| !rows_equal(*pair));
    Err(Failure::new(format!("{name}: {} rows beside DuckDB's {}, first difference {differing:?}", ours.len(), theirs.len())))
}

fn spelled(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| text.replace('T', " ").trim_end_matches('Z').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_differ_are_named() {
        let ours = [vec![json!("2026-03-02T06:00:00Z"), json!(1.0)]];
        assert!(same("q", &ours, &[vec![json!("2026-03-02 06:00:00"), json!(1.000_000_000_000_1)]]).is_ok());
        let refusal = same("q", &ours, &[vec![json!("2026-03-02 06:00:00"), json!(1.1)]]).expect_err("they differ");
        assert!(refusal.to_string().contains("first difference"), "{refusal}");
        assert!(same("q", &[], &[]).is_err(), "nothing is no answer");
    }
}
