//! Writes to a Modbus device: sent, the response checked, then read back. Enters: write requests. Leaves: their answers.

use super::address::Table;
use super::config::{Config, WriteWith};
use super::source::{Lost, call, read};
use super::wire::{Block, Encoder, Writing};
use crate::WriteRequest;
use act::Sink;
use std::borrow::Cow;
use std::time::Duration;
use tokio_modbus::client::Context;
use tokio_modbus::{ExceptionCode, Request, Response};

/// Encodes a request; one that cannot be written is answered.
pub(super) fn encoded(config: &Config, request: WriteRequest) -> Option<(Writing, WriteRequest)> {
    match Encoder::new(config).encode(request.channel, &request.value) {
        Ok(writing) => Some((writing, request)),
        Err(refusal) => {
            drop(request.answer.send(Err(refusal.to_string())));
            None
        }
    }
}

/// Writes and answers; `Err` when the connection is of no more use.
pub(super) async fn serve(
    device: &mut Context,
    config: &Config,
    (writing, request): (Writing, WriteRequest),
) -> Result<(), Lost> {
    match write(device, config, &writing).await {
        Ok(result) => drop(request.answer.send(result)),
        Err(lost) => {
            drop(request.answer.send(Err(lost.to_string())));
            return Err(lost);
        }
    }
    Ok(())
}

type Written = Result<Result<(), String>, Lost>;

async fn write(device: &mut Context, config: &Config, writing: &Writing) -> Written {
    let sent = match writing.mask {
        Some(mask) => write_masked(device, config, (writing, mask)).await?,
        None => write_whole(device, config, writing).await?,
    };
    if sent.is_err() {
        return Ok(sent);
    }
    let Writing { registers, mask, .. } = writing;
    let mask = mask.unwrap_or(u16::MAX);
    Ok(match read(device, &block(writing), config.timeout).await? {
        Err(exception) => Err(format!("written, but it cannot be read back: {exception}")),
        // bits come in whole bytes
        Ok(kept) if kept.len() >= registers.len() && kept.iter().zip(registers).all(|(k, w)| k & mask == w & mask) => Ok(()),
        Ok(kept) => Err(format!("written {registers:?}, but the device keeps {kept:?}")),
    })
}

fn block(writing: &Writing) -> Block {
    let Writing { unit, table, at, registers, .. } = writing;
    let count = registers.len() as u16;
    Block { unit: *unit, table: *table, at: *at, count, every: Duration::ZERO, points: Vec::new() }
}

async fn write_whole(device: &mut Context, config: &Config, writing: &Writing) -> Written {
    let Writing { unit, table, at, registers, .. } = writing;
    if *table == Table::Holding && config.limits.write == WriteWith::Single {
        for (at, register) in (*at..).zip(registers) {
            let sent = send(device, config, *unit, Request::WriteSingleRegister(at, *register)).await?;
            if sent.is_err() {
                return Ok(sent);
            }
        }
        return Ok(Ok(()));
    }
    let request = match (table, registers.as_slice()) {
        (Table::Coil, [bit]) => Request::WriteSingleCoil(*at, *bit != 0),
        (_, [register]) if config.limits.write == WriteWith::Either => Request::WriteSingleRegister(*at, *register),
        (_, registers) => Request::WriteMultipleRegisters(*at, Cow::Owned(registers.to_vec())),
    };
    send(device, config, *unit, request).await
}

/// Writes some bits of a register: by a mask (V1.1b3, 6.16), or where the device knows none, beside the bits that stand there.
async fn write_masked(device: &mut Context, config: &Config, (writing, mask): (&Writing, u16)) -> Written {
    let Writing { unit, at, registers, .. } = writing;
    let bits = registers.first().copied().unwrap_or(0) & mask;
    let request = Request::MaskWriteRegister(*at, !mask, bits);
    match call(device, *unit, request, config.timeout).await? {
        Ok(Response::MaskWriteRegister(a, and, or)) if (a, and, or) == (*at, !mask, bits) => Ok(Ok(())),
        Ok(other) => Ok(Err(unlike(&other))),
        Err(ExceptionCode::IllegalFunction) => match read(device, &block(writing), config.timeout).await? {
            Err(exception) => Ok(Err(format!("the register cannot be read: {exception}"))),
            Ok(now) => {
                let register = (now.first().copied().unwrap_or(0) & !mask) | bits;
                write_whole(device, config, &Writing { registers: vec![register], mask: None, ..writing.clone() }).await
            }
        },
        Err(exception) => Ok(Err(format!("the device refused it: {exception}"))),
    }
}

/// Sends one write and checks that its response says the same.
async fn send(device: &mut Context, config: &Config, unit: u8, request: Request<'static>) -> Written {
    let echoed = request.clone();
    Ok(match call(device, unit, request, config.timeout).await? {
        Err(exception) => Err(format!("the device refused it: {exception}")),
        Ok(response) => match (echoed, &response) {
            (Request::WriteSingleCoil(at, bit), Response::WriteSingleCoil(a, b)) if (at, bit) == (*a, *b) => Ok(()),
            (Request::WriteSingleRegister(at, word), Response::WriteSingleRegister(a, w)) if (at, word) == (*a, *w) => Ok(()),
            (Request::WriteMultipleRegisters(at, words), Response::WriteMultipleRegisters(a, count))
                if at == *a && words.len() == usize::from(*count) =>
            {
                Ok(())
            }
            _ => Err(unlike(&response)),
        },
    })
}

fn unlike(response: &Response) -> String {
    format!("the device confirmed something else: {response:?}")
}
