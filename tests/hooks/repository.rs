//! A git repository of its own, with nothing of the user's configuration, no HOME and no terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a command came to.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    what: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "`{}` said:\n{}", self.what, self.out);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text), "`{}` should have said {text:?}:\n{}", self.what, self.out);
        self
    }

    #[track_caller]
    pub(crate) fn lacks(self, text: &str) -> Self {
        assert!(!self.out.contains(text), "`{}` should not have said {text:?}:\n{}", self.what, self.out);
        self
    }
}

/// A repository; what is removed with it.
pub(crate) struct Repository {
    dir: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Repository {
    /// Without a commit.
    pub(crate) fn new() -> Self {
        let repository = Self { dir: tempfile::tempdir().unwrap(), environment: Vec::new() };
        fs::create_dir(repository.path("tmp")).unwrap();
        fs::create_dir(repository.top()).unwrap();
        repository.git("init -q -b main .").code(0);
        repository
    }

    /// With a Taskfile that includes another one, committed.
    pub(crate) fn with_tasks(tasks: &str) -> Self {
        let repository = Self::new();
        repository
            .file("Taskfile.yml", &format!("version: \"3\"\nincludes: {{sub: ./sub}}\ntasks:\n{tasks}"));
        repository.file("sub/Taskfile.yml", GOOD);
        repository.git("add .").code(0);
        repository.git("commit -qm first").code(0);
        repository
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The top of the work tree.
    pub(crate) fn top(&self) -> PathBuf {
        self.path("repository")
    }

    /// Beside the work tree.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn file(&self, path: &str, text: &str) {
        let path = self.top().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn program(&self, path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.top().join(path)).unwrap()
    }

    /// A command in the work tree.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("GIT_")
                || ["HOME", "CI", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"].contains(&&*name)
            {
                command.env_remove(&name);
            }
        }
        command
            .current_dir(self.top())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@example.org")])
            .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@example.org")])
            .env("TMPDIR", self.path("tmp"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    fn end(mut command: Command, what: String) -> Ran {
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: output.status.code(), out: text(&output.stdout) + &text(&output.stderr), what }
    }

    /// Runs git with words that white space parts.
    pub(crate) fn git(&self, words: &str) -> Ran {
        let mut command = self.command("git");
        command.args(words.split_whitespace());
        Self::end(command, format!("git {words}"))
    }

    /// Runs fleet with words that white space parts.
    pub(crate) fn fleet(&self, words: &str) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_fleet"));
        command.args(words.split_whitespace());
        Self::end(command, format!("fleet {words}"))
    }

    pub(crate) fn shell(&self, script: &str) -> Ran {
        let mut command = self.command("bash");
        command.args(["-c", script]).env("FLEET", env!("CARGO_BIN_EXE_fleet"));
        Self::end(command, script.to_owned())
    }

    /// No temporary file or directory is left.
    #[track_caller]
    pub(crate) fn left_nothing(&self) {
        let left: Vec<_> =
            fs::read_dir(self.path("tmp")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

pub(crate) const GOOD: &str = "version: \"3\"\ntasks: {a: {cmds: [echo a]}}\n";
pub(crate) const BAD: &str = "version: \"3\"\ntasks: {a: {cmds: [echo a]}\n";
