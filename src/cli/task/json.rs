//! `--json` (go-task 3.54 `help.go` and `internal/editors`).

use super::list::Listed;
use super::session::{Failure, Session};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Location {
    line: usize,
    column: usize,
    taskfile: String,
}

#[derive(Serialize)]
struct Task {
    name: String,
    task: String,
    desc: String,
    summary: String,
    aliases: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    up_to_date: Option<bool>,
    location: Location,
}

#[derive(Serialize, Default)]
struct Namespace {
    /// `null` where a namespace has namespaces only.
    tasks: Option<Vec<Task>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    namespaces: BTreeMap<String, Namespace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
}

impl Session {
    /// Prints the tasks as JSON; gives whether there are any.
    pub(super) async fn list_json(
        &self,
        all: bool,
        sort: Option<&str>,
        nested: bool,
        status: bool,
    ) -> Result<bool, Failure> {
        let tasks = self.listed(all, sort).await?;
        let any = !tasks.is_empty();
        let mut root = Namespace { tasks: (!nested || !any).then(Vec::new), ..Namespace::default() };
        for listed in tasks {
            let up_to_date =
                if status { Some(self.runner.fresh(listed.id, &listed.heading.name).await?) } else { None };
            let Some(task) = self.json_task(&listed, up_to_date) else { continue };
            let mut place = &mut root;
            if nested && let Some((namespaces, _)) = listed.name.rsplit_once(':') {
                for name in namespaces.split(':') {
                    place = place.namespaces.entry(name.to_owned()).or_default();
                }
            }
            place.tasks.get_or_insert_default().push(task);
        }
        root.location = Some(self.project.root_file.display().to_string());
        let text = serde_json::to_string_pretty(&root).map_err(|error| Failure::plain(error.to_string()))?;
        self.print(&format!("{}\n", escaped(&text)))?;
        Ok(any)
    }

    fn json_task(&self, listed: &Listed, up_to_date: Option<bool>) -> Option<Task> {
        let (_, task) = self.project.tasks.get_index(listed.id.0)?;
        let place = self.sources.line_column(task.span);
        Some(Task {
            name: listed.heading.name.clone(),
            task: listed.name.to_string(),
            desc: listed.heading.desc.clone(),
            summary: listed.heading.summary.clone(),
            aliases: listed.aliases.iter().map(ToString::to_string).collect(),
            up_to_date,
            location: Location {
                line: place.map_or(0, |place| place.line),
                column: place.map_or(0, |place| place.column),
                taskfile: self
                    .sources
                    .path(task.span)
                    .map(|path| path.display().to_string())
                    .unwrap_or_default(),
            },
        })
    }
}

/// As Go's encoder escapes what HTML would read.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            other => out.push(other),
        }
    }
    out
}
