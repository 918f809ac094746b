//! Reports of workers: each taken once, whatever is sent again and however the unit starts anew; counters only rise.

use super::*;
use crate::clock::Clock;
use drivers::{Arrival, Settled};
use plant::OrderId;
use store::Store;
use tokio::sync::mpsc;
use unit::Unit;

const BENCH: &str = r#"
[site]
name = "tests"
time_zone = "UTC"
currency = "EUR"
energy_price = 0.2
carbon = 0.4

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
name = "clerk"
protocol = "hand"

[[machine_type]]
name = "assembly"
source = "clerk"
channel = [
  { name = "state", role = "state", states = { RUN = "producing", WAIT = "starved" } },
  { name = "order", role = "order" },
  { name = "order_done", role = "order_done" },
  { name = "good", role = "good", unit = "1" },
]

[[machine]]
name = "bench-1"
type = "assembly"

[[product]]
name = "kit"
[[product.operation]]
name = "assemble"
machines = ["bench-1"]
cycle = "2 min"

[[order]]
name = "KIT-1"
product = "kit"
quantity = 10
release = "2026-03-02T06:00:00Z"
due = "2026-03-03T06:00:00Z"
"#;

/// The desk with the door behind it: a unit that takes readings, and the bookmarks that its journal would keep.
struct Bench {
    desk: Arc<HandDesk>,
    door: mpsc::Receiver<Arrival>,
    unit: Unit,
    bookmarks: BTreeMap<String, String>,
    store: Store,
    clock: Clock,
    config: crate::config::Config,
    _folder: tempfile::TempDir,
}

fn start() -> Instant {
    "2026-03-02T06:00:00Z".parse().expect("an instant")
}

fn desk(config: &crate::config::Config, store: &Store, clock: &Clock) -> (HandDesk, mpsc::Receiver<Arrival>) {
    let (door, arrivals) = mpsc::channel(16);
    let desk = HandDesk::new(Arc::new(config.plant.clone()), &config.addresses, (store.clone(), clock.clone()), door);
    (desk, arrivals)
}

impl Bench {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = crate::config::parse("unit.toml", BENCH, folder.path()).unwrap_or_else(|faults| panic!("{faults}"));
        let plant = Arc::new(config.plant.clone());
        let (store, _) = Store::open(&folder.path().join("store"), &plant, config.store.limits).await.expect("a store");
        let clock = Clock::driven_from(start() + Span::from_hours(4));
        let (desk, door) = desk(&config, &store, &clock);
        let unit = Unit::new(plant, config.limits.door);
        Self { desk: Arc::new(desk), door, unit, bookmarks: BTreeMap::new(), store, clock, config, _folder: folder }
    }

    /// The unit starts anew: of the desk only what the journal keeps is left.
    fn restart(&mut self) {
        let (desk, door) = desk(&self.config, &self.store, &self.clock);
        (self.desk, self.door) = (Arc::new(desk.recalling(&self.bookmarks)), door);
    }

    /// Sends a report; the door takes what comes, unless the journal is full.
    async fn send(&mut self, report: Report, journal_takes: bool) -> Result<Said, HouseError> {
        let view = Arc::new(self.unit.view(self.clock.now()));
        let mut sent = std::pin::pin!(self.desk.report(report, view));
        loop {
            tokio::select! {
                said = &mut sent => return said,
                Some(arrival) = self.door.recv() => {
                    if journal_takes {
                        let bookmark = arrival.delivery.bookmark.clone().expect("each report carries its key");
                        self.bookmarks.insert(format!("clerk\n{}", bookmark.key), bookmark.value);
                        let absorbed = self.unit.absorb(arrival.delivery);
                        let first = absorbed.refused.into_iter().next().map(Box::new);
                        let _ = arrival.done.send(Settled { is_taken: true, refused: 0, first });
                    } else {
                        let _ = arrival.done.send(Settled { is_taken: false, ..Settled::TAKEN });
                    }
                }
            }
        }
    }

    fn good(&mut self) -> (u32, f64) {
        self.unit.step(self.clock.now(), Vec::new());
        let view = self.unit.view(self.clock.now());
        let channel = view.plant.named(MachineId(0), "good").expect("a channel").id;
        (view.image.orders[0].good, view.image.latest[channel.index()].map_or(f64::NAN, |latest| latest.value))
    }
}

fn report(tablet: &str, number: u64, minutes: i64, work: Work) -> Report {
    let (tablet, who, at) = (tablet.to_owned(), "mei".to_owned(), start() + Span::from_minutes(minutes));
    Report { tablet, number, who, machine: MachineId(0), at, work }
}

#[tokio::test]
async fn what_is_sent_again_is_told_and_not_doubled_also_after_a_restart() {
    let mut bench = Bench::open().await;
    let reports = [Work::Start(OrderId(0)), Work::Good(3), Work::Good(4)];
    for (work, number) in reports.iter().zip(1..) {
        let one = report("tablet-a", number, number as i64, work.clone());
        assert_eq!(bench.send(one.clone(), true).await, Ok(Said::Stored), "{work:?}");
        assert_eq!(bench.send(one, true).await, Ok(Said::StoredBefore), "{work:?}");
    }
    assert_eq!(bench.good(), (7, 7.0));
    bench.restart();
    for (work, number) in reports.iter().zip(1..) {
        assert_eq!(bench.send(report("tablet-a", number, number as i64, work.clone()), true).await, Ok(Said::StoredBefore));
    }
    assert_eq!(bench.send(report("tablet-a", 4, 9, Work::Good(2)), true).await, Ok(Said::Stored));
    assert_eq!(bench.good(), (9, 9.0));
}

#[tokio::test]
async fn what_the_journal_did_not_take_counts_when_it_is_sent_again() {
    let mut bench = Bench::open().await;
    let one = report("tablet-a", 1, 1, Work::Good(5));
    assert!(matches!(bench.send(one.clone(), false).await, Err(HouseError::Store(_))));
    assert_eq!(bench.send(one, true).await, Ok(Said::Stored));
    assert_eq!(bench.good().1, 5.0);
}

#[tokio::test]
async fn an_older_report_of_a_second_tablet_counts_and_no_counter_falls() {
    let mut bench = Bench::open().await;
    let table = [
        ("tablet-a", 1, 10, Work::Start(OrderId(0)), 0, f64::NAN),
        ("tablet-a", 2, 20, Work::Good(3), 3, 3.0),
        ("tablet-b", 1, 5, Work::Good(2), 5, 5.0),
        ("tablet-b", 2, 20, Work::Good(1), 6, 6.0),
        ("tablet-a", 3, 30, Work::Done(OrderId(0)), 6, 6.0),
    ];
    for (tablet, number, minutes, work, good, counter) in table {
        assert_eq!(bench.send(report(tablet, number, minutes, work), true).await, Ok(Said::Stored), "{tablet} {number}");
        let found = bench.good();
        assert!(found.0 == good && (found.1 == counter || counter.is_nan()), "{tablet} {number}: {found:?}");
    }
    let view = bench.unit.view(bench.clock.now());
    assert_eq!(view.image.machines[0].state, MachineState::Starved);
    assert_eq!(view.image.orders[0].finished, Some(start() + Span::from_minutes(30)));
}

#[tokio::test]
async fn what_a_machine_does_not_take_by_hand_is_refused_and_names_why() {
    let mut bench = Bench::open().await;
    assert_eq!(bench.desk.work_of(MachineId(0)), [WorkKind::Start, WorkKind::Stop, WorkKind::Done, WorkKind::Good]);
    let refused = bench.send(report("tablet-a", 1, 1, Work::Problem("tool".to_owned())), true).await;
    assert!(matches!(&refused, Err(HouseError::Conflict(sentence)) if sentence.contains("bench-1")), "{refused:?}");
    let audit = bench.store.audit(None, 10).await.expect("a trail");
    assert!(audit.is_empty(), "what is not taken leaves no trace of having been: {audit:?}");
}

#[tokio::test]
async fn the_audit_trail_names_worker_work_and_key() {
    let mut bench = Bench::open().await;
    bench.send(report("tablet-a", 7, 1, Work::Good(5)), true).await.expect("taken");
    let lines = bench.store.audit(None, 10).await.expect("a trail");
    let found: Vec<_> = lines.iter().map(|l| (l.who.as_str(), l.what.as_str(), l.about.as_str(), l.detail.as_str())).collect();
    let detail = "good 5; 2026-03-02T06:01:00Z; tablet-a/7";
    assert_eq!(found, [("mei", "report_stored", "bench-1", detail), ("mei", "report_made", "bench-1", detail)]);
}
