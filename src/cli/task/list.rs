//! `--list` and `--list-all` (go-task 3.54 `help.go`).

use super::session::{Failure, Session};
use crate::executor::task::{Compiled, Evaluate, Found, Request, TaskId};
use crate::reporter::TaskColour;
use crate::source::Span;
use std::fmt::Write as _;
use std::sync::Arc;

/// Spaces between columns.
const PADDING: usize = 6;

/// A task in a list.
pub(super) struct Listed {
    pub(super) id: TaskId,
    /// Rendered without running anything.
    pub(super) compiled: Compiled,
    pub(super) name: Arc<str>,
    pub(super) aliases: Vec<Arc<str>>,
}

impl Session {
    /// The tasks to list, in order.
    pub(super) async fn listed(&self, all: bool, sort: Option<&str>) -> Vec<Listed> {
        let mut listed = Vec::new();
        let tasks = self.project.tasks.values().enumerate();
        for (index, task) in tasks.filter(|(_, task)| !task.internal && (all || task.desc.is_some())) {
            let found = Found { task: TaskId(index), captures: Vec::new() };
            let request = Request::named(&task.name, Span::NONE);
            let Ok(compiled) = self.runner.compile(&found, &request, Evaluate::Static).await else {
                continue;
            };
            if all || !compiled.desc.is_empty() {
                let (name, aliases) = (Arc::clone(&task.name), task.aliases.clone());
                listed.push(Listed { id: TaskId(index), compiled, name, aliases });
            }
        }
        match sort {
            Some("none") => {}
            Some("alphanumeric") => listed.sort_by(|a, b| a.name.cmp(&b.name)),
            _ => listed.sort_by(|a, b| (a.name.contains(':'), &a.name).cmp(&(b.name.contains(':'), &b.name))),
        }
        listed
    }

    /// Prints a list; says so when there is nothing to list.
    pub(super) async fn list(&self, all: bool, sort: Option<&str>) -> Result<bool, Failure> {
        let listed = self.listed(all, sort).await;
        if listed.is_empty() {
            let text = if all {
                "task: No tasks available\n"
            } else {
                "task: No tasks with description available. Try --list-all to list all tasks\n"
            };
            self.print(&self.paint.paint(TaskColour::Yellow, text))?;
            return Ok(false);
        }
        let mut out = self.paint.paint(TaskColour::Reset, "task: Available tasks for this project:\n");
        let name_width = listed.iter().map(|task| task.name.chars().count()).max().unwrap_or_default();
        let desc = |task: &Listed| task.compiled.desc.replace('\n', " ");
        let mut rest = listed.as_slice();
        while let Some(first) = rest.first() {
            // The column of aliases reaches over neighbours that have some.
            let with_aliases = !first.aliases.is_empty();
            let run = rest.iter().take_while(|task| task.aliases.is_empty() != with_aliases).count();
            let (block, after) = rest.split_at(run);
            let desc_width = block.iter().map(|task| desc(task).chars().count()).max().unwrap_or_default();
            for task in block {
                let padding = name_width - task.name.chars().count() + PADDING;
                out.push_str(&self.paint.paint(TaskColour::Yellow, "* "));
                out.push_str(&self.paint.paint(TaskColour::Green, &task.name));
                let text = desc(task);
                out.push_str(&self.paint.paint(TaskColour::Reset, &format!(": {:padding$}{text}", "")));
                if with_aliases {
                    let padding = desc_width - text.chars().count() + PADDING;
                    let aliases = task.aliases.join(", ");
                    out.push_str(
                        &self.paint.paint(TaskColour::Cyan, &format!("{:padding$}(aliases: {aliases})", "")),
                    );
                }
                out.push('\n');
            }
            rest = after;
        }
        self.print(&out)?;
        Ok(true)
    }

    /// Names and aliases alone, one a line (`--silent`).
    pub(super) async fn list_names(&self, all: bool, sort: Option<&str>) -> Result<(), Failure> {
        let mut out = String::new();
        for task in self.listed(all, sort).await {
            for name in std::iter::once(&task.name).chain(&task.aliases) {
                let _ = writeln!(out, "{}", name.trim_end_matches(':'));
            }
        }
        self.print(&out)
    }
}
