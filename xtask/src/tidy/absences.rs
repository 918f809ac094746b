//! What must never be, as far as text can show it (ARCHITECTURE.md numbers the absences).

use super::files::SourceFile;
use super::{Breach, breach};

const INNER: [&str; 10] = ["measure", "plant", "collect", "know", "decide", "act", "survey", "unit", "simulate", "commons"];

/// Words that an inner crate's product code does not contain, with the reason.
const NOT_INSIDE: &[(&str, &str)] = &[
    ("async fn", "absence 2: no async inside"),
    (".await", "absence 2: no async inside"),
    ("tokio::", "absence 2: no runtime inside"),
    ("std::fs", "absence 2: no file inside"),
    ("std::net", "absence 2: no socket inside"),
    ("std::env", "absence 2: no environment inside"),
    ("std::thread", "absence 2: no thread inside"),
    ("SystemTime", "absence 2: time is an argument"),
    ("std::time", "absence 2: time is measure::Instant and Span"),
    ("thread_rng", "absence 2: chance is an argument"),
    ("println!", "absence 3: effects are executed in node and simulate's examples"),
];

/// Words that only some crates contain.
const ONLY_IN: &[(&str, &[&str], &str)] = &[
    ("sqlx::", &["store"], "absence 4: only store touches the disk"),
    ("fjall::", &["store"], "absence 4: only store touches the disk"),
    ("rumqttc", &["drivers", "node"], "absence 4: only drivers speaks to machines (node runs the virtual ones)"),
    ("opcua::", &["drivers", "node"], "absence 4: only drivers speaks to machines (node runs the virtual ones)"),
    ("tokio_modbus", &["drivers", "node"], "absence 4: only drivers speaks to machines (node runs the virtual ones)"),
    ("axum::", &["web"], "absence 4: only web answers people"),
    ("env::var", &["node", "xtask"], "absence 4: only node reads configuration"),
    ("Certificate::issue", &["decide", "store", "web"], "absence 6: a certificate comes from decide::check or is read back"),
];

/// Lines of a file without its tests above which it is to be split.
const LINES_MAX: usize = 600;

/// Breaches of one file.
pub fn check(file: &SourceFile) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if !file.lines.first().is_some_and(|l| l.starts_with("//!")) {
        breaches.push(breach(file, 1, "has no head comment; every file says what enters, what leaves, what is absent"));
    }
    if file.aside || file.path.starts_with("xtask/src/tidy") {
        return breaches;
    }
    if file.product > LINES_MAX {
        breaches.push(breach(file, 1, format!("has {} lines without tests; split it below {LINES_MAX}", file.product)));
    }
    for (place, line) in file.lines[..file.product].iter().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        check_line(file, place + 1, code, &mut breaches);
    }
    breaches
}

fn check_line(file: &SourceFile, number: usize, code: &str, breaches: &mut Vec<Breach>) {
    let inner = INNER.contains(&file.krate.as_str());
    for (word, why) in NOT_INSIDE.iter().filter(|(word, _)| inner && code.contains(word)) {
        breaches.push(breach(file, number, format!("`{word}`: {why}")));
    }
    for (word, only, why) in ONLY_IN.iter().filter(|(word, only, _)| code.contains(word) && !only.contains(&file.krate.as_str()))
    {
        breaches.push(breach(file, number, format!("`{word}` outside {}: {why}", only.join(", "))));
    }
    if code.contains("Certificate::issue") && file.krate == "decide" && !file.path.contains("check") {
        breaches.push(breach(file, number, "absence 6: only decide's check issues a certificate"));
    }
    let derives =
        code.contains("derive(") && ["Serialize", "Deserialize", "ToSchema", "JsonSchema"].iter().any(|t| code.contains(t));
    if derives && !file.path.ends_with("/form.rs") && !file.path.contains("/form/") {
        breaches.push(breach(file, number, "absence 5: serialisation is derived only in form.rs or form/"));
    }
}
