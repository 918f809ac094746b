//! The task of one source.
use super::Config;
use crate::{Line, WriteRequest};
use tokio::sync::mpsc;
/// Serves the line until it stops.
pub async fn run(line: Line, config: Config, mut writes: mpsc::Receiver<WriteRequest>) {
    let _ = (config, &mut writes);
    line.stop.cancelled().await;
}
