//! How work flows: plans, batches, the start in the middle of a shift, the reserve of the air network.

use super::*;
use crate::workshop::layout::Layout;
use plant::OrderId;
use unit::schedule::Task;

#[test]
fn work_is_planned_evenly_over_machines_of_one_kind() {
    let stage = Stage::new(1, 5);
    let layout = Layout::new(&stage.plant);
    let mut planned_h = vec![0.0; stage.plant.machines.len()];
    for job in &layout.jobs {
        for step in &job.steps {
            planned_h[step.machine] += step.cycle_s * f64::from(job.quantity) / 3_600.0;
        }
    }
    for group in [["mill-1", "mill-2", "mill-3"].as_slice(), &["lathe-1", "lathe-2"]] {
        let hours: Vec<f64> = group.iter().map(|name| planned_h[stage.machine(name).index()]).collect();
        let (low, high) = (hours.iter().copied().fold(f64::MAX, f64::min), hours.iter().copied().fold(0.0, f64::max));
        assert!(high - low < 3.5, "{group:?} {hours:?}");
    }
}

#[test]
fn the_oven_holds_four_lots_at_most_and_ends_its_batches_within_the_shift() {
    let mut stage = Stage::new(3, 2);
    let oven = stage.machine("oven-1").index();
    for minute in 360..(24 * 60) {
        stage.reach(f64::from(minute) / 60.0);
        let here = &stage.workshop.machines[oven];
        assert!(here.lots.len() <= 4 && here.infeed.len() <= 8);
    }
    let truth = &stage.truth().machines[oven];
    assert!(truth.good > 300, "{}", truth.good);
    assert_eq!(truth.seconds(MachineState::Producing), truth.worked(MachineState::Producing));
}

#[test]
fn a_start_in_the_middle_of_a_shift_produces_within_a_minute() {
    let start = at_hour(9.0);
    let plant = plant(start, 1, 2);
    let mut workshop = Workshop::new(&plant, 2, start);
    let mut told = Vec::new();
    workshop.advance(&plant, start, &mut told);
    assert!(told.iter().all(|s| s.at == start) && told.len() > 60, "{} values at the start", told.len());
    workshop.advance(&plant, start + Span::from_minutes(1), &mut told);
    let producing = workshop.truth().machines.iter().filter(|m| m.state == MachineState::Producing).count();
    assert!(producing >= 5, "{producing}");
    for channel in plant.channels.iter().filter(|c| matches!(c.role, Role::State | Role::Power | Role::Energy)) {
        assert!(told.iter().any(|s| s.channel == channel.id), "{} of machine {}", channel.name, channel.machine.0);
    }
}

#[test]
fn the_reserve_keeps_the_air_up_while_the_compressor_is_down() {
    let mut stage = Stage::new(2, 1);
    stage.reach(9.0);
    let mut plain = stage.clone();
    let place = stage.machine("compressor-1").index();
    stage.workshop.machines[place].bearing.as_mut().expect("it has one").wear = 1.3;
    stage.reach(11.5);
    plain.reach(11.5);
    assert_eq!(stage.state("compressor-1"), MachineState::Down);
    assert_eq!(stage.words("compressor-1", Role::Alarm).len(), 1);
    let power = |stage: &Stage| stage.workshop.machines[place].meter.power;
    assert!((power(&stage) / power(&plain) - 1.4).abs() < 1e-9, "the reserve draws more");
    assert_eq!(stage.truth().machines[0].good, plain.truth().machines[0].good, "machining goes on");
    stage.reach(20.0);
    assert_eq!(stage.state("compressor-1"), MachineState::Producing, "repaired");
}

#[test]
fn without_shifts_work_goes_on_around_the_clock() {
    let mut plant = plant(START, 2, 1);
    plant.calendar.shifts.clear();
    let mut workshop = Workshop::new(&plant, 1, START);
    workshop.advance(&plant, at_hour(5.0), &mut Vec::new());
    assert!(workshop.truth().machines[0].good > 40);
}

#[test]
fn a_machine_of_an_unknown_kind_stays_off_and_takes_nothing() {
    let mut stage = Stage::new(1, 1);
    stage.plant.machines[0].kind = "sawing".to_owned();
    stage.workshop = Workshop::new(&stage.plant, 1, START);
    stage.reach(12.0);
    assert_eq!(stage.state("mill-1"), MachineState::Off);
    assert_eq!(stage.truth().machines[0].energy_wh, 0.0);
    let refused = stage.word("mill-1", Role::SetState, "ready").expect_err("it cannot run").to_string();
    assert_eq!(refused, "`set_state` can only be read");
}

#[test]
fn the_infeed_told_fits_into_a_word() {
    let mut plant = plant(START, 40, 1);
    for order in &mut plant.orders {
        order.release = START;
    }
    let mut workshop = Workshop::new(&plant, 1, START);
    let mut told = Vec::new();
    workshop.advance(&plant, START, &mut told);
    let infeed = plant.role(MachineId(0), Role::Infeed).expect("it tells one").id;
    let words: Vec<_> = told.iter().filter(|s| s.channel == infeed).collect();
    let [Sample { value: SampleValue::Word(word), .. }] = words.as_slice() else { panic!("one word") };
    assert!((200..=240).contains(&word.len()), "{}", word.len());
}

#[test]
fn orders_for_machines_that_the_workshop_has_not_are_left_to_people() {
    let mut stage = Stage::new(1, 1);
    let bench = MachineId(stage.plant.machines.len() as u32);
    let mut product = stage.plant.products[0].clone();
    product.id = plant::ProductId(stage.plant.products.len() as u16);
    product.route.iter_mut().for_each(|operation| operation.machines = vec![bench]);
    let mut order = stage.plant.orders[0].clone();
    (order.id, order.product) = (OrderId(stage.plant.orders.len() as u32), product.id);
    (order.name, order.release) = ("by hand".to_owned(), START);
    let id = order.id;
    stage.plant.products.push(product);
    stage.plant.orders.push(order);
    stage.workshop.admit(&stage.plant);
    stage.reach(12.0);
    assert_eq!(stage.truth().orders[id.index()].released, 0);
    assert!(stage.truth().machines.iter().any(|m| m.good > 0), "the others work on");
}

#[test]
fn what_a_published_schedule_has_next_is_begun_next_where_it_has_it() {
    let mut stage = Stage::new(2, 1);
    stage.reach(9.0);
    let [mill, other] = ["mill-1", "mill-2"].map(|name| stage.machine(name).index());
    let waiting: Vec<OrderId> = stage.workshop.machines[mill].infeed.iter().map(|lot| lot.order).collect();
    let elsewhere = stage.workshop.machines[other].infeed.back().expect("a lot waits").order;
    let last = *waiting.last().expect("a lot waits");
    let task = |order: OrderId, machine: usize| Task {
        order,
        operation: 0,
        machine: MachineId(machine as u32),
        set_up: at_hour(9.0),
        from: at_hour(9.0),
        to: at_hour(10.0),
        is_running: false,
    };
    let now = at_hour(9.0);
    stage.workshop.follow(&stage.plant, &[task(elsewhere, mill), task(last, mill)], now);
    let here: Vec<OrderId> = stage.workshop.machines[mill].infeed.iter().map(|lot| lot.order).collect();
    assert_eq!(here.len(), waiting.len() + 1, "the lot of the other mill was brought here");
    assert_eq!(stage.workshop.next_lot(mill).map(|place| here[place]), Some(elsewhere));
    let washer = stage.machine("washer-1").index();
    stage.workshop.follow(&stage.plant, &[task(elsewhere, washer), task(last, mill)], now);
    assert_eq!(stage.workshop.next_lot(mill).map(|place| here[place]), Some(last), "a washer does not mill");
    stage.workshop.follow(&stage.plant, &[], now);
    assert_eq!(stage.workshop.next_lot(mill), Some(0), "without a schedule the oldest");
}
