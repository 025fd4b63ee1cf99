//! What go-task prints about a file it cannot use, and with which status it exits. Knows no diagnostics.

use crate::source::SourceMap;
use crate::source::Span;
use std::fmt::Write as _;

/// go-task's exit statuses for files (`errors/errors.go`, 3.54).
pub mod code {
    /// An error without a class.
    pub const UNKNOWN: u8 = 1;
    /// No Taskfile.
    pub const NOT_FOUND: u8 = 100;
    /// The YAML is fine, its content is not.
    pub const DECODE: u8 = 102;
    /// A remote file could not be had.
    pub const FETCH_FAILED: u8 = 103;
    /// No `version`, or one that is not supported.
    pub const VERSION: u8 = 107;
    /// Not YAML.
    pub const INVALID: u8 = 109;
    /// Files that include each other.
    pub const CYCLE: u8 = 110;
    /// An included file is not what `checksum` says.
    pub const CHECKSUM: u8 = 111;
    /// Two tasks of one name.
    pub const NAME_CONFLICT: u8 = 203;
}

/// go-task's text for one failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoText {
    /// A text, printed as it is.
    Plain(String),
    /// A decode error: messages, a place, and the lines around it.
    Decode {
        /// One message is printed as `err:`, more as a list.
        messages: Vec<String>,
        /// Where the value that was decoded starts.
        at: Span,
    },
}

/// Lines printed before and after the place of a decode error.
const PADDING: usize = 2;

impl GoText {
    /// The text without colours, without a newline at its end.
    #[must_use]
    pub fn render(&self, sources: &SourceMap) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Decode { messages, at } => decode_error(messages, *at, sources),
        }
    }
}

fn decode_error(messages: &[String], at: Span, sources: &SourceMap) -> String {
    let mut out = String::new();
    match messages {
        [message] => {
            let _ = writeln!(out, "err:  {message}");
        }
        messages => {
            out.push_str("errs:\n");
            for message in messages {
                let _ = writeln!(out, "- {message}");
            }
        }
    }
    let (Some(file), Some(place)) = (sources.get(at.source), sources.line_column(at)) else { return out };
    let _ = writeln!(out, "file: {}:{}:{}", file.path.display(), place.line, place.column);
    let lines: Vec<&str> = file.text.lines().collect();
    let first = place.line.saturating_sub(PADDING).max(1);
    let last = (place.line + PADDING).min(lines.len());
    let width = last.to_string().len();
    for number in first..=last {
        let line = lines.get(number - 1).copied().unwrap_or_default();
        let marker = if number == place.line { '>' } else { ' ' };
        let _ = writeln!(out, "{marker} {number:width$} | {line}");
        if number == place.line {
            let _ = writeln!(out, "  {:width$} | {:indent$}^", "", "", indent = place.column - 1);
        }
    }
    out.truncate(out.trim_end_matches('\n').len());
    out
}
