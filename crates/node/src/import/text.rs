//! Lines into the text of a unit.toml, comments and order kept. Absent: the disk.

use super::rows::Line;
use crate::config::text::write_span;
use crate::connect::write::WriteError;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

/// The text with orders, or with products and their routes.
///
/// # Errors
/// The text is no TOML, or `product` or `order` is written in a way that cannot be added to.
pub fn with(text: &str, lines: &[Line]) -> Result<String, WriteError> {
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| WriteError::Text(e.to_string()))?;
    for line in lines {
        match line {
            Line::Order { name, product, quantity, release, due } => {
                let mut table = Table::new();
                table["name"] = value(name);
                table["product"] = value(product);
                table["quantity"] = value(i64::from(*quantity));
                table["release"] = value(release.to_string());
                table["due"] = value(due.to_string());
                tables(document.as_table_mut(), "order")?.push(table);
            }
            Line::Operation { product, name, machines, cycle, set_up, family, .. } => {
                let mut table = Table::new();
                table["name"] = value(name);
                table["machines"] = value(machines.iter().map(String::as_str).collect::<Array>());
                table["cycle"] = value(write_span(*cycle));
                if let Some(set_up) = set_up {
                    table["set_up"] = value(write_span(*set_up));
                }
                if let Some(family) = family {
                    table["family"] = value(family);
                }
                tables(product_of(&mut document, product)?, "operation")?.push(table);
            }
        }
    }
    Ok(document.to_string())
}

/// The table of a product, made where it is not there.
fn product_of<'t>(document: &'t mut DocumentMut, name: &str) -> Result<&'t mut Table, WriteError> {
    let all = tables(document.as_table_mut(), "product")?;
    let is_it = |table: &Table| table.get("name").and_then(Item::as_str) == Some(name);
    let found = all.iter().position(is_it);
    if found.is_none() {
        let mut table = Table::new();
        table["name"] = value(name);
        all.push(table);
    }
    let place = found.unwrap_or(all.len() - 1);
    all.get_mut(place).ok_or_else(|| WriteError::Text(format!("no [[product]] `{name}`")))
}

fn tables<'t>(parent: &'t mut Table, key: &str) -> Result<&'t mut ArrayOfTables, WriteError> {
    let item = parent.entry(key).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    item.as_array_of_tables_mut().ok_or_else(|| WriteError::Text(format!("`{key}` is not written as [[{key}]]")))
}
