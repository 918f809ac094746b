//! XML of a workbook's parts, an event at a time. Enters: a part. Leaves: tags with their attributes, texts. Absent: name spaces
//! (local names are unique in these parts), entities of one's own.

use super::archive::Part;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::io::BufReader;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A part as events.
pub(super) struct Xml {
    reader: Reader<BufReader<Part>>,
    since: Arc<AtomicUsize>,
    buffer: Vec<u8>,
}

/// What comes next in a part.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// A tag opens; `true` where it closes at once.
    Open(Tag, bool),
    /// A tag closes.
    Close(String),
    /// A text or a part of one.
    Text(String),
    /// The end.
    End,
}

/// A tag: its local name and its attributes by local name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tag {
    pub name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    /// Whether an attribute says yes.
    pub(super) fn is(&self, name: &str) -> bool {
        matches!(self.get(name), Some("1" | "true"))
    }
}

impl Xml {
    pub(super) fn new(part: Part) -> Self {
        let since = part.since();
        Self { reader: Reader::from_reader(BufReader::new(part)), since, buffer: Vec::new() }
    }

    /// The next piece.
    ///
    /// # Errors
    /// It is no XML, damaged or too long; in words.
    pub(super) fn next(&mut self) -> Result<Piece, String> {
        loop {
            self.buffer.clear();
            self.since.store(0, Ordering::Relaxed);
            let event = self.reader.read_event_into(&mut self.buffer).map_err(|error| error.to_string())?;
            return Ok(match event {
                Event::Start(tag) => Piece::Open(tag_of(&tag)?, false),
                Event::Empty(tag) => Piece::Open(tag_of(&tag)?, true),
                Event::End(tag) => Piece::Close(tag.local_name().as_ref().to_owned()),
                Event::Text(text) => Piece::Text(text.xml10_content().into_owned()),
                Event::CData(text) => Piece::Text(text.xml10_content().into_owned()),
                Event::GeneralRef(name) => Piece::Text(letter(&name)?),
                Event::Eof => Piece::End,
                Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => continue,
            });
        }
    }
}

fn tag_of(tag: &BytesStart<'_>) -> Result<Tag, String> {
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0).map_err(|error| error.to_string())?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    Ok(Tag { name: tag.local_name().as_ref().to_owned(), attributes })
}

fn letter(name: &BytesRef<'_>) -> Result<String, String> {
    if let Some(letter) = name.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(letter.to_string());
    }
    let name = name.xml10_content();
    let known = [("lt", "<"), ("gt", ">"), ("amp", "&"), ("quot", "\""), ("apos", "'")];
    let found = known.iter().find(|(n, _)| *n == name).map(|(_, letter)| (*letter).to_owned());
    found.ok_or_else(|| format!("the unknown entity `{name}`"))
}
