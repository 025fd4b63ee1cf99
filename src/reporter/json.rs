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
}
