//! Who is changing a host, as the host keeps it in `/run/fleet/lock`.

use super::{DriverError, ErrorKind};
use crate::model::HostName;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// Who takes a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Who, such as `ryan@laptop`; one line.
    pub owner: String,
    /// The run's id.
    pub run: String,
}

/// A lock that a host has. Its times are by the host's own clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lock {
    /// Who has it, such as `ryan@laptop`.
    pub owner: String,
    /// The run that took it.
    pub run: String,
    /// The unit that works for it.
    pub job: String,
    /// Since when, in seconds.
    #[serde(serialize_with = "seconds")]
    pub held: Duration,
    /// How long nothing was heard of it, in seconds.
    #[serde(serialize_with = "seconds")]
    pub silent: Duration,
    /// Why it counts for nothing; absent when it counts.
    pub stale: Option<Stale>,
}

/// Why a lock counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stale {
    /// It is from before the last boot.
    Boot,
    /// Nothing was heard of its job for a minute.
    Silent,
}

impl Holder {
    /// Whoever runs this program, for a run.
    #[must_use]
    pub fn of_run(run: &str) -> Self {
        let user = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        let user = user
            .filter(|user| !user.is_empty())
            .unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()));
        let system = rustix::system::uname();
        let machine = system.nodename().to_string_lossy();
        let owner = format!("{user}@{machine}").replace(char::is_control, "?");
        Self { owner, run: run.to_owned() }
    }
}

impl Lock {
    /// What a run is told that it keeps away.
    #[must_use]
    pub fn refusal(&self, host: &HostName) -> DriverError {
        DriverError::new(ErrorKind::Refusal, format!("{host} is locked: {self}"))
            .help(format!("wait until that run has ended; if it never will: fleet unlock {host}"))
    }

    /// Whether a run has it, and works.
    #[must_use]
    pub fn is_of(&self, run: &str) -> bool {
        self.stale.is_none() && self.run == run
    }

    /// Whether it keeps another run away.
    #[must_use]
    pub fn keeps_away(&self, run: &str) -> bool {
        self.stale.is_none() && self.run != run
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, run, held, silent, stale, .. } = self;
        write!(f, "{owner} has been changing it for {} s (run {run})", held.as_secs())?;
        match stale {
            None => Ok(()),
            Some(Stale::Boot) => f.write_str("; it has booted since"),
            Some(Stale::Silent) => write!(f, "; nothing was heard of that for {} s", silent.as_secs()),
        }
    }
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}
