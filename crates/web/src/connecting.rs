//! The port of the wizard that connects a source: what a person asks for, and how it stands. `node` stands behind it; the words
//! of what is proposed are `survey`'s. Absent: HTTP.

use crate::house::HouseError;
use async_trait::async_trait;
use std::fmt;
use std::sync::Arc;
use survey::{Machine, Proposal, Seen};

/// A protocol that can be connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Protocol word.
    pub protocol: &'static str,
    /// What to type.
    pub url: &'static str,
    /// How it is learned what a source has: `directory`, `listening`, `scanning`, `nothing`.
    pub looking: &'static str,
}

/// What a person asks for.
#[derive(Clone, PartialEq, Eq)]
pub struct Wish {
    /// Where the source is.
    pub url: String,
    /// What to call it; empty takes the protocol's word.
    pub name: String,
    /// Name to sign in with.
    pub user: Option<String>,
    /// Its password; never printed.
    pub password: Option<String>,
    /// How long values are watched [s].
    pub watch_seconds: u32,
    /// A list of values as CSV, in place of looking around.
    pub list: Option<String>,
}

impl fmt::Debug for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wish").field("url", &self.url).field("name", &self.name).field("user", &self.user).finish_non_exhaustive()
    }
}

/// Where a survey stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The source is looked around at.
    Looking,
    /// What was found is watched.
    Watching,
    /// There is a proposal.
    Ready,
    /// It cannot go on; see [`Standing::trouble`].
    Failed,
}

/// How a survey stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Its number.
    pub id: u64,
    /// What the source will be called.
    pub source: String,
    /// Protocol word.
    pub protocol: String,
    /// Address as `unit.toml` will have it.
    pub address: String,
    /// Where it stands.
    pub phase: Phase,
    /// Places visited.
    pub visited: usize,
    /// Places known to wait.
    pub waiting: Option<usize>,
    /// Values found.
    pub found: usize,
    /// Values heard while watching.
    pub heard: usize,
    /// Seconds of watching left.
    pub seconds_left: u32,
    /// Whether there is more that was not looked at.
    pub more: bool,
    /// What went wrong: a word of `drivers::Trouble` or `settings`, and the sentence.
    pub trouble: Option<(String, String)>,
    /// What is proposed, when it is ready.
    pub result: Option<Arc<Outcome>>,
}

/// What a survey brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// What is proposed.
    pub proposal: Proposal,
    /// What it rests on, by place.
    pub seen: Vec<Seen>,
}

/// What came of a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Yes {
    /// The file that was written.
    pub file: String,
    /// Where the old one is kept.
    pub before: Option<String>,
    /// New machines.
    pub machines: usize,
    /// New channels.
    pub channels: usize,
    /// Whether the unit can take it in at once by starting anew.
    pub can_restart: bool,
}

/// Connecting sources.
#[async_trait]
pub trait Connecting: Send + Sync + 'static {
    /// What can be connected to.
    fn examples(&self) -> Vec<Example>;
    /// Begins a survey.
    async fn begin(&self, wish: Wish) -> Result<Standing, HouseError>;
    /// How a survey stands.
    fn standing(&self, id: u64) -> Result<Standing, HouseError>;
    /// Ends looking or watching; goes on with what there is.
    fn enough(&self, id: u64) -> Result<Standing, HouseError>;
    /// Forgets a survey.
    fn forget(&self, id: u64) -> Result<(), HouseError>;
    /// Writes what a person said yes to.
    async fn yes(&self, id: u64, machines: Vec<Machine>) -> Result<Yes, HouseError>;
    /// Starts the unit anew, so that it takes its file in.
    async fn restart(&self) -> Result<(), HouseError>;
}

impl Phase {
    /// All phases with their words in forms.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Looking, "looking"), (Self::Watching, "watching"), (Self::Ready, "ready"), (Self::Failed, "failed")];
    /// The word used in forms.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(p, _)| *p == self).map_or("", |(_, w)| w)
    }
}
