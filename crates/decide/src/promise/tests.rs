//! Promises: kept as often as said, the same however stepped, exact where nothing varies, refused with reasons.

use super::{Answer, Ask, Breakdowns, Deviation, NewOrder, Run, Running, Spread, Trial};
use crate::search::Search;
use crate::search::carry::Carrier;
use crate::search::model::{Job, Machine, Mode, Model, Operation, Parts, SetUps, Time};
use crate::search::replan::{Change, remainder};
use measure::Chance;

const MACHINES: u64 = 4;

fn job(due: Option<Time>) -> Job {
    Job { due, tardiness: i64::from(due.is_some()), ..Job::default() }
}

fn operation(chance: &mut Chance) -> Operation {
    let mode = |chance: &mut Chance| Mode { machine: chance.below(MACHINES) as u32, duration: 20 + chance.below(80) as i64 };
    let modes = (0..1 + chance.below(2)).map(|_| mode(chance)).collect();
    Operation { modes, ..Operation::default() }
}

/// The spread of a mode is that of its machine.
fn spreads(operation: &Operation) -> Vec<u32> {
    operation.modes.iter().map(|m| m.machine).collect()
}

fn order(chance: &mut Chance) -> NewOrder {
    let operations: Vec<Operation> = (0..2 + chance.below(3)).map(|_| operation(chance)).collect();
    NewOrder {
        spreads: operations.iter().map(spreads).collect(),
        precedences: (1..operations.len() as u32).map(|o| (o - 1, o)).collect(),
        families: operations.iter().map(|_| chance.below(2) as u32).collect(),
        operations,
        ..NewOrder::default()
    }
}

/// A random shop with six orders, planned; `deviation` by machine.
fn shop(chance: &mut Chance, deviation: Deviation) -> Running {
    let mut parts = Parts { families_count: 2, ..Parts::default() };
    for number in 0..6 {
        let order = order(chance);
        let first = parts.operations.len() as u32;
        parts.precedences.extend(order.precedences.iter().map(|p| (first + p.0, first + p.1)));
        parts.operations.extend(order.operations.into_iter().map(|o| Operation { job: number, ..o }));
        parts.families.extend(order.families);
        parts.jobs.push(job(Some(150 + chance.below(400) as i64)));
    }
    for _ in 0..MACHINES {
        let set_ups = SetUps { between: vec![0, 5, 9, 0], initial: vec![0, 4] };
        parts.machines.push(Machine { set_ups: Some(set_ups), closed: vec![(400, 460), (900, 960)], ..Machine::default() });
    }
    let deviation = Deviation { of: parts.operations.iter().map(spreads).collect(), ..deviation };
    let model = Model::new(parts).expect("a shop");
    let mut search = Search::new(&model, 1);
    search.step(20);
    let plan = search.best().expect("the check accepts every plan").plan;
    Running { model, plan, change: Change::default(), deviation }
}

fn ask(samples: u32, iterations: u64) -> Ask {
    Ask { wanted: 900, shares: vec![100, 500, 900], iterations, samples, seed: 7 }
}

fn answer(trial: &Trial, ask: Ask, steps: u64) -> Answer {
    let mut run = Run::new(trial, ask).expect("it can be asked");
    while !run.step(steps).expect("there is a place") {}
    run.answer().expect("there are enough samples")
}

/// What is known of the workshop (so many past durations of each machine; none: the truth), and what is true of it.
fn workshop(chance: &mut Chance, history: Option<usize>) -> (Deviation, Deviation) {
    let (mut seen, mut true_spreads) = (Vec::new(), Vec::new());
    for _ in 0..MACHINES {
        let (median, sigma) = (chance.between(0.9, 1.3), chance.between(0.05, 0.5));
        let known = Spread::LogNormal { median, sigma };
        let mut past = |count| Spread::History((0..count).map(|_| chance.log_normal(median, sigma)).collect());
        seen.push(history.map_or_else(|| known.clone(), &mut past));
        true_spreads.push(known);
    }
    let breakdowns = vec![Breakdowns { machine: 0, between: 400.0, repair: 40.0, sigma: 0.6 }];
    let of = |spreads| Deviation { spreads, of: Vec::new(), breakdowns: breakdowns.clone() };
    (of(seen), of(true_spreads))
}

/// Carries a plan out as it really goes.
fn really(running: &Running, truth: &Deviation, luck: &Chance) -> Vec<Option<Time>> {
    let of: Vec<&[u32]> = running.deviation.of.iter().map(Vec::as_slice).collect();
    let closed: Vec<Vec<(Time, Time)>> = running.model.machines.iter().map(|m| m.closed.clone()).collect();
    let mut carrier = Carrier::new(&running.model, &running.plan, &closed, 0).expect("a plan of the model");
    let mut lasts = Vec::new();
    super::spread::Sampler::new(&running.model, &running.plan, truth, &of, 0).draw(luck, &mut lasts);
    carrier.run(&lasts);
    carrier.complete()
}

#[test]
fn nothing_is_drawn_far_beyond_what_was_seen() {
    let mut chance = Chance::seeded(5);
    let history = Spread::History(vec![1.0, 0.05, 1.1, 1.0]);
    let seen = Deviation { spreads: vec![history; MACHINES as usize], of: Vec::new(), breakdowns: Vec::new() };
    let running = shop(&mut chance, seen);
    let of: Vec<&[u32]> = running.deviation.of.iter().map(Vec::as_slice).collect();
    let mut sampler = super::spread::Sampler::new(&running.model, &running.plan, &running.deviation, &of, 0);
    let mut lasts = Vec::new();
    for number in 0..200 {
        sampler.draw(&Chance::seeded(number), &mut lasts);
        for (last, (assigned, operation)) in lasts.iter().zip(running.plan.operations.iter().zip(&running.model.operations)) {
            let planned = operation.modes[assigned.mode as usize].duration as f64;
            let (least, most) = ((planned * 0.025).floor() as Time, (planned * 2.2).ceil() as Time);
            assert!((least..=most).contains(last), "{last} where {planned} is planned");
        }
    }
}

/// Promises at 90 % in shops of a seed: every order is promised beside those before it, then all is carried out by the true
/// distributions. The shares that are kept: of all in the end, and of each before later orders came.
fn shares(seed: u64, shops: u64, history: Option<usize>) -> (f64, f64) {
    let trunk = Chance::seeded(seed);
    let (mut kept, mut alone, mut promised) = (0, 0, 0);
    for number in 0..shops {
        let mut chance = trunk.branch(&[number]);
        let (seen, truth) = workshop(&mut chance, history);
        let mut running = shop(&mut chance, seen);
        let mut dates = Vec::new();
        let luck = chance.branch(&[99]);
        for _ in 0..4 {
            let trial = Trial::new(running.clone(), &order(&mut chance)).expect("an order for the shop");
            let answer = answer(&trial, Ask { seed: number, shares: Vec::new(), ..ask(99, 0) }, 1_000);
            running = trial.accepted(&answer, 1).expect("a penalty of one");
            let complete = really(&running, &truth, &luck);
            alone += u32::from(complete.last().copied().flatten().expect("an operation") <= answer.date);
            dates.push(answer.date);
            promised += 1;
        }
        let complete = really(&running, &truth, &luck);
        let last = complete[complete.len() - dates.len()..].iter().zip(&dates);
        kept += last.filter(|(c, date)| c.is_some_and(|c| c <= **date)).count();
    }
    (kept as f64 / f64::from(promised), f64::from(alone) / f64::from(promised))
}

/// 2,400 promises each. Where durations are known well the band is that of the issue, also after later orders were put beside. By twelve past
/// durations alone promises are on the careful side (measured 0.93 to 0.94), never on the other.
#[test]
fn of_what_is_promised_at_ninety_per_cent_ninety_per_cent_are_kept() {
    for (history, most) in [(None, 0.93), (Some(40), 0.93), (Some(12), 0.96)] {
        let (kept, alone) = shares(20, 600, history);
        let is_in = |share: f64| (0.87..=most).contains(&share);
        assert!(is_in(kept) && is_in(alone), "{history:?}: kept {kept}, before later orders came {alone}");
    }
}

#[test]
fn a_seed_gives_one_answer_however_it_is_stepped_and_its_parts_agree() {
    for seed in 0..10 {
        let mut chance = Chance::seeded(seed);
        let (seen, _) = workshop(&mut chance, Some(12));
        let running = shop(&mut chance, seen);
        let change = Change { now: 60, frozen_until: 90, closed: vec![(1, 100, 180)], ..Change::default() };
        let trial = Trial::new(Running { change, ..running.clone() }, &order(&mut chance)).expect("an order for the shop");
        let once = answer(&trial, ask(60, 300), u64::MAX);
        assert_eq!(once, answer(&trial, ask(60, 300), 7));
        assert_ne!(once.quantiles, answer(&trial, Ask { seed: 8, ..ask(60, 300) }, 7).quantiles);
        assert!(once.quantiles.windows(2).all(|w| w[0].1 <= w[1].1));
        assert_eq!(once.quantiles[2], (900, once.date));
        for (operation, assigned) in running.plan.operations.iter().enumerate().filter(|(_, a)| a.start < 90) {
            assert_eq!(once.plan.operations[operation], *assigned, "what is frozen stays");
        }
        let known = running.plan.operations.len();
        assert!(once.plan.operations[known..].iter().all(|a| a.start >= 90));
    }
}

#[test]
fn where_nothing_varies_the_date_is_the_plan_and_gaps_move_nobody() {
    for seed in 0..30 {
        let mut chance = Chance::seeded(seed);
        let certain = Deviation { spreads: vec![Spread::Certain; MACHINES as usize], ..Deviation::default() };
        let running = shop(&mut chance, certain);
        let mut order = order(&mut chance);
        let trial = Trial::new(running.clone(), &order).expect("an order for the shop");
        let gaps = answer(&trial, ask(9, 0), 1);
        assert_eq!(gaps.plan.operations[..running.plan.operations.len()], running.plan.operations[..]);
        assert!(gaps.date <= gaps.planned, "{} {}", gaps.date, gaps.planned);
        assert!(gaps.quantiles.iter().all(|q| q.1 == gaps.date) && gaps.effects.is_empty());
        // a search that minds the others and the order finds nothing worse
        let searched = answer(&trial, ask(9, 500), 1);
        assert!(searched.certificate.objective() <= gaps.certificate.objective());
        order.job = job(Some(gaps.date));
        let trial = Trial::new(running.clone(), &order).expect("an order for the shop");
        assert_eq!(answer(&trial, ask(9, 0), 1).on_time, Some(1.0));
        order.job = job(Some(gaps.date - 1));
        let trial = Trial::new(running, &order).expect("an order for the shop");
        assert_eq!(answer(&trial, ask(9, 0), 1).on_time, Some(0.0));
    }
}

/// One machine, one order planned from 0 to 10 and due at 10; a rush order of 4 with a large weight goes first.
#[test]
fn what_a_rush_order_does_to_another_is_told() {
    let of = |job, duration| Operation { job, modes: vec![Mode { machine: 0, duration }], ..Operation::default() };
    let parts =
        Parts { machines: vec![Machine::default()], jobs: vec![job(Some(10))], operations: vec![of(0, 10)], ..Parts::default() };
    let model = Model::new(parts).expect("a model");
    let mut search = Search::new(&model, 1);
    search.step(10);
    let plan = search.best().expect("a plan").plan;
    let spreads = vec![Spread::Quantiles(vec![(0, 1.0), (1_000, 1.0)])];
    let deviation = Deviation { spreads, of: vec![vec![0]], breakdowns: Vec::new() };
    let running = Running { model, plan, change: Change::default(), deviation };
    let rush = NewOrder {
        job: Job { due: Some(4), tardiness: 50, ..Job::default() },
        operations: vec![of(0, 4)],
        spreads: vec![vec![0]],
        ..NewOrder::default()
    };
    let trial = Trial::new(running, &rush).expect("an order for the shop");
    let found = answer(&trial, ask(9, 200), 50);
    assert_eq!((found.date, found.on_time, found.effects.len()), (4, Some(1.0), 1));
    let effect = found.effects[0];
    assert_eq!((effect.job, effect.on_time_before, effect.on_time_after), (0, 1.0, 0.0));
    assert_eq!((effect.late_before, effect.late_after), (0.0, 4.0));
}

#[test]
fn refusals_name_place_found_and_allowed() {
    let mut chance = Chance::seeded(1);
    let certain = Deviation { spreads: vec![Spread::Certain; MACHINES as usize], ..Deviation::default() };
    let (running, order) = (shop(&mut chance, certain), order(&mut chance));
    let known = running.model.operations.len();
    let count = order.operations.len();
    let with = |change: &dyn Fn(&mut Running, &mut NewOrder)| {
        let (mut running, mut order) = (running.clone(), order.clone());
        change(&mut running, &mut order);
        Trial::new(running, &order).err().map(|e| e.to_string()).unwrap_or_default()
    };
    let breakdowns = Breakdowns { machine: 0, between: 10.0, repair: 1.0, sigma: 0.1 };
    for (found, words) in [
        (with(&|_, o| o.operations.clear()), "operations of the order: found none, allowed at least one".to_owned()),
        (with(&|_, o| o.precedences.push((0, 9))), format!("precedence of the order: found 9, allowed below {count}")),
        (with(&|_, o| o.families.clear()), format!("set-up families of the order: found 0, allowed {count}")),
        (with(&|_, o| o.operations[0].modes[0].machine = 9), format!("machine of operation {known}: found 9, allowed 0 to 3")),
        (with(&|_, o| o.spreads[0][0] = 9), format!("spread of operation {known}: found 9, allowed below 4")),
        (with(&|r, _| { r.plan.operations.pop(); }), format!("number of operations of the plan: found {}, allowed {known}", known - 1)),
        (with(&|r, _| r.change.closed.push((9, 1, 2))), "closed machine: found 9, allowed below 4".to_owned()),
        (with(&|r, _| r.deviation.spreads[1] = Spread::History(vec![1.0, 2.0])), "spread 1, ratios: found 2, allowed 3 to 10000".to_owned()),
        (
            with(&|r, _| r.deviation.spreads[1] = Spread::LogNormal { median: f64::NAN, sigma: 0.1 }),
            "spread 1, median: found NaN, allowed 0.001 to 1000".to_owned(),
        ),
        (
            with(&|r, _| r.deviation.spreads[1] = Spread::Quantiles(vec![(0, 1.0), (900, 2.0)])),
            "spread 1, points: found [(0, 1.0), (900, 2.0)], allowed 2 to 1000, ascending, the first at 0 and the last at 1000 per mille"
                .to_owned(),
        ),
        (
            with(&move |r, _| r.deviation.breakdowns = vec![breakdowns; 2]),
            "breakdowns of machine 0, entries: found two, allowed one".to_owned(),
        ),
    ] {
        assert_eq!(found, words);
    }
    let trial = Trial::new(running.clone(), &order).expect("an order for the shop");
    let asked = |ask: Ask| Run::new(&trial, ask).err().map(|e| e.to_string()).unwrap_or_default();
    assert_eq!(asked(ask(8, 0)), "samples: found 8, allowed 9 to 100000 for 900 per mille");
    assert_eq!(asked(Ask { wanted: 1_000, ..ask(9, 0) }), "share: found 1000, allowed 1 to 999 per mille");
    assert_eq!(asked(ask(9, 0)), "");
    let mut late = order;
    late.job.deadline = Some(1);
    let trial = Trial::new(running.clone(), &late).expect("an order for the shop");
    let mut run = Run::new(&trial, ask(9, 50)).expect("it can be asked");
    let error = loop {
        match run.step(10) {
            Ok(over) => assert!(!over, "nobody keeps such a deadline"),
            Err(error) => break error.to_string(),
        }
    };
    assert!(error.starts_with("plan with the order, rule deadline_kept: found job 6 is complete at"), "{error}");
    assert!(run.answer().is_none());
    assert!(remainder(&running.model, &running.plan, &running.change).is_ok());
}
