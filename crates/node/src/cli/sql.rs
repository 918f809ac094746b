//! `socium sql QUERY`: one read-only question to the history and the records, printed as a table or written in a form that other
//! programs read.

use super::{Failure, Place};
use crate::config;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use store::{SqlFormat, Store};

/// What can be typed.
#[derive(clap::Args)]
pub struct Words {
    /// The question, such as `SELECT machine, count(*) FROM milling GROUP BY machine`.
    query: String,
    /// Most rows: a table or JSON is cut there, the other forms are refused beyond. Absent: 1000 for a table, else 10000000.
    #[arg(long)]
    rows: Option<usize>,
    /// Form of the answer.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// File to write to. Absent: standard output.
    file: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// Comma-separated values with a head.
    Csv,
    /// One object `{columns, rows, cut}`.
    Json,
    /// An Arrow IPC stream.
    Arrow,
    /// A Parquet file.
    Parquet,
}

/// Rows of a table where no number is given.
const TABLE_ROWS: usize = 1_000;
/// Rows of other forms where no number is given.
const ROWS: usize = 10_000_000;

/// Prints or writes the answer.
pub async fn main(words: Words) -> Result<(), Failure> {
    let config = config::read(&words.place.config).map_err(|faults| Failure::new(faults.to_string()))?;
    let store = Store::look(&config.store.dir, &config.plant).await.map_err(|e| Failure::new(e.to_string()))?;
    let format = match words.format {
        Format::Table => return table(&store, &words).await,
        Format::Csv => SqlFormat::Csv,
        Format::Json => SqlFormat::Json,
        Format::Arrow => SqlFormat::Arrow,
        Format::Parquet => SqlFormat::Parquet,
    };
    match &words.file {
        None => write(&store, &words, format, &mut std::io::stdout()).await.map_err(Failure::new),
        Some(path) => {
            let mut file = File::create(path).map_err(|e| Failure::new(format!("{}: {e}", path.display())))?;
            let written = write(&store, &words, format, &mut file).await;
            written.map_err(|cause| without(path, &cause))
        }
    }
}

/// What is not whole is not left behind.
fn without(path: &Path, cause: &str) -> Failure {
    let _ = std::fs::remove_file(path);
    Failure::new(format!("{}: {cause}", path.display()))
}

async fn write(store: &Store, words: &Words, format: SqlFormat, out: &mut (impl Write + Send)) -> Result<(), String> {
    let rows_max = words.rows.unwrap_or(ROWS);
    // the newest values are known to a running unit only
    let pieces = store.sql_pieces(&words.query, (format, rows_max), || None).await;
    let mut pieces = pieces.map_err(|e| e.to_string())?;
    while let Some(piece) = pieces.recv().await {
        out.write_all(&piece.map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
    }
    out.flush().map_err(|e| e.to_string())
}

async fn table(store: &Store, words: &Words) -> Result<(), Failure> {
    let rows_max = words.rows.unwrap_or(TABLE_ROWS);
    let table = store.sql(&words.query, rows_max).await.map_err(|e| Failure::new(e.to_string()))?;
    let cells: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    let text = crate::print::table(&table.columns, &cells);
    match &words.file {
        None => println!("{text}"),
        Some(path) => std::fs::write(path, text).map_err(|e| Failure::new(format!("{}: {e}", path.display())))?,
    }
    if table.cut {
        eprintln!("Only the first {rows_max} rows are shown; --rows shows more.");
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
