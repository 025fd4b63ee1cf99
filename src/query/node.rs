//! A compiled program: nodes in a row that name each other by number, with every name resolved. What runs it is the
//! machine.

use super::native::Native;
use super::value::Value;

/// The number of a node.
pub(super) type NodeId = u32;
/// The number of a definition.
pub(super) type DefinitionId = u32;
/// How many entries of the environment lie above the one meant.
pub(super) type Up = u32;

/// What a program is made of.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// `.`
    Identity,
    /// A literal.
    Constant(Value),
    /// `$name`
    Variable(Up),
    /// `a | b`
    Pipe(NodeId, NodeId),
    /// `a, b`
    Comma(Vec<NodeId>),
    /// `term[key]`
    Index { term: NodeId, key: NodeId },
    /// `term[from:upto]`
    Slice { term: NodeId, from: Option<NodeId>, upto: Option<NodeId> },
    /// `term[]`
    Iterate(NodeId),
    /// `[a]`
    Collect(Option<NodeId>),
    /// `{a: b}`
    Object(Vec<(NodeId, NodeId)>),
    /// Strings joined, the last one being evaluated first.
    Join(Vec<NodeId>),
    /// `try a catch b`
    Try { body: NodeId, handler: Option<NodeId> },
    /// `a // b`
    Alternative(NodeId, NodeId),
    /// `a and b`
    And(NodeId, NodeId),
    /// `a or b`
    Or(NodeId, NodeId),
    /// `if a then b else c end`
    If { condition: NodeId, then: NodeId, otherwise: NodeId },
    /// `a as $x | b`: the value becomes an entry.
    Bind { source: NodeId, body: NodeId },
    /// `P1 ?// P2`: the next one is tried when one fails.
    Alternatives(Vec<NodeId>),
    /// What was written before the newest entry of the environment was there.
    Outer(NodeId),
    /// `reduce a as P (b; c)`: the value and the state become entries.
    Reduce { source: NodeId, init: NodeId, body: NodeId },
    /// `foreach a as P (b; c; d)`
    Foreach { source: NodeId, init: NodeId, body: NodeId },
    /// Within `reduce` and `foreach`: takes the state, and gives what is made of it back.
    State { up: Up, update: NodeId, extract: Option<NodeId> },
    /// `label $x | a`
    Label(NodeId),
    /// `break $x`
    Break(Up),
    /// `def ...; a`: the definition becomes an entry.
    Define(NodeId),
    /// A call of a definition that is an entry.
    Call { definition: DefinitionId, up: Up, arguments: Vec<NodeId> },
    /// A call of one of jq's own definitions.
    CallOwn { definition: DefinitionId, arguments: Vec<NodeId> },
    /// A call of an argument that is not a value.
    Argument(Up),
    /// A function of the machine, with its arguments as values.
    Native { native: Native, arguments: Vec<NodeId> },
    /// `path(a)`
    Path(NodeId),
    /// `paths |= update`
    Modify { paths: NodeId, update: NodeId },
    /// `first(a)`
    First(NodeId),
    /// `range(a; b; c)` of values
    Range { from: NodeId, upto: NodeId, by: NodeId },
    /// `getpath(a)`, which also is a path
    GetPath(NodeId),
    /// `empty`
    Empty,
}

/// A function.
#[derive(Debug, Clone, Copy)]
pub(super) struct Definition {
    pub(super) body: NodeId,
    /// One value, as it is used, which its body does not tell.
    pub(super) gives_one: bool,
}

/// A program that is ready to run; the empty one gives nothing.
#[derive(Debug, Clone, Default)]
pub struct Program {
    pub(super) nodes: Vec<Node>,
    pub(super) definitions: Vec<Definition>,
    pub(super) main: NodeId,
}
