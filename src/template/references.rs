//! Which variables a template names. Looks at the tree only; nothing is evaluated.

use super::ast::{Branch, List, Node, Pipe, Term, TermKind, Tree};
use indexmap::IndexSet;

/// The names of `.X` where `.` is all variables, and of `$.X`, each once.
pub(super) fn references(tree: &Tree) -> Vec<&str> {
    let mut found = Found { names: IndexSet::new() };
    found.list(&tree.root, true, true);
    for definition in &tree.definitions {
        // What `.` and `$` are in a definition depends on its callers.
        found.list(&definition.body, false, false);
    }
    found.names.into_iter().collect()
}

struct Found<'t> {
    names: IndexSet<&'t str>,
}

impl<'t> Found<'t> {
    /// `dot` and `dollar` tell whether they still are all variables.
    fn list(&mut self, list: &'t List, dot: bool, dollar: bool) {
        for node in list {
            match node {
                Node::Action(pipe) => self.pipe(pipe, dot, dollar),
                Node::If(branch) => self.branch(branch, dot, dot, dollar),
                Node::With(branch) | Node::Range(branch) => self.branch(branch, dot, false, dollar),
                Node::Template(call) => {
                    if let Some(pipe) = &call.pipe {
                        self.pipe(pipe, dot, dollar);
                    }
                }
                Node::Text(_) | Node::Break | Node::Continue => {}
            }
        }
    }

    fn branch(&mut self, branch: &'t Branch, dot: bool, inside: bool, dollar: bool) {
        self.pipe(&branch.pipe, dot, dollar);
        self.list(&branch.list, inside, dollar);
        if let Some(otherwise) = &branch.otherwise {
            self.list(otherwise, dot, dollar);
        }
    }

    fn pipe(&mut self, pipe: &'t Pipe, dot: bool, dollar: bool) {
        for command in &pipe.commands {
            self.term(&command.first, dot, dollar);
            for argument in &command.arguments {
                self.term(argument, dot, dollar);
            }
        }
    }

    fn term(&mut self, term: &'t Term, dot: bool, dollar: bool) {
        match &term.kind {
            TermKind::Field(names) if dot => self.names.extend(names.first().map(|name| &**name)),
            TermKind::Variable(name, names) if dollar && **name == *"$" => {
                self.names.extend(names.first().map(|name| &**name));
            }
            TermKind::Chain(term, _) => self.term(term, dot, dollar),
            TermKind::Pipe(pipe) => self.pipe(pipe, dot, dollar),
            _ => {}
        }
    }
}
