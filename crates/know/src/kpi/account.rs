//! Sums of a scope in a window, read from the machines' logs, and where their energy went.
//!
//! Enters: memory, plant, scope, window. Leaves: [`Kpis`], [`Losses`], [`EnergyAccount`]. Absent: the formulas (`formula`, `losses`).
//!
//! How machines add up: machines that count no pieces (a compressor beside machine tools) add their energy and failures
//! only, where others of the scope count. Of the counting machines times, planned run times, scrap and energy are summed;
//! good pieces are those of the last ones (from which no other counting machine of the scope is reached), so that a piece
//! counts once however many machines it passed: the quality ratio of a line is its yield. A team has the time of its
//! shifts; an order the time in which it was on a machine, and the good pieces of the last operation of its route that
//! made any.

use super::formula::Sums;
use super::losses::{Loss, Losses, Stop};
use super::{EnergyAccount, Kpis, Scope};
use crate::memory::Memory;
use crate::memory::hours::{merge, worked};
use crate::memory::log::{Clip, Tags};
use measure::{Instant, Span};
use plant::{Cause, Code, MachineId, MachineState, Plant, Role, TeamId, Window};

type Periods = Vec<(Instant, Instant)>;

/// KPIs of a scope; a window that reaches past the latest instant known of is cut there.
pub fn kpis(memory: &Memory, plant: &Plant, scope: Scope, window: Window) -> Kpis {
    let window = cut(memory, window);
    Reach::of(memory, plant, scope, window).sums_with_people(memory, plant, window).kpis(window)
}

/// KPIs of a scope, and its six big losses with its stops by cause; no losses where no time was planned.
pub fn kpis_and_losses(memory: &Memory, plant: &Plant, scope: Scope, window: Window) -> (Kpis, Option<Losses>) {
    let window = cut(memory, window);
    let reach = Reach::of(memory, plant, scope, window);
    let sums = reach.sums_with_people(memory, plant, window);
    let is_planned = sums.planned_busy > Span::ZERO;
    let losses = is_planned.then(|| Losses::of(&sums, window, reach.stops(memory, plant))).flatten();
    (sums.kpis(window), losses)
}

/// A window as far as something is known.
pub(super) fn cut(memory: &Memory, window: Window) -> Window {
    Window { from: window.from, to: window.to.min(memory.clock).max(window.from) }
}

/// What a scope is made of.
struct Reach {
    scope: Scope,
    /// In the order of their numbers.
    members: Vec<MachineId>,
    /// Whether one of them counts pieces.
    some_count: bool,
    windows: Vec<Window>,
    /// Worked time.
    open: Periods,
    /// Whether the calendar tells when the team works.
    has_shifts: bool,
}

impl Reach {
    fn of(memory: &Memory, plant: &Plant, scope: Scope, window: Window) -> Self {
        let is_member = |m: &plant::Machine| match scope {
            Scope::Machine(id) => m.id == id,
            Scope::Line(line) => m.line == Some(line),
            Scope::Unit | Scope::Team(_) => true,
            Scope::Order(order) => order.index() < plant.orders.len(),
        };
        // a view asks for each machine of a large plant
        let among = match scope {
            Scope::Machine(id) => plant.machines.get(id.index()).map(std::slice::from_ref).unwrap_or_default(),
            Scope::Line(_) | Scope::Unit | Scope::Team(_) | Scope::Order(_) => plant.machines.as_slice(),
        };
        let members = among.iter().filter(|m| is_member(m) && m.id.index() < memory.machines.len());
        let members: Vec<MachineId> = members.map(|m| m.id).collect();
        let team = if let Scope::Team(team) = scope { Some(team) } else { None };
        let has_shifts = team.is_some_and(|t| plant.calendar.shifts.iter().any(|s| s.team == t));
        Self {
            scope,
            some_count: members.iter().any(|id| counts(plant, *id)),
            members,
            windows: team.filter(|_| has_shifts).map_or_else(|| vec![window], |team| shifts(plant, team, window)),
            open: worked(&plant.calendar, window.from, window.to),
            has_shifts,
        }
    }
    fn wants(&self, tags: Tags) -> bool {
        match self.scope {
            Scope::Order(order) => tags.order == Some(order),
            // Outside a calendar a team has only what a channel says it worked at.
            Scope::Team(team) => tags.team.map_or(self.has_shifts, |t| t == team),
            Scope::Unit | Scope::Line(_) | Scope::Machine(_) => true,
        }
    }
    /// What the machine did, clip by clip, with the planned busy time in it.
    fn clips<'a>(&'a self, memory: &'a Memory, id: MachineId) -> impl Iterator<Item = (Window, Clip<'a>, Span)> {
        let log = &memory.machine(id).log;
        self.windows.iter().flat_map(move |window| {
            let mut period = 0;
            log.clips(*window).filter(|c| self.wants(c.slice.tags)).map(move |clip| {
                let is_planned = !matches!(clip.slice.tags.state, MachineState::Unknown | MachineState::Service);
                let worked = overlap(&self.open, &mut period, clip.from, clip.to);
                (*window, clip, if is_planned { worked } else { Span::ZERO })
            })
        })
    }
    fn sums_at(&self, memory: &Memory, id: MachineId) -> Sums {
        let mut sums = Sums::default();
        for (window, clip, planned) in self.clips(memory, id) {
            let (slice, length) = (clip.slice, clip.to - clip.from);
            let state = slice.tags.state;
            sums.by_state[state.index()] += length;
            sums.planned_by[state.index()] += planned;
            sums.planned_busy += planned;
            if state == MachineState::Producing && memory.planned_s(id, slice.tags) > 0.0 {
                sums.planned_producing += length;
            }
            let begins = slice.from >= window.from;
            sums.failures += u32::from(begins && slice.enters && state == MachineState::Down);
            sums.good += slice.good * clip.share;
            sums.scrap += slice.scrap * clip.share;
            sums.start_up += slice.start_up * clip.share;
            sums.planned_s += slice.planned_s * clip.share;
            sums.stops += slice.stops * clip.share;
            sums.stopped_s += slice.stopped_s * clip.share;
            sums.energy_kwh += slice.energy_kwh * clip.share;
        }
        sums
    }
    fn sums_with_people(&self, memory: &Memory, plant: &Plant, window: Window) -> Sums {
        let people = match self.scope {
            Scope::Unit => people(memory, plant, None, window),
            Scope::Team(team) => people(memory, plant, Some(team), window),
            Scope::Machine(_) | Scope::Line(_) | Scope::Order(_) => None,
        };
        Sums { people, ..self.sums(memory, plant) }
    }
    fn sums(&self, memory: &Memory, plant: &Plant) -> Sums {
        if let Scope::Order(_) = self.scope {
            return self.sums_of_order(memory, plant);
        }
        let mut sum = Sums::default();
        for id in &self.members {
            let mut sums = self.sums_at(memory, *id);
            if !self.counts_time(plant, *id) {
                sums = Sums { energy_kwh: sums.energy_kwh, failures: sums.failures, ..Sums::default() };
            }
            let reached = &memory.downstream[id.index()];
            if self.some_count && reached.iter().any(|later| self.members.binary_search(later).is_ok() && counts(plant, *later)) {
                sums.good = 0.0;
            }
            sum.add(&sums);
        }
        sum
    }
    /// Whether a machine's time counts: it counts pieces, or no machine of the scope does. Of an order's machines all do.
    fn counts_time(&self, plant: &Plant, id: MachineId) -> bool {
        let of_order = matches!(self.scope, Scope::Order(_));
        of_order || !self.some_count || counts(plant, id)
    }
    fn sums_of_order(&self, memory: &Memory, plant: &Plant) -> Sums {
        let each: Vec<Sums> = self.members.iter().map(|id| self.sums_at(memory, *id)).collect();
        let mut sum = Sums::default();
        each.iter().for_each(|s| sum.add(s));
        let Scope::Order(id) = self.scope else { return sum };
        let Some(order) = plant.orders.get(id.index()) else { return sum };
        let made = |operation: &plant::Operation| -> f64 {
            operation.machines.iter().filter_map(|m| each.get(m.index())).map(|s| s.good).sum()
        };
        let route = &plant.product(order.product).route;
        sum.good = route.iter().rev().map(made).find(|good| *good > 0.0).unwrap_or(0.0);
        sum
    }
    /// The stops of its machines by cause, in no order.
    fn stops(&self, memory: &Memory, plant: &Plant) -> Vec<Stop> {
        let mut stops: Vec<Stop> = Vec::new();
        for id in self.members.iter().filter(|id| self.counts_time(plant, **id)) {
            let own = stops.len();
            let mut add = |loss: Loss, cause: Code, count: f64, seconds: f64| {
                let same = |s: &&mut Stop| s.loss == loss && s.cause == cause;
                match stops[own..].iter_mut().find(same) {
                    Some(stop) => (stop.count, stop.seconds) = (stop.count + count, stop.seconds + seconds),
                    None => stops.push(Stop { machine: *id, loss, cause, count, seconds, points: 0.0 }),
                }
            };
            for (window, clip, planned) in self.clips(memory, *id) {
                let (slice, state) = (clip.slice, clip.slice.tags.state);
                if slice.stops * clip.share > 0.0 {
                    let (count, seconds) = (slice.stops * clip.share, slice.stopped_s * clip.share);
                    add(Loss::Idling, Code::Borrowed("minor_stop"), count, seconds);
                }
                let Some(loss) = Loss::of_state(state).filter(|_| planned > Span::ZERO) else { continue };
                let begins = slice.enters && slice.from >= window.from;
                add(loss, cause_of(memory, *id, clip), f64::from(u8::from(begins)), planned.seconds());
            }
        }
        stops
    }
}

/// Why a machine did not produce: of a failure the alarm that came with it, else what was mended after it.
fn cause_of(memory: &Memory, id: MachineId, clip: Clip<'_>) -> Code {
    let (machine, state) = (memory.machine(id), clip.slice.tags.state);
    let plain = Code::Borrowed(state.word());
    if state != MachineState::Down {
        return plain;
    }
    let Some(failure) = machine.failures.iter().rev().find(|f| f.at < clip.to) else { return plain };
    let near = |at: Instant| (at - failure.at) <= WITH_FAILURE && (failure.at - at) <= WITH_FAILURE;
    let alarm = machine.alarms.iter().rev().find(|e| near(e.at)).map(|e| &e.word);
    alarm.or(failure.service.as_ref()).map_or(plain, |word| Code::Owned(word.to_string()))
}

/// An alarm so close to the beginning of a failure tells why.
const WITH_FAILURE: Span = Span::from_minutes(1);

fn counts(plant: &Plant, id: MachineId) -> bool {
    plant.role(id, Role::Good).is_some()
}

/// How much of `from..to` lies in the periods; `first` is the first period that may still matter and moves along.
fn overlap(periods: &Periods, first: &mut usize, from: Instant, to: Instant) -> Span {
    while periods.get(*first).is_some_and(|p| p.1 <= from) {
        *first += 1;
    }
    periods[*first..].iter().take_while(|p| p.0 < to).fold(Span::ZERO, |sum, p| sum + (p.1.min(to) - p.0.max(from)))
}

/// The shifts of a team in a window.
fn shifts(plant: &Plant, team: TeamId, window: Window) -> Vec<Window> {
    let spans = plant.calendar.spans(window.from, window.to);
    let own = spans.iter().filter(|s| plant.calendar.shifts[s.shift].team == team);
    let periods = merge(own.map(|s| (s.from.max(window.from), s.to.min(window.to))));
    periods.into_iter().map(|(from, to)| Window { from, to }).collect()
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
    let window = cut(memory, window);
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
