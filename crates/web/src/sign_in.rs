//! Name and password against the people of the house. Enters: what was typed, from where. Leaves: the person; every attempt
//! counted, slowed where there are too many, and written into the audit trail. Absent: sessions, HTTP forms.

use crate::house::User;
use crate::reply::{Refusal, Reply};
use crate::take::text_within;
use crate::windows::Windows;
use std::net::IpAddr;
use std::time::Instant;

/// Lengths of a password [characters] (NIST SP 800-63B: at least 8, at least 64 allowed; here somewhat longer).
pub const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 12..=128;
/// Lengths of a name [characters].
const NAME_CHARS: std::ops::RangeInclusive<usize> = 1..=64;

/// What was typed.
pub struct Typed {
    /// Sign-in name.
    pub name: String,
    /// Password.
    pub password: String,
}

/// Where people come in.
pub struct Way {
    /// How a refusal calls the place of name and password.
    pub place: &'static str,
    /// How the audit trail calls it.
    pub word: &'static str,
}

/// The person to whom a name and a password belong.
///
/// # Errors
/// They are nobody's, too long, tried too often, or the audit trail cannot be written.
pub async fn sign_in(windows: &Windows, typed: Typed, from: IpAddr, way: &Way) -> Reply<User> {
    text_within(&format!("{}.name", way.place), &typed.name, NAME_CHARS)?;
    text_within(&format!("{}.password", way.place), &typed.password, 1..=*PASSWORD_CHARS.end())?;
    windows.throttle.attempt(&typed.name, from, Instant::now()).map_err(Refusal::too_many)?;
    let user = windows.house.user(&typed.name).await?;
    let fits = windows.passwords.fits(typed.password, user.as_ref().map(|u| u.password_hash.clone())).await?;
    let address = from.to_string();
    match user {
        Some(user) if fits => {
            windows.throttle.passed(&typed.name, from);
            windows.note(&user.name, "sign_in", &address, way.word).await?;
            Ok(user)
        }
        user => {
            // a name that nobody has may be a password typed into the wrong field: it is not written down
            let who = user.as_ref().map_or("unknown", |u| u.name.as_str());
            windows.note(who, "sign_in_failed", &address, way.word).await?;
            Err(Refusal::wrong_sign_in())
        }
    }
}
