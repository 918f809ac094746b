//! The chamber furnace: batches, temperature in standby, and the time it takes to come back.
//!
//! Source: lumped heat balance of a furnace chamber with one time constant (Incropera et al., Fundamentals of Heat and Mass
//! Transfer, ch. 5); hardening of steel parts at about 850 °C.

use measure::Span;

/// How a furnace works.
#[derive(Debug, PartialEq)]
pub struct Furnace {
    /// Lots in one batch, at most.
    pub lots: usize,
    /// Heating, soaking and quenching of a batch [s].
    pub batch_s: f64,
    /// Taking one lot out [s].
    pub unload_s: f64,
}

/// Temperature at work [Cel].
pub const WORK: f64 = 850.0;
/// Temperature towards which a furnace in standby falls [Cel].
const SET_BACK: f64 = 400.0;
/// Time constant of the cooling chamber [s].
const COOLING_S: f64 = 5.0 * 3_600.0;

impl Furnace {
    /// The chamber furnace of the workshop.
    pub const CHAMBER: Self = Self { lots: 4, batch_s: 100.0 * 60.0, unload_s: 120.0 };
}

/// Temperature after a time in standby [Cel].
pub fn cooled(from: f64, standby: Span) -> f64 {
    SET_BACK + (from - SET_BACK) * (-standby.seconds() / COOLING_S).exp()
}

/// Time to come back to work temperature: the stated warm-up is that from the set-back temperature; never below a twelfth.
pub fn heat_up(stated: Span, temperature: f64) -> Span {
    let gap = ((WORK - temperature) / (WORK - SET_BACK)).clamp(1.0 / 12.0, 1.0);
    Span::from_seconds_f64(stated.seconds() * gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_in_standby_costs_most_of_an_hour() {
        let night = cooled(WORK, Span::from_hours(8));
        assert!((450.0..550.0).contains(&night), "{night}");
        let back = heat_up(Span::from_minutes(60), night).minutes();
        assert!((40.0..60.0).contains(&back), "{back}");
        assert!((heat_up(Span::from_minutes(60), WORK).minutes() - 5.0).abs() < 0.01);
    }
}
