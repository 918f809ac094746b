//! A made-up house behind the windows: realistic, moving, and in memory. The HTTP tests use it, and `examples/window.rs` shows
//! it so that the UI can be built without a unit.
#![allow(dead_code, reason = "the tests and the example each use a part")]

pub mod moving;
pub mod outlook;
pub mod plant;
pub mod records;
pub mod selling;
pub mod usual;
pub mod wizard;

use self::plant::MACHINES;
use self::records::{Records, id};
use ::plant::{
    Because, ChannelId, Command, CommandState, CommandValue, Confirmation, DecisionState, Plant, Rank, Record, RecordId,
    RecordKind, Role, UserRole, Verdict,
};
use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringViewArray};
use arrow::ipc::writer::StreamWriter;
use async_trait::async_trait;
use measure::{Instant, Span};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use tokio::sync::{broadcast, watch};
use unit::desk::View;
use unit::outlook::Outlook;
use unit::schedule::{Move, Schedule, Scheduling};
use web::house::{AuditEntry, House, HouseError, Point, SourceHealth, SqlBody, SqlFormat, SqlShape, StoreFigures, Tried, User};

/// Records a slow reader may be behind.
const RECORDS_BEHIND_MAX: usize = 64;

struct Rooms {
    records: Records,
    archive: Records,
    audit_broken: bool,
    users: Vec<User>,
    audit: Vec<AuditEntry>,
    typed: Vec<String>,
    readings: u64,
    beats: u64,
}

/// The house.
pub struct Fake {
    plant: Arc<Plant>,
    rooms: Mutex<Rooms>,
    view: watch::Sender<Arc<View>>,
    live: broadcast::Sender<Arc<Record>>,
}

/// The clock of the computer, as the unit's.
pub fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Instant::from_micros(since.as_micros() as i64)
}

/// One person of each role; hashed once, for it takes a while.
fn people() -> Vec<User> {
    static PEOPLE: OnceLock<Vec<User>> = OnceLock::new();
    let person = |(role, word): &(UserRole, &str)| User {
        name: (*word).to_owned(),
        role: *role,
        password_hash: web::hash_password(&format!("{word}-password")).expect("random bytes"),
    };
    PEOPLE.get_or_init(|| UserRole::ALL.iter().map(person).collect()).clone()
}

impl Fake {
    /// A house with one person of each role, whose name is the role's word and whose password is that word and `-password`.
    pub fn new() -> Arc<Self> {
        let now = now();
        let plant = Arc::new(plant::plant(now));
        let records = Records::around(&plant, now);
        let first = Arc::new(moving::view(&plant, &records, now, 1_000_000));
        let users = people();
        let archive = Records::archive(&plant, now);
        let rooms = Rooms {
            records,
            archive,
            audit_broken: false,
            users,
            audit: Vec::new(),
            typed: Vec::new(),
            readings: 1_000_000,
            beats: 0,
        };
        let (view, live) = (watch::channel(first).0, broadcast::channel(RECORDS_BEHIND_MAX).0);
        Arc::new(Self { plant, rooms: Mutex::new(rooms), view, live })
    }
    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().expect("no panic while it is held")
    }
    /// One second passes: values move, and now and then a record changes.
    pub fn beat(&self) {
        let now = now();
        let mut rooms = self.rooms();
        rooms.readings += 137;
        rooms.beats += 1;
        let changed = rooms.beats.is_multiple_of(5).then(|| {
            let place = (rooms.beats / 5) as usize % rooms.records.findings.len();
            let finding = &mut rooms.records.findings[place];
            finding.at = now;
            Record::Finding(finding.clone())
        });
        self.view.send_replace(Arc::new(moving::view(&self.plant, &rooms.records, now, rooms.readings)));
        drop(rooms);
        changed.into_iter().for_each(|record| self.tell(record));
    }
    /// Tells the live readers of a record.
    pub fn tell(&self, record: Record) {
        // nobody listening is no fault
        let _ = self.live.send(Arc::new(record));
    }
    /// What the audit trail says: who, what, about, detail.
    pub fn audited(&self) -> Vec<(String, String, String, String)> {
        let rooms = self.rooms();
        rooms.audit.iter().map(|e| (e.who.clone(), e.what.clone(), e.about.clone(), e.detail.clone())).collect()
    }
    /// From now on the audit trail cannot be written.
    pub fn break_audit(&self) {
        self.rooms().audit_broken = true;
    }
    fn all(&self, kind: RecordKind) -> Vec<Record> {
        let rooms = self.rooms();
        [&rooms.records, &rooms.archive].into_iter().flat_map(|r| of_kind(r, kind)).collect()
    }
}

fn selecting(query: &str) -> Result<(), HouseError> {
    let reads = query.trim_start().to_lowercase().starts_with("select");
    if reads { Ok(()) } else { Err(HouseError::Invalid("only SELECT is allowed".to_owned())) }
}

/// The answer to every query, its words as views, as the store has them.
fn energies() -> RecordBatch {
    let machines = StringViewArray::from_iter_values((0..12).map(|i| MACHINES[i % 10].0));
    let energies = Float64Array::from_iter_values((0..12).map(|i| f64::from(i) * 0.5));
    let columns: [(&str, ArrayRef); 2] = [("machine", Arc::new(machines)), ("energy", Arc::new(energies))];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn arrow_stream() -> Vec<u8> {
    let rows = energies();
    let mut writer = StreamWriter::try_new(Vec::new(), &rows.schema()).expect("a stream");
    writer.write(&rows).expect("rows");
    writer.into_inner().expect("the whole")
}

fn of_kind(records: &Records, kind: RecordKind) -> Vec<Record> {
    let r = records.clone();
    match kind {
        RecordKind::Finding => r.findings.into_iter().map(Record::Finding).collect(),
        RecordKind::Forecast => r.forecasts.into_iter().map(Record::Forecast).collect(),
        RecordKind::Decision => r.decisions.into_iter().map(Record::Decision).collect(),
        RecordKind::Command => r.commands.into_iter().map(Record::Command).collect(),
        RecordKind::Outcome => r.outcomes.into_iter().map(Record::Outcome).collect(),
        RecordKind::Revision => r.revisions.into_iter().map(Record::Revision).collect(),
    }
}

#[async_trait]
impl House for Fake {
    fn view(&self) -> watch::Receiver<Arc<View>> {
        self.view.subscribe()
    }
    fn records_live(&self) -> broadcast::Receiver<Arc<Record>> {
        self.live.subscribe()
    }
    fn clock_speed(&self) -> f64 {
        1.0
    }
    fn outlook(&self) -> Arc<Outlook> {
        Arc::new(outlook::outlook(&self.plant, now()))
    }
    fn schedule(&self) -> Option<Arc<Schedule>> {
        let view = self.view.borrow().clone();
        let scheduling = Scheduling::of(&view, None).expect("a shop");
        let mut search = scheduling.search(1).expect("open orders");
        search.step(2_000);
        let certified = search.best().expect("the check accepts it");
        Some(Arc::new(scheduling.read(Some((&certified, &search)))))
    }
    async fn try_move(&self, wanted: Move, keep: Option<String>) -> Result<Tried, HouseError> {
        let view = self.view.borrow().clone();
        let before = self.schedule().expect("a schedule");
        let scheduling = Scheduling::of(&view, Some(Arc::clone(&before))).expect("a shop");
        let cost = before.cost(&view);
        let after = match scheduling.pinned(&wanted) {
            Err(hindrance) => Err(hindrance),
            Ok(pinned) => {
                let mut search = pinned.search(1).expect("open orders");
                search.step(2_000);
                let certified = search.best().expect("the check accepts it");
                Ok(pinned.read(Some((&certified, &search))).cost(&view))
            }
        };
        let is_kept = keep.is_some() && after.is_ok();
        Ok(Tried { before: cost, after, moved: 0, rules: Vec::new(), is_kept })
    }
    fn sources(&self) -> Vec<SourceHealth> {
        let now = now();
        let source = |name: &str, address: &str, connected: bool| SourceHealth {
            name: name.to_owned(),
            connected,
            last_error: (!connected).then(|| (now - Span::from_minutes(4), "no answer in 5 s".to_owned())),
            heard: Some(if connected { now } else { now - Span::from_minutes(5) }),
            address: address.to_owned(),
        };
        vec![
            source("machining", "opc.tcp://127.0.0.1:4840", true),
            source("heat-and-air", "mqtt://127.0.0.1:1883", true),
            source("meters", "modbus-tcp://127.0.0.1:1502", false),
        ]
    }
    fn store_figures(&self) -> StoreFigures {
        StoreFigures { journal_bytes: 8_400_128, history_bytes: 91_234_567, history_files: 42, history_readings: 31_000_000 }
    }
    fn metrics(&self) -> String {
        format!("# TYPE socium_readings_accepted_total counter\nsocium_readings_accepted_total {}\n", self.rooms().readings)
    }
    async fn series(&self, channel: ChannelId, from: Instant, to: Instant, points: usize) -> Result<Vec<Point>, HouseError> {
        let channel = self.plant.channel(channel);
        let words = moving::lexicon(&self.plant);
        let bucket = (to - from) / points as i64;
        let point = |i: i64| {
            let at = from + bucket * i;
            let mean = match channel.kind.is_word() {
                true => f64::from(words.number(&moving::word(channel, at)).expect("interned").0),
                false => moving::number(channel, at),
            };
            Point { at, mean, low: mean * 0.97, high: mean * 1.03, count: 12, first: mean, last: mean * 1.01, weighted: None }
        };
        Ok((0..points as i64).map(point).collect())
    }
    async fn record(&self, wanted: RecordId) -> Result<Record, HouseError> {
        let unknown = HouseError::Unknown { what: "record", name: wanted.to_string() };
        self.all(wanted.kind).into_iter().find(|r| r.id() == wanted).ok_or(unknown)
    }
    async fn records(&self, kind: RecordKind, before: Instant, limit: usize) -> Result<Vec<Record>, HouseError> {
        let mut all = self.all(kind);
        all.retain(|r| r.at() < before);
        all.sort_by_key(|r| std::cmp::Reverse(r.at()));
        all.truncate(limit);
        Ok(all)
    }
    async fn verdict(&self, wanted: RecordId, verdict: Verdict) -> Result<Record, HouseError> {
        let mut rooms = self.rooms();
        let Records { decisions, commands, .. } = &mut rooms.records;
        let unknown = HouseError::Unknown { what: "decision", name: wanted.to_string() };
        let decision = decisions.iter_mut().find(|d| d.id == wanted).ok_or(unknown)?;
        if decision.state != DecisionState::Pending {
            return Err(HouseError::Conflict(format!("{wanted} no longer waits for a verdict")));
        }
        decision.state = if verdict.approved { DecisionState::Running } else { DecisionState::Rejected };
        if verdict.approved {
            commands.insert(
                0,
                Command {
                    id: id(RecordKind::Command, commands.len() as u64 + 1),
                    at: verdict.at,
                    from: "act".into(),
                    because: vec![Because::Record(wanted)],
                    channel: self.plant.role(decision.machine, Role::SetState).expect("a writable channel").id,
                    value: CommandValue::Word("standby".to_owned()),
                    rank: Rank::Worker,
                    deadline: verdict.at + Span::from_seconds(10),
                    state: CommandState::Sent,
                    answered: None,
                },
            );
        }
        decision.verdict = Some(verdict);
        let judged = Record::Decision(decision.clone());
        self.view.send_replace(Arc::new(moving::view(&self.plant, &rooms.records, now(), rooms.readings)));
        drop(rooms);
        self.tell(judged.clone());
        Ok(judged)
    }
    async fn confirm(&self, wanted: RecordId, confirmation: Confirmation) -> Result<Record, HouseError> {
        let mut rooms = self.rooms();
        let finding = rooms.records.findings.iter_mut().find(|f| f.id == wanted);
        let finding = finding.ok_or_else(|| HouseError::Unknown { what: "finding", name: wanted.to_string() })?;
        finding.confirmation = Some(confirmation);
        let confirmed = Record::Finding(finding.clone());
        self.view.send_replace(Arc::new(moving::view(&self.plant, &rooms.records, now(), rooms.readings)));
        drop(rooms);
        self.tell(confirmed.clone());
        Ok(confirmed)
    }
    async fn buckets(
        &self,
        channels: Vec<ChannelId>,
        window: ::plant::Window,
        width: Span,
        weighted: bool,
    ) -> Result<Vec<Vec<Point>>, HouseError> {
        let points = ((window.to - window.from).micros() / width.micros()) as usize;
        let mut all = Vec::new();
        for channel in channels {
            let mut found = self.series(channel, window.from, window.to, points).await?;
            found.iter_mut().for_each(|p| p.weighted = weighted.then_some(p.mean * 1.1));
            all.push(found);
        }
        Ok(all)
    }
    async fn sql(&self, query: String, format: SqlFormat, rows_max: usize) -> Result<SqlBody, HouseError> {
        selecting(&query)?;
        if format == SqlFormat::Arrow {
            let whole = Ok(bytes::Bytes::from(arrow_stream()));
            return Ok(Box::pin(futures::stream::iter([whole])));
        }
        let rows: Vec<_> = (0..12.min(rows_max)).map(|i| serde_json::json!([MACHINES[i % 10].0, i as f64 * 0.5])).collect();
        let text = match format {
            SqlFormat::Json => serde_json::json!({"columns": ["machine", "energy"], "rows": rows, "cut": false}).to_string(),
            _ => "machine,energy\n".to_owned(),
        };
        let (first, second) = text.split_at(5);
        let pieces = [first, second].map(|piece| Ok(bytes::Bytes::copy_from_slice(piece.as_bytes())));
        Ok(Box::pin(futures::stream::iter(pieces)))
    }
    async fn sql_shape(&self, query: String) -> Result<SqlShape, HouseError> {
        let columns = energies().schema();
        if query != "SHOW TABLES" {
            selecting(&query)?;
        }
        Ok(SqlShape { columns: Arc::clone(&columns), tables: vec![("milling".to_owned(), columns)] })
    }
    async fn user(&self, name: &str) -> Result<Option<User>, HouseError> {
        Ok(self.rooms().users.iter().find(|u| u.name == name).cloned())
    }
    async fn users(&self) -> Result<Vec<User>, HouseError> {
        Ok(self.rooms().users.clone())
    }
    async fn put_user(&self, user: User) -> Result<(), HouseError> {
        let mut rooms = self.rooms();
        rooms.users.retain(|u| u.name != user.name);
        rooms.users.push(user);
        Ok(())
    }
    async fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>, HouseError> {
        let rooms = self.rooms();
        let older = rooms.audit.iter().rev().filter(|e| before.is_none_or(|b| e.number < b));
        Ok(older.take(limit).cloned().collect())
    }
    async fn audit_add(&self, who: &str, what: &str, about: &str, detail: &str) -> Result<(), HouseError> {
        let mut rooms = self.rooms();
        if rooms.audit_broken {
            return Err(HouseError::Store("disk full at /var/lib/socium/audit".to_owned()));
        }
        let [who, what, about, detail] = [who, what, about, detail].map(str::to_owned);
        let number = rooms.audit.len() as u64 + 1;
        rooms.audit.push(AuditEntry { number, at: now(), who, what, about, detail });
        Ok(())
    }
    fn now(&self) -> Instant {
        now()
    }
}
