//! The load: the data set as line protocol, sent over a few connections that are kept. Enters: machines and seconds, a server.
//! Leaves: requests that were answered with success. Absent: figures.

use super::server::Server;
use crate::bench::dataset::{CHANNELS, DataSet, machine_name};
use crate::cli::Failure;
use measure::{Instant, Span};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;

/// Lines of one request.
const LINES: usize = 1_000;
/// Connections that send at the same time.
const CONNECTIONS: usize = 2;

/// The data set as bodies.
pub struct Load {
    data: DataSet,
    names: Vec<String>,
    /// The next second, where all lines of a second share it instead of the machine's own time.
    whole_second: Option<Instant>,
}

impl Load {
    /// Machines whose lives end now.
    pub fn new(machines: usize, seconds: usize) -> Self {
        Self {
            data: DataSet::new(1, machines, start(seconds)),
            names: (0..machines).map(machine_name).collect(),
            whole_second: None,
        }
    }

    /// The same with times in whole seconds.
    pub fn in_whole_seconds(machines: usize, seconds: usize) -> Self {
        Self { whole_second: Some(start(seconds)), ..Self::new(machines, seconds) }
    }

    /// The next seconds of all machines, in bodies of [`LINES`] lines with times in ms.
    pub fn bodies(&mut self, seconds: usize) -> Vec<String> {
        let mut bodies = vec![String::new()];
        let mut lines = 0;
        for _ in 0..seconds {
            let (names, whole_second) = (&self.names, self.whole_second);
            self.data.second(|row| {
                if lines == LINES {
                    bodies.push(String::with_capacity(LINES * 200));
                    lines = 0;
                }
                lines += 1;
                let body = bodies.last_mut().expect("there is one from the start");
                // a String takes any text
                let _ = write!(body, "machines,machine={} ", names[row.machine]);
                for (place, (channel, value)) in CHANNELS.iter().zip(row.values).enumerate() {
                    let comma = if place == 0 { "" } else { "," };
                    let _ = write!(body, "{comma}{}={value:.*}", channel.name, usize::from(channel.decimals));
                }
                let at = whole_second.unwrap_or(row.at);
                let _ = writeln!(body, " {}", at.micros() / 1_000);
            });
            self.whole_second = whole_second.map(|second| second + Span::from_seconds(1));
        }
        bodies
    }
}

/// The second at which lives of some seconds begin that end now.
fn start(seconds: usize) -> Instant {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
    Instant::from_seconds(now) - Span::from_seconds(seconds as i64 + 1)
}

/// Sends all bodies and waits for every answer.
///
/// # Errors
/// An answer that is not a success, in its own words.
pub fn send(server: &Server, bodies: &[String]) -> Result<(), Failure> {
    let next = Mutex::new(bodies.iter());
    let work = || -> Result<(), Failure> {
        let mut socket = TcpStream::connect(server.address).map_err(|e| Failure::new(e.to_string()))?;
        socket.set_nodelay(true).map_err(|e| Failure::new(e.to_string()))?;
        loop {
            let Some(body) = next.lock().ok().and_then(|mut n| n.next()) else { return Ok(()) };
            post(&mut socket, (server.address, &server.path), body)?;
        }
    };
    std::thread::scope(|scope| {
        let hands: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(work)).collect();
        // a panic in a sender is a bug; it is passed on
        hands.into_iter().try_for_each(|h| h.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Sends one body and waits for its answer.
///
/// # Errors
/// An answer that is not a success, in its own words, or none.
pub fn post(socket: &mut TcpStream, (address, path): (SocketAddr, &str), body: &str) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::new(format!("{address}: {e}"));
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n");
    socket.write_all(head.as_bytes()).and_then(|()| socket.write_all(body.as_bytes())).map_err(failed)?;
    let (mut answer, mut piece) = (Vec::new(), [0_u8; 4_096]);
    while !answer.windows(4).any(|w| w == b"\r\n\r\n") {
        let read = socket.read(&mut piece).map_err(failed)?;
        answer.extend_from_slice(&piece[..read]);
        if read == 0 {
            break;
        }
    }
    if answer.starts_with(b"HTTP/1.1 204") {
        return Ok(());
    }
    Err(Failure::new(format!("{address} answered: {}", String::from_utf8_lossy(&answer))))
}
