//! The table of bad input: maps that cannot be used and rows that cannot be taken, with the exact text the person sees
//! (`bad.txt`).

use super::{MAP, UNIT, brought, faults, folder, open};
use crate::config::tests::golden::compare;
use std::fmt::Write;

const HEAD: &str = "time,who,state,kw\n";

/// What is wrong with the map, what is replaced in it, and by what.
const MAPS: &[(&str, &str, &str)] = &[
    ("no TOML", "[[file]]", "[[file"),
    ("an unknown key", "column = \"state\"", "colum = \"state\""),
    ("a table of a unit.toml beside `unit`", "[[file]]", "[[line]]\nname = \"a\"\n[[file]]"),
    ("no such unit.toml", "unit = \"unit.toml\"", "unit = \"units.toml\""),
    ("a missing file", "data.csv", "date.csv"),
    ("a file of another kind", "data.csv", "unit.parquet"),
    ("a sign that is none", "path = \"data.csv\"", "path = \"data.csv\"\ndelimiter = \"tab\""),
    ("an unknown column", "column = \"kw\"", "column = \"kW\""),
    ("an unknown column of times", "[\"time\"]", "[\"tme\"]"),
    ("no column of times", "[\"time\"]", "[]"),
    ("a zone that is none", "zone = \"UTC\"", "zone = \"Utopia\""),
    ("a format that is none", "zone = \"UTC\"", "format = \"dd.mm.yyyy\""),
    ("neither name nor column of a machine", "column = \"who\", pattern", "pattern"),
    ("a machine that is not there", "column = \"who\", pattern = \"press-{value}\"", "name = \"press-11\""),
    ("a channel that no machine has", "channel = \"power\"", "channel = \"pwer\""),
    ("a unit that does not convert", "unit = \"kW\"", "unit = \"bar\""),
    ("a unit for words", "words = {", "unit = \"kW\"\nwords = {"),
    ("a source that is not there", "path = \"data.csv\"", "path = \"data.csv\"\nsource = \"record\""),
    ("a sum of what is no counter", "unit = \"kW\"", "add = true"),
    ("a factor of nothing", "unit = \"kW\"", "scale = 0"),
    ("a value and a column", "column = \"kw\"", "column = \"kw\"\nvalue = \"1\""),
    ("a first time that is none", "zone = \"UTC\"", "from = \"monday\""),
    ("a span that is none", "unit = \"kW\"", "holds = { span = \"long\", then = \"0\" }"),
];

/// What is wrong with rows, and the rows.
const ROWS: &[(&str, &[u8])] = &[
    ("a time that is none", b"2026-03-02 06:00:00,1,1,1\nyesterday,1,1,1\n"),
    ("only times that are none", b"yesterday,1,1,1\n"),
    ("a day that does not exist", b"2026-02-30 06:00:00,1,1,1\n"),
    ("too few values", b"2026-03-02 06:00:00,1\n"),
    ("too many values", b"2026-03-02 06:00:00,1,1,1,1,1\n"),
    ("a machine that is not there", b"2026-03-02 06:00:00,9,1,1\n"),
    ("a word that the map does not know", b"2026-03-02 06:00:00,1,7,1\n"),
    ("text where a number is wanted", b"2026-03-02 06:00:00,1,1,high\n"),
    ("not a number", b"2026-03-02 06:00:00,1,1,NaN\n"),
    ("infinite", b"2026-03-02 06:00:00,1,1,-inf\n"),
    ("bytes that are no text", b"2026-03-02 06:00:00,1,1,\xff\xfe\n2026-03-02 06:01:00,1,1,1\n"),
    ("a clock that jumps back", b"2026-03-02 06:00:00,1,1,1\n2026-03-02 05:00:00,1,0,2\n"),
    ("a clock that jumps a century ahead", b"2126-03-02 06:00:00,1,1,1\n2026-03-02 06:00:00,1,1,1\n"),
    ("a clock that begins in 1970", b"1970-01-01 00:00:07,1,1,1\n2026-03-02 06:00:00,1,1,1\n"),
];

#[test]
fn golden_bad_input() {
    let mut seen = String::new();
    for (what, from, to) in MAPS {
        assert!(MAP.contains(from), "{what}: `{from}` is not in the map");
        let text = faults(&MAP.replacen(from, to, 1), &[("data.csv", HEAD.as_bytes()), ("unit.parquet", b"no Parquet")]);
        let _ = writeln!(seen, "# map: {what}\n{text}\n");
    }
    for (what, rows) in ROWS {
        let map = MAP.replace("zone = \"UTC\"", "zone = \"UTC\", from = \"2026-01-01T00:00:00\", to = \"2027-01-01T00:00:00\"");
        let text = brought(&map, &[("data.csv", &[HEAD.as_bytes(), rows].concat())]);
        let _ = writeln!(seen, "# rows: {what}\n{text}");
    }
    compare("crates/node/src/replay/tests/bad.txt", &seen);
}

#[test]
fn a_file_without_a_header_is_told() {
    for empty in [&b""[..], b"\n", b",,,\n"] {
        assert!(faults(MAP, &[("data.csv", empty)]).contains("no header"), "{empty:?}");
    }
}

#[test]
fn a_packed_file_cut_short_gives_what_it_has_and_tells_the_rest() {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    let rows = (0..5_000).map(|i| format!("{},1,1,{i}\n", 1_772_431_200 + i));
    packer.write_all(std::iter::once(HEAD.to_owned()).chain(rows).collect::<String>().as_bytes()).expect("packed");
    let packed = packer.finish().expect("packed");
    let map = MAP.replace("data.csv", "data.csv.gz").replace("zone = \"UTC\"", "format = \"unix_s\"");
    let text = brought(&map, &[("data.csv.gz", &packed[..packed.len() / 2])]);
    assert!(text.lines().count() > 4_000, "{}", text.lines().count());
    let last = text.lines().last().expect("a line");
    assert!(last.contains("refused (malformed) data.csv.gz:") && last.contains("a file that can be read to its end"), "{last}");
}

#[test]
fn a_quote_left_open_does_not_swallow_the_memory() {
    let mut data = b"time,who,state,kw\n2026-03-02 06:00:00,1,1,1\n2026-03-02 06:00:00,1,1,\"".to_vec();
    data.extend(std::iter::repeat_n(b"2026-03-02 06:00:00,1,1,1\n", 200_000).flatten());
    let text = brought(MAP, &[("data.csv", &data)]);
    let last = text.lines().last().expect("a line");
    assert!(
        last.contains("refused (malformed) data.csv:3: found a row longer than 1048576 bytes; is a quote left open?"),
        "{last}"
    );
}

#[test]
fn a_machine_whose_name_cannot_be_is_told_at_derive() {
    let bare = UNIT.split("[[machine]]").next().expect("the part before the machines");
    let map = format!("derive = {{ type = \"press\" }}\n{bare}\n{}", MAP.replace("unit = \"unit.toml\"", ""));
    let text = faults(&map, &[("data.csv", b"time,who,state,kw\n2026-03-02 06:00:00,No 7,1,\n")]);
    let wanted = "map.toml:1:1: machine.press-No 7.name: found `\"press-No 7\"`; allowed is a name of 1 to 64 small letters, digits and `-`";
    assert_eq!(text, wanted);
}

#[test]
fn what_the_door_then_says_of_jumps_is_counted() {
    let data = b"time,who,state,kw\n2026-03-02 06:00:00,1,1,1\n2026-03-02 06:00:00,1,1,1\n";
    let folder = folder(MAP, &[("data.csv", data)]);
    let mut replay = open(&folder);
    let mut collector = collect::Collector::new(&replay.config.plant, replay.config.limits.door);
    while let Some((_, delivery)) = replay.next() {
        let absorbed = collector.absorb(&replay.config.plant, delivery);
        absorbed.batches.iter().for_each(|b| collector.settle(b.from, b.len() as u64, true));
    }
    let account = collector.accounting().total();
    assert_eq!((account.accepted, account.stored, account.refused_sum()), (4, 2, 2), "the same row twice");
    assert!(account.balances());
}
