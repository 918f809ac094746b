//! `socium bench soak`: virtual hours of a plant in which everything goes wrong, against a real `socium run`; at the end the
//! accounts must be exact to the reading.
//!
//! Enters: virtual hours, virtual seconds a second. Leaves: rows: what was sent, lost, stored twice, refused otherwise than it must be.
//! Absent: shortcuts; drivers, door, journal and windows are those of the child, which is killed with SIGKILL every other hour.
//!
//! ```text
//! flapping  a share that is gone two minutes of seven, while its machine writes on
//! slow      bytes that dribble, rows cut anywhere
//! poisoned  every five minutes rows that are malformed, oversize, not finite, of the wrong type, out of range, far in the future
//! meter     Modbus TCP: answers late at times, hangs up at times
//! disk      full for an hour in the middle (a tmpfs of its own; needs root)
//! ```
//!
//! Before a kill the poisoned machine rests until its refusals are told, because what was refused lives only in the counters of a
//! life; the others write on through the kill.

mod child;
mod devices;
mod disk;

use super::Row;
use crate::cli::Failure;
use child::{Account, Unit};
use devices::{Meter, Writer};
use disk::Disk;
use plant::RefusalReason;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const UNIT: &str = include_str!("soak.toml");
/// Virtual seconds between two kills.
const KILL_EVERY: u64 = 7_200;
/// Virtual seconds of one step of the devices.
const STEP: u64 = 10;
/// Rows a virtual second while the disk is full: enough that the journal has to grow.
const BURST: u64 = 40;
/// Longest wait for the unit to take what was written.
const PATIENCE: Duration = Duration::from_secs(120);

/// What was seen of all lives.
#[derive(Default)]
struct Seen {
    kills: u64,
    looks: u64,
    unbalanced: u64,
    journal_failures: u64,
    slowest_start: Duration,
    /// Refusals of the poisoned source in lives that ended, by reason.
    refused: BTreeMap<RefusalReason, u64>,
}

struct Soak {
    config: PathBuf,
    log: PathBuf,
    unit: Option<Unit>,
    seen: Seen,
}

/// Soaks.
///
/// # Errors
/// The child does not start, or a folder cannot be used.
pub async fn rows(hours: u64, speed: u64) -> Result<Vec<Row>, Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("the soak's folder: {error}"));
    let folder = std::env::temp_dir().join(format!("socium-soak-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let disk = Disk::mount(&folder.join("store"));
    let meter = Meter::open().await.map_err(failed)?;
    let text = UNIT.replace("STORE", &disk.folder().display().to_string()).replace("ADDRESS", &meter.address().map_err(failed)?);
    let config = folder.join("unit.toml");
    std::fs::write(&config, text).map_err(failed)?;
    let seconds = hours * 3_600;
    let now_ms = crate::clock::Clock::real().now().micros() / 1_000;
    let full = seconds / 2..seconds / 2 + (seconds / 24).max(600);
    let rows = seconds + (full.end - full.start) * (BURST - 1);
    let origin = now_ms - rows as i64 * 1_000 - 60_000;
    let writer = |name: &str| Writer::new(&folder.join(name), origin).map_err(failed);
    let mut writers = [writer("flapping")?, writer("slow")?, writer("poisoned")?];
    let answers = meter.answers();
    let metered = tokio::spawn(meter.serve());
    let mut soak = Soak { log: folder.join("unit.log"), config, unit: None, seen: Seen::default() };
    soak.start()?;
    soak.run((seconds, speed, full), &mut writers, &disk).await?;
    let rows = soak.told(&writers, &answers, disk.why_skipped()).await;
    metered.abort();
    disk.unmount();
    if rows.as_ref().is_ok_and(|rows| rows.iter().all(Row::holds)) {
        std::fs::remove_dir_all(&folder).map_err(failed)?;
    } else {
        eprintln!("the soak's files stay in {}", folder.display());
    }
    rows
}

impl Soak {
    fn start(&mut self) -> Result<(), Failure> {
        let unit = Unit::start(&self.config, &self.log)?;
        self.seen.slowest_start = self.seen.slowest_start.max(unit.took);
        self.unit = Some(unit);
        Ok(())
    }

    /// All virtual seconds; at the end everything written is taken in.
    async fn run(
        &mut self,
        (seconds, speed, full): (u64, u64, Range<u64>),
        writers: &mut [Writer; 3],
        disk: &Disk,
    ) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::new(format!("a machine of the soak: {error}"));
        let bar = indicatif::ProgressBar::new(seconds / 3_600).with_message("virtual hours");
        let began = Instant::now();
        for second in 0..seconds {
            let [flapping, slow, poisoned] = &mut *writers;
            for _ in 0..if full.contains(&second) { BURST } else { 1 } {
                [&mut *flapping, &mut *slow, &mut *poisoned].into_iter().for_each(Writer::work);
            }
            poisoned.poison(second);
            slow.dribble(37 + second as usize % 23).map_err(failed)?;
            if second % STEP == 0 {
                flapping.flap(second).and_then(|()| flapping.flush()).map_err(failed)?;
                poisoned.flush().map_err(failed)?;
                disk.fill(full.contains(&second));
                let due = Duration::from_secs_f64(second as f64 / speed as f64);
                tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
                bar.set_position(second / 3_600);
            }
            if second % 60 == 0 {
                self.look().await?;
            }
            if second % KILL_EVERY == KILL_EVERY - 1 && !full.contains(&second) {
                poisoned.flush().map_err(failed)?;
                self.kill(writers, second).await?;
            }
        }
        disk.fill(false);
        for writer in writers.iter_mut() {
            writer.flush().and_then(|()| writer.come_back()).map_err(failed)?;
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Looks at the accounts: they must balance whenever somebody looks.
    async fn look(&mut self) -> Result<BTreeMap<String, Account>, Failure> {
        let Some(unit) = &self.unit else { return Err(Failure::new("no unit runs")) };
        let (accounts, failures) = unit.accounts().await?;
        self.seen.looks += 1;
        self.seen.unbalanced += accounts.values().filter(|a| !a.balances()).count() as u64;
        self.seen.journal_failures = self.seen.journal_failures.max(failures);
        Ok(accounts)
    }

    /// Waits until the poisoned source told all its refusals; gives up after a while, and the figures then tell.
    async fn rest(&mut self, poison: &BTreeMap<RefusalReason, u64>) -> Result<BTreeMap<RefusalReason, u64>, Failure> {
        let began = Instant::now();
        loop {
            let accounts = self.look().await?;
            let mut refused = self.seen.refused.clone();
            for (reason, count) in accounts.get("poisoned").into_iter().flat_map(|a| &a.refused) {
                *refused.entry(*reason).or_default() += count;
            }
            let wanted: u64 = poison.values().sum();
            if owed(&refused).values().sum::<u64>() >= wanted || began.elapsed() > PATIENCE {
                return Ok(refused);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn kill(&mut self, writers: &mut [Writer; 3], second: u64) -> Result<(), Failure> {
        self.seen.refused = self.rest(&writers[2].poison).await?;
        // kills fall on different places of the loop's turn
        tokio::time::sleep(Duration::from_millis(second / KILL_EVERY * 7 % 100)).await;
        if let Some(unit) = self.unit.take() {
            unit.kill();
        }
        self.seen.kills += 1;
        self.start()
    }

    /// Waits until the unit took everything, ends it, and compares the store with what was sent.
    async fn told(&mut self, writers: &[Writer; 3], answers: &AtomicU64, skipped: Option<&str>) -> Result<Vec<Row>, Failure> {
        let refused = self.rest(&writers[2].poison).await?;
        let mut before = u64::MAX;
        let began = Instant::now();
        loop {
            let accounts = self.look().await?;
            let files: u64 = accounts.iter().filter(|(name, _)| *name != "meter").map(|(_, a)| a.accepted).sum();
            if (files == before && began.elapsed() > Duration::from_secs(3)) || began.elapsed() > PATIENCE {
                break;
            }
            before = files;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        if let Some(unit) = self.unit.take() {
            unit.end()?;
        }
        let answers = answers.load(Ordering::Relaxed);
        let found = stored(&self.config).await?;
        let names = ["flapping", "slow", "poisoned"];
        let (mut sent, mut lost, mut twice) = (0, 0, 0);
        for (name, writer) in names.iter().zip(writers) {
            for column in ["pieces", "force"] {
                let Held { count, distinct } = found.get(&format!("{name}.{column}")).copied().unwrap_or_default();
                sent += writer.rows;
                // the gauge repeats its values: its times are what is distinct
                lost += writer.rows.saturating_sub(distinct);
                twice += count - distinct;
            }
        }
        let meter = found.get("meter.answers").copied().unwrap_or_default();
        twice += meter.count - meter.distinct;
        let wrong = difference(&owed(&refused), &writers[2].poison);
        Ok(self.figures(
            &Told { sent, lost, twice, wrong, answers, meter: meter.count, poison: writers[2].poison.values().sum() },
            skipped,
        ))
    }

    fn figures(&self, told: &Told, skipped: Option<&str>) -> Vec<Row> {
        let seen = &self.seen;
        let context = format!(
            "{} kills, {} looks, {} appends refused by the full disk, slowest start {:.2} s",
            seen.kills,
            seen.looks,
            seen.journal_failures,
            seen.slowest_start.as_secs_f64()
        );
        let context = skipped.map_or_else(|| context.clone(), |why| format!("{context}; full disk SKIPPED: {why}"));
        let row = |figure: &str, value: u64| Row::new(figure, value as f64, "1");
        let mut rows = vec![
            row("soak: readings sent in files", told.sent).under(context),
            row("soak: readings lost", told.lost).at_most(0.0),
            row("soak: readings stored twice", told.twice).at_most(0.0),
            row("soak: refusals not as they must be, by reason", told.wrong).at_most(0.0).under(format!("{} owed", told.poison)),
            row("soak: accounts that did not balance", seen.unbalanced).at_most(0.0),
            row("soak: answers of the polled meter stored", told.meter).at_least(1.0).under(format!("{} given", told.answers)),
        ];
        if skipped.is_none() {
            rows.push(row("soak: appends that the full disk refused", seen.journal_failures).at_least(1.0));
        }
        rows
    }
}

struct Told {
    sent: u64,
    lost: u64,
    twice: u64,
    wrong: u64,
    answers: u64,
    meter: u64,
    poison: u64,
}

/// Readings of a column in the store: all, and those of different instants.
#[derive(Clone, Copy, Default)]
struct Held {
    count: u64,
    distinct: u64,
}

/// Refusals that are due to the rows themselves; what the journal could not take came again.
fn owed(refused: &BTreeMap<RefusalReason, u64>) -> BTreeMap<RefusalReason, u64> {
    refused.iter().filter(|(reason, _)| **reason != RefusalReason::NotStored).map(|(r, n)| (*r, *n)).collect()
}

fn difference(found: &BTreeMap<RefusalReason, u64>, wanted: &BTreeMap<RefusalReason, u64>) -> u64 {
    let count = |all: &BTreeMap<RefusalReason, u64>, reason| all.get(&reason).copied().unwrap_or(0);
    RefusalReason::ALL.iter().map(|(reason, _)| count(found, *reason).abs_diff(count(wanted, *reason))).sum()
}

/// What the store of a configuration holds, by `machine type.column`.
async fn stored(config: &Path) -> Result<BTreeMap<String, Held>, Failure> {
    let config = crate::config::read(config).map_err(|faults| Failure::new(faults.to_string()))?;
    let failed = |error: store::StoreError| Failure::new(error.to_string());
    let opened = store::Store::open(&config.store.dir, &config.plant, config.store.limits).await;
    let (store, _) = opened.map_err(failed)?;
    let mut found = BTreeMap::new();
    for channel in &config.plant.channels {
        let (kind, name) = (&config.plant.machine(channel.machine).kind, &channel.name);
        let query =
            format!("SELECT count({name}), count(DISTINCT CASE WHEN {name} IS NULL THEN NULL ELSE \"at\" END) FROM {kind}");
        let table = store.sql(&query, 1).await.map_err(failed)?;
        let number = |place: usize| table.rows.first().and_then(|row| row.get(place)?.as_u64()).unwrap_or(0);
        found.insert(format!("{kind}.{name}"), Held { count: number(0), distinct: number(1) });
    }
    store.close().await.map_err(failed)?;
    Ok(found)
}
