//! Readers of the literature's text formats: text in, model out.
//!
//! Enters: the text of an instance. Leaves: a [`Task`] (model and units of its objective), or a [`ReadError`] that names file part,
//! line, what was found and what is allowed. Absent: files, folders, names of instances.
//!
//! One file a format: [`jsp`], [`fjsp`] (also with set-ups), [`fajsp`], [`jit`], [`tardiness`].

pub mod fajsp;
pub mod fjsp;
pub mod jit;
pub mod jsp;
pub mod tardiness;
mod tokens;

use super::model::{Model, ModelError};
use thiserror::Error;

/// A model read from text.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// What is to be planned.
    pub model: Model,
    /// Ticks in one time unit of the text (1 where the text has whole numbers only).
    pub ticks: i64,
    /// The objective of the model in one unit of the text's objective.
    pub scale: f64,
}

/// What a text does not allow.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ReadError {
    /// The text is not of the format.
    #[error("line {line}: found {found}, allowed {allowed}")]
    Text {
        /// Line, from 1.
        line: usize,
        /// What was found there.
        found: String,
        /// What is allowed there.
        allowed: String,
    },
    /// One of several texts is not of the format.
    #[error("{part} line {line}: found {found}, allowed {allowed}")]
    Part {
        /// Which text.
        part: &'static str,
        /// Line, from 1.
        line: usize,
        /// What was found there.
        found: String,
        /// What is allowed there.
        allowed: String,
    },
    /// The text is of the format, but what it says is no model.
    #[error("{0}")]
    Model(#[from] ModelError),
}
