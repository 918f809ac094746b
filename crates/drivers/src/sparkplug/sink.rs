//! Writes to Sparkplug devices: a command is done when the device reports the value it was told to take (the echo). Enters:
//! write requests, deliveries. Leaves: commands, answers.

use super::config::Config;
use super::wire::{Command, Decoder, Encoder, Notes, echoes};
use crate::WriteRequest;
use act::Sink;
use collect::{Delivery, Place, RawReading};
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
    pub(super) fn begin(
        &mut self,
        request: WriteRequest,
        (config, births, now): (&Config, &Decoder, measure::Instant),
    ) -> Option<Command> {
        let encoder = Encoder::new(config, births, now);
        let command = encoder.encode(request.channel, &request.value).map_err(|e| e.to_string()).and_then(|command| {
            let address = encoder.address(request.channel).map_err(|e| e.to_string())?;
            if births.is_online(address) { Ok(command) } else { Err(format!("{address} is offline: no birth was seen")) }
        });
        match command {
            Ok(command) => {
                self.0.push((Instant::now() + config.echo, request));
                Some(command)
            }
            Err(refusal) => {
                drop(request.answer.send(Err(refusal)));
                None
            }
        }
    }
    /// Answers the writes that a delivery echoes or a device refused. What tells of the past is no echo.
    pub(super) fn hear(&mut self, delivery: &Delivery, notes: &Notes) {
        if self.0.is_empty() {
            return;
        }
        self.answer(|request| {
            let refusal = notes.refusals.iter().find(|(channel, _)| *channel == request.channel);
            if let Some((_, reason)) = refusal {
                return Some(Err(format!("the device refused it: {reason}")));
            }
            let mine = |r: &RawReading| r.place == Place::Channel(request.channel) && echoes(&r.value, &request.value);
            let echo = delivery.readings.iter().enumerate().any(|(i, r)| mine(r) && !notes.past.contains(&i));
            echo.then_some(Ok(()))
        });
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
    /// Answers and takes out the writes for which `judge` has an answer.
    fn answer(&mut self, judge: impl Fn(&WriteRequest) -> Option<Result<(), String>>) {
        let mut place = 0;
        while let Some((_, request)) = self.0.get(place) {
            match judge(request) {
                Some(answer) => drop(self.0.remove(place).1.answer.send(answer)),
                None => place += 1,
            }
        }
    }
}
