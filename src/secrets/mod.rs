//! The fence around secrets: that what is encrypted is so for the right keys and no others. Reads sops' files and rules
//! without sops, over files that need not be on a disk. Runs nothing, and shows nothing of what it finds inside.

mod access;
mod files;
mod key;
mod named;
mod policy;
mod recipient;
mod repository;
mod rule;
mod sample;
pub mod scaffold;
mod sops;
mod sources;

pub use access::{Access, LockedOut};
pub use files::{FileName, Files, GivenFiles, SIZE_LIMIT};
pub use named::{Named, NamedHost, NamedTest};
pub use rule::{RULES, Rule};
pub use sources::TestSources;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::SecretsPolicy;
use crate::source::SourceMap;
use policy::Policy;
use repository::{Repository, path_of};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a check found, and what it looked at.
#[derive(Debug, Default)]
pub struct Checked {
    /// The findings; the code of each is `fleet::secrets::` and the name of its rule.
    pub findings: Diagnostics,
    /// Files of sops.
    pub files: usize,
    /// Those of them that are for tests.
    pub test_files: usize,
    /// Rules for new files.
    pub creation_rules: usize,
    /// Paths of files that are too long to be looked at.
    pub too_large: Vec<String>,
    /// What hosts have to open.
    pub access: Access,
}

/// Checks files by all rules. `root` is where they stand, for showing them, and `prefix` the project's directory below
/// it.
pub fn check(
    files: &dyn Files,
    root: &Path,
    prefix: &str,
    policy: &SecretsPolicy,
    sources: &mut SourceMap,
) -> Checked {
    check_with(files, root, prefix, policy, &Named::default(), sources)
}

/// [`check`], with what the flake says of secrets.
pub fn check_with(
    files: &dyn Files,
    root: &Path,
    prefix: &str,
    policy: &SecretsPolicy,
    named: &Named,
    sources: &mut SourceMap,
) -> Checked {
    let mut findings = Diagnostics::default();
    let policy =
        Policy::new(policy, prefix, |name| RULES.iter().any(|rule| rule.name == name), &mut findings);
    let repository = Repository::read(files, root, &policy, named, sources, &mut findings);
    for rule in &RULES {
        (rule.check)(&repository, &mut findings);
    }
    let findings = policy.without_ignored(
        findings,
        |finding| RULES.iter().find(|rule| rule.code == finding.code).map(|rule| rule.name),
        |finding| path_of(finding, root, sources),
    );
    let marked = |mut finding: Diagnostic| {
        let place = finding.labels.first().map(|(span, _)| span.source);
        if place.is_some_and(|source| repository.staged.contains(&source)) {
            finding.message.push_str(" (as it is staged)");
        }
        finding
    };
    // What is staged and what is there are one file.
    let paths: BTreeSet<&str> = repository.files.iter().map(|file| file.path.as_str()).collect();
    let rules: BTreeMap<&str, usize> =
        repository.configs.iter().map(|config| (config.path.as_str(), config.rules.len())).collect();
    Checked {
        findings: findings.into_list().into_iter().map(marked).collect(),
        files: paths.len(),
        test_files: paths.iter().filter(|path| policy.is_test(path)).count(),
        creation_rules: rules.values().sum(),
        access: Access::of(&repository),
        too_large: repository.too_large,
    }
}
