//! The pure half of Modbus: which blocks are read, what registers mean, and how a value is written.
//!
//! Enters: [`Answer`]s of a device and command values. Leaves: readings, refusals, [`Writing`]s. Absent: sockets, the clock.
//!
//! Only values that changed are reported, and each value again after a number of rounds (the heartbeat): a poll that finds
//! what the last one found brings no new value. What registers mean is `wire/value`, an event log `wire/log`.

mod log;
mod value;

pub use log::log_registers;
pub use value::{encode, registers, text_registers, written};

use super::address::{Address, DataType, Table};
use super::config::{Config, Limits};
use act::{Sink, Unwritable};
use collect::{Delivery, Place, RawReading, Source};
use measure::Instant;
use plant::{ChannelId, CommandValue, Quality, RefusalReason, Refused, SourceId};
use std::time::Duration;

/// Most registers read at once (V1.1b3, 6.3).
pub const REGISTERS_MAX: u16 = 125;
/// Most bits read at once (V1.1b3, 6.1).
pub const BITS_MAX: u16 = 2_000;

/// Neighbouring registers read with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Unit id.
    pub unit: u8,
    /// Table.
    pub table: Table,
    /// First register or bit.
    pub at: u16,
    /// How many.
    pub count: u16,
    /// How often it is read.
    pub every: Duration,
    /// Places in [`Config::channels`] that lie in it.
    pub points: Vec<usize>,
}

/// What a device answered to the reading of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Place in [`Decoder::blocks`].
    pub block: usize,
    /// Registers (bits as 0 and 1), or the name of the exception.
    pub result: Result<Vec<u16>, String>,
}

/// A write as it goes to the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writing {
    /// Unit id.
    pub unit: u8,
    /// Table, coil or holding.
    pub table: Table,
    /// First register or bit.
    pub at: u16,
    /// Registers, or one bit as 0 or 1.
    pub registers: Vec<u16>,
    /// The bits of the one register that are written; `None` is all.
    pub mask: Option<u16>,
}

/// What was last reported of a point.
#[derive(Clone, Debug, Default, PartialEq)]
struct Memory {
    reported: Option<Result<Vec<u16>, String>>,
    rounds: u32,
}

/// Turns answers into readings. Remembers what it reported last.
#[derive(Clone, Debug)]
pub struct Decoder {
    from: SourceId,
    channels: Vec<(ChannelId, Address)>,
    blocks: Vec<Block>,
    memory: Vec<Memory>,
    heartbeat: Duration,
}

/// Why registers give no value.
struct Fault {
    found: String,
    allowed: String,
    reason: RefusalReason,
}

impl Decoder {
    /// A decoder that has reported nothing yet.
    pub fn new(from: SourceId, config: &Config) -> Self {
        Self {
            from,
            channels: config.channels.clone(),
            blocks: plan(&config.channels, &config.limits, config.poll),
            memory: vec![Memory::default(); config.channels.len()],
            heartbeat: config.heartbeat,
        }
    }
    /// The blocks to read.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }
    /// Forgets what was reported, so that everything is reported again. Event logs keep their place.
    pub fn forget(&mut self) {
        for (memory, (_, address)) in self.memory.iter_mut().zip(&self.channels) {
            if address.kind != DataType::Log {
                *memory = Memory::default();
            }
        }
    }

    fn point(&mut self, point: usize, found: Result<Vec<u16>, String>, (rounds, delivery): (u32, &mut Delivery)) {
        let (channel, address) = &self.channels[point];
        let memory = &mut self.memory[point];
        memory.rounds += 1;
        let changed = memory.reported.as_ref() != Some(&found);
        if !changed && (memory.rounds < rounds || address.kind == DataType::Log) {
            return;
        }
        memory.rounds = 0;
        let before = memory.reported.replace(found.clone());
        let place = || address.to_string();
        let refuse = |fault: Fault| Refused {
            from: self.from,
            received: delivery.received,
            place: place(),
            found: fault.found,
            allowed: fault.allowed,
            reason: fault.reason,
        };
        let values = match found {
            Err(exception) => vec![Err(refused_by_device(exception))],
            Ok(registers) if address.kind == DataType::Log => {
                let before = before.and_then(Result::ok).and_then(|b| b.first().copied());
                log::events(&registers, before)
            }
            Ok(registers) => vec![value::value(address, &registers).map(|v| (None, v))],
        };
        for value in values {
            match value {
                Ok((at, value)) => {
                    delivery.readings.push(RawReading { place: Place::Channel(*channel), at, value, quality: Quality::Good })
                }
                Err(fault) => delivery.refused.push(refuse(fault)),
            }
        }
    }
}

impl Source for Decoder {
    type Message = Answer;
    fn decode(&mut self, answer: Answer, received: Instant) -> Delivery {
        let mut delivery = Delivery::new(self.from, received);
        let Some(block) = self.blocks.get(answer.block).cloned() else { return delivery };
        let rounds = ((self.heartbeat.as_secs_f64() / block.every.as_secs_f64().max(1e-3)) as u32).max(1);
        for point in block.points {
            let address = &self.channels[point].1;
            let from = usize::from(address.at - block.at);
            let to = from + usize::from(address.kind.registers());
            let found = match &answer.result {
                Err(exception) => Err(exception.clone()),
                // of a register that several channels share, each has its own bits
                Ok(words) => words
                    .get(from..to)
                    .map(|words| words.iter().map(|word| word & address.kind.mask_of(address.order)).collect())
                    .ok_or_else(|| format!("an answer of {} values where {} were asked for", words.len(), block.count)),
            };
            self.point(point, found, (rounds, &mut delivery));
        }
        delivery
    }
}

/// Groups the channels into blocks: those that are near and read equally often share a request, nothing forbidden is read between
/// them, and no block goes beyond what the device answers.
pub fn plan(channels: &[(ChannelId, Address)], limits: &Limits, poll: Duration) -> Vec<Block> {
    let mut order: Vec<usize> = (0..channels.len()).collect();
    let every = |a: &Address| a.every.unwrap_or(poll);
    order.sort_by_key(|i| {
        let a = &channels[*i].1;
        (a.unit, a.table, every(a), a.at, a.kind.registers())
    });
    let mut blocks: Vec<Block> = Vec::new();
    for point in order {
        let address = &channels[point].1;
        let most = if address.table.is_bits() { limits.bits_max.min(BITS_MAX) } else { limits.registers_max.min(REGISTERS_MAX) };
        let end = u32::from(address.at) + u32::from(address.kind.registers());
        let joined = blocks.last_mut().filter(|b| {
            let after = u32::from(b.at) + u32::from(b.count);
            let gap = u32::from(address.at).saturating_sub(after);
            let place = (address.unit, address.table);
            (b.unit, b.table, b.every) == (address.unit, address.table, every(address))
                && gap <= u32::from(limits.gap_max)
                && (gap == 0 || !limits.forbidden.iter().any(|f| f.touches(place, (after, u32::from(address.at) - 1))))
                && end.max(after) - u32::from(b.at) <= u32::from(most)
        });
        match joined {
            Some(block) => {
                block.count = block.count.max((end - u32::from(block.at)) as u16);
                block.points.push(point);
            }
            None => blocks.push(Block {
                unit: address.unit,
                table: address.table,
                at: address.at,
                count: address.kind.registers(),
                every: every(address),
                points: vec![point],
            }),
        }
    }
    blocks
}

fn refused_by_device(exception: String) -> Fault {
    let reason = match exception.as_str() {
        "Illegal data address" => RefusalReason::UnknownChannel,
        _ => RefusalReason::Malformed,
    };
    Fault { found: exception, allowed: "the registers of this address".to_owned(), reason }
}

/// Turns values into writes.
#[derive(Clone, Debug)]
pub struct Encoder {
    channels: Vec<(ChannelId, Address)>,
}

impl Encoder {
    /// An encoder for the channels of a source.
    pub fn new(config: &Config) -> Self {
        Self { channels: config.channels.clone() }
    }
}

impl Sink for Encoder {
    type Request = Writing;
    fn encode(&self, channel: ChannelId, value: &CommandValue) -> Result<Writing, Unwritable> {
        let address = self.channels.iter().find(|(id, _)| *id == channel).map(|(_, address)| address);
        encode(address.ok_or(Unwritable::NoAddress(channel.0))?, value)
    }
}
