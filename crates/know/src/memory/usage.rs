//! What energy a machine takes when nothing is amiss, by state and product: learned from its first hours there, then frozen.
//!
//! ```text
//! state       product   learned from   power      a piece   frozen
//! producing   p0        4 h            6.0 kW     60 s      yes      -> 120 pieces of p0 are expected to take 2 h · 6 kW = 12 kW.h
//! warming_up            3 spells       4.0 kW     5 min     yes
//! standby               20 min         0.5 kW               not yet  -> not judged
//! ```
//!
//! Enters: the log of the machine, once it is settled, and the energy known to be lost in leaks. Leaves: [`Usual`]s. Absent: prices,
//! verdicts. Bounded: [`Usage::USUAL_MAX`] pairs of state and product; the one of a product that was not met for longest makes room.
//!
//! A baseline that went on learning would take a lasting waste for usual, so it is frozen under a version (see [`super::standing`]), and
//! learned anew only when somebody says so.

use super::log::Log;
use super::standing::{Counted, Progress};
use measure::{Instant, Span};
use plant::{About, Frozen, MachineState, ProductId, Window};

/// What is usual in a state, for a product.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    /// The state.
    pub state: MachineState,
    /// The product, while producing and setting up.
    pub product: Option<ProductId>,
    /// Time seen [s].
    pub seconds: f64,
    /// Energy taken in it, without leaks [kW.h].
    pub kwh: f64,
    /// Pieces made in it, good or not.
    pub pieces: f64,
    /// Times the state was entered.
    pub spells: f64,
    /// First and last instant learned from.
    pub learned: Window,
    /// When the pair was met last.
    pub used: Instant,
    /// Enough was seen; it changes no more.
    pub frozen: bool,
}

impl Usual {
    const fn new((state, product): (MachineState, Option<ProductId>), from: Instant) -> Self {
        let learned = Window { from, to: from };
        Self { state, product, seconds: 0.0, kwh: 0.0, pieces: 0.0, spells: 0.0, learned, used: from, frozen: false }
    }
    fn progress(&self) -> Progress {
        if self.frozen {
            return Progress::Frozen(self.learned);
        }
        match self.state {
            MachineState::Producing => Progress::learning(self.seconds / 60.0, PRODUCING_S / 60.0, Counted::Minutes),
            MachineState::WarmingUp => Progress::learning(self.spells, WARM_UPS, Counted::Spells),
            _ => Progress::learning(self.seconds / 60.0, RESTING_S / 60.0, Counted::Minutes),
        }
    }
    fn is_enough(&self, begins: bool) -> bool {
        match self.state {
            MachineState::Producing => self.seconds >= PRODUCING_S,
            // whole warm-ups only
            MachineState::WarmingUp => begins && self.spells >= WARM_UPS,
            _ => self.seconds >= RESTING_S,
        }
    }
    /// Power [kW].
    pub fn kw(&self) -> f64 {
        3_600.0 * self.kwh / self.seconds
    }
    /// Time a piece [s]; `None` where no pieces are counted.
    pub fn piece_s(&self) -> Option<f64> {
        (self.pieces > 0.0).then(|| self.seconds / self.pieces)
    }
}

/// Time of producing a product that is learned from [s].
const PRODUCING_S: f64 = 4.0 * 3_600.0;
/// Time in any other state [s].
const RESTING_S: f64 = 1_800.0;
/// Warm-ups that are learned from.
const WARM_UPS: f64 = 3.0;
/// Energy and pieces of a slice are told at most so much later.
const SETTLED: Span = Span::from_minutes(15);

/// What is usual at one machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    usual: Vec<Usual>,
    learned_to: Instant,
}

impl Default for Usage {
    fn default() -> Self {
        Self { usual: Vec::new(), learned_to: Instant::MIN }
    }
}

impl Usage {
    /// Most pairs of state and product.
    pub const USUAL_MAX: usize = 64;

    /// Learns from what the log has told since the last call; `leaked` tells the energy lost in leaks in a window [kW.h].
    pub fn learn(&mut self, log: &Log, now: Instant, leaked: &dyn Fn(Window) -> f64) {
        let window = Window { from: self.learned_to, to: now - SETTLED };
        if window.to <= window.from {
            return;
        }
        self.learned_to = window.to;
        for clip in log.clips(window).filter(|c| c.to > c.from) {
            let (slice, clipped) = (clip.slice, Window { from: clip.from, to: clip.to });
            let pair = key(slice.tags.state, slice.tags.product);
            let Some(place) = self.place_for(clip.to, pair) else { continue };
            if self.usual.get(place).is_none_or(|u| (u.state, u.product) != pair) {
                self.put(place, Usual::new(pair, clip.from));
            }
            let usual = &mut self.usual[place];
            usual.used = usual.used.max(clip.to);
            let begins = slice.enters && slice.from >= window.from;
            usual.frozen |= usual.is_enough(begins);
            if usual.frozen {
                continue;
            }
            if usual.seconds == 0.0 {
                usual.learned.from = clip.from;
            }
            usual.seconds += (clip.to - clip.from).seconds();
            usual.kwh += slice.energy_kwh * clip.share - leaked(clipped).min(slice.energy_kwh * clip.share);
            usual.pieces += (slice.good + slice.scrap) * clip.share;
            usual.spells += f64::from(u8::from(begins));
            usual.learned.to = clip.to;
        }
    }
    /// Where a pair is or would come, which is met at an instant: in the place of the one of a product that was not met for longest, if need
    /// be. The states themselves always have room.
    fn place_for(&self, met: Instant, pair: (MachineState, Option<ProductId>)) -> Option<usize> {
        let known = self.usual.iter().position(|u| (u.state, u.product) == pair);
        if known.is_some() || self.usual.len() < Self::USUAL_MAX {
            return known.or(Some(self.usual.len()));
        }
        let may_go = |u: &Usual| u.product.is_some() && (u.used < met || pair.1.is_none());
        let older = (0..self.usual.len()).filter(|place| may_go(&self.usual[*place]));
        older.min_by_key(|place| self.usual[*place].used)
    }
    fn put(&mut self, place: usize, usual: Usual) {
        match self.usual.get_mut(place) {
            Some(other) => *other = usual,
            None => self.usual.push(usual),
        }
    }
    /// What is usual in a state for a product; `None` before it is frozen.
    pub fn usual(&self, state: MachineState, product: Option<ProductId>) -> Option<&Usual> {
        let wanted = key(state, product);
        self.usual.iter().find(|u| (u.state, u.product) == wanted).filter(|u| u.frozen)
    }
    /// The usual power of the machine held low: in standby if that is known, else off [kW].
    pub fn low_kw(&self) -> Option<f64> {
        let of = |state| self.usual(state, None).map(Usual::kw);
        of(MachineState::Standby).or_else(|| of(MachineState::Off))
    }
    /// Everything that is being learned or is frozen.
    pub fn all(&self) -> &[Usual] {
        &self.usual
    }
    /// Forgets what was usual and learns from `now` on: somebody agreed that the machine is another one now.
    pub fn relearn(&mut self, now: Instant) {
        self.usual.iter_mut().for_each(|usual| *usual = Usual::new((usual.state, usual.product), now));
        self.learned_to = now;
    }
    /// How far each pair of state and product is.
    pub fn standings(&self) -> impl Iterator<Item = (About, Progress)> {
        self.usual.iter().map(|usual| (About::Energy(usual.state, usual.product), usual.progress()))
    }
    /// What is frozen of a pair: seconds, energy [kW.h], pieces and spells.
    pub fn values(&self, state: MachineState, product: Option<ProductId>) -> Option<[f64; 4]> {
        self.usual(state, product).map(|usual| [usual.seconds, usual.kwh, usual.pieces, usual.spells])
    }
    /// Puts a pair back; without values it is learned anew, from the beginning of `learned` on. `false` where there is no room: others were
    /// met later.
    ///
    /// # Errors
    /// The values are none of a pair.
    pub fn recall(&mut self, (state, product): (MachineState, Option<ProductId>), baseline: &Frozen) -> Result<bool, String> {
        let (pair, learned) = (key(state, product), baseline.learned);
        let mut usual = Usual { learned, used: baseline.used, ..Usual::new(pair, learned.from) };
        if let Some(values) = baseline.values.as_deref() {
            let [seconds, kwh, pieces, spells] = four(values)?;
            usual = Usual { seconds, kwh, pieces, spells, frozen: true, ..usual };
        }
        let Some(place) = self.place_for(baseline.used, pair) else { return Ok(false) };
        self.put(place, usual);
        Ok(true)
    }
    /// When each pair was met last.
    pub fn used(&self) -> impl Iterator<Item = (About, Instant)> {
        self.usual.iter().map(|usual| (About::Energy(usual.state, usual.product), usual.used))
    }
    /// What was before an instant is not learned from: it was learned anew then.
    pub fn learn_after(&mut self, at: Instant) {
        self.learned_to = self.learned_to.max(at);
    }
}

/// Seconds, energy, pieces and spells.
fn four(values: &[f64]) -> Result<[f64; 4], String> {
    let sound = <[f64; 4]>::try_from(values).ok().filter(|v| v[0] > 0.0 && v.iter().all(|x| x.is_finite()));
    sound.ok_or_else(|| format!("its {} values are no seconds, energy, pieces and spells", values.len()))
}

/// Only while producing and setting up does the product matter.
fn key(state: MachineState, product: Option<ProductId>) -> (MachineState, Option<ProductId>) {
    (state, product.filter(|_| matches!(state, MachineState::Producing | MachineState::SetUp)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plant::MachineId;

    const MADE: MachineState = MachineState::Producing;

    fn m(minutes: i64) -> Instant {
        Instant::from_seconds(60 * minutes)
    }

    fn frozen(state: MachineState, product: Option<ProductId>, used: Instant) -> Frozen {
        let (learned, values) = (Window { from: m(0), to: m(240) }, Some([14_400.0, 24.0, 240.0, 1.0].as_slice().into()));
        let (machine, about, at) = (MachineId(0), About::Energy(state, product), learned.to);
        Frozen { machine, about, version: 1, at, used, learned, channels: Vec::new(), values }
    }

    #[test]
    fn the_pair_that_was_not_met_for_longest_makes_room_and_states_stay() {
        let mut usage = Usage::default();
        let mut recall =
            |state, product, used| usage.recall((state, product), &frozen(state, product, used)).expect("sound values");
        assert!(recall(MachineState::Off, None, m(240)), "met before all others");
        for product in 0..100 {
            assert!(recall(MADE, Some(ProductId(product)), m(1_000 + i64::from(product))), "{product}");
        }
        assert!(!recall(MADE, Some(ProductId(0)), m(1_000)), "others were met later");
        assert!(recall(MachineState::Standby, None, m(240)), "a state always has room");
        assert_eq!(usage.all().len(), Usage::USUAL_MAX);
        let first = usage.all().iter().filter_map(|u| u.product).map(|p| p.0).min();
        assert_eq!(first, Some(38), "62 products beside two states");
        assert!(usage.usual(MachineState::Off, None).is_some() && usage.usual(MADE, Some(ProductId(99))).is_some());
    }
}
