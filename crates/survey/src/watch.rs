//! What was heard of one value while it was watched. Enters: values in order. Leaves: a few figures. Absent: the values
//! themselves, the clock.

use crate::Value;

/// Most different words kept of one value.
pub const WORDS_MAX: usize = 32;

/// What a value did while it was watched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watched {
    /// Values heard.
    pub count: usize,
    /// Times a number was higher than the one before.
    pub rises: usize,
    /// Times a number was lower than the one before.
    pub falls: usize,
    /// Lowest and highest number.
    pub span: Option<(f64, f64)>,
    /// Whether a number had a fraction.
    pub fraction: bool,
    /// Different words in the order met, at most [`WORDS_MAX`].
    pub words: Vec<String>,
    /// Whether there were more words than are kept.
    pub more_words: bool,
    /// The newest value.
    pub last: Option<Value>,
}

impl Watched {
    /// Takes one value in.
    pub fn hear(&mut self, value: Value) {
        self.count += 1;
        match &value {
            Value::Number(number) if number.is_finite() => self.number(*number),
            Value::Number(_) => {}
            Value::Flag(flag) => self.word(if *flag { "true" } else { "false" }),
            Value::Text(text) => self.word(text),
        }
        self.last = Some(value);
    }
    /// Whether numbers rose and never fell.
    pub const fn only_rose(&self) -> bool {
        self.rises > 0 && self.falls == 0
    }
    /// Whether it is a state by its look: at least two words that came again.
    pub fn returns_to_words(&self) -> bool {
        !self.more_words && self.words.len() >= 2 && self.count >= self.words.len() * 3
    }

    fn number(&mut self, number: f64) {
        if let Some(Value::Number(before)) = self.last {
            self.rises += usize::from(number > before);
            self.falls += usize::from(number < before);
        }
        self.fraction |= number.fract() != 0.0;
        let (low, high) = self.span.unwrap_or((number, number));
        self.span = Some((low.min(number), high.max(number)));
    }
    fn word(&mut self, word: &str) {
        if self.words.iter().any(|known| known == word) {
            return;
        }
        if self.words.len() < WORDS_MAX { self.words.push(word.to_owned()) } else { self.more_words = true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_only_rises_and_a_state_comes_back() {
        let mut counter = Watched::default();
        [1.0, 1.0, 2.0, 5.0].into_iter().for_each(|n| counter.hear(Value::Number(n)));
        assert!(counter.only_rose() && !counter.fraction, "{counter:?}");
        counter.hear(Value::Number(4.5));
        assert!(!counter.only_rose() && counter.fraction && counter.span == Some((1.0, 5.0)), "{counter:?}");
        let mut state = Watched::default();
        for word in ["run", "wait", "run", "wait", "run", "run"] {
            state.hear(Value::Text(word.to_owned()));
        }
        assert!(state.returns_to_words(), "{state:?}");
        (0..100).for_each(|n| state.hear(Value::Text(n.to_string())));
        assert!(!state.returns_to_words() && state.words.len() == WORDS_MAX, "{state:?}");
    }
}
