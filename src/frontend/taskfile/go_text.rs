//! What go-task prints about a file it cannot use, and with which status it exits. Knows no diagnostics.

use super::highlight::highlight;
use crate::source::{SourceMap, Span};
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
    /// Nobody trusted a remote file.
    pub const NOT_TRUSTED: u8 = 104;
    /// A remote file would be read over plain HTTP.
    pub const NOT_SECURE: u8 = 105;
    /// A remote file is not in the cache.
    pub const CACHE_NOT_FOUND: u8 = 106;
    /// No `version`, or one that is not supported.
    pub const VERSION: u8 = 107;
    /// A remote file took too long.
    pub const NETWORK_TIMEOUT: u8 = 108;
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
    /// The text, without a newline at its end. The lines of the file in it are coloured always, as go-task
    /// does; `colour` decides on the rest.
    #[must_use]
    pub fn render(&self, sources: &SourceMap, colour: bool) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Decode { messages, at } => decode_error(messages, *at, sources, colour),
        }
    }
}

fn decode_error(messages: &[String], at: Span, sources: &SourceMap, colour: bool) -> String {
    let red = |text: &str| if colour { format!("\x1b[31m{text}\x1b[0m") } else { text.to_owned() };
    let mut out = String::new();
    match messages {
        [message] => out.push_str(&red(&format!("err:  {message}"))),
        messages => {
            out.push_str(&red("errs:"));
            for message in messages {
                out.push('\n');
                out.push_str(&red(&format!("- {message}")));
            }
        }
    }
    let (Some(file), Some(place)) = (sources.get(at.source), sources.line_column(at)) else { return out };
    out.push('\n');
    out.push_str(&red(&format!("file: {}:{}:{}", file.path.display(), place.line, place.column)));
    let first = place.line.saturating_sub(PADDING).max(1);
    let last = (place.line + PADDING).min(file.text.lines().count());
    let width = last.to_string().len();
    for (number, line) in highlight(&file.text, last).into_iter().enumerate().skip(first - 1) {
        let number = number + 1;
        if number != place.line {
            let _ = write!(out, "\n  {number:width$} | {line}");
            continue;
        }
        let _ = write!(out, "\n{} {number:width$} | {line}", red(">"));
        let _ = write!(out, "\n  {:width$} | {:indent$}{}", "", "", red("^"), indent = place.column - 1);
    }
    out
}
