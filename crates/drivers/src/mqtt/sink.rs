//! Writes over MQTT: a command is published, and done when the device reports the value it was told to take (the echo), as
//! decision record 0026 has it. Enters: write requests, values. Leaves: commands, answers.

use super::config::Config;
use super::wire::{Command, Encoder};
use crate::WriteRequest;
use crate::sparkplug::wire::echoes;
use act::Sink;
use collect::RawValue;
use plant::ChannelId;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Most writes under way at once.
const WRITES_MAX: usize = 64;

/// Writes that wait for their echo, oldest first.
#[derive(Debug, Default)]
pub(super) struct Writes(Vec<(Instant, WriteRequest)>);

impl Writes {
    /// Whether one more may begin.
    pub(super) const fn has_room(&self) -> bool {
        self.0.len() < WRITES_MAX
    }
    /// The command of a write, or its answer at once where there is none.
    pub(super) fn begin(&mut self, request: WriteRequest, config: &Config) -> Option<Command> {
        match Encoder(config).encode(request.channel, &request.value) {
            Ok(command) => {
                self.0.push((Instant::now() + config.echo, request));
                Some(command)
            }
            Err(refusal) => {
                drop(request.answer.send(Err(refusal.to_string())));
                None
            }
        }
    }
    /// The newest write could not be published.
    pub(super) fn fail_last(&mut self, why: &str) {
        if let Some((_, request)) = self.0.pop() {
            drop(request.answer.send(Err(why.to_owned())));
        }
    }
    /// Answers the writes that values echo.
    pub(super) fn hear(&mut self, values: &[(ChannelId, RawValue)]) {
        let is_echoed = |request: &WriteRequest| {
            values.iter().any(|(channel, value)| *channel == request.channel && echoes(value, &request.value))
        };
        let mut place = 0;
        while let Some((_, request)) = self.0.get(place) {
            if is_echoed(request) {
                drop(self.0.remove(place).1.answer.send(Ok(())));
            } else {
                place += 1;
            }
        }
    }
    /// Waits until a write is overdue; for ever where there is none.
    pub(super) async fn wait(&self) {
        match self.0.first() {
            Some((deadline, _)) => sleep_until(*deadline).await,
            None => std::future::pending().await,
        }
    }
    /// Answers the writes that are overdue.
    pub(super) fn expire(&mut self, echo: Duration) {
        let now = Instant::now();
        while self.0.first().is_some_and(|(deadline, _)| *deadline <= now) {
            let (_, request) = self.0.remove(0);
            drop(request.answer.send(Err(format!("the device did not report the value within {echo:?}"))));
        }
    }
}
