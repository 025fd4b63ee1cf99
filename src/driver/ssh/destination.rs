//! Where an ssh connection goes. A value can hold nothing that ssh, a URL or a shell would read as more than a name.

use crate::driver::{DriverError, ErrorKind};
use crate::model::Host;

/// User, address and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Destination {
    user: Option<String>,
    address: String,
    port: Option<u16>,
}

fn is_safe(text: &str, further: &[u8]) -> bool {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || further.contains(&byte);
    !text.is_empty() && !text.starts_with('-') && text.len() <= 255 && text.bytes().all(safe)
}

impl Destination {
    /// Checks the parts.
    ///
    /// # Errors
    /// [`ErrorKind::Refusal`] where the address or user could be read as anything but a name.
    pub(crate) fn new(user: Option<&str>, address: &str, port: Option<u16>) -> Result<Self, DriverError> {
        let refuse = |what: &str, text: &str, allowed: &str| {
            DriverError::new(
                ErrorKind::Refusal,
                format!(
                    "`{}` cannot be the {what} of a host: {allowed} only, and no leading `-`",
                    text.escape_debug()
                ),
            )
        };
        if !is_safe(address, b"._-:%") {
            return Err(refuse("address", address, "letters, digits, `.`, `_`, `-`, `:` and `%`"));
        }
        if let Some(user) = user
            && !is_safe(user, b"._-")
        {
            return Err(refuse("user", user, "letters, digits, `.`, `_` and `-`"));
        }
        Ok(Self { user: user.map(str::to_owned), address: address.to_owned(), port })
    }

    /// Where a host is.
    ///
    /// # Errors
    /// As [`Destination::new`].
    pub(crate) fn of(host: &Host) -> Result<Self, DriverError> {
        Self::new(host.user.as_deref(), &host.address, host.port)
    }

    /// A builder as written: `[USER@]ADDRESS`.
    ///
    /// # Errors
    /// As [`Destination::new`].
    pub(crate) fn builder(text: &str) -> Result<Self, DriverError> {
        match text.split_once('@') {
            Some((user, address)) => Self::new(Some(user), address, None),
            None => Self::new(None, text, None),
        }
    }

    /// The port, where one is given.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// The address.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The user, where one is given.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The URL of its store. Always `ssh://`: `ssh-ng://` of Nix 2.8 wants signatures even from root.
    pub(crate) fn store(&self) -> String {
        let address =
            if self.address.contains(':') { format!("[{}]", self.address) } else { self.address.clone() };
        match &self.user {
            Some(user) => format!("ssh://{user}@{address}"),
            None => format!("ssh://{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_pass() {
        for address in ["luna", "luna.example.net", "10.0.0.1", "fe80::1%eth0", "a_b"] {
            assert!(Destination::new(Some("ryan"), address, None).is_ok(), "{address}");
        }
        let destination = Destination::builder("ryan@build.example.net").unwrap();
        assert_eq!(destination.store(), "ssh://ryan@build.example.net");
    }

    #[test]
    fn nothing_that_a_shell_or_ssh_would_read_passes() {
        for address in ["", "-oProxyCommand=x", "a b", "a;b", "$(id)", "a\nb", "a/b", "a?b", "a@b", "é"] {
            let error = Destination::new(None, address, None).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Refusal, "{address}");
        }
        assert!(Destination::new(Some("-l"), "luna", None).is_err());
        assert!(Destination::builder("a@b@c").is_err());
    }
}
