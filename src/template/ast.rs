//! The tree of a parsed template. Knows nothing of values; prints itself as Go's parse tree does,
//! because messages quote it.

use super::functions::Function;
use super::quote::quote;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// All templates that one text defines.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) root: List,
    pub(super) definitions: Vec<Definition>,
}

/// `{{define "name"}}` or `{{block "name"}}`.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) body: List,
}

pub(super) type List = Vec<Node>;

/// One step of a template.
#[derive(Debug)]
pub(super) enum Node {
    /// Text between actions, as bytes of the template.
    Text(Range<usize>),
    Action(Pipe),
    If(Branch),
    With(Branch),
    Range(Branch),
    Template(Call),
    Break,
    Continue,
}

/// `{{if}}`, `{{with}}` or `{{range}}` with what stands under it.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) pipe: Pipe,
    pub(super) list: List,
    pub(super) otherwise: Option<List>,
}

/// `{{template "name" pipe}}`.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) pipe: Option<Pipe>,
}

/// Where a node stands in the template text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The byte that Go's messages count lines and columns to; inside of a chain it is not its start.
    pub(super) position: usize,
    /// All of the node.
    pub(super) range: Range<usize>,
}

/// Commands joined with `|`, and the variables that the result is given to.
#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) place: Place,
    /// `=` rather than `:=`.
    pub(super) assign: bool,
    pub(super) variables: Vec<Box<str>>,
    pub(super) commands: Vec<Command>,
}

/// A function or a value, then arguments.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) place: Place,
    /// Never empty.
    pub(super) first: Term,
    pub(super) arguments: Vec<Term>,
}

/// One operand.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) place: Place,
    pub(super) kind: TermKind,
}

/// What an operand is.
#[derive(Debug)]
pub(super) enum TermKind {
    Bool(bool),
    /// `(pipe).A.B` or `f.A`
    Chain(Box<Term>, Vec<Box<str>>),
    Dot,
    /// `.A.B`
    Field(Vec<Box<str>>),
    Function(&'static Function),
    Nil,
    Number(Number),
    Pipe(Box<Pipe>),
    String {
        quoted: Box<str>,
        text: Arc<str>,
    },
    /// `$x.A`
    Variable(Box<str>, Vec<Box<str>>),
}

/// A number, which has no type until it is used.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    pub(super) text: Box<str>,
    pub(super) int: Option<i64>,
    pub(super) float: Option<f64>,
    /// Whether the spelling alone makes it a `float64`.
    pub(super) is_float: bool,
}

impl fmt::Display for Pipe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, variable) in self.variables.iter().enumerate() {
            out.write_str(if index == 0 { "" } else { ", " })?;
            out.write_str(variable)?;
        }
        if !self.variables.is_empty() {
            out.write_str(if self.assign { " = " } else { " := " })?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            write!(out, "{}{command}", if index == 0 { "" } else { " | " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.write_inside(out)?;
        self.arguments.iter().try_for_each(|argument| {
            out.write_str(" ")?;
            argument.write_inside(out)
        })
    }
}

impl Term {
    /// The term inside of a command or chain, where a pipeline needs its parentheses.
    fn write_inside(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TermKind::Pipe(pipe) => write!(out, "({pipe})"),
            _ => write!(out, "{self}"),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = |out: &mut fmt::Formatter<'_>, names: &[Box<str>]| {
            names.iter().try_for_each(|name| write!(out, ".{name}"))
        };
        match &self.kind {
            TermKind::Bool(value) => write!(out, "{value}"),
            TermKind::Chain(term, names) => {
                term.write_inside(out)?;
                fields(out, names)
            }
            TermKind::Dot => out.write_str("."),
            TermKind::Field(names) => fields(out, names),
            TermKind::Function(function) => out.write_str(function.name),
            TermKind::Nil => out.write_str("nil"),
            TermKind::Number(number) => out.write_str(&number.text),
            TermKind::Pipe(pipe) => write!(out, "{pipe}"),
            TermKind::String { quoted, .. } => out.write_str(quoted),
            TermKind::Variable(name, names) => {
                out.write_str(name)?;
                fields(out, names)
            }
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{{{{template {}", quote(&self.name))?;
        if let Some(pipe) = &self.pipe {
            write!(out, " {pipe}")?;
        }
        out.write_str("}}")
    }
}
