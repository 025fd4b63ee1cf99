//! What the commands of `sh:` variables print: each command is run once, and shared by all who ask for it (go-task 3.54
//! caches by the text alone). One may be begun before its turn; nobody sees that but for the time it takes.

use super::error::{GoQuoted, TaskError};
use super::runner::Runner;
use crate::driver::{ScriptExit, TaskOutput, TaskScript};
use crate::process::{Cancel, Stop};
use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, Shared};
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// Output of a command, or its exit status.
pub(super) type DynamicValue = Shared<LocalBoxFuture<'static, Result<Arc<str>, Arc<str>>>>;
/// By the text of the command.
pub(super) type DynamicValues = HashMap<String, DynamicValue>;

/// How a command ended that was begun before its turn.
type Ended = Shared<LocalBoxFuture<'static, Option<Rc<Result<ScriptExit, TaskError>>>>>;

/// A command that was begun before its turn.
pub(super) struct Begun {
    command: String,
    value: DynamicValue,
    ended: Ended,
    cancel: Cancel,
}

impl Runner {
    /// What a command prints. Runs it, or waits for the one who does.
    pub(super) async fn dynamic(
        self: &Rc<Self>,
        command: String,
        dir: PathBuf,
        env: &dyn Fn(&Self) -> Vec<(String, String)>,
        is_secret: bool,
    ) -> Result<Arc<str>, TaskError> {
        let known = self.dynamic.borrow().get(&command).cloned();
        let value = known.unwrap_or_else(|| {
            // The environment is of all variables so far: most short scripts can do without.
            let is_blind = self.world.scripts.is_brief(&command) && !reads_environment(&command);
            let env = if is_blind { Vec::new() } else { env(self) };
            let script = captured(&command, dir, env, TaskOutput::Capture);
            let (runner, shown) = (Rc::clone(self), command.clone());
            let value = async move {
                let exit = runner.script(script).await.map_err(|error| Arc::from(error.to_string()))?;
                runner.printed(&shown, &exit, is_secret)
            };
            self.keep(&command, value)
        });
        value.await.map_err(|reason| TaskError::Variable { command, reason: reason.to_string() })
    }

    /// Begins a command whose turn is still to come. Nothing is seen of it before somebody asks for its value.
    pub(super) fn begin(
        self: &Rc<Self>,
        command: String,
        dir: PathBuf,
        env: Vec<(String, String)>,
        is_secret: bool,
    ) -> Begun {
        let script = captured(&command, dir, env, TaskOutput::Hold);
        let cancel = self.cancel.child();
        let (runner, under) = (Rc::clone(self), cancel.clone());
        let ended = self.runtime.spawn(async move { Rc::new(runner.script_under(script, under).await) });
        let ended: Ended = ended.boxed_local().shared();
        let (runner, shown, end) = (Rc::clone(self), command.clone(), ended.clone());
        let value = self.keep(&command, async move {
            let ended = end.await.ok_or_else(|| Arc::from("the run has ended"))?;
            let exit = Result::as_ref(&ended).map_err(|error| Arc::from(error.to_string()))?;
            runner.world.scripts.say(&exit.stderr);
            runner.printed(&shown, exit, is_secret)
        });
        Begun { command, value, ended, cancel }
    }

    /// Whether a command was run or begun.
    pub(super) fn is_begun(&self, command: &str) -> bool {
        self.dynamic.borrow().contains_key(command)
    }

    fn keep(
        &self,
        command: &str,
        value: impl Future<Output = Result<Arc<str>, Arc<str>>> + 'static,
    ) -> DynamicValue {
        let value = value.boxed_local().shared();
        self.dynamic.borrow_mut().insert(command.to_owned(), value.clone());
        value
    }

    /// The value that the output of a command gives.
    fn printed(&self, command: &str, exit: &ScriptExit, is_secret: bool) -> Result<Arc<str>, Arc<str>> {
        if exit.code != 0 {
            return Err(Arc::from(format!("exit status {}", exit.code)));
        }
        let text = String::from_utf8_lossy(&exit.stdout);
        let text = text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(&text);
        let result = if is_secret { "*****" } else { text };
        self.progress(|| format!("dynamic variable: {} result: {}", GoQuoted(command), GoQuoted(result)));
        Ok(Arc::from(text))
    }
}

impl Begun {
    /// The text of the command.
    pub(super) fn into_command(self) -> String {
        self.command
    }

    /// Ends it, unless somebody else waits for it by now.
    pub(super) async fn stop(self, runner: &Runner) {
        // The table's own is the other one.
        if self.value.strong_count().is_some_and(|count| count <= 2) {
            runner.dynamic.borrow_mut().remove(&self.command);
            self.cancel.stop(Stop::Kill);
            self.ended.await;
        }
    }
}

fn captured(command: &str, dir: PathBuf, env: Vec<(String, String)>, output: TaskOutput) -> TaskScript {
    TaskScript {
        text: command.to_owned(),
        dir,
        env,
        set: Vec::new(),
        shopt: Vec::new(),
        stdin: false,
        output,
        timeout: None,
    }
}

/// Whether a script that starts no program may read its environment. Errs on the side of yes.
fn reads_environment(script: &str) -> bool {
    script.contains(['$', '~', '`'])
        || ["cd", "-v", "export", "printf"].iter().any(|word| script.contains(word))
}
