//! The virtual workshop behind real servers: what a unit sees of it comes over OPC UA, MQTT with Sparkplug B, and Modbus TCP,
//! as from real equipment. Enters: the pure workshop, its clock, addresses. Leaves: servers at work, and the address of
//! every channel. Absent: how the workshop behaves (`simulate`), how a unit reads it (`drivers`).
//!
//! ```text
//!  clock -> [pump] -> Workshop::advance -> samples -+-> opcua      node ns=2;s=mill-1.state
//!                          ^                        +-> sparkplug  workshop/gateway/oven-1/state
//!                          |                        +-> modbus     6/input/0/u16/...
//!  writes from any server -+  the machine's refusal goes back in the words of the protocol
//! ```

mod map;
mod modbus;
mod opcua;
mod sparkplug;
#[cfg(test)]
mod tests;
mod world;

pub use map::{ChannelAddress, addresses, register_map};

use plant::Plant;
use simulate::workshop::Workshop;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use unit::desk::View;
use unit::schedule::Schedule;
use world::World;

/// Where the servers listen, and where the broker is. Port 0 takes a free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The OPC UA server shall listen here.
    pub opcua: SocketAddr,
    /// The MQTT broker is here.
    pub broker: SocketAddr,
    /// The Modbus TCP server shall listen here.
    pub modbus: SocketAddr,
}

/// The servers of a workshop at work.
#[derive(Debug)]
pub struct Endpoints {
    /// Addresses as a `unit.toml` writes them, by place of [`simulate::workshop::SOURCES`].
    pub sources: Vec<String>,
    /// Their tasks; they end after `stop`.
    pub tasks: JoinSet<()>,
    /// Where orders that came later are handed down.
    pub orders: Orders,
}

/// Hands orders down to the workshop, as an ERP system does.
#[derive(Clone)]
pub struct Orders(Arc<World>);

impl std::fmt::Debug for Orders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Orders")
    }
}

impl Orders {
    /// Hands down what a unit takes in and the schedules that it publishes, until the unit ends.
    pub async fn follow(self, mut view: watch::Receiver<Arc<View>>, mut published: watch::Receiver<Option<Arc<Schedule>>>) {
        let mut known = self.0.plant.orders.len();
        loop {
            let plant = Arc::clone(&view.borrow_and_update().plant);
            if plant.orders.len() > known {
                self.0.admit(&plant);
                known = plant.orders.len();
            }
            let changed = tokio::select! {
                changed = view.changed() => changed,
                changed = published.changed() => {
                    let schedule = published.borrow_and_update().clone();
                    schedule.iter().for_each(|schedule| self.0.follow(schedule));
                    changed
                }
            };
            if changed.is_err() {
                return;
            }
        }
    }
}

/// Serves a workshop until `stop`. It advances with the clock, some 20 times a second of real time.
///
/// # Errors
/// An address cannot be listened on.
pub async fn serve(
    workshop: Workshop,
    plant: Arc<Plant>,
    clock: drivers::Clock,
    addresses: Addresses,
    stop: CancellationToken,
) -> io::Result<Endpoints> {
    let mut tasks = JoinSet::new();
    let (world, outlets, feeds) = World::new(workshop, plant, clock);
    // what the machines told up to now stands in the servers before the first client comes
    world::step(&world, &outlets).await;
    let opcua = opcua::serve(&mut tasks, Arc::clone(&world), (addresses.opcua, feeds.opcua), stop.clone()).await?;
    let modbus = modbus::serve(&mut tasks, Arc::clone(&world), (addresses.modbus, feeds.modbus), stop.clone()).await?;
    sparkplug::serve(&mut tasks, Arc::clone(&world), (addresses.broker, feeds.sparkplug), stop.clone());
    let orders = Orders(Arc::clone(&world));
    tasks.spawn(world::pump(world, outlets, stop));
    Ok(Endpoints { sources: vec![format!("opc.tcp://{opcua}"), addresses.broker.to_string(), modbus.to_string()], tasks, orders })
}
