//! What history and the newest values look like from outside: buckets of several channels, and last values.

use super::common::When;
use super::words::{ChannelKind, Quality};
use crate::house::Point;
use plant::{Latest, Lexicon};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A function over the readings of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Mean of the readings.
    Mean,
    /// Lowest number.
    Min,
    /// Highest number.
    Max,
    /// Earliest number.
    First,
    /// Latest number.
    Last,
    /// Readings.
    Count,
    /// Latest less earliest number: what a counter rose by within the bucket.
    Delta,
    /// Mean weighted by the time for which each number held; it may have held since an earlier bucket of the window.
    TimeWeightedMean,
}

impl Function {
    /// All functions with their words.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Mean, "mean"),
        (Self::Min, "min"),
        (Self::Max, "max"),
        (Self::First, "first"),
        (Self::Last, "last"),
        (Self::Count, "count"),
        (Self::Delta, "delta"),
        (Self::TimeWeightedMean, "time_weighted_mean"),
    ];
    fn of(self, point: &Point) -> f64 {
        match self {
            Self::Mean => point.mean,
            Self::Min => point.low,
            Self::Max => point.high,
            Self::First => point.first,
            Self::Last => point.last,
            Self::Count => point.count as f64,
            Self::Delta => point.last - point.first,
            Self::TimeWeightedMean => point.weighted.unwrap_or(point.mean),
        }
    }
}

/// The buckets of one channel, in columns of equal length.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ChannelBuckets {
    /// Name of the channel.
    pub channel: String,
    /// UCUM code.
    pub unit: String,
    /// How values follow each other.
    pub kind: ChannelKind,
    /// Starts of the buckets with at least one reading.
    pub at: Vec<When>,
    /// For each function its values.
    pub values: BTreeMap<String, Vec<f64>>,
}

impl ChannelBuckets {
    /// Buckets of a channel.
    pub fn of(channel: &plant::Channel, points: &[Point], functions: &[Function]) -> Self {
        let named = Function::ALL.iter().filter(|(f, _)| functions.contains(f));
        let values = named.map(|(f, word)| ((*word).to_owned(), points.iter().map(|p| f.of(p)).collect()));
        Self {
            channel: channel.name.clone(),
            unit: channel.unit.code().to_owned(),
            kind: channel.kind.into(),
            at: points.iter().map(|p| When(p.at)).collect(),
            values: values.collect(),
        }
    }
}

/// The newest value of a channel.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LastValue<'a> {
    /// Name of the machine.
    pub machine: &'a str,
    /// Name of the channel.
    pub channel: &'a str,
    /// Source time.
    pub at: When,
    /// The number of a number channel.
    pub value: Option<f64>,
    /// The word of a word channel.
    pub word: Option<&'a str>,
    /// How far it can be trusted.
    pub quality: Quality,
}

impl<'a> LastValue<'a> {
    /// The newest value of a channel of a machine.
    pub fn of(machine: &'a plant::Machine, channel: &'a plant::Channel, latest: Latest, words: &'a Lexicon) -> Self {
        let is_word = channel.kind.is_word();
        Self {
            machine: &machine.name,
            channel: &channel.name,
            at: When(latest.at),
            value: (!is_word).then_some(latest.value),
            word: if is_word { words.word(latest.value).map(|w| w.as_ref()) } else { None },
            quality: latest.quality.into(),
        }
    }
}
