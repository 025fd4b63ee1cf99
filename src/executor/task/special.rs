//! The variables that go-task sets itself (go-task 3.54 `compiler.go`, `getSpecialVars`).

use super::options::TaskOptions;
use super::runner::Runner;
use super::scope::Scope;
use crate::frontend::taskfile::is_absolute;
use crate::model::{Project, Task, Taskfile};
use crate::template::Value;
use crate::word::clean;
use std::path::Path;
use std::sync::Arc;

/// The version of go-task that is imitated.
pub const TASK_VERSION: &str = "3.54.0";

/// What of them is the same for many tasks.
pub(super) struct Special {
    /// The names of those of a task.
    names: [Arc<str>; 5],
    root_dir: Arc<str>,
    working_dir: Arc<str>,
    /// `TASKFILE` and `TASKFILE_DIR` of each file.
    files: Vec<(Value, Value)>,
}

impl Special {
    pub(super) fn new(project: &Project, options: &TaskOptions) -> Self {
        let file = |file: &Taskfile| {
            let dir = match file.path.parent() {
                _ if file.is_remote => Value::from(""),
                // That of standard input.
                Some(dir) if dir.as_os_str().is_empty() => Value::from("."),
                dir => dir.map_or_else(|| Value::from(""), path),
            };
            (path(&file.path), dir)
        };
        let text = |path: &Path| Arc::from(path.to_string_lossy());
        Self {
            names: ["TASK", "ALIAS", "TASK_DIR", "TASKFILE", "TASKFILE_DIR"].map(Arc::from),
            root_dir: if is_nowhere(project) { Arc::from("") } else { text(&project.root_dir) },
            working_dir: text(&options.user_working_dir),
            files: project.taskfiles.iter().map(file).collect(),
        }
    }
}

impl Runner {
    /// Those that do not depend on a task.
    pub(super) fn special(&self, scope: &mut Scope) {
        let project = &self.project;
        scope.set("TASK_EXE", Value::from(self.options.executable.as_str()));
        scope.set("ROOT_TASKFILE", path(&project.root_file));
        let root_dir = if is_nowhere(project) { Value::from("") } else { path(&project.root_dir) };
        scope.set("ROOT_DIR", root_dir);
        scope.set("USER_WORKING_DIR", path(&self.options.user_working_dir));
        scope.set("TASK_VERSION", Value::from(TASK_VERSION));
        scope.set("PATH_LIST_SEPARATOR", Value::from(":"));
        scope.set("FILE_PATH_SEPARATOR", Value::from("/"));
    }

    /// Those of a task as it was called.
    pub(super) fn special_task(&self, scope: &mut Scope, task: &Task, called: &str) {
        let file = self.project.taskfile(task.taskfile);
        let names = &self.special.names;
        let set = |scope: &mut Scope, name: usize, value: Value| {
            if let Some(name) = names.get(name) {
                scope.set(Arc::clone(name), value);
            }
        };
        let called = if *task.name == *called { Arc::clone(&task.name) } else { Arc::from(called) };
        set(scope, 0, Value::String(Arc::clone(&task.name)));
        set(scope, 1, Value::String(called));
        // go-task joins the directory as it is written.
        let mut parts = task.base_dir.iter().chain(&task.dir).peekable();
        let root = match file {
            Some(file) if file.is_remote => &self.special.working_dir,
            _ => &self.special.root_dir,
        };
        let dir = if parts.peek().is_none() {
            Arc::clone(root)
        } else {
            Arc::from(parts.fold(root.to_string(), |dir, part| joined(dir, part.raw())))
        };
        set(scope, 2, Value::String(dir));
        let nothing = || Value::string("");
        let (path, dir) = self.special.files.get(task.taskfile.0 as usize).cloned().unzip();
        set(scope, 3, path.unwrap_or_else(nothing));
        set(scope, 4, dir.unwrap_or_else(nothing));
    }

    /// What is there in place of those of a task where there is none.
    pub(super) fn special_of_no_task(&self, scope: &mut Scope) {
        for name in &self.special.names {
            scope.set(Arc::clone(name), Value::string(""));
        }
    }

    /// Whether global variables come out the same for every task.
    pub(super) fn globals_are_shared(&self) -> bool {
        *self.globals_shared.get_or_init(|| {
            let texts =
                super::texts::texts_of(&self.project.vars).chain(super::texts::texts_of(&self.project.env));
            let mut texts = texts
                .map(crate::model::Text::raw)
                .chain(self.options.globals.iter().map(|(_, text)| &**text));
            !texts.any(tells_tasks_apart)
        })
    }
}

/// Whether the root is in no directory: it is remote, or comes from standard input without one.
fn is_nowhere(project: &Project) -> bool {
    let is_remote = project.taskfiles.first().is_some_and(|file| file.is_remote);
    is_remote || project.root_file.is_relative()
}

/// Joins a directory as it is written, with its templates (go-task `filepathext.SmartJoin`).
fn joined(dir: String, part: &str) -> String {
    match part {
        "" => dir,
        absolute if is_absolute(absolute) => absolute.to_owned(),
        relative if dir.is_empty() => clean(relative),
        relative => clean(&format!("{dir}/{relative}")),
    }
}

/// Errs on the side of yes.
fn tells_tasks_apart(text: &str) -> bool {
    if !text.contains("{{") && !text.contains("TASK") && !text.contains("ALIAS") {
        return false;
    }
    let bytes = text.as_bytes();
    let bare_dot = bytes.iter().enumerate().any(|(at, byte)| {
        *byte == b'.'
            && !bytes
                .get(at + 1)
                .is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'_' || *next == b'/')
    });
    bare_dot || text.contains("TASK") || text.contains("ALIAS")
}

fn path(path: &Path) -> Value {
    Value::from(path.to_string_lossy().into_owned())
}
