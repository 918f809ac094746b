//! Runs both arms of one seed and prints what each achieved and how the outcomes compare with the truth:
//! `cargo run --release -p simulate --example arms -- SEED DAYS`.

#![expect(clippy::disallowed_methods, reason = "an example takes its seed from the command line")]

use simulate::experiment::{Mode, judge, run, scale};

fn main() {
    let mut words = std::env::args().skip(1).filter_map(|w| w.parse::<u32>().ok());
    let (seed, days) = (words.next().unwrap_or(1), words.next().unwrap_or(5));
    for mode in [Mode::Watch, Mode::Act] {
        let arm = run(u64::from(seed), days, mode);
        println!("{mode:?}: {:?}", scale(&arm));
        println!("  readings {}, findings and forecasts {}, decisions {}", arm.readings, arm.seen, arm.decisions.len());
        let mut states = std::collections::BTreeMap::new();
        for decision in arm.decisions.values() {
            *states.entry((decision.kind, decision.state.word())).or_insert(0) += 1;
        }
        println!("  {states:?}");
        for judged in judge(&arm) {
            let o = &judged.outcome;
            println!(
                "  {} {} {} {:?}: expected {:.2} measured {:.2} [{:.2}, {:.2}] true {:.2}{}",
                o.window.from,
                arm.plant.machine(o.machine).name,
                o.from,
                judged.action,
                o.expected.value.value,
                o.measured.value.value,
                o.measured.value.low,
                o.measured.value.high,
                judged.truth,
                if judged.covered { "" } else { "  MISSED" }
            );
        }
    }
}
