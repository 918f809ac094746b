//! The OPC UA driver against a server that keeps sessions when their connection is lost (async-opcua), with narrow limits, over a
//! proxy that cuts connections: nothing is lost, and nothing is asked for beyond the limits.

use crate::bench::Bench;
use collect::RawValue;
use drivers::Config as Driver;
use drivers::browse::{Ask, Pages};
use drivers::opcua::Config;
use opcua::server::address_space::VariableBuilder;
use opcua::server::diagnostics::NamespaceMetadata;
use opcua::server::node_manager::memory::{SimpleNodeManager, simple_node_manager};
use opcua::server::{ANONYMOUS_USER_TOKEN_ID, ServerBuilder, ServerEndpoint, ServerHandle};
use opcua::types::{DataTypeId, DataValue, DateTime, NodeId, ObjectId, Variant};
use plant::ChannelId;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Nodes of the server: more than a call, a read, a browse or a subscription takes.
const NODES: u32 = 23;

struct Server {
    address: SocketAddr,
    manager: Arc<SimpleNodeManager>,
    handle: ServerHandle,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let namespace = NamespaceMetadata { namespace_uri: "urn:test".to_owned(), ..NamespaceMetadata::default() };
        let mut builder = ServerBuilder::new()
            .application_name("Test")
            .application_uri("urn:test:server")
            .pki_dir(std::env::temp_dir().join("socium-pki"))
            .host(address.ip().to_string())
            .port(address.port())
            .discovery_urls(vec![format!("opc.tcp://{address}/")])
            .add_endpoint("none", ServerEndpoint::new_none("/", &[ANONYMOUS_USER_TOKEN_ID.to_owned()]))
            .with_node_manager(simple_node_manager(namespace, "test"));
        let limits = builder.limits_mut();
        limits.subscriptions.min_sampling_interval_ms = 0.0;
        limits.subscriptions.max_monitored_item_queue_size = 10_000;
        limits.subscriptions.max_monitored_items_per_sub = 9;
        limits.operational.max_monitored_items_per_call = 4;
        limits.operational.max_nodes_per_read = 5;
        limits.operational.max_nodes_per_browse = 3;
        limits.operational.max_references_per_browse_node = 7;
        limits.operational.max_nodes_per_translate_browse_paths_to_node_ids = 2;
        let (server, handle) = builder.build().expect("a server");
        let manager = handle.node_managers().get_of_type::<SimpleNodeManager>().expect("its nodes");
        {
            let mut space = manager.address_space().write();
            for number in 0..NODES {
                VariableBuilder::new(&node(number), format!("v{number}"), format!("v{number}"))
                    .data_type(DataTypeId::Double)
                    .value(0.0)
                    .organized_by(ObjectId::ObjectsFolder)
                    .insert(&mut *space);
            }
        }
        tokio::spawn(server.run_with(listener));
        Self { address, manager, handle }
    }
    fn set(&self, number: u32, value: f64) {
        let now = Some(DateTime::now());
        let value =
            DataValue { value: Some(Variant::Double(value)), source_timestamp: now, server_timestamp: now, ..DataValue::null() };
        self.manager.set_value(self.handle.subscriptions(), &node(number), None, value).expect("it is there");
    }
}

fn node(number: u32) -> NodeId {
    NodeId::new(2, format!("v{number}"))
}

/// Passes bytes on until it is told to cut.
struct Proxy {
    address: SocketAddr,
    cuts: watch::Sender<u32>,
}

impl Proxy {
    async fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (cuts, cut) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let mut cut = cut.clone();
                cut.mark_unchanged();
                tokio::spawn(async move {
                    let Ok(mut onward) = TcpStream::connect(to).await else { return };
                    tokio::select! {
                        _ = cut.changed() => {}
                        _ = tokio::io::copy_bidirectional(&mut from, &mut onward) => {}
                    }
                });
            }
        });
        Self { address, cuts }
    }
    fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

fn config(address: SocketAddr) -> Config {
    let mut config = Config::at(&format!("opc.tcp://{address}/")).expect("an endpoint");
    config.publishing = Duration::from_millis(20);
    config.queue = 10_000;
    config.channels = (0..NODES).map(|n| (ChannelId(n), format!("ns=2;s=v{n}").parse().expect("an address"))).collect();
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opc_ua_loses_nothing_when_connections_are_cut_and_keeps_to_the_limits() {
    const VALUES: u32 = 1_500;
    let server = Server::start().await;
    let proxy = Proxy::start(server.address).await;
    let mut bench = Bench::start(Driver::OpcUa(config(proxy.address)));
    for number in 0..NODES {
        assert_eq!(bench.reading(ChannelId(number)).await.value, RawValue::Number(0.0), "v{number} is monitored");
    }
    let changing = async {
        for value in 1..=VALUES {
            server.set(0, f64::from(value));
            if value % 400 == 0 {
                proxy.cut();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let hearing = async {
        let mut heard = Vec::new();
        while heard.last() != Some(&f64::from(VALUES)) {
            let RawValue::Number(number) = bench.reading(ChannelId(0)).await.value else { panic!("a number") };
            heard.push(number);
        }
        heard
    };
    let ((), mut heard) = tokio::join!(changing, hearing);
    // what was sent and not acknowledged may come again, as the same value of the same time
    heard.dedup();
    assert_eq!(heard, (1..=VALUES).map(f64::from).collect::<Vec<_>>(), "every value, in order");
    assert!(bench.health().last_error.expect("cut").1.contains("connection lost"), "{:?}", bench.health());
    bench.stop().await;

    let (pages, mut read) = Pages::channel();
    let reading = async {
        let mut found = Vec::new();
        while let Some(page) = read.recv().await {
            found.extend(page.found.into_iter().map(|f| f.address));
        }
        found
    };
    let (ended, found) = tokio::join!(drivers::browse(Driver::OpcUa(config(server.address)), Ask::default(), pages), reading);
    ended.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(found.iter().filter(|address| address.starts_with("ns=2;s=v")).count(), NODES as usize, "{found:?}");
}
