//! The allowed edges between our crates: `edges.txt` against every `Cargo.toml`. Test-only dependencies do not count.

use super::Breach;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Edges = BTreeMap<String, BTreeSet<String>>;

/// Edges that are there and not allowed, or allowed and not there, and crates that the file does not know.
pub fn check(root: &Path) -> Vec<Breach> {
    let allowed = match fs::read_to_string(root.join("edges.txt")) {
        Ok(text) => parse(&text),
        Err(error) => return vec![Breach { place: "edges.txt".to_owned(), sentence: error.to_string() }],
    };
    let mut breaches = Vec::new();
    for (krate, known) in found(root) {
        let place = format!("{krate}/Cargo.toml");
        let Some(may) = allowed.get(&krate) else {
            breaches.push(Breach { place, sentence: format!("crate `{krate}` is not in edges.txt") });
            continue;
        };
        for edge in known.iter().filter(|edge| allowed.contains_key(*edge)) {
            if !may.contains(edge) {
                let sentence = format!("`{krate}` knows `{edge}`; edges.txt allows: {}", join(may));
                breaches.push(Breach { place: place.clone(), sentence });
            }
        }
        for unused in may.iter().filter(|edge| !known.contains(*edge)) {
            breaches.push(Breach {
                place: "edges.txt".to_owned(),
                sentence: format!("`{krate}` does not use `{unused}`: take the edge out"),
            });
        }
    }
    breaches
}

fn join(names: &BTreeSet<String>) -> String {
    names.iter().cloned().collect::<Vec<_>>().join(" ")
}

fn parse(text: &str) -> Edges {
    let lines = text.lines().filter(|l| !l.starts_with('#'));
    let pairs = lines.filter_map(|l| l.split_once(':'));
    pairs.map(|(krate, may)| (krate.trim().to_owned(), may.split_whitespace().map(str::to_owned).collect())).collect()
}

fn found(root: &Path) -> Edges {
    let folders = fs::read_dir(root.join("crates")).into_iter().flatten().flatten().map(|e| e.path());
    folders
        .chain([root.join("xtask")])
        .filter_map(|folder| {
            let text = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
            Some((folder.file_name()?.to_string_lossy().into_owned(), dependencies(&text)))
        })
        .collect()
}

/// Names in `[dependencies]` and `[build-dependencies]`.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = matches!(line.trim(), "[dependencies]" | "[build-dependencies]");
        } else if inside && let Some(end) = line.find(['.', ' ', '=']) {
            names.insert(line[..end].to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_product_dependencies_count() {
        let names =
            dependencies("[dependencies]\nplant.workspace = true\nserde = \"1\"\n\n[dev-dependencies]\nproptest = \"1\"\n");
        assert_eq!(join(&names), "plant serde");
    }

    #[test]
    fn the_file_reads() {
        let edges = parse("# words\nmeasure:\nplant: measure\n");
        assert_eq!((edges.len(), join(&edges["plant"])), (2, "measure".to_owned()));
    }
}
