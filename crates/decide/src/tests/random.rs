//! Random situations: what is proposed holds against the check, is never worse than doing nothing, and is the same twice.

use super::{decisions, finding, outcome, threat};
use crate::fixture::{World, ten};
use crate::{check, weigh};
use measure::{Estimate, Span};
use plant::{Cause, Code, Decision, DecisionState, Evidence, ForecastKind, MachineId, MachineState, OrderId, Role};
use proptest::prelude::*;

fn state() -> impl Strategy<Value = MachineState> {
    (0..MachineState::ALL.len()).prop_map(|i| MachineState::ALL[i].0)
}

fn estimate() -> impl Strategy<Value = Estimate> {
    (-1e4_f64..1e5, 0.0_f64..1e4, 0.0_f64..1e6).prop_map(|(v, a, b)| Estimate::between(v - a, v, v + b))
}

prop_compose! {
    fn world()(
        minutes in 0_i64..10_000,
        machines in prop::collection::vec((state(), 0_i64..600, prop::collection::vec(0_u32..4, 0..4), 0_i64..30), 3),
        learned in prop::collection::vec((estimate(), estimate(), estimate(), 0.0_f64..1.0, -10.0_f64..5_000.0), 3),
        findings in prop::collection::vec((0_u32..3, 0_usize..7, estimate()), 0..6),
        forecasts in prop::collection::vec((0_u32..3, 0_usize..4, -0.2_f64..1.2, 0_usize..4), 0..6),
        speeds in prop::collection::vec(0.0_f64..150.0, 3),
        outcomes in prop::collection::vec((0_u32..3, -5.0_f64..5.0, -5.0_f64..5.0), 0..8),
    ) -> World {
        let mut world = World::new();
        world.image.at = ten() + Span::from_minutes(minutes);
        for (place, (state, since, infeed, heard)) in machines.into_iter().enumerate() {
            let image = &mut world.image.machines[place];
            image.state = state;
            image.since = world.image.at - Span::from_minutes(since);
            image.heard = world.image.at - Span::from_minutes(heard);
            image.infeed = infeed.into_iter().map(OrderId).collect();
            world.set(MachineId(place as u32), Role::Speed, speeds[place]);
        }
        for (profile, (idle, warm, scrap, busy, watts)) in world.profiles.iter_mut().zip(learned) {
            profile.idle_left_s = Some(idle);
            profile.warm_up_s = Some(warm);
            profile.scrap_share = Some(scrap.scaled(1e-5));
            profile.repair_s = Some(warm);
            profile.busy_share = Some(busy);
            profile.power[MachineState::Starved.index()].mean = watts;
        }
        for (machine, cause, loss) in findings {
            let mut found = finding(MachineId(machine), Cause::ALL[cause]);
            found.loss = Some(Evidence { name: Code::Borrowed("loss"), value: loss, unit: Code::Borrowed("W"), normal: None });
            world.findings.push(found);
        }
        for (machine, kind, value, service) in forecasts {
            let word = ["tool", "bearing", "leak", "oil"][service];
            let mut told = threat(MachineId(machine), word, value);
            told.kind = ForecastKind::ALL[kind];
            told.at = world.image.at;
            world.forecasts.push(told);
        }
        world.outcomes = outcomes.into_iter().map(|(m, e, v)| outcome(MachineId(m), e, v)).collect();
        world
    }
}

proptest! {
    #[test]
    fn choosers_propose_only_what_the_check_lets_through(world in world()) {
        for (proposal, verdict) in weigh(&world.situation()) {
            match verdict {
                Ok(_) => {
                    let doing_nothing = 0.0;
                    prop_assert!(proposal.expected.value.value >= doing_nothing, "{proposal:?}");
                    prop_assert!(proposal.rejected.iter().any(|r| r.action.is_none()), "doing nothing was weighed");
                    prop_assert!(!proposal.because.is_empty(), "a reason is told: {proposal:?}");
                }
                // What a chooser may leave to the check: silence, conflicts and rests.
                Err(violation) => prop_assert!(
                    ["machine_heard", "no_conflict", "rested", "state_allows", "order_waits"].contains(&violation.rule),
                    "{violation} {proposal:?}"
                ),
            }
        }
    }

    #[test]
    fn the_same_situation_gives_the_same_decisions_and_they_do_not_conflict(world in world()) {
        let made = decisions(&world);
        prop_assert_eq!(&made, &decisions(&world));
        for (place, one) in made.iter().enumerate() {
            for other in &made[place + 1..] {
                prop_assert!(one.machine != other.machine || !check::excludes(&one.action, &other.action), "{one:?} {other:?}");
            }
        }
        let mut held = world;
        held.decisions = made.into_iter().map(|d| Decision { state: DecisionState::Pending, ..d }).collect();
        let again = decisions(&held);
        for decision in &held.decisions {
            prop_assert!(
                again.iter().all(|d| d.machine != decision.machine || !check::excludes(&d.action, &decision.action)),
                "proposed again while open: {decision:?}"
            );
        }
    }
}
