//! What one frame of the live view shows. Pure: the same state, time and size give the same lines.

use super::Size;
use crate::executor::duration;
use crate::executor::event::{HostReport, HostResult, NodeStatus};
use crate::reporter::plain::WHOLE;
use crate::reporter::state::{Lane, RunState};
use crate::reporter::table::{Table, style};
use crate::reporter::text::{clean, columns, cut, elapsed, padding};
use crate::reporter::{Paint, REHEARSAL, colour};
use anstyle::Style;
use std::collections::BTreeMap;

/// Columns for what a host does; fits `deploy: activate`.
const DOING: usize = 16;
/// Columns for a time; fits `59m59s`.
const TIME: usize = 6;
/// Longest name that the others are lined up with.
const NAME: usize = 24;

/// Everything a frame is made from.
pub(super) struct Frame<'a> {
    pub(super) state: &'a RunState,
    pub(super) paint: Paint,
    pub(super) now_ms: u64,
    pub(super) size: Size,
}

/// A line of the screen, never wider than it.
#[derive(Debug)]
pub(super) struct Line {
    text: String,
    width: usize,
    room: usize,
    paint: Paint,
}

impl Line {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    fn push(&mut self, style: Style, text: &str) {
        let text = cut(text, self.room - self.width);
        self.width += columns(&text);
        self.text.push_str(&self.paint.paint(style, &text));
    }

    fn pad(&mut self, text: &str, to: usize) {
        self.push(Style::new(), &padding(text, to));
    }
}

/// What is shown of a host, and how it counts when there is no room for it.
struct Row {
    word: String,
    style: Style,
    /// Lower is more worth showing.
    rank: u8,
    time: String,
    detail: String,
    detail_style: Style,
}

impl Frame<'_> {
    pub(super) fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let Some(started) = &self.state.started else { return lines };
        if self.state.rehearsal() {
            lines.push(self.line(colour::LOUD, REHEARSAL));
        }
        let mut head = self.line(colour::BOLD, &started.name);
        let time = elapsed(self.now_ms);
        head.push(
            Style::new(),
            &format!("  {}/{} steps  {time}", self.state.nodes_finished.min(started.nodes), started.nodes),
        );
        lines.push(head);
        let name_width = self.name_width();
        if !self.state.whole.running.is_empty() {
            lines.push(self.row(WHOLE, &self.describe(&self.state.whole), name_width));
        }
        // The cursor stands on a row of its own below.
        let room = self.size.rows.saturating_sub(lines.len() + 1);
        self.hosts(&mut lines, name_width, room);
        // The first lines must not scroll away, or the next frame would not find its place.
        lines.truncate(self.size.rows.saturating_sub(1));
        lines
    }

    fn hosts(&self, lines: &mut Vec<Line>, name_width: usize, room: usize) {
        let rows: Vec<_> =
            self.state.hosts.iter().map(|(host, lane)| (host.as_str(), self.describe(lane))).collect();
        if rows.len() <= room {
            lines.extend(rows.iter().map(|(name, row)| self.row(name, row, name_width)));
            return;
        }
        let shown = room.saturating_sub(1);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|at| rows.get(*at).map(|(_, row)| row.rank));
        let (show, hide) = order.split_at(shown.min(order.len()));
        let mut show = show.to_vec();
        show.sort_unstable();
        for (name, row) in show.iter().filter_map(|at| rows.get(*at)) {
            lines.push(self.row(name, row, name_width));
        }
        let mut counts: BTreeMap<(u8, &str), usize> = BTreeMap::new();
        for (_, row) in hide.iter().filter_map(|at| rows.get(*at)) {
            let word = if row.rank == RUNNING { "running" } else { row.word.as_str() };
            *counts.entry((row.rank, word)).or_default() += 1;
        }
        let counts: Vec<_> = counts.iter().map(|((_, word), count)| format!("{count} {word}")).collect();
        lines.push(self.line(colour::DIM, &format!("and {}", counts.join(", "))));
    }

    fn name_width(&self) -> usize {
        let names = self.state.hosts.keys().map(|host| host.as_str().len());
        names.filter(|width| *width <= NAME).max().unwrap_or(1).min(self.size.columns / 3)
    }

    fn row(&self, name: &str, row: &Row, name_width: usize) -> Line {
        let name = if name.len() > NAME { cut(name, name_width.max(NAME)) } else { cut(name, name_width) };
        let mut line = self.line(colour::BOLD, &name);
        line.pad(&name, name_width);
        line.push(Style::new(), "  ");
        line.push(row.style, &row.word);
        line.pad(&row.word, DOING);
        line.push(colour::DIM, &format!("  {:>TIME$}", row.time));
        if !row.detail.is_empty() {
            line.push(Style::new(), "  ");
            line.push(row.detail_style, &row.detail);
        }
        line
    }

    fn line(&self, style: Style, text: &str) -> Line {
        // The last column stays free: some terminals break a line that fills it.
        let room = self.size.columns.saturating_sub(1);
        let mut line = Line { text: String::new(), width: 0, room, paint: self.paint };
        line.push(style, text);
        line
    }

    fn describe(&self, lane: &Lane) -> Row {
        if let Some(report) = &lane.report {
            return done(report);
        }
        if let Some(first) = lane.running.first() {
            let more = lane.running.len() - 1;
            let word = if more > 0 { format!("{} +{more}", first.label) } else { first.label.clone() };
            let time = elapsed(self.now_ms.saturating_sub(first.since_ms));
            let detail = clean(&lane.last, false).trim().to_owned();
            return Row { word, style: colour::BUSY, rank: RUNNING, time, detail, detail_style: colour::DIM };
        }
        let detail = lane.ended.as_ref().map(|(label, status)| match status {
            NodeStatus::Succeeded => format!("after {label}"),
            NodeStatus::Failed => format!("{label} failed"),
            NodeStatus::Skipped => format!("{label} skipped"),
            NodeStatus::Cancelled => format!("{label} cancelled"),
        });
        Row {
            word: "waiting".to_owned(),
            style: colour::DIM,
            rank: 2,
            time: String::new(),
            detail: detail.unwrap_or_default(),
            detail_style: colour::DIM,
        }
    }
}

const RUNNING: u8 = 1;

fn done(report: &HostReport) -> Row {
    let good = report.result.is_good();
    let reason = report.reason.as_deref().and_then(|reason| reason.lines().next());
    let detail = match (good, reason) {
        (false, Some(reason)) => clean(reason, false).into_owned(),
        _ => Table::generation(report).map(|text| format!("generation {text}")).unwrap_or_default(),
    };
    let rank = match report.result {
        HostResult::Succeeded | HostResult::Unchanged => 4,
        HostResult::Skipped | HostResult::Cancelled => 3,
        _ => 0,
    };
    Row {
        word: report.result.word().to_owned(),
        style: style(report.result),
        rank,
        time: duration(report.took_ms),
        detail,
        detail_style: if good { colour::DIM } else { Style::new() },
    }
}
