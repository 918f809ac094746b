//! `socium plan FILE`: a scheduling or supply problem in, a proven plan out as JSON. Where no plan keeps all limits, the nearest and why, and exit
//! code 1; so too where a demand is not met within the horizon.

use super::Failure;
use crate::plan::form::PlanForm;
use crate::plan::run::{Wanted, search};
use crate::plan::supply;
use crate::plan::text::{self, Format};
use serde::Serialize;
use std::path::PathBuf;

/// What can be typed.
#[derive(clap::Args)]
pub struct Words {
    /// The problem: our JSON (docs/plan.schema.json, docs/supply.schema.json), a text format of the literature, or a folder of just-in-time tables.
    file: PathBuf,
    /// Its format. Absent: the ending and the text decide.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// CPU time of each thread [s].
    #[arg(long, default_value_t = 1.0)]
    cpu_s: f64,
    /// Iterations of all threads together, in place of a CPU time: the same seed gives the same plan on any number of threads.
    #[arg(long, conflicts_with = "cpu_s")]
    iterations: Option<u64>,
    /// Threads that share the search.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
    threads: u32,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Of a supply problem: also the detailed schedule of what is made.
    #[arg(long)]
    schedule: bool,
}

/// Plans and prints.
pub fn main(words: &Words) -> Result<(), Failure> {
    if !(0.0..=86_400.0).contains(&words.cpu_s) {
        return Err(Failure::new(format!("--cpu-s: found {}, allowed 0 to 86400", words.cpu_s)));
    }
    let cpu_s = [if words.iterations.is_some() { f64::INFINITY } else { words.cpu_s }];
    let threads = words.threads as usize;
    let wanted = Wanted { cpu_s: &cpu_s, iterations: words.iterations, threads, seed: words.seed, from: None };
    if let Some(model) = supply::read(&words.file, words.format)? {
        let plan = supply::planned(&model, words.schedule.then_some(wanted))?;
        print(&plan)?;
        let missing = plan.missing();
        return match missing.len() {
            0 => Ok(()),
            count => Err(Failure::new(format!(
                "{count} demands are not met within the horizon: {}",
                missing[..count.min(12)].join(", ")
            ))),
        };
    }
    if words.schedule {
        return Err(Failure::new("--schedule: found a scheduling problem, allowed with a supply problem"));
    }
    let named = text::read(&words.file, words.format)?;
    let found = search(&named.task.model, wanted)?;
    let units = (named.task.ticks, named.task.scale);
    let plan = PlanForm::new(&named.task.model, named.form.as_ref(), &found, units);
    print(&plan)?;
    if plan.broken.is_empty() {
        return Ok(());
    }
    let why = if plan.conflict.is_empty() {
        "no contradiction is proven, so more CPU may find a plan".to_owned()
    } else {
        format!("these cannot all be kept: {}", plan.conflict.join("; "))
    };
    Err(Failure::new(format!("found no plan that keeps everything; {why}. The nearest breaks: {}", plan.broken.join("; "))))
}

fn print(plan: &impl Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string_pretty(plan).map_err(|e| Failure::new(e.to_string()))?);
    Ok(())
}
