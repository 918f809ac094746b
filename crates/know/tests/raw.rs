//! OEE, losses and energy a piece from the raw records of three shops, against figures worked by hand from the same records.
//!
//! The records are read from `/work/shared/data/sensors` (or the folder in `SOCIUM_DATA`); where they are absent each test says that
//! it was skipped. Each test tells in a table what was counted in the records and how the figures follow from that.

#![expect(clippy::disallowed_methods, reason = "tests read recorded data")]

use know::Knowledge;
use know::kpi::{Loss, Losses, Scope};
use know::suite::{START, Scene};
use measure::{Instant, Span};
use plant::{MachineId, ProductId, Role, Window};
use std::io::Read;
use std::path::PathBuf;

const ROLES: &[(Role, &str)] =
    &[(Role::State, "1"), (Role::Product, "1"), (Role::Good, "1"), (Role::Scrap, "1"), (Role::Power, "W"), (Role::Alarm, "1")];

/// The rows of a file without its first `heads`, cut at a sign; `None` with a note where the data are absent.
fn rows(set: &str, name: &str, sign: char, heads: usize) -> Option<Vec<Vec<String>>> {
    let root = std::env::var_os("SOCIUM_DATA").map_or_else(|| PathBuf::from("/work/shared/data/sensors"), PathBuf::from);
    let path = root.join(set).join(name);
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("SKIPPED: {} is not there; name the folder of the data sets in SOCIUM_DATA", path.display());
        return None;
    };
    let mut text = String::new();
    if path.extension().is_some_and(|e| e == "gz") {
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("gzip of text");
    } else {
        text = String::from_utf8(bytes).expect("text");
    }
    Some(text.lines().skip(heads).map(|line| line.split(sign).map(str::to_owned).collect()).collect())
}

/// One machine that is watched around the clock and makes two products of these planned run times [s].
fn shop(cycles: [f64; 2]) -> Scene {
    let mut scene = Scene::new(&[("machine", "machine", &[], ROLES)]).expect("a plant");
    scene.plant.calendar.shifts.clear();
    let mut second = scene.plant.products[0].clone();
    (second.id, second.name) = (ProductId(1), "p1".to_owned());
    scene.plant.products.push(second);
    for (product, cycle) in scene.plant.products.iter_mut().zip(cycles) {
        product.route[0].cycle = Span::from_seconds_f64(cycle);
    }
    scene.number(0, Role::Good, 0, 0.0);
    scene.number(0, Role::Scrap, 0, 0.0);
    scene
}

/// Seconds from the start of a day to an instant such as `2012-01-27 07:00:00+00:00`.
fn since(day: &str, text: &str) -> i64 {
    let at = |text: &str| -> Instant { text.parse().unwrap_or_else(|e| panic!("{text}: {e}")) };
    let text = text.get(..19).unwrap_or(text).replace(' ', "T") + "Z";
    ((at(&text) - at(&format!("{day}T00:00:00Z"))).seconds()) as i64
}

fn losses(scene: &Scene, know: &Knowledge, window: Window) -> Losses {
    let losses = know.kpis_and_losses(&scene.plant, Scope::Machine(MachineId(0)), window).1.expect("planned");
    let points: f64 = Loss::ALL.into_iter().map(|l| losses.points(l)).sum();
    assert!((points - (1.0 - losses.oee)).abs() < 1e-9, "the losses are the gap: {points} of {}", 1.0 - losses.oee);
    losses
}

fn minutes(losses: &Losses) -> [f64; 6] {
    losses.seconds.map(|s| (s / 60.0 * 1_000.0).round() / 1_000.0)
}

/// 31 batches with a start and an end: 3,180 min on the line, 1,130 min of downtime booked against twelve factors, and a shortest
/// batch time of 60 min, or 98 min for the batches of two litres, 2,050 min in all. Every batch took exactly its shortest time and its downtime, so
/// that OEE is 2,050 / 3,180 = 0.6447 with no speed lost. When in a batch a stop lay is not recorded; here production lies between them.
///
/// | factor | min | batches | loss |
/// | --- | --- | --- | --- |
/// | 2 batch change, 6 machine adjustment, 10 calibration error, 11 label switch | 160 + 197 + 34 + 20 = 411 | 5 + 8 + 2 + 2 | set-up |
/// | 4 inventory shortage | 205 | 8 | idling |
/// | 3 labelling error, 5 spill, 7 failure, 8 coding error, 9 jam, 12 other | 22 + 57 + 236 + 115 + 17 + 67 = 514 | 25 | breakdowns |
#[test]
fn raw_bottling_downtime() {
    let Some(batches) = rows("bottling_downtime", "line-productivity.psv", '|', 1) else { return };
    let factors = rows("bottling_downtime", "line-downtime.psv", '|', 2).expect("beside the batches");
    let names = rows("bottling_downtime", "downtime-factors.psv", '|', 1).expect("beside the batches");
    let mut scene = shop([3_600.0, 5_880.0]);
    let mut last = 0;
    for (made, batch) in batches.iter().enumerate() {
        let clock = |text: &str| since(&batch[0], &format!("{} {}", batch[0], text.rsplit(' ').next().unwrap_or(text)));
        let (day, from, to) = (since("2024-08-29", &format!("{} 00:00:00", batch[0])), clock(&batch[4]), clock(&batch[5]));
        let (mut at, to) = (day + from, day + if to < from { to + 86_400 } else { to });
        if at > last {
            scene.word(0, Role::State, last, "unknown");
        }
        scene.word(0, Role::Product, at, if batch[1] == "CO-2L" { "p1" } else { "p0" });
        let booked = factors.iter().find(|row| row[0] == batch[2]).expect("a row of downtime");
        let stops: Vec<(usize, f64)> =
            booked.iter().enumerate().skip(1).filter_map(|(f, m)| Some((f, m.parse().ok()?))).collect();
        let lost_s = stops.iter().map(|(_, minutes)| minutes * 60.0).sum::<f64>() as i64;
        let part_s = (to - at - lost_s) / (stops.len() as i64 + 1);
        for (factor, minutes) in stops {
            let state = match factor {
                2 | 6 | 10 | 11 => "set_up",
                4 => "starved",
                _ => "down",
            };
            scene.word(0, Role::Alarm, at, &names[factor - 1][1]);
            scene.word(0, Role::State, at, state);
            at += (minutes * 60.0) as i64;
            scene.word(0, Role::State, at, "producing");
            at += part_s;
        }
        scene.word(0, Role::State, at, "producing");
        scene.number(0, Role::Good, to, made as f64 + 1.0);
        last = to;
    }
    let know = scene.play().0;
    let losses = losses(&scene, &know, Window { from: START, to: START + Span::from_seconds(last) });
    assert_eq!(losses.planned_busy, Span::from_minutes(3_180));
    assert!((losses.oee - 2_050.0 / 3_180.0).abs() < 1e-9, "{}", losses.oee);
    assert_eq!(minutes(&losses), [514.0, 411.0, 205.0, 0.0, 0.0, 0.0]);
    let told: Vec<(&str, f64, f64)> = losses.stops.iter().map(|s| (s.cause.as_ref(), s.count, s.seconds / 60.0)).collect();
    assert_eq!(told[..3], [("set_up", 17.0, 411.0), ("Machine failure", 10.0, 236.0), ("starved", 8.0, 205.0)]);
    assert_eq!(told[3..5], [("Batch coding error", 5.0, 115.0), ("Other", 5.0, 67.0)]);
}

/// Asset 2 on 2022-09-01 from 09:00 to 09:15, nine records, each telling what holds from its time on and the pieces made since the one
/// before; product 2, planned 60 s a piece:
///
/// | status | from | s | loss |
/// | --- | --- | --- | --- |
/// | automatic | 09:00:00, 09:07:36, 09:07:43, 09:14:22 | 322 + 4 + 316 + 38 = 680 | |
/// | alarm | 09:05:22 | 95 | breakdowns |
/// | manual, counted as set-up | 09:06:57, 09:07:40, 09:12:59 | 39 + 3 + 83 = 125 | set-up |
///
/// 3 + 3 + 2 + 2 = 10 pieces: availability 680/900, effectiveness 600/680, OEE 600/900; 80 s go into stops between pieces and speed.
/// 1 kW over 322 + 38 s: 0.1 kW.h, 10 W.h a piece.
#[test]
fn raw_sme_machines() {
    let Some(records) = rows("sme_machines", "company_A_first60pct.csv.gz", ',', 1) else { return };
    let mut scene = shop([60.0, 60.0]);
    scene.word(0, Role::Product, 0, "p0");
    let mut made = 0.0;
    for record in records.iter().filter(|r| r[1] == "2" && ("2022-09-01 06:15"..="2022-09-01 09:15").contains(&&r[0][..16])) {
        let at = since("2022-09-01", &record[0]);
        let number = |place: usize| record[place].parse::<f64>().expect("a number");
        scene.word(0, Role::State, at, ["starved", "set_up", "producing", "down"][number(3) as usize]);
        scene.number(0, Role::Power, at, 1_000.0 * number(5));
        made += number(2);
        scene.number(0, Role::Good, at, made);
    }
    let at = |clock: &str| START + Span::from_seconds(since("2022-09-01", &format!("2022-09-01 {clock}:00")));
    let window = Window { from: at("09:00"), to: at("09:15") };
    let know = scene.play().0;
    let kpis = know.kpis(&scene.plant, Scope::Machine(MachineId(0)), window);
    let figures = [kpis.availability, kpis.effectiveness, kpis.oee, kpis.energy_per_good_kwh];
    let wanted = [680.0 / 900.0, 600.0 / 680.0, 600.0 / 900.0, 0.01];
    for (figure, wanted) in figures.into_iter().zip(wanted) {
        assert!(figure.is_some_and(|f| (f - wanted).abs() < 1e-9), "{figure:?} {wanted}");
    }
    let [breakdowns, set_up, idling, speed, defects, start_up] = minutes(&losses(&scene, &know, window)).map(|m| m * 60.0);
    assert_eq!((breakdowns.round(), set_up.round(), defects, start_up), (95.0, 125.0, 0.0, 0.0));
    assert!((idling + speed - 80.0).abs() < 0.1 && idling >= 0.0, "{idling} {speed}");
}

/// The station `Quality Check 1` from 2012-01-23 to 2012-01-27, around the clock: 45 reports of finished work that cover 3,034 of 7,200 min,
/// overlaps once; 1,120 pieces completed, 5 rejected; nothing is known of planned times.
///
/// availability 3,034/7,200; quality 1,120/1,125; lost: idling 4,166 min, defects 3,034 · 5/1,125 = 13.484 min.
#[test]
fn raw_production_log() {
    let Some(reports) = rows("production_log", "production_events_dev.csv.gz", ',', 1) else { return };
    const DAY: &str = "2012-01-23";
    let mut work: Vec<(i64, i64, f64, f64)> = reports
        .iter()
        .filter(|r| r[4] == "Quality Check 1" && (DAY.."2012-01-28").contains(&&r[2][..10]))
        .map(|r| {
            let number = |place: usize| r[place].parse::<f64>().unwrap_or(0.0);
            let end = since(DAY, &r[2]);
            (end - (number(10) * 60.0) as i64, end, number(8), number(9))
        })
        .collect();
    work.sort_by_key(|w| w.0);
    let mut scene = shop([0.0, 0.0]);
    scene.word(0, Role::State, 0, "starved");
    let mut reached = 0;
    for (from, to, ..) in work.iter().filter(|w| w.1 > w.0) {
        if *from > reached {
            scene.word(0, Role::State, reached, "starved");
            scene.word(0, Role::State, *from, "producing");
        }
        reached = reached.max(*to);
    }
    scene.word(0, Role::State, reached, "starved");
    work.sort_by_key(|w| w.1);
    let mut sums = (0.0, 0.0);
    for (_, to, good, scrap) in &work {
        sums = (sums.0 + good, sums.1 + scrap);
        scene.number(0, Role::Good, *to, sums.0);
        scene.number(0, Role::Scrap, *to, sums.1);
    }
    scene.until = START + Span::from_days(5);
    let know = scene.play().0;
    let window = Window { from: START, to: scene.until };
    let kpis = know.kpis(&scene.plant, Scope::Machine(MachineId(0)), window);
    assert_eq!((kpis.good, kpis.scrap, kpis.oee), (1_120.0, 5.0, None));
    assert_eq!(kpis.producing, Span::from_minutes(3_034));
    let losses = losses(&scene, &know, window);
    assert_eq!(minutes(&losses), [0.0, 0.0, 4_166.0, 0.0, 13.484, 0.0]);
}
