//! `socium import FILE`: orders or routings from a table, shown first, written into the unit's file after a yes; all rows or none.

use super::{Failure, asked};
use crate::config::text::zone;
use crate::connect::write::{checked, replace};
use crate::import::columns::{Mapping, mapping};
use crate::import::rows::{Line, Wanted};
use crate::import::{read, text};
use crate::print::table;
use drivers::file::table::{Encoding, Style, Table};
use measure::Instant;
use plant::Plant;
use std::path::PathBuf;

/// Lines shown before the question.
const SHOWN: usize = 12;

/// What can be typed.
#[derive(clap::Args)]
pub struct Words {
    /// The table: CSV, CSV.gz, Excel (.xlsx) or Parquet. Orders need order, product, quantity, due; routings product, operation, machines, cycle.
    file: PathBuf,
    /// The configuration of the unit.
    #[arg(long, default_value = "unit.toml")]
    config: PathBuf,
    /// Which column is read as what, such as `due=Liefertermin`; columns that are not named are proposed by their names.
    #[arg(long, value_name = "FIELD=COLUMN")]
    map: Vec<String>,
    /// How times are written: rfc3339, excel, or a pattern such as `%d.%m.%Y`. Absent: found out.
    #[arg(long, value_name = "FORMAT")]
    time: Option<String>,
    /// The unit of plain numbers of times where the column's name has none.
    #[arg(long, value_parser = ["s", "min", "h"])]
    unit: Option<String>,
    /// The sheet of a workbook. Absent: the first.
    #[arg(long)]
    sheet: Option<String>,
    /// How a CSV's letters are written: utf-8, latin-1 or gbk.
    #[arg(long, default_value = "utf-8")]
    encoding: String,
    /// Lines above the header.
    #[arg(long, default_value_t = 0)]
    above: u64,
    /// Write without asking.
    #[arg(long)]
    yes: bool,
    /// Show what would be written, and write nothing.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

/// Reads, shows, asks, writes.
pub fn main(words: &Words) -> Result<(), Failure> {
    let place = words.config.display();
    let before = std::fs::read_to_string(&words.config).map_err(|e| Failure::new(format!("{place}: {e}")))?;
    let config = checked(&words.config, &before).map_err(|e| Failure::new(format!("{place}: {e}")))?;
    let encoding = Encoding::from_word(&words.encoding)
        .ok_or_else(|| Failure::new(format!("--encoding `{}`: allowed are utf-8, latin-1, gbk", words.encoding)))?;
    let style = Style { encoding, above: words.above, sheet: words.sheet.clone(), ..Style::default() };
    let name = words.file.display();
    let opened = Table::open(&words.file, &style).map_err(|e| Failure::new(format!("{name}: {e}")))?;
    let mapping = mapping(&opened.columns, &words.map).map_err(|e| Failure::new(format!("{name}: {e}")))?;
    let lines = read(opened, &mapping, &wanted(words, &config.plant)?).map_err(|faults| {
        Failure::new(format!("{name}: nothing is imported, because of {} faults:\n  {}", faults.len(), faults.join("\n  ")))
    })?;
    println!("{}", shown(&mapping, &lines));
    let after = text::with(&before, &lines).map_err(|e| Failure::new(e.to_string()))?;
    checked(&words.config, &after).map_err(|e| Failure::new(format!("{name}: {e}")))?;
    if words.dry_run {
        println!("Nothing was written.");
        return Ok(());
    }
    if !words.yes && !std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        return Err(Failure::new("nothing was written: say --yes, or run it at a terminal to be asked".to_owned()));
    }
    if !words.yes && !asked(&format!("Write these {} rows into {place}?", lines.len()), false) {
        println!("Nothing was written.");
        return Ok(());
    }
    let kept = replace(&words.config, &after).map_err(|e| Failure::new(e.to_string()))?;
    println!("{place} is written: {} rows.", lines.len());
    if let Some(kept) = kept {
        println!("The file as it was is kept as {}.", kept.display());
    }
    println!("It takes effect at the next start: socium run --config {place}");
    Ok(())
}

fn wanted<'p>(words: &Words, plant: &'p Plant) -> Result<Wanted<'p>, Failure> {
    let name = &plant.calendar.zone.name;
    let (_, zone) = zone(name).ok_or_else(|| Failure::new(format!("the time zone `{name}` is not known")))?;
    let unit = words.unit.as_deref().map(|unit| match unit {
        "h" => 3_600.0,
        "min" => 60.0,
        _ => 1.0,
    });
    let now: Instant = crate::clock::Clock::real().now();
    Ok(Wanted { plant, zone, format: words.time.clone(), unit, now })
}

/// Which column was read as what, and the first lines as they were understood.
fn shown(mapping: &Mapping, lines: &[Line]) -> String {
    let told = |is_told: bool| if is_told { "told" } else { "proposed by its name" };
    let columns =
        mapping.columns.iter().map(|(f, _, name, is_told)| format!("  {:<10} <- `{name}` ({})", f.word(), told(*is_told)));
    let columns: Vec<String> = columns.collect();
    let cells = |line: &Line| match line {
        Line::Order { name, product, quantity, release, due } => {
            vec![name.clone(), product.clone(), quantity.to_string(), release.to_string(), due.to_string()]
        }
        Line::Operation { product, name, machines, cycle, set_up, family, .. } => vec![
            product.clone(),
            name.clone(),
            machines.join(", "),
            cycle.to_string(),
            set_up.map_or_else(String::new, |s| s.to_string()),
            family.clone().unwrap_or_default(),
        ],
    };
    let head: &[&str] = if mapping.is_routing {
        &["product", "operation", "machines", "cycle", "set-up", "family"]
    } else {
        &["order", "product", "quantity", "release", "due"]
    };
    let head: Vec<String> = head.iter().map(|word| (*word).to_owned()).collect();
    let rows: Vec<Vec<String>> = lines.iter().take(SHOWN).map(cells).collect();
    let more = if lines.len() > SHOWN { format!("\n… and {} more", lines.len() - SHOWN) } else { String::new() };
    let what = if mapping.is_routing { "operations of routings" } else { "orders" };
    format!("{} {what}, read from these columns:\n{}\n\n{}{more}\n", lines.len(), columns.join("\n"), table(&head, &rows))
}
