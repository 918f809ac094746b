//! The servers that take turns: a unit of this program, VictoriaMetrics and InfluxDB 1.x of Debian. Enters: a folder. Leaves: a
//! server at work. Absent: what is sent.

use crate::bench::dataset::{CHANNELS, configuration};
use crate::bench::process::{Process, free_address};
use crate::cli::Failure;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Who takes the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A unit whose channels have no role: it stores and charts them, as a database does.
    Socium,
    /// A unit whose channels have their roles: the whole loop takes part.
    SociumRoles,
    /// VictoriaMetrics.
    Victoria,
    /// InfluxDB 1.x.
    Influx,
}

/// A server at work.
pub struct Server {
    /// Who it is.
    pub kind: Kind,
    /// Where it takes line protocol.
    pub address: SocketAddr,
    /// The path and query of a write.
    pub path: String,
    /// Where it keeps data.
    pub data: PathBuf,
    /// Its process.
    pub process: Process,
    /// Where a unit shows its pages.
    pub windows: Option<SocketAddr>,
}

/// Longest wait for a unit's accounts to be at rest.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longest wait until the figures of a unit show what was stored.
const FIGURES_WITHIN: Duration = Duration::from_secs(180);

impl Kind {
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Socium => "socium",
            Self::SociumRoles => "socium, whole loop",
            Self::Victoria => "VictoriaMetrics",
            Self::Influx => "InfluxDB 1.x",
        }
    }
    /// The name of its folder.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Socium => "socium",
            Self::SociumRoles => "roles",
            Self::Victoria => "victoria",
            Self::Influx => "influx",
        }
    }
}

impl Server {
    /// Starts a server with an empty folder.
    ///
    /// # Errors
    /// It is not installed or does not start.
    pub fn start(kind: Kind, folder: &Path, machines: usize) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|e| Failure::new(format!("{}: {e}", folder.display())))?;
        let address = free_address()?;
        match kind {
            Kind::Socium | Kind::SociumRoles => Self::unit(kind, folder, (address, free_address()?), machines),
            Kind::Victoria => {
                let data = folder.join("data");
                let mut command = Command::new("victoria-metrics");
                command.arg(format!("-storageDataPath={}", data.display())).arg(format!("-httpListenAddr={address}"));
                command.args(["-retentionPeriod=100y", "-loggerLevel=ERROR"]);
                let process = Process::start(kind.name(), &mut command, address, "victoria-metrics")?;
                Ok(Self { kind, address, path: "/write?precision=ms".to_owned(), data, process, windows: None })
            }
            Kind::Influx => Self::influx(folder, address),
        }
    }

    fn unit(kind: Kind, folder: &Path, addresses: (SocketAddr, SocketAddr), machines: usize) -> Result<Self, Failure> {
        write(&folder.join("unit.toml"), &unit(kind == Kind::SociumRoles, addresses, machines))?;
        Self::restart(kind, folder, addresses)
    }

    /// Starts a unit in a folder where one has run, at the same addresses: for line protocol, for its pages.
    ///
    /// # Errors
    /// It does not start.
    pub fn restart(kind: Kind, folder: &Path, (address, windows): (SocketAddr, SocketAddr)) -> Result<Self, Failure> {
        let file = folder.join("unit.toml");
        let program = std::env::current_exe().map_err(|e| Failure::new(format!("this program: {e}")))?;
        let mut command = Command::new(program);
        command.args(["run", "--config"]).arg(&file);
        let process = Process::start(kind.name(), &mut command, windows, "")?;
        let began = Instant::now();
        while TcpStream::connect(address).is_err() && began.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
        let path = "/api/v2/write?precision=ms".to_owned();
        Ok(Self { kind, address, path, data: folder.join("data"), process, windows: Some(windows) })
    }

    fn influx(folder: &Path, address: SocketAddr) -> Result<Self, Failure> {
        let (place, inner) = (folder.display(), free_address()?);
        let file = folder.join("influxdb.conf");
        let text = format!(
            "reporting-disabled = true\nbind-address = \"{inner}\"\n[meta]\ndir = \"{place}/meta\"\n[data]\ndir = \"{place}/data\"\n\
             wal-dir = \"{place}/wal\"\nquery-log-enabled = false\nmax-series-per-database = 0\nindex-version = \"tsi1\"\n\
             [monitor]\nstore-enabled = false\n[http]\nbind-address = \"{address}\"\nlog-enabled = false\n"
        );
        write(&file, &text)?;
        let mut command = Command::new("influxd");
        command.args(["run", "-config"]).arg(&file);
        let process = Process::start(Kind::Influx.name(), &mut command, address, "influxdb")?;
        let path = "/write?db=bench&precision=ms".to_owned();
        let server = Self { kind: Kind::Influx, address, path, data: folder.to_owned(), process, windows: None };
        let made = server.ask("POST /query?q=CREATE%20DATABASE%20bench")?;
        if made.starts_with("HTTP/1.1 200") { Ok(server) } else { Err(Failure::new(format!("InfluxDB answered: {made}"))) }
    }

    /// Whether a unit has stored as many points as were sent; of peers their answers are believed. The view of a large unit, from which its
    /// figures come, may be a minute old.
    ///
    /// # Errors
    /// It has not.
    pub fn check(&self, points: u64) -> Result<(), Failure> {
        let Some(windows) = self.windows else { return Ok(()) };
        let began = Instant::now();
        loop {
            let told = self.accounts(windows, points);
            if told.is_ok() || began.elapsed() > FIGURES_WITHIN {
                return told;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn accounts(&self, windows: SocketAddr, points: u64) -> Result<(), Failure> {
        let text = ask(windows, "GET /metrics")?;
        let sum = |name: &str| {
            let lines = text.lines().filter(|line| line.starts_with(name));
            lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>() as u64
        };
        let [stored, refused] = ["socium_readings_stored_total{", "socium_readings_refused_total{"].map(sum);
        if (stored, refused) == (points, 0) {
            return Ok(());
        }
        Err(Failure::new(format!("{}: {points} points were sent, {stored} are stored, {refused} refused", self.kind.name())))
    }

    fn ask(&self, request: &str) -> Result<String, Failure> {
        ask(self.address, request)
    }
}

fn ask(address: SocketAddr, request: &str) -> Result<String, Failure> {
    let failed = |e: std::io::Error| Failure::new(format!("{request} at {address}: {e}"));
    let mut socket = TcpStream::connect(address).map_err(failed)?;
    let text = format!("{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    socket.write_all(text.as_bytes()).map_err(failed)?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).map_err(failed)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn unit(roles: bool, (address, windows): (SocketAddr, SocketAddr), machines: usize) -> String {
    let head = format!(
        "[site]\nname = \"bench\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\nenergy_price = 0.2\ncarbon = 0.4\n\
         [web]\nlisten = \"{windows}\"\n[store]\nseal_every = \"5 s\"\nseal_behind = \"0 s\"\n\
         [[source]]\nname = \"http\"\nprotocol = \"http\"\naddress = \"{address}\"\n"
    );
    let pattern = "machines,machine={machine}/{channel}";
    let mut text = configuration(machines, "http", pattern);
    // the state is sent as a number, for not every peer keeps words
    let of_state = text.find("[[machine_type.channel]]").zip(text.find("name = \"good\""));
    if let Some((from, to)) = of_state {
        let to = text[..to].rfind("[[machine_type.channel]]").unwrap_or(to);
        text.replace_range(from..to, "[[machine_type.channel]]\nname = \"state\"\nkind = \"gauge\"\nunit = \"1\"\n");
    }
    if !roles {
        for channel in &CHANNELS {
            text = text.replace(&format!("role = \"{}\"", channel.role), &format!("kind = \"{}\"", channel.kind));
        }
    }
    head + &text
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(file, text).map_err(|e| Failure::new(format!("{}: {e}", file.display())))
}
