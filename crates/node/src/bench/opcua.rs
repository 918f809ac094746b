//! `socium bench opcua`: values received from one OPC UA server a CPU second of the client, our driver against asyncua.
//!
//! Enters: how many nodes, how often they change, how long is measured. Leaves: rows. Absent: the unit behind the driver.
//!
//! ```text
//! this process --starts--> server (async-opcua): nodes that all change at a period, each change with its own time
//!              --starts--> client: our driver, its door emptied    | in turns, one at a time, the same nodes,
//!              --starts--> client: asyncua, a subscription handler | publishing interval and queues
//! ```
//!
//! A client counts what it receives and tells the count when asked; its CPU time is the kernel's (`/proc/PID/task/*/schedstat`).

pub mod client;
pub mod server;

use super::{Row, kernel};
use crate::cli::Failure;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Nodes, all subscribed to.
    pub nodes: u32,
    /// How often each changes [ms].
    pub period_ms: u64,
    /// Rounds; in each both clients are measured, in turns.
    pub rounds: u32,
    /// Length of one measurement [s].
    pub seconds: u64,
}

/// How often the server sends, to both clients [ms].
pub const PUBLISHING_MS: u64 = 500;
/// Values of a node that the server keeps between two sendings, for both clients.
pub const QUEUE: u32 = 1_000;
/// How often as many values as asyncua our client must take a CPU second, and what we aim at.
const MUST: f64 = 20.0;
const AIM: f64 = 50.0;
/// Longest wait for a child to be ready.
const READY: Duration = Duration::from_secs(60);
/// The other client.
const PEER: &str = include_str!("opcua/peer.py");

/// What a client came to in all its rounds.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    values: f64,
    cpu_s: f64,
    wall_s: f64,
    rss_bytes: f64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.values += other.values;
        self.cpu_s += other.cpu_s;
        self.wall_s += other.wall_s;
        self.rss_bytes = self.rss_bytes.max(other.rss_bytes);
    }
}

/// Measures.
pub fn rows(wanted: Wanted) -> Result<Vec<Row>, Failure> {
    let (nodes, period) = (wanted.nodes.to_string(), wanted.period_ms.to_string());
    let mut server = Peer::start(ourselves()?.args(["bench", "opcua-server", &nodes, &period]))?;
    let port = server.hear("ready")?;
    let endpoint = format!("opc.tcp://127.0.0.1:{port}/");
    let (mut ours, mut theirs) = (Tally::default(), Tally::default());
    let progress = indicatif::ProgressBar::new(u64::from(wanted.rounds) * 2);
    for _ in 0..wanted.rounds {
        ours.add(measure(ourselves()?.args(["bench", "opcua-client", &port, &nodes]), wanted)?);
        progress.inc(1);
        let words = ["-c", PEER, &endpoint, &nodes, &PUBLISHING_MS.to_string(), &QUEUE.to_string()];
        theirs.add(measure(Command::new("python3").args(words), wanted)?);
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(told(wanted, ours, theirs))
}

fn told(wanted: Wanted, ours: Tally, theirs: Tally) -> Vec<Row> {
    let offered = f64::from(wanted.nodes) * 1_000.0 / wanted.period_ms as f64;
    let context = format!(
        "{} nodes, {offered:.0} values/s offered, published each {PUBLISHING_MS} ms; {} rounds of {} s in turns",
        wanted.nodes, wanted.rounds, wanted.seconds
    );
    let per_cpu = |t: Tally| t.values / t.cpu_s;
    let per_second = |t: Tally| t.values / t.wall_s;
    let mut ratio = Row::new("OPC UA: values a CPU second, times asyncua's", per_cpu(ours) / per_cpu(theirs), "1").at_least(MUST);
    ratio.aim = Some(AIM);
    vec![
        Row::new("OPC UA: values received a CPU second of the client", per_cpu(ours), "1/s")
            .beside("asyncua", per_cpu(theirs))
            .under(&context),
        ratio.under(&context),
        Row::new("OPC UA: values received a second", per_second(ours), "1/s")
            .beside("asyncua", per_second(theirs))
            .under(&context),
        Row::new("OPC UA: memory of the client (RSS)", ours.rss_bytes / 1e6, "MB")
            .beside("asyncua", theirs.rss_bytes / 1e6)
            .under(&context),
    ]
}

fn ourselves() -> Result<Command, Failure> {
    let program = std::env::current_exe().map_err(|e| Failure::new(format!("this program is not found: {e}")))?;
    Ok(Command::new(program))
}

/// One measurement of one client, from when it has all nodes.
fn measure(command: &mut Command, wanted: Wanted) -> Result<Tally, Failure> {
    let mut client = Peer::start(command)?;
    client.hear("ready")?;
    std::thread::sleep(Duration::from_secs(1));
    let (cpu_before, began) = (kernel::threads_seconds(&client.place())?, Instant::now());
    let before = client.count()?;
    std::thread::sleep(Duration::from_secs(wanted.seconds));
    let after = client.count()?;
    let (cpu_s, wall_s) = (kernel::threads_seconds(&client.place())? - cpu_before, began.elapsed().as_secs_f64());
    if after <= before {
        return Err(Failure::new(format!("the client {command:?} received nothing in {} s", wanted.seconds)));
    }
    Ok(Tally { values: after - before, cpu_s, wall_s, rss_bytes: kernel::rss_bytes(&client.place())? as f64 })
}

/// A child that answers on its standard output; ended when dropped.
struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start(command: &mut Command) -> Result<Self, Failure> {
        let failed = |e: std::io::Error| Failure::new(format!("{command:?}: {e}"));
        let started = Command::new(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = started.map_err(failed)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::new("a child without pipes"));
        };
        Ok(Self { child, input, output: BufReader::new(output) })
    }
    /// What the child says after a word, on the line that begins with it.
    fn hear(&mut self, word: &str) -> Result<String, Failure> {
        let began = Instant::now();
        let mut line = String::new();
        while began.elapsed() < READY {
            line.clear();
            let read = self.output.read_line(&mut line).map_err(|e| Failure::new(e.to_string()))?;
            if read == 0 {
                return Err(Failure::new(format!(
                    "a child ended before it said `{word}`; the other client needs python3 with asyncua on the path"
                )));
            }
            if let Some(rest) = line.strip_prefix(word) {
                return Ok(rest.trim().to_owned());
            }
        }
        Err(Failure::new(format!("a child did not say `{word}` within {} s", READY.as_secs())))
    }
    /// Its folder in `/proc`.
    fn place(&self) -> String {
        self.child.id().to_string()
    }
    fn count(&mut self) -> Result<f64, Failure> {
        writeln!(self.input, "count").map_err(|e| Failure::new(e.to_string()))?;
        let said = self.hear("count")?;
        said.parse().map_err(|_| Failure::new(format!("`{said}` is no count")))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
