//! Required variables that nobody has set are asked for, where that was asked for (`--interactive`; go-task 3.54
//! `requires.go`): those of the named tasks and of all their dependencies before anything runs, others when their task is
//! reached. An answer counts for the whole run.

use super::error::TaskError;
use super::lookup::Found;
use super::request::Request;
use super::requires::Missing;
use super::runner::{Reply, Runner};
use super::variables::Evaluate;
use crate::model::{Task, Variable, VariableValue};
use crate::template::Value;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

/// What go-task names in place of a task when a question ahead of all is not answered.
pub const ASKED_AHEAD: &str = "interactive prompt";

impl Runner {
    /// Asks for what the named tasks and their dependencies need.
    ///
    /// # Errors
    /// An answer is refused, or a name is none of a task.
    pub(super) async fn ask_ahead(self: &Rc<Self>, requests: &[Request]) -> Result<(), TaskError> {
        if !self.options.interactive {
            return Ok(());
        }
        let mut pending: Vec<Request> = requests.iter().rev().cloned().collect();
        let mut seen = HashSet::new();
        let mut asked: Vec<Missing> = Vec::new();
        while let Some(request) = pending.pop() {
            if self.pipeline(&request.name).is_some() {
                continue;
            }
            let found = self.lookup.find(&request.name, request.span)?;
            for missing in self.missing(self.task(&found)?, &found, &request).await? {
                if !asked.iter().any(|(name, _)| *name == missing.0) {
                    asked.push(missing);
                }
            }
            if seen.insert(request.name.clone()) {
                let compiled = self.compile(&found, &request, Evaluate::Static).await?;
                pending.extend(compiled.deps.into_iter().rev().map(|dep| dep.call));
            }
        }
        self.ask_for(asked, ASKED_AHEAD).await.map(|_| ())
    }

    /// A request with the answers so far, after asking for what its task still needs.
    pub(super) async fn answered(
        self: &Rc<Self>,
        task: &Task,
        found: &Found,
        mut request: Request,
    ) -> Result<Request, TaskError> {
        if !self.options.interactive {
            return Ok(request);
        }
        self.add_answers(&mut request);
        let missing = self.missing(task, found, &request).await?;
        if !missing.is_empty() && self.ask_for(missing, &request.name).await? {
            self.add_answers(&mut request);
        }
        Ok(request)
    }

    fn add_answers(&self, request: &mut Request) {
        for (name, variable) in &*self.answers.borrow() {
            if !request.vars.contains_key(name) {
                request.vars.insert(Arc::clone(name), variable.clone());
            }
        }
    }

    /// Says whether there was somebody to ask.
    async fn ask_for(&self, missing: Vec<Missing>, asker: &str) -> Result<bool, TaskError> {
        for (name, allowed) in missing {
            let (console, question) = (Arc::clone(&self.world.console), name.clone());
            let reply = self.runtime.job(move || console.value(&question, &allowed)).await;
            match reply.map_err(TaskError::other_error)? {
                Reply::Value(text) => {
                    let value = VariableValue::Literal(Value::from(text));
                    let variable = Variable { value, ..Variable::literal(Value::Nil) };
                    self.answers.borrow_mut().insert(Arc::from(name), variable);
                }
                Reply::Cancelled => return Err(TaskError::Declined { name: asker.to_owned() }),
                Reply::NoTerminal => return Ok(false),
            }
        }
        Ok(true)
    }
}
