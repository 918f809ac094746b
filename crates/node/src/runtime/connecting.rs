//! The wizard's side of the house: surveys as tasks of their own, each a look, a watch and a proposal; a yes writes the unit's
//! file. Enters: wishes of people. Leaves: how each stands. Absent: HTTP, what is proposed.

use crate::config::Faults;
use crate::connect::draft::{Secret, Source};
use crate::connect::look::{Progress, look};
use crate::connect::write::WriteError;
use crate::connect::{Connection, list, place, watch};
use async_trait::async_trait;
use drivers::{Ask, Looking};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use survey::{Found, Machine};
use tokio::sync::Notify;
use web::connecting::{Connecting, Example, Outcome, Phase, Standing, Wish, Yes};
use web::house::HouseError;

/// Surveys kept at one time; the oldest that has ended makes room.
const SURVEYS_MAX: usize = 8;
/// Values found at most in one survey of the pages.
const FOUND_MAX: usize = 20_000;
/// Longest look from the pages.
const LOOK_MAX: Duration = Duration::from_secs(300);
/// How long a source is listened to that tells of itself only when it speaks.
const LISTEN: Duration = Duration::from_secs(60);

/// All surveys of a unit.
#[derive(Debug, Default)]
pub struct Surveys {
    /// The unit's file; `None` where it has none that could be written (replay, bench).
    file: Option<PathBuf>,
    /// Asks for a new start of the unit.
    restart: Option<Arc<Notify>>,
    next: AtomicU64,
    all: Mutex<BTreeMap<u64, Arc<Survey>>>,
}

/// One survey.
#[derive(Debug)]
struct Survey {
    connection: Connection,
    watch: Duration,
    enough: AtomicBool,
    standing: Mutex<Standing>,
}

impl Survey {
    /// A standing is replaced whole, so a panic elsewhere leaves nothing half done.
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn is_enough(&self) -> bool {
        self.enough.load(Ordering::Relaxed)
    }
    fn fail(&self, word: &str, said: String) {
        let mut standing = self.standing();
        (standing.phase, standing.trouble) = (Phase::Failed, Some((word.to_owned(), said)));
    }

    async fn run(self: Arc<Self>, listed: Option<Vec<Found>>) {
        let found = match listed {
            Some(found) => found,
            None => match self.look().await {
                Some(found) => found,
                None => return,
            },
        };
        if found.is_empty() {
            let said = format!("nothing that can be read was found at {}", self.connection.source.address);
            return self.fail("nothing_found", said);
        }
        {
            let mut standing = self.standing();
            (standing.phase, standing.found) = (Phase::Watching, found.len());
        }
        self.enough.store(false, Ordering::Relaxed);
        let began = tokio::time::Instant::now();
        let tell = |heard: usize| {
            let left = self.watch.saturating_sub(began.elapsed());
            let mut standing = self.standing();
            (standing.heard, standing.seconds_left) = (heard, left.as_secs() as u32);
            !self.is_enough()
        };
        match watch::watch(&self.connection.source, self.connection.folder(), found, (self.watch, tell)).await {
            Err(faults) => self.fail("settings", faults.to_string()),
            Ok(seen) => {
                let proposal = self.connection.propose(&seen);
                let mut standing = self.standing();
                standing.result = Some(Arc::new(Outcome { proposal, seen }));
                (standing.phase, standing.seconds_left) = (Phase::Ready, 0);
            }
        }
    }

    /// What is there; `None` where a trouble was told.
    async fn look(&self) -> Option<Vec<Found>> {
        let config = match self.connection.source.driver(self.connection.folder(), &[]) {
            Ok(config) => config,
            Err(faults) => {
                self.fail("settings", faults.to_string());
                return None;
            }
        };
        let ask = Ask { found_max: FOUND_MAX, time_max: LOOK_MAX, listen: LISTEN, ..Ask::default() };
        let tell = |progress: Progress| {
            let mut standing = self.standing();
            (standing.visited, standing.waiting, standing.found) = (progress.visited, progress.waiting, progress.found);
        };
        let looked = look(config, ask, tell, || self.is_enough()).await;
        let mut standing = self.standing();
        standing.more = looked.cursor.is_some();
        match looked.error {
            Some(error) if looked.found.is_empty() => {
                drop(standing);
                self.fail(error.trouble.word(), error.said);
                None
            }
            error => {
                standing.trouble = error.map(|e| (e.trouble.word().to_owned(), e.said));
                Some(looked.found)
            }
        }
    }
}

impl Surveys {
    /// None yet.
    pub fn of(file: Option<PathBuf>, restart: Option<Arc<Notify>>) -> Self {
        Self { file, restart, ..Self::default() }
    }
    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Survey>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn survey(&self, id: u64) -> Result<Arc<Survey>, HouseError> {
        self.all().get(&id).cloned().ok_or_else(|| HouseError::Unknown { what: "survey", name: id.to_string() })
    }
    fn connection(&self, wish: &Wish) -> Result<Connection, HouseError> {
        let no_file = || HouseError::Conflict("this unit has no file of its own that could be written".to_owned());
        let file = self.file.as_ref().ok_or_else(no_file)?;
        let place = place::read(&wish.url).map_err(|e| HouseError::Invalid(e.to_string()))?;
        let name = if wish.name.is_empty() { place.protocol.to_owned() } else { wish.name.clone() };
        let source = Source {
            name,
            protocol: place.protocol.to_owned(),
            address: place.address,
            user: wish.user.clone(),
            password_file: None,
            secret: wish.password.clone().map(Secret),
            settings: String::new(),
        };
        Connection::open(file, source).map_err(|faults| told(&faults))
    }
}

fn told(faults: &Faults) -> HouseError {
    HouseError::Invalid(faults.to_string())
}

fn looking_word(looking: Looking) -> &'static str {
    match looking {
        Looking::Directory => "directory",
        Looking::Listening => "listening",
        Looking::Scanning => "scanning",
        Looking::Nothing => "nothing",
    }
}

#[async_trait]
impl Connecting for Surveys {
    fn examples(&self) -> Vec<Example> {
        let looking = |word: &str| drivers::ALL.iter().find(|p| p.word == word).map_or("nothing", |p| looking_word(p.looking));
        place::examples().into_iter().map(|(protocol, url)| Example { protocol, url, looking: looking(protocol) }).collect()
    }

    async fn begin(&self, wish: Wish) -> Result<Standing, HouseError> {
        let connection = self.connection(&wish)?;
        let protocol = drivers::ALL.iter().find(|p| p.word == connection.source.protocol);
        let listed = match (&wish.list, protocol) {
            (Some(text), Some(protocol)) => Some(list::read("list", text, protocol).map_err(|faults| told(&faults))?),
            _ => None,
        };
        let id = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        let standing = Standing {
            id,
            source: connection.source.name.clone(),
            protocol: connection.source.protocol.clone(),
            address: connection.source.address.clone(),
            phase: Phase::Looking,
            visited: 0,
            waiting: None,
            found: 0,
            heard: 0,
            seconds_left: wish.watch_seconds,
            more: false,
            trouble: None,
            result: None,
        };
        let watch = Duration::from_secs(u64::from(wish.watch_seconds));
        let survey =
            Arc::new(Survey { connection, watch, enough: AtomicBool::new(false), standing: Mutex::new(standing.clone()) });
        {
            let mut all = self.all();
            if all.len() >= SURVEYS_MAX {
                let ended =
                    all.iter().find(|(_, s)| matches!(s.standing().phase, Phase::Ready | Phase::Failed)).map(|(id, _)| *id);
                let ended = ended.ok_or_else(|| HouseError::Conflict(format!("{SURVEYS_MAX} sources are looked at already")))?;
                all.remove(&ended);
            }
            all.insert(id, Arc::clone(&survey));
        }
        tokio::spawn(survey.run(listed));
        Ok(standing)
    }

    fn standing(&self, id: u64) -> Result<Standing, HouseError> {
        Ok(self.survey(id)?.standing().clone())
    }

    fn enough(&self, id: u64) -> Result<Standing, HouseError> {
        let survey = self.survey(id)?;
        survey.enough.store(true, Ordering::Relaxed);
        let standing = survey.standing().clone();
        Ok(standing)
    }

    fn forget(&self, id: u64) -> Result<(), HouseError> {
        let survey = self.survey(id)?;
        survey.enough.store(true, Ordering::Relaxed);
        self.all().remove(&id);
        Ok(())
    }

    async fn yes(&self, id: u64, machines: Vec<Machine>) -> Result<Yes, HouseError> {
        let survey = self.survey(id)?;
        let written = survey.connection.write(&machines).map_err(|error| match error {
            disk @ WriteError::Disk { .. } => HouseError::Conflict(disk.to_string()),
            other => HouseError::Invalid(other.to_string()),
        })?;
        self.all().remove(&id);
        Ok(Yes {
            file: survey.connection.path.display().to_string(),
            before: written.before.map(|p| p.display().to_string()),
            machines: written.machines,
            channels: written.channels,
            can_restart: self.restart.is_some(),
        })
    }

    async fn restart(&self) -> Result<(), HouseError> {
        let no = || HouseError::Conflict("this unit cannot start itself anew; end it and start it again".to_owned());
        let restart = self.restart.as_ref().ok_or_else(no)?;
        if let Some(file) = &self.file {
            crate::config::read(file).map_err(|faults| told(&faults))?;
        }
        restart.notify_one();
        Ok(())
    }
}
