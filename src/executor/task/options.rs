//! What a run of tasks is asked to do, apart from which tasks.

use crate::model::Output;
use crate::template::Map;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Options of a run of tasks. The defaults are those of `task` without flags.
#[derive(Clone, Default)]
pub struct TaskOptions {
    /// `--dry`: commands are shown, not run.
    pub dry: bool,
    /// `--force`: the named tasks run although they are up to date.
    pub force: bool,
    /// The called ones as well (`--force`, or `--force-all` where experiment GENTLE_FORCE is on).
    pub force_all: bool,
    /// `--verbose`
    pub verbose: bool,
    /// `--silent`
    pub silent: bool,
    /// `--yes`
    pub assume_yes: bool,
    /// `--interactive`: required variables that nobody has set are asked for.
    pub interactive: bool,
    /// `--parallel`: the named tasks run side by side.
    pub parallel: bool,
    /// `--failfast`
    pub failfast: bool,
    /// `--watch`: calls are not limited.
    pub watch: bool,
    /// Quiet time after a change before watched tasks run again; the file's `interval` when absent.
    pub interval: Option<Duration>,
    /// `--disable-fuzzy`: an unknown name is not answered with a near one.
    pub disable_fuzzy: bool,
    /// `--concurrency`: tasks at once; no limit when absent.
    pub concurrency: Option<usize>,
    /// Takes the output of all commands, line by line, instead of a style.
    pub lines: Option<crate::driver::Lines>,
    /// `--explain`: it is told why tasks run or do not.
    pub explain: bool,
    /// It is kept what each source held, so that a later run can tell which one changed.
    pub keeps_contents: bool,
    /// Called as `task`, where go-task's ways count though nobody can mean them: of calls side by side the last begins (Go's
    /// scheduler mostly has it so, and with it the output of short tasks); references in calls do not see a loop's variable;
    /// variables do not tell the calls of `run: when_changed` apart.
    pub as_go_task: bool,
    /// Output style.
    pub output: Option<Output>,
    /// Whether Taskfile variables win over the environment (experiment ENV_PRECEDENCE).
    pub env_precedence: bool,
    /// The process environment, taken once.
    pub environment: Arc<Map>,
    /// `TASK_EXE`: how the program was called.
    pub executable: String,
    /// `USER_WORKING_DIR`
    pub user_working_dir: PathBuf,
    /// Directory of `.task`; `.task` in the root directory when absent.
    pub temp_dir: Option<PathBuf>,
    /// Where signatures of files are kept between runs, so that unchanged files are not read again.
    pub cache_dir: Option<PathBuf>,
    /// `CLI_ARGS` and its relatives.
    pub cli_vars: Vec<(Arc<str>, crate::template::Value)>,
    /// `X=y` of the command line.
    pub globals: Vec<(Arc<str>, String)>,
    /// Longest time the whole run may take.
    pub limit: Option<Duration>,
}
