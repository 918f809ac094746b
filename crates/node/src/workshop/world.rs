//! The workshop shared by its servers. Enters: the clock, writes of any protocol. Leaves: samples for each server. Absent:
//! protocols.

use measure::Instant;
use plant::{ChannelId, CommandValue, Plant};
use simulate::workshop::{Sample, SampleValue, Workshop, WriteRefused, wiring};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use unit::schedule::Schedule;

/// Real time between two steps.
const STEP: Duration = Duration::from_millis(50);
/// Lists of samples that may wait at a server.
const WAITING_MAX: usize = 64;

/// The workshop, its plant and its clock.
pub struct World {
    /// Everything there is, but for orders that came later.
    pub plant: Arc<Plant>,
    /// Everything there is, with the orders that came later: the plant of the unit that took them in, which numbers channels in its own way.
    full: Mutex<Arc<Plant>>,
    clock: drivers::Clock,
    workshop: Mutex<Workshop>,
    /// Place in [`Outlets`] by channel.
    route: Vec<usize>,
}

/// Where the samples of each server go in. They are not the world's, which every server holds: a server ends when the pump
/// that owns them does.
pub struct Outlets([mpsc::Sender<Vec<Sample>>; 3]);

/// What the servers take from, by protocol.
pub struct Feeds {
    /// Samples of the OPC UA server's channels.
    pub opcua: mpsc::Receiver<Vec<Sample>>,
    /// Samples of the Sparkplug edge node's channels.
    pub sparkplug: mpsc::Receiver<Vec<Sample>>,
    /// Samples of the Modbus server's channels.
    pub modbus: mpsc::Receiver<Vec<Sample>>,
}

impl World {
    /// Shares a workshop.
    pub fn new(workshop: Workshop, plant: Arc<Plant>, clock: drivers::Clock) -> (Arc<Self>, Outlets, Feeds) {
        let route = wiring(&plant).iter().map(|source| source.index()).collect();
        let (to_opcua, opcua) = mpsc::channel(WAITING_MAX);
        let (to_sparkplug, sparkplug) = mpsc::channel(WAITING_MAX);
        let (to_modbus, modbus) = mpsc::channel(WAITING_MAX);
        let outlets = Outlets([to_opcua, to_sparkplug, to_modbus]);
        let full = Mutex::new(Arc::clone(&plant));
        let world = Self { plant, full, clock, workshop: Mutex::new(workshop), route };
        (Arc::new(world), outlets, Feeds { opcua, sparkplug, modbus })
    }
    /// The workshop's time.
    pub fn now(&self) -> Instant {
        (self.clock)()
    }
    /// Tells a machine a value.
    ///
    /// # Errors
    /// The machine's refusal.
    pub fn write(&self, channel: ChannelId, value: &CommandValue) -> Result<(), WriteRefused> {
        let (now, full) = (self.now(), self.full());
        let there = self.plant.channels.get(channel.index()).and_then(|own| {
            let machine = full.machine_named(&self.plant.machine(own.machine).name)?;
            full.named(machine.id, &own.name)
        });
        self.workshop().write(&full, there.map_or(channel, |there| there.id), value, now)
    }
    /// The channels of one server, by its place in [`simulate::workshop::SOURCES`].
    pub fn channels(&self, outlet: usize) -> impl Iterator<Item = &plant::Channel> {
        self.plant.channels.iter().filter(move |c| self.route.get(c.id.index()) == Some(&outlet))
    }

    /// Takes in orders that a plant has beyond those known here.
    pub fn admit(&self, plant: &Arc<Plant>) {
        let now = self.now();
        let mut workshop = self.workshop();
        // what is released now is handed out at the next event: the workshop stands at its newest one
        workshop.admit(plant);
        *self.full.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(plant);
        tracing::debug!(orders = plant.orders.len(), %now, "the workshop has the newest orders");
    }
    /// Takes a published schedule to hand.
    pub fn follow(&self, schedule: &Schedule) {
        let now = self.now();
        self.workshop().follow(&self.full(), &schedule.tasks, now);
    }
    fn full(&self) -> Arc<Plant> {
        Arc::clone(&self.full.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A panic under the lock leaves a workshop that can go on: it is a value that is stepped, not half a structure.
    fn workshop(&self) -> MutexGuard<'_, Workshop> {
        self.workshop.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn advance(&self) -> [Vec<Sample>; 3] {
        let now = self.now();
        let mut samples = Vec::new();
        self.workshop().advance(&self.full(), now, &mut samples);
        let mut sorted = [Vec::new(), Vec::new(), Vec::new()];
        for sample in samples {
            if let Some(list) = self.route.get(sample.channel.index()).and_then(|place| sorted.get_mut(*place)) {
                list.push(sample);
            }
        }
        sorted
    }
}

/// Advances the workshop with its clock and hands its samples to the servers.
pub async fn pump(world: Arc<World>, outlets: Outlets, stop: CancellationToken) {
    let mut tick = tokio::time::interval(STEP);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = step(&world, &outlets) => {}
        }
    }
}

/// One step: what the machines told since the last one goes to the servers.
pub async fn step(world: &World, outlets: &Outlets) {
    for (samples, outlet) in world.advance().into_iter().zip(&outlets.0) {
        if !samples.is_empty() {
            // a server that is gone ends with its own word
            let _ = outlet.send(samples).await;
        }
    }
}

/// A sample's value as the drivers' wire takes it.
pub fn command_value(value: &SampleValue) -> CommandValue {
    match value {
        SampleValue::Number(number) => CommandValue::Number(*number),
        SampleValue::Word(word) => CommandValue::Word(word.to_string()),
    }
}
