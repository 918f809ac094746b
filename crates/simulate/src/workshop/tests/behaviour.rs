//! What machines do when they are told: a table of small scenes.

use super::*;

#[test]
fn standby_saves_energy_at_night_and_the_machine_comes_back_for_the_shift() {
    let mut left = Stage::new(4, 2);
    left.reach(22.5);
    let mut told = left.clone();
    told.word("mill-2", Role::SetState, "standby").expect("idle at night");
    left.reach(29.99);
    told.reach(29.99);
    assert_eq!(told.state("mill-2"), MachineState::Standby, "nobody is there, so it stays");
    let place = told.machine("mill-2").index();
    let saved = left.truth().machines[place].energy_wh - told.truth().machines[place].energy_wh;
    assert!((18_000.0..25_000.0).contains(&saved), "{saved} W.h");
    told.reach(30.05);
    assert_eq!(told.state("mill-2"), MachineState::WarmingUp);
    told.reach(30.3);
    assert!(matches!(told.state("mill-2"), MachineState::Producing | MachineState::SetUp), "{:?}", told.state("mill-2"));
    let lost = told.truth().machines[place].worked(MachineState::WarmingUp) / 60.0;
    assert!((8.0..12.0).contains(&lost), "{lost} min of the shift spent on the warm-up");
}

#[test]
fn woken_before_the_shift_no_worked_time_is_lost() {
    let mut stage = Stage::new(4, 2);
    stage.reach(22.5);
    stage.word("mill-2", Role::SetState, "standby").expect("idle at night");
    stage.reach(29.8);
    stage.word("mill-2", Role::SetState, "ready").expect("asleep");
    stage.reach(30.01);
    let truth = stage.truth();
    let mill = &truth.machines[stage.machine("mill-2").index()];
    assert_eq!(mill.worked(MachineState::WarmingUp), 0.0);
    assert!(matches!(mill.state, MachineState::Producing | MachineState::SetUp));
}

#[test]
fn the_oven_cools_in_standby_and_needs_most_of_an_hour_to_come_back() {
    let mut stage = Stage::new(4, 2);
    stage.reach(22.5);
    stage.word("oven-1", Role::SetState, "standby").expect("idle at night");
    stage.reach(29.0);
    let cold = stage.numbers("oven-1", Role::Temperature).last().expect("told").1;
    assert!((450.0..650.0).contains(&cold), "{cold} Cel");
    stage.word("oven-1", Role::SetState, "ready").expect("asleep");
    stage.reach(29.95);
    assert_eq!(stage.state("oven-1"), MachineState::Starved);
    let warm = stage.truth().machines[stage.machine("oven-1").index()].seconds(MachineState::WarmingUp) / 60.0;
    assert!((30.0..60.0).contains(&warm), "{warm} min");
}

#[test]
fn an_order_named_runs_next() {
    let mut stage = Stage::new(2, 1);
    stage.reach(7.0);
    let infeed = stage.words("mill-1", Role::Infeed).last().expect("told").1.clone();
    let last = infeed.split(' ').next_back().expect("orders wait").to_owned();
    let named = |stage: &Stage| {
        let words = stage.words("mill-1", Role::Order).into_iter().map(|w| w.1);
        words.filter(|w| !w.is_empty()).collect::<Vec<String>>()
    };
    let before = named(&stage).len();
    stage.word("mill-1", Role::SetOrder, &last).expect("it waits");
    stage.reach(12.0);
    assert_eq!(named(&stage).get(before), Some(&last), "{:?}", named(&stage));
}

#[test]
fn a_set_up_comes_with_another_family_and_only_then() {
    let mut stage = Stage::new(2, 3);
    stage.reach(60.0);
    let family = |name: &str| {
        let order = stage.plant.order_named(name).expect("an order");
        stage.plant.product(order.product).route[0].family.clone()
    };
    let orders: Vec<String> = stage.words("lathe-1", Role::Order).into_iter().map(|w| w.1).filter(|w| !w.is_empty()).collect();
    let mut runs = orders;
    runs.dedup();
    let changes = runs.windows(2).filter(|p| family(&p[0]) != family(&p[1])).count();
    let truth = stage.truth();
    let lathe = &truth.machines[stage.machine("lathe-1").index()];
    assert_eq!(lathe.set_ups as usize, changes);
    assert!(changes > 3);
    let mean = lathe.seconds(MachineState::SetUp) / 60.0 / f64::from(lathe.set_ups);
    assert!((20.0..45.0).contains(&mean), "{mean} min");
}

#[test]
fn a_tool_change_brings_load_deviation_and_scrap_back() {
    let mut stage = Stage::new(2, 1);
    stage.reach(8.0);
    let name = ["mill-1", "mill-2", "mill-3", "lathe-1", "lathe-2"]
        .into_iter()
        .max_by(|a, b| wear(&stage, a).total_cmp(&wear(&stage, b)))
        .expect("five");
    assert!(wear(&stage, name) > 0.5);
    let last = |stage: &Stage, role| stage.numbers(name, role).last().expect("told").1;
    let worn = last(&stage, Role::Load);
    stage.word(name, Role::SetService, "tool").expect("a service of it");
    stage.reach(9.5);
    assert_eq!(stage.words(name, Role::Serviced).last().map(|w| w.1.as_str()), Some("tool"));
    assert!(last(&stage, Role::Load) < 0.95 * worn, "{} after {worn}", last(&stage, Role::Load));
    assert!(wear(&stage, name) < 0.1);
    let minutes = stage.truth().machines[stage.machine(name).index()].seconds(MachineState::Service) / 60.0;
    assert!((9.0..12.5).contains(&minutes), "{minutes} min");
}

fn wear(stage: &Stage, machine: &str) -> f64 {
    stage.truth().machines[stage.machine(machine).index()].tool_wear.expect("it cuts")
}

#[test]
fn vibration_warns_hours_before_a_bearing_fails_and_a_service_prevents_it() {
    let mut seen = 0;
    for seed in 1..=6 {
        let mut stage = Stage::new(seed, 4);
        stage.reach(90.0);
        for machine in stage.plant.machines.clone() {
            if stage.plant.role(machine.id, Role::Vibration).is_none() {
                continue;
            }
            let alarms = stage.words(&machine.name, Role::Alarm);
            let Some((failed, _)) = alarms.iter().find(|a| a.1 == "bearing_failed").filter(|a| a.0 > 12.0) else { continue };
            let vibration = stage.numbers(&machine.name, Role::Vibration);
            let high = vibration.iter().find(|v| v.1 > 4.5).expect("zone C comes before failure").0;
            assert!(failed - high > 4.0, "{} seed {seed}: {high} to {failed}", machine.name);
            let mut saved = Stage::new(seed, 4);
            saved.reach(failed - 6.0);
            if saved.word(&machine.name, Role::SetService, "bearing").is_err() {
                continue; // down for another reason at that moment
            }
            saved.reach(failed + 12.0);
            let truth = &saved.truth().machines[machine.id.index()];
            assert_eq!((truth.stops_bearing, truth.services[1]), (0, 1), "{} seed {seed}", machine.name);
            seen += 1;
        }
    }
    assert!(seen >= 5, "{seen} bearing failures seen");
}

#[test]
fn speed_changes_cycle_power_and_wear() {
    let mut plain = Stage::new(9, 1);
    plain.reach(7.0);
    let mut slow = plain.clone();
    slow.number("lathe-2", Role::SetSpeed, 80.0).expect("in range");
    plain.reach(13.0);
    slow.reach(13.0);
    assert_eq!(slow.numbers("lathe-2", Role::Speed).last().map(|s| s.1), Some(80.0));
    let place = plain.machine("lathe-2").index();
    let (a, b) = (&plain.truth().machines[place], &slow.truth().machines[place]);
    assert!((b.good as f64) < 0.92 * a.good as f64, "{} {}", b.good, a.good);
    assert!(b.tool_wear.expect("it cuts") < a.tool_wear.expect("it cuts"));
}

#[test]
fn leaks_are_closed_by_their_service_and_rest_while_the_compressor_stands_by() {
    let mut stage = Stage::new(2, 2);
    stage.reach(23.0);
    let flow = |stage: &Stage| stage.numbers("compressor-1", Role::AirFlow).last().expect("told").1;
    assert!((flow(&stage) - stage.truth().leak_flow).abs() < 0.1, "at night only leaks flow");
    let mut asleep = stage.clone();
    asleep.word("compressor-1", Role::SetState, "standby").expect("nobody needs air");
    let before = asleep.truth().leak_kg;
    asleep.reach(29.0);
    assert_eq!(asleep.truth().leak_kg, before);
    assert!(flow(&asleep) < 0.01);
    asleep.reach(30.5);
    assert_eq!(asleep.state("compressor-1"), MachineState::Producing, "it comes back when air is needed");
    stage.reach(31.0);
    let leaking = stage.truth().leak_flow;
    stage.word("compressor-1", Role::SetService, "leak").expect("a service of it");
    stage.reach(32.0);
    assert!(stage.truth().leak_flow < 0.5 * leaking, "{} after {leaking}", stage.truth().leak_flow);
    assert_eq!(stage.words("compressor-1", Role::Serviced).last().map(|w| w.1.as_str()), Some("leak"));
}

#[test]
fn a_failure_downstream_blocks_the_machines_before_it() {
    let blocked = (1..=12).any(|seed| {
        let mut stage = Stage::new(seed, 5);
        stage.reach(120.0);
        let truth = stage.truth();
        let down = truth.machines[stage.machine("washer-1").index()].worked(MachineState::Down);
        let before: f64 = truth.machines[..5].iter().map(|m| m.worked(MachineState::Blocked)).sum();
        down > 2.0 * 3_600.0 && before > 600.0
    });
    assert!(blocked, "the washer fails in some seed and holds up the machines before it");
}
