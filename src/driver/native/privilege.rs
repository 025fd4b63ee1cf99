//! The sudo password: asked at most once in a run, kept in memory, given over standard input only.

use crate::driver::ssh::Password;
use crate::driver::{DriverError, ErrorKind};
use crate::model::Host;
use std::sync::OnceLock;

/// Asks a person for a sudo password.
pub trait AskPassword: Send + Sync {
    /// The password for a host where sudo wants one; `None` where there is nobody to ask.
    fn password(&self, host: &Host) -> Option<String>;
}

impl<T: Fn(&Host) -> Option<String> + Send + Sync> AskPassword for T {
    fn password(&self, host: &Host) -> Option<String> {
        self(host)
    }
}

/// The one password of a run.
pub(super) struct Passwords {
    source: Box<dyn AskPassword>,
    given: OnceLock<Option<Password>>,
}

impl Passwords {
    pub(super) fn new(source: Box<dyn AskPassword>) -> Self {
        Self { source, given: OnceLock::new() }
    }

    /// The password, if it was given already.
    pub(super) fn known(&self) -> Option<Password> {
        self.given.get().cloned().flatten()
    }

    /// The password; asks for it the first time.
    pub(super) fn ask(&self, host: &Host) -> Result<Password, DriverError> {
        let given = self.given.get_or_init(|| self.source.password(host).as_deref().map(Password::new));
        given.clone().ok_or_else(|| {
            let message = format!("sudo on {} wants a password, and there is nobody to ask for it", host.name);
            DriverError::new(ErrorKind::Sudo, message).help(format!(
                "run it in a terminal, or let {} use sudo there without a password (security.sudo.wheelNeedsPassword = false), or set `user: root`",
                host.user.as_deref().unwrap_or("the user")
            ))
        })
    }
}
