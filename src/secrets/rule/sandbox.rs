//! Tests that ask to leave nix's sandbox, where the keys of this machine are.

use super::nix_path;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secrets::repository::Repository;

pub(super) const CODE: &str = "fleet::secrets::sandbox";
const WAYS_OUT: [&str; 2] = ["__impureHostDeps", "__noChroot"];

pub(super) fn check(repository: &Repository<'_>, findings: &mut Diagnostics) {
    for file in repository.nix.iter().filter(|file| repository.policy.is_test(&file.path)) {
        for (word, span) in nix_path::words(file) {
            if WAYS_OUT.contains(&word) {
                findings.push(
                    Diagnostic::error(CODE, format!("the test `{}` leaves nix's sandbox", file.path))
                        .at(span, "the keys of this machine are outside")
                        .help("take it out; a test has all that it needs in its own files"),
                );
            }
        }
    }
}
