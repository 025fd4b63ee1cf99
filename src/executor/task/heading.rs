//! What lists show of a task: label, description, summary. Nothing is run for them.

use super::compile::full_name;
use super::error::TaskError;
use super::lookup::{Found, TaskId};
use super::renderer::Renderer;
use super::request::Request;
use super::runner::Runner;
use super::scope::Scope;
use super::variables::{CallVars, Evaluate};
use crate::model::Text;
use crate::source::Span;
use std::borrow::Cow;
use std::rc::Rc;

/// What lists show of a task, as it is written where nothing has to be rendered.
#[derive(Debug, Clone)]
pub struct Heading<'p> {
    /// Label, or else the name.
    pub name: Cow<'p, str>,
    /// The name without a label; a wildcard stays one.
    pub plain_name: Cow<'p, str>,
    /// `desc`
    pub desc: Cow<'p, str>,
    /// `summary`
    pub summary: Cow<'p, str>,
}

impl Runner {
    /// The heading of a task.
    ///
    /// # Errors
    /// The template of its `dir`.
    pub async fn heading_of<'p>(self: &'p Rc<Self>, id: TaskId) -> Result<Heading<'p>, TaskError> {
        let found = Found { task: id, captures: Vec::new() };
        let task = self.task(&found)?;
        let mut texts = [&task.label, &task.desc, &task.summary, &task.dir].into_iter().flatten();
        let are_plain =
            texts.all(Text::is_plain) && task.prompt.iter().chain(&task.base_dir).all(Text::is_plain);
        if !are_plain {
            return self.describe(id).await.map(|(heading, _)| heading);
        }
        // No variable can make a difference.
        let text = |text: &'p Option<Text>| Cow::from(text.as_ref().map(Text::raw).unwrap_or_default());
        let label = text(&task.label);
        let plain_name = Cow::from(&*task.name);
        let name = if label.is_empty() { plain_name.clone() } else { label };
        Ok(Heading { name, plain_name, desc: text(&task.desc), summary: text(&task.summary) })
    }

    /// The heading of a task with its own variables, and those variables. A template with an error stays as it is written.
    ///
    /// # Errors
    /// The template of its `dir`.
    pub async fn describe<'p>(self: &'p Rc<Self>, task: TaskId) -> Result<(Heading<'p>, Scope), TaskError> {
        let found = Found { task, captures: Vec::new() };
        let name = self.task(&found)?.name.to_string();
        let request = Request::named(&name, Span::NONE);
        let call = CallVars { name: &name, vars: &request.vars };
        let scope = self.variables(&found, &call, Evaluate::Static).await?;
        let renderer = Renderer::new(Evaluate::Static);
        let mut heading = self.heading(&found, &scope, &renderer)?;
        let task = self.task(&found)?;
        for prompt in &task.prompt {
            renderer.text(prompt, &scope)?;
        }
        heading.summary = renderer.optional(task.summary.as_ref(), &scope)?.into();
        Ok((heading, scope))
    }

    /// Label and description, in go-task's order of rendering.
    pub(super) fn heading<'p>(
        &'p self,
        found: &Found,
        scope: &Scope,
        renderer: &Renderer,
    ) -> Result<Heading<'p>, TaskError> {
        let task = self.task(found)?;
        let label = renderer.optional(task.label.as_ref(), scope)?;
        let desc = renderer.optional(task.desc.as_ref(), scope)?;
        let name = if label.is_empty() { full_name(task, found) } else { label };
        let plain_name = Cow::from(&*task.name);
        Ok(Heading { name: name.into(), plain_name, desc: desc.into(), summary: Cow::default() })
    }
}
