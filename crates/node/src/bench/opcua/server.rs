//! The server of `socium bench opcua`, a process of its own: nodes `ns=2;s=v0` and so on that all change at a period.
//!
//! Enters: how many nodes, the period. Leaves: `ready` with its port on standard output. It ends with its standard input.

use crate::cli::Failure;
use opcua::server::address_space::VariableBuilder;
use opcua::server::diagnostics::NamespaceMetadata;
use opcua::server::node_manager::memory::{SimpleNodeManager, simple_node_manager};
use opcua::server::{ANONYMOUS_USER_TOKEN_ID, ServerBuilder, ServerEndpoint, ServerHandle};
use opcua::types::{DataTypeId, DataValue, DateTime, NodeId, ObjectId, StatusCode, Variant};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};

const NAMESPACE: &str = "urn:socium:bench";

/// Serves until standard input ends.
pub async fn serve(nodes: u32, period: Duration) -> Result<(), Failure> {
    let failed = |e: String| Failure::new(format!("the bench's OPC UA server: {e}"));
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.map_err(|e| failed(e.to_string()))?;
    let address = listener.local_addr().map_err(|e| failed(e.to_string()))?;
    let (server, handle) = builder(address, nodes).build().map_err(failed)?;
    let manager = handle.node_managers().get_of_type::<SimpleNodeManager>().ok_or_else(|| failed("no nodes".to_owned()))?;
    let index = handle.get_namespace_index(NAMESPACE).ok_or_else(|| failed("no name space".to_owned()))?;
    let ids: Vec<NodeId> = (0..nodes).map(|number| NodeId::new(index, format!("v{number}"))).collect();
    {
        let mut space = manager.address_space().write();
        for id in &ids {
            VariableBuilder::new(id, id.to_string(), id.to_string())
                .data_type(DataTypeId::Double)
                .value(0.0)
                .organized_by(ObjectId::ObjectsFolder)
                .insert(&mut *space);
        }
    }
    let serving = tokio::spawn(server.run_with(listener));
    println!("ready {}", address.port());
    let changing = tokio::spawn(change(manager, handle, ids, period));
    let mut rest = Vec::new();
    // the end of the input is the sign to end
    let _ = tokio::io::stdin().read_to_end(&mut rest).await;
    changing.abort();
    serving.abort();
    Ok(())
}

fn builder(address: SocketAddr, nodes: u32) -> ServerBuilder {
    let namespace = NamespaceMetadata { namespace_uri: NAMESPACE.to_owned(), ..NamespaceMetadata::default() };
    let mut builder = ServerBuilder::new()
        .application_name("Socium bench")
        .application_uri("urn:socium:bench:server")
        .pki_dir(std::env::temp_dir().join("socium-pki"))
        .host(address.ip().to_string())
        .port(address.port())
        .discovery_urls(vec![format!("opc.tcp://{address}/")])
        .add_endpoint("none", ServerEndpoint::new_none("/", &[ANONYMOUS_USER_TOKEN_ID.to_owned()]))
        .with_node_manager(simple_node_manager(namespace, "bench"));
    let limits = builder.limits_mut();
    (limits.max_message_size, limits.max_chunk_count, limits.max_array_length) = (64 << 20, 0, 1_000_000);
    (limits.send_buffer_size, limits.receive_buffer_size) = (1 << 20, 1 << 20);
    let subscriptions = &mut limits.subscriptions;
    (subscriptions.min_sampling_interval_ms, subscriptions.max_monitored_item_queue_size) = (0.0, 10_000);
    (subscriptions.max_monitored_items_per_sub, subscriptions.max_queued_notifications) = (nodes as usize + 1, 1_000);
    subscriptions.max_notifications_per_publish = 20_000;
    builder
}

/// Gives all nodes a new value each period.
async fn change(manager: Arc<SimpleNodeManager>, handle: ServerHandle, ids: Vec<NodeId>, period: Duration) {
    let mut tick = interval(period);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut value = 0.0;
    loop {
        tick.tick().await;
        value += 0.5;
        let now = Some(DateTime::now());
        let new = || DataValue {
            value: Some(Variant::Double(value)),
            status: Some(StatusCode::Good),
            source_timestamp: now,
            server_timestamp: now,
            ..DataValue::null()
        };
        let changed = manager.set_values(handle.subscriptions(), ids.iter().map(|id| (id, None, new())));
        if let Err(status) = changed {
            tracing::error!(%status, "the bench's nodes did not change");
        }
    }
}
