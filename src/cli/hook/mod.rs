//! `fleet hook`: judges what is staged, or what is pushed. Says nothing when all is well.

mod check;
mod install;
mod kept;
mod script;
mod secrets;
mod tasks;

use super::Failure;
use super::args::{Arguments, Hook, HookCommand, HookName, HookPart, HookRun};
use crate::driver::git::{Change, EntryKind, Repository, Snapshot, pushed};
use crate::driver::{DriverError, ErrorKind};
use crate::executor::outcome::exit_code;
use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;

/// Most of what git tells a hook on standard input, in bytes: a line for each reference.
const TOLD: u64 = 16 << 20;

impl HookName {
    /// Its name, which is its file's.
    fn word(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PrePush => "pre-push",
        }
    }
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, hook: &Hook, program: &str) -> Result<u8, Failure> {
    match &hook.command {
        None => run_hook(arguments, &hook.run, program),
        Some(HookCommand::Run(run)) => run_hook(arguments, run, program),
        Some(HookCommand::Install(install)) => install::install(install, program),
        Some(HookCommand::Uninstall(uninstall)) => install::uninstall(uninstall),
    }
}

/// What a hook judges.
struct Judged<'a> {
    repository: &'a Repository,
    snapshot: Snapshot,
    changes: Vec<Change>,
}

fn run_hook(arguments: &Arguments, run: &HookRun, program: &str) -> Result<u8, Failure> {
    let told = told(run)?;
    if let Some(first) = &run.first {
        let code = kept::run(first, &run.rest, told.as_deref())?;
        if code != exit_code::GOOD {
            return Ok(code);
        }
    }
    let repository = repository()?;
    let snapshots = match (run.hook, &told) {
        (HookName::PrePush, Some(told)) => pushed(&String::from_utf8_lossy(told)),
        _ => vec![Snapshot::Index],
    };
    for snapshot in snapshots {
        let snapshot = repository.known(snapshot);
        let changes = changes(&repository, &snapshot, run.all)?;
        let judged = Judged { repository: &repository, snapshot, changes };
        let code = judge(arguments, run, program, &judged)?;
        if code != exit_code::GOOD {
            return Ok(code);
        }
    }
    Ok(exit_code::GOOD)
}

fn judge(arguments: &Arguments, run: &HookRun, program: &str, judged: &Judged<'_>) -> Result<u8, Failure> {
    let wanted = |part| run.only.is_none_or(|only| only == part);
    if let Some(change) = judged.changes.iter().find(|change| change.conflict) {
        let sentence = format!("{} is in conflict", change.path.display());
        return Err(Failure::helped(sentence, "resolve it and `git add` it", exit_code::FAILED));
    }
    let mut code = exit_code::GOOD;
    if wanted(HookPart::Check) {
        code = check::run(arguments, judged)?;
    }
    if wanted(HookPart::Secrets) {
        // Both are told: who mends one should know of the other.
        let fence = secrets::run(arguments, judged)?;
        code = if code == exit_code::GOOD { fence } else { code };
    }
    if code == exit_code::GOOD && wanted(HookPart::Tasks) && (run.only.is_some() || !run.words.is_empty()) {
        code = tasks::run(arguments, run, program, judged)?;
    }
    Ok(code)
}

/// What is new. Outside of git's own hooks, where nothing is staged, all that is tracked: in continuous integration
/// `pre-commit run --all-files` stages nothing.
fn changes(repository: &Repository, snapshot: &Snapshot, all: bool) -> Result<Vec<Change>, Failure> {
    let changes =
        if all { Vec::new() } else { repository.new_in(snapshot).map_err(|error| failure(&error))? };
    let by_git = std::env::var_os("GIT_INDEX_FILE").is_some();
    if !changes.is_empty() || by_git && !all || *snapshot != Snapshot::Index {
        return Ok(changes);
    }
    repository.all_of(snapshot).map_err(|error| failure(&error))
}

/// What git says on standard input of a hook that it tells something.
fn told(run: &HookRun) -> Result<Option<Vec<u8>>, Failure> {
    let stdin = std::io::stdin();
    if run.hook != HookName::PrePush || stdin.is_terminal() {
        return Ok(None);
    }
    let mut told = Vec::new();
    let read = stdin.lock().take(TOLD).read_to_end(&mut told);
    read.map_err(|error| Failure::error(format!("standard input cannot be read: {error}")))?;
    Ok(Some(told))
}

fn repository() -> Result<Repository, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::error(format!("the working directory cannot be found: {error}")))?;
    Repository::find(&here).map_err(|error| failure(&error))
}

fn failure(error: &DriverError) -> Failure {
    let code = if error.kind == ErrorKind::Cancelled { exit_code::STOPPED } else { exit_code::FAILED };
    match &error.help {
        Some(help) => Failure::helped(&error.message, help, code),
        None => Failure::error(&error.message),
    }
}

impl Judged<'_> {
    /// Files that are new or have changed, absolute.
    fn files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        let top = self.repository.top();
        let is_there =
            |change: &&Change| change.new.as_ref().is_some_and(|entry| entry.kind != EntryKind::Submodule);
        self.changes.iter().filter(is_there).map(move |change| top.join(&change.path))
    }
}
