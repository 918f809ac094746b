//! The word lists, read once from the files beside this one. Enters: nothing. Leaves: words by meaning. Absent: judgement.

use crate::name;
use plant::{MachineState, Role};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// How names say a thing.
#[derive(Debug)]
pub struct Saying {
    /// Its words in small letters; Chinese in one piece.
    pub words: Vec<String>,
    /// How it must stand in a name.
    pub fit: Fit,
}

/// How a saying must stand in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Anywhere, whole words.
    Within,
    /// As the end of a word.
    Ending,
    /// As the whole name.
    Whole,
}

/// All that is listed of one role.
#[derive(Debug, Default)]
pub struct RoleWords {
    /// What names it.
    pub says: Vec<Saying>,
    /// What says that it is something else.
    pub not: Vec<Saying>,
    /// What outside standards call it.
    pub terms: Vec<String>,
}

/// Words of one family of machine states, as written.
#[derive(Debug, Default)]
pub struct Family {
    /// Its name.
    pub name: String,
    /// Words and what they mean.
    pub states: Vec<(String, MachineState)>,
}

/// All lists.
#[derive(Debug)]
pub struct Lists {
    /// UCUM code by how people write the unit, as written.
    pub units: BTreeMap<String, &'static str>,
    /// UCUM code by UNECE code.
    pub unece: BTreeMap<String, &'static str>,
    /// Endings of names that say the unit, longest first: words joined by `_`, and the UCUM code.
    pub endings: Vec<(String, &'static str)>,
    /// Words by role.
    pub roles: Vec<(Role, RoleWords)>,
    /// Families of state words.
    pub families: Vec<Family>,
    /// Words in names of machines by type.
    pub machines: Vec<(&'static str, Vec<String>)>,
    /// Names of folders that are parts of a machine.
    pub aspects: BTreeSet<String>,
    /// Words that say nothing of what is measured.
    pub fillers: BTreeSet<String>,
}

/// The lists.
pub fn lists() -> &'static Lists {
    static LISTS: OnceLock<Lists> = OnceLock::new();
    LISTS.get_or_init(Lists::read)
}

/// Lines that say something.
fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'))
}

impl Lists {
    fn read() -> Self {
        let (units, unece, endings) = units(include_str!("lists/units.txt"));
        let words = |text| lines(text).flat_map(str::split_whitespace).map(str::to_lowercase).collect();
        Self {
            units,
            unece,
            endings,
            roles: roles(include_str!("lists/roles.txt")),
            families: families(include_str!("lists/states.txt")),
            machines: lines(include_str!("lists/machines.txt"))
                .filter_map(|line| line.split_once(':'))
                .map(|(kind, words)| (kind, words.split_whitespace().map(str::to_lowercase).collect()))
                .collect(),
            aspects: words(include_str!("lists/aspects.txt")),
            fillers: words(include_str!("lists/fillers.txt")),
        }
    }
}

type Units = (BTreeMap<String, &'static str>, BTreeMap<String, &'static str>, Vec<(String, &'static str)>);

fn units(text: &'static str) -> Units {
    let (mut units, mut unece, mut endings) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for (code, rest) in lines(text).filter_map(|line| line.split_once(": ")) {
        let (named, ended) = rest.split_once('~').unwrap_or((rest, ""));
        let (written, coded) = named.split_once('|').unwrap_or((named, ""));
        units.entry(code.to_owned()).or_insert(code);
        for word in written.split_whitespace() {
            units.entry(word.to_owned()).or_insert(code);
        }
        unece.extend(coded.split_whitespace().map(|c| (c.to_owned(), code)));
        endings.extend(ended.split_whitespace().map(|e| (e.to_owned(), code)));
    }
    endings.sort_by_key(|(ending, _)| std::cmp::Reverse(ending.len()));
    (units, unece, endings)
}

fn roles(text: &'static str) -> Vec<(Role, RoleWords)> {
    let mut roles: Vec<(Role, RoleWords)> = Vec::new();
    for (head, rest) in lines(text).filter_map(|line| line.split_once(':')) {
        let (list, word) = head.split_once(' ').unwrap_or(("", head));
        let Some(role) = Role::from_word(word) else { continue };
        if !roles.iter().any(|(r, _)| *r == role) {
            roles.push((role, RoleWords::default()));
        }
        let Some((_, words)) = roles.iter_mut().find(|(r, _)| *r == role) else { continue };
        let parts = rest.split('|').map(str::trim).filter(|p| !p.is_empty());
        match list {
            "not" => words.not.extend(parts.map(saying)),
            "term" => words.terms.extend(parts.map(str::to_owned)),
            _ => words.says.extend(parts.map(saying)),
        }
    }
    roles
}

fn saying(text: &str) -> Saying {
    let (fit, plain) = match (text.strip_prefix('*'), text.strip_prefix('=')) {
        (Some(rest), _) => (Fit::Ending, rest),
        (_, Some(rest)) => (Fit::Whole, rest),
        _ => (Fit::Within, text),
    };
    Saying { words: name::words(plain), fit }
}

fn families(text: &'static str) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for line in lines(text) {
        if let Some(name) = line.strip_prefix("family ") {
            families.push(Family { name: name.to_owned(), states: Vec::new() });
            continue;
        }
        let Some((state, words)) = line.split_once(':') else { continue };
        let (Some(state), Some(family)) = (MachineState::from_word(state), families.last_mut()) else { continue };
        family.states.extend(words.split_whitespace().map(|word| (word.to_owned(), state)));
    }
    families
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Unit;

    #[test]
    fn every_line_of_the_lists_is_understood() {
        let lists = lists();
        for code in lists.units.values().chain(lists.unece.values()).chain(lists.endings.iter().map(|(_, code)| code)) {
            assert!(code.parse::<Unit>().is_ok(), "{code}");
        }
        let roles = include_str!("lists/roles.txt").lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty());
        for line in roles {
            let head = line.split(':').next().expect("a head");
            assert!(Role::from_word(head.rsplit(' ').next().expect("a word")).is_some(), "{line}");
        }
        for family in &lists.families {
            assert!(family.states.iter().any(|(_, s)| *s == MachineState::Producing), "{}", family.name);
            let words: BTreeSet<String> = family.states.iter().map(|(w, _)| w.to_lowercase()).collect();
            assert_eq!(words.len(), family.states.len(), "a word twice in {}", family.name);
        }
        assert!(lists.families.len() >= 7 && lists.machines.len() > 15 && lists.roles.len() > 18);
    }
}
