//! The meaning of the settings of MQTT, and the files they name.

use super::{Settings, Typed};
use crate::config::fault::{Fault, Faults, Trail};
use crate::config::form::MqttForm;
use crate::config::meaning::Judge;
use drivers::Credentials;
use drivers::broker::filter::is_filter;
use drivers::mqtt::packet::Version;
use drivers::mqtt::{Config, Place, Shape};
use std::path::{Path, PathBuf};

pub(super) const SETTINGS: Settings = Settings { word: "mqtt", signs_in: true, typed: |form| form.mqtt.is_some(), wire };

/// The files that a source's settings name; read when the unit starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    certificates: Option<PathBuf>,
    key: Option<PathBuf>,
    users: Option<PathBuf>,
}

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

/// The files of a source, relative to the folder of the configuration.
pub fn files(form: Option<&MqttForm>, folder: &Path) -> Files {
    let place = |file: &Option<String>| file.as_ref().map(|file| folder.join(file));
    let none = MqttForm::default();
    let form = form.unwrap_or(&none);
    Files { certificates: place(&form.certificates), key: place(&form.key), users: place(&form.users_file) }
}

/// Reads the files into the driver's configuration. A name to sign in with is, for our broker, one who may connect.
///
/// # Errors
/// Every file that cannot be read or is not what it should be.
pub fn fill(config: &mut Config, files: &Files) -> Result<(), Vec<Fault>> {
    let mut faults = Vec::new();
    let mut bytes = |file: &Option<PathBuf>, allowed: &str| {
        let Some(file) = file else { return Vec::new() };
        std::fs::read(file).unwrap_or_else(|error| {
            faults.extend(Faults::of_file(&file.display().to_string(), error.to_string(), allowed).list);
            Vec::new()
        })
    };
    config.certificates = bytes(&files.certificates, "a file of certificates in PEM, which this user can read");
    config.key = bytes(&files.key, "a file with a private key in PEM, which this user can read");
    let users = bytes(&files.users, USERS);
    if let Some(file) = &files.users {
        match read_users(&users) {
            Ok(users) => config.users = users,
            Err(found) => faults.extend(Faults::of_file(&file.display().to_string(), found, USERS).list),
        }
    }
    if matches!(config.place, Place::Listen(_)) {
        config.users.extend(config.credentials.take());
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

const USERS: &str = "a file with one name:password a line, which this user can read";

fn read_users(bytes: &[u8]) -> Result<Vec<Credentials>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "bytes that are no text".to_owned())?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |(number, line): (usize, &str)| match line.split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() => {
            Ok(Credentials { name: name.to_owned(), password: password.to_owned() })
        }
        // the line may hold a password
        _ => Err(format!("line {} without name or password", number + 1)),
    };
    let users: Vec<Credentials> = lines.map(read).collect::<Result<_, _>>()?;
    if users.is_empty() { Err("nobody".to_owned()) } else { Ok(users) }
}
