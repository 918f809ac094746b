//! Encryption towards a user's broker. Enters: a socket, the certificates to trust. Leaves: an encrypted stream whose other end
//! has shown a certificate for its name.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Encrypts a connection to `host`. `certificates` (PEM) are trusted; where there are none, those of the system.
pub(super) async fn connect(socket: TcpStream, host: &str, certificates: &[u8]) -> Result<TlsStream<TcpStream>, String> {
    let name = ServerName::try_from(host.to_owned()).map_err(|e| format!("`{host}` cannot stand in a certificate: {e}"))?;
    let connector = TlsConnector::from(Arc::new(config(certificates)?));
    connector.connect(name, socket).await.map_err(|e| format!("encryption: {e}"))
}

fn config(certificates: &[u8]) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    if certificates.is_empty() {
        let system = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(system.certs);
    }
    for certificate in CertificateDer::pem_slice_iter(certificates) {
        let certificate = certificate.map_err(|e| format!("the file of trusted certificates is no PEM: {e}"))?;
        roots.add(certificate).map_err(|e| format!("a trusted certificate: {e}"))?;
    }
    if roots.is_empty() {
        return Err("no certificate is trusted: name one in `certificates`".to_owned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder.map_err(|e| e.to_string())?.with_root_certificates(roots).with_no_client_auth())
}
