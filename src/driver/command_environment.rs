//! The environment of the commands that a project has run on this machine: ours, with the project's shims first on PATH.
//! They are made when the first program is started.

use super::shell::Script;
use super::shims::path_with_shims;
use crate::model::Shims;
use crate::process::Environment;
use std::ffi::{OsStr, OsString};
use std::sync::{Arc, OnceLock};

/// The environment of commands. Copies share what has been made.
#[derive(Debug, Clone)]
pub struct CommandEnvironment(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    plain: Environment,
    shims: Shims,
    shimmed: OnceLock<Environment>,
}

impl CommandEnvironment {
    /// Our environment, with these names on PATH.
    #[must_use]
    pub fn new(shims: Shims) -> Self {
        Self::over(Arc::new(std::env::vars_os().collect()), shims)
    }

    /// Another environment, with these names on its PATH.
    #[must_use]
    pub fn over(plain: Environment, shims: Shims) -> Self {
        Self(Arc::new(Inner { plain, shims, shimmed: OnceLock::new() }))
    }

    /// The environment of what starts programs.
    #[must_use]
    pub fn of_programs(&self) -> &Environment {
        let Inner { plain, shims, shimmed } = &*self.0;
        shimmed.get_or_init(|| match path_with_shims(plain, *shims) {
            Ok(Some(path)) => {
                let mut whole: Vec<(OsString, OsString)> = (**plain).clone();
                match whole.iter_mut().rev().find(|(name, _)| name == "PATH") {
                    Some((_, value)) => *value = path,
                    None => whole.push(("PATH".into(), path)),
                }
                Arc::new(whole)
            }
            // Without them commands find what the machine has.
            Ok(None) | Err(_) => Arc::clone(plain),
        })
    }

    /// The environment of a script. What runs within us needs no shims, and makes none.
    pub(super) fn of_script(&self, text: &str) -> &Environment {
        if self.0.shimmed.get().is_none() && Script::is_brief(text) {
            &self.0.plain
        } else {
            self.of_programs()
        }
    }

    /// The PATH of programs.
    pub(super) fn path(&self) -> Option<&OsStr> {
        let variables = self.of_programs();
        variables.iter().rev().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_os_str())
    }
}
