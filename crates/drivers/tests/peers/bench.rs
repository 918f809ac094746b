//! A driver under test: its arrivals sorted by channel, its writes, its health; and peers as processes.

use collect::{Place, RawReading, RawValue};
use drivers::{Arrival, Clock, Common, Config, Health, Running, Settled, WriteRequest};
use measure::{Budget, Instant};
use plant::{ChannelId, CommandValue, Refused, SourceId};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longest wait for anything: a laden machine starts a peer slowly.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Bench {
    /// Whether arrivals are settled as they come.
    pub settle: bool,
    running: Running,
    arrivals: mpsc::Receiver<Arrival>,
    readings: VecDeque<RawReading>,
    refused: VecDeque<Refused>,
    unsettled: Vec<oneshot::Sender<Settled>>,
    stop: CancellationToken,
}

impl Bench {
    pub fn start(config: Config) -> Self {
        let (door, arrivals) = mpsc::channel(256);
        let clock: Clock = Arc::new(|| {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
            Instant::from_micros(since.as_micros() as i64)
        });
        let stop = CancellationToken::new();
        let common = Common { clock, door, memory: Budget::new(1 << 28) };
        let running = drivers::start(SourceId(0), config, common, stop.clone());
        let (readings, refused) = (VecDeque::new(), VecDeque::new());
        Self { settle: true, running, arrivals, readings, refused, unsettled: Vec::new(), stop }
    }
    pub fn health(&self) -> Health {
        self.running.health.borrow().clone()
    }
    /// Waits until the health is as wanted, taking arrivals in.
    pub async fn until(&mut self, wanted: impl Fn(&Health) -> bool) {
        let mut health = self.running.health.clone();
        let waiting = timeout(PATIENCE, health.wait_for(wanted));
        tokio::pin!(waiting);
        loop {
            tokio::select! {
                found = &mut waiting => {
                    found.expect("in time").expect("the driver lives");
                    return;
                }
                Some(arrival) = self.arrivals.recv() => take(arrival, (&mut self.readings, &mut self.refused), self.settle, &mut self.unsettled),
            }
        }
    }
    /// The next reading of a channel; those of other channels are kept.
    pub async fn reading(&mut self, channel: ChannelId) -> RawReading {
        loop {
            let place = self.readings.iter().position(|r| r.place == Place::Channel(channel));
            if let Some(reading) = place.and_then(|place| self.readings.remove(place)) {
                return reading;
            }
            self.next(&format!("a reading of channel {}", channel.0)).await;
        }
    }
    pub async fn refused(&mut self) -> Refused {
        loop {
            if let Some(refused) = self.refused.pop_front() {
                return refused;
            }
            self.next("a refusal").await;
        }
    }
    pub async fn write(&mut self, channel: ChannelId, value: CommandValue) -> Result<(), String> {
        let (answer, mut answered) = oneshot::channel();
        self.running.writes.send(WriteRequest { channel, value, answer }).await.expect("the driver lives");
        loop {
            tokio::select! {
                found = timeout(PATIENCE, &mut answered) => return found.expect("in time").expect("answered"),
                Some(arrival) = self.arrivals.recv() => take(arrival, (&mut self.readings, &mut self.refused), self.settle, &mut self.unsettled),
            }
        }
    }
    /// Takes in what has come, without waiting.
    pub fn sweep(&mut self) {
        while let Ok(arrival) = self.arrivals.try_recv() {
            take(arrival, (&mut self.readings, &mut self.refused), self.settle, &mut self.unsettled);
        }
    }
    pub fn forget(&mut self) {
        self.sweep();
        self.readings.clear();
        self.refused.clear();
    }
    /// Answers that what is unsettled could not be taken.
    pub fn drop_unsettled(&mut self) {
        self.unsettled.clear();
    }
    pub fn unsettled(&self) -> usize {
        self.unsettled.len()
    }
    pub fn settle_all(&mut self) {
        self.unsettled.drain(..).for_each(|done| done.send(Settled::TAKEN).expect("the driver waits for it"));
    }
    /// The unit could not take what waits.
    pub fn refuse_all(&mut self) {
        // at the first one the driver may give its connection up, and with it what else it waited for
        self.unsettled.drain(..).for_each(|done| drop(done.send(Settled::default())));
    }
    pub fn take_readings(&mut self) -> Vec<RawReading> {
        self.readings.drain(..).collect()
    }
    pub async fn stop(self) {
        self.stop.cancel();
        timeout(Duration::from_secs(10), self.running.task).await.expect("it ends").expect("without panic");
    }

    async fn next(&mut self, what: &str) {
        let arrival = timeout(PATIENCE, self.arrivals.recv())
            .await
            .unwrap_or_else(|_| panic!("{what}: {:?}, kept {:?} {:?}", self.health(), self.readings, self.refused));
        let arrival = arrival.expect("the driver lives");
        take(arrival, (&mut self.readings, &mut self.refused), self.settle, &mut self.unsettled);
    }
}

fn take(
    arrival: Arrival,
    (readings, refused): (&mut VecDeque<RawReading>, &mut VecDeque<Refused>),
    settle: bool,
    unsettled: &mut Vec<oneshot::Sender<Settled>>,
) {
    readings.extend(arrival.delivery.readings);
    let numbers = arrival.delivery.numbers.iter().flat_map(|batch| batch.iter());
    readings.extend(numbers.map(|r| RawReading {
        place: Place::Channel(r.channel),
        at: Some(r.at),
        value: RawValue::Number(r.value),
        quality: r.quality,
    }));
    refused.extend(arrival.delivery.refused);
    if settle {
        let _ = arrival.done.send(Settled::TAKEN);
    } else {
        unsettled.push(arrival.done);
    }
}

/// A peer as a process; killed on drop.
pub struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a script of `tests/peers` and waits until it is ready.
    pub fn script(name: &str, port: u16) -> Self {
        Self::script_with(name, port, &[])
    }
    /// The same with more arguments.
    pub fn script_with(name: &str, port: u16, more: &[&str]) -> Self {
        let path = format!("{}/tests/peers/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new("python3");
        command.args([path, port.to_string()]).args(more).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("python3 was there before");
        let input = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let mut process = Self { child, input, output };
        process.wait("ready");
        process
    }
    /// Tells it a command and waits until it is done.
    pub fn tell(&mut self, command: &str) {
        writeln!(self.input, "{command}").expect("it reads");
        self.wait("done");
    }
    /// Tells it a command and waits until it is done; what it said on the line that begins with a word.
    pub fn ask(&mut self, command: &str, word: &str) -> String {
        writeln!(self.input, "{command}").expect("it reads");
        let said = self.wait(word);
        self.wait("done");
        said
    }
    fn wait(&mut self, word: &str) -> String {
        let mut line = String::new();
        while !line.starts_with(word) {
            line.clear();
            assert!(self.output.read_line(&mut line).expect("it speaks") > 0, "the peer ended before it said {word}");
        }
        line.trim_end().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a Python module is there; says so where it is not.
pub fn python(module: &str) -> bool {
    let found = Command::new("python3").args(["-c", &format!("import {module}")]).stderr(Stdio::null()).status();
    let there = found.is_ok_and(|status| status.success());
    if !there {
        println!("left out: the Python module {module} is not installed; `python3 -m pip install {module}` brings it");
    }
    there
}

/// A port that is free now.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port()
}
