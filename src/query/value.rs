//! A JSON value as jq has it: numbers are doubles, objects keep the order of insertion. Knows nothing of text.

use indexmap::IndexMap;
use std::cmp::Ordering;
use std::rc::Rc;

/// The pairs of an object, in the order in which its keys came.
pub type Object = IndexMap<Rc<str>, Value>;

/// How deep a value may be nested, so that what walks over it needs no more stack than there is.
pub(crate) const DEPTH_LIMIT: u32 = 2000;

/// A JSON value. Copies are cheap; what is shared is copied when it changes.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number
    Number(f64),
    /// A string
    String(Rc<str>),
    /// An array
    Array(Rc<Array>),
    /// An object
    Object(Rc<Pairs>),
}

/// The elements of an array.
#[derive(Debug, Clone, Default)]
pub struct Array {
    depth: u32,
    items: Vec<Value>,
}

/// The pairs of an object.
#[derive(Debug, Clone, Default)]
pub struct Pairs {
    depth: u32,
    pairs: Object,
}

impl Array {
    /// The elements.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        &self.items
    }

    /// The elements, to change. What is put in must be told by [`Array::deepen`].
    pub(super) fn items_mut(&mut self) -> &mut Vec<Value> {
        &mut self.items
    }

    /// Takes note of an element's depth.
    pub(super) fn deepen(&mut self, depth: u32) {
        self.depth = self.depth.max(depth + 1);
    }
}

impl Pairs {
    /// The pairs.
    #[must_use]
    pub fn pairs(&self) -> &Object {
        &self.pairs
    }

    pub(super) fn pairs_mut(&mut self) -> &mut Object {
        &mut self.pairs
    }

    pub(super) fn insert(&mut self, key: Rc<str>, value: Value) {
        self.depth = self.depth.max(value.depth() + 1);
        self.pairs.insert(key, value);
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        let depth = items.iter().map(Value::depth).max().unwrap_or(0) + 1;
        Self::Array(Rc::new(Array { depth, items }))
    }
}

impl From<Object> for Value {
    fn from(pairs: Object) -> Self {
        let depth = pairs.values().map(Value::depth).max().unwrap_or(0) + 1;
        Self::Object(Rc::new(Pairs { depth, pairs }))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl Value {
    /// A length or an index as a number.
    pub(super) fn count(count: usize) -> Self {
        Self::Number(count as f64)
    }

    /// An object of these pairs.
    pub(super) fn object<const N: usize>(pairs: [(&str, Value); N]) -> Self {
        Self::from(pairs.into_iter().map(|(key, value)| (Rc::from(key), value)).collect::<Object>())
    }

    /// How deep it is nested; 0 for what holds nothing.
    pub(super) fn depth(&self) -> u32 {
        match self {
            Self::Array(array) => array.depth,
            Self::Object(object) => object.depth,
            _ => 0,
        }
    }

    /// What jq's `type` says.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// All but `null` and `false`.
    #[must_use]
    pub fn is_true(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    /// Whether both are one and the same, which is how jq knows that a value is still the one that a path led to.
    pub(super) fn is_identical(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a.to_bits() == b.to_bits(),
            (Self::String(a), Self::String(b)) => Rc::ptr_eq(a, b),
            (Self::Array(a), Self::Array(b)) => Rc::ptr_eq(a, b),
            (Self::Object(a), Self::Object(b)) => Rc::ptr_eq(a, b),
            _ => false,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(false) => 1,
            Self::Bool(true) => 2,
            Self::Number(_) => 3,
            Self::String(_) => 4,
            Self::Array(_) => 5,
            Self::Object(_) => 6,
        }
    }

    /// jq's order over all values. `nan` is less than any number, itself included.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => {
                a.partial_cmp(b).unwrap_or(if a.is_nan() { Ordering::Less } else { Ordering::Greater })
            }
            (Self::String(a), Self::String(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Self::Array(a), Self::Array(b)) => {
                let pairs = a.items.iter().zip(&b.items);
                let differs = pairs.map(|(a, b)| a.order(b)).find(|order| order.is_ne());
                differs.unwrap_or_else(|| a.items.len().cmp(&b.items.len()))
            }
            (Self::Object(a), Self::Object(b)) => {
                let (keys, others) = (sorted_keys(&a.pairs), sorted_keys(&b.pairs));
                keys.cmp(&others).then_with(|| {
                    let values = keys.iter().map(|key| (&a.pairs[*key], &b.pairs[*key]));
                    let differs = values.map(|(a, b)| a.order(b)).find(|order| order.is_ne());
                    differs.unwrap_or(Ordering::Equal)
                })
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }

    /// jq's `==`.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a == b,
            _ => self.order(other).is_eq(),
        }
    }
}

/// The keys of an object in their order as bytes.
pub(super) fn sorted_keys(pairs: &Object) -> Vec<&Rc<str>> {
    let mut keys: Vec<&Rc<str>> = pairs.keys().collect();
    keys.sort_unstable();
    keys
}
