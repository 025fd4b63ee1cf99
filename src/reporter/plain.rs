//! Plain lines for pipes and logs, each marked with its host, each written whole. Knows no terminal.

use super::state::{RunState, is_bookkeeping, label};
use super::table::Table;
use super::text::{clean, counted, padding};
use super::{Paint, REHEARSAL, Reporter, Sink, colour, diff};
use crate::executor::duration;
use crate::executor::event::{
    Delivery, Event, HostReport, NodeRef, NodeStatus, RunStarted, Stamped, TaskEvent,
};
use crate::model::HostName;
use std::fmt::Write as _;

/// Longest name that the others are lined up with.
const ALIGNED: usize = 24;

/// The mark of what is done once for the run; no host can have that name.
pub(super) const WHOLE: &str = "*";

/// Writes plain lines.
pub struct Plain {
    sink: Sink,
    paint: Paint,
    logs: Option<String>,
    state: RunState,
    width: usize,
}

impl Plain {
    /// Writes to `sink`. `logs` is the run's directory, named in the report where something failed.
    #[must_use]
    pub fn new(sink: Sink, paint: Paint, logs: Option<String>) -> Self {
        Self { sink, paint, logs, state: RunState::default(), width: 1 }
    }

    fn line(&mut self, host: Option<&HostName>, text: &str) {
        let name = host.map_or(WHOLE, HostName::as_str);
        let pad = padding(name, self.width);
        let mark = format!("{}{pad} |", self.paint.paint(colour::BOLD, name));
        let mut out = String::new();
        for line in text.lines() {
            let line = clean(line, self.paint.is_on());
            let _ = writeln!(out, "{mark}{}{line}", if line.is_empty() { "" } else { " " });
        }
        self.sink.write(&out);
    }

    fn started(&mut self, started: &RunStarted) {
        let names = started.hosts.iter().map(|host| host.as_str().len());
        self.width = names.filter(|width| *width <= ALIGNED).max().unwrap_or(1);
        self.sink.write(&opening(started, self.paint));
    }

    fn finished(&mut self, node: &NodeRef, status: NodeStatus, took_ms: u64, message: Option<&str>) {
        if is_bookkeeping(node) && status == NodeStatus::Succeeded {
            return;
        }
        let (word, style) = match status {
            NodeStatus::Succeeded => ("succeeded", colour::GOOD),
            NodeStatus::Failed => ("failed", colour::BAD),
            NodeStatus::Skipped => ("skipped", colour::DIM),
            NodeStatus::Cancelled => ("cancelled", colour::WARN),
        };
        let mut text = format!("[{}] {}", label(node), self.paint.paint(style, word));
        if matches!(status, NodeStatus::Succeeded | NodeStatus::Failed) {
            let _ = write!(text, " in {}", duration(took_ms));
        }
        if let Some(message) = message {
            let _ = write!(text, ": {message}");
        }
        self.line(node.host.as_ref(), &text);
    }

    fn host_finished(&mut self, report: &HostReport) {
        let mut text = Table::result(report, self.paint);
        if let Some(generation) = Table::generation(report) {
            let _ = write!(text, ", generation {generation}");
        }
        let _ = write!(text, ", {}", duration(report.took_ms));
        self.line(Some(&report.host), &text);
    }
}

/// The lines at the start of a run.
pub(super) fn opening(started: &RunStarted, paint: Paint) -> String {
    let mut out = String::new();
    if started.rehearsal {
        let _ = writeln!(out, "{}", paint.paint(colour::LOUD, REHEARSAL));
    }
    let hosts = counted(started.hosts.len(), "host");
    let steps = counted(started.nodes, "step");
    let _ =
        write!(out, "{}: {hosts}, {steps}, run {}", paint.paint(colour::BOLD, &started.name), started.run);
    if let Some(revision) = &started.revision {
        let _ = write!(out, ", revision {revision}");
    }
    out.push('\n');
    out
}

/// What a line says about something that `task` would print.
pub(super) fn task_line(event: &TaskEvent) -> String {
    match event {
        TaskEvent::Command { task, command } => format!("task: [{task}] {}", command.trim_end()),
        TaskEvent::UpToDate { task } => format!("task: Task \"{task}\" is up to date"),
        TaskEvent::PreconditionFailed { message, .. } => format!("task: {message}"),
        TaskEvent::Explained(explanation) => format!("why: {explanation}"),
        TaskEvent::Verbose { text, .. } => format!("task: {text}"),
        TaskEvent::Watching { tasks } => format!("task: Started watching for tasks: {}", tasks.join(", ")),
        TaskEvent::Finished { task } => format!("task: task \"{task}\" finished running"),
        TaskEvent::Assumed { question } => format!("{question} [assuming yes]"),
        TaskEvent::Warning { text } => format!("warning: {text}"),
    }
}

/// What a line says about a delivery.
pub(super) fn delivery_line(delivery: &Delivery) -> String {
    let mut text = match (delivery.rehearsal, delivery.delivered) {
        (true, _) => format!("{}: rendered, not sent", delivery.target),
        (false, true) => format!("{}: delivered", delivery.target),
        (false, false) => format!("{}: not delivered", delivery.target),
    };
    if let Some(reason) = &delivery.reason {
        let _ = write!(text, ": {reason}");
    }
    text
}

impl Reporter for Plain {
    fn event(&mut self, event: &Stamped) {
        self.state.event(event);
        match &event.event {
            Event::RunStarted(started) => self.started(started),
            Event::NodeStarted(node) if is_bookkeeping(node) => {}
            Event::NodeStarted(node) => self.line(node.host.as_ref(), &format!("[{}] started", label(node))),
            Event::Output { node, line, .. } => {
                // An empty line of a tool is a line too.
                let line = if line.is_empty() { "\n" } else { line };
                self.line(node.host.as_ref(), line);
            }
            Event::NodeFinished { node, status, took_ms, message } => {
                self.finished(node, *status, *took_ms, message.as_deref());
            }
            Event::Diff(diff) => self.line(Some(&diff.host), &diff::text(diff, self.paint)),
            Event::HostFinished(report) => self.host_finished(report),
            Event::Notified(delivery) => self.line(None, &delivery_line(delivery)),
            Event::Task(event) => self.line(None, &task_line(event)),
            Event::RunFinished(report) => {
                let table = Table { state: &self.state, paint: self.paint, logs: self.logs.as_deref() };
                self.sink.write(&format!("\n{}", table.render(report)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::event::HostResult;
    use crate::reporter::fixture::{Written, feed, host_report, mixed_run, report, run_started};

    fn written(colour: bool, events: Vec<(u64, Event)>) -> String {
        let out = Written::default();
        let logs = Some(".fleet/runs/20261123T091500Z-abc123".to_owned());
        feed(&mut Plain::new(out.sink(), Paint::new(colour), logs), events);
        out.take()
    }

    const MIXED: &str = "\
apply-nixos: 3 hosts, 9 steps, run 20261123T091500Z-abc123, revision 1a2b3c-dirty
*     | [check: flake] started
*     | checking flake...
*     | [check: flake] succeeded in 0.9s
rydev | [build] started
luna  | [deploy: copy] started
rydev | building '/nix/store/0c1d-broken.drv'...
luna  | copying 3 paths
rydev | error: builder for '/nix/store/0c1d-broken.drv' failed
rydev | [build] failed in 1.1s: the system does not build
rydev | [deploy: copy] skipped: `build` failed
luna  | [deploy: copy] succeeded in 2.1s
luna  | succeeded, generation 41 -> 42, 14.2s
rydev | failed (build), generation 7, 14.2s
nixpi | unchanged, generation 17, 14.2s
*     | ntfy: delivered

host   result          generation  time
luna   succeeded       41 -> 42    14.2s
rydev  failed (build)  7           14.2s
nixpi  unchanged       17          14.2s

rydev failed in build: the system does not build
    building '/nix/store/0c1d-broken.drv'...
    error: builder for '/nix/store/0c1d-broken.drv' failed
  full log: .fleet/runs/20261123T091500Z-abc123/hosts/rydev.log

not checked
  flake: checks of aarch64-linux: no builder for that system

notifications
  ntfy: delivered

apply-nixos: 1 succeeded, 1 unchanged, 1 failed, 1 check not made, 42.0s, exit code 1
";

    #[test]
    fn each_line_names_its_host() {
        let text = written(false, mixed_run(false));
        assert_eq!(text, MIXED);
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let text = written(true, mixed_run(false));
        assert!(text.contains("\x1b[32msucceeded\x1b[0m"), "{text}");
        let plain: Vec<_> = text.lines().map(|line| clean(line, false).into_owned()).collect();
        assert_eq!(plain.join("\n") + "\n", MIXED);
    }

    #[test]
    fn a_rehearsal_says_so_first_and_last() {
        let text = written(false, mixed_run(true));
        assert!(text.starts_with("REHEARSAL: no host was touched\napply-nixos: 3 hosts"), "{text}");
        let last = text.lines().last().unwrap();
        assert!(last.ends_with("exit code 1 (REHEARSAL: no host was touched)"), "{last}");
        assert!(text.contains("ntfy: rendered, not sent"), "{text}");
    }

    #[test]
    fn words_of_the_tool_in_the_reason_are_not_repeated() {
        let mut events = mixed_run(false);
        let Some((_, Event::RunFinished(report))) = events.last_mut() else { panic!("no report") };
        report.hosts[1].reason = Some("it does not build\n  error: at line 3\n  help: fix it".to_owned());
        let text = written(false, events);
        let failure = text.split("\n\n").find(|part| part.starts_with("rydev failed")).unwrap();
        assert_eq!(
            failure,
            "rydev failed in build: it does not build\n    error: at line 3\n    help: fix it\n  full log: \
             .fleet/runs/20261123T091500Z-abc123/hosts/rydev.log"
        );
    }

    #[test]
    fn every_result_says_what_is_known_of_the_generation() {
        let mut fresh = host_report("new", HostResult::Succeeded, 0, Some(1));
        fresh.before = None;
        let mut by_path = host_report("path", HostResult::Degraded, 0, Some(2));
        by_path.after.as_mut().unwrap().number = None;
        let mut gone = host_report("gone", HostResult::Unreachable, 0, None);
        gone.before = None;
        let unknown = host_report("lost", HostResult::Unknown, 3, None);
        let hosts = vec![fresh, by_path, gone, unknown];
        let text =
            written(false, vec![(0, run_started(false, &[])), (1, Event::RunFinished(report(false, hosts)))]);
        let table: Vec<_> = text.lines().skip(3).take(4).collect();
        assert_eq!(
            table,
            [
                "new   succeeded             ? -> 1        14.2s",
                "path  degraded (deploy)     0 -> 0000000  14.2s",
                "gone  unreachable (deploy)  -             14.2s",
                "lost  unknown (deploy)      3 -> ?        14.2s",
            ]
        );
    }
}
