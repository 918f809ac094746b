//! The meaning of the settings of a Modbus client.

use super::{Settings, Typed};
use crate::config::meaning::Judge;
use drivers::modbus::{Config, Framing, WriteWith};

pub(super) const SETTINGS: Settings = Settings { word: "modbus", signs_in: false, typed: |form| form.modbus.is_some(), wire };

fn wire(judge: &mut Judge<'_>, typed: &Typed<'_>) -> Option<drivers::Config> {
    let mut config = Config::at(typed.address).ok()?;
    let (settings, trail) = (typed.form.modbus.clone().unwrap_or_default(), typed.trail.key("modbus"));
    judge.time(&trail.key("poll_every"), settings.poll_every.as_ref(), &mut config.poll);
    judge.time(&trail.key("repeat_every"), settings.repeat_every.as_ref(), &mut config.heartbeat);
    judge.time(&trail.key("answer_within"), settings.answer_within.as_ref(), &mut config.timeout);
    config.framing = settings.framing.as_deref().and_then(Framing::by_word).unwrap_or_default();
    let limits = &mut config.limits;
    limits.registers_max = settings.registers_max.unwrap_or(limits.registers_max);
    limits.bits_max = settings.bits_max.unwrap_or(limits.bits_max);
    limits.gap_max = settings.gap_max.unwrap_or(limits.gap_max);
    limits.write = settings.write_with.as_deref().and_then(WriteWith::by_word).unwrap_or_default();
    for (i, range) in settings.forbidden.iter().flatten().enumerate() {
        match range.parse() {
            Ok(range) => limits.forbidden.push(range),
            Err(error) => {
                let error: drivers::AddressError = error;
                judge.refuse(&trail.key("forbidden").index(i), format!("{} (`{range}`: {})", error.allowed, error.trouble));
            }
        }
    }
    config.channels = judge.places(typed.places);
    Some(drivers::Config::Modbus(config))
}
