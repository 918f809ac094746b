//! A session with one server: endpoints asked for, one chosen, certificates checked, signed in. Enters: a configuration. Leaves: a
//! [`Session`] with its events. Absent: what is read.

use super::config::{Config, Mode, Security};
use super::trust;
use crate::browse::{BrowseError, Trouble};
use futures::{Stream, StreamExt};
use opcua::client::{Client, ClientBuilder, IdentityToken, Session, SessionPollResult, SubscriptionActivity};
use opcua::crypto::SecurityPolicy;
use opcua::types::{EndpointDescription, MessageSecurityMode, StatusCode, UserTokenType};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Largest message taken [byte].
const MESSAGE_MAX: usize = 64 << 20;
/// Largest chunk of a message taken [byte].
const CHUNK_MAX: usize = 1 << 20;
/// Most elements of one array, values of one notification among them.
pub(super) const ARRAY_MAX: usize = 100_000;
/// How long the server keeps a session that is not heard of [ms]; as long a lost connection can be taken up again.
pub(super) const SESSION_TIMEOUT_MS: u32 = 60_000;

/// What happens to a session; to be polled for anything to happen.
pub(super) type Events = Pin<Box<dyn Stream<Item = Result<SessionPollResult, StatusCode>> + Send>>;

/// Opens a session; `name` is its name at the server.
///
/// # Errors
/// Why not, in a sentence.
pub(super) async fn open(config: &Config, name: String) -> Result<(Arc<Session>, Events), BrowseError> {
    let failed = |trouble: Trouble, e: String| BrowseError::new(trouble, format!("{}: {e}", config.endpoint));
    let refused = |e: String| failed(Trouble::Refused, e);
    let mut client = client(config, name).await.map_err(refused)?;
    let asked = timeout(config.timeout, client.get_server_endpoints_from_url(config.endpoint.as_str())).await;
    let endpoints = asked
        .map_err(|_| failed(Trouble::Unreachable, format!("no answer within {:?}", config.timeout)))?
        .map_err(|e| failed(unasked(e.status()), e.to_string()))?;
    let endpoint = choose(&endpoints, config).map_err(refused)?;
    if config.security != Security::None {
        let (folder, sent) = (folder(config).map_err(refused)?, endpoint.server_certificate.clone());
        let pinned = config.server_thumbprint.clone();
        let checked = blocking(move || trust::check_server(&folder, &sent, pinned.as_deref())).await;
        checked.map_err(|e| failed(Trouble::Untrusted, e))?;
    }
    let identity = identity(config).map_err(|e| failed(Trouble::LoginNeeded, e))?;
    let (session, event_loop) = client.connect_to_endpoint_directly(endpoint, identity).map_err(|e| refused(e.to_string()))?;
    let mut events: Events = Box::pin(event_loop.enter());
    loop {
        match events.next().await {
            Some(Ok(SessionPollResult::Reconnected(_))) => return Ok((session, events)),
            Some(Ok(SessionPollResult::ReconnectFailed(status)) | Err(status)) => return Err(turned_away(config, status)),
            None => return Err(failed(Trouble::Unreachable, "the session was closed".to_owned())),
            Some(Ok(_)) => {}
        }
    }
}

/// What kept a server from telling its endpoints.
fn unasked(status: StatusCode) -> Trouble {
    match status {
        // somebody took the connection and then said nothing that could be read
        StatusCode::BadConnectionClosed | StatusCode::BadTcpMessageTypeInvalid | StatusCode::BadDecodingError => {
            Trouble::WrongProtocol
        }
        _ => Trouble::Unreachable,
    }
}

/// A refusal at the beginning of a session, with what can be done about it.
fn turned_away(config: &Config, status: StatusCode) -> BrowseError {
    let (trouble, advice) = match status {
        StatusCode::BadIdentityTokenRejected | StatusCode::BadIdentityTokenInvalid | StatusCode::BadUserAccessDenied => {
            (Trouble::LoginNeeded, "; the server does not know this user, or not this password or certificate")
        }
        StatusCode::BadSecurityChecksFailed | StatusCode::BadCertificateUntrusted if config.security != Security::None => (
            Trouble::Untrusted,
            "; the server does not trust our certificate: hand it own/certificate.der from the folder of certificates",
        ),
        status if is_of_the_line(status) => (Trouble::Unreachable, ""),
        _ => (Trouble::Refused, ""),
    };
    BrowseError::new(trouble, format!("{}: cannot connect: {status}{advice}", config.endpoint))
}

async fn client(config: &Config, name: String) -> Result<Client, String> {
    let mut builder = ClientBuilder::new()
        .application_name("Socium")
        .session_retry_limit(-1)
        .session_retry_initial(Duration::from_millis(250))
        .session_retry_max(Duration::from_secs(10))
        .recreate_subscriptions(false)
        .request_timeout(config.timeout)
        .keep_alive_interval(config.timeout)
        .max_failed_keep_alive_count(2)
        .session_timeout(SESSION_TIMEOUT_MS)
        .max_message_size(MESSAGE_MAX)
        .max_chunk_count(0)
        .max_incoming_chunk_size(CHUNK_MAX)
        .max_array_length(ARRAY_MAX)
        // the certificate itself is what is trusted, see decision 0070
        .verify_server_certs(false)
        .session_name(name);
    builder = match &config.certificates {
        Some(folder) if config.security != Security::None => {
            let own = folder.clone();
            blocking(move || trust::ensure_own(&own)).await?;
            builder
                .application_uri(trust::application_uri())
                .pki_dir(folder)
                .certificate_path(trust::OWN_CERTIFICATE)
                .private_key_path(trust::OWN_KEY)
        }
        _ => builder.application_uri("urn:socium").pki_dir(std::env::temp_dir().join("socium-pki")),
    };
    builder.client().map_err(|errors| errors.join("; "))
}

fn folder(config: &Config) -> Result<std::path::PathBuf, String> {
    config.certificates.clone().ok_or_else(|| "protection needs a folder of certificates, and none is set".to_owned())
}

fn identity(config: &Config) -> Result<IdentityToken, String> {
    match (&config.user_certificate, &config.credentials) {
        (Some(pair), _) => {
            let (certificate, key) = trust::user(pair)?;
            Ok(IdentityToken::new_x509(certificate, key))
        }
        (None, Some(user)) => Ok(IdentityToken::new_user_name(user.name.clone(), user.password.clone())),
        (None, None) => Ok(IdentityToken::Anonymous),
    }
}

/// Runs what waits for the disk or computes a key, away from the other tasks.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|e| e.to_string())?
}

/// The endpoint that a configuration wishes for, at the address it names: a server may know itself by another.
///
/// # Errors
/// The server has none; what it has.
pub(super) fn choose(endpoints: &[EndpointDescription], config: &Config) -> Result<EndpointDescription, String> {
    let signs_in = match (&config.user_certificate, &config.credentials) {
        (Some(_), _) => UserTokenType::Certificate,
        (None, Some(_)) => UserTokenType::UserName,
        (None, None) => UserTokenType::Anonymous,
    };
    let fits = |e: &&EndpointDescription| {
        let policy = policy(e);
        let protected = e.security_mode == mode(config.mode);
        e.endpoint_url.as_ref().starts_with("opc.tcp://")
            && takes(e, signs_in)
            && match config.security {
                Security::None => policy == Some(Security::None) && e.security_mode == MessageSecurityMode::None,
                Security::Best => protected && policy.is_some_and(|p| p != Security::None),
                wished => protected && policy == Some(wished),
            }
    };
    let best = endpoints.iter().filter(fits).max_by_key(|e| e.security_level);
    let mut endpoint = best.cloned().ok_or_else(|| none_fits(endpoints, config, signs_in))?;
    let there = config.endpoint.trim_start_matches("opc.tcp://").split('/').next().unwrap_or_default().to_owned();
    let path = endpoint.endpoint_url.as_ref().trim_start_matches("opc.tcp://").split_once('/').map_or("", |(_, path)| path);
    endpoint.endpoint_url = format!("opc.tcp://{there}/{path}").into();
    Ok(endpoint)
}

fn none_fits(endpoints: &[EndpointDescription], config: &Config, signs_in: UserTokenType) -> String {
    let mut offers: Vec<String> = endpoints
        .iter()
        .map(|e| {
            let policy = policy(e).map_or_else(|| e.security_policy_uri.as_ref().to_owned(), |p| p.word().to_owned());
            let mode = match e.security_mode {
                MessageSecurityMode::Sign => " sign",
                MessageSecurityMode::SignAndEncrypt => " sign_and_encrypt",
                _ => "",
            };
            let users: Vec<&str> = TOKENS.iter().filter(|(token, _)| takes(e, *token)).map(|(_, word)| *word).collect();
            format!("{policy}{mode} ({})", users.join(", "))
        })
        .collect();
    offers.sort();
    offers.dedup();
    let mode = if config.security == Security::None { String::new() } else { format!(" {}", config.mode.word()) };
    let user = TOKENS.iter().find(|(token, _)| *token == signs_in).map_or("", |(_, word)| word);
    format!(
        "the server offers no endpoint with security {}{mode} ({user}); it offers {}",
        config.security.word(),
        offers.join("; ")
    )
}

const TOKENS: [(UserTokenType, &str); 3] =
    [(UserTokenType::Anonymous, "no name"), (UserTokenType::UserName, "name"), (UserTokenType::Certificate, "certificate")];

fn takes(endpoint: &EndpointDescription, token: UserTokenType) -> bool {
    match &endpoint.user_identity_tokens {
        Some(tokens) if !tokens.is_empty() => tokens.iter().any(|t| t.token_type == token),
        _ => token == UserTokenType::Anonymous,
    }
}

const fn mode(mode: Mode) -> MessageSecurityMode {
    match mode {
        Mode::Sign => MessageSecurityMode::Sign,
        Mode::SignAndEncrypt => MessageSecurityMode::SignAndEncrypt,
    }
}

/// The policy of an endpoint, where it is one that we speak; those that are broken (Basic128Rsa15, Basic256) are not.
fn policy(endpoint: &EndpointDescription) -> Option<Security> {
    match SecurityPolicy::from_uri(endpoint.security_policy_uri.as_ref()) {
        SecurityPolicy::None => Some(Security::None),
        SecurityPolicy::Basic256Sha256 => Some(Security::Basic256Sha256),
        SecurityPolicy::Aes128Sha256RsaOaep => Some(Security::Aes128Sha256RsaOaep),
        SecurityPolicy::Aes256Sha256RsaPss => Some(Security::Aes256Sha256RsaPss),
        _ => None,
    }
}

/// What an event of the session says of the connection: `Some` when it is lost.
pub(super) fn loss(event: Option<&Result<SessionPollResult, StatusCode>>) -> Option<String> {
    match event {
        None => Some("the session was closed".to_owned()),
        Some(Err(status)) => Some(format!("cannot connect: {status}")),
        Some(Ok(SessionPollResult::ConnectionLost(status))) => Some(format!("connection lost: {status}")),
        Some(Ok(SessionPollResult::ReconnectFailed(status))) => Some(format!("cannot connect: {status}")),
        Some(Ok(SessionPollResult::Subscription(SubscriptionActivity::FatalFailure(status)))) => {
            Some(format!("publishing failed: {status}"))
        }
        Some(Ok(_)) => None,
    }
}

/// Drives the session while something is asked of it.
///
/// # Errors
/// The connection was lost meanwhile.
pub(super) async fn driven<T>(events: &mut Events, asking: impl Future<Output = T>) -> Result<T, String> {
    tokio::pin!(asking);
    loop {
        tokio::select! {
            answer = &mut asking => return Ok(answer),
            event = events.next() => loss(event.as_ref()).map_or(Ok(()), Err)?,
        }
    }
}

/// Closes the session in good order.
pub(super) async fn close(session: &Arc<Session>, events: &mut Events, wait: Duration) {
    let closing = session.disconnect();
    tokio::pin!(closing);
    let both = async {
        loop {
            tokio::select! {
                _ = &mut closing => return,
                event = events.next() => if event.is_none() { return },
            }
        }
    };
    let _ = timeout(wait, both).await;
}

/// Whether a status speaks of the way to the server, so that the session may be taken up later.
pub(super) fn is_of_the_line(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadCommunicationError
            | StatusCode::BadConnectionClosed
            | StatusCode::BadConnectionRejected
            | StatusCode::BadNotConnected
            | StatusCode::BadTimeout
            | StatusCode::BadRequestTimeout
            | StatusCode::BadServerHalted
            | StatusCode::BadServerNotConnected
            | StatusCode::BadShutdown
            | StatusCode::BadTcpServerTooBusy
            | StatusCode::BadSecureChannelClosed
            | StatusCode::BadNoCommunication
    )
}
