//! What is done with a value once there is one: frames in a chain, shared by all that may still come back to them.

use super::environment::Environment;
use super::native::Native;
use super::node::NodeId;
use super::value::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The next thing to do.
pub(super) type Kont = Option<Rc<Frame>>;

/// The path that led to a value, while a path is asked for.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub(super) path: Rc<Vec<Value>>,
    pub(super) at: Value,
}

/// No path is asked for where there is none.
pub(super) type Tracked = Option<Track>;

/// A place that the machine comes back to with a value.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) step: Step,
    pub(super) next: Kont,
    /// How long the chain is.
    pub(super) depth: u32,
}

/// What an expression within another one is evaluated for, and with what.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) environment: Environment,
    pub(super) input: Value,
    pub(super) track: Tracked,
}

/// What is done with a value.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// It goes into a node.
    Pipe(NodeId, Environment),
    /// It is a key; the term comes next.
    Key {
        term: NodeId,
        place: Place,
    },
    /// It is what a key takes something out of.
    Index(Value),
    /// It is the start or the end of a slice; the rest comes next.
    SliceFrom {
        term: NodeId,
        upto: Option<NodeId>,
        place: Place,
    },
    SliceUpto {
        term: NodeId,
        from: Value,
        place: Place,
    },
    Iterate,
    /// It is an argument; those before it come next.
    Argument {
        native: Native,
        arguments: Rc<[NodeId]>,
        left: usize,
        taken: Vec<Value>,
        place: Place,
    },
    /// It is the last part of a string that is not yet there.
    Joined {
        parts: Rc<[NodeId]>,
        left: usize,
        tail: String,
        place: Place,
    },
    /// It is put into an array.
    Collect(Rc<RefCell<Vec<Value>>>),
    /// It is a key of an object, then the value to it.
    PairKey {
        pairs: Rc<[(NodeId, NodeId)]>,
        done: usize,
        object: Value,
        place: Place,
    },
    PairValue {
        pairs: Rc<[(NodeId, NodeId)]>,
        done: usize,
        object: Value,
        key: Value,
        place: Place,
    },
    If {
        then: NodeId,
        otherwise: NodeId,
        place: Place,
    },
    And {
        right: NodeId,
        place: Place,
    },
    Or {
        right: NodeId,
        place: Place,
    },
    Truth(Tracked),
    /// Only what is true passes.
    Alternative(Rc<Cell<bool>>),
    Bind {
        body: NodeId,
        place: Place,
    },
    /// It leaves what `try` guards.
    LeaveTry(u64),
    /// It is the first state of `reduce` or `foreach`.
    Init {
        source: NodeId,
        body: NodeId,
        is_reduce: bool,
        place: Place,
    },
    /// It is an item of the source.
    Item {
        state: Rc<RefCell<Value>>,
        body: NodeId,
        environment: Environment,
        input: Value,
    },
    /// It is the new state.
    StoreState(Rc<RefCell<Value>>),
    EmitState {
        state: Rc<RefCell<Value>>,
        extract: NodeId,
        environment: Environment,
    },
    /// It is where a path led to.
    PathEnd(Tracked),
    /// It is where a path to change led to.
    Modify {
        root: Rc<RefCell<Value>>,
        update: NodeId,
        environment: Environment,
    },
    Modified {
        root: Rc<RefCell<Value>>,
        path: Rc<Vec<Value>>,
        mark: u64,
    },
    /// It is the first one, and all others are given up.
    First(u64),
    /// It is the path to take.
    GetPath(Place),
}

impl Drop for Frame {
    /// Chains grow as long as a program recurses: they are taken apart one by one.
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(frame) = next {
            match Rc::into_inner(frame) {
                Some(mut frame) => next = frame.next.take(),
                None => break,
            }
        }
    }
}
