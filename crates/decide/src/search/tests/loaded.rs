//! A shop with hardly a free hour: machining with set-ups, washing, an oven of four places for every second order, inspection, packing.

use crate::search::construct::{Looks, Rule, dispatch};
use crate::search::ground::Ground;
use crate::search::model::{Job, Machine, Mode, Model, Operation, Parts, Published, SetUps, Stability};
use crate::search::{STARTS, Search};
use measure::Chance;

const FAMILIES: usize = 6;
/// Mills, lathes, washer, oven, inspection, packer.
const OVEN: u32 = 6;
const MACHINES: u32 = 9;

/// So many orders that ask for 95 % of the time of mills and lathes, set-ups not counted [s].
fn shop(orders: u32, chance: &mut Chance) -> Model {
    let horizon = u64::from(orders) * 5_400 / 5 * 100 / 95;
    let between = (0..FAMILIES * FAMILIES).map(|i| if i / FAMILIES == i % FAMILIES { 0 } else { 900 }).collect();
    let set_ups = SetUps { between, initial: vec![900; FAMILIES] };
    let machine = |number: u32| Machine {
        batch: (number == OVEN).then_some(4),
        set_ups: (number < 5).then(|| set_ups.clone()),
        ..Machine::default()
    };
    let machines = (0..MACHINES).map(machine).collect();
    let mut parts = Parts { machines, makespan: 1, families_count: FAMILIES, ..Parts::default() };
    for job in 0..orders {
        let release = chance.below(horizon) as i64;
        let due = Some(release + 6 * 3_600 + chance.below(30 * 3_600) as i64);
        parts.jobs.push(Job { release, due, tardiness: 100, flow: 1, ..Job::default() });
        let (family, work) = (chance.below(FAMILIES as u64) as u32, 2_700 + chance.below(4_500) as i64);
        let first = if chance.below(5) < 3 { 0..3 } else { 3..5 };
        let hardened = (chance.below(2) == 0).then_some((OVEN..OVEN + 1, 6_000));
        let route = [(first, work), (5..6, work / 5)].into_iter().chain(hardened).chain([(7..8, work / 5), (8..9, work / 6)]);
        for (place, (machines, duration)) in route.enumerate() {
            let number = parts.operations.len() as u32;
            let modes = machines.map(|machine| Mode { machine, duration }).collect();
            parts.operations.push(Operation { job, modes, ..Operation::default() });
            parts.families.push(family);
            parts.precedences.extend((place > 0).then(|| (number - 1, number)));
        }
    }
    Model::new(parts).expect("a model")
}

#[test]
fn dispatching_with_other_parameters_makes_a_loaded_shop_better_than_the_rules_as_published() {
    let (mut rules, mut varied) = (0, 0);
    for seed in 0..2 {
        let model = shop(1_200, &mut Chance::seeded(seed));
        let mut search = Search::new(&model, 1);
        search.step(STARTS);
        rules += search.objective();
        search.step(100);
        varied += search.objective();
        let certified = search.best().expect("the check accepts it");
        assert_eq!(certified.certificate.objective(), search.objective());
    }
    assert!(varied * 10 < rules * 9, "{varied} after the rules made {rules}");
}

#[test]
fn what_was_published_is_dispatched_first_and_in_its_order() {
    let count = 6_u32;
    let told = |o: u32| (o < 5).then(|| Published { machine: 0, start: i64::from(4 - o) * 20 });
    let mode = Mode { machine: 0, duration: 20 };
    let operation = |job: u32| Operation { job, modes: vec![mode], published: told(job), ..Operation::default() };
    let parts = Parts {
        machines: vec![Machine { batch: Some(1), ..Machine::default() }],
        jobs: vec![Job { due: Some(10), tardiness: 1, ..Job::default() }; count as usize],
        operations: (0..count).map(operation).collect(),
        stability: Stability { tick: 1, machine: 1 },
        ..Parts::default()
    };
    let ground = Ground::new(&Model::new(parts).expect("a model"));
    let looks = Looks { keeps: true, ..Looks::plain(0.0) };
    let order = dispatch(&ground.shop, Rule::Apparent, looks, &ground.dates, &mut Chance::seeded(1)).order;
    assert_eq!(order, [4, 3, 2, 1, 0, 5]);
}
