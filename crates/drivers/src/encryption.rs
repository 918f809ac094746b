//! Encryption (TLS) in both directions. Enters: sockets, certificates and keys in PEM. Leaves: encrypted streams. Absent: files, and
//! who may sign in.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A connection, encrypted or not.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// Encrypts a connection to `host`, whose other end has to show a certificate for that name.
pub(crate) async fn connect(socket: TcpStream, host: &str, trust: &Trust) -> Result<Box<dyn Wire>, String> {
    let name = ServerName::try_from(host.to_owned()).map_err(|e| format!("`{host}` cannot stand in a certificate: {e}"))?;
    let connector = TlsConnector::from(Arc::clone(trust));
    let stream = connector.connect(name, socket).await.map_err(|e| format!("encryption: {e}"))?;
    Ok(Box::new(stream))
}

/// Whose certificates are trusted, and the sessions that can be taken up again.
pub(crate) type Trust = Arc<ClientConfig>;

/// Trusts certificates (PEM), or those of the system where there are none. Reads files then: once a source, not once a connection.
pub(crate) fn trusting(certificates: &[u8]) -> Result<Trust, String> {
    let mut roots = RootCertStore::empty();
    let mut trouble = String::new();
    if certificates.is_empty() {
        let system = rustls_native_certs::load_native_certs();
        trouble = system.errors.iter().map(|error| format!("; {error}")).collect();
        roots.add_parsable_certificates(system.certs);
    }
    for certificate in CertificateDer::pem_slice_iter(certificates) {
        let certificate = certificate.map_err(|e| format!("the file of trusted certificates is no PEM: {e}"))?;
        roots.add(certificate).map_err(|e| format!("a trusted certificate: {e}"))?;
    }
    if roots.is_empty() {
        return Err(format!("no certificate is trusted: name one in `certificates`{trouble}"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(Arc::new(builder.map_err(|e| e.to_string())?.with_root_certificates(roots).with_no_client_auth()))
}

/// What a listener needs to encrypt: a certificate chain and its key, both PEM.
///
/// # Errors
/// The sentence tells which of them cannot be used.
pub(crate) fn listening(certificates: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
    let chain = chain.map_err(|e| format!("the certificate is no PEM: {e}"))?;
    if chain.is_empty() {
        return Err("there is no certificate in the file of the certificate".to_owned());
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|e| format!("the key is no PEM: {e}"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|e| e.to_string())?.with_no_client_auth();
    builder.with_single_cert(chain, key).map(Arc::new).map_err(|e| format!("certificate and key do not fit: {e}"))
}
