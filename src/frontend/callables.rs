//! What can be called by which name: tasks and pipelines, with their aliases. Runs nothing.

use crate::model::Project;
use std::collections::HashMap;

/// All names of a project and what they stand for, as an index: tasks first, then pipelines.
pub(super) struct Callables<'p> {
    /// By name or alias.
    pub(super) tasks: HashMap<&'p str, usize>,
    /// By name or alias.
    pub(super) pipelines: HashMap<&'p str, usize>,
    /// Names with a `*`, in the order in which they are tried.
    wildcards: Vec<(&'p str, usize)>,
}

impl<'p> Callables<'p> {
    pub(super) fn new(project: &'p Project) -> Self {
        let mut tasks: HashMap<&str, usize> = HashMap::new();
        let mut wildcards = Vec::new();
        for (index, task) in project.tasks.values().enumerate() {
            for alias in &task.aliases {
                tasks.entry(alias).or_insert(index);
            }
            let names = std::iter::once(&task.name).chain(&task.aliases);
            wildcards.extend(names.filter(|name| name.contains('*')).map(|name| (&**name, index)));
        }
        // A name is stronger than an alias.
        tasks.extend(project.tasks.keys().enumerate().map(|(index, name)| (&**name, index)));
        let first = project.tasks.len();
        let mut pipelines: HashMap<&str, usize> = HashMap::new();
        for (index, pipeline) in project.pipelines.values().enumerate() {
            let names = std::iter::once(&pipeline.name).chain(&pipeline.aliases);
            pipelines.extend(names.map(|name| (&**name, first + index)));
        }
        Self { tasks, pipelines, wildcards }
    }

    /// What a task calls by a name: a pipeline that has it comes first.
    pub(super) fn called(&self, name: &str) -> Option<usize> {
        self.pipelines.get(name).or_else(|| self.tasks.get(name)).copied()
    }

    /// The task whose name with `*` in it takes a name.
    pub(super) fn wildcard(&self, name: &str) -> Option<usize> {
        let taken = self.wildcards.iter().find(|(pattern, _)| takes(pattern, name));
        taken.map(|(_, index)| *index)
    }
}

/// Whether a name with `*` in it, each of which stands for any text, takes another name.
pub(super) fn takes(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, between)) = pieces.split_last() else { return rest.is_empty() };
    for piece in between {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
