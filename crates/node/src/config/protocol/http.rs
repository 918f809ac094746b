//! The meaning of the settings of an HTTP listener.

use super::{Settings, Typed};
use crate::config::meaning::Judge;
use drivers::http::{Acknowledge, Address, Config, Target};
use plant::ChannelId;
use std::collections::HashMap;

pub(super) const SETTINGS: Settings = Settings { word: "http", signs_in: true, typed: |form| form.http.is_some(), wire };

/// Whether the files go with the address, and beyond loopback a name with both.
fn fits(judge: &mut Judge<'_>, typed: &Typed<'_>, config: &Config) {
    let settings = typed.form.http.as_ref();
    let files =
        [("certificates", settings.and_then(|s| s.certificates.as_ref())), ("key", settings.and_then(|s| s.key.as_ref()))];
    if !config.secure {
        for (key, _) in files.iter().filter(|(_, file)| file.is_some()) {
            judge.refuse(&typed.trail.key("http").key(key), "nothing: it belongs to an address such as `https://0.0.0.0:8086`");
        }
    } else if files.iter().any(|(_, file)| file.is_none()) {
        judge.refuse(
            &typed.trail.key("address"),
            "`https://` with the files `http.certificates` and `http.key` of the unit's certificate",
        );
    }
    if typed.form.user.is_some() && typed.form.password_file.is_none() {
        judge.refuse(&typed.trail.key("user"), "a name with its `password_file`");
    }
    let has_name = typed.form.user.is_some() && typed.form.password_file.is_some();
    if !config.listen.ip().is_loopback() && !has_name {
        judge
            .refuse(&typed.trail.key("address"), "beyond loopback with `user` and `password_file`, which are the clients' token");
    }
}

fn wire(judge: &mut Judge<'_>, typed: &Typed<'_>) -> Option<drivers::Config> {
    let mut config = Config::at(typed.address).ok()?;
    let settings = typed.form.http.clone().unwrap_or_default();
    config.body_max = settings.body_mib_max.map_or(config.body_max, |mib| mib as usize * (1 << 20));
    config.connections_max = settings.connections_max.map_or(config.connections_max, |most| most as usize);
    config.acknowledge = match settings.acknowledge.as_deref() {
        Some("memory") => Acknowledge::Memory,
        _ => Acknowledge::Journal,
    };
    fits(judge, typed, &config);
    let target = |place: &crate::config::meaning::Place<'_>| {
        (place.channel, Target { channel: place.channel, machine: place.machine, is_word: place.kind.is_word() })
    };
    let targets: HashMap<ChannelId, Target> = typed.places.iter().map(target).collect();
    let places: Vec<(ChannelId, Address)> = judge.places(typed.places);
    config.channels = places.into_iter().filter_map(|(channel, address)| Some((*targets.get(&channel)?, address))).collect();
    Some(drivers::Config::Http(Config { credentials: typed.credentials(), ..config }))
}
