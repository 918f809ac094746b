//! Which words of a machine mean which state. Enters: words heard and words that the source lists. Leaves: a table for the
//! configuration, or that nobody knows. Absent: numbers.

use crate::lists::{Family, lists};
use plant::MachineState;

/// Words with what they mean, and the name of the family they come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct States {
    /// Word as the machine writes it, and its meaning.
    pub table: Vec<(String, MachineState)>,
    /// The family that knows most of the words.
    pub family: &'static str,
    /// Words of the machine that no family knows.
    pub unknown: Vec<String>,
}

/// The table for some words of a machine: the family that knows most of them gives its others too, for a machine says only
/// some of its words while it is watched. `None` where no word is known.
pub fn states_of(words: &[&str]) -> Option<States> {
    let knows = |family: &Family| words.iter().filter(|w| meaning(family, w).is_some()).count();
    let best =
        lists().families.iter().max_by_key(|f| (knows(f), usize::from(exact(f, words)), std::cmp::Reverse(f.states.len())))?;
    if knows(best) == 0 {
        return None;
    }
    let (mut table, mut unknown): (Vec<(String, MachineState)>, Vec<String>) = (Vec::new(), Vec::new());
    for word in words {
        let known = meaning(best, word).or_else(|| lists().families.iter().find_map(|f| meaning(f, word)));
        match known {
            Some(state) if !has(&table, word) => table.push(((*word).to_owned(), state)),
            Some(_) => {}
            None => unknown.push((*word).to_owned()),
        }
    }
    for (word, state) in &best.states {
        if !has(&table, word) {
            table.push((word.clone(), *state));
        }
    }
    Some(States { table, family: &best.name, unknown })
}

/// Whether the words are written as the family writes them.
fn exact(family: &Family, words: &[&str]) -> bool {
    words.iter().all(|word| family.states.iter().any(|(known, _)| known == word))
}

fn has(table: &[(String, MachineState)], word: &str) -> bool {
    table.iter().any(|(known, _)| known.to_lowercase() == word.to_lowercase())
}

fn meaning(family: &Family, word: &str) -> Option<MachineState> {
    let plain = word.trim().to_lowercase().replace(' ', "_");
    family.states.iter().find(|(known, _)| known.to_lowercase() == plain).map(|(_, state)| *state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use MachineState::{Down, Producing, SetUp, Starved};

    #[test]
    fn one_word_brings_the_family() {
        type Row<'t> = (&'t [&'t str], &'t str, &'t [(&'t str, MachineState)]);
        let table: [Row<'_>; 6] = [
            (&["producing"], "socium", &[("producing", Producing), ("set_up", SetUp), ("down", Down)]),
            (&["ACTIVE"], "mtconnect_execution", &[("ACTIVE", Producing), ("READY", Starved)]),
            (&["Execute", "Idle"], "packml", &[("Execute", Producing), ("Idle", Starved), ("ABORTED", Down)]),
            (&["Produktion"], "german", &[("Produktion", Producing), ("störung", Down)]),
            (&["待机", "运行"], "chinese", &[("运行", Producing), ("待机", Starved), ("故障", Down)]),
            (&["RUN", "WAIT"], "short", &[("RUN", Producing), ("WAIT", Starved), ("ERROR", Down)]),
        ];
        for (words, family, wanted) in table {
            let states = states_of(words).expect("known");
            assert_eq!(states.family, family, "{words:?}");
            for (word, state) in wanted {
                let found = states.table.iter().find(|(w, _)| w == word);
                assert_eq!(found.map(|(_, s)| *s), Some(*state), "{word} of {words:?}: {states:?}");
            }
            assert!(states.unknown.is_empty());
        }
    }

    #[test]
    fn words_that_nobody_knows_are_told() {
        assert_eq!(states_of(&["zork", "blub"]), None);
        assert_eq!(states_of(&[]), None);
        let states = states_of(&["running", "zork"]).expect("one is known");
        assert_eq!(states.unknown, ["zork"]);
    }
}
