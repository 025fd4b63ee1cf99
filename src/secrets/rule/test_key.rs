//! Test identities: the public key comes from the identity itself, and a comment that says another one lies.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secrets::recipient::Recipient;
use crate::secrets::repository::Repository;

pub(super) const CODE: &str = "fleet::secrets::test_key";

pub(super) fn check(repository: &Repository<'_>, findings: &mut Diagnostics) {
    let policy = repository.policy;
    for named in &policy.test_keys {
        if !repository.test.files.contains(&named.value) {
            continue;
        }
        if policy.has_tests() && !policy.is_test(named) {
            findings.push(
                Diagnostic::error(
                    CODE,
                    format!("the test key `{}` is not among the test files", named.value),
                )
                .at(named.span, "outside of `test_paths`")
                .help(format!("move it below one of {}", super::test_paths(repository))),
            );
        }
    }
    for (path, comment, span) in &repository.comments {
        let keys = repository.keys.iter().filter(|found| found.path == *path);
        let mut derived = keys.flat_map(|found| &found.key.recipients).peekable();
        if derived.peek().is_none() || derived.clone().any(|key| *key == Recipient::age(comment)) {
            continue;
        }
        let real = derived.next().map(ToString::to_string).unwrap_or_default();
        findings.push(
            Diagnostic::warning(
                CODE,
                format!("the comment of `{path}` names another key than the identity's"),
            )
            .at(*span, "this is not its public key")
            .help(format!("write `# public key: {real}`")),
        );
    }
}
