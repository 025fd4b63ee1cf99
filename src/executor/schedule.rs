//! Which node of a plan may start, and what an end means for those after it. A state machine that runs nothing, knows
//! no threads and no clock: the coordinator asks it what to start and tells it what ended.
//!
//! Each node and each edge is looked at a constant number of times.

use crate::plan::{EdgeKind, NodeId, Plan, PoolId};
use std::collections::{HashMap, VecDeque};

/// How a node that was started ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It did what it should.
    Succeeded,
    /// There was nothing to do for it, or it cannot be done here; what follows goes on.
    NotApplicable,
    /// It did not do what it should.
    Failed,
    /// It was stopped.
    Cancelled,
}

/// How a node ended that was never started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unstarted {
    /// A node that had to succeed did not. The cause is a node that was started, or cancelled: the first one of a chain
    /// of skipped nodes, and the lowest of several.
    Skipped {
        /// The node that did not succeed.
        because: NodeId,
    },
    /// The run was stopped.
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nodes before it have not all ended.
    Waiting,
    /// Nothing is missing but a place in a pool.
    Parked,
    /// Nothing is missing; it has its places.
    Ready,
    /// It was given out.
    Running,
    /// It has ended.
    Ended,
}

#[derive(Debug)]
struct PoolState {
    limit: usize,
    /// Places taken, by nodes that run or stand in the queue.
    taken: usize,
}

/// Nodes that need a place in the same pools. All places of a node are taken together or none: nobody holds one while it
/// waits for another, so that nobody waits for ever.
#[derive(Debug, Default)]
struct Class {
    /// Places in `Schedule::pools`, without those that have no limit.
    pools: Vec<usize>,
    /// Nodes that wait for their places, each with its turn: first come first served.
    parked: VecDeque<(u64, NodeId)>,
}

/// The state of every node of a plan.
#[derive(Debug)]
pub struct Schedule<'p> {
    plan: &'p Plan,
    states: Vec<State>,
    /// Edges from nodes that have not ended.
    missing: Vec<u32>,
    /// The lowest node before it that did not succeed though it had to.
    blocked: Vec<Option<NodeId>>,
    /// The limited pools.
    pools: Vec<PoolState>,
    classes: Vec<Class>,
    /// Of each node.
    class_of: Vec<usize>,
    /// The next turn.
    turn: u64,
    /// Nodes that may start now, in the order in which they could.
    queue: VecDeque<NodeId>,
    /// Ends of nodes that were never started, not yet told.
    unstarted: VecDeque<(NodeId, Unstarted)>,
    /// Nodes whose last predecessor has ended, to be looked at: a queue in place of recursion.
    freed: VecDeque<NodeId>,
    at_once: usize,
    running: usize,
    left: usize,
    /// After a cancel, until all that ran then has ended: what outlives the cancel tells of it and must wait.
    draining: bool,
}

impl<'p> Schedule<'p> {
    /// The schedule of a plan of which nothing has begun. At most `at_once` nodes (at least one) run at once, whatever
    /// their pools allow.
    #[must_use]
    pub fn new(plan: &'p Plan, at_once: usize) -> Self {
        let (pools, classes, class_of) = classes(plan);
        let missing = plan.indegrees();
        let mut schedule = Self {
            plan,
            states: vec![State::Waiting; plan.nodes.len()],
            blocked: vec![None; plan.nodes.len()],
            pools,
            classes,
            class_of,
            turn: 0,
            queue: VecDeque::new(),
            unstarted: VecDeque::new(),
            freed: plan.ids().zip(&missing).filter(|(_, missing)| **missing == 0).map(|(id, _)| id).collect(),
            missing,
            at_once: at_once.max(1),
            running: 0,
            left: plan.nodes.len(),
            draining: false,
        };
        schedule.settle();
        schedule
    }

    /// The next node to run, which counts as running from now on.
    pub fn start(&mut self) -> Option<NodeId> {
        if self.draining || self.running >= self.at_once {
            return None;
        }
        loop {
            let id = self.queue.pop_front()?;
            // A cancelled node may still stand in the queue.
            if self.states.get(id.0 as usize) == Some(&State::Ready) {
                self.states[id.0 as usize] = State::Running;
                self.running += 1;
                return Some(id);
            }
        }
    }

    /// Tells how a running node ended. For a node that does not run, nothing happens.
    pub fn finish(&mut self, id: NodeId, ended: Ended) {
        if self.states.get(id.0 as usize) != Some(&State::Running) {
            return;
        }
        self.running -= 1;
        self.leave(id);
        self.unpark();
        let succeeded = matches!(ended, Ended::Succeeded | Ended::NotApplicable);
        self.end(id, (!succeeded).then_some(id));
        self.settle();
    }

    /// Starts nothing new: what has not started is cancelled, except what outlives a cancel. What runs is waited for.
    pub fn cancel(&mut self) {
        self.draining = true;
        for id in self.plan.ids() {
            if self.plan.node(id).is_some_and(|node| node.kind.outlives_cancel()) {
                continue;
            }
            match self.states.get(id.0 as usize) {
                Some(State::Waiting | State::Parked) => {}
                Some(State::Ready) => self.leave(id),
                _ => continue,
            }
            self.unstarted.push_back((id, Unstarted::Cancelled));
            self.end(id, Some(id));
        }
        for class in &mut self.classes {
            class.parked.retain(|(_, id)| self.states.get(id.0 as usize) == Some(&State::Parked));
        }
        self.unpark();
        self.settle();
    }

    /// The next node that ended without being started.
    pub fn next_unstarted(&mut self) -> Option<(NodeId, Unstarted)> {
        self.unstarted.pop_front()
    }

    /// How many nodes run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running
    }

    /// Whether every node has ended.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.left == 0
    }

    /// Marks a node as ended and tells those after it. `cause` is who is to blame, if it did not succeed.
    fn end(&mut self, id: NodeId, cause: Option<NodeId>) {
        self.states[id.0 as usize] = State::Ended;
        self.left -= 1;
        for edge in self.plan.edges(id) {
            let to = edge.to.0 as usize;
            if edge.kind == EdgeKind::Success
                && let Some(cause) = cause
            {
                let blocked = &mut self.blocked[to];
                *blocked = Some(blocked.map_or(cause, |other| other.min(cause)));
            }
            self.missing[to] -= 1;
            if self.missing[to] == 0 && self.states[to] == State::Waiting {
                self.freed.push_back(edge.to);
            }
        }
    }

    /// Decides about nodes that wait for nothing any more.
    fn settle(&mut self) {
        self.draining &= self.running > 0;
        if self.draining {
            return;
        }
        while let Some(id) = self.freed.pop_front() {
            let at = id.0 as usize;
            if self.states[at] != State::Waiting {
                continue;
            }
            if let Some(because) = self.blocked[at] {
                self.unstarted.push_back((id, Unstarted::Skipped { because }));
                self.end(id, Some(because));
                continue;
            }
            let class = self.class_of[at];
            if self.enter(class) {
                self.states[at] = State::Ready;
                self.queue.push_back(id);
            } else {
                self.states[at] = State::Parked;
                self.classes[class].parked.push_back((self.turn, id));
                self.turn += 1;
            }
        }
    }

    /// Takes a place in every pool of a class, if all of them have one.
    fn enter(&mut self, class: usize) -> bool {
        let Self { classes, pools, .. } = self;
        let wanted = &classes[class].pools;
        let has_place = wanted.iter().all(|pool| pools[*pool].has_place());
        if has_place {
            wanted.iter().for_each(|pool| pools[*pool].taken += 1);
        }
        has_place
    }

    /// Gives a node's places back.
    fn leave(&mut self, id: NodeId) {
        let Self { classes, pools, .. } = self;
        classes[self.class_of[id.0 as usize]].pools.iter().for_each(|pool| pools[*pool].taken -= 1);
    }

    /// Gives free places to nodes that wait for them, each time to the one that came first of those that can go.
    fn unpark(&mut self) {
        loop {
            let can_go = |(_, class): &(usize, &Class)| {
                !class.parked.is_empty() && class.pools.iter().all(|pool| self.pools[*pool].has_place())
            };
            let waiting = self.classes.iter().enumerate().filter(can_go);
            let next = waiting.min_by_key(|(_, class)| class.parked.front().map(|(turn, _)| *turn));
            let Some((class, _)) = next else { return };
            let Some((_, id)) = self.classes[class].parked.pop_front() else { return };
            self.enter(class);
            self.states[id.0 as usize] = State::Ready;
            self.queue.push_back(id);
        }
    }
}

impl PoolState {
    /// Whether one more may run. A limit of 0 is taken as 1: nothing would ever end otherwise.
    fn has_place(&self) -> bool {
        self.taken < self.limit.max(1)
    }
}

/// The limited pools of a plan, the classes of its nodes, and each node's class.
fn classes(plan: &Plan) -> (Vec<PoolState>, Vec<Class>, Vec<usize>) {
    let mut pools = Vec::new();
    let mut at: Vec<Option<usize>> = Vec::with_capacity(plan.pools.len());
    for pool in &plan.pools {
        at.push(pool.limit.map(|limit| {
            pools.push(PoolState { limit, taken: 0 });
            pools.len() - 1
        }));
    }
    let mut classes: Vec<Class> = Vec::new();
    let mut found: HashMap<(Option<PoolId>, &[PoolId]), usize> = HashMap::new();
    let mut class_of = Vec::with_capacity(plan.nodes.len());
    for node in &plan.nodes {
        let class = *found.entry((node.pool, &*node.tag_pools)).or_insert_with(|| {
            let limited = node.pools().filter_map(|pool| at.get(pool.0 as usize).copied().flatten());
            let mut pools: Vec<usize> = limited.collect();
            pools.sort_unstable();
            pools.dedup();
            classes.push(Class { pools, ..Class::default() });
            classes.len() - 1
        });
        class_of.push(class);
    }
    (pools, classes, class_of)
}
