//! Rows as orders or operations: each cell read, each fault with its row and column.
//!
//! Enters: rows of text, a mapping, what the unit has already. Leaves: lines to be written. Absent: the file, TOML.

use super::Fault;
use super::columns::{Field, Mapping, unit_of};
use crate::config::text::{SPAN_ALLOWED, span};
use drivers::file::table::Row;
use drivers::file::time::{FORMATS_ALLOWED, TimeFormat};
use jiff::tz::TimeZone;
use measure::{Instant, Span};
use plant::Plant;
use std::collections::HashSet;

/// Formats of times tried in turn where none was told; the first that reads all rows is taken.
pub const FORMATS: [&str; 9] =
    ["rfc3339", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "excel"];
/// Pieces of an order at most.
const QUANTITY_MAX: f64 = 4e9;

/// What stands around the table.
pub struct Wanted<'p> {
    /// What the unit has already.
    pub plant: &'p Plant,
    /// The zone of times without one.
    pub zone: TimeZone,
    /// How times are written; `None` is found out.
    pub format: Option<String>,
    /// The unit of plain numbers of times, where the column's name has none [s].
    pub unit: Option<f64>,
    /// When orders without a release may start.
    pub now: Instant,
}

/// One row that was understood.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// An order.
    Order {
        /// Its name.
        name: String,
        /// The product's name.
        product: String,
        /// Good pieces wanted.
        quantity: u32,
        /// Not started before.
        release: Instant,
        /// Promised for.
        due: Instant,
    },
    /// An operation of a product's route.
    Operation {
        /// The product's name.
        product: String,
        /// Its place in the route; rows of equal place stay as they stand.
        step: f64,
        /// Its name.
        name: String,
        /// Machines that can do it.
        machines: Vec<String>,
        /// Planned time a piece.
        cycle: Span,
        /// Planned set-up time.
        set_up: Option<Span>,
        /// Set-up family.
        family: Option<String>,
    },
}

/// A row being read; faults are gathered.
struct Reader<'r> {
    row: &'r Row,
    mapping: &'r Mapping,
    faults: &'r mut Vec<Fault>,
}

impl Reader<'_> {
    fn cell(&self, field: Field) -> Option<&str> {
        let (place, _) = self.mapping.column(field)?;
        self.row.cells.get(place).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    }
    fn refuse(&mut self, field: Field, allowed: impl Into<String>) {
        let found = self.cell(field).unwrap_or("nothing").chars().take(80).collect();
        let column = self.mapping.column(field).map_or("", |(_, name)| name).to_owned();
        self.faults.push(Fault { row: self.row.line, column, found, allowed: allowed.into() });
    }
    fn name(&mut self, field: Field, spaces: bool) -> Option<String> {
        let fits =
            |text: &&str| text.chars().count() <= 64 && !text.chars().any(char::is_control) && (spaces || !text.contains(' '));
        let found = self.cell(field).filter(fits).map(str::to_owned);
        if found.is_none() {
            self.refuse(
                field,
                if spaces { "a name of 1 to 64 characters" } else { "a name of 1 to 64 characters without spaces" },
            );
        }
        found
    }
    /// A number as people and ERP systems write it: `1200`, `1200.0`, `1 200`, `12,5`.
    fn number(&self, field: Field) -> Option<f64> {
        let text: String = self.cell(field)?.chars().filter(|c| !c.is_whitespace()).collect();
        text.replace(',', ".").parse().ok().filter(|n: &f64| n.is_finite())
    }
    fn span(&mut self, field: Field, unit: Option<f64>) -> Option<Span> {
        let text = self.cell(field)?;
        let unit = self.mapping.column(field).and_then(|(_, name)| unit_of(name)).or(unit);
        let read = span(text).or_else(|| Some(Span::from_seconds_f64(self.number(field)? * unit?)));
        let read = read.filter(|span| *span >= Span::ZERO);
        if read.is_none() {
            let plain = if unit.is_none() { "; of plain numbers say --unit s, min or h" } else { "" };
            self.refuse(field, format!("{SPAN_ALLOWED}{plain}"));
        }
        read
    }
}

/// All rows; what cannot be read is among the faults.
pub fn lines(rows: &[Row], mapping: &Mapping, wanted: &Wanted<'_>, faults: &mut Vec<Fault>) -> Vec<Line> {
    if mapping.is_routing {
        let mut lines: Vec<Line> =
            rows.iter().zip(0_u32..).filter_map(|(row, place)| operation(row, place, mapping, wanted, faults)).collect();
        lines.sort_by(|a, b| match (a, b) {
            (Line::Operation { step: a, .. }, Line::Operation { step: b, .. }) => a.total_cmp(b),
            _ => std::cmp::Ordering::Equal,
        });
        return lines;
    }
    let Some(format) = format(rows, mapping, wanted, faults) else { return Vec::new() };
    let mut names = HashSet::new();
    rows.iter().filter_map(|row| order(row, mapping, (wanted, &format), &mut names, faults)).collect()
}

/// The format of times: as told, or the first that reads every one.
fn format(rows: &[Row], mapping: &Mapping, wanted: &Wanted<'_>, faults: &mut Vec<Fault>) -> Option<TimeFormat> {
    let refuse = |faults: &mut Vec<Fault>, found: String, allowed: String| {
        let column = mapping.column(Field::Due).map_or("", |(_, name)| name).to_owned();
        faults.push(Fault { row: rows.first().map_or(1, |row| row.line), column, found, allowed });
        None
    };
    if let Some(word) = &wanted.format {
        let format = TimeFormat::of(word, wanted.zone.clone());
        return format.or_else(|| refuse(faults, word.clone(), format!("--time {FORMATS_ALLOWED}")));
    }
    let places = [Field::Due, Field::Release].into_iter().filter_map(|field| mapping.column(field));
    let places: Vec<usize> = places.map(|(place, _)| place).collect();
    let cells = || rows.iter().flat_map(|row| places.iter().filter_map(|p| row.cells.get(*p))).filter(|c| !c.trim().is_empty());
    let reads_all =
        |word: &&str| TimeFormat::of(word, wanted.zone.clone()).is_some_and(|f| cells().all(|c| f.read(c.trim()).is_some()));
    let fitting: Vec<&str> = FORMATS.into_iter().filter(reads_all).collect();
    match fitting[..] {
        [] => {
            let one = cells().next().cloned().unwrap_or_else(|| "no time".to_owned());
            refuse(faults, one, format!("times of one format; say --time {FORMATS_ALLOWED}"))
        }
        // a day and a month that could be either are not guessed
        [.., "%m/%d/%Y", "%d/%m/%Y"] => {
            let one = cells().next().cloned().unwrap_or_default();
            refuse(
                faults,
                one,
                "a format that is told, for day and month cannot be told apart: --time %d/%m/%Y or --time %m/%d/%Y".to_owned(),
            )
        }
        [first, ..] => TimeFormat::of(first, wanted.zone.clone()),
    }
}

fn order(
    row: &Row,
    mapping: &Mapping,
    (wanted, format): (&Wanted<'_>, &TimeFormat),
    names: &mut HashSet<String>,
    faults: &mut Vec<Fault>,
) -> Option<Line> {
    let before = faults.len();
    let mut reader = Reader { row, mapping, faults };
    let name = reader.name(Field::Order, false);
    if let Some(name) = &name {
        if wanted.plant.order_named(name).is_some() {
            reader.refuse(Field::Order, "an order that the unit does not have yet");
        } else if !names.insert(name.clone()) {
            reader.refuse(Field::Order, "each order once in the file");
        }
    }
    let product = reader.name(Field::Product, true);
    if product.as_ref().is_some_and(|p| wanted.plant.products.iter().all(|known| known.name != *p)) {
        let known: Vec<&str> = wanted.plant.products.iter().take(8).map(|p| p.name.as_str()).collect();
        reader.refuse(Field::Product, format!("a product of the unit, such as {}; import its routing first", known.join(", ")));
    }
    let quantity = reader.number(Field::Quantity).filter(|n| n.fract() == 0.0 && (1.0..=QUANTITY_MAX).contains(n));
    if quantity.is_none() {
        reader.refuse(Field::Quantity, "a whole number of pieces, at least 1");
    }
    let mut time = |field: Field| {
        let read = reader.cell(field).and_then(|cell| format.read(cell));
        if read.is_none() {
            reader.refuse(field, format.allowed());
        }
        read
    };
    let due = time(Field::Due);
    let has_release = row
        .cells
        .get(mapping.column(Field::Release).map_or(usize::MAX, |(place, _)| place))
        .is_some_and(|c| !c.trim().is_empty());
    let release = if has_release { time(Field::Release) } else { Some(wanted.now) };
    if let (Some(release), Some(due)) = (release, due)
        && due <= release
    {
        reader.refuse(Field::Due, format!("a time after the release, which is {release}"));
    }
    if faults.len() > before {
        return None;
    }
    Some(Line::Order { name: name?, product: product?, quantity: quantity? as u32, release: release?, due: due? })
}

fn operation(row: &Row, place: u32, mapping: &Mapping, wanted: &Wanted<'_>, faults: &mut Vec<Fault>) -> Option<Line> {
    let before = faults.len();
    let mut reader = Reader { row, mapping, faults };
    let product = reader.name(Field::Product, true);
    if product.as_ref().is_some_and(|p| wanted.plant.products.iter().any(|known| known.name == *p)) {
        reader.refuse(Field::Product, "a product that the unit does not have yet");
    }
    let name = reader.name(Field::Operation, true);
    let cell = reader.cell(Field::Machines).unwrap_or_default();
    let machines: Vec<String> =
        cell.split([',', ';', '/', '|', ' ']).map(str::trim).filter(|m| !m.is_empty()).map(str::to_owned).collect();
    let known = |machine: &String| wanted.plant.machine_named(machine).is_some();
    if machines.is_empty() || !machines.iter().all(known) {
        let all: Vec<&str> = wanted.plant.machines.iter().take(20).map(|m| m.name.as_str()).collect();
        reader.refuse(Field::Machines, format!("machines of the unit, such as {}", all.join(", ")));
    }
    let cycle = reader.span(Field::Cycle, wanted.unit);
    if reader.cell(Field::Cycle).is_none() || cycle.is_some_and(|c| c < Span::from_millis(1)) {
        reader.refuse(Field::Cycle, "a time a piece of at least 1 ms");
    }
    let set_up = reader.span(Field::SetUp, wanted.unit);
    let step = reader.number(Field::Step);
    if step.is_none() && reader.cell(Field::Step).is_some() {
        reader.refuse(Field::Step, "a number");
    }
    let family = reader.cell(Field::Family).map(str::to_owned);
    if faults.len() > before {
        return None;
    }
    let step = step.unwrap_or(f64::from(place));
    Some(Line::Operation { product: product?, step, name: name?, machines, cycle: cycle?, set_up, family })
}
