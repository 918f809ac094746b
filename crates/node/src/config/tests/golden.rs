//! Files in `docs/` that are made from the code. `UPDATE_GOLDEN=1 cargo test -p node golden` writes them anew.

use crate::config::reference;
use std::path::PathBuf;

/// Compares a made text with the committed file, or writes it where `UPDATE_GOLDEN` is set.
pub fn compare(file: &str, made: &str) {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, made).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert!(kept == made, "{file} is not what the code makes; `UPDATE_GOLDEN=1 cargo test -p node golden` writes it anew");
}

#[test]
fn golden_schema() {
    compare("docs/unit.schema.json", &reference::schema_text(&reference::unit_schema()));
}

#[test]
fn golden_reference() {
    compare("docs/configuration.md", &reference::configuration());
}
