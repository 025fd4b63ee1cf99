//! Variables in go-task's order of precedence (go-task 3.54 `compiler.go`): environment, special variables, global
//! `env`, command-line specials and global `vars`, the include's `vars`, the included file's own, the call's, the
//! task's. Each may use those before it.

use super::ahead::{Ahead, Early};
use super::error::TaskError;
use super::lookup::Found;
use super::query;
use super::runner::Runner;
use super::scope::Scope;
use crate::frontend::taskfile::is_absolute;
use crate::model::{Pipeline, Query, Structure, Task, Text, Variable, VariableValue, Variables};
use crate::template::{Expression, Lookup, Map, Value};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// Whether `sh:` variables are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evaluate {
    /// Everything.
    All,
    /// Nothing is run: a `sh:` variable is undefined, an error in a template is no error (lists and summaries).
    Static,
}

/// What a `sh:` variable's command runs in.
pub(super) struct Surroundings<'a> {
    /// Its directory.
    pub(super) dir: &'a Path,
    /// Its environment, asked for only when a command runs.
    pub(super) env: &'a dyn Fn(&Runner) -> Vec<(String, String)>,
}

/// What the task was called with.
pub(super) struct CallVars<'a> {
    /// As called.
    pub(super) name: &'a str,
    /// Given by the caller, which has rendered them.
    pub(super) vars: &'a Variables,
}

impl Runner {
    /// All variables that a task sees.
    pub(super) async fn variables(
        self: &Rc<Self>,
        found: &Found,
        call: &CallVars<'_>,
        evaluate: Evaluate,
    ) -> Result<Scope, TaskError> {
        let project = Arc::clone(&self.project);
        let Some((_, task)) = project.tasks.get_index(found.task.0) else {
            return Err(TaskError::other("the task has gone"));
        };
        let mut scope = self.globals(Some((task, call.name)), evaluate).await?;
        self.special_task(&mut scope, task, call.name);
        let root = &project.root_dir;
        self.define_all(&mut scope, &task.include_vars, root, evaluate).await?;
        let dir = task_dir(root, task, &scope)?;
        let included = self.only_needed(&task.included_taskfile_vars);
        self.define_all(&mut scope, &included, &dir, evaluate).await?;
        let captures = captured(found, &scope, evaluate)?;
        scope.set("MATCH", captures.clone());
        self.define_all(&mut scope, call.vars, root, evaluate).await?;
        // A call cannot give it.
        scope.set("MATCH", captures);
        self.define_all(&mut scope, &task.vars, &dir, evaluate).await?;
        Ok(scope)
    }

    /// Global variables alone.
    ///
    /// # Errors
    /// A template or `sh:` variable fails.
    pub async fn global_variables(self: &Rc<Self>) -> Result<Scope, TaskError> {
        self.globals(None, Evaluate::All).await
    }

    /// A text with the global variables, for lists: nothing is run, an error leaves it empty.
    pub async fn text(self: &Rc<Self>, text: Option<&Text>) -> String {
        match (text, self.globals(None, Evaluate::Static).await) {
            (Some(text), Ok(scope)) => render(text, &scope).unwrap_or_default(),
            _ => String::new(),
        }
    }

    /// All variables of a pipeline: the global ones, the call's, its own.
    pub(super) async fn pipeline_variables(
        self: &Rc<Self>,
        pipeline: &Pipeline,
        call: &Variables,
    ) -> Result<Scope, TaskError> {
        let mut scope = self.globals(None, Evaluate::All).await?;
        let root = &self.project.root_dir;
        self.define_all(&mut scope, call, root, Evaluate::All).await?;
        self.define_all(&mut scope, &pipeline.vars, root, Evaluate::All).await?;
        Ok(scope)
    }

    /// The variables of no task in particular. Evaluated once where no template in them can tell tasks apart.
    pub(super) async fn globals(
        self: &Rc<Self>,
        task: Option<(&Task, &str)>,
        evaluate: Evaluate,
    ) -> Result<Scope, TaskError> {
        let shareable = self.globals_are_shared();
        let slot = match evaluate {
            Evaluate::All => &self.shared_scope,
            Evaluate::Static => &self.shared_static_scope,
        };
        if shareable && let Some(scope) = &*slot.borrow() {
            return Ok(scope.clone());
        }
        let mut scope = Scope::new(Arc::clone(&self.options.environment));
        self.special(&mut scope);
        if let Some((task, called)) = task {
            self.special_task(&mut scope, task, called);
        } else {
            self.special_of_no_task(&mut scope);
        }
        let root = &self.project.root_dir;
        let env = self.global_env().await?;
        self.define_all(&mut scope, &env, root, evaluate).await?;
        for (name, value) in &self.options.cli_vars {
            scope.set(Arc::clone(name), value.clone());
        }
        self.define_all(&mut scope, &self.global_vars(), root, evaluate).await?;
        let scope = if shareable { scope.share() } else { scope };
        if shareable {
            *slot.borrow_mut() = Some(scope.clone());
        }
        Ok(scope)
    }

    /// What the paths of dotenv files see: the command line's values come later (go-task 3.54 `setup.go`).
    pub(super) async fn globals_before_command_line(self: &Rc<Self>) -> Result<Scope, TaskError> {
        let mut scope = Scope::new(Arc::clone(&self.options.environment));
        self.special(&mut scope);
        self.special_of_no_task(&mut scope);
        let root = &self.project.root_dir;
        self.define_all(&mut scope, &self.project.env, root, Evaluate::All).await?;
        self.define_all(&mut scope, &self.only_needed(&self.project.vars), root, Evaluate::All).await?;
        Ok(scope)
    }

    /// Without those that the run does not need, where it is known what it does.
    fn only_needed<'v>(&self, variables: &'v Variables) -> Cow<'v, Variables> {
        match self.needed.get() {
            Some(needed) if !variables.is_empty() => {
                let mut variables = variables.clone();
                needed.retain(&mut variables);
                Cow::Owned(variables)
            }
            _ => Cow::Borrowed(variables),
        }
    }

    /// Global `vars` with the command line's values written into them.
    fn global_vars(&self) -> Variables {
        let mut vars = self.project.vars.clone();
        for (name, text) in &self.options.globals {
            let value = VariableValue::Template(Text::nowhere(text.as_str()));
            vars.insert(Arc::clone(name), Variable { value, ..Variable::literal(Value::Nil) });
        }
        if let Some(needed) = self.needed.get() {
            needed.retain(&mut vars);
        }
        vars
    }

    async fn define_all(
        self: &Rc<Self>,
        scope: &mut Scope,
        variables: &Variables,
        dir: &Path,
        evaluate: Evaluate,
    ) -> Result<(), TaskError> {
        let mut ahead = Ahead::of(self, variables);
        for (turn, (name, variable)) in variables.iter().enumerate() {
            let env = |runner: &Self| runner.env_pairs(scope.layers());
            let surroundings = Surroundings { dir, env: &env };
            if evaluate == Evaluate::All {
                ahead.look(turn, scope, &surroundings);
            }
            let early = ahead.take(turn);
            let value = match self.evaluate(name, variable, early, scope, surroundings, evaluate).await {
                Ok(value) => value,
                Err(_) if evaluate == Evaluate::Static => as_written(&variable.value),
                Err(error) => {
                    ahead.stop().await;
                    return Err(error.at(variable.value.span()));
                }
            };
            match &variable.value {
                VariableValue::Shell(command)
                    if evaluate == Evaluate::Static && !command.raw().is_empty() =>
                {
                    scope.set_undefined(name);
                }
                // So that templates do not trip over it.
                _ if evaluate == Evaluate::Static && matches!(value, Value::Nil) => {
                    scope.set(Arc::clone(name), Value::string(""));
                }
                _ => scope.set(Arc::clone(name), value),
            }
            if variable.secret {
                scope.hide(name);
            }
        }
        Ok(())
    }

    /// One variable's value, of which something may be known already.
    pub(super) async fn evaluate(
        self: &Rc<Self>,
        name: &str,
        variable: &Variable,
        early: Option<Early>,
        scope: &Scope,
        surroundings: Surroundings<'_>,
        evaluate: Evaluate,
    ) -> Result<Value, TaskError> {
        let known = match early {
            Some(Early::Value(value)) => return Ok(value),
            Some(Early::Command(command)) => Some(command),
            None => None,
        };
        let source = match &variable.value {
            VariableValue::Literal(value) => value.clone(),
            VariableValue::Template(text) => Value::from(render(text, scope)?),
            VariableValue::Structure(structure) => render_structure(structure, scope)?,
            VariableValue::Reference(text) => resolve(text, scope)?,
            VariableValue::Shell(command) => {
                let text = known.map_or_else(|| render(command, scope), Ok)?;
                if evaluate == Evaluate::Static || text.is_empty() {
                    return Ok(Value::string(""));
                }
                let dir = match &variable.dir {
                    Some(own) => smart_join(&self.project.root_dir, &render(own, scope)?),
                    None => surroundings.dir.to_owned(),
                };
                let printed = self.dynamic(text, dir, surroundings.env, variable.secret).await?;
                return match &variable.query {
                    Some(query) => {
                        self.take_apart(name, query, query::Source::Printed(printed), scope, &surroundings)
                    }
                    None => Ok(Value::String(printed)),
                };
            }
        };
        match &variable.query {
            Some(query) => self.take_apart(name, query, query::Source::Value(source), scope, &surroundings),
            None => Ok(source),
        }
    }

    /// What the query of a variable makes of its value.
    fn take_apart(
        &self,
        name: &str,
        query: &Query,
        source: query::Source,
        scope: &Scope,
        surroundings: &Surroundings<'_>,
    ) -> Result<Value, TaskError> {
        let environment = || (surroundings.env)(self);
        let say = |text: &str| self.progress(|| format!("query of {name}: {text}"));
        query::run(name, query, source, &query::Surroundings { scope, environment: &environment, say: &say })
    }
}

/// The value of a variable that nothing was evaluated of.
fn as_written(value: &VariableValue) -> Value {
    match value {
        VariableValue::Template(text) => Value::from(text.raw()),
        VariableValue::Structure(structure) => super::request::as_written(structure),
        _ => Value::string(""),
    }
}

/// `.MATCH`: like what else is given by a call, it may hold templates.
fn captured(found: &Found, scope: &Scope, evaluate: Evaluate) -> Result<Value, TaskError> {
    let mut texts = Vec::with_capacity(found.captures.len());
    for capture in &found.captures {
        let text = Text::nowhere(capture.as_str());
        texts.push(match render(&text, scope) {
            Ok(rendered) => rendered,
            Err(_) if evaluate == Evaluate::Static => capture.clone(),
            Err(error) => return Err(error),
        });
    }
    Ok(Value::strings(texts.iter().map(String::as_str)))
}

/// Renders a text; its error points into the file.
pub(super) fn render(text: &Text, scope: &dyn Lookup) -> Result<String, TaskError> {
    if text.is_plain() {
        return Ok(text.raw().to_owned());
    }
    let fail = |error| TaskError::Template { error, span: text.span() };
    text.template().map_err(|error| fail(error.clone()))?.render(scope).map_err(fail)
}

/// The value of a `ref:` expression.
pub(super) fn resolve(text: &Text, scope: &dyn Lookup) -> Result<Value, TaskError> {
    let fail = |error| TaskError::Template { error, span: text.span() };
    Expression::parse(text.raw()).and_then(|expression| expression.resolve(scope)).map_err(fail)
}

pub(super) fn render_structure(structure: &Structure, scope: &Scope) -> Result<Value, TaskError> {
    Ok(match structure {
        Structure::Literal(value) => value.clone(),
        Structure::Template(text) => Value::from(render(text, scope)?),
        Structure::List(items) => {
            let items: Result<Vec<Value>, TaskError> =
                items.iter().map(|item| render_structure(item, scope)).collect();
            Value::list(items?)
        }
        Structure::Map(entries) => {
            let mut map = Map::new();
            for (name, value) in entries {
                map.insert(Arc::clone(name), render_structure(value, scope)?);
            }
            Value::map(map)
        }
    })
}

/// The directory of a task before variables of the shell are expanded in it.
pub(super) fn task_dir(root: &Path, task: &Task, scope: &Scope) -> Result<PathBuf, TaskError> {
    Ok(smart_join(root, &written_dir(task, scope)?))
}

/// The directory that a task's file and its includes give it, rendered. go-task joins before it renders: what only turns out
/// to be absolute, or is `~`, is below the directory of the include.
pub(super) fn written_dir(task: &Task, scope: &Scope) -> Result<String, TaskError> {
    let mut dir = String::new();
    for part in task.base_dir.iter().chain(&task.dir) {
        let text = render(part, scope)?;
        if dir.is_empty() || is_absolute(part.raw()) {
            dir = text;
        } else if !text.is_empty() {
            dir.push('/');
            dir.push_str(&text);
        }
    }
    Ok(dir)
}

/// The directory that `dir` of includes gives to what is in them, outermost first.
///
/// # Errors
/// A template is wrong.
pub fn directory(
    root: &Path,
    dirs: &[Text],
    variables: &crate::template::Map,
) -> Result<PathBuf, crate::template::TemplateError> {
    dirs.iter().try_fold(root.to_owned(), |dir, part| {
        let part = part.template().map_err(Clone::clone)?.render(variables)?;
        Ok(smart_join(&dir, &part))
    })
}

/// Joins two paths unless the second is absolute; `~` is the home directory (go-task `filepathext.SmartJoin`).
pub(super) fn smart_join(base: &Path, path: &str) -> PathBuf {
    if path.is_empty() {
        return base.to_owned();
    }
    if let Some(rest) = path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'))
        && let Some(home) = std::env::var_os("HOME")
    {
        return clean(&PathBuf::from(home).join(rest.trim_start_matches('/')));
    }
    clean(&base.join(path))
}

/// The path without `.` and `..`, by its text alone, as Go's `filepath.Join` does.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
