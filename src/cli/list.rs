//! `fleet list`: tasks and pipelines, one list.

use super::args::{Arguments, List};
use super::{Failure, options, print, project, scripts};
use crate::executor::event::TaskEvent;
use crate::executor::runtime;
use crate::executor::task::{Answer, Console, Runner, TaskId, World};
use crate::process::{Cancel, Outlet};
use crate::reporter::TaskColour;
use serde::Serialize;
use std::fmt::Write as _;
use std::sync::Arc;

#[derive(Serialize)]
struct Entry {
    name: String,
    kind: &'static str,
    desc: String,
    aliases: Vec<String>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, list: &List, program: &str) -> Result<u8, Failure> {
    let loaded = project::load(arguments)?;
    let (stdout, paint) = (Outlet::stdout(), project::task_paint(arguments));
    let world = World {
        scripts: Arc::new(scripts::new(loaded.project.shims(), stdout.clone(), paint)),
        console: Arc::new(Nobody),
        pipelines: None,
        events: Arc::new(|_: TaskEvent| {}),
    };
    let shared = Arc::clone(&loaded.project);
    let task_options = options::plain(loaded.project.shims(), program, &[]);
    let all = list.all;
    let mut entries = runtime::block_on(|runtime| async move {
        let runner = Runner::new(Arc::clone(&shared), task_options, world, runtime, Cancel::new());
        let mut entries = Vec::new();
        for pipeline in shared.pipelines.values() {
            let desc = runner.text(pipeline.desc.as_ref()).await;
            let aliases = pipeline.aliases.iter().map(ToString::to_string).collect();
            entries.push(Entry { name: pipeline.name.to_string(), kind: "pipeline", desc, aliases });
        }
        for (index, task) in shared.tasks.values().enumerate() {
            let shadowed = shared.pipeline(&task.name).is_some();
            if task.internal || shadowed || (task.desc.is_none() && !all) {
                continue;
            }
            let heading = runner.heading_of(TaskId(index)).await;
            let desc = heading.map(|heading| heading.desc.into_owned()).unwrap_or_default();
            let aliases = task.aliases.iter().map(ToString::to_string).collect();
            entries.push(Entry { name: task.name.to_string(), kind: "task", desc, aliases });
        }
        entries
    });
    entries.sort_by(|a, b| {
        (a.kind, a.name.contains(':'), &a.name).cmp(&(b.kind, b.name.contains(':'), &b.name))
    });
    if list.json {
        let text = serde_json::to_string_pretty(&entries).map_err(Failure::error)?;
        print(&stdout, &format!("{text}\n"))?;
        return Ok(0);
    }
    let width = entries.iter().map(|entry| entry.name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for (kind, title) in [("pipeline", "Pipelines:"), ("task", "Tasks:")] {
        let of_kind: Vec<&Entry> = entries.iter().filter(|entry| entry.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{title}");
        for entry in of_kind {
            let padding = width - entry.name.chars().count();
            let name = paint.paint(TaskColour::Green, &entry.name);
            let desc = entry.desc.lines().next().unwrap_or_default();
            let aliases = match entry.aliases.as_slice() {
                [] => String::new(),
                aliases => paint.paint(TaskColour::Cyan, &format!("  (also {})", aliases.join(", "))),
            };
            let line = format!("  {name}{:padding$}  {desc}{aliases}", "");
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    if text.is_empty() {
        text = "nothing has a description; `fleet list --all` shows everything\n".to_owned();
    }
    print(&stdout, &text)?;
    Ok(0)
}

struct Nobody;

impl Console for Nobody {
    fn confirm(&self, _question: &str) -> Answer {
        Answer::NoTerminal
    }
}
