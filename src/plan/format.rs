//! The ways in which a plan is printed.

use super::{Plan, dot, json, mermaid, tree};

/// A way to print a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: stages, steps, hosts, waves.
    Tree,
    /// Graphviz.
    Dot,
    /// Mermaid, as forges show it in Markdown.
    Mermaid,
    /// For programs: [`super::PlanJson`].
    Json,
}

impl Format {
    /// All of them, by name.
    pub const NAMES: [(&'static str, Self); 4] =
        [("tree", Self::Tree), ("dot", Self::Dot), ("mermaid", Self::Mermaid), ("json", Self::Json)];

    /// The format of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }
}

impl Plan {
    /// The plan as text that ends with a newline. The same plan always gives the same text.
    #[must_use]
    pub fn print(&self, format: Format) -> String {
        match format {
            Format::Tree => tree::print(self),
            Format::Dot => dot::print(self),
            Format::Mermaid => mermaid::print(self),
            Format::Json => json::print(self),
        }
    }
}
