//! The Modbus TCP server of the workshop: meters of all machines, and the stations that speak nothing else. Enters: samples,
//! requests. Leaves: registers, exceptions. A write must cover one set-point exactly; a machine's refusal is an exception:
//! `Illegal data value` for what it does not know, `Server device busy` for what it cannot do now.

use super::map::register_map;
use super::world::{World, command_value};
use collect::RawValue;
use drivers::modbus::wire::{log_registers, registers, written};
use drivers::modbus::{Address, DataType, LOG_SLOTS, Table};
use measure::Instant;
use plant::{ChannelId, CommandValue, Role};
use simulate::workshop::{Sample, WriteRefused};
use std::collections::{HashMap, VecDeque};
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_modbus::server::Service;
use tokio_modbus::server::tcp::{Server, accept_tcp_connection};
use tokio_modbus::{ExceptionCode, Request, Response, SlaveRequest};
use tokio_util::sync::CancellationToken;

/// Events of one channel: how many in all, and the newest.
#[derive(Default)]
struct Log {
    count: u64,
    newest: VecDeque<(Instant, String)>,
}

/// The registers and what stands where.
struct Device {
    world: Arc<World>,
    map: HashMap<ChannelId, Address>,
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    registers: HashMap<(u8, Table), Vec<u16>>,
    logs: HashMap<ChannelId, Log>,
}

/// Starts the server; where it listens.
pub async fn serve(
    tasks: &mut JoinSet<()>,
    world: Arc<World>,
    (listen, mut feed): (SocketAddr, mpsc::Receiver<Vec<Sample>>),
    stop: CancellationToken,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(listen).await.map_err(|e| io::Error::new(e.kind(), format!("Modbus on {listen}: {e}")))?;
    let address = listener.local_addr()?;
    let device = Arc::new(Device::new(world));
    while let Ok(samples) = feed.try_recv() {
        device.feed(&samples);
    }
    let fed = Arc::clone(&device);
    tasks.spawn(async move {
        while let Some(samples) = feed.recv().await {
            fed.feed(&samples);
        }
    });
    tasks.spawn(async move {
        let connect = |stream, from| {
            let device = Arc::clone(&device);
            async move { accept_tcp_connection(stream, from, move |_| Ok(Some(Desk(Arc::clone(&device))))) }
        };
        let ended = |error: io::Error| tracing::debug!(%error, "a Modbus client went");
        let serving = Server::new(listener).serve_until(&connect, ended, stop.cancelled_owned());
        if let Err(error) = serving.await {
            tracing::error!(%error, "the Modbus server ended");
        }
    });
    Ok(address)
}

impl Device {
    fn new(world: Arc<World>) -> Self {
        let map: HashMap<ChannelId, Address> = register_map(&world.plant).into_iter().collect();
        let mut tables = Tables::default();
        for address in map.values() {
            let list = tables.registers.entry((address.unit, address.table)).or_default();
            let end = usize::from(address.at) + usize::from(address.kind.registers());
            list.resize(list.len().max(end), 0);
        }
        for channel in world.plant.channels.iter().filter(|c| c.role == Role::SetSpeed) {
            let Some(address) = map.get(&channel.id) else { continue };
            // a machine runs at its nominal speed until it is told another
            tables.put(address, &registers(address, &CommandValue::Number(100.0)).unwrap_or_default());
        }
        Self { world, map, tables: Mutex::new(tables) }
    }
    /// Tables are plain numbers, so a panic elsewhere leaves nothing half done.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Puts samples into their registers.
    fn feed(&self, samples: &[Sample]) {
        let mut tables = self.tables();
        for sample in samples {
            let Some(address) = self.map.get(&sample.channel) else { continue };
            let value = command_value(&sample.value);
            if address.kind == DataType::Log {
                tables.log(sample.channel, address, (sample.at, value));
                continue;
            }
            match registers(address, &value) {
                Ok(words) => tables.put(address, &words),
                Err(error) => tracing::warn!(%error, "a sample does not fit its registers"),
            }
        }
    }

    fn read(&self, unit: u8, table: Table, (at, count): (u16, u16)) -> Result<Vec<u16>, ExceptionCode> {
        let tables = self.tables();
        let list = tables.registers.get(&(unit, table)).ok_or(ExceptionCode::IllegalDataAddress)?;
        let range = usize::from(at)..usize::from(at) + usize::from(count);
        list.get(range).map(<[u16]>::to_vec).ok_or(ExceptionCode::IllegalDataAddress)
    }

    fn write(&self, unit: u8, at: u16, words: &[u16]) -> Result<(), ExceptionCode> {
        let found = self.map.iter().find(|(_, a)| {
            a.unit == unit && a.table == Table::Holding && a.at == at && usize::from(a.kind.registers()) == words.len()
        });
        let (channel, address) = found.ok_or(ExceptionCode::IllegalDataAddress)?;
        let value = match written(address, words).map_err(|_| ExceptionCode::IllegalDataValue)? {
            RawValue::Number(number) => CommandValue::Number(number),
            RawValue::Flag(flag) => CommandValue::Number(f64::from(u8::from(flag))),
            RawValue::Text(word) => CommandValue::Word(word),
        };
        self.world.write(*channel, &value).map_err(|refusal| {
            tracing::info!(%refusal, address = %address, "a write was refused");
            match refusal {
                WriteRefused::ReadOnly(_) => ExceptionCode::IllegalDataAddress,
                WriteRefused::WrongType { .. } | WriteRefused::NotAllowed { .. } => ExceptionCode::IllegalDataValue,
                WriteRefused::NotNow { .. } => ExceptionCode::ServerDeviceBusy,
            }
        })?;
        self.tables().put(address, words);
        Ok(())
    }

    fn answer(&self, unit: u8, request: Request<'_>) -> Result<Response, ExceptionCode> {
        match request {
            Request::ReadInputRegisters(at, count) => {
                self.read(unit, Table::Input, (at, count)).map(Response::ReadInputRegisters)
            }
            Request::ReadHoldingRegisters(at, count) => {
                self.read(unit, Table::Holding, (at, count)).map(Response::ReadHoldingRegisters)
            }
            Request::WriteSingleRegister(at, word) => {
                self.write(unit, at, &[word]).map(|()| Response::WriteSingleRegister(at, word))
            }
            Request::WriteMultipleRegisters(at, words) => {
                let count = words.len() as u16;
                self.write(unit, at, &words).map(|()| Response::WriteMultipleRegisters(at, count))
            }
            _ => Err(ExceptionCode::IllegalFunction),
        }
    }
}

impl Tables {
    fn put(&mut self, address: &Address, words: &[u16]) {
        let at = usize::from(address.at);
        let place = self.registers.get_mut(&(address.unit, address.table)).and_then(|list| list.get_mut(at..at + words.len()));
        if let Some(place) = place {
            place.copy_from_slice(words);
        }
    }
    fn log(&mut self, channel: ChannelId, address: &Address, (at, value): (Instant, CommandValue)) {
        let CommandValue::Word(word) = value else { return };
        let log = self.logs.entry(channel).or_default();
        log.count += 1;
        log.newest.push_back((at, word));
        if log.newest.len() > usize::from(LOG_SLOTS) {
            log.newest.pop_front();
        }
        let words = log_registers(log.count, log.newest.iter().map(|(at, word)| (*at, word.as_str())));
        self.put(address, &words);
    }
}

/// One client's connection.
struct Desk(Arc<Device>);

impl Service for Desk {
    type Request = SlaveRequest<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Response, ExceptionCode>>;
    fn call(&self, request: SlaveRequest<'static>) -> Self::Future {
        ready(self.0.answer(request.slave, request.request))
    }
}
