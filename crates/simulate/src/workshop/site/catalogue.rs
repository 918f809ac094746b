//! The six product variants and their routes: cut, wash, harden some, inspect, pack.

use measure::{Currency, Money, Span};
use plant::{Machine, MachineId, Operation, Product, ProductId};

/// Name, kind of the first machine, seconds a piece there, set-up family, set-up minutes, hardened, value [CNY].
type Row = (&'static str, &'static str, i64, &'static str, i64, bool, i64);

const ROWS: [Row; 6] = [
    ("housing", "milling", 210, "mill-alu", 30, false, 96),
    ("bracket", "milling", 120, "mill-alu", 30, false, 48),
    ("gear-plate", "milling", 165, "mill-steel", 40, true, 110),
    ("shaft-20", "turning", 100, "bar-20", 25, true, 52),
    ("shaft-35", "turning", 140, "bar-35", 35, true, 74),
    ("bush-35", "turning", 95, "bar-35", 35, false, 30),
];

/// Planned seconds a piece after the first machine: wash, harden (100 min for four lots of 38), inspect, pack.
const WASH_S: i64 = 25;
const HARDEN_S: i64 = 40;
const INSPECT_S: i64 = 26;
const PACK_S: i64 = 23;

/// Orders are this large: smallest and largest [pieces].
pub const QUANTITY: (u64, u64) = (24, 52);

/// The currency of the site.
pub fn currency() -> Currency {
    "CNY".parse().expect("three capital letters")
}

/// All products; ids are places.
pub fn products(machines: &[Machine]) -> Vec<Product> {
    let of = |kind: &str| machines.iter().filter(|m| m.kind == kind).map(|m| m.id).collect::<Vec<MachineId>>();
    let step = |name: &str, kind: &str, seconds: i64| Operation {
        name: name.to_owned(),
        machines: of(kind),
        cycle: Span::from_seconds(seconds),
        set_up: Span::ZERO,
        family: name.to_owned(),
        instructions: told(name),
    };
    let product = |((name, kind, seconds, family, set_up_min, hardened, value), place): (&Row, u16)| {
        let cut = if *kind == "milling" { "mill" } else { "turn" };
        let mut first = step(cut, kind, *seconds);
        (first.set_up, first.family) = (Span::from_minutes(*set_up_min), (*family).to_owned());
        let mut route = vec![first, step("wash", "washing", WASH_S)];
        route.extend(hardened.then(|| step("harden", "furnace", HARDEN_S)));
        route.extend([step("inspect", "inspection", INSPECT_S), step("pack", "packing", PACK_S)]);
        let value = Some(Money { minor: value * 100, currency: currency() });
        Product { id: ProductId(place), name: (*name).to_owned(), route, value }
    };
    ROWS.iter().zip(0..).map(product).collect()
}

/// What is told at the machine for an operation.
fn told(operation: &str) -> Vec<String> {
    let lines: &[&str] = match operation {
        "mill" => &[
            "Clamp the blank against the left stop, 40 N·m",
            "Call the programme by the order's number",
            "Check the first piece: bore 20 H7",
        ],
        "turn" => {
            &["Clamp the bar with 60 mm overhang", "Touch off tool 1 at the face", "Check the first piece: diameter and run-out"]
        }
        "wash" => &["Load the basket in one layer", "Programme 2, 60 °C"],
        "harden" => &["Load the tray cold", "Do not open before the lamp is green"],
        "inspect" => &["Measure every tenth piece", "Put aside what is out of tolerance and report it as scrap"],
        "pack" => &["Twelve pieces a box", "Label with order and date"],
        _ => &[],
    };
    lines.iter().map(|line| (*line).to_owned()).collect()
}
