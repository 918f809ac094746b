//! The form of one figure in JSON: `{figure, value, unit, must, aim, peer, peer_value, ratio, context}`.

use serde::Serialize;

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What is measured.
    pub figure: String,
    /// What was found; JSON has no infinity, so that is `null`.
    pub value: f64,
    /// Its unit (UCUM).
    pub unit: String,
    /// What it must reach.
    pub must: Option<f64>,
    /// What we want it to reach.
    pub aim: Option<f64>,
    /// Whom we compare with.
    pub peer: Option<String>,
    /// What the peer reached in the same run.
    pub peer_value: Option<f64>,
    /// Ours by the peer's.
    pub ratio: Option<f64>,
    /// Under which circumstances.
    pub context: String,
    /// Whether smaller is better.
    #[serde(skip)]
    smaller_is_better: bool,
}

impl Row {
    /// A figure without a demand.
    pub fn new(figure: impl Into<String>, value: f64, unit: &str) -> Self {
        Self {
            figure: figure.into(),
            value,
            unit: unit.to_owned(),
            must: None,
            aim: None,
            peer: None,
            peer_value: None,
            ratio: None,
            context: String::new(),
            smaller_is_better: false,
        }
    }
    /// Must reach at least this.
    pub fn at_least(mut self, must: f64) -> Self {
        self.must = Some(must);
        self
    }
    /// Must not exceed this.
    pub fn at_most(mut self, must: f64) -> Self {
        (self.must, self.smaller_is_better) = (Some(must), true);
        self
    }
    /// What we want it to reach beyond what it must.
    pub const fn aim(mut self, aim: f64) -> Self {
        self.aim = Some(aim);
        self
    }
    /// Beside what a peer, or the other arm, reached.
    pub fn beside(mut self, peer: &str, value: f64) -> Self {
        (self.peer, self.peer_value) = (Some(peer.to_owned()), Some(value));
        self.ratio = (value != 0.0).then(|| self.value / value);
        self
    }
    /// Under which circumstances.
    pub fn under(mut self, context: impl Into<String>) -> Self {
        self.context = context.into();
        self
    }
    /// `<=` or `>=`.
    pub const fn sense(&self) -> &'static str {
        if self.smaller_is_better { "<=" } else { ">=" }
    }
    /// Whether the must is met.
    pub fn holds(&self) -> bool {
        self.must.is_none_or(|must| if self.smaller_is_better { self.value <= must } else { self.value >= must })
    }
}
