//! Hosts that refer to a test identity: they would be built with a key that anybody has.

use super::nix_path;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secrets::repository::Repository;

pub(super) const CODE: &str = "fleet::secrets::closure";
/// Words of a file that wires tests, wherever it stands.
const OF_TESTS: [&str; 4] = ["runNixOSTest", "nixosTest", "testers", "checks"];

pub(super) fn check(repository: &Repository<'_>, findings: &mut Diagnostics) {
    for file in repository.nix.iter().filter(|file| !repository.policy.is_test(&file.path)) {
        if OF_TESTS.iter().any(|word| file.text.contains(word)) || file.path.starts_with("checks/") {
            continue;
        }
        for found in nix_path::paths(file) {
            if repository.test.files.contains(&found.path) {
                findings.push(
                    Diagnostic::error(CODE, format!("`{}` uses the test key `{}`", file.path, found.path))
                        .at(found.span, "anybody has this key")
                        .help("name a key that the host has of its own, as `/etc/ssh/ssh_host_ed25519_key`"),
                );
            }
        }
    }
}
