//! Variables by name. Most tasks and calls have none, and there are many of them: no variables are one empty pointer.

use super::Variable;
use indexmap::{IndexMap, map};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LazyLock};

type Map = IndexMap<Arc<str>, Variable>;

static NONE: LazyLock<Map> = LazyLock::new(Map::new);

/// Variables in the order of writing. A later one may use an earlier one.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    map: Option<Box<Map>>,
}

impl Variables {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self { map: None }
    }
}

impl Deref for Variables {
    type Target = Map;

    fn deref(&self) -> &Map {
        self.map.as_deref().unwrap_or_else(|| &NONE)
    }
}

impl DerefMut for Variables {
    fn deref_mut(&mut self) -> &mut Map {
        self.map.get_or_insert_default()
    }
}

impl FromIterator<(Arc<str>, Variable)> for Variables {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Variable)>>(variables: I) -> Self {
        let map: Map = variables.into_iter().collect();
        Self { map: (!map.is_empty()).then(|| Box::new(map)) }
    }
}

impl IntoIterator for Variables {
    type Item = (Arc<str>, Variable);
    type IntoIter = map::IntoIter<Arc<str>, Variable>;

    fn into_iter(self) -> Self::IntoIter {
        self.map.map(|map| *map).unwrap_or_default().into_iter()
    }
}

impl<'v> IntoIterator for &'v Variables {
    type Item = (&'v Arc<str>, &'v Variable);
    type IntoIter = map::Iter<'v, Arc<str>, Variable>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
