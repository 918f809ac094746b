//! Listening: on loopback as it is, beyond only with TLS. Enters: an address, and the paths of a certificate and its key.
//! Leaves: the address really bound, and a running server that ends gracefully.

use crate::flight::{self, TOKENS};
use crate::house::House;
use crate::one_time::OneTime;
use crate::passwords::{NotStarted, Passwords};
use crate::prompt::Prompt;
use crate::routes::router;
use crate::session::{Limits, Sessions};
use crate::windows::{Opening, Windows};
use axum::Router;
use axum_server::accept::Accept;
use axum_server::tls_rustls::RustlsConfig;
use axum_server::{Handle, Server};
use futures::TryFutureExt;
use futures::future::{Either, MapOk, Ready, ready};
use hyper_util::rt::TokioTimer;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long a client may take for the head of a request.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Connections at one time.
pub const CONNECTIONS_MAX: usize = 1_024;
/// How often a quiet gRPC connection is asked whether it is still there.
const ALIVE_EVERY: Duration = Duration::from_secs(60);
/// Calls of one gRPC connection at one time.
const CALLS_MAX: u32 = 32;
/// Longest head of a gRPC call [bytes].
const HEAD_BYTES_MAX: u32 = 16 * 1024;
/// How long open requests may still take when the windows close.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

/// Where the certificate and its key lie, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsPaths {
    /// The certificate, followed by those that signed it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl TlsPaths {
    /// Whether the windows would open with these files.
    ///
    /// # Errors
    /// One of them cannot be read or used, or they do not belong together.
    pub fn check(&self) -> Result<(), WebError> {
        tls_config(self, Speech::Http1).map(drop)
    }
}

/// Where and how to listen.
pub struct Listen {
    /// The address; port 0 takes a free one.
    pub address: SocketAddr,
    /// TLS, without which only a loopback address is allowed.
    pub tls: Option<TlsPaths>,
    /// The one-time token that lets the first person in.
    pub one_time: OneTime,
    /// Limits of sessions.
    pub sessions: Limits,
    /// Where BI tools are listened to, with the same TLS; `None` is nowhere.
    pub flight: Option<Flight>,
}

/// Where and how Flight SQL is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
    /// The address; port 0 takes a free one.
    pub address: SocketAddr,
    /// Limits of its tokens.
    pub tokens: Limits,
}

/// Why the windows cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Beyond loopback without TLS.
    #[error(
        "{address} can be reached from other computers, and without TLS passwords would travel in the clear; allowed are a \
         loopback address such as 127.0.0.1, or a certificate and its key"
    )]
    TlsNeeded {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The address cannot be bound.
    #[error("{address} cannot be listened on: {reason}")]
    Address {
        /// The address asked for.
        address: SocketAddr,
        /// The operating system's reason.
        reason: std::io::Error,
    },
    /// The certificate or the key cannot be used.
    #[error("TLS file {}: {reason}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The thread for passwords does not start.
    #[error(transparent)]
    Passwords(#[from] NotStarted),
}

/// Windows that are open.
pub struct Bound {
    address: SocketAddr,
    server: JoinHandle<std::io::Result<()>>,
    flight: Option<(SocketAddr, JoinHandle<std::io::Result<()>>)>,
}

impl Listen {
    /// On a loopback address, with a one-time token.
    pub fn loopback(address: SocketAddr, one_time: OneTime) -> Self {
        Self { address, tls: None, one_time, sessions: Limits::default(), flight: None }
    }
}

impl Bound {
    /// The address really bound.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
    /// The address really bound for Flight SQL.
    pub fn flight(&self) -> Option<SocketAddr> {
        self.flight.as_ref().map(|(address, _)| *address)
    }
    /// Waits until the windows are closed.
    ///
    /// # Errors
    /// The server broke.
    pub async fn closed(self) -> std::io::Result<()> {
        let pages = self.server.await.map_err(std::io::Error::other);
        if let Some((_, server)) = self.flight {
            server.await.map_err(std::io::Error::other)??;
        }
        pages?
    }
}

/// The version of HTTP that a door speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speech {
    /// Pages and API.
    Http1,
    /// gRPC.
    Http2,
}

impl Speech {
    /// How TLS calls it (RFC 7301).
    const fn protocol(self) -> &'static [u8] {
        match self {
            Self::Http1 => b"http/1.1",
            Self::Http2 => b"h2",
        }
    }
    /// Bytes with which a client has to begin in time; of HTTP/1.1 the server itself waits for the head of a request only so long.
    const fn preface(self) -> usize {
        match self {
            Self::Http1 => 0,
            // RFC 9113, 3.4, and the empty SETTINGS that follows at least
            Self::Http2 => 24 + 9,
        }
    }
    /// A server that speaks this and nothing else, within the limits.
    fn tuned<A>(self, server: Server<SocketAddr, A>) -> Server<SocketAddr, A> {
        match self {
            Self::Http1 => {
                let mut server = server.http1_only();
                server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
                server
            }
            Self::Http2 => {
                let mut server = server.http2_only();
                let mut http2 = server.http_builder().http2();
                http2.timer(TokioTimer::new()).keep_alive_interval(ALIVE_EVERY).keep_alive_timeout(HEAD_WITHIN);
                http2.max_concurrent_streams(CALLS_MAX).max_header_list_size(HEAD_BYTES_MAX);
                server
            }
        }
    }
}

fn tls_config(paths: &TlsPaths, speech: Speech) -> Result<Arc<rustls::ServerConfig>, WebError> {
    let wrong = |path: &Path, reason: String| WebError::Tls { path: path.to_owned(), reason };
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(&paths.certificate).and_then(|certificates| certificates.collect());
    let chain = chain.map_err(|e| wrong(&paths.certificate, e.to_string()))?;
    if chain.is_empty() {
        return Err(wrong(
            &paths.certificate,
            "no certificate in it; allowed is PEM that begins -----BEGIN CERTIFICATE-----".to_owned(),
        ));
    }
    let key = PrivateKeyDer::from_pem_file(&paths.key).map_err(|e| wrong(&paths.key, e.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(|e| wrong(&paths.certificate, e.to_string()))?;
    config.alpn_protocols = vec![speech.protocol().to_vec()];
    Ok(Arc::new(config))
}

/// A door that is bound and not yet open.
struct Door {
    listener: std::net::TcpListener,
    address: SocketAddr,
    tls: Option<RustlsConfig>,
    speech: Speech,
}

impl Door {
    fn bind(address: SocketAddr, tls: Option<&TlsPaths>, speech: Speech) -> Result<Self, WebError> {
        if !address.ip().is_loopback() && tls.is_none() {
            return Err(WebError::TlsNeeded { address });
        }
        let tls = tls.map(|paths| tls_config(paths, speech)).transpose()?.map(RustlsConfig::from_config);
        let bound = std::net::TcpListener::bind(address).and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok((listener.local_addr()?, listener))
        });
        let (address, listener) = bound.map_err(|reason| WebError::Address { address, reason })?;
        Ok(Self { listener, address, tls, speech })
    }

    /// Serves until `handle` says no more.
    fn open(self, router: Router, handle: Handle<SocketAddr>) -> Result<JoinHandle<std::io::Result<()>>, WebError> {
        let Self { listener, address, tls, speech } = self;
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let refused = |reason| WebError::Address { address, reason };
        let counting = handle.clone();
        Ok(match tls {
            Some(config) => {
                let server = axum_server::from_tcp_rustls(listener, config).map_err(refused)?;
                let server = speech.tuned(server.map(|inner| Bounded { inner, counting, speech }).handle(handle));
                tokio::spawn(server.serve(service))
            }
            None => {
                let server = axum_server::from_tcp(listener).map_err(refused)?;
                let server = speech.tuned(server.map(|inner| Bounded { inner, counting, speech }).handle(handle));
                tokio::spawn(server.serve(service))
            }
        })
    }
}

/// Accepts connections up to [`CONNECTIONS_MAX`] that begin in time; one more is closed at once.
#[derive(Clone)]
struct Bounded<A> {
    inner: A,
    counting: Handle<SocketAddr>,
    speech: Speech,
}

/// From an accepted connection to one that has to begin in time.
type Begun<A, I, S> = Box<
    dyn FnOnce(
            (<A as Accept<I, S>>::Stream, <A as Accept<I, S>>::Service),
        ) -> (Prompt<<A as Accept<I, S>>::Stream>, <A as Accept<I, S>>::Service)
        + Send,
>;

impl<A: Accept<I, S>, I, S> Accept<I, S> for Bounded<A> {
    type Stream = Prompt<A::Stream>;
    type Service = A::Service;
    type Future = Either<MapOk<A::Future, Begun<A, I, S>>, Ready<std::io::Result<(Self::Stream, A::Service)>>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        if self.counting.connection_count() <= CONNECTIONS_MAX {
            let preface = self.speech.preface();
            let begun: Begun<A, I, S> = Box::new(move |(stream, service)| (Prompt::new(stream, preface, HEAD_WITHIN), service));
            return Either::Left(self.inner.accept(stream, service).map_ok(begun));
        }
        tracing::warn!(CONNECTIONS_MAX, "a connection was closed: there are too many");
        Either::Right(ready(Err(std::io::ErrorKind::ConnectionRefused.into())))
    }
}

/// Opens the windows of a house; they close when `stop` is done.
///
/// # Errors
/// An address beyond loopback without TLS, an address or TLS files that cannot be used, no thread for passwords.
pub async fn serve(
    house: Arc<dyn House>,
    listen: Listen,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<Bound, WebError> {
    let (loopback, tls) = (listen.address.ip().is_loopback(), listen.tls.as_ref());
    let door = Door::bind(listen.address, tls, Speech::Http1)?;
    let flight = listen.flight.map(|flight| Door::bind(flight.address, tls, Speech::Http2)).transpose()?;
    let (stopping, stopped) = watch::channel(false);
    let passwords = Passwords::start().await?;
    let (sessions, secure) = (Sessions::new(listen.sessions), tls.is_some());
    let tokens = Sessions::new(listen.flight.map_or(TOKENS, |flight| flight.tokens));
    let opening = Opening { sessions, tokens, one_time: listen.one_time, secure, loopback, passwords };
    let windows = Arc::new(Windows::open(house, opening, stopped));
    let handles = [Handle::new(), Handle::new()];
    let closing = handles.clone();
    tokio::spawn(async move {
        stop.await;
        stopping.send_replace(true);
        closing.iter().for_each(|handle| handle.graceful_shutdown(Some(CLOSE_WITHIN)));
    });
    let [pages, calls] = handles;
    let address = door.address;
    let server = door.open(router(Arc::clone(&windows)), pages)?;
    tracing::info!(%address, tls = secure, "the windows are open");
    let open = |door: Door| {
        let address = door.address;
        let server = door.open(flight::router(windows, address.ip().is_loopback()), calls)?;
        tracing::info!(%address, tls = secure, "Flight SQL is served");
        Ok::<_, WebError>((address, server))
    };
    Ok(Bound { address, server, flight: flight.map(open).transpose()? })
}
