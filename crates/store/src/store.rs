//! The handle of the cellar: opening, committing, keeping, looking up, closing. Sealing is in `sealing`, questions in `asking`.

mod asking;
mod open;
mod past;
mod sealing;
mod thinkers;

pub use asking::SqlPieces;
pub use open::CONFIRMED_MAX;
pub use past::Past;

use crate::form::{baseline_to_json, bookmark_to_json, custom_to_json, encode_batches, from_json, to_json, used_to_json};
use crate::journal::{Commit, Job, Journal};
use crate::live::{Extent, Live};
use crate::records::{Applier, AuditRow, Records, UserRow};
use crate::series::Footers;
use crate::{StoreError, StoreFigures, StoreLimits};
use datafusion::execution::runtime_env::RuntimeEnv;
use measure::{Budget, Instant};
use plant::{
    Batch, Contest, CustomOrder, Forecast, ForecastKind, Frozen, MachineId, Plant, Record, RecordId, RecordKind, Used, WordId,
};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thinkers::Thinkers;
use tokio::sync::oneshot;

/// The store of one unit. Clones are handles to the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    /// Renewed when an order is accepted.
    plant: Mutex<Arc<Plant>>,
    limits: StoreLimits,
    budget: Budget,
    live: Arc<Mutex<Live>>,
    journal: Journal,
    records: Arc<Records>,
    applier: Applier,
    /// The surroundings of SQL queries, each of which gets a context of its own.
    surroundings: Arc<RuntimeEnv>,
    /// Footers of history files, for series.
    footers: Arc<Footers>,
    /// Where questions are worked out, so that a heavy one never holds up the loop.
    thinkers: Arc<Thinkers>,
    /// One sealing at a time.
    sealing: tokio::sync::Mutex<()>,
}

/// What is committed beside words, readings and records.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// How far sources were read with these readings, by key; [`Recovered::bookmarks`](crate::Recovered) gives them back. An empty value
    /// forgets one.
    pub bookmarks: Vec<(String, String)>,
    /// Baselines that were frozen with these readings; [`Recovered::baselines`](crate::Recovered) gives the newest version of each back. One
    /// that has no form is left out and told in the log: the readings matter more.
    pub baselines: Vec<Frozen>,
    /// Baselines that were of use.
    pub used: Vec<Used>,
}

/// The form of a baseline; one that has none must not hold up readings, so it is left out and told.
fn told(plant: &Plant, (machine, about, of): (MachineId, &str, Option<&str>), form: Result<String, String>) -> Option<String> {
    let machine_name = || plant.machines.get(machine.index()).map_or_else(|| format!("{machine:?}"), |m| m.name.clone());
    form.inspect_err(|cause| {
        tracing::error!(machine = machine_name(), about, of, cause, "a baseline has no form and is not kept")
    })
    .ok()
}

static NOTHING_BESIDE: Beside = Beside { bookmarks: Vec::new(), baselines: Vec::new(), used: Vec::new() };

impl Store {
    /// Stores words and readings; resolves once they are on the disk. The order of calls is the order in the journal, so words
    /// MUST be handed in no later than the readings that use them. Words of a failed append are stored with the next one.
    ///
    /// # Errors
    /// The disk refuses (it may be tried again later), the journal is at its limit, or the store is closed. Nothing of this
    /// append counts as stored then.
    pub fn append(
        &self,
        words: Vec<(WordId, Arc<str>)>,
        batches: Vec<Batch>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + 'static {
        self.submit(words, written(batches), Vec::new())
    }

    /// Stores words, readings and records as one, with one flush of the disk; resolves once all are on it.
    ///
    /// # Errors
    /// As [`Self::append`]; besides, a record that names something by a number which the plant does not have.
    pub fn commit(
        &self,
        words: Vec<(WordId, Arc<str>)>,
        batches: Vec<Batch>,
        records: &[Record],
    ) -> impl Future<Output = Result<(), StoreError>> + Send + 'static {
        self.commit_beside(words, batches, records, &NOTHING_BESIDE)
    }

    /// As [`Self::commit`], with what stands beside records and is kept only with the readings before it.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub fn commit_beside(
        &self,
        words: Vec<(WordId, Arc<str>)>,
        batches: Vec<Batch>,
        records: &[Record],
        beside: &Beside,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + 'static {
        let plant = self.plant();
        let form = |r: &Record| to_json(&plant, r).map_err(|e| StoreError::form(r.id().to_string(), &e));
        let mark = |(key, value): &(String, String)| bookmark_to_json(key, value).map_err(|e| StoreError::form(key.clone(), &e));
        let baseline = |f: &Frozen| told(&plant, (f.machine, f.about.kind(), f.about.of()), baseline_to_json(&plant, f));
        let used = |u: &Used| told(&plant, (u.machine, "used", None), used_to_json(&plant, u));
        let baselines = beside.baselines.iter().filter_map(baseline).chain(beside.used.iter().filter_map(used));
        let marks = beside.bookmarks.iter().map(mark).chain(baselines.map(Ok));
        let forms: Result<Vec<String>, StoreError> = records.iter().map(form).chain(marks).collect();
        let (forms, batches, refusal) = match forms {
            Ok(forms) => (forms, batches, None),
            // the words are stored all the same: later readings may use them
            Err(refusal) => (Vec::new(), Vec::new(), Some(refusal)),
        };
        let submitted = self.submit(words, written(batches), forms);
        async move {
            let stored = submitted.await;
            refusal.map_or(stored, Err)
        }
    }

    /// Keeps versions of records; resolves once they are on the disk. A version equal to the latest one is passed over.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub async fn keep(&self, records: Vec<Record>) -> Result<(), StoreError> {
        self.commit(Vec::new(), Vec::new(), &records).await
    }

    fn submit(
        &self,
        words: Vec<(WordId, Arc<str>)>,
        (payloads, extent): (Vec<Vec<u8>>, Extent),
        records: Vec<String>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + 'static {
        let (done, answer) = oneshot::channel();
        let queued = self.inner.journal.submit(Job::Commit(Commit { words, payloads, extent, records, done }));
        async move {
            queued.await?;
            answer.await.map_err(|_| StoreError::Closed)?
        }
    }

    /// The budget of memory that it shares with whoever takes from it.
    pub fn memory(&self) -> &Budget {
        &self.inner.budget
    }

    /// Duration of the newest flush of the journal [µs].
    pub fn last_fsync_micros(&self) -> u64 {
        self.inner.journal.last_fsync_micros()
    }
    /// Durations of the newest 16,384 flushes of the journal [µs], in no order.
    pub fn fsyncs_micros(&self) -> Vec<u32> {
        self.inner.journal.fsyncs()
    }

    /// A record in its latest version.
    ///
    /// # Errors
    /// The database refuses, or the record is about something that is not in the configuration any more.
    pub async fn record(&self, id: RecordId) -> Result<Option<Record>, StoreError> {
        self.caught_up().await?;
        let form = self.inner.records.latest(id).await?;
        form.map(|f| from_json(&self.plant(), &f).map_err(|e| StoreError::form(id.to_string(), &e))).transpose()
    }
    /// The latest versions of records of a kind made before an instant, newest first; those about something that is not in the
    /// configuration any more are left out.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn records(&self, kind: RecordKind, before: Instant, limit: usize) -> Result<Vec<Record>, StoreError> {
        self.caught_up().await?;
        Ok(readable(&self.plant(), &self.inner.records.of_kind(kind, before, limit).await?))
    }
    /// All versions of a record, oldest first.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn versions(&self, id: RecordId) -> Result<Vec<Record>, StoreError> {
        self.caught_up().await?;
        Ok(readable(&self.plant(), &self.inner.records.versions(id).await?))
    }

    /// The newest forecasts of a kind, newest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn forecasts(&self, kind: ForecastKind, limit: usize) -> Result<Vec<Forecast>, StoreError> {
        self.caught_up().await?;
        let forms = self.inner.records.about(RecordKind::Forecast, kind.word(), limit).await?;
        let forecast = |record| if let Record::Forecast(forecast) = record { Some(forecast) } else { None };
        Ok(readable(&self.plant(), &forms).into_iter().filter_map(forecast).collect())
    }

    /// The newest contests of the models of a subject, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn contests(&self, subject: &str) -> Result<Vec<Contest>, StoreError> {
        self.inner.records.contests(subject).await
    }

    /// Adds a contest.
    ///
    /// # Errors
    /// The database fails.
    pub async fn put_contest(&self, contest: &Contest) -> Result<(), StoreError> {
        self.inner.records.put_contest(contest).await
    }

    /// Adds a line to the audit trail and gives its number; the line is on the disk then.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn audit_add(&self, at: Instant, who: &str, what: &str, about: &str, detail: &str) -> Result<u64, StoreError> {
        let [who, what, about, detail] = [who, what, about, detail].map(ToOwned::to_owned);
        self.inner.records.audit_add(&AuditRow { number: 0, at, who, what, about, detail }).await
    }
    /// The audit trail before a number, newest first.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.inner.records.audit(before, limit).await
    }

    /// A person by name.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn user(&self, name: &str) -> Result<Option<UserRow>, StoreError> {
        self.inner.records.user(name).await
    }
    /// All people by name.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        self.inner.records.users().await
    }
    /// Adds or changes a person.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn put_user(&self, user: UserRow) -> Result<(), StoreError> {
        self.inner.records.put_user(&user).await
    }

    /// A value by its key, such as one that `node` keeps across starts.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.inner.records.meta(&outer_key(key)).await
    }
    /// Sets a value by its key.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn set_meta(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.inner.records.set_meta(&outer_key(key), value).await
    }

    /// Keeps an order that a customer put together; it is on the disk then, and the next [`Self::open`] has it in its plant.
    ///
    /// # Errors
    /// The database refuses, such as a number or a key that is there already.
    pub async fn add_custom(&self, order: &CustomOrder) -> Result<(), StoreError> {
        let body = custom_to_json(&self.plant(), order).map_err(|e| StoreError::form(order.name(), &e))?;
        self.inner.records.add_custom(order.number, &order.key, &body).await
    }
    /// From now on records may name what this plant has; MUST be called before one is handed in that does.
    pub fn renew(&self, plant: Arc<Plant>) {
        *self.inner.plant.lock().unwrap_or_else(PoisonError::into_inner) = plant;
    }

    /// Sizes; no disk is touched.
    pub fn figures(&self) -> StoreFigures {
        let live = self.live();
        let files = &live.manifest.files;
        StoreFigures {
            journal_bytes: live.journal_bytes(),
            history_bytes: files.iter().map(|f| f.bytes).sum(),
            history_files: files.len() as u64,
            history_readings: files.iter().map(|f| f.readings).sum(),
        }
    }

    /// Waits until all that was handed in is stored and looked up by, then ends the database connections. Later calls fail.
    ///
    /// # Errors
    /// The database lags; nothing is lost, the next start carries over what is missing.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.rotate().await?;
        let reached = self.caught_up().await;
        self.inner.records.close().await;
        reached
    }

    pub(super) fn plant(&self) -> Arc<Plant> {
        Arc::clone(&self.inner.plant.lock().unwrap_or_else(PoisonError::into_inner))
    }
    /// Waits until the database holds every record acknowledged so far.
    async fn caught_up(&self) -> Result<(), StoreError> {
        self.inner.applier.reach(self.inner.journal.sequence()).await
    }
    async fn rotate(&self) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.inner.journal.submit(Job::Rotate(done)).await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
    fn live(&self) -> MutexGuard<'_, Live> {
        self.inner.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn journal_dir(&self) -> PathBuf {
        self.inner.dir.join(open::JOURNAL)
    }
    fn history_dir(&self) -> PathBuf {
        self.inner.dir.join(open::HISTORY)
    }
}

/// Batches as journal entries, and what they bring.
fn written(batches: Vec<Batch>) -> (Vec<Vec<u8>>, Extent) {
    let extent = Extent::of(&batches);
    (encode_batches(batches), extent)
}

/// Keys from outside cannot meet those of the store.
fn outer_key(key: &str) -> String {
    format!("node.{key}")
}

/// The records of forms; those that the present plant cannot hold are left out and named in the log.
fn readable(plant: &Plant, forms: &[String]) -> Vec<Record> {
    let read = |form: &String| from_json(plant, form).inspect_err(|cause| tracing::debug!(%cause, "a record is left out")).ok();
    forms.iter().filter_map(read).collect()
}
