//! The workshop through its real servers, read and written by the product's own drivers over loopback, at 600 times real time.

use super::{Addresses, ChannelAddress, Endpoints, addresses, register_map, serve};
use collect::{Collector, Limits};
use drivers::broker;
use drivers::{Arrival, Clock, Config, Running, Settled, WriteRequest};
use measure::{Budget, Instant, Span};
use plant::{ChannelId, CommandValue, MachineState, Plant, RefusalReason, Role, SourceId};
use simulate::workshop::Workshop;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Monday 2026-03-02, 06:00 in Shanghai: the early shift begins.
const START: &str = "2026-03-01T22:00:00Z";
const SPEED: f64 = 600.0;
const FREE: &str = "127.0.0.1:0";

/// A served workshop and a unit's drivers at it.
struct Bench {
    plant: Arc<Plant>,
    collector: Collector,
    arrivals: mpsc::Receiver<Arrival>,
    drivers: Vec<Running>,
    stop: CancellationToken,
    _broker: broker::Broker,
    endpoints: Endpoints,
}

impl Bench {
    async fn open() -> Self {
        let start: Instant = START.parse().expect("an instant");
        let plant = Arc::new(simulate::workshop::plant(start, 5, 7));
        let began = std::time::Instant::now();
        let clock: Clock = Arc::new(move || start + Span::from_seconds_f64(began.elapsed().as_secs_f64() * SPEED));
        let stop = CancellationToken::new();
        let free: SocketAddr = FREE.parse().expect("an address");
        let broker = broker::start(broker::Settings::open(free), stop.child_token()).await.expect("a broker");
        let places = Addresses { opcua: free, broker: broker.address, modbus: free };
        let world = Workshop::new(&plant, 7, start);
        let endpoints = serve(world, Arc::clone(&plant), Arc::clone(&clock), places, stop.child_token()).await.expect("servers");
        let (door, arrivals) = mpsc::channel(1_024);
        let common = drivers::Common { clock: Arc::clone(&clock), door, memory: Budget::default() };
        let drivers = configs(&plant, &endpoints)
            .into_iter()
            .zip(0..)
            .map(|(config, id)| drivers::start(SourceId(id), config, common.clone(), stop.child_token()))
            .collect();
        let collector = Collector::new(&plant, Limits::default());
        Self { plant, collector, arrivals, drivers, stop, _broker: broker, endpoints }
    }

    /// Takes arrivals in for a while of real time, as a unit with a very fast journal.
    async fn run(&mut self, wait: Duration) {
        let end = tokio::time::Instant::now() + wait;
        while let Ok(Some(arrival)) = tokio::time::timeout_at(end, self.arrivals.recv()).await {
            self.take(arrival);
        }
        assert!(self.collector.accounting().total().balances());
    }

    fn take(&mut self, arrival: Arrival) {
        let from = arrival.delivery.from;
        let absorbed = self.collector.absorb(&self.plant, arrival.delivery);
        for refused in &absorbed.refused {
            // what is told again after a rebirth is the only thing that may be refused
            assert_eq!(refused.reason, RefusalReason::Duplicate, "{refused:?}");
        }
        for batch in &absorbed.batches {
            self.collector.apply(&self.plant, batch);
            self.collector.settle(from, batch.len() as u64, true);
        }
        let _ = arrival.done.send(Settled::TAKEN);
    }

    async fn write(&mut self, channel: ChannelId, value: CommandValue) -> Result<(), String> {
        let source = simulate::workshop::wiring(&self.plant)[channel.index()];
        let (answer, answered) = oneshot::channel();
        let request = WriteRequest { channel, value, answer };
        self.drivers[source.index()].writes.send(request).await.expect("a driver");
        let waiting = timeout(Duration::from_secs(10), answered);
        tokio::pin!(waiting);
        loop {
            tokio::select! {
                answer = &mut waiting => return answer.expect("in time").expect("answered"),
                arrival = self.arrivals.recv() => self.take(arrival.expect("an arrival")),
            }
        }
    }

    fn channel(&self, machine: &str, role: Role) -> ChannelId {
        let machine = self.plant.machine_named(machine).expect("a machine").id;
        self.plant.role(machine, role).expect("a channel").id
    }
}

fn configs(plant: &Plant, endpoints: &Endpoints) -> [Config; 3] {
    let mut opcua = drivers::opcua::Config::at(&endpoints.sources[0]).expect("an endpoint");
    opcua.publishing = Duration::from_millis(100);
    let mut sparkplug = drivers::sparkplug::Config::at(&endpoints.sources[1]).expect("a broker");
    let mut modbus = drivers::modbus::Config::at(&endpoints.sources[2]).expect("a device");
    modbus.poll = Duration::from_millis(100);
    for ChannelAddress { channel, source, address } in addresses(plant) {
        match source.index() {
            0 => opcua.channels.push((channel, address.parse().expect("a node id"))),
            1 => sparkplug.channels.push((channel, address.parse().expect("a metric"))),
            _ => modbus.channels.push((channel, address.parse().expect("a register"))),
        }
    }
    [Config::OpcUa(opcua), Config::Sparkplug(sparkplug), Config::Modbus(modbus)]
}

#[test]
fn every_channel_has_an_address_of_its_own_and_registers_do_not_overlap() {
    let plant = simulate::workshop::plant(START.parse().expect("an instant"), 2, 1);
    let addresses = addresses(&plant);
    assert_eq!(addresses.len(), plant.channels.len());
    let mut seen: BTreeMap<(SourceId, &str), ChannelId> = BTreeMap::new();
    for a in &addresses {
        assert!(!a.address.is_empty(), "{a:?}");
        assert_eq!(seen.insert((a.source, &a.address), a.channel), None, "{a:?}");
        let protocol = drivers::ALL.iter().find(|p| p.word == plant.sources[a.source.index()].protocol).expect("a protocol");
        (protocol.check_channel)(&a.address).unwrap_or_else(|e| panic!("{e}"));
    }
    let mut taken = BTreeMap::new();
    for (channel, address) in register_map(&plant) {
        for register in address.at..address.at + address.kind.registers() {
            assert_eq!(taken.insert((address.unit, address.table, register), channel), None, "{address}");
        }
    }
    assert_eq!(register_map(&plant), register_map(&plant));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_sees_the_workshop_through_three_protocols_and_writes_to_it() {
    let mut bench = Bench::open().await;
    bench.run(Duration::from_secs(6)).await;
    let image = bench.collector.freeze(START.parse().expect("an instant"));
    for driver in &bench.drivers {
        let health = driver.health.borrow();
        assert!(health.connected && health.heard.is_some(), "{health:?}");
    }
    let accounts = bench.collector.accounting().by_source().clone();
    println!("{:?}", accounts.iter().map(|(s, a)| (s.0, a.accepted, a.refused_sum())).collect::<Vec<_>>());
    for source in 0..3 {
        assert!(accounts[&SourceId(source)].stored > 50, "source {source}: {accounts:?}");
    }
    for machine in &bench.plant.machines {
        let heard = bench.plant.channels_of(machine.id).filter(|c| image.latest[c.id.index()].is_some()).count();
        assert!(heard >= 4, "{}: {heard} channels heard", machine.name);
        assert_ne!(image.machines[machine.id.index()].state, MachineState::Unknown, "{}", machine.name);
    }
    assert!(image.number(bench.channel("mill-1", Role::Energy)).is_some_and(|kwh| kwh > 0.0));

    for machine in ["mill-1", "packer-1", "inspection-1"] {
        let speed = bench.channel(machine, Role::SetSpeed);
        assert_eq!(bench.write(speed, CommandValue::Number(95.0)).await, Ok(()), "{machine}");
        let state = bench.channel(machine, Role::SetState);
        assert_eq!(bench.write(state, CommandValue::Word("ready".to_owned())).await, Ok(()), "{machine}");
    }
    let refusals = [
        ("mill-1", "the server refused it: BadOutOfRange"),
        ("packer-1", "the device refused it: `130` is not possible; allowed is 60 to 120 %"),
        ("inspection-1", "the device refused it: Illegal data value"),
    ];
    for (machine, sentence) in refusals {
        let speed = bench.channel(machine, Role::SetSpeed);
        assert_eq!(bench.write(speed, CommandValue::Number(130.0)).await, Err(sentence.to_owned()));
    }
    bench.run(Duration::from_secs(2)).await;
    let image = bench.collector.freeze(START.parse().expect("an instant"));
    for machine in ["mill-1", "packer-1", "inspection-1"] {
        assert_eq!(image.number(bench.channel(machine, Role::Speed)), Some(95.0), "{machine} reports its new speed");
        assert_eq!(image.number(bench.channel(machine, Role::SetSpeed)), Some(95.0), "{machine} keeps its set-point");
    }
    bench.stop.cancel();
    for driver in bench.drivers {
        timeout(Duration::from_secs(5), driver.task).await.expect("in time").expect("no panic");
    }
    let servers = async { while bench.endpoints.tasks.join_next().await.is_some() {} };
    timeout(Duration::from_secs(5), servers).await.expect("every server ends with the workshop");
}

#[tokio::test]
async fn writes_reach_their_channel_whatever_number_the_unit_that_handed_orders_down_gives_it() {
    let start: Instant = START.parse().expect("an instant");
    let plant = Arc::new(simulate::workshop::plant(start, 5, 7));
    let channels = addresses(&plant).into_iter().map(|ChannelAddress { source, address, .. }| (source, address)).collect();
    let sources = ["opc.tcp://127.0.0.1:4840", "127.0.0.1:1883", "127.0.0.1:1502"].map(str::to_owned).to_vec();
    let clock = crate::config::Clock { speed: SPEED, origin: Some(start) };
    let wiring =
        crate::config::Wiring { sources, channels, clock, listen: FREE.parse().expect("an address"), store: "store".into() };
    // as in the demo: what workers enter by hand stands among the channels of their machines
    let text = crate::rounds::with_rounds(&crate::config::render_workshop(&plant, &wiring), start).expect("more channels");
    let unit = crate::config::parse("unit.toml", &text, std::path::Path::new("")).expect("a configuration").plant;
    let same = |own: &plant::Channel| {
        let machine = unit.machine_named(&plant.machine(own.machine).name).expect("the unit has every machine");
        unit.named(machine.id, &own.name).expect("and every channel").id == own.id
    };
    assert!(!plant.channels.iter().all(same), "else this tells nothing");
    let clock: Clock = Arc::new(move || start);
    let (world, _outlets, _feeds) = super::world::World::new(Workshop::new(&plant, 7, start), Arc::clone(&plant), clock);
    world.admit(&Arc::new(unit));
    let mut written = 0;
    for channel in plant.channels.iter().filter(|channel| channel.writable.is_some()) {
        let value = match channel.role {
            Role::SetSpeed => CommandValue::Number(100.0),
            Role::SetState => CommandValue::Word("ready".to_owned()),
            _ => continue,
        };
        let answer = world.write(channel.id, &value);
        let is_understood = matches!(answer, Ok(()) | Err(simulate::workshop::WriteRefused::NotNow { .. }));
        assert!(is_understood, "{} of {}: {answer:?}", channel.name, plant.machine(channel.machine).name);
        written += 1;
    }
    assert!(written > 10, "{written}");
}
