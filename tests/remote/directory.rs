//! A directory in which `task` is called.

use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

pub(crate) struct Directory {
    dir: TempDir,
    variables: Vec<(String, String)>,
}

/// How a call ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Directory {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// With a Taskfile; `version: '3'` is put before it.
    pub(crate) fn with(text: &str) -> Self {
        let directory = Self::new();
        directory.write("Taskfile.yml", &format!("version: '3'\n{text}"));
        directory
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Calls `task`, without a terminal.
    pub(crate) fn task(&self, words: &[&str]) -> Ended {
        self.call(&[&["task"], words].concat())
    }

    /// Calls `fleet`.
    pub(crate) fn call(&self, words: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
        command.args(words).current_dir(self.path()).stdin(Stdio::null());
        let own = std::env::vars().map(|(name, _)| name);
        for name in own
            .filter(|name| name.starts_with("TASK_") || name.ends_with("_proxy") || name.ends_with("_PROXY"))
        {
            command.env_remove(name);
        }
        for name in ["GITHUB_ACTIONS", "FORCE_COLOR", "CI"] {
            command.env_remove(name);
        }
        // No settings but those of the test.
        command.env("HOME", self.path()).env("XDG_CONFIG_HOME", self.path()).env("NO_COLOR", "1");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = command.output().unwrap();
        let here = self.path().canonicalize().unwrap();
        let text = |bytes: Vec<u8>| {
            String::from_utf8_lossy(&bytes)
                .replace(here.to_str().unwrap(), "DIR")
                .replace(self.path().to_str().unwrap(), "DIR")
        };
        Ended {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Names of what is kept of remote files, sorted.
    pub(crate) fn kept(&self) -> Vec<String> {
        let Ok(entries) = self.path().join(".task/remote").read_dir() else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}
