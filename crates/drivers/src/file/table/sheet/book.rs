//! What a workbook says beside its sheets: their names and parts, its texts, which styles are dates (ECMA-376 Part 1, 18.2 to
//! 18.8). Enters: the archive. Leaves: a [`Book`]. Absent: cells.

use super::archive::Archive;
use super::xml::{Piece, Tag, Xml};
use std::collections::HashMap;

/// Most bytes of all texts of a workbook.
const TEXTS_BYTES_MAX: usize = 256 << 20;

/// What the number of a cell is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number.
    #[default]
    Number,
    /// A date without a time of day.
    Day,
    /// A date and time, or a time of day.
    Time,
}

/// A workbook.
#[derive(Default)]
pub(super) struct Book {
    /// Names of its sheets and their parts.
    pub sheets: Vec<(String, String)>,
    /// Texts that cells name by number.
    pub texts: Vec<Box<str>>,
    /// What the numbers of each style are.
    pub kinds: Vec<Kind>,
    /// Whether days count from 1904.
    pub is_1904: bool,
}

impl Book {
    /// Reads what a workbook says beside its sheets.
    ///
    /// # Errors
    /// A part is missing or no XML, or the texts are too long; in words.
    pub(super) fn read(archive: &Archive) -> Result<Self, String> {
        let main = relations(archive, "_rels/.rels", "")?.into_iter().find(|r| r.kind.ends_with("/officeDocument"));
        let main = main.map_or_else(|| "xl/workbook.xml".to_owned(), |r| r.target);
        let (folder, file) = main.rsplit_once('/').unwrap_or(("", &main));
        let relations = relations(archive, &format!("{folder}/_rels/{file}.rels"), folder)?;
        let target = |kind: &str| relations.iter().find(|r| r.kind.ends_with(kind)).map(|r| r.target.clone());
        let mut book = Self::default();
        book.read_main(archive, &main, &relations)?;
        if let Some(part) = target("/sharedStrings").filter(|part| archive.has(part)) {
            book.texts = texts(archive, &part)?;
        }
        if let Some(part) = target("/styles").filter(|part| archive.has(part)) {
            book.kinds = kinds(archive, &part)?;
        }
        Ok(book)
    }

    fn read_main(&mut self, archive: &Archive, main: &str, relations: &[Relation]) -> Result<(), String> {
        each_tag(archive, main, |tag, _| match tag.name.as_str() {
            "workbookPr" => self.is_1904 = tag.is("date1904"),
            "sheet" => {
                let target = relations.iter().find(|r| Some(r.id.as_str()) == tag.get("id")).map(|r| r.target.clone());
                let name = tag.get("name").unwrap_or_default().to_owned();
                self.sheets.extend(target.map(|target| (name, target)));
            }
            _ => {}
        })
    }
}

struct Relation {
    id: String,
    kind: String,
    target: String,
}

fn relations(archive: &Archive, part: &str, folder: &str) -> Result<Vec<Relation>, String> {
    let mut all = Vec::new();
    each_tag(archive, part, |tag, _| {
        if tag.name == "Relationship" {
            let text = |name| tag.get(name).unwrap_or_default().to_owned();
            let target = text("Target");
            let target = match target.strip_prefix('/') {
                Some(whole) => whole.to_owned(),
                None if folder.is_empty() => target,
                None => format!("{folder}/{target}"),
            };
            all.push(Relation { id: text("Id"), kind: text("Type"), target });
        }
    })?;
    Ok(all)
}

/// Calls `take` with every tag that opens and the name of the one it stands in.
fn each_tag(archive: &Archive, part: &str, mut take: impl FnMut(&Tag, &str)) -> Result<(), String> {
    let mut xml = Xml::new(archive.part(part)?);
    let mut path: Vec<String> = Vec::new();
    loop {
        match xml.next().map_err(|error| format!("part `{part}`: {error}"))? {
            Piece::Open(tag, is_closed) => {
                take(&tag, path.last().map_or("", String::as_str));
                if !is_closed {
                    path.push(tag.name);
                }
            }
            Piece::Close(_) => drop(path.pop()),
            Piece::Text(_) => {}
            Piece::End => return Ok(()),
        }
    }
}

/// The shared texts; how they are spoken (`rPh`) is no part of them.
fn texts(archive: &Archive, part: &str) -> Result<Vec<Box<str>>, String> {
    let mut xml = Xml::new(archive.part(part)?);
    let (mut all, mut text, mut bytes) = (Vec::new(), String::new(), 0);
    let (mut in_text, mut spoken) = (false, false);
    loop {
        match xml.next().map_err(|error| format!("part `{part}`: {error}"))? {
            Piece::Open(tag, is_closed) => match tag.name.as_str() {
                "si" if is_closed => all.push(Box::from("")),
                "t" => in_text = !is_closed,
                "rPh" => spoken = !is_closed,
                _ => {}
            },
            Piece::Close(name) => match name.as_str() {
                "si" => all.push(std::mem::take(&mut text).into_boxed_str()),
                "t" => in_text = false,
                "rPh" => spoken = false,
                _ => {}
            },
            Piece::Text(more) if in_text && !spoken => {
                bytes += more.len();
                if bytes > TEXTS_BYTES_MAX {
                    return Err(format!("a workbook with more than {TEXTS_BYTES_MAX} bytes of texts"));
                }
                text.push_str(&more);
            }
            Piece::Text(_) => {}
            Piece::End => return Ok(all),
        }
    }
}

fn kinds(archive: &Archive, part: &str) -> Result<Vec<Kind>, String> {
    let mut codes: HashMap<u32, Kind> = HashMap::new();
    let mut kinds = Vec::new();
    each_tag(archive, part, |tag, within| match (tag.name.as_str(), within) {
        ("numFmt", _) => {
            let id = tag.get("numFmtId").and_then(|id| id.parse().ok());
            codes.extend(id.zip(tag.get("formatCode").map(kind_of)));
        }
        ("xf", "cellXfs") => {
            let id = tag.get("numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
            kinds.push(codes.get(&id).copied().unwrap_or_else(|| built_in(id)));
        }
        _ => {}
    })?;
    Ok(kinds)
}

/// Formats that need no code (ECMA-376 Part 1, 18.8.30, with those of East Asia).
const fn built_in(id: u32) -> Kind {
    match id {
        14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => Kind::Day,
        18..=22 | 32..=35 | 45 | 47 | 55 | 56 => Kind::Time,
        _ => Kind::Number,
    }
}

/// What a format's code makes of a number: letters of dates outside quotes, escapes and brackets. Time that went by, such as
/// `[h]:mm`, stays a number.
pub(super) fn kind_of(code: &str) -> Kind {
    let (mut has_day, mut has_time, mut minute) = (false, false, false);
    let mut letters = code.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => drop(letters.find(|l| *l == '"')),
            '\\' | '_' | '*' => drop(letters.next()),
            '[' => {
                let inner: String = letters.by_ref().take_while(|l| *l != ']').collect();
                if !inner.is_empty() && inner.to_lowercase().chars().all(|l| matches!(l, 'h' | 'm' | 's')) {
                    return Kind::Number;
                }
            }
            'd' | 'D' | 'y' | 'Y' => has_day = true,
            'h' | 'H' | 's' | 'S' => has_time = true,
            'm' | 'M' => minute = true,
            'G' | 'g' if letters.as_str().to_lowercase().starts_with("eneral") => return Kind::Number,
            ';' => break,
            _ => {}
        }
    }
    match (has_day, has_time, minute) {
        (_, true, _) => Kind::Time,
        (true, false, _) | (false, false, true) => Kind::Day,
        (false, false, false) => Kind::Number,
    }
}
