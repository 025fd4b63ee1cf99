//! The mark of test files, a plain value that sops leaves alone: a tripwire for copies from one side to the other.

use super::quoted;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secrets::repository::Repository;
use crate::secrets::sops::Format;

pub(super) const CODE: &str = "fleet::secrets::marker";
/// The key of the mark.
pub(in crate::secrets) const MARKER: &str = "fleet_test_unencrypted";

pub(super) fn check(repository: &Repository<'_>, findings: &mut Diagnostics) {
    if !repository.policy.has_tests() {
        return;
    }
    for file in &repository.files {
        let path = &file.path;
        match (repository.policy.is_test(path), file.key(MARKER)) {
            (true, None) if file.format != Format::Binary => findings.push(
                Diagnostic::error(CODE, format!("the test file `{path}` does not say that it is one"))
                    .at(file.first(), format!("`{MARKER}` is missing"))
                    .help(format!("run `sops set {} '[\"{MARKER}\"]' true`", quoted(path))),
            ),
            (false, Some(span)) => findings.push(
                Diagnostic::error(CODE, format!("`{path}` is marked as a test file and is not among them"))
                    .at(span, "the mark of test files")
                    .help(format!(
                        "move it below {}; a real file is written anew, not copied from a test",
                        super::test_paths(repository)
                    )),
            ),
            _ => {}
        }
    }
}
