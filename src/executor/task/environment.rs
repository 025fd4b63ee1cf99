//! The environment layer of a task: global `env`, its dotenv files, its own `env`; each hides those before it
//! (go-task 3.54 `variables.go`).

use super::ahead::Ahead;
use super::error::TaskError;
use super::renderer::Renderer;
use super::runner::Runner;
use super::scope::Scope;
use super::variables::{Evaluate, Surroundings, render, smart_join};
use crate::frontend::dotenv::{self, DotenvError};
use crate::model::{Task, Text, Variable, VariableValue, Variables};
use crate::template::{Map, Value};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

/// Values and, of those, the ones that commands get.
#[derive(Debug, Clone, Default)]
pub struct TaskEnvironment {
    /// By name, in order.
    pub values: Map,
    /// Scalars that the process has not got yet.
    pub pairs: Vec<(String, String)>,
}

impl Runner {
    /// The environment of a task.
    pub(super) async fn task_env(
        self: &Rc<Self>,
        task: &Task,
        scope: &Scope,
        dir: &Path,
    ) -> Result<Rc<TaskEnvironment>, TaskError> {
        let global = self.global_env().await?;
        let bare = task.env.is_empty() && task.dotenv.is_empty();
        // What has no template and no command in it comes out the same for all tasks.
        let known = self.plain_env.borrow().clone();
        if let Some(plain) = known.filter(|_| bare) {
            return Ok(plain);
        }
        let mut merged = Variables::clone(&global);
        merged.extend(from_files(task, scope, dir)?);
        merged.extend(task.env.iter().map(|(name, variable)| (Arc::clone(name), variable.clone())));
        let mut values = Map::new();
        let mut ahead = Ahead::of(self, &merged);
        for (turn, (name, variable)) in merged.iter().enumerate() {
            let so_far = |runner: &Self| runner.env_pairs(values.iter());
            let surroundings = Surroundings { dir, env: &so_far };
            ahead.look(turn, scope, &surroundings);
            let early = ahead.take(turn);
            match self.evaluate(name, variable, early, scope, surroundings, Evaluate::All).await {
                Ok(value) => {
                    values.insert(Arc::clone(name), value);
                }
                Err(error) => {
                    ahead.stop().await;
                    return Err(error);
                }
            }
        }
        let pairs = self.env_pairs(values.iter());
        let environment = Rc::new(TaskEnvironment { values, pairs });
        if bare && global.values().all(is_plain) {
            *self.plain_env.borrow_mut() = Some(Rc::clone(&environment));
        }
        Ok(environment)
    }

    /// The same for summaries: nothing is run. After an error the rest of a layer stays as it is written, and the layers
    /// after it are left out.
    pub(super) async fn written_env(
        self: &Rc<Self>,
        task: &Task,
        scope: &Scope,
        dir: &Path,
        renderer: &Renderer,
    ) -> Result<Rc<TaskEnvironment>, TaskError> {
        let (global, files) = (self.global_env().await?, from_files(task, scope, dir)?);
        let mut values = Map::new();
        for layer in [&*global, &files, &task.env] {
            if renderer.failed() {
                break;
            }
            for (name, variable) in layer {
                let surroundings = Surroundings { dir, env: &|_| Vec::new() };
                let value = self.evaluate(name, variable, None, scope, surroundings, Evaluate::Static).await;
                let written = || match &variable.value {
                    VariableValue::Template(text) => Value::from(text.raw()),
                    _ => Value::string(""),
                };
                values.insert(Arc::clone(name), renderer.value(|| value, written)?);
            }
        }
        let pairs = self.env_pairs(values.iter());
        Ok(Rc::new(TaskEnvironment { values, pairs }))
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
                let path = smart_join(&self.project.root_dir, &render(file, &scope)?);
                let new = from_file(&path, &env).map_err(TaskError::other_error)?;
                env.extend(new);
            }
        }
        let env = Rc::new(env);
        *self.global_env.borrow_mut() = Some(Rc::clone(&env));
        Ok(env)
    }
}

/// What a task's dotenv files say.
fn from_files(task: &Task, scope: &Scope, dir: &Path) -> Result<Variables, TaskError> {
    let mut variables = Variables::new();
    for file in &task.dotenv {
        let path = smart_join(dir, &render(file, scope)?);
        // go-task does not say which file it was.
        let new = from_file(&path, &variables).map_err(|error| TaskError::other(error.reason))?;
        variables.extend(new);
    }
    Ok(variables)
}

/// The variables of a dotenv file that are not known yet.
fn from_file(path: &Path, known: &Variables) -> Result<Variables, DotenvError> {
    let entries = dotenv::read(path)?.unwrap_or_default();
    let variable = |value: String| Variable {
        value: VariableValue::Template(Text::nowhere(value)),
        ..Variable::literal(Value::Nil)
    };
    let new = entries.into_iter().filter(|(name, _)| !known.contains_key(name.as_str()));
    Ok(new.map(|(name, value)| (Arc::from(name), variable(value))).collect())
}

fn is_plain(variable: &Variable) -> bool {
    match &variable.value {
        _ if variable.query.is_some() => false,
        VariableValue::Literal(_) => true,
        VariableValue::Template(text) => text.is_plain(),
        _ => false,
    }
}
