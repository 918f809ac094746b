//! What a worker reports at a machine, as readings of the machine's hand-read channels: exactly once, in the tablet's order.
//!
//! Enters: reports with the tablet's id and rising numbers. Leaves: what the door said. Absent: HTTP, judging (the door's).
//!
//! ```text
//! report 7 of tablet t -> is 7 above the last of t? -> readings + bookmark "tablet/t" = 7 in one commit of the journal -> answer
//!                         no: told, not taken again
//! ```
//!
//! | report | readings |
//! | --- | --- |
//! | start | `order` = the order, `state` = the word for producing |
//! | stop | `state` = the word for starved; without a state channel `order` = nothing |
//! | done | `order_done` = the order, `order` = nothing, `state` = the word for starved |
//! | good, scrap | the counter and so many more |
//! | problem | `alarm`, or an event channel `problem` = the cause; `state` = the word for down |
//!
//! A counter's reading that is older than its newest takes the time just after that, so that two tablets at one machine never
//! make a counter fall; the audit trail keeps the tablet's time.

#[cfg(test)]
mod tests;

use super::{HandDesk, STORED_WITHIN, raw};
use collect::{Bookmark, Delivery, RawReading, RawValue};
use measure::{Instant, Span};
use plant::{Channel, ChannelId, ChannelKind, MachineId, MachineState, OrderId, Role, SourceId};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use unit::desk::View;
use web::hand::{Report, Said, Work, WorkKind};
use web::house::HouseError;

/// Tablets known at most.
const TABLETS_MAX: usize = 10_000;
/// Before the key of a tablet's bookmark.
const TABLET: &str = "tablet/";
/// What is written into the audit trail.
const MADE: &str = "report_made";
const STORED: &str = "report_stored";
const REFUSED: &str = "report_refused";
/// The event channel for problems where a machine has no channel of role alarm by hand.
const PROBLEM: &str = "problem";
/// The least step of time.
const TICK: Span = Span::from_micros(1);

/// The newest report taken of each tablet, with the door's answer where it was given in this run.
#[derive(Default)]
pub(super) struct Tablets(HashMap<String, (u64, Option<Said>)>);

/// The channels of a machine that a worker's reports go to; all of one source, so that a report is one delivery.
struct Board<'p> {
    source: SourceId,
    order: Option<&'p Channel>,
    state: Option<&'p Channel>,
    done: Option<&'p Channel>,
    good: Option<&'p Channel>,
    scrap: Option<&'p Channel>,
    problem: Option<&'p Channel>,
}

impl Board<'_> {
    fn takes(&self, kind: WorkKind) -> bool {
        match kind {
            WorkKind::Start => self.order.is_some(),
            WorkKind::Stop => self.order.or(self.state).is_some(),
            WorkKind::Done => self.done.is_some(),
            WorkKind::Good => self.good.is_some(),
            WorkKind::Scrap => self.scrap.is_some(),
            WorkKind::Problem => self.problem.is_some(),
        }
    }
}

const KINDS: [WorkKind; 6] =
    [WorkKind::Start, WorkKind::Stop, WorkKind::Done, WorkKind::Good, WorkKind::Scrap, WorkKind::Problem];

impl HandDesk {
    /// Takes back which reports were taken in earlier runs, from the bookmarks of the journal.
    #[must_use]
    pub fn recalling(mut self, bookmarks: &BTreeMap<String, String>) -> Self {
        let tablets = self.tablets.get_mut();
        for (key, number) in bookmarks {
            let tablet = key.split_once('\n').and_then(|(_, key)| key.strip_prefix(TABLET));
            let Some((tablet, number)) = tablet.zip(number.parse().ok()) else { continue };
            let known = tablets.0.entry(tablet.to_owned()).or_default();
            known.0 = known.0.max(number);
        }
        self
    }

    /// What can be reported at a machine.
    pub fn work_of(&self, machine: MachineId) -> Vec<WorkKind> {
        let Some(board) = self.board(machine) else { return Vec::new() };
        KINDS.into_iter().filter(|kind| board.takes(*kind)).collect()
    }

    fn board(&self, machine: MachineId) -> Option<Board<'_>> {
        let by_hand = || self.plant.channels_of(machine).filter_map(|c| Some((c, *self.sources.get(&c.id)?)));
        let (_, source) = by_hand().find(|(channel, _)| channel.role != Role::Other || channel.name == PROBLEM)?;
        let of = |role: Role| by_hand().find(|(c, s)| c.role == role && *s == source).map(|(c, _)| c);
        let is_problem = |c: &Channel| c.name == PROBLEM && c.kind == ChannelKind::Event;
        let problem = of(Role::Alarm).or_else(|| by_hand().find(|(c, s)| is_problem(c) && *s == source).map(|(c, _)| c));
        let (order, state, done) = (of(Role::Order), of(Role::State), of(Role::OrderDone));
        Some(Board { source, order, state, done, good: of(Role::Good), scrap: of(Role::Scrap), problem })
    }

    /// Takes a report in. It is carried through even if whoever sent it goes away meanwhile.
    pub async fn report(self: &Arc<Self>, report: Report, view: Arc<View>) -> Result<Said, HouseError> {
        let desk = Arc::clone(self);
        let taken = tokio::spawn(async move { desk.take(report, &view).await });
        match tokio::time::timeout(STORED_WITHIN, taken).await {
            Ok(Ok(said)) => said,
            _ => Err(HouseError::Busy),
        }
    }

    /// One report at a time: whatever is sent again waits for the first and is told what became of it.
    async fn take(&self, report: Report, view: &View) -> Result<Said, HouseError> {
        let mut tablets = self.tablets.lock().await;
        match tablets.0.get(&report.tablet) {
            Some((last, said)) if report.number == *last => return Ok(again(said.as_ref())),
            Some((last, _)) if report.number < *last => return Ok(Said::StoredBefore),
            None if tablets.0.len() >= TABLETS_MAX => {
                return Err(HouseError::Conflict(format!("{TABLETS_MAX} tablets are known, which is the most")));
            }
            _ => {}
        }
        let mut delivery = self.delivery(&report, view)?;
        let (key, value) = (format!("{TABLET}{}", report.tablet), report.number.to_string());
        delivery.bookmark = Some(Bookmark { key, value });
        let detail = self.told(&report);
        self.noted(&report, MADE, &detail).await?;
        // no time-out here: until it is known whether the journal has it, no other report may pass
        let said = self.deliver(delivery).await?;
        tablets.0.insert(report.tablet.clone(), (report.number, Some(said.clone())));
        match &said {
            Said::Refused { reason, allowed, .. } => {
                self.noted(&report, REFUSED, &format!("{detail}; {}: allowed is {allowed}", reason.word())).await?;
            }
            Said::Stored | Said::StoredBefore => self.noted(&report, STORED, &detail).await?,
        }
        Ok(said)
    }

    async fn noted(&self, report: &Report, what: &str, detail: &str) -> Result<(), HouseError> {
        let about = &self.plant.machine(report.machine).name;
        let written = self.store.audit_add(self.clock.now(), &report.who, what, about, detail).await;
        written.map(drop).map_err(|e| super::failed(&e))
    }

    /// `good 12; 2026-03-02T06:00:00Z; tablet/7`.
    fn told(&self, report: &Report) -> String {
        let name = |order: &OrderId| &self.plant.order(*order).name;
        let work = match &report.work {
            Work::Start(order) => format!("start {}", name(order)),
            Work::Stop => "stop".to_owned(),
            Work::Done(order) => format!("done {}", name(order)),
            Work::Good(pieces) => format!("good {pieces}"),
            Work::Scrap(pieces) => format!("scrap {pieces}"),
            Work::Problem(cause) => format!("problem {}", cause.replace(';', ",")),
        };
        format!("{work}; {}; {}/{}", report.at, report.tablet, report.number)
    }

    /// The readings that a report means.
    fn delivery(&self, report: &Report, view: &View) -> Result<Delivery, HouseError> {
        let cannot = || {
            let machine = &self.plant.machine(report.machine).name;
            HouseError::Conflict(format!(
                "machine `{machine}` has no channel read by hand for this: see docs, `protocol = \"hand\"`"
            ))
        };
        let board = self.board(report.machine).filter(|b| b.takes(report.work.kind())).ok_or_else(cannot)?;
        let mut sheet = Sheet { desk: self, view, at: report.at, readings: Vec::new() };
        match &report.work {
            Work::Start(order) => {
                sheet.word(board.order, &self.plant.order(*order).name);
                sheet.state(board.state, MachineState::Producing);
            }
            Work::Stop if board.state.is_none() => sheet.word(board.order, ""),
            Work::Stop => sheet.state(board.state, MachineState::Starved),
            Work::Done(order) => {
                sheet.once(board.done, &self.plant.order(*order).name);
                sheet.word(board.order, "");
                sheet.state(board.state, MachineState::Starved);
            }
            Work::Good(pieces) => sheet.more(board.good, *pieces),
            Work::Scrap(pieces) => sheet.more(board.scrap, *pieces),
            Work::Problem(cause) => {
                sheet.once(board.problem, cause);
                sheet.state(board.state, MachineState::Down);
            }
        }
        Ok(Delivery { readings: sheet.readings, ..Delivery::new(board.source, self.clock.now()) })
    }

    /// The newest time and number of a channel, by the view and by what was typed since.
    fn newest(&self, view: &View, channel: ChannelId) -> Option<(Instant, f64)> {
        let seen = view.image.latest.get(channel.index()).copied().flatten().map(|latest| (latest.at, latest.value));
        let typed = self.newest.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&channel).copied();
        match (seen, typed) {
            (Some(seen), Some(typed)) => Some(if typed.0 >= seen.0 { typed } else { seen }),
            (seen, typed) => typed.or(seen),
        }
    }
}

fn again(said: Option<&Said>) -> Said {
    match said {
        Some(refused @ Said::Refused { .. }) => refused.clone(),
        _ => Said::StoredBefore,
    }
}

/// Readings being written down.
struct Sheet<'d> {
    desk: &'d HandDesk,
    view: &'d View,
    at: Instant,
    readings: Vec<RawReading>,
}

impl Sheet<'_> {
    /// A word that holds from the time of the report; a newer one stays in force.
    fn word(&mut self, channel: Option<&Channel>, word: &str) {
        let Some(channel) = channel else { return };
        let newest = self.desk.newest(self.view, channel.id);
        let at = if newest.is_some_and(|(at, _)| at == self.at) { self.at + TICK } else { self.at };
        self.readings.push(raw(channel.id, at, RawValue::Text(word.to_owned())));
    }

    /// A word that happens once and is never passed over.
    fn once(&mut self, channel: Option<&Channel>, word: &str) {
        let Some(channel) = channel else { return };
        let at = self.after(self.desk.newest(self.view, channel.id));
        self.readings.push(raw(channel.id, at, RawValue::Text(word.to_owned())));
    }

    /// The word of a state, where the channel has one.
    fn state(&mut self, channel: Option<&Channel>, state: MachineState) {
        let Some(channel) = channel else { return };
        let own = channel.states.iter().find(|(_, s)| *s == state).map(|(word, _)| word.clone());
        let word = if channel.states.is_empty() { Some(state.word().to_owned()) } else { own };
        word.iter().for_each(|word| self.word(Some(channel), word));
    }

    /// So many more pieces; a counter that was never read begins at 0.
    fn more(&mut self, channel: Option<&Channel>, pieces: u32) {
        let Some(channel) = channel else { return };
        let newest = self.desk.newest(self.view, channel.id);
        let at = self.after(newest);
        if newest.is_none() {
            self.readings.push(raw(channel.id, at - TICK, RawValue::Number(0.0)));
        }
        let total = newest.map_or(0.0, |(_, value)| value) + f64::from(pieces);
        self.readings.push(raw(channel.id, at, RawValue::Number(total)));
    }

    fn after(&self, newest: Option<(Instant, f64)>) -> Instant {
        newest.map_or(self.at, |(at, _)| self.at.max(at + TICK))
    }
}
