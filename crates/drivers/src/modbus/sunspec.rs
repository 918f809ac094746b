//! SunSpec models: which points a meter or an inverter has and what they mean (SunSpec Information Model Reference; models 1, 101 to
//! 103, 201 to 204, 211 to 214). Enters: the registers of models. Leaves: [`Found`] points. Absent: sockets.

use survey::{Data, Found, Value};

/// `SunS`.
pub const MARK: [u16; 2] = [0x5375, 0x6e53];
/// The number that ends a map.
pub const END: u16 = 0xffff;

/// A model as it was read, its number and length included.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its number.
    pub number: u16,
    /// Register of its number.
    pub at: u16,
    /// Its registers from there on.
    pub words: Vec<u16>,
}

/// How a point is kept.
#[derive(Clone, Copy, PartialEq)]
enum Kept {
    /// Signed, one register, with the power of ten in another.
    Signed(usize),
    /// Unsigned, two registers, with the power of ten in another.
    Sum(usize),
    /// IEEE 754 single.
    Float,
}

/// Name, offset from the model's first register, how it is kept, unit, what it is.
type Point = (&'static str, usize, Kept, &'static str, &'static str);

const METER: &[Point] = &[
    ("A", 2, Kept::Signed(6), "A", "total AC current"),
    ("Hz", 16, Kept::Signed(17), "Hz", "frequency"),
    ("W", 18, Kept::Signed(22), "W", "total real power"),
    ("VA", 23, Kept::Signed(27), "VA", "total apparent power"),
    ("VAR", 28, Kept::Signed(32), "var", "total reactive power"),
    ("TotWhExp", 38, Kept::Sum(54), "Wh", "total real energy exported"),
    ("TotWhImp", 46, Kept::Sum(54), "Wh", "total real energy imported"),
];
const METER_FLOAT: &[Point] = &[
    ("A", 2, Kept::Float, "A", "total AC current"),
    ("Hz", 26, Kept::Float, "Hz", "frequency"),
    ("W", 28, Kept::Float, "W", "total real power"),
    ("VA", 36, Kept::Float, "VA", "total apparent power"),
    ("VAR", 44, Kept::Float, "var", "total reactive power"),
    ("TotWhExp", 60, Kept::Float, "Wh", "total real energy exported"),
    ("TotWhImp", 68, Kept::Float, "Wh", "total real energy imported"),
];
const INVERTER: &[Point] = &[
    ("A", 2, Kept::Signed(6), "A", "AC current"),
    ("W", 14, Kept::Signed(15), "W", "AC power"),
    ("Hz", 16, Kept::Signed(17), "Hz", "frequency"),
    ("VA", 18, Kept::Signed(19), "VA", "apparent power"),
    ("VAr", 20, Kept::Signed(21), "var", "reactive power"),
    ("WH", 24, Kept::Sum(26), "Wh", "AC energy made"),
    ("TmpCab", 33, Kept::Signed(37), "°C", "cabinet temperature"),
];

const fn points(number: u16) -> &'static [Point] {
    match number {
        101..=103 => INVERTER,
        201..=204 => METER,
        211..=214 => METER_FLOAT,
        _ => &[],
    }
}

/// The points of a device.
pub fn found(unit: u8, models: &[Model]) -> Vec<Found> {
    let device = name(unit, models.iter().find(|m| m.number == 1));
    let mut all: Vec<Found> = Vec::new();
    for model in models {
        for point in points(model.number) {
            let Some(mut one) = point_found(unit, model, point) else { continue };
            one.path = vec![device.clone(), point.0.to_owned()];
            // a second meter in one device
            if all.iter().any(|other| other.path == one.path) {
                one.path[1] = format!("{}_{}", point.0, model.at);
            }
            all.push(one);
        }
    }
    all
}

/// What the common model calls the device: its model and serial number.
fn name(unit: u8, common: Option<&Model>) -> String {
    let text = |from: usize, count: usize| {
        let words = common.and_then(|m| m.words.get(from..from + count)).unwrap_or_default();
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).take_while(|b| *b != 0).collect();
        String::from_utf8_lossy(&bytes).trim().to_owned()
    };
    let (model, serial) = (text(18, 16), text(50, 16));
    let parts: Vec<String> = [model, serial].into_iter().filter(|p| !p.is_empty()).collect();
    if parts.is_empty() { format!("device {unit}") } else { parts.join(" ") }
}

fn point_found(unit: u8, model: &Model, (name, offset, kept, sign, about): &Point) -> Option<Found> {
    let word = |at: usize| model.words.get(at).copied();
    let register = model.at.checked_add(u16::try_from(*offset).ok()?)?;
    let pair = || Some((u32::from(word(*offset)?) << 16) | u32::from(word(offset + 1)?));
    let scale = |at: usize| {
        let power = word(at)? as i16;
        (-10..=10).contains(&power).then(|| 10_f64.powi(i32::from(power)))
    };
    let (kind, factor, number) = match kept {
        Kept::Signed(at) => {
            let raw = word(*offset)?;
            // 0x8000 is "not implemented"
            (raw != 0x8000).then_some(("i16", scale(*at)?, f64::from(raw as i16)))?
        }
        Kept::Sum(at) => ("u32", scale(*at)?, f64::from(pair()?)),
        Kept::Float => {
            let number = f64::from(f32::from_bits(pair()?));
            number.is_finite().then_some(("f32", 1.0, number))?
        }
    };
    let ending = if factor == 1.0 { String::new() } else { format!("/{factor}") };
    Some(Found {
        address: format!("{unit}/holding/{register}/{kind}{ending}"),
        device: Some(1),
        description: Some((*about).to_owned()),
        unit: Some((*sign).to_owned()),
        term: Some(format!("SunSpec.{name}")),
        data: Data::Real,
        type_name: Some(kind.to_owned()),
        value: Some(Value::Number(number * factor)),
        ..Found::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::Address;

    /// A meter of 12,345 W (scale 0) and 6,789.0 kWh (scale 1).
    pub fn meter() -> Vec<Model> {
        let mut common = vec![0; 68];
        (common[0], common[1]) = (1, 66);
        for (place, text) in [(18, "PM5"), (50, "42")] {
            for (i, pair) in text.as_bytes().chunks(2).enumerate() {
                common[place + i] = u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]);
            }
        }
        let mut words = vec![0x8000; 107];
        (words[0], words[1]) = (203, 105);
        (words[18], words[22]) = (12_345, 0);
        (words[46], words[47], words[54]) = (10, 23_540, 1);
        (words[38], words[39]) = (0, 0);
        vec![Model { number: 1, at: 40_002, words: common }, Model { number: 203, at: 40_070, words }]
    }

    #[test]
    fn a_meter_tells_power_and_energy_with_their_factors() {
        let found = found(3, &meter());
        let row = |f: &Found| (f.path.join("/"), f.address.clone(), f.unit.clone().unwrap_or_default(), f.value.clone());
        let rows: Vec<_> = found.iter().map(row).collect();
        let text = |t: &str| t.to_owned();
        assert_eq!(
            rows,
            [
                (text("PM5 42/W"), text("3/holding/40088/i16"), text("W"), Some(Value::Number(12_345.0))),
                (text("PM5 42/TotWhExp"), text("3/holding/40108/u32/10"), text("Wh"), Some(Value::Number(0.0))),
                (text("PM5 42/TotWhImp"), text("3/holding/40116/u32/10"), text("Wh"), Some(Value::Number(6_789_000.0))),
            ]
        );
        for one in &found {
            one.address.parse::<Address>().unwrap_or_else(|e| panic!("{e}"));
        }
    }

    #[test]
    fn a_torn_or_strange_model_tells_less_and_does_not_panic() {
        for length in 0..107 {
            let mut models = meter();
            models[1].words.truncate(length);
            models[0].words.truncate(length);
            let some = found(1, &models);
            assert!(some.len() <= 3);
        }
        assert!(found(1, &[Model { number: 7, at: 0, words: vec![7, 0] }]).is_empty());
    }
}
