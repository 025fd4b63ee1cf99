//! `--json`: each event as one JSON object on a line of its own, as `docs/events.md` has them. Knows no terminal.

use super::{Reporter, Sink};
use crate::executor::event::Stamped;

/// Writes JSON lines.
pub struct Json {
    sink: Sink,
}

impl Json {
    /// Writes to `sink`.
    #[must_use]
    pub fn new(sink: Sink) -> Self {
        Self { sink }
    }
}

impl Reporter for Json {
    fn event(&mut self, event: &Stamped) {
        if let Some(line) = json_line(event) {
            self.sink.write(&line);
        }
    }
}

/// The event with its line end. Every event has a JSON form: its keys are strings.
pub(super) fn json_line(event: &Stamped) -> Option<String> {
    let mut line = serde_json::to_string(event).ok()?;
    line.push('\n');
    Some(line)
}

#[cfg(test)]
mod tests {
    use crate::executor::event::{Event, Stamped, TaskEvent, Tone};
    use crate::executor::explanation::{Because, Explanation};
    use crate::reporter::Json;
    use crate::reporter::fixture::{Written, feed, mixed_run};
    use serde_json::{Value, json};

    #[test]
    fn each_event_is_one_object_on_its_line() {
        let out = Written::default();
        feed(&mut Json::new(out.sink()), mixed_run(true));
        let text = out.take();
        let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(events[0]["event"], "run_started");
        assert_eq!(events[0]["version"], 1);
        assert_eq!(events[0]["rehearsal"], true);
        assert_eq!(
            events[9],
            json!({"at_ms": 906, "event": "output", "node": 3, "stage": "deploy", "step": "copy", "host": "luna",
                   "stream": "stderr", "line": "\u{1b}[1mcopying\u{1b}[0m 3 paths\r"})
        );
        assert_eq!(
            events[11],
            json!({"at_ms": 2000, "event": "node_finished", "node": 2, "stage": "build", "step": "build",
                   "host": "rydev", "status": "failed", "took_ms": 1097, "message": "the system does not build"})
        );
        let last = events.last().unwrap();
        assert_eq!(last["event"], "run_finished");
        assert_eq!(last["hosts"][0]["after"]["number"], 42);
        assert_eq!(last["exit_code"], 1);
    }

    /// One reason of each kind.
    fn reasons() -> Vec<Because> {
        let text = || "text".to_owned();
        let sources = Because::Sources { changed: vec![text()], added: vec![text()], removed: vec![text()] };
        vec![
            Because::Forced,
            Because::NothingToCompare,
            Because::StatusFailed { command: text(), exit_code: 1 },
            Because::StatusHolds { commands: 2 },
            sources,
            Because::SomeSource,
            Because::SourcesUnchanged,
            Because::NoRecord,
            Because::Unreadable { source: text() },
            Because::NotGenerated { pattern: text() },
            Because::Newer { source: text() },
            Because::MethodNone,
            Because::Platform { here: text() },
            Because::Condition { command: text(), exit_code: 1 },
            Because::RanBefore,
        ]
    }

    /// Every key and every name of an event must be in the document.
    #[test]
    fn the_document_knows_every_field() {
        let text = || "text".to_owned();
        let tones = [Tone::Progress, Tone::Note, Tone::Ignored, Tone::Failed, Tone::Watched];
        let verbose = tones.map(|tone| TaskEvent::Verbose { tone, text: text() });
        let of_tasks = [
            TaskEvent::Command { task: text(), command: text() },
            TaskEvent::UpToDate { task: text() },
            TaskEvent::PreconditionFailed { task: text(), message: text() },
            TaskEvent::Watching { tasks: vec![text()] },
            TaskEvent::Finished { task: text() },
            TaskEvent::Assumed { question: text() },
            TaskEvent::Warning { text: text() },
            TaskEvent::Explained(Explanation { task: text(), runs: true, reasons: reasons() }),
        ];
        let of_tasks = verbose.into_iter().chain(of_tasks).map(|event| (0, Event::Task(event)));
        let document = include_str!("../../docs/events.md");
        let known = |word: &str| document.contains(&format!("`{word}`"));
        for (at_ms, event) in mixed_run(false).into_iter().chain(of_tasks) {
            let event = serde_json::to_value(Stamped { at_ms, event }).unwrap();
            for reason in event.get("reasons").and_then(Value::as_array).into_iter().flatten() {
                let name = reason["because"].as_str().unwrap();
                assert!(known(name), "{name}");
            }
            for key in ["event", "task_event", "tone", "stream", "status"] {
                let name = event.get(key).and_then(Value::as_str).unwrap_or("event");
                assert!(known(name), "{name}");
            }
            let mut left = vec![&event];
            while let Some(value) = left.pop() {
                match value {
                    Value::Object(fields) => {
                        left.extend(fields.values());
                        fields.keys().for_each(|key| assert!(known(key), "{key}"));
                    }
                    Value::Array(items) => left.extend(items),
                    _ => {}
                }
            }
        }
    }
}
