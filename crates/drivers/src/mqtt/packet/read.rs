//! Bytes to packets. Every length is checked before it is used; nothing here can panic or allocate more than a packet holds.

use super::property::{Properties, id};
use super::{Ack, AckKind, Connect, Fault, Packet, Publish, Version, Will, fault, reason};

/// The extent of the packet at the start of `bytes`: how many bytes its header has, and how many there are in all. `None`
/// when more bytes are needed to know that.
///
/// # Errors
/// The length is written with more than four bytes, or is beyond `max` [bytes in all].
#[inline]
pub fn frame(bytes: &[u8], max: usize) -> Result<Option<(usize, usize)>, Fault> {
    let (mut length, mut place) = (0_usize, 1);
    loop {
        let Some(byte) = bytes.get(place) else { return Ok(None) };
        length |= usize::from(byte & 0x7F) << (7 * (place - 1));
        place += 1;
        if byte & 0x80 == 0 {
            break;
        }
        if place > 4 {
            return Err(fault(reason::MALFORMED, "the length of a packet takes more than four bytes"));
        }
    }
    if place + length > max {
        let sentence = format!("a packet of {} bytes; allowed are {max}", place + length);
        return Err(Fault { reason: reason::TOO_LARGE, sentence: sentence.into() });
    }
    Ok(Some((place, place + length)))
}

/// The packet whose first byte is `first` and whose variable header and payload are `body`. A CONNECT tells its own version.
///
/// # Errors
/// The bytes are no such packet.
#[inline]
pub fn read(version: Version, first: u8, body: &[u8]) -> Result<Packet<'_>, Fault> {
    let mut cursor = Cursor(body);
    if first >> 4 == 3 {
        return publish(version, first & 0x0F, cursor).map(Packet::Publish);
    }
    let wanted = if matches!(first >> 4, 6 | 8 | 10) { 2 } else { 0 };
    if first & 0x0F != wanted {
        return Err(fault(reason::MALFORMED, "the reserved bits of a header are wrong"));
    }
    let packet = match first >> 4 {
        1 => Packet::Connect(connect(&mut cursor)?),
        2 => conn_ack(version, &mut cursor)?,
        4 => Packet::Ack(ack(AckKind::PubAck, version, &mut cursor)?),
        5 => Packet::Ack(ack(AckKind::PubRec, version, &mut cursor)?),
        6 => Packet::Ack(ack(AckKind::PubRel, version, &mut cursor)?),
        7 => Packet::Ack(ack(AckKind::PubComp, version, &mut cursor)?),
        8 => subscribe(version, &mut cursor)?,
        9 => {
            let id = cursor.packet_id()?;
            cursor.properties(version)?;
            Packet::SubAck { id, codes: cursor.rest() }
        }
        10 => unsubscribe(version, &mut cursor)?,
        11 => {
            let id = cursor.packet_id()?;
            cursor.properties(version)?;
            cursor.rest();
            Packet::UnsubAck { id }
        }
        12 => Packet::PingReq,
        13 => Packet::PingResp,
        14 => disconnect(version, &mut cursor)?,
        _ => return Err(fault(reason::PROTOCOL_ERROR, "a packet of a type that is not spoken here")),
    };
    if cursor.0.is_empty() { Ok(packet) } else { Err(fault(reason::MALFORMED, "bytes after the end of a packet")) }
}

#[inline]
fn publish(version: Version, flags: u8, mut cursor: Cursor<'_>) -> Result<Publish<'_>, Fault> {
    let (dup, qos, retain) = (flags & 8 != 0, flags >> 1 & 3, flags & 1 != 0);
    if qos == 3 || (qos == 0 && dup) {
        return Err(fault(reason::MALFORMED, "a quality of service of 3, or a repetition of one of 0"));
    }
    let topic = cursor.bytes()?;
    let id = if qos == 0 { 0 } else { cursor.packet_id()? };
    let properties = cursor.properties(version)?;
    Ok(Publish { dup, qos, retain, topic, id, properties, payload: cursor.0 })
}

fn connect<'a>(cursor: &mut Cursor<'a>) -> Result<Connect<'a>, Fault> {
    let (name, level) = (cursor.text()?, cursor.byte()?);
    let version = match (name, level) {
        ("MQTT", 4) => Version::V4,
        ("MQTT", 5) => Version::V5,
        _ => return Err(fault(reason::UNSUPPORTED_VERSION, "neither MQTT 3.1.1 nor MQTT 5")),
    };
    let flags = cursor.byte()?;
    let (will_qos, has_will) = (flags >> 3 & 3, flags & 4 != 0);
    if flags & 1 != 0 || will_qos == 3 || (!has_will && flags & 0x38 != 0) {
        return Err(fault(reason::MALFORMED, "the flags of a CONNECT contradict each other"));
    }
    if version == Version::V4 && flags & 0xC0 == 0x40 {
        return Err(fault(reason::MALFORMED, "a password without a name"));
    }
    let keep_alive_s = cursor.short()?;
    let properties = cursor.properties(version)?;
    let client = cursor.text()?;
    let will = if has_will {
        let properties = cursor.properties(version)?;
        let (topic, payload) = (cursor.text()?, cursor.bytes()?);
        super::topic_name(topic.as_bytes())?;
        Some(Will { qos: will_qos, retain: flags & 0x20 != 0, properties, topic, payload })
    } else {
        None
    };
    let user = if flags & 0x80 == 0 { None } else { Some(cursor.text()?) };
    let password = if flags & 0x40 == 0 { None } else { Some(cursor.bytes()?) };
    Ok(Connect { version, clean: flags & 2 != 0, keep_alive_s, client, properties, will, user, password })
}

fn conn_ack<'a>(version: Version, cursor: &mut Cursor<'a>) -> Result<Packet<'a>, Fault> {
    let (present, code) = (cursor.byte()?, cursor.byte()?);
    if present > 1 {
        return Err(fault(reason::MALFORMED, "the flags of a CONNACK"));
    }
    // a server may refuse an unknown version in the words of 3.1.1, without properties
    let properties = if cursor.0.is_empty() { Properties::default() } else { cursor.properties(version)? };
    Ok(Packet::ConnAck { present: present == 1, code, properties })
}

fn ack(kind: AckKind, version: Version, cursor: &mut Cursor<'_>) -> Result<Ack, Fault> {
    let id = cursor.packet_id()?;
    let mut reason = reason::SUCCESS;
    if version == Version::V5 && !cursor.0.is_empty() {
        reason = cursor.byte()?;
        if !cursor.0.is_empty() {
            cursor.properties(version)?;
        }
    }
    Ok(Ack { kind, id, reason })
}

fn subscribe<'a>(version: Version, cursor: &mut Cursor<'a>) -> Result<Packet<'a>, Fault> {
    let id = cursor.packet_id()?;
    let subscription = cursor.properties(version)?.number(id::SUBSCRIPTION);
    let mut filters = Vec::new();
    while !cursor.0.is_empty() {
        let (filter, options) = (cursor.text()?, cursor.byte()?);
        let reserved = if version == Version::V5 { 0xC0 } else { 0xFC };
        if options & reserved != 0 || options & 3 == 3 || options & 0x30 == 0x30 {
            return Err(fault(reason::MALFORMED, "the options of a subscription"));
        }
        filters.push((filter, options));
    }
    if filters.is_empty() {
        return Err(fault(reason::PROTOCOL_ERROR, "a SUBSCRIBE without a topic filter"));
    }
    Ok(Packet::Subscribe { id, subscription, filters })
}

fn unsubscribe<'a>(version: Version, cursor: &mut Cursor<'a>) -> Result<Packet<'a>, Fault> {
    let id = cursor.packet_id()?;
    cursor.properties(version)?;
    let mut filters = Vec::new();
    while !cursor.0.is_empty() {
        filters.push(cursor.text()?);
    }
    if filters.is_empty() {
        return Err(fault(reason::PROTOCOL_ERROR, "an UNSUBSCRIBE without a topic filter"));
    }
    Ok(Packet::Unsubscribe { id, filters })
}

fn disconnect<'a>(version: Version, cursor: &mut Cursor<'a>) -> Result<Packet<'a>, Fault> {
    let (mut reason, mut expiry_s) = (reason::SUCCESS, None);
    if version == Version::V5 && !cursor.0.is_empty() {
        reason = cursor.byte()?;
        if !cursor.0.is_empty() {
            expiry_s = cursor.properties(version)?.number(id::SESSION_EXPIRY);
        }
    }
    Ok(Packet::Disconnect { reason, expiry_s })
}

/// Bytes not yet read.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    #[inline]
    fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(fault(reason::MALFORMED, "a packet ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }
    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.take(1)?[0])
    }
    #[inline]
    pub(super) fn short(&mut self) -> Result<u16, Fault> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }
    pub(super) fn long(&mut self) -> Result<u32, Fault> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }
    /// A number of one to four bytes (1.5.5).
    pub(super) fn variable(&mut self) -> Result<u32, Fault> {
        let mut number = 0;
        for place in 0..4 {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7F) << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(fault(reason::MALFORMED, "a number takes more than four bytes"))
    }
    #[inline]
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Fault> {
        let count = self.short()?;
        self.take(count.into())
    }
    pub(super) fn text(&mut self) -> Result<&'a str, Fault> {
        let text = std::str::from_utf8(self.bytes()?).map_err(|_| fault(reason::MALFORMED, "a text is UTF-8"))?;
        if text.contains('\0') { Err(fault(reason::MALFORMED, "a text has no NUL")) } else { Ok(text) }
    }
    #[inline]
    fn packet_id(&mut self) -> Result<u16, Fault> {
        match self.short()? {
            0 => Err(fault(reason::PROTOCOL_ERROR, "a packet id is not 0")),
            id => Ok(id),
        }
    }
    #[inline]
    fn properties(&mut self, version: Version) -> Result<Properties<'a>, Fault> {
        if version == Version::V4 {
            return Ok(Properties::default());
        }
        let count = self.variable()?;
        if count == 0 { Ok(Properties::default()) } else { Properties::checked(self.take(count as usize)?) }
    }
    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}
