//! Where questions are worked out: a runtime of one thread, so that a heavy question never holds up the loop. One that does not let
//! go of the thread when its time is over keeps it, and the next questions get a new one.
//!
//! Enters: work. Leaves: handles to it. Absent: what the work is; how long it may take (`asking`).

use super::asking::THREADS;
use crate::StoreError;
use crate::series::STACK_BYTES;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// How long work that is ended may take to notice.
pub(super) const GRACE: Duration = Duration::from_secs(1);
/// Threads that may be held by questions whose time is over, before the others have to wait for them.
const HELD_MAX: usize = 2;

/// The runtime for questions; let go without waiting when the store goes.
pub(super) struct Thinkers {
    dir: PathBuf,
    state: Mutex<State>,
}

struct State {
    runtime: Option<Runtime>,
    /// Goes up with each new runtime.
    number: u64,
    /// Lives as long as the runtime's thread works.
    life: Weak<()>,
    /// Those of the runtimes before.
    held: Vec<Weak<()>>,
}

/// A piece of work, and the runtime that has it.
pub(super) struct Task<T> {
    pub handle: JoinHandle<T>,
    number: u64,
}

impl Thinkers {
    pub(super) fn start(dir: &Path) -> Result<Self, StoreError> {
        let (runtime, life) = runtime(dir)?;
        let state = State { runtime: Some(runtime), number: 0, life, held: Vec::new() };
        Ok(Self { dir: dir.to_owned(), state: Mutex::new(state) })
    }

    /// Starts work.
    pub(super) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<Task<T>, StoreError> {
        let state = self.state();
        let handle = state.runtime.as_ref().ok_or(StoreError::Closed)?.spawn(work);
        Ok(Task { handle, number: state.number })
    }

    /// Ends work whose time is over. If it does not notice, its thread is left to it.
    pub(super) async fn end<T>(&self, mut task: Task<T>) {
        task.handle.abort();
        if tokio::time::timeout(GRACE, &mut task.handle).await.is_err() {
            self.leave(task.number);
        }
    }

    /// Leaves a runtime's thread to the question that holds it.
    fn leave(&self, number: u64) {
        let mut state = self.state();
        state.held.retain(|life| life.strong_count() > 0);
        if state.number != number || state.held.len() >= HELD_MAX {
            return;
        }
        match runtime(&self.dir) {
            Ok((new, life)) => {
                tracing::warn!("a question does not let go of its thread; the next ones get another");
                let before = std::mem::replace(&mut state.life, life);
                state.held.push(before);
                state.number += 1;
                state.runtime.replace(new).into_iter().for_each(Runtime::shutdown_background);
            }
            Err(cause) => tracing::error!(%cause, "questions wait for one that does not let go of its thread"),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Thinkers {
    fn drop(&mut self) {
        if let Some(runtime) = self.state().runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn runtime(dir: &Path) -> Result<(Runtime, Weak<()>), StoreError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("socium-query")
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .map_err(|e| StoreError::disk("cannot start the query thread for", dir, &e))?;
    let life = Arc::new(());
    let known = Arc::downgrade(&life);
    runtime.spawn(async move {
        let _life = life;
        std::future::pending::<()>().await;
    });
    Ok((runtime, known))
}
