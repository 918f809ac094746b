//! `socium replay`: recorded data through the same door as live data, in their own time.
//!
//! Time goes as the data go: all deliveries of one slice are handed in, the unit's clock is set to its end, and the next slice
//! waits until the loop has made the first durable.

use super::Failure;
use crate::clock::Clock;
use crate::replay::Replay;
use crate::runtime::{self, Ask};
use drivers::{Arrival, Settled};
use measure::{Instant, Span};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::oneshot;

/// What can be typed.
#[derive(clap::Args)]
pub struct Words {
    /// The map: which files, which columns, which unit.
    #[arg(long)]
    map: PathBuf,
    /// Folder of the files, where they do not lie beside the map.
    file: Option<PathBuf>,
    /// How many times faster than real time; as fast as it goes where left out.
    #[arg(long)]
    speed: Option<f64>,
    /// Folder for the store; anew each time.
    #[arg(long, default_value = "socium-data/replay")]
    dir: PathBuf,
    /// Time in one step of the replay.
    #[arg(long, default_value = "10 min", value_parser = slice)]
    slice: Span,
    /// Keep the pages open when the data have ended.
    #[arg(long)]
    stay: bool,
}

fn slice(text: &str) -> Result<Span, String> {
    crate::config::text::span(text)
        .filter(|s| *s > Span::ZERO)
        .ok_or_else(|| "allowed is a time such as `10 min` or `1 h`".to_owned())
}

/// Replays and says what came of it.
pub async fn main(words: Words) -> Result<(), Failure> {
    let mut replay = Replay::open(&words.map, words.file.as_deref()).map_err(|faults| Failure::new(faults.to_string()))?;
    super::demo::empty(&words.dir)?;
    let mut config = replay.config.clone();
    config.store.dir = words.dir.join("store");
    let clock = Clock::driven_from(replay.now());
    let running = runtime::start(config, clock.clone()).await.map_err(|e| Failure::new(e.to_string()))?;
    println!("The unit runs. Open  {}", running.way_in());
    let progress = indicatif::ProgressBar::new_spinner();
    let mut pending = replay.next();
    let mut until = replay.now();
    while let Some((at, _)) = &pending {
        until = until.max(*at).floor(words.slice) + words.slice;
        let waiting = hand_in(&mut replay, &mut pending, until, &running).await?;
        clock.drive_to(until);
        settle(&running, waiting).await?;
        progress.set_message(format!("{until}, {} rows", replay.rows()));
        progress.tick();
        pause(words.speed, words.slice).await;
    }
    progress.finish_and_clear();
    println!("{}", summary(&running, until));
    if words.stay {
        let mut ending = super::Ending::listen()?;
        println!("The data have ended; the pages stay open. End with Ctrl-C.");
        ending.asked().await;
    }
    running.end().await;
    Ok(())
}

type Next = Option<(Instant, collect::Delivery)>;

/// Hands in all deliveries before `until`; their receipts.
async fn hand_in(
    replay: &mut Replay,
    pending: &mut Next,
    until: Instant,
    running: &runtime::Running,
) -> Result<Vec<oneshot::Receiver<Settled>>, Failure> {
    let mut waiting = Vec::new();
    while let Some((_, delivery)) = pending.take_if(|(at, _)| *at < until) {
        let (arrival, receipt) = Arrival::new(delivery);
        running.door.send(arrival).await.map_err(|_| Failure::new("the unit ended"))?;
        waiting.push(receipt);
        *pending = replay.next();
    }
    Ok(waiting)
}

/// Waits until a slice is durable and the loop has looked at its end.
async fn settle(running: &runtime::Running, waiting: Vec<oneshot::Receiver<Settled>>) -> Result<(), Failure> {
    for receipt in waiting {
        if !receipt.await.is_ok_and(|settled| settled.is_taken) {
            return Err(Failure::new("the journal refused readings; see the log above"));
        }
    }
    let (answer, answered) = oneshot::channel();
    running.asks.send(Ask::Settle(answer)).await.map_err(|_| Failure::new("the unit ended"))?;
    answered.await.map_err(|_| Failure::new("the unit ended"))
}

async fn pause(speed: Option<f64>, slice: Span) {
    if let Some(speed) = speed {
        tokio::time::sleep(Duration::from_secs_f64((slice.seconds() / speed).max(0.0))).await;
    }
}

/// What the unit saw, in words.
fn summary(running: &runtime::Running, until: Instant) -> String {
    let view = running.view.borrow().clone();
    let total = view.accounting.total();
    let mut lines = vec![format!(
        "Replayed to {until}: {} readings accepted = {} stored + {} refused + {} in flight.",
        total.accepted,
        total.stored,
        total.refused_sum(),
        total.in_flight
    )];
    for (reason, count) in &total.refused {
        lines.push(format!("  refused {count}: {}", reason.word()));
    }
    let [findings, forecasts, decisions, commands, outcomes, revisions] = view.counts;
    lines.push(format!(
        "{findings} findings, {forecasts} forecasts, {decisions} decisions, {commands} commands, {outcomes} outcomes, {revisions} revisions."
    ));
    let head = ["machine", "OEE", "availability", "quality", "good", "scrap", "kWh"].map(str::to_owned);
    let share = |x: Option<f64>| x.map(|x| format!("{:.1} %", 100.0 * x)).unwrap_or_default();
    let rows: Vec<Vec<String>> = view
        .plant
        .machines
        .iter()
        .filter_map(|machine| {
            let kpis = view.kpis_of(unit::desk::Scope::Machine(machine.id))?;
            Some(vec![
                machine.name.clone(),
                share(kpis.oee),
                share(kpis.availability),
                share(kpis.quality_ratio),
                format!("{:.0}", kpis.good),
                format!("{:.0}", kpis.scrap),
                format!("{:.1}", kpis.energy_kwh),
            ])
        })
        .collect();
    lines.push("KPIs of the last worked shift:".to_owned());
    lines.push(crate::print::table(&head, &rows));
    lines.join("\n")
}
