//! Keeps the unit foretelling how long parts last and what will be scrapped by the versions in use: learned again from their windows after a start and
//! after each swap, beside the loop.
//!
//! Enters: the view, contests, stored readings. Leaves: ways that the loop foretells by. Absent: what is learned and compared (`know::lessons`,
//! `unit::outlook::lessons`). A model is not stored: the same readings of its window give the same one.

use super::pieces::{Pieces, READINGS_MAX};
use super::ring::Ask;
use measure::Span;
use plant::{ChannelId, Lexicon, MachineId, Plant, Reading, Window};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};
use store::{Store, StoreError};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use unit::desk::View;
use unit::lessons::gather::{Gatherer, KNOWN_WITHIN};
use unit::lessons::model::Way;
use unit::outlook::learn::Standing;
use unit::outlook::lessons::{Pupil, way};

/// How often it is looked for a new version.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// A version that could not be learned again is tried again after so long: it takes minutes.
const AGAIN_AFTER: Duration = Duration::from_secs(3_600);
/// Stored readings are read in pieces of at most so much time.
const PIECE: Span = Span::from_days(1);

/// Starts keeping the unit that a view shows at the versions in use.
pub fn keep(view: watch::Receiver<Arc<View>>, store: Store, asks: mpsc::Sender<Ask>, stop: CancellationToken) {
    let mut keeper = Keeper { view, store, asks, told: BTreeMap::new(), failed: BTreeMap::new() };
    tokio::spawn(async move {
        let run = async {
            loop {
                if let Err(cause) = keeper.look().await {
                    tracing::warn!(%cause, "the versions in use could not be looked up; it is tried again");
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = run => {}
        }
    });
}

struct Keeper {
    view: watch::Receiver<Arc<View>>,
    store: Store,
    asks: mpsc::Sender<Ask>,
    /// The versions that the loop foretells by.
    told: BTreeMap<Pupil, u32>,
    /// Versions that could not be learned again, and when.
    failed: BTreeMap<(Pupil, u32), Stopwatch>,
}

impl Keeper {
    async fn look(&mut self) -> Result<(), String> {
        let plant = Arc::clone(&self.view.borrow().plant);
        let mut replays = Replays::default();
        for (of, window, standing) in self.due(&plant).await? {
            let version = standing.version;
            match self.in_use(&mut replays, &plant, (&of, window, &standing)).await {
                Ok(found) => {
                    tracing::info!(of = of.key(), version, "it is foretold by the version in use");
                    self.told.insert(of.clone(), version);
                    self.asks.send(Ask::ForetellBy(of, found)).await.map_err(|_| "the loop has ended".to_owned())?;
                }
                Err(cause) => {
                    tracing::warn!(of = of.key(), version, cause, "the version in use cannot be learned again for now");
                    self.failed.insert((of, version), Stopwatch::now());
                }
            }
        }
        Ok(())
    }
    /// Versions that the loop does not foretell by yet. The first is nothing that has to be told.
    async fn due(&self, plant: &Plant) -> Result<Vec<(Pupil, Window, Standing)>, String> {
        let mut due = Vec::new();
        for of in Pupil::all(plant) {
            let standing = Standing::after(&self.store.contests(&of.key()).await.map_err(|e| e.to_string())?);
            let is_told = self.told.get(&of) == Some(&standing.version);
            let failed = self.failed.get(&(of.clone(), standing.version));
            let is_rested = failed.is_none_or(|since| since.elapsed() >= AGAIN_AFTER);
            if let Some(window) = standing.learned.filter(|_| is_rested && !is_told) {
                due.push((of, window, standing));
            }
        }
        Ok(due)
    }
    async fn in_use(
        &self,
        replays: &mut Replays,
        plant: &Arc<Plant>,
        (of, window, standing): (&Pupil, Window, &Standing),
    ) -> Result<Way, String> {
        let gathered = replays.gathered(&self.store, plant, of, window).await?;
        way(of.topic, standing, &gathered.episodes(of.topic)).map_err(|e| e.to_string())
    }
}

/// What was gathered last: pupils of a kind whose windows begin together need it only once.
#[derive(Default)]
pub struct Replays(Option<(String, Window, Gatherer)>);

impl Replays {
    /// What can be gathered at the machines of a pupil over a window, and as much later as it takes to know what came.
    ///
    /// # Errors
    /// The store failed.
    pub async fn gathered(&mut self, store: &Store, plant: &Arc<Plant>, of: &Pupil, window: Window) -> Result<&Gatherer, String> {
        let window = Window { to: window.to + KNOWN_WITHIN, ..window };
        let is_known = |(kind, known, _): &(String, Window, Gatherer)| {
            *kind == of.kind && known.from == window.from && known.to >= window.to
        };
        let known = match self.0.take().filter(is_known) {
            Some(known) => known,
            None => (of.kind.clone(), window, gathered(store, plant, &of.kind, window).await?),
        };
        Ok(&self.0.insert(known).2)
    }
}

/// What can be gathered at the machines of a kind from stored readings of a window.
///
/// # Errors
/// The store failed.
pub async fn gathered(store: &Store, plant: &Arc<Plant>, kind: &str, window: Window) -> Result<Gatherer, String> {
    let mut gatherer = Gatherer::new(plant, kind);
    let mut pieces = Pieces::of(window, PIECE);
    while let Some(piece) = pieces.next() {
        let read = match readings(store, plant, gatherer.channels(), piece).await {
            Ok(read) => read,
            // a seal may have moved what was being read: seen anew, it is there
            Err(_) => readings(store, plant, gatherer.channels(), piece).await.map_err(|e| e.to_string())?,
        };
        let Some((readings, lexicon)) = read else {
            pieces.narrow().map_err(|e| e.to_string())?;
            continue;
        };
        let plant = Arc::clone(plant);
        // a piece takes some milliseconds
        let taken = tokio::task::spawn_blocking(move || {
            readings.into_iter().for_each(|reading| gatherer.take(&plant, reading, &lexicon));
            gatherer
        });
        gatherer = taken.await.map_err(|e| format!("gathering broke off: {e}"))?;
        pieces.took(piece);
    }
    gatherer.finish(window.to);
    Ok(gatherer)
}

/// Readings of several machines in the order of their times, with their words; `None` where they are more than memory holds.
async fn readings(
    store: &Store,
    plant: &Plant,
    machines: &[(MachineId, Vec<ChannelId>)],
    piece: Window,
) -> Result<Option<(Vec<Reading>, Lexicon)>, StoreError> {
    let (mut all, mut lexicon) = (Vec::new(), Lexicon::default());
    for (_, channels) in machines {
        // the newest look knows all words
        let past = store.past(plant, channels.clone())?;
        let Some(found) = past.readings(piece, READINGS_MAX - all.len()).await? else { return Ok(None) };
        all.extend(found);
        lexicon = past.lexicon();
    }
    all.sort_by_key(|reading| reading.at);
    Ok(Some((all, lexicon)))
}
