//! The meaning of the settings of a file or a watched folder.

use super::{Settings, Typed};
use crate::config::fault::Trail;
use crate::config::form::{FileForm, FileTimeForm};
use crate::config::meaning::Judge;
use drivers::file::table::{Encoding, Style};
use drivers::file::time::{FORMATS_ALLOWED, TimeFormat};
use drivers::file::{Config, Long};
use jiff::tz::TimeZone;

pub(super) const SETTINGS: Settings = Settings { word: "file", signs_in: false, typed: |form| form.file.is_some(), wire };

fn wire(judge: &mut Judge<'_>, typed: &Typed<'_>) -> Option<drivers::Config> {
    let mut config = Config::at(typed.address).ok()?;
    let (settings, trail) = (typed.form.file.clone().unwrap_or_default(), typed.trail.key("file"));
    config.path = typed.folder.join(&config.path);
    judge.time(&trail.key("poll_every"), settings.poll_every.as_ref(), &mut config.poll);
    judge.time(&trail.key("settle"), settings.settle.as_ref(), &mut config.settle);
    config.bytes_max = settings.file_mib_max.map_or(config.bytes_max, |mib| u64::from(mib) << 20);
    config.style = style(judge, &trail, &settings)?;
    let time = settings.time.unwrap_or_else(|| FileTimeForm { columns: config.times.clone(), formats: Vec::new(), zone: None });
    if time.columns.is_empty() {
        judge.refuse(&trail.key("time").key("columns"), "at least one column");
    }
    config.formats = formats(judge, &trail.key("time"), &time, typed.zone)?;
    config.times = time.columns;
    config.files = settings.files;
    config.machine = settings.machine;
    config.long = settings.long.map(|long| Long { name: long.name, value: long.value });
    config.decimal_comma = settings.decimal.as_deref() == Some(",");
    config.skip = settings.skip;
    config.channels = judge.places(typed.places);
    config.words = typed.places.iter().filter(|p| p.kind.is_word()).map(|p| p.channel).collect();
    Some(drivers::Config::File(config))
}

fn style(judge: &mut Judge<'_>, trail: &Trail, settings: &FileForm) -> Option<Style> {
    let delimiter = match settings.delimiter.as_deref() {
        None => None,
        Some("\\t" | "\t") => Some(b'\t'),
        Some(sign) if sign.len() == 1 => Some(sign.as_bytes()[0]),
        Some(_) => {
            judge.refuse(&trail.key("delimiter"), "one sign such as `,`, `;` or `\\t`");
            return None;
        }
    };
    let encoding = settings.encoding.as_deref().map_or(Some(Encoding::Utf8), Encoding::from_word)?;
    let above = u64::from(settings.above.unwrap_or(0));
    Some(Style { delimiter, encoding, above, names: settings.columns.clone(), sheet: settings.sheet.clone() })
}

fn formats(judge: &mut Judge<'_>, trail: &Trail, form: &FileTimeForm, site: &str) -> Option<Vec<TimeFormat>> {
    let Ok(zone) = TimeZone::get(form.zone.as_deref().unwrap_or(site)) else {
        judge.refuse(&trail.key("zone"), "an IANA time zone such as `UTC` or `Europe/Berlin`");
        return None;
    };
    let usual = ["rfc3339".to_owned()];
    let words = if form.formats.is_empty() { &usual[..] } else { &form.formats[..] };
    let mut formats = Vec::new();
    for (i, word) in words.iter().enumerate() {
        match TimeFormat::of(word, zone.clone()) {
            Some(format) => formats.push(format),
            None => judge.refuse(&trail.key("formats").index(i), FORMATS_ALLOWED),
        }
    }
    Some(formats)
}
