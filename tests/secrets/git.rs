//! Which files are looked at: what git knows, and what is there.

use crate::sops::{Format, Key, Plain};
use crate::tree::{Tree, findings, fleet};
use std::fs;
use std::path::Path;
use std::process::Command;

#[track_caller]
fn git(dir: &Path, words: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]);
    command.args(words).current_dir(dir);
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with a tree in it, everything staged.
fn repository(tree: &Tree) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    tree.place(dir.path());
    git(dir.path(), &["init", "-q", "-b", "main"]);
    git(dir.path(), &["add", "-A"]);
    dir
}

/// A real key and where it must be found.
fn leak() -> String {
    Key::new().file()
}

#[test]
fn new_staged_and_ignored_files() {
    if !crate::requirement::met("new_staged_and_ignored_files", &["git"]) {
        return;
    }
    let mut tree = Tree::clean();
    tree.write(".gitignore", "*.key\n");
    let dir = repository(&tree);
    let dir = dir.path();
    assert!(findings(dir).is_empty(), "a repository without commits");
    // What git ignores is not in the repository; what was added by force is.
    fs::write(dir.join("own.key"), leak()).unwrap();
    assert!(findings(dir).is_empty());
    git(dir, &["add", "-f", "own.key"]);
    findings(dir)[0].is("private_key", "own.key", "AGE-SECRET-KEY-");
    // Staged and then mended: it would still be committed.
    fs::write(dir.join("own.key"), "nothing\n").unwrap();
    findings(dir)[0].is("private_key", "own.key", "AGE-SECRET-KEY-").says("(as it is staged)");
    fs::remove_file(dir.join("own.key")).unwrap();
    findings(dir)[0].is("private_key", "own.key", "AGE-SECRET-KEY-").says("(as it is staged)");
    git(dir, &["rm", "-q", "-f", "--cached", "own.key"]);
    assert!(findings(dir).is_empty());
    // New, and not known to git yet.
    fs::write(dir.join("new.txt"), leak()).unwrap();
    findings(dir)[0].is("private_key", "new.txt", "AGE-SECRET-KEY-");
}

/// Keys are changed in the rules and in the files: what is there fits, and so does what is staged, each for itself.
#[test]
fn rules_as_they_are_there_are_for_files_as_they_are_there() {
    if !crate::requirement::met("rules_as_they_are_there_are_for_files_as_they_are_there", &["git"]) {
        return;
    }
    let tree = Tree::clean();
    let dir = repository(&tree);
    let mut changed = tree.clone();
    let other = Key::new();
    changed.replace(".sops.yaml", &tree.luna.recipient, &other.recipient);
    for (format, end) in [
        (Format::Yaml, "sops.yaml"),
        (Format::Json, "json"),
        (Format::Dotenv, "env"),
        (Format::Ini, "ini"),
        (Format::Binary, "bin"),
    ] {
        let text = Plain::new(format, &[&tree.operator, &other]).encrypt();
        changed.write(&format!("secrets/luna.{end}"), text);
    }
    changed.place(dir.path());
    assert!(findings(dir.path()).is_empty(), "{:#?}", findings(dir.path()));
    let told = fleet(dir.path(), &["secrets", "check"]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains(": 10 files of sops, 2 creation rules, nothing"), "{told}");
    // Of the two only one is staged: what would be committed does not fit.
    git(dir.path(), &["add", ".sops.yaml"]);
    let found = findings(dir.path());
    assert_eq!(found.len(), 5, "{found:#?}");
    assert!(found.iter().all(|found| found.message.ends_with("(as it is staged)")), "{found:#?}");
}

#[test]
fn links_submodules_and_sparse_checkouts() {
    if !crate::requirement::met("links_submodules_and_sparse_checkouts", &["git"]) {
        return;
    }
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("key"), leak()).unwrap();
    let mut tree = Tree::clean();
    tree.write("apart/luna.sops.yaml", tree.real_file(Format::Yaml).encrypt());
    let dir = repository(&tree);
    let dir = dir.path();
    std::os::unix::fs::symlink(outside.path().join("key"), dir.join("link")).unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.join("directory")).unwrap();
    git(outside.path(), &["init", "-q", "-b", "main"]);
    git(outside.path(), &["add", "-A"]);
    git(outside.path(), &["commit", "-q", "-m", "x"]);
    let other = outside.path().to_str().unwrap();
    git(dir, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other, "module"]);
    git(dir, &["add", "-A"]);
    git(dir, &["commit", "-q", "-m", "x"]);
    // Neither the link nor the submodule is followed.
    let before = findings(dir);
    assert_eq!(before.len(), 1, "{before:#?}");
    before[0].is("recipients", "apart/luna.sops.yaml", "password");
    // What is not checked out is in the repository all the same.
    git(dir, &["sparse-checkout", "set", "--no-cone", "/*", "!/apart/"]);
    assert!(!dir.join("apart").exists());
    findings(dir)[0].is("recipients", "apart/luna.sops.yaml", "password").says("(as it is staged)");
}

#[test]
fn in_the_middle_of_a_merge() {
    if !crate::requirement::met("in_the_middle_of_a_merge", &["git"]) {
        return;
    }
    let mut tree = Tree::clean();
    let dir = repository(&tree);
    let dir = dir.path();
    git(dir, &["commit", "-q", "-m", "base"]);
    for branch in ["one", "two"] {
        git(dir, &["checkout", "-q", "-b", branch, "main"]);
        tree.write("secrets/luna.sops.yaml", tree.real_file(Format::Yaml).encrypt());
        tree.place(dir);
        git(dir, &["commit", "-q", "-a", "-m", branch]);
    }
    let merge = Command::new("git").args(["merge", "-q", "one"]).current_dir(dir).output().unwrap();
    assert!(!merge.status.success(), "there should be a conflict");
    let found = findings(dir);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].message.contains("`secrets/luna.sops.yaml` cannot be read"), "{found:#?}");
}

#[test]
fn a_bare_repository_has_no_files() {
    if !crate::requirement::met("a_bare_repository_has_no_files", &["git"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q", "--bare"]);
    let output = fleet(dir.path(), &["secrets", "check"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(errors.contains("is a bare repository") && errors.contains("run it in a clone"), "{errors}");
}

#[test]
fn without_a_fleetfile_and_without_git() {
    let mut tree = Tree::clean();
    tree.files.remove("Fleetfile.yaml");
    let other = Key::new();
    tree.write(
        "secrets/luna.env",
        Plain::new(Format::Dotenv, &[&tree.operator, &tree.luna, &other]).encrypt(),
    );
    let found = tree.findings();
    // There are no test keys, but rules for new files, and a key that nobody calls one for tests.
    found[0].is("recipients", "secrets/luna.env", &other.recipient);
    found[1].is("private_key", "tests/keys/age.txt", "AGE-SECRET-KEY-");
    assert_eq!(found.len(), 2, "{found:#?}");
}

#[test]
fn a_project_below_the_rules() {
    let mut tree = Tree::clean();
    let fleetfile = tree.files.remove("Fleetfile.yaml").unwrap();
    let dir = tempfile::tempdir().unwrap();
    tree.place(dir.path());
    fs::create_dir_all(dir.path().join(".git")).unwrap();
    let below = dir.path().join("nix");
    fs::create_dir_all(&below).unwrap();
    let text = String::from_utf8(fleetfile).unwrap();
    // Paths of the policy are relative to its file.
    let text = text.replace("tests/keys/age.txt", "../tests/keys/age.txt");
    fs::write(below.join("Fleetfile.yaml"), text).unwrap();
    fs::remove_dir_all(dir.path().join(".git")).unwrap();
    git(dir.path(), &["init", "-q"]);
    let found = findings(&below);
    // The key and the files of `tests/` are outside of `nix/tests/`, and real then.
    assert!(found.iter().any(|finding| finding.message.contains("not among the test files")), "{found:#?}");
    assert!(found.iter().any(|finding| finding.code == "fleet::secrets::fence"), "{found:#?}");
}
