//! A forecast step by step, and the contests of the models that make such forecasts.
//!
//! Enters: figures. Leaves: the same as one value. Absent: how they are worked out, where they are stored.

use crate::Window;
use measure::{Instant, Span};

/// Levels of the quantiles that are told [1]; the outermost are the ends of the 90 % interval.
pub const LEVELS: [f64; 7] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];

/// One step, in the unit of the forecast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CourseStep {
    /// What is expected in the mean.
    pub mean: f64,
    /// Quantiles at [`LEVELS`], rising.
    pub quantiles: [f64; LEVELS.len()],
}

/// A forecast step by step.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Start of the first step.
    pub from: Instant,
    /// Length of each.
    pub step: Span,
    /// Version of the model, where models are contested.
    pub version: Option<u32>,
    /// The steps.
    pub steps: Vec<CourseStep>,
}

/// A contest of a newly learned model with the one in use, on later data that neither had seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Contest {
    /// When.
    pub at: Instant,
    /// What is foretold, such as `energy_use` or `remaining_life/milling/tool`.
    pub subject: String,
    /// The version that was in use; a challenger that takes over has the next one.
    pub version: u32,
    /// What the challenger was learned from.
    pub learned: Window,
    /// What both were measured on.
    pub on: Window,
    /// Mean loss of the version in use, in the unit of the forecast.
    pub in_use: f64,
    /// Mean loss of the challenger.
    pub challenger: f64,
    /// Blocks compared: days, or lives of parts.
    pub blocks: u32,
    /// How likely the challenger is the better one [1].
    pub probability: f64,
    /// Whether it took over.
    pub swapped: bool,
    /// Lessons that the challenger was learned from, where lessons are what is learned from; else 0.
    pub lessons: u32,
}
