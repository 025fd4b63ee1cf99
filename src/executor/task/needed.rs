//! Which global variables a run can need: those that its tasks and pipelines name, and those that these name in turn.
//! `fleet run` leaves the others alone, so that a `sh:` that nothing asks for is not run; `task` runs all, as go-task
//! does. Where it cannot be told, all are needed. Evaluates nothing.

use super::request::Request;
use super::runner::Runner;
use super::texts::texts_of;
use crate::model::{
    Allowed, Call, Command, CommandKind, Defer, Loop, MatrixRow, Output, Pipeline, Query, StepKind, Task,
    Text, Variable, VariableValue, Variables,
};
use crate::template::{Expression, Value};
use std::collections::HashSet;

/// Names that are asked for.
#[derive(Debug, Default)]
pub(super) struct Needed {
    names: HashSet<String>,
    /// Something asks for all of them.
    all: bool,
}

/// What is still to be looked at.
struct Walk<'r> {
    runner: &'r Runner,
    needed: Needed,
    tasks: HashSet<usize>,
    pipelines: HashSet<&'r str>,
    pending: Vec<&'r Task>,
}

impl Needed {
    /// What these requests can need.
    pub(super) fn of(runner: &Runner, requests: &[Request]) -> Self {
        let mut walk = Walk {
            runner,
            needed: Self::default(),
            tasks: HashSet::new(),
            pipelines: HashSet::new(),
            pending: Vec::new(),
        };
        let project = &runner.project;
        walk.variables(&project.env);
        project.dotenv.iter().for_each(|text| walk.text(text));
        if let Some(Output::Group { begin, end, .. }) = &runner.options.output {
            begin.iter().chain(end).for_each(|text| walk.text(text));
        }
        for request in requests {
            walk.variables(&request.vars);
            walk.name(&request.name);
        }
        while let Some(task) = walk.pending.pop().filter(|_| !walk.needed.all) {
            walk.task(task);
        }
        walk.close();
        walk.needed
    }

    /// The variables of these that must be evaluated: needed ones, and others that run nothing and name nothing that was
    /// left out.
    pub(super) fn retain(&self, variables: &mut Variables) {
        if self.all {
            return;
        }
        let mut left_out: HashSet<String> = HashSet::new();
        variables.retain(|name, variable| {
            let is_left_out = |name: &str| left_out.contains(name);
            let names_left_out = || match &variable.value {
                _ if variable.query.is_some() => true,
                VariableValue::Literal(_) => false,
                VariableValue::Shell(_) => true,
                VariableValue::Reference(text) => !left_out.is_empty() && mentions(text, true, is_left_out),
                VariableValue::Template(_) | VariableValue::Structure(_) if left_out.is_empty() => false,
                VariableValue::Template(_) | VariableValue::Structure(_) => {
                    let one = Variables::from_iter([(name.clone(), variable.clone())]);
                    texts_of(&one).any(|text| mentions(text, false, is_left_out))
                }
            };
            let stays = self.names.contains(&**name) || !names_left_out();
            if !stays {
                left_out.insert(name.to_string());
            }
            stays
        });
    }
}

/// Whether a text names one of these, or cannot be looked into.
pub(super) fn mentions(text: &Text, is_expression: bool, is_one: impl Fn(&str) -> bool) -> bool {
    let named = |uses_all: bool, references: Vec<&str>| uses_all || references.into_iter().any(is_one);
    if is_expression {
        let expression = Expression::parse(text.raw());
        return expression.map_or(true, |expression| named(expression.uses_all(), expression.references()));
    }
    !text.is_plain()
        && text.template().map_or(true, |template| named(template.uses_all(), template.references()))
}

impl<'r> Walk<'r> {
    /// A task or pipeline that is called by this name.
    fn name(&mut self, name: &str) {
        if let Some(pipeline) = self.runner.pipeline(name) {
            if self.pipelines.insert(&pipeline.name) {
                self.pipeline(pipeline);
            }
        } else if let Ok(found) = self.runner.lookup.find(name, crate::source::Span::NONE)
            && let Ok(task) = self.runner.task(&found)
            && self.tasks.insert(found.task.0)
        {
            self.pending.push(task);
        }
    }

    fn text(&mut self, text: &Text) {
        if text.is_plain() || self.needed.all {
            return;
        }
        match text.template() {
            Ok(template) if !template.uses_all() => {
                self.needed.names.extend(template.references().into_iter().map(ToOwned::to_owned));
            }
            _ => self.needed.all = true,
        }
    }

    fn expression(&mut self, text: &Text) {
        match Expression::parse(text.raw()) {
            Ok(expression) if !expression.uses_all() => {
                self.needed.names.extend(expression.references().into_iter().map(ToOwned::to_owned));
            }
            _ => self.needed.all = true,
        }
    }

    fn variables(&mut self, variables: &Variables) {
        for variable in variables.values() {
            self.variable(variable);
        }
    }

    fn variable(&mut self, variable: &Variable) {
        self.value(&variable.value);
        variable.dir.iter().for_each(|dir| self.text(dir));
        if let Some(Query { program, .. }) = &variable.query {
            self.text(program);
            self.words(program);
        }
    }

    /// Every word of a text may be a variable.
    fn words(&mut self, text: &Text) {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let words = text.raw().split(|letter| !is_part(letter)).filter(|word| !word.is_empty());
        self.needed.names.extend(words.map(ToOwned::to_owned));
    }

    fn value(&mut self, value: &VariableValue) {
        match value {
            VariableValue::Literal(_) => {}
            VariableValue::Template(text) => self.text(text),
            VariableValue::Reference(text) => self.expression(text),
            VariableValue::Shell(command) => {
                self.text(command);
                // Its environment holds the variables before it.
                self.words(command);
            }
            VariableValue::Structure(_) => {
                let one = Variables::from_iter([(
                    "".into(),
                    Variable { value: value.clone(), ..Variable::literal(Value::Nil) },
                )]);
                texts_of(&one).for_each(|text| self.text(text));
            }
        }
    }

    fn task(&mut self, task: &Task) {
        self.variables(&task.vars);
        self.variables(&task.env);
        self.variables(&task.include_vars);
        let texts =
            task.label.iter().chain(&task.desc).chain(&task.summary).chain(&task.prefix).chain(&task.dir);
        let texts = texts.chain(&task.condition).chain(&task.prompt).chain(&task.status).chain(&task.dotenv);
        let globs = task.sources.iter().chain(&task.generates).map(|glob| &glob.pattern);
        let preconditions = task.preconditions.iter();
        let preconditions = preconditions.flat_map(|one| std::iter::once(&one.command).chain(&one.message));
        texts.chain(&task.base_dir).chain(globs).chain(preconditions).for_each(|text| self.text(text));
        for required in &task.requires {
            self.needed.names.insert(required.name.clone());
            if let Some(Allowed::Reference(text)) = &required.allowed {
                self.expression(text);
            }
        }
        for dependency in &task.deps {
            self.each(dependency.each.as_deref());
            self.call(&dependency.call);
        }
        for command in &task.commands {
            self.command(command);
        }
    }

    fn command(&mut self, command: &Command) {
        self.each(command.each.as_deref());
        command.condition.iter().for_each(|text| self.text(text));
        match &command.kind {
            CommandKind::Shell(shell) | CommandKind::Defer(Defer::Shell(shell)) => self.text(&shell.script),
            CommandKind::Call(call) | CommandKind::Defer(Defer::Call(call)) => self.call(call),
        }
    }

    fn each(&mut self, each: Option<&Loop>) {
        match each {
            Some(Loop::Variable { name, .. }) => {
                self.needed.names.insert(name.clone());
            }
            Some(Loop::Matrix { rows, .. }) => {
                for row in rows {
                    if let MatrixRow::Reference(_, text) = row {
                        self.expression(text);
                    }
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, call: &Call) {
        self.variables(&call.vars);
        if call.task.is_plain() {
            self.name(call.task.raw());
        } else {
            // It may be any task.
            self.needed.all = true;
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        let texts = crate::frontend::fleetfile::texts(&self.runner.project, pipeline);
        texts.into_iter().for_each(|text| self.text(text));
        self.variables(&pipeline.vars);
        for step in &pipeline.check {
            if let StepKind::Task { name, vars } = &step.kind {
                self.variables(vars);
                if name.is_plain() {
                    self.name(name.raw());
                } else {
                    self.needed.all = true;
                }
            }
        }
    }

    /// What the needed global variables need themselves.
    fn close(&mut self) {
        let runner = self.runner;
        let project = &runner.project;
        let mut done: HashSet<String> = HashSet::new();
        while !self.needed.all {
            let todo: Vec<String> = self.needed.names.difference(&done).cloned().collect();
            if todo.is_empty() {
                return;
            }
            for name in todo {
                if let Some(variable) = project.vars.get(name.as_str()) {
                    self.variable(variable);
                }
                // In the map form of includes, tasks see what their file says in place of that.
                let ids: Vec<usize> = self.tasks.iter().copied().collect();
                let tasks = ids.into_iter().filter_map(|id| project.tasks.get_index(id));
                for variable in tasks.filter_map(|(_, task)| task.included_taskfile_vars.get(name.as_str())) {
                    self.variable(variable);
                }
                done.insert(name);
            }
        }
    }
}
