//! Findings as SARIF 2.1.0 (OASIS), which code-scanning services read.

use super::{Diagnostic, Diagnostics, Severity, display_path};
use crate::source::{SourceMap, Span};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

impl Diagnostics {
    /// A log with one run, pretty-printed, with a line end. Files below the working directory are named relative to it.
    #[must_use]
    pub fn to_sarif(&self, sources: &SourceMap) -> String {
        let rules: BTreeSet<&str> = self.iter().map(|finding| finding.code).collect();
        let rules: Vec<Value> = rules.into_iter().map(|code| json!({"id": code})).collect();
        let results: Vec<Value> = self.iter().map(|finding| result(finding, sources)).collect();
        let log = json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {"name": "fleet", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }],
        });
        format!("{log:#}\n")
    }
}

fn result(finding: &Diagnostic, sources: &SourceMap) -> Value {
    let level = match finding.severity {
        Severity::Hint => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let text = match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    };
    let mut places = finding.labels.iter().filter_map(|(span, label)| location(*span, label, sources));
    let mut result = json!({"ruleId": finding.code, "level": level, "message": {"text": text}});
    if let Some(fields) = result.as_object_mut() {
        fields.insert("locations".to_owned(), places.next().into_iter().collect());
        let others: Vec<Value> = places.collect();
        if !others.is_empty() {
            fields.insert("relatedLocations".to_owned(), others.into());
        }
    }
    result
}

fn location(span: Span, label: &str, sources: &SourceMap) -> Option<Value> {
    let start = sources.line_column(span)?;
    let end = sources.line_column(Span { start: span.end, ..span }).unwrap_or(start);
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri(&display_path(sources.path(span)?))},
            "region": {
                "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column,
            },
        },
    });
    if !label.is_empty()
        && let Some(fields) = location.as_object_mut()
    {
        fields.insert("message".to_owned(), json!({"text": label}));
    }
    Some(location)
}

/// A path as a URI reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
