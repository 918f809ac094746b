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
//! verdicts. Bounded: [`Usage::USUAL_MAX`] pairs of state and product; what comes beyond is counted and not judged.
//!
//! A baseline that went on learning would take a lasting waste for usual, so it is frozen under a version (see [`super::standing`]), and
//! learned anew only when somebody says so.

use super::log::Log;
use super::standing::{Counted, Progress};
use measure::{Instant, Span};
use plant::{About, MachineState, ProductId, Window};

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
    /// Enough was seen; it changes no more.
    pub frozen: bool,
}

impl Usual {
    const fn new((state, product): (MachineState, Option<ProductId>), from: Instant) -> Self {
        let learned = Window { from, to: from };
        Self { state, product, seconds: 0.0, kwh: 0.0, pieces: 0.0, spells: 0.0, learned, frozen: false }
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
    /// Clips of states and products beyond the bound.
    beyond: u64,
}

impl Default for Usage {
    fn default() -> Self {
        Self { usual: Vec::new(), learned_to: Instant::MIN, beyond: 0 }
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
            let (state, product) = key(slice.tags.state, slice.tags.product);
            let place = self.usual.iter().position(|u| (u.state, u.product) == (state, product));
            let usual = match place {
                Some(place) => &mut self.usual[place],
                None if self.usual.len() < Self::USUAL_MAX => {
                    self.usual.push(Usual::new((state, product), clip.from));
                    let last = self.usual.len() - 1;
                    &mut self.usual[last]
                }
                None => {
                    self.beyond += 1;
                    continue;
                }
            };
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
    /// Clips that found no room.
    pub const fn beyond(&self) -> u64 {
        self.beyond
    }
    /// Forgets what was usual and learns from `now` on: somebody agreed that the machine is another one now.
    pub fn relearn(&mut self, now: Instant) {
        self.usual.iter_mut().for_each(|usual| *usual = Usual::new((usual.state, usual.product), now));
        (self.learned_to, self.beyond) = (now, 0);
    }
    /// How far each pair of state and product is.
    pub fn standings(&self) -> impl Iterator<Item = (About, Progress)> {
        self.usual.iter().map(|usual| (About::Energy(usual.state, usual.product), usual.progress()))
    }
    /// What is frozen of a pair: seconds, energy [kW.h], pieces and spells.
    pub fn values(&self, state: MachineState, product: Option<ProductId>) -> Option<[f64; 4]> {
        self.usual(state, product).map(|usual| [usual.seconds, usual.kwh, usual.pieces, usual.spells])
    }
    /// Puts a pair back; without values it is learned anew, from the beginning of `learned` on.
    ///
    /// # Errors
    /// There is no room for a further pair, or the values are none of a pair.
    pub fn recall(
        &mut self,
        (state, product): (MachineState, Option<ProductId>),
        values: Option<&[f64]>,
        learned: Window,
    ) -> Result<(), String> {
        let pair = key(state, product);
        if self.usual.len() >= Self::USUAL_MAX {
            return Err(format!("a machine has at most {} pairs of state and product", Self::USUAL_MAX));
        }
        let mut usual = Usual { learned, ..Usual::new(pair, learned.from) };
        if let Some(values) = values {
            let [seconds, kwh, pieces, spells] = four(values)?;
            usual = Usual { seconds, kwh, pieces, spells, frozen: true, ..usual };
        }
        self.usual.push(usual);
        Ok(())
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
