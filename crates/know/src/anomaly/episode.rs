//! The peak rule: one event is one episode, however the score trembles.
//!
//! ```text
//! score    .1 .2 .1 | .8 1.4 1.5 1.4 1.5 | .5 .4 .4 .5 | .4
//! limit .6          ^ opens              ^ closes: most of the way back from the peak, although the machine is hotter now
//! ```
//!
//! Enters: scores, one a row. Leaves: whether an episode is open, and each episode when it closes. Absent: channels, time.

/// Weight of the newest score.
const SMOOTH: f64 = 0.2;
/// An episode closes below this share of the way from the usual score to its peak ...
const RELEASE: f64 = 0.7;
/// ... and opens anew only after a rise of this much above where it closed.
const RISE: f64 = 0.15;
/// Below the limit by this much an episode is over in any case not before.
const SLACK: f64 = 0.1;
/// Rows over which a peak is forgotten.
const PEAK_ROWS: f64 = 150.0;

/// One event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// Row at which it opened.
    pub from: u64,
    /// Highest smoothed score.
    pub peak: f64,
    /// Row of that score.
    pub peak_at: u64,
}

/// The rule with its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Episodes {
    limit: f64,
    usual: f64,
    smooth: Option<f64>,
    row: u64,
    release: f64,
    held: f64,
    crest: f64,
    open: Option<Episode>,
}

impl Episodes {
    /// Opens above `limit`; `usual` is the median score of good order. Closes on most of the way back, because good order itself
    /// wanders: for trials that end and start anew.
    pub const fn new(limit: f64, usual: f64) -> Self {
        Self { limit, usual, smooth: None, row: 0, release: RELEASE, held: limit, crest: 0.0, open: None }
    }
    /// The same, but closes only below the limit: for machines, where a fault lasts until it is mended.
    pub const fn lasting(limit: f64, usual: f64) -> Self {
        Self { release: 0.0, ..Self::new(limit, usual) }
    }
    /// Takes a score; returns the episode that closed with it, if one did. A score that is not finite changes nothing.
    pub fn step(&mut self, score: f64) -> Option<Episode> {
        self.row += 1;
        if !score.is_finite() {
            return None;
        }
        let before = self.smooth.unwrap_or(score);
        let now = before + SMOOTH * (score - before);
        self.smooth = Some(now);
        self.held = self.held.min(now + RISE).max(self.limit);
        let Some(open) = &mut self.open else {
            if now > self.held {
                self.open = Some(Episode { from: self.row, peak: now, peak_at: self.row });
                self.crest = now;
            }
            return None;
        };
        if now > open.peak {
            (open.peak, open.peak_at) = (now, self.row);
        }
        self.crest = if now > self.crest { now } else { self.crest + (now - self.crest) / PEAK_ROWS };
        if now >= (self.limit - SLACK).max(self.usual + self.release * (self.crest - self.usual)) {
            return None;
        }
        self.held = now + RISE;
        self.open.take()
    }
    /// The episode that is open.
    pub const fn open(&self) -> Option<&Episode> {
        self.open.as_ref()
    }
    /// Rows taken.
    pub const fn row(&self) -> u64 {
        self.row
    }
    /// Smoothed score.
    pub fn level(&self) -> f64 {
        self.smooth.unwrap_or(self.usual)
    }
}
