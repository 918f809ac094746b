//! The table of faults: what is changed in the sample, and the exact text that the person then sees (`faults.txt`).

use super::SAMPLE;
use super::golden::compare;
use crate::config::parse;
use std::fmt::Write;
use std::path::Path;

/// What goes wrong, what is replaced in the sample, and by what.
const CASES: &[(&str, &str, &str)] = &[
    ("no TOML: a quote is left open", "name = \"Sample works\"", "name = \"Sample works"),
    ("no TOML: two mistakes at once", "[clock]\nspeed = 60", "[clock\nspeed = = 60"),
    ("a key twice", "speed = 60", "speed = 60\nspeed = 30"),
    ("an unknown key", "energy_price = 0.24", "energy_prize = 0.24"),
    ("an unknown table", "[[team]]", "[[teams]]"),
    ("a key is missing", "currency = \"EUR\"\n", ""),
    (
        "a table is missing",
        "[site]\nname = \"Sample works\"\ntime_zone = \"Europe/Berlin\"\ncurrency = \"EUR\"\nenergy_price = 0.24\ncarbon = 0.38",
        "",
    ),
    ("text where a number is wanted", "energy_price = 0.24", "energy_price = \"0.24\""),
    ("a number where text is wanted", "start = \"06:00\"", "start = 6"),
    ("a fraction where a whole number is wanted", "workers = 3", "workers = 2.5"),
    ("no finite number", "carbon = 0.38", "carbon = nan"),
    ("a number out of bounds", "energy_price = 0.24", "energy_price = -1"),
    ("less memory than a unit needs", "journal_mib_max = 64", "journal_mib_max = 64\nmemory_mib_max = 64"),
    ("segments larger than memory holds", "journal_mib_max = 64", "journal_segment_mib = 40\njournal_mib_max = 64"),
    ("a whole number too large", "quantity = 40", "quantity = 5_000_000_000"),
    ("a time zone that is none", "Europe/Berlin", "Europe/Berln"),
    ("a currency that is none", "currency = \"EUR\"", "currency = \"euro\""),
    ("an address that is none", "127.0.0.1:9000", "localhost"),
    ("beyond loopback without TLS", "127.0.0.1:9000", "0.0.0.0:9000"),
    ("an address for BI tools that is none", "listen = \"127.0.0.1:9000\"", "flight_sql = \"8815\""),
    ("BI tools beyond loopback without TLS", "listen = \"127.0.0.1:9000\"", "flight_sql = \"192.0.2.7:8815\""),
    (
        "BI tools at the address of the pages",
        "listen = \"127.0.0.1:9000\"",
        "listen = \"127.0.0.1:9000\"\nflight_sql = \"127.0.0.1:9000\"",
    ),
    ("a certificate without its key", "listen = \"127.0.0.1:9000\"", "listen = \"127.0.0.1:9000\"\ntls_certificate = \"a.pem\""),
    ("a secret in the file", "password_file = \"cell.password\"", "password = \"hunter2\""),
    ("a span without a unit", "warm_up = \"4 min\"", "warm_up = \"4\""),
    ("a span in words", "length = \"8 h\"", "length = \"eight hours\""),
    ("a shift that is too long", "length = \"8 h\"", "length = \"25 h\""),
    ("a day that is none", "\"tuesday\"", "\"tuseday\""),
    ("a time of day that is none", "start = \"06:00\"", "start = \"6am\""),
    ("an instant that is none", "release = \"2026-03-02T06:00:00\"", "release = \"2. March 2026\""),
    ("an instant that does not exist", "release = \"2026-03-02T06:00:00\"", "release = \"2026-03-29T02:30:00\""),
    ("an instant that comes twice", "due = \"2026-03-03T14:00:00+01:00\"", "due = \"2026-10-25T02:30:00\""),
    ("due before release", "due = \"2026-03-03T14:00:00+01:00\"", "due = \"2026-03-01T14:00:00+01:00\""),
    ("a type that is misspelt", "name = \"mill-1\"\ntype = \"milling\"", "name = \"mill-1\"\ntype = \"millling\""),
    ("a line that is not there", "line = \"parts\"\nfeeds", "line = \"assembly\"\nfeeds"),
    ("a machine that feeds itself", "feeds = [\"mill-2\"]", "feeds = [\"mill-1\"]"),
    ("a machine name with capitals", "name = \"mill-1\"", "name = \"Mill 1\""),
    ("a machine name twice", "name = \"mill-2\"\ntype", "name = \"mill-1\"\ntype"),
    ("a team that is not there", "team = \"early birds\"", "team = \"late birds\""),
    ("a source that is not there", "source = \"meters\"", "source = \"meter\""),
    ("a protocol that is none", "protocol = \"modbus\"", "protocol = \"modbuss\""),
    ("settings of another protocol", "[source.modbus]\npoll_every = \"2 s\"", "[source.sparkplug]\nhost = \"a\""),
    ("no address where one is needed", "address = \"127.0.0.1:502\"\n", ""),
    ("an address without a port", "address = \"127.0.0.1:502\"", "address = \"127.0.0.1\""),
    ("an OPC UA address of another kind", "opc.tcp://127.0.0.1:4840", "http://127.0.0.1:4840"),
    ("protection that is none", "publish_every = \"250 ms\"", "publish_every = \"250 ms\", security = \"basic256\""),
    (
        "certificates without protection",
        "publish_every = \"250 ms\"",
        "publish_every = \"250 ms\", mode = \"sign\", server_thumbprint = \"00\"",
    ),
    (
        "a thumbprint that is none",
        "publish_every = \"250 ms\"",
        "publish_every = \"250 ms\", security = \"best\", server_thumbprint = \"12:34\"",
    ),
    (
        "a certificate to sign in with, and no key",
        "publish_every = \"250 ms\"",
        "publish_every = \"250 ms\", security = \"best\", user_certificate = \"a.der\"",
    ),
    ("a device limit out of bounds", "poll_every = \"2 s\"", "poll_every = \"2 s\"\nregisters_max = 126"),
    ("a forbidden range that is none", "poll_every = \"2 s\"", "poll_every = \"2 s\"\nforbidden = [\"holding/9-3\"]"),
    ("a node id that is none", "ns=2;s={machine}.{channel}", "{machine}.{channel}"),
    ("a register that is none", "{meter}/input/12/f32", "{meter}/inputs/12/f32"),
    ("a placeholder that is not filled", "with = { meter = \"7\" }\n", ""),
    ("one address for two channels", "address = \"ns=2;s={machine}.{channel}\"", "address = \"ns=2;s={channel}\""),
    ("a role that is none", "role = \"good\"", "role = \"goood\""),
    ("a kind that the role forbids", "role = \"good\"", "role = \"good\"\nkind = \"gauge\""),
    ("role other without a kind", "role = \"good\"\n", ""),
    ("one role twice in a machine", "name = \"scrap\"\nrole = \"scrap\"", "name = \"scrap\"\nrole = \"good\""),
    ("a unit that is none", "unit = \"kW\"", "unit = \"kilowatt\""),
    ("a unit of another dimension", "unit = \"kW\"", "unit = \"bar\""),
    ("no unit for a number", "role = \"good\"\nunit = \"1\"", "role = \"good\""),
    ("a range upside down", "range = [0, 60]", "range = [60, 0]"),
    ("a range of three numbers", "range = [0, 60]", "range = [0, 30, 60]"),
    ("a state that is none", "RUN = \"producing\"", "RUN = \"running\""),
    ("no word means producing", "RUN = \"producing\", ", ""),
    ("a state word twice", "WAIT = \"starved\"", "run = \"starved\""),
    (
        "a set point that cannot be written",
        "write = { range = [60, 120], step_max = 10, rest = \"30 s\", states = [\"producing\"] }\n",
        "",
    ),
    ("an envelope without a range", "range = [60, 120], ", ""),
    ("a step wider than the envelope", "step_max = 10", "step_max = 100"),
    ("a measured value that is written", "range = [0, 60]", "range = [0, 60]\nwrite = { range = [10, 20] }"),
    ("an envelope wider than the channel", "unit = \"%\"\n", "unit = \"%\"\nrange = [80, 110]\n"),
    ("a channel that the type does not have", "without = [\"set_speed\"]", "without = [\"sped\"]"),
    ("a machine of a route that is not there", "machines = [\"mill-1\", \"mill-2\"]", "machines = [\"mill-1\", \"mil-2\"]"),
    ("a route without machines", "machines = [\"mill-1\", \"mill-2\"]", "machines = []"),
    ("a value in another currency", "12.50 EUR", "12.50 USD"),
    ("a value with three decimals", "12.50 EUR", "12.505 EUR"),
    ("a product that is not there", "product = \"flange\"", "product = \"flanges\""),
    ("an order name with a space", "name = \"o-1\"", "name = \"o 1\""),
    ("an order for nothing", "quantity = 40", "quantity = 0"),
    ("a decision that is none", "decision = \"standby\"", "decision = \"stand_by\""),
    ("a policy twice", "[[policy]]", "[[policy]]\ndecision = \"standby\"\nmode = \"ask\"\n[[policy]]"),
    ("an option that is there twice", "[\"Hardened\", \"Blued\"]", "[\"Hardened\", \"C45\"]"),
    ("a usual option of another group", "usual = [\"C45\"]", "usual = [\"Blued\"]"),
    ("more chosen than a group has", "most = 2", "most = 3"),
    ("a number between its steps", "usual = 30", "usual = 33"),
    ("a condition that names nothing", "when = [\"Brass\"]", "when = [\"Bras\"]"),
    ("a condition on no number", "when = [\"Bore >= 60\"]", "when = [\"Bohr >= 60\"]"),
    ("a rule that demands nothing", "then = [\"not Hardened\"]", "then = []"),
    (
        "rules that nothing keeps",
        "then = [\"not Hardened\"]",
        "then = [\"not Brass\"]\n[[family.rule]]\ntext = \"always brass\"\nthen = [\"Brass\"]",
    ),
    ("an amount without a unit", "amount = \"900 g\"", "amount = \"900\""),
    ("more in another unit", "add = \"-4 g\"", "add = \"-4 kg\""),
    ("a material below nothing", "add = \"-4 g\"", "add = \"-40 g\""),
    ("more for what there is not", "of = \"Bore\", add = \"500 ms\"", "of = \"Bohr\", add = \"500 ms\""),
    ("a step without machines", "machines = [\"mill-1\"]", "machines = []"),
    ("instructions that name nothing", "Bore {Bore} into", "Bore {Bohr} into"),
    ("a price in another currency", "20.00 EUR", "20.00 USD"),
    ("a line of the price without a price", "percent = 12.5", ""),
    (
        "four faults at once, all told",
        "line = \"parts\"\nwarm_up = \"6 min\"",
        "line = \"part\"\nfeeds = [\"oven\", \"mill-2\"]\nwarm_up = \"six\"",
    ),
];

#[test]
fn golden_faults() {
    let mut seen = String::new();
    for (what, from, to) in CASES {
        assert!(SAMPLE.contains(from), "{what}: `{from}` is not in the sample");
        let text = SAMPLE.replacen(from, to, 1);
        let faults = parse("unit.toml", &text, Path::new("")).err().unwrap_or_else(|| panic!("{what}: taken as good"));
        assert!(faults.list.iter().all(|f| f.line > 0), "{what}: {faults}");
        let _ = writeln!(seen, "# {what}\n{faults}\n");
    }
    compare("crates/node/src/config/tests/faults.txt", &seen);
}

#[test]
fn a_secret_is_never_repeated() {
    let text = SAMPLE.replace("password_file = \"cell.password\"", "password = \"hunter2\"");
    let faults = parse("unit.toml", &text, Path::new("")).expect_err("a secret in the file");
    assert!(!faults.to_string().contains("hunter2"), "{faults}");
}

#[test]
fn no_text_makes_it_panic() {
    for cut in 0..SAMPLE.len() {
        let _ = parse("unit.toml", &SAMPLE[..cut], Path::new(""));
    }
    for text in ["", "\u{0}", "a.b.c=1", "site=1", "[[site]]", "machine=[1,2]", "[site]\nname=[[[[[[]]]]]]"] {
        assert!(parse("unit.toml", text, Path::new("")).is_err(), "{text}");
    }
}
