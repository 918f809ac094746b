//! Beyond loopback only with TLS. `tls/` holds a certificate for `localhost` and its key, made for these tests and good for
//! nothing else.

use crate::client::parse;
use crate::house::Fake;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use web::{Limits, Listen, OneTime, TlsPaths, WebError};

pub fn paths(certificate: &str, key: &str) -> Option<TlsPaths> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/http/tls");
    Some(TlsPaths { certificate: folder.join(certificate), key: folder.join(key) })
}

async fn opened(address: (Ipv4Addr, u16), tls: Option<TlsPaths>) -> Result<web::Bound, WebError> {
    let listen =
        Listen { address: SocketAddr::from(address), tls, one_time: OneTime::none(), sessions: Limits::default(), flight: None };
    web::serve(Fake::new(), listen, std::future::pending()).await
}

#[tokio::test]
async fn beyond_loopback_without_tls_is_refused() {
    let refused = opened((Ipv4Addr::UNSPECIFIED, 0), None).await.err().expect("refused").to_string();
    let wanted = "0.0.0.0:0 can be reached from other computers, and without TLS passwords would travel in the clear; allowed are a \
                  loopback address such as 127.0.0.1, or a certificate and its key";
    assert_eq!(refused, wanted);
}

#[tokio::test]
async fn what_cannot_be_listened_with_is_named() {
    let here = (Ipv4Addr::LOCALHOST, 0);
    let table = [
        ("gone.pem", "key.pem", "gone.pem", "No such file"),
        ("certificate.pem", "gone.pem", "gone.pem", "No such file"),
        ("key.pem", "key.pem", "key.pem", "no certificate in it"),
        ("certificate.pem", "certificate.pem", "certificate.pem", "no items found"),
    ];
    for (certificate, key, file, reason) in table {
        let error = opened(here, paths(certificate, key)).await.err().expect("refused").to_string();
        assert!(error.contains(file) && error.contains(reason), "{certificate} {key}: {error}");
    }
    let taken = opened(here, None).await.expect("a free port").address();
    let error = opened((Ipv4Addr::LOCALHOST, taken.port()), None).await.err().expect("taken").to_string();
    assert!(error.starts_with(&format!("{taken} cannot be listened on: Address already in use")), "{error}");
}

/// TLS of a client that trusts only the test's certificate.
pub fn trusting(protocol: &[u8]) -> Arc<rustls::ClientConfig> {
    let certificate = paths("certificate.pem", "").expect("paths").certificate;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).expect("PEM")).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config)
}

/// One request over TLS.
fn asked(address: SocketAddr, request: &str) -> crate::client::Answer {
    let config = trusting(b"http/1.1");
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = rustls::ClientConnection::new(config, name).expect("a connection");
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, address.port())).expect("the window is open");
    let mut stream = rustls::StreamOwned::new(connection, socket);
    stream.write_all(request.as_bytes()).expect("sent");
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    parse(&bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_tls_all_addresses_are_served_and_the_cookie_is_secure() {
    let bound = opened((Ipv4Addr::UNSPECIFIED, 0), paths("certificate.pem", "key.pem")).await.expect("opened");
    let address = bound.address();
    let sign_in = |host: &str| {
        let body = r#"{"name":"viewer","password":"viewer-password"}"#;
        let head = format!("host: {host}\r\norigin: https://{host}\r\nconnection: close\r\ncontent-type: application/json");
        format!("POST /api/v1/session HTTP/1.1\r\n{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    };
    let answers = tokio::task::spawn_blocking(move || {
        let health = asked(address, "GET /health HTTP/1.1\r\nhost: werk1.example\r\nconnection: close\r\n\r\n");
        let metrics = asked(address, "GET /metrics HTTP/1.1\r\nhost: werk1.example\r\nconnection: close\r\n\r\n");
        [health, metrics, asked(address, &sign_in("werk1.example"))]
    });
    let [health, metrics, signed] = answers.await.expect("answers");
    assert_eq!((health.status, health.header("strict-transport-security")), (200, Some("max-age=63072000")));
    assert_eq!(metrics.status, 401, "metrics are open on loopback only");
    assert_eq!(signed.status, 200, "{}", signed.text());
    assert!(signed.header("set-cookie").is_some_and(|c| c.ends_with("; Secure")));
}
