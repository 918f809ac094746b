//! The site of these tests: a press that counts, and mills that ask a person which order is next. Enters: the broker, the number
//! of mills. Leaves: a unit.toml. Absent: real machines.

use super::process::batches;
use drivers::broker::{self, Broker};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// The site of every unit.toml here.
pub const SITE: &str = r#"[site]
name = "tests"
time_zone = "UTC"
currency = "EUR"
energy_price = 0.2
carbon = 0.4
"#;

const REST: &str = r#"
[web]
listen = "127.0.0.1:0"

[store]
dir = "store"

[[team]]
name = "all"
workers = 1

[[shift]]
name = "always"
team = "all"
days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
start = "00:00"
length = "24 h"

[[source]]
name = "broker"
protocol = "sparkplug"
address = "BROKER"

[[machine_type]]
name = "pressing"
source = "broker"
address = "bench/edge/{machine}/{channel}"
channel = [
  { name = "pieces", kind = "counter", unit = "1" },
  { name = "force", kind = "gauge", unit = "kN", range = [0, 500] },
  { name = "state", role = "state", states = { producing = "producing", starved = "starved" } },
]

[[machine_type]]
name = "milling"
warm_up = "10 min"
source = "broker"
address = "bench/edge/{machine}/{channel}"
channel = [
  { name = "state", role = "state", states = { producing = "producing", starved = "starved" } },
  { name = "order", role = "order" },
  { name = "infeed", role = "infeed" },
  { name = "set_order", role = "set_order", write = { rest = "1 s" } },
]

[[machine]]
name = "press-1"
type = "pressing"

[[policy]]
decision = "dispatch"
mode = "ask"
approver = "operator"
patience = "12 h"
"#;

/// A folder with a unit.toml, and the broker its machines meet at.
pub struct Site {
    pub broker: Broker,
    folder: TempDir,
    stop: CancellationToken,
}

impl Site {
    /// With that many mills.
    pub async fn open(mills: usize) -> Self {
        let stop = CancellationToken::new();
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let broker = broker::start(broker::Settings::open(free), stop.child_token()).await.expect("a broker on a free port");
        let folder = tempfile::tempdir().expect("a folder");
        let site = Self { broker, folder, stop };
        site.write("unit.toml", &site.text(mills));
        site
    }
    /// The unit.toml with that many mills.
    pub fn text(&self, mills: usize) -> String {
        let mut text = SITE.to_owned() + &REST.replace("BROKER", &self.broker.address.to_string());
        let names: Vec<String> = (0..mills).map(|i| format!("\"mill-{i}\"")).collect();
        for name in &names {
            write!(text, "\n[[machine]]\nname = {name}\ntype = \"milling\"\n").expect("a text grows");
        }
        for (product, family) in [("alu", "a"), ("steel", "b")].into_iter().filter(|_| mills > 0) {
            let operation = format!(
                "name = \"mill\"\nmachines = [{}]\ncycle = \"1 min\"\nset_up = \"30 min\"\nfamily = \"{family}\"",
                names.join(", ")
            );
            write!(text, "\n[[product]]\nname = \"{product}\"\n[[product.operation]]\n{operation}\n").expect("a text grows");
        }
        for (i, (order, product)) in (0..mills).flat_map(|i| [("C", "alu"), ("A", "alu"), ("B", "steel")].map(|order| (i, order)))
        {
            let times = "release = \"2020-03-02T00:00:00Z\"\ndue = \"2036-03-02T00:00:00Z\"";
            write!(text, "\n[[order]]\nname = \"{order}-{i}\"\nproduct = \"{product}\"\nquantity = 5\n{times}\n")
                .expect("a text grows");
        }
        text
    }
    /// A file of the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    /// Writes a file of the folder.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("the folder can be written");
    }
    /// The folder itself.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
    /// What the store holds, opened by this process.
    pub async fn store(&self) -> (store::Store, store::Recovered, node::config::Config) {
        let config = node::config::read(&self.path("unit.toml")).expect("a good configuration");
        let (store, recovered) =
            store::Store::open(&config.store.dir, &config.plant, config.store.limits).await.expect("the store opens");
        (store, recovered, config)
    }
    /// Ends the broker.
    pub async fn close(self) {
        self.stop.cancel();
        // a broker has nothing to hand over
        let _ = self.broker.task.await;
    }
}

/// Every stored value of a channel, in the order of the journal.
pub fn values(recovered: &store::Recovered, config: &node::config::Config, channel: &str) -> Vec<f64> {
    let id = config.plant.channels.iter().find(|c| c.name == channel).expect("a channel of the site").id;
    let batches = batches(recovered);
    batches.iter().flat_map(|batch| batch.iter()).filter(|r| r.channel == id).map(|r| r.value).collect()
}
