//! A delivery being filled, message by message. Enters: values of channels, refusals. Leaves: a [`Delivery`] whose numbers stand
//! in columns, one batch a machine, and the values of channels that take commands, for whoever waits for an echo.

use super::config::Shape;
use collect::{Delivery, Place, RawReading, RawValue};
use measure::Instant;
use plant::{Batch, ChannelId, MachineId, Quality, Reading, Refused, SourceId};

/// Rows for which a batch has room at first.
const ROWS: usize = 32;
/// No batch.
const NONE: u32 = u32::MAX;

/// A delivery being filled.
#[derive(Clone, Debug)]
pub struct Load {
    delivery: Delivery,
    /// Place of each machine's batch in the delivery.
    batches: Vec<u32>,
    count: usize,
    echoes: Vec<(ChannelId, RawValue)>,
}

impl Load {
    /// Nothing yet from a source.
    pub const fn new(from: SourceId) -> Self {
        let delivery = Delivery::new(from, Instant::EPOCH);
        Self { delivery, batches: Vec::new(), count: 0, echoes: Vec::new() }
    }
    /// When the first of it came.
    pub const fn begin(&mut self, received: Instant) {
        self.delivery.received = received;
    }
    /// Entries in it.
    pub const fn len(&self) -> usize {
        self.count
    }
    /// Whether it brings nothing.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
    /// A value of a channel. A number of a channel of numbers goes into its machine's columns.
    #[inline]
    pub fn read(&mut self, (channel, shape): (ChannelId, Shape), at: Instant, value: RawValue) {
        self.count += 1;
        if shape.is_commanded {
            self.echoes.push((channel, value.clone()));
        }
        match (&value, shape.machine) {
            (RawValue::Number(number), Some(machine)) if !shape.is_word => {
                self.batch(machine).push(Reading { channel, at, value: *number, quality: Quality::Good });
            }
            _ => {
                let place = Place::Channel(channel);
                self.delivery.readings.push(RawReading { place, at: Some(at), value, quality: Quality::Good });
            }
        }
    }
    /// Something that is no reading.
    pub fn refuse(&mut self, refused: Refused) {
        self.count += 1;
        self.delivery.refused.push(refused);
    }
    /// The delivery; the load is empty again.
    pub fn take(&mut self) -> Delivery {
        for batch in &self.delivery.numbers {
            self.batches[batch.machine.index()] = NONE;
        }
        self.count = 0;
        let next = Delivery::new(self.delivery.from, self.delivery.received);
        std::mem::replace(&mut self.delivery, next)
    }
    /// The values of channels that take commands, since the last time.
    pub fn take_echoes(&mut self) -> Vec<(ChannelId, RawValue)> {
        std::mem::take(&mut self.echoes)
    }

    #[inline]
    fn batch(&mut self, machine: MachineId) -> &mut Batch {
        let place = machine.index();
        if self.batches.len() <= place {
            self.batches.resize(place + 1, NONE);
        }
        if self.batches[place] == NONE {
            let Delivery { from, received, numbers, .. } = &mut self.delivery;
            self.batches[place] = numbers.len() as u32;
            numbers.push(Batch::with_rows(*from, machine, *received, ROWS));
        }
        &mut self.delivery.numbers[self.batches[place] as usize]
    }
}
