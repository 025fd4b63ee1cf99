//! Which variables a template names, and where. Looks at the tree only; nothing is evaluated.

use super::ast::{Branch, List, Node, Pipe, Term, TermKind, Tree};
use std::ops::Range;

/// A place where a template names a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use<'t> {
    /// The variable.
    pub name: &'t str,
    /// Where it is named, in bytes of the template.
    pub range: Range<usize>,
    /// The template has an answer for the case that the variable is not defined: it is a condition, or goes through
    /// `default` or its like.
    pub guarded: bool,
}

/// Functions that are given what may not be defined.
const GUARDS: &[&str] = &[
    "default", "coalesce", "empty", "not", "and", "or", "ternary", "eq", "ne", "kindIs", "kindOf", "typeIs",
    "typeOf", "any", "all",
];

/// Whether something asks for all variables as a whole: `.` or `$` alone.
pub(super) fn uses_all(tree: &Tree) -> bool {
    let mut found = Found { uses: Vec::new(), all: false };
    found.list(&tree.root, true, true);
    found.all
}

/// The uses of `.X` where `.` is all variables, and of `$.X`, in the order of the text.
pub(super) fn uses(tree: &Tree) -> Vec<Use<'_>> {
    let mut found = Found { uses: Vec::new(), all: false };
    found.list(&tree.root, true, true);
    for definition in &tree.definitions {
        // What `.` and `$` are in a definition depends on its callers.
        found.list(&definition.body, false, false);
    }
    found.uses
}

struct Found<'t> {
    uses: Vec<Use<'t>>,
    /// All variables are asked for as a whole.
    all: bool,
}

impl<'t> Found<'t> {
    /// `dot` and `dollar` tell whether they still are all variables.
    fn list(&mut self, list: &'t List, dot: bool, dollar: bool) {
        for node in list {
            match node {
                Node::Action(pipe) => self.pipe(pipe, dot, dollar, false),
                Node::If(branch) => self.branch(branch, dot, dot, dollar),
                Node::With(branch) | Node::Range(branch) => self.branch(branch, dot, false, dollar),
                Node::Template(call) => {
                    if let Some(pipe) = &call.pipe {
                        self.pipe(pipe, dot, dollar, false);
                    }
                }
                Node::Text(_) | Node::Break | Node::Continue => {}
            }
        }
    }

    fn branch(&mut self, branch: &'t Branch, dot: bool, inside: bool, dollar: bool) {
        self.pipe(&branch.pipe, dot, dollar, true);
        self.list(&branch.list, inside, dollar);
        if let Some(otherwise) = &branch.otherwise {
            self.list(otherwise, dot, dollar);
        }
    }

    fn pipe(&mut self, pipe: &'t Pipe, dot: bool, dollar: bool, guarded: bool) {
        let guards = |command: &super::ast::Command| match &command.first.kind {
            TermKind::Function(function) => GUARDS.contains(&function.name),
            _ => false,
        };
        let guarded = guarded || pipe.commands.iter().any(guards);
        for command in &pipe.commands {
            self.term(&command.first, dot, dollar, guarded);
            for argument in &command.arguments {
                self.term(argument, dot, dollar, guarded);
            }
        }
    }

    fn term(&mut self, term: &'t Term, dot: bool, dollar: bool, guarded: bool) {
        match &term.kind {
            TermKind::Field(names) if dot => self.add(names, term, guarded),
            TermKind::Variable(name, names) if dollar && **name == *"$" => self.add(names, term, guarded),
            TermKind::Dot => self.all |= dot,
            TermKind::Chain(term, _) => self.term(term, dot, dollar, guarded),
            TermKind::Pipe(pipe) => self.pipe(pipe, dot, dollar, guarded),
            _ => {}
        }
    }

    fn add(&mut self, names: &'t [Box<str>], term: &Term, guarded: bool) {
        let range = term.place.range.clone();
        self.all |= names.is_empty();
        self.uses.extend(names.first().map(|name| Use { name, range, guarded }));
    }
}
