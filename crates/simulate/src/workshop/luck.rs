//! Luck by name: every random thing has a name, so two runs that differ in one decision keep the same luck everywhere else
//! (common random numbers; Law, Simulation Modeling and Analysis, ch. 11).
//!
//! Enters: the seed and names. Leaves: streams of draws. Absent: any state, so nothing depends on who asked first.

use measure::Chance;

/// What is drawn; the first part of every name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// Orders of a group and day.
    Demand,
    /// Wear at the start, by machine.
    Start,
    /// Cycle time of the k-th piece of an operation of an order.
    Cycle,
    /// Whether that piece is spoilt, and whether that is seen.
    Quality,
    /// Deviation of that piece.
    Deviation,
    /// Life of the n-th tool of a machine.
    Tool,
    /// Life of the n-th bearing of a machine.
    Bearing,
    /// Repair of the n-th tool or bearing of a machine.
    Repair,
    /// Planned replacement of the n-th tool or bearing of a machine.
    Service,
    /// Set-up of an order at a machine.
    SetUp,
    /// Warm-up of a machine, by hour.
    WarmUp,
    /// Noise of a machine's instruments, by instant.
    Noise,
    /// Leaks, by hour since the start.
    Leak,
    /// Whether that piece is fed wrongly, where a fault makes it so.
    Misfeed,
}

/// The luck of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Luck(Chance);

impl Luck {
    /// Of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(Chance::seeded(seed))
    }
    /// The stream of a name of at most four numbers; further ones are left out.
    pub fn of(self, draw: Draw, names: &[u64]) -> Chance {
        let mut full = [draw as u64; 5];
        let taken = names.len().min(4);
        full[1..=taken].copy_from_slice(&names[..taken]);
        self.0.branch(&full[..=taken])
    }
}

/// A cheap bell-shaped draw with standard deviation 1, bounded by about 2.45 (sum of two uniforms).
pub fn bell(chance: &mut Chance) -> f64 {
    let bits = chance.bits();
    let (low, high) = ((bits & 0xFFFF_FFFF) as f64, (bits >> 32) as f64);
    ((low + high) / 4_294_967_296.0 - 1.0) * 6.0_f64.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_part_the_streams() {
        let luck = Luck::new(5);
        let first = |draw, names: &[u64]| luck.of(draw, names).bits();
        assert_eq!(first(Draw::Cycle, &[1, 2, 3]), first(Draw::Cycle, &[1, 2, 3]));
        assert_ne!(first(Draw::Cycle, &[1, 2, 3]), first(Draw::Quality, &[1, 2, 3]));
        assert_ne!(first(Draw::Cycle, &[1, 2, 3]), first(Draw::Cycle, &[1, 3, 2]));
    }

    #[test]
    fn the_bell_has_unit_spread() {
        let mut chance = Chance::seeded(2);
        let n = 50_000;
        let squares: f64 = (0..n).map(|_| bell(&mut chance).powi(2)).sum();
        assert!((squares / f64::from(n) - 1.0).abs() < 0.02);
    }
}
