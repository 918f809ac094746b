//! Vibration as machines tell of their bearings: lines and bands of a spectrum, and the beat of impacts in an envelope.
//!
//! ```text
//! samples ─┬─ spectrum ──> mean square by band, lines
//!          └─ envelope ──> band whose impacts stand out most ──> spectrum of its envelope ──> lines at the orders of a bearing
//! ```
//!
//! Enters: samples of an accelerometer at a steady rate, the shaft's speed, a bearing's geometry. Leaves: figures in the unit of the
//! samples, ratios without one. Absent: limits, machines, time. At most [`SAMPLES_MAX`] samples are looked at; what is not finite counts as 0.

mod bearing;
mod envelope;
mod fourier;
mod spectrum;

pub use bearing::{Bearing, Orders};
pub use envelope::{Envelope, loudest_band};
pub use fourier::{Way, transform};
pub use spectrum::Spectrum;

/// Most samples of a stretch; later ones are left out.
pub const SAMPLES_MAX: usize = 1 << 16;

/// The stretch that is looked at: what is not finite as 0, the mean taken off.
fn centred(samples: &[f64]) -> Vec<f64> {
    let kept = samples.iter().take(SAMPLES_MAX).map(|x| if x.is_finite() { *x } else { 0.0 });
    let mut kept: Vec<f64> = kept.collect();
    let mean = kept.iter().sum::<f64>() / kept.len().max(1) as f64;
    kept.iter_mut().for_each(|x| *x -= mean);
    kept
}
