//! Packets to bytes, appended to a buffer. Lengths must fit: texts up to 65,535 bytes, packets up to 256 MiB; callers hold
//! stricter limits. A text that does not fit is cut at its limit rather than breaking the stream.

use super::{AckKind, Version, reason};

/// PUBLISH as it leaves.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Sent before.
    pub dup: bool,
    /// Quality of service, 0 to 2.
    pub qos: u8,
    /// Retained.
    pub retain: bool,
    /// Topic name.
    pub topic: &'a str,
    /// Packet id; not written with quality of service 0.
    pub id: u16,
    /// Properties as bytes, two parts that follow each other; not written to 3.1.1.
    pub properties: (&'a [u8], &'a [u8]),
    /// Payload.
    pub payload: &'a [u8],
}

/// CONNECT as it leaves.
#[derive(Clone, Copy, Debug)]
pub struct Connect<'a> {
    /// Protocol.
    pub version: Version,
    /// Clean session (3.1.1), clean start (5).
    pub clean: bool,
    /// Longest silence of the client [s].
    pub keep_alive_s: u16,
    /// Client id.
    pub client: &'a str,
    /// Name and password.
    pub credentials: Option<(&'a str, &'a [u8])>,
    /// Properties as bytes, of MQTT 5.
    pub properties: &'a [u8],
}

/// Size of a message as a packet [bytes].
pub fn publish_len(version: Version, message: &Message<'_>) -> usize {
    let body = publish_body(version, message);
    1 + variable_len(body) + body
}

fn publish_body(version: Version, message: &Message<'_>) -> usize {
    let properties = match version {
        Version::V4 => 0,
        Version::V5 => {
            let count = message.properties.0.len() + message.properties.1.len();
            variable_len(count) + count
        }
    };
    2 + message.topic.len() + if message.qos > 0 { 2 } else { 0 } + properties + message.payload.len()
}

/// PUBLISH.
pub fn publish(out: &mut Vec<u8>, version: Version, message: &Message<'_>) {
    let flags = u8::from(message.dup) << 3 | message.qos << 1 | u8::from(message.retain);
    head(out, 0x30 | flags, publish_body(version, message));
    text(out, message.topic);
    if message.qos > 0 {
        short(out, message.id);
    }
    if version == Version::V5 {
        let (first, second) = message.properties;
        variable(out, first.len() + second.len());
        out.extend_from_slice(first);
        out.extend_from_slice(second);
    }
    out.extend_from_slice(message.payload);
}

/// PUBACK, PUBREC, PUBREL, PUBCOMP.
#[inline]
pub fn ack(out: &mut Vec<u8>, version: Version, kind: AckKind, (id, code): (u16, u8)) {
    let first = (kind as u8) << 4 | if kind == AckKind::PubRel { 2 } else { 0 };
    let [high, low] = id.to_be_bytes();
    if version == Version::V4 || code == reason::SUCCESS {
        out.extend_from_slice(&[first, 2, high, low]);
    } else {
        out.extend_from_slice(&[first, 3, high, low, code]);
    }
}

/// CONNECT.
pub fn connect(out: &mut Vec<u8>, connect: &Connect<'_>) {
    let mut body = Vec::with_capacity(64);
    text(&mut body, "MQTT");
    body.push(if connect.version == Version::V5 { 5 } else { 4 });
    body.push(u8::from(connect.clean) << 1 | if connect.credentials.is_some() { 0xC0 } else { 0 });
    short(&mut body, connect.keep_alive_s);
    block(&mut body, connect.version, connect.properties);
    text(&mut body, connect.client);
    if let Some((name, password)) = connect.credentials {
        text(&mut body, name);
        bytes(&mut body, password);
    }
    whole(out, 0x10, &body);
}

/// CONNACK.
pub fn conn_ack(out: &mut Vec<u8>, version: Version, (present, code): (bool, u8), properties: &[u8]) {
    let mut body = vec![u8::from(present), code];
    block(&mut body, version, properties);
    whole(out, 0x20, &body);
}

/// SUBSCRIBE; each filter with its options byte.
pub fn subscribe(out: &mut Vec<u8>, version: Version, id: u16, filters: &[(&str, u8)]) {
    let mut body = Vec::new();
    short(&mut body, id);
    block(&mut body, version, &[]);
    for (filter, options) in filters {
        text(&mut body, filter);
        body.push(*options);
    }
    whole(out, 0x82, &body);
}

/// SUBACK.
pub fn sub_ack(out: &mut Vec<u8>, version: Version, id: u16, codes: &[u8]) {
    acked(out, version, 0x90, (id, codes));
}

/// UNSUBACK; 3.1.1 has no codes.
pub fn unsub_ack(out: &mut Vec<u8>, version: Version, id: u16, codes: &[u8]) {
    acked(out, version, 0xB0, (id, if version == Version::V4 { &[] } else { codes }));
}

fn acked(out: &mut Vec<u8>, version: Version, first: u8, (id, codes): (u16, &[u8])) {
    let mut body = Vec::with_capacity(3 + codes.len());
    short(&mut body, id);
    block(&mut body, version, &[]);
    body.extend_from_slice(codes);
    whole(out, first, &body);
}

/// PINGREQ.
pub fn ping_req(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0xC0, 0]);
}

/// PINGRESP.
pub fn ping_resp(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0xD0, 0]);
}

/// DISCONNECT.
pub fn disconnect(out: &mut Vec<u8>, version: Version, code: u8) {
    if version == Version::V4 || code == reason::SUCCESS {
        out.extend_from_slice(&[0xE0, 0]);
    } else {
        out.extend_from_slice(&[0xE0, 1, code]);
    }
}

/// Properties of numbers and texts, made one after the other.
#[derive(Clone, Debug, Default)]
pub struct PropertyBytes(pub Vec<u8>);

impl PropertyBytes {
    /// A number of one byte.
    pub fn byte(mut self, id: u8, value: u8) -> Self {
        self.0.extend_from_slice(&[id, value]);
        self
    }
    /// A number of two bytes.
    pub fn short(mut self, id: u8, value: u16) -> Self {
        self.0.push(id);
        short(&mut self.0, value);
        self
    }
    /// A number of four bytes.
    pub fn long(mut self, id: u8, value: u32) -> Self {
        self.0.push(id);
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }
    /// A number of one to four bytes.
    pub fn variable(mut self, id: u8, value: u32) -> Self {
        self.0.push(id);
        variable(&mut self.0, value as usize);
        self
    }
    /// A text.
    pub fn text(mut self, id: u8, value: &str) -> Self {
        self.0.push(id);
        text(&mut self.0, value);
        self
    }
}

fn whole(out: &mut Vec<u8>, first: u8, body: &[u8]) {
    head(out, first, body.len());
    out.extend_from_slice(body);
}

fn head(out: &mut Vec<u8>, first: u8, length: usize) {
    out.push(first);
    variable(out, length);
}

fn block(out: &mut Vec<u8>, version: Version, properties: &[u8]) {
    if version == Version::V5 {
        variable(out, properties.len());
        out.extend_from_slice(properties);
    }
}

const fn variable_len(number: usize) -> usize {
    match number {
        0..=0x7F => 1,
        0x80..=0x3FFF => 2,
        0x4000..=0x001F_FFFF => 3,
        _ => 4,
    }
}

fn variable(out: &mut Vec<u8>, mut number: usize) {
    loop {
        let byte = (number & 0x7F) as u8;
        number >>= 7;
        if number == 0 {
            return out.push(byte);
        }
        out.push(byte | 0x80);
    }
}

fn short(out: &mut Vec<u8>, number: u16) {
    out.extend_from_slice(&number.to_be_bytes());
}

fn text(out: &mut Vec<u8>, value: &str) {
    bytes(out, value.as_bytes());
}

fn bytes(out: &mut Vec<u8>, value: &[u8]) {
    let count = u16::try_from(value.len()).unwrap_or(u16::MAX);
    short(out, count);
    out.extend_from_slice(&value[..count.into()]);
}
