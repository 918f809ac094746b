//! The round of meters in the demo: what no cable reaches and a clerk reads by hand. Enters: the text of a workshop's unit.toml.
//! Leaves: the text with a source `hand` and three channels. Absent: the workshop, which does not know of them.

use crate::connect::draft::Source;
use crate::connect::write::{WriteError, with};
use plant::{ChannelKind, Role};
use std::collections::BTreeMap;
use survey::{Channel, Layout, Placed};

/// Machine, type, channel, UCUM code, highest value.
const METERS: [(&str, &str, &str, &str, f64); 3] = [
    ("compressor-1", "compressor", "running_hours", "h", 200_000.0),
    ("oven-1", "furnace", "gas_meter", "m3", 1e7),
    ("washer-1", "washing", "water_meter", "m3", 1e6),
];

/// The text with the round in it.
///
/// # Errors
/// The text is no TOML.
pub fn with_rounds(text: &str) -> Result<String, WriteError> {
    let source = Source { name: "rounds".to_owned(), protocol: "hand".to_owned(), ..Source::default() };
    let machines = METERS.iter().map(|(machine, kind, name, unit, most)| Placed {
        name: (*machine).to_owned(),
        kind: (*kind).to_owned(),
        is_known: true,
        with: BTreeMap::new(),
        own: vec![Channel {
            found: 0,
            address: String::new(),
            name: (*name).to_owned(),
            kind: ChannelKind::Counter,
            unit: Some((*unit).to_owned()),
            role: Role::Other,
            range: Some((0.0, *most)),
            states: Vec::new(),
            confidence: 1.0,
            reasons: Vec::new(),
            is_chosen: true,
        }],
    });
    with(text, &source, false, &Layout { kinds: Vec::new(), machines: machines.collect() })
}
