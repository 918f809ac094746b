//! The conformance suite of [`Sink`]: every driver runs it in its tests.
//!
//! Enters: a sink with a word channel and a number channel it can write. Leaves: a panic that names the rule broken.

use crate::{Sink, Unwritable};
use plant::{ChannelId, CommandValue};
use std::fmt::Debug;

/// What the suite needs to know of the sink under test.
#[derive(Clone, Copy, Debug)]
pub struct Bench {
    /// A channel that takes numbers, and a number it can hold.
    pub number: Option<(ChannelId, f64)>,
    /// A channel that takes words, and a word it can hold.
    pub word: Option<(ChannelId, &'static str)>,
    /// A channel that the sink has no address for.
    pub unknown: ChannelId,
}

/// Runs all checks.
///
/// # Panics
/// A rule of [`Sink`] does not hold.
pub fn check<S: Sink>(sink: &S, bench: Bench)
where
    S::Request: Debug + PartialEq,
{
    assert!(bench.number.is_some() || bench.word.is_some(), "a sink writes numbers or words");
    let values = [CommandValue::Number(1.0), CommandValue::Word("ready".to_owned())];
    for value in &values {
        let answer = sink.encode(bench.unknown, value);
        assert!(matches!(answer, Err(Unwritable::NoAddress(n)) if n == bench.unknown.0), "no address: {answer:?}");
    }
    if let Some((channel, number)) = bench.number {
        let value = CommandValue::Number(number);
        assert_eq!(sink.encode(channel, &value).ok(), sink.encode(channel, &value).ok(), "the same request twice");
        assert!(sink.encode(channel, &value).is_ok(), "a number that fits is written");
        for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let answer = sink.encode(channel, &CommandValue::Number(wrong));
            assert!(answer.is_err(), "{wrong} must be refused: {answer:?}");
        }
        let answer = sink.encode(channel, &CommandValue::Word("ready".to_owned()));
        assert!(matches!(answer, Err(Unwritable::WrongType { .. })), "a word for a number: {answer:?}");
    }
    if let Some((channel, word)) = bench.word {
        let value = CommandValue::Word(word.to_owned());
        assert_eq!(sink.encode(channel, &value).ok(), sink.encode(channel, &value).ok(), "the same request twice");
        assert!(sink.encode(channel, &value).is_ok(), "a word that fits is written");
        let answer = sink.encode(channel, &CommandValue::Number(f64::NAN));
        assert!(answer.is_err(), "a number that is none must be refused: {answer:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sink for tests: channel 0 takes numbers, channel 1 words; each fault breaks one rule.
    #[derive(Default)]
    struct Toy {
        takes_infinity: bool,
        mixes_types: bool,
        knows_all: bool,
    }

    impl Sink for Toy {
        type Request = String;
        fn encode(&self, channel: ChannelId, value: &CommandValue) -> Result<String, Unwritable> {
            let wrong = |found: String, allowed: &str| {
                Err(Unwritable::WrongType { place: "toy".to_owned(), found, allowed: allowed.to_owned() })
            };
            match (channel.0, value) {
                (0, CommandValue::Number(n)) if n.is_finite() || self.takes_infinity => Ok(n.to_string()),
                (0, CommandValue::Word(w)) if self.mixes_types => Ok(w.clone()),
                (1, CommandValue::Word(w)) => Ok(w.clone()),
                (0, value) => wrong(format!("{value:?}"), "a finite number"),
                (1, value) => wrong(format!("{value:?}"), "a word"),
                _ if self.knows_all => Ok(String::new()),
                (other, _) => Err(Unwritable::NoAddress(other)),
            }
        }
    }

    const BENCH: Bench = Bench { number: Some((ChannelId(0), 90.0)), word: Some((ChannelId(1), "ready")), unknown: ChannelId(7) };

    #[test]
    fn a_sink_that_keeps_the_rules_passes() {
        check(&Toy::default(), BENCH);
    }

    #[test]
    #[should_panic(expected = "must be refused")]
    fn infinity_is_caught() {
        check(&Toy { takes_infinity: true, ..Toy::default() }, BENCH);
    }

    #[test]
    #[should_panic(expected = "a word for a number")]
    fn mixed_types_are_caught() {
        check(&Toy { mixes_types: true, ..Toy::default() }, BENCH);
    }

    #[test]
    #[should_panic(expected = "no address")]
    fn an_answer_for_an_unknown_channel_is_caught() {
        check(&Toy { knows_all: true, ..Toy::default() }, BENCH);
    }
}
