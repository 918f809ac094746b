//! How a command finds its machine: channel to source to that source's driver.

use drivers::WriteRequest;
use plant::{ChannelId, Command, SourceId};
use std::collections::BTreeMap;
use std::future::Future;
use tokio::sync::{mpsc, oneshot};

/// Where each channel's writes go.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    by_channel: BTreeMap<ChannelId, SourceId>,
    by_source: BTreeMap<SourceId, mpsc::Sender<WriteRequest>>,
}

impl Routes {
    /// Writes to `channels` go to `source` through `writes`.
    pub fn add(&mut self, source: SourceId, channels: impl IntoIterator<Item = ChannelId>, writes: mpsc::Sender<WriteRequest>) {
        self.by_channel.extend(channels.into_iter().map(|channel| (channel, source)));
        self.by_source.insert(source, writes);
    }

    /// Sends a command on its way at once; the future is its answer.
    pub fn write(&self, command: Command) -> impl Future<Output = Result<(), String>> + use<> {
        let (answer, answered) = oneshot::channel();
        let sender = self.by_channel.get(&command.channel).and_then(|source| self.by_source.get(source));
        let sent = match sender {
            None => Err("no source writes to this channel".to_owned()),
            Some(sender) => sender
                .try_send(WriteRequest { channel: command.channel, value: command.value, answer })
                .map_err(|_| "the driver has too many writes waiting".to_owned()),
        };
        async move {
            sent?;
            answered.await.unwrap_or_else(|_| Err("the driver ended before it answered".to_owned()))
        }
    }
}
