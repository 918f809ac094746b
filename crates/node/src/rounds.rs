//! What people tell in the demo: a round of meters that no cable reaches, problems at machines, and a bench where a worker assembles by
//! hand. Enters: the text of a workshop's unit.toml. Leaves: the text with a source `hand`, its channels, and orders for the bench.
//! Absent: the workshop, which does not know of them.

use crate::connect::draft::Source;
use crate::connect::write::{WriteError, with};
use measure::{Instant, Span};
use plant::{ChannelKind, MachineState, Role};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use survey::{Channel, Kind, Layout, Placed};

/// The bench: its name, type, and product.
const BENCH: (&str, &str, &str) = ("bench-1", "assembly", "fixture-kit");
/// What its worker reports: channel, kind, role.
const REPORTED: [(&str, ChannelKind, Role); 6] = [
    ("state", ChannelKind::State, Role::State),
    ("order", ChannelKind::State, Role::Order),
    ("order_done", ChannelKind::Event, Role::OrderDone),
    ("good", ChannelKind::Counter, Role::Good),
    ("scrap", ChannelKind::Counter, Role::Scrap),
    ("problem", ChannelKind::Event, Role::Alarm),
];
/// States a worker's reports may bring.
const STATES: [MachineState; 3] = [MachineState::Producing, MachineState::Starved, MachineState::Down];
/// Orders for it, and the time between two that are due.
const KITS: u32 = 8;
const KIT_EVERY: Span = Span::from_hours(9);

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
pub fn with_rounds(text: &str, now: Instant) -> Result<String, WriteError> {
    let source = Source { name: "rounds".to_owned(), protocol: "hand".to_owned(), ..Source::default() };
    let meters = METERS.iter().map(|(machine, kind, name, unit, most)| {
        let meter = channel(name, ChannelKind::Counter, Role::Other);
        let own = vec![Channel { unit: Some((*unit).to_owned()), range: Some((0.0, *most)), ..meter }, problem()];
        placed(machine, kind, true, own)
    });
    let mills = ["mill-1", "mill-2"].map(|machine| placed(machine, "milling", true, vec![problem()]));
    let channels = REPORTED.iter().map(|(name, kind, role)| (channel(name, *kind, *role), None)).collect();
    let bench = Kind { name: BENCH.1.to_owned(), is_known: false, address: None, channels };
    let machines = meters.chain(mills).chain([placed(BENCH.0, BENCH.1, false, Vec::new())]).collect();
    let text = with(text, &source, false, &Layout { kinds: vec![bench], machines })?;
    Ok(text + &kits(now))
}

fn placed(machine: &str, kind: &str, is_known: bool, own: Vec<Channel>) -> Placed {
    Placed { name: machine.to_owned(), kind: kind.to_owned(), is_known, with: BTreeMap::new(), own }
}

fn problem() -> Channel {
    channel("problem", ChannelKind::Event, Role::Other)
}

fn channel(name: &str, kind: ChannelKind, role: Role) -> Channel {
    Channel {
        found: 0,
        address: String::new(),
        name: name.to_owned(),
        kind,
        unit: (!kind.is_word()).then(|| "1".to_owned()),
        role,
        range: None,
        states: if role == Role::State { STATES.map(|state| (state.word().to_owned(), state)).to_vec() } else { Vec::new() },
        confidence: 1.0,
        reasons: Vec::new(),
        is_chosen: true,
    }
}

/// What is assembled at the bench, and for when.
fn kits(now: Instant) -> String {
    let (bench, _, product) = BENCH;
    let mut text = format!(
        "\n[[product]]\nname = \"{product}\"\n[[product.operation]]\nname = \"assemble\"\nmachines = [\"{bench}\"]\ncycle = \"4 min\"\n\
         instructions = [\"Take base plate, two clamps and four screws M6\", \"Tighten to 9 N·m, crosswise\", \"Check that both clamps \
         close by hand\"]\n"
    );
    for kit in 1..=KITS {
        let due = now + Span::from_micros(KIT_EVERY.micros() * i64::from(kit));
        // writing to a String cannot fail
        let _ = write!(
            text,
            "\n[[order]]\nname = \"KIT-{kit:02}\"\nproduct = \"{product}\"\nquantity = 12\nrelease = \"{now}\"\ndue = \"{due}\"\n"
        );
    }
    text
}
