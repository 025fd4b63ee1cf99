//! A task with all its templates rendered, as go-task does before anything of it runs (go-task 3.54 `variables.go`).

use super::error::TaskError;
use super::lookup::Found;
use super::loops::{Round, rounds};
use super::runner::Runner;
use super::scope::Scope;
use super::variables::{CallVars, Evaluate, render, task_dir};
use crate::fingerprint::TaskFiles;
use crate::frontend::dotenv;
use crate::model::{
    Call, Command, CommandKind, Defer, Glob, Loop, Task, Text, Variable, VariableValue, Variables,
};
use crate::template::{Map, Value};
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
    /// Values of the environment that the files write, for summaries.
    pub env_values: Map,
    /// Environment for its commands.
    pub env: Vec<(String, String)>,
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

/// A request to run a task.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub span: crate::source::Span,
    /// Variables, rendered by the caller.
    pub vars: Variables,
    /// Hides its command echo.
    pub silent: bool,
    /// Not from the command line.
    pub indirect: bool,
}

impl Request {
    /// A call without variables, from the command line.
    #[must_use]
    pub fn named(name: &str, span: crate::source::Span) -> Self {
        Self { name: name.to_owned(), span, vars: Variables::new(), silent: false, indirect: false }
    }
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
    /// A template or `sh:` variable fails; with [`Evaluate::Static`] they come out empty instead.
    pub async fn compile(
        self: &Rc<Self>,
        found: &Found,
        call: &Request,
        evaluate: Evaluate,
    ) -> Result<Compiled, TaskError> {
        let vars = CallVars { name: &call.name, vars: &call.vars };
        let mut scope = self.variables(found, &vars, evaluate).await?;
        let project = Arc::clone(&self.project);
        let task = self.task(found)?;
        let lenient = evaluate == Evaluate::Static;
        let text = |text: &Option<Text>, scope: &Scope| match text {
            Some(text) => {
                render(text, scope).or_else(|error| if lenient { Ok(String::new()) } else { Err(error) })
            }
            None => Ok(String::new()),
        };
        let full_name =
            found.captures.iter().fold(task.name.to_string(), |name, part| name.replacen('*', part, 1));
        let label = text(&task.label, &scope)?;
        let name = if label.is_empty() { full_name.clone() } else { label };
        let prefix = text(&task.prefix, &scope)?;
        let prefix = if prefix.is_empty() { full_name.clone() } else { prefix };
        check_dir(task, &scope, lenient)?;
        let dir = task_dir(&project.root_dir, task, &scope);
        let env_values = self.task_env(task, &scope, &dir, evaluate).await?;
        let env = self.env_pairs(env_values.iter());
        let globs = |globs: &[Glob], scope: &Scope| -> Result<Vec<(String, bool)>, TaskError> {
            globs.iter().map(|glob| Ok((text(&Some(glob.pattern.clone()), scope)?, glob.exclude))).collect()
        };
        let sources = globs(&task.sources, &scope)?;
        let generates = globs(&task.generates, &scope)?;
        let files = TaskFiles {
            dir: &dir,
            sources: &sources,
            generates: &generates,
            use_gitignore: self.gitignore(task),
        };
        if evaluate == Evaluate::All && uses_fingerprint(task) {
            self.fingerprint_variable(task, &name, &files, &mut scope);
        }
        let mut compiled = Compiled {
            found: found.clone(),
            full_name,
            name,
            prefix,
            desc: text(&task.desc, &scope)?,
            summary: text(&task.summary, &scope)?,
            prompts: Vec::new(),
            deps: Vec::new(),
            commands: Vec::new(),
            status: Vec::new(),
            preconditions: Vec::new(),
            condition: text(&task.condition, &scope)?,
            env_values,
            env,
            sources: sources.clone(),
            generates: generates.clone(),
            dir: dir.clone(),
            scope: Scope::default(),
        };
        for prompt in &task.prompt {
            compiled.prompts.push(text(&Some(prompt.clone()), &scope)?);
        }
        for (index, command) in task.commands.iter().enumerate() {
            for round in unroll(command.each.as_ref(), &scope, &files, lenient)
                .map_err(|error| self.in_file(error, task))?
            {
                let scope = round.as_ref().map_or_else(|| scope.clone(), |round| round.scope(&scope));
                compiled.commands.push(self.compile_command(index, command, &scope, lenient)?);
            }
        }
        for dep in &task.deps {
            for round in unroll(dep.each.as_ref(), &scope, &files, lenient)
                .map_err(|error| self.in_file(error, task))?
            {
                let scope = round.as_ref().map_or_else(|| scope.clone(), |round| round.scope(&scope));
                let call = request(&dep.call, &scope, lenient)?;
                compiled.deps.push(CompiledDep { call, timeout: dep.timeout });
            }
        }
        for status in &task.status {
            compiled.status.push(text(&Some(status.clone()), &scope)?);
        }
        for precondition in &task.preconditions {
            let command = text(&Some(precondition.command.clone()), &scope)?;
            let message = text(&precondition.message, &scope)?;
            compiled.preconditions.push((command, message));
        }
        compiled.scope = scope;
        Ok(compiled)
    }

    fn in_file(&self, error: TaskError, task: &Task) -> TaskError {
        match error {
            TaskError::Loop { .. } => {
                let file = self.project.taskfile(task.taskfile).map(|file| file.path.display().to_string());
                TaskError::Loop { taskfile: file.unwrap_or_default() }
            }
            other => other,
        }
    }

    /// The task that was found.
    pub(super) fn task(&self, found: &Found) -> Result<&Task, TaskError> {
        let entry = self.project.tasks.get_index(found.task.0);
        entry.map(|(_, task)| task).ok_or_else(|| TaskError::other("the task has gone"))
    }

    fn compile_command(
        &self,
        index: usize,
        command: &Command,
        scope: &Scope,
        lenient: bool,
    ) -> Result<CompiledCommand, TaskError> {
        let soft = |result: Result<String, TaskError>| {
            result.or_else(|error| if lenient { Ok(String::new()) } else { Err(error) })
        };
        let action = match &command.kind {
            CommandKind::Shell(shell) => {
                let text = soft(render(&shell.script, scope))?;
                let shown = match scope.masked() {
                    Some(masked) => render(&shell.script, &masked).unwrap_or_default(),
                    None => text.clone(),
                };
                CompiledAction::Shell { text, shown }
            }
            CommandKind::Call(call) => CompiledAction::Call(request(call, scope, lenient)?),
            CommandKind::Defer(defer) => CompiledAction::Defer(match defer {
                Defer::Shell(shell) => shell.script.raw().to_owned(),
                Defer::Call(call) => format!("Task: {}", call.task.raw()),
            }),
        };
        let condition = command.condition.as_ref().map(|text| soft(render(text, scope))).transpose()?;
        Ok(CompiledCommand { index, action, condition })
    }

    /// A deferred command, rendered with the exit code.
    pub(super) fn compile_deferred(
        &self,
        index: usize,
        defer: &Defer,
        scope: &Scope,
        exit_code: Option<i32>,
    ) -> Result<CompiledCommand, TaskError> {
        let mut scope = scope.clone();
        if let Some(code) = exit_code.filter(|code| *code > 0) {
            scope.set("EXIT_CODE", Value::from(code.to_string()));
        }
        let action = match defer {
            Defer::Shell(shell) => {
                let text = render(&shell.script, &scope)?;
                let shown = match scope.masked() {
                    Some(masked) => render(&shell.script, &masked)?,
                    None => text.clone(),
                };
                CompiledAction::Shell { text, shown }
            }
            Defer::Call(call) => CompiledAction::Call(request(call, &scope, false)?),
        };
        Ok(CompiledCommand { index, action, condition: None })
    }

    /// The environment layer of a task: global `env`, its dotenv files, its own `env`; each hides those before.
    async fn task_env(
        self: &Rc<Self>,
        task: &Task,
        scope: &Scope,
        dir: &std::path::Path,
        evaluate: Evaluate,
    ) -> Result<Map, TaskError> {
        let mut merged = Variables::clone(&*self.global_env().await?);
        let mut from_files = Variables::new();
        for file in &task.dotenv {
            let path = super::variables::smart_join(dir, &render(file, scope)?);
            for (name, value) in dotenv::read(&path).map_err(TaskError::other_error)?.unwrap_or_default() {
                from_files.entry(Arc::from(name)).or_insert_with(|| Variable {
                    value: VariableValue::Template(Text::nowhere(value)),
                    ..Variable::literal(Value::Nil)
                });
            }
        }
        merged.extend(from_files);
        merged.extend(task.env.iter().map(|(name, variable)| (Arc::clone(name), variable.clone())));
        let mut values = Map::new();
        for (name, variable) in &merged {
            let so_far = values.clone();
            let env = move |runner: &Runner, _: &Scope| runner.env_pairs(so_far.iter());
            match self.evaluate(variable, scope, dir, evaluate, env).await {
                Ok(value) => {
                    values.insert(Arc::clone(name), value);
                }
                Err(error) if evaluate == Evaluate::All => return Err(error),
                Err(_) => {}
            }
        }
        Ok(values)
    }

    /// Global `env` with the root's dotenv files behind it. Their paths see the global variables.
    pub(super) async fn global_env(self: &Rc<Self>) -> Result<Rc<Variables>, TaskError> {
        let known = self.global_env.borrow().clone();
        if let Some(env) = known {
            return Ok(env);
        }
        let mut env = self.project.env.clone();
        if !self.project.dotenv.is_empty() {
            // Without dotenv in it, or this would ask for itself.
            *self.global_env.borrow_mut() = Some(Rc::new(env.clone()));
            let scope = Box::pin(self.globals_before_command_line()).await?;
            for file in &self.project.dotenv {
                let path = super::variables::smart_join(&self.project.root_dir, &render(file, &scope)?);
                for (name, value) in dotenv::read(&path).map_err(TaskError::other_error)?.unwrap_or_default()
                {
                    env.entry(Arc::from(name)).or_insert_with(|| Variable {
                        value: VariableValue::Template(Text::nowhere(value)),
                        ..Variable::literal(Value::Nil)
                    });
                }
            }
        }
        let env = Rc::new(env);
        *self.global_env.borrow_mut() = Some(Rc::clone(&env));
        Ok(env)
    }
}

/// One round without a loop, or all rounds of it.
fn unroll(
    each: Option<&Loop>,
    scope: &Scope,
    files: &TaskFiles<'_>,
    lenient: bool,
) -> Result<Vec<Option<Round>>, TaskError> {
    match each {
        None => Ok(vec![None]),
        Some(each) => match rounds(each, scope, files) {
            Ok(rounds) => Ok(rounds.into_iter().map(Some).collect()),
            Err(_) if lenient => Ok(Vec::new()),
            Err(error) => Err(error),
        },
    }
}

/// A call with its name and variables rendered by the caller. What the callee gets is rendered once more there, as
/// go-task does; a `sh:` among them runs there.
pub(super) fn request(call: &Call, scope: &Scope, lenient: bool) -> Result<Request, TaskError> {
    let soft = |result: Result<String, TaskError>| {
        result.or_else(|error| if lenient { Ok(String::new()) } else { Err(error) })
    };
    let mut vars = Variables::new();
    for (name, variable) in &call.vars {
        let value = match &variable.value {
            VariableValue::Template(text) => {
                let text = soft(render(text, scope))?;
                if text.contains("{{") {
                    VariableValue::Template(Text::nowhere(text))
                } else {
                    VariableValue::Literal(Value::from(text))
                }
            }
            VariableValue::Shell { command, query } => {
                let command = Text::nowhere(soft(render(command, scope))?);
                VariableValue::Shell { command, query: query.clone() }
            }
            VariableValue::Reference(text) => match super::variables::resolve(text, scope) {
                Ok(value) => VariableValue::Literal(value),
                Err(_) if lenient => VariableValue::Literal(Value::Nil),
                Err(error) => return Err(error),
            },
            VariableValue::Structure(structure) => match super::variables::render_structure(structure, scope)
            {
                Ok(value) => VariableValue::Literal(value),
                Err(_) if lenient => VariableValue::Literal(Value::Nil),
                Err(error) => return Err(error),
            },
            VariableValue::Literal(value) => VariableValue::Literal(value.clone()),
        };
        vars.insert(Arc::clone(name), Variable { value, ..variable.clone() });
    }
    Ok(Request {
        name: soft(render(&call.task, scope))?,
        span: call.task.span(),
        vars,
        silent: call.silent,
        indirect: true,
    })
}

/// `task_dir` swallows errors; here they count.
fn check_dir(task: &Task, scope: &Scope, lenient: bool) -> Result<(), TaskError> {
    for part in task.base_dir.iter().chain(&task.dir) {
        match render(part, scope) {
            Err(error) if !lenient => return Err(error),
            _ => {}
        }
    }
    Ok(())
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
    /// Tells two calls apart for `run: when_changed`: everything but the name.
    pub(super) fn signature(&self) -> String {
        use std::fmt::Write as _;
        let mut text = format!("{:?} {:?}", self.dir, self.env);
        for command in &self.commands {
            let _ = match &command.action {
                CompiledAction::Shell { text: script, .. } => write!(text, "\u{1}{script:?}"),
                CompiledAction::Call(call) => write!(text, "\u{2}{call:?}"),
                CompiledAction::Defer(_) => write!(text, "\u{3}{}", command.index),
            };
        }
        for dep in &self.deps {
            let _ = write!(text, "\u{4}{:?}", dep.call);
        }
        for (name, value) in
            self.scope.layers().filter(|(name, _)| !matches!(&***name, "TASK" | "ALIAS" | "TASK_DIR"))
        {
            let _ = write!(text, "\u{5}{name}={value:?}");
        }
        format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
    }
}
