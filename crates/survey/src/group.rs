//! Which machine a value belongs to. Enters: paths of names. Leaves: for each the machine's part of the path, the names
//! within it, and why. Absent: what the values mean.
//!
//! ```text
//! Plant / Line 1 / Mill 1 / Energy / Power      folders that look alike are machines: Mill 1, Mill 2
//!                  Mill 2 / Energy / Power      folders with names of parts (Energy, Axis 1) are not
//! mill1_state mill1_power mill2_state           or names that begin alike
//! ```

use crate::lists::lists;
use crate::{Found, Reason, name};
use std::collections::{BTreeMap, BTreeSet};

/// Where a value belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Belongs {
    /// Names from the outermost folder to the machine; empty where the source itself is the machine.
    pub machine: Vec<String>,
    /// Names within the machine; never empty.
    pub inner: Vec<String>,
    /// Why.
    pub reason: Reason,
}

/// A folder and what is in it.
#[derive(Default)]
struct Folder {
    folders: BTreeMap<String, Folder>,
    /// Places of values that stand in the folder itself, with their names from here on.
    values: Vec<(usize, Vec<String>)>,
}

/// How alike two folders must be to be two of a kind: shared names as a part of all names.
const ALIKE: f64 = 0.5;
/// Most folders compared with the first.
const COMPARED_MAX: usize = 200;

/// Where each value belongs, by its place.
pub fn group(found: &[Found]) -> Vec<Belongs> {
    let mut belongs: Vec<Option<Belongs>> = vec![None; found.len()];
    let mut root = Folder::default();
    for (place, one) in found.iter().enumerate() {
        let path: Vec<String> = one.path.iter().filter(|p| !p.is_empty()).cloned().collect();
        match one.device.filter(|n| *n < path.len()) {
            Some(n) => {
                let reason = path[..n].last().map_or(Reason::OneMachine, |device| Reason::Device(device.clone()));
                belongs[place] = Some(Belongs { machine: path[..n].to_vec(), inner: path[n..].to_vec(), reason });
            }
            None => root.add(&parted(&path), place),
        }
    }
    root.cut(&mut Vec::new(), &mut belongs);
    let whole = |one: &Found| Belongs { machine: Vec::new(), inner: one.path.clone(), reason: Reason::OneMachine };
    belongs.into_iter().zip(found).map(|(b, one)| b.unwrap_or_else(|| whole(one))).collect()
}

/// The path with a last name such as `mill-1.state` taken apart.
fn parted(path: &[String]) -> Vec<String> {
    let Some((last, folders)) = path.split_last() else { return Vec::new() };
    let bare = last.split(['[', '(']).next().unwrap_or(last);
    let parts: Vec<&str> = bare.split(['.', ':', '|']).map(str::trim).filter(|p| !p.is_empty()).collect();
    if parts.len() < 2 || parts.iter().any(|p| p.chars().all(|c| c.is_ascii_digit())) {
        return path.to_vec();
    }
    let rest = &last[bare.len()..];
    let mut names: Vec<String> = folders.iter().cloned().chain(parts.iter().map(|p| (*p).to_owned())).collect();
    if let Some(end) = names.last_mut() {
        end.push_str(rest);
    }
    names
}

impl Folder {
    fn add(&mut self, path: &[String], place: usize) {
        match path {
            [] => {}
            [_] => self.values.push((place, path.to_vec())),
            [folder, rest @ ..] => self.folders.entry(folder.clone()).or_default().add(rest, place),
        }
    }

    /// Gives every value below to its machine.
    fn cut(&self, above: &mut Vec<String>, belongs: &mut [Option<Belongs>]) {
        let parts: Vec<&String> = self.folders.keys().collect();
        let has_parts = !parts.is_empty() && parts.iter().filter(|p| is_part(p)).count() * 2 >= parts.len();
        let here = |above: &[String]| above.last().map_or(Reason::OneMachine, |folder| Reason::Folder(folder.clone()));
        if !has_parts && self.are_alike() {
            for (folder, inside) in &self.folders {
                above.push(folder.clone());
                if inside.values.is_empty() && !inside.folders.keys().any(|p| is_part(p)) && inside.are_alike() {
                    inside.cut(above, belongs);
                } else {
                    inside.give(above, &mut Vec::new(), (&here(above), belongs));
                }
                above.pop();
            }
            return self.give_values(above, &here(above), belongs);
        }
        if above.is_empty() || self.values.is_empty() && !has_parts {
            for (folder, inside) in &self.folders {
                above.push(folder.clone());
                inside.cut(above, belongs);
                above.pop();
            }
            return self.give_values(above, &here(above), belongs);
        }
        if self.folders.is_empty() {
            return self.give_values(above, &here(above), belongs);
        }
        self.give(above, &mut Vec::new(), (&here(above), belongs));
    }

    /// Gives all values below to one machine.
    fn give(&self, machine: &[String], within: &mut Vec<String>, (reason, belongs): (&Reason, &mut [Option<Belongs>])) {
        for (place, names) in &self.values {
            let inner = within.iter().chain(names).cloned().collect();
            belongs[*place] = Some(Belongs { machine: machine.to_vec(), inner, reason: reason.clone() });
        }
        for (folder, inside) in &self.folders {
            within.push(folder.clone());
            inside.give(machine, within, (reason, &mut *belongs));
            within.pop();
        }
    }

    /// Gives the folder's own values to machines by the beginnings of their names, or all to the folder.
    fn give_values(&self, above: &[String], reason: &Reason, belongs: &mut [Option<Belongs>]) {
        let prefixed = beginnings(&self.values);
        for (place, names) in &self.values {
            let own = Belongs { machine: above.to_vec(), inner: names.clone(), reason: reason.clone() };
            let by_name = prefixed.get(place).map(|(begin, rest)| {
                let machine = above.iter().cloned().chain([begin.clone()]).collect();
                Belongs { machine, inner: vec![rest.clone()], reason: Reason::NameBegins(begin.clone()) }
            });
            belongs[*place] = Some(by_name.unwrap_or(own));
        }
    }

    /// Whether the folders in it look like two or more of a kind.
    fn are_alike(&self) -> bool {
        let mut sets = self.folders.values().take(COMPARED_MAX).map(Self::names);
        let Some(first) = sets.next() else { return false };
        let others: Vec<BTreeSet<String>> = sets.collect();
        if others.is_empty() || first.is_empty() {
            return false;
        }
        let sum: f64 = others.iter().map(|set| likeness(&first, set).max(best(set, &others))).sum();
        sum / others.len() as f64 >= ALIKE
    }

    /// Names of all values below, without numbers.
    fn names(&self) -> BTreeSet<String> {
        let own = self.values.iter().filter_map(|(_, names)| names.last()).map(|n| name::stem(n));
        let below = self.folders.iter().flat_map(|(folder, inside)| {
            let stem = name::stem(folder);
            inside.names().into_iter().map(move |n| if is_part(&stem) { format!("{stem}/{n}") } else { n })
        });
        own.chain(below).collect()
    }
}

/// How alike a set is to the most alike of the others but itself.
fn best(set: &BTreeSet<String>, others: &[BTreeSet<String>]) -> f64 {
    let rest = others.iter().take(8).filter(|other| !std::ptr::eq(*other, set));
    rest.map(|other| likeness(set, other)).fold(0.0, f64::max)
}

/// Shared names as a part of all names of two sets.
fn likeness(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let shared = a.intersection(b).count();
    let all = a.len() + b.len() - shared;
    if all == 0 { 0.0 } else { shared as f64 / all as f64 }
}

/// Whether a folder's name is that of a part of a machine.
fn is_part(folder: &str) -> bool {
    let words = name::words(&name::stem(folder));
    !words.is_empty() && words.iter().all(|w| lists().aspects.contains(w))
}

/// Values whose names begin with a numbered word, where at least two such beginnings are there: place, beginning, rest.
fn beginnings(values: &[(usize, Vec<String>)]) -> BTreeMap<usize, (String, String)> {
    let mut parts = BTreeMap::new();
    for (place, names) in values {
        let Some((begin, rest)) = names.last().and_then(|n| numbered(n)) else { continue };
        parts.insert(*place, (begin, rest));
    }
    let machines: BTreeSet<&String> = parts.values().map(|(begin, _)| begin).collect();
    let stems: BTreeSet<String> = machines.iter().map(|m| name::stem(m)).collect();
    let are_parts = stems.iter().filter(|stem| is_part(stem)).count() * 2 >= stems.len().max(1);
    let several = machines.len() >= 2 && parts.len() >= machines.len() * 2;
    if several && !are_parts { parts } else { BTreeMap::new() }
}

/// `mill_1_power` is `mill_1` and `power`; `M01-State` is `M01` and `State`.
fn numbered(text: &str) -> Option<(String, String)> {
    let at = text.find(|c: char| c.is_ascii_digit())?;
    let end = text[at..].find(|c: char| !c.is_ascii_digit()).map(|n| at + n)?;
    let rest = text[end..].trim_start_matches(['_', '-', ' ', '.', '/', ':']);
    let is_name = text[..at].chars().any(char::is_alphabetic) && rest.chars().next().is_some_and(char::is_alphabetic);
    is_name.then(|| (text[..end].to_owned(), rest.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machines(paths: &[&str]) -> Vec<(String, String)> {
        let found: Vec<Found> =
            paths.iter().map(|p| Found { path: p.split('/').map(str::to_owned).collect(), ..Found::default() }).collect();
        group(&found).into_iter().map(|b| (b.machine.join("/"), b.inner.join("/"))).collect()
    }
    fn check(table: &[(&str, &str, &str)]) {
        let paths: Vec<&str> = table.iter().map(|t| t.0).collect();
        for ((path, machine, inner), got) in table.iter().zip(machines(&paths)) {
            assert_eq!((got.0.as_str(), got.1.as_str()), (*machine, *inner), "{path}");
        }
    }

    #[test]
    fn a_folder_with_values_is_a_machine() {
        check(&[
            ("mill-1/state", "mill-1", "state"),
            ("mill-1/power", "mill-1", "power"),
            ("oven-1/temperature", "oven-1", "temperature"),
            ("oven-1/gas", "oven-1", "gas"),
        ]);
    }

    #[test]
    fn folders_that_look_alike_are_machines_and_lines_are_not() {
        check(&[
            ("Plant/Line 1/Mill 1/Energy/Power", "Plant/Line 1/Mill 1", "Energy/Power"),
            ("Plant/Line 1/Mill 1/Status/State", "Plant/Line 1/Mill 1", "Status/State"),
            ("Plant/Line 1/Mill 2/Energy/Power", "Plant/Line 1/Mill 2", "Energy/Power"),
            ("Plant/Line 1/Mill 2/Status/State", "Plant/Line 1/Mill 2", "Status/State"),
            ("Plant/Line 2/Mill 3/Energy/Power", "Plant/Line 2/Mill 3", "Energy/Power"),
            ("Plant/Line 2/Mill 3/Status/State", "Plant/Line 2/Mill 3", "Status/State"),
            ("Plant/Line 2/Mill 4/Status/State", "Plant/Line 2/Mill 4", "Status/State"),
            ("Plant/Line 2/Mill 4/Energy/Power", "Plant/Line 2/Mill 4", "Energy/Power"),
        ]);
    }

    #[test]
    fn parts_of_a_machine_stay_with_it() {
        check(&[
            ("Mill/State", "Mill", "State"),
            ("Mill/Axis1/Load", "Mill", "Axis1/Load"),
            ("Mill/Axis2/Load", "Mill", "Axis2/Load"),
            ("Mill/Energy/Total", "Mill", "Energy/Total"),
        ]);
        check(&[("Press/Energy/Power", "Press", "Energy/Power"), ("Press/Production/Good", "Press", "Production/Good")]);
    }

    #[test]
    fn names_that_begin_alike_are_machines_too() {
        check(&[
            ("mill_1_state", "mill_1", "state"),
            ("mill_1_power", "mill_1", "power"),
            ("mill_2_state", "mill_2", "state"),
            ("mill_2_power", "mill_2", "power"),
            ("site", "", "site"),
        ]);
        check(&[
            ("DB1/mill-1.state", "DB1/mill-1", "state"),
            ("DB1/mill-1.power", "DB1/mill-1", "power"),
            ("DB1/mill-2.state", "DB1/mill-2", "state"),
            ("DB1/mill-2.power", "DB1/mill-2", "power"),
        ]);
        check(&[
            ("power", "", "power"),
            ("energy", "", "energy"),
            ("axis1_load", "", "axis1_load"),
            ("axis2_load", "", "axis2_load"),
        ]);
    }

    #[test]
    fn what_the_source_says_stands() {
        let one =
            Found { path: ["group", "node", "oven", "a", "b"].map(str::to_owned).to_vec(), device: Some(3), ..Found::default() };
        let got = group(&[one]);
        assert_eq!(got[0].machine.join("/"), "group/node/oven");
        assert_eq!(got[0].inner.join("/"), "a/b");
        assert_eq!(got[0].reason, Reason::Device("oven".to_owned()));
    }
}
