//! Watching what was found, through the very driver that will read it. Enters: a source and addresses. Leaves: what each value
//! did. Absent: the door, the journal: nothing of it is kept.

use super::draft::Source;
use crate::clock::Clock;
use crate::config::Faults;
use collect::{Delivery, Place, RawValue};
use drivers::Settled;
use measure::Budget;
use plant::SourceId;
use std::path::Path;
use std::time::Duration;
use survey::{Data, Found, Seen, Value, Watched};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Most values watched at once; the rest are proposed by name alone.
pub const WATCHED_MAX: usize = 20_000;
/// Arrivals that may wait.
const ARRIVALS_MAX: usize = 256;
/// Memory for what comes while watching [bytes].
const MEMORY_BYTES: u64 = 64 << 20;
/// Longest wait for a driver to end.
const END: Duration = Duration::from_secs(5);

/// Watches for a while. `tell` gets the values heard so far and may end the watching by saying `false`.
///
/// # Errors
/// The source's settings.
pub async fn watch(
    source: &Source,
    folder: &Path,
    found: Vec<Found>,
    (wait, mut tell): (Duration, impl FnMut(usize) -> bool),
) -> Result<Vec<Seen>, Faults> {
    let mut seen: Vec<Seen> = found.into_iter().map(|found| Seen { found, watched: Watched::default() }).collect();
    let addresses: Vec<(String, Data)> =
        seen.iter().take(WATCHED_MAX).map(|s| (s.found.address.clone(), data_of(&s.found))).collect();
    if addresses.is_empty() || wait.is_zero() {
        return Ok(seen);
    }
    let config = source.driver(folder, &addresses)?;
    let (door, mut arrivals) = mpsc::channel(ARRIVALS_MAX);
    let clock = Clock::real();
    let stop = CancellationToken::new();
    let common = drivers::Common { clock: clock.lent(), door, memory: Budget::new(MEMORY_BYTES) };
    let running = drivers::start(SourceId(0), config, common, stop.clone());
    let end = tokio::time::Instant::now() + wait;
    let mut heard = 0;
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(end) => break,
            _ = tick.tick() => if !tell(heard) { break },
            arrival = arrivals.recv() => {
                let Some(arrival) = arrival else { break };
                heard += take(arrival.delivery, &mut seen);
                // the driver may have gone on without waiting
                let _ = arrival.done.send(Settled::TAKEN);
            }
        }
    }
    stop.cancel();
    drop(arrivals);
    // a driver that does not end in time is left to its own time-outs
    let _ = tokio::time::timeout(END, running.task).await;
    Ok(seen)
}

/// What a value is where the source does not say: by the value it has now.
fn data_of(found: &Found) -> Data {
    match (found.data, &found.value) {
        (Data::Unknown, Some(Value::Text(_))) => Data::Text,
        (Data::Unknown, Some(Value::Flag(_))) => Data::Flag,
        (data, _) if !found.words.is_empty() && data != Data::Flag => Data::Text,
        (data, _) => data,
    }
}

fn take(delivery: Delivery, seen: &mut [Seen]) -> usize {
    let mut heard = 0;
    for reading in delivery.readings {
        let Place::Channel(id) = reading.place else { continue };
        let Some(one) = seen.get_mut(id.index()) else { continue };
        one.watched.hear(match reading.value {
            RawValue::Number(number) => Value::Number(number),
            RawValue::Flag(flag) => Value::Flag(flag),
            RawValue::Text(text) => Value::Text(text),
        });
        heard += 1;
    }
    for batch in &delivery.numbers {
        for reading in batch.iter() {
            if let Some(one) = seen.get_mut(reading.channel.index()) {
                one.watched.hear(Value::Number(reading.value));
                heard += 1;
            }
        }
    }
    heard
}
