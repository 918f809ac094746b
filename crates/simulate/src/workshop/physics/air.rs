//! The compressed air network: flow, pressure, leaks, and what the compressor draws for it.
//!
//! Source: US DOE, Improving Compressed Air System Performance, 3rd ed. 2016: leaks of 20–30 % of the flow are common;
//! specific power of screw compressors at 7 bar 6–7 kW/(m3/min); flow through leaks follows the pressure.

/// Flow the compressor can deliver [m3/min].
pub const CAPACITY: f64 = 6.0;
/// Power of the running compressor without delivery [W].
const BASE_W: f64 = 2_000.0;
/// Added power per flow [W/(m3/min)].
const SPECIFIC_W: f64 = 6_100.0;
/// The old machine that takes over while the compressor is down draws this much more [1].
const RESERVE_FACTOR: f64 = 1.4;
/// Set pressure [bar above atmosphere].
const PRESSURE_SET: f64 = 7.2;
/// Pressure lost at full flow [bar].
const PRESSURE_DROP: f64 = 1.3;
/// Density of air as sold, 20 °C and 1 bar [kg/m3].
pub const DENSITY: f64 = 1.19;
/// Slow growth of the leaks [1/h].
pub const LEAK_GROWTH_PER_H: f64 = 0.001;
/// Probability that a new leak opens in an hour [1/h].
pub const LEAK_STEP_PER_H: f64 = 1.0 / 30.0;
/// Size of a new leak, lowest and highest [m3/min].
pub const LEAK_STEP: (f64, f64) = (0.12, 0.45);
/// Leaks that a repair cannot reach [m3/min].
pub const LEAK_LEFT: f64 = 0.15;

/// Power for a flow [W].
pub fn power(flow: f64, on_reserve: bool) -> f64 {
    let own = BASE_W + SPECIFIC_W * flow;
    if on_reserve { RESERVE_FACTOR * own } else { own }
}

/// Pressure of the network at a flow [bar]; the reserve holds less.
pub fn pressure(flow: f64, on_reserve: bool) -> f64 {
    let set = if on_reserve { PRESSURE_SET - 0.7 } else { PRESSURE_SET };
    (set - PRESSURE_DROP * (flow / CAPACITY).powi(2)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specific_power_is_that_of_a_screw_compressor() {
        for flow in [2.5, 3.5, 5.0] {
            let specific = power(flow, false) / flow / 1_000.0;
            assert!((6.0..7.0).contains(&specific), "{specific} kW/(m3/min) at {flow}");
        }
        assert!(pressure(5.0, false) < pressure(2.0, false));
        assert!(power(3.0, true) > power(3.0, false));
    }
}
