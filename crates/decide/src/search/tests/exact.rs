//! Proofs: what they say is what trying everything says.

use super::bound::job_shop;
use super::random::{Features, NONE, enumerated, features, model, plain};
use crate::check::plan::certify;
use crate::search::Search;
use crate::search::exact::{Proof, Verdict};
use crate::search::model::{Job, Machine, Mode, Model, Operation, Parts, SetUps};
use measure::Chance;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 100_000, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn nothing_is_below_the_optimum_and_something_at_it(seed in any::<u64>(), has in features()) {
        let open = Features { graph: false, published: false, early: false, closed: false, ..plain(has) };
        let model = model(seed, open);
        prop_assume!(model.operations.len() <= 5);
        let optimum = enumerated(&model);
        let mut none = Proof::new(&model, optimum).expect("it is small");
        prop_assert_eq!(none.ask(100_000), Verdict::None);
        let mut one = Proof::new(&model, optimum + 1).expect("it is small");
        let Verdict::Perhaps(plan) = one.ask(100_000) else { return Err(TestCaseError::fail("there is a plan")) };
        prop_assert_eq!(Search::resume(&model, 1, &plan).objective(), optimum);
    }

    #[test]
    fn better_and_better_plans_end_in_a_proof(seed in any::<u64>(), has in features()) {
        // all that it knows: machines, modes, set-ups, windows, costs of jobs
        let known = Features { graph: false, published: false, closed: false, ..plain(has) };
        let model = model(seed, Features { windows: has.windows, ..known });
        let mut search = Search::new(&model, 1);
        search.step(20);
        prop_assume!(search.broken() == 0);
        let Some(mut proof) = Proof::new(&model, search.objective() + 1) else { return Ok(()) };
        proof.lean(&search.best().expect("nothing is broken").plan);
        // where it takes longer, what was found until then counts
        for _ in 0..200 {
            match proof.ask(70) {
                Verdict::Open => {}
                Verdict::None => {
                    search.step(3_000);
                    prop_assert!(proof.below() <= search.objective(), "{} above {}", proof.below(), search.objective());
                    break;
                }
                Verdict::Perhaps(plan) => {
                    let certificate = certify(&model, &plan).map_err(|v| TestCaseError::fail(v.to_string()))?;
                    prop_assert!(certificate.objective() < proof.below());
                    proof.tighten(certificate.objective());
                    search.offer(&plan);
                }
            }
        }
    }

    #[test]
    fn no_proof_denies_the_tardiness_of_a_plan(durations in prop::collection::vec(prop::collection::vec(1_i64..30, 3), 5), seed in any::<u64>()) {
        // five jobs over three machines, so that places and orders on a machine count
        let mut chance = Chance::seeded(seed);
        let mut parts = job_shop(3, &durations, |_| chance.below(3) as u32);
        for (job, durations) in parts.jobs.iter_mut().zip(&durations) {
            let due = durations.iter().sum::<i64>() + chance.below(40) as i64;
            *job = Job { due: Some(due), tardiness: 1 + chance.below(3) as i64, ..Job::default() };
        }
        let model = Model::new(parts).expect("a job shop");
        let mut search = Search::new(&model, seed);
        search.step(5_000);
        let mut proof = Proof::new(&model, search.objective() + 1).expect("it is small");
        let verdict = proof.ask(100_000);
        let Verdict::Perhaps(plan) = verdict else { return Err(TestCaseError::fail(format!("{verdict:?}"))) };
        search.offer(&plan);
        proof.tighten(search.objective());
        // whatever the proof has learned, what it denies no search finds
        if proof.ask(20_000) == Verdict::None {
            search.step(20_000);
            prop_assert!(proof.below() <= search.objective());
        }
    }

    #[test]
    fn no_proof_contradicts_a_plan(seed in any::<u64>(), has in features()) {
        // no proof is tried where operations may be left out or pass sub-lots on
        let model = model(seed, Features { optional: false, lots: false, ..has });
        let mut search = Search::new(&model, 1);
        search.step(300);
        prop_assume!(search.broken() == 0);
        if let Some(mut proof) = Proof::new(&model, search.objective() + 1) {
            prop_assert_ne!(proof.ask(20_000), Verdict::None);
        }
    }
}

/// Two operations one after another, of families 0 and 1: the first of 5 ticks on machine 0, the second as said; changing takes 7 ticks.
fn two_machines(modes_then: &[Mode]) -> Model {
    let on = |machine, duration| Mode { machine, duration };
    let set_ups = SetUps { between: vec![0, 7, 7, 0], initial: vec![0, 0] };
    let operation = |modes: &[Mode]| Operation {
        job: 0,
        modes: modes.to_vec(),
        earliest: 0,
        latest: None,
        optional: None,
        is_blocking: false,
        is_resumable: false,
        lot: None,
        published: None,
    };
    let machine = Machine { available: 0, closed: Vec::new(), set_ups: Some(set_ups), ..Machine::default() };
    Model::new(Parts {
        operations: vec![operation(&[on(0, 5)]), operation(modes_then)],
        jobs: vec![Job { release: 0, deadline: None, due: None, tardiness: 0, late: 0, earliness: 0, flow: 0 }],
        machines: vec![machine.clone(), machine],
        precedences: vec![(0, 1)],
        families: vec![0, 1],
        families_count: 2,
        makespan: 1,
        ..Parts::default()
    })
    .expect("it is consistent")
}

#[test]
fn no_set_up_lies_between_operations_on_different_machines() {
    let (first, second) = (Mode { machine: 0, duration: 5 }, Mode { machine: 1, duration: 6 });
    // 5 and 6 without a set-up where there is a second machine, 5 and 7 and 5 where there is none
    for (modes, optimum) in [(vec![first, second], 11), (vec![first], 17)] {
        let model = two_machines(&modes);
        let mut search = Search::new(&model, 1);
        search.step(300);
        assert_eq!(search.objective(), optimum);
        let ask = |below| Proof::new(&model, below).expect("it is small").ask(2_000);
        assert_eq!(ask(optimum), Verdict::None);
        assert!(matches!(ask(optimum + 1), Verdict::Perhaps(_)));
    }
}

#[test]
fn the_proof_of_a_found_case_holds() {
    // chance found these: once the set-up of operations in order was asked for on different machines as well
    let plain = Features { flexible: true, set_ups: true, dates: true, graph: true, ..NONE };
    let windows = Features { flexible: true, set_ups: true, dates: true, early: true, windows: true, ..NONE };
    for (has, optimum) in [(plain, 9), (windows, 83)] {
        let model = model(12_807_120_028_805_535_699, has);
        let mut search = Search::new(&model, 1);
        search.step(300);
        assert_eq!((search.broken(), search.objective()), (0, optimum));
        let ask = |below| Proof::new(&model, below).expect("it is small").ask(20_000);
        assert!(matches!(ask(optimum + 1), Verdict::Perhaps(_)), "{has:?}");
    }
}
