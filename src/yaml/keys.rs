//! Which keys a mapping may have, as static tables: decoders check against them, and the JSON schemas
//! are written from them. Knows nothing of what the keys do.

/// The keys of one kind of mapping.
#[derive(Debug)]
pub struct Table {
    /// What the mapping is, as a word for messages and the schema's definition: `task`.
    pub name: &'static str,
    /// What it is for, one sentence.
    pub doc: &'static str,
    /// All keys, in the order they are documented.
    pub keys: &'static [Key],
}

/// One key.
#[derive(Debug)]
pub struct Key {
    /// As written in the file.
    pub name: &'static str,
    /// What it does, one sentence.
    pub doc: &'static str,
    /// What its value may be.
    pub kind: Type,
}

/// What a value may be.
#[derive(Debug)]
pub enum Type {
    /// Any text; numbers and booleans are taken as their text.
    String,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// Go's duration syntax, `1m30s`.
    Duration,
    /// One of these words.
    Enum(&'static [&'static str]),
    /// Any value.
    Any,
    /// A list of one type.
    List(&'static Type),
    /// A mapping from names to values of one type.
    Map(&'static Type),
    /// Any of these.
    OneOf(&'static [Type]),
    /// A mapping with these keys.
    Table(&'static Table),
}

impl Table {
    /// The key of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The names of all keys.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.keys.iter().map(|key| key.name)
    }
}

/// Shorthand for tables: a key.
#[must_use]
pub const fn key(name: &'static str, kind: Type, doc: &'static str) -> Key {
    Key { name, doc, kind }
}
