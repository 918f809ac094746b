//! Whole numbers of a text, one after another, each with its line.
//!
//! Enters: a text. Leaves: numbers within bounds, or where it goes wrong. Absent: what the numbers mean. `#` begins a comment.

use super::ReadError;

/// The numbers of a text.
pub(super) struct Tokens<'a> {
    list: Vec<(usize, &'a str)>,
    next: usize,
    last_line: usize,
}

impl<'a> Tokens<'a> {
    /// The tokens of a text.
    pub(super) fn of(text: &'a str) -> Self {
        let mut list = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let code = line.split('#').next().unwrap_or_default();
            list.extend(code.split_whitespace().map(|word| (number + 1, word)));
        }
        let last_line = text.lines().count().max(1);
        Self { list, next: 0, last_line }
    }

    /// The line of the next token.
    pub(super) fn line(&self) -> usize {
        self.list.get(self.next).map_or(self.last_line, |(line, _)| *line)
    }

    /// An error at the next token.
    pub(super) fn error(&self, found: impl Into<String>, allowed: impl Into<String>) -> ReadError {
        ReadError::Text { line: self.line(), found: found.into(), allowed: allowed.into() }
    }

    /// The next token as it stands.
    pub(super) fn peek(&self) -> Option<&'a str> {
        self.list.get(self.next).map(|(_, word)| *word)
    }

    /// How many tokens are left.
    pub(super) fn left(&self) -> usize {
        self.list.len() - self.next
    }

    /// How many tokens are left on the line of the next one.
    pub(super) fn left_on_line(&self) -> usize {
        let line = self.line();
        self.list[self.next..].iter().take_while(|(l, _)| *l == line).count()
    }

    /// Leaves the next token out.
    pub(super) fn skip(&mut self) {
        self.next = (self.next + 1).min(self.list.len());
    }

    /// The next number, called `what`, from `low` to `high`.
    pub(super) fn number(&mut self, what: &str, low: i64, high: i64) -> Result<i64, ReadError> {
        let allowed = || format!("{what}, a whole number from {low} to {high}");
        let Some(word) = self.peek() else { return Err(self.error("the end", allowed())) };
        match word.parse::<i64>() {
            Ok(number) if (low..=high).contains(&number) => {
                self.next += 1;
                Ok(number)
            }
            _ => Err(self.error(format!("`{}`", word.chars().take(40).collect::<String>()), allowed())),
        }
    }

    /// A number of things, called `what`, at most `high`.
    pub(super) fn count(&mut self, what: &str, low: usize, high: usize) -> Result<usize, ReadError> {
        Ok(usize::try_from(self.number(what, low as i64, high as i64)?).unwrap_or(0))
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Result<(), ReadError> {
        self.peek().map_or(Ok(()), |word| Err(self.error(format!("`{}`", word.chars().take(40).collect::<String>()), "the end")))
    }
}
