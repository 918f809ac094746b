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
use std::time::Duration;
use store::Store;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use unit::desk::View;
use unit::lessons::gather::Gatherer;
use unit::lessons::model::Way;
use unit::outlook::learn::Standing;
use unit::outlook::lessons::{Pupil, way};

/// How often it is looked for a new version.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Stored readings are read in pieces of at most so much time.
const PIECE: Span = Span::from_days(1);

/// Starts keeping the unit that a view shows at the versions in use.
pub fn keep(view: watch::Receiver<Arc<View>>, store: Store, asks: mpsc::Sender<Ask>, stop: CancellationToken) {
    let mut keeper = Keeper { view, store, asks, told: BTreeMap::new() };
    tokio::spawn(async move {
        let run = async {
            loop {
                if let Err(cause) = keeper.look().await {
                    tracing::warn!(%cause, "what was learned could not be put to use; it is tried again");
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
}

impl Keeper {
    async fn look(&mut self) -> Result<(), String> {
        let plant = Arc::clone(&self.view.borrow().plant);
        for of in Pupil::all(&plant) {
            let standing = Standing::after(&self.store.contests(&of.key()).await.map_err(|e| e.to_string())?);
            // the first version is nothing that has to be told
            if *self.told.get(&of).unwrap_or(&1) == standing.version {
                continue;
            }
            let found = in_use(&self.store, &plant, &of, &standing).await?;
            tracing::info!(of = of.key(), version = standing.version, "it is foretold by the version in use");
            self.told.insert(of.clone(), standing.version);
            self.asks.send(Ask::ForetellBy(of, found)).await.map_err(|_| "the loop has ended".to_owned())?;
        }
        Ok(())
    }
}

/// The way of the version in use, learned again from the stored readings of its window.
///
/// # Errors
/// The store failed, or the episodes of the window are no longer there.
pub async fn in_use(store: &Store, plant: &Arc<Plant>, of: &Pupil, standing: &Standing) -> Result<Way, String> {
    let Some(window) = standing.learned else { return Ok(Way::Plain) };
    let gathered = gathered(store, plant, &of.kind, Window { to: window.to + MENDED_BY, ..window }).await?;
    way(of.topic, standing, &gathered.episodes(of.topic)).map_err(|e| format!("{}: {e}", of.key()))
}

/// A failure is known as the end of a life once its service was told; which comes this much later at most.
const MENDED_BY: Span = Span::from_days(3);

/// What can be gathered at the machines of a kind from stored readings of a window.
///
/// # Errors
/// The store failed.
pub async fn gathered(store: &Store, plant: &Arc<Plant>, kind: &str, window: Window) -> Result<Gatherer, String> {
    let mut gatherer = Gatherer::new(plant, kind);
    let mut pieces = Pieces::of(window, PIECE);
    while let Some(piece) = pieces.next() {
        let read = readings(store, plant, gatherer.channels(), piece).await.map_err(|e| e.to_string())?;
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
    Ok(gatherer)
}

/// Readings of several machines in the order of their times, with their words; `None` where they are more than memory holds.
async fn readings(
    store: &Store,
    plant: &Plant,
    machines: &[(MachineId, Vec<ChannelId>)],
    piece: Window,
) -> Result<Option<(Vec<Reading>, Lexicon)>, store::StoreError> {
    let (mut all, mut lexicon) = (Vec::new(), Lexicon::default());
    for (_, channels) in machines {
        // looked at anew for each piece, because sealing moves what was looked at long ago; the newest knows all words
        let past = store.past(plant, channels.clone())?;
        let Some(found) = past.readings(piece, READINGS_MAX - all.len()).await? else { return Ok(None) };
        all.extend(found);
        lexicon = past.lexicon();
    }
    all.sort_by_key(|reading| reading.at);
    Ok(Some((all, lexicon)))
}
