//! The task of one Modbus device or gateway: connects, reads each block at its period, writes in between, and connects again after
//! a loss. Enters: answers and write requests. Leaves: arrivals and health. Absent: what registers mean (`wire`).
//!
//! Behind a gateway a unit may be silent while others speak. It is then left out, its channels are told to be without an answer, and
//! it is tried again, ever more seldom, over a connection of its own, so that the others never wait for it. Where the device takes no
//! second connection, it is tried over the first.

use super::address::Table;
use super::config::{Config, Framing};
use super::sink;
use super::units::{Probe, Units};
use super::wire::{Answer, Block, Decoder};
use crate::line::InFlight;
use crate::{Line, WriteRequest};
use collect::Source;
use std::fmt;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant as Moment, sleep_until, timeout};
use tokio_modbus::client::{Client, Context, rtu, tcp};
use tokio_modbus::slave::SlaveContext;
use tokio_modbus::{ExceptionCode, Request, Response, Slave, SlaveId};

/// Why a connection is of no more use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// Nothing came in time; what comes later would be taken for the answer to another request.
    Silent(Duration),
    /// It broke, or what came makes no sense.
    Broken(String),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent(wait) => write!(f, "no answer within {wait:?}"),
            Self::Broken(why) => f.write_str(why),
        }
    }
}

/// Serves the line until it stops.
pub async fn run(line: Line, config: Config, mut writes: mpsc::Receiver<WriteRequest>) {
    let mut decoder = Decoder::new(line.source, &config);
    let mut attempt = 0;
    loop {
        let ended = match connect(&config).await {
            Err(error) => error,
            Ok(device) => {
                let mut session = Session::new(&line, &config, (&mut decoder, device));
                let ended = session.serve(&mut writes).await;
                if session.heard {
                    attempt = 0;
                }
                match ended {
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
    Ok(match config.framing {
        Framing::Tcp => tcp::attach(stream),
        Framing::RtuOverTcp => rtu::attach(stream),
    })
}

/// A connection at work.
struct Session<'s> {
    line: &'s Line,
    config: &'s Config,
    decoder: &'s mut Decoder,
    device: Context,
    in_flight: InFlight,
    units: Units,
    /// When each block is to be read next.
    due: Vec<Moment>,
    /// Whether anything was answered yet.
    heard: bool,
}

impl<'s> Session<'s> {
    fn new(line: &'s Line, config: &'s Config, (decoder, device): (&'s mut Decoder, Context)) -> Self {
        let due = vec![Moment::now(); decoder.blocks().len()];
        let units = Units::new(decoder.blocks());
        Self { line, config, decoder, device, in_flight: InFlight::default(), units, due, heard: false }
    }

    /// Polls and writes until the connection fails (the reason) or the node stops (`None`).
    async fn serve(&mut self, writes: &mut mpsc::Receiver<WriteRequest>) -> Option<String> {
        self.line.connected();
        loop {
            let now = Moment::now();
            let next = self.next_block(now);
            let wake = self.units.wake(now);
            let wake = next.map_or(wake, |(_, due)| due.min(wake));
            tokio::select! {
                biased;
                () = self.line.stop.cancelled() => {
                    let _ = timeout(self.config.timeout, self.device.disconnect()).await;
                    return None;
                }
                Some(request) = writes.recv() => if let Err(error) = self.write(request).await { return Some(error) },
                Some((unit, probe)) = self.units.probed(), if self.units.is_probing() => self.probed(unit, probe),
                () = sleep_until(wake) => {
                    self.units.probe(self.config, self.decoder.blocks(), Moment::now());
                    let Some((block, _)) = next.filter(|(_, due)| *due <= Moment::now()) else { continue };
                    match self.poll(block).await {
                        Ok(true) => {}
                        Ok(false) => return None,
                        Err(error) => return Some(error),
                    }
                }
            }
        }
    }

    /// The block whose turn it is, and when; none of a unit that is left out.
    fn next_block(&self, now: Moment) -> Option<(usize, Moment)> {
        let blocks = self.decoder.blocks().iter().zip(&self.due).enumerate();
        blocks
            .filter(|(_, (block, _))| self.units.speaks(block.unit, now))
            .map(|(i, (_, due))| (i, *due))
            .min_by_key(|(_, due)| *due)
    }

    /// Reads one block. `Ok(false)` when the node stops.
    async fn poll(&mut self, number: usize) -> Result<bool, String> {
        let block = self.decoder.blocks()[number].clone();
        let due = &mut self.due[number];
        // a block that is late is not read twice for it
        *due = (*due + block.every).max(Moment::now() + block.every / 2);
        let result = match read(&mut self.device, &block, self.config.timeout).await {
            Ok(result) => result,
            Err(lost) => return self.lost(block.unit, &lost).await,
        };
        self.heard = true;
        self.units.spoke(block.unit);
        if let Err(exception) = &result {
            self.line.trouble(format!("unit {} {} {}: {exception}", block.unit, block.table.word(), block.at));
        }
        self.line.heard();
        self.hand_in(Answer { block: number, result }).await
    }

    async fn hand_in(&mut self, answer: Answer) -> Result<bool, String> {
        let delivery = self.decoder.decode(answer, self.line.now());
        let Some(settled) = self.line.deliver(delivery).await else { return Ok(false) };
        if !self.in_flight.push(settled).await {
            self.decoder.forget();
        }
        Ok(true)
    }

    /// A unit gave no answer, or the connection broke: in the first case others may still speak, over a new connection.
    async fn lost(&mut self, unit: u8, lost: &Lost) -> Result<bool, String> {
        let place = format!("{}:{}", self.config.host, self.config.port);
        if matches!(lost, Lost::Broken(_)) || self.units.are_others_silent(unit) {
            return Err(format!("{place}: {lost}"));
        }
        self.device = connect(self.config).await?;
        self.units.fell_silent(unit, Moment::now());
        self.line.trouble(format!("{place}: unit {unit}: {lost}; it is left out until it answers"));
        let mine: Vec<usize> =
            self.decoder.blocks().iter().enumerate().filter(|(_, b)| b.unit == unit).map(|(number, _)| number).collect();
        for block in mine {
            if !self.hand_in(Answer { block, result: Err(lost.to_string()) }).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn probed(&mut self, unit: u8, probe: Probe) {
        match probe {
            Probe::Spoke => {
                self.line.trouble(format!("unit {unit} answers again"));
                self.due
                    .iter_mut()
                    .zip(self.decoder.blocks())
                    .filter(|(_, b)| b.unit == unit)
                    .for_each(|(due, _)| *due = Moment::now());
                self.units.spoke(unit);
            }
            Probe::Silent => self.units.fell_silent(unit, Moment::now()),
            Probe::NoConnection => self.units.try_among_others(unit),
        }
    }

    async fn write(&mut self, request: WriteRequest) -> Result<(), String> {
        let Some((writing, request)) = sink::encoded(self.config, request) else { return Ok(()) };
        let unit = writing.unit;
        if self.units.knows(unit) && !self.units.speaks(unit, Moment::now()) {
            drop(request.answer.send(Err(format!("unit {unit} does not answer"))));
            return Ok(());
        }
        match sink::serve(&mut self.device, self.config, (writing, request)).await {
            Ok(()) => Ok(()),
            Err(lost) => self.lost(unit, &lost).await.map(drop),
        }
    }
}

/// One read: registers, or the name of the exception; `Err` when the connection is of no more use.
pub(super) async fn read(device: &mut Context, block: &Block, wait: Duration) -> Result<Result<Vec<u16>, String>, Lost> {
    let request = match block.table {
        Table::Input => Request::ReadInputRegisters(block.at, block.count),
        Table::Holding => Request::ReadHoldingRegisters(block.at, block.count),
        Table::Coil => Request::ReadCoils(block.at, block.count),
        Table::Discrete => Request::ReadDiscreteInputs(block.at, block.count),
    };
    Ok(match call(device, block.unit, request, wait).await? {
        Ok(Response::ReadInputRegisters(words) | Response::ReadHoldingRegisters(words)) => Ok(words),
        Ok(Response::ReadCoils(bits) | Response::ReadDiscreteInputs(bits)) => Ok(bits.into_iter().map(u16::from).collect()),
        Ok(other) => return Err(Lost::Broken(format!("the device answered {other:?} to a read"))),
        // a gateway speaks for a unit that did not answer it (V1.1b3, 7)
        Err(ExceptionCode::GatewayTargetDevice) => return Ok(Err("the gateway has no answer of the unit".to_owned())),
        Err(exception) => Err(exception.to_string()),
    })
}

/// One request to one unit; the library's own reading functions assert what a device answers, so the bare call is used.
pub(super) async fn call(
    device: &mut Context,
    unit: SlaveId,
    request: Request<'_>,
    wait: Duration,
) -> Result<Result<Response, ExceptionCode>, Lost> {
    device.set_slave(Slave(unit));
    let answer = timeout(wait, device.call(request)).await.map_err(|_| Lost::Silent(wait))?;
    answer.map_err(|e| Lost::Broken(e.to_string()))
}
