//! Puts faults into the well-kept virtual workshop and prints what was found:
//! `cargo run --release -p simulate --example faults -- FIRST_SEED SEEDS`.

#![expect(clippy::disallowed_methods, reason = "an example takes its seeds from the command line")]

use plant::Finding;
use simulate::experiment::faults::{Score, Sort, Trial, good_order, likeliest, trial};

fn line(f: &Finding) -> String {
    let e = &f.evidence[0];
    let proof = format!("{} {:.3} [{:.3} {:.3}] of {:?}", e.name, e.value.value, e.value.low, e.value.high, e.normal);
    format!("{} {} by {} at machine {}: {proof}", f.at, likeliest(f).word(), f.from, f.machine.0)
}

fn main() {
    let mut words = std::env::args().skip(1).filter_map(|w| w.parse::<u64>().ok());
    let (first, seeds) = (words.next().unwrap_or(1), words.next().unwrap_or(5));
    let mut all: Vec<Trial> = Vec::new();
    for sort in Sort::ALL {
        let trials: Vec<Trial> = (first..first + seeds).map(|seed| trial(seed, sort)).collect();
        for (seed, t) in (first..).zip(&trials) {
            if t.named() != Some(t.cause) {
                let told = t.found.as_ref().map_or_else(|| "not found".to_owned(), |f| format!("{} {:?}", line(f), f.causes));
                println!("  seed {seed}: {:?} of {:.3} at machine {}: {told}", t.fault.kind, t.fault.size, t.fault.machine.0);
            }
            t.elsewhere.iter().for_each(|f| println!("  seed {seed}, elsewhere: {}", line(f)));
        }
        println!(
            "{}: {:?}, elsewhere {}",
            sort.word(),
            Score::of(&trials),
            trials.iter().map(|t| t.elsewhere.len()).sum::<usize>()
        );
        all.extend(trials);
    }
    println!("all: {:?}", Score::of(&all));
    let (mut months, mut count) = (0.0, 0_u32);
    for seed in first..first + seeds {
        let (findings, watched) = good_order(seed);
        (months, count) = (months + watched, count + findings.len() as u32);
        findings.iter().for_each(|f| println!("  seed {seed}: {}", line(f)));
    }
    println!("good order: {count} findings in {months:.1} machine-months: {:.2} a machine-month", f64::from(count) / months);
}
