//! MTConnect documents. Enters: XML of an agent. Leaves: data items, observations, errors, or why the text is none of these. Absent:
//! channels, sequence numbers in order.
//!
//! Names are taken without their name space: agents of all versions differ in it and vendors add their own. Elements nested
//! deeper than [`DEPTH_MAX`] end the reading; entities other than XML's five are not known.

use measure::{Instant, Span};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// Deepest nesting of elements taken.
pub const DEPTH_MAX: usize = 64;

/// A document of an agent.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    /// Answer to probe.
    Devices(Header, Vec<DataItem>),
    /// Answer to current and sample.
    Streams(Header, Vec<Observation>),
    /// Codes and texts.
    Errors(Vec<(String, String)>),
}

/// What an agent says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Changes when the agent begins anew.
    pub instance: Option<u64>,
    /// Oldest sequence number in its buffer.
    pub first: Option<u64>,
    /// Newest one.
    pub last: Option<u64>,
    /// Where a sample goes on after this document.
    pub next: Option<u64>,
}

/// A data item of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataItem {
    /// Names, uuid and id of its device.
    pub device: Vec<String>,
    /// Names of device and components around it, outermost first.
    pub path: Vec<String>,
    /// Unique at the agent.
    pub id: String,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// SAMPLE, EVENT or CONDITION.
    pub category: String,
    /// Its type, such as `LOAD`.
    pub kind: String,
    /// Its sub-type, such as `ACTUAL`.
    pub sub_kind: Option<String>,
    /// Its unit as the standard writes it, such as `MILLIMETER/SECOND`.
    pub units: Option<String>,
    /// VALUE where it is absent.
    pub representation: Option<String>,
}

/// What an observation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// A measured number.
    Sample,
    /// A word, or a number that jumps.
    Event,
    /// Normal, warning or fault.
    Condition,
}

/// An observation.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Id of its data item.
    pub item: String,
    /// Its place in the agent's buffer.
    pub sequence: u64,
    /// Its time as it was written.
    pub timestamp: String,
    /// Its time; `None` where the text is none.
    pub at: Option<Instant>,
    /// What it is.
    pub category: Category,
    /// Name of its element, such as `Load` or `Fault`.
    pub element: String,
    /// The machine's own code of a condition.
    pub native_code: Option<String>,
    /// Marked invalid by the agent.
    pub invalid: bool,
    /// Its text.
    pub text: String,
}

impl Document {
    /// What it is, for messages.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Devices(..) => "a document of devices",
            Self::Streams(..) => "a document of streams",
            Self::Errors(_) => "a document of errors",
        }
    }
}

impl DataItem {
    /// Whether it belongs to a device of this name, uuid or id.
    pub fn of_device(&self, device: &str) -> bool {
        self.device.iter().any(|name| name == device)
    }
}

/// What a document is made of while it is read.
#[derive(Default)]
struct Reading {
    root: String,
    header: Header,
    /// Names of the open elements.
    open: Vec<String>,
    /// Of the open elements of a device: its and its components' names.
    names: Vec<Option<String>>,
    device: Vec<String>,
    items: Vec<DataItem>,
    observations: Vec<Observation>,
    errors: Vec<(String, String)>,
    /// Where the text of the element now open belongs: its depth.
    text_at: Option<usize>,
    text: String,
}

/// Reads a document.
///
/// # Errors
/// It is no XML, nested too deep, or no MTConnect document.
pub fn parse(body: &[u8]) -> Result<Document, String> {
    let text = std::str::from_utf8(body).map_err(|e| format!("not UTF-8 after byte {}", e.valid_up_to()))?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().expand_empty_elements = true;
    let mut reading = Reading::default();
    loop {
        let broken = |error: &dyn std::fmt::Display, at: u64| format!("at byte {at}: {error}");
        match reader.read_event() {
            Err(error) => return Err(broken(&error, reader.error_position())),
            Ok(Event::Eof) => break,
            Ok(Event::Start(start)) => reading.open(&start).map_err(|e| broken(&e, reader.buffer_position()))?,
            Ok(Event::End(_)) => reading.close(),
            Ok(Event::Text(text)) => reading.add(&text.xml10_content()),
            Ok(Event::CData(text)) => reading.add(&text.xml10_content()),
            Ok(Event::GeneralRef(reference)) => match character(&reference) {
                Some(character) => reading.add(character.encode_utf8(&mut [0; 4])),
                None => {
                    return Err(broken(
                        &format!("the unknown entity `&{};`", reference.xml10_content()),
                        reader.buffer_position(),
                    ));
                }
            },
            Ok(Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
        }
    }
    if !reading.open.is_empty() {
        return Err(format!("it ends within `{}`", reading.open.join("/")));
    }
    reading.done()
}

fn character(reference: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    match &*reference.xml10_content() {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => reference.resolve_char_ref().ok().flatten(),
    }
}

/// Attributes by name.
struct Attributes(Vec<(String, String)>);

impl Attributes {
    fn of(start: &BytesStart<'_>) -> Result<Self, String> {
        let read = start.attributes().map(|attribute| {
            let attribute = attribute.map_err(|e| e.to_string())?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|e| e.to_string())?;
            Ok((attribute.key.local_name().into_inner().to_owned(), value.into_owned()))
        });
        read.collect::<Result<_, String>>().map(Self)
    }
    fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(place).1)
    }
    fn number(&mut self, name: &str) -> Option<u64> {
        self.take(name)?.trim().parse().ok()
    }
}

impl Reading {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        if self.open.len() >= DEPTH_MAX {
            return Err(format!("elements nested deeper than {DEPTH_MAX}"));
        }
        let name = start.local_name().into_inner().to_owned();
        let mut attributes = Attributes::of(start)?;
        match self.open.len() {
            0 if self.root.is_empty() => self.root = name.clone(),
            0 => return Err("a second root element".to_owned()),
            1 if name == "Header" => self.header = header(&mut attributes),
            _ => match self.root.as_str() {
                "MTConnectDevices" => self.device_element(&name, &mut attributes),
                "MTConnectStreams" => self.stream_element(&name, &mut attributes),
                _ => self.error_element(&mut attributes),
            },
        }
        self.open.push(name);
        Ok(())
    }

    fn close(&mut self) {
        self.open.pop();
        if self.names.len() > self.open.len() {
            self.names.truncate(self.open.len());
        }
        if self.text_at == Some(self.open.len()) {
            self.text_at = None;
            let text = std::mem::take(&mut self.text);
            match self.root.as_str() {
                "MTConnectStreams" => self.observations.last_mut().into_iter().for_each(|o| o.text.clone_from(&text)),
                _ => self.errors.last_mut().into_iter().for_each(|(_, told)| told.clone_from(&text)),
            }
        }
    }

    fn add(&mut self, text: &str) {
        if self.text_at.is_some_and(|depth| depth + 1 == self.open.len()) {
            self.text.push_str(text);
        }
    }

    fn device_element(&mut self, name: &str, attributes: &mut Attributes) {
        let parent = self.open.last().map_or("", String::as_str);
        self.names.resize(self.open.len(), None);
        if parent == "Devices" {
            self.device = ["name", "uuid", "id"].into_iter().filter_map(|key| attributes.take(key)).collect();
            self.names.push(self.device.first().cloned());
        } else if parent == "Components" {
            self.names.push(Some(attributes.take("name").unwrap_or_else(|| name.to_owned())));
        } else if parent == "DataItems" && name == "DataItem" {
            let Some(id) = attributes.take("id") else { return };
            self.items.push(DataItem {
                device: self.device.clone(),
                path: self.names.iter().flatten().cloned().collect(),
                id,
                name: attributes.take("name"),
                category: attributes.take("category").unwrap_or_default(),
                kind: attributes.take("type").unwrap_or_default(),
                sub_kind: attributes.take("subType"),
                units: attributes.take("units"),
                representation: attributes.take("representation"),
            });
        }
    }

    fn stream_element(&mut self, name: &str, attributes: &mut Attributes) {
        let category = match self.open.last().map_or("", String::as_str) {
            "Samples" => Category::Sample,
            "Events" => Category::Event,
            "Condition" | "Conditions" => Category::Condition,
            _ => return,
        };
        let (Some(item), Some(sequence)) = (attributes.take("dataItemId"), attributes.number("sequence")) else { return };
        let timestamp = attributes.take("timestamp").unwrap_or_default();
        self.observations.push(Observation {
            item,
            sequence,
            at: instant(&timestamp),
            timestamp,
            category,
            element: name.to_owned(),
            native_code: attributes.take("nativeCode"),
            invalid: attributes.take("quality").as_deref() == Some("INVALID"),
            text: String::new(),
        });
        self.text_at = Some(self.open.len());
    }

    fn error_element(&mut self, attributes: &mut Attributes) {
        if let Some(code) = attributes.take("errorCode") {
            self.errors.push((code, String::new()));
            self.text_at = Some(self.open.len());
        }
    }

    fn done(self) -> Result<Document, String> {
        match self.root.as_str() {
            "MTConnectDevices" => Ok(Document::Devices(self.header, self.items)),
            "MTConnectStreams" => Ok(Document::Streams(self.header, self.observations)),
            "MTConnectError" => Ok(Document::Errors(self.errors)),
            "" => Err("no element at all".to_owned()),
            other => Err(format!("a document `{}`", other.chars().take(40).collect::<String>())),
        }
    }
}

fn header(attributes: &mut Attributes) -> Header {
    Header {
        instance: attributes.number("instanceId"),
        first: attributes.number("firstSequence"),
        last: attributes.number("lastSequence"),
        next: attributes.number("nextSequence"),
    }
}

/// An instant in the form of ISO 8601 that MTConnect uses: `2026-03-02T06:00:00`, a fraction, then `Z`, an offset, or nothing (UTC).
pub fn instant(text: &str) -> Option<Instant> {
    let text = text.trim();
    let (date, time) = text.split_once('T')?;
    let mut date = date.split('-').map(str::parse::<u32>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let cut = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(cut);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut clock = clock.split(':').map(str::parse::<u32>);
    let (hour, minute) = (clock.next()?.ok()?, clock.next()?.ok()?);
    let second = clock.next().transpose().ok()?.unwrap_or(0);
    if !(1..=9_999).contains(&year) {
        return None;
    }
    let whole = Instant::from_civil(i64::from(year), month, day, hour, minute, second)?;
    Some(whole + Span::from_micros(micros(fraction)?) - Span::from_minutes(offset(zone)?))
}

/// Microseconds of a fraction of a second.
fn micros(fraction: &str) -> Option<i64> {
    if !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(6).collect();
    digits.parse().ok()
}

/// Minutes that a zone is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    let (sign, rest) = match zone.split_at_checked(1) {
        None | Some(("Z" | "z", "")) => return Some(0),
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        Some(_) => return None,
    };
    let (hours, minutes) = rest.split_once(':').or_else(|| rest.split_at_checked(2))?;
    let (hours, minutes) = (hours.parse::<u8>().ok()?, if minutes.is_empty() { 0 } else { minutes.parse::<u8>().ok()? });
    (hours <= 23 && minutes <= 59).then(|| sign * (i64::from(hours) * 60 + i64::from(minutes)))
}
