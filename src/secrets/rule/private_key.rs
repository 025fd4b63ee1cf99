//! Private keys in the tree.

use super::quoted;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secrets::repository::{FoundKey, Repository};

pub(super) const CODE: &str = "fleet::secrets::private_key";

pub(super) fn check(repository: &Repository<'_>, findings: &mut Diagnostics) {
    for found in &repository.keys {
        let FoundKey { path, key, .. } = found;
        let is_test_path = repository.policy.is_test(path);
        let is_named = repository.test.files.contains(path);
        let is_test_key = is_named
            || !key.recipients.is_empty()
                && key.recipients.iter().all(|recipient| repository.test.contains(recipient));
        let (message, help) = match (is_test_key, is_test_path) {
            (true, true) => continue,
            // Told by the rule of test keys, which names the line of the policy.
            (true, false) if is_named => continue,
            (true, false) => (
                format!("`{path}` has a test key and is not among the test files"),
                format!("refer to the file below {} instead", super::test_paths(repository)),
            ),
            (false, _) => (
                format!("`{path}` holds {}", key.kind.words()),
                format!(
                    "take it out (`git rm --cached {}`) and replace the key: it is in the history already, if it was \
                     committed. A key for tests belongs into `fleet.secrets.test_keys`",
                    quoted(path)
                ),
            ),
        };
        findings.push(Diagnostic::error(CODE, message).at(found.span, "the private key").help(help));
    }
}
