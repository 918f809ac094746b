//! What was learned of each machine, in the form that deciding and measuring use.
//!
//! Enters: memory. Leaves: [`MachineProfile`]s. Absent: forecasts (the id of the one in force is put in by `knowledge`).

use crate::memory::Memory;
use crate::memory::hours::worked;
use crate::memory::machine::MachineMemory;
use crate::memory::spell::mean_estimate;
use measure::statistics::Smoothed;
use measure::{Estimate, Instant, Span};
use plant::{MachineProfile, MachineState, Plant, Window};

/// Pieces below which a scrap share is not told.
const PIECES_MIN: f64 = 20.0;
/// Busy share looks back this far.
const LATELY: Span = Span::from_days(3);

/// Brings what changes by the minute up to date: how much longer the machine stays idle.
pub fn refresh_idle(profile: &mut MachineProfile, memory: &Memory, now: Instant) {
    profile.idle_left_s = idle_left(memory, memory.machine(profile.machine), now);
}

/// Brings everything else up to date.
pub fn refresh(profile: &mut MachineProfile, memory: &Memory, plant: &Plant, now: Instant) {
    let machine = memory.machine(profile.machine);
    profile.power = *machine.draws.by_state();
    let lengths = &machine.lengths;
    let stated = plant.machine(profile.machine).warm_up.seconds();
    // Until a warm-up was seen, the maker's word counts, within a third.
    profile.warm_up_s =
        mean_estimate(&lengths.warm_up).or_else(|| (stated > 0.0).then(|| Estimate::between(stated / 1.5, stated, stated * 1.5)));
    profile.repair_s = mean_estimate(&lengths.repair);
    profile.between_failures_s = mean_estimate(&lengths.between_failures);
    profile.set_up_s = mean_estimate(&lengths.set_up);
    profile.cycle_ratio = cycle_ratio(&machine.pieces.cycle_ratio);
    profile.scrap_share = machine.pieces.lately.share(PIECES_MIN);
    profile.scrap_base = machine.pieces.base.share(PIECES_MIN);
    profile.busy_share = busy_share(machine, plant, now);
}

fn cycle_ratio(smoothed: &Smoothed) -> Option<Estimate> {
    let count = smoothed.count() as f64;
    (count >= 3.0).then(|| {
        let reach = 1.645 * smoothed.deviation() / count.min(20.0).sqrt();
        Estimate::between(smoothed.mean() - reach, smoothed.mean(), smoothed.mean() + reach)
    })
}

/// How much longer the idle spell that runs will last, given how long it has lasted and the calendar [s].
///
/// Outside the shifts: until the next one. Within: as spells did that lasted as long; one that would outlast the shift
/// lasts until the next. Where too few spells were seen nothing is told within the shifts.
pub fn idle_left(memory: &Memory, machine: &MachineMemory, now: Instant) -> Option<Estimate> {
    let from = machine.idle_from?;
    let hours = memory.hours;
    if !hours.open {
        let left = (hours.until - now).seconds().max(0.0);
        // Work may be waited for after the shift has begun; people may come a little early.
        let late = machine.idle_spells.longest().max(3_600.0);
        return (hours.until < Instant::MAX).then(|| Estimate::between((left - 120.0).max(0.0), left, left + late));
    }
    let spell = machine.idle_spells.left((now - from.max(hours.from)).seconds())?;
    if hours.until == Instant::MAX || hours.reopens == Instant::MAX {
        return Some(spell);
    }
    let (closes, reopens) = ((hours.until - now).seconds(), (hours.reopens - now).seconds());
    let beyond = |left: f64| if left > closes { left.max(reopens) } else { left };
    Some(Estimate::between(beyond(spell.low), beyond(spell.value), beyond(spell.high)))
}

/// Share of the worked time of the last days in which the machine produced [1].
fn busy_share(machine: &MachineMemory, plant: &Plant, now: Instant) -> Option<f64> {
    if !machine.has_state {
        return None;
    }
    let from = machine.log.oldest_from()?.max(now - LATELY);
    let (mut open, mut producing) = (Span::ZERO, Span::ZERO);
    for (start, end) in worked(&plant.calendar, from, now) {
        open += end - start;
        for clip in machine.log.clips(Window { from: start, to: end }) {
            if clip.slice.tags.state == MachineState::Producing {
                producing += clip.to - clip.from;
            }
        }
    }
    (open > Span::from_minutes(10)).then(|| producing.seconds() / open.seconds())
}
