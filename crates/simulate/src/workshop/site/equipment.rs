//! The machines: names, kinds, lines, and where their pieces go.

use crate::workshop::physics::Spec;
use measure::Span;
use plant::{LineId, Machine, MachineId};

/// Name, kind, line, names of the machines fed.
type Row = (&'static str, &'static str, Option<u16>, &'static [&'static str]);

const ROWS: [Row; 10] = [
    ("mill-1", "milling", Some(0), &["washer-1"]),
    ("mill-2", "milling", Some(0), &["washer-1"]),
    ("mill-3", "milling", Some(0), &["washer-1"]),
    ("lathe-1", "turning", Some(1), &["washer-1"]),
    ("lathe-2", "turning", Some(1), &["washer-1"]),
    ("washer-1", "washing", None, &["oven-1", "inspection-1"]),
    ("oven-1", "furnace", None, &["inspection-1"]),
    ("inspection-1", "inspection", None, &["packer-1"]),
    ("packer-1", "packing", None, &[]),
    ("compressor-1", "compressor", None, &[]),
];

/// All machines of the workshop; ids are places.
pub fn machines() -> Vec<Machine> {
    let id = |name: &str| ROWS.iter().zip(0..).find(|(row, _)| row.0 == name).map(|(_, place)| MachineId(place));
    let machine = |((name, kind, line, feeds), place): (&Row, u32)| {
        let spec = Spec::of(kind);
        Machine {
            id: MachineId(place),
            name: (*name).to_owned(),
            kind: (*kind).to_owned(),
            line: line.map(LineId),
            feeds: feeds.iter().filter_map(|to| id(to)).collect(),
            warm_up: Span::from_minutes(spec.map_or(0, |s| s.warm_up_min)),
            services: spec.map_or_else(Vec::new, |s| s.services().into_iter().map(|(w, l)| (w.to_owned(), l)).collect()),
            load: spec.and_then(Spec::load),
        }
    };
    ROWS.iter().zip(0..).map(machine).collect()
}
