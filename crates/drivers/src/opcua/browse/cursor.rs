//! Where a walk stands, and how that is written. Enters: nodes met. Leaves: those that wait, a text and back.
//!
//! ```text
//! opcua 1                                     then a line a node that waits, in the order of the walk:
//! v <tab> ns=2;s=mill.power <tab> mill <tab> power         v a variable, o an object; names with \t, \n and \ escaped
//! -                                           then a line a node that was looked at: its hash, 16 hex digits
//! ```

use opcua::types::{NodeId, ObjectId};
use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

const FIRST: &str = "opcua 1";
/// Longest text that is read [byte].
const TEXT_MAX: usize = 256 << 20;

/// Where a walk stands.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    waiting: VecDeque<Place>,
    met: HashSet<u64>,
}

/// A node on the walk.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    pub node: NodeId,
    pub path: Arc<[String]>,
    pub is_variable: bool,
}

/// A node as a number (FNV-1a over its text), the same in every build.
fn hash(node: &NodeId) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    node.to_string().bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

impl Default for Cursor {
    /// At the Objects folder. The server's own object is no machine's.
    fn default() -> Self {
        let root: NodeId = ObjectId::ObjectsFolder.into();
        let met = HashSet::from([hash(&root), hash(&ObjectId::Server.into())]);
        Self { waiting: VecDeque::from([Place { node: root, path: Arc::from([]), is_variable: false }]), met }
    }
}

impl Cursor {
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
    pub fn has_met(&self, node: &NodeId) -> bool {
        self.met.contains(&hash(node))
    }
    /// The next places, at most so many.
    pub fn next(&self, at_once: usize) -> impl Iterator<Item = &Place> {
        self.waiting.iter().take(at_once)
    }
    /// So many places were looked at; some are looked at again, and these were found below them.
    pub fn move_on(&mut self, took: usize, again: Vec<Place>, below: Vec<Place>) {
        self.waiting.drain(..took);
        again.into_iter().rev().for_each(|place| self.waiting.push_front(place));
        self.met.extend(below.iter().map(|place| hash(&place.node)));
        self.waiting.extend(below);
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST}")?;
        let mut waiting = HashSet::with_capacity(self.waiting.len());
        for place in &self.waiting {
            waiting.insert(hash(&place.node));
            write!(f, "{}\t{}", if place.is_variable { "v" } else { "o" }, escaped(&place.node.to_string()))?;
            place.path.iter().try_for_each(|name| write!(f, "\t{}", escaped(name)))?;
            f.write_str("\n")?;
        }
        writeln!(f, "-")?;
        let mut rest: Vec<u64> = self.met.iter().filter(|node| !waiting.contains(node)).copied().collect();
        rest.sort_unstable();
        rest.iter().try_for_each(|node| writeln!(f, "{node:016x}"))
    }
}

impl FromStr for Cursor {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = |line: usize| format!("line {} of the cursor is none of a walk of this kind of source", line + 1);
        let mut lines = text.lines().enumerate();
        if text.len() > TEXT_MAX || lines.next().is_none_or(|(_, first)| first != FIRST) {
            return Err(bad(0));
        }
        let mut cursor = Self { waiting: VecDeque::new(), met: HashSet::new() };
        for (number, line) in lines.by_ref().take_while(|(_, line)| *line != "-") {
            let place = place(line).ok_or_else(|| bad(number))?;
            cursor.met.insert(hash(&place.node));
            cursor.waiting.push_back(place);
        }
        for (number, line) in lines {
            cursor.met.insert(u64::from_str_radix(line, 16).map_err(|_| bad(number))?);
        }
        Ok(cursor)
    }
}

fn place(line: &str) -> Option<Place> {
    let mut parts = line.split('\t');
    let is_variable = match parts.next()? {
        "v" => true,
        "o" => false,
        _ => return None,
    };
    let node = plain(parts.next()?)?.parse().ok()?;
    let path = parts.map(plain).collect::<Option<Arc<[String]>>>()?;
    Some(Place { node, path, is_variable })
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
}

fn plain(text: &str) -> Option<String> {
    let (mut plain, mut letters) = (String::with_capacity(text.len()), text.chars());
    while let Some(letter) = letters.next() {
        plain.push(match letter {
            '\\' => match letters.next()? {
                '\\' => '\\',
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            letter => letter,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(node: &str, path: &[&str]) -> Place {
        Place {
            node: node.parse().expect(node),
            path: path.iter().map(|name| (*name).to_owned()).collect(),
            is_variable: node.ends_with('v'),
        }
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let mut cursor = Cursor::default();
        let below = vec![place("ns=2;s=a\tb\\c", &["a\tb", "line\nbreak\\"]), place("ns=2;s=v", &["v"])];
        cursor.move_on(1, Vec::new(), below.clone());
        let text = cursor.to_string();
        let again: Cursor = text.parse().expect("a cursor");
        assert_eq!(again.waiting, below);
        assert_eq!((again.to_string(), again.met), (text, cursor.met));
    }

    #[test]
    fn a_text_that_is_no_cursor_is_answered_with_its_line() {
        for (text, line) in
            [("", 1), ("mqtt 1\n-\n", 1), ("opcua 1\nx\ti=1\n", 2), ("opcua 1\nv\ti=\n", 2), ("opcua 1\n-\nzz\n", 3)]
        {
            let error = text.parse::<Cursor>().expect_err(text);
            assert_eq!(error, format!("line {line} of the cursor is none of a walk of this kind of source"));
        }
    }
}
