//! A value that may be wrong, how sure it is, and why.

use crate::Reason;

/// A guess.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess<T> {
    /// What is guessed.
    pub value: T,
    /// How sure it is [0 to 1].
    pub confidence: f64,
    /// Why, the most telling first.
    pub reasons: Vec<Reason>,
}

impl<T> Guess<T> {
    /// A guess with one reason.
    pub fn new(value: T, confidence: f64, reason: Reason) -> Self {
        Self { value, confidence, reasons: vec![reason] }
    }
}
