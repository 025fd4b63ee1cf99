//! `--list` and `--list-all` (go-task 3.54 `help.go`).

use super::columns::lay_out;
use super::session::{Failure, Session};
use crate::executor::task::{Heading, TaskId};
use crate::model::{Task, Text};
use crate::reporter::TaskColour;
use std::fmt::Write as _;

/// A task in a list.
pub(super) struct Listed<'p> {
    pub(super) id: TaskId,
    pub(super) task: &'p Task,
    /// Rendered without running anything.
    pub(super) heading: Heading<'p>,
}

impl Session {
    /// The tasks to list, in order: those with a description, or all.
    pub(super) fn in_order(&self, all: bool, sort: Option<&str>) -> Vec<TaskId> {
        let tasks = self.project.tasks.values().enumerate();
        let described = |text: &Option<Text>| text.as_ref().is_some_and(|text| !text.raw().is_empty());
        let shown = tasks.filter(|(_, task)| !task.internal && (all || described(&task.desc)));
        let mut shown: Vec<(&str, TaskId)> =
            shown.map(|(index, task)| (&*task.name, TaskId(index))).collect();
        match sort {
            Some("none") => {}
            Some("alphanumeric") => shown.sort_by_key(|(name, _)| *name),
            // The colon is looked for once in a name, not in each comparison.
            _ => shown.sort_by_cached_key(|(name, _)| (name.contains(':'), *name)),
        }
        shown.into_iter().map(|(_, id)| id).collect()
    }

    /// The same, rendered.
    pub(super) async fn listed<'p>(
        &'p self,
        all: bool,
        sort: Option<&str>,
    ) -> Result<Vec<Listed<'p>>, Failure> {
        let shown = self.in_order(all, sort);
        let mut listed = Vec::with_capacity(shown.len());
        for id in shown {
            let Some((_, task)) = self.project.tasks.get_index(id.0) else { continue };
            let heading = self.runner.heading_of(id).await?;
            listed.push(Listed { id, task, heading });
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
        let [mark, green, plain, cyan] =
            [TaskColour::Yellow, TaskColour::Green, TaskColour::Reset, TaskColour::Cyan]
                .map(|colour| self.paint.around(colour));
        let mut lines = String::new();
        for Listed { task, heading, .. } in &listed {
            mark.write(&mut lines, |out| out.push_str("* "));
            green.write(&mut lines, |out| out.push_str(&task.name));
            plain.write(&mut lines, |out| {
                out.push_str(": \t");
                for (number, line) in heading.desc.split('\n').enumerate() {
                    out.push_str(if number > 0 { " " } else { "" });
                    out.push_str(line);
                }
            });
            if !task.aliases.is_empty() {
                cyan.write(&mut lines, |out| {
                    let _ = write!(out, "\t(aliases: {})", task.aliases.join(", "));
                });
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
