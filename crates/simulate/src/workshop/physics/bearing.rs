//! Bearing wear, the vibration that shows it, and the wear at which it fails.
//!
//! Wear counts from the onset of damage (0) to the boundary of zone D (1): the potential-to-functional-failure interval of
//! reliability-centred maintenance (Moubray, RCM II, 1997). Sources: ISO 20816-3 / ISO 10816-3, group 1 on rigid supports:
//! zones A/B 2.3, B/C 4.5, C/D 7.1 mm/s rms; growth near exponential (Gebraeel et al., IIE Transactions 37, 2005); life
//! falls with speed at constant load as L10h ~ 1/speed (ISO 281), here with the dynamic share of the load as speed squared.

use measure::Chance;

/// Operating time from the onset of damage to zone D at nominal speed [s].
pub const LIFE_S: f64 = 125.0 * 3_600.0;
/// Vibration at the onset of damage at nominal speed [mm/s rms].
const VIBRATION_NEW: f64 = 1.5;
/// Vibration at the boundary of zone D [mm/s rms].
pub const ZONE_D: f64 = 7.1;
/// Speed exponent of wear [1].
const SPEED_EXPONENT: f64 = 2.0;

/// A bearing in a machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bearing {
    /// Wear; 1 is the boundary of zone D [1].
    pub wear: f64,
    /// How well it was made: its life relative to nominal [1].
    pub make: f64,
    /// Wear at which it fails [1].
    pub fails_at: f64,
}

impl Bearing {
    /// A new bearing; `luck` is its own.
    pub fn new(mut luck: Chance) -> Self {
        let make = luck.log_normal(1.0, 0.15).clamp(0.6, 1.6);
        // Weibull above zone D: likely soon, never certain, now and then a little before.
        let fails_at = 0.985 + luck.weibull(0.07, 1.8).min(0.25);
        Self { wear: 0.0, make, fails_at }
    }
    /// Wear of some seconds of operation at a speed factor [1].
    pub fn wear_of(&self, seconds: f64, speed: f64) -> f64 {
        seconds / (LIFE_S * self.make) * speed.powf(SPEED_EXPONENT)
    }
    /// Vibration velocity while running [mm/s rms].
    pub fn vibration(&self, speed: f64) -> f64 {
        VIBRATION_NEW * (ZONE_D / VIBRATION_NEW).powf(self.wear.max(0.0).powi(2)) * speed.powf(0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vibration_reaches_zone_d_at_wear_one_and_shows_it_hours_ahead() {
        let mut bearing = Bearing::new(Chance::seeded(3));
        bearing.wear = 1.0;
        assert!((bearing.vibration(1.0) - ZONE_D).abs() < 1e-9);
        bearing.wear -= 10.0 * 3_600.0 / LIFE_S;
        assert!((4.5..6.2).contains(&bearing.vibration(1.0)), "ten hours before: {}", bearing.vibration(1.0));
    }

    #[test]
    fn failure_lies_around_zone_d() {
        let at: Vec<f64> = (0..200).map(|n| Bearing::new(Chance::seeded(n)).fails_at).collect();
        let mean = at.iter().sum::<f64>() / 200.0;
        assert!((1.02..1.08).contains(&mean), "{mean}");
        assert!(at.iter().all(|a| (0.985..1.25).contains(a)));
    }
}
