//! What the machines of the made-up plant do over time: a pure function of machine and instant, so that timelines, KPIs,
//! energy and the newest values agree with each other.

use super::plant::MACHINES;
use super::records::{Records, id};
use super::usual;
use measure::{Chance, Estimate, Instant, Span};
use plant::{
    Channel, Confirmation, Finding, Image, Latest, Lexicon, MachineId, MachineImage, MachineProfile, MachineState, Metric,
    OrderId, OrderProgress, Plant, Quality, RecordKind, RefusalReason, Refused, Role, SourceId, StatePower, UserRole, Window,
};
use std::sync::Arc;
use unit::desk::{
    Accounting, Cases, ClockOffset, EnergyAccount, EnergyUse, Excess, Gain, Kpis, Loss, Losses, Scope, Stop, Stretch, Timing,
    View, Waste,
};

const BLOCK: Span = Span::from_micros(450_000_000);
const DAY: Span = Span::from_days(1);

/// States with their shares of time and of nominal power.
const STATES: [(MachineState, f64, f64); 9] = [
    (MachineState::Producing, 0.62, 1.0),
    (MachineState::SetUp, 0.08, 0.45),
    (MachineState::Starved, 0.10, 0.33),
    (MachineState::Blocked, 0.06, 0.33),
    (MachineState::Standby, 0.05, 0.05),
    (MachineState::WarmingUp, 0.02, 0.8),
    (MachineState::Service, 0.02, 0.1),
    (MachineState::Down, 0.03, 0.08),
    (MachineState::Off, 0.02, 0.0),
];

fn chance(machine: usize, at: Instant) -> Chance {
    Chance::seeded(7).branch(&[machine as u64, at.floor(BLOCK).micros().unsigned_abs()])
}

/// What a machine does at an instant.
pub fn state(machine: usize, at: Instant) -> MachineState {
    let mut draw = chance(machine, at).unit();
    for (state, share, _) in STATES {
        draw -= share;
        if draw < 0.0 {
            return state;
        }
    }
    MachineState::Producing
}

fn power_share(state: MachineState) -> f64 {
    STATES.iter().find(|(s, _, _)| *s == state).map_or(0.0, |(_, _, share)| *share)
}

/// Power of a machine [W].
pub fn power(machine: usize, at: Instant) -> f64 {
    let ripple = 1.0 + 0.06 * (at.seconds() / 37.0 + machine as f64).sin();
    MACHINES[machine].4 * power_share(state(machine, at)) * ripple
}

/// Value of a number channel.
pub fn number(channel: &Channel, at: Instant) -> f64 {
    let machine = channel.machine.index();
    let turn = (at.seconds() / 120.0 + machine as f64 * 1.7).sin();
    let hours = (at.micros() - at.floor(DAY).micros()) as f64 / 3.6e9;
    match channel.role {
        Role::Power => power(machine, at) / 1_000.0,
        Role::Energy => 12_000.0 + MACHINES[machine].4 / 1_000.0 * 0.74 * hours,
        Role::Good => (9_000.0 + 11.0 * hours).floor(),
        Role::Scrap => (140.0 + 0.3 * hours).floor(),
        Role::CycleTime => 182.0 + 6.0 * turn,
        Role::Vibration => 2.1 + 0.4 * machine as f64 + 0.2 * turn,
        Role::Load => 64.0 + 9.0 * turn,
        Role::AirFlow => 88.0 + 22.0 * turn,
        Role::AirPressure => 7.0 + 0.2 * turn,
        Role::SetSpeed => 100.0,
        _ => 0.0,
    }
}

/// States of a machine over a window.
pub fn timeline(machine: usize, window: Window) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    let mut at = window.from;
    while at < window.to {
        let end = (at.floor(BLOCK) + BLOCK).min(window.to);
        let state = state(machine, at);
        match all.last_mut() {
            Some(last) if last.state == state => last.window.to = end,
            _ => all.push(Stretch { state, window: Window { from: at, to: end } }),
        }
        at = end;
    }
    all
}

fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// KPIs of some machines in a window.
fn kpis(machines: &[usize], window: Window) -> Kpis {
    let mut k = Kpis { window, ..Kpis::default() };
    for machine in machines {
        for stretch in timeline(*machine, window) {
            let span = stretch.window.to - stretch.window.from;
            k.by_state[stretch.state.index()] += span;
            k.failures += u32::from(stretch.state == MachineState::Down);
            k.energy_kwh += MACHINES[*machine].4 / 1_000.0 * power_share(stretch.state) * span.hours();
        }
        k.planned_busy += window.to - window.from;
    }
    let of = |state: MachineState| k.by_state[state.index()];
    k.producing = of(MachineState::Producing);
    k.set_up = of(MachineState::SetUp);
    k.down = of(MachineState::Down);
    k.busy = k.producing + k.set_up;
    k.good = (k.producing.seconds() / 190.0).floor();
    k.scrap = (k.good * 0.021).floor();
    k.availability = share(k.producing.seconds(), k.planned_busy.seconds());
    k.effectiveness = share((k.good + k.scrap) * 182.0, k.producing.seconds());
    k.quality_ratio = share(k.good, k.good + k.scrap);
    k.oee = k.availability.zip(k.effectiveness).zip(k.quality_ratio).map(|((a, e), q)| a * e * q);
    k.allocation_efficiency = share(k.busy.seconds(), k.planned_busy.seconds());
    k.worker_efficiency = Some(0.83);
    k.mtbf_h = share(k.producing.hours(), f64::from(k.failures));
    k.mttr_h = share(k.down.hours(), f64::from(k.failures));
    k.energy_per_good_kwh = share(k.energy_kwh, k.good);
    k
}

fn all_kpis(plant: &Plant, window: Window) -> Vec<(Scope, Kpis)> {
    let every: Vec<usize> = (0..MACHINES.len()).collect();
    let mut all = vec![(Scope::Unit, kpis(&every, window))];
    for line in &plant.lines {
        let of_it: Vec<usize> = plant.machines.iter().filter(|m| m.line == Some(line.id)).map(|m| m.id.index()).collect();
        all.push((Scope::Line(line.id), kpis(&of_it, window)));
    }
    all.extend(plant.machines.iter().map(|m| (Scope::Machine(m.id), kpis(&[m.id.index()], window))));
    all.extend(plant.orders.iter().take(6).map(|o| (Scope::Order(o.id), kpis(&[o.id.index() % 10], window))));
    all.extend(plant.teams.iter().map(|t| (Scope::Team(t.id), kpis(&every, window))));
    all
}

/// The losses that stand behind the KPIs of the unit, the lines and the machines.
fn losses(kpis: &[(Scope, Kpis)]) -> Vec<(Scope, Losses)> {
    let of = |(scope, k): &(Scope, Kpis)| {
        let machine = match scope {
            Scope::Machine(id) => *id,
            Scope::Unit | Scope::Line(_) => MachineId(0),
            Scope::Order(_) | Scope::Team(_) => return None,
        };
        let (planned, producing) = (k.planned_busy.seconds(), k.producing.seconds());
        let (effectiveness, quality) = (k.effectiveness.unwrap_or(1.0), k.quality_ratio.unwrap_or(1.0));
        let mut seconds = [0.0; Loss::ALL.len()];
        seconds[Loss::Breakdowns as usize] = k.down.seconds();
        seconds[Loss::SetUp as usize] = k.set_up.seconds();
        seconds[Loss::Idling as usize] = planned - producing - k.down.seconds() - k.set_up.seconds();
        seconds[Loss::ReducedSpeed as usize] = producing * (1.0 - effectiveness);
        seconds[Loss::Defects as usize] = producing * effectiveness * (1.0 - quality);
        let stop = |loss: Loss, cause: &'static str, count: f64| {
            let lost = seconds[loss as usize];
            Stop { machine, loss, cause: cause.into(), count, seconds: lost, points: lost / planned }
        };
        let stops = vec![
            stop(Loss::Idling, "starved", 9.0),
            stop(Loss::SetUp, "set_up", 4.0),
            stop(Loss::Breakdowns, "E-104 coolant low", 2.0),
        ];
        let oee = producing / planned * effectiveness * quality;
        (planned > 0.0)
            .then_some((*scope, Losses { window: k.window, planned_busy: k.planned_busy, oee, is_bound: false, seconds, stops }))
    };
    kpis.iter().filter_map(of).collect()
}

/// What a machine took against what was expected: what it took starved is waste.
fn energy_use(machine: usize, day: Window) -> EnergyUse {
    let account = energy(machine, day);
    let idle = account.by_state_kwh[MachineState::Starved.index()];
    let excess = |waste, state, product, kwh| Excess { waste, state, product, kwh };
    EnergyUse {
        machine: account.machine,
        window: day,
        kwh: account.kwh,
        expected_kwh: account.kwh - idle - 1.5,
        unjudged_kwh: 0.5,
        excess: vec![
            excess(Waste::Idle, MachineState::Starved, None, idle),
            excess(Waste::Draw, MachineState::Producing, Some(plant::ProductId(0)), 1.5),
        ],
    }
}

fn energy(machine: usize, day: Window) -> EnergyAccount {
    let k = kpis(&[machine], day);
    let watts = MACHINES[machine].4 / 1_000.0;
    let mut by_state_kwh = [0.0; MachineState::ALL.len()];
    for (state, _, share) in STATES {
        by_state_kwh[state.index()] = watts * share * k.by_state[state.index()].hours();
    }
    let idle = by_state_kwh[MachineState::Starved.index()] + by_state_kwh[MachineState::Blocked.index()];
    let mut waste_kwh = vec![(plant::Cause::IdleEnergy, idle * 0.8)];
    if machine == 6 {
        waste_kwh.push((plant::Cause::AirLeak, 66.0));
    }
    let kwh = by_state_kwh.iter().sum();
    EnergyAccount { machine: MachineId(machine as u32), by_state_kwh, kwh, good: k.good, waste_kwh }
}

fn profile(machine: usize, records: &Records) -> MachineProfile {
    let mut power = [StatePower::default(); MachineState::ALL.len()];
    for (state, weight, share) in STATES {
        let mean = MACHINES[machine].4 * share;
        power[state.index()] = StatePower { mean, deviation: mean * 0.04, minutes: 9_000.0 * weight };
    }
    let machine = MachineId(machine as u32);
    MachineProfile {
        machine,
        power,
        idle_left_s: Some(Estimate::between(400.0, 1_900.0, 5_400.0)),
        warm_up_s: Some(Estimate::between(330.0, 360.0, 420.0)),
        repair_s: Some(Estimate::between(2_400.0, 5_100.0, 9_000.0)),
        between_failures_s: Some(Estimate::between(150_000.0, 260_000.0, 480_000.0)),
        set_up_s: Some(Estimate::between(1_000.0, 1_240.0, 1_500.0)),
        cycle_ratio: Some(Estimate::between(0.99, 1.03, 1.08)),
        scrap_share: Some(Estimate::between(0.014, 0.021, 0.030)),
        scrap_base: None,
        busy_share: Some(0.68),
        failure: records.forecasts.iter().find(|f| f.machine == Some(machine) && f.service.is_some()).map(|f| f.id),
    }
}

fn order_progress(i: usize, now: Instant) -> OrderProgress {
    let machine = |on: bool| on.then_some(MachineId((i % 10) as u32));
    let (next, good) = match i {
        0..=2 => (6, 40),
        3..=8 => (i % 5, 7 * i as u32),
        _ => (0, 0),
    };
    OrderProgress {
        next,
        running_at: machine((3..=6).contains(&i)),
        waiting_at: machine((7..=8).contains(&i)),
        good,
        scrap: (i % 3) as u32,
        started: (i <= 8).then(|| now - Span::from_hours(20 - i as i64)),
        finished: (i <= 2).then(|| now - Span::from_hours(3 - i as i64)),
    }
}

/// The words of readings.
pub fn lexicon(plant: &Plant) -> Lexicon {
    let mut words = Lexicon::default();
    for (_, word) in MachineState::ALL {
        words.intern(word);
    }
    for word in ["standby", "ready", "E-104 coolant low"].into_iter().chain(plant.orders.iter().map(|o| o.name.as_str())) {
        words.intern(word);
    }
    words
}

/// The word of a word channel.
pub fn word(channel: &Channel, at: Instant) -> String {
    match channel.role {
        Role::State => state(channel.machine.index(), at).word().to_owned(),
        Role::Order => format!("A-{}", 1_043 + channel.machine.index() % 6),
        Role::Alarm => "E-104 coolant low".to_owned(),
        _ => "ready".to_owned(),
    }
}

fn image(plant: &Plant, now: Instant) -> Image {
    let words = lexicon(plant);
    let latest = |channel: &Channel| {
        // the meters went silent, and one machine never spoke of its alarms
        let at = if channel.role == Role::Load && channel.machine.index() == 8 { now - Span::from_hours(1) } else { now };
        let value = match channel.kind.is_word() {
            true => f64::from(words.number(&word(channel, at))?.0),
            false => number(channel, at),
        };
        let quality = if channel.role == Role::Vibration { Quality::Uncertain } else { Quality::Good };
        (channel.role != Role::Alarm || channel.machine.index() == 3).then_some(Latest { at, value, quality })
    };
    let machine = |m: usize| MachineImage {
        state: state(m, now),
        since: timeline(m, Window { from: now - DAY, to: now }).last().map_or(now, |s| s.window.from),
        order: (m != 6).then(|| OrderId(3 + (m % 6) as u32)),
        infeed: (0..m % 4).map(|i| OrderId(7 + i as u32)).collect(),
        heard: now,
    };
    Image {
        at: now,
        latest: plant.channels.iter().map(latest).collect(),
        machines: (0..MACHINES.len()).map(machine).collect(),
        orders: (0..plant.orders.len()).map(|i| order_progress(i, now)).collect(),
        words: Arc::new(words),
    }
}

fn accounting(readings: u64) -> Accounting {
    let mut accounting = Accounting::default();
    for source in 0..3 {
        accounting.admit(SourceId(source), readings);
        accounting.settle(SourceId(source), readings.saturating_sub(4), true);
    }
    for (source, reason, count) in
        [(0, RefusalReason::OutOfRange, 3), (1, RefusalReason::Duplicate, 41), (2, RefusalReason::Malformed, 2)]
    {
        (0..count).for_each(|_| accounting.refuse(SourceId(source), reason));
    }
    accounting
}

/// A broker in step with us, and a gateway whose clock is half a minute behind.
fn timings() -> Vec<(SourceId, Timing)> {
    let seconds = Span::from_seconds;
    let clock = |behind, low, high| ClockOffset { behind, between: (low, high), is_beyond: low > seconds(10) };
    let steady = clock(seconds(0), seconds(0), seconds(1));
    let behind = clock(seconds(31), seconds(30), seconds(33));
    vec![
        (SourceId(0), Timing { out_of_order: 0, late: 12, lateness: seconds(2), clock: Some(steady) }),
        (SourceId(1), Timing { out_of_order: 41, late: 57, lateness: seconds(95), clock: Some(behind) }),
    ]
}

fn refused(now: Instant) -> Vec<Refused> {
    let table = [
        (0, "mill-2/power", "212.4", "0 to 60", RefusalReason::OutOfRange),
        (1, "spBv1.0/werk1/DDATA/edge/oven-1", "metric `Door/Open`", "a configured channel", RefusalReason::UnknownChannel),
        (2, "washer-1/good at 2026-03-02T06:00:00Z", "the same value again", "one value an instant", RefusalReason::Duplicate),
        (2, "register 40017", "exception 2", "two registers", RefusalReason::Malformed),
        (0, "lathe-2/vibration", "NaN", "a finite number", RefusalReason::NotFinite),
    ];
    let row = |(i, (source, place, found, allowed, reason)): (usize, (u16, &str, &str, &str, RefusalReason))| Refused {
        from: SourceId(source),
        received: now - Span::from_minutes(3 * i as i64),
        place: place.to_owned(),
        found: found.to_owned(),
        allowed: allowed.to_owned(),
        reason,
    };
    table.into_iter().enumerate().map(row).collect()
}

/// What was found once before: the idle machine of the first finding, about which a decision was carried out and measured.
fn cases(plant: &Plant, records: &Records) -> Cases {
    let mut cases = Cases::default();
    for finding in records.findings.iter().take(1) {
        let (by, note) = ("jonas".to_owned(), "the loader had left the door open".to_owned());
        let told = Confirmation { by, role: UserRole::Engineer, at: finding.at, right: true, cause: None, note, relearn: false };
        let past = Finding { id: id(RecordKind::Finding, 5), confirmation: Some(told), ..finding.clone() };
        cases.take(&plant.machine(past.machine).kind, &past);
    }
    cases
}

fn gains(records: &Records) -> Vec<Gain> {
    let of = |metric: &Metric| {
        let all: Vec<_> = records.outcomes.iter().filter(|o| o.measured.metric == *metric).collect();
        let measured = all.iter().map(|o| o.measured).reduce(|mut sum, next| {
            sum.value.value += next.value.value;
            sum.value.low += next.value.low;
            sum.value.high += next.value.high;
            sum
        });
        let expected = all.iter().map(|o| o.expected.value.value).sum();
        Some(Gain { metric: *metric, outcomes: all.len() as u64, expected, measured: measured? })
    };
    Metric::ALL.iter().filter_map(of).collect()
}

/// The view at an instant.
pub fn view(plant: &Arc<Plant>, records: &Records, now: Instant, readings: u64) -> View {
    let shift = plant.calendar.shift_at(now).expect("three shifts fill the day");
    let day = Window { from: now - DAY, to: now };
    let mut r = records.clone();
    r.findings.sort_by_key(|f| (f.ended.is_some(), std::cmp::Reverse(f.at)));
    r.decisions.sort_by_key(|d| (d.state != plant::DecisionState::Pending, std::cmp::Reverse(d.at)));
    let window_of = |s: &plant::ShiftSpan| Window { from: s.from, to: s.to.min(now) };
    let every: Vec<usize> = (0..MACHINES.len()).collect();
    let of_shift = |s| (s, kpis(&every, window_of(&s)));
    let shifts = plant.calendar.spans(now - DAY, now).into_iter().rev().map(of_shift).collect();
    let kpis = all_kpis(plant, window_of(&shift));
    let counts = [r.findings.len(), r.forecasts.len(), r.decisions.len(), r.commands.len(), r.outcomes.len(), r.revisions.len()];
    View {
        at: now,
        plant: Arc::clone(plant),
        image: Arc::new(image(plant, now)),
        accounting: accounting(readings),
        timings: timings(),
        watermarks: vec![Some(now - Span::from_seconds(3))],
        refused: refused(now),
        losses: losses(&kpis),
        kpis,
        shifts,
        timelines: (0..MACHINES.len()).map(|m| timeline(m, day)).collect(),
        energy: (0..MACHINES.len()).map(|m| energy(m, day)).collect(),
        energy_use: (0..MACHINES.len()).map(|m| energy_use(m, day)).collect(),
        profiles: (0..MACHINES.len()).map(|m| profile(m, &r)).collect(),
        baselines: Arc::new(usual::baselines(now)),
        unused: Arc::new(usual::unused()),
        gains: gains(&r),
        cases: Arc::new(cases(plant, &r)),
        fared: Vec::new(),
        findings: r.findings,
        forecasts: r.forecasts,
        decisions: r.decisions,
        commands: r.commands,
        outcomes: r.outcomes,
        revisions: r.revisions,
        reworking: 0,
        beyond: 0,
        counts: counts.map(|n| n as u64),
    }
}
