//! Choices: operations whose modes are chosen together.
//!
//! Enters: choices of a model. Leaves: nothing, or what is wrong with one. Absent: which alternative is good.
//!
//! Each choice is a list of alternatives of which at least one is carried out; an alternative names the modes that some operations are in, "left out"
//! among them. That tells alternative routings (one's operations in, the others' left out), distributed shops (all operations of a job in
//! one factory), "exactly one of", "at least one of", "all or none", "if this then that", the same or different machines (the mode
//! dependencies and selections of the scheduling literature: Beck & Fox, Artificial Intelligence 121, 2000, on alternative activities).

use super::{ModelError, Parts};

/// Most operations that all alternatives of all choices name.
pub const ALTERNATIVES_MAX: usize = 2_000_000;

/// Operations, each with the modes it may be in; the number of its modes stands for "left out".
pub type Alternative = Vec<(u32, Vec<u32>)>;

/// Alternatives; at least one of them is carried out whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// At least one.
    pub alternatives: Vec<Alternative>,
}

/// Operations and modes that are there.
pub(super) fn checked(parts: &Parts) -> Result<(), ModelError> {
    let all: usize = parts.choices.iter().flat_map(|c| &c.alternatives).map(|a| a.len().max(1)).sum();
    if all > ALTERNATIVES_MAX {
        let allowed = format!("at most {ALTERNATIVES_MAX}");
        return Err(ModelError::at("operations that alternatives of choices name", all.to_string(), allowed));
    }
    for (number, choice) in parts.choices.iter().enumerate() {
        if choice.alternatives.is_empty() {
            return Err(ModelError::at(format!("alternatives of choice {number}"), "none", "at least one"));
        }
        for (place, alternative) in choice.alternatives.iter().enumerate() {
            let mut seen = std::collections::HashSet::new();
            for (operation, modes) in alternative {
                let at = format!("alternative {place} of choice {number}");
                let Some(of) = parts.operations.get(*operation as usize) else {
                    let allowed = format!("below {}", parts.operations.len());
                    return Err(ModelError::at(at, format!("operation {operation}"), allowed));
                };
                if !seen.insert(*operation) {
                    return Err(ModelError::at(at, format!("operation {operation} twice"), "each once"));
                }
                let count = of.modes.len() + usize::from(of.optional.is_some());
                let wrong = modes.iter().find(|m| **m as usize >= count);
                if wrong.is_some() || modes.is_empty() {
                    let found = wrong.map_or_else(|| "no mode".to_owned(), |m| format!("mode {m}"));
                    let allowed = format!("modes below {count}");
                    return Err(ModelError::at(format!("{at}, operation {operation}"), found, allowed));
                }
            }
        }
    }
    Ok(())
}
