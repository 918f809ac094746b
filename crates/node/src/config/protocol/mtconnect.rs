//! The meaning of the settings of an MTConnect client.

use super::{Settings, Typed};
use crate::config::meaning::Judge;
use drivers::mtconnect::Config;
use plant::ChannelKind;

pub(super) const SETTINGS: Settings =
    Settings { word: "mtconnect", signs_in: false, typed: |form| form.mtconnect.is_some(), wire };

fn wire(judge: &mut Judge<'_>, typed: &Typed<'_>) -> Option<drivers::Config> {
    let mut config = Config::at(typed.address).ok()?;
    let (settings, trail) = (typed.form.mtconnect.clone().unwrap_or_default(), typed.trail.key("mtconnect"));
    judge.time(&trail.key("poll_every"), settings.poll_every.as_ref(), &mut config.poll);
    judge.time(&trail.key("answer_within"), settings.answer_within.as_ref(), &mut config.timeout);
    config.count = settings.count_max.unwrap_or(config.count);
    config.document_max = settings.document_kib_max.map_or(config.document_max, |kib| kib as usize * 1024);
    if settings.certificates.is_some() && !config.secure {
        judge.refuse(&trail.key("certificates"), "nothing: it belongs to an address such as `https://host:5001`");
    }
    config.numbers = typed.places.iter().filter(|place| !place.kind.is_word()).map(|place| place.channel).collect();
    config.events = typed.places.iter().filter(|place| place.kind == ChannelKind::Event).map(|place| place.channel).collect();
    config.channels = judge.places(typed.places);
    Some(drivers::Config::MtConnect(config))
}
