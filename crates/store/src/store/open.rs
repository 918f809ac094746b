//! Opening: lock, database, what history holds, what the journal holds beyond it; then the writer starts.

use super::{Inner, Store, Thinkers, readable};
use crate::form::{Catalogue, Recalled, custom_from_json};
use crate::journal::segment::sync_dir;
use crate::journal::{Journal, Start, glance, recover};
use crate::live::Live;
use crate::records::{Applier, Records, WAITING_MAX};
use crate::series::{surroundings, tidy};
use crate::{Backlog, Recovered, StoreError, StoreLimits};
use measure::Budget;
use plant::{CustomOrder, Plant, Record};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Directory of the journal.
pub(super) const JOURNAL: &str = "journal";
/// Directory of sealed files.
pub(super) const HISTORY: &str = "history";
const RECORDS: &str = "records.sqlite";
const LOCK: &str = "lock";
/// Memory of a look from outside: a process of its own that nothing else shares, and that ends with its question.
const LOOK_BYTES: u64 = 4 << 30;
/// Records of each kind given back at the start.
const RECENT: i64 = 200;
/// Findings that people looked into given back at the start, beyond the recent ones.
pub const CONFIRMED_MAX: usize = 512;

impl Store {
    /// Opens the store in a directory, which is made if need be, for the machines of a plant.
    ///
    /// What was torn by a kill is cut; what was acknowledged is there. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// Another process has the directory, the disk refuses, or a newer version wrote it.
    pub async fn open(dir: &Path, plant: &Plant, limits: StoreLimits) -> Result<(Self, Recovered), StoreError> {
        std::fs::create_dir_all(dir).map_err(|e| StoreError::disk("cannot make", dir, &e))?;
        let lock = Arc::new(take_lock(dir)?);
        let records = Arc::new(Records::open(&dir.join(RECORDS)).await?);
        let sealed = records.sealed_segment().await?;
        bury(dir, &records).await?;
        let mut manifest = records.manifest().await?;
        tidy(&dir.join(HISTORY), &mut manifest, sealed)?;
        let budget = Budget::new(limits.memory_bytes);
        let mut live = Live::new(&budget, manifest);
        live.learn(&records.words().await?);
        let catalogue = Arc::new(Catalogue::of(plant));
        let found = recover(&dir.join(JOURNAL), sealed, &catalogue, &mut live)?;
        records.apply(&found.records).await?;
        let applied = records.applied().await?;
        let (mut baselines, mut unused, mut given) = (Vec::new(), Vec::new(), Vec::new());
        for row in records.baselines().await? {
            match row.read(plant) {
                Recalled::Frozen(baseline) => baselines.push(baseline),
                Recalled::Unused(cause) => unused.push(cause),
                Recalled::Given(version) => given.push(version),
                Recalled::Elsewhere(cause) => {
                    tracing::debug!(machine = row.row.machine, about = row.row.about, cause, "a baseline stays in the store")
                }
            }
        }
        let recovered = Recovered {
            words: live.words.clone(),
            backlog: Backlog::of(&live, plant),
            open_decisions: decisions(readable(plant, &records.open_decisions().await?)),
            recent: readable(plant, &records.recent(RECENT).await?),
            confirmed: findings(readable(plant, &records.confirmed(CONFIRMED_MAX as i64).await?)),
            baselines,
            unused,
            given,
            bookmarks: records.bookmarks().await?,
            next: records.next().await?,
            torn_bytes: found.torn_bytes,
        };
        let live = Arc::new(Mutex::new(live));
        let held = Arc::clone(&lock);
        let (versions, waiting) = mpsc::channel(WAITING_MAX);
        let start = Start {
            dir: dir.join(JOURNAL),
            limits,
            catalogue,
            print: found.print,
            number: found.number_max,
            sequence: applied,
            lock,
            records: versions,
        };
        sync_dir(dir)?;
        let journal = Journal::start(start, &live)?;
        let applier = Applier::start(Arc::clone(&records), applied, waiting, Some(held));
        let parts = Parts { live, journal, records, applier, budget };
        Ok((Self::of(dir, plant, limits, parts)?, recovered))
    }

    /// The orders that customers put together, as a store in a directory has them, by number; none where there is no store yet. They
    /// belong into the plant before the store is opened. Those that no machine of the plant can make any more are left out and told
    /// with their reason.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn customs(dir: &Path, plant: &Plant) -> Result<(Vec<CustomOrder>, Vec<StoreError>), StoreError> {
        let database = dir.join(RECORDS);
        if !database.exists() {
            return Ok((Vec::new(), Vec::new()));
        }
        let records = Records::open(&database).await?;
        let forms = records.customs().await?;
        records.close().await;
        let (mut orders, mut lost) = (Vec::new(), Vec::new());
        for (number, form) in (1..).zip(&forms) {
            match custom_from_json(plant, form) {
                Ok(order) => orders.push(order),
                Err(cause) => lost.push(StoreError::form(CustomOrder::name_of(number), &cause)),
            }
        }
        Ok((orders, lost))
    }

    /// Looks into a store, also while another process has it: questions and look-ups work, stores and seals do not. Sees what
    /// was there at the moment of looking.
    ///
    /// # Errors
    /// There is no store in the directory, or it cannot be read.
    pub async fn look(dir: &Path, plant: &Plant) -> Result<Self, StoreError> {
        let database = dir.join(RECORDS);
        if !database.exists() {
            return Err(StoreError::form(dir.display().to_string(), "there is no store here yet; `socium run` makes one"));
        }
        let limits = StoreLimits { memory_bytes: LOOK_BYTES, ..StoreLimits::default() };
        let budget = Budget::new(limits.memory_bytes);
        let records = Arc::new(Records::open(&database).await?);
        let (mut sealed, mut live);
        loop {
            sealed = records.sealed_segment().await?;
            live = Live::new(&budget, records.manifest().await?);
            live.learn(&records.words().await?);
            let glanced = glance(&dir.join(JOURNAL), sealed, &mut live);
            if records.sealed_segment().await? == sealed {
                glanced?;
                break;
            }
        }
        let (_, waiting) = mpsc::channel(1);
        let applied = records.applied().await?;
        let applier = Applier::start(Arc::clone(&records), applied, waiting, None);
        let parts = Parts { live: Arc::new(Mutex::new(live)), journal: Journal::closed(), records, applier, budget };
        Self::of(dir, plant, limits, parts)
    }

    fn of(dir: &Path, plant: &Plant, limits: StoreLimits, parts: Parts) -> Result<Self, StoreError> {
        let Parts { live, journal, records, applier, budget } = parts;
        let unsealed = Arc::downgrade(&live);
        budget.relieved_by(move |bytes| {
            if let Some(live) = unsealed.upgrade() {
                live.lock().unwrap_or_else(PoisonError::into_inner).relieve(bytes);
            }
        });
        let inner = Inner {
            dir: dir.to_owned(),
            plant: Mutex::new(Arc::new(plant.clone())),
            limits,
            live,
            journal,
            records,
            applier,
            surroundings: surroundings(&budget)?,
            budget,
            footers: Arc::default(),
            thinkers: Arc::new(Thinkers::start(dir)?),
            sealing: tokio::sync::Mutex::new(()),
        };
        Ok(Self { inner: Arc::new(inner) })
    }
}

struct Parts {
    live: Arc<Mutex<Live>>,
    journal: Journal,
    records: Arc<Records>,
    applier: Applier,
    budget: Budget,
}

/// Deletes files that were replaced before the last end.
async fn bury(dir: &Path, records: &Records) -> Result<(), StoreError> {
    let doomed = records.doomed().await?;
    for path in &doomed {
        let path = dir.join(HISTORY).join(path);
        if let Err(cause) = std::fs::remove_file(&path)
            && cause.kind() != std::io::ErrorKind::NotFound
        {
            return Err(StoreError::disk("cannot delete", &path, &cause));
        }
    }
    records.buried(&doomed).await
}

/// Takes the directory for this process; the system gives it free when the process ends, however it ends.
fn take_lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join(LOCK);
    let wrong = |e: std::io::Error| StoreError::disk("cannot lock", &path, &e);
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(wrong)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(e)) => return Err(wrong(e)),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            return Err(StoreError::InUse { dir: dir.to_owned(), holder: holder.trim().to_owned() });
        }
    }
    file.set_len(0).and_then(|()| file.rewind()).map_err(wrong)?;
    writeln!(file, "process {}", std::process::id()).map_err(wrong)?;
    Ok(file)
}

fn findings(records: Vec<Record>) -> Vec<plant::Finding> {
    let finding = |record| match record {
        Record::Finding(finding) => Some(finding),
        Record::Decision(_) | Record::Forecast(_) | Record::Command(_) | Record::Outcome(_) | Record::Revision(_) => None,
    };
    records.into_iter().filter_map(finding).collect()
}

fn decisions(records: Vec<Record>) -> Vec<plant::Decision> {
    let decision = |record| match record {
        Record::Decision(decision) => Some(decision),
        Record::Finding(_) | Record::Forecast(_) | Record::Command(_) | Record::Outcome(_) | Record::Revision(_) => None,
    };
    records.into_iter().filter_map(decision).collect()
}
