//! The meaning of the settings of a Sparkplug B host application.

use super::{Settings, Typed};
use crate::config::meaning::Judge;
use drivers::sparkplug::Config;
use plant::ChannelKind;

pub(super) const SETTINGS: Settings =
    Settings { word: "sparkplug", signs_in: true, typed: |form| form.sparkplug.is_some(), wire };

fn wire(judge: &mut Judge<'_>, typed: &Typed<'_>) -> Option<drivers::Config> {
    let mut config = Config::at(typed.address).ok()?;
    let (settings, trail) = (typed.form.sparkplug.clone().unwrap_or_default(), typed.trail.key("sparkplug"));
    judge.time(&trail.key("reorder_within"), settings.reorder_within.as_ref(), &mut config.reorder);
    judge.time(&trail.key("echo_within"), settings.echo_within.as_ref(), &mut config.echo);
    judge.time(&trail.key("answer_within"), settings.answer_within.as_ref(), &mut config.timeout);
    config.payload_max = settings.payload_kib_max.map_or(config.payload_max, |kib| kib as usize * 1024);
    match settings.host_id {
        Some(id) if drivers::sparkplug::check_host_id(&id) => config.host_id = id,
        Some(_) => judge.refuse(&trail.key("host_id"), drivers::sparkplug::HOST_ID),
        None => {}
    }
    config.events = typed.places.iter().filter(|place| place.kind == ChannelKind::Event).map(|place| place.channel).collect();
    config.channels = judge.places(typed.places);
    Some(drivers::Config::Sparkplug(Config { credentials: typed.credentials(), ..config }))
}
