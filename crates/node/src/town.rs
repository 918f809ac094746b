//! The model town of the demo: a virtual workshop with its broker and servers, and the unit.toml that connects to it.

use crate::cli::Failure;
use crate::clock::Clock;
use crate::config::{self, Wiring, render_workshop};
use crate::workshop::{self, Addresses, ChannelAddress, Endpoints};
use drivers::broker;
use measure::{Instant, Span};
use plant::Plant;
use simulate::workshop::Workshop;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Monday 2026-03-02, 06:00 at the site (Asia/Shanghai): the early shift begins.
const SHIFT_START: &str = "2026-03-01T22:00:00Z";
/// How far the shift has gone when the doors open, so that machines are at work.
const INTO_SHIFT: Span = Span::from_hours(2);
/// Days for which there are orders.
const DAYS: u32 = 30;

/// What customers may put together of this workshop.
const FAMILY: &str = include_str!("town_family.toml");

/// A workshop with its servers.
pub struct Town {
    clock: Clock,
    endpoints: Endpoints,
    broker: broker::Broker,
    stop: CancellationToken,
}

/// A plant, its machines at the start of a shift, and an instant two hours into it: the first step of the servers brings the
/// machines there, and what they told on the way stands in the servers when a unit connects.
pub fn world(seed: u64) -> (Arc<Plant>, Workshop, Instant) {
    let start: Instant = SHIFT_START.parse().unwrap_or_default();
    let plant = simulate::workshop::plant(start, DAYS, seed);
    let world = Workshop::new(&plant, seed, start);
    (Arc::new(plant), world, start + INTO_SHIFT)
}

impl Town {
    /// Opens broker and servers on free loopback ports.
    pub async fn open(plant: &Arc<Plant>, world: Workshop, clock: Clock) -> Result<Self, Failure> {
        let failed = |what: &str, e: std::io::Error| Failure::new(format!("{what} did not start: {e}"));
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let stop = CancellationToken::new();
        let broker =
            broker::start(broker::Settings::open(free), stop.child_token()).await.map_err(|e| failed("the MQTT broker", e))?;
        let addresses = Addresses { opcua: free, broker: broker.address, modbus: free };
        let time: drivers::Clock = Arc::new({
            let clock = clock.clone();
            move || clock.now()
        });
        let endpoints = workshop::serve(world, Arc::clone(plant), time, addresses, stop.child_token()).await;
        let endpoints = endpoints.map_err(|e| failed("the workshop's servers", e))?;
        Ok(Self { clock, endpoints, broker, stop })
    }

    /// The configuration of a unit that runs this workshop, with its pages on a loopback port.
    pub fn unit_toml(&self, plant: &Plant, port: u16, store: &Path) -> String {
        let channels = workshop::addresses(plant).into_iter().map(|ChannelAddress { source, address, .. }| (source, address));
        let wiring = Wiring {
            sources: self.endpoints.sources.clone(),
            channels: channels.collect(),
            clock: config::Clock { speed: self.clock.speed(), origin: Some(self.clock.now()) },
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            store: store.to_owned(),
        };
        render_workshop(plant, &wiring) + FAMILY
    }

    /// Where the orders that a unit takes in are handed down.
    pub fn orders(&self) -> workshop::Orders {
        self.endpoints.orders.clone()
    }

    /// Ends the servers and the broker.
    pub async fn close(mut self) {
        self.stop.cancel();
        while self.endpoints.tasks.join_next().await.is_some() {}
        // the broker has nothing to hand over
        let _ = self.broker.task.await;
    }
}
