//! One request to an address that may hold a secret: no error says more of it than what went wrong.

use crate::driver::fetch::tls::system;
use crate::driver::{DriverError, ErrorKind};
use crate::process::Cancel;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::fmt::Write as _;
use std::io::ErrorKind as IoErrorKind;
use std::time::Duration;
use ureq::http::uri::{Authority, Uri};
use ureq::tls::TlsConfig;

/// Longest time for one try.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Waits between the tries.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];
/// Largest head of an answer.
const HEAD: usize = 16 << 10;

/// Most of an answer's body that is read, where it says how long to wait.
const BODY: u64 = 16 << 10;
/// Longest time that a service may make us wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What is sent.
pub(super) struct Request {
    /// By PUT instead of POST.
    pub(super) put: bool,
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Request {
    pub(super) fn new(url: &str, kind: &str, body: String) -> Self {
        Self { put: false, url: url.to_owned(), headers: vec![("Content-Type", kind.to_owned())], body }
    }

    pub(super) fn json(url: &str, body: &serde_json::Value) -> Self {
        Self::new(url, "application/json", body.to_string())
    }

    pub(super) fn text(url: &str, text: &str) -> Self {
        Self::new(url, "text/plain; charset=utf-8", text.to_owned())
    }
}

/// Text as a header's value: as it is where it is printable ASCII, else encoded (RFC 2047, which ntfy reads).
pub(super) fn header(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    format!("=?UTF-8?B?{}?=", BASE64_STANDARD.encode(text))
}

/// Text as one segment of a path (RFC 3986).
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Sends, with retries.
pub(super) struct Http {
    agent: ureq::Agent,
    pauses: Vec<Duration>,
}

/// Why a try failed, whether another one may help, and how long the other side wants to be left alone.
struct Failed {
    error: DriverError,
    again: bool,
    wait: Option<Duration>,
}

impl Failed {
    fn new(kind: ErrorKind, again: bool, message: impl Into<String>) -> Self {
        Self { error: DriverError::new(kind, message), again, wait: None }
    }
}

impl Http {
    /// With the proxy that the environment names, and the authorities of the system.
    pub(super) fn new() -> Self {
        Self::with(TIMEOUT, PAUSES.to_vec(), ureq::Proxy::try_from_env())
    }

    pub(super) fn with(timeout: Duration, pauses: Vec<Duration>, proxy: Option<ureq::Proxy>) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            // A redirected POST becomes a GET: its answer would look like a delivery that never was.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_response_header_size(HEAD)
            .proxy(proxy)
            .tls_config(TlsConfig::builder().root_certs(system()).build())
            .user_agent(concat!("fleet/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: ureq::Agent::new_with_config(config), pauses }
    }

    /// Sends until the other side takes it, fails for good, or the tries are used up.
    pub(super) fn send(&self, request: &Request, cancel: &Cancel) -> Result<(), DriverError> {
        let (url, credentials) = address(&request.url)?;
        self.retry(cancel, || {
            let failed = self.try_once(&url, credentials.as_deref(), request).err();
            failed.map(|failed| (failed.error, failed.again, failed.wait))
        })
    }

    /// Tries until there is no error, or none that may pass.
    pub(super) fn retry(
        &self,
        cancel: &Cancel,
        mut once: impl FnMut() -> Option<(DriverError, bool, Option<Duration>)>,
    ) -> Result<(), DriverError> {
        let mut pauses = self.pauses.iter();
        let mut tries = 1;
        loop {
            let Some((mut error, again, wait)) = once() else { return Ok(()) };
            let pause = pauses.next().filter(|_| again).map(|pause| wait.unwrap_or_default().max(*pause));
            let too_long = wait.filter(|wait| *wait > LONGEST_PAUSE);
            if too_long.is_some() || pause.is_none_or(|pause| cancel.sleep(pause)) {
                if let Some(wait) = too_long {
                    error.message = format!("{}, to be tried again in {} s", error.message, wait.as_secs());
                }
                if tries > 1 {
                    error.message = format!("{} (tried {tries} times)", error.message);
                }
                return Err(error);
            }
            tries += 1;
        }
    }

    fn try_once(&self, url: &Uri, credentials: Option<&str>, sent: &Request) -> Result<(), Failed> {
        let mut request = if sent.put { self.agent.put(url) } else { self.agent.post(url) };
        for (name, value) in &sent.headers {
            request = request.header(*name, value);
        }
        if let Some(credentials) = credentials {
            request = request.header("Authorization", credentials);
        }
        let mut answer = request.send(sent.body.as_bytes()).map_err(|error| failure(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let again = status.is_server_error() || status.as_u16() == 429;
        let mut failed = Failed::new(ErrorKind::Other, again, format!("it was answered with {status}"));
        if status.as_u16() == 429 {
            let header = answer.headers().get("Retry-After").and_then(|value| value.to_str().ok());
            failed.wait =
                header.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs).or_else(|| {
                    let text = answer.body_mut().with_config().limit(BODY).read_to_string().ok()?;
                    wait_of(&serde_json::from_str(&text).ok()?)
                });
        }
        failed.error.help = match status.as_u16() {
            300..=399 => Some("redirects are not followed: give the address that they lead to".to_owned()),
            401 | 403 => Some("check the token, or the credentials in the address".to_owned()),
            404 | 410 => Some("check the address".to_owned()),
            _ => None,
        };
        Err(failed)
    }
}

/// How long a body wants us to wait: seconds with Discord and Telegram, milliseconds with Matrix.
fn wait_of(body: &serde_json::Value) -> Option<Duration> {
    let seconds = body.get("retry_after").or_else(|| body.pointer("/parameters/retry_after"));
    let seconds = seconds.and_then(serde_json::Value::as_f64);
    let milliseconds = || body.get("retry_after_ms").and_then(serde_json::Value::as_f64);
    Duration::try_from_secs_f64(seconds.or_else(|| milliseconds().map(|wait| wait / 1_000.0))?).ok()
}

/// The address without its credentials, and these as a header's value (RFC 7617).
fn address(url: &str) -> Result<(Uri, Option<String>), DriverError> {
    let refused = |message: &str| {
        DriverError::new(ErrorKind::Refusal, message)
            .help("write it as https://HOST/PATH, encoded where needed")
    };
    let uri: Uri = url.trim().parse().map_err(|_| refused("the address is no URL"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(refused("the address begins neither with https:// nor with http://"));
    }
    let Some((user, host)) = uri.authority().and_then(|authority| authority.as_str().rsplit_once('@')) else {
        return Ok((uri, None));
    };
    let decoded =
        percent_decoded(user).ok_or_else(|| refused("the credentials in the address are malformed"))?;
    let header = format!("Basic {}", BASE64_STANDARD.encode(decoded));
    let host: Authority = host.parse().map_err(|_| refused("the address is no URL"))?;
    let mut parts = uri.into_parts();
    parts.authority = Some(host);
    let uri = Uri::from_parts(parts).map_err(|_| refused("the address is no URL"))?;
    Ok((uri, Some(header)))
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        out.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = after;
    }
    Some(out)
}

/// What went wrong, without the address.
pub(in crate::driver) fn reason(error: &ureq::Error) -> String {
    failure(error).error.message
}

/// In words of our own: those of the library may hold the address.
fn failure(error: &ureq::Error) -> Failed {
    match error {
        ureq::Error::Timeout(_) => Failed::new(ErrorKind::TimedOut, true, "there was no answer in time"),
        ureq::Error::HostNotFound => {
            Failed::new(ErrorKind::NameResolution, true, "the name of its host does not resolve")
        }
        ureq::Error::Io(error) => match error.kind() {
            IoErrorKind::ConnectionRefused => {
                Failed::new(ErrorKind::Refused, true, "its host refuses the connection")
            }
            IoErrorKind::TimedOut | IoErrorKind::HostUnreachable | IoErrorKind::NetworkUnreachable => {
                Failed::new(ErrorKind::NoAnswer, true, "its host cannot be reached")
            }
            // What rustls says arrives as an error of the stream.
            IoErrorKind::InvalidData => {
                Failed::new(ErrorKind::Other, false, "no secure connection: its certificate is not trusted")
            }
            _ => Failed::new(ErrorKind::ConnectionLost, true, "the connection was lost before an answer"),
        },
        ureq::Error::ConnectionFailed => Failed::new(ErrorKind::NoAnswer, true, "its host cannot be reached"),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::TlsRequired => {
            Failed::new(ErrorKind::Other, false, "no secure connection: its certificate is not trusted")
        }
        ureq::Error::LargeResponseHeader(..) | ureq::Error::Protocol(_) => {
            Failed::new(ErrorKind::Other, false, "what answered does not speak HTTP")
        }
        ureq::Error::InvalidProxyUrl | ureq::Error::ConnectProxyFailed(_) => {
            Failed::new(ErrorKind::Other, true, "the proxy of the environment does not connect")
        }
        _ => Failed::new(ErrorKind::Other, false, "the request could not be made"),
    }
}
