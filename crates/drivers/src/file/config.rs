//! What reading files needs to know. Enters: text and numbers of a configuration. Leaves: a [`Config`].

use super::table::Style;
use super::time::TimeFormat;
use crate::AddressError;
use jiff::tz::TimeZone;
use plant::ChannelId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// A file or a folder of files of one kind of table, and the channels read from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file, or the folder.
    pub path: PathBuf,
    /// Which files of a folder are read, such as `press-*.csv`; `None` is all of the known endings.
    pub files: Option<String>,
    /// How often the folder is looked at.
    pub poll: Duration,
    /// How long a packed file, a workbook or a Parquet file must be unchanged before it is read; the last line of a CSV that no
    /// line break ends is taken after [`LAST_LINE_SETTLES`] times as long.
    pub settle: Duration,
    /// Largest file read [bytes]; a larger one is refused.
    pub bytes_max: u64,
    /// How the files are written.
    pub style: Style,
    /// Columns of the time, joined by a space.
    pub times: Vec<String>,
    /// How times are written; the first that fits is taken.
    pub formats: Vec<TimeFormat>,
    /// Column that names the machine; addresses are `machine/column` then.
    pub machine: Option<String>,
    /// For tables of one value a row: which columns hold its name and the value. `None` = one column a channel.
    pub long: Option<Long>,
    /// Whether `,` parts the fraction of a number.
    pub decimal_comma: bool,
    /// Cells that say nothing, beside the empty one.
    pub skip: Vec<String>,
    /// Channels and where they are found.
    pub channels: Vec<(ChannelId, Address)>,
    /// Those of the channels that take words rather than numbers.
    pub words: BTreeSet<ChannelId>,
    /// How far each file was read in earlier runs, by [`collect::Bookmark::key`].
    pub bookmarks: BTreeMap<String, String>,
}

/// Columns of a table with one value a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Long {
    /// The column that names the value.
    pub name: String,
    /// The column that holds the value.
    pub value: String,
}

/// A column, or the name of a value in a table of one value a row; after `machine/` where a column names the machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(pub String);

/// The last line of a CSV that no line break ends is taken when the file was unchanged for so many times [`Config::settle`].
pub const LAST_LINE_SETTLES: u32 = 12;
/// Endings of files that are read where no pattern is given.
pub const ENDINGS: [&str; 7] = [".csv", ".tsv", ".txt", ".csv.gz", ".xlsx", ".xlsm", ".parquet"];

const PLACE: &str = "a file or a folder such as /srv/exports or exports/press.csv";
const COLUMN: &str = "a column such as temperature; with a column for the machine, machine/column such as press-1/temperature";
/// Longest address of a channel [characters].
const ADDRESS_MAX: usize = 512;

impl Config {
    /// A file or folder by its path; everything else as usual: looked at every 2 s, settled after 5 s, up to 16 GiB, the column
    /// `time` as RFC 3339 in UTC.
    ///
    /// # Errors
    /// The text is no path.
    pub fn at(address: &str) -> Result<Self, AddressError> {
        if address.trim().is_empty() || address.contains('\0') {
            let (found, trouble) = (address.to_owned(), "it is empty".to_owned());
            return Err(AddressError { what: "file or folder", found, trouble, allowed: PLACE });
        }
        Ok(Self {
            path: PathBuf::from(address),
            files: None,
            poll: Duration::from_secs(2),
            settle: Duration::from_secs(5),
            bytes_max: 16 << 30,
            style: Style::default(),
            times: vec!["time".to_owned()],
            formats: TimeFormat::of("rfc3339", TimeZone::UTC).into_iter().collect(),
            machine: None,
            long: None,
            decimal_comma: false,
            skip: Vec::new(),
            channels: Vec::new(),
            words: BTreeSet::new(),
            bookmarks: BTreeMap::new(),
        })
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = |trouble: &str| AddressError {
            what: "column of a file",
            found: text.to_owned(),
            trouble: trouble.to_owned(),
            allowed: COLUMN,
        };
        if text.trim().is_empty() {
            return Err(error("it is empty"));
        }
        if text.chars().count() > ADDRESS_MAX {
            return Err(error("it is longer than 512 characters"));
        }
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
