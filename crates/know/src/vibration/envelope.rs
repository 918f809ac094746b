//! The envelope of a band: impacts of a spoiled bearing ring in some band, and their beat is in its envelope (R. B. Randall and J. Antoni,
//! Mechanical Systems and Signal Processing 25(2), 2011).
//!
//! Enters: samples, their rate, a band. Leaves: the squared envelope and its spectrum. Absent: which band to take, but for [`loudest_band`].

use super::fourier::{Way, transform};
use super::{Spectrum, centred};

/// Narrowest band that is tried [Hz].
const BAND_MIN_HZ: f64 = 300.0;
/// Halvings of the range in search of a band.
const DEPTH: u32 = 4;

/// The squared envelope of samples in a band.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Envelope {
    /// Squared envelope by sample, in the samples' unit squared.
    pub squares: Vec<f64>,
    rate_hz: f64,
}

impl Envelope {
    /// Of samples at a rate [Hz], from one frequency up to another [Hz]: the analytic signal of the band.
    pub fn of(samples: &[f64], rate_hz: f64, (from_hz, to_hz): (f64, f64)) -> Self {
        Self::in_band(&analysed(samples), rate_hz, (from_hz, to_hz), samples.len().min(super::SAMPLES_MAX))
    }
    fn in_band((re, im): &(Vec<f64>, Vec<f64>), rate_hz: f64, (from_hz, to_hz): (f64, f64), kept: usize) -> Self {
        let size = re.len();
        let inside = |k: usize| k < size / 2 && (from_hz..to_hz).contains(&(k as f64 * rate_hz / size as f64));
        let only = |x: &Vec<f64>| x.iter().enumerate().map(|(k, x)| if inside(k) { 2.0 * x } else { 0.0 }).collect::<Vec<f64>>();
        let (mut re, mut im) = (only(re), only(im));
        transform(&mut re, &mut im, Way::Back);
        let squares = re.iter().zip(&im).take(kept).map(|(a, b)| a * a + b * b).collect();
        Self { squares, rate_hz }
    }
    /// Spectrum of the squared envelope.
    pub fn spectrum(&self) -> Spectrum {
        Spectrum::of(&self.squares, self.rate_hz)
    }
    /// Spectral kurtosis of the band: fourth moment of the envelope over the square of its second, less 2; 0 for steady noise.
    pub fn kurtosis(&self) -> f64 {
        let n = self.squares.len().max(1) as f64;
        let (second, fourth) = self.squares.iter().fold((0.0, 0.0), |(s, q), x| (s + x / n, q + x * x / n));
        if second > 0.0 { fourth / (second * second) - 2.0 } else { 0.0 }
    }
}

/// The band with the most impulsive envelope [Hz] among halves, quarters and so on of the range (J. Antoni's fast kurtogram, Mechanical
/// Systems and Signal Processing 21(1), 2007, without its thirds).
pub fn loudest_band(samples: &[f64], rate_hz: f64) -> (f64, f64) {
    let (spectrum, half) = (analysed(samples), 0.5 * rate_hz);
    let kept = samples.len().min(super::SAMPLES_MAX);
    let bands = (0..=DEPTH).flat_map(|depth| {
        let width = half / f64::from(1_u32 << depth);
        (0..1_u32 << depth).map(move |i| (width * f64::from(i), width * f64::from(i + 1)))
    });
    let bands = bands.filter(|(from, to)| *from == 0.0 && *to == half || to - from >= BAND_MIN_HZ);
    let of = |band: (f64, f64)| (band, Envelope::in_band(&spectrum, rate_hz, band, kept).kurtosis());
    bands.map(of).max_by(|a, b| a.1.total_cmp(&b.1)).map_or((0.0, half), |(band, _)| band)
}

/// The transform of samples filled up with zeros to a power of two.
fn analysed(samples: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut re = centred(samples);
    re.resize(re.len().next_power_of_two().max(2), 0.0);
    let mut im = vec![0.0; re.len()];
    transform(&mut re, &mut im, Way::Forth);
    (re, im)
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;
    use std::f64::consts::PI;

    const RATE: f64 = 12_000.0;

    /// Impacts so many times a second that ring at 3.2 kHz, in noise.
    fn impacts(beat_hz: f64, loud: f64) -> Vec<f64> {
        let mut chance = Chance::seeded(11);
        let one = |i: usize| {
            let since = (i as f64 / RATE) % (1.0 / beat_hz);
            loud * (-since * 900.0).exp() * (2.0 * PI * 3_200.0 * since).sin()
        };
        (0..8_192).map(|i| one(i) + 0.4 * chance.normal()).collect()
    }

    #[test]
    fn the_beat_of_impacts_stands_out_in_the_envelope_of_the_loudest_band() {
        let samples = impacts(107.0, 4.0);
        let band = loudest_band(&samples, RATE);
        assert!(band.0 <= 3_200.0 && band.1 >= 3_200.0, "{band:?}");
        let spectrum = Envelope::of(&samples, RATE, band).spectrum();
        assert!(spectrum.prominence(107.0, 3.0) > 50.0);
        assert!(spectrum.prominence(162.0, 3.0) < 10.0, "where no beat is");
    }

    #[test]
    fn a_steady_tone_has_a_flat_envelope_and_noise_none_that_is_impulsive() {
        let tone: Vec<f64> = (0..4_096).map(|i| (2.0 * PI * 1_500.0 * i as f64 / RATE).sin()).collect();
        let envelope = Envelope::of(&tone, RATE, (1_000.0, 2_000.0));
        assert!(envelope.squares[500..3_500].iter().all(|x| (x - 1.0).abs() < 0.05));
        let kurtosis = Envelope::of(&impacts(107.0, 0.0), RATE, (0.0, 6_000.0)).kurtosis();
        assert!(kurtosis.abs() < 0.3, "{kurtosis}");
    }

    #[test]
    fn too_little_to_look_at_gives_nothing_wild() {
        for samples in [vec![], vec![1.0], vec![f64::NAN; 64], vec![0.0; 64]] {
            let band = loudest_band(&samples, RATE);
            assert!(band.0 < band.1 && Envelope::of(&samples, RATE, band).kurtosis().is_finite());
        }
    }
}
