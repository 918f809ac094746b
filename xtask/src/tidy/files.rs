//! The Rust files of the checkout, each split into product lines and test lines.

use std::fs;
use std::io;
use std::path::Path;

/// A Rust file.
pub struct SourceFile {
    /// Path from the root, with `/`.
    pub path: String,
    /// The crate it belongs to (`xtask` for the workshop).
    pub krate: String,
    /// Its lines.
    pub lines: Vec<String>,
    /// Number of its first lines that are product code; the rest is its test module.
    pub product: usize,
    /// Whether the whole file is a test, an example or a build script.
    pub aside: bool,
}

/// All Rust files below `crates` and `xtask`, sorted.
pub fn all(root: &Path) -> io::Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask"] {
        walk(root, &root.join(folder), &mut files)?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if path.file_name().is_none_or(|n| n != "target") {
                walk(root, &path, files)?;
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(read(root, &path)?);
        }
    }
    Ok(())
}

fn read(root: &Path, path: &Path) -> io::Result<SourceFile> {
    let relative = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let lines: Vec<String> = fs::read_to_string(path)?.lines().map(str::to_owned).collect();
    let parts: Vec<&str> = relative.split('/').collect();
    let krate = if parts[0] == "crates" { parts[1] } else { parts[0] }.to_owned();
    let is_aside =
        |part: &&str| matches!(*part, "tests" | "tests.rs" | "fixture.rs" | "examples" | "benches" | "fuzz" | "build.rs");
    let aside = parts.iter().any(is_aside) || parts.last().is_some_and(|n| n.ends_with("_tests.rs"));
    let product = lines.iter().position(|l| l.trim_start().starts_with("#[cfg(test)]")).unwrap_or(lines.len());
    Ok(SourceFile { path: relative, krate, lines, product, aside })
}
