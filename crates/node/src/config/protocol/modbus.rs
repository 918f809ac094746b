//! The meaning of the settings of a Modbus TCP client.

use super::{Settings, Typed};
use crate::config::meaning::Judge;
use drivers::modbus::Config;

pub(super) const SETTINGS: Settings = Settings { word: "modbus", signs_in: false, typed: |form| form.modbus.is_some(), wire };

fn wire(judge: &mut Judge<'_>, typed: &Typed<'_>) -> Option<drivers::Config> {
    let mut config = Config::at(typed.address).ok()?;
    let (settings, trail) = (typed.form.modbus.clone().unwrap_or_default(), typed.trail.key("modbus"));
    judge.time(&trail.key("poll_every"), settings.poll_every.as_ref(), &mut config.poll);
    judge.time(&trail.key("repeat_every"), settings.repeat_every.as_ref(), &mut config.heartbeat);
    judge.time(&trail.key("answer_within"), settings.answer_within.as_ref(), &mut config.timeout);
    config.channels = judge.places(typed.places);
    Some(drivers::Config::Modbus(config))
}
