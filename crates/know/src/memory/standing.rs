//! How far the baselines of a machine are, and the versions they have: one place for all that is learned first and frozen then.
//!
//! ```text
//! told by each part            here                                     handed out
//! behaviour  learning 300/720  version 1, learning
//! behaviour  frozen [a, b]     version 1, frozen at b                   version 1 with its rows
//! behaviour  learning 0/720    version 2, learning (somebody agreed)    version 2 without values: 1 is not to be used any more
//! ```
//!
//! Enters: what each part of a machine's memory tells of itself. Leaves: [`Standing`]s for people, and what has changed since the last look.
//! Absent: how each is learned. A part that was frozen and learns, or is frozen from another time, has been begun anew: the next version.

use measure::Instant;
use plant::{About, Window};

/// In what progress is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Minutes.
    Minutes,
    /// Spells in a state.
    Spells,
    /// Readings.
    Readings,
    /// Pieces.
    Pieces,
}

/// How far a baseline is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// So much of what it needs was seen.
    Learning {
        /// Seen so far, at most `of`.
        have: f64,
        /// Needed.
        of: f64,
        /// Of what.
        counted: Counted,
    },
    /// It changes no more.
    Frozen(Window),
}

impl Progress {
    /// So much of what is needed was seen.
    pub const fn learning(have: f64, of: f64, counted: Counted) -> Self {
        Self::Learning { have: have.min(of), of, counted }
    }
}

/// A baseline of a machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// What it is about.
    pub about: About,
    /// Its version, from 1.
    pub version: u32,
    /// How far it is.
    pub progress: Progress,
    /// When it was frozen; while it learns anew, since when.
    pub at: Option<Instant>,
}

/// The baselines of one machine.
#[derive(Clone, Debug, Default)]
pub(super) struct Standings(Vec<Standing>);

impl Standings {
    /// The baselines.
    pub(super) fn all(&self) -> &[Standing] {
        &self.0
    }
    /// A part tells how far it is; says whether that is to be kept: it was frozen, or is learned anew.
    pub(super) fn tell(&mut self, now: Instant, (about, progress): (About, Progress)) -> bool {
        let Some(known) = self.0.iter_mut().find(|s| s.about == about) else {
            if let Progress::Learning { have, .. } = progress
                && have == 0.0
            {
                return false;
            }
            let is_frozen = matches!(progress, Progress::Frozen(_));
            self.0.push(Standing { about, version: 1, progress, at: is_frozen.then_some(now) });
            return is_frozen;
        };
        let (before, is_new) = match (known.progress, progress) {
            (Progress::Learning { .. }, Progress::Learning { .. }) => (known.version, false),
            (Progress::Learning { .. }, Progress::Frozen(_)) => (known.version, true),
            (Progress::Frozen(a), Progress::Frozen(b)) if a == b => return false,
            (Progress::Frozen(_), _) => (known.version + 1, true),
        };
        (known.version, known.progress) = (before, progress);
        known.at = if is_new { Some(now) } else { known.at };
        is_new
    }
    /// What an earlier run knew; it is not handed out again.
    pub(super) fn recall(&mut self, standing: Standing) {
        self.0.retain(|known| known.about != standing.about);
        self.0.push(standing);
    }
}

/// Widens what was learned from up to an instant.
pub(super) const fn reach(learned: &mut Option<Window>, at: Instant) {
    match learned {
        Some(window) => window.to = at,
        None => *learned = Some(Window { from: at, to: at }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_rise_when_what_was_frozen_begins_anew() {
        let s = Instant::from_seconds;
        let learning = |have| (About::Stops, Progress::learning(have, 200.0, Counted::Pieces));
        let frozen = |from, to| (About::Stops, Progress::Frozen(Window { from: s(from), to: s(to) }));
        let mut standings = Standings::default();
        let rows = [
            (learning(0.0), false, None),
            (learning(10.0), false, Some(1)),
            (frozen(0, 9), true, Some(1)),
            (frozen(0, 9), false, Some(1)),
            (learning(0.0), true, Some(2)),
            (learning(7.0), false, Some(2)),
            (frozen(20, 29), true, Some(2)),
            // begun anew and frozen between two looks
            (frozen(30, 31), true, Some(3)),
        ];
        for (place, (told, is_new, version)) in rows.into_iter().enumerate() {
            assert_eq!(standings.tell(s(place as i64), told), is_new, "{place}");
            assert_eq!(standings.all().first().map(|s| s.version), version, "{place}");
        }
        let kept = standings.all()[0];
        standings.recall(Standing { version: 9, ..kept });
        assert!(!standings.tell(s(99), (kept.about, kept.progress)) && standings.all().len() == 1);
        assert!(standings.tell(s(99), learning(1.0)) && standings.all()[0].version == 10);
    }
}
