//! What a value means to the rooms: its role and its kind. Enters: names, unit, data type, what was watched. Leaves: the best
//! guess with confidence and reasons. Absent: the other values of the machine, which may fit a role better (`machine`).

use crate::lists::{Fit, RoleWords, Saying, lists};
use crate::unit::words_without_unit;
use crate::{Data, Found, Guess, Reason, Watched, name};
use measure::Unit;
use plant::{ChannelKind, Role};

/// A name that says the role and nothing else.
const NAMED: f64 = 0.93;
/// A name that says the role among other words; each further word takes some away.
const NAMED_AMONG: f64 = 0.8;
const WORD_MORE: f64 = 0.06;
/// A standard's own word for it.
const STANDARD: f64 = 0.97;
/// What a unit of the right dimension adds, and what is lost where no unit is told.
const UNIT_FITS: f64 = 0.05;
const UNIT_LACKS: f64 = 0.15;
/// Least confidence of a role that is proposed.
const LEAST: f64 = 0.5;

/// How values follow each other, as far as data type and watching tell.
pub fn kind_of(found: &Found, watched: &Watched, unit: Option<&str>) -> Guess<ChannelKind> {
    let type_name = || Reason::Type(found.type_name.clone().unwrap_or_else(|| data_word(found.data).to_owned()));
    let is_word = match found.data {
        Data::Text | Data::Flag => true,
        Data::Real | Data::Whole => !found.words.is_empty(),
        Data::Unknown => !watched.words.is_empty(),
    };
    if is_word {
        if watched.returns_to_words() {
            return Guess::new(ChannelKind::State, 0.9, Reason::FewWords(watched.words.len()));
        }
        return Guess::new(ChannelKind::State, 0.75, type_name());
    }
    if watched.falls > 0 {
        return Guess::new(ChannelKind::Gauge, 0.9, Reason::RoseAndFell);
    }
    let amount = unit.is_some_and(|code| ["W.h", "kW.h", "MW.h", "J", "kJ", "MJ"].contains(&code));
    if amount {
        return Guess::new(ChannelKind::Counter, 0.85, Reason::UnitFits(unit.unwrap_or_default().to_owned()));
    }
    if watched.only_rose() && (watched.rises >= 3 || !watched.fraction) {
        let sure = if watched.rises >= 5 && !watched.fraction { 0.8 } else { 0.6 };
        return Guess::new(ChannelKind::Counter, sure, Reason::OnlyRose(watched.rises));
    }
    Guess::new(ChannelKind::Gauge, 0.6, type_name())
}

const fn data_word(data: Data) -> &'static str {
    match data {
        Data::Real | Data::Whole => "number",
        Data::Flag => "yes or no",
        Data::Text => "text",
        Data::Unknown => "unknown",
    }
}

/// The roles that names, standard, unit and values allow, best first. `inner` are the names within the machine.
pub fn roles_of(found: &Found, watched: &Watched, inner: &[String], unit: Option<&str>) -> Vec<Guess<Role>> {
    let words = meant(inner);
    let raw = inner.join(" ").to_lowercase();
    let mut guesses: Vec<Guess<Role>> = (lists().roles.iter())
        .filter_map(|(role, list)| Some((*role, said(list, found, &words, &raw)?)))
        .filter(|(role, _)| allows(*role, found, watched, unit))
        .map(|(role, said)| weighed(role, said, unit))
        .filter(|guess| guess.confidence >= LEAST)
        .collect();
    guesses.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    guesses
}

/// The words that say what is measured: without unit, without words that say nothing.
fn meant(inner: &[String]) -> Vec<String> {
    let (last, folders) = inner.split_last().map_or((None, &[][..]), |(last, folders)| (Some(last), folders));
    let last = last.map(|text| words_without_unit(text)).unwrap_or_default();
    let telling = |words: &[String]| -> Vec<String> {
        words.iter().filter(|w| !lists().fillers.contains(*w) && !w.chars().all(|c| c.is_ascii_digit())).cloned().collect()
    };
    let kept = telling(&last);
    if !kept.is_empty() {
        return kept;
    }
    // `Power/Actual`: the folder says what the value does not
    let above = folders.last().map(|folder| telling(&name::words(folder))).unwrap_or_default();
    if above.is_empty() { last } else { above }
}

/// Whether and how surely the lists of a role name the value, and by which words.
fn said(list: &RoleWords, found: &Found, words: &[String], raw: &str) -> Option<(f64, Reason)> {
    if let Some(term) = found.term.as_ref().filter(|t| list.terms.iter().any(|known| known == *t)) {
        return Some((STANDARD, Reason::Standard(term.clone())));
    }
    if list.not.iter().any(|saying| extra(saying, words, raw).is_some()) {
        return None;
    }
    let best = list.says.iter().filter_map(|saying| Some((extra(saying, words, raw)?, saying))).min_by_key(|(more, _)| *more)?;
    let sure = if best.0 == 0 { NAMED } else { WORD_MORE.mul_add(-((best.0 - 1) as f64), NAMED_AMONG) };
    Some((sure, Reason::Name(best.1.words.join(" "))))
}

/// Words of the name beyond the saying; `None` where it does not say it.
fn extra(saying: &Saying, words: &[String], raw: &str) -> Option<usize> {
    let first = saying.words.first()?;
    if name::is_han(first) {
        let whole: String = words.concat();
        let text = saying.words.concat();
        let all = whole.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
        return raw.contains(&text).then_some(usize::from(all != text));
    }
    match saying.fit {
        Fit::Whole => (words == saying.words).then_some(0),
        Fit::Ending => words.iter().any(|w| w.len() > first.len() && w.ends_with(first.as_str())).then_some(words.len()),
        Fit::Within => {
            let length = saying.words.len();
            let together = words.windows(length).any(|some| some == saying.words) || words.concat() == saying.words.concat();
            together.then(|| words.len().saturating_sub(length))
        }
    }
}

/// Whether data type, unit and what was watched leave the role possible.
fn allows(role: Role, found: &Found, watched: &Watched, unit: Option<&str>) -> bool {
    let is_text =
        found.data == Data::Text || !found.words.is_empty() || (found.data == Data::Unknown && !watched.words.is_empty());
    let is_number = matches!(found.data, Data::Real | Data::Whole) && found.words.is_empty()
        || (found.data == Data::Unknown && watched.words.is_empty());
    let fits = match role.kind() {
        Some(ChannelKind::State | ChannelKind::Event) => is_text,
        Some(ChannelKind::Counter) => is_number && watched.falls <= watched.rises / 10,
        Some(ChannelKind::Gauge) => is_number,
        None => true,
    };
    fits && same_dimension(role, unit).unwrap_or(true)
}

/// Whether the unit measures what the role demands; `None` where one of the two is not told.
fn same_dimension(role: Role, unit: Option<&str>) -> Option<bool> {
    let demanded = role.dimension()?;
    let told: Unit = unit?.parse().ok()?;
    Some(told.dimension() == demanded)
}

fn weighed(role: Role, (sure, reason): (f64, Reason), unit: Option<&str>) -> Guess<Role> {
    let mut reasons = vec![reason];
    let bare_number = role.dimension().is_none_or(|d| d == [0; 8]);
    let confidence = match same_dimension(role, unit) {
        Some(true) if !bare_number => {
            reasons.push(Reason::UnitFits(unit.unwrap_or_default().to_owned()));
            (sure + UNIT_FITS).min(0.99)
        }
        None if !bare_number => sure - UNIT_LACKS,
        _ => sure,
    };
    Guess { value: role, confidence, reasons }
}
