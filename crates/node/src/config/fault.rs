//! What is wrong with a file a person wrote: where, what was found, what is allowed. All faults are told, not the first.
//!
//! Enters: places and texts. Leaves: [`Faults`], whose display is what the person sees. Absent: any knowledge of the format.

use std::fmt;

/// Faults told at most; the number of further ones is told too.
pub const FAULTS_MAX: usize = 100;
/// Longest text quoted from the file [characters].
const QUOTE_MAX: usize = 60;
/// Most names listed as allowed.
const NAMES_MAX: usize = 30;

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into the value of a key.
    Key(String),
    /// Into an element of an array, from 0.
    Index(usize),
}

/// Where in a document: the keys and places from its root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trail(pub Vec<Step>);

impl Trail {
    /// The trail to an element of a repeated table.
    pub fn item(table: &str, index: usize) -> Self {
        Self::default().key(table).index(index)
    }
    /// One key further.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.step(Step::Key(key.to_owned()))
    }
    /// One element further.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.step(Step::Index(index))
    }
    fn step(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// File as the person named it.
    pub file: String,
    /// Line, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// The key, such as `machine.mill-1.line`; empty where the text is no TOML.
    pub key: String,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// What was probably meant.
    pub hint: Option<String>,
}

/// All that is wrong, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// The first ones.
    pub list: Vec<Fault>,
    /// How many more there are.
    pub more: usize,
}

impl Faults {
    /// Puts faults in the order of the file, one a place, and cuts the list at [`FAULTS_MAX`].
    pub fn gather(mut list: Vec<Fault>) -> Self {
        list.sort_by(|a, b| (&a.file, a.line, a.column, &a.key).cmp(&(&b.file, b.line, b.column, &b.key)));
        list.dedup_by(|b, a| (&a.file, a.line, a.column, &a.key) == (&b.file, b.line, b.column, &b.key));
        let more = list.len().saturating_sub(FAULTS_MAX);
        list.truncate(FAULTS_MAX);
        Self { list, more }
    }
    /// One fault of a whole file.
    pub fn of_file(file: &str, found: impl Into<String>, allowed: impl Into<String>) -> Self {
        let fault = Fault {
            file: file.to_owned(),
            line: 0,
            column: 0,
            key: String::new(),
            found: found.into(),
            allowed: allowed.into(),
            hint: None,
        };
        Self { list: vec![fault], more: 0 }
    }
}

impl std::error::Error for Faults {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: ", self.file)?,
            line => write!(f, "{}:{line}:{}: ", self.file, self.column)?,
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "found {}; allowed is {}", self.found, self.allowed)?;
        self.hint.iter().try_for_each(|hint| write!(f, "; did you mean `{hint}`?"))
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.list.iter().enumerate() {
            write!(f, "{}{fault}", if i == 0 { "" } else { "\n" })?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

/// A text of the file as it is quoted: in backticks, on one line, not too long.
pub fn quote(text: &str) -> String {
    let line: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(QUOTE_MAX) {
        Some((end, _)) => format!("`{}…`", &line[..end]),
        None => format!("`{line}`"),
    }
}

/// Names as they are listed: in backticks, parted by commas, cut with the number left out.
pub fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let mut text: Vec<String> = names.iter().take(NAMES_MAX).map(|n| format!("`{}`", n.as_ref())).collect();
    if names.len() > NAMES_MAX {
        text.push(format!("{} more", names.len() - NAMES_MAX));
    }
    text.join(", ")
}

/// The name nearest to a word, if it is near enough to have been meant.
pub fn nearest<S: AsRef<str>>(word: &str, names: &[S]) -> Option<String> {
    let length = word.chars().count();
    if length > 64 {
        return None;
    }
    let reach = (length / 3).max(1);
    let distances = names.iter().map(|n| (distance(&word.to_lowercase(), &n.as_ref().to_lowercase()), n.as_ref()));
    distances.filter(|(d, _)| *d <= reach).min_by_key(|(d, _)| *d).map(|(_, n)| n.to_owned())
}

/// Edit distance with swaps of neighbours (optimal string alignment; E. Ukkonen, Information and Control 64, 1985).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_near() {
        let names = ["milling", "turning", "washing"];
        assert_eq!(nearest("millling", &names).as_deref(), Some("milling"));
        assert_eq!(nearest("Miling", &names).as_deref(), Some("milling"));
        assert_eq!(nearest("tunring", &names).as_deref(), Some("turning"));
        assert_eq!(nearest("oven", &names), None);
        assert_eq!(nearest("", &names), None);
        assert_eq!((distance("ab", "ba"), distance("", "abc"), distance("abc", "abc")), (1, 3, 0));
    }

    #[test]
    fn faults_are_in_order_and_cut() {
        let fault = |line| Fault { line, ..Faults::of_file("f", "x", "y").list.remove(0) };
        let faults = Faults::gather((1..=FAULTS_MAX + 3).rev().map(fault).collect());
        assert_eq!((faults.list.len(), faults.list[0].line, faults.more), (FAULTS_MAX, 1, 3));
        assert!(faults.to_string().ends_with("\nand 3 more"));
    }
}
