//! The OPC UA server of the workshop: one variable a channel, `ns=2;s=<machine>.<channel>`. Enters: samples, writes of
//! clients. Leaves: values with the workshop's time as source time, statuses. Security is `None`: it listens where it is told
//! to, which is loopback.

use super::map::node_name;
use super::world::World;
use opcua::server::address_space::{AccessLevel, AddressSpace, NodeType, VariableBuilder};
use opcua::server::diagnostics::NamespaceMetadata;
use opcua::server::node_manager::memory::{SimpleNodeManager, simple_node_manager};
use opcua::server::{ANONYMOUS_USER_TOKEN_ID, ServerBuilder, ServerEndpoint, ServerHandle};
use opcua::types::{DataTypeId, DataValue, DateTime, NodeId, StatusCode, Variant};
use plant::{Channel, ChannelId, CommandValue, Role};
use simulate::workshop::{Sample, SampleValue, WriteRefused};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const NAMESPACE: &str = "urn:socium:workshop";
/// The name space of the workshop's nodes; 0 is the standard's, 1 the server's own.
const NAMESPACE_INDEX: u16 = 2;
/// Set-points accepted and not yet shown in their nodes.
const ACCEPTED_MAX: usize = 256;

/// Starts the server; where it listens.
pub async fn serve(
    tasks: &mut JoinSet<()>,
    world: Arc<World>,
    (listen, mut feed): (SocketAddr, mpsc::Receiver<Vec<Sample>>),
    stop: CancellationToken,
) -> io::Result<SocketAddr> {
    let failed = |e: String| io::Error::other(format!("OPC UA on {listen}: {e}"));
    let listener = TcpListener::bind(listen).await.map_err(|e| failed(e.to_string()))?;
    let address = listener.local_addr()?;
    let (server, handle) = builder(address).token(stop).build().map_err(failed)?;
    let nodes = handle.node_managers().get_of_type::<SimpleNodeManager>().ok_or_else(|| failed("no nodes".to_owned()))?;
    if handle.get_namespace_index(NAMESPACE) != Some(NAMESPACE_INDEX) {
        return Err(failed(format!("name space {NAMESPACE} is not number {NAMESPACE_INDEX}")));
    }
    let ids = build(&world, &mut nodes.address_space().write());
    let (accepted, shown) = mpsc::channel(ACCEPTED_MAX);
    for channel in world.channels(0).filter(|c| c.writable.is_some()) {
        let (world, accepted, id) = (Arc::clone(&world), accepted.clone(), channel.id);
        nodes.inner().add_write_callback(ids[&id].clone(), move |value, _| write(&world, id, &value, &accepted));
    }
    let nodes = Nodes { world, manager: nodes, handle, ids };
    while let Ok(samples) = feed.try_recv() {
        nodes.samples(samples);
    }
    tasks.spawn(nodes.show(feed, shown));
    tasks.spawn(async move {
        if let Err(error) = server.run_with(listener).await {
            tracing::error!(error, "the OPC UA server ended");
        }
    });
    Ok(address)
}

fn builder(address: SocketAddr) -> ServerBuilder {
    let (host, port) = (address.ip().to_string(), address.port());
    let namespace = NamespaceMetadata { namespace_uri: NAMESPACE.to_owned(), ..NamespaceMetadata::default() };
    let mut builder = ServerBuilder::new()
        .application_name("Socium virtual workshop")
        .application_uri("urn:socium:workshop:server")
        .pki_dir(std::env::temp_dir().join("socium-pki"))
        .host(host)
        .port(port)
        .discovery_urls(vec![format!("opc.tcp://{address}/")])
        .add_endpoint("none", ServerEndpoint::new_none("/", &[ANONYMOUS_USER_TOKEN_ID.to_owned()]))
        .with_node_manager(simple_node_manager(namespace, "workshop"));
    let limits = &mut builder.limits_mut().subscriptions;
    // every sample with its own time, not one a sampling interval
    (limits.min_sampling_interval_ms, limits.max_monitored_item_queue_size) = (0.0, 10_000);
    (limits.max_monitored_items_per_sub, limits.max_queued_notifications) = (10_000, 1_000);
    builder
}

/// Makes a folder a machine and a variable a channel; the node id of each channel.
fn build(world: &World, space: &mut AddressSpace) -> HashMap<ChannelId, NodeId> {
    let mut ids = HashMap::new();
    for channel in world.channels(0) {
        let machine = &world.plant.machine(channel.machine).name;
        let folder = NodeId::new(NAMESPACE_INDEX, machine.as_str());
        if space.find(&folder).is_none() {
            space.add_folder(&folder, machine.as_str(), machine.as_str(), &NodeId::objects_folder_id());
        }
        let id = NodeId::new(NAMESPACE_INDEX, node_name(&world.plant, channel));
        let (data_type, value) = start_value(channel);
        let access = if channel.writable.is_some() {
            AccessLevel::CURRENT_READ | AccessLevel::CURRENT_WRITE
        } else {
            AccessLevel::CURRENT_READ
        };
        VariableBuilder::new(&id, channel.name.as_str(), channel.name.as_str())
            .data_type(data_type)
            .value(value.clone().unwrap_or_default())
            .access_level(access)
            .user_access_level(access)
            .description(format!("{} [{}]", channel.role.word(), channel.unit))
            .organized_by(&folder)
            .insert(space);
        if let Some(NodeType::Variable(variable)) = space.find_mut(&id) {
            let waits = value.is_none().then_some(StatusCode::BadWaitingForInitialData);
            let at = Some(time(world.now()));
            variable.set_data_value(DataValue {
                value,
                status: waits,
                source_timestamp: at,
                server_timestamp: at,
                ..DataValue::null()
            });
        }
        ids.insert(channel.id, id);
    }
    ids
}

/// Type of a channel's node, and what stands in it at first: a set-point has a value, the rest waits for the machine.
fn start_value(channel: &Channel) -> (DataTypeId, Option<Variant>) {
    match (channel.kind.is_word(), channel.writable.is_some(), channel.role) {
        (true, true, _) => (DataTypeId::String, Some(Variant::from(""))),
        (true, false, _) => (DataTypeId::String, None),
        (false, true, Role::SetSpeed) => (DataTypeId::Double, Some(Variant::from(100.0))),
        (false, ..) => (DataTypeId::Double, None),
    }
}

/// A write of a client: the machine's answer as a status. The value is shown in the node after the call.
fn write(world: &World, channel: ChannelId, value: &DataValue, accepted: &mpsc::Sender<(ChannelId, Variant)>) -> StatusCode {
    let Some(variant) = &value.value else { return StatusCode::BadTypeMismatch };
    let command = match variant {
        Variant::String(word) => CommandValue::Word(word.as_ref().to_owned()),
        other => match other.as_f64() {
            Some(number) => CommandValue::Number(number),
            None => return StatusCode::BadTypeMismatch,
        },
    };
    let Ok(place) = accepted.try_reserve() else { return StatusCode::BadTooManyOperations };
    match world.write(channel, &command) {
        Ok(()) => {
            place.send((channel, variant.clone()));
            StatusCode::Good
        }
        Err(refusal) => {
            tracing::info!(%refusal, channel = channel.0, "a write was refused");
            match refusal {
                WriteRefused::ReadOnly(_) => StatusCode::BadNotWritable,
                WriteRefused::WrongType { .. } => StatusCode::BadTypeMismatch,
                WriteRefused::NotAllowed { .. } => StatusCode::BadOutOfRange,
                WriteRefused::NotNow { .. } => StatusCode::BadInvalidState,
            }
        }
    }
}

type Accepted = mpsc::Receiver<(ChannelId, Variant)>;

/// The nodes of the channels.
struct Nodes {
    world: Arc<World>,
    manager: Arc<SimpleNodeManager>,
    handle: ServerHandle,
    ids: HashMap<ChannelId, NodeId>,
}

impl Nodes {
    /// Shows samples and accepted set-points.
    async fn show(self, mut feed: mpsc::Receiver<Vec<Sample>>, mut accepted: Accepted) {
        loop {
            tokio::select! {
                samples = feed.recv() => match samples {
                    Some(samples) => self.samples(samples),
                    None => return,
                },
                Some((channel, value)) = accepted.recv() => self.set(channel, value, self.world.now()),
            }
        }
    }
    fn samples(&self, samples: Vec<Sample>) {
        for sample in samples {
            let value = match sample.value {
                SampleValue::Number(number) => Variant::from(number),
                SampleValue::Word(word) => Variant::from(&*word),
            };
            self.set(sample.channel, value, sample.at);
        }
    }
    fn set(&self, channel: ChannelId, value: Variant, at: measure::Instant) {
        let Some(id) = self.ids.get(&channel) else { return };
        let at = Some(time(at));
        let value = DataValue { value: Some(value), source_timestamp: at, server_timestamp: at, ..DataValue::null() };
        if let Err(status) = self.manager.set_value(self.handle.subscriptions(), id, None, value) {
            tracing::warn!(%status, node = %id, "a sample could not be shown");
        }
    }
}

/// 100 ns ticks since 1601 (Part 6, 5.2.2.5) at the Unix epoch.
const TICKS_AT_EPOCH: i64 = 116_444_736_000_000_000;

fn time(at: measure::Instant) -> DateTime {
    DateTime::from(at.micros().saturating_mul(10).saturating_add(TICKS_AT_EPOCH))
}
