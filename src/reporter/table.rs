//! The final report for people: every host with its result, then what failed, was skipped and was told to whom. Knows
//! no terminal.

use super::plain::delivery_line;
use super::state::RunState;
use super::text::{clean, columns, counted, padding};
use super::{Paint, REHEARSAL, colour};
use crate::executor::duration;
use crate::executor::event::{Failure, Generation, HostReport, HostResult, RunReport};
use crate::executor::notification::less_guarded;
use anstyle::Style;
use std::fmt::Write as _;

/// How the report is rendered.
pub(super) struct Table<'a> {
    /// What the events before the report said.
    pub(super) state: &'a RunState,
    /// Colours.
    pub(super) paint: Paint,
    /// The run's directory.
    pub(super) logs: Option<&'a str>,
}

/// The style of a result.
pub(super) fn style(result: HostResult) -> Style {
    match result {
        HostResult::Succeeded | HostResult::Unchanged => colour::GOOD,
        HostResult::Degraded | HostResult::RolledBack => colour::WARN,
        HostResult::Failed | HostResult::Unreachable | HostResult::Unknown => colour::BAD,
        HostResult::Skipped | HostResult::Cancelled => colour::DIM,
    }
}

impl Table<'_> {
    /// The result in words, with the stage where it is not good.
    pub(super) fn result(report: &HostReport, paint: Paint) -> String {
        let word = paint.paint(style(report.result), report.result.word());
        if report.result.is_good() { word } else { format!("{word} ({})", report.stage.word()) }
    }

    /// The generation before and after, such as `41 -> 42`.
    pub(super) fn generation(report: &HostReport) -> Option<String> {
        let before = report.before.as_ref().map(short);
        let after = report.after.as_ref().map(short);
        match (before, after) {
            (Some(before), Some(after)) if before == after => Some(after),
            (Some(before), Some(after)) => Some(format!("{before} -> {after}")),
            // Nobody can tell what it runs now.
            (Some(before), None) if report.result == HostResult::Unknown => Some(format!("{before} -> ?")),
            (Some(before), None) => Some(before),
            (None, Some(after)) => Some(format!("? -> {after}")),
            (None, None) => None,
        }
    }

    /// The whole report, ending in a line end.
    pub(super) fn render(&self, report: &RunReport) -> String {
        let mut out = String::new();
        if report.rehearsal {
            let _ = writeln!(out, "{}", self.paint.paint(colour::LOUD, REHEARSAL));
        }
        self.hosts(&mut out, report);
        self.host_failures(&mut out, report);
        self.reboots(&mut out, report);
        self.lacks(&mut out, report);
        self.failures(&mut out, "failed", colour::BAD, &report.failures);
        self.failures(&mut out, "not checked", colour::WARN, &report.skipped);
        if !report.notifications.is_empty() {
            self.heading(&mut out, "notifications", colour::BOLD);
            for delivery in &report.notifications {
                indented(&mut out, &delivery_line(delivery), 2);
            }
        }
        for warning in &self.state.warnings {
            let _ = writeln!(out, "{} {warning}", self.paint.paint(colour::WARN, "warning:"));
        }
        self.summary(&mut out, report);
        out
    }

    fn hosts(&self, out: &mut String, report: &RunReport) {
        if report.hosts.is_empty() {
            return;
        }
        let plain = Paint::default();
        let rows: Vec<_> = report
            .hosts
            .iter()
            .map(|host| {
                let generation = Self::generation(host).unwrap_or_else(|| "-".to_owned());
                let built_on = host.built_on.clone().unwrap_or_else(|| "-".to_owned());
                (host, Self::result(host, plain), generation, built_on, duration(host.took_ms))
            })
            .collect();
        let widest = |heading: &str, cells: &mut dyn Iterator<Item = usize>| {
            cells.max().unwrap_or(0).max(columns(heading))
        };
        let names = widest("host", &mut rows.iter().map(|(host, ..)| host.host.as_str().len()));
        let results = widest("result", &mut rows.iter().map(|(_, result, ..)| columns(result)));
        let generations = widest("generation", &mut rows.iter().map(|(_, _, cell, ..)| columns(cell)));
        // A run that builds nothing has nothing to say of it.
        let places = match report.hosts.iter().any(|host| host.built_on.is_some()) {
            true => widest("built on", &mut rows.iter().map(|(_, _, _, cell, _)| columns(cell))),
            false => 0,
        };
        let built = |cell: &str| if places == 0 { String::new() } else { format!("{cell:places$}  ") };
        let heading = format!(
            "{:names$}  {:results$}  {:generations$}  {}time",
            "host",
            "result",
            "generation",
            built("built on")
        );
        let _ = writeln!(out, "{}", self.paint.paint(colour::DIM, &heading));
        for (host, result, generation, built_on, time) in rows {
            let painted = Self::result(host, self.paint);
            let pad = padding(&result, results);
            let built = built(&built_on);
            let _ = writeln!(
                out,
                "{:names$}  {painted}{pad}  {generation:generations$}  {built}{time}",
                host.host
            );
        }
    }

    fn host_failures(&self, out: &mut String, report: &RunReport) {
        for host in report.hosts.iter().filter(|host| !host.result.is_good()) {
            let Some(reason) = &host.reason else { continue };
            out.push('\n');
            let word = self.paint.paint(style(host.result), host.result.word());
            let name = self.paint.paint(colour::BOLD, host.host.as_str());
            let _ = write!(out, "{name} {word} in {}: ", host.stage.word());
            let mut lines = reason.lines();
            let _ = writeln!(out, "{}", clean(lines.next().unwrap_or_default(), self.paint.is_on()));
            let more = lines.clone().next().is_some();
            lines.for_each(|line| indented(out, line, 2));
            let lane = self.state.hosts.get(&host.host);
            let tail = lane.and_then(|lane| lane.failed.as_deref()).unwrap_or_default();
            if !more {
                tail.iter().for_each(|line| indented(out, &clean(line, self.paint.is_on()), 4));
            }
            if let Some(logs) = self.logs.filter(|_| lane.is_some_and(|lane| lane.ended.is_some())) {
                let _ = writeln!(out, "  full log: {logs}/hosts/{}.log", host.host);
            }
        }
    }

    fn reboots(&self, out: &mut String, report: &RunReport) {
        let mut waiting = report.hosts.iter().filter(|host| !host.needs_reboot.is_empty()).peekable();
        if waiting.peek().is_some() {
            self.heading(out, "reboot needed", colour::WARN);
        }
        for host in waiting {
            indented(out, &format!("{}: {}", host.host, host.needs_reboot.join(", ")), 2);
        }
    }

    fn lacks(&self, out: &mut String, report: &RunReport) {
        let lacks = less_guarded(&report.hosts);
        if !lacks.is_empty() {
            self.heading(out, "less guarded", colour::WARN);
        }
        for (lack, hosts) in lacks {
            indented(out, &format!("{lack}: {}", hosts.join(", ")), 2);
        }
    }

    fn failures(&self, out: &mut String, heading: &str, style: Style, failures: &[Failure]) {
        if failures.is_empty() {
            return;
        }
        self.heading(out, heading, style);
        for failure in failures {
            indented(out, &format!("{}: {}", failure.step, failure.reason), 2);
        }
    }

    fn heading(&self, out: &mut String, heading: &str, style: Style) {
        let _ = writeln!(out, "\n{}", self.paint.paint(style, heading));
    }

    fn summary(&self, out: &mut String, report: &RunReport) {
        out.push('\n');
        let name = self.paint.paint(colour::BOLD, &report.name);
        let _ = write!(out, "{name}: ");
        let mut counts: Vec<(HostResult, usize)> = Vec::new();
        for host in &report.hosts {
            match counts.iter_mut().find(|(result, _)| *result == host.result) {
                Some((_, count)) => *count += 1,
                None => counts.push((host.result, 1)),
            }
        }
        counts.sort_unstable();
        let mut parts: Vec<String> = counts
            .iter()
            .map(|(result, count)| self.paint.paint(style(*result), &format!("{count} {}", result.word())))
            .collect();
        if !report.failures.is_empty() {
            let failed = format!("{} failed", counted(report.failures.len(), "step"));
            parts.push(self.paint.paint(colour::BAD, &failed));
        }
        if !report.skipped.is_empty() {
            parts.push(format!("{} not made", counted(report.skipped.len(), "check")));
        }
        if parts.is_empty() {
            parts.push(if report.exit_code == 0 { "succeeded" } else { "failed" }.to_owned());
        }
        let _ = write!(out, "{}, {}", parts.join(", "), duration(report.took_ms));
        if report.exit_code != 0 {
            let _ = write!(out, ", exit code {}", report.exit_code);
        }
        if report.rehearsal {
            let _ = write!(out, " ({})", self.paint.paint(colour::LOUD, REHEARSAL));
        }
        out.push('\n');
    }
}

/// Each line of the text with so many spaces before it.
fn indented(out: &mut String, text: &str, indent: usize) {
    for line in text.lines() {
        let _ = writeln!(out, "{:indent$}{line}", "");
    }
}

/// A generation's number, or the first letters of the hash in its store path.
fn short(generation: &Generation) -> String {
    if let Some(number) = generation.number {
        return number.to_string();
    }
    let name = generation.path.rsplit('/').next().unwrap_or_default();
    name.chars().take(7).collect()
}
