//! The fence by what files say of themselves.

use super::quoted;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secrets::recipient::{Recipient, RecipientKind};
use crate::secrets::repository::Repository;

pub(super) const CODE: &str = "fleet::secrets::fence";

pub(super) fn check(repository: &Repository<'_>, findings: &mut Diagnostics) {
    if repository.test.is_empty() {
        return;
    }
    for file in &repository.files {
        let path = &file.path;
        let is_test = repository.policy.is_test(path);
        for entry in file.metadata.entries() {
            let recipient = &entry.recipient;
            let finding = match (is_test, repository.test.contains(recipient)) {
                (false, true) => {
                    let message =
                        format!("the real file `{path}` is encrypted for a test key, which anybody can read");
                    Diagnostic::error(CODE, message).at(entry.span, "a test key").help(format!(
                        "run `{}`, and change every secret in it; a file for tests belongs below {}",
                        take_out(path, recipient),
                        super::test_paths(repository)
                    ))
                }
                (true, false) => {
                    let message = format!(
                        "the test file `{path}` is encrypted for {}, a key that is not for tests",
                        repository.name(file, recipient)
                    );
                    Diagnostic::error(CODE, message)
                        .at(entry.span, format!("{} key", recipient.kind.word()))
                        .help(format!("run `{}`", take_out(path, recipient)))
                }
                _ => continue,
            };
            findings.push(finding);
        }
    }
}

/// The command that takes a recipient out of a file.
fn take_out(path: &str, recipient: &Recipient) -> String {
    let flag = match recipient.kind {
        RecipientKind::Age | RecipientKind::Ssh => "--rm-age",
        RecipientKind::Pgp => "--rm-pgp",
        RecipientKind::Kms => "--rm-kms",
        RecipientKind::GcpKms => "--rm-gcp-kms",
        RecipientKind::AzureKeyVault => "--rm-azure-kv",
        RecipientKind::Vault => "--rm-hc-vault-transit",
        RecipientKind::HcKms => "--rm-hckms",
    };
    format!("sops rotate --in-place {flag} {} {}", quoted(&recipient.name), quoted(path))
}
