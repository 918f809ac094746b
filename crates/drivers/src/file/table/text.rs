//! CSV, plain or unpacked on the way in. Enters: bytes. Leaves: rows of text with their lines, and the place of the next row.
//!
//! Bytes are split into values before they become letters: in UTF-8, Windows-1252 and GB 18030 no second byte of a letter is a
//! separator, a quote or a line break.

use super::{BadRow, Place, ROW_BYTES_MAX, Row, Style};
use encoding_rs::{GB18030, WINDOWS_1252};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How letters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    Utf8,
    /// Windows-1252, of which Latin-1 is a part.
    Latin1,
    /// GB 18030, of which GBK and GB 2312 are parts.
    Gbk,
}

/// Rows of a CSV.
pub(super) struct CsvRows {
    reader: csv::Reader<Bounded>,
    since: Arc<AtomicUsize>,
    record: csv::ByteRecord,
    delimiter: u8,
    encoding: Encoding,
    base: Place,
    /// The line of the last row, for faults that have no place of their own.
    line: u64,
    has_failed: bool,
}

/// Lets a row grow no longer than [`ROW_BYTES_MAX`] (a quote left open would otherwise swallow the file).
struct Bounded {
    inner: Box<dyn BufRead + Send>,
    since: Arc<AtomicUsize>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let since = self.since.fetch_add(count, Ordering::Relaxed) + count;
        if count > 0 && since > ROW_BYTES_MAX + buffer.len() {
            return Err(io::Error::other(format!("a row longer than {ROW_BYTES_MAX} bytes; is a quote left open?")));
        }
        Ok(count)
    }
}

impl Encoding {
    /// All encodings with their words in configuration.
    pub const ALL: [(Self, &'static str); 3] = [(Self::Utf8, "utf-8"), (Self::Latin1, "latin-1"), (Self::Gbk, "gbk")];
    /// From the word used in configuration.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(e, _)| *e)
    }
    fn read(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Latin1 => WINDOWS_1252.decode_without_bom_handling_and_without_replacement(bytes),
            Self::Gbk => GB18030.decode_without_bom_handling_and_without_replacement(bytes),
        }
    }
    fn allowed(self) -> String {
        let word = Self::ALL.iter().find(|(e, _)| *e == self).map_or("", |(_, w)| w);
        format!("text in {word}; another encoding is named by the key `encoding`")
    }
}

impl CsvRows {
    /// Reads up to the first row; the names of the columns.
    ///
    /// # Errors
    /// There is no header, in words.
    pub(super) fn open(plain: Box<dyn Read + Send>, style: &Style) -> Result<(Vec<String>, Self), String> {
        let failed = |error: io::Error| format!("a header that cannot be read: {error}");
        let mut plain = BufReader::with_capacity(1 << 16, plain);
        if matches!(plain.fill_buf().map_err(failed)?, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
            return Err("UTF-16; save it as UTF-8 (in Excel: `CSV UTF-8`)".to_owned());
        }
        let mut base = Place::default();
        for _ in 0..style.above {
            let mut line = Vec::new();
            base.offset += (&mut plain).take(ROW_BYTES_MAX as u64).read_until(b'\n', &mut line).map_err(failed)? as u64;
            base.lines += 1;
        }
        let head = plain.fill_buf().map_err(failed)?;
        let delimiter = style.delimiter.unwrap_or_else(|| guess(head));
        let mut rows = Self::new(Box::new(plain), base, delimiter, style.encoding);
        if let Some(names) = &style.names {
            return Ok((names.clone(), rows));
        }
        rows.reader.read_byte_record(&mut rows.record).map_err(|error| format!("a header that cannot be read: {error}"))?;
        let name = |cell: &[u8]| {
            let text = style.encoding.read(cell.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(cell));
            text.map(|t| t.trim().to_owned()).ok_or_else(|| format!("a header that is no {}", style.encoding.allowed()))
        };
        let columns = rows.record.iter().map(name).collect::<Result<Vec<_>, _>>()?;
        Ok((columns, rows))
    }

    /// Goes on in a file where a row begins, up to the byte `limit`.
    ///
    /// # Errors
    /// The file cannot be read, in words.
    pub(super) fn resume(mut file: File, from: Place, limit: u64, delimiter: u8, encoding: Encoding) -> Result<Self, String> {
        file.seek(SeekFrom::Start(from.offset)).map_err(|error| error.to_string())?;
        let rest = BufReader::new(file.take(limit.saturating_sub(from.offset)));
        Ok(Self::new(Box::new(rest), from, delimiter, encoding))
    }

    fn new(inner: Box<dyn BufRead + Send>, base: Place, delimiter: u8, encoding: Encoding) -> Self {
        let since = Arc::new(AtomicUsize::new(0));
        let bounded = Bounded { inner, since: Arc::clone(&since) };
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(bounded);
        let line = base.lines + 1;
        Self { reader, since, record: csv::ByteRecord::new(), delimiter, encoding, base, line, has_failed: false }
    }

    pub(super) const fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Where the next row begins; after a row that could not be read, where that one begins.
    pub(super) fn place(&self) -> Place {
        let at = self.reader.position();
        Place { offset: self.base.offset + at.byte(), lines: self.base.lines + at.line() - 1 }
    }

    pub(super) fn next_row(&mut self, width: usize) -> Option<Result<Row, BadRow>> {
        if self.has_failed {
            return None;
        }
        self.since.store(0, Ordering::Relaxed);
        match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(error) => {
                self.has_failed = true;
                return Some(Err(self.unreadable(&error)));
            }
        }
        self.line = self.record.position().map_or(self.line + 1, |p| self.base.lines + p.line());
        if self.record.len() != width {
            let (found, allowed) = (format!("{} values", self.record.len()), format!("{width} values, one a column"));
            return Some(Err(BadRow { line: self.line, found, allowed, ends: false }));
        }
        let cell = |c: &[u8]| self.encoding.read(c).map(|t| t.trim().to_owned());
        Some(match self.record.iter().map(cell).collect::<Option<Vec<String>>>() {
            Some(cells) => Ok(Row { line: self.line, cells }),
            None => {
                let found = "bytes that are no letters of it".to_owned();
                Err(BadRow { line: self.line, found, allowed: self.encoding.allowed(), ends: false })
            }
        })
    }

    fn unreadable(&self, error: &csv::Error) -> BadRow {
        let line = self.line + 1;
        BadRow { line, found: error.to_string(), allowed: "a file that can be read to its end".to_owned(), ends: true }
    }
}

/// The one of `,` `;` and tabulator that the first line with any has most of.
fn guess(head: &[u8]) -> u8 {
    let line = head.split(|b| *b == b'\n').find(|line| line.iter().any(|b| !b.is_ascii_whitespace())).unwrap_or_default();
    let count = |sign: u8| {
        let mut quoted = false;
        line.iter()
            .filter(|b| {
                quoted ^= **b == b'"';
                !quoted && **b == sign
            })
            .count()
    };
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|sign| count(*sign)).unwrap_or(b',')
}
