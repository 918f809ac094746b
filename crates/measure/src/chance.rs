//! Seeded chance as a value: the same seed gives the same draws on every machine, and a named branch of it is independent
//! of how often the trunk was asked. Source: SplitMix64, Steele, Lea, Flood, OOPSLA 2014.

/// A stream of random draws, fully determined by its seed. Cheap to copy, so a world can be cloned mid-run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance {
    state: u64,
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Chance {
    /// A stream from a seed.
    pub const fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }
    /// An independent stream named by numbers (say machine and piece): it does not depend on what was drawn before, so
    /// two runs that differ in one decision keep the same luck everywhere else (common random numbers).
    pub fn branch(&self, names: &[u64]) -> Self {
        let state = names.iter().fold(mix(self.state ^ GOLDEN), |s, n| mix(s ^ mix(n.wrapping_add(GOLDEN))));
        Self { state }
    }
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }
    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
    /// Uniform in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
    /// A whole number below `below`; 0 where `below` is 0.
    pub fn below(&mut self, below: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(below)) >> 64) as u64
    }
    /// True with the given probability.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }
    /// Standard normal (Box–Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
    /// Exponential with the given mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }
    /// Weibull with the given scale and shape.
    pub fn weibull(&mut self, scale: f64, shape: f64) -> f64 {
        scale * (-(1.0 - self.unit()).ln()).powf(1.0 / shape)
    }
    /// Log-normal with the given median and the standard deviation of the logarithm.
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_draws_and_a_branch_ignores_the_trunk() {
        let (mut a, mut b) = (Chance::seeded(7), Chance::seeded(7));
        assert_eq!((0..9).map(|_| a.bits()).collect::<Vec<_>>(), (0..9).map(|_| b.bits()).collect::<Vec<_>>());
        let fresh = Chance::seeded(7);
        assert_eq!(fresh.branch(&[1, 2]).bits(), fresh.branch(&[1, 2]).bits());
        assert_ne!(fresh.branch(&[1, 2]).bits(), fresh.branch(&[2, 1]).bits());
    }

    #[test]
    fn moments_are_right() {
        let mut chance = Chance::seeded(1);
        let n = 100_000;
        let normal: Vec<f64> = (0..n).map(|_| chance.normal()).collect();
        let mean = normal.iter().sum::<f64>() / f64::from(n);
        let variance = normal.iter().map(|x| x * x).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
        let waits = (0..n).map(|_| chance.exponential(3.0)).sum::<f64>() / f64::from(n);
        assert!((waits - 3.0).abs() < 0.05, "{waits}");
    }
}
