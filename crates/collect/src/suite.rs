//! The conformance suite of [`Source`](crate::Source).
