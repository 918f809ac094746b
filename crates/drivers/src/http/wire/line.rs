//! InfluxDB line protocol, line by line, without a copy of the text where nothing is escaped.
//!
//! ```text
//! measurement,tag=value,tag=value field=1.5,other="word",third=t 1700000000000000000
//! ```
//! A field that cannot be read ends its line: it and what follows it is one refusal, what stands before it is taken.

use super::index::{Field, Index, Series};
use super::{KNOWN, Precision, Rows, number, shown};
use collect::RawValue;
use measure::Instant;
use memchr::memchr;
use plant::RefusalReason;
use std::borrow::Cow;

const LINE: &str = "measurement,tag=value field=value time, as in InfluxDB line protocol v2";
const VALUE: &str = "a number, a number with i or u, t or f, or a text in double quotes";

/// One line and where it stands.
struct Line<'b> {
    number: usize,
    text: &'b [u8],
}

/// Reads all lines of a body.
pub(super) fn read(index: &Index, precision: Precision, body: &[u8], rows: &mut Rows) {
    let mut scratch = Vec::new();
    let (mut rest, mut number) = (body, 0);
    while !rest.is_empty() {
        if rows.is_given_up(|| format!("line {}", number + 1), rest) {
            return;
        }
        number += 1;
        let end = line_end(rest);
        let text = trimmed(&rest[..end]);
        rest = rest.get(end + 1..).unwrap_or_default();
        if !text.is_empty() && text[0] != b'#' {
            read_line(index, precision, &Line { number, text }, (rows, &mut scratch));
        }
    }
}

/// Where the first line ends; a line break within quotes belongs to a text.
fn line_end(rest: &[u8]) -> usize {
    let end = memchr(b'\n', rest).unwrap_or(rest.len());
    if memchr(b'"', &rest[..end]).is_none() {
        return end;
    }
    let (mut quoted, mut escaped) = (false, false);
    for (place, byte) in rest.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'\n' if !quoted => return place,
            _ => {}
        }
    }
    // an open quote: the line is broken, and ends where a plain one would
    if quoted { end } else { rest.len() }
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.trim_ascii()
}

fn read_line(index: &Index, precision: Precision, line: &Line<'_>, (rows, scratch): (&mut Rows, &mut Vec<u8>)) {
    let malformed = |rows: &mut Rows, from: usize, allowed: &str| {
        let place = format!("line {}, column {}", line.number, from + 1);
        rows.refuse(RefusalReason::Malformed, place, &line.text[from..], allowed);
    };
    let Some(key_end) = unescaped(line.text, b' ') else {
        return malformed(rows, 0, LINE);
    };
    let (fields_end, at) = match time(line.text, key_end, precision) {
        Time::None => (line.text.len(), rows.delivery.received),
        Time::At(place, at) => (place, at),
        Time::TooFar(place) => return malformed(rows, place, "a time that fits the precision, counted from 1970"),
    };
    let series = series(index, &line.text[..key_end], scratch);
    let mut fields = Fields { text: &line.text[..fields_end], place: key_end + 1, shown: (0, 0) };
    let mut expected = 0;
    loop {
        match fields.next(series, &mut expected) {
            Next::Value(Some(field), value) => take(rows, field, series.map_or(0, Series::len), (at, value)),
            Next::Value(None, _) => {
                let from = fields.shown.0;
                if rows.is_given_up(|| format!("line {}, column {}", line.number, from + 1), &line.text[from..]) {
                    return;
                }
                let place = format!("line {}: {}", line.number, shown(&line.text[..key_end]));
                rows.refuse(RefusalReason::UnknownChannel, place, &line.text[from..fields.shown.1], KNOWN);
            }
            Next::Broken(from, allowed) => return malformed(rows, from, allowed),
            Next::End => return,
        }
    }
}

fn take(rows: &mut Rows, field: &Field, fields: usize, (at, value): (Instant, Value<'_>)) {
    match value {
        Value::Number(number) if !field.target.is_word => rows.number(field, fields, at, number),
        Value::Number(number) => rows.raw(field, at, RawValue::Number(number)),
        Value::Flag(flag) => rows.raw(field, at, RawValue::Flag(flag)),
        Value::Text(text) => rows.raw(field, at, RawValue::Text(text.into_owned())),
    }
}

/// The time at the end of a line.
enum Time {
    None,
    At(usize, Instant),
    TooFar(usize),
}

fn time(text: &[u8], key_end: usize, precision: Precision) -> Time {
    let digits = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let mut start = text.len() - digits;
    if digits > 0 && start > 0 && text[start - 1] == b'-' {
        start -= 1;
    }
    if digits == 0 || start <= key_end + 1 || text[start - 1] != b' ' || is_escaped(text, start - 1) || in_quotes(text, start) {
        return Time::None;
    }
    let mut value = 0_i64;
    for byte in &text[text.len() - digits..] {
        let Some(next) = value.checked_mul(10).and_then(|v| v.checked_add(i64::from(byte - b'0'))) else {
            return Time::TooFar(start);
        };
        value = next;
    }
    let value = if text[start] == b'-' { -value } else { value };
    precision.instant(value).map_or(Time::TooFar(start), |at| Time::At(start - 1, at))
}

/// Whether a place lies within a text in quotes.
fn in_quotes(text: &[u8], place: usize) -> bool {
    if memchr(b'"', text).is_none() {
        return false;
    }
    let (mut quoted, mut escaped) = (false, false);
    for byte in &text[..place] {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
    }
    quoted
}

/// The first place of a byte that no backslash stands before.
fn unescaped(text: &[u8], wanted: u8) -> Option<usize> {
    let mut from = 0;
    loop {
        let place = from + memchr(wanted, &text[from..])?;
        if !is_escaped(text, place) {
            return Some(place);
        }
        from = place + 1;
    }
}

fn is_escaped(text: &[u8], place: usize) -> bool {
    text[..place].iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1
}

/// A text without the backslashes that stand before one of some signs.
fn without_escapes<'t>(text: &'t [u8], signs: &[u8]) -> Cow<'t, [u8]> {
    if memchr(b'\\', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().peekable();
    while let Some(byte) = bytes.next() {
        let escapes = *byte == b'\\' && bytes.peek().is_some_and(|next| signs.contains(next));
        out.push(if escapes { bytes.next().copied().unwrap_or(b'\\') } else { *byte });
    }
    Cow::Owned(out)
}

/// A measurement, tag or field key as it is meant.
fn plain(text: &[u8]) -> Cow<'_, [u8]> {
    without_escapes(text, b",= \\")
}

/// The series that measurement and tags name.
fn series<'i>(index: &'i Index, key: &[u8], scratch: &mut Vec<u8>) -> Option<&'i Series> {
    if memchr(b'\\', key).is_none() {
        let (measurement, tags) = key.split_at(memchr(b',', key).unwrap_or(key.len()));
        let tag = |wanted: &[u8]| {
            tags.split(|b| *b == b',').find_map(|tag| {
                let (name, value) = tag.split_at_checked(wanted.len())?;
                if name == wanted { value.strip_prefix(b"=") } else { None }
            })
        };
        return index.series(measurement, tag, scratch);
    }
    let end = unescaped(key, b',').unwrap_or(key.len());
    let mut tags: Vec<[Cow<'_, [u8]>; 2]> = Vec::new();
    let mut rest = key.get(end + 1..).unwrap_or_default();
    while !rest.is_empty() {
        let tag_end = unescaped(rest, b',').unwrap_or(rest.len());
        let (name, value) = rest[..tag_end].split_at(unescaped(&rest[..tag_end], b'=')?);
        tags.push([plain(name), plain(&value[1..])]);
        rest = rest.get(tag_end + 1..).unwrap_or_default();
    }
    let tag = |wanted: &[u8]| tags.iter().find(|[name, _]| **name == *wanted).map(|[_, value]| &**value);
    index.series(&plain(&key[..end]), tag, scratch)
}

/// A field's value.
enum Value<'b> {
    Number(f64),
    Flag(bool),
    Text(Cow<'b, str>),
}

/// What stands next among the fields.
enum Next<'i, 'b> {
    Value(Option<&'i Field>, Value<'b>),
    Broken(usize, &'static str),
    End,
}

/// The fields of a line, from a place on.
struct Fields<'b> {
    text: &'b [u8],
    place: usize,
    /// Where the field read last stands.
    shown: (usize, usize),
}

impl<'b> Fields<'b> {
    fn next<'i>(&mut self, series: Option<&'i Series>, expected: &mut usize) -> Next<'i, 'b> {
        let start = self.place;
        let rest = self.text.get(start..).unwrap_or_default();
        if rest.is_empty() {
            // a line needs a field; a comma wants another one
            let is_done = start == self.text.len() + 1 && self.shown.1 > 0;
            return if is_done { Next::End } else { Next::Broken(start.min(self.text.len()), LINE) };
        }
        let (field, typed_at) = match series.and_then(|s| s.expected(rest, expected)) {
            Some((field, length)) => (Some(field), length),
            None => {
                let Some(equals) = unescaped(rest, b'=').filter(|place| *place > 0) else {
                    return Next::Broken(start, LINE);
                };
                let name = plain(&rest[..equals]);
                (series.and_then(|s| s.field(&name, expected)), equals + 1)
            }
        };
        let Some((value, length)) = value(&rest[typed_at..]) else {
            return Next::Broken(start + typed_at, VALUE);
        };
        let end = start + typed_at + length;
        if !matches!(self.text.get(end), None | Some(b',')) {
            return Next::Broken(end, LINE);
        }
        self.place = end + 1;
        self.shown = (start, end);
        Next::Value(field, value)
    }
}

/// The value at the start of a text, and its length.
fn value(typed: &[u8]) -> Option<(Value<'_>, usize)> {
    if typed.first() == Some(&b'"') {
        let (text, length) = quoted(typed)?;
        return Some((Value::Text(text), length));
    }
    // values are short: a plain loop beats a search prepared for long texts
    let length = typed.iter().position(|b| matches!(b, b',' | b' ')).unwrap_or(typed.len());
    let word = &typed[..length];
    if let Some(value) = number(word) {
        return Some((Value::Number(value), length));
    }
    let value = match word {
        b"t" | b"T" | b"true" | b"True" | b"TRUE" => Value::Flag(true),
        b"f" | b"F" | b"false" | b"False" | b"FALSE" => Value::Flag(false),
        _ => Value::Number(whole(word)?),
    };
    Some((value, length))
}

/// A whole number with its `i` or `u`.
fn whole(word: &[u8]) -> Option<f64> {
    let (kind, digits) = word.split_last()?;
    let text = std::str::from_utf8(digits).ok()?;
    match kind {
        b'i' => text.parse::<i64>().ok().map(|n| n as f64),
        b'u' => text.parse::<u64>().ok().map(|n| n as f64),
        _ => None,
    }
}

/// A text in quotes at the start, and its length with them.
fn quoted(typed: &[u8]) -> Option<(Cow<'_, str>, usize)> {
    let mut from = 1;
    loop {
        let place = from + memchr(b'"', typed.get(from..)?)?;
        if !is_escaped(typed, place) {
            let text = match without_escapes(&typed[1..place], b"\"\\") {
                Cow::Borrowed(bytes) => Cow::Borrowed(std::str::from_utf8(bytes).ok()?),
                Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).ok()?),
            };
            return Some((text, place + 1));
        }
        from = place + 1;
    }
}
