//! The broker's sockets: one thread and one readiness queue for all of them. Enters: connections. Leaves: bytes for the hub,
//! the hub's bytes to the peers. Absent: what the bytes mean.
//!
//! ```text
//! round: wait -> accept -> read all that is ready -> intake.flush (one delivery) -> settle -> write each connection once
//! ```

use super::hub::Hub;
use super::limits::{OUT_BYTES_MAX, READ_BYTES_MAX};
use super::orders::Orders;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use rustls::{ServerConfig, ServerConnection};
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

const LISTENER: Token = Token(usize::MAX);
const WAKER: Token = Token(usize::MAX - 1);
/// Most events of one round.
const EVENTS_MAX: usize = 1_024;
/// How often time passes for the hub.
const TICK: Duration = Duration::from_millis(250);
/// Longest wait for a peer that is sent away to take its last bytes, from when it was last heard.
const FAREWELL: Duration = Duration::from_secs(5);
/// Longest wait at the end for what is under way.
const PARTING: Duration = Duration::from_secs(2);

/// A socket, with its encryption and what of a packet came so far.
struct Stream {
    socket: TcpStream,
    tls: Option<Box<ServerConnection>>,
    rest: Vec<u8>,
    is_ready: bool,
}

/// Wakes the thread from others.
struct Bell(mio::Waker);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        // fails only when the queue is gone, with the thread
        let _ = self.0.wake();
    }
}

/// The thread's state.
pub(super) struct Server {
    poll: Poll,
    listener: TcpListener,
    waker: Waker,
    tls: Option<Arc<ServerConfig>>,
    connections_max: usize,
    orders: Orders,
    hub: Hub,
    streams: Vec<Option<Stream>>,
    free: Vec<usize>,
    ready: Vec<usize>,
    buffer: Vec<u8>,
}

/// What reading a socket came to.
enum Heard {
    /// There is no more now.
    All,
    /// There may be more.
    Some,
    /// The peer is gone.
    End,
}

impl Server {
    /// A server for a listener.
    pub(super) fn new(
        mut listener: TcpListener,
        (hub, orders): (Hub, Orders),
        tls: Option<Arc<ServerConfig>>,
        connections_max: usize,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let waker = Waker::from(Arc::new(Bell(mio::Waker::new(poll.registry(), WAKER)?)));
        Ok(Self {
            poll,
            listener,
            waker,
            tls,
            connections_max,
            orders,
            hub,
            streams: Vec::new(),
            free: Vec::new(),
            ready: Vec::new(),
            buffer: vec![0; READ_BYTES_MAX],
        })
    }

    /// Wakes the thread.
    pub(super) fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Serves until told to stop.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS_MAX);
        let mut ticked = Instant::now();
        loop {
            let wait = if self.may_go_on() { Duration::ZERO } else { TICK.saturating_sub(ticked.elapsed()) };
            match self.poll.poll(&mut events, Some(wait)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    tracing::error!(%error, "the MQTT broker's queue of sockets failed");
                    return;
                }
                _ => {}
            }
            let now = Instant::now();
            self.sort(&events, now);
            self.read(now);
            if self.orders.carry_out(&mut self.hub, now) {
                break;
            }
            if ticked.elapsed() >= TICK {
                ticked = now;
                self.accept(now);
                self.hub.tick(now);
            }
            self.settle();
            self.write(now);
        }
        self.part(&mut events);
    }

    /// Whether a socket was left off in the middle, with room for more.
    fn may_go_on(&self) -> bool {
        self.ready.iter().any(|place| self.hub.may_read(*place))
    }

    fn sort(&mut self, events: &Events, now: Instant) {
        for event in events {
            match event.token() {
                WAKER => {}
                LISTENER => self.accept(now),
                Token(place) => {
                    let Some(Some(stream)) = self.streams.get_mut(place) else { continue };
                    if (event.is_readable() || event.is_read_closed() || event.is_error()) && !stream.is_ready {
                        stream.is_ready = true;
                        self.ready.push(place);
                    }
                    if event.is_writable() {
                        self.hub.dirty.push(place);
                    }
                }
            }
        }
    }

    fn accept(&mut self, now: Instant) {
        loop {
            let (socket, peer) = match self.listener.accept() {
                Ok(accepted) => accepted,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => {
                    tracing::warn!(%error, "an MQTT connection could not be accepted");
                    return;
                }
            };
            if self.streams.len() - self.free.len() >= self.connections_max {
                tracing::warn!(%peer, "an MQTT connection was closed: there are {} already", self.connections_max);
                continue;
            }
            if let Err(error) = self.enter(socket, peer.to_string(), now) {
                tracing::warn!(%peer, %error, "an MQTT connection could not be taken");
            }
        }
    }

    fn enter(&mut self, mut socket: TcpStream, peer: String, now: Instant) -> io::Result<()> {
        socket.set_nodelay(true)?;
        let tls = self.tls.clone().map(ServerConnection::new).transpose().map_err(io::Error::other)?.map(Box::new);
        let place = self.free.pop().unwrap_or_else(|| {
            self.streams.push(None);
            self.streams.len() - 1
        });
        if let Err(error) = self.poll.registry().register(&mut socket, Token(place), Interest::READABLE | Interest::WRITABLE) {
            self.free.push(place);
            return Err(error);
        }
        self.streams[place] = Some(Stream { socket, tls, rest: Vec::new(), is_ready: false });
        self.hub.open(place, peer, now);
        Ok(())
    }

    /// Reads every socket that is ready and may be read; the others stay where they are.
    fn read(&mut self, now: Instant) {
        let ready = std::mem::take(&mut self.ready);
        for place in ready {
            let Some(Some(stream)) = self.streams.get_mut(place) else { continue };
            if !self.hub.may_read(place) {
                self.ready.push(place);
                continue;
            }
            let heard = stream.read(&mut self.buffer, |bytes| self.hub.hear(place, bytes, now));
            match heard {
                Heard::All => stream.is_ready = false,
                Heard::Some => self.ready.push(place),
                Heard::End => self.close(place, now),
            }
        }
    }

    /// Hands the round's messages to the unit and acknowledges what it has settled.
    fn settle(&mut self) {
        loop {
            let Some(intake) = self.hub.intake.as_mut() else { return };
            intake.flush(&self.waker);
            let Some((taken, owed)) = intake.settled(&self.waker) else { return };
            self.hub.settle(taken, &owed);
        }
    }

    fn write(&mut self, now: Instant) {
        while let Some(place) = self.hub.dirty.pop() {
            if !self.write_one(place, now) {
                self.close(place, now);
            }
        }
    }

    /// Writes what waits for one connection, and what its session then sends; `false` when it is to be closed.
    fn write_one(&mut self, place: usize, now: Instant) -> bool {
        let Some(Some(stream)) = self.streams.get_mut(place) else { return true };
        while let Some(Some(connection)) = self.hub.connections.get_mut(place) {
            if stream.write(&mut connection.out).is_err() {
                return false;
            }
            if !connection.out.is_empty() {
                // the rest goes when the socket is writable again; a peer that is sent away has not for ever
                return !connection.is_closing || now.saturating_duration_since(connection.heard) < FAREWELL;
            }
            if connection.is_closing {
                return false;
            }
            self.hub.pump(place, now);
            if self.hub.connections[place].as_ref().is_none_or(|c| c.out.is_empty()) {
                break;
            }
        }
        true
    }

    fn close(&mut self, place: usize, now: Instant) {
        if let Some(stream) = self.streams[place].take() {
            self.free.push(place);
            drop(stream);
        }
        self.hub.lost(place, now);
    }

    /// The end: what was taken is settled and acknowledged, everybody is told, the sockets close.
    fn part(&mut self, events: &mut Events) {
        let began = Instant::now();
        loop {
            self.settle();
            self.write(Instant::now());
            let is_idle = self.hub.intake.as_ref().is_none_or(super::intake::Intake::is_idle);
            if is_idle || began.elapsed() > PARTING {
                break;
            }
            // woken by the unit's answer
            let _ = self.poll.poll(events, Some(TICK));
        }
        self.hub.stop();
        self.write(Instant::now());
    }
}

impl Stream {
    /// Reads at most one buffer and hands it over. `take` answers how many bytes it used.
    fn read(&mut self, buffer: &mut [u8], mut take: impl FnMut(&[u8]) -> usize) -> Heard {
        let Some(tls) = self.tls.as_mut() else {
            return match self.socket.read(buffer) {
                Ok(0) => Heard::End,
                Ok(count) => {
                    hand_over(&mut self.rest, &buffer[..count], &mut take);
                    // a short read has emptied the socket; its next bytes bring an event of their own
                    if count < buffer.len() { Heard::All } else { Heard::Some }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Heard::All,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => Heard::Some,
                Err(_) => Heard::End,
            };
        };
        let heard = match tls.read_tls(&mut self.socket) {
            Ok(0) => Heard::End,
            Ok(_) => Heard::Some,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Heard::All,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Heard::Some,
            Err(_) => return Heard::End,
        };
        let processed = tls.process_new_packets();
        // the reader ends with `WouldBlock`, or with the peer's farewell
        while let Ok(count @ 1..) = tls.reader().read(buffer) {
            hand_over(&mut self.rest, &buffer[..count], &mut take);
        }
        if processed.is_err() {
            // the alert that says why
            let _ = tls.write_tls(&mut self.socket);
            return Heard::End;
        }
        if tls.wants_write() { drain_tls(tls, &mut self.socket).map_or(Heard::End, |()| heard) } else { heard }
    }

    /// Writes as much as the socket takes; what stays is in `out`.
    fn write(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let mut done = 0;
        if let Some(tls) = self.tls.as_mut() {
            drain_tls(tls, &mut self.socket)?;
            while done < out.len() && !tls.wants_write() {
                let end = out.len().min(done + READ_BYTES_MAX);
                done += tls.writer().write(&out[done..end])?;
                drain_tls(tls, &mut self.socket)?;
            }
        } else {
            while done < out.len() {
                match self.socket.write(&out[done..]) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(count) => done += count,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
        if done == out.len() && out.capacity() > OUT_BYTES_MAX {
            *out = Vec::new();
        } else {
            out.drain(..done);
        }
        Ok(())
    }
}

fn drain_tls(tls: &mut ServerConnection, socket: &mut TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        match tls.write_tls(socket) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Hands over what came, after what was left of the last time; keeps what is no whole packet yet.
fn hand_over(rest: &mut Vec<u8>, bytes: &[u8], take: &mut impl FnMut(&[u8]) -> usize) {
    if rest.is_empty() {
        let used = take(bytes);
        rest.extend_from_slice(&bytes[used..]);
    } else {
        rest.extend_from_slice(bytes);
        let used = take(rest);
        rest.drain(..used);
    }
    if rest.is_empty() && rest.capacity() > READ_BYTES_MAX {
        *rest = Vec::new();
    }
}
