//! Why a remote Taskfile cannot be had, in go-task's words and in ours.

use super::super::go_text::code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::template::Value;
use std::time::Duration;

/// Why nothing came from the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// It took too long.
    TimedOut,
    /// There is no Taskfile, under no name.
    NotFound,
    /// The answer was another status than 200: its number and its name, as Go has it.
    Status(u16, String),
    /// There was no answer that could be used; a reason without the URL.
    Failed(String),
    /// A redirect led to this plain HTTP address.
    NotSecure(String),
    /// The answer ended early.
    Closed,
    /// The repository could not be cloned, or the file is not in it: go-task's text, and ours.
    Git(String, String),
    /// The program is set up wrongly (a certificate, for instance); go-task's text.
    Setup(String),
}

/// Why a remote Taskfile cannot be used.
#[derive(Debug)]
pub(in super::super) enum RemoteError {
    /// It would be read over plain HTTP.
    NotSecure(String),
    /// It is not in the cache, and the network is not to be used.
    NotCached,
    /// Nobody trusted it.
    NotTrusted,
    /// The cache could not be read or written; Go's text.
    Cache(String),
    /// It did not come.
    Fetch(FetchError),
}

impl RemoteError {
    /// Whoever loads the project has no way to the network.
    pub(in super::super) fn unavailable() -> Self {
        Self::Fetch(FetchError::Failed("remote Taskfiles are not read here".to_owned()))
    }

    /// go-task's exit code.
    pub(in super::super) fn exit_code(&self) -> u8 {
        match self {
            Self::NotSecure(_) | Self::Fetch(FetchError::NotSecure(_)) => code::NOT_SECURE,
            Self::NotCached => code::CACHE_NOT_FOUND,
            Self::NotTrusted => code::NOT_TRUSTED,
            Self::Fetch(FetchError::TimedOut) => code::NETWORK_TIMEOUT,
            Self::Fetch(FetchError::NotFound) => code::NOT_FOUND,
            Self::Fetch(FetchError::Status(..) | FetchError::Failed(_)) => code::FETCH_FAILED,
            Self::Cache(_) | Self::Fetch(FetchError::Closed | FetchError::Git(..) | FetchError::Setup(_)) => {
                code::UNKNOWN
            }
        }
    }

    /// Whether `optional: true` excuses it: go-task finds these before it reads anything.
    pub(in super::super) fn is_excused(&self) -> bool {
        matches!(self, Self::NotSecure(_) | Self::Fetch(FetchError::Setup(_)))
    }

    /// go-task's text. A time-out is told of the root file, `root`, whichever file it was.
    pub(in super::super) fn go(&self, shown: &str, root: &str, timeout: Duration) -> String {
        match self {
            Self::NotSecure(url) | Self::Fetch(FetchError::NotSecure(url)) => format!(
                "task: Taskfile {url:?} cannot be downloaded over an insecure connection. You can override this by using the --insecure flag"
            ),
            Self::NotCached => format!(
                "task: Taskfile {shown:?} was not found in the cache. Remove the --offline flag to use a remote copy or download it using the --download flag"
            ),
            Self::NotTrusted => format!("task: Taskfile {shown:?} not trusted by user"),
            Self::Fetch(FetchError::TimedOut) => format!(
                "task: Network connection timed out after {} while attempting to download Taskfile {root:?}",
                go_duration(timeout)
            ),
            Self::Fetch(FetchError::NotFound) => format!("task: No Taskfile found at {shown:?}"),
            Self::Fetch(FetchError::Status(status, name)) => {
                format!("task: Download of {shown:?} failed with status code {status} ({name})")
            }
            Self::Fetch(FetchError::Failed(_)) => format!("task: Download of {shown:?} failed"),
            Self::Fetch(FetchError::Closed) => "unexpected EOF".to_owned(),
            Self::Cache(go) | Self::Fetch(FetchError::Git(go, _) | FetchError::Setup(go)) => go.clone(),
        }
    }

    /// Ours, at the include that names it.
    pub(in super::super) fn diagnostic(&self, shown: &str, at: Span, timeout: Duration) -> Diagnostic {
        let (message, help) = match self {
            Self::NotSecure(url) => {
                (format!("{url} would be read over plain HTTP"), "use https, or accept it with --insecure")
            }
            Self::Fetch(FetchError::NotSecure(url)) => (
                format!("{shown} leads to {url}, which would be read over plain HTTP"),
                "use its address with https, or accept it with --insecure",
            ),
            Self::NotCached => {
                (format!("{shown} is not in the cache"), "run once without --offline to fetch it")
            }
            Self::NotTrusted => (
                format!("{shown} is not trusted"),
                "confirm at a terminal, run with --yes, pin it with `checksum:`, or trust its host with --trusted-hosts",
            ),
            Self::Cache(go) => (format!("{shown} cannot be kept: {go}"), ""),
            Self::Fetch(FetchError::TimedOut) => (
                format!("{shown} did not come within {}", go_duration(timeout)),
                "try again, or allow more time with --timeout",
            ),
            Self::Fetch(FetchError::NotFound) => (
                format!("there is no Taskfile at {shown}"),
                "check the address; it has to be served as plain text or YAML, not as HTML",
            ),
            Self::Fetch(FetchError::Status(status, name)) => {
                let help = match status {
                    401 | 403 => "check the credentials in the address",
                    404 | 410 => "check the address",
                    _ => "",
                };
                (format!("{shown} was answered with {status} {name}"), help)
            }
            Self::Fetch(FetchError::Failed(reason)) => (format!("{shown} cannot be read: {reason}"), ""),
            Self::Fetch(FetchError::Closed) => {
                (format!("{shown} ended before its end: the connection was closed"), "try again")
            }
            Self::Fetch(FetchError::Git(_, message)) => (format!("{shown} cannot be read: {message}"), ""),
            Self::Fetch(FetchError::Setup(go)) => (format!("{shown} cannot be read: {go}"), ""),
        };
        let diagnostic =
            Diagnostic::error("fleet::taskfile::remote", message).at(at, "this is on the network");
        if help.is_empty() { diagnostic } else { diagnostic.help(help) }
    }
}

/// A duration as Go prints it: `500ms`, `1m30s`.
fn go_duration(duration: Duration) -> String {
    Value::Duration(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)).to_string()
}
