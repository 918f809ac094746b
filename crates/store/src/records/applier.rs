//! Carries records from the journal, where they are safe, to the database, where they can be looked up. Readers wait for it, so
//! what was kept is seen at once.

use super::Records;
use crate::StoreError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Groups of versions that may wait for the database; beyond it the journal waits.
pub(crate) const WAITING_MAX: usize = 1_024;
const AGAIN_AFTER: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(10);
const GROUP_MAX: usize = 256;

/// The carrier.
pub(crate) struct Applier {
    applied: watch::Receiver<u64>,
}

impl Applier {
    /// Starts carrying; it ends with the last sender, and lets go of the lock then.
    pub(crate) fn start(
        records: Arc<Records>,
        applied: u64,
        mut versions: mpsc::Receiver<Vec<(u64, String)>>,
        lock: Option<Arc<std::fs::File>>,
    ) -> Self {
        let (tell, told) = watch::channel(applied);
        tokio::spawn(async move {
            let _held = lock;
            while let Some(mut group) = versions.recv().await {
                while group.len() < GROUP_MAX
                    && let Ok(more) = versions.try_recv()
                {
                    group.extend(more);
                }
                while let Err(cause) = records.apply(&group).await {
                    tracing::warn!(%cause, "records wait in the journal for the database");
                    tokio::time::sleep(AGAIN_AFTER).await;
                }
                if let Some((last, _)) = group.last() {
                    tell.send_replace(*last);
                }
            }
        });
        Self { applied: told }
    }
    /// Waits until everything up to a sequence is in the database.
    ///
    /// # Errors
    /// The database does not take it within 10 s.
    pub(crate) async fn reach(&self, sequence: u64) -> Result<(), StoreError> {
        let mut applied = self.applied.clone();
        let late = || StoreError::Records("it lags behind the journal; nothing is lost, try again".to_owned());
        let reached = tokio::time::timeout(WAIT_MAX, applied.wait_for(|now| *now >= sequence)).await;
        reached.map_err(|_| late())?.map(|_| ()).map_err(|_| StoreError::Closed)
    }
}
