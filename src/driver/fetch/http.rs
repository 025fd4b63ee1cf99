//! A file over HTTP (go-task 3.54 `taskfile/node_http.go` and `taskfile.go`, `RemoteExists`).

use super::{FetchOptions, tls};
use crate::driver::notify;
use crate::frontend::taskfile::TASKFILE_NAMES;
use crate::frontend::taskfile::remote::{FetchError, Location};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::io::ErrorKind;
use std::time::{Duration, Instant};
use ureq::config::RedirectAuthHeaders;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

/// Redirects that are followed, as by Go.
const REDIRECTS: u32 = 9;
/// Largest Taskfile in bytes: nobody writes one of that size, and a server can send without end.
const LARGEST: u64 = 16 << 20;

/// Types that a Taskfile may be served as; a page of HTML is none.
const CONTENT_TYPES: [&str; 6] = [
    "text/plain",
    "text/yaml",
    "text/x-yaml",
    "application/yaml",
    "application/x-yaml",
    "application/octet-stream",
];

/// Connections to hosts.
pub(super) struct Http {
    agent: Agent,
}

/// A request that is made twice: to look, and to read.
#[derive(Clone, Copy)]
struct Request<'r> {
    credentials: Option<&'r str>,
    deadline: Instant,
}

impl Http {
    /// Reads the certificates.
    ///
    /// # Errors
    /// They cannot be read.
    pub(super) fn new(options: &FetchOptions) -> Result<Self, FetchError> {
        let config = Agent::config_builder()
            .tls_config(tls::config(options)?)
            .https_only(!options.insecure)
            .max_redirects(REDIRECTS)
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .http_status_as_error(false)
            .user_agent(concat!("fleet/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: Agent::new_with_config(config) })
    }

    /// The file of a location, or the Taskfile in it where it is a directory.
    pub(super) fn read(&self, location: &Location, deadline: Instant) -> Result<Vec<u8>, FetchError> {
        let credentials = location.credentials().map(|(name, password)| {
            format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")))
        });
        let request = Request { credentials: credentials.as_deref(), deadline };
        let url = self.find(location, request)?;
        let mut answer = self.send(&url, request, false)?;
        if answer.status() != StatusCode::OK {
            let status = answer.status().as_u16();
            return Err(FetchError::Status(status, status_text(answer.status())));
        }
        let body = answer.body_mut().with_config().limit(LARGEST).read_to_vec();
        body.map_err(|error| body_error(&error))
    }

    /// The URL that has a Taskfile: the location's own, else one of a usual name below it.
    fn find(&self, location: &Location, request: Request<'_>) -> Result<String, FetchError> {
        let url = location.request_url();
        let answer = self.send(&url, request, true)?;
        let content_type = answer.headers().get("Content-Type").and_then(|value| value.to_str().ok());
        let fits = |kind: &str| CONTENT_TYPES.iter().any(|allowed| kind.contains(allowed));
        if answer.status() == StatusCode::OK && content_type.is_some_and(fits) {
            return Ok(url);
        }
        for name in TASKFILE_NAMES {
            let Some(url) = location.request_url_of(name) else { continue };
            if self.send(&url, request, true)?.status() == StatusCode::OK {
                return Ok(url);
            }
        }
        Err(FetchError::NotFound)
    }

    fn send(&self, url: &str, request: Request<'_>, head: bool) -> Result<Response<Body>, FetchError> {
        let left = request.deadline.saturating_duration_since(Instant::now());
        if left < Duration::from_millis(1) {
            return Err(FetchError::TimedOut);
        }
        let builder = if head { self.agent.head(url) } else { self.agent.get(url) };
        let mut builder = builder.config().timeout_global(Some(left)).build();
        if let Some(credentials) = request.credentials {
            builder = builder.header("Authorization", credentials);
        }
        builder.call().map_err(|error| match error {
            ureq::Error::RequireHttpsOnly(url) => FetchError::NotSecure(without_credentials(&url)),
            error => send_error(&error),
        })
    }
}

fn send_error(error: &ureq::Error) -> FetchError {
    match error {
        ureq::Error::Timeout(_) => FetchError::TimedOut,
        ureq::Error::TooManyRedirects => FetchError::Failed("its redirects do not end".to_owned()),
        // These texts hold no address.
        ureq::Error::Rustls(error) => FetchError::Failed(format!("no secure connection: {error}")),
        error => FetchError::Failed(notify::reason(error)),
    }
}

fn body_error(error: &ureq::Error) -> FetchError {
    match error {
        ureq::Error::BodyExceedsLimit(limit) => {
            FetchError::Failed(format!("it is larger than {} MiB", limit >> 20))
        }
        ureq::Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof => FetchError::Closed,
        ureq::Error::Io(error) if error.kind() == ErrorKind::TimedOut => FetchError::TimedOut,
        ureq::Error::Protocol(_) => FetchError::Closed,
        error => send_error(error),
    }
}

/// A redirect may hold credentials.
fn without_credentials(url: &str) -> String {
    Location::parse(url).map_or_else(|_| "a plain HTTP address".to_owned(), |location| location.request_url())
}

/// The names that Go has for statuses.
fn status_text(status: StatusCode) -> String {
    let name = match status.as_u16() {
        203 => "Non-Authoritative Information",
        413 => "Request Entity Too Large",
        414 => "Request URI Too Long",
        416 => "Requested Range Not Satisfiable",
        _ => status.canonical_reason().unwrap_or_default(),
    };
    name.to_owned()
}
