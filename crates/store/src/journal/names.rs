//! Catalogues on the disk beside the segments that use them: each is written once under a name made of its content, and a segment
//! opens with that name. So names of a million channels do not go into every segment (`decisions/0104`).
//!
//! Enters: catalogues. Leaves: files `<print>.names`, catalogues again. Absent: what names mean.

use super::segment::sync_dir;
use crate::StoreError;
use crate::form::{Catalogue, Print};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

const SUFFIX: &str = "names";
const UNFINISHED: &str = "tmp";

/// Writes a catalogue unless it is there; it is on the disk, with its name, when this returns.
///
/// # Errors
/// The disk refuses.
pub(super) fn keep(dir: &Path, catalogue: &Catalogue) -> Result<Print, StoreError> {
    let bytes = catalogue.encode();
    let print = Print::of(&bytes);
    let path = path(dir, print);
    if read(dir, print).is_ok() {
        return Ok(print);
    }
    let temporary = path.with_extension(UNFINISHED);
    let written = File::create(&temporary).and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()));
    written.map_err(|e| StoreError::disk("cannot write", &temporary, &e))?;
    std::fs::rename(&temporary, &path).map_err(|e| StoreError::disk("cannot rename", &path, &e))?;
    sync_dir(dir)?;
    Ok(print)
}

/// Reads a catalogue.
///
/// # Errors
/// It is not there, or is not what its name says.
pub(super) fn read(dir: &Path, print: Print) -> Result<Catalogue, StoreError> {
    let path = path(dir, print);
    let bytes = std::fs::read(&path).map_err(|e| StoreError::disk("cannot read", &path, &e))?;
    if Print::of(&bytes) != print {
        return Err(StoreError::form(path.display().to_string(), "its content is not what its name says"));
    }
    Catalogue::decode(&bytes).map_err(|e| StoreError::form(path.display().to_string(), &e))
}

/// Deletes the catalogues that no segment uses, and what a kill left half written.
///
/// # Errors
/// The disk refuses.
pub(super) fn tidy(dir: &Path, used: &[Print]) -> Result<(), StoreError> {
    let used: Vec<PathBuf> = used.iter().map(|print| path(dir, *print)).collect();
    let wrong = |e: &std::io::Error| StoreError::disk("cannot list", dir, e);
    for entry in std::fs::read_dir(dir).map_err(|e| wrong(&e))? {
        let path = entry.map_err(|e| wrong(&e))?.path();
        if path.extension().is_some_and(|e| e == UNFINISHED || (e == SUFFIX && !used.contains(&path))) {
            std::fs::remove_file(&path).map_err(|e| StoreError::disk("cannot delete", &path, &e))?;
        }
    }
    Ok(())
}

fn path(dir: &Path, print: Print) -> PathBuf {
    dir.join(format!("{print}.{SUFFIX}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_is_written_once_and_damage_is_seen() {
        let dir = tempfile::tempdir().expect("a directory");
        let one = Catalogue { sources: vec!["bus".to_owned()], ..Catalogue::default() };
        let other = Catalogue { sources: vec!["other".to_owned()], ..Catalogue::default() };
        let print = keep(dir.path(), &one).expect("kept");
        assert_eq!(keep(dir.path(), &one).expect("kept"), print);
        let second = keep(dir.path(), &other).expect("kept");
        std::fs::write(dir.path().join("half.tmp"), b"{").expect("a kill");
        assert_eq!(read(dir.path(), print).expect("there"), one);
        tidy(dir.path(), &[print]).expect("tidied");
        assert!(read(dir.path(), second).is_err(), "nobody used it");
        assert!(!dir.path().join("half.tmp").exists());
        std::fs::write(path(dir.path(), print), b"{}").expect("damaged");
        let said = read(dir.path(), print).expect_err("damage").to_string();
        assert!(said.contains("not what its name says"), "{said}");
        assert_eq!(keep(dir.path(), &one).expect("kept"), print, "written again");
        assert_eq!(read(dir.path(), print).expect("there"), one);
    }
}
