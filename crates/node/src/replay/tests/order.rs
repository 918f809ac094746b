//! What files bring and in which order.

use super::{MAP, UNIT, brought, folder, open, told};
use crate::replay::Replay;
use datafusion::arrow::array::{ArrayRef, Float64Array, StringArray, TimestampMillisecondArray};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::sync::Arc;

const WIDE: &[u8] = b"time,who,state,kw\n2026-03-02 06:00:00,1,1,2.5\n2026-03-02 06:00:00,2,0,0\n2026-03-02 06:01:00,1,0.0,\n";
const WIDE_TOLD: &str = "\
2026-03-02T06:00:00Z press-1/state = `run`
2026-03-02T06:00:00Z press-1/power = 2500
2026-03-02T06:00:00Z press-2/state = `wait`
2026-03-02T06:00:00Z press-2/power = 0
2026-03-02T06:01:00Z press-1/state = `wait`
";

#[test]
fn a_wide_file_brings_its_columns() {
    assert_eq!(brought(MAP, &[("data.csv", WIDE)]), WIDE_TOLD);
}

#[test]
fn a_packed_file_brings_the_same() {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(WIDE).expect("packed");
    let packed = packer.finish().expect("packed");
    assert_eq!(brought(&MAP.replace("data.csv", "data.csv.gz"), &[("data.csv.gz", &packed)]), WIDE_TOLD);
}

#[test]
fn another_sign_between_values_brings_the_same() {
    let text = String::from_utf8_lossy(WIDE).replace(',', "\t");
    let map = MAP.replace("path = \"data.csv\"", "path = \"data.csv\"\ndelimiter = \"\\\\t\"");
    assert_eq!(brought(&map, &[("data.csv", text.as_bytes())]), WIDE_TOLD);
}

#[test]
fn a_parquet_file_brings_the_same() {
    let at = TimestampMillisecondArray::from(vec![1_772_431_200_000, 1_772_431_200_000, 1_772_431_260_000]);
    let columns: [(&str, ArrayRef); 4] = [
        ("time", Arc::new(at)),
        ("who", Arc::new(StringArray::from(vec!["1", "2", "1"]))),
        ("state", Arc::new(StringArray::from(vec!["1", "0", "0.0"]))),
        ("kw", Arc::new(Float64Array::from(vec![Some(2.5), Some(0.0), None]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    assert_eq!(brought(&MAP.replace("data.csv", "data.parquet"), &[("data.parquet", &bytes)]), WIDE_TOLD);
}

#[test]
fn a_long_file_brings_named_values() {
    let map = r#"unit = "unit.toml"
[[file]]
path = "data.csv"
time = { columns = ["day", "clock"], format = "%d.%m.%Y %H:%M" }
machine = { name = "press-2" }
long = { name = "tag", value = "v" }
[[file.channel]]
column = "T"
channel = "temperature"
unit = "[degF]"
[[file.channel]]
column = "P"
channel = "power"
scale = 10
"#;
    let data = b"day,clock,tag,v\n01.07.2026,08:00,T,212\n01.07.2026,08:00,P,3\n01.07.2026,08:05,X,1\n";
    assert_eq!(
        brought(map, &[("data.csv", data)]),
        "2026-07-01T06:00:00Z press-2/temperature = 100\n\
         2026-07-01T06:00:00Z press-2/power = 30\n\
         2026-07-01T06:05:00Z refused (unknown_channel) data.csv:4: found `X`; allowed is a name that the map knows: `T`, `P`\n"
    );
}

#[test]
fn files_are_merged_and_rows_put_in_order() {
    let map = format!(
        "{MAP}[[file]]\npath = \"alarms.csv\"\ntime = {{ columns = [\"t\"], format = \"unix_s\" }}\n\
         machine = {{ column = \"m\", words = {{ A = \"press-1\" }} }}\n[[file.channel]]\ncolumn = \"code\"\nchannel = \"alarm\"\n"
    );
    let data = b"time,who,state,kw\n2026-03-02 06:02:00,1,1,\n2026-03-02 06:00:00,1,0,\n";
    let alarms = b"t,m,code\n1772431260,A,e1\n1772431140,A,e2\n";
    assert_eq!(
        brought(&map, &[("data.csv", data), ("alarms.csv", alarms)]),
        "2026-03-02T05:59:00Z press-1/alarm = `e2`\n2026-03-02T06:00:00Z press-1/state = `wait`\n\
         2026-03-02T06:01:00Z press-1/alarm = `e1`\n2026-03-02T06:02:00Z press-1/state = `run`\n"
    );
}

#[test]
fn what_lies_beyond_the_window_comes_late_with_its_own_time() {
    let rows = (0..60).map(|minute| format!("2026-03-02 06:{minute:02}:00,1,1,\n"));
    let data: String =
        std::iter::once("time,who,state,kw\n".to_owned()).chain(rows).chain(["2026-03-02 05:58:00,1,0,\n".to_owned()]).collect();
    let folder = folder(MAP, &[("data.csv", data.as_bytes())]);
    let within = |window| {
        let replay = Replay::open_within(&folder.path().join("map.toml"), None, window);
        told(&mut replay.unwrap_or_else(|faults| panic!("{faults}")))
    };
    let narrow = within(10);
    assert_eq!(narrow.lines().count(), 61);
    let late: Vec<&str> = narrow.lines().filter(|l| l.contains("late")).collect();
    assert_eq!(late, ["2026-03-02T05:58:00Z press-1/state = `wait` (late, at 2026-03-02T06:50:00Z)"]);
    let wide = within(100);
    assert!(wide.starts_with("2026-03-02T05:58:00Z press-1/state = `wait`\n") && !wide.contains("late"), "{wide}");
}

#[test]
fn pieces_of_each_row_add_up_and_rows_that_do_not_count_are_passed_over() {
    let map = r#"unit = "unit.toml"
[[file]]
path = "data.csv"
time = { columns = ["time"] }
machine = { name = "press-1" }
only = { kind = ["made", "2"] }
[[file.channel]]
column = "n"
channel = "good"
add = true
"#;
    let data = b"time,kind,n\n2026-03-02T06:00:00Z,made,3\n2026-03-02T06:02:00Z,2.0,5\n2026-03-02T06:01:00Z,made,4\n2026-03-02T06:03:00Z,lost,9\n";
    assert_eq!(
        brought(map, &[("data.csv", data)]),
        "2026-03-02T05:59:59.999999Z press-1/good = 0 (late, at 2026-03-02T06:00:00Z)\n\
         2026-03-02T06:00:00Z press-1/good = 3\n2026-03-02T06:01:00Z press-1/good = 7\n2026-03-02T06:02:00Z press-1/good = 12\n"
    );
}

#[test]
fn spans_that_overlap_or_touch_leave_no_gap() {
    let map = r#"unit = "unit.toml"
[[file]]
path = "data.csv"
time = { columns = ["done"] }
machine = { name = "press-1" }
[[file.channel]]
value = "run"
channel = "state"
holds = { column = "took", unit = "min", until_row = true, then = "wait" }
"#;
    let data = b"done,took\n2026-03-02T06:10:00Z,10\n2026-03-02T06:15:00Z,10\n2026-03-02T06:20:00Z,5\n2026-03-02T07:00:00Z,1\n";
    assert_eq!(
        brought(map, &[("data.csv", data)]),
        "2026-03-02T06:00:00Z press-1/state = `run`\n2026-03-02T06:05:00Z press-1/state = `run`\n\
         2026-03-02T06:15:00Z press-1/state = `run`\n2026-03-02T06:20:00Z press-1/state = `wait`\n\
         2026-03-02T06:59:00Z press-1/state = `run`\n2026-03-02T07:00:00Z press-1/state = `wait`\n"
    );
}

#[test]
fn at_one_instant_a_span_outdoes_a_value_and_sums_count_once() {
    let map = r#"unit = "unit.toml"
[[file]]
path = "data.csv"
time = { columns = ["at"] }
machine = { name = "press-1" }
[[file.channel]]
value = "run"
channel = "state"
[[file.channel]]
column = "n"
channel = "good"
add = true
[[file]]
path = "failures.csv"
time = { columns = ["at"] }
machine = { name = "press-1" }
[[file.channel]]
value = "fail"
channel = "state"
holds = { span = "1 h", then = "run" }
"#;
    let data = b"at,n\n2026-03-02T06:00:00Z,3\n2026-03-02T06:00:00Z,2\n2026-03-02T07:00:00Z,1\n";
    assert_eq!(
        brought(map, &[("data.csv", data), ("failures.csv", b"at\n2026-03-02T06:00:00Z\n")]),
        "2026-03-02T06:00:00Z press-1/state = `fail`\n\
         2026-03-02T05:59:59.999999Z press-1/good = 0 (late, at 2026-03-02T06:00:00Z)\n2026-03-02T06:00:00Z press-1/good = 5\n\
         2026-03-02T07:00:00Z press-1/state = `run`\n\
         2026-03-02T07:00:00Z press-1/good = 6\n"
    );
}

#[test]
fn a_map_may_hold_the_unit_and_take_its_machines_from_the_data() {
    let bare = UNIT.split("[[machine]]").next().expect("the part before the machines");
    let map = format!("derive = {{ type = \"press\" }}\n{bare}\n{}", MAP.replace("unit = \"unit.toml\"", ""));
    let folder = folder(&map, &[("data.csv", b"time,who,state,kw\n2026-03-02 06:00:00,7,1,\n2026-03-02 06:00:00,8,1,\n")]);
    let mut replay = open(&folder);
    let names: Vec<&str> = replay.config.plant.machines.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["press-7", "press-8"]);
    assert_eq!(told(&mut replay).lines().count(), 2);
    assert_eq!(replay.rows(), 2);
}

#[test]
fn columns_that_nobody_named_are_told() {
    let folder = folder(MAP, &[("data.csv", b"time,who,state,kw,colour,mood\n")]);
    assert_eq!(open(&folder).passed_over, [("data.csv".to_owned(), vec!["colour".to_owned(), "mood".to_owned()])]);
}
