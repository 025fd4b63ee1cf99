//! Which task is meant by a name: exact name, then alias, then wildcard (go-task 3.54 `FindMatchingTasks`).

use super::error::TaskError;
use super::suggestion::suggest;
use crate::model::Project;
use crate::source::Span;
use regex::Regex;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

/// Index into [`Project::tasks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(pub usize);

/// A task and what its wildcards caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The task.
    pub task: TaskId,
    /// `.MATCH`
    pub captures: Vec<String>,
}

/// Finds tasks. Its tables are made when first needed.
pub struct Lookup {
    project: Arc<Project>,
    /// Whether an unknown name is answered with a near one.
    suggests: bool,
    aliases: OnceCell<HashMap<Arc<str>, Vec<TaskId>>>,
    wildcards: OnceCell<Result<Vec<(TaskId, Regex)>, TaskError>>,
}

impl Lookup {
    /// A lookup in a project.
    #[must_use]
    pub fn new(project: Arc<Project>, suggests: bool) -> Self {
        Self { project, suggests, aliases: OnceCell::new(), wildcards: OnceCell::new() }
    }

    /// The task that a name means.
    ///
    /// # Errors
    /// [`TaskError::NotFound`], [`TaskError::Ambiguous`], [`TaskError::Pattern`].
    pub fn find(&self, name: &str, span: Span) -> Result<Found, TaskError> {
        if let Some(index) = self.project.tasks.get_index_of(name) {
            return Ok(Found { task: TaskId(index), captures: Vec::new() });
        }
        match self.aliases().get(name).map(Vec::as_slice) {
            Some([one]) => return Ok(Found { task: *one, captures: Vec::new() }),
            Some(several @ [_, ..]) => {
                let candidates = several.iter().filter_map(|id| self.name(*id)).collect();
                return Err(TaskError::Ambiguous { name: name.to_owned(), candidates });
            }
            _ => {}
        }
        for (id, pattern) in self.wildcards().as_ref().map_err(Clone::clone)? {
            if let Some(captures) = pattern.captures(name) {
                let captures = captures
                    .iter()
                    .skip(1)
                    .map(|group| group.map_or("", |group| group.as_str()).to_owned())
                    .collect();
                return Ok(Found { task: *id, captures });
            }
        }
        Err(TaskError::NotFound { name: name.to_owned(), suggestion: self.suggest(name), span })
    }

    fn name(&self, id: TaskId) -> Option<String> {
        self.project.tasks.get_index(id.0).map(|(name, _)| name.to_string())
    }

    fn aliases(&self) -> &HashMap<Arc<str>, Vec<TaskId>> {
        self.aliases.get_or_init(|| {
            let mut aliases: HashMap<Arc<str>, Vec<TaskId>> = HashMap::new();
            for (index, task) in self.project.tasks.values().enumerate() {
                for alias in &task.aliases {
                    let ids = aliases.entry(Arc::clone(alias)).or_default();
                    if ids.last() != Some(&TaskId(index)) {
                        ids.push(TaskId(index));
                    }
                }
            }
            aliases
        })
    }

    /// go-task turns the name into a regular expression without escaping it. Where it panics over one, every name that must
    /// be compared with the patterns is an error here.
    fn wildcards(&self) -> &Result<Vec<(TaskId, Regex)>, TaskError> {
        self.wildcards.get_or_init(|| {
            let mut patterns = Vec::new();
            for (index, task) in self.project.tasks.values().enumerate() {
                for name in std::iter::once(&task.name).chain(&task.aliases) {
                    if name.contains('*') {
                        let pattern = format!("^{}$", name.replace('*', "(.*)"));
                        let regex = Regex::new(&pattern);
                        let regex = regex.map_err(|_| TaskError::Pattern { name: name.to_string() })?;
                        patterns.push((TaskId(index), regex));
                    }
                }
            }
            Ok(patterns)
        })
    }

    fn suggest(&self, name: &str) -> Option<String> {
        if !self.suggests {
            return None;
        }
        let tasks = self.project.tasks.values().filter(|task| !task.internal);
        let names = tasks.flat_map(|task| std::iter::once(&task.name).chain(&task.aliases));
        suggest(name, names.map(|name| &**name)).map(ToOwned::to_owned)
    }
}
