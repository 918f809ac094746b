//! Writes to a Modbus device: sent, the response checked, then read back. Enters: write requests. Leaves: their answers.

use super::config::{Config, Table};
use super::source::{call, read};
use super::wire::{Block, Encoder, Writing};
use crate::WriteRequest;
use act::Sink;
use std::borrow::Cow;
use tokio_modbus::client::Context;
use tokio_modbus::{Request, Response};

/// Writes and answers; `Err` when the connection is of no more use.
pub(super) async fn serve(device: &mut Context, config: &Config, request: WriteRequest) -> Result<(), String> {
    let WriteRequest { channel, value, answer } = request;
    match Encoder::new(config).encode(channel, &value) {
        Err(refusal) => drop(answer.send(Err(refusal.to_string()))),
        Ok(writing) => match write(device, config, &writing).await {
            Ok(result) => drop(answer.send(result)),
            Err(lost) => {
                drop(answer.send(Err(lost.clone())));
                return Err(lost);
            }
        },
    }
    Ok(())
}

async fn write(device: &mut Context, config: &Config, writing: &Writing) -> Result<Result<(), String>, String> {
    let Writing { unit, table, at, registers } = writing;
    let request = match (table, registers.as_slice()) {
        (Table::Coil, [bit]) => Request::WriteSingleCoil(*at, *bit != 0),
        (_, [register]) => Request::WriteSingleRegister(*at, *register),
        (_, registers) => Request::WriteMultipleRegisters(*at, Cow::Owned(registers.to_vec())),
    };
    match call(device, *unit, request, config.timeout).await? {
        Err(exception) => return Ok(Err(format!("the device refused it: {exception}"))),
        Ok(Response::WriteSingleCoil(a, bit)) if a == *at && u16::from(bit) == registers[0] => {}
        Ok(Response::WriteSingleRegister(a, register)) if a == *at && register == registers[0] => {}
        Ok(Response::WriteMultipleRegisters(a, count)) if a == *at && usize::from(count) == registers.len() => {}
        Ok(other) => return Ok(Err(format!("the device confirmed something else: {other:?}"))),
    }
    let block = Block { unit: *unit, table: *table, at: *at, count: registers.len() as u16, points: Vec::new() };
    Ok(match read(device, &block, config.timeout).await? {
        Err(exception) => Err(format!("written, but it cannot be read back: {exception}")),
        Ok(kept) if kept.get(..registers.len()) == Some(registers) => Ok(()),
        Ok(kept) => Err(format!("written {registers:?}, but the device keeps {kept:?}")),
    })
}
