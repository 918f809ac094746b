//! The house behind the windows: what `web` may see and ask, answered from the loop task, the store and the drivers.

use super::connecting::Surveys;
use super::figures::Figures;
use super::hand::HandDesk;
use super::outlook;
use super::ring::{Answer, Ask};
use super::sales::SalesDesk;
use super::scheduling;
use crate::clock::Clock;
use async_trait::async_trait;
use drivers::Health;
use futures::StreamExt;
use measure::{Instant, Span};
use plant::{ChannelId, Confirmation, MachineId, Record, RecordId, RecordKind, Verdict, Window};
use std::sync::Arc;
use std::time::Duration;
use store::{Store, StoreError};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use unit::desk::View;
use unit::outlook::Outlook;
use unit::sales::{Offering, Promised};
use unit::schedule::{Move, Schedule};
use web::connecting::{Connecting, Example, Standing, Wish, Yes};
use web::hand::{Entered, Hand, HandReading, Report, Said, WorkKind};
use web::house::{AuditEntry, House, HouseError, Point, SourceHealth, SqlBody, SqlFormat, SqlShape, StoreFigures, Tried, User};
use web::sales::{Acceptance, Ordered, Sales, Want};

/// Longest wait for the loop's answer to a person.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// One source as the windows see it.
#[derive(Clone, Debug)]
pub struct SourceWindow {
    /// Its name.
    pub name: String,
    /// Its address without secrets.
    pub address: String,
    /// How it fares.
    pub health: watch::Receiver<Health>,
}

/// The house of a running unit.
pub struct NodeHouse {
    /// Its store.
    pub store: Store,
    /// Its clock.
    pub clock: Clock,
    /// The view, as published by the loop.
    pub view: watch::Receiver<Arc<View>>,
    /// Records, as published by the loop.
    pub records: broadcast::Sender<Arc<Record>>,
    /// Where wishes go.
    pub asks: mpsc::Sender<Ask>,
    /// Its sources.
    pub sources: Vec<SourceWindow>,
    /// Counters.
    pub figures: Arc<Figures>,
    /// Surveys of new sources.
    pub surveys: Surveys,
    /// Where readings are typed in.
    pub hand: Arc<HandDesk>,
    /// The newest schedule of the open orders.
    pub schedule: scheduling::Planner,
    /// Where orders are taken.
    pub sales: SalesDesk,
    /// The newest outlook.
    pub outlook: outlook::Newest,
}

#[async_trait]
impl Connecting for NodeHouse {
    fn examples(&self) -> Vec<Example> {
        self.surveys.examples()
    }
    async fn begin(&self, wish: Wish) -> Result<Standing, HouseError> {
        self.surveys.begin(wish).await
    }
    fn standing(&self, id: u64) -> Result<Standing, HouseError> {
        self.surveys.standing(id)
    }
    fn enough(&self, id: u64) -> Result<Standing, HouseError> {
        self.surveys.enough(id)
    }
    fn forget(&self, id: u64) -> Result<(), HouseError> {
        self.surveys.forget(id)
    }
    async fn yes(&self, id: u64, machines: Vec<survey::Machine>) -> Result<Yes, HouseError> {
        self.surveys.yes(id, machines).await
    }
    async fn restart(&self) -> Result<(), HouseError> {
        self.surveys.restart().await
    }
}

#[async_trait]
impl Hand for NodeHouse {
    fn work_of(&self, machine: MachineId) -> Vec<WorkKind> {
        self.hand.work_of(machine)
    }
    async fn report(&self, report: Report) -> Result<Said, HouseError> {
        let view = Arc::clone(&self.view.borrow());
        self.hand.report(report, view).await
    }
    fn hand_channels(&self) -> Vec<ChannelId> {
        self.hand.channels()
    }
    async fn entered(&self) -> Result<Vec<Entered>, HouseError> {
        self.hand.entered().await
    }
    async fn enter(&self, reading: HandReading) -> Result<Said, HouseError> {
        self.hand.enter(reading).await
    }
}

#[async_trait]
impl Sales for NodeHouse {
    fn offerings(&self) -> Vec<Arc<Offering>> {
        self.sales.offerings()
    }
    async fn promise(&self, want: Want) -> Result<Promised, HouseError> {
        self.sales.promise(want).await
    }
    async fn accept(&self, acceptance: Acceptance) -> Result<Ordered, HouseError> {
        self.sales.accept(acceptance).await
    }
}

impl NodeHouse {
    /// Asks the loop for a record as it stands after what a person said of it.
    async fn asked(&self, ask: impl FnOnce(Answer) -> Ask) -> Result<Record, HouseError> {
        let (answer, answered) = oneshot::channel();
        self.asks.send_timeout(ask(answer), ANSWER_WITHIN).await.map_err(|_| HouseError::Busy)?;
        tokio::time::timeout(ANSWER_WITHIN, answered).await.map_err(|_| HouseError::Busy)?.map_err(|_| HouseError::Busy)?
    }
}

fn failed(error: StoreError) -> HouseError {
    match error {
        StoreError::Query(sentence) => HouseError::Invalid(sentence),
        full @ StoreError::NoRoom(_) => HouseError::Full(full.to_string()),
        slow @ StoreError::Slow(_) => HouseError::Invalid(slow.to_string()),
        other => HouseError::Store(other.to_string()),
    }
}

#[async_trait]
impl House for NodeHouse {
    fn view(&self) -> watch::Receiver<Arc<View>> {
        self.view.clone()
    }

    fn records_live(&self) -> broadcast::Receiver<Arc<Record>> {
        self.records.subscribe()
    }

    fn clock_speed(&self) -> f64 {
        self.clock.speed()
    }

    fn schedule(&self) -> Option<Arc<Schedule>> {
        self.schedule.newest()
    }

    async fn try_move(&self, wanted: Move, keep: Option<String>) -> Result<Tried, HouseError> {
        let (about, detail) = {
            let view = self.view.borrow();
            let machine = &view.plant.machine(wanted.machine).name;
            (
                view.plant.order(wanted.order).name.clone(),
                format!("operation {} on {machine} from {}", wanted.operation, wanted.from),
            )
        };
        if let Some(who) = &keep {
            self.audit_add(who, "plan_change_proposed", &about, &detail).await?;
        }
        let tried = self.schedule.try_move(wanted, keep.is_some()).await?;
        if let Some(who) = &keep {
            let (what, detail) = match &tried.after {
                Ok(cost) => {
                    let by = (cost.tardiness - tried.before.tardiness).seconds();
                    ("plan_changed", format!("{detail}; lateness {by:+.0} s, {} others moved", tried.moved))
                }
                Err(hindrance) => ("plan_change_refused", format!("{detail}; {hindrance}")),
            };
            self.audit_add(who, what, &about, &detail).await?;
        }
        Ok(tried)
    }

    fn outlook(&self) -> Arc<Outlook> {
        Arc::clone(&self.outlook.borrow())
    }

    fn sources(&self) -> Vec<SourceHealth> {
        let seen = |source: &SourceWindow| {
            let health = source.health.borrow().clone();
            let (name, address) = (source.name.clone(), source.address.clone());
            SourceHealth { name, connected: health.connected, last_error: health.last_error, heard: health.heard, address }
        };
        self.sources.iter().map(seen).collect()
    }

    fn store_figures(&self) -> StoreFigures {
        let figures = self.store.figures();
        StoreFigures {
            journal_bytes: figures.journal_bytes,
            history_bytes: figures.history_bytes,
            history_files: figures.history_files,
            history_readings: figures.history_readings,
        }
    }

    fn metrics(&self) -> String {
        self.figures.prometheus(&self.view.borrow().clone(), self.store.memory())
    }

    async fn series(&self, channel: ChannelId, from: Instant, to: Instant, points: usize) -> Result<Vec<Point>, HouseError> {
        let (plant, words) = {
            let view = self.view.borrow();
            (Arc::clone(&view.plant), Arc::clone(&view.image.words))
        };
        if plant.channels.get(channel.index()).is_some_and(|c| c.kind.is_word()) {
            let told = self.store.words(&plant, channel, (from, to), points).await.map_err(failed)?;
            let point = |(at, word): (Instant, Arc<str>)| {
                let number = f64::from(words.number(&word)?.0);
                Some(Point { at, mean: number, low: number, high: number, count: 1, first: number, last: number, weighted: None })
            };
            return Ok(told.into_iter().filter_map(point).collect());
        }
        let buckets = self.store.series(&plant, channel, from, to, points).await.map_err(failed)?;
        Ok(buckets.into_iter().map(point).collect())
    }

    async fn buckets(
        &self,
        channels: Vec<ChannelId>,
        window: Window,
        width: Span,
        weighted: bool,
    ) -> Result<Vec<Vec<Point>>, HouseError> {
        let plant = Arc::clone(&self.view.borrow().plant);
        let found = self.store.buckets(&plant, &channels, (window.from, window.to), width, weighted).await.map_err(failed)?;
        Ok(found.into_iter().map(|channel| channel.into_iter().map(point).collect()).collect())
    }

    async fn record(&self, id: RecordId) -> Result<Record, HouseError> {
        let found = self.store.record(id).await.map_err(failed)?;
        found.ok_or_else(|| HouseError::Unknown { what: "record", name: id.to_string() })
    }

    async fn records(&self, kind: RecordKind, before: Instant, limit: usize) -> Result<Vec<Record>, HouseError> {
        self.store.records(kind, before, limit).await.map_err(failed)
    }

    async fn verdict(&self, decision: RecordId, verdict: Verdict) -> Result<Record, HouseError> {
        self.asked(|answer| Ask::Judge { decision, verdict, answer }).await
    }

    async fn confirm(&self, finding: RecordId, confirmation: Confirmation) -> Result<Record, HouseError> {
        self.asked(|answer| Ask::Confirm { finding, confirmation, answer }).await
    }

    async fn sql(&self, query: String, format: SqlFormat, rows_max: usize) -> Result<SqlBody, HouseError> {
        let format = match format {
            SqlFormat::Json => store::SqlFormat::Json,
            SqlFormat::Csv => store::SqlFormat::Csv,
            SqlFormat::Arrow => store::SqlFormat::Arrow,
            SqlFormat::Parquet => store::SqlFormat::Parquet,
        };
        let view = self.view.borrow().clone();
        let pieces = self.store.sql_pieces(&query, (format, rows_max), || Some(last_values(&view))).await.map_err(failed)?;
        let next = |mut pieces: store::SqlPieces| async move {
            let piece = pieces.recv().await?;
            Some((piece.map(bytes::Bytes::from).map_err(failed), pieces))
        };
        Ok(futures::stream::unfold(pieces, next).boxed())
    }

    async fn sql_shape(&self, query: String) -> Result<SqlShape, HouseError> {
        let shape = self.store.sql_shape(&query).await.map_err(failed)?;
        Ok(SqlShape { columns: shape.columns, tables: shape.tables })
    }

    async fn user(&self, name: &str) -> Result<Option<User>, HouseError> {
        Ok(self.store.user(name).await.map_err(failed)?.map(seen_user))
    }

    async fn users(&self) -> Result<Vec<User>, HouseError> {
        Ok(self.store.users().await.map_err(failed)?.into_iter().map(seen_user).collect())
    }

    async fn put_user(&self, user: User) -> Result<(), HouseError> {
        let row = store::UserRow { name: user.name, role: user.role, password_hash: user.password_hash };
        self.store.put_user(row).await.map_err(failed)
    }

    async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>, HouseError> {
        let rows = self.store.audit(before, limit).await.map_err(failed)?;
        let entry = |r: store::AuditRow| AuditEntry {
            number: r.number,
            at: r.at,
            who: r.who,
            what: r.what,
            about: r.about,
            detail: r.detail,
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    async fn audit_add(&self, who: &str, what: &str, about: &str, detail: &str) -> Result<(), HouseError> {
        self.store.audit_add(self.now(), who, what, about, detail).await.map(drop).map_err(failed)
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }
}

fn seen_user(row: store::UserRow) -> User {
    User { name: row.name, role: row.role, password_hash: row.password_hash }
}

fn point(b: store::Bucket) -> Point {
    let (first, last) = (b.first.1, b.last.1);
    Point { at: b.at, mean: b.mean, low: b.low, high: b.high, count: b.count, first, last, weighted: b.weighted }
}

/// The newest value of every channel, as the SQL table `last` holds it.
fn last_values(view: &View) -> Vec<store::LastValue> {
    let names: Vec<Arc<str>> = view.plant.machines.iter().map(|m| Arc::from(m.name.as_str())).collect();
    let latest = view.plant.channels.iter().zip(&view.image.latest).filter_map(|(channel, latest)| Some((channel, (*latest)?)));
    let value = |(channel, latest): (&plant::Channel, plant::Latest)| {
        let is_word = channel.kind.is_word();
        store::LastValue {
            machine: Arc::clone(&names[channel.machine.index()]),
            channel: Arc::from(channel.name.as_str()),
            at: latest.at,
            value: (!is_word).then_some(latest.value),
            word: if is_word { view.image.words.word(latest.value).cloned() } else { None },
            quality: latest.quality,
        }
    };
    latest.map(value).collect()
}
