//! Writes to Sparkplug devices: a command is done when the device reports its value. Enters: write requests, deliveries.
//! Leaves: commands, answers.

use super::config::Config;
use super::wire::{Command, Decoder, Encoder, Notes, echoes};
use crate::WriteRequest;
use crate::echo::Writes;
use act::Sink;
use collect::{Delivery, Place, RawReading};

/// The command of a write, or its answer at once where there is none.
pub(super) fn begin(
    writes: &mut Writes,
    request: WriteRequest,
    (config, births, now): (&Config, &Decoder, measure::Instant),
) -> Option<Command> {
    let encoder = Encoder::new(config, births, now);
    let command = encoder.encode(request.channel, &request.value).map_err(|e| e.to_string()).and_then(|command| {
        let address = encoder.address(request.channel).map_err(|e| e.to_string())?;
        if births.is_online(address) { Ok(command) } else { Err(format!("{address} is offline: no birth was seen")) }
    });
    writes.begin(request, command, config.echo)
}

/// Answers the writes that a delivery echoes or a device refused. What tells of the past is no echo.
pub(super) fn hear(writes: &mut Writes, delivery: &Delivery, notes: &Notes) {
    writes.hear(|request| {
        let refusal = notes.refusals.iter().find(|(channel, _)| *channel == request.channel);
        if let Some((_, reason)) = refusal {
            return Some(Err(format!("the device refused it: {reason}")));
        }
        let mine = |r: &RawReading| r.place == Place::Channel(request.channel) && echoes(&r.value, &request.value);
        let echo = delivery.readings.iter().enumerate().any(|(i, r)| mine(r) && !notes.past.contains(&i));
        echo.then_some(Ok(()))
    });
}
