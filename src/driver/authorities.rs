//! The authorities that the system trusts, for all that speaks TLS. Knows no connection.

use std::path::PathBuf;
use ureq::tls::{Certificate, PemItem, parse_pem};

/// Where systems keep the authorities they trust, as Go looks for them (`crypto/x509/root_linux.go`, `root_darwin.go`).
const SYSTEM: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Those of the file that `SSL_CERT_FILE` names, else of the first place where systems keep them; none where there is
/// none, and those that are built in have to do.
pub(super) fn authorities() -> Vec<Certificate<'static>> {
    let named = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()).map(PathBuf::from);
    let places = named.into_iter().chain(SYSTEM.iter().map(PathBuf::from));
    let text = places.filter_map(|path| std::fs::read(path).ok()).next();
    text.map(|text| certificates(&text)).unwrap_or_default()
}

/// The certificates of a PEM file.
pub(super) fn certificates(text: &[u8]) -> Vec<Certificate<'static>> {
    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    parse_pem(text).filter_map(certificate).collect()
}
