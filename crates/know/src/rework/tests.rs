//! A block that came late, and the same readings in order: after the history was worked out again both tell the same.

use crate::Knowledge;
use crate::kpi::{Kpis, Scope};
use crate::suite::{START, Scene};
use measure::{Instant, Span};
use plant::{Batch, Image, MachineId, MachineImage, MachineState, OrderProgress, Reading, RecordId, Role, SourceId, Window};
use proptest::prelude::*;

const MAKER: &[(Role, &str)] =
    &[(Role::State, "1"), (Role::Order, "1"), (Role::Good, "1"), (Role::Scrap, "1"), (Role::Energy, "kW.h")];
const METERED: &[(Role, &str)] = &[(Role::State, "1"), (Role::Power, "kW"), (Role::Good, "1")];
/// Minutes of a play.
const MINUTES: i64 = 1_200;

/// What a machine does: from a minute on in a state with an order, each minute so many pieces and so much energy.
type Turn = (i64, usize, usize);

/// Two machines that say what they do each minute, from 05:00 on: a saw that counts pieces and energy, a drill whose power is
/// told.
fn scene(turns: &[Vec<Turn>; 2]) -> Scene {
    let mut scene = Scene::new(&[("saw", "saw", &[1], MAKER), ("drill", "drill", &[], METERED)]).expect("a plant");
    for (machine, turns) in (0..).zip(turns) {
        let (mut good, mut scrap, mut kwh, mut place, mut until) = (0.0, 0.0, 0.0, 0, 0);
        let mut state = MachineState::Starved;
        for minute in 0..MINUTES {
            let second = (300 + minute) * 60;
            while minute >= until
                && let Some((length, next, order)) = turns.get(place)
            {
                (until, place, state) = (until + length, place + 1, MachineState::ALL[*next].0);
                scene.word(machine, Role::State, second, state.word());
                scene.word(machine, Role::Order, second, &format!("o{order}"));
            }
            for (role, value) in [(Role::Good, good), (Role::Scrap, scrap), (Role::Energy, kwh)] {
                scene.number(machine, role, second, value);
            }
            let runs = state == MachineState::Producing;
            scene.number(machine, Role::Power, second, if runs { 9.0 } else { 1.5 });
            (good, scrap) = (good + f64::from(u8::from(runs)), scrap + f64::from(u8::from(runs && minute % 9 == 0)));
            kwh += if runs { 0.15 } else { 0.03 };
        }
    }
    scene
}

/// A block of a machine's readings that comes late: from minute, to minute, and how many minutes after its end.
#[derive(Clone, Copy, Debug)]
struct Block {
    machine: u32,
    from: i64,
    length: i64,
    delay: i64,
}

impl Block {
    fn holds(&self, scene: &Scene, reading: &Reading) -> bool {
        let minute = (reading.at - START).micros() / 60_000_000 - 300;
        scene.plant.channel(reading.channel).machine == MachineId(self.machine)
            && (self.from..self.from + self.length).contains(&minute)
    }
    fn comes(&self) -> Instant {
        START + Span::from_minutes(300 + self.from + self.length + self.delay)
    }
}

fn absorb(know: &mut Knowledge, scene: &Scene, reading: Reading, received: Instant) {
    let mut batch = Batch::new(SourceId(0), scene.plant.channel(reading.channel).machine, received);
    batch.push(reading);
    know.absorb(&scene.plant, &batch, &scene.lexicon);
}

/// Plays a scene minute by minute; a block comes late, and where `mended` the history is worked out again a while after, with
/// what comes meanwhile handed in afterwards.
fn play(scene: &Scene, block: Option<Block>, mended: bool) -> Knowledge {
    let mut know = Knowledge::new(&scene.plant);
    let mut readings = scene.readings.clone();
    let comes = |r: &Reading| block.filter(|b| b.holds(scene, r)).map_or(r.at, |b| b.comes());
    readings.sort_by_key(comes);
    let mut image = Image {
        machines: vec![MachineImage::default(); 2],
        orders: vec![OrderProgress::default(); scene.plant.orders.len()],
        latest: vec![None; scene.plant.channels.len()],
        ..Image::default()
    };
    let (mut next, mut at) = (0, START);
    let mut under_way: Option<(crate::Rework, Vec<Reading>)> = None;
    while at <= scene.until {
        let end = readings.partition_point(|r| comes(r) <= at);
        for reading in &readings[next..end] {
            absorb(&mut know, scene, *reading, at);
            if let Some((rework, later)) = &mut under_way
                && scene.plant.channel(reading.channel).machine == rework.machine()
            {
                later.push(*reading);
            }
        }
        next = end;
        image.at = at;
        know.judge(&scene.plant, &image, &mut |kind| RecordId { kind, number: 1 });
        if let Some((mut rework, later)) = under_way.take_if(|(_, later)| later.len() > 20 || at == scene.until) {
            later.into_iter().for_each(|r| rework.take(&scene.plant, r, &scene.lexicon));
            know.adopt(rework);
        }
        for (machine, missed) in know.take_missed() {
            if mended {
                let mut rework = know.rework(machine, missed.from(), at);
                loop {
                    let window = rework.window();
                    let mut past: Vec<Reading> = readings[..next].to_vec();
                    past.retain(|r| rework.channels().contains(&r.channel) && r.at >= window.from);
                    past.sort_by_key(|r| (r.at, r.channel));
                    past.into_iter().for_each(|r| rework.take(&scene.plant, r, &scene.lexicon));
                    if !rework.widen() {
                        break;
                    }
                }
                under_way = Some((rework, Vec::new()));
            }
        }
        at += Span::from_minutes(1);
    }
    know
}

fn scopes(scene: &Scene) -> Vec<(Scope, Window)> {
    let hours = |from: i64, to: i64| Window { from: START + Span::from_hours(from), to: START + Span::from_hours(to) };
    let mut all = Vec::new();
    for window in [hours(6, 14), hours(14, 22), hours(5, 26)] {
        let of = |scope| (scope, window);
        all.extend([Scope::Unit, Scope::Machine(MachineId(0)), Scope::Machine(MachineId(1))].map(of));
        all.extend(scene.plant.lines.iter().map(|l| of(Scope::Line(l.id))));
        all.extend(scene.plant.teams.iter().map(|t| of(Scope::Team(t.id))));
        all.extend(scene.plant.orders.iter().map(|o| of(Scope::Order(o.id))));
    }
    all
}

/// Figures in which two differ.
fn differ(a: &Kpis, b: &Kpis) -> Vec<String> {
    let figures = crate::kpi::FIGURES.iter().filter_map(|f| {
        let (x, y) = ((f.of)(a), (f.of)(b));
        let same = match (x, y) {
            (Some(x), Some(y)) => (x - y).abs() <= 1e-9 * (1.0 + x.abs()),
            (x, y) => x == y,
        };
        (!same).then(|| format!("{} {x:?} {y:?}", f.name))
    });
    let mut found: Vec<String> = figures.collect();
    if a.by_state != b.by_state {
        found.push(format!("by_state {:?} {:?}", a.by_state, b.by_state));
    }
    found
}

fn all_differences(scene: &Scene, a: &Knowledge, b: &Knowledge) -> Vec<String> {
    let differences = |(scope, window): (Scope, Window)| {
        let (x, y) = (a.kpis(&scene.plant, scope, window), b.kpis(&scene.plant, scope, window));
        differ(&x, &y).into_iter().map(move |d| format!("{scope:?} {}: {d}", window.from)).collect::<Vec<_>>()
    };
    scopes(scene).into_iter().flat_map(differences).collect()
}

/// Producing with a breakdown and a wait.
fn day() -> Scene {
    let producing = place_of(MachineState::Producing);
    let (down, starved) = (place_of(MachineState::Down), place_of(MachineState::Starved));
    scene(&[
        vec![(200, producing, 0), (30, down, 0), (300, producing, 1), (45, starved, 1), (900, producing, 2)],
        vec![(250, starved, 0), (500, producing, 0), (20, down, 0), (900, producing, 1)],
    ])
}

fn place_of(state: MachineState) -> usize {
    MachineState::ALL.iter().position(|(s, _)| *s == state).expect("a state")
}

#[test]
fn a_block_that_came_late_is_missing_until_its_history_is_worked_out_again() {
    let scene = day();
    let whole = play(&scene, None, true);
    // the breakdown of the saw, 08:20 to 08:50, told two hours later
    let block = Block { machine: 0, from: 190, length: 50, delay: 120 };
    let early = Window { from: START + Span::from_hours(6), to: START + Span::from_hours(14) };
    let failures = |know: &Knowledge| know.kpis(&scene.plant, Scope::Machine(MachineId(0)), early).failures;
    assert_eq!((failures(&whole), failures(&play(&scene, Some(block), false))), (1, 0));
    assert_eq!(all_differences(&scene, &whole, &play(&scene, Some(block), true)), Vec::<String>::new());
}

#[test]
fn what_came_too_late_is_told_once_with_its_channels_and_times() {
    let scene = day();
    let mut know = Knowledge::new(&scene.plant);
    let block = Block { machine: 1, from: 240, length: 30, delay: 60 };
    let (late, on_time): (Vec<Reading>, Vec<Reading>) = scene.readings.iter().partition(|r| block.holds(&scene, r));
    let until = block.comes();
    on_time.iter().filter(|r| r.at <= until).for_each(|r| absorb(&mut know, &scene, *r, r.at));
    assert!(!know.has_missed());
    late.iter().for_each(|r| absorb(&mut know, &scene, *r, until));
    let missed = know.take_missed();
    assert_eq!(missed.len(), 1);
    assert_eq!(missed[0].0, MachineId(1));
    assert_eq!(missed[0].1.from(), Some(START + Span::from_minutes(300 + 240)));
    let channels = missed[0].1.channels.len();
    assert_eq!(channels, 3, "the state is behind the log, power and pieces are behind their newest: {missed:?}");
    assert!(!know.has_missed() && know.take_missed().is_empty());
}

#[test]
fn what_is_older_than_the_horizon_is_only_counted() {
    let scene = day();
    let mut know = Knowledge::new(&scene.plant);
    let reading = |at: Instant, value: f64| Reading { at, value, ..scene.readings[2] };
    let later = START + Span::from_days(6);
    absorb(&mut know, &scene, reading(later, 9.0), later);
    absorb(&mut know, &scene, reading(START, 1.0), later);
    assert_eq!((know.has_missed(), know.beyond()), (false, 1));
    absorb(&mut know, &scene, reading(later - Span::from_days(3), 2.0), later);
    assert_eq!((know.has_missed(), know.beyond()), (true, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn late_and_in_order_tell_the_same(
        saw in turns(), drill in turns(), machine in 0_u32..2, from in 5_i64..700, length in 1_i64..240, delay in 5_i64..180,
    ) {
        let scene = scene(&[saw, drill]);
        let block = Block { machine, from, length, delay };
        let (whole, mended) = (play(&scene, None, true), play(&scene, Some(block), true));
        prop_assert_eq!(all_differences(&scene, &whole, &mended), Vec::<String>::new(), "{:?}", block);
    }
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    prop::collection::vec((1_i64..200, 1..MachineState::ALL.len(), 0_usize..4), 1..20)
}
