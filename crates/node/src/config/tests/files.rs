//! File sources: what is typed, what is absent, and what is told of bad settings.

use super::SAMPLE;
use crate::config::{Config, parse};
use drivers::file::table::Encoding;
use std::path::Path;
use std::time::Duration;

/// The sample with a press whose records are read from files.
fn text(settings: &str, address: &str) -> String {
    format!(
        "{SAMPLE}\n[[source]]\nname = \"exports\"\nprotocol = \"file\"\naddress = \"exports\"\n{settings}\n\
         [[machine_type]]\nname = \"pressing\"\nsource = \"exports\"\n{address}\n[[machine_type.channel]]\nname = \"force\"\nkind = \"gauge\"\n\
         unit = \"kN\"\n[[machine_type.channel]]\nname = \"alarm\"\nrole = \"alarm\"\n[[machine]]\nname = \"press-1\"\ntype = \"pressing\"\n"
    )
}

fn read(text: &str) -> drivers::file::Config {
    let config: Config = parse("unit.toml", text, Path::new("/plant")).unwrap_or_else(|faults| panic!("{faults}"));
    let port = config.ports.into_iter().next_back().expect("a port");
    let drivers::Config::File(file) = port.wire else { panic!("{:?}", port.wire) };
    file
}

fn fault(text: &str) -> String {
    let faults = parse("unit.toml", text, Path::new("/plant")).expect_err("a fault");
    assert!(faults.list.iter().all(|f| f.line > 0), "{faults}");
    faults.list.iter().map(|f| format!("{}: found {}; allowed is {}", f.key, f.found, f.allowed)).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_absent_is_named_like_the_channel_in_the_site_s_zone() {
    let file = read(&text("", ""));
    assert_eq!(file.path, Path::new("/plant/exports"));
    let columns: Vec<String> = file.channels.iter().map(|(_, a)| a.to_string()).collect();
    assert_eq!(columns, ["force", "alarm"]);
    assert_eq!((file.words.len(), file.words.contains(&file.channels[1].0)), (1, true), "alarms are words");
    let at = file.formats[0].read("2026-07-01 06:00:00").expect("a time").to_string();
    assert_eq!(at, "2026-07-01T04:00:00Z", "Europe/Berlin");
    assert_eq!((file.poll, file.settle, file.times), (Duration::from_secs(2), Duration::from_secs(5), vec!["time".to_owned()]));
}

#[test]
fn what_is_typed_is_there() {
    let settings = "[source.file]\nfiles = \"*.csv\"\npoll_every = \"1 s\"\nsettle = \"3 s\"\nfile_mib_max = 2\nmachine = \"who\"\n\
                    delimiter = \"\\\\t\"\nencoding = \"gbk\"\ndecimal = \",\"\nabove = 2\nskip = [\"-\"]\n\
                    time = { columns = [\"d\", \"t\"], formats = [\"%d.%m.%Y %H:%M\", \"excel\"], zone = \"Asia/Shanghai\" }\n\
                    long = { name = \"tag\", value = \"v\" }";
    let file = read(&text(settings, ""));
    let columns: Vec<String> = file.channels.iter().map(|(_, a)| a.to_string()).collect();
    assert_eq!(columns, ["press-1/force", "press-1/alarm"]);
    assert_eq!((file.files.as_deref(), file.bytes_max, file.decimal_comma), (Some("*.csv"), 2 << 20, true));
    assert_eq!((file.style.delimiter, file.style.encoding, file.style.above), (Some(b'\t'), Encoding::Gbk, 2));
    assert_eq!(file.formats.iter().find_map(|f| f.read("02.03.2026 06:00")).expect("a time").to_string(), "2026-03-01T22:00:00Z");
    let file = read(&text("", "address = \"F_{channel}\""));
    assert_eq!(file.channels[0].1.to_string(), "F_force");
}

#[test]
fn bad_settings_are_told_with_their_place() {
    let table = [
        (
            "file = { delimiter = \"tab\" }",
            "source.exports.file.delimiter: found `\"tab\"`; allowed is one sign such as `,`, `;` or `\\t`",
        ),
        (
            "file = { encoding = \"utf8\" }",
            "source.exports.file.encoding: found `\"utf8\"`; allowed is one of: `utf-8`, `latin-1`, `gbk`",
        ),
        ("file = { time = { columns = [] } }", "source.exports.file.time.columns: found `[]`; allowed is at least one column"),
        (
            "file = { time = { columns = [\"t\"], formats = [\"iso\"] } }",
            "source.exports.file.time.formats[1]: found `\"iso\"`; allowed is `rfc3339`, `unix_s`, `unix_ms`, `unix_us`, `excel` or a pattern \
             such as `%d.%m.%Y %H:%M`",
        ),
        (
            "file = { time = { columns = [\"t\"], zone = \"Utopia\" } }",
            "source.exports.file.time.zone: found `\"Utopia\"`; allowed is an IANA time zone such as `UTC` or `Europe/Berlin`",
        ),
        ("file = { settle = \"soon\" }", "source.exports.file.settle: found `\"soon\"`; allowed is a span of time"),
        ("user = \"ada\"", "source.exports.user: found `\"ada\"`; allowed is no name: protocol `file` knows no sign-in"),
    ];
    for (settings, wanted) in table {
        let told = fault(&text(settings, ""));
        assert!(told.starts_with(wanted), "{settings}: {told}");
    }
    let told = fault(&text("", "").replace("address = \"exports\"", "address = \" \""));
    assert!(told.contains("a file or a folder such as /srv/exports or exports/press.csv (it is empty)"), "{told}");
}
