//! Who calls whom, as far as that is written without a template: steps that name no task, and circles that would never
//! end. Runs nothing, evaluates nothing.

use super::circle::circles;
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean};
use crate::frontend::callables::Callables;
use crate::model::{Call, CommandKind, Defer, Pipeline, Project, StepKind, Task, Text};
use crate::source::Span;

/// One call, from and to an index: tasks first, then pipelines.
#[derive(Debug)]
struct Edge {
    from: usize,
    to: usize,
    span: Span,
    /// Nothing written in the file can keep it from happening when its caller is called.
    certain: bool,
}

/// Steps that name no task, and circles through a pipeline or of tasks alone.
pub(super) fn check(project: &Project) -> Diagnostics {
    let names = Callables::new(project);
    let mut diagnostics = Diagnostics::default();
    let mut edges = Vec::new();
    for (index, pipeline) in project.pipelines.values().enumerate() {
        for step in &pipeline.check {
            let StepKind::Task { name, .. } = &step.kind else { continue };
            if !name.is_plain() {
                continue;
            }
            match names.tasks.get(name.raw()) {
                Some(to) => {
                    let from = project.tasks.len() + index;
                    edges.push(Edge { from, to: *to, span: name.span(), certain: true });
                }
                None if names.wildcard(name.raw()).is_some() => {}
                None => diagnostics.push(no_task(&names, pipeline, name)),
            }
        }
    }
    for (from, task) in project.tasks.values().enumerate() {
        task_edges(from, task, &names, &mut edges);
    }
    diagnostics.extend(report_circles(project, &edges));
    diagnostics
}

fn task_edges(from: usize, task: &Task, names: &Callables<'_>, edges: &mut Vec<Edge>) {
    let runs = task.condition.is_none()
        && task.platforms.is_empty()
        && task.status.is_empty()
        && task.sources.is_empty();
    let mut add = |call: &Call, certain: bool| {
        if call.task.is_plain()
            && let Some(to) = names.called(call.task.raw())
        {
            edges.push(Edge { from, to, span: call.task.span(), certain: certain && runs });
        }
    };
    for dependency in &task.deps {
        add(&dependency.call, dependency.each.is_none());
    }
    for command in &task.commands {
        let certain = command.each.is_none() && command.condition.is_none() && command.platforms.is_empty();
        match &command.kind {
            CommandKind::Call(call) | CommandKind::Defer(Defer::Call(call)) => add(call, certain),
            CommandKind::Shell(_) | CommandKind::Defer(Defer::Shell(_)) => {}
        }
    }
}

/// A circle through a pipeline is never right. One of tasks alone is wrong when every call of it is certain; else a
/// condition may end it.
fn report_circles(project: &Project, edges: &[Edge]) -> Diagnostics {
    let tasks = project.tasks.len();
    let count = tasks + project.pipelines.len();
    let pairs = |edge: &Edge| (edge.from, edge.to);
    let all: Vec<(usize, usize)> = edges.iter().map(pairs).collect();
    let through_pipelines = circles(count, &all, |node| node >= tasks);
    let mut told = vec![false; count];
    for edge in through_pipelines.iter().flatten() {
        told[edges[*edge].from] = true;
    }
    let certain: Vec<usize> = (0..edges.len()).filter(|index| edges[*index].certain).collect();
    let certain_pairs: Vec<(usize, usize)> = certain.iter().map(|index| pairs(&edges[*index])).collect();
    let of_tasks = circles(count, &certain_pairs, |node| node < tasks)
        .into_iter()
        .map(|circle| circle.into_iter().map(|index| certain[index]).collect::<Vec<_>>())
        .filter(|circle| !circle.iter().any(|edge| told[edges[*edge].from]));
    through_pipelines
        .iter()
        .cloned()
        .chain(of_tasks)
        .map(|circle| circle_diagnostic(project, edges, &circle))
        .collect()
}

fn circle_diagnostic(project: &Project, edges: &[Edge], circle: &[usize]) -> Diagnostic {
    let word = |node: usize| match project.tasks.get_index(node) {
        Some((name, _)) => format!("`{name}`"),
        None => match project.pipelines.get_index(node.saturating_sub(project.tasks.len())) {
            Some((name, _)) => format!("pipeline `{name}`"),
            None => String::new(),
        },
    };
    let mut path: Vec<String> = circle.iter().map(|edge| word(edges[*edge].from)).collect();
    path.extend(circle.first().map(|edge| word(edges[*edge].from)));
    let message = format!("these call each other in a circle: {}", path.join(" -> "));
    let mut diagnostic = Diagnostic::error("fleet::fleetfile::cycle", message);
    for edge in circle {
        let edge = &edges[*edge];
        diagnostic = diagnostic.at(edge.span, format!("{} calls {}", word(edge.from), word(edge.to)));
    }
    diagnostic.help("take one of these calls out")
}

fn no_task(names: &Callables<'_>, pipeline: &Pipeline, name: &Text) -> Diagnostic {
    let written = name.raw();
    if names.pipelines.contains_key(written) {
        let message = format!("`{written}` is a pipeline, and a pipeline is no step of another");
        return Diagnostic::error("fleet::fleetfile::pipeline_as_step", message)
            .at(name.span(), "not a task")
            .help("make it a dependency of the task that calls both, or repeat its steps");
    }
    let message = format!("there is no task `{written}`, which the pipeline `{}` checks", pipeline.name);
    let diagnostic =
        Diagnostic::error("fleet::fleetfile::unknown_task", message).at(name.span(), "no task of this name");
    let known = names.tasks.keys().copied();
    // The same name in another namespace is the likeliest mistake.
    let same = known.clone().filter(|name| name.rsplit(':').next() == Some(written)).min();
    match same.or_else(|| did_you_mean(written, known)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("`fleet list --all` shows all tasks"),
    }
}
