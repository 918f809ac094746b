//! `socium connect URL`: looks around at a source, watches it, shows what would be read and why, and after a yes writes it into
//! the unit's file.

use super::{Ending, Failure, asked};
use crate::connect::draft::Source;
use crate::connect::look::{Looked, Progress, look};
use crate::connect::{Connection, advice, list, place, watch};
use crate::print::table;
use drivers::Ask;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use survey::{DOUBTFUL, Found, Proposal, Seen};

/// What can be typed.
#[derive(clap::Args)]
pub struct Words {
    /// Where the source is: `opc.tcp://host:4840`, `sparkplug://broker:1883`, `mqtt://broker:1883`, `modbus://host:502`,
    /// `http://agent:5000` (MTConnect).
    url: String,
    /// The configuration of the unit; begun where it is not there.
    #[arg(long, default_value = "unit.toml")]
    config: PathBuf,
    /// How long values are watched, such as `10 s`; `0 s` not at all.
    #[arg(long, default_value = "1 min")]
    watch: String,
    /// Take only what has this in its names or address; `*` stands for anything.
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,
    /// A list of the source's values (CSV: address, device, name, unit, description), for devices that tell nothing themselves.
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// What to call the source.
    #[arg(long)]
    name: Option<String>,
    /// Name to sign in with.
    #[arg(long, requires = "password_file")]
    user: Option<String>,
    /// File with the password in its first line, relative to the configuration.
    #[arg(long)]
    password_file: Option<String>,
    /// A further setting of the source as unit.toml has it, such as `opcua.security = "best"`.
    #[arg(long, value_name = "KEY = VALUE")]
    set: Vec<String>,
    /// Most values found.
    #[arg(long, default_value_t = 100_000)]
    most: usize,
    /// Write without asking.
    #[arg(long)]
    yes: bool,
    /// Show what would be written, and write nothing.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

/// Looks, watches, proposes, asks, writes.
pub async fn main(words: Words) -> Result<(), Failure> {
    let place = place::read(&words.url).map_err(|e| Failure::new(e.to_string()))?;
    let wait = crate::config::text::span(&words.watch)
        .ok_or_else(|| Failure::new(format!("--watch `{}`: allowed is {}", words.watch, crate::config::text::SPAN_ALLOWED)))?;
    let source = Source {
        name: words.name.clone().unwrap_or_else(|| place.protocol.to_owned()),
        protocol: place.protocol.to_owned(),
        address: place.address.clone(),
        user: words.user.clone(),
        password_file: words.password_file.clone(),
        secret: None,
        settings: words.set.iter().map(|line| format!("{line}\n")).collect(),
    };
    let connection = Connection::open(&words.config, source).map_err(|faults| {
        Failure::new(format!("{} has faults; they come first (`socium check`):\n{faults}", words.config.display()))
    })?;
    let found = filtered(gather(&words, &connection).await?, &words.only);
    if found.is_empty() {
        return Err(Failure::new(nothing(&words)));
    }
    let seen = watched(&connection, found, Duration::from_micros(wait.micros().unsigned_abs())).await?;
    let proposal = connection.propose(&seen);
    println!("{}", shown(&proposal, &seen));
    finish(&words, &connection, &proposal)
}

/// What there is: from a list, or by looking around.
async fn gather(words: &Words, connection: &Connection) -> Result<Vec<Found>, Failure> {
    let protocol = drivers::ALL.iter().find(|p| p.word == connection.source.protocol);
    if let (Some(file), Some(protocol)) = (&words.list, protocol) {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|e| Failure::new(format!("{name}: {e}")))?;
        return list::read(&name, &text, protocol).map_err(|faults| Failure::new(faults.to_string()));
    }
    let config = connection.source.driver(connection.folder(), &[]).map_err(|faults| Failure::new(faults.to_string()))?;
    let stopped = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&stopped);
    let mut ending = Ending::listen()?;
    let interrupt = tokio::spawn(async move {
        ending.asked().await;
        stop.store(true, Ordering::Relaxed);
    });
    let bar = spinner("{spinner} Looking around: {msg}");
    let mut all = Vec::new();
    let mut from = None;
    loop {
        let ask = Ask { from: from.take(), found_max: words.most.saturating_sub(all.len()).max(1), ..Ask::default() };
        let before = all.len();
        let tell = |p: Progress| bar.set_message(told(p, before));
        let Looked { found, cursor, error } = look(config.clone(), ask, tell, || stopped.load(Ordering::Relaxed)).await;
        all.extend(found);
        if let Some(error) = error {
            bar.finish_and_clear();
            let sentence = format!("{error}\n        {}", advice::next(error.trouble));
            if all.is_empty() {
                return Err(Failure::new(sentence));
            }
            eprintln!("The look ended early: {sentence}");
            break;
        }
        from = cursor;
        let more = from.is_some() && !stopped.load(Ordering::Relaxed) && all.len() < words.most;
        if !more || words.yes || !bar.suspend(|| asked(&format!("{} values found so far. Look further?", all.len()), true)) {
            break;
        }
    }
    interrupt.abort();
    bar.finish_and_clear();
    let rest = if from.is_some() { " There is more that was not looked at." } else { "" };
    println!("{} values found at {}.{rest}", all.len(), connection.source.address);
    Ok(all)
}

fn told(progress: Progress, before: usize) -> String {
    let waiting = progress.waiting.map_or_else(String::new, |n| format!(", {n} waiting"));
    format!("{} places seen{waiting}, {} values found; Ctrl-C goes on with these", progress.visited, before + progress.found)
}

fn spinner(template: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

async fn watched(connection: &Connection, found: Vec<Found>, wait: Duration) -> Result<Vec<Seen>, Failure> {
    let bar = spinner("{spinner} Watching for {msg}");
    let began = tokio::time::Instant::now();
    let whole = wait.as_secs_f64();
    let tell = |heard: usize| {
        bar.set_message(format!("{:.0} s more: {heard} values heard", (whole - began.elapsed().as_secs_f64()).max(0.0)));
        true
    };
    let seen = watch::watch(&connection.source, connection.folder(), found, (wait, tell)).await;
    bar.finish_and_clear();
    seen.map_err(|faults| Failure::new(faults.to_string()))
}

/// What has one of the patterns in its names or address; all where there is no pattern.
fn filtered(found: Vec<Found>, only: &[String]) -> Vec<Found> {
    let fits = |one: &Found| {
        let names = one.path.join("/").to_lowercase();
        let address = one.address.to_lowercase();
        only.is_empty() || only.iter().map(|p| p.to_lowercase()).any(|p| contains(&names, &p) || contains(&address, &p))
    };
    found.into_iter().filter(fits).collect()
}

/// Whether the parts of a pattern, parted by `*`, stand in a text one after the other.
fn contains(text: &str, pattern: &str) -> bool {
    let mut rest = text;
    pattern.split('*').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

fn nothing(words: &Words) -> String {
    if words.only.is_empty() {
        "nothing that can be read was found there; is the device configured, and may this user read it?".to_owned()
    } else {
        format!("nothing found there has `{}` in its names; try a shorter --only", words.only.join("` or `"))
    }
}

/// The proposal as a table, machine by machine.
fn shown(proposal: &Proposal, seen: &[Seen]) -> String {
    let head = ["sure", "channel", "role", "kind", "unit", "now", "why"].map(str::to_owned);
    let mut text = String::new();
    for machine in &proposal.machines {
        let known = if machine.is_known { ", configured already" } else { "" };
        text.push_str(&format!("\n{} ({}{known}) — {}\n", machine.name, machine.kind, machine.reason));
        let rows: Vec<Vec<String>> = machine.channels.iter().map(|c| row(c, seen)).collect();
        text.push_str(&table(&head, &rows));
        text.push('\n');
    }
    let doubtful = proposal.machines.iter().flat_map(|m| &m.channels).filter(|c| c.confidence < DOUBTFUL).count();
    let channels: usize = proposal.machines.iter().map(|m| m.channels.len()).sum();
    text.push_str(&format!("\n{} machines, {channels} channels", proposal.machines.len()));
    if doubtful > 0 {
        text.push_str(&format!("; {doubtful} are marked ? because something had to be guessed: look at them"));
    }
    if !proposal.left.is_empty() {
        text.push_str(&format!("; {} values are left out", proposal.left.len()));
        for (place, reason) in proposal.left.iter().take(5) {
            let name = seen.get(*place).map(|s| s.found.path.join("/")).unwrap_or_default();
            text.push_str(&format!("\n  {name}: {reason}"));
        }
    }
    text.push_str(".\n");
    text
}

fn row(channel: &survey::Channel, seen: &[Seen]) -> Vec<String> {
    let mark = if channel.confidence < DOUBTFUL { "?" } else { " " };
    let one = seen.get(channel.found);
    let now =
        one.and_then(|s| s.watched.last.as_ref().or(s.found.value.as_ref())).map_or_else(String::new, |value| match value {
            survey::Value::Number(number) => format!("{number:.6}").trim_end_matches('0').trim_end_matches('.').to_owned(),
            survey::Value::Flag(flag) => flag.to_string(),
            survey::Value::Text(text) => text.chars().take(16).collect(),
        });
    let why: Vec<String> = channel.reasons.iter().map(ToString::to_string).collect();
    vec![
        format!("{:.0}%{mark}", channel.confidence * 100.0),
        channel.name.clone(),
        channel.role.word().to_owned(),
        channel.kind.word().to_owned(),
        channel.unit.clone().unwrap_or_default(),
        now,
        why.join("; "),
    ]
}

fn finish(words: &Words, connection: &Connection, proposal: &Proposal) -> Result<(), Failure> {
    let failed = |e: crate::connect::write::WriteError| Failure::new(e.to_string());
    if proposal.machines.is_empty() {
        println!("Nothing is new there: all of it is read already.");
        return Ok(());
    }
    let text = connection.text_with(&proposal.machines).map_err(failed)?;
    let place = connection.path.display();
    if words.dry_run {
        println!("{place} would be ({} lines); nothing was written:\n\n{text}", text.lines().count());
        return Ok(());
    }
    if !words.yes && !std::io::stdin().is_terminal() {
        return Err(Failure::new("nothing was written: say --yes, or run it at a terminal to be asked".to_owned()));
    }
    if !words.yes && !asked(&format!("Write this into {place}?"), false) {
        println!("Nothing was written.");
        return Ok(());
    }
    let written = connection.write(&proposal.machines).map_err(failed)?;
    println!("{place} is written: {} new machines, {} new channels.", written.machines, written.channels);
    if let Some(before) = written.before {
        println!("The file as it was is kept as {}.", before.display());
    }
    println!("It takes effect at the next start: socium run --config {place}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_find_parts_in_their_order() {
        for (text, pattern, wanted) in [
            ("plant/mill-1/power", "mill", true),
            ("plant/mill-1/power", "mill*power", true),
            ("plant/mill-1/power", "power*mill", false),
            ("plant/mill-1/power", "lathe", false),
            ("plant/mill-1/power", "*", true),
        ] {
            assert_eq!(contains(text, pattern), wanted, "{pattern}");
        }
    }
}
