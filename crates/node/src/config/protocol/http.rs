//! The meaning of the settings of an HTTP listener.

use super::{Settings, Typed};
use crate::config::meaning::Judge;
use drivers::http::{Acknowledge, Address, Config, Target};
use plant::ChannelId;
use std::collections::HashMap;

pub(super) const SETTINGS: Settings = Settings { word: "http", signs_in: true, typed: |form| form.http.is_some(), wire };

fn wire(judge: &mut Judge<'_>, typed: &Typed<'_>) -> Option<drivers::Config> {
    let mut config = Config::at(typed.address).ok()?;
    let settings = typed.form.http.clone().unwrap_or_default();
    config.body_max = settings.body_mib_max.map_or(config.body_max, |mib| mib as usize * (1 << 20));
    config.connections_max = settings.connections_max.map_or(config.connections_max, |most| most as usize);
    config.acknowledge = match settings.acknowledge.as_deref() {
        Some("memory") => Acknowledge::Memory,
        _ => Acknowledge::Journal,
    };
    let target = |place: &crate::config::meaning::Place<'_>| {
        (place.channel, Target { channel: place.channel, machine: place.machine, is_word: place.kind.is_word() })
    };
    let targets: HashMap<ChannelId, Target> = typed.places.iter().map(target).collect();
    let places: Vec<(ChannelId, Address)> = judge.places(typed.places);
    config.channels = places.into_iter().filter_map(|(channel, address)| Some((*targets.get(&channel)?, address))).collect();
    Some(drivers::Config::Http(Config { credentials: typed.credentials(), ..config }))
}
