//! The figures by which two arms are compared.

use super::arm::Arm;

/// What an arm achieved.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scale {
    /// Overall equipment effectiveness of the machines that make pieces [1].
    pub oee: f64,
    /// Good pieces that left the house.
    pub good: f64,
    /// Energy per good piece [W.h].
    pub energy_wh_per_good: f64,
    /// Unplanned stops.
    pub stops: f64,
    /// Orders past their due date.
    pub late: f64,
}

/// Weighs an arm by the truth.
pub fn scale(arm: &Arm) -> Scale {
    let truth = &arm.truth;
    Scale {
        oee: truth.oee().unwrap_or(0.0),
        good: truth.delivered() as f64,
        energy_wh_per_good: truth.energy_wh_per_good().unwrap_or(f64::INFINITY),
        stops: f64::from(truth.stops()),
        late: truth.late.len() as f64,
    }
}
