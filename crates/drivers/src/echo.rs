//! Writes that are done once the device reports the value it was told to take (the echo, decision record 0026). Enters: write
//! requests, values reported. Leaves: answers. Absent: protocols.

use crate::WriteRequest;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Most writes under way at once.
const WRITES_MAX: usize = 64;

/// Writes that wait for their echo, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Writes(Vec<(Instant, WriteRequest)>);

impl Writes {
    /// Whether one more may begin.
    pub(crate) const fn has_room(&self) -> bool {
        self.0.len() < WRITES_MAX
    }
    /// Takes in a write with its command, and gives the command back; a refusal is answered at once. The echo must come within a time.
    pub(crate) fn begin<C>(&mut self, request: WriteRequest, command: Result<C, String>, echo: Duration) -> Option<C> {
        match command {
            Ok(command) => {
                self.0.push((Instant::now() + echo, request));
                Some(command)
            }
            Err(refusal) => {
                drop(request.answer.send(Err(refusal)));
                None
            }
        }
    }
    /// The newest write could not be sent.
    pub(crate) fn fail_last(&mut self, why: &str) {
        if let Some((_, request)) = self.0.pop() {
            drop(request.answer.send(Err(why.to_owned())));
        }
    }
    /// Answers and takes out the writes for which `judge` has an answer.
    pub(crate) fn hear(&mut self, judge: impl Fn(&WriteRequest) -> Option<Result<(), String>>) {
        let mut place = 0;
        while let Some((_, request)) = self.0.get(place) {
            match judge(request) {
                Some(answer) => drop(self.0.remove(place).1.answer.send(answer)),
                None => place += 1,
            }
        }
    }
    /// Waits until a write is overdue; for ever where there is none.
    pub(crate) async fn wait(&self) {
        match self.0.first() {
            Some((deadline, _)) => sleep_until(*deadline).await,
            None => std::future::pending().await,
        }
    }
    /// Answers the writes that are overdue after `echo`.
    pub(crate) fn expire(&mut self, echo: Duration) {
        let now = Instant::now();
        while self.0.first().is_some_and(|(deadline, _)| *deadline <= now) {
            let (_, request) = self.0.remove(0);
            drop(request.answer.send(Err(format!("the device did not report the value within {echo:?}"))));
        }
    }
}
