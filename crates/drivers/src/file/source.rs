//! The task of one file or folder: looks which files are new or grew, reads them chunk by chunk, and goes on only when the unit
//! has taken a chunk. Enters: files, answers of the unit. Leaves: arrivals with the place they were read up to, health. Absent:
//! what rows mean (`wire`).

use super::config::Config;
use super::folder::{self, Found};
use super::position::{Position, Stamp};
use super::reader::{self, Chunk, Opened, Reader};
use super::sink::refuse_until;
use super::wire::{Decoder, Message, Plan};
use crate::{Line, WriteRequest};
use collect::{Bookmark, Delivery, Source};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Places of files that are gone are forgotten beyond so many.
const POSITIONS_MAX: usize = 2 * folder::FILES_MAX;

/// What the task holds.
struct Watch<'a> {
    line: &'a Line,
    config: Arc<Config>,
    decoder: Decoder,
    positions: BTreeMap<String, Position>,
    /// Versions of files as they were first seen, and when.
    seen: HashMap<String, (Stamp, Instant)>,
    /// Troubles with files that were told, so that each is told once.
    told: HashMap<String, String>,
    /// Files whose kept place cannot be read: reading them anew would bring everything twice.
    barred: BTreeSet<String>,
}

/// How a round or a delivery ended.
enum Ended {
    /// All was taken.
    Well,
    /// The unit could not take rows; they are read again.
    Refused,
    /// The node stops.
    Stopped,
}

/// Serves the line until it stops.
pub async fn run(line: Line, config: Config, mut writes: mpsc::Receiver<WriteRequest>) {
    let poll = config.poll.max(Duration::from_millis(10));
    let mut watch = Watch::new(&line, config);
    let (mut attempt, mut is_there) = (0, false);
    loop {
        let found = watch.scan(&mut writes).await;
        let ended = match found {
            Err(error) => {
                is_there = false;
                line.lost(error);
                Ended::Refused
            }
            Ok(found) => {
                if !is_there {
                    is_there = true;
                    line.connected();
                }
                watch.round(found, &mut writes).await
            }
        };
        let goes_on = match ended {
            Ended::Stopped => false,
            Ended::Well => {
                attempt = 0;
                let wait = async {
                    tokio::select! {
                        () = line.stop.cancelled() => false,
                        () = tokio::time::sleep(poll) => true,
                    }
                };
                refuse_until(wait, &mut writes).await
            }
            Ended::Refused => {
                attempt += 1;
                line.pause(attempt - 1, &mut writes).await
            }
        };
        if !goes_on {
            return;
        }
    }
}

impl<'a> Watch<'a> {
    fn new(line: &'a Line, mut config: Config) -> Self {
        let mut positions = BTreeMap::new();
        let mut barred = BTreeSet::new();
        for (name, text) in std::mem::take(&mut config.bookmarks) {
            match text.parse() {
                Ok(position) => drop(positions.insert(name, position)),
                Err(error) => {
                    line.trouble(format!("{name}: {error}; it is not read"));
                    barred.insert(name);
                }
            }
        }
        let config = Arc::new(config);
        let decoder = Decoder::new(line.source, Arc::clone(&config));
        Self { line, config, decoder, positions, seen: HashMap::new(), told: HashMap::new(), barred }
    }

    async fn scan(&self, writes: &mut mpsc::Receiver<WriteRequest>) -> Result<Vec<Found>, String> {
        let config = Arc::clone(&self.config);
        let work = tokio::task::spawn_blocking(move || folder::scan(&config.path, config.files.as_deref()));
        refuse_until(work, writes).await.map_err(|error| error.to_string())?
    }

    /// Reads what is new in all files.
    async fn round(&mut self, found: Vec<Found>, writes: &mut mpsc::Receiver<WriteRequest>) -> Ended {
        for (name, place) in self.moved(&found) {
            // kept at once, before its old name is given to another file
            let ended = self.hand_in(&name, Some(place), Delivery::new(self.line.source, self.line.now()), writes).await;
            if !matches!(ended, Ended::Well) {
                return ended;
            }
        }
        for one in &found {
            let quiet = self.quiet(one);
            let position = self.positions.get(&one.name).copied();
            if reader::is_due(one, position.as_ref(), quiet, self.config.settle) && !self.barred.contains(&one.name) {
                let ended = self.file(one, (position, quiet), writes).await;
                if !matches!(ended, Ended::Well) {
                    return ended;
                }
            }
        }
        self.forget(&found, writes).await
    }

    /// How long a file is unchanged.
    fn quiet(&mut self, found: &Found) -> Duration {
        let now = Instant::now();
        let (stamp, since) = self.seen.entry(found.name.clone()).or_insert((found.stamp, now));
        if *stamp != found.stamp {
            (*stamp, *since) = (found.stamp, now);
        }
        now - *since
    }

    /// Files that were renamed, with the places kept under their old names.
    fn moved(&self, found: &[Found]) -> Vec<(String, Position)> {
        let is_known = |one: &Found| self.positions.get(&one.name).is_some_and(|p| p.stamp.is_same_file(&one.stamp));
        let news: Vec<&Found> = found.iter().filter(|one| !is_known(one)).collect();
        if news.is_empty() {
            return Vec::new();
        }
        let by_file: HashMap<(u64, u64), &Position> =
            self.positions.values().map(|p| ((p.stamp.dev, p.stamp.inode), p)).collect();
        let place = |one: &&Found| Some((one.name.clone(), **by_file.get(&(one.stamp.dev, one.stamp.inode))?));
        // whether it is the same file is seen by its first rows when it is opened
        news.iter().filter_map(place).collect()
    }

    async fn file(
        &mut self,
        found: &Found,
        (position, quiet): (Option<Position>, Duration),
        writes: &mut mpsc::Receiver<WriteRequest>,
    ) -> Ended {
        let (config, one) = (Arc::clone(&self.config), found.clone());
        let work = tokio::task::spawn_blocking(move || reader::open(config, one, position, quiet));
        let mut reader = match settled(refuse_until(work, writes).await) {
            Err(error) => return self.trouble(&found.name, error),
            Ok(Opened::Nothing) => {
                if let Some(known) = self.positions.get_mut(&found.name) {
                    known.stamp = found.stamp;
                }
                return Ended::Well;
            }
            Ok(Opened::Unreadable(found_there, allowed, reason)) => {
                let message = Message::Unreadable { file: Arc::from(&*found.name), found: found_there, allowed, reason };
                let delivery = self.decoder.decode(message, self.line.now());
                let place = Position { stamp: found.stamp, done: true, ..Position::default() };
                return self.hand_in(&found.name, Some(place), delivery, writes).await;
            }
            Ok(Opened::Rows(reader)) => reader,
        };
        self.notice(found, &reader);
        loop {
            let work = tokio::task::spawn_blocking(move || (reader.chunk(), reader));
            let (chunk, back) = match refuse_until(work, writes).await {
                Ok(done) => done,
                Err(error) => return self.trouble(&found.name, error.to_string()),
            };
            reader = back;
            match chunk {
                Err(error) => return self.trouble(&found.name, error),
                Ok(None) => break,
                Ok(Some(chunk)) => {
                    let ended = self.chunk(found, (Arc::clone(&reader.plan), chunk), writes).await;
                    if !matches!(ended, Ended::Well) {
                        return ended;
                    }
                }
            }
        }
        self.told.remove(&found.name);
        let known = self.positions.entry(found.name.clone()).or_insert(reader.position);
        known.stamp = found.stamp;
        Ended::Well
    }

    async fn chunk(
        &mut self,
        found: &Found,
        (plan, chunk): (Arc<Plan>, Chunk),
        writes: &mut mpsc::Receiver<WriteRequest>,
    ) -> Ended {
        self.line.heard();
        let message = Message::Rows { file: Arc::from(&*found.name), plan, rows: chunk.rows };
        let delivery = self.decoder.decode(message, self.line.now());
        self.hand_in(&found.name, Some(chunk.position), delivery, writes).await
    }

    /// Tells what is odd about a file that can be read, once.
    fn notice(&mut self, found: &Found, reader: &Reader) {
        if reader.is_rewritten {
            self.line
                .trouble(format!("{}: rows that were taken before have changed; all of its rows are read again", found.name));
        }
        let absent = &reader.plan.absent;
        if !absent.is_empty() {
            let told =
                format!("no column for {}", absent.iter().take(8).map(|a| format!("`{a}`")).collect::<Vec<_>>().join(", "));
            let _ = self.trouble(&found.name, told);
        }
    }

    /// Tells a trouble with a file; the other files go on, and it is tried again at the next round.
    fn trouble(&mut self, name: &str, error: String) -> Ended {
        if self.told.get(name) != Some(&error) {
            self.line.trouble(format!("{name}: {error}"));
            self.told.insert(name.to_owned(), error);
        }
        Ended::Well
    }

    /// Hands rows in with the place after them, and waits until the unit has kept both. `None` forgets the file.
    async fn hand_in(
        &mut self,
        name: &str,
        place: Option<Position>,
        delivery: Delivery,
        writes: &mut mpsc::Receiver<WriteRequest>,
    ) -> Ended {
        let value = place.map(|p| p.to_string()).unwrap_or_default();
        let bookmark = Some(Bookmark { key: name.to_owned(), value });
        let kept = async {
            let settled = self.line.deliver(Delivery { bookmark, ..delivery }).await?;
            tokio::select! {
                () = self.line.stop.cancelled() => None,
                answer = settled => Some(answer.is_ok_and(|s| s.is_taken)),
            }
        };
        match refuse_until(kept, writes).await {
            None => Ended::Stopped,
            Some(false) => {
                self.line.trouble(format!("{name}: the unit could not keep its rows; they are read again"));
                Ended::Refused
            }
            Some(true) => {
                match place {
                    Some(place) => drop(self.positions.insert(name.to_owned(), place)),
                    None => drop(self.positions.remove(name)),
                }
                Ended::Well
            }
        }
    }

    /// Forgets the places of files that are gone, where there are too many.
    async fn forget(&mut self, found: &[Found], writes: &mut mpsc::Receiver<WriteRequest>) -> Ended {
        if self.positions.len() <= POSITIONS_MAX {
            return Ended::Well;
        }
        let gone = |name: &&String| found.binary_search_by(|f| f.name.cmp(name)).is_err();
        let gone: Vec<String> = self.positions.keys().filter(gone).cloned().collect();
        for name in gone {
            self.seen.remove(&name);
            let ended = self.hand_in(&name, None, Delivery::new(self.line.source, self.line.now()), writes).await;
            if !matches!(ended, Ended::Well) {
                return ended;
            }
        }
        Ended::Well
    }
}

fn settled<T>(joined: Result<Result<T, String>, tokio::task::JoinError>) -> Result<T, String> {
    joined.map_err(|error| error.to_string())?
}
