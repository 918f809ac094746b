//! Sums of a scope in a window, read from the machines' logs, and where their energy went.
//!
//! Enters: memory, plant, scope, window. Leaves: [`Kpis`], [`EnergyAccount`]. Absent: the formulas (`formula`).
//!
//! How machines add up: machines that count no pieces (a compressor beside machine tools) add their energy and failures
//! only, where others of the scope count. Of the counting machines times, planned run times, scrap and energy are summed;
//! good pieces are those of the last ones (from which no other counting machine of the scope is reached), so that a piece
//! counts once however many machines it passed: the quality ratio of a line is its yield. A team has the time of its
//! shifts; an order the time in which it was on a machine, and the good pieces of the last operation of its route that
//! made any.

use super::formula::Sums;
use super::{EnergyAccount, Kpis, Scope};
use crate::memory::Memory;
use crate::memory::hours::{merge, worked};
use crate::memory::log::Tags;
use measure::{Instant, Span};
use plant::{Cause, MachineId, MachineState, OrderId, Plant, Role, TeamId, Window};

type Periods = Vec<(Instant, Instant)>;

/// KPIs of a scope; a window that reaches past the latest instant known of is cut there.
pub fn kpis(memory: &Memory, plant: &Plant, scope: Scope, window: Window) -> Kpis {
    let window = Window { from: window.from, to: window.to.min(memory.clock).max(window.from) };
    let open = worked(&plant.calendar, window.from, window.to);
    let all = |_: Tags| true;
    let sums = match scope {
        Scope::Machine(id) => match memory.machines.get(id.index()) {
            Some(_) => of_machine(memory, id, &[window], &open, &all),
            None => Sums::default(),
        },
        Scope::Line(line) => {
            let members: Vec<MachineId> = plant.machines.iter().filter(|m| m.line == Some(line)).map(|m| m.id).collect();
            of_machines(memory, plant, &members, &[window], &open, &all)
        }
        Scope::Unit => {
            let members: Vec<MachineId> = plant.machines.iter().map(|m| m.id).collect();
            let mut sums = of_machines(memory, plant, &members, &[window], &open, &all);
            sums.people = people(memory, plant, None, window);
            sums
        }
        Scope::Team(team) => of_team(memory, plant, team, window, &open),
        Scope::Order(order) => of_order(memory, plant, order, window, &open),
    };
    sums.kpis(window)
}

fn of_machine(memory: &Memory, id: MachineId, windows: &[Window], open: &Periods, wanted: &dyn Fn(Tags) -> bool) -> Sums {
    let mut sums = Sums::default();
    for window in windows {
        let mut shift = 0;
        for clip in memory.machine(id).log.clips(*window).filter(|c| wanted(c.slice.tags)) {
            let (slice, length) = (clip.slice, clip.to - clip.from);
            let state = slice.tags.state;
            sums.by_state[state.index()] += length;
            if !matches!(state, MachineState::Unknown | MachineState::Service) {
                sums.planned_busy += overlap(open, &mut shift, clip.from, clip.to);
            }
            if state == MachineState::Producing && memory.planned_s(id, slice.tags) > 0.0 {
                sums.planned_producing += length;
            }
            let begins = slice.from >= window.from;
            sums.failures += u32::from(begins && slice.enters && state == MachineState::Down);
            sums.good += slice.good * clip.share;
            sums.scrap += slice.scrap * clip.share;
            sums.planned_s += slice.planned_s * clip.share;
            sums.energy_kwh += slice.energy_kwh * clip.share;
        }
    }
    sums
}

/// How much of `from..to` lies in the periods; `first` is the first period that may still matter and moves along.
fn overlap(periods: &Periods, first: &mut usize, from: Instant, to: Instant) -> Span {
    while periods.get(*first).is_some_and(|p| p.1 <= from) {
        *first += 1;
    }
    periods[*first..].iter().take_while(|p| p.0 < to).fold(Span::ZERO, |sum, p| sum + (p.1.min(to) - p.0.max(from)))
}

fn of_machines(
    memory: &Memory,
    plant: &Plant,
    members: &[MachineId],
    windows: &[Window],
    open: &Periods,
    wanted: &dyn Fn(Tags) -> bool,
) -> Sums {
    let counts = |id: MachineId| plant.role(id, Role::Good).is_some();
    let is_any = members.iter().any(|id| counts(*id));
    let mut sum = Sums::default();
    for id in members {
        let mut sums = of_machine(memory, *id, windows, open, wanted);
        if is_any && !counts(*id) {
            sums = Sums { energy_kwh: sums.energy_kwh, failures: sums.failures, ..Sums::default() };
        }
        let reached = &memory.downstream[id.index()];
        if reached.iter().any(|later| members.contains(later) && counts(*later)) {
            sums.good = 0.0;
        }
        sum.add(&sums);
    }
    sum
}

fn of_team(memory: &Memory, plant: &Plant, team: TeamId, window: Window, open: &Periods) -> Sums {
    let has_shifts = plant.calendar.shifts.iter().any(|s| s.team == team);
    let spans = plant.calendar.spans(window.from, window.to);
    let own = spans.iter().filter(|s| plant.calendar.shifts[s.shift].team == team);
    let periods = merge(own.map(|s| (s.from.max(window.from), s.to.min(window.to))));
    let windows: Vec<Window> = match has_shifts {
        true => periods.into_iter().map(|(from, to)| Window { from, to }).collect(),
        false => vec![window],
    };
    // Outside a calendar a team has only what a channel says it worked at.
    let wanted = |tags: Tags| tags.team.map_or(has_shifts, |t| t == team);
    let members: Vec<MachineId> = plant.machines.iter().map(|m| m.id).collect();
    let mut sums = of_machines(memory, plant, &members, &windows, open, &wanted);
    sums.people = people(memory, plant, Some(team), window);
    sums
}

fn of_order(memory: &Memory, plant: &Plant, id: OrderId, window: Window, open: &Periods) -> Sums {
    let Some(order) = plant.orders.get(id.index()) else {
        return Sums::default();
    };
    let wanted = |tags: Tags| tags.order == Some(id);
    let of = |machine: &plant::Machine| of_machine(memory, machine.id, &[window], open, &wanted);
    let each: Vec<Sums> = plant.machines.iter().map(of).collect();
    let mut sum = Sums::default();
    each.iter().for_each(|s| sum.add(s));
    let made = |operation: &plant::Operation| -> f64 {
        operation.machines.iter().filter_map(|m| each.get(m.index())).map(|s| s.good).sum()
    };
    let route = &plant.product(order.product).route;
    sum.good = route.iter().rev().map(made).find(|good| *good > 0.0).unwrap_or(0.0);
    sum
}

/// Actual personnel work time and attendance time of a team, or of all. A machine that produces, is set up, serviced or
/// repaired keeps one worker busy; no more workers can be busy than are there.
fn people(memory: &Memory, plant: &Plant, team: Option<TeamId>, window: Window) -> Option<(Span, Span)> {
    use MachineState as S;
    let (mut work, mut attended) = (0.0, 0.0);
    for span in plant.calendar.spans(window.from, window.to) {
        let of = plant.calendar.shifts[span.shift].team;
        let workers = plant.teams.get(of.index()).map_or(0.0, |t| f64::from(t.workers));
        if team.is_some_and(|t| t != of) || workers == 0.0 {
            continue;
        }
        let shift = Window { from: span.from.max(window.from), to: span.to.min(window.to) };
        attended += workers * (shift.to - shift.from).seconds();
        let mut turns: Vec<(Instant, i32)> = Vec::new();
        for machine in &memory.machines {
            for clip in machine.log.clips(shift) {
                if matches!(clip.slice.tags.state, S::Producing | S::SetUp | S::Service | S::Down) {
                    turns.extend([(clip.from, 1), (clip.to, -1)]);
                }
            }
        }
        turns.sort_unstable();
        let (mut busy, mut since) = (0, shift.from);
        for (at, change) in turns {
            work += workers.min(f64::from(busy)) * (at - since).seconds();
            (busy, since) = (busy + change, at);
        }
    }
    (attended > 0.0).then(|| (Span::from_seconds_f64(work), Span::from_seconds_f64(attended)))
}

/// Where a machine's energy went. Idle waste is the energy taken ready with nothing to do above what the machine takes
/// held low (standby, else off; nought if neither was ever seen). `lost` gives the energy of other findings' losses.
pub fn energy(memory: &Memory, id: MachineId, window: Window, lost: &[(Cause, f64)]) -> EnergyAccount {
    let window = Window { from: window.from, to: window.to.min(memory.clock).max(window.from) };
    let mut account = EnergyAccount { machine: id, ..EnergyAccount::default() };
    let Some(machine) = memory.machines.get(id.index()) else {
        return account;
    };
    let low = machine.draws.low().unwrap_or(0.0);
    let mut idle = 0.0;
    for clip in machine.log.clips(window) {
        let kwh = clip.slice.energy_kwh * clip.share;
        account.by_state_kwh[clip.slice.tags.state.index()] += kwh;
        account.kwh += kwh;
        account.good += clip.slice.good * clip.share;
        if clip.slice.tags.state.is_idle() {
            idle += (kwh - low * (clip.to - clip.from).seconds() / 3.6e6).max(0.0);
        }
    }
    if idle > 0.0 {
        account.waste_kwh.push((Cause::IdleEnergy, idle));
    }
    account.waste_kwh.extend(lost.iter().filter(|(_, kwh)| *kwh > 0.0));
    account
}
