//! Whether a task is up to date: its status commands and its files' fingerprint (go-task 3.54 `fingerprint/task.go`).

use super::compile::Compiled;
use super::context::Context;
use super::error::{GoQuoted, TaskError};
use super::lookup::{Found, TaskId};
use super::loops::Files;
use super::request::Request;
use super::runner::Runner;
use super::scope::Scope;
use super::variables::{Evaluate, smart_join};
use crate::executor::explanation::Because;
use crate::fingerprint::{Fingerprints, Freshness, Reason, TaskFiles};
use crate::frontend::taskfile::relative;
use crate::model::{Glob, Method, Task};
use crate::template::Value;
use crate::word::clean;
use std::path::PathBuf;
use std::rc::Rc;

impl Files for TaskFiles<'_> {
    fn sources(&self) -> Result<Vec<String>, TaskError> {
        Ok(self.relative(&TaskFiles::sources(self)))
    }

    fn generates(&self) -> Result<Vec<String>, TaskError> {
        Ok(self.relative(&TaskFiles::generates(self)))
    }
}

impl TaskFiles<'_> {
    fn relative(&self, files: &[PathBuf]) -> Vec<String> {
        files.iter().map(|file| relative(self.dir, file).to_string_lossy().into_owned()).collect()
    }
}

impl Runner {
    /// Whether git's ignore rules count for a task.
    pub(super) fn gitignore(&self, task: &Task) -> bool {
        task.use_gitignore.unwrap_or(self.project.use_gitignore)
    }

    /// Both status and sources must say so where both are given; with neither the task is never up to date. With what
    /// each of them says.
    pub(super) async fn freshness(
        &self,
        task: &Task,
        compiled: &Compiled,
        context: &Context,
        record: Record,
    ) -> Result<(bool, Vec<Because>), TaskError> {
        let mut reasons = Vec::new();
        let mut is_up_to_date = true;
        if !compiled.status.is_empty() {
            let failed = self.failed_status(compiled, context).await;
            is_up_to_date = failed.is_none();
            reasons.push(match failed {
                None => Because::StatusHolds { commands: compiled.status.len() },
                Some((command, exit_code)) => Because::StatusFailed { command, exit_code },
            });
        }
        let by_files = match (&compiled.sources[..], self.method(task)) {
            (_, Method::Invalid(method)) => return Err(invalid(&method)),
            ([], _) => None,
            (_, Method::None) => Some(Freshness::Stale(Reason::Always)),
            (_, method) => {
                let inputs = Inputs {
                    dir: compiled.dir.clone(),
                    anchored: true,
                    sources: compiled.sources.clone(),
                    generates: compiled.generates.clone(),
                    use_gitignore: self.gitignore(task),
                    name: compiled.name.clone(),
                    full_name: compiled.full_name.clone(),
                };
                Some(self.compare(inputs, method, record).await?)
            }
        };
        if let Some(freshness) = by_files {
            is_up_to_date &= freshness.is_up_to_date();
            let reason = match &freshness {
                Freshness::UpToDate => None,
                Freshness::Stale(reason) => Some(reason),
            };
            reasons.push(Because::of_files(reason, &compiled.dir));
        }
        if reasons.is_empty() {
            return Ok((false, vec![Because::NothingToCompare]));
        }
        Ok((is_up_to_date, reasons))
    }

    /// The first status command that fails, with its exit code.
    async fn failed_status(&self, compiled: &Compiled, context: &Context) -> Option<(String, i32)> {
        for command in &compiled.status {
            let code = self.quiet_script(command, compiled, context).await.unwrap_or(1);
            if code != 0 {
                self.note(|| format!("status command {command} exited non-zero: exit status {code}"));
                return Some((command.clone(), code));
            }
            self.note(|| format!("status command {command} exited zero"));
        }
        None
    }

    /// Compares files with what was written down.
    async fn compare(&self, inputs: Inputs, method: Method, record: Record) -> Result<Freshness, TaskError> {
        let store = self.fingerprints(record);
        let check = move || {
            let files = TaskFiles {
                dir: &inputs.dir,
                anchored: inputs.anchored,
                sources: &inputs.sources,
                generates: &inputs.generates,
                use_gitignore: inputs.use_gitignore,
            };
            match method {
                Method::Timestamp => store.timestamp(&inputs.full_name, &files),
                _ => store.checksum(&inputs.name, &files),
            }
        };
        let freshness = self.runtime.job(check).await.map_err(TaskError::other_error)?;
        freshness.map_err(TaskError::other_error)
    }

    fn method(&self, task: &Task) -> Method {
        task.method.clone().or_else(|| self.project.method.clone()).unwrap_or(Method::Checksum)
    }

    fn fingerprints(&self, record: Record) -> Fingerprints {
        let root = &self.project.root_dir;
        let temp_dir = match &self.options.temp_dir {
            None => root.join(".task"),
            Some(dir) if dir.is_absolute() || dir.starts_with("~") => {
                let dir = smart_join(root, &dir.to_string_lossy());
                root.file_name().map_or_else(|| dir.clone(), |base| dir.join(base))
            }
            Some(dir) => root.join(dir),
        };
        let dry = self.options.dry || record == Record::Nothing;
        // Of all projects of one user, so each has a directory of its own.
        let own = || format!("{:016x}", xxhash_rust::xxh3::xxh3_64(root.as_os_str().as_encoded_bytes()));
        let cache_dir = self.options.cache_dir.as_ref().map(|dir| dir.join("signatures").join(own()));
        let fingerprints = Fingerprints::new(temp_dir, cache_dir, dry);
        if self.options.keeps_contents { fingerprints.keeping_contents() } else { fingerprints }
    }

    /// Whether a task is up to date, for lists. As go-task does: by the sources alone, nothing in them rendered, relative to
    /// the working directory; and what is found is written down as before a run.
    ///
    /// # Errors
    /// The method is none, or a fingerprint cannot be written.
    pub async fn fresh(&self, task: TaskId, name: &str) -> Result<bool, TaskError> {
        let task = self.task(&Found { task, captures: Vec::new() })?;
        let method = match self.method(task) {
            Method::Invalid(method) => return Err(invalid(&method)),
            Method::None => return Ok(false),
            method => method,
        };
        if task.sources.is_empty() {
            return Ok(false);
        }
        let raw = |globs: &[Glob]| -> Vec<(String, bool)> {
            globs.iter().map(|glob| (glob.pattern.raw().to_owned(), glob.exclude)).collect()
        };
        let parts = task.base_dir.iter().chain(&task.dir);
        let inputs = Inputs {
            anchored: parts.clone().any(|part| clean(part.raw()) != "."),
            dir: parts.fold(self.options.user_working_dir.clone(), |dir, part| smart_join(&dir, part.raw())),
            sources: raw(&task.sources),
            generates: raw(&task.generates),
            use_gitignore: self.gitignore(task),
            name: name.to_owned(),
            full_name: task.name.to_string(),
        };
        Ok(self.compare(inputs, method, Record::Changes).await?.is_up_to_date())
    }

    /// Fails for the first task that is not up to date (`--status`).
    ///
    /// # Errors
    /// That task, or one that cannot be asked.
    pub async fn status(self: &Rc<Self>, requests: &[Request]) -> Result<(), TaskError> {
        for request in requests {
            let found = self.lookup.find(&request.name, request.span)?;
            let compiled = self.compile(&found, request, Evaluate::All).await?;
            let task = self.task(&found)?;
            let context = Context::new(self.cancel.clone());
            let (is_up_to_date, _) = self.freshness(task, &compiled, &context, Record::Nothing).await?;
            if !is_up_to_date {
                return Err(TaskError::Other(format!(
                    "task: Task {} is not up-to-date",
                    GoQuoted(&compiled.name)
                )));
            }
        }
        Ok(())
    }

    /// A failed task is not up to date.
    pub(super) fn forget_fingerprint(&self, task: &Task, compiled: &Compiled) {
        if !compiled.sources.is_empty() && self.method(task) == Method::Checksum {
            self.fingerprints(Record::Changes).forget(&compiled.name);
        }
    }

    /// Sets `.CHECKSUM` or `.TIMESTAMP`.
    pub(super) fn fingerprint_variable(
        &self,
        task: &Task,
        name: &str,
        files: &TaskFiles<'_>,
        scope: &mut Scope,
    ) {
        match self.method(task) {
            Method::Checksum => {
                if let Ok(sum) = self.fingerprints(Record::Nothing).checksum_value(name, files) {
                    scope.set("CHECKSUM", Value::from(sum));
                }
            }
            Method::Timestamp => {
                let newest = Fingerprints::timestamp_value(files).ok();
                if let Some(time) = newest.and_then(|time| jiff::Timestamp::try_from(time).ok()) {
                    scope
                        .set("TIMESTAMP", Value::Time(Box::new(time.to_zoned(jiff::tz::TimeZone::system()))));
                }
            }
            Method::None | Method::Invalid(_) => {}
        }
    }
}

/// What a task's files are told by.
struct Inputs {
    dir: PathBuf,
    anchored: bool,
    sources: Vec<(String, bool)>,
    generates: Vec<(String, bool)>,
    use_gitignore: bool,
    /// Names the checksum.
    name: String,
    /// Names the stamp.
    full_name: String,
}

fn invalid(method: &str) -> TaskError {
    TaskError::Other(format!("task: invalid method \"{method}\""))
}

/// Whether a check may write down what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    /// A task is about to run.
    Changes,
    /// Somebody only asks.
    Nothing,
}
