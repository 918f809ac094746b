//! Gives a replay the stored readings it wants, beside the loop: one at a time, piece by piece, so that neither memory nor the loop
//! feels it.
//!
//! Enters: a replay, the store as it is at that moment. Leaves: the replay, finished. Absent: which machines and when (`unit`).

use super::pieces::{Pieces, READINGS_MAX};
use plant::Plant;
use store::{Past, Store, StoreError};
use unit::Replay;

/// Works a replay out. The moment of the call decides which readings are in it: the store is looked at before this returns.
pub fn run(
    store: &Store,
    plant: &Plant,
    replay: Box<Replay>,
) -> impl Future<Output = Result<Box<Replay>, String>> + Send + 'static {
    let past = store.past(plant, replay.channels());
    async move {
        let past = past.map_err(|e| e.to_string())?;
        play(&past, replay).await.map_err(|e| e.to_string())
    }
}

async fn play(past: &Past, mut replay: Box<Replay>) -> Result<Box<Replay>, StoreError> {
    loop {
        let window = replay.window();
        let mut pieces = Pieces::of(window, window.to - window.from);
        while let Some(piece) = pieces.next() {
            let Some(readings) = past.readings(piece, READINGS_MAX).await? else {
                pieces.narrow()?;
                continue;
            };
            // a piece takes some milliseconds
            replay = tokio::task::spawn_blocking(move || {
                replay.take(&readings);
                replay
            })
            .await
            .map_err(|e| StoreError::Query(format!("the replay broke off: {e}")))?;
            pieces.took(piece);
        }
        if replay.is_finished() {
            return Ok(replay);
        }
    }
}
