//! An expression alone, as go-task's `ref:` has it: what may stand between `{{` and `}}`.

use super::ast::Tree;
use super::error::TemplateError;
use super::eval::resolve;
use super::lookup::Lookup;
use super::parser::parse;
use super::references::{Use, uses, uses_all};
use super::value::Value;
use indexmap::IndexSet;
use std::ops::Range;
use std::sync::Arc;

/// What messages call the text of an expression; go-task's name for it.
const NAME: &str = "resolver";
const OPEN: &str = "{{";

/// An expression that comes to a value of any type. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Expression {
    /// The expression between delimiters.
    text: Arc<str>,
    tree: Arc<Tree>,
}

impl Expression {
    /// Parses the text of a `ref:`.
    ///
    /// # Errors
    /// What Go's parser says of it, with the bytes of `text` it speaks of.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let whole = format!("{OPEN}{text}}}}}");
        let tree = parse(NAME, &whole).map_err(|error| within(error, text.len()))?;
        Ok(Self { text: whole.into(), tree: Arc::new(tree) })
    }

    /// The value of the expression with these variables; `.` is a map of them all.
    ///
    /// # Errors
    /// What Go's template engine says, with the bytes of the expression it speaks of.
    pub fn resolve(&self, variables: &dyn Lookup) -> Result<Value, TemplateError> {
        let length = self.text.len() - OPEN.len() - 2;
        resolve(&self.tree, &self.text, NAME, variables).map_err(|error| within(error, length))
    }

    /// The variables that the expression names, each once, in the order of their first use.
    #[must_use]
    pub fn references(&self) -> Vec<&str> {
        let names: IndexSet<&str> = self.uses().into_iter().map(|used| used.name).collect();
        names.into_iter().collect()
    }

    /// Whether it asks for all variables as a whole.
    #[must_use]
    pub fn uses_all(&self) -> bool {
        uses_all(&self.tree)
    }

    /// The places where the expression names variables, in bytes of its text.
    #[must_use]
    pub fn uses(&self) -> Vec<Use<'_>> {
        let moved = |range: Range<usize>| {
            range.start.saturating_sub(OPEN.len())..range.end.saturating_sub(OPEN.len())
        };
        uses(&self.tree).into_iter().map(|used| Use { range: moved(used.range), ..used }).collect()
    }
}

/// The error with its range counted from the expression, which has `length` bytes.
fn within(error: TemplateError, length: usize) -> TemplateError {
    let moved = |byte: usize| byte.saturating_sub(OPEN.len()).min(length);
    TemplateError { range: error.range.map(|range| moved(range.start)..moved(range.end)), ..error }
}
