//! Where a rolling bearing tells of its faults: orders of the shaft's speed, from its geometry.
//!
//! Enters: balls and sizes. Leaves: orders (multiples of the shaft's speed), and how far their lines stand out in an envelope. Absent: slip,
//! which shifts lines by a percent or two and is allowed for as a tolerance.

use super::Spectrum;

/// Harmonics that are looked for.
const HARMONICS: u32 = 4;
/// How far slip and speed may shift a line [1].
const TOLERANCE: f64 = 0.02;

/// Geometry of a rolling bearing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bearing {
    /// Number of balls or rollers.
    pub balls: f64,
    /// Their diameter [mm].
    pub ball_mm: f64,
    /// Diameter of the circle of their centres [mm].
    pub pitch_mm: f64,
    /// Contact angle [rad].
    pub contact_rad: f64,
}

/// Multiples of the shaft's speed at which faults beat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Orders {
    /// A spot on the outer race (BPFO).
    pub outer: f64,
    /// A spot on the inner race (BPFI).
    pub inner: f64,
    /// A spot on a ball, which strikes both races (2 BSF).
    pub ball: f64,
    /// The cage (FTF).
    pub cage: f64,
}

impl Bearing {
    /// Orders without slip, the outer race standing (T. A. Harris, Rolling Bearing Analysis).
    pub fn orders(&self) -> Orders {
        let ratio = self.ball_mm / self.pitch_mm * self.contact_rad.cos();
        Orders {
            outer: 0.5 * self.balls * (1.0 - ratio),
            inner: 0.5 * self.balls * (1.0 + ratio),
            ball: self.pitch_mm / self.ball_mm * (1.0 - ratio * ratio),
            cage: 0.5 * (1.0 - ratio),
        }
    }
}

impl Orders {
    /// How far the lines of the outer race, the inner race and the balls stand out in the spectrum of an envelope at a shaft speed [Hz]:
    /// the mean logarithm of the prominence of the first harmonics.
    pub fn lines(&self, envelope: &Spectrum, shaft_hz: f64) -> [f64; 3] {
        [self.outer, self.inner, self.ball].map(|order| {
            let line = |k: u32| {
                let hz = order * shaft_hz * f64::from(k);
                envelope.prominence(hz, (TOLERANCE * hz).max(envelope.bin_hz)).max(1e-3).log10()
            };
            (1..=HARMONICS).map(line).sum::<f64>() / f64::from(HARMONICS)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orders_of_a_6205_are_those_of_its_data_sheet() {
        let orders = Bearing { balls: 9.0, ball_mm: 7.94, pitch_mm: 39.04, contact_rad: 0.0 }.orders();
        // Case Western Reserve University, bearing information, drive end: 3.5848, 5.4152, 4.7135, 0.39828.
        let told = [(orders.outer, 3.5848), (orders.inner, 5.4152), (orders.ball, 4.7135), (orders.cage, 0.39828)];
        assert!(told.iter().all(|(ours, theirs)| (ours / theirs - 1.0).abs() < 2e-3), "{told:?}");
    }

    #[test]
    fn the_fault_that_beats_has_the_highest_lines() {
        let orders = Bearing { balls: 9.0, ball_mm: 7.94, pitch_mm: 39.04, contact_rad: 0.0 }.orders();
        let shaft_hz = 29.5;
        let beat = |order: f64| -> Vec<f64> {
            let period = 1.0 / (order * shaft_hz);
            let noise = |i: usize| (i * 7_919 % 101) as f64 / 101.0;
            (0..8_192).map(|i| (-((i as f64 / 12_000.0) % period) * 800.0).exp() + 0.1 * noise(i)).collect()
        };
        for (place, order) in [orders.outer, orders.inner, orders.ball].into_iter().enumerate() {
            let lines = orders.lines(&Spectrum::of(&beat(order), 12_000.0), shaft_hz);
            assert!((0..3).all(|i| i == place || lines[i] < lines[place] - 0.5), "{place}: {lines:?}");
        }
    }
}
