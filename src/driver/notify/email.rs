//! E-mail by SMTP. lettre speaks it; what goes wrong is told in words of our own, since those of a server may hold the
//! address.

use super::Message;
use super::parts::Parts;
use crate::driver::authorities::authorities;
use crate::driver::{DriverError, ErrorKind};
use lettre::message::{Mailboxes, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::{Error as SmtpError, SmtpTransport, SmtpTransportBuilder};
use lettre::{Message as Mail, Transport as _};
use std::error::Error as _;
use std::io;
use std::time::Duration;

/// A try that failed, and whether another one may help.
pub(super) struct Refused {
    pub(super) error: DriverError,
    pub(super) again: bool,
}

fn final_error(message: impl Into<String>) -> Refused {
    Refused { error: DriverError::new(ErrorKind::Refusal, message), again: false }
}

/// Sends once.
pub(super) fn send(parts: &Parts, message: &Message, timeout: Duration) -> Result<(), Refused> {
    let mail = mail(parts, message)?;
    let mut transport = server(parts.need("server").map_err(refused)?)?.timeout(Some(timeout));
    if let Some(user) = parts.get("user") {
        let password = parts.need("password").map_err(refused)?;
        transport = transport.credentials(Credentials::new(user.to_owned(), password.to_owned()));
    }
    transport.build().send(&mail).map(drop).map_err(|error| failure(&error))
}

fn refused(error: DriverError) -> Refused {
    Refused { error, again: false }
}

fn mail(parts: &Parts, message: &Message) -> Result<Mail, Refused> {
    let to: Mailboxes = parts.address.parse().map_err(|_| final_error("`email` is no list of addresses"))?;
    let from = parts.need("from").map_err(refused)?;
    let from = from.parse().map_err(|_| final_error("`from` is no address"))?;
    let mut mail = Mail::builder().from(from).subject(message.title.as_str());
    for mailbox in to {
        mail = mail.to(mailbox);
    }
    mail.header(ContentType::TEXT_PLAIN)
        .body(message.text.clone())
        .map_err(|_| final_error("`email` is no list of addresses"))
}

/// `smtps://HOST[:465]`, `smtp://HOST[:587]` with STARTTLS, or `smtp+plain://HOST[:25]`, for a server on this machine.
fn server(address: &str) -> Result<SmtpTransportBuilder, Refused> {
    let wrong = || {
        let mut refused = final_error("`server` is no address of a mail server");
        refused.error.help = Some(
            "write smtps://HOST, smtp://HOST (STARTTLS) or smtp+plain://localhost, with :PORT where needed"
                .into(),
        );
        refused
    };
    let (scheme, rest) = address.trim().trim_end_matches('/').split_once("://").ok_or_else(wrong)?;
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().map_err(|_| wrong())?)),
        None => (rest, None),
    };
    if host.is_empty() || host.contains(['@', '/']) {
        return Err(wrong());
    }
    let builder = match scheme {
        "smtps" => {
            SmtpTransport::relay(host).and_then(|builder| Ok(builder.tls(Tls::Wrapper(secure(host)?))))
        }
        "smtp" => SmtpTransport::starttls_relay(host)
            .and_then(|builder| Ok(builder.tls(Tls::Required(secure(host)?)))),
        "smtp+plain" => Ok(SmtpTransport::builder_dangerous(host)),
        _ => return Err(wrong()),
    };
    let builder = builder.map_err(|_| wrong())?;
    Ok(match port {
        Some(port) => builder.port(port),
        None => builder,
    })
}

/// The authorities of the system count, or those that are built in where it has none that can be used.
fn secure(host: &str) -> Result<TlsParameters, SmtpError> {
    let mut builder = TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::None);
    let authorities = authorities();
    for authority in &authorities {
        if let Ok(certificate) = Certificate::from_der(authority.der().to_vec()) {
            builder = builder.add_root_certificate(certificate);
        }
    }
    match builder.build() {
        Ok(parameters) if !authorities.is_empty() => Ok(parameters),
        _ => TlsParameters::new(host.to_owned()),
    }
}

fn failure(error: &SmtpError) -> Refused {
    let refused = |kind, again, message: &str| Refused { error: DriverError::new(kind, message), again };
    if let Some(code) = error.status() {
        let code: u16 = code.into();
        let message = format!("the mail server answered {code}");
        let mut refused = refused(ErrorKind::Other, error.is_transient(), &message);
        if matches!(code, 530 | 534 | 535) {
            refused.error.help = Some("check `user` and `password`".to_owned());
        }
        return refused;
    }
    if error.is_timeout() || waits_in_vain(error) {
        refused(ErrorKind::TimedOut, true, "the mail server did not answer in time")
    } else if is_not_trusted(error) {
        refused(ErrorKind::Other, false, "no secure connection to the mail server")
    } else if error.is_response() {
        refused(ErrorKind::Other, false, "what answered is no mail server")
    } else if error.is_client() {
        refused(ErrorKind::Other, false, "the mail server cannot do what is needed, such as to sign in")
    } else {
        refused(ErrorKind::NoAnswer, true, "there is no connection to the mail server")
    }
}

/// Whether it is a time-out in the words of the system, which has two.
fn waits_in_vain(error: &SmtpError) -> bool {
    cause(error).is_some_and(|kind| matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
}

/// Whether it is what rustls says, which arrives as an error of the stream.
fn is_not_trusted(error: &SmtpError) -> bool {
    error.is_tls() || cause(error) == Some(io::ErrorKind::InvalidData)
}

fn cause(error: &SmtpError) -> Option<io::ErrorKind> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        cause = error.source();
    }
    None
}
