//! Secrets: random tokens, their hashes, comparison in constant time, and password hashes (argon2id, RFC 9106).
//! Absent: any place where a secret could be printed.

use argon2::password_hash::{Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use blake2::{Blake2s256, Digest};

/// Argon2id memory [KiB], passes and lanes: OWASP Password Storage Cheat Sheet, first choice of 19 MiB, 2, 1.
const ARGON2: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Most memory that a hash from the store may ask for [KiB].
const MEMORY_KIB_MAX: u32 = 64 * 1024;

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

/// Argon2id hash of a password in PHC form. Takes tens of milliseconds of CPU and 19 MiB, so it is not for an async thread.
///
/// # Errors
/// The operating system gave no random bytes.
pub fn hash_password(password: &str) -> Result<String, NoChance> {
    let mut salt = [0; Salt::RECOMMENDED_LENGTH];
    getrandom::fill(&mut salt).map_err(|_| NoChance)?;
    let (memory, passes, lanes) = ARGON2;
    let params = Params::new(memory, passes, lanes, None).map_err(|_| NoChance)?;
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    grind(&params, password, &salt, &mut out).map_err(|_| NoChance)?;
    let salt = SaltString::encode_b64(&salt).map_err(|_| NoChance)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(|_| NoChance)?,
        salt: Some(salt.as_salt()),
        hash: Some(Output::new(&out).map_err(|_| NoChance)?),
    };
    Ok(hash.to_string())
}

/// Whether a password belongs to an argon2id hash in PHC form. As slow as [`hash_password`].
pub fn fits_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| matches(password, &hash).unwrap_or(false))
}

/// `None` for a hash that was not made by [`hash_password`] or in its way.
fn matches(password: &str, hash: &PasswordHash<'_>) -> Option<bool> {
    let (wanted, params) = (hash.hash?, Params::try_from(hash).ok()?);
    let ours = hash.algorithm == Algorithm::Argon2id.ident() && hash.version == Some(Version::V0x13.into());
    if !ours || params.m_cost() > MEMORY_KIB_MAX {
        return None;
    }
    let mut salt = [0; Salt::MAX_LENGTH];
    let salt = hash.salt?.decode_b64(&mut salt).ok()?;
    let mut out = vec![0; wanted.len()];
    grind(&params, password, salt, &mut out).ok()?;
    // `Output` compares in constant time
    Some(Output::new(&out).ok()? == wanted)
}

fn grind(params: &Params, password: &str, salt: &[u8], out: &mut [u8]) -> Result<(), argon2::Error> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let mut blocks = vec![Block::default(); params.block_count()];
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, &mut blocks[..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{PasswordHasher, PasswordVerifier};

    #[test]
    fn a_password_fits_its_hash_only() {
        let hash = hash_password("a long password").expect("random bytes");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(fits_password("a long password", &hash));
        assert!(!fits_password("a long passwore", &hash));
        assert_ne!(hash, hash_password("a long password").expect("another salt"));
        // the crate's own check agrees
        let parsed = PasswordHash::new(&hash).expect("PHC form");
        assert!(Argon2::default().verify_password(b"a long password", &parsed).is_ok());
    }

    #[test]
    fn a_hash_of_another_kind_fits_nothing() {
        let hash = hash_password("a long password").expect("random bytes");
        let table = [
            "no hash".to_owned(),
            String::new(),
            hash.replace("argon2id", "argon2i"),
            hash.replace("v=19", "v=16"),
            hash.replace("m=19456", "m=4000000"),
            hash.replace("t=2", "t=1"),
            hash[..hash.len() - 2].to_owned(),
            "$argon2id$v=19$m=19456,t=2,p=1".to_owned(),
        ];
        for other in table {
            assert!(!fits_password("a long password", &other), "{other}");
        }
        // a hash that asks for less memory, made elsewhere, still counts
        let less = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(4_096, 3, 1, None).expect("parameters"));
        let salt = SaltString::encode_b64(b"sixteen bytes ok").expect("a salt");
        let made = less.hash_password(b"a long password", &salt).expect("a hash").to_string();
        assert!(fits_password("a long password", &made) && fits_password("a long password", &hash));
    }

    #[test]
    fn tokens_differ_and_compare() {
        let (a, b) = (fresh_token().expect("random"), fresh_token().expect("random"));
        assert_eq!(a.len(), 64);
        assert!(same(&a, &a) && !same(&a, &b) && !same(&a, &a[1..]));
    }
}
