//! The cause model: which symptoms speak for and against which causes, by type of equipment. Data, not code.
//!
//! Enters: text of lines `type cause symptom weight` (docs/causes.md). Leaves: a [`CauseModel`], or the first wrong line with what was found
//! and what is allowed. Absent: strengths of symptoms, verdicts.

use super::symptom::Symptom;
use plant::Cause;
use std::str::FromStr;
use thiserror::Error;

/// The model that the program brings.
const BUILT_IN: &str = include_str!("causes.txt");
/// Most lines of a model.
const LINES_MAX: usize = 4_096;
/// Greatest weight, either way [1].
const WEIGHT_MAX: f64 = 10.0;

/// What one symptom says of one cause at one type of equipment.
#[derive(Clone, Debug, PartialEq)]
struct Link {
    /// Type of equipment; `*` is any.
    kind: String,
    cause: Cause,
    symptom: Symptom,
    weight: f64,
}

/// Causes by symptoms.
#[derive(Clone, Debug, PartialEq)]
pub struct CauseModel {
    links: Vec<Link>,
}

/// Why a text is no cause model.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("cause model, line {line}: found {found}; allowed is {allowed}")]
pub struct CauseModelError {
    /// Line, from 1.
    pub line: usize,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

impl Default for CauseModel {
    fn default() -> Self {
        BUILT_IN.parse().expect("the model that the program brings is read by a test")
    }
}

impl CauseModel {
    /// The model with another one's lines added; a line about the same type, cause and symptom takes the place of the older one.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        for link in other.links {
            let same = |l: &&mut Link| (&l.kind, l.cause, l.symptom) == (&link.kind, link.cause, link.symptom);
            match self.links.iter_mut().find(same) {
                Some(old) => *old = link,
                None => self.links.push(link),
            }
        }
        self
    }
    /// The causes that it knows at a type of equipment, in the order of their first line.
    pub fn causes(&self, kind: &str) -> Vec<Cause> {
        let mut causes: Vec<Cause> = Vec::new();
        for link in self.links.iter().filter(|l| l.kind == "*" || l.kind == kind) {
            if !causes.contains(&link.cause) {
                causes.push(link.cause);
            }
        }
        causes
    }
    /// What a symptom says of a cause at a type of equipment: the line about the type, else the one about any; 0 without a line [1].
    pub fn weight(&self, kind: &str, cause: Cause, symptom: Symptom) -> f64 {
        let of = |wanted: &str| {
            let link = self.links.iter().find(|l| l.kind == wanted && l.cause == cause && l.symptom == symptom);
            link.map(|l| l.weight)
        };
        of(kind).or_else(|| of("*")).unwrap_or(0.0)
    }
}

impl FromStr for CauseModel {
    type Err = CauseModelError;
    fn from_str(text: &str) -> Result<Self, CauseModelError> {
        let mut links = Vec::new();
        for (place, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or("").trim();
            if line.is_empty() {
                continue;
            }
            if links.len() >= LINES_MAX {
                return Err(wrong(place, "one line more", &format!("at most {LINES_MAX} lines")));
            }
            links.push(link(place, line)?);
        }
        Ok(Self { links })
    }
}

fn wrong(place: usize, found: &str, allowed: &str) -> CauseModelError {
    CauseModelError { line: place + 1, found: found.to_owned(), allowed: allowed.to_owned() }
}

fn link(place: usize, line: &str) -> Result<Link, CauseModelError> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [kind, cause, symptom, weight] = words[..] else {
        return Err(wrong(place, &format!("{} words", words.len()), "four: type of equipment or `*`, cause, symptom, weight"));
    };
    let quoted = |word: &str| format!("`{word}`");
    let list = |words: Vec<&'static str>| words.join(", ");
    let known = Cause::from_word(cause)
        .ok_or_else(|| wrong(place, &quoted(cause), &list(Cause::ALL.iter().map(Cause::word).collect())))?;
    let shows = Symptom::from_word(symptom)
        .ok_or_else(|| wrong(place, &quoted(symptom), &list(Symptom::ALL.iter().map(|s| s.word()).collect())))?;
    let number = weight.parse::<f64>().ok().filter(|w| w.is_finite() && w.abs() <= WEIGHT_MAX);
    let weight = number.ok_or_else(|| wrong(place, &quoted(weight), &format!("a number from -{WEIGHT_MAX} to {WEIGHT_MAX}")))?;
    Ok(Link { kind: kind.to_owned(), cause: known, symptom: shows, weight })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_that_the_program_brings_knows_the_causes_of_wear_and_of_instruments() {
        let model = CauseModel::default();
        for cause in [Cause::ToolWear, Cause::BearingWear, Cause::AirLeak, Cause::Overload, Cause::Misfeed, Cause::SensorDrift] {
            assert!(model.causes("milling").contains(&cause), "{cause:?}");
        }
        assert!(model.weight("milling", Cause::BearingWear, Symptom::VibrationHigh) > 1.0);
    }

    #[test]
    fn a_line_about_a_type_stands_before_one_about_any() {
        let own: CauseModel = "press misfeed stops_high 1.5\n* misfeed stops_high 3 # more".parse().expect("two lines");
        let model = CauseModel::default().with(own);
        let of = |kind| model.weight(kind, Cause::Misfeed, Symptom::StopsHigh);
        assert_eq!((of("press"), of("oven")), (1.5, 3.0));
    }

    #[test]
    fn a_wrong_line_is_named() {
        let told = |text: &str| text.parse::<CauseModel>().map(|_| ()).expect_err("wrong").to_string();
        let table = [
            ("\n* misfeed stops_high", "line 2: found 3 words; allowed is four"),
            ("* misfed stops_high 1", "line 1: found `misfed`; allowed is idle_energy, air_leak"),
            ("* misfeed stops 1", "line 1: found `stops`; allowed is load_high"),
            ("* misfeed stops_high much", "line 1: found `much`; allowed is a number from -10 to 10"),
            ("* misfeed stops_high 11", "found `11`"),
        ];
        for (text, wanted) in table {
            assert!(told(text).contains(wanted), "{}", told(text));
        }
    }
}
