//! Merging an included file into the one that includes it (go-task `taskfile/ast/taskfile.go`, `tasks.go`):
//! names get the namespace, variables and environment go into the parent's, the later merge winning.

use super::go_text::{GoText, code};
use super::include::Edge;
use super::load_error::Findings;
use super::version::Version;
use crate::diagnostic::Diagnostic;
use crate::model::{
    Call, CommandKind, Defer, Output, Overwritten, Snapshot, Task, TaskfileId, Text, Variables,
};
use crate::source::{Span, Spanned};
use indexmap::IndexMap;
use std::path::Path;
use std::sync::Arc;

/// A file with all it includes merged into it.
#[derive(Debug, Clone, Default)]
pub(super) struct Merged {
    /// The file itself.
    pub(super) id: Option<TaskfileId>,
    /// By the place that counts and the other one.
    pub(super) overwritten: IndexMap<(Span, Span), Overwritten>,
    pub(super) version: Option<Spanned<Version>>,
    pub(super) vars: Variables,
    /// `vars` as they were after the last merge; absent before the first.
    pub(super) history: Option<Arc<Snapshot>>,
    pub(super) env: Variables,
    pub(super) output: Option<Output>,
    pub(super) dotenv_span: Option<Span>,
    pub(super) silent: bool,
    pub(super) use_gitignore: Option<bool>,
    pub(super) tasks: IndexMap<Arc<str>, Arc<Task>>,
}

/// Merges a child into its parent.
pub(super) fn merge(parent: &mut Merged, child: Merged, edge: &Edge, findings: &mut Findings) {
    if !same_version(parent, &child, findings) {
        return;
    }
    if let Some(span) = child.dotenv_span {
        let go = "task: Included Taskfiles can't have dotenv declarations. Please, move the dotenv declaration to the main Taskfile";
        let diagnostic =
            Diagnostic::error("fleet::taskfile::included_dotenv", "only the root Taskfile may have `dotenv`")
                .at(span, "this file is included")
                .at(edge.include.span, "by this include")
                .help("move it to the root Taskfile, or to the tasks that need it");
        findings.fail(code::UNKNOWN, GoText::Plain(go.to_owned()), diagnostic);
        return;
    }
    if child.output.is_some() {
        parent.output = child.output;
    }
    let dir = edge.include.advanced.then(|| Text::nowhere(edge.dir.display().to_string()));
    let before = parent.history.take().unwrap_or_else(|| Arc::new(Snapshot::first(parent.vars.clone())));
    let mut added = Variables::new();
    parent.overwritten.extend(child.overwritten);
    for (is_env, into, from) in [(false, &mut parent.vars, child.vars), (true, &mut parent.env, child.env)] {
        for (name, mut variable) in from {
            if dir.is_some() {
                variable.dir.clone_from(&dir);
            }
            let (taken, taken_from) = (variable.span, variable.taskfile);
            if !is_env {
                added.insert(Arc::clone(&name), variable.clone());
            }
            let lost = into.insert(Arc::clone(&name), variable);
            if let Some(lost) = lost.filter(|lost| lost.span != taken)
                && let (Some(taken_from), Some(lost_from)) = (taken_from, lost.taskfile)
            {
                let by_sibling = parent.id != Some(lost_from);
                let lost = lost.span;
                let both = Overwritten { name, is_env, by_sibling, taken, taken_from, lost, lost_from };
                parent.overwritten.insert((taken, lost), both);
            }
        }
    }
    let history = if added.is_empty() { before } else { Arc::new(Snapshot::after(before, added)) };
    parent.history = Some(Arc::clone(&history));
    let stamp = Stamp {
        edge,
        dir,
        silent: child.silent,
        use_gitignore: child.use_gitignore,
        snapshot: edge.include.advanced.then_some(history),
    };
    let has_default = child.tasks.contains_key("default");
    for (name, mut task) in child.tasks {
        if !excluded(&name, &edge.include.excludes) {
            stamp.apply(&name, Arc::make_mut(&mut task));
            insert(&mut parent.tasks, task, &edge.namespace, findings);
        }
    }
    if has_default && !edge.include.flatten && !parent.tasks.contains_key(&edge.namespace) {
        let name = format!("{}:default", edge.namespace);
        if let Some(task) = parent.tasks.get_mut(name.as_str()).map(Arc::make_mut) {
            task.aliases.push(Arc::clone(&edge.namespace));
            task.aliases.extend(edge.include.aliases.iter().cloned());
        }
    }
}

fn same_version(parent: &Merged, child: &Merged, findings: &mut Findings) -> bool {
    let (Some(first), Some(second)) = (&parent.version, &child.version) else { return true };
    if first.value == second.value {
        return true;
    }
    let go = format!(
        "task: Taskfiles versions should match. First is \"{}\" but second is \"{}\"",
        first.value, second.value
    );
    let diagnostic = Diagnostic::error(
        "fleet::taskfile::version",
        "an included Taskfile has the version of the one that includes it",
    )
    .at(second.span, format!("this is {}", second.value))
    .at(first.span, format!("this is {}", first.value))
    .help("write the same version in both files");
    findings.fail(code::UNKNOWN, GoText::Plain(go), diagnostic);
    false
}

/// `excludes`: exact names, and `namespace:*` for all below a namespace.
pub(crate) fn excluded(name: &str, excludes: &[Arc<str>]) -> bool {
    excludes.iter().any(|exclude| match exclude.strip_suffix('*').filter(|prefix| prefix.ends_with(':')) {
        Some(prefix) => name.starts_with(prefix),
        None => **exclude == *name,
    })
}

fn insert(
    tasks: &mut IndexMap<Arc<str>, Arc<Task>>,
    task: Arc<Task>,
    namespace: &str,
    findings: &mut Findings,
) {
    if let Some(other) = tasks.get(&task.name) {
        // The stray quote is go-task's own.
        let go = format!("task: Found multiple tasks ({}) included by \"{namespace}\"\"", task.name);
        let diagnostic = Diagnostic::error(
            "fleet::taskfile::task_conflict",
            format!("two tasks are called `{}`", task.name),
        )
        .at(task.span, format!("this one is included by `{namespace}`"))
        .at(other.span, "this one was there before")
        .help("rename one, leave it out with `excludes`, or do not `flatten` the include");
        findings.fail(code::NAME_CONFLICT, GoText::Plain(go), diagnostic);
        return;
    }
    tasks.insert(Arc::clone(&task.name), task);
}

/// What an include does to each task it brings.
struct Stamp<'e> {
    edge: &'e Edge,
    dir: Option<Text>,
    silent: bool,
    use_gitignore: Option<bool>,
    snapshot: Option<Arc<Snapshot>>,
}

impl Stamp<'_> {
    fn apply(&self, name: &Arc<str>, task: &mut Task) {
        let include = &self.edge.include;
        task.internal |= include.internal;
        if self.silent && task.silent.is_none() {
            task.silent = Some(true);
        }
        task.use_gitignore = task.use_gitignore.or(self.use_gitignore);
        if !include.flatten {
            self.put_namespace(name, task);
        }
        if let (Some(dir), Some(snapshot)) = (&self.dir, &self.snapshot) {
            // An inner directory stays where it is absolute already; of a remote root it is not.
            let is_absolute = |dir: &Text| Path::new(dir.raw()).is_absolute();
            if !task.base_dir.first().is_some_and(is_absolute) {
                task.base_dir.insert(0, dir.clone());
            }
            if !include.vars.is_empty() {
                Arc::make_mut(&mut task.include_vars).extend(include.vars.clone());
            }
            task.included_taskfile_vars = Arc::clone(snapshot);
        }
    }

    fn put_namespace(&self, name: &Arc<str>, task: &mut Task) {
        let namespace = &self.edge.namespace;
        for dependency in &mut task.deps {
            qualify_call(&mut dependency.call, namespace);
        }
        for command in &mut task.commands {
            if let CommandKind::Call(call) | CommandKind::Defer(Defer::Call(call)) = &mut command.kind {
                qualify_call(call, namespace);
            }
        }
        let own: Vec<Arc<str>> = std::mem::take(&mut task.aliases);
        task.aliases.extend(own.iter().map(|alias| qualify(alias, namespace)));
        for alias in &self.edge.include.aliases {
            task.aliases.push(qualify(name, alias));
            task.aliases.extend(own.iter().map(|own| qualify(own, alias)));
        }
        task.name = qualify(name, namespace);
        task.namespace = Arc::clone(namespace);
        let local = task.name.strip_prefix(&**namespace).unwrap_or(&task.name);
        task.local_name = Arc::from(local.strip_prefix(':').unwrap_or(local));
    }
}

/// A name with its namespace before it; a leading `:` is taken away instead, one for each level of inclusion.
fn qualify(name: &str, namespace: &str) -> Arc<str> {
    match name.strip_prefix(':') {
        Some(name) => Arc::from(name),
        None => Arc::from(format!("{namespace}:{name}")),
    }
}

fn qualify_call(call: &mut Call, namespace: &str) {
    if !call.task.raw().is_empty() {
        call.task = Text::new(qualify(call.task.raw(), namespace), call.task.span());
    }
}
