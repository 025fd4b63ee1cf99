//! Tasks and pipelines on what is staged. Where the work tree has something else, they run in a copy of the snapshot, so
//! that they see what is committed and nothing has to be put away and back.

use super::{Judged, failure};
use crate::cli::args::{Arguments, HookRun, Run};
use crate::cli::run::{Staged, run_on};
use crate::cli::{Failure, options};
use crate::executor::outcome::exit_code;
use std::path::{Path, PathBuf};

/// The task that runs where none is named.
const DEFAULT: &str = "pre-commit";

/// Runs what is named, where anything is staged.
pub(super) fn run(
    arguments: &Arguments,
    run: &HookRun,
    program: &str,
    judged: &Judged<'_>,
) -> Result<u8, Failure> {
    let files: Vec<PathBuf> = judged.files().collect();
    if files.is_empty() {
        return Ok(exit_code::GOOD);
    }
    let mut words = run.words.clone();
    if options::split(&words).0.is_empty() {
        words.push(DEFAULT.to_owned());
    }
    let checked = run.only.is_none();
    let run = Run { words, ..Run::default() };
    let (repository, top) = (judged.repository, judged.repository.top());
    let differences = repository.differences(&judged.snapshot).map_err(|error| failure(&error))?;
    if differences.is_empty() {
        return run_on(arguments, &run, program, Some(&Staged { files, checked, environment: &[] }));
    }
    let export = repository.export(&judged.snapshot).map_err(|error| failure(&error))?;
    let here = std::env::current_dir().unwrap_or_else(|_| top.to_owned());
    let exported = |path: &Path| path.strip_prefix(top).ok().map(|path| export.top().join(path));
    let file = arguments.file.as_ref().map(|file| here.join(file));
    let arguments = Arguments { file: file.map(|file| exported(&file).unwrap_or(file)), ..arguments.clone() };
    let there = exported(&here).unwrap_or_else(|| export.top().to_owned());
    std::env::set_current_dir(&there).map_err(|error| {
        let sentence = format!("there is no going to {} as it is staged: {error}", here.display());
        Failure::helped(sentence, "start the hook at the top of the work tree", exit_code::FAILED)
    })?;
    let files = files.iter().filter_map(|file| exported(file)).collect();
    run_on(&arguments, &run, program, Some(&Staged { files, checked, environment: export.environment() }))
}
