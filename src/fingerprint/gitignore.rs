//! Leaving out what git ignores (go-task 3.54 `use_gitignore`): `.gitignore` files from the repository's root down to
//! each file, none elsewhere.

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Keeps the files that are not ignored; all of them outside of a repository.
pub(super) fn retain(files: &mut Vec<PathBuf>, dir: &Path) {
    let Some(root) = dir.ancestors().find(|ancestor| ancestor.join(".git").exists()) else { return };
    let mut rules = Rules { root, files: HashMap::new(), dirs: HashMap::new() };
    files.retain(|file| !file.starts_with(root) || !rules.is_ignored(file));
}

struct Rules<'a> {
    root: &'a Path,
    /// The `.gitignore` of each directory that has one.
    files: HashMap<PathBuf, Option<Gitignore>>,
    /// Whether a directory is ignored.
    dirs: HashMap<PathBuf, bool>,
}

impl Rules<'_> {
    /// A file in an ignored directory is ignored, whatever is said about it.
    fn is_ignored(&mut self, file: &Path) -> bool {
        let parents = file.ancestors().skip(1).take_while(|parent| *parent != self.root);
        let parents: Vec<&Path> = parents.collect();
        for dir in parents.into_iter().rev() {
            let known = self.dirs.get(dir).copied();
            let ignored = known.unwrap_or_else(|| self.verdict(dir, true));
            if known.is_none() {
                self.dirs.insert(dir.to_owned(), ignored);
            }
            if ignored {
                return true;
            }
        }
        self.verdict(file, false)
    }

    /// What the nearest `.gitignore` that speaks of it says.
    fn verdict(&mut self, path: &Path, is_dir: bool) -> bool {
        for dir in path.ancestors().skip(1) {
            let rules = self.files.entry(dir.to_owned()).or_insert_with(|| read(dir));
            match rules.as_ref().map(|rules| rules.matched(path, is_dir)) {
                Some(Match::Ignore(_)) => return true,
                Some(Match::Whitelist(_)) => return false,
                Some(Match::None) | None => {}
            }
            if dir == self.root {
                break;
            }
        }
        false
    }
}

fn read(dir: &Path) -> Option<Gitignore> {
    let text = std::fs::read(dir.join(".gitignore")).ok()?;
    let mut builder = GitignoreBuilder::new(dir);
    for line in String::from_utf8_lossy(&text).lines() {
        // A line that is no pattern says nothing, as in git.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}
