//! Gives a replay the stored readings it wants, beside the loop: one at a time, piece by piece, so that neither memory nor the loop
//! feels it.
//!
//! Enters: a replay, the store as it is at that moment. Leaves: the replay, finished. Absent: which machines and when (`unit`).

use plant::{Plant, Window};
use store::{Past, Store, StoreError};
use unit::Replay;

/// Readings in memory at a time.
const READINGS_MAX: usize = 400_000;
/// Narrowest piece that is tried; a piece that holds too much nevertheless is an error [µs].
const NARROW: i64 = 1_000_000;

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
        let Window { mut from, to } = replay.window();
        let mut width = to - from;
        while from < to {
            let piece = Window { from, to: (from + width).min(to) };
            match past.readings(piece, READINGS_MAX).await? {
                Some(readings) => {
                    // a piece takes some milliseconds
                    replay = tokio::task::spawn_blocking(move || {
                        replay.take(&readings);
                        replay
                    })
                    .await
                    .map_err(|e| StoreError::Query(format!("the replay broke off: {e}")))?;
                    from = piece.to;
                }
                None if width.micros() > NARROW => width = measure::Span::from_micros(width.micros() / 2),
                None => {
                    let sentence = format!("more than {READINGS_MAX} readings within {width} from {from} on");
                    return Err(StoreError::Query(sentence));
                }
            }
        }
        if replay.is_finished() {
            return Ok(replay);
        }
    }
}
