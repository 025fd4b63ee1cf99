//! What a name means where it is called: an argument, a definition of the program, a form of the language, a function of
//! the machine, or one of jq's own definitions.

use super::native;
use super::node::{Node, NodeId};
use super::parser::{Parsed, Parser};
use super::scope::Callee;
use super::value::Value;

impl Parser<'_> {
    /// After a name: its arguments, and what it means.
    pub(super) fn call(&mut self, name: &str, start: usize) -> Parsed<NodeId> {
        let mut arguments = Vec::new();
        if self.eat("(") {
            loop {
                arguments.push(self.pipe()?);
                if self.eat(")") {
                    break;
                }
                if !self.eat(";") {
                    return Err(self.unexpected(&[]));
                }
            }
        }
        self.resolve(name, arguments, start)
    }

    pub(super) fn variable(&mut self, name: &str, start: usize) -> Parsed<NodeId> {
        if let Some(up) = self.scope.variable(name) {
            return Ok(self.node(Node::Variable(up)));
        }
        if let Some(value) = (self.globals)(name) {
            return Ok(self.constant(value));
        }
        self.unknown(format!("${name} is not defined"), start);
        Ok(self.node(Node::Empty))
    }

    pub(super) fn resolve(&mut self, name: &str, arguments: Vec<NodeId>, start: usize) -> Parsed<NodeId> {
        let count = arguments.len();
        match (name, count) {
            ("true", 0) => return Ok(self.constant(true)),
            ("false", 0) => return Ok(self.constant(false)),
            ("null", 0) => return Ok(self.constant(Value::Null)),
            _ => {}
        }
        match self.scope.callee(name, count) {
            Some(Callee::Argument(up)) => return Ok(self.node(Node::Argument(up))),
            Some(Callee::Function(definition, up)) => {
                return Ok(self.node(Node::Call { definition, up, arguments }));
            }
            None => {}
        }
        if let Some(form) = self.form(name, &arguments) {
            return Ok(form);
        }
        if let Some(native) = native::find(name, count) {
            return Ok(self.node(Node::Native { native, arguments }));
        }
        if let Some(definition) = self.own_definition(name, count) {
            return Ok(self.node(Node::CallOwn { definition, arguments }));
        }
        self.unknown(format!("{name}/{count} is not defined"), start);
        Ok(self.node(Node::Empty))
    }

    /// What the machine has nodes for.
    fn form(&mut self, name: &str, arguments: &[NodeId]) -> Option<NodeId> {
        let node = match (name, arguments) {
            ("empty", []) => Node::Empty,
            ("path", [paths]) => Node::Path(*paths),
            ("_modify", [paths, update]) => Node::Modify { paths: *paths, update: *update },
            ("first", [generator]) => Node::First(*generator),
            ("getpath", [path]) => Node::GetPath(*path),
            ("_range", [from, upto, by]) => Node::Range { from: *from, upto: *upto, by: *by },
            _ => return None,
        };
        Some(self.node(node))
    }
}
