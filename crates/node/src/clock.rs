//! The unit's clock: real time, or a virtual plant's time that runs from an origin at a multiple of real time.
//!
//! This is the only place in the product that reads a clock.

use measure::{Instant, Span};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

/// A clock that can be shared.
#[derive(Clone, Debug)]
pub struct Clock {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// From `origin` at `started`, `speed` times as fast as real time.
    Running { started: std::time::Instant, origin: Instant, speed: f64 },
    /// Stands where it was last set [µs since the epoch].
    Driven(Arc<AtomicI64>),
}

impl Clock {
    /// Real time. It never runs backwards within a run, whatever is done to the system's clock.
    pub fn real() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let origin = Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
        Self::virtual_from(origin, 1.0)
    }
    /// A virtual plant's time: starts at `origin` now and runs `speed` times as fast as real time.
    pub fn virtual_from(origin: Instant, speed: f64) -> Self {
        Self { kind: Kind::Running { started: std::time::Instant::now(), origin, speed } }
    }
    /// A clock that recorded data drive.
    pub fn driven_from(origin: Instant) -> Self {
        Self { kind: Kind::Driven(Arc::new(AtomicI64::new(origin.micros()))) }
    }
    /// Sets a driven clock, forwards only; a running clock cannot be set.
    pub fn drive_to(&self, now: Instant) {
        if let Kind::Driven(micros) = &self.kind {
            micros.fetch_max(now.micros(), Ordering::Relaxed);
        }
    }
    /// It as sources are lent it.
    pub fn lent(&self) -> drivers::Clock {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
    /// The time.
    pub fn now(&self) -> Instant {
        match &self.kind {
            Kind::Running { started, origin, speed } => *origin + Span::from_seconds_f64(started.elapsed().as_secs_f64() * speed),
            Kind::Driven(micros) => Instant::from_micros(micros.load(Ordering::Relaxed)),
        }
    }
    /// How many times faster than real time it runs.
    pub const fn speed(&self) -> f64 {
        match &self.kind {
            Kind::Running { speed, .. } => *speed,
            Kind::Driven(_) => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driven_clock_never_goes_back() {
        let clock = Clock::driven_from(Instant::from_seconds(100));
        let copy = clock.clone();
        clock.drive_to(Instant::from_seconds(160));
        clock.drive_to(Instant::from_seconds(130));
        assert_eq!(copy.now(), Instant::from_seconds(160));
    }

    #[test]
    fn a_virtual_clock_starts_at_its_origin_and_runs_fast() {
        let clock = Clock::virtual_from(Instant::from_seconds(1_000), 1_000_000.0);
        let first = clock.now();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(first >= Instant::from_seconds(1_000) && clock.now() - first >= Span::from_seconds(2_000));
    }
}
