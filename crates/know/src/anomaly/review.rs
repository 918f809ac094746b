//! Batch review of one channel: its stretches that are least like any other (matrix profile: C.-C. M. Yeh et al., ICDM 2016; in the order of
//! diagonals as in SCRIMP, Y. Zhu et al., ICDM 2018).
//!
//! Enters: values of a period that is over. Leaves: discords, the most unlike first. Absent: streams ([`super::Discord`]). Stretches are
//! compared by shape: each without its mean and over its deviation. Time grows with the square of the number of values.

/// Most values; later ones are left out.
pub const VALUES_MAX: usize = 40_000;
/// Deviation of a stretch, as a share of the whole series', below which it counts as flat.
const FLAT: f64 = 1e-3;

/// A stretch unlike the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unlike {
    /// Its first value.
    pub from: usize,
    /// Distance to the nearest other stretch, from 0 for the same shape to 2 √length for its opposite.
    pub distance: f64,
    /// First value of that other stretch.
    pub nearest: usize,
}

/// Distance of each stretch of `length` values to the nearest one that does not overlap by more than half, with its place.
pub fn profile(values: &[f64], length: usize) -> Vec<Unlike> {
    let x = bridged(values);
    let (n, m) = (x.len(), length.max(4));
    if n < 2 * m + 2 {
        return Vec::new();
    }
    let (means, deviations) = moments(&x, m);
    let count = n - m + 1;
    let mut best = vec![(f64::NEG_INFINITY, 0); count];
    let size = m as f64;
    for lag in m / 2 + 1..count {
        let mut product: f64 = (0..m).map(|k| x[k] * x[k + lag]).sum();
        for i in 0..count - lag {
            let j = i + lag;
            if i > 0 {
                product += x[i + m - 1] * x[j + m - 1] - x[i - 1] * x[j - 1];
            }
            let alike = match (deviations[i] > 0.0, deviations[j] > 0.0) {
                (true, true) => (product - size * means[i] * means[j]) / (size * deviations[i] * deviations[j]),
                (false, false) => 1.0,
                _ => 0.5, // a flat stretch against one that is not
            };
            if alike > best[i].0 {
                best[i] = (alike, j);
            }
            if alike > best[j].0 {
                best[j] = (alike, i);
            }
        }
    }
    let one = |(from, (alike, nearest)): (usize, (f64, usize))| Unlike {
        from,
        distance: (2.0 * size * (1.0 - alike.clamp(-1.0, 1.0))).sqrt(),
        nearest,
    };
    best.into_iter().enumerate().map(one).collect()
}

/// The stretches most unlike any other, none overlapping one before, at most so many.
pub fn discords(values: &[f64], length: usize, most: usize) -> Vec<Unlike> {
    let mut sorted = profile(values, length);
    sorted.sort_by(|a, b| b.distance.total_cmp(&a.distance).then(a.from.cmp(&b.from)));
    let mut kept: Vec<Unlike> = Vec::new();
    for one in sorted {
        if kept.len() == most {
            break;
        }
        if kept.iter().all(|k| k.from.abs_diff(one.from) >= length) {
            kept.push(one);
        }
    }
    kept
}

/// What is not finite as the value before, all about the mean of the series.
fn bridged(values: &[f64]) -> Vec<f64> {
    let mut last = values.iter().copied().find(|x| x.is_finite()).unwrap_or(0.0);
    let mut heard = |x: &f64| {
        last = if x.is_finite() { *x } else { last };
        last
    };
    let mut x: Vec<f64> = values.iter().take(VALUES_MAX).map(&mut heard).collect();
    let mean = x.iter().sum::<f64>() / x.len().max(1) as f64;
    x.iter_mut().for_each(|x| *x -= mean);
    x
}

/// Mean and deviation of each stretch; a deviation of 0 for those that are flat.
fn moments(x: &[f64], m: usize) -> (Vec<f64>, Vec<f64>) {
    let whole = (x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64).sqrt();
    let of = |stretch: &[f64]| {
        let mean = stretch.iter().sum::<f64>() / m as f64;
        let deviation = (stretch.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / m as f64).sqrt();
        (mean, if deviation > FLAT * whole { deviation } else { 0.0 })
    };
    x.windows(m).map(of).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;
    use proptest::prelude::*;

    #[test]
    fn the_one_cycle_that_is_unlike_is_first() {
        let mut chance = Chance::seeded(4);
        let mut values: Vec<f64> = (0..3_000).map(|i| (f64::from(i) / 8.0).sin() * 5.0 + 0.2 * chance.normal()).collect();
        values[1_700..1_725].iter_mut().for_each(|x| *x *= -0.3);
        let found = discords(&values, 50, 3);
        assert!(found.len() == 3 && (1_650..1_725).contains(&found[0].from), "{found:?}");
        assert!(found[0].distance > 1.5 * found[1].distance, "{found:?}");
    }

    #[test]
    fn short_flat_and_gappy_series_are_borne() {
        assert!(profile(&[1.0; 11], 5).is_empty());
        assert!(profile(&[2.0; 40], 8).iter().all(|u| u.distance == 0.0));
        let gappy: Vec<f64> = (0..60).map(|i| if i % 7 == 0 { f64::NAN } else { f64::from(i % 10) }).collect();
        assert!(profile(&gappy, 10).iter().all(|u| u.distance.is_finite()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn it_is_the_distance_of_all_stretches_one_by_one(seed in 0_u64..1_000, m in 4_usize..12) {
            let mut chance = Chance::seeded(seed);
            let values: Vec<f64> = (0..80).map(|_| 100.0 + chance.normal()).collect();
            let shape = |from: usize| {
                let s = &values[from..from + m];
                let mean = s.iter().sum::<f64>() / m as f64;
                let deviation = (s.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / m as f64).sqrt();
                s.iter().map(|x| (x - mean) / deviation).collect::<Vec<f64>>()
            };
            for told in profile(&values, m) {
                let to = |j: usize| shape(told.from).iter().zip(shape(j)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                let apart = (0..=80 - m).filter(|j| j.abs_diff(told.from) > m / 2);
                let least = apart.map(to).fold(f64::INFINITY, f64::min);
                prop_assert!((told.distance - least).abs() < 1e-6 && (to(told.nearest) - least).abs() < 1e-6);
            }
        }
    }
}
