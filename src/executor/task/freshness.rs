//! Whether a task is up to date: its status commands and its files' fingerprint (go-task 3.54 `fingerprint/task.go`).

use super::compile::{Compiled, Request};
use super::error::{GoQuoted, TaskError};
use super::lookup::Found;
use super::loops::Files;
use super::runner::Runner;
use super::scope::Scope;
use super::variables::Evaluate;
use crate::fingerprint::{Fingerprints, Freshness, TaskFiles};
use crate::model::{Method, Task};
use crate::process::Cancel;
use crate::template::Value;
use std::path::PathBuf;
use std::rc::Rc;

impl Files for TaskFiles<'_> {
    fn sources(&self) -> Result<Vec<String>, TaskError> {
        Ok(self.relative(TaskFiles::sources(self)))
    }

    fn generates(&self) -> Result<Vec<String>, TaskError> {
        Ok(self.relative(TaskFiles::generates(self)))
    }
}

impl TaskFiles<'_> {
    fn relative(&self, files: Vec<PathBuf>) -> Vec<String> {
        let relative = |file: PathBuf| file.strip_prefix(self.dir).map(ToOwned::to_owned).unwrap_or(file);
        files.into_iter().map(|file| relative(file).to_string_lossy().into_owned()).collect()
    }
}

impl Runner {
    /// Whether git's ignore rules count for a task.
    pub(super) fn gitignore(&self, task: &Task) -> bool {
        task.use_gitignore.unwrap_or(self.project.use_gitignore)
    }

    /// Both status and sources must say so where both are given; with neither the task is never up to date.
    pub(super) async fn is_up_to_date(
        &self,
        task: &Task,
        compiled: &Compiled,
        cancel: &Cancel,
        record: Record,
    ) -> Result<bool, TaskError> {
        let by_status = if compiled.status.is_empty() {
            None
        } else {
            Some(self.status_holds(task, compiled, cancel).await)
        };
        let by_files = match (&compiled.sources[..], self.method(task)) {
            (_, Method::Invalid(method)) => {
                return Err(TaskError::Other(format!("task: invalid checksum method \"{method}\"")));
            }
            ([], _) => None,
            (_, Method::None) => Some(false),
            (_, method) => Some(self.files_unchanged(task, compiled, method, record).await?),
        };
        Ok(match (by_status, by_files) {
            (Some(status), Some(files)) => status && files,
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => false,
        })
    }

    async fn status_holds(&self, task: &Task, compiled: &Compiled, cancel: &Cancel) -> bool {
        for command in &compiled.status {
            let code = self.quiet_script(command, compiled, task, cancel).await.unwrap_or(1);
            if code != 0 {
                self.note(|| format!("status command {command} exited non-zero: exit status {code}"));
                return false;
            }
            self.note(|| format!("status command {command} exited zero"));
        }
        true
    }

    async fn files_unchanged(
        &self,
        task: &Task,
        compiled: &Compiled,
        method: Method,
        record: Record,
    ) -> Result<bool, TaskError> {
        let store = self.fingerprints(record);
        let (dir, sources, generates) =
            (compiled.dir.clone(), compiled.sources.clone(), compiled.generates.clone());
        let (use_gitignore, name, full_name) =
            (self.gitignore(task), compiled.name.clone(), compiled.full_name.clone());
        let check = move || {
            let files = TaskFiles { dir: &dir, sources: &sources, generates: &generates, use_gitignore };
            match method {
                Method::Timestamp => store.timestamp(&full_name, &files),
                _ => store.checksum(&name, &files),
            }
        };
        let freshness = self.runtime.job(check).await.map_err(TaskError::other_error)?;
        Ok(freshness.map_err(TaskError::other_error)? == Freshness::UpToDate)
    }

    fn method(&self, task: &Task) -> Method {
        task.method.clone().or_else(|| self.project.method.clone()).unwrap_or(Method::Checksum)
    }

    fn fingerprints(&self, record: Record) -> Fingerprints {
        let root = &self.project.root_dir;
        let temp_dir = match &self.options.temp_dir {
            None => root.join(".task"),
            Some(dir) if dir.is_absolute() || dir.starts_with("~") => {
                let dir = super::variables::smart_join(root, &dir.to_string_lossy());
                root.file_name().map_or_else(|| dir.clone(), |base| dir.join(base))
            }
            Some(dir) => root.join(dir),
        };
        let dry = self.options.dry || record == Record::Nothing;
        // Of all projects of one user, so each has a directory of its own.
        let own = || format!("{:016x}", xxhash_rust::xxh3::xxh3_64(root.as_os_str().as_encoded_bytes()));
        let cache_dir = self.options.cache_dir.as_ref().map(|dir| dir.join("signatures").join(own()));
        Fingerprints::new(temp_dir, cache_dir, dry)
    }

    /// Whether a task is up to date, for lists.
    pub async fn fresh(self: &Rc<Self>, found: &Found) -> bool {
        let Ok(task) = self.task(found) else { return false };
        let request = Request::named(&task.name, crate::source::Span::NONE);
        match self.compile(found, &request, Evaluate::All).await {
            Ok(compiled) => {
                self.is_up_to_date(task, &compiled, &self.cancel, Record::Nothing).await.unwrap_or(false)
            }
            Err(_) => false,
        }
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
            if !self.is_up_to_date(task, &compiled, &self.cancel, Record::Nothing).await? {
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

/// Whether a check may write down what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    /// A task is about to run.
    Changes,
    /// Somebody only asks.
    Nothing,
}
