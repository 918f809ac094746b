//! The meaning of the settings of MQTT.

use super::{Settings, Typed};
use crate::config::fault::Trail;
use crate::config::form::MqttForm;
use crate::config::meaning::Judge;
use drivers::broker::filter::is_filter;
use drivers::mqtt::packet::Version;
use drivers::mqtt::{Config, Place, Shape};

pub(super) const SETTINGS: Settings = Settings { word: "mqtt", signs_in: true, typed: |form| form.mqtt.is_some(), wire };

fn wire(judge: &mut Judge<'_>, typed: &Typed<'_>) -> Option<drivers::Config> {
    let mut config = Config::at(typed.address).ok()?;
    let (settings, trail) = (typed.form.mqtt.clone().unwrap_or_default(), typed.trail.key("mqtt"));
    judge.time(&trail.key("echo_within"), settings.echo_within.as_ref(), &mut config.echo);
    judge.time(&trail.key("answer_within"), settings.answer_within.as_ref(), &mut config.timeout);
    config.payload_max = settings.payload_kib_max.map_or(config.payload_max, |kib| kib as usize * 1024);
    if settings.version.as_deref() == Some("3.1.1") {
        config.version = Version::V4;
    }
    let part = |text: &String| !text.is_empty() && text.len() <= 64 && !text.contains(['+', '#', '/', '\0']);
    for (key, text) in [("client_id", &settings.client_id), ("group", &settings.group)] {
        if text.as_ref().is_some_and(|text| !part(text)) {
            judge.refuse(&trail.key(key), "a text of 1 to 64 bytes without +, # and /");
        }
    }
    for (i, filter) in settings.topics.iter().flatten().enumerate().filter(|(_, filter)| !is_filter(filter)) {
        judge.refuse(
            &trail.key("topics").index(i),
            format!("a topic filter such as `plant/#` or `plant/+/state`; `{filter}` is none"),
        );
    }
    fits(judge, (typed, &trail), (&config, &settings));
    config.client_id = settings.client_id.unwrap_or(config.client_id);
    (config.group, config.filters) = (settings.group, settings.topics.unwrap_or_default());
    let shape = |p: &crate::config::meaning::Place<'_>| Shape {
        machine: Some(p.machine),
        is_word: p.kind.is_word(),
        is_commanded: false,
    };
    config.shapes = typed.places.iter().map(|place| (place.channel, shape(place))).collect();
    config.channels = judge.places(typed.places);
    Some(drivers::Config::Mqtt(Config { credentials: typed.credentials(), ..config }))
}

/// Whether the settings go with the address: those of a client with a client, those of a broker with a broker.
fn fits(judge: &mut Judge<'_>, (typed, trail): (&Typed<'_>, &Trail), (config, settings): (&Config, &MqttForm)) {
    let address = typed.trail.key("address");
    let Place::Listen(listen) = config.place else {
        for (key, there) in [("key", settings.key.is_some()), ("users_file", settings.users_file.is_some())] {
            if there {
                judge.refuse(&trail.key(key), "nothing: it belongs to an address such as `listens://0.0.0.0:8883`");
            }
        }
        if settings.certificates.is_some() && !config.secure {
            judge.refuse(&trail.key("certificates"), "nothing: it belongs to an address such as `mqtts://host:8883`");
        }
        return;
    };
    let of_clients = [
        ("version", settings.version.is_some()),
        ("client_id", settings.client_id.is_some()),
        ("group", settings.group.is_some()),
        ("answer_within", settings.answer_within.is_some()),
    ];
    for (key, _) in of_clients.into_iter().filter(|(_, there)| *there) {
        judge.refuse(&trail.key(key), "nothing: it belongs to an address such as `mqtt://host:1883`");
    }
    if config.secure && (settings.certificates.is_none() || settings.key.is_none()) {
        judge.refuse(&address, "`listens://` with the files `mqtt.certificates` and `mqtt.key` of the unit's certificate");
    }
    if typed.form.user.is_some() && typed.form.password_file.is_none() {
        judge.refuse(&typed.trail.key("user"), "a name with its `password_file`");
    }
    let has_names = settings.users_file.is_some() || typed.form.user.is_some();
    let is_guarded = config.secure && has_names;
    if !listen.ip().is_loopback() && !is_guarded {
        judge.refuse(&address, "beyond loopback `listens://` with `mqtt.users_file`; without, `listen://127.0.0.1:1883`");
    }
}
