//! An event log in registers, a block of its own. Enters: its registers now and its count before. Leaves: the events that are new;
//! and the other way round, for a device of ours.
//!
//! ```text
//! +0        count of events so far, wrapping at 65536
//! +1+15s    slot s (0 to 7), holds event number n where (n - 1) mod 8 = s:
//!           4 registers: microseconds since 1970, high register first; 11 registers: the word, 22 bytes of UTF-8
//! ```

use super::super::address::{LOG_REGISTERS, LOG_SLOT_REGISTERS, LOG_SLOTS, Order};
use super::Fault;
use super::value::{text, text_registers, whole};
use collect::RawValue;
use measure::Instant;
use plant::RefusalReason;

type Event = Result<(Option<Instant>, RawValue), Fault>;

/// The events of a log that are new since its count was `before`; the newest alone where it was not read before.
pub(super) fn events(log: &[u16], before: Option<u16>) -> Vec<Event> {
    let count = log.first().copied().unwrap_or(0);
    let new = match before {
        None => count.min(1),
        // more than half the range behind: the device started anew
        Some(before) if count.wrapping_sub(before) > u16::MAX / 2 => count,
        Some(before) => count.wrapping_sub(before),
    };
    let mut found: Vec<Event> = Vec::new();
    if new > LOG_SLOTS {
        found.push(Err(Fault {
            found: format!("{} events overwritten before they were read", new - LOG_SLOTS),
            allowed: format!("at most {LOG_SLOTS} events between two polls"),
            reason: RefusalReason::TooLate,
        }));
    }
    for back in (0..new.min(LOG_SLOTS)).rev() {
        let slot = count.wrapping_sub(1).wrapping_sub(back) % LOG_SLOTS;
        let at = usize::from(1 + slot * LOG_SLOT_REGISTERS);
        let Some(registers) = log.get(at..at + usize::from(LOG_SLOT_REGISTERS)) else { continue };
        let time = i64::try_from(whole(&registers[..4])).unwrap_or(i64::MAX);
        found.push(text(&registers[4..], Order::Big).map(|word| (Some(Instant::from_micros(time)), RawValue::Text(word))));
    }
    found
}

/// The registers of a log of events, oldest first, of which `count` happened in all: what [`super::Decoder`] reads back. Words are
/// cut at 22 bytes.
pub fn log_registers<'a>(count: u64, newest: impl DoubleEndedIterator<Item = (Instant, &'a str)>) -> Vec<u16> {
    let mut log = vec![0; usize::from(LOG_REGISTERS)];
    log[0] = count as u16;
    for (back, (at, word)) in newest.rev().take(usize::from(LOG_SLOTS)).enumerate() {
        let Some(number) = count.checked_sub(1 + back as u64) else { break };
        // the slot follows the wrapped count, as a reader knows no other
        let slot = usize::from((number as u16) % LOG_SLOTS);
        let place = 1 + slot * usize::from(LOG_SLOT_REGISTERS);
        let micros = u64::try_from(at.micros()).unwrap_or(0);
        for (i, register) in log[place..place + 4].iter_mut().enumerate() {
            *register = (micros >> (48 - 16 * i)) as u16;
        }
        let text = LOG_SLOT_REGISTERS - 4;
        let cut = word.floor_char_boundary(usize::from(text) * 2);
        let word = text_registers(&word[..cut], text).unwrap_or_default();
        log[place + 4..place + 4 + word.len()].copy_from_slice(&word);
    }
    log
}
