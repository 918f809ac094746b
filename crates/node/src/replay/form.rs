//! The written form of a map: which files hold recorded data and what their columns mean.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What recorded data mean. A map either names a `unit.toml` or holds its tables itself.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapForm {
    /// The `unit.toml` that is driven, relative to this file. Absent: the tables of a unit.toml stand in this file.
    pub unit: Option<String>,
    /// Machines that the data name and the unit does not are added to it. Absent: they are refused.
    pub derive: Option<DeriveForm>,
    /// Files that are read; at least one.
    #[serde(default)]
    pub file: Vec<FileForm>,
}

/// How machines that only the data name are added to the unit.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeriveForm {
    /// Their `[[machine_type]]`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Their line. Absent: none.
    pub line: Option<String>,
}

/// One file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileForm {
    /// CSV, CSV.gz, Excel (.xlsx) or Parquet, by its ending; relative to `--data`, else to this file. Rows need not be in the order of time
    /// as long as what belongs earlier lies within a million values; what lies further back comes late.
    pub path: String,
    /// The source it stands for, of protocol `file`. Absent: the only such source.
    pub source: Option<String>,
    /// The sign between the values of a CSV, `\t` for a tabulator. Absent: `,`.
    pub delimiter: Option<String>,
    /// How the letters of a CSV are written. Absent: `utf-8`.
    #[schemars(extend("enum" = ["utf-8", "latin-1", "gbk"]))]
    pub encoding: Option<String>,
    /// When a row was true.
    pub time: TimeForm,
    /// Whose row it is.
    pub machine: OwnerForm,
    /// For files of one value a row: which columns hold the name and the value. Absent: one column a channel.
    pub long: Option<LongForm>,
    /// Rows that count: for a column the values of which one must be there. Absent: all rows.
    #[serde(default)]
    pub only: BTreeMap<String, Vec<String>>,
    /// What the columns mean; at least one.
    #[serde(default)]
    pub channel: Vec<ColumnForm>,
}

/// When a row was true.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeForm {
    /// The column, or columns that are joined by a space.
    pub columns: Vec<String>,
    /// `rfc3339` (also with a space, also without an offset), `unix_s`, `unix_ms`, `unix_us`, `excel` (days), or a pattern such as
    /// `%d.%m.%Y %H:%M`. Absent: `rfc3339`.
    pub format: Option<String>,
    /// IANA zone of times without an offset. Absent: the site's.
    pub zone: Option<String>,
    /// The first time taken, such as `2026-03-02T00:00:00Z`; earlier rows are refused. Absent: any.
    pub from: Option<String>,
    /// The last time taken; later rows are refused. Absent: any.
    pub to: Option<String>,
}

/// Whose row it is: the same machine for all rows, or the machine that a column names.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnerForm {
    /// The machine of all rows.
    pub name: Option<String>,
    /// The column that names the machine.
    pub column: Option<String>,
    /// What the column's values are called in the unit, such as `mill-{value}`. Absent: as they stand.
    pub pattern: Option<String>,
    /// What single values are called in the unit; before the pattern.
    #[serde(default)]
    pub words: BTreeMap<String, String>,
}

/// Columns of a file with one value a row.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LongForm {
    /// The column that names the value; matched by `column` of each `[[file.channel]]`.
    pub name: String,
    /// The column that holds the value.
    pub value: String,
}

/// What a column means.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnForm {
    /// Name of the column; in long files the name of the value. Absent: `value` stands for every row.
    pub column: Option<String>,
    /// The same value for every row, where no column is named.
    pub value: Option<String>,
    /// Name of the channel of the row's machine.
    pub channel: String,
    /// UCUM unit in the file; converted to that of the channel. Absent: the channel's.
    pub unit: Option<String>,
    /// Factor on the number, before the unit is converted. Absent: 1.
    pub scale: Option<f64>,
    /// Whether the number is what was added since the row before; then it is summed up to a counter, from
    /// zero just before the first. Absent: false.
    #[serde(default)]
    pub add: bool,
    /// What values of the file are called in the unit, such as `{ 2 = "producing" }`; then others are refused.
    #[serde(default)]
    pub words: BTreeMap<String, String>,
    /// Values that say nothing and are passed over. Absent: the empty one.
    pub skip: Option<Vec<String>>,
    /// How long the value holds; at one instant it outdoes a value that does not say. Absent: until the next one.
    pub holds: Option<HoldForm>,
}

/// How long a value holds.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldForm {
    /// For this long, such as `1 h`.
    pub span: Option<String>,
    /// The column that says how long.
    pub column: Option<String>,
    /// UCUM unit of the column. Absent: `s`.
    pub unit: Option<String>,
    /// Whether the row's time is the end of the span rather than its start. Absent: false.
    #[serde(default)]
    pub until_row: bool,
    /// The value afterwards, once no other span of the channel is running.
    pub then: String,
}
