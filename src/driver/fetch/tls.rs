//! Which certificates count when a host is spoken to.

use super::FetchOptions;
use crate::driver::authorities::{authorities, certificates};
use crate::frontend::taskfile::remote::FetchError;
use std::path::Path;
use ureq::tls::{ClientCert, PrivateKey, RootCerts, TlsConfig};

/// What the options ask for.
///
/// # Errors
/// A file cannot be read or holds no certificate; in go-task's words.
pub(super) fn config(options: &FetchOptions) -> Result<TlsConfig, FetchError> {
    let roots = match &options.cacert {
        Some(path) => authority(path)?,
        None => system(),
    };
    let client = options.client.as_ref().map(|(certificate, key)| client(certificate, key)).transpose()?;
    Ok(TlsConfig::builder()
        .root_certs(roots)
        .client_cert(client)
        .disable_verification(options.insecure)
        .build())
}

fn authority(path: &Path) -> Result<RootCerts, FetchError> {
    let text = read(path).map_err(|go| FetchError::Setup(format!("failed to read CA certificate: {go}")))?;
    let certificates = certificates(&text);
    if certificates.is_empty() {
        return Err(FetchError::Setup("failed to parse CA certificate".to_owned()));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

/// The system's authorities, or those that are built in where it has none.
pub(in crate::driver) fn system() -> RootCerts {
    let certificates = authorities();
    if certificates.is_empty() { RootCerts::WebPki } else { RootCerts::new_with_certs(&certificates) }
}

fn client(certificate: &Path, key: &Path) -> Result<ClientCert, FetchError> {
    let failed = |go: String| FetchError::Setup(format!("failed to load client certificate: {go}"));
    let (chain, key) = (read(certificate).map_err(failed)?, read(key).map_err(failed)?);
    let chain = certificates(&chain);
    if chain.is_empty() {
        return Err(failed("tls: failed to find any PEM data in certificate input".to_owned()));
    }
    let key = PrivateKey::from_pem(&key)
        .map_err(|_| failed("tls: failed to find any PEM data in key input".to_owned()))?;
    Ok(ClientCert::new_with_certs(&chain, key))
}

/// A file, or Go's words of why it cannot be read.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| crate::frontend::taskfile::go_io::error("open", path, &error))
}
