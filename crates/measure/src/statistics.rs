//! The few statistics every room needs: running moments, quantiles, exact small-sample intervals, a paired test.

use crate::Estimate;
use crate::estimate::NORMAL_REACH;

/// Count, mean and variance in one pass (B. P. Welford, Technometrics 4(3), 1962).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Takes one more observation; what is not finite is left out.
    pub fn add(&mut self, x: f64) {
        if !x.is_finite() {
            return;
        }
        self.count += 1;
        let before = x - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (x - self.mean);
    }
    /// From [`Self::parts`]; `None` where these are none.
    pub fn from_parts([count, mean, squares]: [f64; 3]) -> Option<Self> {
        let whole = count >= 0.0 && count <= 2_f64.powi(53) && count.fract() == 0.0;
        let is_sound = whole && mean.is_finite() && squares.is_finite() && squares >= 0.0;
        is_sound.then_some(Self { count: count as u64, mean, squares })
    }
    /// Count, mean and sum of squared deviations: all there is to keep.
    pub const fn parts(&self) -> [f64; 3] {
        [self.count as f64, self.mean, self.squares]
    }
    /// Observations taken so far.
    pub const fn count(&self) -> u64 {
        self.count
    }
    /// Arithmetic mean; 0 before the first observation.
    pub const fn mean(&self) -> f64 {
        self.mean
    }
    /// Sample variance (n − 1); 0 below two observations.
    pub fn variance(&self) -> f64 {
        if self.count < 2 { 0.0 } else { self.squares / (self.count - 1) as f64 }
    }
    /// Sample standard deviation.
    pub fn deviation(&self) -> f64 {
        self.variance().sqrt()
    }
    /// The mean with its 90 % interval (Student's t); without two observations the interval has no ends.
    pub fn mean_estimate(&self) -> Estimate {
        if self.count < 2 {
            return Estimate { value: self.mean, low: f64::NEG_INFINITY, high: f64::INFINITY, confidence: 0.9 };
        }
        let reach = student_quantile(0.95, (self.count - 1) as f64) * self.deviation() / (self.count as f64).sqrt();
        Estimate { value: self.mean, low: self.mean - reach, high: self.mean + reach, confidence: 0.9 }
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Self::default();
        values.into_iter().for_each(|x| moments.add(x));
        moments
    }
}

/// Exponentially weighted mean and variance with a fixed weight of the newest observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothed {
    weight: f64,
    mean: f64,
    variance: f64,
    count: u64,
}

impl Smoothed {
    /// `weight` of the newest observation, in (0, 1].
    pub const fn new(weight: f64) -> Self {
        Self { weight, mean: 0.0, variance: 0.0, count: 0 }
    }
    /// Takes one more observation; what is not finite is left out. Until 1/weight observations are in, all weigh the same.
    pub fn add(&mut self, x: f64) {
        if !x.is_finite() {
            return;
        }
        self.count += 1;
        let weight = self.weight.max(1.0 / self.count as f64);
        let step = x - self.mean;
        self.mean += weight * step;
        self.variance = (1.0 - weight) * (self.variance + weight * step * step);
    }
    /// Observations taken so far.
    pub const fn count(&self) -> u64 {
        self.count
    }
    /// Smoothed mean; 0 before the first observation.
    pub const fn mean(&self) -> f64 {
        self.mean
    }
    /// Smoothed standard deviation.
    pub fn deviation(&self) -> f64 {
        self.variance.sqrt()
    }
}

/// The `share` quantile (0..=1) of values, linearly interpolated (type 7 of Hyndman and Fan, 1996); `None` without values.
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    Some(sorted[below] + part * (sorted[(below + 1).min(last)] - sorted[below]))
}

/// Ordinary least squares y = intercept + slope·x: (intercept, slope, standard error of the slope); `None` below three
/// points or where x does not vary.
pub fn line_through(points: &[(f64, f64)]) -> Option<(f64, f64, f64)> {
    let n = points.len() as f64;
    if points.len() < 3 {
        return None;
    }
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let sxx: f64 = points.iter().map(|p| (p.0 - mx).powi(2)).sum();
    let sxy: f64 = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
    if sxx <= 0.0 {
        return None;
    }
    let slope = sxy / sxx;
    let intercept = my - slope * mx;
    let residual: f64 = points.iter().map(|p| (p.1 - intercept - slope * p.0).powi(2)).sum();
    Some((intercept, slope, (residual / (n - 2.0) / sxx).sqrt()))
}

/// Distribution function of the standard normal (Abramowitz and Stegun 7.1.26 refined by W. J. Cody's erfc continued
/// fraction in the tail); absolute error below 1e-7.
pub fn normal_probability(z: f64) -> f64 {
    0.5 * erfc(-z / std::f64::consts::SQRT_2)
}

// Numerical Recipes, 2nd ed., section 6.2 (`erfcc`), fractional error below 1.2e-7 everywhere.
fn erfc(x: f64) -> f64 {
    const C: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let t = 1.0 / (1.0 + 0.5 * x.abs());
    let series = C.iter().rev().fold(0.0, |sum, c| sum * t + c);
    let tail = t * (-x * x + series).exp();
    if x >= 0.0 { tail } else { 2.0 - tail }
}

/// Quantile of the standard normal for a probability in (0, 1), by bisection on [`normal_probability`].
pub fn normal_quantile(probability: f64) -> f64 {
    bisect(probability, normal_probability)
}

/// Distribution function of Student's t with `freedom` degrees of freedom.
pub fn student_probability(t: f64, freedom: f64) -> f64 {
    let tail = 0.5 * incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5);
    if t >= 0.0 { 1.0 - tail } else { tail }
}

/// Quantile of Student's t for a probability in (0, 1).
pub fn student_quantile(probability: f64, freedom: f64) -> f64 {
    bisect(probability, |t| student_probability(t, freedom))
}

/// Paired one-sided t-test that the mean of `differences` is above zero: (mean, p). With fewer than two pairs p is 1.
pub fn paired_test(differences: &[f64]) -> (f64, f64) {
    let moments: Moments = differences.iter().copied().collect();
    if moments.count() < 2 {
        return (moments.mean(), 1.0);
    }
    let error = moments.deviation() / (moments.count() as f64).sqrt();
    if error == 0.0 {
        return (moments.mean(), if moments.mean() > 0.0 { 0.0 } else { 1.0 });
    }
    (moments.mean(), 1.0 - student_probability(moments.mean() / error, (moments.count() - 1) as f64))
}

/// Interval for a share of `hits` in `trials` at 90 % (E. B. Wilson, JASA 22, 1927).
pub fn share_estimate(hits: f64, trials: f64) -> Estimate {
    if trials <= 0.0 {
        return Estimate { value: 0.0, low: 0.0, high: 1.0, confidence: 0.9 };
    }
    let z = NORMAL_REACH;
    let share = hits / trials;
    let scale = 1.0 + z * z / trials;
    let middle = (share + z * z / (2.0 * trials)) / scale;
    let reach = z / scale * (share * (1.0 - share) / trials + z * z / (4.0 * trials * trials)).sqrt();
    Estimate { value: share, low: (middle - reach).max(0.0), high: (middle + reach).min(1.0), confidence: 0.9 }
}

/// What comes out as `hit` (normal, by its 90 % interval) with a probability and as `miss` otherwise: its mean, and the 5 % and
/// 95 % quantiles of one realisation.
pub fn mixture_estimate(probability: f64, hit: Estimate, miss: f64) -> Estimate {
    let p = probability.clamp(0.0, 1.0);
    let sigma = hit.deviation().max(1e-9);
    let distribution = |x: f64| p * normal_probability((x - hit.value) / sigma) + if x >= miss { 1.0 - p } else { 0.0 };
    let reach = 10.0 * sigma + (hit.value - miss).abs();
    let quantile = |share: f64| {
        let (mut low, mut high) = (hit.value.min(miss) - reach, hit.value.max(miss) + reach);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if distribution(middle) < share { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    };
    Estimate::between(quantile(0.05), p * hit.value + (1.0 - p) * miss, quantile(0.95))
}

fn bisect(probability: f64, distribution: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (-1e3_f64, 1e3_f64);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if distribution(middle) < probability { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

// Regularised incomplete beta function by continued fraction (Lentz; Numerical Recipes, section 6.4).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = (log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        1.0 - front * beta_fraction(1.0 - x, b, a) / b
    }
}

fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let safe = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / safe(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..300 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for step in [even, odd] {
            d = 1.0 / safe(1.0 + step * d);
            c = safe(1.0 + step / c);
            h *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-14 {
            break;
        }
    }
    h
}

// Lanczos approximation, g = 5, n = 6 (Numerical Recipes, section 6.1).
fn log_gamma(x: f64) -> f64 {
    const C: [f64; 6] = [
        76.180_091_729_471_46,
        -86.505_320_329_416_77,
        24.014_098_240_830_91,
        -1.231_739_572_450_155,
        0.120_865_097_386_617_9e-2,
        -0.539_523_938_495_3e-5,
    ];
    let base = x + 5.5 - (x + 0.5) * (x + 5.5).ln();
    let series = C.iter().zip(1..).fold(1.000_000_000_190_015, |s, (c, i)| s + c / (x + f64::from(i)));
    -base + (2.506_628_274_631_000_5 * series / x).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_agree() {
        assert!((normal_quantile(0.95) - 1.644_854).abs() < 1e-5);
        assert!((student_quantile(0.95, 9.0) - 1.833_113).abs() < 1e-4);
        assert!((student_quantile(0.995, 19.0) - 2.860_935).abs() < 1e-4);
        assert!((normal_probability(-1.96) - 0.024_998).abs() < 1e-5);
    }

    #[test]
    fn a_paired_test_by_hand() {
        // mean 1, deviation 1, n 4: t = 2, 3 degrees of freedom, one-sided p = 0.0697
        let (mean, p) = paired_test(&[0.183_503_4, 0.183_503_4, 1.816_496_6, 1.816_496_6]);
        assert!((mean - 1.0).abs() < 1e-9 && (p - 0.069_7).abs() < 0.01, "{mean} {p}");
    }

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.5), Some(2.5));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn a_mixture_has_the_ends_of_its_parts() {
        let repair = Estimate::normal(60.0, 10.0);
        let sure = mixture_estimate(1.0, repair, -20.0);
        assert!((sure.low - repair.low).abs() < 0.01 && (sure.high - repair.high).abs() < 0.01, "{sure:?}");
        let half = mixture_estimate(0.5, repair, -20.0);
        // the upper 5 % of all are the upper 10 % of the hits: 60 + 1.2816 * 10
        assert!((half.value - 20.0).abs() < 1e-9 && (half.low + 20.0).abs() < 0.01, "{half:?}");
        assert!((half.high - 72.816).abs() < 0.01, "{half:?}");
        let rare = mixture_estimate(0.02, repair, -20.0);
        // the 95 % quantile is the miss, widened to hold the mean
        assert!((rare.high - rare.value).abs() < 1e-9 && (rare.low + 20.0).abs() < 0.01, "{rare:?}");
    }

    #[test]
    fn a_line_is_found() {
        let points: Vec<_> = (0..10).map(|i| (f64::from(i), 2.0 + 3.0 * f64::from(i))).collect();
        let (intercept, slope, error) = line_through(&points).expect("a line");
        assert!((intercept - 2.0).abs() < 1e-9 && (slope - 3.0).abs() < 1e-9 && error < 1e-9);
    }
}
