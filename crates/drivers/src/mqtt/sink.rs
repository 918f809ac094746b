//! Writes over MQTT: a command is published, and done when its topic brings the value. Enters: write requests, values. Leaves:
//! commands, answers.

use super::config::Config;
use super::wire::{Command, Encoder};
use crate::WriteRequest;
use crate::echo::Writes;
use crate::sparkplug::wire::echoes;
use act::Sink;
use collect::RawValue;
use plant::ChannelId;

/// The command of a write, or its answer at once where there is none.
pub(super) fn begin(writes: &mut Writes, request: WriteRequest, config: &Config) -> Option<Command> {
    let command = Encoder(config).encode(request.channel, &request.value).map_err(|refusal| refusal.to_string());
    writes.begin(request, command, config.echo)
}

/// Answers the writes that values echo.
pub(super) fn hear(writes: &mut Writes, values: &[(ChannelId, RawValue)]) {
    writes.hear(|request| {
        let is_echo = |(channel, value): &(ChannelId, RawValue)| *channel == request.channel && echoes(value, &request.value);
        values.iter().any(is_echo).then_some(Ok(()))
    });
}
