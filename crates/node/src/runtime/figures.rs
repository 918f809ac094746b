//! Counters of a running unit and the Prometheus text made of them.

use measure::{Budget, Taker};
use plant::{Record, RecordKind, RefusalReason};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use unit::desk::View;

/// Counters that the loop task raises.
#[derive(Debug, Default)]
pub struct Figures {
    steps: AtomicU64,
    step_micros: AtomicU64,
    journal_failures: AtomicU64,
    records: [AtomicU64; RecordKind::COUNT],
}

impl Figures {
    /// One step was made.
    pub fn step(&self, took: Duration) {
        self.steps.fetch_add(1, Ordering::Relaxed);
        self.step_micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
    /// The journal refused to take readings.
    pub fn journal_failed(&self) {
        self.journal_failures.fetch_add(1, Ordering::Relaxed);
    }
    /// A record, or a newer version of one, was kept.
    pub fn record(&self, record: &Record) {
        self.records[record.id().kind as usize].fetch_add(1, Ordering::Relaxed);
    }
    /// All figures in the Prometheus text format 0.0.4.
    pub fn prometheus(&self, view: &View, memory: &Budget) -> String {
        let mut text = String::new();
        self.readings(view, &mut text);
        shares(memory, &mut text);
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
        head(&mut text, "socium_records_total", "counter", "Records and newer versions kept, by kind");
        for kind in RecordKind::ALL {
            line(&mut text, "socium_records_total", &[("kind", kind.word())], load(&self.records[kind as usize]));
        }
        let singles = [
            ("socium_steps_total", "Turns of the loop", load(&self.steps)),
            ("socium_step_seconds_total", "Time spent in turns of the loop, without the journal", load(&self.step_micros) / 1e6),
            ("socium_journal_failures_total", "Appends that the journal refused", load(&self.journal_failures)),
        ];
        for (name, help, value) in singles {
            head(&mut text, name, "counter", help);
            line(&mut text, name, &[], value);
        }
        let (name, help) =
            ("socium_readings_beyond_revision_total", "Readings too late for figures to be revised; stored all the same");
        head(&mut text, name, "counter", help);
        line(&mut text, name, &[], view.beyond as f64);
        let (name, help) = ("socium_machines_reworking", "Machines whose history is being worked out again, or waits for it");
        head(&mut text, name, "gauge", help);
        line(&mut text, name, &[], view.reworking as f64);
        text
    }

    fn readings(&self, view: &View, text: &mut String) {
        let source = |id: &plant::SourceId| view.plant.sources.get(id.index()).map_or("", |s| s.name.as_str());
        head(
            text,
            "socium_readings_accepted_total",
            "counter",
            "Readings that came through the door: stored + refused + in flight",
        );
        for (id, account) in view.accounting.by_source() {
            line(text, "socium_readings_accepted_total", &[("source", source(id))], account.accepted as f64);
        }
        head(text, "socium_readings_stored_total", "counter", "Readings acknowledged by the journal");
        for (id, account) in view.accounting.by_source() {
            line(text, "socium_readings_stored_total", &[("source", source(id))], account.stored as f64);
        }
        head(text, "socium_readings_refused_total", "counter", "Readings refused, by reason");
        for (id, account) in view.accounting.by_source() {
            for (reason, count) in &account.refused {
                line(
                    text,
                    "socium_readings_refused_total",
                    &[("source", source(id)), ("reason", RefusalReason::word(*reason))],
                    *count as f64,
                );
            }
        }
        head(text, "socium_readings_late_total", "counter", "Readings that came when a newer one of their machine was there");
        for (id, timing) in &view.timings {
            line(text, "socium_readings_late_total", &[("source", source(id))], timing.late as f64);
        }
        head(
            text,
            "socium_readings_out_of_order_total",
            "counter",
            "Readings that came when a newer one of their channel was there",
        );
        for (id, timing) in &view.timings {
            line(text, "socium_readings_out_of_order_total", &[("source", source(id))], timing.out_of_order as f64);
        }
        head(text, "socium_source_clock_behind_seconds", "gauge", "How far a source's clock is behind ours");
        for (id, clock) in view.timings.iter().filter_map(|(id, t)| Some((id, t.clock?))) {
            line(text, "socium_source_clock_behind_seconds", &[("source", source(id))], clock.behind.seconds());
        }
        head(text, "socium_readings_in_flight", "gauge", "Readings on their way to the journal");
        for (id, account) in view.accounting.by_source() {
            line(text, "socium_readings_in_flight", &[("source", source(id))], account.in_flight as f64);
        }
    }
}

/// Who has how much of the budget of memory.
fn shares(memory: &Budget, text: &mut String) {
    head(text, "socium_memory_budget_bytes", "gauge", "Memory that bodies, unsealed readings, sealing and questions share");
    line(text, "socium_memory_budget_bytes", &[], memory.max() as f64);
    head(text, "socium_memory_taken_bytes", "gauge", "What each of them has of it");
    for taker in Taker::ALL {
        line(text, "socium_memory_taken_bytes", &[("taker", taker.word())], memory.taken(taker) as f64);
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // writing to a String cannot fail
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn line(text: &mut String, name: &str, labels: &[(&str, &str)], value: f64) {
    let labels: Vec<String> =
        labels.iter().map(|(n, v)| format!("{n}=\"{}\"", v.replace('\\', "\\\\").replace('"', "\\\""))).collect();
    let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
    // writing to a String cannot fail
    let _ = writeln!(text, "{name}{labels} {value}");
}
