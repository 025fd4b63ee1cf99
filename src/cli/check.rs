//! `fleet check`: every mistake that can be found without running anything.

use super::args::{Arguments, Check, Report};
use super::project::{self, Loaded};
use super::{Failure, evaluated, preflight, print, programs};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::executor::outcome::exit_code;
use crate::frontend::{self, fleetfile};
use crate::process::Outlet;
use crate::source::SourceMap;

/// Runs the command.
pub(super) fn run(arguments: &Arguments, check: &Check, program: &str) -> Result<u8, Failure> {
    let mut arguments = arguments.clone();
    arguments.file = check.file.clone().or(arguments.file);
    let mut sources = SourceMap::default();
    let (loaded, findings, code) = match project::read(&mut sources, &arguments) {
        Ok((project, warnings)) => {
            let mut findings = warnings;
            findings.extend(fleetfile::check(&project));
            findings
                .extend(frontend::lint::lint(&project, &sources, &|name| std::env::var_os(name).is_some()));
            findings.extend(programs::missing(&project, &sources));
            findings.extend(preflight::plugins_of(&project, Severity::Error));
            if let Some(fleet) = &project.fleet {
                findings.extend(preflight::drivers(fleet, None));
            }
            let loaded = Loaded::new(project, sources.clone());
            if check.eval && !findings.has_errors() {
                findings.extend(evaluated::check(&loaded, &arguments, program)?);
            }
            findings.sort();
            let fails = |finding: &Diagnostic| match finding.severity {
                Severity::Error => true,
                Severity::Warning => check.strict,
                Severity::Hint => false,
            };
            let code = if findings.iter().any(fails) { exit_code::FAILED } else { exit_code::GOOD };
            (Some(loaded), findings, code)
        }
        Err(error) => (None, error.diagnostics, error.exit_code),
    };
    let stdout = Outlet::stdout();
    let format = if check.json { Report::Json } else { check.format };
    let text = match format {
        Report::Text => None,
        Report::Json => Some(findings.to_json(&sources)),
        Report::Github => Some(findings.to_github(&sources)),
        Report::Sarif => Some(findings.to_sarif(&sources)),
    };
    if let Some(text) = text {
        print(&stdout, &text)?;
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

/// A number of things.
pub(super) fn count(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// How many findings there are, in words.
pub(super) fn told(findings: &Diagnostics) -> String {
    let of = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let kinds =
        [(of(Severity::Error), "error"), (of(Severity::Warning), "warning"), (of(Severity::Hint), "hint")];
    let told: Vec<String> =
        kinds.into_iter().filter(|(count, _)| *count > 0).map(|(found, word)| count(found, word)).collect();
    if told.is_empty() { "nothing to complain about".to_owned() } else { told.join(", ") }
}
