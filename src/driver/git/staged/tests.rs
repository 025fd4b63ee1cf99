//! What is found without git against what git says, in repositories that git made.

use super::*;
use crate::driver::git::change;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

struct Sample {
    dir: tempfile::TempDir,
}

impl Sample {
    /// A repository with a commit, made by `git init` with these words.
    fn new(words: &[&str]) -> Self {
        let sample = Self { dir: tempfile::tempdir().unwrap() };
        sample.git(&[&["init", "-q"], words].concat());
        for path in ["a", "b", "dir.x", "dir/a", "dir/deep/b", "dir/deep/c", "dir/zzz", "other/a", "link/to"]
        {
            sample.write(path, path);
        }
        sample.git(&["add", "."]);
        sample.git(&["commit", "-qm", "first"]);
        sample
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    #[track_caller]
    fn git(&self, words: &[&str]) -> Vec<u8> {
        let mut git = Command::new("git");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GIT_")) {
            git.env_remove(name);
        }
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        git.args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "gc.auto=0"]);
        let out = git.args(words).current_dir(self.dir.path()).output().unwrap();
        assert!(out.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    }

    fn staged(&self) -> Option<Staged> {
        Staged::open(&self.path(".git"), &self.path(".git/index"))
    }

    /// The same changes as git's, found without it.
    #[track_caller]
    fn agrees(&self) -> usize {
        let words = ["diff", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames"];
        let expected = change::changes(&self.git(&words));
        assert_eq!(self.staged().and_then(|staged| staged.changes()), Some(expected.clone()));
        expected.len()
    }

    /// Nothing is found: git has to say.
    #[track_caller]
    fn is_left_to_git(&self) {
        assert_eq!(self.staged().and_then(|staged| staged.changes()), None);
    }
}

/// Changes of each kind, in the top and below it.
fn change(sample: &Sample) {
    for (path, text) in
        [("a", "new"), ("dir/deep/c", "new"), ("dir-new", "x"), ("dir/new/file", "x"), ("é\n", "x")]
    {
        sample.write(path, text);
    }
    fs::remove_file(sample.path("dir/a")).unwrap();
    fs::remove_dir_all(sample.path("other")).unwrap();
    sample.write("other", "a file now");
    fs::remove_file(sample.path("b")).unwrap();
    symlink("a", sample.path("b")).unwrap();
    fs::set_permissions(sample.path("dir/zzz"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn every_kind_of_change_is_found_as_git_finds_it() {
    let sample = Sample::new(&[]);
    assert_eq!(sample.agrees(), 0);
    change(&sample);
    assert_eq!(sample.agrees(), 0, "nothing is staged");
    sample.git(&["add", "."]);
    assert_eq!(sample.agrees(), 10);
    // What git has written already is not read again: the trees of the index.
    sample.git(&["write-tree"]);
    assert_eq!(sample.agrees(), 10);
    sample.git(&["rm", "-rq", "--cached", "dir"]);
    assert_eq!(sample.agrees(), 10, "others than before");
    sample.git(&["commit", "-qm", "second"]);
    assert_eq!(sample.agrees(), 0);
    sample.git(&["checkout", "-q", "--detach"]);
    sample.git(&["add", "."]);
    assert!(sample.agrees() > 0, "a commit without a branch");
}

#[test]
fn files_are_found_by_their_paths() {
    let sample = Sample::new(&[]);
    sample.write("a", "new");
    sample.git(&["add", "a"]);
    let staged = sample.staged().unwrap();
    let bytes = |text: &str| Some(Content::Bytes(text.as_bytes().to_vec()));
    assert_eq!(staged.content(":a"), bytes("new"));
    assert_eq!(staged.content(":dir/deep/b"), bytes("dir/deep/b"));
    assert_eq!(
        (staged.content(":dir"), staged.content(":nothing")),
        (Some(Content::Missing), Some(Content::Missing))
    );
    assert_eq!(
        (staged.content(":0:a"), staged.content("HEAD:a"), staged.content(&"0".repeat(40))),
        (None, None, None)
    );
}

#[test]
fn branches_may_be_in_the_list_of_all() {
    let sample = Sample::new(&[]);
    sample.git(&["pack-refs", "--all"]);
    change(&sample);
    sample.git(&["add", "."]);
    assert_eq!(sample.agrees(), 10);
}

#[test]
fn submodules_are_told_apart() {
    let (sample, inner) = (Sample::new(&[]), Sample::new(&[]));
    let url = inner.dir.path().to_str().unwrap();
    sample.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "sub"]);
    assert_eq!(sample.agrees(), 2);
}

#[test]
fn what_is_unusual_is_left_to_git() {
    type Change = fn(&Sample);
    let unusual: [(&str, Change); 9] = [
        ("packed", |sample| drop(sample.git(&["gc", "-q"]))),
        ("intended", |sample| {
            sample.write("new", "x");
            sample.git(&["add", "-N", "new"]);
        }),
        ("split", |sample| drop(sample.git(&["update-index", "--split-index"]))),
        ("version 4", |sample| drop(sample.git(&["update-index", "--index-version=4"]))),
        ("replaced", |sample| {
            let other = String::from_utf8(sample.git(&["commit-tree", "-m", "x", "HEAD^{tree}"])).unwrap();
            sample.git(&["replace", "HEAD", other.trim()]);
        }),
        ("no commit", |sample| drop(sample.git(&["checkout", "-q", "--orphan", "new"]))),
        ("cut", |sample| {
            let index = fs::read(sample.path(".git/index")).unwrap();
            fs::write(sample.path(".git/index"), &index[..index.len() / 2]).unwrap();
        }),
        ("garbage", |sample| {
            fs::write(sample.path(".git/index"), "DIRC\0\0\0\u{2}\u{7f}\u{7f}\u{7f}\u{7f}").unwrap();
        }),
        ("no index", |sample| fs::remove_file(sample.path(".git/index")).unwrap()),
    ];
    for (what, make) in unusual {
        let sample = Sample::new(&[]);
        make(&sample);
        let found = sample.staged().and_then(|staged| staged.changes());
        assert_eq!(found, None, "{what}");
    }
    Sample::new(&["--object-format=sha256"]).is_left_to_git();
    let sample = Sample::new(&[]);
    sample.git(&["worktree", "add", "-q", "linked"]);
    let dir = sample.path("linked/.git");
    assert!(Staged::open(&dir, &dir.join("index")).is_none(), "a linked work tree");
}

#[test]
fn a_conflict_is_left_to_git() {
    let sample = Sample::new(&[]);
    sample.git(&["checkout", "-qb", "side"]);
    sample.write("a", "side");
    sample.git(&["commit", "-qam", "side"]);
    sample.git(&["checkout", "-q", "-"]);
    sample.write("a", "main");
    sample.git(&["commit", "-qam", "main"]);
    let merged = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "merge", "-q", "side"])
        .current_dir(sample.dir.path())
        .output();
    assert!(!merged.unwrap().status.success());
    sample.is_left_to_git();
}
