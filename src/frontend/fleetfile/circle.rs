//! Circles in a graph of numbers: one for each strongly connected part. Knows nothing of what the numbers stand for.
//! Neither pass recurses, so that a long chain does not end the stack.

/// For each strongly connected part with a node that `through` holds for, the edges of one circle through such a node,
/// in their order, as indices into `edges`.
pub(super) fn circles(
    count: usize,
    edges: &[(usize, usize)],
    through: impl Fn(usize) -> bool,
) -> Vec<Vec<usize>> {
    let out = Rows::new(count, edges);
    let parts = parts(count, edges, &out);
    let mut told = vec![false; count];
    let mut found = Vec::new();
    for node in 0..count {
        let part = parts[node];
        if told[part] || !through(node) {
            continue;
        }
        if let Some(circle) = circle_from(node, edges, &out, &parts) {
            told[part] = true;
            found.push(circle);
        }
    }
    found
}

/// The edges that leave each node, in compressed rows.
struct Rows {
    starts: Vec<usize>,
    edges: Vec<usize>,
}

impl Rows {
    fn new(count: usize, edges: &[(usize, usize)]) -> Self {
        let mut starts = vec![0; count + 1];
        for (from, _) in edges {
            starts[from + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; edges.len()];
        for (index, (from, _)) in edges.iter().enumerate() {
            rows[next[*from]] = index;
            next[*from] += 1;
        }
        Self { starts, edges: rows }
    }

    fn of(&self, node: usize) -> &[usize] {
        &self.edges[self.starts[node]..self.starts[node + 1]]
    }
}

/// The strongly connected part of each node (Tarjan 1972), with a stack of our own.
fn parts(count: usize, edges: &[(usize, usize)], out: &Rows) -> Vec<usize> {
    const UNSEEN: usize = usize::MAX;
    let (mut order, mut low, mut part) = (vec![UNSEEN; count], vec![0; count], vec![UNSEEN; count]);
    let (mut next, mut next_part) = (0, 0);
    let mut open: Vec<usize> = Vec::new();
    let mut path: Vec<(usize, usize)> = Vec::new();
    for root in 0..count {
        if order[root] != UNSEEN {
            continue;
        }
        path.push((root, 0));
        while let Some((node, done)) = path.last_mut() {
            let node = *node;
            if *done == 0 {
                (order[node], low[node]) = (next, next);
                next += 1;
                open.push(node);
            }
            if let Some(edge) = out.of(node).get(*done) {
                *done += 1;
                let to = edges[*edge].1;
                if order[to] == UNSEEN {
                    path.push((to, 0));
                } else if part[to] == UNSEEN {
                    low[node] = low[node].min(order[to]);
                }
                continue;
            }
            path.pop();
            if let Some((parent, _)) = path.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
            if low[node] == order[node] {
                while let Some(member) = open.pop() {
                    part[member] = next_part;
                    if member == node {
                        break;
                    }
                }
                next_part += 1;
            }
        }
    }
    part
}

/// The shortest way from a node back to itself within its part.
fn circle_from(start: usize, edges: &[(usize, usize)], out: &Rows, parts: &[usize]) -> Option<Vec<usize>> {
    let mut reached_by = std::collections::HashMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for edge in out.of(node) {
            let to = edges[*edge].1;
            if parts[to] != parts[start] || reached_by.contains_key(&to) {
                continue;
            }
            reached_by.insert(to, *edge);
            if to == start {
                let mut circle = Vec::new();
                let mut at = start;
                loop {
                    let edge = *reached_by.get(&at)?;
                    circle.push(edge);
                    at = edges[edge].0;
                    if at == start {
                        circle.reverse();
                        return Some(circle);
                    }
                }
            }
            queue.push_back(to);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::circles;
    use proptest::prelude::*;

    fn found(count: usize, edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
        circles(count, edges, |_| true)
    }

    #[test]
    fn one_circle_for_each_part() {
        type Case<'c> = (usize, &'c [(usize, usize)], &'c [&'c [usize]]);
        let cases: &[Case<'_>] = &[
            (0, &[], &[]),
            (2, &[(0, 1)], &[]),
            (1, &[(0, 0)], &[&[0]]),
            (2, &[(0, 1), (1, 0)], &[&[0, 1]]),
            // A diamond is no circle.
            (4, &[(0, 1), (0, 2), (1, 3), (2, 3)], &[]),
            // The shorter one of a part.
            (3, &[(0, 1), (1, 2), (2, 0), (1, 0)], &[&[0, 3]]),
            (4, &[(0, 1), (1, 0), (2, 3), (3, 2), (1, 2)], &[&[0, 1], &[2, 3]]),
        ];
        for (count, edges, expected) in cases {
            assert_eq!(found(*count, edges), *expected, "{edges:?}");
        }
    }

    #[test]
    fn only_through_chosen_nodes() {
        let edges = [(0, 1), (1, 0), (1, 2), (2, 1)];
        assert_eq!(circles(3, &edges, |node| node == 2), [[3, 2]]);
        assert!(circles(3, &[(0, 1), (1, 0), (1, 2)], |node| node == 2).is_empty());
    }

    #[test]
    fn a_long_chain_does_not_end_the_stack() {
        let count = 200_000;
        let mut edges: Vec<(usize, usize)> = (0..count - 1).map(|node| (node, node + 1)).collect();
        assert!(found(count, &edges).is_empty());
        edges.push((count - 1, 0));
        assert_eq!(found(count, &edges)[0].len(), count);
    }

    proptest! {
        #[test]
        fn a_circle_is_found_exactly_where_taking_leaves_away_leaves_something(
            edges in proptest::collection::vec((0_usize..8, 0_usize..8), 0..14),
        ) {
            let circles = found(8, &edges);
            for circle in &circles {
                for (edge, next) in circle.iter().zip(circle.iter().cycle().skip(1)) {
                    prop_assert_eq!(edges[*edge].1, edges[*next].0);
                }
            }
            let mut left = edges;
            loop {
                let before = left.len();
                let from: Vec<usize> = left.iter().map(|edge| edge.0).collect();
                left.retain(|edge| from.contains(&edge.1));
                if left.len() == before {
                    break;
                }
            }
            prop_assert_eq!(circles.is_empty(), left.is_empty());
        }
    }
}
