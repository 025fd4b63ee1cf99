//! Evaluates commands: operands, fields, arguments and calls, with Go's checks of types.
//! Knows functions only by their signatures.

use super::ast::{Command, Number, Place, Term, TermKind};
use super::error::TemplateError;
use super::eval::{Evaluated, Evaluator};
use super::functions::{Call, Function, Type, method};
use super::operand::Operand;
use super::print::printed;
use super::value::{Map, Value};
use std::fmt::Display;
use std::sync::Arc;

impl<'t> Evaluator<'t> {
    /// The value of one command of a pipeline; `last` is that of the command before it.
    pub(super) fn command(
        &mut self,
        dot: &Operand,
        command: &'t Command,
        last: Option<Operand>,
    ) -> Evaluated<Operand> {
        let (first, arguments) = (&command.first, &command.arguments[..]);
        match &first.kind {
            TermKind::Field(names) => {
                self.stand_at(first);
                return self.fields(dot, dot.clone(), first, names, arguments, last);
            }
            TermKind::Chain(term, names) => return self.chain(dot, first, term, names, arguments, last),
            TermKind::Function(function) => {
                self.stand_at(first);
                return self.call(dot, function, (&command.place, command), None, arguments, last);
            }
            TermKind::Variable(name, names) if !names.is_empty() => {
                self.stand_at(first);
                let value = self.variable(name)?;
                return self.fields(dot, value, first, names, arguments, last);
            }
            // Parentheses are no place of their own in Go's messages.
            TermKind::Pipe(_) => {}
            _ => self.stand_at(first),
        }
        if !arguments.is_empty() || last.is_some() {
            return Err(self.error(format!("can't give argument to non-function {first}")));
        }
        match &first.kind {
            TermKind::Pipe(pipe) => self.pipeline(dot, pipe),
            TermKind::Variable(name, _) => self.variable(name),
            TermKind::Nil => Err(self.error("nil is not a command")),
            _ => self.literal(dot, first),
        }
    }

    fn stand_at(&mut self, term: &'t Term) {
        self.at = (&term.place, term);
    }

    /// A term whose value needs no evaluation.
    fn literal(&mut self, dot: &Operand, term: &'t Term) -> Evaluated<Operand> {
        Ok(match &term.kind {
            TermKind::Bool(value) => Operand::Plain(Value::Bool(*value)),
            TermKind::Number(number) => Operand::Plain(self.constant(number)?),
            TermKind::String { text, .. } => Operand::Plain(Value::String(Arc::clone(text))),
            _ => dot.clone(),
        })
    }

    /// A number where no type is asked for: its spelling decides.
    fn constant(&self, number: &Number) -> Evaluated<Value> {
        match (number.is_float, number.float, number.int) {
            (true, Some(float), _) => Ok(Value::Float(float)),
            (_, _, Some(int)) => Ok(Value::Int(int)),
            _ => Err(self.error(format!("{} overflows int", number.text))),
        }
    }

    fn variable(&self, name: &str) -> Evaluated<Operand> {
        let found = self.variables.iter().rev().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone()).ok_or_else(|| self.error(format!("undefined variable: {name}")))
    }

    fn chain(
        &mut self,
        dot: &Operand,
        chain: &'t Term,
        term: &'t Term,
        names: &'t [Box<str>],
        arguments: &'t [Term],
        last: Option<Operand>,
    ) -> Evaluated<Operand> {
        self.stand_at(chain);
        if let TermKind::Nil = term.kind {
            return Err(self.error(format!("indirection through explicit nil in {chain}")));
        }
        let value = self.operand(dot, term)?;
        self.fields(dot, value, chain, names, arguments, last)
    }

    /// The value of a term that is an argument, whatever its type.
    fn operand(&mut self, dot: &Operand, term: &'t Term) -> Evaluated<Operand> {
        self.stand_at(term);
        match &term.kind {
            TermKind::Field(names) => self.fields(dot, dot.clone(), term, names, &[], None),
            TermKind::Variable(name, names) => {
                let value = self.variable(name)?;
                if names.is_empty() {
                    return Ok(value);
                }
                self.fields(dot, value, term, names, &[], None)
            }
            TermKind::Pipe(pipe) => self.pipeline(dot, pipe),
            TermKind::Function(function) => self.call(dot, function, (&term.place, term), None, &[], None),
            TermKind::Chain(inner, names) => self.chain(dot, term, inner, names, &[], None),
            _ => self.literal(dot, term),
        }
    }

    /// `.A.B.C` of a receiver; the last of them takes the arguments, if it is a method.
    fn fields(
        &mut self,
        dot: &Operand,
        mut receiver: Operand,
        node: &'t Term,
        names: &'t [Box<str>],
        arguments: &'t [Term],
        mut last: Option<Operand>,
    ) -> Evaluated<Operand> {
        for (index, name) in names.iter().enumerate() {
            let (arguments, last) =
                if index + 1 == names.len() { (arguments, last.take()) } else { (&[][..], None) };
            receiver = self.field(dot, receiver, node, name, arguments, last)?;
        }
        Ok(receiver)
    }

    fn field(
        &mut self,
        dot: &Operand,
        receiver: Operand,
        node: &'t Term,
        name: &'t str,
        arguments: &'t [Term],
        last: Option<Operand>,
    ) -> Evaluated<Operand> {
        let has_arguments = !arguments.is_empty() || last.is_some();
        let (value, boxed) = match receiver {
            Operand::Invalid => return Ok(Operand::Invalid),
            Operand::Root => {
                self.refuse_arguments(has_arguments, name)?;
                return Ok(self.root_field(name));
            }
            Operand::Boxed(value) => (value, true),
            Operand::Plain(value) => (value, false),
        };
        if value == Value::Nil {
            let error = self.error(format!("nil pointer evaluating interface {{}}.{name}"));
            return Err(about(node, error));
        }
        if let Some(function) = method(&value, name) {
            return self.call(dot, function, (&node.place, node), Some(value), arguments, last);
        }
        if let Some(map) = self.overlay.current(&value).as_map() {
            self.refuse_arguments(has_arguments, name)?;
            return Ok(found(map, name, matches!(value, Value::Map(_))));
        }
        let kind = if boxed { "interface {}" } else { value.type_name() };
        Err(about(node, self.error(format!("can't evaluate field {name} in type {kind}"))))
    }

    fn root_field(&self, name: &str) -> Operand {
        // Once `.` is a map it may have been changed by `set`.
        if let Some(root) = self.root.get()
            && let Some(map) = self.overlay.current(root).as_map()
        {
            return found(map, name, true);
        }
        self.lookup.get(name).map_or(Operand::Invalid, Operand::Boxed)
    }

    fn refuse_arguments(&self, has_arguments: bool, name: &str) -> Evaluated<()> {
        if has_arguments {
            return Err(self.error(format!("{name} is not a method but has arguments")));
        }
        Ok(())
    }

    /// Calls a function, or a method where there is a receiver.
    fn call(
        &mut self,
        dot: &Operand,
        function: &'static Function,
        node: (&'t Place, &'t dyn Display),
        receiver: Option<Value>,
        arguments: &'t [Term],
        last: Option<Operand>,
    ) -> Evaluated<Operand> {
        self.check_count(function, arguments.len(), last.is_some())?;
        if let Call::And | Call::Or = function.call {
            return self.short_circuit(dot, matches!(function.call, Call::Or), arguments, last);
        }
        let mut values = Vec::with_capacity(arguments.len() + 2);
        values.extend(receiver);
        for (index, argument) in arguments.iter().enumerate() {
            values.push(self.argument(dot, function.parameter(index), argument)?);
        }
        if let Some(last) = last {
            values.push(self.validate(last, function.parameter(arguments.len()))?);
        }
        let result = match function.call {
            Call::Set | Call::Unset => self.change(&values, matches!(function.call, Call::Set)),
            Call::Function(function) => {
                for value in &mut values {
                    *value = self.overlay.resolve(std::mem::take(value));
                }
                function(&values)
            }
            Call::And | Call::Or => Ok(Value::Nil),
            Call::Uncallable => Err(match (&values[0], arguments.first()) {
                (Value::Nil, _) => "call of nil".to_owned(),
                (value, Some(term)) => format!("non-function {term} of type {}", value.type_name()),
                (value, None) => format!("non-function {} of type {}", printed(value), value.type_name()),
            }),
        };
        match result {
            Ok(value) => Ok(Operand::plain(value)),
            Err(message) => {
                self.at = node;
                Err(self.error(format!("error calling {}: {message}", function.name)))
            }
        }
    }

    fn check_count(&self, function: &Function, arguments: usize, piped: bool) -> Evaluated<()> {
        let (given, name) = (arguments + usize::from(piped), function.name);
        let wanted = function.parameters.len();
        if function.variadic && given + 1 < wanted {
            let least = wanted - 1;
            let message = format!("wrong number of args for {name}: want at least {least} got {arguments}");
            return Err(self.error(message));
        }
        if !function.variadic && given != wanted {
            return Err(self.error(format!("wrong number of args for {name}: want {wanted} got {given}")));
        }
        Ok(())
    }

    /// `and` and `or`: arguments after the one that decides are not evaluated.
    fn short_circuit(
        &mut self,
        dot: &Operand,
        or: bool,
        arguments: &'t [Term],
        last: Option<Operand>,
    ) -> Evaluated<Operand> {
        let mut value = Value::Nil;
        for argument in arguments {
            value = self.argument(dot, Type::Reflect, argument)?;
            if self.overlay.current(&value).is_true() == or {
                return Ok(Operand::plain(value));
            }
        }
        Ok(last.unwrap_or_else(|| Operand::plain(value)))
    }

    /// `set` and `unset` change a map that other names may share.
    fn change(&mut self, values: &[Value], set: bool) -> Result<Value, String> {
        let [Value::Map(map), Value::String(key), rest @ ..] = values else {
            return if set {
                Err("assignment to entry in nil map".to_owned())
            } else {
                Ok(Value::map(Map::new()))
            };
        };
        let value = rest.first().map(|value| self.overlay.resolve(value.clone()));
        if let Some(value) = &value {
            super::limit::check_nesting(value)?;
        }
        self.overlay.change(map, key, if set { Some(value.unwrap_or_default()) } else { None });
        Ok(values[0].clone())
    }

    /// One argument, checked against the type of its parameter.
    fn argument(&mut self, dot: &Operand, kind: Type, term: &'t Term) -> Evaluated<Value> {
        self.stand_at(term);
        match (&term.kind, kind) {
            (TermKind::Nil, _) if kind.can_be_nil() => Ok(Value::Nil),
            (TermKind::Nil, _) => Err(self.error(format!("cannot assign nil to {}", kind.name()))),
            (
                TermKind::Dot
                | TermKind::Field(_)
                | TermKind::Variable(..)
                | TermKind::Pipe(_)
                | TermKind::Function(_)
                | TermKind::Chain(..),
                _,
            ) => {
                let operand = self.operand(dot, term)?;
                self.validate(operand, kind).map_err(|error| about(term, error))
            }
            (
                TermKind::Bool(_) | TermKind::Number(_) | TermKind::String { .. },
                Type::Any | Type::Reflect,
            ) => {
                let operand = self.literal(dot, term)?;
                Ok(self.value(operand))
            }
            (TermKind::Bool(value), Type::Bool) => Ok(Value::Bool(*value)),
            (TermKind::String { text, .. }, Type::String) => Ok(Value::String(Arc::clone(text))),
            (TermKind::Number(Number { int: Some(int), .. }), Type::Int) => Ok(Value::Int(*int)),
            (TermKind::Number(Number { int: Some(int), .. }), Type::Duration) => Ok(Value::Duration(*int)),
            (TermKind::Number(Number { float: Some(float), .. }), Type::Float) => Ok(Value::Float(*float)),
            (_, Type::Bool) => Err(self.error(format!("expected bool; found {term}"))),
            (_, Type::String) => Err(self.error(format!("expected string; found {term}"))),
            (_, Type::Int | Type::Duration) => Err(self.error(format!("expected integer; found {term}"))),
            (_, Type::Float) => Err(self.error(format!("expected float; found {term}"))),
            (_, kind) => Err(self.error(format!("can't handle {term} for arg of type {}", kind.name()))),
        }
    }

    /// The value, if its type fits the parameter.
    fn validate(&self, operand: Operand, kind: Type) -> Evaluated<Value> {
        let name = kind.name();
        let value = match operand {
            Operand::Invalid if kind.can_be_nil() => return Ok(Value::Nil),
            Operand::Invalid => return Err(self.error(format!("invalid value; expected {name}"))),
            operand => self.value(operand),
        };
        let fits = match kind {
            Type::Any | Type::Reflect => true,
            Type::String => matches!(value, Value::String(_)),
            Type::Int => matches!(value, Value::Int(_)),
            Type::Float => matches!(value, Value::Float(_)),
            Type::Bool => matches!(value, Value::Bool(_)),
            Type::Map => matches!(value, Value::Map(_)),
            Type::Time => matches!(value, Value::Time(_)),
            Type::Duration => matches!(value, Value::Duration(_)),
        };
        if fits {
            return Ok(value);
        }
        let got = if value == Value::Nil { "interface {}" } else { value.type_name() };
        Err(self.error(format!("wrong type for value; expected {name}; got {got}")))
    }
}

/// The error with the whole term underlined: Go's words may name only the part evaluated last.
fn about(term: &Term, error: TemplateError) -> TemplateError {
    TemplateError { range: Some(term.place.range.clone()), ..error }
}

fn found(map: &Map, name: &str, boxed: bool) -> Operand {
    match map.get(name) {
        None => Operand::Invalid,
        Some(value) if boxed => Operand::Boxed(value.clone()),
        Some(value) => Operand::Plain(value.clone()),
    }
}
