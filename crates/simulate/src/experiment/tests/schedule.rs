//! The schedule of a workshop at work, looked at without the search and its check.

use crate::experiment::{Mode, run_for};
use measure::Span;
use plant::{MachineState, OrderId};
use std::collections::BTreeMap;
use std::sync::Arc;
use unit::desk::View;
use unit::schedule::{Change, FROZEN, Hindrance, Hold, Move, Schedule, Scheduling, Task};

/// A workshop in the middle of its first day.
fn at_work(seed: u64) -> View {
    run_for(seed, 2, Mode::Act, Span::from_hours(12)).view
}

fn schedule(view: &View, before: Option<Arc<Schedule>>) -> Schedule {
    let scheduling = Scheduling::of(view, before).expect("a shop");
    let Some(mut search) = scheduling.search(1) else { return scheduling.read(None) };
    search.step(3_000);
    let certified = search.best().expect("the check accepts it");
    scheduling.read(Some((&certified, &search)))
}

fn by<K: Ord>(tasks: &[Task], key: impl Fn(&Task) -> K) -> BTreeMap<K, Vec<&Task>> {
    let mut found: BTreeMap<K, Vec<&Task>> = BTreeMap::new();
    tasks.iter().for_each(|task| found.entry(key(task)).or_default().push(task));
    found
}

#[test]
fn every_open_order_is_planned_once_in_the_order_of_its_route_on_machines_that_are_free() {
    for seed in 1..4 {
        let view = at_work(seed);
        let schedule = schedule(&view, None);
        let open = |id: OrderId| view.image.orders[id.index()].finished.is_none();
        let wanted: Vec<OrderId> = view.plant.orders.iter().map(|o| o.id).filter(|id| open(*id)).collect();
        assert!(wanted.len() > 10, "a workshop with {} open orders", wanted.len());
        let orders = by(&schedule.tasks, |task| task.order);
        assert_eq!(orders.keys().copied().collect::<Vec<_>>(), wanted);
        for (order, tasks) in orders {
            let (progress, order) = (&view.image.orders[order.index()], view.plant.order(order));
            let route = &view.plant.product(order.product).route;
            let steps: Vec<usize> = tasks.iter().map(|task| task.operation).collect();
            assert_eq!(steps, (progress.next..route.len()).collect::<Vec<_>>(), "{}", order.name);
            assert!(tasks.windows(2).all(|pair| pair[0].to <= pair[1].from), "{}: one after the other", order.name);
            assert!(tasks.iter().all(|task| route[task.operation].machines.contains(&task.machine)), "{}", order.name);
            // of a furnace only one of the orders in it is told to run
            let lies = tasks[0].is_running && view.plant.machine(tasks[0].machine).load.is_some();
            assert!(
                (lies || tasks[0].is_running == progress.running_at.is_some()) && tasks[0].from >= order.release.min(view.at)
            );
            let promise = schedule.promises.iter().find(|p| p.order == order.id).expect("a promise");
            assert_eq!((promise.due, promise.done), (order.due, tasks[tasks.len() - 1].to));
        }
        for (machine, mut tasks) in by(&schedule.tasks, |task| task.machine) {
            tasks.sort_by_key(|task| task.from);
            let lots = view.plant.machine(machine).load.map_or(1, |load| load.lots as usize);
            let together = |pair: &[&Task]| lots > 1 && (pair[0].from, pair[0].to) == (pair[1].from, pair[1].to);
            let is_apart = |pair: &[&Task]| pair[0].to <= pair[1].set_up || together(pair);
            assert!(tasks.windows(2).all(is_apart), "{}", view.plant.machine(machine).name);
            assert!(
                by(&tasks.iter().map(|t| (*t).clone()).collect::<Vec<_>>(), |t| t.from).values().all(|load| load.len() <= lots)
            );
            assert!(tasks.iter().all(|task| task.set_up >= view.at && task.set_up <= task.from && task.from < task.to));
        }
    }
}

#[test]
fn nothing_moves_where_nothing_happened_and_a_breakdown_moves_what_it_must() {
    let mut view = at_work(2);
    let first = Arc::new(schedule(&view, None));
    let again = schedule(&view, Some(Arc::clone(&first)));
    let moved = |schedule: &Schedule| schedule.changes.iter().flatten().filter(|change| **change != Change::New).count();
    assert!(moved(&again) * 10 <= again.tasks.len(), "{} of {} moved for nothing", moved(&again), again.tasks.len());
    let next = first.tasks.iter().find(|task| !task.is_running).expect("planned work").machine;
    let broken = &mut Arc::make_mut(&mut view.image).machines[next.index()];
    (broken.state, broken.since) = (MachineState::Down, view.at);
    let after = schedule(&view, Some(first));
    assert!(moved(&after) > 0, "work of the broken machine waits or moves");
    assert!(after.tasks.iter().filter(|task| task.machine == next && !task.is_running).all(|task| task.from > view.at));
}

#[test]
fn what_a_task_waits_for_ends_as_it_begins() {
    let view = at_work(2);
    let schedule = schedule(&view, None);
    assert_eq!(schedule.holds.len(), schedule.tasks.len());
    let is_just = |end: measure::Instant, begin: measure::Instant| (end - begin).seconds().abs() <= 1.0;
    let mut seen = BTreeMap::new();
    for (task, hold) in schedule.tasks.iter().zip(&schedule.holds) {
        *seen.entry(hold.map_or("nothing", |hold| hold.word())).or_insert(0) += 1;
        let ends = |wanted: &dyn Fn(&Task) -> bool, begin| schedule.tasks.iter().any(|t| wanted(t) && is_just(t.to, begin));
        match hold {
            None => {}
            Some(hold) => assert!(!task.is_running, "{hold:?}"),
        }
        match *hold {
            Some(Hold::Machine { order }) => assert!(ends(&|t| t.order == order && t.machine == task.machine, task.set_up)),
            Some(Hold::Before) => {
                assert!(ends(&|t| t.order == task.order && t.operation + 1 == task.operation, task.from));
            }
            Some(Hold::Shift) => {
                let closed = view.plant.calendar.closed(view.at, task.to);
                assert!(closed.iter().any(|w| is_just(w.to, task.from) || is_just(w.to, task.set_up)));
            }
            Some(Hold::Release) => assert!(is_just(view.plant.order(task.order).release, task.from)),
            Some(Hold::Planner) => panic!("nobody holds anything"),
            Some(Hold::Repair) | None => {}
        }
    }
    let told: usize = ["machine", "before", "shift"].iter().filter_map(|word| seen.get(word)).sum();
    assert!(told * 2 > schedule.tasks.len(), "{seen:?}");
}

#[test]
fn a_new_order_stands_where_it_is_due_and_not_behind_all_others() {
    let view = at_work(3);
    let waits = |order: &&plant::Order| view.image.orders[order.id.index()].started.is_none();
    let new = view.plant.orders.iter().filter(waits).min_by_key(|order| order.due).expect("an order that waits");
    let known = Scheduling::of_known(&view, None, &|order| order.id == new.id).expect("a shop");
    let mut search = known.search(1).expect("work left");
    search.step(300);
    let before = known.read(Some((&search.best().expect("the check accepts it"), &search)));
    let scheduling = Scheduling::of(&view, Some(Arc::new(before))).expect("a shop");
    let search = scheduling.search(1).expect("work left");
    let after = scheduling.read(Some((&search.best().expect("the check accepts it"), &search)));
    let done = after.promises.iter().find(|promise| promise.order == new.id).expect("a promise").done;
    let later = after.promises.iter().filter(|promise| promise.done > done).count();
    assert!(later * 2 > after.promises.len(), "{later} of {} orders are done later", after.promises.len());
}

#[test]
fn without_open_orders_there_is_nothing_to_search() {
    let mut view = at_work(1);
    let at = view.at;
    Arc::make_mut(&mut view.image).orders.iter_mut().for_each(|order| order.finished = Some(at));
    let scheduling = Scheduling::of(&view, None).expect("a shop");
    assert!(scheduling.search(1).is_none());
    let schedule = scheduling.read(None);
    assert!(schedule.tasks.is_empty() && schedule.promises.is_empty());
}

/// A task of a first operation that is planned beyond the frozen zone, with another time for it.
fn movable(view: &View, schedule: &Schedule, by: Span) -> Move {
    let is_free = |task: &&Task| !task.is_running && task.operation == 0 && task.from > view.at + FROZEN + FROZEN;
    let task = schedule.tasks.iter().find(is_free).expect("a task that may be moved");
    Move { order: task.order, operation: task.operation, machine: task.machine, from: task.from + by }
}

#[test]
fn a_move_is_kept_where_it_can_be_and_all_else_is_planned_around_it() {
    let view = at_work(1);
    let first = Arc::new(schedule(&view, None));
    let wanted = movable(&view, &first, Span::from_minutes(7));
    let pinned = Scheduling::of(&view, Some(Arc::clone(&first))).expect("a shop").pinned(&wanted).expect("it can be");
    let mut search = pinned.search(1).expect("work left");
    search.step(3_000);
    assert_eq!(search.broken(), 0);
    let certified = search.best().expect("the check accepts it");
    let after = pinned.read(Some((&certified, &search)));
    let task = after.tasks.iter().find(|t| (t.order, t.operation) == (wanted.order, wanted.operation)).expect("the task");
    let late = task.from - wanted.from;
    assert!(task.machine == wanted.machine && late >= Span::ZERO && late < Span::from_seconds(1), "{late}");
    assert_eq!((after.tasks.len(), after.pins.as_slice()), (first.tasks.len(), &[wanted][..]));
    for (_, mut tasks) in by(&after.tasks, |task| task.machine) {
        tasks.sort_by_key(|task| task.from);
        assert!(tasks.windows(2).all(|pair| pair[0].to <= pair[1].set_up || pair[0].from == pair[1].from));
    }
    let (cost, before) = (after.cost(&view), first.cost(&view));
    assert!(cost.makespan > Span::ZERO && cost.energy_kwh > 0.0 && before.energy_kwh > 0.0);
    let kept = Scheduling::of(&view, Some(Arc::new(after))).expect("a shop").held(&wanted);
    assert!(kept.is_ok(), "what was kept once is held");
}

#[test]
fn a_move_that_cannot_be_says_why() {
    let view = at_work(1);
    let first = Arc::new(schedule(&view, None));
    let fair = movable(&view, &first, Span::ZERO);
    let order = view.plant.order(fair.order);
    let machines = &view.plant.product(order.product).route[fair.operation].machines;
    let other = view.plant.machines.iter().map(|m| m.id).find(|m| !machines.contains(m)).expect("another machine");
    let running = first.tasks.iter().find(|task| task.is_running).expect("running work");
    let table = [
        (Move { machine: other, ..fair }, "machine_cannot"),
        (Move { from: view.at, ..fair }, "frozen"),
        (Move { operation: 99, ..fair }, "not_planned"),
        (Move { order: running.order, operation: running.operation, ..fair }, "not_planned"),
    ];
    for (wanted, reason) in table {
        let refused = Scheduling::of(&view, Some(Arc::clone(&first))).expect("a shop").pinned(&wanted).expect_err("a hindrance");
        assert_eq!(refused.word(), reason, "{wanted:?}: {refused}");
        assert!(Hindrance::WORDS.contains(&refused.word()));
    }
    // the last operation of an order waits for what comes before it
    let route = view.plant.product(order.product).route.len();
    let early = Move {
        operation: route - 1,
        machine: view.plant.product(order.product).route[route - 1].machines[0],
        from: view.at + FROZEN,
        ..fair
    };
    let refused = Scheduling::of(&view, Some(first)).expect("a shop").pinned(&early).expect_err("a hindrance");
    assert!(matches!(refused.word(), "too_early" | "frozen"), "{refused}");
}

#[test]
fn a_lot_is_planned_where_it_stands_unless_a_person_moves_it() {
    let view = at_work(1);
    let first = Arc::new(schedule(&view, None));
    let stands =
        |task: &&Task| view.image.orders[task.order.index()].waiting_at.filter(|_| task.operation == 0 && !task.is_running);
    let waiting: Vec<&Task> = first.tasks.iter().filter(|task| stands(task).is_some()).collect();
    assert!(waiting.len() > 2 && waiting.iter().all(|task| stands(task) == Some(task.machine)));
    let task = waiting.iter().find(|task| task.from > view.at + FROZEN + FROZEN).expect("a lot that may be moved");
    let product = view.plant.order(task.order).product;
    let other = view.plant.product(product).route[0].machines.iter().find(|m| **m != task.machine).expect("another machine");
    let last = first.tasks.iter().filter(|t| t.machine == *other).map(|t| t.to).max().expect("work there");
    let wanted = Move { order: task.order, operation: 0, machine: *other, from: last.max(task.from) };
    let moved = Scheduling::of(&view, Some(Arc::clone(&first))).expect("a shop").pinned(&wanted);
    assert!(!matches!(moved, Err(Hindrance::MachineCannot { .. })), "people carry lots");
}
