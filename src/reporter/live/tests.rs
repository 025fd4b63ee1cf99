use super::*;
use crate::executor::event::{HostResult, NodeStatus};
use crate::plan::Stage;
use crate::reporter::fixture::{
    Written, feed, finished, host_report, mixed_run, node, output, report, run_started,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use unicode_width::UnicodeWidthChar as _;

/// A terminal as far as the live view needs one: it breaks lines, scrolls, moves up and erases.
struct Terminal {
    /// All rows ever written, the screen being the last of them.
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
    columns: usize,
    rows: usize,
}

impl Terminal {
    fn new(columns: usize, rows: usize) -> Self {
        Self { lines: vec![Vec::new()], row: 0, column: 0, columns, rows }
    }

    fn top(&self) -> usize {
        self.lines.len().saturating_sub(self.rows)
    }

    fn down(&mut self) {
        self.row += 1;
        if self.row == self.lines.len() {
            self.lines.push(Vec::new());
        }
    }

    fn show(&mut self, text: &str) {
        let mut chars = text.chars();
        while let Some(char) = chars.next() {
            match char {
                '\r' => self.column = 0,
                '\n' => self.down(),
                '\x1b' => {
                    assert_eq!(chars.next(), Some('['));
                    let mut number = String::new();
                    let end = chars.by_ref().find(|c| {
                        !c.is_ascii_digit() && !matches!(c, ';' | '?') || {
                            number.push(*c);
                            false
                        }
                    });
                    match end.unwrap() {
                        'A' => self.row = self.row.saturating_sub(number.parse().unwrap()).max(self.top()),
                        'K' => self.lines[self.row].truncate(self.column),
                        'J' => {
                            self.lines[self.row].truncate(self.column);
                            self.lines.truncate(self.row + 1);
                        }
                        'm' | 'h' | 'l' => {}
                        other => panic!("unknown sequence {other}"),
                    }
                }
                char => {
                    let width = char.width().unwrap_or(0);
                    if self.column + width > self.columns {
                        self.column = 0;
                        self.down();
                    }
                    let line = &mut self.lines[self.row];
                    line.truncate(self.column);
                    line.push(char);
                    // A wide character takes two cells.
                    line.extend(std::iter::repeat_n('\0', width.saturating_sub(1)));
                    self.column += width;
                }
            }
        }
    }

    /// Breaks all lines anew, as terminals do that keep their text when they become narrower.
    fn narrow(&mut self, columns: usize) {
        self.columns = columns;
        let mut lines = Vec::new();
        for line in &self.lines {
            let chunks: Vec<_> = line.chunks(columns).map(<[char]>::to_vec).collect();
            lines.extend(if chunks.is_empty() { vec![Vec::new()] } else { chunks });
        }
        self.row = lines.len() - 1;
        self.lines = lines;
    }

    fn text(&self) -> String {
        let lines = self.lines.iter().map(|line| line.iter().filter(|c| **c != '\0').collect::<String>());
        lines.map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

struct Screen {
    live: Live,
    out: Written,
    terminal: Terminal,
    now: Arc<AtomicU64>,
    columns: Arc<AtomicUsize>,
}

impl Screen {
    fn new(columns: usize, rows: usize, colour: bool) -> Self {
        let out = Written::default();
        let now = Arc::new(AtomicU64::new(0));
        let shared = Arc::new(AtomicUsize::new(columns));
        let (clock, width) = (Arc::clone(&now), Arc::clone(&shared));
        let live = Live::new(
            out.sink(),
            Paint::new(colour),
            None,
            Box::new(move || Size { columns: width.load(Ordering::SeqCst), rows }),
            Box::new(move || clock.load(Ordering::SeqCst)),
        );
        Self { live, out, terminal: Terminal::new(columns, rows), now, columns: shared }
    }

    fn feed(&mut self, events: impl IntoIterator<Item = (u64, Event)>) {
        for (at_ms, event) in events {
            self.now.store(at_ms, Ordering::SeqCst);
            feed(&mut self.live, [(at_ms, event)]);
            self.terminal.show(&self.out.take());
        }
    }

    fn tick(&mut self, at_ms: u64) -> usize {
        self.now.store(at_ms, Ordering::SeqCst);
        self.live.tick();
        let text = self.out.take();
        self.terminal.show(&text);
        text.len()
    }
}

#[test]
fn shows_a_line_for_each_host() {
    let mut stage = Screen::new(72, 24, false);
    let run: Vec<_> = mixed_run(true).into_iter().take_while(|(at_ms, _)| *at_ms < 3_150).collect();
    let (before, after) = run.split_at(11);
    stage.feed(before.to_vec());
    stage.tick(1_500);
    assert_eq!(
        stage.terminal.text(),
        "REHEARSAL: no host was touched\n\
         apply-nixos: 3 hosts, 9 steps, run 2026112\n\
         3T091500Z-abc123, revision 1a2b3c-dirty\n\
         REHEARSAL: no host was touched\n\
         apply-nixos  2/9 steps  1s\n\
         luna   deploy: copy          0s  copying 3 paths\n\
         rydev  build                 0s  error: builder for '/nix/store/0c1d-b…\n\
         nixpi  waiting\n\n"
    );
    stage.feed(after.to_vec());
    stage.tick(5_000);
    let text = stage.terminal.text();
    assert!(
        text.ends_with(
            "apply-nixos  5/9 steps  5s\n\
             luna   succeeded          14.2s  generation 41 -> 42\n\
             rydev  failed             14.2s  the system does not build\n\
             nixpi  unchanged          14.2s  generation 17\n\n"
        ),
        "{text}"
    );
}

#[test]
fn leaves_nothing_but_the_report_behind() {
    let mut stage = Screen::new(100, 24, true);
    stage.feed(mixed_run(false));
    assert_eq!(stage.tick(90_000), 0, "nothing is drawn after the report");
    let text = stage.terminal.text();
    assert!(text.starts_with("apply-nixos: 3 hosts, 9 steps, run 20261123T091500Z-abc123"), "{text}");
    let mut lines = text.lines().skip(1);
    assert_eq!(lines.next(), Some(""));
    assert_eq!(lines.next(), Some("host   result          generation  time"), "{text}");
    assert!(text.ends_with("42.0s, exit code 1\n\n"), "{text}");
    assert_eq!(text.matches("rydev").count(), 2, "{text}");
}

#[test]
fn draws_at_most_20_times_a_second() {
    let mut stage = Screen::new(80, 24, false);
    let build = node(1, Stage::Build, "build", "luna");
    stage.feed([(0, run_started(false, &["luna"])), (0, Event::NodeStarted(build.clone()))]);
    let mut frames = 0;
    for number in 0..1_000 {
        stage.now.store(number, Ordering::SeqCst);
        feed(&mut stage.live, [(number, output(&build, &format!("line {number}")))]);
        stage.live.tick();
        frames += stage.out.take().matches("\x1b[J").count();
    }
    assert!((15..=20).contains(&frames), "{frames}");
    assert_eq!(stage.tick(999), 0);
    assert!(stage.tick(2_500) > 0, "the seconds go on without events");
}

#[test]
fn more_hosts_than_rows_are_counted() {
    let mut stage = Screen::new(100, 8, false);
    let names: Vec<String> = (0..40).map(|number| format!("h{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    stage.feed([(0, run_started(false, &names))]);
    for name in &names[..20] {
        let report = host_report(name, HostResult::Unchanged, 1, Some(1));
        stage.feed([(100, Event::HostFinished(report))]);
    }
    let bad = host_report("h39", HostResult::Failed, 1, None);
    let build = |number, name| Event::NodeStarted(node(number, Stage::Build, "build", name));
    stage.feed([(200, Event::HostFinished(bad)), (200, build(1, "h30")), (200, build(2, "h25"))]);
    stage.tick(1_000);
    let text = stage.terminal.text();
    let frame = text.split_once("1a2b3c-dirty\n").unwrap().1;
    assert_eq!(
        frame,
        "apply-nixos  0/9 steps  1s\n\
         h20  waiting\n\
         h21  waiting\n\
         h25  build                 0s\n\
         h30  build                 0s\n\
         h39  failed             14.2s  the system does not build\n\
         and 15 waiting, 20 unchanged\n\n"
    );
}

#[test]
fn becomes_narrow_without_leaving_pieces() {
    let mut stage = Screen::new(60, 24, true);
    let copy = node(1, Stage::Deploy, "copy", "luna");
    stage.feed([
        (0, run_started(false, &["luna"])),
        (1, Event::NodeStarted(copy.clone())),
        (100, output(&copy, "日本語 copying a path with a long name that does not fit in here")),
    ]);
    stage.columns.store(20, Ordering::SeqCst);
    stage.terminal.narrow(20);
    stage.feed([(200, output(&copy, "copying"))]);
    let text = stage.terminal.text();
    let frame = text.rsplit_once("dirty\n").unwrap().1;
    assert_eq!(frame, "apply-nixos  0/9 s…\nluna  deploy: copy…\n\n", "{text}");
}

#[test]
fn survives_a_terminal_of_no_size() {
    for (columns, rows) in [(0, 0), (1, 1), (2, 2), (5, 3)] {
        let mut stage = Screen::new(columns, rows, true);
        for (at_ms, event) in mixed_run(true) {
            feed(&mut stage.live, [(at_ms, event)]);
            stage.live.tick();
        }
        assert!(stage.out.take().contains("exit code 1"));
    }
}

#[test]
fn a_question_has_the_terminal_to_itself() {
    let mut stage = Screen::new(80, 24, false);
    let confirm = node(1, Stage::Deploy, "confirm", "");
    stage.feed([
        (0, run_started(false, &["luna"])),
        (100, output(&node(0, Stage::Check, "flake", ""), "x")),
        (200, Event::NodeStarted(confirm.clone())),
    ]);
    let opening = stage.terminal.text();
    assert!(opening.ends_with("1a2b3c-dirty\n\n"), "{opening}");
    stage.terminal.show("deploy to 1 host? [y/N] ");
    assert_eq!(stage.tick(5_000), 0);
    stage.terminal.show("y\r\n");
    let done = finished(&confirm, NodeStatus::Succeeded, 4_000, None);
    stage.feed([(6_000, done)]);
    let text = stage.terminal.text();
    assert!(text.contains("deploy to 1 host? [y/N] y\napply-nixos  1/9 steps  6s\n"), "{text}");
}

#[test]
fn warnings_stay_above_the_frame() {
    let mut stage = Screen::new(80, 24, false);
    let warning = crate::executor::event::TaskEvent::Warning { text: "the disk is slow".to_owned() };
    stage.feed([(0, run_started(false, &["luna"])), (10, Event::Task(warning))]);
    let text = stage.terminal.text();
    assert!(
        text.ends_with("dirty\nwarning: the disk is slow\napply-nixos  0/9 steps  0s\nluna  waiting\n\n"),
        "{text}"
    );
    let end = report(false, vec![host_report("luna", HostResult::Succeeded, 1, Some(2))]);
    stage.feed([(2_000, Event::RunFinished(end))]);
    assert!(
        stage.terminal.text().contains("\nwarning: the disk is slow\n\napply-nixos: 1 succeeded, 42.0s\n")
    );
}
