//! The plan of a task: what is known of it before it runs. A call whose name is computed is found when it is reached.

use super::{EdgeKind, Node, NodeId, NodeKind, Plan, PlanBuilder, Stage};
use crate::diagnostic::Diagnostic;
use crate::model::{CommandKind, Defer, Project, Task};
use crate::source::Span;
use std::collections::HashMap;
use std::sync::Arc;

/// Plans a task with what it depends on and calls, each task once.
///
/// # Errors
/// There is no such task, or tasks call each other in a circle.
pub fn of_task(project: &Project, name: &str) -> Result<Plan, Box<Diagnostic>> {
    let Some((name, _)) = find(project, name) else {
        let names = project.tasks.keys().chain(project.pipelines.keys()).map(|name| &**name);
        let diagnostic =
            Diagnostic::error("fleet::plan::unknown", format!("there is no task or pipeline `{name}`"));
        return Err(Box::new(diagnostic.help("`fleet list --all` shows all").suggest(name, names)));
    };
    let mut planner =
        Planner { project, builder: PlanBuilder::new(&**name, Vec::new()), done: HashMap::new() };
    planner.plan(name)?;
    Ok(planner.builder.finish())
}

fn find<'p>(project: &'p Project, name: &str) -> Option<(&'p Arc<str>, &'p Task)> {
    let aliased = || project.tasks.iter().find(|(_, task)| task.aliases.iter().any(|alias| &**alias == name));
    project.tasks.get_key_value(name).or_else(aliased).map(|(name, task)| (name, &**task))
}

struct Planner<'p> {
    project: &'p Project,
    builder: PlanBuilder,
    done: HashMap<&'p str, NodeId>,
}

/// A task whose calls are being planned.
struct Open<'p> {
    name: &'p Arc<str>,
    calls: std::vec::IntoIter<(String, Span)>,
    before: Vec<NodeId>,
}

impl<'p> Planner<'p> {
    /// Depth first with a stack of its own, so that a long chain of calls needs none of ours.
    fn plan(&mut self, root: &'p Arc<str>) -> Result<(), Box<Diagnostic>> {
        let mut open = vec![self.open(root)];
        while let Some(top) = open.last_mut() {
            let Some((called, span)) = top.calls.next() else {
                let Some(finished) = open.pop() else { break };
                let node = Node {
                    kind: NodeKind::Task { name: finished.name.to_string() },
                    stage: Stage::Task,
                    host: None,
                    pool: None,
                    tag_pools: Arc::default(),
                };
                let id =
                    self.builder.node(node, finished.before.into_iter().map(|id| (id, EdgeKind::Success)));
                self.done.insert(&**finished.name, id);
                if let Some(caller) = open.last_mut() {
                    caller.before.push(id);
                }
                continue;
            };
            // A pipeline that has a name comes before a task that has it.
            if let Some(pipeline) = self.project.pipeline(&called) {
                let id = self.pipeline(&pipeline.name);
                if let Some(top) = open.last_mut() {
                    top.before.push(id);
                }
                continue;
            }
            // A wildcard or a name that nobody has: told when it is reached.
            let Some((name, _)) = find(self.project, &called) else { continue };
            if let Some(id) = self.done.get(&**name) {
                top.before.push(*id);
            } else if let Some(at) = open.iter().position(|open| open.name == name) {
                let names: Vec<&str> = open[at..].iter().map(|open| &**open.name).chain([&**name]).collect();
                let message = format!("tasks call each other in a circle: {}", names.join(" -> "));
                return Err(Box::new(
                    Diagnostic::error("fleet::plan::circle", message).at(span, "closes the circle"),
                ));
            } else {
                let next = self.open(name);
                open.push(next);
            }
        }
        Ok(())
    }

    fn pipeline(&mut self, name: &'p Arc<str>) -> NodeId {
        if let Some(id) = self.done.get(&**name) {
            return *id;
        }
        let kind = NodeKind::Pipeline { name: name.to_string() };
        let node = Node { kind, stage: Stage::Task, host: None, pool: None, tag_pools: Arc::default() };
        let id = self.builder.node(node, []);
        self.done.insert(name, id);
        id
    }

    fn open(&self, name: &'p Arc<str>) -> Open<'p> {
        let mut calls = Vec::new();
        if let Some(task) = self.project.tasks.get(name) {
            let deps = task.deps.iter().map(|dep| &dep.call);
            let commands = task.commands.iter().filter_map(|command| match &command.kind {
                CommandKind::Call(call) | CommandKind::Defer(Defer::Call(call)) => Some(call),
                _ => None,
            });
            for call in deps.chain(commands).filter(|call| call.task.is_plain()) {
                calls.push((call.task.raw().to_owned(), call.task.span()));
            }
        }
        Open { name, calls: calls.into_iter(), before: Vec::new() }
    }
}
