//! `socium learn`: lets a newly learned model contest the one in use on the same later data, for each series that the unit foretells of itself and
//! for lives of parts and scrap at machines of a kind, and swaps it only where it is better. Works beside a running unit, which takes the new version as soon as it has learned it again.

use super::Failure;
use crate::clock::Clock;
use crate::config;
use crate::runtime::{Replays, gathered, whole_days, with_accepted};
use measure::{Instant, Span};
use plant::{Contest, Plant, RecordKind, Window};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Store, StoreError};
use unit::lessons::gather::Gatherer;
use unit::lessons::model::Way;
use unit::outlook::learn::{Standing, contest};
use unit::outlook::lessons::{self, Pupil};
use unit::outlook::{HISTORY, Subject, today};

/// The newest reading is taken in.
const MOMENT: Span = Span::from_seconds(1);

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
    let (plant, _) = with_accepted(&config).await.map_err(|e| failed(&e))?;
    let plant = &plant;
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
                println!("{key}: {}", told(&contest, &Standing::after(&before), ("days", "kWh a quarter of an hour")));
                if !words.dry {
                    store.put_contest(&contest).await.map_err(|e| failed(&e))?;
                }
            }
            Err(cause) => println!("{key}: nothing learned: {cause}"),
        }
    }
    let taught = taught(&config.store.dir, plant, now, words.dry).await?;
    if learned + taught == 0 {
        println!(
            "nothing can be learned: it takes channels of the roles `energy`, `generated`, `good` and `scrap`, or `state`, `serviced` and `load` or `vibration`"
        );
    }
    Ok(())
}

/// Models of how long parts last and of what will be scrapped; returns how many there can be.
async fn taught(dir: &Path, plant: &Arc<Plant>, now: Instant, dry: bool) -> Result<usize, Failure> {
    let failed = |e: StoreError| Failure::new(e.to_string());
    let pupils = Pupil::all(plant);
    let window = Window { from: today(plant, now) - HISTORY, to: now + MOMENT };
    let (mut newest, mut replays): (Option<(&str, Gatherer)>, _) = (None, Replays::default());
    for of in &pupils {
        let key = of.key();
        if newest.as_ref().is_none_or(|(kind, _)| *kind != of.kind) {
            eprintln!("{}: reading what its machines told since {}", of.kind, window.from);
            newest = Some((&of.kind, read(dir, plant, &of.kind, window).await?));
        }
        let Some((_, gatherer)) = &newest else { continue };
        // the running unit may have sealed what an older look would still look for
        let store = Store::look(dir, plant).await.map_err(failed)?;
        let before = store.contests(&key).await.map_err(failed)?;
        let standing = Standing::after(&before);
        let way = match standing.learned {
            None => Ok(Way::Plain),
            Some(window) => {
                let again = replays.gathered(&store, plant, of, window).await.map_err(Failure::new)?;
                lessons::way(of.topic, &standing, &again.episodes(of.topic))
            }
        };
        let way = way.unwrap_or_else(|cause| {
            println!("{key}: {cause}. The plain way stands in for it");
            Way::Plain
        });
        match lessons::contest(of, (window.from, &gatherer.episodes(of.topic)), way, &before, now) {
            Ok(contest) => {
                println!("{key}: {}", told(&contest, &standing, (of.topic.episodes(), of.topic.forecast().unit())));
                if !dry {
                    store.put_contest(&contest).await.map_err(failed)?;
                }
            }
            Err(cause) => println!("{key}: nothing learned: {cause}"),
        }
    }
    Ok(pupils.len())
}

/// Reads what machines of a kind told. A look at the store knows what was sealed at that moment; where the running unit has sealed more since, it is
/// looked at anew, once.
async fn read(dir: &Path, plant: &Arc<Plant>, kind: &str, window: Window) -> Result<Gatherer, Failure> {
    let look = || async { Store::look(dir, plant).await.map_err(|e| Failure::new(e.to_string())) };
    match gathered(&look().await?, plant, kind, window).await {
        Ok(found) => Ok(found),
        Err(_) => gathered(&look().await?, plant, kind, window).await.map_err(Failure::new),
    }
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

/// What came of a contest, in words; blocks and losses in their units.
fn told(contest: &Contest, before: &Standing, (blocks, unit): (&str, &str)) -> String {
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
        "learned from {} to {}; on {} {blocks} from {} to {}, which neither has seen, the mean pinball loss is {:.4} {unit} \
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
