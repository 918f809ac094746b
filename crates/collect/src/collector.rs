//! The collector judges every raw reading, interns its words, keeps the accounts and the image.
//!
//! ```text
//! Delivery -> absorb -> Batch -> apply -> Image
//!                    -> Refused  ... the journal answers ... -> settle
//! ```

use crate::account::Accounting;
use crate::delivery::{Delivery, Place, RawReading, RawValue};
use crate::progress::{Change, Progress};
use crate::recent::Recent;
use crate::slot::{Kind, Seen, Slot};
use crate::timing::{Timing, Watch};
use measure::{Instant, Span};
use plant::{
    Batch, Channel, Image, Latest, Lexicon, MachineImage, MachineState, OrderProgress, Plant, Quality, Reading, RefusalReason,
    Refused, Role, SourceId, WordId,
};
use std::sync::Arc;

/// What the door lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How far a source's clock may run ahead of ours.
    pub ahead_max: Span,
    /// How far behind a channel's newest reading a late one may be.
    pub late_max: Span,
    /// How far a source's clock may be off before that is told.
    pub skew_max: Span,
}

impl Default for Limits {
    fn default() -> Self {
        Self { ahead_max: Span::from_minutes(5), late_max: Span::from_days(2), skew_max: Span::from_seconds(10) }
    }
}

/// What became of a delivery.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Absorbed {
    /// Good readings, one batch a machine, to be applied and stored; in flight until settled.
    pub batches: Vec<Batch>,
    /// Words met for the first time, to be stored with them.
    pub words: Vec<(WordId, Arc<str>)>,
    /// Readings refused, with reasons; already in the accounts.
    pub refused: Vec<Refused>,
}

/// The door's memory: accounts, lexicon, newest values, and the image made of what is stored.
#[derive(Clone, Debug)]
pub struct Collector {
    limits: Limits,
    accounting: Accounting,
    slots: Vec<Slot>,
    recent: Recent,
    /// Readings of the delivery at hand that came after a newer one of their channel.
    late_rows: u64,
    /// Numbers what is stored as one, from 1.
    turn: u32,
    watches: Vec<Watch>,
    /// Of each machine the newest source time and the sources that told of it.
    heard: Vec<(Option<Instant>, Vec<SourceId>)>,
    lexicon: Arc<Lexicon>,
    image: Arc<Image>,
    progress: Progress,
}

const UNKNOWN: &str = "a channel named in unit.toml";

/// What is wrong with a reading: why, and what would be allowed.
struct Fault(RefusalReason, String);

impl Collector {
    /// A collector for a plant of which nothing has been heard.
    pub fn new(plant: &Plant, limits: Limits) -> Self {
        let image = Image {
            at: Instant::EPOCH,
            latest: vec![None; plant.channels.len()],
            machines: vec![MachineImage::default(); plant.machines.len()],
            orders: vec![OrderProgress::default(); plant.orders.len()],
            words: Arc::default(),
        };
        Self {
            limits,
            accounting: Accounting::default(),
            slots: plant.channels.iter().map(Slot::new).collect(),
            recent: Recent::new(plant.channels.len()),
            late_rows: 0,
            turn: 1,
            watches: Vec::new(),
            heard: vec![(None, Vec::new()); plant.machines.len()],
            lexicon: Arc::default(),
            image: Arc::new(image),
            progress: Progress::new(plant),
        }
    }

    /// The accounts.
    pub const fn accounting(&self) -> &Accounting {
        &self.accounting
    }

    /// How far each order is.
    pub fn orders(&self) -> &[OrderProgress] {
        &self.image.orders
    }

    /// Takes in the orders that a plant has beyond those known here.
    pub fn admit(&mut self, plant: &Plant) {
        let known = self.image.orders.len();
        plant.orders.iter().skip(known).for_each(|order| self.progress.admit(plant, order.id));
        Arc::make_mut(&mut self.image).orders.resize(plant.orders.len(), OrderProgress::default());
    }

    /// The words met so far.
    pub const fn lexicon(&self) -> &Arc<Lexicon> {
        &self.lexicon
    }

    /// Takes back the words of an earlier run, in the order of their numbers.
    pub fn recall_words(&mut self, words: &[Arc<str>]) {
        for word in words {
            Arc::make_mut(&mut self.lexicon).intern(word);
        }
    }

    /// Takes back a stored batch of an earlier run: the image knows it, the accounts of this run do not.
    pub fn recall(&mut self, plant: &Plant, batch: &Batch) {
        for Reading { channel, at, value, quality } in batch.iter() {
            // what is stored was judged when it came
            let place = (channel.index(), self.turn);
            let _ = self.slots[channel.index()].take(Seen { at, value, quality }, &mut self.recent, place);
        }
        self.turn += 1;
        self.apply(plant, batch);
    }

    /// Judges every reading of a delivery. Each ends in exactly one batch row or one refusal.
    pub fn absorb(&mut self, plant: &Plant, delivery: Delivery) -> Absorbed {
        let mut absorbed = Absorbed::default();
        let (from, received) = (delivery.from, delivery.received);
        // what is read from a place of its own comes at its own time, which tells nothing of clocks
        let is_live = delivery.bookmark.is_none();
        for refused in delivery.refused {
            self.accounting.refuse(from, refused.reason);
            absorbed.refused.push(refused);
        }
        for raw in delivery.readings {
            match self.judge(plant, &raw, received, &mut absorbed.words) {
                Ok(reading) => {
                    let machine = self.slots[reading.channel.index()].machine;
                    let place = absorbed.batches.iter().rposition(|b| b.machine == machine).unwrap_or_else(|| {
                        absorbed.batches.push(Batch::new(from, machine, received));
                        absorbed.batches.len() - 1
                    });
                    absorbed.batches[place].push(reading);
                }
                Err(Fault(reason, allowed)) => {
                    self.accounting.refuse(from, reason);
                    let (place, found) = (place_of(plant, &raw.place), found_of(&raw));
                    absorbed.refused.push(Refused { from, received, place, found, allowed, reason });
                }
            }
        }
        for batch in delivery.numbers {
            self.judge_batch(plant, Batch { from, received, ..batch }, &mut absorbed);
        }
        self.watch(from, &absorbed.batches, is_live);
        let admitted = absorbed.batches.iter().map(|b| b.len() as u64).sum();
        self.accounting.admit(from, admitted);
        absorbed
    }

    /// Judges numbers in columns. A batch in which all are good, which is nearly every one, goes through as it is.
    fn judge_batch(&mut self, plant: &Plant, mut batch: Batch, absorbed: &mut Absorbed) {
        let mut kept = 0;
        for row in 0..batch.len() {
            match self.judge_row(&batch, row) {
                Ok(()) => {
                    if kept < row {
                        batch.copy_row(row, kept);
                    }
                    kept += 1;
                }
                Err(reason) => {
                    self.accounting.refuse(batch.from, reason);
                    absorbed.refused.push(self.refused_row(plant, &batch, row, reason));
                }
            }
        }
        batch.truncate(kept);
        if !batch.is_empty() {
            absorbed.batches.push(batch);
        }
    }

    #[inline]
    fn judge_row(&mut self, batch: &Batch, row: usize) -> Result<(), RefusalReason> {
        let (at, value) = (batch.at[row], batch.values[row]);
        let slot = self.slots.get_mut(batch.channels[row].index()).ok_or(RefusalReason::UnknownChannel)?;
        if slot.machine != batch.machine {
            return Err(RefusalReason::UnknownChannel);
        }
        if slot.kind != Kind::Number {
            return Err(RefusalReason::WrongType);
        }
        slot.judge_time(self.limits, at, batch.received)?;
        slot.judge_number(value)?;
        let seen = Seen { at, value, quality: batch.qualities[row] };
        self.late_rows += u64::from(slot.take(seen, &mut self.recent, (batch.channels[row].index(), self.turn))?);
        Ok(())
    }

    fn refused_row(&self, plant: &Plant, batch: &Batch, row: usize, reason: RefusalReason) -> Refused {
        let id = batch.channels[row];
        let (place, allowed) = match plant.channels.get(id.index()) {
            Some(channel) => (place_of(plant, &Place::Channel(id)), self.allowed(channel, reason, batch.received)),
            None => (format!("channel number {}", id.0), UNKNOWN.to_owned()),
        };
        let found = format!("{} at {}", batch.values[row], batch.at[row]);
        Refused { from: batch.from, received: batch.received, place, found, allowed, reason }
    }

    /// The journal acknowledged readings, or could not take them: then they are counted as refused, and are no duplicates when
    /// they come again. All readings absorbed since the last settling are stored as one.
    pub fn settle(&mut self, from: SourceId, count: u64, stored: bool) {
        self.accounting.settle(from, count, stored);
        if !stored {
            for (place, slot) in self.slots.iter_mut().enumerate() {
                slot.undo(&mut self.recent, (place, self.turn));
            }
        }
        self.turn = self.turn.wrapping_add(1).max(1);
    }

    /// Notes how good readings lie in time.
    fn watch(&mut self, from: SourceId, batches: &[Batch], is_live: bool) {
        if self.watches.len() <= from.index() {
            self.watches.resize_with(from.index() + 1, Watch::default);
        }
        let watch = &mut self.watches[from.index()];
        watch.out_of_order += std::mem::take(&mut self.late_rows);
        for batch in batches {
            let (heard, sources) = &mut self.heard[batch.machine.index()];
            if !sources.contains(&from) {
                sources.push(from);
            }
            let reached = heard.unwrap_or(Instant::MIN);
            let none = (Instant::MAX, Instant::MIN, 0);
            let (oldest, newest, late) = batch
                .at
                .iter()
                .fold(none, |(oldest, newest, late), at| (oldest.min(*at), newest.max(*at), late + u64::from(*at < reached)));
            if is_live && late > 0 {
                watch.came_late(batch.received, late, reached - oldest);
            }
            // a source that tells no times is given ours
            if is_live && newest != batch.received {
                watch.delivered(batch.received, newest);
            }
            *heard = Some(reached.max(newest));
        }
    }

    /// How the readings of each source heard lie in time.
    pub fn timings(&self, now: Instant) -> Vec<(SourceId, Timing)> {
        let timing = |(place, watch): (usize, &Watch)| (SourceId(place as u16), watch.timing(now, self.limits.skew_max));
        self.watches.iter().enumerate().map(timing).collect()
    }

    /// Up to when the readings of each machine are thought complete, by machine; `None` where none came. The formula is in
    /// `timing`.
    pub fn watermarks(&self, now: Instant) -> Vec<Option<Instant>> {
        let lateness: Vec<Span> = self.timings(now).into_iter().map(|(_, timing)| timing.lateness).collect();
        let watermark = |(heard, sources): &(Option<Instant>, Vec<SourceId>)| {
            let late = sources.iter().filter_map(|s| lateness.get(s.index())).copied().max().unwrap_or(Span::ZERO);
            heard.map(|heard| heard - late)
        };
        self.heard.iter().map(watermark).collect()
    }

    /// The image at `now`.
    pub fn freeze(&mut self, now: Instant) -> Arc<Image> {
        let image = Arc::make_mut(&mut self.image);
        image.at = now;
        if !Arc::ptr_eq(&image.words, &self.lexicon) {
            image.words = Arc::clone(&self.lexicon);
        }
        Arc::clone(&self.image)
    }

    fn judge(
        &mut self,
        plant: &Plant,
        raw: &RawReading,
        received: Instant,
        words: &mut Vec<(WordId, Arc<str>)>,
    ) -> Result<Reading, Fault> {
        let Place::Channel(id) = raw.place else {
            return Err(Fault(RefusalReason::UnknownChannel, UNKNOWN.to_owned()));
        };
        let channel = plant.channel(id);
        let at = raw.at.unwrap_or(received);
        let limits = self.limits;
        let explain = |door: &Self, reason| Fault(reason, door.allowed(channel, reason, received));
        self.slots[id.index()].judge_time(limits, at, received).map_err(|reason| explain(self, reason))?;
        let value = if channel.kind.is_word() {
            self.judge_word(channel, raw, words)?
        } else {
            number_of(raw)
                .and_then(|v| self.slots[id.index()].judge_number(v).map(|()| v))
                .map_err(|reason| explain(self, reason))?
        };
        let seen = Seen { at, value, quality: raw.quality };
        let taken = self.slots[id.index()].take(seen, &mut self.recent, (id.index(), self.turn));
        self.late_rows += u64::from(taken.map_err(|reason| explain(self, reason))?);
        Ok(Reading { channel: id, at, value, quality: raw.quality })
    }

    /// What a channel allows, where a reading was refused for a reason.
    fn allowed(&self, channel: &Channel, reason: RefusalReason, received: Instant) -> String {
        let unit = &channel.unit;
        match reason {
            RefusalReason::FromFuture => format!("a source time at most {} ahead of {received}", self.limits.ahead_max),
            RefusalReason::TooLate => {
                let newest = self.slots[channel.id.index()].newest_at().unwrap_or(received);
                format!("a source time at most {} before {newest}", self.limits.late_max)
            }
            RefusalReason::Duplicate => "one reading a channel and instant".to_owned(),
            RefusalReason::WrongType if channel.kind.is_word() => "text".to_owned(),
            RefusalReason::WrongType => format!("a number of {unit}"),
            RefusalReason::NotFinite => format!("a finite number of {unit}"),
            RefusalReason::OutOfRange => {
                let (low, high) = channel.range.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
                format!("{low} to {high} {unit}")
            }
            _ => UNKNOWN.to_owned(),
        }
    }

    fn judge_word(&mut self, channel: &Channel, raw: &RawReading, words: &mut Vec<(WordId, Arc<str>)>) -> Result<f64, Fault> {
        let word = match &raw.value {
            RawValue::Text(text) => text.as_str(),
            RawValue::Flag(true) => "true",
            RawValue::Flag(false) => "false",
            RawValue::Number(_) => {
                return Err(Fault(RefusalReason::WrongType, self.allowed(channel, RefusalReason::WrongType, Instant::EPOCH)));
            }
        };
        if channel.role == Role::State && state_of(channel, word).is_none() {
            let known: Vec<&str> = channel.states.iter().map(|(w, _)| w.as_str()).collect();
            return Err(Fault(RefusalReason::UnknownState, format!("one of {}", known.join(", "))));
        }
        if let Some(known) = self.lexicon.number(word) {
            return Ok(f64::from(known.0));
        }
        let lexicon = Arc::make_mut(&mut self.lexicon);
        let Some((id, _)) = lexicon.intern(word) else {
            let allowed = format!("a word of at most {} bytes, {} words in all", Lexicon::WORD_BYTES_MAX, Lexicon::WORDS_MAX);
            return Err(Fault(RefusalReason::WordTooLong, allowed));
        };
        words.push((id, Arc::clone(&lexicon.words()[id.index()])));
        Ok(f64::from(id.0))
    }

    /// A batch becomes part of the image.
    pub fn apply(&mut self, plant: &Plant, batch: &Batch) {
        let image = Arc::make_mut(&mut self.image);
        for reading in batch.iter() {
            let latest = &mut image.latest[reading.channel.index()];
            if latest.is_some_and(|l| l.at > reading.at) {
                continue;
            }
            let before = latest.map(|l| l.value);
            *latest = Some(Latest { at: reading.at, value: reading.value, quality: reading.quality });
            let slot = &self.slots[reading.channel.index()];
            let machine = &mut image.machines[slot.machine.index()];
            // a source that says it does not know a value says nothing of the machine
            if reading.quality != Quality::Bad {
                machine.heard = machine.heard.max(reading.at);
            }
            if !slot.is_heeded {
                continue;
            }
            let channel = plant.channel(reading.channel);
            let word = if channel.kind.is_word() { self.lexicon.word(reading.value).map_or("", |w| w) } else { "" };
            if channel.role == Role::State {
                let state = state_of(channel, word).unwrap_or_default();
                if state != machine.state {
                    (machine.state, machine.since) = (state, reading.at);
                }
            } else {
                self.progress.apply(plant, image, &Change { channel, reading, before, word });
            }
        }
    }
}

/// The state a word of a state channel means: by the channel's own words, or by ours where it lists none.
pub fn state_of(channel: &Channel, word: &str) -> Option<MachineState> {
    if channel.states.is_empty() {
        return MachineState::from_word(word);
    }
    channel.states.iter().find(|(w, _)| w.eq_ignore_ascii_case(word)).map(|(_, s)| *s)
}

/// The number of a raw reading; a yes or no is 1 or 0.
fn number_of(raw: &RawReading) -> Result<f64, RefusalReason> {
    match raw.value {
        RawValue::Number(value) => Ok(value),
        RawValue::Flag(flag) => Ok(f64::from(u8::from(flag))),
        RawValue::Text(_) => Err(RefusalReason::WrongType),
    }
}

fn place_of(plant: &Plant, place: &Place) -> String {
    match place {
        Place::Unknown(text) => text.chars().take(200).collect(),
        Place::Channel(id) => {
            let channel = plant.channel(*id);
            format!("{}/{}", plant.machine(channel.machine).name, channel.name)
        }
    }
}

fn found_of(raw: &RawReading) -> String {
    let value = match &raw.value {
        RawValue::Number(number) => number.to_string(),
        RawValue::Flag(flag) => flag.to_string(),
        RawValue::Text(text) => format!("`{}`", text.chars().take(80).collect::<String>()),
    };
    raw.at.map_or_else(|| value.clone(), |at| format!("{value} at {at}"))
}
