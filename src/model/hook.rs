//! Commands around stages.

use super::Text;
use crate::source::Span;
use std::time::Duration;

/// A command around what is done.
#[derive(Debug, Clone)]
pub struct Hook {
    /// The command.
    pub script: Text,
    /// On the host instead of here.
    pub on_host: bool,
    /// Longest time it may take.
    pub timeout: Duration,
    /// Where it stands.
    pub span: Span,
}

/// Commands before and after a stage.
#[derive(Debug, Clone, Default)]
pub struct Hooks {
    /// Run before it.
    pub before: Vec<Hook>,
    /// Run after it, when it has succeeded.
    pub after: Vec<Hook>,
}

impl Hooks {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Hook> {
        self.before.iter().chain(&self.after)
    }
}

/// The hooks of the stages other than `deploy`, whose hooks are part of each activation.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Of each host, around its probe and checks.
    pub check: Hooks,
    /// Of each host, around its build.
    pub build: Hooks,
    /// Once for the run, around its notifications, in any case.
    pub notify: Hooks,
}

impl Around {
    /// All hooks.
    pub fn iter(&self) -> impl Iterator<Item = &Hook> {
        [&self.check, &self.build, &self.notify].into_iter().flat_map(Hooks::iter)
    }
}
