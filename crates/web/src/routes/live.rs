//! The live stream (server-sent events): event `unit` about each second, event `record` for each new or changed record, event
//! `missed` where a slow reader lost some. What a reader has not taken yet is bounded: of the unit the newest is kept, of
//! records those of the broadcast's length. The stream ends with the session and with the windows.

use super::Look;
use crate::form::unit::{Missed, RecordBrief, Unit};
use crate::reply::{Refusal, Reply};
use crate::session::Seat;
use crate::windows::{Pulse, Windows};
use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use plant::Record;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};

struct Reader {
    windows: Arc<Windows>,
    seat: Seat,
    pulse: watch::Receiver<Arc<Pulse>>,
    records: Option<broadcast::Receiver<Arc<Record>>>,
    stop: watch::Receiver<bool>,
    _room: OwnedSemaphorePermit,
}

/// Live stream: event `unit` (a `Unit`) about each second, event `record` (a `RecordBrief`) for each new or changed record,
/// event `missed` (a `Missed`) where this reader was too slow.
#[utoipa::path(
    get, path = "/api/v1/live", tag = "unit",
    responses((status = 200, body = Unit, content_type = "text/event-stream", description = "Server-sent events"))
)]
pub async fn live(
    State(windows): Look,
    Extension(seat): Extension<Seat>,
) -> Reply<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let room = Arc::clone(&windows.live).try_acquire_owned().map_err(|_| Refusal::busy())?;
    let mut pulse = windows.pulse.clone();
    pulse.mark_changed();
    let records = Some(windows.house.records_live());
    let stop = windows.stop.clone();
    let reader = Reader { windows, seat, pulse, records, stop, _room: room };
    let events = futures::stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

impl Reader {
    async fn next(&mut self) -> Option<Event> {
        loop {
            tokio::select! {
                biased;
                () = closed(&mut self.stop) => return None,
                changed = self.pulse.changed() => {
                    changed.ok()?;
                    if !self.windows.sessions.lasts(&self.seat.key, Instant::now()) {
                        return None;
                    }
                    let pulse = Arc::clone(&self.pulse.borrow_and_update());
                    return Some(Event::default().event("unit").data(String::from_utf8_lossy(pulse.json())));
                }
                record = heard(&mut self.records) => match record {
                    Ok(record) => return self.told("record", &RecordBrief::of(&self.windows.view().plant, &record)),
                    Err(RecvError::Lagged(missed)) => return self.told("missed", &Missed { missed }),
                    Err(RecvError::Closed) => self.records = None,
                },
            }
        }
    }
    fn told(&self, name: &str, form: &impl serde::Serialize) -> Option<Event> {
        Event::default().event(name).json_data(form).ok()
    }
}

async fn closed(stop: &mut watch::Receiver<bool>) {
    // an error means that the windows are gone, which is closed too
    let _ = stop.wait_for(|stopped| *stopped).await;
}

async fn heard(records: &mut Option<broadcast::Receiver<Arc<Record>>>) -> Result<Arc<Record>, RecvError> {
    match records {
        Some(records) => records.recv().await,
        None => std::future::pending().await,
    }
}
