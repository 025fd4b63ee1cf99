//! A project in a directory of its own, and what the binary does with it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A fleet of two hosts and a pipeline that checks and deploys them.
pub(crate) const FLEET: &str = r#"version: "3"
tasks:
  hello: {desc: Says hello, cmds: [echo hello]}
  calls: {cmds: [{task: deploy}, echo after]}
  depends: {deps: [deploy], cmds: [echo after]}
fleet:
  flake: .
  hosts:
    luna: {platform: nixos, tags: [dns]}
    nixpi: {platform: nixos, tags: [edge]}
pipelines:
  deploy:
    desc: Deploys
    aliases: [nix:apply]
    hosts: '{{.host | default "*"}}'
    check: [reachable]
    deploy: {}
"#;

/// Files of a project, before a run.
pub(crate) struct Fixture {
    dir: tempfile::TempDir,
    environment: Vec<(String, OsString)>,
}

impl Fixture {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir, environment: Vec::new() }
    }

    /// A directory with [`FLEET`].
    pub(crate) fn fleet() -> Self {
        Self::new().file("Fleetfile.yaml", FLEET)
    }

    /// Writes a file.
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Writes a program.
    pub(crate) fn program(self, path: &str, content: &str) -> Self {
        let fixture = self.file(path, content);
        fs::set_permissions(fixture.path(path), fs::Permissions::from_mode(0o755)).unwrap();
        fixture
    }

    /// Makes a directory.
    pub(crate) fn directory(self, path: &str) -> Self {
        fs::create_dir_all(self.path(path)).unwrap();
        self
    }

    /// Sets a variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// A PATH that has nothing but these programs of the machine.
    pub(crate) fn only(self, programs: &[&str]) -> Self {
        let fixture = self.directory("only");
        for program in programs {
            let real = which(program).unwrap_or_else(|| panic!("the tests need `{program}` on the PATH"));
            std::os::unix::fs::symlink(real, fixture.path("only").join(program)).unwrap();
        }
        let path = fixture.path("only");
        fixture.env("PATH", path)
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// The binary in the project's directory.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
        command.current_dir(self.dir.path()).args(words);
        // What decides on colour would come from where the tests run, such as CI=true.
        for name in
            ["FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR", "TASK_COLOR", "TERM", "CI", "GITHUB_ACTIONS"]
        {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the binary to its end.
    #[track_caller]
    pub(crate) fn run<const N: usize>(&self, words: [&str; N]) -> Ran {
        self.end(self.command(&words), &words.join(" "))
    }

    /// Runs a command of the shell with the binary as `$FLEET`.
    #[track_caller]
    pub(crate) fn shell(&self, script: &str) -> Ran {
        let mut command = Command::new("bash");
        command.args(["-c", script]).current_dir(self.dir.path()).env("FLEET", env!("CARGO_BIN_EXE_fleet"));
        command.env_remove("CI");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        self.end(command, script)
    }

    #[track_caller]
    fn end(&self, mut command: Command, what: &str) -> Ran {
        let output = command.stdin(Stdio::null()).output().unwrap();
        // What is above the project is not the same from run to run.
        let above = format!("{}/", self.dir.path().display());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().replace(&above, "");
        Ran {
            what: what.to_owned(),
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            touched: self.path(".fleet/runs").exists(),
        }
    }
}

/// What a run came to. Every assertion shows all of it when it fails.
pub(crate) struct Ran {
    what: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    touched: bool,
}

impl Ran {
    #[track_caller]
    fn expect(self, holds: bool, wanted: &str) -> Self {
        assert!(
            holds,
            "`{}` should have {wanted}\nexit code {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.what, self.code, self.stdout, self.stderr
        );
        self
    }

    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        let holds = self.code == Some(code);
        self.expect(holds, &format!("ended with {code}"))
    }

    #[track_caller]
    pub(crate) fn stdout_contains(self, text: &str) -> Self {
        let holds = self.stdout.contains(text);
        self.expect(holds, &format!("printed {text:?}"))
    }

    #[track_caller]
    pub(crate) fn stdout_is(self, text: &str) -> Self {
        let holds = self.stdout == text;
        self.expect(holds, &format!("printed just {text:?}"))
    }

    #[track_caller]
    pub(crate) fn stderr_contains(self, text: &str) -> Self {
        let holds = self.stderr.contains(text);
        self.expect(holds, &format!("said {text:?}"))
    }

    #[track_caller]
    pub(crate) fn stderr_lacks(self, text: &str) -> Self {
        let holds = !self.stderr.contains(text);
        self.expect(holds, &format!("not said {text:?}"))
    }

    #[track_caller]
    pub(crate) fn silent(self) -> Self {
        let holds = self.stderr.is_empty();
        self.expect(holds, "said nothing")
    }

    /// No run was begun: there is no journal of one, so no host can have been touched.
    #[track_caller]
    pub(crate) fn touched_nothing(self) -> Self {
        let holds = !self.touched && self.stdout.is_empty();
        self.expect(holds, "touched nothing and printed nothing on standard output")
    }

    /// A place, the words there, and advice.
    #[track_caller]
    pub(crate) fn points_at(self, place: &str, words: &str) -> Self {
        let ran = self.stderr_contains(&format!("[{place}]")).stderr_contains("help: ");
        let number = place.split(':').nth(1).unwrap_or_default().to_owned();
        let mut lines = ran.stderr.lines().skip_while(|line| !line.contains(&format!("[{place}]"))).skip(1);
        let is_line = |line: &&str| {
            line.trim_start().strip_prefix(&*number).is_some_and(|rest| rest.trim_start().starts_with('│'))
        };
        let line = lines.find(is_line).unwrap_or_default().to_owned();
        let marks: Vec<char> = lines.next().unwrap_or_default().chars().collect();
        let is_mark = |mark: &char| matches!(mark, '─' | '┬');
        let start = marks.iter().position(is_mark);
        let underlined = start.map(|start| {
            let length = marks[start..].iter().take_while(|mark| is_mark(mark)).count();
            line.chars().skip(start).take(length).collect::<String>()
        });
        let holds = underlined.as_deref() == Some(words);
        ran.expect(holds, &format!("underlined {words:?} rather than {underlined:?}"))
    }
}

pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|path| Path::is_file(path))
}

impl Fixture {
    /// [`Fixture::run`] with a directory of the project as PATH.
    #[track_caller]
    pub(crate) fn run_with_path<const N: usize>(&self, path: &str, words: [&str; N]) -> Ran {
        let mut command = self.command(&words);
        command.env("PATH", self.path(path));
        self.end(command, &words.join(" "))
    }
}

impl Fixture {
    /// The journal of the newest run; ids of runs that begin in the same second do not say which is newer.
    pub(crate) fn journal_file(&self) -> PathBuf {
        let runs = fs::read_dir(self.path(".fleet/runs")).unwrap();
        let journals = runs.map(|entry| entry.unwrap().path().join("journal.jsonl"));
        journals.max_by_key(|journal| fs::metadata(journal).unwrap().modified().unwrap()).unwrap()
    }

    /// The events of the newest run.
    pub(crate) fn journal(&self) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.journal_file()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Says on the terminal, past the harness, that a test could not be made.
pub(crate) fn skip(why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "\nSKIPPED {why}");
}
