//! What wear and speed do to pieces: probability of scrap, deviation from nominal.
//!
//! Source of the shape: flank wear grows faster towards the end of life and carries the dimension with it (ISO 3685;
//! Astakhov, Tribology of Metal Cutting, Elsevier 2006); scrap follows as the share of pieces beyond tolerance.

/// Share of spoilt pieces that the machine's own probe finds at once [1]; the rest is found at inspection.
pub const CAUGHT: f64 = 0.7;
/// Scrap that a tool at the end of its nominal life adds at nominal speed [1].
const SCRAP_AT_END: f64 = 0.085;

/// Probability that a piece is spoilt [1].
pub fn scrap(base: f64, tool_wear: f64, speed: f64) -> f64 {
    let worn = SCRAP_AT_END * tool_wear.max(0.0).powi(5);
    ((base + worn) * speed.powi(2)).clamp(0.0, 0.5)
}

/// Mean deviation of a piece from nominal as a share of its tolerance [1]; single pieces scatter by [`SCATTER`].
pub fn deviation(tool_wear: f64, speed: f64) -> f64 {
    0.12 + 0.55 * tool_wear.max(0.0).powi(2) + 0.25 * (speed - 1.0).max(0.0)
}

/// Standard deviation of the deviation of single pieces [1].
pub const SCATTER: f64 = 0.07;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wear_and_speed_spoil_pieces() {
        assert!(scrap(0.01, 0.3, 1.0) < 0.011);
        assert!(scrap(0.01, 1.1, 1.0) > 0.1);
        assert!(scrap(0.01, 0.5, 1.2) > scrap(0.01, 0.5, 1.0));
        assert!(deviation(1.0, 1.0) > 0.6 && deviation(0.0, 1.0) < 0.2);
    }
}
