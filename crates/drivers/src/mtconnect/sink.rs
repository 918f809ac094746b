//! Writes to an MTConnect agent: there are none, the standard reads only. Enters: write requests. Leaves: their refusals.

use super::config::Config;
use crate::WriteRequest;
use act::{Sink, Unwritable};
use plant::{ChannelId, CommandValue};
use std::convert::Infallible;

/// Refuses every value with the place and the reason.
pub(super) struct Encoder<'a>(pub(super) &'a Config);

impl Sink for Encoder<'_> {
    type Request = Infallible;
    fn encode(&self, channel: ChannelId, value: &CommandValue) -> Result<Infallible, Unwritable> {
        let address = self.0.channels.iter().find(|(id, _)| *id == channel);
        let (_, address) = address.ok_or(Unwritable::NoAddress(channel.0))?;
        let found = match value {
            CommandValue::Number(number) => number.to_string(),
            CommandValue::Word(word) => format!("`{word}`"),
        };
        Err(Unwritable::WrongType { place: address.to_string(), found, allowed: "no writes (MTConnect reads only)".to_owned() })
    }
}

/// Answers a write.
pub(super) fn refuse(config: &Config, request: WriteRequest) {
    let Err(refusal) = Encoder(config).encode(request.channel, &request.value);
    drop(request.answer.send(Err(refusal.to_string())));
}
