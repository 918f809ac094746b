//! What is usual at the made-up plant's machines: frozen, being learned, learned anew, and what an earlier run knew and is not used.

use super::plant::MACHINES;
use measure::{Instant, Span};
use plant::{About, MachineId, MachineState, ProductId, Role, Unused, Window};
use unit::desk::{Counted, Progress, Standing};

/// By machine.
pub fn baselines(now: Instant) -> Vec<Vec<Standing>> {
    let learned = Window { from: now - Span::from_days(9), to: now - Span::from_hours(200) };
    let frozen = |about, version| Standing { about, version, progress: Progress::Frozen(learned), at: Some(learned.to) };
    let learning =
        |about, have, of, counted| Standing { about, version: 1, progress: Progress::learning(have, of, counted), at: None };
    let anew = Standing {
        version: 3,
        at: Some(now - Span::from_hours(5)),
        ..learning(About::Behaviour(Some(ProductId(1))), 290.0, 720.0, Counted::Minutes)
    };
    let of = |_| {
        vec![
            frozen(About::Behaviour(Some(ProductId(0))), 2),
            anew,
            frozen(About::Energy(MachineState::Producing, Some(ProductId(0))), 1),
            learning(About::Energy(MachineState::WarmingUp, None), 2.0, 3.0, Counted::Spells),
            frozen(About::Check("power_load"), 1),
            learning(About::Stuck(Role::Vibration), 120.0, 400.0, Counted::Readings),
            learning(About::Deviation, 63.0, 140.0, Counted::Pieces),
            frozen(About::Stops, 1),
        ]
    };
    (0..MACHINES.len()).map(of).collect()
}

/// Of the third machine.
pub fn unused() -> Vec<Unused> {
    let reason = "it was learned from channel `heat`, which is not in the configuration any more".to_owned();
    vec![Unused {
        machine: MachineId(2),
        kind: "check".to_owned(),
        of: Some("temperature".to_owned()),
        product: None,
        version: 1,
        reason,
    }]
}
