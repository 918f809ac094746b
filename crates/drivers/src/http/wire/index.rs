//! Which channel a field of a series fills. Built once; a look-up is one hash of the tag values that matter.

use super::super::config::{Address, Target};
use hashbrown::HashMap;

/// The channels by measurement, tags and field.
#[derive(Clone, Debug, Default)]
pub struct Index {
    measurements: HashMap<Box<[u8]>, Vec<Shape>>,
}

/// All series of a measurement that are told apart by the same tag keys; the shape with most keys is tried first.
#[derive(Clone, Debug)]
struct Shape {
    keys: Vec<Box<[u8]>>,
    /// By tag values, each followed by a zero byte.
    series: HashMap<Box<[u8]>, Series>,
}

/// The fields of one series.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    fields: Vec<Field>,
}

/// One field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub name: Box<[u8]>,
    pub target: Target,
}

impl Index {
    /// For channels and where they are found.
    pub fn new(channels: &[(Target, Address)]) -> Self {
        let mut index = Self::default();
        for (target, address) in channels {
            let shapes = index.measurements.entry(address.measurement.as_bytes().into()).or_default();
            let is_same = |s: &Shape| s.keys.iter().map(|k| &**k).eq(address.tags.iter().map(|(k, _)| k.as_bytes()));
            let place = shapes.iter().position(is_same).unwrap_or_else(|| {
                let keys = address.tags.iter().map(|(k, _)| k.as_bytes().into()).collect();
                shapes.push(Shape { keys, series: HashMap::new() });
                shapes.len() - 1
            });
            let mut values = Vec::new();
            address.tags.iter().for_each(|(_, value)| add_value(&mut values, value.as_bytes()));
            let series = shapes[place].series.entry(values.into()).or_default();
            series.fields.push(Field { name: address.field.as_bytes().into(), target: *target });
        }
        index.measurements.values_mut().for_each(|shapes| shapes.sort_by_key(|s| std::cmp::Reverse(s.keys.len())));
        index
    }

    /// The series of a line: its measurement, and a way to its tags by key. `scratch` is for the tag values.
    pub(super) fn series<'t>(
        &self,
        measurement: &[u8],
        tag: impl Fn(&[u8]) -> Option<&'t [u8]>,
        scratch: &mut Vec<u8>,
    ) -> Option<&Series> {
        self.measurements.get(measurement)?.iter().find_map(|shape| {
            scratch.clear();
            for key in &shape.keys {
                add_value(scratch, tag(key)?);
            }
            shape.series.get(scratch.as_slice())
        })
    }
}

impl Series {
    /// Number of fields.
    pub(super) const fn len(&self) -> usize {
        self.fields.len()
    }
    /// The field that is expected next, where the text begins with its name and an equals sign; the length of both.
    #[inline]
    pub(super) fn expected(&self, text: &[u8], expected: &mut usize) -> Option<(&Field, usize)> {
        let field = self.fields.get(*expected)?;
        let length = field.name.len();
        if text.get(length) == Some(&b'=') && text[..length] == *field.name {
            *expected += 1;
            return Some((field, length + 1));
        }
        None
    }
    /// The field of a name. Devices write their fields in one order, so the one after it is expected next.
    pub(super) fn field(&self, name: &[u8], expected: &mut usize) -> Option<&Field> {
        let place = self.fields.iter().position(|f| *f.name == *name)?;
        *expected = place + 1;
        self.fields.get(place)
    }
}

fn add_value(bytes: &mut Vec<u8>, value: &[u8]) {
    bytes.extend_from_slice(value);
    bytes.push(0);
}
