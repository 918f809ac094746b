//! The pure half of Modbus: which blocks are read, what registers mean, and how a value is written.
//!
//! Enters: [`Answer`]s of a device and command values. Leaves: readings, refusals, [`Writing`]s. Absent: sockets, the clock.
//!
//! Only values that changed are reported, and each value again after a number of rounds (the heartbeat): a poll that finds
//! what the last one found brings no new value. An event log is a block of its own:
//!
//! ```text
//! +0        count of events so far, wrapping at 65536
//! +1+15s    slot s (0 to 7), holds event number n where (n - 1) mod 8 = s:
//!           4 registers: microseconds since 1970, high register first; 11 registers: the word, 22 bytes of UTF-8
//! ```

use super::config::{Address, Config, DataType, LOG_REGISTERS, LOG_SLOT_REGISTERS, LOG_SLOTS, Meaning, Table, WordOrder};
use act::{Sink, Unwritable};
use collect::{Delivery, Place, RawReading, RawValue, Source};
use measure::Instant;
use plant::{ChannelId, CommandValue, Quality, RefusalReason, Refused, SourceId};
use std::fmt::Display;

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
    heartbeat: u32,
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
        let rounds = config.heartbeat.as_secs_f64() / config.poll.as_secs_f64().max(1e-3);
        Self {
            from,
            channels: config.channels.clone(),
            blocks: plan(&config.channels),
            memory: vec![Memory::default(); config.channels.len()],
            heartbeat: (rounds as u32).max(1),
        }
    }
    /// The blocks to read, in order.
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

    fn point(&mut self, point: usize, found: Result<Vec<u16>, String>, delivery: &mut Delivery) {
        let (channel, address) = &self.channels[point];
        let memory = &mut self.memory[point];
        memory.rounds += 1;
        let changed = memory.reported.as_ref() != Some(&found);
        if !changed && (memory.rounds < self.heartbeat || address.kind == DataType::Log) {
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
                events(&registers, before)
            }
            Ok(registers) => vec![value(address, &registers).map(|v| (None, v))],
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
        for point in block.points {
            let address = &self.channels[point].1;
            let from = usize::from(address.at - block.at);
            let to = from + usize::from(address.kind.registers());
            let found = match &answer.result {
                Err(exception) => Err(exception.clone()),
                Ok(words) => words
                    .get(from..to)
                    .map(<[u16]>::to_vec)
                    .ok_or_else(|| format!("an answer of {} values where {} were asked for", words.len(), block.count)),
            };
            self.point(point, found, &mut delivery);
        }
        delivery
    }
}

/// Groups the channels into blocks: neighbours share a request, gaps are not read (a device may refuse to), and no block
/// goes beyond what a device must be able to answer.
pub fn plan(channels: &[(ChannelId, Address)]) -> Vec<Block> {
    let mut order: Vec<usize> = (0..channels.len()).collect();
    order.sort_by_key(|i| {
        let a = &channels[*i].1;
        (a.unit, a.table, a.at, a.kind.registers())
    });
    let mut blocks: Vec<Block> = Vec::new();
    for point in order {
        let address = &channels[point].1;
        let most = u32::from(if address.table.is_bits() { BITS_MAX } else { REGISTERS_MAX });
        let end = u32::from(address.at) + u32::from(address.kind.registers());
        let joined = blocks.last_mut().filter(|b| {
            let near = b.unit == address.unit && b.table == address.table && address.at <= b.at.saturating_add(b.count);
            near && end - u32::from(b.at) <= most
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

/// Puts registers in the order of the standard, the high one first.
fn ordered(registers: &[u16], order: WordOrder) -> Vec<u16> {
    match order {
        WordOrder::HighFirst => registers.to_vec(),
        WordOrder::LowFirst => registers.iter().rev().copied().collect(),
    }
}

fn whole(registers: &[u16]) -> u64 {
    registers.iter().fold(0, |sum, register| (sum << 16) | u64::from(*register))
}

/// The value of registers at an address, as a device understands what was written to it.
///
/// # Errors
/// What was found and what is allowed.
pub fn written(address: &Address, registers: &[u16]) -> Result<RawValue, String> {
    if registers.len() != usize::from(address.kind.registers()) {
        return Err(format!("{} registers; allowed are {}", registers.len(), address.kind.registers()));
    }
    value(address, registers).map_err(|fault| format!("{}; allowed is {}", fault.found, fault.allowed))
}

/// The value of registers at an address.
fn value(address: &Address, registers: &[u16]) -> Result<RawValue, Fault> {
    if let DataType::Text(_) = address.kind {
        return text(registers).map(RawValue::Text);
    }
    let bits = whole(&ordered(registers, address.order));
    let number = match address.kind {
        DataType::I16 => f64::from(bits as u16 as i16),
        DataType::I32 => f64::from(bits as u32 as i32),
        DataType::F32 => f64::from(f32::from_bits(bits as u32)),
        _ => bits as f64,
    };
    match &address.meaning {
        Meaning::Scale(_) if address.kind == DataType::Bit => Ok(RawValue::Flag(bits != 0)),
        Meaning::Scale(factor) => Ok(RawValue::Number(number * factor)),
        Meaning::Words(words) => {
            let word = words.iter().find(|(code, _)| u64::from(*code) == bits);
            word.map(|(_, word)| RawValue::Text(word.clone())).ok_or_else(|| Fault {
                found: format!("code {bits}"),
                allowed: words.iter().map(|(code, word)| format!("{code}={word}")).collect::<Vec<_>>().join(", "),
                reason: RefusalReason::UnknownState,
            })
        }
    }
}

fn text(registers: &[u16]) -> Result<String, Fault> {
    let bytes: Vec<u8> = registers.iter().flat_map(|r| r.to_be_bytes()).take_while(|b| *b != 0).collect();
    String::from_utf8(bytes).map_err(|e| Fault {
        found: format!("bytes {:02x?}", &e.as_bytes()[..e.as_bytes().len().min(16)]),
        allowed: "UTF-8 text, two bytes a register".to_owned(),
        reason: RefusalReason::Malformed,
    })
}

type Event = Result<(Option<Instant>, RawValue), Fault>;

/// The events of a log that are new since its count was `before`; the newest alone where it was not read before.
fn events(log: &[u16], before: Option<u16>) -> Vec<Event> {
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
        found.push(text(&registers[4..]).map(|word| (Some(Instant::from_micros(time)), RawValue::Text(word))));
    }
    found
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

/// How a value is written to an address.
///
/// # Errors
/// The table is read only, the value does not fit the type, or the word has no code.
pub fn encode(address: &Address, value: &CommandValue) -> Result<Writing, Unwritable> {
    if matches!(address.table, Table::Input | Table::Discrete) {
        return Err(wrong(address, value, "no writes (coil and holding do)"));
    }
    if address.kind == DataType::Log {
        return Err(wrong(address, value, "no writes (it is a log)"));
    }
    let registers = registers(address, value)?;
    Ok(Writing { unit: address.unit, table: address.table, at: address.at, registers })
}

fn wrong(address: &Address, value: &CommandValue, allowed: &str) -> Unwritable {
    let found = match value {
        CommandValue::Number(number) => number.to_string(),
        CommandValue::Word(word) => format!("`{word}`"),
    };
    Unwritable::WrongType { place: address.to_string(), found, allowed: allowed.to_owned() }
}

/// The registers that hold a value at an address, as a device keeps them.
///
/// # Errors
/// The value does not fit the type, or the word has no code.
pub fn registers(address: &Address, value: &CommandValue) -> Result<Vec<u16>, Unwritable> {
    let raw = match (value, &address.meaning, address.kind) {
        (CommandValue::Word(word), _, DataType::Text(registers)) => {
            return text_registers(word, registers).map_err(|allowed| beyond(address, word.len(), allowed));
        }
        (CommandValue::Word(word), Meaning::Words(words), _) => {
            let code = words.iter().find(|(_, w)| w == word).map(|(code, _)| f64::from(*code));
            let allowed = || words.iter().map(|(_, w)| w.as_str()).collect::<Vec<_>>().join(", ");
            code.ok_or_else(|| wrong(address, value, &allowed()))?
        }
        (CommandValue::Number(number), Meaning::Scale(factor), DataType::F32) => number / factor,
        (CommandValue::Number(number), Meaning::Scale(factor), kind) if !matches!(kind, DataType::Text(_)) => {
            (number / factor).round()
        }
        (CommandValue::Number(_), ..) => return Err(wrong(address, value, "words")),
        (CommandValue::Word(_), ..) => return Err(wrong(address, value, "numbers")),
    };
    number_registers(address, raw)
}

fn beyond(address: &Address, found: impl Display, allowed: String) -> Unwritable {
    Unwritable::OutOfRange { place: address.to_string(), found: found.to_string(), allowed }
}

/// A raw number as registers in the order of the address.
fn number_registers(address: &Address, raw: f64) -> Result<Vec<u16>, Unwritable> {
    let (low, high) = match address.kind {
        DataType::Bit => (0.0, 1.0),
        DataType::U16 => (0.0, f64::from(u16::MAX)),
        DataType::I16 => (f64::from(i16::MIN), f64::from(i16::MAX)),
        DataType::U32 => (0.0, f64::from(u32::MAX)),
        DataType::I32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
        DataType::F32 => (f64::from(f32::MIN), f64::from(f32::MAX)),
        // beyond, not every whole number is a double
        _ => (0.0, 2_f64.powi(53)),
    };
    if !(low..=high).contains(&raw) {
        return Err(beyond(address, format!("{raw:e}"), format!("{low:e} to {high:e}")));
    }
    let bits = match address.kind {
        DataType::F32 => u64::from((raw as f32).to_bits()),
        _ if raw < 0.0 => raw as i64 as u64,
        _ => raw as u64,
    };
    let count = usize::from(address.kind.registers());
    let high_first: Vec<u16> = (0..count).rev().map(|i| (bits >> (16 * i)) as u16).collect();
    Ok(ordered(&high_first, address.order))
}

/// A text as registers, padded with zero bytes.
///
/// # Errors
/// What is allowed, where the text is too long.
pub fn text_registers(word: &str, registers: u16) -> Result<Vec<u16>, String> {
    let most = usize::from(registers) * 2;
    if word.len() > most {
        return Err(format!("at most {most} bytes"));
    }
    let mut bytes = word.as_bytes().to_vec();
    bytes.resize(most, 0);
    Ok(bytes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect())
}

/// The registers of a log of events, oldest first, of which `count` happened in all: what [`Decoder`] reads back. Words are cut
/// at 22 bytes.
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
