//! `--json` (go-task 3.54 `help.go` and `internal/editors`).

use super::list::Listed;
use super::session::{Failure, Session};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

#[derive(Serialize)]
struct Location<'p> {
    line: usize,
    column: usize,
    taskfile: Cow<'p, str>,
}

#[derive(Serialize)]
struct Task<'p> {
    name: Cow<'p, str>,
    task: &'p str,
    desc: Cow<'p, str>,
    summary: Cow<'p, str>,
    aliases: Vec<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    up_to_date: Option<bool>,
    location: Location<'p>,
}

#[derive(Serialize, Default)]
struct Namespace<'p> {
    /// `null` where a namespace has namespaces only.
    tasks: Option<Vec<Task<'p>>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    namespaces: BTreeMap<String, Namespace<'p>>,
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
        let mut root = Namespace { tasks: Some(Vec::new()), ..Namespace::default() };
        for listed in tasks {
            let up_to_date =
                if status { Some(self.runner.fresh(listed.id, &listed.heading.name).await?) } else { None };
            let task = self.json_task(&listed, up_to_date);
            let mut place = &mut root;
            if nested && let Some((namespaces, _)) = listed.task.name.rsplit_once(':') {
                for name in namespaces.split(':') {
                    place = place.namespaces.entry(name.to_owned()).or_default();
                }
            }
            place.tasks.get_or_insert_default().push(task);
        }
        root.location = Some(self.project.root_file.display().to_string());
        let mut text = GoText(Vec::new());
        serde_json::to_writer_pretty(&mut text, &root).map_err(|error| Failure::plain(error.to_string()))?;
        text.0.push(b'\n');
        self.stdout.write(&text.0).map_err(|_| Failure::Closed)?;
        Ok(any)
    }

    fn json_task<'p>(&'p self, listed: &Listed<'p>, up_to_date: Option<bool>) -> Task<'p> {
        let task = listed.task;
        let place = self.sources.line_column(task.span);
        Task {
            name: listed.heading.name.clone(),
            task: &task.name,
            desc: listed.heading.desc.clone(),
            summary: listed.heading.summary.clone(),
            aliases: task.aliases.iter().map(|alias| &**alias).collect(),
            up_to_date,
            location: Location {
                line: place.map_or(0, |place| place.line),
                column: place.map_or(0, |place| place.column),
                taskfile: self.sources.path(task.span).map(Path::to_string_lossy).unwrap_or_default(),
            },
        }
    }
}

/// Takes JSON and writes it as Go's encoder does, which escapes what HTML would read.
struct GoText(Vec<u8>);

impl io::Write for GoText {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|byte| matches!(byte, b'<' | b'>' | b'&' | 0xe2)) {
            let (before, from) = rest.split_at(at);
            self.0.extend_from_slice(before);
            let (escape, len): (&[u8], _) = match from {
                [b'<', ..] => (b"\\u003c", 1),
                [b'>', ..] => (b"\\u003e", 1),
                [b'&', ..] => (b"\\u0026", 1),
                [0xe2, 0x80, 0xa8, ..] => (b"\\u2028", 3),
                [0xe2, 0x80, 0xa9, ..] => (b"\\u2029", 3),
                _ => (&from[..1], 1),
            };
            self.0.extend_from_slice(escape);
            rest = &from[len..];
        }
        self.0.extend_from_slice(rest);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
