//! How far a unit has worn, from its sensors: against its own first cycles, and along the directions in which units wear.
//!
//! ```text
//! sensors ── ridge on the life left ──> health          directions: most wear for the least noise
//! sensors − own first cycles ── directions ──> course ── level, slope, growth, cycles since a share of the usual end ──> features
//! ```
//!
//! Enters: rows of scaled sensors of units that ran to failure. Leaves: [`Wear`], which gives every cycle of a unit its features, and the
//! course that lives are compared by. Absent: lives of the units asked about, forests.

use super::likeness::Course;
use super::rolling::Rolling;
use crate::boost::Features;
use crate::dense::{Eigen, solve};
use measure::statistics::quantile;

/// First cycles of a unit that the later ones are compared with.
const FIRST: usize = 20;
/// Directions in which units wear, and the life left [cycles] below which they are looked for.
const DIRECTIONS: usize = 3;
const WORN: usize = 60;
/// Directions whose marks are told, and marks as shares of where units end in the middle.
const MARKED: usize = 2;
const MARKS: [f64; 4] = [0.1, 0.2, 0.35, 0.5];
/// Least level that a slope is divided by, in deviations of the noise.
const LEVEL_MIN: f64 = 0.3;

/// One unit: its rows of sensors, scaled.
pub struct Engine {
    pub rows: Vec<Vec<f64>>,
}

impl Engine {
    /// Cycles left after a cycle, of a unit that ran to failure.
    pub fn left(&self, cycle: usize) -> f64 {
        (self.rows.len() - 1 - cycle) as f64
    }
    fn sensors(&self) -> Vec<Rolling> {
        (0..self.rows[0].len()).map(|s| Rolling::new(self.rows.iter().map(move |r| r[s]))).collect()
    }
}

/// What units that ran to failure teach about wear.
pub struct Wear {
    /// Weights of the sensors' means over 10 cycles that foretell the capped life best; last the constant.
    health: Vec<f64>,
    /// Directions, one after the other, in deviations of the noise.
    directions: Vec<f64>,
    /// Where units end in the middle, along each direction.
    ends: Vec<f64>,
}

impl Wear {
    /// From units that ran to failure; lives are capped at `cap` cycles.
    pub fn learn(engines: &[&Engine], cap: f64) -> Self {
        let directions = directions(engines);
        let mut new = Self { health: health(engines, cap), directions, ends: Vec::new() };
        let ways: Vec<Vec<Rolling>> = engines.iter().map(|e| new.ways(e)).collect();
        let end = |d: usize| ways.iter().zip(engines).map(|(w, e)| w[d].mean(e.rows.len() - 1, 10).abs()).collect::<Vec<f64>>();
        new.ends = (0..ways.first().map_or(0, Vec::len)).map(|d| quantile(&end(d), 0.5).unwrap_or(0.0)).collect();
        new
    }
    /// The way of a unit along the directions, means over 10 cycles.
    pub fn course(&self, engine: &Engine) -> Course {
        let ways = self.ways(engine);
        (0..engine.rows.len()).map(|t| ways.iter().map(|w| w.mean(t, 10)).collect()).collect()
    }
    /// Each cycle along the directions, from the unit's own first cycles.
    fn ways(&self, engine: &Engine) -> Vec<Rolling> {
        let series = engine.sensors();
        let off = |t: usize, s: usize| series[s].at(t) - series[s].mean((FIRST - 1).min(t), FIRST);
        let along = |d: &[f64], t: usize| d.iter().enumerate().map(|(s, w)| w * off(t, s)).sum::<f64>();
        self.directions
            .chunks_exact(series.len().max(1))
            .map(|d| Rolling::new((0..engine.rows.len()).map(|t| along(d, t))))
            .collect()
    }
    /// Features of each cycle.
    pub fn features(&self, engine: &Engine) -> Features {
        let (series, ways) = (engine.sensors(), self.ways(engine));
        let of_row = |r: &Vec<f64>| r.iter().zip(&self.health).map(|(x, w)| x * w).sum::<f64>();
        let health = Rolling::new(engine.rows.iter().map(of_row));
        let mut passed = vec![[None; MARKS.len()]; MARKED.min(ways.len())];
        let mut features = Features::new(0);
        for t in 0..engine.rows.len() {
            let mut row = vec![t as f32];
            series.iter().for_each(|s| of_sensor(s, t, &mut row));
            of_health(&health, t, &mut row);
            ways.iter().for_each(|w| of_way(w, t, &mut row));
            for (d, passed) in passed.iter_mut().enumerate() {
                let level = ways[d].mean(t, 10).abs();
                for (since, share) in passed.iter_mut().zip(MARKS) {
                    *since = since.or_else(|| (level > share * self.ends[d]).then_some(t));
                    row.push(since.map_or(0.0, |s| (t - s) as f32));
                }
            }
            features.width = row.len();
            features.push(&row);
        }
        features
    }
}

fn of_sensor(s: &Rolling, t: usize, row: &mut Vec<f32>) {
    let (now, start) = (s.mean(t, 10), s.mean((FIRST - 1).min(t), FIRST));
    let means = [s.mean(t, 5), now, s.mean(t, 20), s.mean(t, 40), now - start, s.mean(t, 5) - s.mean(t, 40)];
    let moves = [s.deviation(t, 20), s.slope(t, 20), s.slope(t, 50)];
    row.extend(means.into_iter().chain(moves).map(|x| x as f32));
}

fn of_health(h: &Rolling, t: usize, row: &mut Vec<f32>) {
    let now = h.mean(t, 15);
    let means = [5, 10, 20, 40].map(|w| h.mean(t, w));
    let rises = [15, 30, 60, 100].map(|back: usize| now - h.mean(t.saturating_sub(back), 15));
    let start = h.mean((FIRST - 1).min(t), FIRST);
    let moves = [now - start, h.slope(t, 30), h.slope(t, 60), h.slope(t, 100), h.deviation(t, 20)];
    row.extend(means.into_iter().chain(rises).chain(moves).map(|x| x as f32));
}

/// Level, slope, growth (slope by level) and bend along a direction.
fn of_way(w: &Rolling, t: usize, row: &mut Vec<f32>) {
    row.extend([5, 10, 20, 40, 80].map(|length| w.mean(t, length) as f32));
    row.extend([20, 50, 100].map(|length| w.slope(t, length) as f32));
    row.extend([20, 50].map(|length| w.deviation(t, length) as f32));
    let level = w.mean(t, 20).abs().max(LEVEL_MIN);
    for length in [30, 60, 100] {
        let half = length / 2;
        let bend = w.slope(t, half) - w.slope(t.saturating_sub(half), half);
        row.extend([w.slope(t, length) / level, bend].map(|x| x as f32));
    }
}

/// Weights of the sensors' means over 10 cycles that foretell the capped life best (ridge).
fn health(engines: &[&Engine], cap: f64) -> Vec<f64> {
    let width = engines.first().map_or(0, |e| e.rows[0].len());
    let n = width + 1;
    let (mut gram, mut cross) = (vec![0.0; n * n], vec![0.0; n]);
    for engine in engines {
        let series = engine.sensors();
        for t in 0..engine.rows.len() {
            let mut x: Vec<f64> = series.iter().map(|r| r.mean(t, 10)).collect();
            x.push(1.0);
            let life = engine.left(t).min(cap);
            for i in 0..n {
                (0..n).for_each(|j| gram[i * n + j] += x[i] * x[j]);
                cross[i] += x[i] * life;
            }
        }
    }
    (0..n).for_each(|i| gram[i * n + i] += 1.0);
    solve(&gram, &cross, n, 1).unwrap_or_else(|| vec![0.0; n])
}

/// The directions in which worn units differ most from their own first cycles, measured by the noise from cycle to cycle; each points to
/// where units end.
fn directions(engines: &[&Engine]) -> Vec<f64> {
    let width = engines.first().map_or(0, |e| e.rows[0].len());
    let (mut wear, mut noise, mut steps) = (vec![0.0; width * width], vec![0.0; width * width], 0.0);
    let mut ends = vec![0.0; width];
    for engine in engines {
        let series = engine.sensors();
        for t in engine.rows.len().saturating_sub(WORN + 1)..engine.rows.len() {
            let off: Vec<f64> = series.iter().map(|s| s.mean(t, 10) - s.mean((FIRST - 1).min(t), FIRST)).collect();
            add(&mut wear, &off);
            ends.iter_mut().zip(&off).for_each(|(e, x)| *e += x);
        }
        for pair in engine.rows.windows(2) {
            let step: Vec<f64> = pair[1].iter().zip(&pair[0]).map(|(b, a)| b - a).collect();
            add(&mut noise, &step);
            steps += 2.0;
        }
    }
    noise.iter_mut().for_each(|x| *x /= f64::max(steps, 1.0));
    (0..width).for_each(|i| noise[i * width + i] += 1e-3);
    let white = whitening(&noise, width);
    let turned = product(&product(&white, &wear, width), &white, width);
    let found = Eigen::of(&turned, width).vectors;
    let mut told = Vec::new();
    for of in found.chunks_exact(width.max(1)).take(DIRECTIONS) {
        let direction: Vec<f64> = (0..width).map(|i| (0..width).map(|j| white[i * width + j] * of[j]).sum()).collect();
        let end: f64 = direction.iter().zip(&ends).map(|(d, e)| d * e).sum();
        told.extend(direction.iter().map(|d| if end < 0.0 { -d } else { *d }));
    }
    told
}

fn add(square: &mut [f64], x: &[f64]) {
    let width = x.len();
    (0..width * width).for_each(|k| square[k] += x[k / width] * x[k % width]);
}

/// The symmetric inverse root of a covariance.
fn whitening(covariance: &[f64], n: usize) -> Vec<f64> {
    let eigen = Eigen::of(covariance, n);
    let mut root = vec![0.0; n * n];
    for (value, vector) in eigen.values.iter().zip(eigen.vectors.chunks_exact(n.max(1))) {
        let share = 1.0 / value.max(1e-9).sqrt();
        (0..n * n).for_each(|k| root[k] += share * vector[k / n] * vector[k % n]);
    }
    root
}

fn product(a: &[f64], b: &[f64], n: usize) -> Vec<f64> {
    let at = |k: usize| (0..n).map(|m| a[k / n * n + m] * b[m * n + k % n]).sum();
    (0..n * n).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;

    /// Three sensors; the first two wear together by a little, the third by nothing but is the loudest.
    fn engine(cycles: usize, seed: u64) -> Engine {
        let mut chance = Chance::seeded(seed);
        let row = |t: usize, chance: &mut Chance| {
            let worn = (-((cycles - 1 - t) as f64) / 30.0).exp() * 3.0;
            vec![worn + 0.2 * chance.normal(), -worn + 0.2 * chance.normal(), 4.0 * chance.normal()]
        };
        Engine { rows: (0..cycles).map(|t| row(t, &mut chance)).collect() }
    }

    #[test]
    fn wear_is_found_beneath_a_louder_sensor_and_points_to_the_end() {
        let engines: Vec<Engine> = (0..12).map(|i| engine(150 + 10 * i, i as u64)).collect();
        let wear = Wear::learn(&engines.iter().collect::<Vec<_>>(), 125.0);
        let first = &wear.directions[..3];
        assert!(first[0] > 0.0 && first[1] < 0.0 && first[2].abs() < 0.05 * first[0], "{first:?}");
        let course = wear.course(&engines[3]);
        assert!(course.last().is_some_and(|c| c[0] > 0.6 * wear.ends[0]) && course[60][0] < 0.2 * wear.ends[0]);
    }

    #[test]
    fn features_never_use_the_future() {
        let engines: Vec<Engine> = (0..6).map(|i| engine(120, i)).collect();
        let wear = Wear::learn(&engines.iter().collect::<Vec<_>>(), 125.0);
        let cut = Engine { rows: engines[2].rows[..80].to_vec() };
        let (whole, part) = (wear.features(&engines[2]), wear.features(&cut));
        let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        (0..80).for_each(|t| assert_eq!(bits(whole.row(t)), bits(part.row(t)), "{t}"));
    }
}
