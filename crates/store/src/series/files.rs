//! The start of history: whatever lies in its directory and is not part of it goes.

use super::manifest::Manifest;
use crate::StoreError;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Deletes what a killed sealing left below `history`: unfinished files, and finished ones that were never listed. Files that
/// are neither listed nor explained by the journal (the list was lost) are left alone and named in a warning.
///
/// # Errors
/// The directory cannot be read. A listed file that is missing is named in the log and left out.
pub(crate) fn tidy(history: &Path, manifest: &mut Manifest, sealed: u64) -> Result<(), StoreError> {
    std::fs::create_dir_all(history).map_err(|e| StoreError::disk("cannot make", history, &e))?;
    let listed: HashSet<String> = manifest.files.iter().map(|f| f.path.clone()).collect();
    let mut seen = HashSet::new();
    for path in walk(history)? {
        let name = path.strip_prefix(history).unwrap_or(&path).to_string_lossy().into_owned();
        if listed.contains(&name) {
            seen.insert(name);
        } else if name.ends_with(".tmp") || (sealed > 0 && number(&path).is_some()) {
            tracing::info!(file = %path.display(), "deleting what an interrupted sealing left");
            std::fs::remove_file(&path).map_err(|e| StoreError::disk("cannot delete", &path, &e))?;
        } else {
            tracing::warn!(file = %path.display(), "this file is not in the list of history and is left alone");
        }
    }
    manifest.files.retain(|file| {
        let there = seen.contains(&file.path);
        if !there {
            tracing::error!(file = %file.path, readings = file.readings, "a file of history is missing; restore it from a backup");
        }
        there
    });
    Ok(())
}

/// Journal segment up to which a file's readings reach, from its name.
pub(super) fn number(path: &Path) -> Option<u64> {
    let stem = path.file_stem()?.to_str()?;
    stem.strip_prefix("part-")?.trim_end_matches('j').parse().ok()
}

fn walk(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut files = Vec::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(dir) = waiting.pop() {
        let wrong = |e: std::io::Error| StoreError::disk("cannot list", &dir, &e);
        for entry in std::fs::read_dir(&dir).map_err(wrong)? {
            let path = entry.map_err(wrong)?.path();
            if path.is_dir() { waiting.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}
