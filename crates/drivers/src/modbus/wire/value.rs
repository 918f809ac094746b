//! What registers mean, and which registers hold a value. Enters: an address, registers or a value. Leaves: the other of them.
//! Absent: reading and writing.

use super::super::address::{Address, DataType, Meaning, Order, Table};
use super::{Fault, Writing};
use act::Unwritable;
use collect::RawValue;
use plant::{CommandValue, RefusalReason};
use std::fmt::Display;

/// Beyond, not every whole number is a double.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

impl DataType {
    /// The bits of its registers as they come that are its own.
    pub(super) const fn mask_of(self, order: Order) -> u16 {
        match self.mask() {
            Some(mask) if order.swapped() => mask.swap_bytes(),
            Some(mask) => mask,
            None => u16::MAX,
        }
    }
}

/// Puts registers in the order of the standard, or from it; both are the same.
fn ordered(registers: &[u16], order: Order) -> Vec<u16> {
    let swap = |register: &u16| if order.swapped() { register.swap_bytes() } else { *register };
    if order.low_first() { registers.iter().rev().map(swap).collect() } else { registers.iter().map(swap).collect() }
}

pub(super) fn whole(registers: &[u16]) -> u64 {
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
pub(super) fn value(address: &Address, registers: &[u16]) -> Result<RawValue, Fault> {
    if let DataType::Text(_) = address.kind {
        return text(registers, address.order).map(RawValue::Text);
    }
    let bits = whole(&ordered(registers, address.order));
    let number = number(address.kind, bits)?;
    match &address.meaning {
        Meaning::Scale { .. } if matches!(address.kind, DataType::Bit | DataType::BitOf(_)) => Ok(RawValue::Flag(number != 0.0)),
        Meaning::Scale { factor, offset } => Ok(RawValue::Number(number * factor + offset)),
        Meaning::Words(words) => {
            let word = words.iter().find(|(code, _)| f64::from(*code) == number);
            word.map(|(_, word)| RawValue::Text(word.clone())).ok_or_else(|| Fault {
                found: format!("code {number}"),
                allowed: words.iter().map(|(code, word)| format!("{code}={word}")).collect::<Vec<_>>().join(", "),
                reason: RefusalReason::UnknownState,
            })
        }
    }
}

/// The number that bits are.
fn number(kind: DataType, bits: u64) -> Result<f64, Fault> {
    let masked = |mask: u16| f64::from((bits as u16 & mask) >> mask.trailing_zeros());
    let exact = |number: f64| match number.abs() <= EXACT_MAX {
        true => Ok(number),
        false => Err(Fault {
            found: format!("{number:e}"),
            allowed: format!("whole numbers up to {EXACT_MAX:e}, as far as they are exact"),
            reason: RefusalReason::WrongType,
        }),
    };
    Ok(match kind {
        DataType::I8(high) => f64::from((if high { bits >> 8 } else { bits }) as u8 as i8),
        DataType::I16 => f64::from(bits as u16 as i16),
        DataType::I32 => f64::from(bits as u32 as i32),
        DataType::F32 => f64::from(f32::from_bits(bits as u32)),
        DataType::F64 => f64::from_bits(bits),
        DataType::I64 => exact(bits as i64 as f64)?,
        DataType::U64 => exact(bits as f64)?,
        DataType::Bcd16 => decimal(bits, 4)?,
        DataType::Bcd32 => decimal(bits, 8)?,
        kind => kind.mask().map_or(bits as f64, masked),
    })
}

/// Decimal digits, four bits each.
fn decimal(bits: u64, digits: u32) -> Result<f64, Fault> {
    (0..digits).rev().map(|digit| (bits >> (4 * digit)) & 0xF).try_fold(0.0, |sum, digit| match digit {
        0..=9 => Ok(sum * 10.0 + digit as f64),
        _ => Err(Fault {
            found: format!("digits {bits:0width$x}", width = digits as usize),
            allowed: "decimal digits, four bits each".to_owned(),
            reason: RefusalReason::Malformed,
        }),
    })
}

pub(super) fn text(registers: &[u16], order: Order) -> Result<String, Fault> {
    let bytes: Vec<u8> = ordered(registers, order).iter().flat_map(|r| r.to_be_bytes()).take_while(|b| *b != 0).collect();
    String::from_utf8(bytes).map_err(|e| Fault {
        found: format!("bytes {:02x?}", &e.as_bytes()[..e.as_bytes().len().min(16)]),
        allowed: "UTF-8 text, two bytes a register".to_owned(),
        reason: RefusalReason::Malformed,
    })
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
    let mask = address.kind.mask().map(|_| address.kind.mask_of(address.order));
    Ok(Writing { unit: address.unit, table: address.table, at: address.at, registers, mask })
}

fn wrong(address: &Address, value: &CommandValue, allowed: &str) -> Unwritable {
    let found = match value {
        CommandValue::Number(number) => number.to_string(),
        CommandValue::Word(word) => format!("`{word}`"),
    };
    Unwritable::WrongType { place: address.to_string(), found, allowed: allowed.to_owned() }
}

/// The registers that hold a value at an address, as a device keeps them; bits that are not the address's are zero.
///
/// # Errors
/// The value does not fit the type, or the word has no code.
pub fn registers(address: &Address, value: &CommandValue) -> Result<Vec<u16>, Unwritable> {
    let raw = match (value, &address.meaning, address.kind) {
        (CommandValue::Word(word), _, DataType::Text(registers)) => {
            let words = text_registers(word, registers).map_err(|allowed| beyond(address, word.len(), allowed))?;
            return Ok(ordered(&words, address.order));
        }
        (CommandValue::Word(word), Meaning::Words(words), _) => {
            let code = words.iter().find(|(_, w)| w == word).map(|(code, _)| f64::from(*code));
            let allowed = || words.iter().map(|(_, w)| w.as_str()).collect::<Vec<_>>().join(", ");
            code.ok_or_else(|| wrong(address, value, &allowed()))?
        }
        (CommandValue::Number(number), Meaning::Scale { factor, offset }, DataType::F32 | DataType::F64) => {
            (number - offset) / factor
        }
        (CommandValue::Number(number), Meaning::Scale { factor, offset }, kind) if !matches!(kind, DataType::Text(_)) => {
            ((number - offset) / factor).round()
        }
        (CommandValue::Number(_), ..) => return Err(wrong(address, value, "words")),
        (CommandValue::Word(_), ..) => return Err(wrong(address, value, "numbers")),
    };
    number_registers(address, raw)
}

fn beyond(address: &Address, found: impl Display, allowed: String) -> Unwritable {
    Unwritable::OutOfRange { place: address.to_string(), found: found.to_string(), allowed }
}

/// Least and greatest raw number of a type.
fn span(kind: DataType) -> (f64, f64) {
    let field = |mask: u16| f64::from(mask >> mask.trailing_zeros());
    match kind {
        DataType::Bit => (0.0, 1.0),
        DataType::I8(_) => (f64::from(i8::MIN), f64::from(i8::MAX)),
        DataType::I16 => (f64::from(i16::MIN), f64::from(i16::MAX)),
        DataType::U32 => (0.0, f64::from(u32::MAX)),
        DataType::I32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
        DataType::F32 => (f64::from(f32::MIN), f64::from(f32::MAX)),
        DataType::F64 => (f64::MIN, f64::MAX),
        DataType::I64 => (-EXACT_MAX, EXACT_MAX),
        DataType::Bcd16 => (0.0, 9_999.0),
        DataType::Bcd32 => (0.0, 99_999_999.0),
        DataType::U64 | DataType::Text(_) | DataType::Log => (0.0, EXACT_MAX),
        DataType::BitOf(_) | DataType::Bits(..) | DataType::U8(_) | DataType::U16 => {
            (0.0, kind.mask().map_or(f64::from(u16::MAX), field))
        }
    }
}

/// A raw number as registers in the order of the address.
fn number_registers(address: &Address, raw: f64) -> Result<Vec<u16>, Unwritable> {
    let (low, high) = span(address.kind);
    if !(low..=high).contains(&raw) {
        return Err(beyond(address, format!("{raw:e}"), format!("{low:e} to {high:e}")));
    }
    let digits = |number: u64| (0..8).fold(0, |bits, digit| bits | (number / 10_u64.pow(digit) % 10) << (4 * digit));
    let bits = match address.kind {
        DataType::F32 => u64::from((raw as f32).to_bits()),
        DataType::F64 => raw.to_bits(),
        DataType::Bcd16 | DataType::Bcd32 => digits(raw as u64),
        _ if raw < 0.0 => raw as i64 as u64,
        _ => raw as u64,
    };
    let bits = address.kind.mask().map_or(bits, |mask| (bits << mask.trailing_zeros()) & u64::from(mask));
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
