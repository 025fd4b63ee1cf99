//! The files of a task: its `sources` and `generates`, rendered.

use super::{GlobError, Reason, gitignore, glob};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The entries of a task, each with whether it excludes.
#[derive(Debug, Clone, Copy)]
pub struct TaskFiles<'a> {
    /// The task's directory, absolute: entries are relative to it.
    pub dir: &'a Path,
    /// Whether go-task has that directory before its eyes: not for a list, where the task names none.
    pub anchored: bool,
    /// Inputs.
    pub sources: &'a [(String, bool)],
    /// Outputs.
    pub generates: &'a [(String, bool)],
    /// Files that git ignores do not count.
    pub use_gitignore: bool,
}

impl TaskFiles<'_> {
    /// The files that are inputs, sorted by path.
    #[must_use]
    pub fn sources(&self) -> Vec<PathBuf> {
        self.matching(self.sources)
    }

    /// The files that are outputs, sorted by path.
    #[must_use]
    pub fn generates(&self) -> Vec<PathBuf> {
        self.matching(self.generates)
    }

    /// A later entry decides over an earlier one. An entry that cannot be matched is left out, as go-task does.
    fn matching(&self, entries: &[(String, bool)]) -> Vec<PathBuf> {
        let one = |(pattern, excludes): &(String, bool)| {
            Some((glob::files(self.dir, pattern, self.anchored).ok()?, *excludes))
        };
        let mut files: Vec<PathBuf> = match entries {
            [entry @ (_, false)] => one(entry).map(|(files, _)| files).unwrap_or_default(),
            entries => {
                let mut included = HashMap::new();
                for (files, excludes) in entries.iter().filter_map(one) {
                    included.extend(files.into_iter().map(|file| (file, !excludes)));
                }
                included.into_iter().filter_map(|(file, included)| included.then_some(file)).collect()
            }
        };
        files.sort_unstable_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
        files.dedup();
        if self.use_gitignore {
            gitignore::retain(&mut files, self.dir);
        }
        files
    }

    /// The first entry of `generates` that matches nothing.
    pub(super) fn not_generated(&self) -> Result<Option<Reason>, GlobError> {
        for (pattern, _) in self.generates.iter().filter(|(_, excludes)| !excludes) {
            match glob::files(self.dir, pattern, self.anchored) {
                Ok(files) if !files.is_empty() => {}
                Ok(_) | Err(GlobError::NotThere(_)) => {
                    return Ok(Some(Reason::NotGenerated(pattern.clone())));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}
