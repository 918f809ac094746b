//! `socium bench`: figures as a table for people, or one JSON array; `--check` makes a missed must an error.

use super::Failure;
use crate::bench::{self, Row, ingest, know, latency, mqtt, opcua, plan, promise, query, ring, soak};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

/// What can be typed.
#[derive(Args)]
pub struct Words {
    #[command(subcommand)]
    what: What,
    /// Print one JSON array of rows.
    #[arg(long, global = true)]
    json: bool,
    /// Exit with 1 if a must is missed, naming it.
    #[arg(long, global = true)]
    check: bool,
}

#[derive(Subcommand)]
enum What {
    /// The virtual workshop with the loop watching and with it acting.
    Loop {
        /// Number of seeds, from 1.
        #[arg(long, default_value_t = 20)]
        seeds: u64,
        /// Virtual days of each run.
        #[arg(long, default_value_t = 5)]
        days: u32,
    },
    /// Hours of a plant in which everything goes wrong, against a real `socium run`; the accounts must be exact to the reading.
    Soak {
        /// Virtual hours.
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=1_000))]
        hours: u64,
        /// Virtual seconds a second.
        #[arg(long, default_value_t = 480, value_parser = clap::value_parser!(u64).range(1..=10_000))]
        speed: u64,
    },
    /// A reading on the MQTT socket to a command on the socket, with fsync in the path.
    Latency {
        /// Number of readings.
        #[arg(long, default_value_t = 10_000)]
        times: u32,
    },
    /// Line protocol over HTTP into a unit, VictoriaMetrics and InfluxDB 1.x in turns; CPU, bytes and memory per point.
    Ingest {
        /// Machines, of ten channels each.
        #[arg(long, default_value_t = 1_000)]
        machines: usize,
        /// Seconds of their lives that are sent.
        #[arg(long, default_value_t = 600)]
        seconds: usize,
        /// Rounds in which the servers take turns.
        #[arg(long, default_value_t = 10)]
        rounds: usize,
        /// Series of the second part, which the unit takes alone; 0 leaves it out.
        #[arg(long, default_value_t = 1_000_000)]
        series: usize,
    },
    /// A unit under full load killed again and again: nothing acknowledged may be lost.
    Kills {
        /// How often.
        #[arg(long, default_value_t = 50)]
        times: u32,
    },
    /// Memory of a unit and of VictoriaMetrics while machines send once a second.
    Footprint {
        /// Machines, of ten channels each.
        #[arg(long, default_value_t = 1_000)]
        machines: usize,
        /// How long [s].
        #[arg(long, default_value_t = 120)]
        seconds: usize,
    },
    /// MQTT messages of QoS 1 into a listening unit, acknowledged after fsync, against mosquitto.
    Mqtt {
        /// Clients, each a machine with ten channels.
        #[arg(long, default_value_t = 100)]
        clients: usize,
        /// Rounds; in each both servers are measured, in turns.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// Length of one measurement [s].
        #[arg(long, default_value_t = 3)]
        seconds: u64,
    },
    /// History beside DuckDB on the same files: bytes a reading, CPU of sealing and of questions.
    Query {
        /// Machines of ten channels.
        #[arg(long, default_value_t = 1_000)]
        machines: usize,
        /// Seconds of data at 1 Hz.
        #[arg(long, default_value_t = 4_800)]
        seconds: usize,
        /// Rounds in which both are asked in turn.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Public sets of sensor data by their protocols, beside the published best; and the cost of the stack of detectors.
    Know {
        /// Folder with one folder a set.
        #[arg(long)]
        data: PathBuf,
        /// Only this set, or `pace` for the cost, `faults` for faults in the virtual workshop, or `lessons` for what can be learned there.
        #[arg(long)]
        set: Option<String>,
    },
    /// Values received from an OPC UA server a CPU second of the client, against asyncua.
    Opcua {
        /// Nodes, all subscribed to.
        #[arg(long, default_value_t = 2_000)]
        nodes: u32,
        /// How often each node changes [ms].
        #[arg(long, default_value_t = 50)]
        period_ms: u64,
        /// Rounds; in each both clients are measured, in turns.
        #[arg(long, default_value_t = 3)]
        rounds: u32,
        /// Length of one measurement [s].
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// Dates promised by the live schedule in the virtual workshop, and how many are kept.
    Promise {
        /// Number of seeds, from 1.
        #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=1_000))]
        seeds: u64,
        /// Virtual days of each run.
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=365))]
        days: u32,
        /// The probability that is promised [%].
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(50..=99))]
        sure: u32,
    },
    /// Plans of scheduling instances after so much CPU, beside the best known, and CP-SAT where asked for.
    Plan(PlanWords),
    /// Repairs of plans in the blink after a breakdown, beside what a full minute finds.
    Replan {
        /// Folder of instances with a `bounds.json`.
        #[arg(long)]
        data: PathBuf,
        /// Least and most operations of an instance.
        #[arg(long, value_delimiter = ',', num_args = 2, default_values_t = [450, 550])]
        operations: Vec<usize>,
        /// Most instances.
        #[arg(long, default_value_t = 8)]
        most: usize,
        /// CPU seconds of the blink and of the minute.
        #[arg(long, value_delimiter = ',', num_args = 2, default_values_t = [0.1, 60.0])]
        cpu_s: Vec<f64>,
    },
    /// The server of `opcua`.
    #[command(hide = true)]
    OpcuaServer { nodes: u32, period_ms: u64 },
    /// Our client of `opcua`.
    #[command(hide = true)]
    OpcuaClient { port: u16, nodes: u32 },
}

/// What can be typed after `plan`.
#[derive(Args)]
struct PlanWords {
    /// Folder of instances with a `bounds.json`.
    #[arg(long)]
    data: PathBuf,
    /// Only this family, problem or instance.
    #[arg(long)]
    family: Option<String>,
    /// Of each family every k-th instance by name, so that at least so many are measured. Absent: all.
    #[arg(long)]
    sample: Option<usize>,
    /// CPU seconds of each thread, ascending.
    #[arg(long, value_delimiter = ',', default_values_t = [0.1, 1.0, 10.0])]
    cpu_s: Vec<f64>,
    /// Threads that share the search.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
    threads: u32,
    /// Seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A peer that runs beside with the same threads and budgets.
    #[arg(long, value_enum)]
    vs: Option<Peer>,
    /// CPU seconds of each thread of the peer, in place of ours.
    #[arg(long, requires = "vs")]
    vs_cpu_s: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Peer {
    /// OR-Tools CP-SAT.
    CpSat,
}

impl PlanWords {
    fn rows(&self) -> Result<Vec<Row>, Failure> {
        if self.cpu_s.iter().any(|s| !(0.0..=86_400.0).contains(s)) || !self.cpu_s.is_sorted() {
            return Err(Failure::new(format!("--cpu-s: found {:?}, allowed ascending numbers from 0 to 86400", self.cpu_s)));
        }
        if let Some(found) = self.vs_cpu_s.filter(|s| !(0.0..=86_400.0).contains(s)) {
            return Err(Failure::new(format!("--vs-cpu-s: found {found}, allowed 0 to 86400")));
        }
        plan::rows(plan::Settings {
            data: &self.data,
            family: self.family.as_deref(),
            sample: self.sample,
            cpu_s: &self.cpu_s,
            threads: self.threads as usize,
            seed: self.seed,
            with_cp_sat: self.vs == Some(Peer::CpSat),
            peer_cpu_s: self.vs_cpu_s,
        })
    }
}

/// Measures and prints.
pub fn main(words: &Words) -> Result<(), Failure> {
    let rows = match words.what {
        What::Plan(ref words) => words.rows()?,
        What::Replan { ref data, ref operations, most, ref cpu_s } => replan_rows(data, operations, most, cpu_s)?,
        What::Loop { seeds, days } => ring_rows(seeds, days),
        What::Promise { seeds, days, sure } => promise::rows(seeds, days, sure),
        What::Soak { hours, speed } => super::on_runtime(soak::rows(hours, speed))?,
        What::Query { machines, seconds, rounds } => super::on_runtime(query::rows(query::Size { machines, seconds, rounds }))?,
        What::Latency { times } => super::on_runtime(latency::rows(times))?,
        What::Ingest { machines, seconds, rounds, series } => {
            ingest::rows(ingest::Settings { machines, seconds, rounds }, series)?
        }
        What::Kills { times } => ingest::kills::rows(times)?,
        What::Footprint { machines, seconds } => ingest::footprint(machines, seconds)?,
        What::Mqtt { clients, rounds, seconds } => mqtt::rows(mqtt::Wanted { clients, rounds, seconds })?,
        What::Know { ref data, ref set } => know::rows(data, set.as_deref())?,
        What::Opcua { nodes, period_ms, rounds, seconds } => opcua::rows(opcua::Wanted { nodes, period_ms, rounds, seconds })?,
        What::OpcuaServer { nodes, period_ms } => {
            return super::on_runtime(opcua::server::serve(nodes, Duration::from_millis(period_ms)));
        }
        What::OpcuaClient { port, nodes } => return super::on_runtime(opcua::client::receive(port, nodes)),
    };
    if words.json {
        let text = serde_json::to_string_pretty(&rows).map_err(|e| Failure::new(e.to_string()))?;
        println!("{text}");
    } else {
        println!("{}", bench::table(&rows));
    }
    let missed = bench::missed(&rows);
    if words.check && !missed.is_empty() {
        return Err(Failure::new(format!("{} of the musts are missed:\n{}", missed.len(), missed.join("\n"))));
    }
    Ok(())
}

fn replan_rows(data: &std::path::Path, operations: &[usize], most: usize, cpu_s: &[f64]) -> Result<Vec<Row>, Failure> {
    let ([least, largest], [short, long]) = (operations, cpu_s) else {
        return Err(Failure::new("--operations and --cpu-s: allowed two numbers each, the smaller first"));
    };
    if least > largest || short > long || !(0.0..=86_400.0).contains(short) || *long > 86_400.0 {
        let found = format!("{operations:?} and {cpu_s:?}");
        return Err(Failure::new(format!("--operations and --cpu-s: found {found}, allowed the smaller first, at most 86400 s")));
    }
    plan::replan::rows(plan::replan::Settings { data, operations: (*least, *largest), most, budgets: [*short, *long] })
}

fn ring_rows(seeds: u64, days: u32) -> Vec<Row> {
    let progress = indicatif::ProgressBar::new(seeds).with_style(style()).with_message("seeds");
    let next = std::sync::atomic::AtomicU64::new(1);
    let work = || {
        let mut pairs = Vec::new();
        loop {
            let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if seed > seeds {
                return pairs;
            }
            pairs.push(ring::pair(seed, days));
            progress.inc(1);
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut pairs: Vec<ring::Pair> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        // a panic in an experiment is a bug; it is passed on
        handles.into_iter().flat_map(|h| h.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    progress.finish_and_clear();
    pairs.sort_by_key(|p| p.seed);
    ring::rows(&pairs, days)
}

fn style() -> indicatif::ProgressStyle {
    // the template is constant and known to parse
    indicatif::ProgressStyle::with_template("{bar:40} {pos}/{len} {msg} {elapsed}")
        .unwrap_or_else(|_| indicatif::ProgressStyle::default_bar())
}
