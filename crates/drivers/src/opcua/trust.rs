//! Certificates: our own, made at first use, and those of servers that are trusted. Enters: a folder, a server's certificate.
//! Leaves: our application URI, or a sentence that says what to do. Absent: sessions. Decision 0070.
//!
//! ```text
//! own/certificate.der    ours, to be handed to the servers' people
//! private/key.pem        its key; a folder that only we may enter
//! trusted/               certificates of servers that we trust, .der or .pem
//! rejected/              certificates of servers that we met and do not trust; moving one to trusted/ trusts it
//! ```

use opcua::crypto::{CertificateStore, PrivateKey, X509, X509Data, hostname};
use opcua::types::{ByteString, DateTime};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Our certificate in the folder.
pub(super) const OWN_CERTIFICATE: &str = "own/certificate.der";
/// Its key in the folder.
pub(super) const OWN_KEY: &str = "private/key.pem";
/// Days for which our certificate is made: five years.
const DAYS: u32 = 1_826;
/// Bits of our key; every policy takes 2,048.
const KEY_BITS: u32 = 2_048;

/// Sources share the folder: one at a time makes certificates or moves them.
static FOLDER: Mutex<()> = Mutex::new(());

/// Our application URI, which our certificate names.
pub(super) fn application_uri() -> String {
    let host = hostname().ok().filter(|h| !h.is_empty()).unwrap_or_else(|| "localhost".to_owned());
    format!("urn:{host}:socium")
}

/// Sees to it that we have a certificate and its key.
///
/// # Errors
/// The folder cannot be written, or what lies there is not ours.
pub(super) fn ensure_own(folder: &Path) -> Result<(), String> {
    let _one = FOLDER.lock().unwrap_or_else(PoisonError::into_inner);
    for part in ["own", "trusted", "rejected"] {
        make_folder(&folder.join(part), 0o755)?;
    }
    make_folder(&folder.join("private"), 0o700)?;
    let (certificate, key) = (folder.join(OWN_CERTIFICATE), folder.join(OWN_KEY));
    if !certificate.exists() && !key.exists() {
        return make_own(&certificate, &key);
    }
    let renew = || format!("remove {} and {} to have new ones made", certificate.display(), key.display());
    let own = CertificateStore::read_cert(&certificate).map_err(|e| format!("{e}; {}", renew()))?;
    CertificateStore::read_pkey(&key).map_err(|e| format!("{e}; {}", renew()))?;
    let uri = application_uri();
    own.is_application_uri_valid(&uri)
        .map_err(|_| format!("{} is not made for {uri}, which we are; {}", certificate.display(), renew()))?;
    let now = DateTime::now().as_chrono();
    own.is_time_valid(&now).map_err(|_| format!("{} is out of date; {}", certificate.display(), renew()))
}

fn make_folder(path: &Path, mode: u32) -> Result<(), String> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
    builder.create(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Both files are written under other names first, so that a half-made pair is never found.
fn make_own(certificate: &Path, key: &Path) -> Result<(), String> {
    let args = X509Data {
        key_size: KEY_BITS,
        common_name: "Socium".to_owned(),
        organization: "Socium".to_owned(),
        organizational_unit: String::new(),
        country: String::new(),
        state: String::new(),
        alt_host_names: X509Data::alt_host_names(&application_uri(), None, false, true, false),
        certificate_duration_days: DAYS,
    };
    let (new_certificate, new_key) = (certificate.with_extension("new.der"), key.with_extension("new.pem"));
    CertificateStore::create_certificate_and_key(&args, true, &new_certificate, &new_key)?;
    for (from, to) in [(&new_key, key), (&new_certificate, certificate)] {
        fs::rename(from, to).map_err(|e| format!("{}: {e}", to.display()))?;
    }
    tracing::info!(certificate = %certificate.display(), "made a certificate of our own");
    Ok(())
}

/// Whether a server's certificate is trusted; one that is not is put into `rejected`.
///
/// # Errors
/// It is not, in a sentence that says how to trust it.
pub(super) fn check_server(folder: &Path, sent: &ByteString, pinned: Option<&str>) -> Result<(), String> {
    let _one = FOLDER.lock().unwrap_or_else(PoisonError::into_inner);
    let certificate = X509::from_byte_string(sent).map_err(|e| format!("the server's certificate cannot be read: {e}"))?;
    let print = certificate.thumbprint().as_hex_string();
    let who = || {
        let name = certificate.common_name().unwrap_or_default();
        format!("the server's certificate `{}` (thumbprint {print})", name.trim_start_matches("CN="))
    };
    let name = CertificateStore::cert_file_name(&certificate);
    let (trusted, rejected) = (folder.join("trusted"), folder.join("rejected"));
    let known = match pinned {
        Some(pinned) if !pinned.eq_ignore_ascii_case(&print) => {
            return Err(format!("{} is not the one that server_thumbprint names, {pinned}", who()));
        }
        Some(_) => true,
        None => is_among(&trusted, &certificate),
    };
    if !known {
        write_certificate(&rejected.join(&name), &certificate)?;
        return Err(format!(
            "{} is not trusted; to trust it, move `{}` to `{}`, or set server_thumbprint = \"{print}\"",
            who(),
            rejected.join(&name).display(),
            trusted.display()
        ));
    }
    let now = DateTime::now().as_chrono();
    certificate.is_time_valid(&now).map_err(|_| match (certificate.not_before(), certificate.not_after()) {
        (Ok(from), Ok(to)) => format!("{} is out of date: it holds from {from} to {to}", who()),
        _ => format!("{} is out of date", who()),
    })?;
    // the session looks for it under this name, and nowhere else; what lies in `rejected` it refuses
    let kept = trusted.join(&name);
    if !kept.exists() {
        write_certificate(&kept, &certificate)?;
    }
    let refused = rejected.join(&name);
    if refused.exists() {
        fs::remove_file(&refused).map_err(|e| format!("{}: {e}", refused.display()))?;
    }
    Ok(())
}

/// Whether a folder holds the certificate under any name.
fn is_among(folder: &Path, certificate: &X509) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    let wanted = certificate.to_der().ok();
    let mut files = entries.flatten().filter_map(|entry| CertificateStore::read_cert(&entry.path()).ok());
    wanted.is_some() && files.any(|file| file.to_der().ok() == wanted)
}

fn write_certificate(path: &Path, certificate: &X509) -> Result<(), String> {
    let der = certificate.to_der().map_err(|_| "the server's certificate cannot be written again".to_owned())?;
    fs::write(path, der).map_err(|e| format!("{}: {e}", path.display()))
}

/// A certificate and its key for signing in.
///
/// # Errors
/// A file cannot be read.
pub(super) fn user(pair: &super::KeyPair) -> Result<(X509, PrivateKey), String> {
    let certificate = CertificateStore::read_cert(&pair.certificate)?;
    Ok((certificate, CertificateStore::read_pkey(&pair.key)?))
}
