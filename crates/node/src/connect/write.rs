//! Writes what a person said yes to into a `unit.toml`, comments and order kept. Enters: the file's text, a source, a layout.
//! Leaves: the new text, checked as `socium check` does; on disk at once or not at all, with the old file beside it. Absent:
//! what to propose.

use super::draft::{Secret, Source};
use crate::config::{self, Config, Faults};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use survey::pattern::escaped;
use survey::{Channel, DOUBTFUL, Layout};
use thiserror::Error;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

/// Why a file was not written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The file as it is cannot be read.
    #[error("{0}")]
    Text(String),
    /// The new text would not be a good configuration; nothing was written.
    #[error("nothing was written, because the result would have these faults:\n{0}")]
    Faults(Faults),
    /// The disk.
    #[error("{place}: {error}")]
    Disk {
        /// The file.
        place: String,
        /// What happened.
        error: std::io::Error,
    },
}

/// The text with the source, types, machines and channels in it. A source that is there already stays as it is.
///
/// # Errors
/// The text is no TOML, or a table is written in a way that cannot be added to.
pub fn with(text: &str, source: &Source, is_known: bool, layout: &Layout) -> Result<String, WriteError> {
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| WriteError::Text(e.to_string()))?;
    if !is_known {
        let mut table = source_table(source)?;
        let told = if source.address.is_empty() { "\n".to_owned() } else { format!("\n# Found at {}\n", source.address) };
        table.decor_mut().set_prefix(told);
        tables(document.as_table_mut(), "source")?.push(table);
    }
    for kind in &layout.kinds {
        let all = tables(document.as_table_mut(), "machine_type")?;
        let table = match named(all, &kind.name).filter(|_| kind.is_known) {
            Some(table) => table,
            None => {
                let mut table = Table::new();
                table.decor_mut().set_prefix("\n");
                table["name"] = text_item(&kind.name);
                table["source"] = text_item(&source.name);
                if let Some(address) = &kind.address {
                    table["address"] = text_item(address);
                }
                all.push(table);
                named(all, &kind.name).ok_or_else(|| WriteError::Text(format!("no [[machine_type]] `{}`", kind.name)))?
            }
        };
        for (channel, pattern) in &kind.channels {
            let own = kind.is_known.then_some(source.name.as_str());
            tables(table, "channel")?.push(channel_table(channel, own, pattern.as_deref()));
        }
    }
    for machine in &layout.machines {
        let all = tables(document.as_table_mut(), "machine")?;
        let table = match named(all, &machine.name).filter(|_| machine.is_known) {
            Some(table) => table,
            None => {
                let mut table = Table::new();
                table.decor_mut().set_prefix("\n");
                table["name"] = text_item(&machine.name);
                table["type"] = text_item(&machine.kind);
                all.push(table);
                named(all, &machine.name).ok_or_else(|| WriteError::Text(format!("no [[machine]] `{}`", machine.name)))?
            }
        };
        add_words(table, &machine.with);
        for channel in &machine.own {
            tables(table, "channel")?.push(channel_table(
                channel,
                Some(&source.name),
                Some(&escaped(&channel.address)).filter(|a| !a.is_empty()).map(String::as_str),
            ));
        }
    }
    Ok(document.to_string())
}

fn text_item(text: &str) -> Item {
    toml_edit::value(text)
}

fn source_table(source: &Source) -> Result<Table, WriteError> {
    let settings: DocumentMut = source.settings.parse().map_err(|e: toml_edit::TomlError| WriteError::Text(e.to_string()))?;
    let mut table = Table::new();
    table["name"] = text_item(&source.name);
    table["protocol"] = text_item(&source.protocol);
    if !source.address.is_empty() {
        table["address"] = text_item(&source.address);
    }
    for (key, value) in [("user", &source.user), ("password_file", &source.password_file)] {
        if let Some(value) = value {
            table[key] = text_item(value);
        }
    }
    for (key, item) in settings.as_table() {
        table[key] = item.clone();
    }
    Ok(table)
}

/// The repeated table of a name, made where it is not there.
fn tables<'t>(parent: &'t mut Table, key: &str) -> Result<&'t mut ArrayOfTables, WriteError> {
    let item = parent.entry(key).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if let Item::Value(Value::Array(list)) = item {
        let made = list.iter().filter_map(|v| v.as_inline_table().cloned().map(InlineTable::into_table)).collect::<Vec<_>>();
        if made.len() == list.len() {
            let mut all = ArrayOfTables::new();
            made.into_iter().for_each(|table| all.push(table));
            *item = Item::ArrayOfTables(all);
        }
    }
    item.as_array_of_tables_mut().ok_or_else(|| WriteError::Text(format!("`{key}` is not a repeated table [[{key}]]")))
}

fn named<'t>(all: &'t mut ArrayOfTables, name: &str) -> Option<&'t mut Table> {
    all.iter_mut().find(|t| t.get("name").and_then(Item::as_str) == Some(name))
}

fn add_words(table: &mut Table, words: &std::collections::BTreeMap<String, String>) {
    if words.is_empty() {
        return;
    }
    let item = table.entry("with").or_insert_with(|| toml_edit::value(InlineTable::new()));
    if let Some(with) = item.as_table_like_mut() {
        for (key, word) in words {
            with.insert(key, text_item(word));
        }
    }
}

fn channel_table(channel: &Channel, source: Option<&str>, address: Option<&str>) -> Table {
    let mut table = Table::new();
    if channel.confidence < DOUBTFUL {
        let reasons: Vec<String> = channel.reasons.iter().map(ToString::to_string).collect();
        table.decor_mut().set_prefix(format!("\n# doubtful: {}\n", reasons.join("; ").replace('\n', " ")));
    }
    table["name"] = text_item(&channel.name);
    if channel.role == plant::Role::Other {
        table["kind"] = text_item(channel.kind.word());
    } else {
        table["role"] = text_item(channel.role.word());
    }
    if let (false, Some(unit)) = (channel.kind.is_word(), &channel.unit) {
        table["unit"] = text_item(unit);
    }
    if let Some((low, high)) = channel.range.filter(|_| !channel.kind.is_word()) {
        table["range"] = toml_edit::value([low, high].into_iter().map(number).collect::<Array>());
    }
    if channel.role == plant::Role::State {
        let mut states = InlineTable::new();
        for (word, state) in &channel.states {
            states.insert(word, Value::from(state.word()));
        }
        table["states"] = toml_edit::value(states);
    }
    if let Some(source) = source {
        table["source"] = text_item(source);
    }
    if let Some(address) = address {
        table["address"] = text_item(address);
    }
    table
}

/// A whole number without a point, where it is exactly one.
fn number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { Value::from(number as i64) } else { Value::from(number) }
}

/// Checks a text as `socium check` does.
///
/// # Errors
/// Every fault of it.
pub fn checked(path: &Path, text: &str) -> Result<Config, WriteError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    config::parse(&path.display().to_string(), text, folder).map_err(WriteError::Faults)
}

/// Replaces a file at once: either the old or the new text stands there, whatever happens. The old one is kept beside it;
/// gives its name, `None` where there was no file.
///
/// # Errors
/// The disk.
pub fn replace(path: &Path, text: &str) -> Result<Option<PathBuf>, WriteError> {
    let on = |place: &Path, error: std::io::Error| WriteError::Disk { place: place.display().to_string(), error };
    let old = if path.exists() { Some(free_name(path)) } else { None };
    if let Some(old) = &old {
        std::fs::copy(path, old).map_err(|e| on(old, e))?;
    }
    let fresh = sibling(path, "new");
    let written = (|| {
        let mut file = std::fs::File::create(&fresh)?;
        if let Ok(meta) = std::fs::metadata(path) {
            file.set_permissions(meta.permissions())?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)?;
        // the folder's entry too must be on disk
        std::fs::File::open(path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")))?.sync_all()
    })();
    written.map_err(|e| on(path, e))?;
    Ok(old)
}

/// Writes a password into a file that only its owner can read; one that is there is not touched.
///
/// # Errors
/// The disk, or a file of that name.
pub fn keep_secret(path: &Path, secret: &Secret) -> Result<(), WriteError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = made.and_then(|mut file| {
        writeln!(file, "{}", secret.0)?;
        file.sync_all()
    });
    written.map_err(|error| WriteError::Disk { place: path.display().to_string(), error })
}

fn sibling(path: &Path, ending: &str) -> PathBuf {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!("{name}.{ending}"))
}

/// `unit.toml.before-1`, or the first number that is free.
fn free_name(path: &Path) -> PathBuf {
    (1..).map(|n| sibling(path, &format!("before-{n}"))).find(|p| !p.exists()).unwrap_or_else(|| sibling(path, "before"))
}
