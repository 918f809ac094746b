//! The meaning of the settings of an OPC UA client.

use super::{Settings, Typed};
use crate::config::meaning::Judge;
use drivers::opcua::Config;

pub(super) const SETTINGS: Settings = Settings { word: "opcua", signs_in: true, typed: |form| form.opcua.is_some(), wire };

fn wire(judge: &mut Judge<'_>, typed: &Typed<'_>) -> Option<drivers::Config> {
    let mut config = Config::at(typed.address).ok()?;
    let (settings, trail) = (typed.form.opcua.clone().unwrap_or_default(), typed.trail.key("opcua"));
    judge.time(&trail.key("sample_every"), settings.sample_every.as_ref(), &mut config.sampling);
    judge.time(&trail.key("publish_every"), settings.publish_every.as_ref(), &mut config.publishing);
    judge.time(&trail.key("answer_within"), settings.answer_within.as_ref(), &mut config.timeout);
    config.queue = settings.queue.unwrap_or(config.queue);
    config.channels = judge.places(typed.places);
    Some(drivers::Config::OpcUa(Config { credentials: typed.credentials(), ..config }))
}
