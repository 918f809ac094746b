//! Sessions: who is signed in. A session is named by a random 256-bit token of which only the hash is kept, in memory; it ends
//! when idle, when old, when its person changes the password, and with the process. The clock is an argument.

use crate::secret::{NoChance, TokenHash, fresh_token, token_hash};
use plant::UserRole;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Name of the cookie that carries the token.
pub const COOKIE: &str = "socium_session";

/// Limits of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A session that was not used for this long ends.
    pub idle: Duration,
    /// A session ends at this age.
    pub age: Duration,
    /// Sessions at one time; the one longest unused makes room.
    pub sessions: usize,
    /// Sessions of one person at one time; the one longest unused makes room.
    pub of_person: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let hour = Duration::from_secs(3_600);
        Self { idle: 12 * hour, age: 7 * 24 * hour, sessions: 1_024, of_person: 16 }
    }
}

/// A person's seat at the windows while a session lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Sign-in name.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// Token to be sent with everything that changes something.
    pub csrf: String,
    /// Whether it was opened by a one-time token and a password is still to be set.
    pub must_set_password: bool,
    /// The key it is kept under.
    pub key: TokenHash,
}

struct Entry {
    seat: Seat,
    made: Instant,
    seen: Instant,
}

/// All sessions.
pub struct Sessions {
    limits: Limits,
    entries: Mutex<HashMap<TokenHash, Entry>>,
}

impl Sessions {
    /// None yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, entries: Mutex::default() }
    }
    /// The limits.
    pub const fn limits(&self) -> Limits {
        self.limits
    }
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<TokenHash, Entry>) -> T) -> T {
        // a panic elsewhere leaves the map whole: every change here is one insert or one remove
        work(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
    fn lives(&self, entry: &Entry, now: Instant) -> bool {
        now.saturating_duration_since(entry.seen) < self.limits.idle
            && now.saturating_duration_since(entry.made) < self.limits.age
    }

    /// Opens a session: its seat and the token for the cookie.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn open(&self, name: &str, role: UserRole, must_set_password: bool, now: Instant) -> Result<(Seat, String), NoChance> {
        let token = fresh_token()?;
        let key = token_hash(&token);
        let seat = Seat { name: name.to_owned(), role, csrf: fresh_token()?, must_set_password, key };
        self.with(|entries| {
            entries.retain(|_, entry| self.lives(entry, now));
            make_room(entries, self.limits.of_person, |e| e.seat.name == name);
            make_room(entries, self.limits.sessions, |_| true);
            entries.insert(key, Entry { seat: seat.clone(), made: now, seen: now });
        });
        Ok((seat, token))
    }
    /// The seat of a token, which counts as used now.
    pub fn seat(&self, token: &str, now: Instant) -> Option<Seat> {
        let key = token_hash(token);
        self.with(|entries| {
            let entry = entries.get_mut(&key)?;
            if !self.lives(entry, now) {
                entries.remove(&key);
                return None;
            }
            entry.seen = now;
            Some(entry.seat.clone())
        })
    }
    /// Whether a session still lasts; does not count as use.
    pub fn lasts(&self, key: &TokenHash, now: Instant) -> bool {
        self.with(|entries| entries.get(key).is_some_and(|e| self.lives(e, now)))
    }
    /// Ends one session.
    pub fn close(&self, key: &TokenHash) {
        self.with(|entries| entries.remove(key));
    }
    /// A person has set a password: this session stays, all others of theirs end.
    pub fn password_set(&self, name: &str, keep: &TokenHash) {
        self.with(|entries| {
            entries.retain(|key, entry| entry.seat.name != name || key == keep);
            if let Some(entry) = entries.get_mut(keep) {
                entry.seat.must_set_password = false;
            }
        });
    }
    /// Sessions that last.
    #[cfg(test)]
    fn count(&self, now: Instant) -> usize {
        self.with(|entries| entries.values().filter(|e| self.lives(e, now)).count())
    }
}

fn make_room(entries: &mut HashMap<TokenHash, Entry>, max: usize, of: impl Fn(&Entry) -> bool) {
    while entries.values().filter(|e| of(e)).count() >= max.max(1) {
        let oldest = entries.iter().filter(|(_, e)| of(e)).min_by_key(|(_, e)| e.seen).map(|(key, _)| *key);
        match oldest {
            Some(key) => entries.remove(&key),
            None => return,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn sessions() -> Sessions {
        Sessions::new(Limits { idle: 10 * MINUTE, age: 30 * MINUTE, sessions: 4, of_person: 2 })
    }

    #[test]
    fn a_session_ends_when_idle_and_when_old() {
        let (sessions, start) = (sessions(), Instant::now());
        let (_, token) = sessions.open("ann", UserRole::Viewer, false, start).expect("a session");
        // (minute of use, whether it still lasts)
        for (minute, lasts) in [(9, true), (18, true), (27, true), (30, false), (31, false)] {
            assert_eq!(sessions.seat(&token, start + minute * MINUTE).is_some(), lasts, "minute {minute}");
        }
        let (_, idle) = sessions.open("ann", UserRole::Viewer, false, start).expect("a session");
        assert!(sessions.seat(&idle, start + 10 * MINUTE).is_none());
        assert!(sessions.seat("forged", start).is_none());
    }

    #[test]
    fn the_number_is_bounded_and_the_longest_unused_makes_room() {
        let (sessions, start) = (sessions(), Instant::now());
        let open =
            |name: &str, minute: u32| sessions.open(name, UserRole::Viewer, false, start + minute * MINUTE).expect("a session").1;
        let ann: Vec<_> = (0..3).map(|minute| open("ann", minute)).collect();
        let lasts = |token: &String| sessions.lasts(&token_hash(token), start + 4 * MINUTE);
        assert_eq!(ann.iter().map(lasts).collect::<Vec<_>>(), [false, true, true]);
        let others: Vec<_> = ["bob", "cem", "dee"].iter().map(|name| open(name, 3)).collect();
        assert_eq!(sessions.count(start + 4 * MINUTE), 4);
        assert!(!lasts(&ann[1]) && lasts(&ann[2]) && others.iter().all(lasts));
    }

    #[test]
    fn a_new_password_ends_the_persons_other_sessions() {
        let (sessions, now) = (sessions(), Instant::now());
        let (first, _) = sessions.open("ann", UserRole::Admin, true, now).expect("a session");
        let (_, second) = sessions.open("ann", UserRole::Admin, true, now).expect("a session");
        let (_, bob) = sessions.open("bob", UserRole::Admin, false, now).expect("a session");
        sessions.password_set("ann", &first.key);
        assert!(sessions.lasts(&first.key, now));
        assert!(sessions.seat(&second, now).is_none() && sessions.seat(&bob, now).is_some());
        sessions.close(&first.key);
        assert!(!sessions.lasts(&first.key, now));
    }
}
