//! Who may connect. Enters: names and passwords as text of a file. Leaves: yes or no. Absent: the file, rights per topic.
//!
//! A password is kept as its HMAC-SHA-256 under a key made at the start of the process, and compared in constant time.

use ring::hmac;
use std::collections::HashMap;

/// Names that may connect, each with its password.
#[derive(Clone)]
pub struct Users {
    key: hmac::Key,
    tags: HashMap<String, hmac::Tag>,
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Users({})", self.tags.len())
    }
}

impl Users {
    /// Names with their passwords.
    ///
    /// # Errors
    /// There are no random bytes for the key.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, String> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &ring::rand::SystemRandom::new());
        let key = key.map_err(|_| "no random bytes for the key of the broker's passwords".to_owned())?;
        let tags = pairs.into_iter().map(|(name, word)| (name.to_owned(), hmac::sign(&key, word.as_bytes()))).collect();
        Ok(Self { key, tags })
    }
    /// Whether this is the password of that name. An unknown name takes as long as a known one.
    pub fn allow(&self, name: &str, password: &[u8]) -> bool {
        let nobody = hmac::sign(&self.key, b"");
        let (tag, is_known) = self.tags.get(name).map_or((&nobody, false), |tag| (tag, true));
        let fits = hmac::verify(&self.key, password, tag.as_ref()).is_ok();
        fits && is_known
    }
}

#[cfg(test)]
mod tests {
    use super::Users;

    #[test]
    fn only_the_right_password_of_a_known_name_opens() {
        let users = Users::new([("ada", "secret"), ("bob", "")]).expect("random bytes");
        let table = [("ada", "secret", true), ("ada", "Secret", false), ("ada", "", false), ("bob", "", true)];
        for (name, word, opens) in table.into_iter().chain([("eve", "", false), ("eve", "secret", false), ("", "", false)]) {
            assert_eq!(users.allow(name, word.as_bytes()), opens, "{name} {word}");
        }
        assert_eq!(format!("{users:?}"), "Users(2)");
    }
}
