//! Variables as they were at one moment of merging. Each moment holds only what came since the one before it, so that
//! thousands of includes, each of which needs its own, do not copy all variables thousands of times.

use super::Variables;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// All variables of a moment. They are put together when they are first looked at.
#[derive(Debug, Default)]
pub struct Snapshot {
    before: Option<Arc<Snapshot>>,
    added: Variables,
    whole: OnceLock<Variables>,
}

impl Snapshot {
    /// The first moment.
    #[must_use]
    pub fn first(variables: Variables) -> Self {
        Self { before: None, added: variables, whole: OnceLock::new() }
    }

    /// The moment after `before`, at which these were set.
    #[must_use]
    pub fn after(before: Arc<Self>, added: Variables) -> Self {
        Self { before: Some(before), added, whole: OnceLock::new() }
    }
}

impl Deref for Snapshot {
    type Target = Variables;

    fn deref(&self) -> &Variables {
        if self.before.is_none() {
            return &self.added;
        }
        self.whole.get_or_init(|| {
            let mut moments = vec![self];
            while let Some(before) = moments.last().and_then(|moment| moment.before.as_deref()) {
                moments.push(before);
            }
            let mut whole = Variables::new();
            for moment in moments.into_iter().rev() {
                whole
                    .extend(moment.added.iter().map(|(name, variable)| (Arc::clone(name), variable.clone())));
            }
            whole
        })
    }
}

impl Drop for Snapshot {
    /// Frees a long line of moments in a loop, where the derived drop would recurse.
    fn drop(&mut self) {
        let mut before = self.before.take();
        while let Some(moment) = before {
            before = Arc::into_inner(moment).and_then(|mut moment| moment.before.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Variable;
    use crate::template::Value;

    fn variables(pairs: &[(&str, i64)]) -> Variables {
        pairs.iter().map(|(name, value)| (Arc::from(*name), Variable::literal(Value::Int(*value)))).collect()
    }

    #[test]
    fn a_moment_has_what_was_set_up_to_it_in_the_order_of_the_first_setting() {
        let first = Arc::new(Snapshot::first(variables(&[("A", 1), ("B", 2)])));
        let second = Arc::new(Snapshot::after(Arc::clone(&first), variables(&[("C", 3), ("A", 4)])));
        let shown = |snapshot: &Snapshot| format!("{:?}", **snapshot);
        assert_eq!(shown(&first), format!("{:?}", variables(&[("A", 1), ("B", 2)])));
        assert_eq!(shown(&second), format!("{:?}", variables(&[("A", 4), ("B", 2), ("C", 3)])));
    }

    #[test]
    fn a_long_line_is_neither_read_nor_freed_by_recursion() {
        let mut last = Arc::new(Snapshot::default());
        for _ in 0..200_000 {
            last = Arc::new(Snapshot::after(last, Variables::new()));
        }
        assert!(last.is_empty());
    }
}
