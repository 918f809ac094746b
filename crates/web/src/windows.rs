//! What all routes share: the house behind them, who is signed in, and the limits.

use crate::form::unit::Unit;
use crate::house::House;
use crate::one_time::OneTime;
use crate::passwords::Passwords;
use crate::reply::{Refusal, Reply};
use crate::session::Sessions;
use crate::throttle::Throttle;
use axum::body::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use unit::desk::View;

/// Live streams at one time.
pub const LIVE_MAX: usize = 64;
/// Requests answered at one time.
pub const REQUESTS_MAX: usize = 512;
/// How often the unit is shown to live streams.
const BEAT: Duration = Duration::from_secs(1);
/// Beats over which the rate of readings is taken.
const BEATS_MAX: usize = 10;

/// What all routes share.
pub struct Windows {
    /// The house.
    pub house: Arc<dyn House>,
    /// Who is signed in.
    pub sessions: Sessions,
    /// Who is signed in through Flight SQL.
    pub tokens: Sessions,
    /// Who tries too often.
    pub throttle: Throttle,
    /// The one-time token.
    pub one_time: OneTime,
    /// The unit, about each second.
    pub pulse: watch::Receiver<Arc<Pulse>>,
    /// Room for live streams.
    pub live: Arc<Semaphore>,
    /// Room for requests.
    pub requests: Semaphore,
    /// Whether connections are encrypted.
    pub secure: bool,
    /// Whether only this computer is listened to.
    pub loopback: bool,
    /// Turns true when the windows close.
    pub stop: watch::Receiver<bool>,
    /// Where passwords are hashed.
    pub passwords: Passwords,
}

/// The unit at one beat, with its JSON made once for all live streams.
pub struct Pulse {
    view: Arc<View>,
    clock_speed: f64,
    /// Readings accepted per second of real time over the last beats.
    pub readings_per_second: f64,
    json: OnceLock<Bytes>,
}

impl Pulse {
    fn new(view: Arc<View>, clock_speed: f64, readings_per_second: f64) -> Self {
        Self { view, clock_speed, readings_per_second, json: OnceLock::new() }
    }
    /// The unit as JSON.
    pub fn json(&self) -> &Bytes {
        self.json.get_or_init(|| {
            let unit = Unit::of(&self.view, self.clock_speed, self.readings_per_second);
            // a form of plain numbers, texts and lists always has a JSON
            Bytes::from(serde_json::to_vec(&unit).unwrap_or_default())
        })
    }
}

/// Watches the views go by; ends when nobody looks any more or at `stop`.
pub fn beat(house: Arc<dyn House>, mut stop: watch::Receiver<bool>) -> watch::Receiver<Arc<Pulse>> {
    let view = house.view();
    let first = Pulse::new(Arc::clone(&view.borrow()), house.clock_speed(), 0.0);
    let (pulses, seen) = watch::channel(Arc::new(first));
    tokio::spawn(async move {
        let mut clock = tokio::time::interval(BEAT);
        clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut beats = VecDeque::new();
        loop {
            tokio::select! {
                _ = clock.tick() => {}
                _ = stop.wait_for(|stopped| *stopped) => return,
            }
            let now = Arc::clone(&view.borrow());
            let rate = rate(&mut beats, now.accounting.total().accepted, Instant::now());
            if pulses.send(Arc::new(Pulse::new(now, house.clock_speed(), rate))).is_err() {
                return;
            }
        }
    });
    seen
}

fn rate(beats: &mut VecDeque<(Instant, u64)>, accepted: u64, now: Instant) -> f64 {
    beats.push_back((now, accepted));
    if beats.len() > BEATS_MAX + 1 {
        beats.pop_front();
    }
    let Some((from, before)) = beats.front().copied() else { return 0.0 };
    let seconds = now.saturating_duration_since(from).as_secs_f64();
    if seconds > 0.0 { accepted.saturating_sub(before) as f64 / seconds } else { 0.0 }
}

/// How the windows are opened.
pub struct Opening {
    /// Who may be signed in.
    pub sessions: Sessions,
    /// Who may be signed in through Flight SQL.
    pub tokens: Sessions,
    /// The one-time token.
    pub one_time: OneTime,
    /// Whether connections are encrypted.
    pub secure: bool,
    /// Whether only this computer is listened to.
    pub loopback: bool,
    /// Where passwords are hashed.
    pub passwords: Passwords,
}

impl Windows {
    /// Opens the windows of a house.
    pub fn open(house: Arc<dyn House>, opening: Opening, stop: watch::Receiver<bool>) -> Self {
        let Opening { sessions, tokens, one_time, secure, loopback, passwords } = opening;
        Self {
            pulse: beat(Arc::clone(&house), stop.clone()),
            house,
            sessions,
            tokens,
            throttle: Throttle::default(),
            one_time,
            live: Arc::new(Semaphore::new(LIVE_MAX)),
            requests: Semaphore::new(REQUESTS_MAX),
            secure,
            loopback,
            stop,
            passwords,
        }
    }
    /// The view now.
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.house.view().borrow())
    }
    /// Adds a line to the audit trail.
    ///
    /// # Errors
    /// The trail could not be written; the caller then does not go on.
    pub async fn note(&self, who: &str, what: &str, about: &str, detail: &str) -> Reply<()> {
        self.house.audit_add(who, what, about, detail).await.map_err(Refusal::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_over_the_last_ten_beats() {
        let (mut beats, start) = (VecDeque::new(), Instant::now());
        let mut last = 0.0;
        for second in 0..30_u64 {
            let accepted = if second < 15 { 100 * second } else { 1_500 + 10 * (second - 15) };
            last = rate(&mut beats, accepted, start + Duration::from_secs(second));
        }
        assert!((last - 10.0).abs() < 1e-9, "{last}");
        assert_eq!(rate(&mut VecDeque::new(), 5, start), 0.0);
    }
}
