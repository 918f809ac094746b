//! A walk in words: one line a step. Enters: a trace. Leaves: text of at most 128 columns, instants as month-day and time in
//! UTC. Absent: choices.

use super::Walk;
use super::trace::Trace;
use crate::experiment::{Arm, Mode};
use crate::workshop::{SampleValue, wiring};
use measure::{Estimate, Instant};
use plant::{Action, Because, ChannelId, Command, CommandState, CommandValue, Decision, Effect, Evidence, Plant};
use std::fmt::Write;

/// Widest line [characters].
const COLUMNS: usize = 128;
/// Where the words of a step begin.
const WORDS_AT: usize = 50;

/// The lines so far.
struct Page<'a> {
    plant: &'a Plant,
    text: String,
    at: Option<Instant>,
}

/// The text of a walk.
pub fn text(arm: &Arm, walk: &Walk, trace: &Trace<'_>) -> String {
    let mut page = Page { plant: &arm.plant, text: String::new(), at: None };
    let who = if walk.mode == Mode::Agree { "an engineer agrees" } else { "nobody is asked" };
    let machine = &arm.plant.machine(trace.finding.machine).name;
    let title = format!("{}: {machine}, {}, {who} (virtual workshop, seed {}, UTC)", walk.name, walk.title, walk.seed);
    page.text.push_str(&title);
    page.text.push('\n');
    heard(&mut page, arm, trace);
    found(&mut page, trace);
    decided(&mut page, trace);
    carried_out(&mut page, trace);
    measured(&mut page, trace);
    page.text
}

fn heard(page: &mut Page<'_>, arm: &Arm, trace: &Trace<'_>) {
    let sources = wiring(&arm.plant);
    for (place, source) in arm.plant.sources.iter().enumerate() {
        let from = |c: ChannelId| sources[c.index()].index() == place;
        let words: Vec<String> = trace
            .readings
            .iter()
            .filter(|s| from(s.channel))
            .map(|s| {
                let value = match &s.value {
                    SampleValue::Number(number) => format!("{} {}", figure(*number), arm.plant.channel(s.channel).unit),
                    SampleValue::Word(word) => format!("`{word}`"),
                };
                format!("{} {value} at {}", page.place(s.channel), short(s.at))
            })
            .collect();
        if !words.is_empty() {
            page.step(trace.heard, "drivers", "Source::decode", &format!("{}: {}", source.name, words.join(", ")));
        }
    }
    page.step(trace.heard, "unit", "Unit::absorb", "");
    page.step(trace.heard, "collect", "Collector::absorb", "each reading becomes a row of a batch, or a refusal with its reason");
    page.step(trace.heard, "collect", "Collector::apply", "the image takes the rows in");
    page.step(trace.heard, "know", "Knowledge::absorb", "accounts, baselines and trends take them in");
}

fn found(page: &mut Page<'_>, trace: &Trace<'_>) {
    let f = trace.finding;
    page.step(f.at, "unit", "Unit::step", "");
    page.step(f.at, "collect", "Collector::freeze", "one image for all rooms");
    let name = page.plant.machine(f.machine).name.clone();
    let mut words =
        format!("{} {} at {name}, probability {}: {}", f.id, f.cause.word(), figure(f.probability), proofs(&f.evidence));
    if let Some(loss) = &f.loss {
        let _ = write!(words, "; loss {}", proof(loss));
    }
    let _ = write!(words, "; rests on {}", page.because(&f.because));
    page.step(f.at, "know", "Knowledge::judge", &words);
}

fn decided(page: &mut Page<'_>, trace: &Trace<'_>) {
    let Some(d) = trace.decision.first() else { return };
    if d.at != trace.finding.at {
        page.step(d.at, "unit", "Unit::step", "");
    }
    let name = page.plant.machine(d.machine).name.clone();
    let words = format!(
        "{} {} at {name}, expected {} within {} h, from {}; rests on {}",
        d.id,
        action(&d.action),
        effect(&d.expected),
        figure(d.horizon.hours()),
        proofs(&d.evidence[..d.evidence.iter().position(|e| e.name.starts_with("start_")).unwrap_or(d.evidence.len())]),
        page.because(&d.because)
    );
    page.step(d.at, "decide", &format!("{}::choose", d.from), &words);
    let rejected: Vec<String> = d
        .rejected
        .iter()
        .map(|r| {
            let what = r.action.as_ref().map_or_else(|| "nothing".to_owned(), action);
            format!("{what} ({}, {})", effect(&r.expected), r.reason)
        })
        .collect();
    page.step(d.at, "decide", "learn::corrected", &format!("by past outcomes; weighed and not taken: {}", rejected.join(", ")));
    let rules = d.certificate.rules();
    page.step(d.at, "decide", "check::certify", &format!("{} rules hold: {}", rules.len(), rules.join(", ")));
}

fn carried_out(page: &mut Page<'_>, trace: &Trace<'_>) {
    let mut versions = trace.decision.iter();
    if let Some(first) = versions.next() {
        page.step(first.at, "act", "Hand::take", &state(first));
    }
    let agreed = trace.decision.iter().find(|d| d.state.word() == "approved");
    if let Some((d, verdict)) = agreed.and_then(|d| Some((d, d.verdict.as_ref()?))).filter(|(_, v)| v.by != "policy") {
        let words = format!("{} says yes: {}; {}", verdict.by, verdict.reason, state(d));
        page.step(verdict.at, "act", "Hand::judge", &words);
    }
    let Some(sent) = trace.command.iter().find(|c| c.state == CommandState::Sent) else { return };
    page.step(sent.at, "act", "envelope::admit", "the machine was heard, its state, the value, the rest and the ranks allow it");
    page.step(sent.at, "act", "Hand::send", &command(page, sent));
    page.step(sent.at, "node", "Loop::make_durable", "readings and records are on disk before anything leaves");
    page.step(sent.at, "drivers", "Sink::encode", "the value is written to the machine");
    let Some(answered) = trace.command.iter().find(|c| c.state == CommandState::Acknowledged) else { return };
    let at = answered.answered.unwrap_or(answered.at);
    page.step(at, "act", "Hand::answer", &command(page, answered));
}

fn measured(page: &mut Page<'_>, trace: &Trace<'_>) {
    let o = trace.outcome;
    page.step(o.at, "act", "Hand::step", "");
    let words = format!(
        "{} of {}: measured {}, expected {}, from {} to {}; rests on {}",
        o.id,
        o.decision,
        effect(&o.measured),
        effect(&o.expected),
        short(o.window.from),
        short(o.window.to),
        page.because(&o.because)
    );
    page.step(o.at, "act", &format!("{}::effect", o.from), &words);
    if let Some(last) = trace.decision.last() {
        page.step(o.at, "act", "Hand::close", &state(last));
    }
    if let Some(truth) = trace.truth {
        let words = format!("the same world without {}: {} {}", o.decision, figure(truth), o.measured.metric.unit());
        page.step(o.at, "simulate", "experiment::judge", &words);
    }
}

impl Page<'_> {
    /// One step; its words are broken at blanks.
    fn step(&mut self, at: Instant, room: &str, function: &str, words: &str) {
        let time = if self.at.replace(at) == Some(at) { String::new() } else { short(at) };
        let mut line = format!("{time:<14} {room:<8} {function:<25}");
        for word in words.split(' ').filter(|w| !w.is_empty()) {
            let used = line.chars().count();
            if used > WORDS_AT && used + 1 + word.chars().count() > COLUMNS {
                self.text.push_str(line.trim_end());
                self.text.push('\n');
                line = " ".repeat(WORDS_AT - 1);
            }
            line.push(' ');
            line.push_str(word);
        }
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
    fn place(&self, channel: ChannelId) -> String {
        let channel = self.plant.channel(channel);
        format!("{}/{}", self.plant.machine(channel.machine).name, channel.name)
    }
    fn because(&self, because: &[Because]) -> String {
        let one = |b: &Because| match b {
            Because::Record(id) => id.to_string(),
            Because::Readings { channel, window } => format!("{} since {}", self.place(*channel), short(window.from)),
            Because::Order(order) => format!("order {}", self.plant.order(*order).name),
        };
        because.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// Month, day and time of day to the second.
fn short(at: Instant) -> String {
    let (_, month, day, hour, minute, second, _) = at.civil();
    format!("{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

fn state(decision: &Decision) -> String {
    format!("{} is {}", decision.id, decision.state.word())
}

fn command(page: &Page<'_>, command: &Command) -> String {
    let value = match &command.value {
        CommandValue::Number(number) => figure(*number),
        CommandValue::Word(word) => format!("`{word}`"),
    };
    let state = if command.state == CommandState::Sent { "sent" } else { "acknowledged" };
    format!("{} {state}: {} = {value}", command.id, page.place(command.channel))
}

fn action(action: &Action) -> String {
    match action {
        Action::Standby => "standby".to_owned(),
        Action::Wake => "wake".to_owned(),
        Action::Service(word) => format!("service of the {word}"),
        Action::Speed(percent) => format!("speed {} %", figure(*percent)),
        Action::Run(order) => format!("order number {} next", order.0),
    }
}

fn effect(effect: &Effect) -> String {
    format!("{} {}", estimate(&effect.value), effect.metric.unit())
}

fn estimate(e: &Estimate) -> String {
    if e.low == e.high { figure(e.value) } else { format!("{} [{}, {}]", figure(e.value), figure(e.low), figure(e.high)) }
}

fn proofs(evidence: &[Evidence]) -> String {
    evidence.iter().map(proof).collect::<Vec<_>>().join(", ")
}

fn proof(evidence: &Evidence) -> String {
    let unit = if evidence.unit == "1" { String::new() } else { format!(" {}", evidence.unit) };
    let normal = evidence.normal.map_or(String::new(), |n| format!(" (normal {})", figure(n)));
    format!("{} {}{unit}{normal}", evidence.name, estimate(&evidence.value))
}

/// A number to about three figures.
fn figure(number: f64) -> String {
    let size = number.abs();
    if size >= 100.0 || number == number.round() {
        format!("{number:.0}")
    } else if size >= 10.0 {
        format!("{number:.1}")
    } else {
        format!("{number:.2}")
    }
}
