//! A hub under test and its clients: packets in as bytes, packets out as short texts.

use crate::broker::figures::Figures;
use crate::broker::hub::Hub;
use crate::broker::{Intake, Limits, Users};
use crate::mqtt::packet::write::{self, Message, PropertyBytes};
use crate::mqtt::packet::{AckKind, Packet, Version, frame, read};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A hub, its time, and what it counts.
pub struct Town {
    pub hub: Hub,
    pub now: Instant,
    pub figures: Arc<Figures>,
}

/// How a client comes.
pub struct Coming<'a> {
    pub version: Version,
    pub clean: bool,
    pub keep_alive_s: u16,
    pub properties: PropertyBytes,
    pub credentials: Option<(&'a str, &'a str)>,
    /// Topic, payload, retained, delay [s].
    pub will: Option<(&'a str, &'a str, bool, u32)>,
}

impl Coming<'_> {
    pub fn new(version: Version) -> Self {
        Self { version, clean: true, keep_alive_s: 0, properties: PropertyBytes::default(), credentials: None, will: None }
    }
}

impl Town {
    pub fn new(limits: Limits, users: Option<Users>, intake: Option<Intake>) -> Self {
        let figures = Arc::new(Figures::default());
        Self { hub: Hub::new(limits, users, intake, Arc::clone(&figures)), now: Instant::now(), figures }
    }
    /// A client at `place` comes; what it is told.
    pub fn come(&mut self, place: usize, client: &str, coming: &Coming<'_>) -> Vec<String> {
        self.hub.open(place, format!("peer-{place}"), self.now);
        let mut body = vec![0, 4, b'M', b'Q', b'T', b'T', if coming.version == Version::V5 { 5 } else { 4 }];
        let will = coming.will.map_or(0, |(_, _, retain, _)| 0x0C | if retain { 0x20 } else { 0 });
        body.push(will | u8::from(coming.clean) << 1 | if coming.credentials.is_some() { 0xC0 } else { 0 });
        body.extend(coming.keep_alive_s.to_be_bytes());
        let text = |body: &mut Vec<u8>, text: &str| {
            body.extend((text.len() as u16).to_be_bytes());
            body.extend(text.as_bytes());
        };
        if coming.version == Version::V5 {
            body.push(coming.properties.0.len() as u8);
            body.extend(&coming.properties.0);
        }
        text(&mut body, client);
        if let Some((topic, payload, _, delay)) = coming.will {
            if coming.version == Version::V5 {
                body.extend([5, 0x18]);
                body.extend(delay.to_be_bytes());
            }
            text(&mut body, topic);
            text(&mut body, payload);
        }
        if let Some((name, password)) = coming.credentials {
            text(&mut body, name);
            text(&mut body, password);
        }
        let mut bytes = vec![0x10, body.len() as u8];
        bytes.extend(body);
        self.say(place, &bytes)
    }
    /// A client of clean session comes.
    pub fn join(&mut self, place: usize, client: &str, version: Version) {
        let told = self.come(place, client, &Coming::new(version));
        assert_eq!(told, ["connack 0 new"]);
    }
    /// Bytes from a client; what it is told.
    pub fn say(&mut self, place: usize, bytes: &[u8]) -> Vec<String> {
        let used = self.hub.hear(place, bytes, self.now);
        assert_eq!(used, bytes.len(), "whole packets");
        self.told(place)
    }
    pub fn publish(&mut self, place: usize, (topic, payload): (&str, &str), (qos, id, retain): (u8, u16, bool)) -> Vec<String> {
        let version = self.version(place);
        let message = Message { dup: false, qos, retain, topic, id, properties: (&[], &[]), payload: payload.as_bytes() };
        let mut bytes = Vec::new();
        write::publish(&mut bytes, version, &message);
        self.say(place, &bytes)
    }
    pub fn subscribe(&mut self, place: usize, filters: &[(&str, u8)]) -> Vec<String> {
        let mut bytes = Vec::new();
        write::subscribe(&mut bytes, self.version(place), 1, filters);
        self.say(place, &bytes)
    }
    pub fn ack(&mut self, place: usize, kind: AckKind, id: u16) -> Vec<String> {
        let mut bytes = Vec::new();
        write::ack(&mut bytes, self.version(place), kind, (id, 0));
        self.say(place, &bytes)
    }
    /// The socket of a client breaks.
    pub fn lose(&mut self, place: usize) {
        self.hub.lost(place, self.now);
    }
    pub fn wait(&mut self, seconds: f64) {
        self.now += Duration::from_secs_f64(seconds);
        self.hub.tick(self.now);
    }
    pub fn is_closing(&self, place: usize) -> bool {
        self.hub.connections[place].as_ref().is_none_or(|c| c.is_closing)
    }
    /// What a client was told since the last time; its socket takes all of it.
    pub fn told(&mut self, place: usize) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(connection) = self.hub.connections[place].as_mut() {
            let (version, bytes) = (connection.version, std::mem::take(&mut connection.out));
            if bytes.is_empty() {
                break;
            }
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (head, end) = frame(rest, usize::MAX).expect("a frame").expect("whole");
                told.push(word(&read(version, rest[0], &rest[head..end]).expect("a packet")));
                rest = &rest[end..];
            }
            self.hub.pump(place, self.now);
        }
        told
    }
    fn version(&self, place: usize) -> Version {
        self.hub.connections[place].as_ref().expect("connected").version
    }
}

fn word(packet: &Packet<'_>) -> String {
    match packet {
        Packet::ConnAck { present, code, .. } => format!("connack {code} {}", if *present { "kept" } else { "new" }),
        Packet::Publish(p) => {
            let (topic, payload) = (String::from_utf8_lossy(p.topic), String::from_utf8_lossy(p.payload));
            let marks = format!("{}{}", if p.retain { " retained" } else { "" }, if p.dup { " again" } else { "" });
            let payload = if payload.len() > 40 { format!("{} bytes", payload.len()) } else { payload.into_owned() };
            format!("{topic}={payload} q{} #{}{marks}", p.qos, p.id)
        }
        Packet::Ack(ack) => format!("{:?} {} {}", ack.kind, ack.id, ack.reason),
        Packet::SubAck { codes, .. } => format!("suback {codes:?}"),
        Packet::Disconnect { reason, .. } => format!("disconnect {reason}"),
        other => format!("{other:?}"),
    }
}
