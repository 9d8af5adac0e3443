//! Mutual TLS between nodes: each end shows a certificate of the cluster's own authority.
//!
//! The name in a certificate must be the host in the peer's address. Which node it is, the
//! handshake says.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::Stream;

/// The files that `--tls-cert`, `--tls-key` and `--tls-ca` name, in PEM.
#[derive(Clone, Debug)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) authority: PathBuf,
}

/// Both roles of one node.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// With the file and what is wrong with it.
    pub(crate) fn read(files: &TlsFiles) -> Result<Tls, String> {
        let roots = Arc::new(roots(&files.authority)?);
        let wrong =
            |error: &dyn std::fmt::Display| format!("{}: {error}", files.certificate.display());
        let verifier = WebPkiClientVerifier::builder(Arc::clone(&roots)).build();
        let verifier =
            verifier.map_err(|error| format!("{}: {error}", files.authority.display()))?;
        let server = ServerConfig::builder()
            .with_client_cert_verifier(verifier)
            .with_single_cert(certificates(&files.certificate)?, key(&files.key)?)
            .map_err(|error| wrong(&error))?;
        let client = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_client_auth_cert(certificates(&files.certificate)?, key(&files.key)?)
            .map_err(|error| wrong(&error))?;
        Ok(Tls {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            connector: TlsConnector::from(Arc::new(client)),
        })
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> std::io::Result<Stream> {
        Ok(Box::pin(self.acceptor.accept(stream).await?))
    }

    pub(super) async fn connect(&self, host: &str, stream: TcpStream) -> std::io::Result<Stream> {
        let name = ServerName::try_from(host.to_owned()).map_err(std::io::Error::other)?;
        Ok(Box::pin(self.connector.connect(name, stream).await?))
    }
}

fn roots(path: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let failed = |error| format!("{}: {error}", path.display());
    let found = CertificateDer::pem_file_iter(path).map_err(failed)?;
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(failed)?;
    if found.is_empty() {
        return Err(format!("{}: expected a PEM certificate", path.display()));
    }
    Ok(found)
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| format!("{}: {error}", path.display()))
}
