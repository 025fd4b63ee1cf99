//! From decoded files to the project: files merged from the leaves to the root, the version
//! checked.

use super::ast;
use super::cycle::order;
use super::go_text::{GoText, code};
use super::include::{Edge, Graph, STDIN};
use super::load_error::Findings;
use super::merge::{Merged, merge};
use super::{Entry, LoadOptions};
use crate::diagnostic::Diagnostic;
use crate::model::{Include, Project, Taskfile, TaskfileId};
use indexmap::IndexMap;
use std::path::Path;
use std::sync::Arc;

/// The go-task release that this follows; a newer `version` is refused.
pub const GO_TASK_VERSION: [u64; 3] = [3, 54, 0];

/// Merges all files. Call only when reading found nothing that stands in the way.
pub(super) fn lower(
    graph: &mut Graph,
    entry: &Entry,
    options: &LoadOptions<'_>,
    findings: &mut Findings,
) -> Project {
    let order = order(graph, options.working_dir, findings);
    if findings.failed() {
        return Project::default();
    }
    let mut uses = vec![0_usize; graph.files.len()];
    for target in graph.files.iter().flat_map(|file| &file.edges).filter_map(|edge| edge.target) {
        uses[target.0 as usize] += 1;
    }
    let mut merged: Vec<Merged> =
        graph.files.iter_mut().enumerate().map(|(id, file)| own(id, &mut file.taskfile)).collect();
    for index in order {
        let mut parent = std::mem::take(&mut merged[index]);
        for edge in &graph.files[index].edges {
            let Some(target) = edge.target.map(|id| id.0 as usize) else { continue };
            uses[target] -= 1;
            let child =
                if uses[target] == 0 { std::mem::take(&mut merged[target]) } else { merged[target].clone() };
            merge(&mut parent, child, edge, findings);
        }
        merged[index] = parent;
    }
    let Some(root) = merged.first_mut().map(std::mem::take) else { return Project::default() };
    check_version(graph, &root, findings);
    project(graph, root, entry, options)
}

/// A file alone: its tasks under their own names.
fn own(index: usize, file: &mut ast::Taskfile) -> Merged {
    let id = TaskfileId(u32::try_from(index).unwrap_or(u32::MAX));
    Merged {
        id: Some(id),
        overwritten: IndexMap::new(),
        version: file.version.clone(),
        vars: std::mem::take(&mut file.vars),
        history: None,
        env: std::mem::take(&mut file.env),
        output: file.output.clone(),
        dotenv_span: file.dotenv_span,
        silent: file.silent,
        use_gitignore: file.use_gitignore,
        tasks: std::mem::take(&mut file.tasks),
    }
}

/// go-task checks the root's version after the merge, when all versions are known to be equal.
fn check_version(graph: &Graph, root: &Merged, findings: &mut Findings) {
    let (Some(version), Some(file)) = (&root.version, graph.files.first()) else { return };
    let [major, minor, patch] = GO_TASK_VERSION;
    let reason = if version.value.numbers[0] < 3 {
        format!("Schema version ({}) no longer supported. Please use v3 or above", version.value)
    } else if version.value.is_newer_than(GO_TASK_VERSION) {
        format!(
            "Schema version ({}) is greater than the current version of Task ({major}.{minor}.{patch})",
            version.value
        )
    } else {
        return;
    };
    let go =
        format!("task: Invalid schema version in Taskfile {:?}:\n{reason}", file.path.display().to_string());
    let diagnostic =
        Diagnostic::error("fleet::taskfile::version", format!("version {} is not supported", version.value))
            .at(version.span, "")
            .help(format!(
                "3 up to {major}.{minor}.{patch} is; write `version: \"3\"` if nothing newer is used"
            ));
    findings.fail(code::VERSION, GoText::Plain(go), diagnostic);
}

fn project(graph: &mut Graph, root: Merged, entry: &Entry, options: &LoadOptions<'_>) -> Project {
    let taskfiles = graph.files.iter().map(|file| Taskfile {
        path: file.path.clone(),
        source: file.source,
        is_remote: file.remote.is_some(),
        includes: file.edges.iter().map(include).collect(),
    });
    let taskfiles: Vec<Taskfile> = taskfiles.collect();
    let Some(file) = graph.files.first_mut() else { return Project::default() };
    let (default_dir, root_file) = match entry {
        Entry::File(path) => (path.parent().unwrap_or(Path::new("/")).to_owned(), path.clone()),
        Entry::Stdin { dir, .. } => {
            (dir.clone(), options.dir.map_or_else(|| STDIN.into(), |dir| dir.join(STDIN)))
        }
        Entry::Remote { dir, .. } => (dir.clone(), file.path.clone()),
    };
    let own = &mut file.taskfile;
    Project {
        root_dir: options.dir.map_or(default_dir, ToOwned::to_owned),
        root_file,
        taskfiles,
        tasks: root.tasks,
        vars: root.vars,
        env: root.env,
        overwritten: root.overwritten.into_values().collect(),
        dotenv: std::mem::take(&mut own.dotenv),
        output: root.output,
        method: own.method.take(),
        run: own.run.take(),
        silent: root.silent,
        set: std::mem::take(&mut own.set),
        shopt: std::mem::take(&mut own.shopt),
        interval: own.interval,
        use_gitignore: root.use_gitignore.unwrap_or(false),
        version: root.version.map(|version| version.value.to_string()).unwrap_or_default(),
        ..Project::default()
    }
}

fn include(edge: &Edge) -> Include {
    Include {
        namespace: Arc::clone(&edge.namespace),
        taskfile: edge.target,
        span: edge.include.span,
        internal: edge.include.internal,
        flatten: edge.include.flatten,
        aliases: edge.include.aliases.clone(),
        dir: edge.include.advanced.then(|| edge.dir.clone()),
        vars: edge.include.vars.clone(),
        excludes: edge.include.excludes.clone(),
    }
}
