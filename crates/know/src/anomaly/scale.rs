//! Numbers become multiples of their usual deviation; gaps are bridged, stuck sensors told.
//!
//! Enters: raw rows. Leaves: z rows that are always finite, and the channel that has been stuck longest. Absent: scores.

use super::Rows;
use measure::statistics::Moments;

/// Reach of z [deviations]: beyond it a value is as far out as can be.
const REACH: f64 = 1_000.0;
/// A gap is bridged by the last value for as many rows; afterwards the channel says nothing.
const BRIDGE: u32 = 20;
/// A channel is stuck when it repeats one value for more rows than this many times its longest run in good order ...
const STUCK_TIMES: u32 = 4;
/// ... and this many more.
const STUCK_ROWS: u32 = 30;

/// Usual place and deviation of each channel; frozen.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    mean: Vec<f64>,
    deviation: Vec<f64>,
    /// Rows of one repeated value after which a channel is stuck; `u32::MAX` where it never moved.
    stuck_after: Vec<u32>,
}

/// What is remembered of the rows before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feed {
    last: Vec<f64>,
    run: Vec<u32>,
    gap: Vec<u32>,
}

impl Scale {
    /// Learned from rows in good order.
    pub fn learn(rows: Rows<'_>) -> Self {
        let c = rows.channels;
        let mut moments = vec![Moments::default(); c];
        let (mut last, mut run, mut longest) = (vec![f64::NAN; c], vec![0_u32; c], vec![0_u32; c]);
        for row in rows.iter() {
            for (i, x) in row.iter().enumerate().filter(|(_, x)| x.is_finite()) {
                moments[i].add(*x);
                run[i] = if *x == last[i] { run[i] + 1 } else { 0 };
                longest[i] = longest[i].max(run[i]);
                last[i] = *x;
            }
        }
        let population = |m: &Moments| (m.variance() * (m.count().max(1) - 1) as f64 / m.count().max(1) as f64).sqrt();
        let moved = |m: &Moments| population(m) > 1e-9 * (1.0 + m.mean().abs());
        let own = |m: &Moments| match moved(m) {
            true => population(m),
            // A channel that never moved: one percent counts as one deviation.
            false if m.mean() != 0.0 => 0.01 * m.mean().abs(),
            false => 1.0,
        };
        let limit = |(m, l): (&Moments, &u32)| if moved(m) { STUCK_TIMES.saturating_mul(*l) + STUCK_ROWS } else { u32::MAX };
        Self {
            mean: moments.iter().map(Moments::mean).collect(),
            deviation: moments.iter().map(own).collect(),
            stuck_after: moments.iter().zip(&longest).map(limit).collect(),
        }
    }
    /// Number of channels.
    pub const fn channels(&self) -> usize {
        self.mean.len()
    }
    /// Usual value of a channel, in its own unit.
    pub fn mean(&self, channel: usize) -> f64 {
        self.mean[channel]
    }
    /// A row as multiples of deviations; `z` is overwritten. What was not heard keeps its last value for a while.
    pub fn apply(&self, feed: &mut Feed, row: &[f64], z: &mut Vec<f32>) {
        let c = self.channels();
        if feed.last.len() != c {
            *feed = Feed { last: vec![f64::NAN; c], run: vec![0; c], gap: vec![BRIDGE; c] };
        }
        z.clear();
        for i in 0..c {
            let x = row.get(i).copied().unwrap_or(f64::NAN);
            if x.is_finite() {
                feed.run[i] = if x == feed.last[i] { feed.run[i].saturating_add(1) } else { 0 };
                (feed.last[i], feed.gap[i]) = (x, 0);
            } else {
                feed.gap[i] = feed.gap[i].saturating_add(1);
            }
            let heard = feed.gap[i] < BRIDGE && feed.last[i].is_finite();
            let far = (feed.last[i] - self.mean[i]) / self.deviation[i];
            z.push(if heard { far.clamp(-REACH, REACH) as f32 } else { 0.0 });
        }
    }
    /// The channel that has repeated one value for longest beyond what it does in good order.
    pub fn stuck(&self, feed: &Feed) -> Option<usize> {
        let over = |i: &usize| feed.run[*i] > self.stuck_after[*i];
        (0..feed.run.len()).filter(over).max_by_key(|i| (feed.run[*i], usize::MAX - i))
    }
}
