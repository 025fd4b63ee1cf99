//! Out of git repositories. `git` is told to take `git://example.invalid/` for a directory of this disk.

use crate::directory::Directory;
use crate::requirement;
use std::path::Path;
use std::process::Command;

/// A directory beside a repository, or nothing where there is no git.
fn fixture() -> Option<Directory> {
    if !requirement::met("remote", &["git"]) {
        return None;
    }
    let mut here = Directory::new();
    let repository = here.path().join("origin/repo.git");
    std::fs::create_dir_all(&repository).unwrap();
    let task = |word: &str| {
        format!("version: '3'\ntasks: {{default: {{silent: true, cmd: 'echo {word} {{{{.TASKFILE}}}}'}}}}\n")
    };
    here.write("origin/repo.git/Taskfile.yml", &task("first"));
    here.write("origin/repo.git/sub/Taskfile.yml", "version: '3'\nincludes: {up: ../other.yml}\n");
    here.write("origin/repo.git/other.yml", &task("other"));
    std::os::unix::fs::symlink("/etc/passwd", repository.join("link.yml")).unwrap();
    git(&repository, &["init", "--quiet", "--initial-branch=main", "."]);
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "--quiet", "--message=first"]);
    git(&repository, &["tag", "v1"]);
    here.write("origin/repo.git/Taskfile.yml", &task("second"));
    git(&repository, &["commit", "--quiet", "--all", "--message=second"]);
    git(&repository, &["config", "uploadpack.allowReachableSHA1InWant", "true"]);
    here.set("GIT_CONFIG_COUNT", "1");
    here.set("GIT_CONFIG_KEY_0", &format!("url.file://{}/origin/.insteadOf", here.path().display()));
    here.set("GIT_CONFIG_VALUE_0", "git://example.invalid/");
    here.set("GIT_CONFIG_NOSYSTEM", "1");
    here.set("TASK_REMOTE_TRUSTED_HOSTS", "example.invalid");
    Some(here)
}

fn git(repository: &Path, words: &[&str]) -> String {
    let identity =
        ["-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"];
    let mut command = Command::new("git");
    let output = command.current_dir(repository).args(identity).args(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

const REPOSITORY: &str = "git://example.invalid/repo.git";

#[test]
fn the_taskfile_of_a_branch_tag_or_commit_is_read() {
    let Some(here) = fixture() else { return };
    let first = git(&here.path().join("origin/repo.git"), &["rev-parse", "v1"]);
    for (reference, word) in
        [("", "second"), ("?ref=main", "second"), ("?ref=v1", "first"), (&*format!("?ref={first}"), "first")]
    {
        let url = format!("{REPOSITORY}{reference}");
        let ended = here.task(&["-t", &url]);
        assert_eq!(ended.stdout, format!("{word} {url}\n"), "{reference}: {}", ended.stderr);
    }
}

#[test]
fn includes_are_read_from_the_same_state_of_the_repository() {
    let Some(here) = fixture() else { return };
    let ended = here.task(&["-t", &format!("{REPOSITORY}//sub/Taskfile.yml?ref=v1"), "up"]);
    assert_eq!(ended.stdout, format!("other {REPOSITORY}//other.yml?ref=v1\n"), "{}", ended.stderr);
    let kept = here.kept();
    assert!(kept.iter().any(|name| name.starts_with("git.example.invalid.sub.Taskfile.yml.")), "{kept:?}");
    assert!(kept.iter().any(|name| name.starts_with("git.example.invalid.other.yml.")), "{kept:?}");
    std::fs::remove_dir_all(here.path().join("origin")).unwrap();
    let ended = here.task(&["-t", &format!("{REPOSITORY}//sub/Taskfile.yml?ref=v1"), "--offline", "up"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

#[test]
fn a_directory_stands_for_the_taskfile_in_it() {
    let Some(here) = fixture() else { return };
    let include = |path: &str| {
        here.write("Taskfile.yml", &format!("version: '3'\nincludes: {{sub: '{REPOSITORY}//{path}'}}\n"));
        here.task(&["sub:up", "-y"])
    };
    assert_eq!(include("sub/").stdout, format!("other {REPOSITORY}//other.yml\n"));
    // What is included is relative to the path as it is written, as for go-task.
    let ended = include("sub");
    assert_eq!((ended.code, &*ended.stderr), (1, "stat ../other.yml: no such file or directory\n"));
}

#[test]
fn nothing_outside_of_the_repository_is_read() {
    let Some(here) = fixture() else { return };
    for path in ["../../../../../../../../etc/passwd", "link.yml", ".git/config"] {
        let ended = here.task(&["-t", &format!("{REPOSITORY}//{path}"), "-y"]);
        let text = format!("task: `{path}` leads out of the repository\n");
        assert_eq!((ended.code, ended.stderr), (1, text));
    }
    assert!(here.kept().is_empty());
}

#[test]
fn what_is_not_there_is_told_with_the_words_of_git() {
    let Some(mut here) = fixture() else { return };
    let ended = here.task(&["-t", &format!("{REPOSITORY}?ref=absent"), "-y"]);
    let start = format!("failed to clone repository: error downloading '{REPOSITORY}?depth=1&ref=absent': ");
    assert!(
        ended.code == 1 && ended.stderr.starts_with(&start) && ended.stderr.contains("absent not found"),
        "{ended:?}"
    );
    let ended = here.task(&["-t", &format!("{REPOSITORY}//absent.yml"), "-y"]);
    assert_eq!((ended.code, &*ended.stderr), (1, "stat absent.yml: no such file or directory\n"));
    here.set("PATH", "/nonexistent");
    let ended = here.task(&["-t", REPOSITORY, "-y"]);
    assert!(ended.stderr.ends_with(": git must be available and on the PATH\n"), "{ended:?}");
}

#[test]
fn a_repository_that_git_was_told_of_is_left_alone() {
    let Some(mut here) = fixture() else { return };
    let own = here.path().join("own");
    std::fs::create_dir(&own).unwrap();
    git(&own, &["init", "--quiet", "."]);
    let before = std::fs::read_to_string(own.join(".git/config")).unwrap();
    here.set("GIT_DIR", own.join(".git").to_str().unwrap());
    let ended = here.task(&["-t", REPOSITORY]);
    assert_eq!(ended.stdout, format!("second {REPOSITORY}\n"), "{}", ended.stderr);
    assert_eq!(std::fs::read_to_string(own.join(".git/config")).unwrap(), before);
}
