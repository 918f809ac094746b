//! Hand entry's side of the house: a typed reading becomes a delivery at the door like any other, and the audit trail keeps who
//! typed it. Enters: readings of people. Leaves: what the door said. Absent: HTTP, judging (the door's).
//!
//! ```text
//! reading_typed (audit) -> Arrival -> Door -> loop -> journal -> reading_stored or reading_refused (audit) -> answer
//! ```
//!
//! A client id that was stored is remembered, across a restart from the audit trail: a repeated sending is told and not doubled.
//! What workers report at a machine goes the same way; see `report`.

mod report;

use crate::clock::Clock;
use collect::{Delivery, Place, RawReading, RawValue};
use drivers::{Arrival, Settled};
use measure::Instant;
use plant::{ChannelId, Plant, Quality, RefusalReason, SourceId};
use report::Tablets;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::sync::{Mutex, mpsc};
use web::hand::{Entered, HandReading, Said, Typed};
use web::house::HouseError;

/// Client ids remembered.
const IDS_MAX: usize = 10_000;
/// Lines of the audit trail looked through for entries.
const LINES_MAX: usize = 500;
/// Entries shown.
const ENTERED_MAX: usize = 50;
/// Longest wait for the journal.
const STORED_WITHIN: Duration = Duration::from_secs(10);

/// What is written into the audit trail.
const TYPED: &str = "reading_typed";
const STORED: &str = "reading_stored";
const REFUSED: &str = "reading_refused";

/// The desk at which readings are typed in.
pub struct HandDesk {
    plant: Arc<Plant>,
    store: Store,
    clock: Clock,
    door: mpsc::Sender<Arrival>,
    sources: BTreeMap<ChannelId, SourceId>,
    stored: Mutex<Option<Ids>>,
    /// The newest time and number typed into each channel: the view may lag behind.
    newest: std::sync::Mutex<HashMap<ChannelId, (Instant, f64)>>,
    tablets: Mutex<Tablets>,
}

/// Client ids that were stored, oldest first.
#[derive(Default)]
struct Ids {
    all: HashSet<String>,
    order: VecDeque<String>,
}

impl Ids {
    fn add(&mut self, id: &str) {
        if self.all.insert(id.to_owned()) {
            self.order.push_back(id.to_owned());
        }
        while self.order.len() > IDS_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.all.remove(&oldest);
            }
        }
    }
}

fn failed(error: &store::StoreError) -> HouseError {
    HouseError::Store(error.to_string())
}

impl HandDesk {
    /// A desk for the channels of sources that speak protocol `hand`.
    pub fn new(
        plant: Arc<Plant>,
        routes: &[crate::config::Route],
        (store, clock): (Store, Clock),
        door: mpsc::Sender<Arrival>,
    ) -> Self {
        let by_hand = |source: SourceId| plant.sources.get(source.index()).is_some_and(|s| s.protocol == "hand");
        let sources = routes.iter().zip(0..).filter(|(r, _)| by_hand(r.source)).map(|(r, c)| (ChannelId(c), r.source)).collect();
        let (stored, tablets) = (Mutex::new(None), Mutex::default());
        Self { plant, store, clock, door, sources, stored, newest: std::sync::Mutex::default(), tablets }
    }

    /// Channels that are read by hand.
    pub fn channels(&self) -> Vec<ChannelId> {
        self.sources.keys().copied().collect()
    }

    /// The newest entries that are in the journal.
    pub async fn entered(&self) -> Result<Vec<Entered>, HouseError> {
        let lines = self.lines().await?;
        Ok(lines.into_iter().filter(|l| l.what == STORED).filter_map(entered).take(ENTERED_MAX).collect())
    }

    async fn lines(&self) -> Result<Vec<store::AuditRow>, HouseError> {
        self.store.audit(None, LINES_MAX).await.map_err(|e| failed(&e))
    }

    /// Takes one reading in. One at a time: a repeated sending waits for the first and is told what became of it.
    pub async fn enter(&self, reading: HandReading) -> Result<Said, HouseError> {
        let mut known = self.stored.lock().await;
        if known.is_none() {
            let mut ids = Ids::default();
            for line in self.lines().await?.iter().rev().filter(|l| l.what == STORED) {
                ids.add(id_in(&line.detail));
            }
            *known = Some(ids);
        }
        if known.as_ref().is_some_and(|ids| ids.all.contains(&reading.client_id)) {
            return Ok(Said::StoredBefore);
        }
        let source = self.sources.get(&reading.channel).copied();
        let source = source.ok_or_else(|| HouseError::Conflict("this channel is not read by hand".to_owned()))?;
        let detail = self.detail(&reading);
        self.note(&reading, TYPED, &detail).await?;
        let said = self.through_the_door(&reading, source).await?;
        match &said {
            Said::Refused { reason, allowed, .. } => {
                self.note(&reading, REFUSED, &format!("{detail}; {}: allowed is {allowed}", reason.word())).await?;
            }
            Said::Stored | Said::StoredBefore => {
                self.note(&reading, STORED, &detail).await?;
                if let Some(ids) = known.as_mut() {
                    ids.add(&reading.client_id);
                }
            }
        }
        Ok(said)
    }

    async fn note(&self, reading: &HandReading, what: &str, detail: &str) -> Result<(), HouseError> {
        let about = self.name(reading.channel);
        let written = self.store.audit_add(self.clock.now(), &reading.who, what, &about, detail).await;
        written.map(drop).map_err(|e| failed(&e))
    }

    async fn through_the_door(&self, reading: &HandReading, source: SourceId) -> Result<Said, HouseError> {
        let mut delivery = Delivery::new(source, self.clock.now());
        let value = match &reading.value {
            Typed::Number(number) => RawValue::Number(*number),
            Typed::Word(word) => RawValue::Text(word.clone()),
        };
        delivery.readings.push(raw(reading.channel, reading.at, value));
        match tokio::time::timeout(STORED_WITHIN, self.deliver(delivery)).await {
            Ok(said) => said,
            Err(_) => Err(HouseError::Busy),
        }
    }

    /// Hands a delivery in and waits for the journal.
    async fn deliver(&self, delivery: Delivery) -> Result<Said, HouseError> {
        let typed: Vec<(ChannelId, Instant, f64)> = delivery.readings.iter().filter_map(numbered).collect();
        let (arrival, settled) = Arrival::new(delivery);
        self.door.send(arrival).await.map_err(|_| HouseError::Busy)?;
        let Ok(Settled { is_taken, first, .. }) = settled.await else { return Err(HouseError::Busy) };
        if is_taken && first.is_none() {
            let mut newest = self.newest.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            for (channel, at, value) in typed {
                let entry = newest.entry(channel).or_insert((at, value));
                if at >= entry.0 {
                    *entry = (at, value);
                }
            }
        }
        match first {
            Some(refused) if refused.reason == RefusalReason::Duplicate => Ok(Said::StoredBefore),
            Some(refused) => Ok(Said::Refused { reason: refused.reason, found: refused.found, allowed: refused.allowed }),
            None if is_taken => Ok(Said::Stored),
            None => Err(HouseError::Store("the journal did not take the reading".to_owned())),
        }
    }

    fn name(&self, channel: ChannelId) -> String {
        let channel = self.plant.channel(channel);
        format!("{}/{}", self.plant.machine(channel.machine).name, channel.name)
    }

    /// `12.5 kW.h; 2026-03-02T06:00:00Z; client-id`.
    fn detail(&self, reading: &HandReading) -> String {
        let value = match &reading.value {
            Typed::Number(number) => format!("{number} {}", self.plant.channel(reading.channel).unit),
            Typed::Word(word) => word.replace(';', ","),
        };
        format!("{value}; {}; {}", reading.at, reading.client_id)
    }
}

fn raw(channel: ChannelId, at: Instant, value: RawValue) -> RawReading {
    RawReading { place: Place::Channel(channel), at: Some(at), value, quality: Quality::Good }
}

/// Channel, time and number of a reading; words count as none, their times are kept all the same.
fn numbered(reading: &RawReading) -> Option<(ChannelId, Instant, f64)> {
    let Place::Channel(channel) = reading.place else { return None };
    let number = if let RawValue::Number(number) = reading.value { number } else { f64::NAN };
    Some((channel, reading.at?, number))
}

fn id_in(detail: &str) -> &str {
    detail.split("; ").nth(2).unwrap_or_default()
}

fn entered(line: store::AuditRow) -> Option<Entered> {
    let mut parts = line.detail.split("; ");
    let (value, at) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    Some(Entered { channel: line.about, at, value, who: line.who, entered: line.at })
}
