//! Air flow beside the machines at work, in five-minute points, for finding what flows to nobody.
//!
//! Enters: flow, machines producing by kind, power. Leaves: points, and the flow that is left when what the machines take
//! is subtracted. Absent: limits.

use measure::statistics::{Moments, line_through, quantile};
use measure::{Estimate, Instant, Span};
use plant::MachineState;
use std::collections::VecDeque;

/// Kinds of machine told apart; further kinds are counted with the last.
pub const KINDS_MAX: usize = 8;
const TERMS: usize = KINDS_MAX + 1;

/// Machines producing, by kind, integrated over time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    now: [f64; KINDS_MAX],
    seconds: [f64; KINDS_MAX],
    from: Option<Instant>,
}

impl Work {
    /// A machine of a kind changes its state.
    pub fn turn(&mut self, at: Instant, kind: usize, was: MachineState, is: MachineState) {
        self.reach(at);
        let count = |state| f64::from(u8::from(state == MachineState::Producing));
        let kind = kind.min(KINDS_MAX - 1);
        self.now[kind] = (self.now[kind] + count(is) - count(was)).max(0.0);
    }
    fn reach(&mut self, at: Instant) {
        let from = self.from.unwrap_or(at);
        let seconds = (at - from).seconds().max(0.0);
        for (sum, now) in self.seconds.iter_mut().zip(self.now) {
            *sum += now * seconds;
        }
        self.from = Some(at.max(from));
    }
    /// Mean number of machines producing by kind since the last time this was asked.
    pub fn take(&mut self, at: Instant, span: Span) -> [f64; KINDS_MAX] {
        self.reach(at);
        let seconds = span.seconds().max(1.0);
        std::mem::take(&mut self.seconds).map(|sum| sum / seconds)
    }
}

/// Means over five minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AirPoint {
    /// End of the five minutes.
    pub at: Instant,
    /// Air flow.
    pub flow: f64,
    /// Machines producing, by kind.
    pub producing: [f64; KINDS_MAX],
    /// Power of the compressor [W].
    pub watts: Option<f64>,
}

impl AirPoint {
    fn busy(&self) -> f64 {
        self.producing.iter().sum()
    }
}

/// The air points of one compressor.
#[derive(Clone, Debug, Default)]
pub struct Air {
    points: VecDeque<AirPoint>,
    mended: Option<Instant>,
}

impl Air {
    /// Most points kept: two days.
    pub const POINTS_MAX: usize = 576;
    /// Length of a point.
    pub const STEP: Span = Span::from_minutes(5);
    /// Points that the flow to nobody is told from: two hours.
    const NEWEST: usize = 24;
    /// Points without which nothing is told.
    const POINTS_MIN: usize = 12;

    /// Takes a point.
    pub fn add(&mut self, point: AirPoint) {
        if self.points.len() >= Self::POINTS_MAX {
            self.points.pop_front();
        }
        self.points.push_back(point);
    }
    /// The points, oldest first.
    pub const fn points(&self) -> &VecDeque<AirPoint> {
        &self.points
    }
    /// The leaks were mended: what flowed to nobody before counts no more.
    pub fn mend(&mut self, at: Instant) {
        self.mended = Some(at);
    }
    /// When leaks were last mended.
    pub const fn mended(&self) -> Option<Instant> {
        self.mended
    }
    /// Flow that goes to nobody now: the median over the last two hours of the flow less what the producing machines
    /// take; what a machine of a kind takes is learned by least squares over two days. `None` below an hour of points.
    pub fn leak(&self) -> Option<Estimate> {
        let after = self.mended.unwrap_or(Instant::MIN);
        let newest: Vec<&AirPoint> = self.points.iter().rev().take(Self::NEWEST).filter(|p| p.at > after).collect();
        if newest.len() < Self::POINTS_MIN {
            return None;
        }
        let quiet = newest.iter().filter(|p| p.busy() < 0.02).count();
        let takes = self.takes(quiet < newest.len());
        let left: Vec<f64> = newest
            .iter()
            .filter(|p| quiet < Self::POINTS_MIN || p.busy() < 0.02)
            .map(|p| p.flow - p.producing.iter().zip(&takes).map(|(n, k)| n * k).sum::<f64>())
            .collect();
        let spread: Moments = left.iter().copied().collect();
        // Points follow each other closely, so a third of them count as independent.
        let error = spread.deviation() / (left.len() as f64 / 3.0).sqrt();
        let value = quantile(&left, 0.5)?.max(0.0);
        Some(Estimate::between((value - 1.645 * error).max(0.0), value, value + 1.645 * error))
    }
    /// What a producing machine of each kind takes, by least squares with an intercept (and a trace of ridge, so that
    /// kinds that never ran or always ran together do no harm).
    fn takes(&self, is_needed: bool) -> [f64; KINDS_MAX] {
        let mut normal = [[0.0; TERMS + 1]; TERMS];
        if !is_needed {
            return [0.0; KINDS_MAX];
        }
        for point in &self.points {
            let mut x = [1.0; TERMS];
            x[1..].copy_from_slice(&point.producing);
            for (i, row) in normal.iter_mut().enumerate() {
                for (sum, xj) in row.iter_mut().zip(x) {
                    *sum += x[i] * xj;
                }
                row[TERMS] += x[i] * point.flow;
            }
        }
        let ridge = 0.01 * self.points.len() as f64;
        (1..TERMS).for_each(|i| normal[i][i] += ridge);
        let solution = solve(normal);
        let mut takes = [0.0; KINDS_MAX];
        takes.iter_mut().zip(&solution[1..]).for_each(|(take, k)| *take = k.max(0.0));
        takes
    }
    /// Mean flow while somebody worked; `None` if nobody did.
    pub fn working(&self) -> Option<f64> {
        let flows: Moments = self.points.iter().filter(|p| p.busy() >= 0.5).map(|p| p.flow).collect();
        (flows.count() > 0).then(|| flows.mean())
    }
    /// Power that one more unit of flow takes, by least squares; the ratio of the means where that says nothing
    /// [W per unit of flow].
    pub fn watts_per_flow(&self) -> Option<f64> {
        let points: Vec<(f64, f64)> = self.points.iter().filter_map(|p| Some((p.flow, p.watts?))).collect();
        let sums = points.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
        let ratio = (sums.0 > 0.0).then(|| sums.1 / sums.0)?;
        let slope = line_through(&points).map(|l| l.1).filter(|slope| *slope > 0.2 * ratio && *slope < 2.0 * ratio);
        Some(slope.unwrap_or(ratio))
    }
}

/// Solves linear equations, the right side in the last column, by elimination with pivots; an unknown without a pivot is
/// nought.
fn solve(mut rows: [[f64; TERMS + 1]; TERMS]) -> [f64; TERMS] {
    for column in 0..TERMS {
        let pivot = (column..TERMS).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs())).unwrap_or(column);
        rows.swap(column, pivot);
        if rows[column][column].abs() < 1e-12 {
            continue;
        }
        for below in column + 1..TERMS {
            let factor = rows[below][column] / rows[column][column];
            let upper = rows[column];
            rows[below].iter_mut().zip(upper).skip(column).for_each(|(b, u)| *b -= factor * u);
        }
    }
    let mut solution = [0.0; TERMS];
    for i in (0..TERMS).rev() {
        let known: f64 = (i + 1..TERMS).map(|j| rows[i][j] * solution[j]).sum();
        solution[i] = if rows[i][i].abs() < 1e-12 { 0.0 } else { (rows[i][TERMS] - known) / rows[i][i] };
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(i: i64, leak: f64, mills: f64, lathes: f64) -> AirPoint {
        let flow = leak + 9.0 * mills + 4.0 * lathes + (i % 3) as f64 * 0.1;
        let mut producing = [0.0; KINDS_MAX];
        (producing[0], producing[1]) = (mills, lathes);
        AirPoint { at: Instant::from_seconds(i * 300), flow, producing, watts: Some(2_000.0 + 100.0 * flow) }
    }

    #[test]
    fn the_night_shows_the_leak() {
        let mut air = Air::default();
        (0..60).for_each(|i| air.add(point(i, 8.0, 3.0, 2.0)));
        (60..100).for_each(|i| air.add(point(i, 8.0, 0.0, 0.0)));
        let leak = air.leak().expect("points enough");
        assert!((leak.value - 8.1).abs() < 0.05 && leak.high < 8.3, "{leak:?}");
        assert!(air.working().is_some_and(|w| (w - 43.1).abs() < 0.1));
        assert!(air.watts_per_flow().is_some_and(|w| (w - 100.0).abs() < 1.0));
    }

    #[test]
    fn by_day_the_machines_share_is_subtracted_and_a_new_leak_shows_within_two_hours() {
        let mut air = Air::default();
        let mixed = |i: i64, leak: f64| point(i, leak, (i % 4) as f64, (i / 4 % 3) as f64);
        (0..300).for_each(|i| air.add(mixed(i, 6.0)));
        let before = air.leak().expect("points enough");
        assert!((before.value - 6.1).abs() < 0.4, "{before:?}");
        (300..324).for_each(|i| air.add(mixed(i, 9.0)));
        let after = air.leak().expect("points enough");
        assert!((after.value - before.value - 3.0).abs() < 0.6, "{before:?} {after:?}");
    }

    #[test]
    fn after_mending_one_hour_is_waited_for() {
        let mut air = Air::default();
        (0..100).for_each(|i| air.add(point(i, 8.0, 0.0, 0.0)));
        air.mend(Instant::from_seconds(99 * 300));
        assert!(air.leak().is_none());
        (100..113).for_each(|i| air.add(point(i, 2.0, 0.0, 0.0)));
        assert!(air.leak().is_some_and(|l| l.high < 2.4));
    }

    #[test]
    fn work_is_integrated_by_kind() {
        let mut work = Work::default();
        let s = Instant::from_seconds;
        work.turn(s(0), 1, MachineState::Starved, MachineState::Producing);
        work.turn(s(100), 1, MachineState::Starved, MachineState::Producing);
        work.turn(s(200), 1, MachineState::Producing, MachineState::Down);
        assert_eq!(work.take(s(300), Span::from_seconds(300))[1], (100.0 + 200.0 + 100.0) / 300.0);
    }
}
