//! `fleet secrets check`: all findings of all rules.

use crate::cli::args::{Arguments, Report, SecretsCheck};
use crate::cli::{Failure, check, fleet, print, project};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::driver::{Fence, Io, Output, repository};
use crate::executor::outcome::exit_code;
use crate::frontend;
use crate::model::SecretsPolicy;
use crate::process::{Cancel, Outlet, Signals, Stream, escalate};
use crate::secrets::{Named, RULES};
use crate::source::{SourceMap, Span};
use std::path::{Path, PathBuf};

/// Runs the command.
pub(in crate::cli) fn run(
    arguments: &Arguments,
    wanted: &SecretsCheck,
    program: &str,
) -> Result<u8, Failure> {
    let stdout = Outlet::stdout();
    if wanted.rules {
        let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
        let lines = RULES.iter().map(|rule| format!("{:width$}  {}\n", rule.name, rule.doc));
        print(&stdout, &lines.collect::<String>())?;
        return Ok(exit_code::GOOD);
    }
    let here = std::env::current_dir().map_err(Failure::error)?;
    let fence = fence(arguments, &here)?;
    let only = paths(&wanted.paths, &here, &fence.root)?;
    let cancel = Cancel::new();
    let _signals = Signals::listen(&cancel, escalate).ok();
    let files: Vec<String> = only.iter().filter(|path| fence.root.join(path).is_file()).cloned().collect();
    let named =
        if wanted.eval { evaluated(arguments, program, &fence.root, &cancel)? } else { Named::default() };
    let (checked, sources) = fence.look(&files, &named, &cancel).map_err(|error| {
        let none = (Span::NONE, "");
        Failure::driver(&error, none, &SourceMap::default(), arguments)
    })?;
    let findings: Diagnostics = checked
        .findings
        .iter()
        .filter(|finding| only.is_empty() || is_about(finding, &only, &fence.root, &sources))
        .cloned()
        .collect();
    let format = if wanted.json { Report::Json } else { wanted.format };
    match format {
        Report::Text => {
            let text = project::render(&findings, &sources, arguments);
            let _ = Outlet::stderr().write(text.as_bytes());
            for path in &checked.too_large {
                let line = format!("warning: {path} is too large and was not looked at\n");
                let _ = Outlet::stderr().write(line.as_bytes());
            }
            let counts = [
                check::count(checked.files, "file of sops").replace("file of sopss", "files of sops"),
                check::count(checked.creation_rules, "creation rule"),
                check::told(&findings),
            ];
            print(&stdout, &format!("{}: {}\n", fence.root.display(), counts.join(", ")))?;
        }
        Report::Json => print(&stdout, &findings.to_json(&sources))?,
        Report::Sarif => print(&stdout, &findings.to_sarif(&sources))?,
        Report::Github => print(&stdout, &findings.to_github(&sources))?,
    }
    Ok(if findings.has_errors() { exit_code::FAILED } else { exit_code::GOOD })
}

/// The fence of the project here; of the repository, where there is no project.
pub(super) fn fence(arguments: &Arguments, here: &Path) -> Result<Fence, Failure> {
    let has_project = arguments.file.is_some() || frontend::find(here).is_ok();
    if !has_project {
        let dir = repository(here).unwrap_or(here);
        return Ok(Fence::new(dir, SecretsPolicy::default(), SourceMap::default()));
    }
    let mut sources = SourceMap::default();
    let (project, _) = project::read(&mut sources, arguments).map_err(|error| {
        Failure::Text(project::render(&error.diagnostics, &sources, arguments), error.exit_code)
    })?;
    let policy = project.fleet.as_ref().map(|fleet| fleet.secrets.clone()).unwrap_or_default();
    let dir = project.fleet.as_ref().map_or(&project.root_dir, |fleet| &fleet.dir);
    Ok(Fence::new(dir, policy, sources))
}

/// What the flake says of secrets.
fn evaluated(arguments: &Arguments, program: &str, root: &Path, cancel: &Cancel) -> Result<Named, Failure> {
    let loaded = project::load(arguments)?;
    let variables = loaded.variables(program, &[], &Outlet::stdout(), arguments)?;
    let engine = fleet::engine(&loaded, &variables, &fleet::Wish::to_look(None), arguments)?;
    let (flake, _, _) = engine.capabilities();
    let named = flake.secrets(root, Io { output: &Quiet, cancel });
    engine.finish();
    let place = loaded.project.fleet.as_ref().map_or(Span::NONE, |fleet| fleet.span);
    named.map_err(|error| Failure::driver(&error, (place, "this flake"), &loaded.sources, arguments))
}

/// What nix says of a flake that evaluates is of no interest here.
struct Quiet;

impl Output for Quiet {
    fn line(&self, _: Stream, _: &str) {}
}

/// Paths as they were typed, from the root of what is checked.
fn paths(typed: &[PathBuf], here: &Path, root: &Path) -> Result<Vec<String>, Failure> {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let mut paths = Vec::new();
    for path in typed {
        let full = here.join(path).canonicalize().map_err(|error| {
            let sentence = format!("`{}` cannot be looked at: {error}", path.display());
            Failure::helped(sentence, "name files and directories that are there", exit_code::USAGE)
        })?;
        let Some(below) = full.strip_prefix(&root).ok().and_then(Path::to_str) else {
            let sentence = format!("`{}` is outside of {}", path.display(), root.display());
            return Err(Failure::helped(sentence, "`-C DIR` looks at another repository", exit_code::USAGE));
        };
        paths.push(below.to_owned());
    }
    Ok(paths)
}

fn is_about(finding: &Diagnostic, only: &[String], root: &Path, sources: &SourceMap) -> bool {
    let places = finding.labels.iter().filter_map(|(span, _)| sources.path(*span)?.strip_prefix(root).ok());
    let mut places = places.filter_map(Path::to_str);
    places.any(|place| {
        only.iter().any(|path| {
            let rest = place.strip_prefix(path.as_str());
            rest.is_some_and(|rest| path.is_empty() || rest.is_empty() || rest.starts_with('/'))
        })
    })
}
