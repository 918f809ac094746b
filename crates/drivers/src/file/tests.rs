//! Files as rows, rows as readings, and the task over real files: what is written is read once, in order, across restarts.

use super::config::{Address, Config, Long};
use super::folder::{fits, scan};
use super::position::{Position, Stamp};
use super::table::{BadRow, Encoding, Row, Style, Table};
use super::time::TimeFormat;
use super::wire::{Decoder, Message, Plan};
use crate::{Arrival, Running};
use collect::{Delivery, Place, RawValue, Source};
use jiff::tz::TimeZone;
use measure::Instant;
use plant::{ChannelId, RefusalReason, SourceId};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

mod task;

/// A source whose channels 0, 1, … have these addresses; those after `|` take words.
fn config(path: &Path, addresses: &str) -> Config {
    let mut config = Config::at(&path.display().to_string()).expect("a path");
    (config.poll, config.settle) = (Duration::from_millis(10), Duration::from_millis(40));
    let (numbers, words) = addresses.split_once('|').unwrap_or((addresses, ""));
    let count = numbers.split_whitespace().count();
    for (i, text) in numbers.split_whitespace().chain(words.split_whitespace()).enumerate() {
        let channel = ChannelId(i as u32);
        config.channels.push((channel, text.parse().unwrap_or_else(|e| panic!("{e}"))));
        if i >= count {
            config.words.insert(channel);
        }
    }
    config
}

/// What a file brings, a line a reading or refusal.
fn told(config: &Config, path: &Path) -> String {
    let mut table = match Table::open(path, &config.style) {
        Ok(table) => table,
        Err(error) => return format!("unreadable: {error}\n"),
    };
    let plan = match Plan::of(config, &table.columns) {
        Ok(plan) => Arc::new(plan),
        Err(error) => return format!("unreadable: {error}\n"),
    };
    let rows = std::iter::from_fn(|| table.next_row()).collect();
    let file = Arc::from(path.file_name().expect("a name").to_string_lossy().as_ref());
    let mut decoder = Decoder::new(SourceId(0), Arc::new(config.clone()));
    lines(&decoder.decode(Message::Rows { file, plan, rows }, Instant::from_seconds(9)))
}

fn lines(delivery: &Delivery) -> String {
    let mut text = String::new();
    for reading in &delivery.readings {
        let place = match &reading.place {
            Place::Channel(channel) => channel.0.to_string(),
            Place::Unknown(place) => format!("unknown {place}"),
        };
        let value = match &reading.value {
            RawValue::Number(number) => number.to_string(),
            RawValue::Flag(flag) => flag.to_string(),
            RawValue::Text(text) => format!("`{text}`"),
        };
        let _ = writeln!(text, "{} {place} = {value}", reading.at.expect("a time"));
    }
    for refused in &delivery.refused {
        let word = refused.reason.word();
        let _ = writeln!(text, "refused ({word}) {}: found {}; allowed is {}", refused.place, refused.found, refused.allowed);
    }
    text
}

fn file(name: &str, bytes: impl AsRef<[u8]>) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("written");
    (folder, path)
}

fn berlin(formats: &[&str]) -> Vec<TimeFormat> {
    let zone = TimeZone::fixed(jiff::tz::offset(1));
    formats.iter().map(|f| TimeFormat::of(f, zone.clone()).expect("a format")).collect()
}

#[test]
fn a_wide_table_brings_its_columns() {
    let (_folder, path) = file("a.csv", "time,kw,state,note\n2026-03-02T06:00:00Z,2.5,RUN,x\n2026-03-02 06:01:00Z,,WAIT,y\n");
    let config = config(&path, "kw | state");
    assert_eq!(
        told(&config, &path),
        "2026-03-02T06:00:00Z 0 = 2.5\n2026-03-02T06:00:00Z 1 = `RUN`\n2026-03-02T06:01:00Z 1 = `WAIT`\n"
    );
}

#[test]
fn a_spreadsheet_of_another_country_brings_the_same() {
    let text = "\u{feff}Datum;Uhrzeit;Leistung;Zählung\n02.03.2026;07:00;1.234,5;7\n02.03.2026;07:01:30;-3,25;8\n";
    for (encoding, bytes) in [
        (Encoding::Utf8, text.as_bytes().to_vec()),
        (Encoding::Latin1, text.trim_start_matches('\u{feff}').chars().map(|c| c as u8).collect()),
    ] {
        let (_folder, path) = file("a.csv", bytes);
        let mut config = config(&path, "Leistung Zählung");
        config.times = vec!["Datum".to_owned(), "Uhrzeit".to_owned()];
        config.formats = berlin(&["%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"]);
        config.decimal_comma = true;
        config.style.encoding = encoding;
        let wanted = "2026-03-02T06:00:00Z 0 = 1234.5\n2026-03-02T06:00:00Z 1 = 7\n\
                      2026-03-02T06:01:30Z 0 = -3.25\n2026-03-02T06:01:30Z 1 = 8\n";
        assert_eq!(told(&config, &path), wanted, "{encoding:?}");
    }
}

#[test]
fn chinese_letters_are_read_in_gbk() {
    // the machine reports a state; the header and the words are GBK, in which second bytes may look like ASCII letters
    let bytes = encoding_rs::GBK.encode("time\t温度\t状态\n2026-03-02T06:00:00Z\t21.5\t运行\n").0.into_owned();
    let (_folder, path) = file("a.csv", bytes);
    let mut config = config(&path, "温度 | 状态");
    assert!(told(&config, &path).starts_with("unreadable: a header that is no text in utf-8"), "{}", told(&config, &path));
    config.style.encoding = Encoding::Gbk;
    assert_eq!(told(&config, &path), "2026-03-02T06:00:00Z 0 = 21.5\n2026-03-02T06:00:00Z 1 = `运行`\n");
}

#[test]
fn a_workbook_brings_dates_words_and_numbers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/file/fixtures/shift.xlsx");
    let mut config = config(&path, "压机-1/良品 压机-2/良品 压机-1/温度 压机-2/温度 压机-1/运行 | 压机-1/产品 压机-2/产品");
    config.times = vec!["时间".to_owned()];
    config.machine = Some("机器".to_owned());
    config.formats = berlin(&["rfc3339"]);
    config.style.above = 2;
    assert_eq!(
        told(&config, &path),
        "2026-03-02T05:00:00Z 0 = 0\n2026-03-02T05:00:00Z 2 = 21.5\n2026-03-02T05:00:00Z 4 = true\n\
         2026-03-02T05:00:00Z 5 = `法兰`\n\
         2026-03-02T05:01:00.250000Z 1 = 0\n2026-03-02T05:01:00.250000Z 3 = 20.25\n2026-03-02T05:01:00.250000Z 6 = `法兰`\n\
         2026-03-02T05:02:00.500000Z 0 = 17\n2026-03-02T05:02:00.500000Z 4 = true\n2026-03-02T05:02:00.500000Z 5 = `法兰`\n\
         2026-03-02T05:03:00.750000Z 1 = 3\n2026-03-02T05:03:00.750000Z 6 = `齿轮`\n\
         refused (wrong_type) shift.xlsx:7 温度: found `坏`; allowed is a number such as 1234.5\n\
         refused (malformed) shift.xlsx:9 时间: found `合计`; allowed is a time such as 2026-03-02T06:00:00Z or 2026-03-02 06:00:00\n"
    );
    config.style.sheet = Some("产品".to_owned());
    assert_eq!(told(&config, &path), "unreadable: no sheet `产品`; its sheets are `产量`, `说明`\n");
}

#[test]
fn a_workbook_that_is_none_old_or_damaged_is_refused() {
    let (_folder, path) = file("a.xlsx", "PK no");
    assert_eq!(
        told(&config(&path, "kw"), &path),
        "unreadable: no Excel workbook (.xlsx): it does not end as a ZIP archive does\n"
    );
    let old = [&[0xD0, 0xCF, 0x11, 0xE0][..], &[0; 600]].concat();
    let (_folder, path) = file("a.xlsx", old);
    let wanted = "unreadable: an old workbook (.xls) or one with a password; save it as .xlsx without one\n";
    assert_eq!(told(&config(&path, "kw"), &path), wanted);
    let recorded = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/file/fixtures/shift.xlsx")).expect("the recording");
    for at in (0..recorded.len()).step_by(37) {
        let mut bytes = recorded.clone();
        bytes[at] ^= 0x55;
        let (_folder, path) = file("a.xlsx", &bytes);
        // what is changed may be a part that nobody reads; it must not end the process
        let _ = told(&config(&path, "kw"), &path);
        let (_folder, path) = file("a.xlsx", &recorded[..at]);
        assert!(told(&config(&path, "kw"), &path).starts_with("unreadable: "), "cut at {at}");
    }
}

#[test]
fn a_long_table_brings_named_values() {
    let (_folder, path) =
        file("a.csv", "time,machine,tag,v\n1772431200,press-1,kw,2\n1772431201,press-1,heat,3\n1772431202,press-1,kw,-\n");
    let mut config = config(&path, "press-1/kw");
    config.machine = Some("machine".to_owned());
    config.long = Some(Long { name: "tag".to_owned(), value: "v".to_owned() });
    config.formats = berlin(&["unix_s"]);
    config.skip = vec!["-".to_owned()];
    assert_eq!(told(&config, &path), "2026-03-02T06:00:00Z 0 = 2\n2026-03-02T06:00:01Z unknown a.csv:3 press-1/heat = `3`\n");
}

#[test]
fn bad_rows_are_refused_with_their_place_and_the_rest_goes_on() {
    let rows = "time,kw\n2026-03-02T06:00:00Z,1\nyesterday,1\n2026-03-02T06:01:00Z\n2026-03-02T06:02:00Z,high\n2026-03-02T06:03:00Z,NaN\n\
                2026-03-02T06:04:00Z,\"1,5\"\n2026-03-02T06:05:00Z,2\n";
    let (_folder, path) = file("a.csv", rows);
    assert_eq!(
        told(&config(&path, "kw"), &path),
        "2026-03-02T06:00:00Z 0 = 1\n2026-03-02T06:05:00Z 0 = 2\n\
         refused (malformed) a.csv:3 time: found `yesterday`; allowed is a time such as 2026-03-02T06:00:00Z or 2026-03-02 06:00:00\n\
         refused (malformed) a.csv:4: found 1 values; allowed is 2 values, one a column\n\
         refused (wrong_type) a.csv:5 kw: found `high`; allowed is a number such as 1234.5\n\
         refused (not_finite) a.csv:6 kw: found `NaN`; allowed is a finite number\n\
         refused (wrong_type) a.csv:7 kw: found `1,5`; allowed is a number such as 1234.5\n"
    );
}

#[test]
fn a_table_that_does_not_fit_is_told() {
    let table = [
        ("", "unreadable: no header with the names of the columns\n"),
        ("when,kw\n", "unreadable: no column `time`\n"),
        ("time,kW\n", "unreadable: no column of any channel, such as `kw`\n"),
        ("\u{fffe}", "unreadable: no column `time`\n"),
    ];
    for (text, wanted) in table {
        let (_folder, path) = file("a.csv", text);
        assert_eq!(told(&config(&path, "kw"), &path), wanted, "{text:?}");
    }
    let (_folder, path) = file("a.csv", b"\xff\xfet\0i\0m\0e\0");
    assert_eq!(told(&config(&path, "kw"), &path), "unreadable: UTF-16; save it as UTF-8 (in Excel: `CSV UTF-8`)\n");
    let (_folder, path) = file("a.csv", format!("time,kw\n2026-03-02T06:00:00Z,{}\n", "9".repeat(40_000)));
    let told = told(&config(&path, "kw"), &path);
    assert_eq!(told, "refused (malformed) a.csv:2: found 40000 bytes in column `kw`; allowed is at most 32767 bytes a value\n");
}

#[test]
fn a_file_without_a_header_is_read_by_given_names() {
    let (_folder, path) = file("a.tsv", "made by plc 7\n2026-03-02T06:00:00Z\t4\n");
    let mut config = config(&path, "kw");
    config.style = Style { above: 1, names: Some(vec!["time".to_owned(), "kw".to_owned()]), ..Style::default() };
    assert_eq!(told(&config, &path), "2026-03-02T06:00:00Z 0 = 4\n");
}

#[test]
fn addresses_and_places_are_read_strictly() {
    assert_eq!("press-1/m/s".parse::<Address>().map(|a| a.to_string()).as_deref(), Ok("press-1/m/s"));
    let error = " ".parse::<Address>().expect_err("empty").to_string();
    assert!(error.starts_with("` ` is no column of a file: it is empty; allowed is a column such as temperature"), "{error}");
    assert!(Config::at("").is_err() && "x".repeat(513).parse::<Address>().is_err());
    let stamp = Stamp { dev: 1, inode: u64::MAX, size: 3, changed: -4 };
    let position = Position { stamp, offset: 5, lines: 6, sum: 7, done: true };
    assert_eq!(position.to_string().parse(), Ok(position));
    for bad in ["", "1", "2 1 2 3 4 5 6 7 1", "1 1 2 3 4 5 6 7 2", "1 1 2 3 4 5 6 7 1 9", "1 -1 2 3 4 5 6 7 1"] {
        assert!(bad.parse::<Position>().is_err(), "{bad}");
    }
}

#[test]
fn patterns_choose_files() {
    for (pattern, name, wanted) in [
        ("press-*.csv", "press-1.csv", true),
        ("press-*.csv", "press-.csv", true),
        ("press-?.csv", "press-12.csv", false),
        ("*", "", true),
        ("*a*b", "xxaxxbxb", true),
        ("*a*b", "xxaxxbx", false),
        ("", "a", false),
    ] {
        assert_eq!(fits(pattern.as_bytes(), name.as_bytes()), wanted, "{pattern} {name}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["b.csv", "a.XLSX", ".hidden.csv", "~$a.xlsx", "c.pdf", "d.csv.gz"] {
        fs::write(folder.path().join(name), "x").expect("written");
    }
    fs::create_dir(folder.path().join("e.csv")).expect("a folder");
    let names = |pattern| scan(folder.path(), pattern).expect("files").into_iter().map(|f| f.name).collect::<Vec<_>>();
    assert_eq!(names(None), ["a.XLSX", "b.csv", "d.csv.gz"]);
    assert_eq!(names(Some("*.pdf")), ["c.pdf"]);
    assert!(scan(&folder.path().join("none"), None).is_err());
}

fn rows_message(columns: &[&str], rows: Vec<Result<Row, BadRow>>, config: &Config) -> Message {
    let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
    let plan = Arc::new(Plan::of(config, &columns).expect("a plan"));
    Message::Rows { file: Arc::from("a.csv"), plan, rows }
}

fn row(line: u64, cells: &[&str]) -> Result<Row, BadRow> {
    Ok(Row { line, cells: cells.iter().map(|c| (*c).to_owned()).collect() })
}

#[test]
fn the_decoder_conforms() {
    let config = config(Path::new("/data"), "kw heat | state");
    let bad = BadRow { line: 9, found: "x".to_owned(), allowed: "y".to_owned(), ends: false };
    let columns = ["time", "kw", "heat", "state"];
    let at = "2026-03-02T06:00:00Z";
    let messages = || {
        vec![
            (rows_message(&columns, vec![row(2, &[at, "1", "2", "RUN"])], &config), 3),
            (rows_message(&columns, vec![row(3, &[at, "x", "inf", ""]), Err(bad.clone())], &config), 3),
            (rows_message(&columns, vec![row(4, &["never", "1", "2", "RUN"]), row(5, &[at])], &config), 2),
            (rows_message(&columns, vec![row(6, &[at, "", "", ""])], &config), 0),
            (
                Message::Unreadable {
                    file: Arc::from("b.csv"),
                    found: "nothing".to_owned(),
                    allowed: "a table".to_owned(),
                    reason: RefusalReason::Malformed,
                },
                1,
            ),
        ]
    };
    let fresh = || Decoder::new(SourceId(1), Arc::new(config.clone()));
    let deliveries = collect::suite::check(fresh, messages).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(deliveries.iter().map(|d| d.refused.len()).sum::<usize>(), 6);
}

proptest! {
    #[test]
    fn any_cells_give_at_most_one_entry_each_and_never_panic(
        cells in prop::collection::vec(prop::collection::vec(".{0,20}|[0-9.,:TZ-]{0,24}", 0..6), 0..20),
        comma in any::<bool>(),
    ) {
        let mut config = config(Path::new("/data"), "kw heat | state");
        config.decimal_comma = comma;
        let rows = cells.iter().enumerate().map(|(i, cells)| Ok(Row { line: i as u64, cells: cells.clone() })).collect();
        let message = rows_message(&["time", "kw", "heat", "state"], rows, &config);
        let delivery = Decoder::new(SourceId(0), Arc::new(config)).decode(message, Instant::EPOCH);
        prop_assert!(delivery.readings.len() + delivery.refused.len() <= 3 * cells.len());
    }

    #[test]
    fn any_bytes_are_a_table_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300), name in "a\\.(csv|csv\\.gz|xlsx|parquet)") {
        let (_folder, path) = file(&name, &bytes);
        let _ = told(&config(&path, "kw"), &path);
    }

    #[test]
    fn numbers_with_a_comma_are_read_as_written(whole in 0_u64..10_000_000_000, cents in 0_u32..100, minus in any::<bool>()) {
        let digits = whole.to_string();
        let mut grouped = String::new();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                grouped.push('.');
            }
            grouped.push(digit);
        }
        let sign = if minus { "-" } else { "" };
        let wanted: f64 = format!("{sign}{whole}.{cents:02}").parse().expect("a number");
        for text in [format!("{sign}{grouped},{cents:02}"), format!("{sign}{whole},{cents:02}")] {
            let (_folder, path) = file("a.csv", format!("time;kw\n2026-03-02T06:00:00Z;{text}\n"));
            let mut config = config(&path, "kw");
            config.decimal_comma = true;
            prop_assert_eq!(told(&config, &path), format!("2026-03-02T06:00:00Z 0 = {wanted}\n"), "{}", text);
        }
    }
}
