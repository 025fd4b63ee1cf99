//! A task with all its templates rendered, as go-task does before anything of it runs (go-task 3.54 `variables.go`).

use super::environment::TaskEnvironment;
use super::error::TaskError;
use super::lookup::Found;
use super::loops::{NoFiles, Round, rounds};
use super::renderer::Renderer;
use super::request::{Request, request};
use super::requires::check_references;
use super::runner::Runner;
use super::scope::Scope;
use super::variables::{CallVars, Evaluate, smart_join, written_dir};
use crate::fingerprint::TaskFiles;
use crate::frontend::taskfile::expand;
use crate::model::{Command, CommandKind, Defer, Glob, Loop, Task, Text};
use crate::template::Value;
use std::borrow::Cow;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// A task that is ready to run.
pub struct Compiled {
    /// Which one.
    pub found: Found,
    /// Its name with the wildcards filled in.
    pub full_name: String,
    /// Label, or else the name.
    pub name: String,
    /// Mark of its output.
    pub prefix: String,
    /// Where it runs.
    pub dir: PathBuf,
    /// What its templates see.
    pub scope: Scope,
    /// Environment for its commands, and for summaries.
    pub env: Rc<TaskEnvironment>,
    /// `desc`, rendered.
    pub desc: String,
    /// `summary`, rendered.
    pub summary: String,
    /// Questions.
    pub prompts: Vec<String>,
    /// Dependencies, loops unrolled.
    pub deps: Vec<CompiledDep>,
    /// Commands, loops unrolled.
    pub commands: Vec<CompiledCommand>,
    /// Status commands.
    pub status: Vec<String>,
    /// Preconditions: command and message.
    pub preconditions: Vec<(String, String)>,
    /// Inputs: pattern and whether it excludes.
    pub sources: Vec<(String, bool)>,
    /// Outputs, likewise.
    pub generates: Vec<(String, bool)>,
    /// The condition of the whole task.
    pub condition: String,
}

/// A dependency that is ready to be called.
pub struct CompiledDep {
    /// The call.
    pub call: Request,
    /// Longest time it may take.
    pub timeout: Option<Duration>,
}

/// A command that is ready to run.
pub struct CompiledCommand {
    /// Which entry of `cmds` it comes from.
    pub index: usize,
    /// What it does.
    pub action: CompiledAction,
    /// Its condition.
    pub condition: Option<String>,
}

/// What a command does.
pub enum CompiledAction {
    /// A script and how it is shown.
    Shell {
        /// The text.
        text: String,
        /// The same with secrets masked.
        shown: String,
    },
    /// A call.
    Call(Request),
    /// Rendered once more when it runs, since it may ask for the exit code; this is how it looks before.
    Defer(String),
}

impl Runner {
    /// Renders a task.
    ///
    /// # Errors
    /// A template or `sh:` variable fails; with [`Evaluate::Static`] only the template of `dir` is an error, and the
    /// others stay as they are written.
    pub async fn compile(
        self: &Rc<Self>,
        found: &Found,
        call: &Request,
        evaluate: Evaluate,
    ) -> Result<Compiled, TaskError> {
        let vars = CallVars { name: &call.name, vars: &call.vars };
        let mut scope = self.variables(found, &vars, evaluate).await?;
        let task = self.task(found)?;
        if evaluate == Evaluate::All {
            check_references(task, &scope)?;
        }
        let renderer = Renderer::new(evaluate);
        let heading = self.heading(found, &scope, &renderer)?;
        let mut prompts = Vec::with_capacity(task.prompt.len());
        for prompt in &task.prompt {
            prompts.push(renderer.text(prompt, &scope)?);
        }
        let summary = renderer.optional(task.summary.as_ref(), &scope)?;
        let globs = |globs: &[Glob]| -> Result<Vec<(String, bool)>, TaskError> {
            globs.iter().map(|glob| Ok((renderer.text(&glob.pattern, &scope)?, glob.exclude))).collect()
        };
        let (sources, generates) = (globs(&task.sources)?, globs(&task.generates)?);
        let dir = smart_join(&self.project.root_dir, &expanded(written_dir(task, &scope)?)?);
        let prefix = renderer.optional(task.prefix.as_ref(), &scope)?;
        let condition = renderer.optional(task.condition.as_ref(), &scope)?;
        let env = match evaluate {
            Evaluate::All => self.task_env(task, &scope, &dir).await?,
            Evaluate::Static => self.written_env(task, &scope, &dir, &renderer).await?,
        };
        let files = TaskFiles {
            dir: &dir,
            anchored: true,
            sources: &sources,
            generates: &generates,
            use_gitignore: self.gitignore(task),
        };
        if uses_fingerprint(task) {
            self.fingerprint_variable(task, &heading.name, &files, &mut scope);
        }
        let unroll =
            |each: Option<&Loop>| unroll(each, &scope, &files).map_err(|error| self.in_file(error, task));
        let in_round = |round: &Option<Round>| match round {
            None => Cow::Borrowed(&scope),
            Some(round) => Cow::Owned(round.scope(&scope)),
        };
        let outer = &scope;
        let mut commands = Vec::with_capacity(task.commands.len());
        for (index, command) in task.commands.iter().enumerate() {
            for round in unroll(command.each.as_deref()).map_err(|error| error.at(command.span))? {
                let scope = in_round(&round);
                let referred = self.referred(&scope, outer);
                commands.push(compile_command(index, command, (&scope, referred), &renderer)?);
            }
        }
        let mut deps = Vec::with_capacity(task.deps.len());
        for dep in &task.deps {
            for round in unroll(dep.each.as_deref()).map_err(|error| error.at(dep.span))? {
                let scope = in_round(&round);
                let call = request(&dep.call, &scope, self.referred(&scope, outer), &renderer)?;
                deps.push(CompiledDep { call, timeout: dep.timeout });
            }
        }
        let mut preconditions = Vec::with_capacity(task.preconditions.len());
        for precondition in &task.preconditions {
            let command = renderer.text(&precondition.command, &scope)?;
            preconditions.push((command, renderer.optional(precondition.message.as_ref(), &scope)?));
        }
        let mut status = Vec::with_capacity(task.status.len());
        for command in &task.status {
            status.push(renderer.text(command, &scope)?);
        }
        Ok(Compiled {
            found: found.clone(),
            full_name: full_name(task, found),
            name: heading.name.into_owned(),
            prefix: if prefix.is_empty() { heading.plain_name.into_owned() } else { prefix },
            desc: heading.desc.into_owned(),
            summary,
            prompts,
            deps,
            commands,
            status,
            preconditions,
            condition,
            env,
            sources,
            generates,
            dir,
            scope,
        })
    }

    /// Loops over what is none and needs no evaluation are found before anything else of a task: go-task compiles it without
    /// `sh:` variables first.
    pub(super) async fn check_loops(
        self: &Rc<Self>,
        found: &Found,
        task: &Task,
        call: &Request,
    ) -> Result<(), TaskError> {
        let of_commands = task.commands.iter().map(|command| (command.each.as_deref(), command.span));
        let of_deps = task.deps.iter().map(|dep| (dep.each.as_deref(), dep.span));
        let loops: Vec<_> = of_commands
            .chain(of_deps)
            .filter_map(|(each, span)| each.filter(|each| each.is_over_values()).map(|each| (each, span)))
            .collect();
        if loops.is_empty() {
            return Ok(());
        }
        let vars = CallVars { name: &call.name, vars: &call.vars };
        let scope = self.variables(found, &vars, Evaluate::Static).await?;
        for (each, span) in loops {
            rounds(each, &scope, &NoFiles).map_err(|error| self.in_file(error, task).at(span))?;
        }
        Ok(())
    }

    /// What references in a call see: the loop variable and the exit code as well, but for go-task's.
    fn referred<'s>(&self, inner: &'s Scope, outer: &'s Scope) -> &'s Scope {
        if self.options.as_go_task { outer } else { inner }
    }

    fn in_file(&self, error: TaskError, task: &Task) -> TaskError {
        match error {
            TaskError::Loop { reference, .. } => {
                let file = self.project.taskfile(task.taskfile).map(|file| file.path.display().to_string());
                TaskError::Loop { taskfile: file.unwrap_or_default(), reference }
            }
            other => other,
        }
    }

    /// The task that was found.
    pub(super) fn task(&self, found: &Found) -> Result<&Arc<Task>, TaskError> {
        let entry = self.project.tasks.get_index(found.task.0);
        entry.map(|(_, task)| task).ok_or_else(|| TaskError::other("the task has gone"))
    }

    /// A deferred command, rendered with the exit code.
    pub(super) fn compile_deferred(
        &self,
        index: usize,
        defer: &Defer,
        outer: &Scope,
        exit_code: Option<i32>,
    ) -> Result<CompiledCommand, TaskError> {
        let mut scope = outer.clone();
        if let Some(code) = exit_code.filter(|code| *code > 0) {
            scope.set("EXIT_CODE", Value::from(code.to_string()));
        }
        // An error is none here: the text stays as it is written, and is run so.
        let renderer = Renderer::new(Evaluate::Static);
        let action = match defer {
            Defer::Shell(shell) => shell_action(&shell.script, &scope, &renderer)?,
            Defer::Call(call) => {
                let referred = self.referred(&scope, outer);
                CompiledAction::Call(request(call, &scope, referred, &renderer)?)
            }
        };
        Ok(CompiledCommand { index, action, condition: None })
    }
}

/// The name with what the wildcards caught in their places.
pub(super) fn full_name(task: &Task, found: &Found) -> String {
    found.captures.iter().fold(task.name.to_string(), |name, part| name.replacen('*', part, 1))
}

fn compile_command(
    index: usize,
    command: &Command,
    (scope, referred): (&Scope, &Scope),
    renderer: &Renderer,
) -> Result<CompiledCommand, TaskError> {
    let action = match &command.kind {
        CommandKind::Shell(shell) => shell_action(&shell.script, scope, renderer)?,
        CommandKind::Call(call) => CompiledAction::Call(request(call, scope, referred, renderer)?),
        CommandKind::Defer(defer) => CompiledAction::Defer(match defer {
            Defer::Shell(shell) => shell.script.raw().to_owned(),
            Defer::Call(call) => format!("Task: {}", call.task.raw()),
        }),
    };
    let condition = command.condition.as_ref().map(|text| renderer.alone().text(text, scope));
    Ok(CompiledCommand { index, action, condition: condition.transpose()? })
}

/// A script as it runs and as it is shown, which is apart from what failed before it.
fn shell_action(script: &Text, scope: &Scope, renderer: &Renderer) -> Result<CompiledAction, TaskError> {
    let text = renderer.text(script, scope)?;
    let masked = scope.masked();
    let shown = match &masked {
        None if !renderer.failed() => text.clone(),
        masked => masked.as_ref().unwrap_or(scope).render(script),
    };
    let shown = if shown.is_empty() { text.clone() } else { shown };
    Ok(CompiledAction::Shell { text, shown })
}

/// `$NAME` in a directory, by the process environment. A backslash stays, and takes the meaning from what follows it.
fn expanded(dir: String) -> Result<String, TaskError> {
    if !dir.contains(['$', '`']) {
        return Ok(dir);
    }
    let mut word = String::with_capacity(dir.len());
    let mut letters = dir.chars();
    while let Some(letter) = letters.next() {
        word.push(letter);
        if letter == '\\' {
            word.push('\\');
            match letters.next() {
                Some(special @ ('$' | '`' | '\\')) => word.extend(['\\', special]),
                Some(plain) => word.push(plain),
                None => {}
            }
        }
    }
    expand(&word, |name| std::env::var(name).ok()).map_err(TaskError::other)
}

/// One round without a loop, or all rounds of it.
fn unroll(
    each: Option<&Loop>,
    scope: &Scope,
    files: &TaskFiles<'_>,
) -> Result<Vec<Option<Round>>, TaskError> {
    match each {
        None => Ok(vec![None]),
        Some(each) => Ok(rounds(each, scope, files)?.into_iter().map(Some).collect()),
    }
}

/// go-task sets `.CHECKSUM` or `.TIMESTAMP` only where the word occurs.
fn uses_fingerprint(task: &Task) -> bool {
    let asks = |text: &Text| text.raw().contains("CHECKSUM") || text.raw().contains("TIMESTAMP");
    !task.sources.is_empty()
        && (task.status.iter().any(asks)
            || task.preconditions.iter().any(|precondition| asks(&precondition.command))
            || task.deps.iter().any(|dep| asks(&dep.call.task))
            || task.commands.iter().any(|command| match &command.kind {
                CommandKind::Shell(shell) | CommandKind::Defer(Defer::Shell(shell)) => asks(&shell.script),
                CommandKind::Call(call) | CommandKind::Defer(Defer::Call(call)) => {
                    asks(&call.task) || super::texts::texts_of(&call.vars).any(asks)
                }
            }))
}

impl Compiled {
    /// Tells two calls apart for `run: when_changed`: everything but the name, of which go-task leaves out variables and
    /// environment, where they make no difference to a text of the task.
    pub(super) fn signature(&self, task: &Task, as_go_task: bool) -> String {
        use std::fmt::Write as _;
        let label = task.label.as_ref().map(|_| &self.name);
        let texts = (label, &self.desc, &self.summary, &self.prompts, &self.condition, &self.dir);
        let checks = (&self.status, &self.preconditions, &self.sources, &self.generates);
        let mut text = format!("{texts:?} {checks:?}");
        for file in &task.dotenv {
            let _ = write!(text, "\u{6}{}", self.scope.render(file));
        }
        let named = |call: &Request| {
            if as_go_task { call.name.clone() } else { format!("{call:?}") }
        };
        for command in &self.commands {
            let _ = match &command.action {
                CompiledAction::Shell { text: script, .. } => write!(text, "\u{1}{script:?}"),
                CompiledAction::Call(call) => write!(text, "\u{2}{}", named(call)),
                CompiledAction::Defer(_) => write!(text, "\u{3}{}", command.index),
            };
            let _ = write!(text, " {:?}", command.condition);
        }
        for dep in &self.deps {
            let _ = write!(text, "\u{4}{}", named(&dep.call));
        }
        if !as_go_task {
            let _ = write!(text, "{:?}", self.env.pairs);
            let own = |name: &str| matches!(name, "TASK" | "ALIAS" | "TASK_DIR");
            for (name, value) in self.scope.layers().filter(|(name, _)| !own(name)) {
                let _ = write!(text, "\u{5}{name}={value:?}");
            }
        }
        xxhash_rust::xxh3::xxh3_64(text.as_bytes()).to_string()
    }
}
