//! The watching baseline is a plausible plant of today: table over several seeds, printed with `--nocapture`.

use super::*;

struct Row {
    oee: f64,
    delivered: f64,
    wh_per_good: f64,
    stops: f64,
    late: f64,
    samples: f64,
    producing: f64,
}

fn row(seed: u64) -> Row {
    let mut stage = Stage::new(seed, 5);
    stage.reach(120.0);
    let truth = stage.truth();
    let mills = &truth.machines[..5];
    let share = |m: &crate::workshop::MachineTruth| m.worked(MachineState::Producing) / m.worked_by.iter().sum::<f64>();
    Row {
        oee: truth.oee().expect("pieces were made"),
        delivered: truth.delivered() as f64,
        wh_per_good: truth.energy_wh_per_good().expect("pieces were made"),
        stops: f64::from(truth.stops()),
        late: truth.late.len() as f64,
        samples: stage.told.len() as f64,
        producing: mills.iter().map(share).sum::<f64>() / 5.0,
    }
}

#[test]
fn the_baseline_is_that_of_a_busy_workshop_without_a_loop() {
    let rows: Vec<Row> = (1..=8).map(row).collect();
    println!("  OEE  delivered  W.h/piece  stops  late  producing  samples");
    for r in &rows {
        println!(
            "{:5.3} {:10} {:10.0} {:6} {:5} {:9.1} % {:8}",
            r.oee,
            r.delivered,
            r.wh_per_good,
            r.stops,
            r.late,
            100.0 * r.producing,
            r.samples
        );
    }
    let mean = |f: fn(&Row) -> f64| rows.iter().map(f).sum::<f64>() / rows.len() as f64;
    assert!(rows.iter().all(|r| (0.40..0.75).contains(&r.oee)), "OEE");
    assert!(rows.iter().all(|r| (0.5..0.9).contains(&r.producing)), "producing");
    assert!((4.0..9.0).contains(&mean(|r| r.stops)), "{} stops", mean(|r| r.stops));
    assert!(rows.iter().any(|r| r.late > 0.0) && mean(|r| r.late) < 40.0, "{} late", mean(|r| r.late));
    assert!((800.0..2_000.0).contains(&mean(|r| r.wh_per_good)), "{} W.h a piece", mean(|r| r.wh_per_good));
    assert!(rows.iter().all(|r| (200_000.0..800_000.0).contains(&r.samples)), "samples");
}

#[test]
fn nights_cost_energy_for_nothing() {
    let mut stage = Stage::new(1, 2);
    stage.reach(22.2);
    let evening = stage.truth();
    stage.reach(29.9);
    let night = stage.truth();
    assert_eq!(evening.delivered(), night.delivered());
    let kwh = (night.energy_wh() - evening.energy_wh()) / 1_000.0;
    assert!((150.0..500.0).contains(&kwh), "{kwh} kWh in a night");
}
