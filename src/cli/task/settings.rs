//! What a call is set to: a flag, else its `TASK_` variable, else the configuration, else the default (go-task 3.54
//! `internal/flags`).

use super::config::Config;
use super::experiments::Experiments;
use super::flag::{self, Flag, Takes};
use super::flags::{FlagError, Flags, go_bool, go_int};
use std::path::{Path, PathBuf};

/// All settings of a call.
#[derive(Debug, Default)]
pub(super) struct Settings {
    flags: Flags,
    config: Config,
    experiments: Experiments,
}

impl Settings {
    /// Reads the configuration of the directory that a command line names.
    pub(super) fn read(words: &[String]) -> Self {
        let dir = early_dir(words);
        let dir = std::path::absolute(&dir).unwrap_or(dir);
        let config = Config::read(&dir);
        let experiments = Experiments::read(&dir, &config);
        Self { flags: Flags::default(), config, experiments }
    }

    /// Takes the command line apart.
    pub(super) fn parse(&mut self, words: &[String]) -> Result<(), FlagError> {
        self.flags = Flags::parse(words.iter().cloned(), self.gentle_force())?;
        Ok(())
    }

    /// Keeps what could be read of a command line that is not finished.
    pub(super) fn parse_leniently(&mut self, words: &[String]) {
        self.flags = Flags::parse_leniently(words.iter().cloned(), self.gentle_force());
    }

    /// The experiments.
    pub(super) fn experiments(&self) -> &Experiments {
        &self.experiments
    }

    /// Whether experiment `GENTLE_FORCE` is on.
    pub(super) fn gentle_force(&self) -> bool {
        self.experiments.on("GENTLE_FORCE")
    }

    /// Words before `--`.
    pub(super) fn words(&self) -> &[String] {
        &self.flags.words
    }

    /// Words after `--`.
    pub(super) fn rest(&self) -> &[String] {
        self.flags.rest.as_deref().unwrap_or_default()
    }

    /// A boolean flag as it was typed.
    pub(super) fn typed(&self, long: &str) -> Option<bool> {
        self.flags.text(long).and_then(go_bool)
    }

    /// A boolean of the configuration alone.
    pub(super) fn configured(&self, long: &str) -> Option<bool> {
        self.config.value(flag::long(long, true)?).and_then(go_bool)
    }

    /// Whether a boolean is on.
    pub(super) fn on(&self, long: &str) -> bool {
        self.text(long).as_deref().and_then(go_bool) == Some(true)
    }

    /// A value; `None` where nothing sets it or it is empty.
    pub(super) fn text(&self, long: &str) -> Option<String> {
        let typed = self.flags.text(long).map(ToOwned::to_owned);
        typed.or_else(|| self.default_of(flag::long(long, true)?)).filter(|value| !value.is_empty())
    }

    /// A whole number; 0 where nothing sets it.
    pub(super) fn number(&self, long: &str) -> i64 {
        self.text(long).and_then(|text| go_int(&text).ok()).unwrap_or_default()
    }

    /// What a flag is when it is not typed. A variable with a value that the flag would refuse does not count.
    pub(super) fn default_of(&self, flag: &Flag) -> Option<String> {
        let usable = |value: &String| match flag.takes {
            Takes::Nothing => go_bool(value).is_some(),
            Takes::Number => go_int(value).is_ok(),
            Takes::Duration => crate::yaml::parse_duration(value).is_some(),
            Takes::Text | Takes::List => !value.is_empty(),
        };
        let mut variables =
            flag.variables.iter().filter_map(|name| std::env::var(format!("TASK_{name}")).ok());
        let built_in = match flag.long {
            "color" => Some("true"),
            "timeout" => Some("10s"),
            _ => None,
        };
        variables
            .find(usable)
            .or_else(|| self.config.value(flag).map(ToOwned::to_owned))
            .or_else(|| built_in.map(ToOwned::to_owned))
    }
}

/// The directory that configuration is looked for in. go-task reads `-d` and `-t` ahead of everything, with a parser that
/// stops at any other flag.
fn early_dir(words: &[String]) -> PathBuf {
    let (mut dir, mut taskfile) = (String::new(), String::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        let Some(name) = word.strip_prefix('-').filter(|name| !name.is_empty()) else { continue };
        let (target, value) = match name.strip_prefix('-') {
            Some(long) => {
                match long.split_once('=').map_or((long, None), |(long, value)| (long, Some(value))) {
                    ("dir", value) => (&mut dir, value),
                    ("taskfile", value) => (&mut taskfile, value),
                    _ => break,
                }
            }
            None => {
                let value = name.get(1..).filter(|value| !value.is_empty());
                let value = value
                    .map(|value| value.strip_prefix('=').filter(|rest| !rest.is_empty()).unwrap_or(value));
                match name.as_bytes().first() {
                    Some(b'd') => (&mut dir, value),
                    Some(b't') => (&mut taskfile, value),
                    _ => break,
                }
            }
        };
        let Some(value) = value.or_else(|| words.next().map(String::as_str)) else { break };
        value.clone_into(target);
    }
    if !dir.is_empty() {
        return PathBuf::from(dir);
    }
    let parent = Path::new(&taskfile).parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::early_dir;
    use std::path::PathBuf;

    /// Each was seen with go-task 3.54.
    #[test]
    fn configuration_is_looked_for_where_the_first_flags_say() {
        let dir = |line: &str| early_dir(&line.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>());
        for (line, expected) in [
            ("", "."),
            ("-d sub", "sub"),
            ("a -dsub", "sub"),
            ("--dir=sub -t x/y", "sub"),
            ("-t sub/Taskfile.yml", "sub"),
            ("-t Taskfile.yml", "."),
            ("-v -d sub", "."),
            ("-- -d sub", "."),
        ] {
            assert_eq!(dir(line), PathBuf::from(expected), "{line}");
        }
    }
}
