//! The live view on a terminal: a line for each host, drawn over in place, and clean text left behind. Knows no
//! threads: it draws when events come and when the coordinator ticks.
//!
//! It neither hides the cursor nor changes a mode, and after each frame the cursor stands below it at the start of a
//! line. So there is nothing to restore, however the process ends.

mod frame;
mod pause;

use super::plain::{opening, task_line};
use super::state::RunState;
use super::table::Table;
use super::{Paint, Reporter, Sink, SinkState, colour, diff};
use crate::executor::event::{Event, NodeRef, Stamped};
use frame::{Frame, Line};
pub use pause::{Pause, Paused};
use rustix::termios::tcgetwinsize;
use std::fmt::Write as _;
use std::io::{IsTerminal as _, stdout};
use std::time::Instant;

/// Least time between two frames: 20 a second.
const FRAME_MS: u64 = 50;
/// Longest time without a new frame while something runs: its seconds go on.
const IDLE_MS: u64 = 1_000;

/// Columns and rows of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    columns: usize,
    rows: usize,
}

/// Draws the live view.
pub struct Live {
    sink: Sink,
    paint: Paint,
    logs: Option<String>,
    state: RunState,
    size: Box<dyn Fn() -> Size + Send>,
    /// Milliseconds since some moment before the run.
    clock: Box<dyn Fn() -> u64 + Send>,
    /// What the clock said when the run began.
    began: u64,
    /// The columns that each line on the screen takes.
    drawn: Vec<usize>,
    drawn_at: Option<u64>,
    stale: bool,
    /// The node that has the terminal to itself.
    suspended_by: Option<u32>,
    /// Others than nodes ask for the terminal by this.
    pause: Pause,
    /// Text that stays and came while others had the terminal.
    kept: String,
}

impl Live {
    /// A live view on standard output, if that is a terminal that can be drawn on (`TERM` is set and not `dumb`).
    #[must_use]
    pub fn on_stdout(paint: Paint, logs: Option<String>) -> Option<Self> {
        let able = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
        if !able || !stdout().is_terminal() {
            return None;
        }
        let size = || {
            let size = tcgetwinsize(stdout()).ok();
            let size = size.map(|size| (usize::from(size.ws_col), usize::from(size.ws_row)));
            // A terminal on a serial line has no size.
            let (columns, rows) =
                size.filter(|(columns, rows)| *columns > 0 && *rows > 0).unwrap_or((80, 24));
            Size { columns, rows }
        };
        let start = Instant::now();
        let clock = move || u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Some(Self::new(Sink::stdout(), paint, logs, Box::new(size), Box::new(clock)))
    }

    fn new(
        sink: Sink,
        paint: Paint,
        logs: Option<String>,
        size: Box<dyn Fn() -> Size + Send>,
        clock: Box<dyn Fn() -> u64 + Send>,
    ) -> Self {
        let state = RunState::default();
        let (drawn, drawn_at, stale, suspended_by) = (Vec::new(), None, false, None);
        let (pause, kept) = (Pause::default(), String::new());
        Self {
            sink,
            paint,
            logs,
            state,
            size,
            clock,
            began: 0,
            drawn,
            drawn_at,
            stale,
            suspended_by,
            pause,
            kept,
        }
    }

    /// Leaves the terminal alone whenever `pause` says so.
    #[must_use]
    pub fn with_pause(mut self, pause: Pause) -> Self {
        pause.attach(true);
        self.pause = pause;
        self
    }

    /// Whether others have the terminal; takes the frame off the screen for them.
    fn is_paused(&mut self) -> bool {
        if !self.pause.is_asked() {
            return false;
        }
        if !self.drawn.is_empty() {
            self.replace("", &[]);
        }
        self.pause.grant();
        true
    }

    /// A handle that tells what became of the output.
    #[must_use]
    pub fn sink_state(&self) -> SinkState {
        self.sink.state()
    }

    /// Draws if something is new and the last frame is old enough, or if it is so old that its times are wrong.
    fn draw_if_due(&mut self) {
        if self.is_paused() {
            return;
        }
        if !self.kept.is_empty() {
            self.keep("");
        }
        let now = (self.clock)();
        let age = self.drawn_at.map_or(u64::MAX, |at| now.saturating_sub(at));
        let started = self.state.started.is_some();
        if started && self.suspended_by.is_none() && (self.stale && age >= FRAME_MS || age >= IDLE_MS) {
            let lines = self.lines(now);
            self.replace("", &lines);
            self.drawn_at = Some(now);
            self.stale = false;
        }
    }

    fn lines(&self, now: u64) -> Vec<Line> {
        let now_ms = now.saturating_sub(self.began);
        Frame { state: &self.state, paint: self.paint, now_ms, size: (self.size)() }.lines()
    }

    /// Writes text that stays, above the frame.
    fn keep(&mut self, text: &str) {
        self.kept.push_str(text);
        if self.is_paused() {
            return;
        }
        let text = std::mem::take(&mut self.kept);
        let lines = if self.suspended_by.is_some() { Vec::new() } else { self.lines((self.clock)()) };
        self.replace(&text, &lines);
    }

    /// Puts text that stays and a new frame in the place of the last frame, in one write.
    fn replace(&mut self, text: &str, lines: &[Line]) {
        let columns = (self.size)().columns.max(1);
        // A terminal that became narrower has broken the lines of the last frame.
        let rows: usize = self.drawn.iter().map(|width| width.div_ceil(columns).max(1)).sum();
        // Synchronised update: terminals that know it show no half frame, the others ignore it.
        let mut out = String::from("\x1b[?2026h");
        if rows > 0 {
            let _ = write!(out, "\x1b[{rows}A");
        }
        out.push('\r');
        for line in text.lines() {
            let _ = write!(out, "{line}\x1b[K\r\n");
        }
        for line in lines {
            let _ = write!(out, "{}\x1b[K\r\n", line.text());
        }
        out.push_str("\x1b[J\x1b[?2026l");
        self.drawn = lines.iter().map(Line::width).collect();
        self.sink.write(&out);
    }

    /// Erases the frame, for whatever has the terminal to itself now.
    fn suspend(&mut self, node: &NodeRef) {
        self.suspended_by = Some(node.node);
        self.replace("", &[]);
    }
}

impl Reporter for Live {
    fn event(&mut self, event: &Stamped) {
        self.state.event(event);
        self.stale = true;
        match &event.event {
            Event::RunStarted(started) => {
                self.began = (self.clock)().saturating_sub(event.at_ms);
                let opening = opening(started, self.paint);
                self.sink.write(&opening);
            }
            // It asks a question.
            Event::NodeStarted(node) if node.step == "confirm" => self.suspend(node),
            Event::NodeFinished { node, .. } if self.suspended_by == Some(node.node) => {
                self.suspended_by = None;
            }
            Event::Diff(diff) => {
                let text = diff::text(diff, self.paint);
                let host = self.paint.paint(colour::BOLD, diff.host.as_str());
                self.keep(&format!("{host}: {text}"));
            }
            Event::Task(event) => {
                let text = task_line(event);
                self.keep(&text);
            }
            Event::RunFinished(report) => {
                let table = Table { state: &self.state, paint: self.paint, logs: self.logs.as_deref() };
                let table = table.render(report);
                self.replace(&format!("\n{table}"), &[]);
                self.state.started = None;
                self.pause.attach(false);
            }
            _ => {}
        }
        self.draw_if_due();
    }

    fn tick(&mut self) {
        self.draw_if_due();
    }
}

#[cfg(test)]
mod tests;
