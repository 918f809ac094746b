//! Looking around at a source. Enters: a driver's configuration, limits. Leaves: everything found, with progress on the way,
//! and where to go on. Absent: what it means.

use drivers::{Ask, BrowseError, Page, Pages};
use survey::Found;

/// How far a look has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Places visited.
    pub visited: usize,
    /// Places known to wait.
    pub waiting: Option<usize>,
    /// Values found.
    pub found: usize,
}

/// What a look brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Looked {
    /// Values, in the order found.
    pub found: Vec<Found>,
    /// Where to go on; `None` when all was seen.
    pub cursor: Option<String>,
    /// Why it ended early.
    pub error: Option<BrowseError>,
}

/// Looks until all was seen, a limit is met, or `enough` says so after a page.
pub async fn look(config: drivers::Config, ask: Ask, mut tell: impl FnMut(Progress), enough: impl Fn() -> bool) -> Looked {
    let (pages, mut heard) = Pages::channel();
    let mut looked = Looked { cursor: ask.from.clone(), ..Looked::default() };
    let reading = async {
        let mut begun = false;
        while let Some(Page { found, visited, waiting, cursor }) = heard.recv().await {
            begun = true;
            looked.found.extend(found);
            looked.cursor = cursor;
            tell(Progress { visited, waiting, found: looked.found.len() });
            if enough() {
                break;
            }
        }
        drop(heard);
        begun
    };
    let (ended, _) = tokio::join!(drivers::browse(config, ask, pages), reading);
    looked.error = ended.err();
    looked
}
