//! What `task` prints about tasks, byte for byte as go-task 3.54 does. Knows nothing of hosts.

use super::{Reporter, TaskColour, TaskPaint};
use crate::executor::event::{Event, Stamped, TaskEvent, Tone};
use crate::process::Outlet;

/// Writes go-task's lines to the outlets that the commands' own output goes to.
pub struct TaskLines {
    stdout: Outlet,
    stderr: Outlet,
    paint: TaskPaint,
}

impl TaskLines {
    /// Writes to both outlets.
    #[must_use]
    pub fn new(stdout: Outlet, stderr: Outlet, paint: TaskPaint) -> Self {
        Self { stdout, stderr, paint }
    }

    /// Writes one line now.
    pub fn task_event(&self, event: &TaskEvent) {
        let (outlet, colour, text) = match event {
            TaskEvent::Command { task, command } => {
                (&self.stderr, TaskColour::Green, format!("task: [{task}] {command}\n"))
            }
            TaskEvent::UpToDate { task } => {
                (&self.stderr, TaskColour::Magenta, format!("task: Task \"{task}\" is up to date\n"))
            }
            TaskEvent::PreconditionFailed { message, .. } => {
                (&self.stderr, TaskColour::Magenta, format!("task: {message}\n"))
            }
            TaskEvent::Explained(explanation) => {
                let colour = if explanation.runs { TaskColour::Yellow } else { TaskColour::Magenta };
                (&self.stderr, colour, format!("why: {explanation}\n"))
            }
            TaskEvent::Verbose { tone, text } => {
                let (outlet, colour) = match tone {
                    Tone::Progress => (&self.stderr, TaskColour::Magenta),
                    Tone::Note => (&self.stdout, TaskColour::Yellow),
                    Tone::Ignored => (&self.stderr, TaskColour::Yellow),
                    Tone::Failed => (&self.stderr, TaskColour::Red),
                    Tone::Watched => (&self.stdout, TaskColour::Green),
                };
                // The line on another platform ends in a literal `\n` and has no line end.
                let end = if text.ends_with("\\n") { "" } else { "\n" };
                (outlet, colour, format!("task: {text}{end}"))
            }
            TaskEvent::Watching { tasks } => {
                let tasks = tasks.join(", ");
                (&self.stderr, TaskColour::Green, format!("task: Started watching for tasks: {tasks}\n"))
            }
            TaskEvent::Finished { task } => {
                (&self.stderr, TaskColour::Green, format!("task: task \"{task}\" finished running\n"))
            }
            TaskEvent::Assumed { question } => {
                (&self.stdout, TaskColour::Yellow, format!("{question} [assuming yes]\n"))
            }
            TaskEvent::Warning { text } => (&self.stderr, TaskColour::Red, format!("task: {text}\n")),
        };
        // With nobody to read it, the tasks go on.
        let _ = outlet.write(self.paint.paint(colour, &text).as_bytes());
    }
}

impl Reporter for TaskLines {
    fn event(&mut self, event: &Stamped) {
        if let Event::Task(event) = &event.event {
            self.task_event(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reporter::fixture::Written;

    /// What goes to standard output and to standard error.
    fn lines(colour: bool, event: &TaskEvent) -> (String, String) {
        let (stdout, stderr) = (Written::default(), Written::default());
        let outlets = (Outlet::new(stdout.clone()), Outlet::new(stderr.clone()));
        TaskLines::new(outlets.0, outlets.1, TaskPaint::new(colour)).task_event(event);
        (stdout.take(), stderr.take())
    }

    fn verbose(tone: Tone, text: &str) -> TaskEvent {
        TaskEvent::Verbose { tone, text: text.to_owned() }
    }

    /// Each was printed so by go-task 3.54 with `--color --verbose`.
    #[test]
    fn prints_the_bytes_of_task() {
        let name = || "a".to_owned();
        let on_stderr = [
            (
                TaskEvent::Command { task: name(), command: "echo a\necho b\n".to_owned() },
                "\x1b[32mtask: [a] echo a\necho b\n\n\x1b[0m",
            ),
            (TaskEvent::UpToDate { task: name() }, "\x1b[35mtask: Task \"a\" is up to date\n\x1b[0m"),
            (
                TaskEvent::PreconditionFailed { task: name(), message: "nope".to_owned() },
                "\x1b[35mtask: nope\n\x1b[0m",
            ),
            (verbose(Tone::Progress, "\"a\" started"), "\x1b[35mtask: \"a\" started\n\x1b[0m"),
            (
                verbose(Tone::Ignored, "[a] command error ignored: exit status 3"),
                "\x1b[33mtask: [a] command error ignored: exit status 3\n\x1b[0m",
            ),
            (
                verbose(Tone::Failed, "\"a\" failed: exit status 3"),
                "\x1b[31mtask: \"a\" failed: exit status 3\n\x1b[0m",
            ),
            (
                TaskEvent::Watching { tasks: vec![name(), "b".to_owned()] },
                "\x1b[32mtask: Started watching for tasks: a, b\n\x1b[0m",
            ),
            (TaskEvent::Finished { task: name() }, "\x1b[32mtask: task \"a\" finished running\n\x1b[0m"),
        ];
        for (event, text) in on_stderr {
            assert_eq!(lines(true, &event), (String::new(), text.to_owned()));
        }
        let on_stdout = [
            (TaskEvent::Assumed { question: "sure?".to_owned() }, "\x1b[33msure? [assuming yes]\n\x1b[0m"),
            (
                verbose(Tone::Note, "if condition not met - skipped: \"a\""),
                "\x1b[33mtask: if condition not met - skipped: \"a\"\n\x1b[0m",
            ),
            (
                verbose(Tone::Note, "\"a\" not for current platform - ignored\\n"),
                "\x1b[33mtask: \"a\" not for current platform - ignored\\n\x1b[0m",
            ),
            (verbose(Tone::Watched, "watching new dir: src"), "\x1b[32mtask: watching new dir: src\n\x1b[0m"),
        ];
        for (event, text) in on_stdout {
            assert_eq!(lines(true, &event), (text.to_owned(), String::new()));
        }
    }

    #[test]
    fn prints_no_codes_without_colour() {
        let event = TaskEvent::UpToDate { task: "a".to_owned() };
        assert_eq!(lines(false, &event).1, "task: Task \"a\" is up to date\n");
    }
}
