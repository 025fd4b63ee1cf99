//! `--list` and `--list-all` (go-task 3.54 `help.go`).

use super::columns::lay_out;
use super::session::{Failure, Session};
use crate::executor::task::{Heading, TaskId};
use crate::reporter::TaskColour;
use std::fmt::Write as _;
use std::sync::Arc;

/// A task in a list.
pub(super) struct Listed {
    pub(super) id: TaskId,
    /// Rendered without running anything.
    pub(super) heading: Heading,
    pub(super) name: Arc<str>,
    pub(super) aliases: Vec<Arc<str>>,
}

impl Session {
    /// The tasks to list, in order: those with a description, or all.
    pub(super) fn in_order(&self, all: bool, sort: Option<&str>) -> Vec<TaskId> {
        let tasks = self.project.tasks.values().enumerate();
        let described =
            |text: &Option<crate::model::Text>| text.as_ref().is_some_and(|text| !text.raw().is_empty());
        let shown = tasks.filter(|(_, task)| !task.internal && (all || described(&task.desc)));
        let mut shown: Vec<(&str, TaskId)> =
            shown.map(|(index, task)| (&*task.name, TaskId(index))).collect();
        match sort {
            Some("none") => {}
            Some("alphanumeric") => shown.sort_by_key(|(name, _)| *name),
            _ => shown.sort_by_key(|(name, _)| (name.contains(':'), *name)),
        }
        shown.into_iter().map(|(_, id)| id).collect()
    }

    /// The same, rendered.
    pub(super) async fn listed(&self, all: bool, sort: Option<&str>) -> Result<Vec<Listed>, Failure> {
        let mut listed = Vec::new();
        for id in self.in_order(all, sort) {
            let Some((_, task)) = self.project.tasks.get_index(id.0) else { continue };
            let heading = self.runner.heading_of(id).await?;
            listed.push(Listed { id, heading, name: Arc::clone(&task.name), aliases: task.aliases.clone() });
        }
        Ok(listed)
    }

    /// Prints a list; says so when there is nothing to list.
    pub(super) async fn list(&self, all: bool, sort: Option<&str>) -> Result<bool, Failure> {
        let listed = self.listed(all, sort).await?;
        if listed.is_empty() {
            let text = if all {
                "task: No tasks available\n"
            } else {
                "task: No tasks with description available. Try --list-all to list all tasks\n"
            };
            self.print(&self.paint.paint(TaskColour::Yellow, text))?;
            return Ok(false);
        }
        let mut lines = String::new();
        for task in &listed {
            lines.push_str(&self.paint.paint(TaskColour::Yellow, "* "));
            lines.push_str(&self.paint.paint(TaskColour::Green, &task.name));
            let desc = task.heading.desc.replace('\n', " ");
            lines.push_str(&self.paint.paint(TaskColour::Reset, &format!(": \t{desc}")));
            if !task.aliases.is_empty() {
                let aliases = format!("\t(aliases: {})", task.aliases.join(", "));
                lines.push_str(&self.paint.paint(TaskColour::Cyan, &aliases));
            }
            lines.push('\n');
        }
        let mut out = self.paint.paint(TaskColour::Reset, "task: Available tasks for this project:\n");
        out.push_str(&lay_out(&lines));
        self.print(&out)?;
        Ok(true)
    }

    /// Names and aliases alone, one a line (`--silent`).
    pub(super) fn list_names(&self, all: bool, sort: Option<&str>) -> Result<(), Failure> {
        let mut out = String::new();
        for id in self.in_order(all, sort) {
            let Some((_, task)) = self.project.tasks.get_index(id.0) else { continue };
            for name in std::iter::once(&task.name).chain(&task.aliases) {
                let _ = writeln!(out, "{}", name.trim_end_matches(':'));
            }
        }
        self.print(&out)
    }
}
