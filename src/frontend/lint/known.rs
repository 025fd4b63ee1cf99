//! Which variables a template may count on. Evaluates nothing.

use super::call::Calls;
use crate::frontend::dotenv;
use crate::model::{Project, Task, Variables};
use std::collections::HashSet;

/// Variables that go-task sets itself (go-task 3.54 `compiler.go`, `getSpecialVars`).
pub(super) const SPECIAL: &[&str] = &[
    "TASK",
    "ALIAS",
    "TASK_EXE",
    "ROOT_TASKFILE",
    "ROOT_DIR",
    "TASKFILE",
    "TASKFILE_DIR",
    "TASK_DIR",
    "USER_WORKING_DIR",
    "TASK_VERSION",
    "PATH_LIST_SEPARATOR",
    "FILE_PATH_SEPARATOR",
    "CLI_ARGS",
    "CLI_ARGS_LIST",
    "CLI_FORCE",
    "CLI_SILENT",
    "CLI_VERBOSE",
    "CLI_OFFLINE",
    "CLI_ASSUME_YES",
    "MATCH",
    "CHECKSUM",
    "TIMESTAMP",
    "ITEM",
    "STAGED",
];

/// Variables that machines have or set for a reason of their own, although this one may not have them.
const OF_MACHINES: &[&str] = &[
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "PWD",
    "OLDPWD",
    "SHELL",
    "TERM",
    "LANG",
    "LC_ALL",
    "TZ",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "HOSTNAME",
    "DISPLAY",
    "TMPDIR",
    "CI",
    "KUBECONFIG",
    "GOPATH",
    "GOROOT",
    "GOBIN",
    "GOOS",
    "GOARCH",
    "VIRTUAL_ENV",
    "SSH_AUTH_SOCK",
    "NO_COLOR",
    "FORCE_COLOR",
    "UID",
    "GID",
    "SUDO_USER",
];

/// The same by how they begin.
const OF_MACHINES_PREFIX: &[&str] =
    &["GITHUB_", "GITLAB_", "RUNNER_", "CI_", "XDG_", "TASK_", "NIX_", "BUILDKITE_"];

/// The variables of a project that every template sees.
pub(super) struct Known<'p> {
    project: &'p Project,
    environment: &'p dyn Fn(&str) -> bool,
    dotenv: HashSet<String>,
    /// Names that a task requires, or has an answer for where they are missing: given on the command line.
    pub(super) inputs: HashSet<String>,
    /// A file with further variables cannot be read here, so that nothing can be said of a name.
    pub(super) is_open: bool,
}

impl<'p> Known<'p> {
    pub(super) fn new(project: &'p Project, environment: &'p dyn Fn(&str) -> bool) -> Self {
        let mut known =
            Self { project, environment, dotenv: HashSet::new(), inputs: HashSet::new(), is_open: false };
        for path in &project.dotenv {
            let entries = path.is_plain().then(|| dotenv::read(&project.root_dir.join(path.raw())));
            match entries {
                Some(Ok(Some(entries))) => known.dotenv.extend(entries.into_iter().map(|(name, _)| name)),
                _ => known.is_open = true,
            }
        }
        known
    }

    /// Whether any template of the project may count on a name.
    pub(super) fn everywhere(&self, name: &str) -> bool {
        self.project.vars.contains_key(name) || self.before_globals(name)
    }

    /// Whether the global variables may count on it.
    pub(super) fn before_globals(&self, name: &str) -> bool {
        self.project.env.contains_key(name) || self.outside(name)
    }

    /// Whether something outside of the files sets it.
    pub(super) fn outside(&self, name: &str) -> bool {
        SPECIAL.contains(&name)
            || OF_MACHINES.contains(&name)
            || OF_MACHINES_PREFIX.iter().any(|prefix| name.starts_with(prefix))
            || self.dotenv.contains(name)
            || (self.environment)(name)
    }

    /// Whether the templates of a task may count on it, those of its own variables too.
    pub(super) fn before_task(&self, index: usize, task: &Task, calls: &Calls<'_>, name: &str) -> bool {
        self.everywhere(name)
            || task.include_vars.contains_key(name)
            || task.included_taskfile_vars.contains_key(name)
            || task.requires.iter().any(|required| required.name == name)
            || calls.gives(index, name)
    }

    /// All names there are for a task, for suggestions.
    pub(super) fn names(&self, task: Option<&'p Task>) -> impl Iterator<Item = &'p str> {
        let of = |variables: &'p Variables| variables.keys().map(|name| &**name);
        let project = of(&self.project.vars).chain(of(&self.project.env));
        let own = task.into_iter().flat_map(move |task| {
            let maps = [&task.vars, &*task.include_vars, &**task.included_taskfile_vars];
            let required = task.requires.iter().map(|required| &*required.name);
            maps.into_iter().flat_map(of).chain(required)
        });
        project.chain(own).chain(SPECIAL.iter().copied())
    }
}
