//! Prints what the workshop does when nobody acts: one row a seed, then the mean. `cargo run --release --example baseline`.

use measure::{Instant, Span};
use plant::MachineState;
use simulate::workshop::{Workshop, plant};

fn main() {
    let start = Instant::from_seconds(1_772_380_800);
    let days = 5;
    println!("seed   OEE  deliv scrap  kWh  Wh/pc tool bear late done  leak   samples");
    let mut sums = [0.0; 4];
    for seed in 1..=20 {
        let plant = plant(start, days, seed);
        let mut workshop = Workshop::new(&plant, seed, start);
        let mut samples = Vec::new();
        workshop.advance(&plant, start + Span::from_days(i64::from(days)), &mut samples);
        let truth = workshop.truth();
        let sum = |f: fn(&simulate::workshop::MachineTruth) -> u32| truth.machines.iter().map(f).sum::<u32>();
        let oee = truth.oee().unwrap_or(0.0);
        println!(
            "{seed:4} {oee:6.3} {:5} {:5} {:6.0} {:5.0} {:4} {:4} {:4} {:4} {:5.2} {:9}",
            truth.delivered(),
            truth.scrap(),
            truth.energy_wh() / 1_000.0,
            truth.energy_wh_per_good().unwrap_or(0.0),
            sum(|m| m.stops_tool),
            sum(|m| m.stops_bearing),
            truth.late.len(),
            truth.orders.iter().filter(|o| o.finished.is_some()).count(),
            truth.leak_flow,
            samples.len(),
        );
        for (place, value) in
            [oee, truth.delivered() as f64, f64::from(truth.stops()), truth.late.len() as f64].into_iter().enumerate()
        {
            sums[place] += value / 20.0;
        }
        if seed == 1 {
            states(&plant, &truth);
        }
    }
    println!("mean: OEE {:.3}, delivered {:.0}, stops {:.1}, late {:.1}", sums[0], sums[1], sums[2], sums[3]);
}

fn states(plant: &plant::Plant, truth: &simulate::workshop::Truth) {
    for machine in &truth.machines {
        let total: f64 = machine.worked_by.iter().sum();
        print!("     {:13}", plant.machine(machine.machine).name);
        for (state, word) in MachineState::ALL {
            let share = machine.worked(state) / total;
            if share > 0.001 {
                print!(" {word} {:.1} %", 100.0 * share);
            }
        }
        println!(
            " | {:.0} kWh {} good {} scrap {} set-ups",
            machine.energy_wh / 1_000.0,
            machine.good,
            machine.scrap,
            machine.set_ups
        );
    }
}
