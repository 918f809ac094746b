//! From a configuration to a running unit: store, recall, drivers, loop task, windows, sealing.

use super::connecting::Surveys;
use super::figures::Figures;
use super::hand::HandDesk;
use super::house::{NodeHouse, SourceWindow};
use super::kept::Kept;
use super::ring::{Ask, Loop, Parts, bookmark_key};
use super::route::Routes;
use super::sales::SalesDesk;
use super::scheduling;
use super::{lessons, outlook};
use crate::clock::Clock;
use crate::config::Config;
use drivers::Arrival;
use measure::{Budget, Span};
use plant::{ChannelId, Plant, Record, SourceId, Unused};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::{Store, StoreError};
use tokio::sync::{Notify, broadcast, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use unit::desk::View;
use unit::schedule::Schedule;
use unit::{CauseModel, Unit};

/// Deliveries that may wait at the door; beyond it the sources are slowed.
const DOOR_MAX: usize = 4_096;
/// Wishes of people that may wait.
const ASKS_MAX: usize = 256;
/// Records a slow live reader may lag behind.
const RECORDS_LAG_MAX: usize = 1_024;
/// Real time between two looks at whether sealing should not wait for its time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Longest real time that a device may take to answer a command [s].
const ANSWER_S: f64 = 30.0;

/// A running unit.
pub struct Running {
    /// The address of the windows.
    pub address: SocketAddr,
    /// Whether they are encrypted.
    pub secure: bool,
    /// The one-time token, where nobody has set a password yet.
    pub token: Option<String>,
    /// Where deliveries can be handed in beside the drivers' own (replay).
    pub door: mpsc::Sender<Arrival>,
    /// Where the loop can be asked.
    pub asks: mpsc::Sender<Ask>,
    /// What can be seen.
    pub view: watch::Receiver<Arc<View>>,
    /// Schedules as they are published.
    pub published: watch::Receiver<Option<Arc<Schedule>>>,
    /// The store.
    pub store: Store,
    stop: CancellationToken,
    ring: JoinHandle<()>,
    bound: web::Bound,
}

/// Why a unit did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The windows cannot be opened.
    #[error(transparent)]
    Web(#[from] web::WebError),
    /// A password file of a source cannot be read.
    #[error("{0}")]
    Config(String),
    /// No random bytes for the one-time token.
    #[error(transparent)]
    NoChance(#[from] web::NoChance),
}

impl Running {
    /// Ends everything: sources first, then what is at the door is made durable, then the windows close.
    pub async fn end(self) {
        self.stop.cancel();
        drop(self.door);
        if self.ring.await.is_err() {
            tracing::error!("the loop task ended badly; the journal is replayed at the next start");
        }
        if let Err(error) = self.bound.closed().await {
            tracing::warn!(%error, "the windows did not close cleanly");
        }
    }

    /// The address for a browser; with the one-time token where there is one.
    pub fn way_in(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        match &self.token {
            Some(token) => format!("{scheme}://{}/#/welcome?token={token}", self.address),
            None => format!("{scheme}://{}/", self.address),
        }
    }
}

/// What stands around a running unit.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Its file, which the pages may add to; `None` where it has none.
    pub file: Option<PathBuf>,
    /// How a new start is asked for; `None` where nobody would do it.
    pub restart: Option<Arc<Notify>>,
}

/// Starts the unit that a configuration describes, without a file of its own.
///
/// # Errors
/// The store, the windows or a password file cannot be used.
pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
    start_framed(config, clock, Frame::default()).await
}

/// Starts the unit that a configuration describes.
///
/// # Errors
/// The store, the windows or a password file cannot be used.
pub async fn start_framed(config: Config, clock: Clock, frame: Frame) -> Result<Running, StartError> {
    probe(config.web.listen)?;
    config.web.flight_sql.map(probe).transpose()?;
    let connections = config.connections().map_err(|faults| StartError::Config(faults.to_string()))?;
    let causes = config.causes().map_err(|faults| StartError::Config(faults.to_string()))?;
    let (plant, next_order) = with_accepted(&config).await?;
    let (store, recovered) = Store::open(&config.store.dir, &plant, config.store.limits).await?;
    let answers_within = Span::from_seconds_f64(ANSWER_S * clock.speed());
    let taken = recovered.bookmarks.clone();
    let connections = at_their_bookmarks(&plant, connections, &recovered.bookmarks);
    let is_new = recovered.backlog.is_empty() && store.figures().history_files == 0;
    let mut unit = recalled(&plant, &config, causes, recovered)?.answers_within(answers_within);
    if !is_new {
        unit.restore(clock.now());
    }
    let stop = CancellationToken::new();
    let (door, arrivals) = mpsc::channel(DOOR_MAX);
    let (asks, wishes) = mpsc::channel(ASKS_MAX);
    let (routes, sources) = connect(&config, connections, &clock, (&door, store.memory()), &stop);
    let ends = launch(Launch { unit, store: store.clone(), clock: clock.clone(), arrivals, wishes, routes, stop: stop.clone() });
    tokio::spawn(seal(
        store.clone(),
        Arc::clone(&plant),
        clock.clone(),
        (config.store.seal_every, config.store.seal_behind),
        stop.clone(),
    ));
    let hand = HandDesk::new(Arc::clone(&plant), &config.addresses, (store.clone(), clock.clone()), door.clone());
    let hand = Arc::new(hand.recalling(&taken));
    let schedule = scheduling::Planner::keep(ends.view.clone(), Kept::new(store.clone()), stop.clone()).await;
    tokio::spawn(hand_over(schedule.published(), asks.clone(), stop.clone()));
    let published = schedule.published();
    let desk = (store.clone(), ends.view.clone());
    let sales = SalesDesk::new(config.families.clone(), desk, schedule.clone(), asks.clone(), next_order);
    let house = NodeHouse {
        sales,
        surveys: Surveys::of(frame.file, frame.restart),
        hand,
        store: store.clone(),
        clock,
        view: ends.view.clone(),
        records: ends.records,
        asks: asks.clone(),
        sources,
        figures: ends.figures,
        schedule,
        outlook: outlook::keep(ends.view.clone(), store.clone(), asks.clone(), stop.clone()),
    };
    lessons::keep(ends.view.clone(), store.clone(), asks.clone(), stop.clone());
    let (one_time, token) = first_login(&store).await?;
    let listen = web::Listen {
        address: config.web.listen,
        tls: config.web.tls.clone(),
        one_time,
        sessions: web::Limits::default(),
        flight: config.web.flight_sql.map(|address| web::Flight { address, tokens: web::TOKENS }),
    };
    let secure = listen.tls.is_some();
    let bound = web::serve(Arc::new(house), listen, stop.clone().cancelled_owned()).await?;
    Ok(Running {
        address: bound.address(),
        secure,
        token,
        door,
        asks,
        view: ends.view,
        published,
        store,
        stop,
        ring: ends.ring,
        bound,
    })
}

/// Hands published schedules to the loop, which dispatches by them.
async fn hand_over(mut published: watch::Receiver<Option<Arc<Schedule>>>, asks: mpsc::Sender<Ask>, stop: CancellationToken) {
    loop {
        let changed = tokio::select! {
            () = stop.cancelled() => return,
            changed = published.changed() => changed,
        };
        let newest = published.borrow_and_update().clone();
        let Some(schedule) = newest.filter(|_| changed.is_ok()) else { return };
        if asks.send(Ask::Follow(schedule)).await.is_err() {
            return;
        }
    }
}

/// The plant with the orders that customers put together in earlier runs, and the number of the next one.
///
/// # Errors
/// The store cannot be read.
pub async fn with_accepted(config: &Config) -> Result<(Arc<Plant>, u32), StartError> {
    let mut plant = config.plant.clone();
    let (orders, lost) = Store::customs(&config.store.dir, &plant).await?;
    let next = u32::try_from(orders.len() + lost.len() + 1).unwrap_or(u32::MAX);
    for cause in lost {
        tracing::warn!(%cause, "an accepted order cannot be made here any more; it stays in the store and out of the plan");
    }
    for order in orders {
        let name = order.name();
        if let Err(cause) = plant.accept(order) {
            tracing::warn!(order = name, %cause, "an accepted order is left out of the plan; unit.toml has its name");
        }
    }
    Ok((Arc::new(plant), next))
}

/// A port in use is told before any source is connected: a second unit must not take the first one's sessions.
fn probe(address: SocketAddr) -> Result<(), web::WebError> {
    let bound = std::net::TcpListener::bind(address);
    bound.map(drop).map_err(|reason| web::WebError::Address { address, reason })
}

/// Sources that are read from a place of their own go on where they were.
fn at_their_bookmarks(
    plant: &Plant,
    connections: Vec<(SourceId, drivers::Config)>,
    bookmarks: &BTreeMap<String, String>,
) -> Vec<(SourceId, drivers::Config)> {
    let own = |source: SourceId| {
        let start = bookmark_key(plant, source, "");
        let mine = bookmarks.iter().filter_map(|(k, v)| Some((k.strip_prefix(&start)?.to_owned(), v.clone())));
        mine.collect::<BTreeMap<String, String>>()
    };
    let placed = |(source, wire)| match wire {
        drivers::Config::File(file) => (source, drivers::Config::File(drivers::file::Config { bookmarks: own(source), ..file })),
        other => (source, other),
    };
    connections.into_iter().map(placed).collect()
}

fn recalled(
    plant: &Arc<Plant>,
    config: &Config,
    causes: Option<CauseModel>,
    recovered: store::Recovered,
) -> Result<Unit, StoreError> {
    let mut unit = Unit::new(Arc::clone(plant), config.limits.door);
    causes.into_iter().for_each(|causes| unit.add_causes(causes));
    if recovered.torn_bytes > 0 {
        tracing::warn!(bytes = recovered.torn_bytes, "the journal had a torn end, never acknowledged; it was cut");
    }
    unit.recall_words(&recovered.words);
    unit.recall_given(&recovered.given);
    let over = unit.recall_baselines(&recovered.baselines, recovered.unused);
    let name = |unused: &Unused| plant.machines.get(unused.machine.index()).map_or("", |m| m.name.as_str()).to_owned();
    for unused in &over {
        let Unused { kind, of, version, reason, .. } = unused;
        tracing::debug!(machine = name(unused), about = kind, of, version, reason, "a baseline stays in the store");
    }
    for unused in unit.unused() {
        let Unused { kind, of, product, version, reason, .. } = unused;
        tracing::warn!(
            machine = name(unused),
            about = kind,
            of,
            product,
            version,
            reason,
            "a baseline of an earlier run is not used; it is learned anew"
        );
    }
    recovered.backlog.each(|batch| unit.recall_readings(batch))?;
    unit.recall_records(recovered.next, recovered.open_decisions, &recovered.recent);
    unit.recall_cases(&recovered.confirmed);
    Ok(unit)
}

fn connect(
    config: &Config,
    connections: Vec<(SourceId, drivers::Config)>,
    clock: &Clock,
    (door, memory): (&mpsc::Sender<Arrival>, &Budget),
    stop: &CancellationToken,
) -> (Routes, Vec<SourceWindow>) {
    let mut routes = Routes::default();
    let mut sources = Vec::new();
    for (source, connection) in connections {
        let common = drivers::Common { clock: clock.lent(), door: door.clone(), memory: memory.clone() };
        let running = drivers::start(source, connection, common, stop.child_token());
        let channels: Vec<ChannelId> =
            config.addresses.iter().enumerate().filter(|(_, r)| r.source == source).map(|(c, _)| ChannelId(c as u32)).collect();
        routes.add(source, channels, running.writes);
        let name = config.plant.sources[source.index()].name.clone();
        let address = config.ports.iter().find(|p| p.source == source).map(|p| p.address.clone()).unwrap_or_default();
        sources.push(SourceWindow { name, address, health: running.health });
    }
    (routes, sources)
}

struct Launch {
    unit: Unit,
    store: Store,
    clock: Clock,
    arrivals: mpsc::Receiver<Arrival>,
    wishes: mpsc::Receiver<Ask>,
    routes: Routes,
    stop: CancellationToken,
}

struct Ends {
    view: watch::Receiver<Arc<View>>,
    records: broadcast::Sender<Arc<Record>>,
    figures: Arc<Figures>,
    ring: JoinHandle<()>,
}

fn launch(launch: Launch) -> Ends {
    let Launch { mut unit, store, clock, arrivals, wishes, routes, stop } = launch;
    let (view, seen) = watch::channel(Arc::new(unit.view(clock.now())));
    let (records, _) = broadcast::channel(RECORDS_LAG_MAX);
    let figures = Arc::new(Figures::default());
    let parts = Parts {
        unit,
        store,
        clock,
        door: arrivals,
        asks: wishes,
        routes,
        view,
        records: records.clone(),
        figures: Arc::clone(&figures),
        stop,
    };
    Ends { view: seen, records, figures, ring: tokio::spawn(Loop::new(parts).run()) }
}

async fn seal(store: Store, plant: Arc<Plant>, clock: Clock, (every, behind): (Duration, Span), stop: CancellationToken) {
    let look_every = LOOK_EVERY.min(every);
    let mut rested = Duration::ZERO;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(look_every) => rested += look_every,
        }
        let pressed = store.pressed();
        if !pressed && rested < every {
            continue;
        }
        rested = Duration::ZERO;
        let upto = if pressed { clock.now() } else { clock.now() - behind };
        if let Err(error) = store.seal(&plant, upto).await {
            tracing::error!(%error, "the journal could not be sealed; it is tried again");
        }
    }
}

/// A one-time token, unless somebody has a password already.
async fn first_login(store: &Store) -> Result<(web::OneTime, Option<String>), StartError> {
    if store.users().await?.is_empty() {
        let (one_time, token) = web::OneTime::fresh()?;
        return Ok((one_time, Some(token)));
    }
    Ok((web::OneTime::none(), None))
}
