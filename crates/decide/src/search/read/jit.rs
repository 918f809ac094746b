//! The just-in-time job shop with set-ups in the tables of Brandimarte & Fadda (Computers & Operations Research 167, 2024): `jobs.csv`,
//! `operations.csv`, `setup.csv`, `initial_setup.csv`. Dates and penalties are decimal; they become whole by the smallest powers of
//! ten that lose nothing beyond the ninth place, where floats print their error.
//!
//! Enters: the four texts. Leaves: a model of earliness, tardiness and flow penalties, and how to read its objective. Absent: files.

use super::jsp::push;
use super::{ReadError, Task};
use crate::search::model::{HORIZON_MAX, Job, MACHINES_MAX, Machine, Mode, Model, Parts, SetUps};

/// The four tables.
#[derive(Clone, Copy, Debug)]
pub struct Tables<'a> {
    /// `id_job,release_date,due_date,earliness_penalty,tardiness_penalty,flow_time_penalty`
    pub jobs: &'a str,
    /// For each job a line of pairs `machine,duration`.
    pub operations: &'a str,
    /// `machine,id_job0,id_job1,time`; what is not there takes no time.
    pub set_ups: &'a str,
    /// `machine, job`: for which job each machine is set up at the beginning.
    pub initial: &'a str,
}

const JOBS: &str = "jobs.csv";
const OPERATIONS: &str = "operations.csv";
const SET_UPS: &str = "setup.csv";
const INITIAL: &str = "initial_setup.csv";
/// Decimal places that are looked at.
const PLACES: u32 = 9;
/// Largest number of a decimal field.
const DECIMAL_MAX: f64 = 1e9;

/// Reads a just-in-time job shop.
///
/// # Errors
/// Where a table is not of the format or the model exceeds a limit.
pub fn read(tables: &Tables<'_>) -> Result<Task, ReadError> {
    let rows = decimals(tables.jobs)?;
    let (ticks, penalties) = (power(rows.iter().flat_map(|r| &r[..2])), power(rows.iter().flat_map(|r| &r[2..])));
    let mut parts = Parts::default();
    for row in &rows {
        let [release, due, earliness, tardiness, flow] = *row;
        let time = |nano: i64| nano / (10_i64.pow(PLACES) / ticks);
        let penalty = |nano: i64| nano / (10_i64.pow(PLACES) / penalties);
        parts.jobs.push(Job {
            release: time(release),
            due: Some(time(due)),
            tardiness: penalty(tardiness),
            earliness: penalty(earliness),
            flow: penalty(flow),
            ..Job::default()
        });
    }
    operations(tables.operations, ticks, &mut parts)?;
    set_ups(tables, ticks, &mut parts)?;
    Ok(Task { model: Model::new(parts)?, ticks, scale: (ticks * penalties) as f64 })
}

fn error(part: &'static str, line: usize, found: &str, allowed: impl Into<String>) -> ReadError {
    ReadError::Part { part, line, found: format!("`{}`", found.chars().take(60).collect::<String>()), allowed: allowed.into() }
}

/// The lines of a table with their numbers; the heading, where there is one, and empty lines are left out.
fn lines(text: &str, heading: bool) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(n, l)| (n + 1, l.trim())).skip(usize::from(heading)).filter(|(_, l)| !l.is_empty())
}

fn whole(part: &'static str, line: usize, word: &str, high: i64) -> Result<i64, ReadError> {
    let number = word.trim().parse::<i64>().ok().filter(|n| (0..=high).contains(n));
    number.ok_or_else(|| error(part, line, word.trim(), format!("a whole number from 0 to {high}")))
}

/// Release, due date, earliness, tardiness and flow penalty of each job, in parts of 10⁻⁹.
fn decimals(text: &str) -> Result<Vec<[i64; 5]>, ReadError> {
    let mut rows = Vec::new();
    for (number, line) in lines(text, true) {
        let words: Vec<&str> = line.split(',').collect();
        if words.len() != 6 {
            return Err(error(JOBS, number, line, "6 fields: job, release, due date, three penalties"));
        }
        if whole(JOBS, number, words[0], i64::MAX)? != rows.len() as i64 {
            return Err(error(JOBS, number, words[0], format!("job {}", rows.len())));
        }
        let mut row = [0; 5];
        for (place, word) in row.iter_mut().zip(&words[1..]) {
            let value = word.trim().parse::<f64>().ok().filter(|v| (0.0..=DECIMAL_MAX).contains(v));
            let value = value.ok_or_else(|| error(JOBS, number, word, format!("a number from 0 to {DECIMAL_MAX}")))?;
            *place = (value * 1e9).round() as i64;
        }
        // floats of such size print errors in the last of nine places
        rows.push(row.map(|nano| (nano + 5).div_euclid(10) * 10));
    }
    Ok(rows)
}

/// The smallest power of ten that makes all whole, given parts of 10⁻⁹.
fn power<'a>(nanos: impl Iterator<Item = &'a i64>) -> i64 {
    let mut step = 10_i64.pow(PLACES);
    for nano in nanos {
        while nano % step != 0 {
            step /= 10;
        }
    }
    10_i64.pow(PLACES) / step
}

fn operations(text: &str, ticks: i64, parts: &mut Parts) -> Result<(), ReadError> {
    let mut job = 0;
    let mut machines = 0;
    for (number, line) in lines(text, false) {
        if job == parts.jobs.len() {
            return Err(error(OPERATIONS, number, line, format!("the end after {job} jobs")));
        }
        let words: Vec<&str> = line.split(',').collect();
        if !words.len().is_multiple_of(2) {
            return Err(error(OPERATIONS, number, line, "pairs of machine and duration"));
        }
        for (place, pair) in words.chunks(2).enumerate() {
            let machine = whole(OPERATIONS, number, pair[0], MACHINES_MAX as i64 - 1)? as u32;
            let duration = whole(OPERATIONS, number, pair[1], HORIZON_MAX / ticks)? * ticks;
            machines = machines.max(machine as usize + 1);
            push(parts, job, vec![Mode { machine, duration }], place == 0);
        }
        job += 1;
    }
    if job < parts.jobs.len() {
        return Err(error(OPERATIONS, text.lines().count().max(1), "the end", format!("{} jobs", parts.jobs.len())));
    }
    parts.machines = vec![Machine::default(); machines];
    Ok(())
}

fn set_ups(tables: &Tables<'_>, ticks: i64, parts: &mut Parts) -> Result<(), ReadError> {
    let (families, machines) = (parts.jobs.len(), parts.machines.len());
    parts.families = parts.operations.iter().map(|o| o.job).collect();
    parts.families_count = families;
    let entries = families.saturating_mul(families).saturating_mul(machines);
    if entries > crate::search::model::SET_UPS_MAX {
        return Err(error(JOBS, 1, &format!("{families} jobs"), "fewer set-ups in all"));
    }
    let mut between = vec![vec![0; families * families]; machines];
    for (number, line) in lines(tables.set_ups, true) {
        let words: Vec<&str> = line.split(',').collect();
        let [machine, from, to, length] = words[..] else {
            return Err(error(SET_UPS, number, line, "4 fields: machine, job, job, time"));
        };
        let machine = whole(SET_UPS, number, machine, machines as i64 - 1)? as usize;
        let from = whole(SET_UPS, number, from, families as i64 - 1)? as usize;
        let to = whole(SET_UPS, number, to, families as i64 - 1)? as usize;
        between[machine][from * families + to] = whole(SET_UPS, number, length, HORIZON_MAX / ticks)? * ticks;
    }
    let mut initial = vec![vec![0; families]; machines];
    for (number, line) in lines(tables.initial, true) {
        let Some((machine, job)) = line.split_once(',') else {
            return Err(error(INITIAL, number, line, "2 fields: machine, job"));
        };
        let machine = whole(INITIAL, number, machine, machines as i64 - 1)? as usize;
        let job = whole(INITIAL, number, job, families as i64 - 1)? as usize;
        initial[machine].copy_from_slice(&between[machine][job * families..(job + 1) * families]);
    }
    for (machine, (between, initial)) in parts.machines.iter_mut().zip(between.into_iter().zip(initial)) {
        machine.set_ups = Some(SetUps { between, initial });
    }
    Ok(())
}
