//! The walks as golden text: each is printed from a run of the real loop, compared with its file in `walks/`, and shown in
//! ARCHITECTURE.md; the functions it names exist. `UPDATE_GOLDEN=1 cargo test -p simulate golden` rewrites both.

#![expect(clippy::disallowed_methods, reason = "tests read and rewrite golden files")]

use simulate::walk;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The text of each walk, told once.
fn told() -> impl Iterator<Item = (&'static walk::Walk, &'static str)> {
    static TEXTS: OnceLock<Vec<String>> = OnceLock::new();
    let one = |w: &walk::Walk| walk::tell(w).unwrap_or_else(|| panic!("no {} within {} days", w.name, w.days));
    walk::ALL.iter().zip(TEXTS.get_or_init(|| walk::ALL.iter().map(one).collect())).map(|(w, text)| (w, text.as_str()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The text of ARCHITECTURE.md with a walk in its place, between its two marks.
fn with_walk(page: &str, name: &str, text: &str) -> String {
    let (from, to) = (format!("<!-- walk {name} -->\n"), "<!-- end of walk -->".to_owned());
    let start = page.find(&from).unwrap_or_else(|| panic!("ARCHITECTURE.md has no `{}`", from.trim())) + from.len();
    let end = start + page[start..].find(&to).unwrap_or_else(|| panic!("ARCHITECTURE.md has no `{to}` after {name}"));
    format!("{}```text\n{text}```\n{}", &page[..start], &page[end..])
}

#[test]
fn golden_walks_are_those_of_this_code_and_architecture_shows_them() {
    let page_path = root().join("ARCHITECTURE.md");
    let mut page = read(&page_path);
    let mut stale = Vec::new();
    let update = std::env::var("UPDATE_GOLDEN").is_ok();
    for (walk, text) in told() {
        let path = root().join(format!("crates/simulate/walks/{}.txt", walk.name));
        let next = with_walk(&page, walk.name, text);
        if update {
            std::fs::write(&path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        } else if !path.exists() || read(&path) != text {
            stale.push(format!("crates/simulate/walks/{}.txt", walk.name));
        } else if next != page {
            stale.push("ARCHITECTURE.md".to_owned());
        }
        page = next;
    }
    if update {
        std::fs::write(&page_path, &page).unwrap_or_else(|e| panic!("{}: {e}", page_path.display()));
    }
    assert!(stale.is_empty(), "{} differ from this run; UPDATE_GOLDEN=1 cargo test -p simulate golden", stale.join(", "));
}

#[test]
fn a_walk_is_the_same_twice_and_reaches_from_the_drivers_to_the_outcome() {
    for (walk, text) in told() {
        assert_eq!(walk::tell(walk).as_deref(), Some(text));
        let rooms = ["drivers", "collect", "know", "decide", "act", "node", "simulate"];
        let places: Vec<usize> = rooms.iter().filter_map(|r| text.find(&format!(" {r} "))).collect();
        assert_eq!(places.len(), rooms.len(), "{text}");
        assert!(places.windows(2).all(|p| p[0] < p[1]), "in the order of the house: {text}");
        for part in ["finding-", "decision-", "command-", "outcome-", "measured", "expected"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(text.lines().all(|l| l.chars().count() <= 140), "{text}");
    }
}

#[test]
fn the_functions_named_in_a_walk_exist_in_their_crate() {
    for (_, text) in told() {
        let mut named = 0;
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let Some(place) = words.iter().take(4).position(|w| w.contains("::")) else { continue };
            let (room, function) = (words[place - 1], words[place]);
            let (within, name) = function.rsplit_once("::").expect("found by its colons");
            let sources = sources(&root().join("crates").join(room).join("src"));
            let is_there = sources.iter().any(|(path, source)| {
                let is_place = path.contains(&within.to_lowercase()) || source.contains(&format!(" {within}"));
                is_place && (source.contains(&format!("fn {name}(")) || source.contains(&format!("fn {name}<")))
            });
            assert!(is_there, "{room} {function}");
            named += 1;
        }
        assert!(named >= 15, "{named} functions in {text}");
    }
}

/// Path and text of the source files below a folder.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries
        .filter_map(Result::ok)
        .map(|e| e.path())
        .filter(|path| path.is_dir() || path.extension().is_some_and(|end| end == "rs"))
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![(path.display().to_string(), read(&path))] })
        .collect()
}
