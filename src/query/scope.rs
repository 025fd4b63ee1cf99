//! What names mean where they are written: the entries of the environment, as the machine will have them.

use super::node::{DefinitionId, NodeId, Up};
use std::collections::HashSet;

/// An entry of the environment.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    /// A value with a name.
    Variable(String),
    /// A value of an argument, and the node that gives it.
    Bound { name: String, source: NodeId },
    /// A function.
    Function { name: String, arity: usize, definition: DefinitionId },
    /// An argument that is a program.
    Argument(String),
    /// Where `break` goes.
    Label(String),
    /// A value without a name.
    Unnamed,
}

/// What a function's name means.
pub(super) enum Callee {
    Function(DefinitionId, Up),
    Argument(Up),
}

/// All entries, the newest last.
#[derive(Debug, Default)]
pub(super) struct Scope {
    entries: Vec<Entry>,
    owner: Option<DefinitionId>,
    calls: Vec<(Option<DefinitionId>, DefinitionId)>,
}

impl Scope {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.entries.truncate(length);
    }

    /// Takes the newest entries off, newest first, and gives the nodes of those that are arguments' values.
    pub(super) fn pop_bound(&mut self, count: usize) -> Vec<NodeId> {
        let from = self.entries.len().saturating_sub(count);
        let taken = self.entries.drain(from..).rev();
        taken
            .filter_map(|entry| if let Entry::Bound { source, .. } = entry { Some(source) } else { None })
            .collect()
    }

    fn up(&self, index: usize) -> Up {
        Up::try_from(self.entries.len() - 1 - index).unwrap_or(0)
    }

    /// How far above the newest entry the one at `index` lies.
    pub(super) fn up_to(&self, index: usize) -> Up {
        self.up(index.min(self.entries.len().saturating_sub(1)))
    }

    pub(super) fn variable(&self, wanted: &str) -> Option<Up> {
        let is = |entry: &Entry| matches!(entry, Entry::Variable(name) | Entry::Bound { name, .. } if name == wanted);
        self.entries.iter().rposition(is).map(|index| self.up(index))
    }

    pub(super) fn label(&self, wanted: &str) -> Option<Up> {
        let is = |entry: &Entry| matches!(entry, Entry::Label(name) if name == wanted);
        self.entries.iter().rposition(is).map(|index| self.up(index))
    }

    /// What a call means; takes note of it.
    pub(super) fn callee(&mut self, wanted: &str, count: usize) -> Option<Callee> {
        for (index, entry) in self.entries.iter().enumerate().rev() {
            match entry {
                Entry::Argument(name) if count == 0 && name == wanted => {
                    return Some(Callee::Argument(self.up(index)));
                }
                Entry::Function { name, arity, definition } if *arity == count && name == wanted => {
                    let (definition, up) = (*definition, self.up(index));
                    self.calls.push((self.owner, definition));
                    return Some(Callee::Function(definition, up));
                }
                _ => {}
            }
        }
        None
    }

    /// The definition that is being read.
    pub(super) fn owner(&self) -> Option<DefinitionId> {
        self.owner
    }

    pub(super) fn enter(&mut self, definition: DefinitionId) -> Option<DefinitionId> {
        self.owner.replace(definition)
    }

    pub(super) fn leave(&mut self, owner: Option<DefinitionId>) {
        self.owner = owner;
    }

    /// The definitions that the program may call. Mistakes in others are none.
    pub(super) fn reachable(&self) -> HashSet<DefinitionId> {
        let mut reachable = HashSet::new();
        let mut before = usize::MAX;
        while before != reachable.len() {
            before = reachable.len();
            for (from, to) in &self.calls {
                if from.is_none_or(|from| reachable.contains(&from)) {
                    reachable.insert(*to);
                }
            }
        }
        reachable
    }
}
