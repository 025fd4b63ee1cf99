//! What a test in Nix refers to, as far as its text shows it.

use super::nix_path;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secrets::repository::{NixFile, Repository};

pub(super) const CODE: &str = "fleet::secrets::vm_test";
/// Where real keys are: of sops-nix on a host, of a person.
const REAL_KEYS: [&str; 3] = ["/var/lib/sops-nix", ".config/sops", "/persist/etc/ssh"];

pub(super) fn check(repository: &Repository<'_>, findings: &mut Diagnostics) {
    evaluated(repository, findings);
    let tests = repository.nix.iter().filter(|file| repository.policy.is_test(&file.path));
    for file in tests {
        real_files(repository, file, findings);
        for (word, span) in nix_path::words(file) {
            if let Some(real) = REAL_KEYS.iter().find(|real| word.contains(**real)) {
                findings.push(
                    Diagnostic::error(CODE, format!("the test `{}` uses a key below `{real}`", file.path))
                        .at(span, "where real keys are")
                        .help("copy the test key into the machine, as `sops.age.keyFile = \"/run/age-keys.txt\"`"),
                );
            }
        }
    }
}

/// What tests come to, where the flake was asked.
fn evaluated(repository: &Repository<'_>, findings: &mut Diagnostics) {
    for test in &repository.named.tests {
        let name = &test.name;
        for path in test.files.iter().filter(|path| !repository.policy.is_test(path)) {
            let file = repository.files.iter().find(|file| file.path == *path);
            let place = file.map_or(repository.policy.span, |file| file.first());
            findings.push(
                Diagnostic::error(CODE, format!("the test `{name}` uses the real file `{path}`"))
                    .at(place, "not a test file")
                    .help(format!("use a file below {}", super::test_paths(repository))),
            );
        }
        for key in test.keys.iter().filter(|key| REAL_KEYS.iter().any(|real| key.contains(real))) {
            findings.push(
                Diagnostic::error(
                    CODE,
                    format!("the test `{name}` uses the key `{key}`, where real keys are"),
                )
                .at(repository.policy.span, "no test key")
                .help("copy the test key into the machine, as `sops.age.keyFile = \"/run/age-keys.txt\"`"),
            );
        }
    }
}

fn real_files(repository: &Repository<'_>, file: &NixFile, findings: &mut Diagnostics) {
    for found in nix_path::paths(file) {
        let is_real = !repository.policy.is_test(&found.path)
            && repository.files.iter().any(|file| file.path == found.path);
        if is_real {
            findings.push(
                Diagnostic::error(
                    CODE,
                    format!("the test `{}` uses the real file `{}`", file.path, found.path),
                )
                .at(found.span, "not a test file")
                .help(format!(
                    "use a file below {}; `sops edit` writes one for the test key there",
                    super::test_paths(repository)
                )),
            );
        }
    }
}
