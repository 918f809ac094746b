//! The meaning of the settings of an OPC UA client, and where its certificates are.

use super::{Settings, Typed};
use crate::config::fault::Trail;
use crate::config::form::OpcUaForm;
use crate::config::meaning::Judge;
use drivers::opcua::{Config, KeyPair, Mode, Security, thumbprint};

pub(super) const SETTINGS: Settings = Settings { word: "opcua", signs_in: true, typed: |form| form.opcua.is_some(), wire };

/// Folder of certificates where none is named.
const CERTIFICATES: &str = "certificates";

fn wire(judge: &mut Judge<'_>, typed: &Typed<'_>) -> Option<drivers::Config> {
    let mut config = Config::at(typed.address).ok()?;
    let (settings, trail) = (typed.form.opcua.clone().unwrap_or_default(), typed.trail.key("opcua"));
    judge.time(&trail.key("sample_every"), settings.sample_every.as_ref(), &mut config.sampling);
    judge.time(&trail.key("publish_every"), settings.publish_every.as_ref(), &mut config.publishing);
    judge.time(&trail.key("answer_within"), settings.answer_within.as_ref(), &mut config.timeout);
    config.queue = settings.queue.unwrap_or(config.queue);
    config.dead_band_percent = settings.dead_band_percent.unwrap_or(config.dead_band_percent);
    config.security = settings.security.as_deref().and_then(Security::by_word).unwrap_or_default();
    config.mode = settings.mode.as_deref().and_then(Mode::by_word).unwrap_or_default();
    if config.security == Security::None {
        unprotected(judge, &trail, &settings);
    } else {
        config.certificates = Some(typed.folder.join(settings.certificates.as_deref().unwrap_or(CERTIFICATES)));
    }
    match settings.server_thumbprint.as_deref().map(thumbprint) {
        Some(Err(error)) => judge.refuse(&trail.key("server_thumbprint"), format!("{} ({})", error.allowed, error.trouble)),
        Some(Ok(digits)) => config.server_thumbprint = Some(digits),
        None => {}
    }
    config.user_certificate = match (settings.user_certificate, settings.user_key) {
        (Some(certificate), Some(key)) => {
            Some(KeyPair { certificate: typed.folder.join(certificate), key: typed.folder.join(key) })
        }
        (Some(_), None) => {
            judge.refuse(&trail.key("user_key"), "the file of the private key that belongs to `user_certificate`");
            None
        }
        (None, Some(_)) => {
            judge.refuse(&trail.key("user_certificate"), "the file of the certificate that belongs to `user_key`");
            None
        }
        (None, None) => None,
    };
    if config.user_certificate.is_some() && typed.form.user.is_some() {
        judge.refuse(&trail.key("user_certificate"), "nothing, as `user` signs in by name");
    }
    config.channels = judge.places(typed.places);
    Some(drivers::Config::OpcUa(Config { credentials: typed.credentials(), ..config }))
}

/// Settings that say nothing without protection.
fn unprotected(judge: &mut Judge<'_>, trail: &Trail, settings: &OpcUaForm) {
    let typed = [
        ("mode", settings.mode.is_some()),
        ("certificates", settings.certificates.is_some()),
        ("server_thumbprint", settings.server_thumbprint.is_some()),
        ("user_certificate", settings.user_certificate.is_some()),
    ];
    for (key, _) in typed.into_iter().filter(|(_, there)| *there) {
        judge.refuse(
            &trail.key(key),
            "nothing, as `security` is `none`; protection is asked for by `security = \"best\"` and others",
        );
    }
}
