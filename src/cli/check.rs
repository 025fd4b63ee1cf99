//! `fleet check`: every mistake that can be found without running anything.

use super::args::{Arguments, Check};
use super::preflight;
use super::project::{self, Loaded};
use super::{Failure, print};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::executor::outcome::exit_code;
use crate::frontend::fleetfile;
use crate::process::Outlet;
use crate::source::SourceMap;
use serde::Serialize;

/// What `fleet check --json` prints for one finding.
#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    severity: &'static str,
    message: &'a str,
    help: Option<&'a str>,
    places: Vec<Place<'a>>,
}

/// Lines and columns count from 1, columns in characters.
#[derive(Serialize)]
struct Place<'a> {
    file: String,
    line: usize,
    column: usize,
    text: &'a str,
    label: &'a str,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, check: &Check) -> Result<u8, Failure> {
    let mut arguments = arguments.clone();
    arguments.file = check.file.clone().or(arguments.file);
    let mut sources = SourceMap::default();
    let (loaded, findings, code) = match project::read(&mut sources, &arguments) {
        Ok((project, warnings)) => {
            let mut findings = warnings;
            findings.extend(fleetfile::check(&project));
            findings.extend(preflight::plugins_of(&project, Severity::Error));
            let code = if findings.has_errors() { exit_code::FAILED } else { exit_code::GOOD };
            (Some(Loaded::new(project, sources.clone())), findings, code)
        }
        Err(error) => (None, error.diagnostics, error.exit_code),
    };
    let stdout = Outlet::stdout();
    if check.json {
        let findings: Vec<Finding<'_>> = findings.iter().map(|finding| json(finding, &sources)).collect();
        let text = serde_json::to_string_pretty(&findings).map_err(Failure::error)?;
        print(&stdout, &format!("{text}\n"))?;
        return Ok(code);
    }
    let text = project::render(&findings, &sources, &arguments);
    let _ = Outlet::stderr().write(text.as_bytes());
    if let Some(loaded) = loaded {
        let project = &loaded.project;
        let counts = [
            count(project.tasks.len(), "task"),
            count(project.pipelines.len(), "pipeline"),
            count(project.taskfiles.len(), "file"),
            told(&findings),
        ];
        print(&stdout, &format!("{}: {}\n", project.root_file.display(), counts.join(", ")))?;
    }
    Ok(code)
}

fn count(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

fn told(findings: &Diagnostics) -> String {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = findings.iter().count() - errors;
    match (errors, warnings) {
        (0, 0) => "nothing to complain about".to_owned(),
        (0, warnings) => count(warnings, "warning"),
        (errors, 0) => count(errors, "error"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
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
        severity: match finding.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        },
        message: &finding.message,
        help: finding.help.as_deref(),
        places: places.collect(),
    }
}
