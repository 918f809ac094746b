//! The generator: clients in one thread that keep their window of QoS 1 messages full. Enters: where, how many, how wide, how
//! long. Leaves: how many messages were acknowledged. Absent: the peer; both servers get the same bytes.
//!
//! Messages are made before the clock starts; while it runs, a packet id is put into a copy. All acknowledgements of one read
//! are answered by one write.

use crate::cli::Failure;
use drivers::mqtt::packet::write::{self, Message};
use drivers::mqtt::packet::{AckKind, Packet, Version, frame, read};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Messages made for one client; it goes round among them.
const MESSAGES: usize = 40;
/// Longest wait for the last acknowledgements.
const LAST_WAIT: Duration = Duration::from_secs(20);

/// What is generated.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// The server.
    pub address: SocketAddr,
    /// Clients.
    pub clients: usize,
    /// Messages under way of one client.
    pub window: u16,
    /// How long new messages are sent.
    pub time: Duration,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// Messages acknowledged.
    pub acknowledged: u64,
    /// Until the last acknowledgement [s].
    pub seconds: f64,
}

/// One client.
struct Client {
    socket: TcpStream,
    /// PUBLISH packets, each with the place of its packet id.
    messages: Vec<(Vec<u8>, usize)>,
    next: usize,
    id: u16,
    under_way: u16,
    out: Vec<u8>,
    rest: Vec<u8>,
}

/// Name of a machine, for generator and configuration.
pub fn machine_name(machine: usize) -> String {
    format!("machine-{machine}")
}

/// Topic of a channel, for generator and configuration.
pub fn topic(machine: &str, channel: usize) -> String {
    format!("plant/{machine}/channel-{channel}")
}

impl Load {
    /// Generates.
    ///
    /// # Errors
    /// A client is refused, a message is refused, a connection is lost, or acknowledgements stay out.
    pub fn run(self) -> Result<Done, Failure> {
        let failed = |e: io::Error| Failure::new(format!("the generator at {}: {e}", self.address));
        let mut poll = Poll::new().map_err(failed)?;
        let mut clients = Vec::with_capacity(self.clients);
        for number in 0..self.clients {
            let mut client = Client::connect(self.address, number).map_err(failed)?;
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut client.socket, Token(number), interest).map_err(failed)?;
            clients.push(client);
        }
        let began = Instant::now();
        for client in &mut clients {
            client.fill(self.window).map_err(failed)?;
        }
        let (mut events, mut buffer) = (Events::with_capacity(self.clients), vec![0; 64 << 10]);
        let mut acknowledged = 0;
        loop {
            let elapsed = began.elapsed();
            let is_sending = elapsed < self.time;
            if !is_sending && clients.iter().all(|c| c.under_way == 0) {
                return Ok(Done { acknowledged, seconds: elapsed.as_secs_f64() });
            }
            if elapsed > self.time + LAST_WAIT {
                return Err(Failure::new(format!("{} did not acknowledge all messages within {LAST_WAIT:?}", self.address)));
            }
            poll.poll(&mut events, Some(Duration::from_millis(100))).map_err(failed)?;
            for event in &events {
                let client = &mut clients[event.token().0];
                if event.is_readable() {
                    acknowledged += client.hear(&mut buffer).map_err(failed)?;
                }
                client.fill(if is_sending { self.window } else { 0 }).map_err(failed)?;
            }
        }
    }
}

impl Client {
    fn connect(address: SocketAddr, number: usize) -> io::Result<Self> {
        let mut socket = std::net::TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        let client = format!("bench-{number}");
        let connect = write::Connect {
            version: Version::V5,
            clean: true,
            keep_alive_s: 0,
            client: &client,
            credentials: None,
            properties: &[],
        };
        let mut out = Vec::new();
        write::connect(&mut out, &connect);
        socket.write_all(&out)?;
        let mut answer = [0; 256];
        let count = socket.read(&mut answer)?;
        let said = frame(&answer[..count], answer.len()).map_err(io::Error::other)?;
        let code = said.and_then(|(head, end)| match read(Version::V5, answer[0], answer.get(head..end)?) {
            Ok(Packet::ConnAck { code, .. }) => Some(code),
            _ => None,
        });
        if code != Some(0) {
            return Err(io::Error::other(format!("the server said no: {code:?}")));
        }
        socket.set_nonblocking(true)?;
        let messages = (0..MESSAGES).map(|turn| message(number, turn)).collect();
        let socket = TcpStream::from_std(socket);
        Ok(Self { socket, messages, next: 0, id: 0, under_way: 0, out: Vec::new(), rest: Vec::new() })
    }

    /// Sends until `window` messages are under way.
    fn fill(&mut self, window: u16) -> io::Result<()> {
        while self.under_way < window {
            let (bytes, place) = &self.messages[self.next];
            self.next = (self.next + 1) % self.messages.len();
            self.id = self.id.checked_add(1).unwrap_or(1);
            let start = self.out.len();
            self.out.extend_from_slice(bytes);
            self.out[start + place..start + place + 2].copy_from_slice(&self.id.to_be_bytes());
            self.under_way += 1;
        }
        while !self.out.is_empty() {
            match self.socket.write(&self.out) {
                Ok(count) => drop(self.out.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads acknowledgements; how many.
    fn hear(&mut self, buffer: &mut [u8]) -> io::Result<u64> {
        let mut heard = 0;
        loop {
            let count = match self.socket.read(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            };
            self.rest.extend_from_slice(&buffer[..count]);
            let mut used = 0;
            while let Some((head, end)) = frame(&self.rest[used..], 1 << 16).map_err(io::Error::other)? {
                let Some(packet) = self.rest.get(used..used + end) else { break };
                match read(Version::V5, packet[0], &packet[head..]).map_err(io::Error::other)? {
                    // 0x10 says that nobody subscribes, which is so
                    Packet::Ack(ack) if ack.kind == AckKind::PubAck && ack.reason < 0x80 => heard += 1,
                    other => return Err(io::Error::other(format!("the server said {other:?}"))),
                }
                used += end;
            }
            self.rest.drain(..used);
            if count < buffer.len() {
                break;
            }
        }
        self.under_way -= heard as u16;
        Ok(heard)
    }
}

/// A message of a machine, and the place of its packet id.
fn message(machine: usize, turn: usize) -> (Vec<u8>, usize) {
    let topic = topic(&machine_name(machine), turn % 10);
    let payload = format!("{:.3}", 1_000.0 + machine as f64 + turn as f64 / 8.0);
    let sent =
        Message { dup: false, qos: 1, retain: false, topic: &topic, id: 0, properties: (&[], &[]), payload: payload.as_bytes() };
    let mut bytes = Vec::new();
    write::publish(&mut bytes, Version::V5, &sent);
    let place = bytes.len() - payload.len() - 3;
    (bytes, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_packet_id_is_right() {
        let (mut bytes, place) = message(7, 13);
        bytes[place..place + 2].copy_from_slice(&4_711_u16.to_be_bytes());
        let (head, end) = frame(&bytes, 1_000).expect("a frame").expect("whole");
        let Ok(Packet::Publish(publish)) = read(Version::V5, bytes[0], &bytes[head..end]) else { panic!() };
        assert_eq!((publish.id, publish.topic, publish.qos), (4_711, topic(&machine_name(7), 3).as_bytes(), 1));
    }
}
