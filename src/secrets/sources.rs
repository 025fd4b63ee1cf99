//! What a test would be built from: no file of sops but those for tests, no identity of age but test keys. Reads what it is
//! given; runs nothing.

use super::files::Files;
use super::key::{PrivateKeys, PrivateKind};
use super::named::Named;
use super::policy::Policy;
use super::repository::Repository;
use super::sops::{Format, Read, SopsFile};
use crate::diagnostic::Diagnostics;
use crate::model::SecretsPolicy;
use crate::source::SourceMap;
use std::collections::HashMap;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

/// What the repository knows of files that tests may have.
pub struct TestSources {
    /// Files of sops by their content: the path, and whether it is one for tests.
    known: HashMap<u128, (String, bool)>,
    /// Whom test identities open files for.
    recipients: Vec<String>,
    finder: PrivateKeys,
}

impl std::fmt::Debug for TestSources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestSources").field("known", &self.known.len()).finish_non_exhaustive()
    }
}

impl TestSources {
    /// Reads the files of a repository; `prefix` is the project's directory below `root`.
    pub fn of(files: &dyn Files, root: &Path, prefix: &str, policy: &SecretsPolicy) -> Self {
        let (mut sources, mut findings) = (SourceMap::default(), Diagnostics::default());
        let policy = Policy::new(policy, prefix, |_| true, &mut findings);
        let named = Named::default();
        let repository = Repository::read(files, root, &policy, &named, &mut sources, &mut findings);
        let mut known = HashMap::new();
        for (index, name) in files.names().iter().enumerate() {
            if repository.files.iter().any(|file| file.path == name.path)
                && let Ok(Some(bytes)) = files.read(index)
            {
                known.insert(xxh3_128(&bytes), (name.path.clone(), policy.is_test(&name.path)));
            }
        }
        let recipients = repository.test.recipients.keys().map(|key| key.name.clone()).collect();
        Self { known, recipients, finder: PrivateKeys::default() }
    }

    /// What a test must not have of a file of that name, in words; `None` where it may have it.
    #[must_use]
    pub fn refuses(&self, name: &str, bytes: &[u8]) -> Option<String> {
        match self.known.get(&xxh3_128(bytes)) {
            Some((_, true)) => return None,
            Some((path, false)) => return Some(format!("a copy of `{path}`, which is no file for tests")),
            None => {}
        }
        let is_age = |kind| matches!(kind, PrivateKind::Age | PrivateKind::AgeHybrid);
        let found = self.finder.find(bytes);
        if let Some(key) = found.iter().find(|key| {
            is_age(key.kind) && !key.recipients.iter().any(|own| self.recipients.contains(&own.name))
        }) {
            return Some(format!("{}, which is no test key", key.kind.words()));
        }
        let format = Format::detect(name, bytes)?;
        let mut sources = SourceMap::default();
        match SopsFile::read(&mut sources, Path::new(name), name, bytes, format) {
            Read::Sops(file) if file.recipients().next().is_some() => {
                Some("a file of sops that is none of the repository's files for tests".to_owned())
            }
            _ => None,
        }
    }
}
