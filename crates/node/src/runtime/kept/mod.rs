//! What planning keeps over a start: how plans and promises were kept, and the moves that people hold.
//!
//! Enters: both, as they change. Leaves: both, at the next start. Absent: what they are good for.
//!
//! What cannot be read is told in the log and begun anew: it corrects dates and is not needed to make them.

mod form;
#[cfg(test)]
mod tests;

use plant::Plant;
use store::{Store, StoreError};
use unit::sales::Past;
use unit::schedule::Move;

/// Keys in the store.
const PAST: &str = "planning.past";
const MOVES: &str = "planning.moves";

/// Where planning keeps what shall outlive the process.
#[derive(Clone)]
pub struct Kept(Store);

impl Kept {
    /// In a store.
    pub const fn new(store: Store) -> Self {
        Self(store)
    }

    /// What an earlier run kept.
    pub async fn recalled(&self, plant: &Plant) -> (Past, Vec<Move>) {
        let past = self.read(PAST, |json| form::past_from_json(plant, json)).await;
        let moves = self.read(MOVES, |json| form::moves_from_json(plant, json)).await;
        (past.unwrap_or_default(), moves.unwrap_or_default())
    }

    async fn read<T>(&self, key: &str, of: impl FnOnce(&str) -> Result<T, serde_json::Error>) -> Option<T> {
        let text = self
            .0
            .meta(key)
            .await
            .inspect_err(|cause| tracing::warn!(key, %cause, "what planning kept cannot be read"))
            .ok()??;
        of(&text).inspect_err(|cause| tracing::warn!(key, %cause, "what planning kept cannot be read; it begins anew")).ok()
    }

    /// Keeps how plans and promises were kept; whether that is on the disk now.
    pub async fn keep_past(&self, plant: &Plant, past: &Past) -> bool {
        let kept = self.write(PAST, form::past_to_json(plant, past)).await;
        kept.inspect_err(|cause| tracing::warn!(%cause, "how promises were kept is not on the disk; it is tried again")).is_ok()
    }

    /// Keeps the moves that people hold; they are on the disk then.
    ///
    /// # Errors
    /// The store refuses.
    pub async fn keep_moves(&self, plant: &Plant, moves: &[Move]) -> Result<(), StoreError> {
        self.write(MOVES, form::moves_to_json(plant, moves)).await
    }

    async fn write(&self, key: &str, text: Result<String, serde_json::Error>) -> Result<(), StoreError> {
        let text = text.map_err(|cause| StoreError::Records(format!("{key} has no form: {cause}")))?;
        self.0.set_meta(key, &text).await
    }
}
