//! Walks the tree of a template and writes its output. Knows no function by name.

use super::ast::{Branch, Call, List, Node, Pipe, Place, Tree};
use super::error::TemplateError;
use super::limit::{DEPTH, OUTPUT, PASSES};
use super::lookup::Lookup;
use super::operand::Operand;
use super::overlay::Overlay;
use super::print::print;
use super::quote::quote;
use super::value::Value;
use std::cell::OnceCell;
use std::fmt::Display;

/// What is left where a template prints nothing; go-task removes it from every output.
pub(super) const NO_VALUE: &str = "<no value>";

/// One run of a template.
pub(super) struct Evaluator<'t> {
    pub(super) tree: &'t Tree,
    pub(super) text: &'t str,
    /// What messages call the text.
    pub(super) name: &'t str,
    /// The template being run: that of the text, or one that it defines.
    pub(super) executing: &'t str,
    pub(super) lookup: &'t dyn Lookup,
    pub(super) root: OnceCell<Value>,
    pub(super) overlay: Overlay,
    pub(super) variables: Vec<(&'t str, Operand)>,
    /// The node being evaluated, for errors.
    pub(super) at: (&'t Place, &'t dyn Display),
    pub(super) depth: usize,
    /// Passes of loops so far.
    passes: usize,
    pub(super) out: String,
}

/// How a step ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

pub(super) type Evaluated<T> = Result<T, TemplateError>;

/// Runs a template and gives its output, `<no value>` and all.
pub(super) fn render(tree: &Tree, text: &str, name: &str, lookup: &dyn Lookup) -> Evaluated<String> {
    let nowhere = Place { position: 0, range: 0..0 };
    let mut evaluator = Evaluator::new(tree, text, name, lookup, &nowhere);
    evaluator.walk_list(&Operand::Root, &tree.root)?;
    Ok(evaluator.out)
}

/// Evaluates a template that is a single action and gives its value.
pub(super) fn resolve(tree: &Tree, text: &str, name: &str, lookup: &dyn Lookup) -> Evaluated<Value> {
    let nowhere = Place { position: 0, range: 0..0 };
    let mut evaluator = Evaluator::new(tree, text, name, lookup, &nowhere);
    let mut value = Value::Nil;
    for node in &tree.root {
        if let Node::Action(pipe) = node {
            let operand = evaluator.pipeline(&Operand::Root, pipe)?;
            value = evaluator.value(operand);
        }
    }
    Ok(evaluator.overlay.resolve(value))
}

impl<'t> Evaluator<'t> {
    fn new(tree: &'t Tree, text: &'t str, name: &'t str, lookup: &'t dyn Lookup, nowhere: &'t Place) -> Self {
        Self {
            tree,
            text,
            name,
            executing: name,
            lookup,
            root: OnceCell::new(),
            overlay: Overlay::default(),
            variables: vec![("$", Operand::Root)],
            at: (nowhere, &""),
            depth: 0,
            passes: 0,
            out: String::new(),
        }
    }

    /// An error at the node being evaluated.
    pub(super) fn error(&self, message: impl Display) -> TemplateError {
        let (place, context) = self.at;
        let before = &self.text[..place.position];
        let line = 1 + before.matches('\n').count();
        let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1);
        let executing = quote(self.executing);
        TemplateError::new(
            format!(
                "template: {}:{line}:{column}: executing {executing} at <{context}>: {message}",
                self.name
            ),
            place.range.clone(),
        )
    }

    /// Enters one level of nesting, statically or by a template that calls itself.
    pub(super) fn descend(&mut self) -> Evaluated<()> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.error(format!("exceeded maximum template depth ({DEPTH})")));
        }
        Ok(())
    }

    fn walk_list(&mut self, dot: &Operand, list: &'t List) -> Evaluated<Flow> {
        self.descend()?;
        let mut flow = Flow::Next;
        for node in list {
            flow = self.walk(dot, node)?;
            if flow != Flow::Next {
                break;
            }
        }
        self.depth -= 1;
        Ok(flow)
    }

    fn walk(&mut self, dot: &Operand, node: &'t Node) -> Evaluated<Flow> {
        match node {
            Node::Text(range) => {
                self.out.push_str(&self.text[range.clone()]);
                self.check_output()?;
            }
            Node::Action(pipe) => {
                // Its variables live on until the end of the list around it.
                let value = self.pipeline(dot, pipe)?;
                if pipe.variables.is_empty() {
                    self.at = (&pipe.place, pipe);
                    self.print(value)?;
                }
            }
            Node::If(branch) => return self.walk_if(dot, branch, false),
            Node::With(branch) => return self.walk_if(dot, branch, true),
            Node::Range(branch) => return self.walk_range(dot, branch),
            Node::Template(call) => return self.walk_template(dot, call),
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn print(&mut self, operand: Operand) -> Evaluated<()> {
        match self.value(operand) {
            Value::Nil => self.out.push_str(NO_VALUE),
            Value::String(text) => self.out.push_str(&text),
            value => {
                let value = self.overlay.resolve(value);
                print(&mut self.out, &value);
            }
        }
        self.check_output()
    }

    fn check_output(&self) -> Evaluated<()> {
        if self.out.len() > OUTPUT {
            return Err(self.error(format!("the output is longer than {OUTPUT} bytes")));
        }
        Ok(())
    }

    fn walk_if(&mut self, dot: &Operand, branch: &'t Branch, with: bool) -> Evaluated<Flow> {
        let mark = self.variables.len();
        let operand = self.pipeline(dot, &branch.pipe)?;
        let flow = match (self.is_true(&operand), &branch.otherwise) {
            (true, _) => self.walk_list(if with { &operand } else { dot }, &branch.list)?,
            (false, Some(otherwise)) => self.walk_list(dot, otherwise)?,
            (false, None) => Flow::Next,
        };
        self.variables.truncate(mark);
        Ok(flow)
    }

    fn is_true(&self, operand: &Operand) -> bool {
        match operand {
            Operand::Invalid => false,
            Operand::Root => !self.root().as_map().is_none_or(indexmap::IndexMap::is_empty),
            Operand::Boxed(value) | Operand::Plain(value) => self.overlay.current(value).is_true(),
        }
    }

    fn walk_range(&mut self, dot: &Operand, branch: &'t Branch) -> Evaluated<Flow> {
        let before = self.variables.len();
        let operand = self.pipeline(dot, &branch.pipe)?;
        let value = self.value(operand);
        let value = self.overlay.current(&value);
        let ran = if let Some(items) = value.as_list() {
            let boxed = matches!(value, Value::List(_));
            let items = items.iter().enumerate().map(|(index, item)| {
                #[expect(clippy::cast_possible_wrap, reason = "no list is that long")]
                let index = Operand::Plain(Value::Int(index as i64));
                (index, if boxed { Operand::Boxed(item.clone()) } else { Operand::Plain(item.clone()) })
            });
            self.iterate(branch, items)?
        } else if let Some(map) = value.as_map() {
            let boxed = matches!(value, Value::Map(_));
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            let items = entries.into_iter().map(|(key, item)| {
                let item = if boxed { Operand::Boxed(item.clone()) } else { Operand::Plain(item.clone()) };
                (Operand::Plain(Value::String(key.clone())), item)
            });
            self.iterate(branch, items)?
        } else if let Some(count) = value.as_int() {
            if branch.pipe.variables.len() > 1 {
                let text = super::print::printed(&value);
                return Err(self.error(format!("can't use {text} to iterate over more than one variable")));
            }
            let items = (0..count).map(|number| (Operand::Invalid, Operand::Plain(like(&value, number))));
            self.iterate(branch, items)?
        } else if value == Value::Nil {
            false
        } else {
            let text = super::print::printed(&value);
            return Err(self.error(format!("range can't iterate over {text}")));
        };
        let mut flow = Flow::Next;
        if let (false, Some(otherwise)) = (ran, &branch.otherwise) {
            flow = self.walk_list(dot, otherwise)?;
        }
        self.variables.truncate(before);
        Ok(flow)
    }

    /// Runs the body for each item; `false` if there was none.
    fn iterate(
        &mut self,
        branch: &'t Branch,
        items: impl Iterator<Item = (Operand, Operand)>,
    ) -> Evaluated<bool> {
        let mark = self.variables.len();
        let mut ran = false;
        for (index, item) in items {
            ran = true;
            self.passes += 1;
            if self.passes > PASSES {
                return Err(self.error(format!("range loops run more than {PASSES} times")));
            }
            match (&branch.pipe.variables[..], branch.pipe.assign) {
                ([only], true) => self.assign(only, item.clone())?,
                ([first, second, ..], true) => {
                    self.assign(first, index)?;
                    self.assign(second, item.clone())?;
                }
                ([], _) => {}
                (names, false) => {
                    if names.len() > 1 {
                        self.variables[mark - 2].1 = index;
                    }
                    self.variables[mark - 1].1 = item.clone();
                }
            }
            let flow = self.walk_list(&item, &branch.list)?;
            self.variables.truncate(mark);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(ran)
    }

    fn walk_template(&mut self, dot: &Operand, call: &'t Call) -> Evaluated<Flow> {
        self.at = (&call.place, call);
        let Some(definition) = self.tree.definitions.iter().find(|known| known.name == call.name) else {
            return Err(self.error(format!("template {} not defined", quote(&call.name))));
        };
        self.descend()?;
        let dot = match &call.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Operand::Invalid,
        };
        let variables = std::mem::replace(&mut self.variables, vec![("$", dot.clone())]);
        let executing = std::mem::replace(&mut self.executing, &definition.name);
        self.walk_list(&dot, &definition.body)?;
        self.variables = variables;
        self.executing = executing;
        self.depth -= 1;
        Ok(Flow::Next)
    }

    /// The value of a pipeline; its variables are declared or set.
    pub(super) fn pipeline(&mut self, dot: &Operand, pipe: &'t Pipe) -> Evaluated<Operand> {
        self.descend()?;
        self.at = (&pipe.place, pipe);
        let mut value = None;
        for command in &pipe.commands {
            value = Some(self.command(dot, command, value)?.unboxed());
        }
        let value = value.unwrap_or(Operand::Invalid);
        for name in &pipe.variables {
            if pipe.assign {
                self.assign(name, value.clone())?;
            } else {
                self.variables.push((name, value.clone()));
            }
        }
        self.depth -= 1;
        Ok(value)
    }

    fn assign(&mut self, name: &str, value: Operand) -> Evaluated<()> {
        match self.variables.iter_mut().rev().find(|(known, _)| *known == name) {
            Some((_, slot)) => {
                *slot = value;
                Ok(())
            }
            None => Err(self.error(format!("undefined variable: {name}"))),
        }
    }

    /// All variables as one map.
    pub(super) fn root(&self) -> &Value {
        self.root.get_or_init(|| Value::map(self.lookup.all()))
    }

    /// The value of an operand; nil for none.
    pub(super) fn value(&self, operand: Operand) -> Value {
        match operand {
            Operand::Invalid => Value::Nil,
            Operand::Root => self.root().clone(),
            Operand::Boxed(value) | Operand::Plain(value) => value,
        }
    }
}

/// `number` with the integer type of `value`.
fn like(value: &Value, number: i64) -> Value {
    use super::value::Typed;
    match value {
        Value::Typed(Typed::Int64(_)) => Value::Typed(Typed::Int64(number)),
        Value::Typed(Typed::Byte(_)) => Value::Typed(Typed::Byte(number.to_le_bytes()[0])),
        Value::Duration(_) => Value::Duration(number),
        _ => Value::Int(number),
    }
}

/// Removes `<no value>`, as go-task does after every run.
pub(super) fn without_no_value(out: String) -> String {
    if out.contains(NO_VALUE) { out.replace(NO_VALUE, "") } else { out }
}
