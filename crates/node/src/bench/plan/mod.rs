//! `socium bench plan`: how good plans are after so much CPU, beside the best known and, where asked for, OR-Tools CP-SAT.
//!
//! Enters: a folder of instances with bounds, budgets. Leaves: a row for each instance and for each group of families. Absent: the search.
//! Every plan is proven by the check before it counts.

pub mod data;
pub mod peer;
pub mod replan;

use super::Row;
use crate::cli::Failure;
use crate::plan::run::{Found, Wanted, search};
use data::Instance;
use decide::search::exact;
use decide::search::read::Task;
use peer::CpSat;
use std::collections::BTreeMap;
use std::path::Path;

/// Objectives that are this near are equal: the texts hold floats.
const SAME: f64 = 1e-6;
/// Instances of so many operations count for the time to the first plan.
const LARGE: usize = 10_000;

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// Folder of instances.
    pub data: &'a Path,
    /// Only this family, problem or instance.
    pub family: Option<&'a str>,
    /// Of each family every k-th instance by name, so that at least so many are measured.
    pub sample: Option<usize>,
    /// CPU seconds of each thread, ascending.
    pub cpu_s: &'a [f64],
    /// Threads.
    pub threads: usize,
    /// Seed.
    pub seed: u64,
    /// Whether CP-SAT runs beside.
    pub with_cp_sat: bool,
    /// CPU seconds of each of its threads, in place of ours.
    pub peer_cpu_s: Option<f64>,
}

/// What an instance gave.
struct Result1 {
    instance: Instance,
    operations: usize,
    /// Objective at each budget, in the units of the text.
    objectives: Vec<f64>,
    bound: f64,
    /// The peer's at each of its budgets: ours, or one of its own.
    peer: Vec<Option<f64>>,
    found: Found,
}

impl Result1 {
    /// What the peer reached, to be held against ours of a stage.
    fn peer_at(&self, stage: usize) -> Option<f64> {
        *self.peer.get(stage).or(self.peer.first())?
    }
}

/// Measures every instance.
///
/// # Errors
/// `bounds.json` cannot be read, a plan was refused by the check, or the peer ended. A file that is not of its format is a row.
pub fn rows(settings: Settings<'_>) -> Result<Vec<Row>, Failure> {
    let mut instances = data::rows(settings.data, settings.family)?;
    if let Some(least) = settings.sample {
        instances = data::sampled(instances, least);
    }
    let mut peer = settings.with_cp_sat.then(|| CpSat::start(settings.threads)).transpose()?;
    let mut results = Vec::with_capacity(instances.len());
    let mut refused = Vec::new();
    for instance in instances {
        match instance.task(settings.data) {
            Ok(task) => results.push(measured(settings, instance, &task, peer.as_mut())?),
            Err(failure) => refused.push(format!("{}: {failure}", instance.name)),
        }
    }
    let mut rows: Vec<Row> = results.iter().flat_map(|r| instance_rows(settings, r)).collect();
    let mut groups: BTreeMap<String, Vec<&Result1>> = BTreeMap::new();
    for result in &results {
        groups.entry(format!("{}/{}", result.instance.problem, result.instance.family)).or_default().push(result);
        groups.entry(group(&result.instance).to_owned()).or_default().push(result);
    }
    for (name, members) in &groups {
        rows.extend(group_rows(settings, name, members));
    }
    rows.extend(speed_rows(&results));
    if !refused.is_empty() {
        rows.push(Row::new("instances refused", refused.len() as f64, "1").under(refused.join("; ")));
    }
    Ok(rows)
}

fn measured(settings: Settings<'_>, instance: Instance, task: &Task, peer: Option<&mut CpSat>) -> Result<Result1, Failure> {
    let wanted = Wanted { cpu_s: settings.cpu_s, iterations: None, threads: settings.threads, seed: settings.seed, from: None };
    let found = search(&task.model, wanted)?;
    let mut beside = Vec::new();
    if let Some(peer) = peer {
        let own = settings.peer_cpu_s.as_slice();
        for budget in if own.is_empty() { settings.cpu_s } else { own } {
            beside.push(peer.solve(&task.model, *budget)?.map(|o| o as f64 / task.scale));
        }
    }
    Ok(Result1 {
        operations: task.model.operations.len(),
        objectives: found.objectives.iter().map(|o| *o as f64 / task.scale).collect(),
        bound: found.bound as f64 / task.scale,
        peer: beside,
        instance,
        found,
    })
}

/// How far above the best known [%].
fn gap(objective: f64, best_known: f64) -> f64 {
    if best_known.abs() < SAME { objective } else { 100.0 * (objective / best_known - 1.0) }
}

fn instance_rows(settings: Settings<'_>, result: &Result1) -> Vec<Row> {
    let of = &result.instance;
    let mut rows = Vec::new();
    for (stage, budget) in settings.cpu_s.iter().enumerate() {
        let objective = result.objectives[stage];
        let known = of.best_known.map_or_else(|| "no bound known".to_owned(), |b| format!("best known {b}"));
        let certified = 100.0 * (1.0 - result.bound / objective.max(SAME));
        let context = format!("{known}, proven {:.3}, certified gap {certified:.2} %, checked", result.bound);
        let name = format!("{}/{}/{} at {budget} s", of.problem, of.family, of.name);
        let mut row = Row::new(name, objective, "1").under(context);
        if let Some(peer) = result.peer_at(stage) {
            row = row.beside("CP-SAT", peer);
        }
        rows.push(row);
    }
    rows
}

/// The groups of the table.
fn group(instance: &Instance) -> &'static str {
    match (instance.problem.as_str(), instance.family.as_str()) {
        ("jsp", "tai" | "dct" | "bel") => "large JSP",
        ("jsp", _) => "JSP",
        ("fjsp", _) => "FJSP",
        ("fjsp_sdst", _) => "FJSP with set-ups",
        ("jsp_tardiness", _) => "total tardiness",
        ("jit_jsp_sdst", _) => "just in time with set-ups",
        _ => "other",
    }
}

/// What the mean gap of a group must be and should be [%] at a budget.
fn wanted(name: &str, budget: f64) -> Option<(f64, f64)> {
    match (name, budget) {
        ("FJSP", 1.0) => Some((1.5, 0.7)),
        ("FJSP", 10.0) => Some((0.8, 0.3)),
        ("JSP", 1.0) => Some((2.5, 1.2)),
        ("JSP", 10.0) => Some((1.5, 0.7)),
        ("large JSP", 10.0) => Some((8.0, 3.0)),
        ("FJSP with set-ups", 10.0) => Some((3.0, 0.0)),
        _ => None,
    }
}

fn group_rows(settings: Settings<'_>, name: &str, members: &[&Result1]) -> Vec<Row> {
    let known: Vec<(&&Result1, f64)> = members.iter().filter_map(|r| r.instance.best_known.map(|b| (r, b))).collect();
    let mut rows = Vec::new();
    for (stage, budget) in settings.cpu_s.iter().enumerate().filter(|_| !known.is_empty()) {
        let count = known.len() as f64;
        let context = format!("{} instances, {} threads", known.len(), settings.threads);
        let mean = known.iter().map(|(r, b)| gap(r.objectives[stage], *b)).sum::<f64>() / count;
        let mut row = Row::new(format!("{name}: mean gap at {budget} s"), mean, "%").under(&context);
        if let Some((must, aim)) = wanted(name, *budget) {
            row = row.at_most(must).aim(aim);
        }
        rows.push(row);
        let reached = known.iter().filter(|(r, b)| r.objectives[stage] <= b + SAME).count() as f64 / count;
        let mut row = Row::new(format!("{name}: at or below the best known at {budget} s"), reached, "1").under(&context);
        if *budget == 10.0 && name == "total tardiness" {
            row = row.at_least(0.8).aim(1.0);
        }
        if *budget == 10.0 && name == "just in time with set-ups" {
            row = row.at_least(0.9).aim(1.0);
        }
        rows.push(row);
        rows.extend(peer_row(settings, name, members, stage).map(|row| row.under(&context)));
    }
    rows
}

/// The share of instances of which the peer's plan is better than ours.
fn peer_row(settings: Settings<'_>, name: &str, members: &[&Result1], stage: usize) -> Option<Row> {
    let peers: Vec<&&Result1> = members.iter().filter(|r| !r.peer.is_empty()).collect();
    if peers.is_empty() {
        return None;
    }
    let better = peers.iter().filter(|r| r.peer_at(stage).is_some_and(|p| p < r.objectives[stage] - SAME)).count() as f64;
    let (ours, theirs) = (settings.cpu_s[stage], settings.peer_cpu_s.unwrap_or(settings.cpu_s[stage]));
    let figure = format!("{name}: CP-SAT at {theirs} s better than we at {ours} s");
    let row = Row::new(figure, better / peers.len() as f64, "1");
    Some(if (ours, theirs) == (1.0, 60.0) { row.at_most(0.05).aim(0.0) } else { row })
}

fn speed_rows(results: &[Result1]) -> Vec<Row> {
    let mut rows = Vec::new();
    let large = results.iter().filter(|r| r.operations >= LARGE).map(|r| r.found.first_s * 1e3);
    if let Some(slowest) = large.reduce(f64::max) {
        rows.push(Row::new("first checked plan, 10000 operations", slowest, "ms").at_most(100.0).aim(20.0));
    }
    let small: Vec<&Result1> = results.iter().filter(|r| r.operations <= exact::OPERATIONS_MAX).collect();
    if !small.is_empty() {
        let is_proven = |r: &&&Result1| r.objectives.last().is_some_and(|o| *o <= r.bound + SAME);
        let share = small.iter().filter(is_proven).count() as f64 / small.len() as f64;
        let context = format!("{} instances", small.len());
        rows.push(Row::new("proven optimal, at most 60 operations", share, "1").at_least(0.9).aim(0.99).under(context));
    }
    let evaluated: u64 = results.iter().map(|r| r.found.evaluated).sum();
    let cpu_s: f64 = results.iter().map(|r| r.found.cpu_s).sum();
    if cpu_s > 0.0 {
        rows.push(Row::new("moves evaluated per CPU second", evaluated as f64 / cpu_s, "1/s"));
    }
    rows
}
