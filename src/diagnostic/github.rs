//! Findings as workflow commands of GitHub Actions, which shows them beside the lines of a pull request
//! (docs.github.com, "Workflow commands for GitHub Actions").

use super::{Diagnostics, Severity, display_path};
use crate::source::{SourceMap, Span};

impl Diagnostics {
    /// A line for each finding.
    #[must_use]
    pub fn to_github(&self, sources: &SourceMap) -> String {
        let mut out = String::new();
        for finding in self.iter() {
            let command = match finding.severity {
                Severity::Hint => "notice",
                Severity::Warning => "warning",
                Severity::Error => "error",
            };
            let mut properties = Vec::new();
            if let Some((span, _)) = finding.labels.first() {
                properties = place(*span, sources);
            }
            properties.push(format!("title={}", property(finding.code)));
            let mut message = finding.message.clone();
            if let Some(help) = &finding.help {
                message.push_str(&format!("\nhelp: {help}"));
            }
            out.push_str(&format!("::{command} {}::{}\n", properties.join(","), data(&message)));
        }
        out
    }
}

fn place(span: Span, sources: &SourceMap) -> Vec<String> {
    let (Some(path), Some(start)) = (sources.path(span), sources.line_column(span)) else {
        return Vec::new();
    };
    let mut properties = vec![
        format!("file={}", property(&display_path(path))),
        format!("line={}", start.line),
        format!("col={}", start.column),
    ];
    if let Some(end) = sources.line_column(Span { start: span.end, ..span }) {
        properties.push(format!("endLine={}", end.line));
        // GitHub takes a range of columns within one line only.
        if end.line == start.line {
            properties.push(format!("endColumn={}", end.column));
        }
    }
    properties
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
