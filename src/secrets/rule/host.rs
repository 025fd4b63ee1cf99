//! Keys of hosts, as the policy names them.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secrets::key::to_age;
use crate::secrets::recipient::Recipient;
use crate::secrets::repository::Repository;

pub(super) const CODE: &str = "fleet::secrets::host";

pub(super) fn check(repository: &Repository<'_>, findings: &mut Diagnostics) {
    for (host, key) in &repository.policy.host_keys {
        let recipient = Recipient::age(key);
        let stands_for = to_age(&recipient);
        let is_test = [Some(&recipient), stands_for.as_ref()]
            .into_iter()
            .flatten()
            .any(|recipient| repository.test.contains(recipient));
        if is_test {
            findings.push(
                Diagnostic::error(CODE, format!("the key of the host `{host}` is a test key"))
                    .at(key.span, "anybody has its private half")
                    .help(format!("give the host a key of its own: `ssh-keyscan -t ed25519 {host}`")),
            );
        }
    }
}
