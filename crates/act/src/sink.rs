//! The port that every driver's encoding implements: what a command means in the words of a protocol.

use plant::{ChannelId, CommandValue};
use thiserror::Error;

/// Why a command cannot be written through a driver.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Unwritable {
    /// The driver has no address for the channel.
    #[error("channel number {0} has no address to write to here")]
    NoAddress(u32),
    /// A word where the address takes a number, or the reverse.
    #[error("{place} takes {allowed}, found {found}")]
    WrongType {
        /// The address as the protocol writes it.
        place: String,
        /// What was found.
        found: String,
        /// What is allowed.
        allowed: String,
    },
    /// A number that the address's data type cannot hold.
    #[error("{place} cannot hold {found}, allowed is {allowed}")]
    OutOfRange {
        /// The address as the protocol writes it.
        place: String,
        /// What was found.
        found: String,
        /// What is allowed.
        allowed: String,
    },
}

/// The pure half of writing. Implementations MUST NOT panic on any value, MUST refuse what is not finite, and MUST give the
/// same request for the same command.
pub trait Sink {
    /// One request as the protocol's library takes it.
    type Request;
    /// The request that writes a value to a channel.
    ///
    /// # Errors
    /// There is no address for the channel, or it does not take the value.
    fn encode(&self, channel: ChannelId, value: &CommandValue) -> Result<Self::Request, Unwritable>;
}
