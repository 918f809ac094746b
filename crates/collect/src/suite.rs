//! The conformance suite of [`Source`]: every driver's tests call it with their own messages, good and broken.

use crate::{Delivery, Source};
use measure::Instant;

/// Decodes the messages twice from fresh sources and checks what [`Source`] demands: the same result both times, an entry for
/// every message that carries `values`, and receive times kept.
///
/// # Errors
/// The sentence names the message and what was wrong.
pub fn check<S: Source>(fresh: impl Fn() -> S, messages: impl Fn() -> Vec<(S::Message, usize)>) -> Result<Vec<Delivery>, String> {
    let run = || {
        let mut source = fresh();
        messages()
            .into_iter()
            .enumerate()
            .map(|(place, (message, values))| {
                let received = Instant::from_seconds(1_800_000_000 + place as i64);
                (values, received, source.decode(message, received))
            })
            .collect::<Vec<_>>()
    };
    let (first, second) = (run(), run());
    if first != second {
        return Err("the same messages gave two different results".to_owned());
    }
    for (place, (values, received, delivery)) in first.iter().enumerate() {
        let entries = delivery.len();
        if entries != *values {
            return Err(format!("message {place} carries {values} values but has {entries} entries"));
        }
        if delivery.received != *received {
            return Err(format!("message {place} lost its receive time"));
        }
    }
    Ok(first.into_iter().map(|(_, _, delivery)| delivery).collect())
}
