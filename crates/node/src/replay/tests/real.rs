//! The recorded data of `/work/shared/data/sensors` (or of the folder in `SOCIUM_DATA`) through the loop. Where they are absent
//! each test says that it was skipped. `cargo test -p node real -- --nocapture` prints the figures of `docs/real-data.md`.

use super::examples;
use crate::replay::Replay;
use drivers::file::table::{Style, Table};
use measure::{Instant, Span};
use plant::{Cause, Finding, MachineId, Record, RecordId, Window};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use unit::desk::Scope;
use unit::{Effect, Unit};

/// The folder of a data set, or `None` with a note that the test was skipped.
fn data(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SOCIUM_DATA").map_or_else(|| PathBuf::from("/work/shared/data/sensors"), PathBuf::from);
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {} is not there; name the folder of the data sets in SOCIUM_DATA", folder.display());
    None
}

/// Sums of the KPIs of days, as the memory of knowing reaches back a week only.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    planned_h: f64,
    producing_h: f64,
    set_up_h: f64,
    down_h: f64,
    planned_run_h: f64,
    good: f64,
    scrap: f64,
    failures: u32,
    kwh: f64,
}

/// A unit after a replay.
struct Run {
    unit: Unit,
    replay: Replay,
    from: Instant,
    /// When each finding was first told, and its newest version.
    findings: BTreeMap<RecordId, (Instant, Finding)>,
    forecasts: BTreeMap<RecordId, plant::Forecast>,
    sums: BTreeMap<String, Sum>,
    readings: u64,
}

/// Span over which KPIs are asked, and how long after it: pieces are laid over the time since the count before.
const DAY: Span = Span::from_days(1);
const LAG: Span = Span::from_days(5);

impl Run {
    fn over(name: &str) -> Option<Self> {
        let folder = data(name)?;
        let map = examples().join(name).join("map.toml");
        let replay = Replay::open(&map, Some(&folder)).unwrap_or_else(|faults| panic!("{faults}"));
        let unit = Unit::new(Arc::new(replay.config.plant.clone()), replay.config.limits.door);
        let from = replay.now();
        let empty = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut run = Self { unit, replay, from, findings: empty.0, forecasts: empty.1, sums: empty.2, readings: 0 };
        let (mut stepped, mut day) = (Instant::MIN, from.floor(DAY) + DAY);
        while let Some((now, delivery)) = run.replay.next() {
            while now >= day {
                run.step(day);
                run.sum(Window { from: day - LAG - DAY, to: day - LAG });
                day += DAY;
            }
            run.readings += (delivery.readings.len() + delivery.refused.len()) as u64;
            for batch in run.unit.absorb(delivery).batches {
                run.unit.settle(batch.from, batch.len() as u64, true);
            }
            if now - stepped >= Span::from_minutes(1) {
                stepped = now;
                run.step(now);
            }
        }
        let end = run.replay.now() + Span::from_micros(1);
        run.step(end);
        while day - LAG - DAY < end {
            run.sum(Window { from: day - LAG - DAY, to: end.min(day - LAG) });
            day += DAY;
        }
        Some(run)
    }

    fn step(&mut self, now: Instant) {
        for effect in self.unit.step(now, Vec::new()) {
            match effect {
                Effect::Keep(Record::Finding(finding)) => {
                    let opened = self.findings.get(&finding.id).map_or(now, |(opened, _)| *opened);
                    self.findings.insert(finding.id, (opened, finding));
                }
                Effect::Keep(Record::Forecast(forecast)) => drop(self.forecasts.insert(forecast.id, forecast)),
                Effect::Keep(_) | Effect::Freeze(_) => {}
                Effect::Rework(replay) => panic!("recorded data come in order: {replay:?}"),
                Effect::Write(command) => panic!("nothing can be written to a file: {command:?}"),
            }
        }
    }

    fn sum(&mut self, window: Window) {
        let machines = self.unit.plant().machines.iter().map(|m| (m.name.clone(), Scope::Machine(m.id)));
        for (name, scope) in machines.collect::<Vec<_>>() {
            let kpis = self.unit.kpis(scope, window);
            for name in [name, "all".to_owned()] {
                let sum = self.sums.entry(name).or_default();
                sum.planned_h += kpis.planned_busy.hours();
                sum.producing_h += kpis.producing.hours();
                sum.set_up_h += kpis.set_up.hours();
                sum.down_h += kpis.down.hours();
                sum.planned_run_h += kpis.effectiveness.unwrap_or(0.0) * kpis.producing.hours();
                sum.good += kpis.good;
                sum.scrap += kpis.scrap;
                sum.failures += kpis.failures;
                sum.kwh += kpis.energy_kwh;
            }
        }
    }

    /// Prints what `docs/real-data.md` tells, and holds the accounting.
    fn report(&mut self) {
        let now = self.replay.now();
        let view = self.unit.view(now);
        let account = view.accounting.total();
        eprintln!("{} rows, {} readings, {} to {now}", self.replay.rows(), self.readings, self.from);
        eprintln!("accepted {} stored {} refused {:?}", account.accepted, account.stored, account.refused);
        assert!(account.balances() && account.accepted == self.readings && account.in_flight == 0, "{account:?}");
        let mut causes: BTreeMap<&str, usize> = BTreeMap::new();
        self.findings.values().for_each(|(_, f)| *causes.entry(f.cause.word()).or_default() += 1);
        eprintln!("findings {causes:?}, forecasts {}", self.forecasts.len());
        for (name, s) in &self.sums {
            let (availability, effectiveness) = (s.producing_h / s.planned_h, s.planned_run_h / s.producing_h);
            let quality = s.good / (s.good + s.scrap);
            eprintln!(
                "{name}: availability {availability:.3} effectiveness {effectiveness:.3} quality {quality:.4} OEE {:.3} producing {:.0} h \
                 set-up {:.0} h down {:.1} h good {} scrap {} failures {} energy {:.1} kW.h, {:.4} a piece",
                availability * effectiveness * quality,
                s.producing_h,
                s.set_up_h,
                s.down_h,
                s.good,
                s.scrap,
                s.failures,
                s.kwh,
                s.kwh / s.good
            );
        }
    }
}

/// The labels of the sample: machine and instant of every failure, each instant of a machine once.
fn failures(plant: &plant::Plant) -> Vec<(MachineId, Instant)> {
    let Some(folder) = data("azure_pdm") else { return Vec::new() };
    let mut table = Table::open(&folder.join("failures_1y_dev.csv.gz"), &Style::default()).expect("the labels");
    let mut failures = Vec::new();
    while let Some(row) = table.next_row() {
        let row = row.expect("a row");
        let machine = plant.machine_named(&format!("press-{}", row.cells[1])).expect("a machine of the sample");
        failures.push((machine.id, row.cells[0].parse().expect("an instant")));
    }
    failures.sort_unstable();
    failures.dedup();
    failures
}

#[test]
fn real_azure_pdm() {
    let Some(mut run) = Run::over("azure_pdm") else { return };
    run.report();
    let failures = failures(run.unit.plant());
    assert_eq!(run.sums["all"].failures as usize, failures.len(), "every failure of the labels is a failure of the KPIs");
    let lead = Span::from_hours(48);
    let told: Vec<(Instant, &Finding)> =
        run.findings.values().filter(|(_, f)| f.cause == Cause::ErrorPattern).map(|(at, f)| (*at, f)).collect();
    let half: Instant = "2015-07-01T00:00:00Z".parse().expect("an instant");
    for (what, since) in [("whole year", run.from), ("second half", half)] {
        let met: Vec<_> = failures.iter().filter(|(_, at)| *at >= since).collect();
        let open = |f: &Finding, machine: MachineId, opened: Instant, at: Instant| {
            f.machine == machine && opened < at && opened >= at - lead && f.ended.is_none_or(|ended| ended >= at)
        };
        let warned = met.iter().filter(|(m, at)| told.iter().any(|(opened, f)| open(f, *m, *opened, *at)));
        let later: Vec<_> = told.iter().filter(|(opened, _)| *opened >= since).collect();
        let right = |(opened, f): &&&(Instant, &Finding)| {
            failures.iter().any(|(m, at)| *m == f.machine && at > opened && *at - *opened <= lead)
        };
        let (right, promised) = (later.iter().filter(right).count(), later.iter().map(|(_, f)| f.probability).sum::<f64>());
        eprintln!(
            "{what}: {} failures, {} with a finding open before; {} findings, {right} followed by a failure within 48 h, {promised:.0} promised",
            met.len(),
            warned.count(),
            later.len()
        );
    }
}

#[test]
fn real_production_log() {
    let Some(mut run) = Run::over("production_log") else { return };
    run.report();
    run.tell();
    let all = run.sums["all"];
    assert_eq!((all.good.round(), all.scrap.round()), (29_780.0, 86.0), "pieces and rejects of the reports");
    assert!((all.producing_h - 5_045.35).abs() < 0.1, "{}: reported work, what overlaps at a machine once", all.producing_h);
}

#[test]
fn real_sme_machines() {
    let Some(mut run) = Run::over("sme_machines") else { return };
    run.report();
    run.tell();
    let all = run.sums["all"];
    assert_eq!(all.good.round(), 27_205.0, "the items of the records");
    let metered = run.sums["asset-1"].kwh + run.sums["asset-2"].kwh;
    assert!((metered - 332.04).abs() < 0.1, "{metered}: power times time of the two that have no gaps of days");
}

impl Run {
    fn tell(&self) {
        for (opened, finding) in self.findings.values() {
            let machine = &self.unit.plant().machine(finding.machine).name;
            eprintln!("{opened} {machine} {:?} {:.2} {:?}", finding.cause, finding.probability, finding.evidence);
        }
    }
}
