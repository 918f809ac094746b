//! Demand that comes now and then: sizes and gaps smoothed apart.
//!
//! ```text
//! demand      0  3  0  0  5        Croston: size / gap, both smoothed where there is demand (J. D. Croston, 1972)
//! gap            2        3        SBA:     the same times 1 - a/2, free of its bias (A. A. Syntetos and J. E. Boylan, 2005)
//!                                  TSB:     size · probability, smoothed at every step (R. H. Teunter, A. A. Syntetos, M. Z. Babai, 2011)
//! ```
//!
//! Enters: a history, NaN where a step is not known. Leaves: the mean demand a step, the same for all steps ahead. Absent: seasons, trends.

/// Weights tried for sizes and gaps.
const WEIGHTS: [f64; 5] = [0.02, 0.05, 0.1, 0.2, 0.3];

/// What is made of sizes and gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Size by gap.
    Croston,
    /// Size by gap, free of bias.
    Sba,
    /// Size by probability: falls while nothing is wanted, so that what goes out of use is seen.
    Tsb,
}

/// Sizes and gaps so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Intermittent {
    kind: Kind,
    /// Weight of a size, and of a gap or probability [1].
    weights: (f64, f64),
    size: f64,
    /// Steps from demand to demand; of TSB the probability of demand in a step [1].
    gap: f64,
    /// Steps since the last demand, this one included.
    since: f64,
    seen: bool,
}

impl Intermittent {
    /// Nothing seen yet.
    pub const fn new(kind: Kind, weights: (f64, f64)) -> Self {
        Self { kind, weights, size: 0.0, gap: 0.0, since: 0.0, seen: false }
    }
    /// One that has seen a history, with the weights that would have foretold it best, step by step.
    pub fn fit(kind: Kind, history: &[f64]) -> Self {
        let gaps: &[f64] = if kind == Kind::Tsb { &WEIGHTS } else { &[f64::NAN] };
        let pairs = WEIGHTS.iter().flat_map(|a| gaps.iter().map(move |b| (*a, if b.is_nan() { *a } else { *b })));
        let tried = pairs.map(|weights| {
            let mut fresh = Self::new(kind, weights);
            let error: f64 = history.iter().map(|x| fresh.step(*x)).filter(|e| e.is_finite()).map(|e| e * e).sum();
            (error, fresh)
        });
        tried.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(Self::new(kind, (0.1, 0.1)), |(_, best)| best)
    }
    /// Takes a step; returns what was off, NaN where nothing was foretold or nothing is known.
    pub fn step(&mut self, x: f64) -> f64 {
        if !x.is_finite() {
            return f64::NAN;
        }
        let off = if self.seen { x - self.rate() } else { f64::NAN };
        self.since += 1.0;
        let wanted = x > 0.0;
        match (self.seen, wanted) {
            (false, false) => return off,
            (false, true) => {
                self.seen = true;
                self.size = x;
                self.gap = if self.kind == Kind::Tsb { 1.0 / self.since } else { self.since };
            }
            (true, _) => {
                let (size, gap) = self.weights;
                if wanted {
                    self.size += size * (x - self.size);
                }
                if self.kind == Kind::Tsb {
                    self.gap += gap * (f64::from(u8::from(wanted)) - self.gap);
                } else if wanted {
                    self.gap += gap * (self.since - self.gap);
                }
            }
        }
        if wanted {
            self.since = 0.0;
        }
        off
    }
    /// Mean demand a step.
    pub fn rate(&self) -> f64 {
        match self.kind {
            _ if !self.seen => 0.0,
            Kind::Croston => self.size / self.gap,
            Kind::Sba => (1.0 - self.weights.1 / 2.0) * self.size / self.gap,
            Kind::Tsb => self.size * self.gap,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand, weights 0.1: first demand 3 after 2 steps; then 5 after 3: size 3.2, gap 2.1; then 2 after 1: size 3.08, gap 1.99.
    /// TSB: probability 1/2, then 0.45, 0.405, 0.4645, 0.51805; size alike.
    const DEMAND: [f64; 6] = [0.0, 3.0, 0.0, 0.0, 5.0, 2.0];

    #[test]
    fn tables_by_hand() {
        let table = [
            (Kind::Croston, [0.0, 3.0 / 2.0, 1.5, 1.5, 3.2 / 2.1, 3.08 / 1.99]),
            (Kind::Sba, [0.0, 1.425, 1.425, 1.425, 0.95 * 3.2 / 2.1, 0.95 * 3.08 / 1.99]),
            (Kind::Tsb, [0.0, 1.5, 1.35, 1.215, 3.2 * 0.4645, 3.08 * 0.51805]),
        ];
        for (kind, rates) in table {
            let mut model = Intermittent::new(kind, (0.1, 0.1));
            for (step, (x, rate)) in DEMAND.iter().zip(rates).enumerate() {
                model.step(*x);
                assert!((model.rate() - rate).abs() < 1e-12, "{kind:?} after step {step}: {} for {rate}", model.rate());
            }
        }
    }

    #[test]
    fn what_is_not_known_is_no_demand_and_no_gap() {
        let mut with = Intermittent::new(Kind::Croston, (0.1, 0.1));
        let mut without = with;
        for x in DEMAND {
            with.step(x);
            assert!(with.step(f64::NAN).is_nan());
            without.step(x);
        }
        assert_eq!(with, without);
    }

    #[test]
    fn what_goes_out_of_use_falls_under_tsb_only_and_nothing_wanted_foretells_nothing() {
        let mut history = vec![4.0; 20];
        history.extend([0.0; 60]);
        let rate = |kind| Intermittent::fit(kind, &history).rate();
        assert!(rate(Kind::Tsb) < 0.1 && rate(Kind::Croston) > 3.0, "{} {}", rate(Kind::Tsb), rate(Kind::Croston));
        assert_eq!(Intermittent::fit(Kind::Sba, &[0.0; 30]).rate(), 0.0);
        assert_eq!(Intermittent::fit(Kind::Sba, &[]).rate(), 0.0);
    }
}
