//! A disk of its own that can be filled. Enters: a folder. Leaves: a tmpfs mounted there, full when it shall be. Absent: any other
//! disk; where it cannot be mounted (no root) the folder is an ordinary one, and the figures say so.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Its size.
const SIZE: &str = "size=64m";
/// Bytes written at once while it is filled.
const BLOCK: usize = 1 << 16;

/// The disk.
pub struct Disk {
    folder: PathBuf,
    skipped: Option<String>,
}

impl Disk {
    /// Mounts a disk at a folder.
    pub fn mount(folder: &Path) -> Self {
        let made = std::fs::create_dir_all(folder).map_err(|error| error.to_string());
        let mounted = made.and_then(|()| {
            let output = Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "socium-soak"]).arg(folder).output();
            let output = output.map_err(|error| format!("mount: {error}"))?;
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            if output.status.success() { Ok(()) } else { Err(said) }
        });
        Self { folder: folder.to_owned(), skipped: mounted.err() }
    }
    /// Where the unit's store is.
    pub fn folder(&self) -> PathBuf {
        self.folder.join("cellar")
    }
    /// Why it cannot be filled.
    pub fn why_skipped(&self) -> Option<&str> {
        self.skipped.as_deref()
    }
    /// Fills it to the last byte, or gives the space back.
    pub fn fill(&self, is_full: bool) {
        let filler = self.folder.join("filler");
        if self.skipped.is_some() {
            return;
        }
        if !is_full {
            // there may be none
            let _ = std::fs::remove_file(filler);
            return;
        }
        let Ok(mut file) = std::fs::OpenOptions::new().append(true).create(true).open(filler) else { return };
        for block in [BLOCK, 1] {
            let bytes = vec![0; block];
            while std::io::Write::write_all(&mut file, &bytes).is_ok() {}
        }
    }
    /// Unmounts it.
    pub fn unmount(&self) {
        if self.skipped.is_none()
            && let Err(error) = Command::new("umount").arg(&self.folder).status()
        {
            tracing::warn!(%error, folder = %self.folder.display(), "the soak's disk could not be unmounted");
        }
    }
}
