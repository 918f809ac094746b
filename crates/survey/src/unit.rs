//! The UCUM unit of a value. Enters: what the source states, the name, the description. Leaves: a code with confidence and
//! reason. Absent: the role.

use crate::lists::lists;
use crate::{Found, Guess, Reason, name};
use measure::Unit;

/// How sure a unit is that the source states in a sign that is listed.
const STATED: f64 = 0.98;
/// The same, read from a description.
const DESCRIBED: f64 = 0.9;
/// How sure a unit is that the end of the name says, by the length of the ending: one letter may mean anything.
const IN_NAME: [f64; 3] = [0.5, 0.8, 0.92];

/// The unit of what was found, where anything tells it.
pub fn unit_of(found: &Found) -> Option<Guess<&'static str>> {
    let stated = found.unit.as_deref().map(str::trim).filter(|u| !u.is_empty());
    if let Some((stated, code)) = stated.and_then(|s| Some((s, written(s)?))) {
        return Some(Guess::new(code, STATED, Reason::UnitStated(stated.to_owned())));
    }
    let described = found.description.as_deref().and_then(in_brackets);
    if let Some((code, sign)) = described {
        return Some(Guess::new(code, DESCRIBED, Reason::UnitStated(sign)));
    }
    let (code, ending) = ending_of(found.path.last()?)?;
    let sure = IN_NAME[ending.len().clamp(1, 3) - 1];
    Some(Guess::new(code, sure, Reason::UnitInName(ending)))
}

/// The UCUM code of a unit as people, devices or UNECE write it.
pub fn written(text: &str) -> Option<&'static str> {
    let lists = lists();
    if let Some(code) = text.strip_prefix("UNECE:") {
        return lists.unece.get(code.trim()).copied();
    }
    if let Some(code) = lists.units.get(text).or_else(|| lists.units.get(&text.replace(' ', ""))) {
        return Some(code);
    }
    let small = text.to_lowercase();
    // one letter means different things in capitals: K and k, M and m
    let loose = || lists.units.iter().find(|(word, _)| word.chars().count() > 1 && word.to_lowercase() == small);
    loose().map(|(_, code)| *code).or_else(|| lists.unece.get(text).copied())
}

/// A unit that is told in brackets: `Temperature [°C]`, `power (kW)`.
fn in_brackets(text: &str) -> Option<(&'static str, String)> {
    for (open, close) in [('[', ']'), ('(', ')')] {
        let mut rest = text;
        while let Some((_, after)) = rest.split_once(open) {
            let Some((inside, left)) = after.split_once(close) else { break };
            let inside = inside.trim();
            if let Some(code) = written(inside).or_else(|| ucum(inside)) {
                return Some((code, inside.to_owned()));
            }
            rest = left;
        }
    }
    None
}

/// A listed code that is written as UCUM has it.
fn ucum(text: &str) -> Option<&'static str> {
    text.parse::<Unit>().ok()?;
    lists().units.values().find(|code| **code == text).copied()
}

/// The unit at the end of a name, in brackets or behind a sign or a capital: `power_kw`, `EnergyKWh`, `temp [°C]`.
fn ending_of(text: &str) -> Option<(&'static str, String)> {
    if let Some(found) = in_brackets(text) {
        return Some(found);
    }
    let small = text.to_lowercase().replace(['/', '-', ' ', '.'], "_");
    for (ending, code) in &lists().endings {
        let Some(before) = small.strip_suffix(ending.as_str()).filter(|b| !b.is_empty()) else { continue };
        let tail: String = text.chars().skip(before.chars().count()).collect();
        let behind_sign = before.ends_with('_');
        let capital = tail.starts_with(char::is_uppercase) && before.ends_with(char::is_alphanumeric) && ending.len() > 1;
        let as_written = ending.len() > 1 && lists().units.get(&tail) == Some(code) && tail.chars().any(char::is_uppercase);
        if behind_sign || capital || as_written {
            return Some((code, tail));
        }
    }
    None
}

/// The words of a name without the unit at its end.
pub fn words_without_unit(text: &str) -> Vec<String> {
    let bare = text.split(['[', '(']).next().unwrap_or(text);
    let bare = if bare.trim().is_empty() { text } else { bare };
    match ending_of(bare) {
        Some((_, tail)) => name::words(&bare[..bare.len() - tail.len()]),
        None => name::words(bare),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, unit: Option<&str>, description: Option<&str>) -> Found {
        Found {
            path: vec![name.to_owned()],
            unit: unit.map(str::to_owned),
            description: description.map(str::to_owned),
            ..Found::default()
        }
    }

    #[test]
    fn units_are_read_as_people_and_devices_write_them() {
        let table = [
            ("x", Some("°C"), None, Some("Cel")),
            ("x", Some("kW"), None, Some("kW")),
            ("x", Some("l/min"), None, Some("L/min")),
            ("x", Some("U/min"), None, Some("/min")),
            ("x", Some("UNECE:CEL"), None, Some("Cel")),
            ("x", Some("KWH"), None, Some("kW.h")),
            ("x", Some("千瓦时"), None, Some("kW.h")),
            ("x", Some("m³/h"), None, Some("m3/h")),
            ("x", Some("kW h"), None, Some("kW.h")),
            ("x", Some("LITER/SECOND"), None, Some("L/s")),
            ("x", Some("Stück"), None, Some("1")),
            ("x", Some("furlong"), None, None),
            ("x", None, Some("power [W]"), Some("W")),
            ("x", None, Some("energy [kW.h]"), Some("kW.h")),
            ("x", None, Some("runs [fast]"), None),
            ("energy_kwh", None, None, Some("kW.h")),
            ("EnergyKWh", None, None, Some("kW.h")),
            ("EnergykWh", None, None, Some("kW.h")),
            ("Temperature_degC", None, None, Some("Cel")),
            ("Vibration [mm/s]", None, None, Some("mm/s")),
            ("Temp (°C)", None, None, Some("Cel")),
            ("SpindleRPM", None, None, Some("/min")),
            ("load_pct", None, None, Some("%")),
            ("vib_mm_s", None, None, Some("mm/s")),
            ("show", None, None, None),
            ("axis", None, None, None),
            ("kwh", None, None, None),
        ];
        for (name, unit, description, wanted) in table {
            let got = unit_of(&found(name, unit, description)).map(|g| g.value);
            assert_eq!(got, wanted, "{name} {unit:?} {description:?}");
        }
    }

    #[test]
    fn a_name_is_told_without_its_unit() {
        for (name, wanted) in [("power_kw", "power"), ("EnergyKWh", "energy"), ("Temp [°C]", "temp"), ("axis", "axis")] {
            assert_eq!(words_without_unit(name).join(" "), wanted, "{name}");
        }
    }
}
