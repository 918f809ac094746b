//! How the mean square of samples spreads over frequencies.
//!
//! Enters: samples, their rate. Leaves: mean square a bin, a band, and how far a line stands out. Absent: phases.

use super::centred;
use super::fourier::{Way, transform};
use std::f64::consts::PI;

/// Bins on either side that a line is compared with.
const NEIGHBOURS: usize = 12;

/// One-sided spectrum.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spectrum {
    /// Width of a bin [Hz].
    pub bin_hz: f64,
    /// Mean square by bin, in the samples' unit squared; all bins together are the mean square of the samples about their mean.
    pub power: Vec<f64>,
}

impl Spectrum {
    /// Of samples at a rate [Hz], through a Hann window, filled up with zeros to a power of two.
    pub fn of(samples: &[f64], rate_hz: f64) -> Self {
        let mut re = centred(samples);
        let n = re.len();
        if n < 8 {
            return Self::default();
        }
        let window = |i: usize| 0.5 - 0.5 * (2.0 * PI * (i as f64 + 0.5) / n as f64).cos();
        re.iter_mut().enumerate().for_each(|(i, x)| *x *= window(i));
        let size = n.next_power_of_two();
        re.resize(size, 0.0);
        let mut im = vec![0.0; size];
        transform(&mut re, &mut im, Way::Forth);
        // Mean square of a Hann window: 3 / 8.
        let whole = 0.375 * n as f64 * size as f64;
        let fold = |k: usize| if k == 0 || k == size / 2 { 1.0 } else { 2.0 };
        let power = (0..=size / 2).map(|k| fold(k) * (re[k] * re[k] + im[k] * im[k]) / whole).collect();
        Self { bin_hz: rate_hz / size as f64, power }
    }
    /// Mean square of the bins from one frequency up to another [Hz].
    pub fn band(&self, from_hz: f64, to_hz: f64) -> f64 {
        let inside = |k: &usize| (from_hz..to_hz).contains(&(*k as f64 * self.bin_hz));
        (0..self.power.len()).filter(inside).map(|k| self.power[k]).sum()
    }
    /// How many times the median of its neighbours the highest bin within a tolerance [Hz] of a line is; 1 where there is none.
    pub fn prominence(&self, line_hz: f64, tolerance_hz: f64) -> f64 {
        let bin = |hz: f64| hz / self.bin_hz;
        let (low, high) = (bin(line_hz - tolerance_hz).floor().max(1.0), bin(line_hz + tolerance_hz).ceil());
        if !(low.is_finite() && high.is_finite()) || high as usize >= self.power.len() {
            return 1.0;
        }
        let (low, high) = (low as usize, high as usize);
        let highest = self.power[low..=high].iter().copied().fold(0.0, f64::max);
        let around = low.saturating_sub(NEIGHBOURS).max(1)..(high + 1 + NEIGHBOURS).min(self.power.len());
        let mut beside: Vec<f64> = around.filter(|k| !(low..=high).contains(k)).map(|k| self.power[k]).collect();
        beside.sort_by(f64::total_cmp);
        match beside.get(beside.len() / 2) {
            Some(median) if *median > 0.0 => highest / median,
            _ => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;

    fn tone(hz: f64, rate: f64, n: usize, noise: f64) -> Vec<f64> {
        let mut chance = Chance::seeded(3);
        (0..n).map(|i| 2.0 * (2.0 * PI * hz * i as f64 / rate).sin() + noise * chance.normal()).collect()
    }

    #[test]
    fn a_tone_is_a_line_of_half_its_amplitude_squared() {
        let spectrum = Spectrum::of(&tone(440.0, 8_000.0, 3_000, 0.0), 8_000.0);
        assert!((spectrum.band(400.0, 480.0) - 2.0).abs() < 0.02, "{}", spectrum.band(400.0, 480.0));
        assert!(spectrum.band(600.0, 4_001.0) < 1e-4);
    }

    #[test]
    fn a_line_stands_out_where_it_is_and_nowhere_else() {
        let spectrum = Spectrum::of(&tone(440.0, 8_000.0, 4_096, 1.0), 8_000.0);
        assert!(spectrum.prominence(441.0, 4.0) > 100.0);
        assert!([900.0, 2_000.0, 3_300.0].iter().all(|hz| spectrum.prominence(*hz, 4.0) < 12.0));
        assert_eq!(spectrum.prominence(5_000.0, 4.0), 1.0, "beyond half the rate there is nothing");
    }

    #[test]
    fn the_whole_is_the_mean_square_also_with_wild_numbers() {
        let mut samples = tone(100.0, 1_000.0, 2_048, 0.5);
        let spectrum = Spectrum::of(&samples, 1_000.0);
        let whole = spectrum.power.iter().sum::<f64>();
        assert!((whole / 2.25 - 1.0).abs() < 0.05, "{whole}");
        samples[7] = f64::NAN;
        samples[9] = f64::INFINITY;
        assert!(Spectrum::of(&samples, 1_000.0).power.iter().all(|p| p.is_finite()));
        assert_eq!(Spectrum::of(&samples[..5], 1_000.0), Spectrum::default());
    }
}
