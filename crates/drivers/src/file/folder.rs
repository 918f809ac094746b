//! Which files there are. Enters: a path and a pattern. Leaves: the files with their stamps, by name.

use super::config::ENDINGS;
use super::position::Stamp;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Most files of one folder.
pub(super) const FILES_MAX: usize = 100_000;

/// A file that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its name, within the folder where one is watched.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its version.
    pub stamp: Stamp,
}

/// The files of a folder that fit, or the one file, by name.
///
/// # Errors
/// There is no such file or folder, it cannot be read, or it holds too many files; in words.
pub(super) fn scan(path: &Path, pattern: Option<&str>) -> Result<Vec<Found>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let meta = std::fs::metadata(path).map_err(failed)?;
    if !meta.is_dir() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Ok(vec![Found { name, path: path.to_owned(), stamp: stamp(&meta) }]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !is_wanted(&name, pattern) {
            continue;
        }
        // a file that went away between the two calls is none
        let Ok(meta) = std::fs::metadata(entry.path()) else { continue };
        if meta.is_file() {
            found.push(Found { name, path: entry.path(), stamp: stamp(&meta) });
        }
        if found.len() > FILES_MAX {
            return Err(format!(
                "{} holds more than {FILES_MAX} files to read; allowed is fewer: name them by `files`",
                path.display()
            ));
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn stamp(meta: &Metadata) -> Stamp {
    let changed = meta.mtime().saturating_mul(1_000_000).saturating_add(meta.mtime_nsec() / 1_000);
    Stamp { dev: meta.dev(), inode: meta.ino(), size: meta.len(), changed }
}

/// Whether a file is read: not one that is hidden, or that Excel keeps beside an open workbook.
fn is_wanted(name: &str, pattern: Option<&str>) -> bool {
    if name.starts_with('.') || name.starts_with("~$") {
        return false;
    }
    match pattern {
        Some(pattern) => fits(pattern.as_bytes(), name.as_bytes()),
        None => ENDINGS.iter().any(|ending| name.to_lowercase().ends_with(ending)),
    }
}

/// Whether a name fits a pattern, where `*` stands for any letters and `?` for one byte.
pub(super) fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match (pattern.get(p), star) {
            (Some(b'*'), _) => {
                star = Some((p, n));
                p += 1;
            }
            (Some(sign), _) if *sign == b'?' || *sign == name[n] => (p, n) = (p + 1, n + 1),
            (_, Some((at, from))) => {
                (p, n) = (at + 1, from + 1);
                star = Some((at, from + 1));
            }
            (_, None) => return false,
        }
    }
    pattern[p..].iter().all(|sign| *sign == b'*')
}
