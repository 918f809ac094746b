//! Looking around at a source: what can be read there, before a channel is configured. Enters: a [`Config`] without channels
//! and an [`Ask`]. Leaves: [`Page`]s of [`Found`], or a [`BrowseError`]. Absent: what a value means to the unit, writing.
//!
//! ```text
//! node -> drivers::browse(config, ask, pages) -> <p>::browse -> Page -> Page -> Page { cursor: None } : all was seen
//!                                                     drop the receiver, or a limit: the last page's cursor goes on from there
//! ```
//!
//! A protocol implements `pub async fn browse(config: Config, ask: Ask, pages: Pages) -> Result<(), BrowseError>` in its own
//! `browse.rs` and gets one line in [`crate::browse`]; `browse::suite` is what it must pass.

use std::time::Duration;
use survey::Found;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Most things found in one page.
pub const PAGE_MAX: usize = 500;
/// Pages that may wait; a slow reader slows the browse.
const PAGES_WAITING_MAX: usize = 4;

/// How a protocol learns what a source has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looking {
    /// The source keeps a directory and is asked for it.
    Directory,
    /// The source tells of itself only when it speaks: it is listened to for a while.
    Listening,
    /// The source is tried place by place; what answers is found.
    Scanning,
    /// Nothing can be learned from the source.
    Nothing,
}

/// What is wanted of a browse.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Where to go on: the cursor of an earlier page of the same source; `None` starts at the beginning.
    pub from: Option<String>,
    /// Most places visited (nodes, registers, messages) before the browse stops with a cursor.
    pub visits_max: usize,
    /// Most things found before the browse stops with a cursor.
    pub found_max: usize,
    /// Longest time taken before the browse stops with a cursor.
    pub time_max: Duration,
    /// How long a source is listened to that tells of itself only when it speaks.
    pub listen: Duration,
}

/// A page of what was found, in the order found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// What was found since the last page, at most [`PAGE_MAX`]; may be none: then the page only tells of progress.
    pub found: Vec<Found>,
    /// Places visited so far in this browse.
    pub visited: usize,
    /// Places known to wait, where the protocol can tell.
    pub waiting: Option<usize>,
    /// Where a later browse goes on after this page; `None` when all was seen.
    pub cursor: Option<String>,
}

/// What kept a browse from going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// Nobody answers at the address.
    Unreachable,
    /// Somebody answers, in another protocol.
    WrongProtocol,
    /// One side does not trust the other's certificate.
    Untrusted,
    /// The source wants a name and a password, or refused those given.
    LoginNeeded,
    /// The source answered and refused for another reason.
    Refused,
    /// The cursor is not one of this source.
    Cursor,
    /// This protocol can tell nothing of a source.
    NotOffered,
}

/// Why a browse ended before its time. What was found until then has been told.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{said}")]
pub struct BrowseError {
    /// What kind of trouble.
    pub trouble: Trouble,
    /// The place and what was met there, in a sentence.
    pub said: String,
}

/// Where a browse tells its pages.
#[derive(Debug)]
pub struct Pages(mpsc::Sender<Page>);

/// The limits of a browse at work.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    began: Instant,
    time_max: Duration,
    visits_max: usize,
    found_max: usize,
}

impl Default for Ask {
    /// From the beginning: 200,000 places, 100,000 found, 10 minutes, a minute of listening.
    fn default() -> Self {
        Self {
            from: None,
            visits_max: 200_000,
            found_max: 100_000,
            time_max: Duration::from_secs(600),
            listen: Duration::from_secs(60),
        }
    }
}

impl Ask {
    /// Starts the clock of the limits.
    pub fn budget(&self) -> Budget {
        Budget { began: Instant::now(), time_max: self.time_max, visits_max: self.visits_max, found_max: self.found_max }
    }
}

impl Budget {
    /// Whether more may be done after so many visits and things found.
    pub fn allows(&self, visited: usize, found: usize) -> bool {
        visited < self.visits_max && found < self.found_max && self.began.elapsed() < self.time_max
    }
    /// When time is over.
    pub fn end(&self) -> Instant {
        self.began + self.time_max
    }
}

impl BrowseError {
    /// A trouble and the sentence that tells it.
    pub fn new(trouble: Trouble, said: impl Into<String>) -> Self {
        Self { trouble, said: said.into() }
    }
}

impl Pages {
    /// A place to tell pages and its other end.
    pub fn channel() -> (Self, mpsc::Receiver<Page>) {
        let (tell, hear) = mpsc::channel(PAGES_WAITING_MAX);
        (Self(tell), hear)
    }
    /// Tells a page, waiting while the reader is slow. `false` when nobody reads any longer: the browse shall end.
    pub async fn tell(&self, page: Page) -> bool {
        self.0.send(page).await.is_ok()
    }
    /// Returns when nobody reads any longer.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

impl Trouble {
    /// All troubles with their words in forms.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Unreachable, "unreachable"),
        (Self::WrongProtocol, "wrong_protocol"),
        (Self::Untrusted, "untrusted"),
        (Self::LoginNeeded, "login_needed"),
        (Self::Refused, "refused"),
        (Self::Cursor, "cursor"),
        (Self::NotOffered, "not_offered"),
    ];
    /// The word used in forms.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(t, _)| *t == self).map_or("", |(_, w)| w)
    }
}

/// What every protocol's browse must hold.
#[cfg(test)]
#[allow(dead_code, reason = "the protocols' own tests call it, each from when it can look around")]
pub(crate) mod suite {
    use super::{Ask, Found, PAGE_MAX, Pages};
    use crate::{Config, Protocol, browse};
    use std::collections::BTreeSet;

    /// Browses to the end in one go, then again in pieces of `piece` visits each from the last cursor: both find the same,
    /// nothing twice, and every address can be written in `unit.toml`. Gives what was found.
    pub(crate) async fn holds(protocol: &Protocol, config: Config, ask: Ask, piece: usize) -> Vec<Found> {
        let (whole, cursor) = gather(config.clone(), ask.clone()).await;
        assert_eq!(cursor, None, "the whole was seen");
        let mut seen = BTreeSet::new();
        for found in &whole {
            (protocol.check_channel)(&found.address).unwrap_or_else(|e| panic!("{e}"));
            assert!(!found.path.is_empty() && found.path.iter().all(|p| !p.is_empty()), "{found:?}");
            assert!(found.device.is_none_or(|n| n <= found.path.len()), "{found:?}");
            assert!(seen.insert(found.address.clone()), "found twice: {found:?}");
        }
        let (mut from, mut pieces) = (None, BTreeSet::new());
        for round in 0.. {
            assert!(round < 10_000, "the cursor never ends");
            let (some, cursor) = gather(config.clone(), Ask { from, visits_max: piece, ..ask.clone() }).await;
            for found in some {
                assert!(pieces.insert(found.address.clone()), "found twice in pieces: {found:?}");
            }
            from = cursor;
            if from.is_none() {
                break;
            }
        }
        assert_eq!(seen, pieces, "in pieces the same is found as in one go");
        whole
    }

    /// All pages of one browse, and the last cursor.
    pub(crate) async fn gather(config: Config, ask: Ask) -> (Vec<Found>, Option<String>) {
        let (pages, mut heard) = Pages::channel();
        let reading = async {
            let (mut all, mut cursor, mut visited) = (Vec::new(), None, 0);
            while let Some(page) = heard.recv().await {
                assert!(page.found.len() <= PAGE_MAX && page.visited >= visited, "{} found", page.found.len());
                visited = page.visited;
                all.extend(page.found);
                cursor = page.cursor;
            }
            (all, cursor)
        };
        let (ended, gathered) = tokio::join!(browse(config, ask, pages), reading);
        ended.unwrap_or_else(|e| panic!("{e}"));
        gathered
    }
}
