//! The accounting of readings, the sources, what was refused, the cellar's sizes, and channels that fell silent.

use super::common::When;
use super::words::RefusalReason;
use crate::house::{SourceHealth, StoreFigures};
use measure::Span;
use plant::ChannelKind;
use serde::Serialize;
use std::collections::BTreeMap;
use unit::desk::{self, Account, View};
use utoipa::ToSchema;

/// A number channel that was not heard for this long is named as stale.
const STALE_AFTER: Span = Span::from_minutes(10);
/// Stale channels shown at most.
const STALE_MAX: usize = 200;

/// An account of readings: accepted = stored + refused + in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Accounting)]
pub struct AccountForm {
    /// Readings that came through the door.
    pub accepted: u64,
    /// Readings acknowledged by the journal.
    pub stored: u64,
    /// Readings refused.
    pub refused: u64,
    /// Readings judged good and not yet acknowledged by the journal.
    pub in_flight: u64,
}

/// A source with its health and its account.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Protocol word.
    pub protocol: String,
    /// Address without secrets.
    pub address: Option<String>,
    /// Whether it is connected.
    pub connected: bool,
    /// The newest error in words.
    pub last_error: Option<String>,
    /// When that was.
    pub last_error_at: Option<When>,
    /// When something was last heard.
    pub heard: Option<When>,
    /// Readings that came through the door.
    pub accepted: u64,
    /// Readings acknowledged by the journal.
    pub stored: u64,
    /// Readings on their way to the journal.
    pub in_flight: u64,
    /// Readings refused, by reason.
    pub refused: BTreeMap<String, u64>,
    /// How its readings lie in time.
    pub timing: Timing,
}

/// How the readings of a source lie in time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = SourceTiming)]
pub struct Timing {
    /// Readings that came when a newer one of their channel was there.
    pub out_of_order: u64,
    /// Readings that came when a newer one of their machine was there.
    pub late: u64,
    /// Largest lateness of the last hour [s].
    pub lateness_s: f64,
    /// How far its clock is off; null where it tells no times, or none lately.
    pub clock: Option<Clock>,
}

/// How far a source's clock is off ours, as seen over the last hour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = SourceClock)]
pub struct Clock {
    /// How far it is behind; negative where it is ahead [s].
    pub behind_s: f64,
    /// Least that may be [s].
    pub low_s: f64,
    /// Most that may be [s].
    pub high_s: f64,
    /// Whether it is off by more than `[limits] skew_max`, beyond the doubt of the measurement.
    pub is_beyond: bool,
}

/// Up to when the readings of a machine are thought complete.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Complete {
    /// The machine.
    pub machine: String,
    /// Its newest source time less the largest lateness of its sources in the last hour.
    pub until: When,
}

/// A reading that was refused.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RefusedReading {
    /// When it came.
    pub at: When,
    /// Source that brought it.
    pub source: String,
    /// Where it was addressed.
    pub place: String,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
    /// Why.
    pub reason: RefusalReason,
}

/// Sizes of the cellar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Store {
    /// Bytes in the journal.
    pub journal_bytes: u64,
    /// Bytes in sealed history files.
    pub history_bytes: u64,
    /// Sealed history files.
    pub history_files: u64,
    /// Readings in sealed history files.
    pub history_readings: u64,
}

/// A number channel that fell silent.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Stale {
    /// The machine.
    pub machine: String,
    /// The channel.
    pub channel: String,
    /// When it was last heard; null where never.
    pub heard: Option<When>,
}

/// All about the data that comes in.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Data {
    /// The account of all readings.
    pub accounting: AccountForm,
    /// Sources.
    pub sources: Vec<Source>,
    /// The newest refusals, newest first.
    pub refused: Vec<RefusedReading>,
    /// The cellar.
    pub store: Store,
    /// Channels that fell silent.
    pub stale: Vec<Stale>,
    /// Machines by how far their readings are thought complete, the furthest behind first; at most 200.
    pub complete: Vec<Complete>,
}

impl From<&Account> for AccountForm {
    fn from(a: &Account) -> Self {
        Self { accepted: a.accepted, stored: a.stored, refused: a.refused_sum(), in_flight: a.in_flight }
    }
}

impl From<StoreFigures> for Store {
    fn from(s: StoreFigures) -> Self {
        Self {
            journal_bytes: s.journal_bytes,
            history_bytes: s.history_bytes,
            history_files: s.history_files,
            history_readings: s.history_readings,
        }
    }
}

impl From<&desk::Timing> for Timing {
    fn from(t: &desk::Timing) -> Self {
        let clock = t.clock.map(|c| Clock {
            behind_s: c.behind.seconds(),
            low_s: c.between.0.seconds(),
            high_s: c.between.1.seconds(),
            is_beyond: c.is_beyond,
        });
        Self { out_of_order: t.out_of_order, late: t.late, lateness_s: t.lateness.seconds(), clock }
    }
}

fn complete(view: &View) -> Vec<Complete> {
    let known = view.plant.machines.iter().zip(&view.watermarks).filter_map(|(m, at)| Some(((*at)?, m)));
    let mut known: Vec<_> = known.collect();
    known.sort_by_key(|(at, m)| (*at, m.id));
    known.into_iter().take(STALE_MAX).map(|(at, m)| Complete { machine: m.name.clone(), until: When(at) }).collect()
}

impl Source {
    fn of(source: &plant::Source, health: Option<&SourceHealth>, account: &Account, timing: Timing) -> Self {
        let error = health.and_then(|h| h.last_error.as_ref());
        Self {
            name: source.name.clone(),
            protocol: source.protocol.clone(),
            address: health.map(|h| h.address.clone()),
            connected: health.is_some_and(|h| h.connected),
            last_error: error.map(|(_, words)| words.clone()),
            last_error_at: error.map(|(at, _)| When(*at)),
            heard: health.and_then(|h| h.heard).map(When),
            accepted: account.accepted,
            stored: account.stored,
            in_flight: account.in_flight,
            refused: account.refused.iter().map(|(reason, n)| (reason.word().to_owned(), *n)).collect(),
            timing,
        }
    }
}

fn stale(view: &View) -> Vec<Stale> {
    let numbers = view.plant.channels.iter().filter(|c| matches!(c.kind, ChannelKind::Counter | ChannelKind::Gauge));
    let silent = numbers.filter(|c| c.writable.is_none()).filter_map(|c| {
        let heard = view.image.latest.get(c.id.index()).copied().flatten().map(|l| l.at);
        let late = heard.is_none_or(|at| view.at - at > STALE_AFTER);
        let machine = view.plant.machine(c.machine).name.clone();
        late.then(|| Stale { machine, channel: c.name.clone(), heard: heard.map(When) })
    });
    silent.take(STALE_MAX).collect()
}

impl Data {
    /// The data as the view and the house show them.
    pub fn of(view: &View, health: &[SourceHealth], store: StoreFigures) -> Self {
        let plant = &view.plant;
        let none = Account::default();
        let sources = plant.sources.iter().map(|s| {
            let account = view.accounting.by_source().get(&s.id).unwrap_or(&none);
            let timing = view.timings.iter().find(|(id, _)| *id == s.id).map(|(_, t)| t.into()).unwrap_or_default();
            Source::of(s, health.iter().find(|h| h.name == s.name), account, timing)
        });
        let refused = view.refused.iter().map(|r| RefusedReading {
            at: When(r.received),
            source: plant.sources.get(r.from.index()).map_or_else(String::new, |s| s.name.clone()),
            place: r.place.clone(),
            found: r.found.clone(),
            allowed: r.allowed.clone(),
            reason: r.reason.into(),
        });
        Self {
            accounting: (&view.accounting.total()).into(),
            sources: sources.collect(),
            refused: refused.collect(),
            store: store.into(),
            stale: stale(view),
            complete: complete(view),
        }
    }
}
