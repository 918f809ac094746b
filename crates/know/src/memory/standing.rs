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
//! What leaves the memory leaves its version here; there are no more of these than products by state, and checks.

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
pub(super) struct Standings {
    shown: Vec<Standing>,
    /// What is not in memory: the version under which it is learned should it come again.
    left: Vec<Standing>,
}

impl Standings {
    /// The baselines in memory.
    pub(super) fn all(&self) -> &[Standing] {
        &self.shown
    }
    /// The version under which what is not frozen now is learned.
    pub(super) fn learned_under(&self, about: About) -> u32 {
        self.shown.iter().chain(&self.left).find(|s| s.about == about).map_or(1, Standing::learned_under)
    }
    /// A part tells how far it is; says whether that is to be kept: it was frozen, or is learned anew.
    pub(super) fn tell(&mut self, now: Instant, (about, progress): (About, Progress)) -> bool {
        let is_frozen = matches!(progress, Progress::Frozen(_));
        let Some(known) = self.shown.iter_mut().find(|s| s.about == about) else {
            let has_begun = !matches!(progress, Progress::Learning { have: 0.0, .. });
            if has_begun {
                let place = self.left.iter().position(|s| s.about == about);
                let (version, at) = place.map(|place| self.left.swap_remove(place)).map_or((1, None), |s| (s.version, s.at));
                self.shown.push(Standing { about, version, progress, at: if is_frozen { Some(now) } else { at } });
            }
            return is_frozen;
        };
        let (version, is_new) = match (known.progress, progress) {
            (Progress::Learning { .. }, Progress::Learning { .. }) => (known.version, false),
            (Progress::Learning { .. }, Progress::Frozen(_)) => (known.version, true),
            (Progress::Frozen(a), Progress::Frozen(b)) if a == b => return false,
            (Progress::Frozen(_), _) => (known.learned_under(), true),
        };
        (known.version, known.progress) = (version, progress);
        known.at = if is_new { Some(now) } else { known.at };
        is_new
    }
    /// What is not told any more has left the memory: it had to make room.
    pub(super) fn keep_only(&mut self, is_told: impl Fn(About) -> bool) {
        let (told, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.shown).into_iter().partition(|s| is_told(s.about));
        self.shown = told;
        gone.into_iter().for_each(|standing| self.leave(standing));
    }
    /// What an earlier run knew; it is not handed out again.
    pub(super) fn recall(&mut self, standing: Standing) {
        self.forget(standing.about);
        self.shown.push(standing);
    }
    /// What an earlier run knew and is not in memory; of that only the version matters.
    pub(super) fn leave(&mut self, standing: Standing) {
        self.forget(standing.about);
        let at = standing.at.filter(|_| matches!(standing.progress, Progress::Learning { .. }));
        self.left.push(Standing { version: standing.learned_under(), at, ..standing });
    }
    fn forget(&mut self, about: About) {
        self.shown.retain(|known| known.about != about);
        self.left.retain(|known| known.about != about);
    }
}

impl Standing {
    /// The version under which it is learned now, or would be.
    const fn learned_under(&self) -> u32 {
        match self.progress {
            Progress::Learning { .. } => self.version,
            Progress::Frozen(_) => self.version.saturating_add(1),
        }
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

    #[test]
    fn what_left_the_memory_is_not_shown_and_comes_again_under_the_next_version() {
        let (s, pieces) = (Instant::from_seconds, |have| Progress::learning(have, 200.0, Counted::Pieces));
        let window = |from, to| Progress::Frozen(Window { from: s(from), to: s(to) });
        let mut standings = Standings::default();
        assert!(standings.tell(s(9), (About::Stops, window(0, 9))) && standings.learned_under(About::Stops) == 2);
        standings.tell(s(9), (About::Deviation, pieces(1.0)));
        standings.keep_only(|about| about == About::Deviation);
        assert_eq!(standings.all().iter().map(|s| s.about).collect::<Vec<_>>(), [About::Deviation]);
        assert!(!standings.tell(s(10), (About::Stops, pieces(1.0))), "the version before is not over");
        assert_eq!(standings.all()[1], Standing { about: About::Stops, version: 2, progress: pieces(1.0), at: None });
        standings.keep_only(|about| about == About::Deviation);
        assert!(standings.tell(s(20), (About::Stops, window(11, 20))) && standings.all()[1].version == 2, "2 was never given");
        standings.recall(Standing { version: u32::MAX, ..standings.all()[1] });
        assert_eq!(standings.learned_under(About::Stops), u32::MAX, "a damaged version does not end the process");
    }
}
