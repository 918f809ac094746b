//! What a row should be, from the rows in good order that are most like it: auto-associative kernel regression, the family of MSET (J. Garvey,
//! D. Garvey, R. Seibert, J. W. Hines, Nuclear Engineering and Design 237, 2007).
//!
//! Enters: z rows. Leaves: what each channel should be, and Q, the squared distance to it. Absent: time: a row is judged alone. Curved
//! relations (pressure and flow of a pump) are known to it, which straight shapes are not.

use super::Rows;

/// Rows in good order that are remembered.
const REMEMBERED_MAX: usize = 96;
/// Widths of the kernel that are tried, in mean distances to the nearest other remembered row.
const WIDTHS: [f64; 5] = [0.35, 0.5, 0.7, 1.0, 1.4];
/// Rows on which widths are tried.
const TRIED: usize = 400;

/// Remembered rows; frozen.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    channels: usize,
    rows: Vec<f64>,
    /// Squared width of the kernel, twice.
    spread: f64,
    /// Mean square of what is left over, by channel, in good order.
    usual: Vec<f64>,
}

impl Kernel {
    /// Learned from z rows in good order; `None` where they are fewer than 8. The remembered rows are those farthest from one another; the
    /// width is the one that leaves least over on rows that are not remembered.
    pub fn learn(rows: Rows<'_>) -> Option<Self> {
        if rows.len() < 8 {
            return None;
        }
        let places = spread_out(rows, (rows.len() / 2).min(REMEMBERED_MAX));
        let kept: Vec<f64> = places.iter().flat_map(|p| rows.row(*p).iter().copied()).collect();
        let mut fresh = Self { channels: rows.channels, rows: kept, spread: 1.0, usual: vec![1.0; rows.channels] };
        let unit = fresh.nearest_other();
        let stride = rows.len().div_ceil(TRIED).max(1);
        let others: Vec<usize> = (0..rows.len()).step_by(stride).filter(|p| !places.contains(p)).collect();
        let left =
            |kernel: &Self| others.iter().map(|p| kernel.left_over(rows.row(*p)).iter().map(|r| r * r).sum::<f64>()).sum::<f64>();
        let widths = WIDTHS.map(|w| Self { spread: (2.0 * (w * unit).powi(2)).max(1e-9), ..fresh.clone() });
        fresh = widths.into_iter().min_by(|a, b| left(a).total_cmp(&left(b)))?;
        let mut sums = vec![0.0; rows.channels];
        for place in &others {
            sums.iter_mut().zip(fresh.left_over(rows.row(*place))).for_each(|(s, r)| *s += r * r / others.len() as f64);
        }
        fresh.usual = sums.iter().map(|s| s.max(1e-6)).collect();
        Some(fresh)
    }
    /// Mean distance of remembered rows to the nearest other one.
    fn nearest_other(&self) -> f64 {
        let n = self.rows.len() / self.channels;
        let row = |i: usize| &self.rows[i * self.channels..(i + 1) * self.channels];
        let nearest = |i: usize| (0..n).filter(|j| *j != i).map(|j| squared(row(i), row(j))).fold(f64::INFINITY, f64::min).sqrt();
        (0..n).map(nearest).filter(|d| d.is_finite()).sum::<f64>() / n.max(1) as f64
    }
    /// What each channel should be.
    pub fn expected(&self, row: &[f64]) -> Vec<f64> {
        let distances: Vec<f64> = self.rows.chunks_exact(self.channels).map(|kept| squared(kept, row)).collect();
        // Against the nearest, so that far out the nearest alone counts and nothing is divided by 0.
        let least = distances.iter().copied().fold(f64::INFINITY, f64::min);
        let (mut whole, mut sums) = (0.0, vec![0.0; self.channels]);
        for (kept, distance) in self.rows.chunks_exact(self.channels).zip(&distances) {
            let weight = (-(distance - least) / self.spread).exp();
            whole += weight;
            sums.iter_mut().zip(kept).for_each(|(s, x)| *s += weight * x);
        }
        sums.iter_mut().for_each(|s| *s /= whole.max(1e-12));
        sums
    }
    fn left_over(&self, row: &[f64]) -> Vec<f64> {
        self.expected(row).iter().zip(row).map(|(e, x)| x - e).collect()
    }
    /// What is left over of each channel, squared, in units of good order; their mean is Q.
    pub fn shares(&self, row: &[f64]) -> Vec<f64> {
        self.left_over(row).iter().zip(&self.usual).map(|(r, u)| r * r / u).collect()
    }
    /// Mean of the shares; about 1 in good order.
    pub fn q(&self, row: &[f64]) -> f64 {
        self.shares(row).iter().sum::<f64>() / self.channels as f64
    }
    /// Numbers held.
    pub const fn weight(&self) -> usize {
        self.rows.len() + self.usual.len() + 2
    }
}

fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum()
}

/// Places of rows, each the farthest from those chosen before, the first the one nearest to 0 (T. F. Gonzalez, 1985).
fn spread_out(rows: Rows<'_>, count: usize) -> Vec<usize> {
    let zero = vec![0.0; rows.channels];
    let first = (0..rows.len()).min_by(|a, b| squared(rows.row(*a), &zero).total_cmp(&squared(rows.row(*b), &zero)));
    let mut places: Vec<usize> = first.into_iter().collect();
    let mut nearest = vec![f64::INFINITY; rows.len()];
    while places.len() < count {
        let Some(last) = places.last().copied() else { break };
        nearest.iter_mut().enumerate().for_each(|(i, d)| *d = d.min(squared(rows.row(i), rows.row(last))));
        let farthest = (0..rows.len()).max_by(|a, b| nearest[*a].total_cmp(&nearest[*b]));
        match farthest.filter(|f| nearest[*f] > 0.0) {
            Some(place) => places.push(place),
            None => break,
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Chance;
    use proptest::prelude::*;

    /// A pump: flow runs from -2 to 2, pressure falls with its square, power rises with it.
    fn pump(seed: u64, rows: usize) -> Vec<f64> {
        let mut chance = Chance::seeded(seed);
        let mut one = || {
            let flow = chance.between(-2.0, 2.0);
            [flow, 1.0 - flow * flow / 2.0 + 0.05 * chance.normal(), 0.5 * flow + 0.05 * chance.normal()]
        };
        (0..rows).flat_map(|_| one()).collect()
    }

    #[test]
    fn a_curved_relation_that_breaks_is_found_where_each_channel_alone_is_usual() {
        let values = pump(1, 1_000);
        let kernel = Kernel::learn(Rows { values: &values, channels: 3 }).expect("rows enough");
        let later = pump(2, 500);
        let usual: f64 = later.chunks_exact(3).map(|r| kernel.q(r)).sum::<f64>() / 500.0;
        assert!((0.5..3.0).contains(&usual), "{usual}");
        let broken = [0.0, -0.9, 0.0];
        let shares = kernel.shares(&broken);
        assert!(kernel.q(&broken) > 30.0 * usual && shares[1] > 3.0 * shares[2], "{shares:?}");
    }

    #[test]
    fn too_few_rows_teach_nothing_and_equal_rows_are_known() {
        assert!(Kernel::learn(Rows { values: &[1.0; 14], channels: 2 }).is_none());
        let kernel = Kernel::learn(Rows { values: &[1.0; 40], channels: 2 }).expect("rows enough");
        assert_eq!(kernel.expected(&[1.0, 1.0]), [1.0, 1.0]);
        assert!(kernel.q(&[1.0, 2.0]) > 1_000.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_expected_lies_within_what_was_seen(seed in 0_u64..500, row in prop::array::uniform3(-1e3_f64..1e3)) {
            let values = pump(seed, 200);
            let kernel = Kernel::learn(Rows { values: &values, channels: 3 }).expect("rows enough");
            for (i, x) in kernel.expected(&row).iter().enumerate() {
                let channel = || values.iter().skip(i).step_by(3).copied();
                prop_assert!(*x <= channel().fold(f64::MIN, f64::max) + 1e-9 && *x >= channel().fold(f64::MAX, f64::min) - 1e-9);
            }
            prop_assert!(kernel.weight() <= 96 * 3 + 5);
        }
    }
}
