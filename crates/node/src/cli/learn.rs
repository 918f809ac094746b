//! `socium learn`: lets a newly learned model contest the one in use on the same later data, for each series that the unit foretells of itself, and
//! swaps it only where it is better. Works beside a running unit, which takes the new version with its next forecast.

use super::Failure;
use crate::clock::Clock;
use crate::config;
use crate::runtime::whole_days;
use measure::Instant;
use plant::{Contest, RecordKind};
use std::path::PathBuf;
use store::Store;
use unit::outlook::learn::{Standing, contest};
use unit::outlook::{Subject, today};

/// What can be typed.
#[derive(clap::Args)]
pub struct Words {
    /// Folder of the unit, in which its unit.toml lies.
    #[arg(long, default_value = ".")]
    unit: PathBuf,
    /// Only measure: nothing is swapped or kept.
    #[arg(long)]
    dry: bool,
}

/// Learns, compares, tells, keeps.
pub async fn main(words: Words) -> Result<(), Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::new(e.to_string());
    let config = config::read(&words.unit.join("unit.toml")).map_err(|faults| failed(&faults))?;
    let plant = &config.plant;
    let store = Store::look(&config.store.dir, plant).await.map_err(|e| failed(&e))?;
    let now = newest(&store).await?;
    let mut learned = 0;
    for subject in Subject::all(plant, now).into_iter().filter(|s| s.role().is_some()) {
        learned += 1;
        let key = subject.key(plant);
        let before = store.contests(&key).await.map_err(|e| failed(&e))?;
        let of = (today(plant, now), &Standing::after(&before));
        let Some(series) = whole_days(&store, plant, subject, of).await.map_err(Failure::new)? else {
            println!("{key}: nothing is stored yet");
            continue;
        };
        match contest(key.clone(), &series, &plant.calendar.zone, &before, now) {
            Ok((contest, _)) => {
                println!("{key}: {}", told(&contest, &Standing::after(&before)));
                if !words.dry {
                    store.put_contest(&contest).await.map_err(|e| failed(&e))?;
                }
            }
            Err(cause) => println!("{key}: nothing learned: {cause}"),
        }
    }
    if learned == 0 {
        println!("no channel has the role `energy` or `generated`: there is nothing to learn");
    }
    Ok(())
}

/// The unit's now: of its newest record, because its clock may be another than that of this computer; else of this computer.
async fn newest(store: &Store) -> Result<Instant, Failure> {
    let kinds = [RecordKind::Forecast, RecordKind::Finding];
    let mut newest = None;
    for kind in kinds {
        let found = store.records(kind, Instant::MAX, 1).await.map_err(|e| Failure::new(e.to_string()))?;
        newest = newest.max(found.first().map(plant::Record::at));
    }
    Ok(newest.unwrap_or_else(|| Clock::real().now()))
}

fn told(contest: &Contest, before: &Standing) -> String {
    let used = match before.learned {
        None => format!("version {} (plain, nothing learned)", before.version),
        Some(window) => format!("version {} (learned from {} to {})", before.version, window.from, window.to),
    };
    let verdict = if contest.swapped {
        format!("version {} is in use from now on", contest.version + 1)
    } else {
        format!("version {} stays", contest.version)
    };
    format!(
        "learned from {} to {}; on {} days from {} to {}, which neither has seen, the mean pinball loss is {:.4} kWh a quarter of an hour \
         for {used}, {:.4} for the challenger, better with probability {:.2}: {verdict}",
        contest.learned.from,
        contest.learned.to,
        contest.blocks,
        contest.on.from,
        contest.on.to,
        contest.in_use,
        contest.challenger,
        contest.probability,
    )
}
