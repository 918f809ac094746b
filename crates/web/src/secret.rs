//! Secrets: random tokens, their hashes, comparison in constant time, and password hashes (argon2id, RFC 9106).
//! Absent: any place where a secret could be printed.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use blake2::{Blake2s256, Digest};

/// Argon2id memory [KiB], passes and lanes: OWASP Password Storage Cheat Sheet, first choice of 19 MiB, 2, 1.
const ARGON2: (u32, u32, u32) = (19 * 1024, 2, 1);

/// The hash under which a token is kept.
pub type TokenHash = [u8; 32];

/// The operating system gave no random bytes, or a hash could not be made.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the operating system gave no random bytes")]
pub struct NoChance;

/// 256 random bits in 64 hexadecimal digits.
///
/// # Errors
/// The operating system gave no random bytes.
pub fn fresh_token() -> Result<String, NoChance> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| NoChance)?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

/// The hash of a token; tokens are random, so a fast hash does.
pub fn token_hash(token: &str) -> TokenHash {
    Blake2s256::digest(token.as_bytes()).into()
}

/// Whether two texts are equal, in a time that does not tell where they differ.
pub fn same(left: &str, right: &str) -> bool {
    let (left, right) = (token_hash(left), token_hash(right));
    let difference = left.iter().zip(right).fold(0_u8, |sum, (a, b)| sum | (a ^ b));
    std::hint::black_box(difference) == 0
}

fn argon2() -> Result<Argon2<'static>, NoChance> {
    let (memory, passes, lanes) = ARGON2;
    let params = Params::new(memory, passes, lanes, None).map_err(|_| NoChance)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Argon2id hash of a password in PHC form. Takes tens of milliseconds of CPU and 19 MiB: not for an async thread.
///
/// # Errors
/// The operating system gave no random bytes.
pub fn hash_password(password: &str) -> Result<String, NoChance> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| NoChance)?;
    let salt = SaltString::encode_b64(&salt).map_err(|_| NoChance)?;
    let hash = argon2()?.hash_password(password.as_bytes(), &salt).map_err(|_| NoChance)?;
    Ok(hash.to_string())
}

/// Whether a password belongs to a hash in PHC form. As slow as [`hash_password`].
pub fn password_fits(password: &str, hash: &str) -> bool {
    match (PasswordHash::new(hash), argon2()) {
        (Ok(hash), Ok(argon2)) => argon2.verify_password(password.as_bytes(), &hash).is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_hash_only() {
        let hash = hash_password("a long password").expect("random bytes");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(password_fits("a long password", &hash));
        assert!(!password_fits("a long passwore", &hash));
        assert!(!password_fits("a long password", "no hash"));
        assert_ne!(hash, hash_password("a long password").expect("another salt"));
    }

    #[test]
    fn tokens_differ_and_compare() {
        let (a, b) = (fresh_token().expect("random"), fresh_token().expect("random"));
        assert_eq!(a.len(), 64);
        assert!(same(&a, &a) && !same(&a, &b) && !same(&a, &a[1..]));
    }
}
