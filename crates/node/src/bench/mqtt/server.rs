//! The two servers as child processes: `socium run` with a unit that listens, and Debian's mosquitto. Enters: a folder. Leaves:
//! their address, CPU time and memory, and the unit's accounts.

use super::load::{machine_name, topic};
use crate::bench::process::{Process, free_address};
use crate::cli::Failure;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Where Debian puts it.
const MOSQUITTO: &str = "/usr/sbin/mosquitto";
/// Longest wait for the unit's accounts to be at rest.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server at work.
pub struct Server {
    /// Where it listens for MQTT.
    pub address: SocketAddr,
    /// Its process.
    pub process: Process,
    windows: Option<SocketAddr>,
}

impl Server {
    /// A unit with `machines` machines of ten channels each, listening.
    pub fn socium(folder: &Path, machines: usize) -> Result<Self, Failure> {
        let (address, windows) = (free_address()?, free_address()?);
        let file = folder.join("unit.toml");
        write(&file, &unit(machines, address, windows))?;
        let program = std::env::current_exe().map_err(|e| Failure::new(format!("this program: {e}")))?;
        let mut command = Command::new(program);
        command.args(["run", "--config"]).arg(&file);
        let process = Process::start("socium run", &mut command, address, "")?;
        Ok(Self { address, process, windows: Some(windows) })
    }

    /// mosquitto, without persistence, for everybody.
    pub fn mosquitto(folder: &Path) -> Result<Self, Failure> {
        let address = free_address()?;
        let file = folder.join("mosquitto.conf");
        let text = format!(
            "max_inflight_messages 0\nmax_queued_messages 0\npersistence false\nset_tcp_nodelay true\nlog_type error\n\
             allow_anonymous true\nlistener {} 127.0.0.1\n",
            address.port()
        );
        write(&file, &text)?;
        let mut command = Command::new(MOSQUITTO);
        command.arg("-c").arg(&file);
        let process = Process::start(MOSQUITTO, &mut command, address, "mosquitto")?;
        Ok(Self { address, process, windows: None })
    }

    /// Readings stored by the unit's own accounts, once they are at rest: nothing in flight, nothing refused.
    pub fn stored(&self, wanted: u64) -> Result<u64, Failure> {
        let began = Instant::now();
        loop {
            let [stored, refused, in_flight] = self.account()?;
            if (in_flight == 0 && stored >= wanted) || began.elapsed() > PATIENCE {
                let told =
                    format!("the unit's accounts: {stored} stored, {refused} refused, {in_flight} in flight; {wanted} wanted");
                return if refused == 0 { Ok(stored) } else { Err(Failure::new(told)) };
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn account(&self) -> Result<[u64; 3], Failure> {
        let windows = self.windows.ok_or_else(|| Failure::new("only the unit keeps accounts".to_owned()))?;
        let failed = |e: std::io::Error| Failure::new(format!("metrics of the unit: {e}"));
        let mut socket = TcpStream::connect(windows).map_err(failed)?;
        let request = format!("GET /metrics HTTP/1.1\r\nhost: {windows}\r\nconnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).map_err(failed)?;
        let mut text = String::new();
        socket.read_to_string(&mut text).map_err(failed)?;
        let sum = |name: &str| {
            let lines = text.lines().filter(|line| line.starts_with(name));
            lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>() as u64
        };
        Ok(["socium_readings_stored", "socium_readings_refused", "socium_readings_in_flight"].map(sum))
    }
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(file, text).map_err(|e| Failure::new(format!("{}: {e}", file.display())))
}

/// The unit.toml of the measurement.
fn unit(machines: usize, mqtt: SocketAddr, windows: SocketAddr) -> String {
    let mut text = format!(
        "[site]\nname = \"bench\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\nenergy_price = 0.2\ncarbon = 0.4\n\n\
         [web]\nlisten = \"{windows}\"\n\n[store]\ndir = \"data\"\n\n\
         [[source]]\nname = \"mqtt\"\nprotocol = \"mqtt\"\naddress = \"listen://{mqtt}\"\n"
    );
    text.push_str("\n[[machine_type]]\nname = \"bench\"\nsource = \"mqtt\"\n");
    for channel in 0..10 {
        let address = topic("{machine}", channel);
        // writing to a text does not fail
        let _ = write!(
            text,
            "[[machine_type.channel]]\nname = \"c{channel}\"\nkind = \"gauge\"\nunit = \"1\"\naddress = \"{address}\"\n"
        );
    }
    for machine in 0..machines {
        let _ = write!(text, "[[machine]]\nname = \"{}\"\ntype = \"bench\"\n", machine_name(machine));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_of_the_measurement_is_well_configured() {
        let address = "127.0.0.1:1".parse().expect("an address");
        let config =
            crate::config::parse("unit.toml", &unit(3, address, address), Path::new("")).unwrap_or_else(|f| panic!("{f}"));
        assert_eq!((config.plant.machines.len(), config.plant.channels.len(), config.ports.len()), (3, 30, 1));
    }
}
