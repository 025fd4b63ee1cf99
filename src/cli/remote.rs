//! Remote Taskfiles: from settings to the network, the cache and the person at the terminal.

use super::console::Terminal;
use crate::driver::{FetchOptions, Fetcher};
use crate::executor::task::{Answer, Console as _};
use crate::frontend::taskfile::remote::{Person, Remote, RemoteOptions};
use crate::process::{Cancel, Outlet};
use crate::reporter::{TaskColour, TaskPaint};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// go-task's longest time for fetching.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What is set, by whatever means.
#[derive(Debug, Clone)]
pub(super) struct RemoteSettings {
    pub(super) insecure: bool,
    pub(super) download: bool,
    pub(super) offline: bool,
    pub(super) timeout: Duration,
    /// Nanoseconds.
    pub(super) expiry: i64,
    pub(super) temp_dir: Option<String>,
    pub(super) cache_dir: Option<String>,
    /// Joined by commas.
    pub(super) trusted_hosts: Option<String>,
    pub(super) cacert: Option<String>,
    pub(super) cert: Option<String>,
    pub(super) cert_key: Option<String>,
}

impl RemoteSettings {
    /// By `TASK_REMOTE_` variables alone.
    pub(super) fn from_environment() -> Self {
        let text = |name: &str| std::env::var(format!("TASK_{name}")).ok().filter(|value| !value.is_empty());
        let on = |name: &str| text(name).is_some_and(|value| matches!(&*value, "1" | "true"));
        let duration = |name: &str| text(name).and_then(|value| crate::yaml::parse_duration(&value));
        Self {
            insecure: on("REMOTE_INSECURE"),
            download: false,
            offline: on("REMOTE_OFFLINE"),
            timeout: duration("REMOTE_TIMEOUT").map_or(TIMEOUT, at_least_zero),
            expiry: duration("REMOTE_CACHE_EXPIRY").unwrap_or_default(),
            temp_dir: text("TEMP_DIR"),
            cache_dir: text("REMOTE_CACHE_DIR").or_else(|| text("REMOTE_DIR")),
            trusted_hosts: text("REMOTE_TRUSTED_HOSTS"),
            cacert: text("REMOTE_CACERT"),
            cert: text("REMOTE_CERT"),
            cert_key: text("REMOTE_CERT_KEY"),
        }
    }
}

/// Nanoseconds as a duration.
pub(super) fn at_least_zero(nanoseconds: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or_default())
}

/// The way to remote Taskfiles.
pub(super) struct Access {
    options: RemoteOptions,
    fetcher: Fetcher,
    reader: Reader,
}

impl Access {
    /// `dir` is that of the root Taskfile; empty where that one is remote.
    pub(super) fn new(settings: RemoteSettings, dir: &Path, reader: Reader) -> Self {
        let place = settings.cache_dir.or(settings.temp_dir).unwrap_or_else(|| ".task".to_owned());
        let hosts = settings.trusted_hosts.unwrap_or_default();
        let options = RemoteOptions {
            insecure: settings.insecure,
            download: settings.download,
            offline: settings.offline,
            timeout: settings.timeout,
            expiry: settings.expiry,
            cache_dir: dir.join(expanded(&place)),
            trusted_hosts: hosts.split(',').map(|host| host.trim().to_owned()).collect(),
        };
        let fetcher = Fetcher::new(FetchOptions {
            insecure: settings.insecure,
            cacert: settings.cacert.map(PathBuf::from),
            client: settings.cert.zip(settings.cert_key).map(|(cert, key)| (cert.into(), key.into())),
        });
        Self { options, fetcher, reader }
    }

    pub(super) fn remote(&self) -> Remote<'_> {
        Remote { options: self.options.clone(), fetch: &self.fetcher, person: &self.reader }
    }

    /// Removes all that is kept (go-task's `--clear-cache`).
    pub(super) fn clear(&self) -> std::io::Result<()> {
        match std::fs::remove_dir_all(self.options.cache_dir.join("remote")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// A path with `~` for the home directory.
fn expanded(path: &str) -> PathBuf {
    let below = path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match below.zip(std::env::var_os("HOME")) {
        Some((below, home)) => PathBuf::from(home).join(below.trim_start_matches('/')),
        None => PathBuf::from(path),
    }
}

/// The person at the terminal, who may have said yes to everything.
pub(super) struct Reader {
    pub(super) stdout: Outlet,
    pub(super) paint: TaskPaint,
    pub(super) yes: bool,
    pub(super) verbose: bool,
}

impl Person for Reader {
    fn trusts(&self, question: &str) -> bool {
        if self.yes {
            self.say(TaskColour::Yellow, &format!("{question} [assuming yes]\n"));
            return true;
        }
        matches!(Terminal::new(self.stdout.clone(), self.paint, Cancel::new()).confirm(question), Answer::Yes)
    }

    fn note(&self, text: &str) {
        if self.verbose {
            self.say(TaskColour::Magenta, &format!("{text}\n"));
        }
    }
}

impl Reader {
    fn say(&self, colour: TaskColour, text: &str) {
        let _ = self.stdout.write(self.paint.paint(colour, text).as_bytes());
    }
}
