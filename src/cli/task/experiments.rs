//! go-task's experiments: switches that a configuration file, the environment or `.env` sets (go-task 3.54
//! `experiments`).

use super::config::Config;
use std::collections::HashMap;
use std::path::Path;

/// Those that do something, each with the one value that turns it on.
const ACTIVE: [&str; 2] = ["GENTLE_FORCE", "ENV_PRECEDENCE"];
/// Those that have become the rule.
const RELEASED: [&str; 3] = ["ANY_VARIABLES", "MAP_VARIABLES", "REMOTE_TASKFILES"];

/// What the experiments are set to.
#[derive(Debug, Default)]
pub(super) struct Experiments {
    /// Numbers by name, only those that are not 0.
    values: HashMap<&'static str, i64>,
}

impl Experiments {
    /// Reads them: a configuration's number counts first, then `TASK_X_<NAME>` of `.env` in the directory, then that of
    /// the environment.
    pub(super) fn read(dir: &Path, config: &Config) -> Self {
        let file = crate::frontend::dotenv::read(&dir.join(".env")).ok().flatten().unwrap_or_default();
        let variable = |name: &str| {
            let key = format!("TASK_X_{name}");
            let written = file.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone());
            written.or_else(|| std::env::var(key).ok())
        };
        let value = |name: &'static str| {
            let configured = config.experiment(name).filter(|number| *number != 0);
            let number = configured.or_else(|| variable(name)?.parse().ok())?;
            (number != 0).then_some((name, number))
        };
        Self { values: ACTIVE.into_iter().chain(RELEASED).filter_map(value).collect() }
    }

    /// Whether one is on.
    pub(super) fn on(&self, name: &str) -> bool {
        ACTIVE.contains(&name) && self.values.get(name) == Some(&1)
    }

    /// The first that is set to something it is not.
    pub(super) fn problem(&self) -> Option<String> {
        let wrong = |name: &&str| self.values.get(*name).is_some_and(|number| *number != 1);
        if let Some(name) = ACTIVE.iter().find(|name| wrong(name)) {
            let number = self.values.get(name).copied().unwrap_or_default();
            return Some(format!("Experiment \"{name}\" has an invalid value {number} (allowed values: 1)"));
        }
        let released = RELEASED.iter().find(|name| self.values.contains_key(**name))?;
        Some(format!("Experiment \"{released}\" is released and no longer needs to be enabled"))
    }

    /// Names and states, for `--experiments`.
    pub(super) fn list(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        ACTIVE.into_iter().map(|name| (name, if self.on(name) { "on (1)" } else { "off" }))
    }
}
