//! The folder of a set as tables of text.
//!
//! Enters: a folder with `csv`, `psv`, `txt` and `json` files, plain or gzipped, and `parquet` files. Leaves: [`Folder`]. Absent: what
//! columns mean; other files (read-me files) are left out.

use super::columns;
use crate::cli::Failure;
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::path::Path;
use unit::trial::{Folder, Table};

/// Largest file once unpacked [B].
const BYTES_MAX: u64 = 1 << 28;
/// Endings of tables.
const ENDINGS: [&str; 5] = ["csv", "psv", "txt", "json", "parquet"];

/// Reads all tables below a folder.
///
/// # Errors
/// A file cannot be read, is longer than allowed, or is no table.
pub fn read(root: &Path) -> Result<Folder, Failure> {
    let mut folder = Folder::default();
    visit(root, root, &mut folder)?;
    Ok(folder)
}

fn visit(root: &Path, dir: &Path, folder: &mut Folder) -> Result<(), Failure> {
    let told = |path: &Path, e: std::io::Error| Failure::new(format!("{}: {e}", path.display()));
    for entry in fs::read_dir(dir).map_err(|e| told(dir, e))? {
        let path = entry.map_err(|e| told(dir, e))?.path();
        if path.is_dir() {
            visit(root, &path, folder)?;
            continue;
        }
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let plain = name.strip_suffix(".gz").unwrap_or(&name);
        let Some((key, ending)) = plain.rsplit_once('.').filter(|(_, e)| ENDINGS.contains(e)) else { continue };
        let text = || unpacked(&path, plain.len() != name.len());
        let table = match ending {
            "json" => spans(&text()?),
            "parquet" => columns::table(&path),
            "txt" => Ok(lines(&text()?)),
            _ => separated(&text()?),
        };
        folder.tables.insert(key.to_owned(), table.map_err(|e| Failure::new(format!("{}: {e}", path.display())))?);
    }
    Ok(())
}

fn unpacked(path: &Path, gzipped: bool) -> Result<String, Failure> {
    let told = |e: std::io::Error| Failure::new(format!("{}: {e}", path.display()));
    let file = fs::File::open(path).map_err(told)?;
    let source: Box<dyn Read> = if gzipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut text = String::new();
    let read = source.take(BYTES_MAX + 1).read_to_string(&mut text).map_err(told)?;
    if read as u64 > BYTES_MAX {
        return Err(Failure::new(format!("{}: longer than {BYTES_MAX} bytes unpacked, the most that is read", path.display())));
    }
    Ok(text)
}

/// One number a line.
fn lines(text: &str) -> Table {
    let cells = text.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect();
    Table { names: vec!["value".to_owned()], columns: vec![cells] }
}

/// A head line, then rows; the separator is the one of `;`, `|`, `,` that the head has.
fn separated(text: &str) -> Result<Table, String> {
    let head = text.lines().next().unwrap_or_default();
    let separator = [b';', b'|', b','].into_iter().find(|s| head.as_bytes().contains(s)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().map_err(|e| e.to_string())?.iter().map(str::to_owned).collect();
    let mut columns = vec![Vec::new(); names.len()];
    for record in reader.records() {
        let record = record.map_err(|e| e.to_string())?;
        columns.iter_mut().zip(record.iter()).for_each(|(column, cell)| column.push(cell.to_owned()));
    }
    Ok(Table { names, columns })
}

/// `{"file": [["from", "to"], ...], ...}` or `{"file": ["at", ...], ...}` as a table of `file`, `from`, `to`; other JSON as an empty one.
fn spans(text: &str) -> Result<Table, String> {
    let value: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let mut columns = vec![Vec::new(); 3];
    for (file, entries) in value.as_object().into_iter().flatten() {
        for entry in entries.as_array().into_iter().flatten() {
            let (from, to) = match entry {
                Value::Array(pair) => (pair.first(), pair.get(1)),
                one => (Some(one), Some(one)),
            };
            let word = |v: Option<&Value>| v.and_then(Value::as_str).unwrap_or_default().to_owned();
            columns.iter_mut().zip([file.clone(), word(from), word(to)]).for_each(|(column, cell)| column.push(cell));
        }
    }
    Ok(Table { names: ["file", "from", "to"].map(str::to_owned).to_vec(), columns })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_folder_of_all_kinds_is_read() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir(dir.path().join("a")).expect("a folder");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"t;x\n1;2.5\n2;-1\n").expect("memory");
        fs::write(dir.path().join("a/1.csv.gz"), packed.finish().expect("memory")).expect("a file");
        fs::write(dir.path().join("rul.txt"), "112\n98 \n").expect("a file");
        fs::write(dir.path().join("w.json"), r#"{"f": [["1", "2"]], "g": ["3"], "h": []}"#).expect("a file");
        fs::write(dir.path().join("README.md"), "left out").expect("a file");
        let folder = read(dir.path()).expect("a folder of tables");
        assert_eq!(folder.tables.len(), 3);
        assert_eq!(folder.table("a/1").and_then(|t| t.numbers("x")), Ok(vec![2.5, -1.0]));
        assert_eq!(folder.table("rul").and_then(|t| t.numbers("value")), Ok(vec![112.0, 98.0]));
        let spans = folder.table("w").expect("windows");
        assert_eq!((spans.columns[0].join(" "), spans.columns[2].join(" ")), ("f g".to_owned(), "2 3".to_owned()));
    }

    #[test]
    fn a_ragged_table_is_refused_with_its_line() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("x.csv"), "a,b\n1,2\n3\n").expect("a file");
        let refused = read(dir.path()).expect_err("a ragged table").to_string();
        assert!(refused.contains("x.csv") && refused.contains("line: 3"), "{refused}");
    }
}
