//! `socium sql QUERY`: one read-only question to the history and the records.

use super::{Failure, Place};
use crate::config;
use store::Store;

/// What can be typed.
#[derive(clap::Args)]
pub struct Words {
    /// The question, such as `SELECT machine, count(*) FROM milling GROUP BY machine`.
    query: String,
    /// Most rows to print.
    #[arg(long, default_value_t = 1_000)]
    rows: usize,
    /// Print one JSON object a row.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Prints the answer.
pub async fn main(words: Words) -> Result<(), Failure> {
    let config = config::read(&words.place.config).map_err(|faults| Failure::new(faults.to_string()))?;
    let store = Store::look(&config.store.dir, &config.plant).await.map_err(|e| Failure::new(e.to_string()))?;
    let table = store.sql(&words.query, words.rows).await.map_err(|e| Failure::new(e.to_string()))?;
    if words.json {
        for row in &table.rows {
            let object: serde_json::Map<_, _> = table.columns.iter().cloned().zip(row.iter().cloned()).collect();
            println!("{}", serde_json::Value::Object(object));
        }
    } else {
        let cells: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        println!("{}", crate::print::table(&table.columns, &cells));
    }
    if table.cut {
        eprintln!("Only the first {} rows are shown; --rows shows more.", words.rows);
    }
    Ok(())
}

fn cell(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    }
}
