//! The task of one Modbus device: connects, reads all blocks at each period, writes in between, and connects again after
//! a loss. Enters: answers and write requests. Leaves: arrivals and health. Absent: what registers mean (`wire`).

use super::config::{Config, Table};
use super::sink;
use super::wire::{Answer, Block, Decoder};
use crate::line::InFlight;
use crate::{Line, WriteRequest};
use collect::Source;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_modbus::client::{Client, Context, tcp};
use tokio_modbus::slave::SlaveContext;
use tokio_modbus::{Request, Response, Slave, SlaveId};

/// Serves the line until it stops.
pub async fn run(line: Line, config: Config, mut writes: mpsc::Receiver<WriteRequest>) {
    let mut decoder = Decoder::new(line.source, &config);
    let mut attempt = 0;
    loop {
        let ended = match connect(&config).await {
            Err(error) => error,
            Ok(device) => {
                attempt = 0;
                line.connected();
                match session(&line, &config, &mut decoder, (device, &mut writes)).await {
                    Some(error) => error,
                    None => return,
                }
            }
        };
        line.lost(ended);
        decoder.forget();
        if !line.pause(attempt, &mut writes).await {
            return;
        }
        attempt += 1;
    }
}

pub(super) async fn connect(config: &Config) -> Result<Context, String> {
    let place = (config.host.as_str(), config.port);
    let stream = timeout(config.timeout, TcpStream::connect(place))
        .await
        .map_err(|_| format!("{}:{} did not answer within {:?}", config.host, config.port, config.timeout))?
        .map_err(|e| format!("{}:{}: {e}", config.host, config.port))?;
    stream.set_nodelay(true).map_err(|e| e.to_string())?;
    Ok(tcp::attach(stream))
}

/// Polls and writes until the connection fails (the reason) or the node stops (`None`).
async fn session(
    line: &Line,
    config: &Config,
    decoder: &mut Decoder,
    (mut device, writes): (Context, &mut mpsc::Receiver<WriteRequest>),
) -> Option<String> {
    let mut tick = interval(config.poll.max(Duration::from_millis(10)));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut in_flight = InFlight::default();
    loop {
        tokio::select! {
            () = line.stop.cancelled() => {
                let _ = timeout(config.timeout, device.disconnect()).await;
                return None;
            }
            Some(request) = writes.recv() => {
                if let Err(error) = sink::serve(&mut device, config, request).await {
                    return Some(error);
                }
            }
            _ = tick.tick() => {
                match poll(line, config, decoder, (&mut device, &mut in_flight)).await {
                    Err(error) => return Some(error),
                    Ok(Some(true)) => {}
                    Ok(Some(false)) => decoder.forget(),
                    Ok(None) => return None,
                }
            }
        }
    }
}

/// Reads every block once. `Ok(Some(false))` when the unit could not take an arrival, `Ok(None)` when the node stops.
async fn poll(
    line: &Line,
    config: &Config,
    decoder: &mut Decoder,
    (device, in_flight): (&mut Context, &mut InFlight),
) -> Result<Option<bool>, String> {
    let mut taken = true;
    for (number, block) in decoder.blocks().to_vec().into_iter().enumerate() {
        let result = read(device, &block, config.timeout).await?;
        if let Err(exception) = &result {
            line.trouble(format!("unit {} {} {}: {exception}", block.unit, block.table.word(), block.at));
        }
        let delivery = decoder.decode(Answer { block: number, result }, line.now());
        let Some(settled) = line.deliver(delivery).await else { return Ok(None) };
        taken &= in_flight.push(settled).await;
    }
    line.heard();
    Ok(Some(taken))
}

/// One read: registers, or the name of the exception; `Err` when the connection is of no more use.
pub(super) async fn read(device: &mut Context, block: &Block, wait: Duration) -> Result<Result<Vec<u16>, String>, String> {
    let request = match block.table {
        Table::Input => Request::ReadInputRegisters(block.at, block.count),
        Table::Holding => Request::ReadHoldingRegisters(block.at, block.count),
        Table::Coil => Request::ReadCoils(block.at, block.count),
        Table::Discrete => Request::ReadDiscreteInputs(block.at, block.count),
    };
    Ok(match call(device, block.unit, request, wait).await? {
        Ok(Response::ReadInputRegisters(words) | Response::ReadHoldingRegisters(words)) => Ok(words),
        Ok(Response::ReadCoils(bits) | Response::ReadDiscreteInputs(bits)) => Ok(bits.into_iter().map(u16::from).collect()),
        Ok(other) => return Err(format!("the device answered {other:?} to a read")),
        Err(exception) => Err(exception),
    })
}

/// One request to one unit; the library's own reading functions assert what a device answers, so the bare call is used.
pub(super) async fn call(
    device: &mut Context,
    unit: SlaveId,
    request: Request<'_>,
    wait: Duration,
) -> Result<Result<Response, String>, String> {
    device.set_slave(Slave(unit));
    let answer = timeout(wait, device.call(request)).await.map_err(|_| format!("no answer within {wait:?}"))?;
    answer.map(|result| result.map_err(|exception| exception.to_string())).map_err(|e| e.to_string())
}
