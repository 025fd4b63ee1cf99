//! Findings as JSON, for programs (`docs/cli.md`). Lines and columns count from 1, columns in characters.

use super::{Diagnostic, Diagnostics};
use crate::source::SourceMap;
use serde::Serialize;

#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    severity: &'static str,
    message: &'a str,
    help: Option<&'a str>,
    places: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: String,
    line: usize,
    column: usize,
    text: &'a str,
    label: &'a str,
}

impl Diagnostics {
    /// A list of all findings, pretty-printed, with a line end.
    #[must_use]
    pub fn to_json(&self, sources: &SourceMap) -> String {
        let findings: Vec<Finding<'_>> = self.iter().map(|finding| json(finding, sources)).collect();
        format!("{:#}\n", serde_json::json!(findings))
    }
}

fn json<'a>(finding: &'a Diagnostic, sources: &'a SourceMap) -> Finding<'a> {
    let places = finding.labels.iter().filter_map(|(span, label)| {
        let at = sources.line_column(*span)?;
        Some(Place {
            file: sources.path(*span)?.display().to_string(),
            line: at.line,
            column: at.column,
            text: sources.text(*span),
            label,
        })
    });
    Finding {
        code: finding.code,
        severity: finding.severity.word(),
        message: &finding.message,
        help: finding.help.as_deref(),
        places: places.collect(),
    }
}
