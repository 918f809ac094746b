//! The unit's clock: real time, or a virtual plant's time that runs from an origin at a multiple of real time.
//!
//! This is the only place in the product that reads a clock.

use measure::{Instant, Span};
use std::time::SystemTime;

/// A clock that can be shared.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: std::time::Instant,
    origin: Instant,
    speed: f64,
}

impl Clock {
    /// Real time. It never runs backwards within a run, whatever is done to the system's clock.
    pub fn real() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let origin = Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
        Self { started: std::time::Instant::now(), origin, speed: 1.0 }
    }
    /// A virtual plant's time: starts at `origin` now and runs `speed` times as fast as real time.
    pub fn virtual_from(origin: Instant, speed: f64) -> Self {
        Self { started: std::time::Instant::now(), origin, speed }
    }
    /// The time.
    pub fn now(&self) -> Instant {
        self.origin + Span::from_seconds_f64(self.started.elapsed().as_secs_f64() * self.speed)
    }
    /// How many times faster than real time it runs.
    pub const fn speed(&self) -> f64 {
        self.speed
    }
    /// How long a span of this clock takes in real time.
    pub fn real_span(&self, span: Span) -> std::time::Duration {
        std::time::Duration::from_secs_f64((span.seconds() / self.speed).max(0.0))
    }
}
