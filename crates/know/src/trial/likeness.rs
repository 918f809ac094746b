//! How long units lasted that once looked as this one does now (trajectory similarity: T. Wang, J. Yu, D. Siegel, J. Lee, PHM 2008).
//!
//! Enters: courses of units, a few numbers a cycle; those of a library ran to failure. Leaves: for each cycle of a unit the stretch of each
//! library unit that is most like its newest cycles, and what the best of them had left. Absent: how courses come about.

/// Newest cycles that are compared: of 30, 60, 100 and 60 with 100 the best over both parts of C-MAPSS out of fold, or as good.
const WINDOW: usize = 100;
/// Library units whose lives are averaged, and the one whose distance is the unit of the weights.
const NEAREST: usize = 12;
const UNIT: usize = 5;

/// A course: some numbers a cycle.
pub type Course = Vec<Vec<f64>>;

/// For each unit of a library and each cycle: mean squared distance of the most alike stretch, and life left after it [cycles].
pub struct Likeness(Vec<Vec<(f64, f64)>>);

impl Likeness {
    /// Of a course to those of a library.
    pub fn of(course: &Course, library: &[Course]) -> Self {
        Self(library.iter().map(|other| matches(course, other)).collect())
    }
    /// From the library units allowed: mean life left, capped and not, its deviation, and how near the nearest is. `cap` in cycles.
    pub fn figures(&self, cycle: usize, cap: f64, allowed: impl Fn(usize) -> bool) -> [f32; 4] {
        let mut near: Vec<(f64, f64)> = (0..self.0.len()).filter(|u| allowed(*u)).map(|u| self.0[u][cycle]).collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        near.truncate(NEAREST);
        let Some(unit) = near.get(UNIT.min(near.len().saturating_sub(1))).map(|n| n.0.max(1e-9)) else { return [f32::NAN; 4] };
        let weights: Vec<f64> = near.iter().map(|n| (-n.0 / unit).exp()).collect();
        let whole: f64 = weights.iter().sum();
        let mean = |of: &dyn Fn(f64) -> f64| weights.iter().zip(&near).map(|(w, n)| w * of(n.1)).sum::<f64>() / whole;
        let capped = mean(&|life| life.min(cap));
        let deviation = mean(&|life| (life.min(cap) - capped).powi(2)).sqrt();
        [capped, mean(&|life| life), deviation, near[0].0.sqrt()].map(|x| x as f32)
    }
}

/// The best stretch of another course for each cycle. Sums run along lags, so that a pair of cycles costs one step.
fn matches(course: &Course, other: &Course) -> Vec<(f64, f64)> {
    let (n, m) = (course.len(), other.len());
    let mut best = vec![(f64::INFINITY, 0.0); n];
    let mut distances = vec![0.0; n];
    for lag in 0..n + m - 1 {
        // Cycle i of the course against cycle i + lag − (n − 1) of the other.
        let from = (n - 1).saturating_sub(lag);
        let to = n.min(n + m - 1 - lag);
        let mut sum = 0.0;
        for i in from..to {
            let j = i + lag - (n - 1);
            distances[i] = course[i].iter().zip(&other[j]).map(|(a, b)| (a - b).powi(2)).sum();
            sum += distances[i];
            if i - from >= WINDOW {
                sum -= distances[i - WINDOW];
            }
            let length = (i - from + 1).min(WINDOW);
            // A young course is compared over all it has; a stretch that begins before the other does is none.
            if length == WINDOW.min(i + 1) && sum < best[i].0 * length as f64 {
                best[i] = (sum / length as f64, (m - 1 - j) as f64);
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;
    use proptest::prelude::*;

    /// A unit that lasts so long and wears along a curve of its life left.
    fn worn(cycles: usize, seed: u64) -> Course {
        let mut chance = Chance::seeded(seed);
        (0..cycles).map(|t| vec![(-((cycles - 1 - t) as f64) / 40.0).exp() * 5.0 + 0.05 * chance.normal(), 0.0]).collect()
    }

    #[test]
    fn the_life_left_is_that_of_units_that_looked_alike() {
        let library: Vec<Course> = (0..20).map(|i| worn(150 + 5 * i, i as u64)).collect();
        let likeness = Likeness::of(&worn(200, 99), &library);
        for left in [10, 30, 60] {
            let told = f64::from(likeness.figures(199 - left, 125.0, |_| true)[0]);
            assert!((told - left as f64).abs() < 6.0, "{told} and {left}");
        }
        assert!(likeness.figures(100, 125.0, |_| false).iter().all(|x| x.is_nan()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn each_match_is_the_best_of_all_stretches_one_by_one(n in 3_usize..140, m in 3_usize..140, seed in 0_u64..99) {
            let (course, other) = (worn(n, seed), worn(m, seed + 1));
            for (i, (distance, life)) in matches(&course, &other).into_iter().enumerate() {
                let length = WINDOW.min(i + 1);
                let to = |j: usize| {
                    let pair = |k: usize| course[i - k].iter().zip(&other[j - k]).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
                    (0..length).map(pair).sum::<f64>() / length as f64
                };
                let all = (length - 1..m).map(|j| (to(j), (m - 1 - j) as f64));
                match all.min_by(|a, b| a.0.total_cmp(&b.0)) {
                    Some(least) => prop_assert!((distance - least.0).abs() < 1e-9 && life == least.1),
                    None => prop_assert!(distance.is_infinite()),
                }
            }
        }
    }
}
