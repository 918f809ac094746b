//! The one-time token that lets the first person in: made when the unit starts, good once, for a day.

use crate::secret::{NoChance, TokenHash, fresh_token, token_hash};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a one-time token is good.
pub const GOOD_FOR: Duration = Duration::from_secs(24 * 3_600);

/// Name of the person whom a one-time token lets in, as admin.
pub const PERSON: &str = "admin";

/// A one-time token of which only the hash is kept.
pub struct OneTime {
    left: Mutex<Option<(TokenHash, Instant)>>,
}

impl OneTime {
    /// A fresh one and its token, which is to be shown once: `http://127.0.0.1:PORT/#/welcome?token=TOKEN`.
    ///
    /// # Errors
    /// The operating system gave no random bytes.
    pub fn fresh() -> Result<(Self, String), NoChance> {
        let token = fresh_token()?;
        Ok((Self::of(&token, Instant::now()), token))
    }
    fn of(token: &str, now: Instant) -> Self {
        Self { left: Mutex::new(Some((token_hash(token), now + GOOD_FOR))) }
    }
    /// None: nobody is let in without a password.
    pub const fn none() -> Self {
        Self { left: Mutex::new(None) }
    }
    /// Whether this is the token and it is still good; it is used up by that.
    pub fn spend(&self, token: &str, now: Instant) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let good = left.is_some_and(|(hash, until)| hash == token_hash(token) && now < until);
        if good {
            *left = None;
        }
        good
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_good_once_and_for_a_day() {
        let now = Instant::now();
        let one_time = OneTime::of("token", now);
        assert!(!one_time.spend("other", now));
        assert!(one_time.spend("token", now));
        assert!(!one_time.spend("token", now));
        assert!(!OneTime::of("token", now).spend("token", now + GOOD_FOR));
        assert!(!OneTime::none().spend("", now));
    }
}
