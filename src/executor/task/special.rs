//! The variables that go-task sets itself (go-task 3.54 `compiler.go`, `getSpecialVars`).

use super::runner::Runner;
use super::scope::Scope;
use crate::model::Task;
use crate::template::Value;
use crate::word::clean;
use std::path::Path;

/// The version of go-task that is imitated.
pub const TASK_VERSION: &str = "3.54.0";

impl Runner {
    /// Those that do not depend on a task.
    pub(super) fn special(&self, scope: &mut Scope) {
        let project = &self.project;
        scope.set("TASK_EXE", Value::from(self.options.executable.as_str()));
        scope.set("ROOT_TASKFILE", path(&project.root_file));
        // A remote file is in no directory.
        let is_remote = project.taskfiles.first().is_some_and(|file| file.is_remote);
        scope.set("ROOT_DIR", if is_remote { Value::from("") } else { path(&project.root_dir) });
        scope.set("USER_WORKING_DIR", path(&self.options.user_working_dir));
        scope.set("TASK_VERSION", Value::from(TASK_VERSION));
        scope.set("PATH_LIST_SEPARATOR", Value::from(":"));
        scope.set("FILE_PATH_SEPARATOR", Value::from("/"));
    }

    /// Those of a task as it was called.
    pub(super) fn special_task(&self, scope: &mut Scope, task: &Task, called: &str) {
        let file = self.project.taskfile(task.taskfile);
        scope.set("TASK", Value::String(task.name.clone()));
        scope.set("ALIAS", Value::from(called));
        // go-task joins the directory as it is written.
        let parts = task.base_dir.iter().chain(&task.dir);
        let root = match file {
            Some(file) if file.is_remote => &self.options.user_working_dir,
            _ => &self.project.root_dir,
        };
        let root = root.to_string_lossy().into_owned();
        let dir = parts.fold(root, |dir, part| match part.raw() {
            absolute if absolute.starts_with('/') => absolute.to_owned(),
            "" => dir,
            relative => clean(&format!("{dir}/{relative}")),
        });
        scope.set("TASK_DIR", Value::from(dir));
        scope.set("TASKFILE", file.map_or_else(|| Value::from(""), |file| path(&file.path)));
        let directory = file.filter(|file| !file.is_remote).and_then(|file| file.path.parent());
        scope.set("TASKFILE_DIR", directory.map_or_else(|| Value::from(""), path));
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
