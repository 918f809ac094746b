//! Tool wear by Taylor's equation, and what a blunt tool does to the drive.
//!
//! Wear is the share of the tool set's nominal life used up: 0 sharp, 1 at the end of its life. Source: F. W. Taylor, On the
//! Art of Cutting Metals, Trans. ASME 28, 1907: v·T^n = C; n = 0.25 for carbide (ISO 3685).

use measure::Chance;

/// Life of a tool set at nominal speed [s of cutting]; a magazine of sister tools, so longer than that of one edge.
pub const LIFE_S: f64 = 34.0 * 3_600.0;
/// Taylor's exponent n of carbide [1].
const TAYLOR: f64 = 0.25;
/// Planned count at which a workshop without wear data changes tools, as a share of the nominal life: far too late.
pub const COUNT_LIMIT: f64 = 1.05;
/// Drive load of a sharp tool at nominal speed [% of rated].
const LOAD_SHARP: f64 = 54.0;
/// Growth of the cutting force over the nominal life [1]; Choudhury and Kishore, Int. J. Mach. Tools Manuf. 40, 2000.
const FORCE_GROWTH: f64 = 0.42;

/// A tool set in a machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tool {
    /// Wear [share of life].
    pub wear: f64,
    /// Cutting time, which is what a counter knows [s].
    pub cut_s: f64,
    /// How well it was made: its life relative to nominal [1].
    pub make: f64,
    /// Wear at which it breaks [share of life].
    pub breaks_at: f64,
}

impl Tool {
    /// A new tool set; `luck` is its own.
    pub fn new(mut luck: Chance) -> Self {
        let make = luck.log_normal(1.0, 0.16).clamp(0.6, 1.6);
        let breaks_at = (1.18 + 0.07 * luck.normal()).clamp(1.0, 1.4);
        Self { wear: 0.0, cut_s: 0.0, make, breaks_at }
    }
    /// Wear of some seconds of cutting at a speed factor [share of life].
    pub fn wear_of(&self, seconds: f64, speed: f64) -> f64 {
        seconds / (LIFE_S * self.make) * speed.powf(1.0 / TAYLOR)
    }
    /// Cutting force relative to a sharp tool [1].
    pub fn force(&self) -> f64 {
        1.0 + FORCE_GROWTH * self.wear.max(0.0).powf(1.5)
    }
    /// Drive load while cutting [% of rated].
    pub fn load(&self, speed: f64) -> f64 {
        LOAD_SHARP * speed.powf(0.8) * self.force()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_more_speed_halves_the_life() {
        let tool = Tool::new(Chance::seeded(1));
        let ratio = tool.wear_of(60.0, 1.2) / tool.wear_of(60.0, 1.0);
        assert!((ratio - 1.2_f64.powi(4)).abs() < 1e-9 && ratio > 2.0, "{ratio}");
    }

    #[test]
    fn load_rises_with_wear_and_stays_below_rated() {
        let mut tool = Tool::new(Chance::seeded(1));
        let sharp = tool.load(1.0);
        tool.wear = 1.0;
        assert!(tool.load(1.0) > 1.35 * sharp);
        tool.wear = 1.4;
        assert!(tool.load(1.2) < 120.0);
    }
}
