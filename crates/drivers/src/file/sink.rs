//! Writes to a file: there are none. Enters: write requests. Leaves: refusals.

use crate::WriteRequest;
use tokio::sync::mpsc;

/// Answers a request: files are read, never written.
pub(super) fn refuse(request: WriteRequest) {
    // whoever asked may have gone away
    let _ = request.answer.send(Err("a file is read only; nothing is written to it".to_owned()));
}

/// Answers requests until the future is done.
pub(super) async fn refuse_until<T>(done: impl Future<Output = T>, writes: &mut mpsc::Receiver<WriteRequest>) -> T {
    tokio::pin!(done);
    loop {
        tokio::select! {
            biased;
            result = &mut done => return result,
            Some(request) = writes.recv() => refuse(request),
        }
    }
}
