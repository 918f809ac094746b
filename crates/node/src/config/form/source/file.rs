//! The written form of the settings of a file source; their meaning is in [`crate::config::protocol`].

use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of a file or a watched folder. All files of one source hold one kind of table.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileForm {
    /// Which files of the folder are read, such as `press-*.csv`; `*` stands for any letters, `?` for one. Absent: all that end in
    /// .csv, .tsv, .txt, .csv.gz, .xlsx, .xlsm or .parquet. Files are read in the order of their names.
    pub files: Option<String>,
    /// How often the folder is looked at. Absent: `2 s`.
    pub poll_every: Option<String>,
    /// How long a packed file, a workbook or a Parquet file must be unchanged before it is read. CSV files are followed line by
    /// line as they grow; a last line without a line break is taken after twelve times as long. Absent: `5 s`.
    pub settle: Option<String>,
    /// Largest file read; a larger one is refused [MiB]. Absent: 16384.
    #[schemars(extend("minimum" = 1, "maximum" = 1_048_576))]
    pub file_mib_max: Option<u32>,
    /// When a row was true. Absent: the column `time`, as RFC 3339, in the site's zone.
    pub time: Option<FileTimeForm>,
    /// The column that names the machine; addresses are `machine/column` then. Absent: a row holds values of the same channels
    /// throughout, and addresses are columns.
    pub machine: Option<String>,
    /// For tables of one value a row: which columns hold the name and the value. Absent: one column a channel.
    pub long: Option<FileLongForm>,
    /// The sign between the values of a CSV, `\t` for a tabulator. Absent: that of `,`, `;` and tabulator which the header has
    /// most of.
    pub delimiter: Option<String>,
    /// How the letters of a CSV are written. Absent: `utf-8`.
    #[schemars(extend("enum" = ["utf-8", "latin-1", "gbk"]))]
    pub encoding: Option<String>,
    /// The sign before the fraction of a number; with `,` groups of three digits may be parted by points. Absent: `.`.
    #[schemars(extend("enum" = [".", ","]))]
    pub decimal: Option<String>,
    /// Lines above the header. Absent: 0.
    #[schemars(extend("minimum" = 0, "maximum" = 1_000))]
    pub above: Option<u32>,
    /// Names of the columns where the files have no header.
    pub columns: Option<Vec<String>>,
    /// The sheet of a workbook. Absent: the first.
    pub sheet: Option<String>,
    /// Values that say nothing, such as `-` or `n/a`, beside the empty one.
    #[serde(default)]
    pub skip: Vec<String>,
}

/// When a row was true.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileTimeForm {
    /// The column, or columns that are joined by a space.
    pub columns: Vec<String>,
    /// `rfc3339` (also with a space, also without an offset), `unix_s`, `unix_ms`, `unix_us`, `excel` (days), or a pattern such as
    /// `%d.%m.%Y %H:%M`; of several the first that fits. Absent: `rfc3339`.
    #[serde(default)]
    pub formats: Vec<String>,
    /// IANA zone of times without an offset. Absent: the site's.
    pub zone: Option<String>,
}

/// Columns of a table with one value a row.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileLongForm {
    /// The column that names the value.
    pub name: String,
    /// The column that holds the value.
    pub value: String,
}
