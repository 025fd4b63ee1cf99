//! What a flake in a git tree holds, as one short text: equal texts mean that nix sees the same files. Knows git, not
//! nix.
//!
//! Nix reads the files of the working tree that git tracks, with their contents of now (nix `src/libfetchers/git.cc`).
//! So the text is the commit, and for each tracked file that differs from it the file's contents. Where that cannot be
//! known there is no text, and nothing is cached: no git, a reference that is not a path, a changed submodule, a flake
//! with inputs but without a lock.

use crate::driver::tool::{Limits, Tool};
use crate::process::Cancel;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// The state of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    /// Its top directory.
    pub(super) root: PathBuf,
    /// The commit, with `-dirty` where the tree differs from it; `None` before the first commit.
    pub(super) revision: Option<String>,
    /// Equal for equal contents; `None` where that cannot be known.
    pub(super) content: Option<String>,
}

/// The directory that a flake reference names, if it names one plainly.
pub(super) fn directory(project: &Path, reference: &str) -> Option<PathBuf> {
    let plain = !reference.contains(['?', '#', ':']) && !reference.starts_with('-');
    let path = plain && (reference == "." || reference == ".." || reference.starts_with(['/', '.']));
    path.then(|| project.join(reference))
}

impl Tree {
    /// Asks git about the tree that holds a directory; `None` where it is in none. Its top directory is asked for unless it
    /// is known.
    pub(super) fn of(flake: &Path, root: Option<&Path>) -> Option<Self> {
        let git = which::which("git").ok()?;
        let cancel = Cancel::new();
        let status = Tool::new(&git).arg("--no-optional-locks").arg("-C").arg(flake).args([
            "status",
            "--porcelain=v2",
            "--branch",
            "--untracked-files=no",
            "--no-renames",
            "--ignore-submodules=none",
            "-z",
        ]);
        let status = || status.whole(Limits::new(&cancel), &mut |_, _| ()).ok();
        let ask_root = || {
            let ask = Tool::new(&git).arg("-C").arg(flake).args(["rev-parse", "--show-toplevel"]);
            let (ended, text) = ask.whole(Limits::new(&cancel), &mut |_, _| ()).ok()?;
            let text = text.strip_suffix(b"\n").filter(|_| ended.code == 0)?;
            Some(PathBuf::from(std::ffi::OsString::from_vec(text.to_vec())))
        };
        let (root, status) = match root {
            Some(root) => (Some(root.to_owned()), status()),
            None => std::thread::scope(|scope| {
                let root = scope.spawn(ask_root);
                let status = status();
                (root.join().ok().flatten(), status)
            }),
        };
        let (_, status) = status.filter(|(listed, _)| listed.code == 0)?;
        Some(Self::read(&root?, flake, &status))
    }

    /// Whether another commit was made from this one, by way of others.
    pub(super) fn is_behind(&self, revision: &str) -> bool {
        let commit = |revision: &str| {
            let commit = revision.split_once('-').map_or(revision, |(commit, _)| commit);
            let is_commit = commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_commit.then(|| commit.to_owned())
        };
        let (Some(ours), Some(theirs), Ok(git)) =
            (self.revision.as_deref().and_then(commit), commit(revision), which::which("git"))
        else {
            return false;
        };
        if ours.starts_with(&theirs) || theirs.starts_with(&ours) {
            return false;
        }
        let ask =
            Tool::new(&git).arg("-C").arg(&self.root).args(["merge-base", "--is-ancestor", &ours, &theirs]);
        // Any other exit code than 0: it is not, or the commit is not known here.
        ask.lines(Limits::new(&Cancel::new()), &mut |_, _| ()).is_ok_and(|ended| ended.code == 0)
    }

    /// From the output of `git status --porcelain=v2 --branch -z`.
    fn read(root: &Path, flake: &Path, status: &[u8]) -> Self {
        let mut commit = None;
        let mut changes = Vec::new();
        let mut known = true;
        for entry in status.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            if let Some(oid) = entry.strip_prefix(b"# branch.oid ") {
                commit = (oid != b"(initial)").then(|| String::from_utf8_lossy(oid).into_owned());
            } else if let Some(path) = changed_path(entry) {
                changes.push(path.to_vec());
            } else if !entry.starts_with(b"# ") {
                known = false;
            }
        }
        let revision = commit
            .as_ref()
            .map(|commit| format!("{commit}{}", if changes.is_empty() { "" } else { "-dirty" }));
        let content = (known && is_locked(flake))
            .then(|| digest(root, &changes))
            .flatten()
            .map(|digest| format!("{}+{digest:032x}", commit.as_deref().unwrap_or("none")));
        Self { root: root.to_owned(), revision, content }
    }
}

/// The path of a changed entry (git-status(1), "Porcelain Format Version 2").
fn changed_path(entry: &[u8]) -> Option<&[u8]> {
    let fields = match entry.first()? {
        b'1' => 9,
        b'u' => 11,
        _ => return None,
    };
    entry.splitn(fields, |byte| *byte == b' ').nth(fields - 1)
}

/// Whether the flake's inputs are all fixed by files of the tree. A flake that has inputs and no lock gets whatever
/// they are today.
fn is_locked(flake: &Path) -> bool {
    flake.join("flake.lock").exists()
        || fs::read_to_string(flake.join("flake.nix")).is_ok_and(|text| !sets_inputs(&text))
}

/// Whether `inputs = ...` or `inputs.NAME...` stands in a text; the latter also where inputs are used.
fn sets_inputs(text: &str) -> bool {
    text.split("inputs").skip(1).any(|after| after.trim_start().starts_with(['.', '=']))
}

fn digest(root: &Path, changes: &[Vec<u8>]) -> Option<u128> {
    let mut hash = Xxh3::new();
    let mut add = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    for change in changes {
        add(change);
        let path = root.join(std::ffi::OsStr::from_bytes(change));
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => {
                add(b"link");
                add(fs::read_link(&path).ok()?.as_os_str().as_bytes());
            }
            Ok(metadata) if metadata.is_file() => {
                add(if metadata.permissions().mode() & 0o100 == 0 { b"file" } else { b"program" });
                add(&fs::read(&path).ok()?);
            }
            // A submodule, or what git cannot hold.
            Ok(_) => return None,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => add(b"gone"),
            Err(_) => return None,
        }
    }
    Some(hash.digest128())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn git(directory: &Path, arguments: &[&str]) {
        let status = Command::new("git")
            .current_dir(directory)
            .args(["-c", "user.name=t", "-c", "user.email=t@t"])
            .args(arguments)
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "git {arguments:?}");
    }

    fn repository() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("flake.nix"), "{ outputs = _: { }; }").unwrap();
        fs::write(directory.path().join("a"), "1").unwrap();
        git(directory.path(), &["init", "-q"]);
        git(directory.path(), &["add", "-A"]);
        git(directory.path(), &["commit", "-qm", "first"]);
        directory
    }

    #[test]
    fn every_change_that_nix_sees_changes_the_content() {
        let directory = repository();
        let path = directory.path();
        let content = || Tree::of(path, None).unwrap().content.unwrap();
        let mut seen = vec![content()];
        let mut changed = |what: &str| {
            let now = content();
            assert!(!seen.contains(&now), "{what}");
            seen.push(now);
        };
        fs::write(path.join("a"), "2").unwrap();
        changed("changed");
        fs::write(path.join("a"), "3").unwrap();
        changed("changed once more");
        fs::write(path.join("b c\nd"), "new").unwrap();
        git(path, &["add", "-N", "."]);
        changed("intent to add");
        fs::write(path.join("b c\nd"), "newer").unwrap();
        changed("its content");
        fs::remove_file(path.join("a")).unwrap();
        changed("removed");
        std::os::unix::fs::symlink("x", path.join("a")).unwrap();
        changed("a link");
    }

    #[test]
    fn what_nix_does_not_see_changes_nothing() {
        let directory = repository();
        let before = Tree::of(directory.path(), None).unwrap();
        fs::write(directory.path().join("untracked"), "x").unwrap();
        assert_eq!(Tree::of(directory.path(), None).unwrap(), before);
        fs::write(directory.path().join("a"), "1").unwrap();
        assert_eq!(Tree::of(directory.path(), None).unwrap(), before);
    }

    #[test]
    fn the_revision_says_when_the_tree_is_dirty() {
        let directory = repository();
        let clean = Tree::of(directory.path(), None).unwrap().revision.unwrap();
        assert_eq!(clean.len(), 40);
        fs::write(directory.path().join("a"), "2").unwrap();
        assert_eq!(Tree::of(directory.path(), None).unwrap().revision.unwrap(), format!("{clean}-dirty"));
    }

    #[test]
    fn unlocked_inputs_are_not_cached() {
        assert!(!sets_inputs("# No inputs: none\noutputs = { self }: { }"));
        let directory = repository();
        fs::write(directory.path().join("flake.nix"), "{ inputs.x.url = \"y\"; outputs = _: { }; }").unwrap();
        assert_eq!(Tree::of(directory.path(), None).unwrap().content, None);
        fs::write(directory.path().join("flake.lock"), "{}").unwrap();
        assert!(Tree::of(directory.path(), None).unwrap().content.is_some());
    }

    #[test]
    fn only_plain_paths_name_a_directory() {
        let project = Path::new("/p");
        assert_eq!(directory(project, "."), Some("/p/.".into()));
        assert_eq!(directory(project, "/q"), Some("/q".into()));
        assert_eq!(directory(project, "../q"), Some("/p/../q".into()));
        for reference in ["github:a/b", "nixpkgs", "path:/x", ".?dir=x", "-x"] {
            assert_eq!(directory(project, reference), None, "{reference}");
        }
    }
}
