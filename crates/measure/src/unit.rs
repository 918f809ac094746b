//! Units by their UCUM codes (The Unified Code for Units of Measure, v2.2): parsed once, compared by dimension, converted
//! by factor. Covers the base units, the metric prefixes, the derived units met in a plant, `.`, `/`, exponents and
//! `{annotations}`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use thiserror::Error;

/// Exponents of metre, gram, second, ampere, kelvin, mole, candela and radian.
pub type Dimension = [i8; 8];

/// A unit of measure: its UCUM code, its dimension, and how to reach the base units.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    code: Arc<str>,
    dimension: Dimension,
    factor: f64,
    offset: f64,
}

/// A number of a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
}

/// Why a code is no unit, or two units do not convert.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum UnitError {
    /// Not a UCUM code known here.
    #[error(
        "`{found}` is not a UCUM unit code: `{part}` is unknown; allowed are codes such as W, kW.h, Cel, bar, m3/h, mm/s, /min, %, 1"
    )]
    Unknown {
        /// The code as it was found.
        found: String,
        /// The part that could not be read.
        part: String,
    },
    /// Different dimensions.
    #[error("{from} does not convert to {to}: they measure different things")]
    Dimension {
        /// Code converted from.
        from: String,
        /// Code converted to.
        to: String,
    },
}

const PREFIXES: [(&str, f64); 15] = [
    ("da", 1e1),
    ("T", 1e12),
    ("G", 1e9),
    ("M", 1e6),
    ("k", 1e3),
    ("h", 1e2),
    ("d", 1e-1),
    ("c", 1e-2),
    ("m", 1e-3),
    ("u", 1e-6),
    ("n", 1e-9),
    ("p", 1e-12),
    ("P", 1e15),
    ("f", 1e-15),
    ("a", 1e-18),
];

/// Code, takes a prefix, factor to the base units, offset in base units, dimension (m, g, s, A, K, mol, cd, rad).
type Atom = (&'static str, bool, f64, f64, Dimension);

const ATOMS: &[Atom] = &[
    ("m", true, 1.0, 0.0, [1, 0, 0, 0, 0, 0, 0, 0]),
    ("g", true, 1.0, 0.0, [0, 1, 0, 0, 0, 0, 0, 0]),
    ("s", true, 1.0, 0.0, [0, 0, 1, 0, 0, 0, 0, 0]),
    ("A", true, 1.0, 0.0, [0, 0, 0, 1, 0, 0, 0, 0]),
    ("K", true, 1.0, 0.0, [0, 0, 0, 0, 1, 0, 0, 0]),
    ("mol", true, 1.0, 0.0, [0, 0, 0, 0, 0, 1, 0, 0]),
    ("cd", true, 1.0, 0.0, [0, 0, 0, 0, 0, 0, 1, 0]),
    ("rad", true, 1.0, 0.0, [0, 0, 0, 0, 0, 0, 0, 1]),
    ("1", false, 1.0, 0.0, [0; 8]),
    ("10*", false, 10.0, 0.0, [0; 8]),
    ("%", false, 0.01, 0.0, [0; 8]),
    ("[ppm]", false, 1e-6, 0.0, [0; 8]),
    ("[ppth]", false, 1e-3, 0.0, [0; 8]),
    ("min", false, 60.0, 0.0, [0, 0, 1, 0, 0, 0, 0, 0]),
    ("h", false, 3_600.0, 0.0, [0, 0, 1, 0, 0, 0, 0, 0]),
    ("d", false, 86_400.0, 0.0, [0, 0, 1, 0, 0, 0, 0, 0]),
    ("wk", false, 604_800.0, 0.0, [0, 0, 1, 0, 0, 0, 0, 0]),
    ("a", false, 31_557_600.0, 0.0, [0, 0, 1, 0, 0, 0, 0, 0]),
    ("Hz", true, 1.0, 0.0, [0, 0, -1, 0, 0, 0, 0, 0]),
    ("N", true, 1e3, 0.0, [1, 1, -2, 0, 0, 0, 0, 0]),
    ("Pa", true, 1e3, 0.0, [-1, 1, -2, 0, 0, 0, 0, 0]),
    ("bar", true, 1e8, 0.0, [-1, 1, -2, 0, 0, 0, 0, 0]),
    ("J", true, 1e3, 0.0, [2, 1, -2, 0, 0, 0, 0, 0]),
    ("W", true, 1e3, 0.0, [2, 1, -3, 0, 0, 0, 0, 0]),
    ("V", true, 1e3, 0.0, [2, 1, -3, -1, 0, 0, 0, 0]),
    ("Ohm", true, 1e3, 0.0, [2, 1, -3, -2, 0, 0, 0, 0]),
    ("C", true, 1.0, 0.0, [0, 0, 1, 1, 0, 0, 0, 0]),
    ("F", true, 1e-3, 0.0, [-2, -1, 4, 2, 0, 0, 0, 0]),
    ("T", true, 1e3, 0.0, [0, 1, -2, -1, 0, 0, 0, 0]),
    ("lm", true, 1.0, 0.0, [0, 0, 0, 0, 0, 0, 1, 0]),
    ("lx", true, 1.0, 0.0, [-2, 0, 0, 0, 0, 0, 1, 0]),
    ("L", true, 1e-3, 0.0, [3, 0, 0, 0, 0, 0, 0, 0]),
    ("l", true, 1e-3, 0.0, [3, 0, 0, 0, 0, 0, 0, 0]),
    ("t", true, 1e6, 0.0, [0, 1, 0, 0, 0, 0, 0, 0]),
    ("Cel", false, 1.0, 273.15, [0, 0, 0, 0, 1, 0, 0, 0]),
    ("[degF]", false, 5.0 / 9.0, 459.67 * 5.0 / 9.0, [0, 0, 0, 0, 1, 0, 0, 0]),
    ("deg", false, std::f64::consts::PI / 180.0, 0.0, [0, 0, 0, 0, 0, 0, 0, 1]),
    ("[in_i]", false, 0.0254, 0.0, [1, 0, 0, 0, 0, 0, 0, 0]),
    ("[psi]", false, 6_894_757.293_168, 0.0, [-1, 1, -2, 0, 0, 0, 0, 0]),
    ("[lb_av]", false, 453.592_37, 0.0, [0, 1, 0, 0, 0, 0, 0, 0]),
    ("[gal_us]", false, 3.785_411_784e-3, 0.0, [3, 0, 0, 0, 0, 0, 0, 0]),
    ("[HP]", false, 745_699.871_582_270_3, 0.0, [2, 1, -3, 0, 0, 0, 0, 0]),
    ("gf", true, 9.806_65, 0.0, [1, 1, -2, 0, 0, 0, 0, 0]),
    ("B", true, 1.0, 0.0, [0; 8]),
    ("By", true, 8.0, 0.0, [0; 8]),
];

impl Unit {
    /// The unit of a plain number, code `1`.
    pub fn one() -> Self {
        Self { code: Arc::from("1"), dimension: [0; 8], factor: 1.0, offset: 0.0 }
    }
    /// The UCUM code as it was written.
    pub fn code(&self) -> &str {
        &self.code
    }
    /// The exponents of the base units.
    pub const fn dimension(&self) -> Dimension {
        self.dimension
    }
    /// A number of this unit expressed in another.
    ///
    /// # Errors
    /// The units have different dimensions.
    pub fn convert(&self, value: f64, to: &Self) -> Result<f64, UnitError> {
        if self.dimension != to.dimension {
            return Err(UnitError::Dimension { from: self.code.to_string(), to: to.code.to_string() });
        }
        Ok((value * self.factor + self.offset - to.offset) / to.factor)
    }
}

impl FromStr for Unit {
    type Err = UnitError;
    fn from_str(code: &str) -> Result<Self, UnitError> {
        let mut unit = Self { code: Arc::from(code), ..Self::one() };
        let unknown = |part: &str| UnitError::Unknown { found: code.to_owned(), part: part.to_owned() };
        let mut sign = 1;
        let mut rest = code;
        if rest.is_empty() {
            return Err(unknown(""));
        }
        if let Some(after) = rest.strip_prefix('/') {
            (sign, rest) = (-1, after);
        }
        loop {
            let end = term_end(rest);
            let term = &rest[..end];
            let whole = end == code.len();
            let (factor, offset, dimension) = read_term(term).ok_or_else(|| unknown(term))?;
            if offset != 0.0 && !whole {
                return Err(unknown(term));
            }
            unit.factor *= factor.powi(sign);
            unit.offset = offset;
            for (sum, part) in unit.dimension.iter_mut().zip(dimension) {
                *sum += part * sign as i8;
            }
            match rest[end..].chars().next() {
                None => return Ok(unit),
                Some(operator) => {
                    sign = if operator == '/' { -1 } else { 1 };
                    rest = &rest[end + 1..];
                }
            }
        }
    }
}

/// Where the first term ends: at a `.` or `/` outside braces and brackets.
fn term_end(text: &str) -> usize {
    let mut depth = 0;
    for (i, c) in text.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            '.' | '/' if depth == 0 => return i,
            _ => {}
        }
    }
    text.len()
}

fn read_term(term: &str) -> Option<(f64, f64, Dimension)> {
    let (plain, annotated) = match term.find('{') {
        Some(at) if term.ends_with('}') => (&term[..at], true),
        Some(_) => return None,
        None => (term, false),
    };
    if plain.is_empty() {
        return annotated.then_some((1.0, 0.0, [0; 8]));
    }
    let (symbol, exponent) = split_exponent(plain);
    let (factor, offset, dimension) = read_atom(symbol)?;
    if offset != 0.0 && exponent != 1 {
        return None;
    }
    let mut powered = [0; 8];
    for (power, part) in powered.iter_mut().zip(dimension) {
        *power = part.checked_mul(i8::try_from(exponent).ok()?)?;
    }
    Some((factor.powi(exponent), offset, powered))
}

fn split_exponent(term: &str) -> (&str, i32) {
    let digits = term.len() - term.bytes().rev().take_while(u8::is_ascii_digit).count();
    let start = if term[..digits].ends_with(['-', '+']) { digits - 1 } else { digits };
    match term[start..].parse() {
        Ok(exponent) if start > 0 && term != "10*" => (&term[..start], exponent),
        _ => (term, 1),
    }
}

fn read_atom(symbol: &str) -> Option<(f64, f64, Dimension)> {
    if let Some(atom) = ATOMS.iter().find(|a| a.0 == symbol) {
        return Some((atom.2, atom.3, atom.4));
    }
    PREFIXES.iter().find_map(|(prefix, scale)| {
        let bare = symbol.strip_prefix(prefix)?;
        let atom = ATOMS.iter().find(|a| a.0 == bare && a.1)?;
        Some((scale * atom.2, 0.0, atom.4))
    })
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)
    }
}
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value, self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(value: f64, from: &str, to: &str) -> f64 {
        let (from, to): (Unit, Unit) = (from.parse().expect("from"), to.parse().expect("to"));
        from.convert(value, &to).expect("one dimension")
    }

    #[test]
    fn the_units_of_a_plant_convert() {
        let table = [
            (1.0, "kW.h", "J", 3.6e6),
            (20.0, "Cel", "K", 293.15),
            (212.0, "[degF]", "Cel", 100.0),
            (7.0, "bar", "kPa", 700.0),
            (36.0, "m3/h", "L/s", 10.0),
            (1_200.0, "/min", "Hz", 20.0),
            (1_200.0, "{rev}/min", "/s", 20.0),
            (5.0, "%", "1", 0.05),
            (4.5, "mm/s", "m/s", 0.0045),
            (9.81, "m/s2", "m.s-2", 9.81),
            (2.0, "N.m", "J", 2.0),
        ];
        for (value, from, to, wanted) in table {
            let got = converted(value, from, to);
            assert!((got - wanted).abs() < 1e-6 * wanted.abs(), "{value} {from} = {got} {to}, not {wanted}");
        }
    }

    #[test]
    fn what_is_no_unit_is_named() {
        for code in ["", "kWh", "°C", "watts", "kCel", "m//s", "{pieces", "Cel/s"] {
            assert!(code.parse::<Unit>().is_err(), "{code}");
        }
        let (watt, bar): (Unit, Unit) = ("W".parse().expect("W"), "bar".parse().expect("bar"));
        assert_eq!(
            watt.convert(1.0, &bar).expect_err("dimension").to_string(),
            "W does not convert to bar: they measure different things"
        );
    }
}
