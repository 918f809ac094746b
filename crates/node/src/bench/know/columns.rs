//! A Parquet file as a table of text.
//!
//! Enters: a file of flat columns. Leaves: a [`Table`]; an empty cell where there is no value. Absent: what columns mean, nested values.

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use std::fs::File;
use std::path::Path;
use unit::trial::Table;

/// Most cells of a file.
const CELLS_MAX: u64 = 1 << 25;

/// Reads a file.
///
/// # Errors
/// It cannot be read, is no Parquet, or has more cells than allowed.
pub fn table(path: &Path) -> Result<Table, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    let reader = SerializedFileReader::new(file).map_err(|e| e.to_string())?;
    let about = reader.metadata().file_metadata();
    let names: Vec<String> = about.schema().get_fields().iter().map(|f| f.name().to_owned()).collect();
    let cells = u64::try_from(about.num_rows()).unwrap_or(0).saturating_mul(names.len() as u64);
    if cells > CELLS_MAX {
        return Err(format!("{cells} cells, of which at most {CELLS_MAX} are read"));
    }
    let mut columns = vec![Vec::new(); names.len()];
    for row in reader.get_row_iter(None).map_err(|e| e.to_string())? {
        let row = row.map_err(|e| e.to_string())?;
        columns.iter_mut().zip(row.get_column_iter()).for_each(|(column, (_, cell))| column.push(word(cell)));
    }
    Ok(Table { names, columns })
}

fn word(cell: &Field) -> String {
    match cell {
        Field::Null => String::new(),
        Field::Float(x) => x.to_string(),
        Field::Double(x) => x.to_string(),
        Field::Str(word) => word.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::column::writer::ColumnWriter;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use std::sync::Arc;

    #[test]
    fn columns_are_read_with_their_gaps() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.parquet");
        let schema = parse_message_type("message m { OPTIONAL FLOAT x; OPTIONAL INT64 n; }").expect("a schema");
        let file = File::create(&path).expect("a file");
        let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(WriterProperties::new())).expect("a writer");
        let mut group = writer.next_row_group().expect("a group");
        while let Some(mut column) = group.next_column().expect("a column") {
            let written = match column.untyped() {
                ColumnWriter::FloatColumnWriter(w) => w.write_batch(&[-0.25, 1e-7], Some(&[1, 0, 1]), None),
                ColumnWriter::Int64ColumnWriter(w) => w.write_batch(&[1, 2, 3], Some(&[1, 1, 1]), None),
                _ => Ok(0),
            };
            assert!(written.expect("values") > 0);
            column.close().expect("a column");
        }
        group.close().expect("a group");
        writer.close().expect("a file");
        let table = table(&path).expect("a table");
        assert_eq!(table.names, ["x", "n"]);
        assert_eq!(table.words("x").expect("a column"), ["-0.25", "", "0.0000001"]);
        assert_eq!(table.words("n").expect("a column"), ["1", "2", "3"]);
    }

    #[test]
    fn what_is_no_parquet_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.parquet");
        std::fs::write(&path, "PAR1 but not for long").expect("a file");
        assert!(table(&path).is_err());
    }
}
