//! A parsed template and how it is rendered. Knows when no tree is needed.

use super::ast::Tree;
use super::error::TemplateError;
use super::eval::{render, without_no_value};
use super::lookup::Lookup;
use super::parser::parse;
use super::pieces::Pieces;
use super::references::{Use, uses, uses_all};
use indexmap::IndexSet;
use std::sync::Arc;

/// A template, parsed once. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Template {
    text: Arc<str>,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    /// No action at all.
    Plain,
    /// Text and `{{.NAME}}` only, by far the most frequent.
    Pieces(Arc<Pieces>),
    Tree(Arc<Tree>),
}

impl Template {
    /// Parses `text`.
    ///
    /// # Errors
    /// What Go's parser says of the text, with the bytes it speaks of.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let body = if !text.contains("{{") {
            Body::Plain
        } else if let Some(pieces) = Pieces::parse(text) {
            Body::Pieces(Arc::new(pieces))
        } else {
            Body::Tree(Arc::new(parse("", text)?))
        };
        Ok(Self { text: text.into(), body })
    }

    /// Whether the text has no action and is its own output.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        matches!(self.body, Body::Plain)
    }

    /// The text that was parsed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The output with these variables. As in go-task an undefined variable leaves nothing, and the words
    /// `<no value>` are removed wherever they come from.
    ///
    /// # Errors
    /// What Go's template engine says, with the bytes of the text it speaks of.
    pub fn render(&self, variables: &dyn Lookup) -> Result<String, TemplateError> {
        let out = match &self.body {
            Body::Plain => return Ok((*self.text).to_owned()),
            Body::Pieces(pieces) => pieces.render(&self.text, variables),
            Body::Tree(tree) => render(tree, &self.text, "", variables)?,
        };
        Ok(without_no_value(out))
    }

    /// The variables that the template names as `.X` of all variables or as `$.X`, each once, in the order
    /// of their first use.
    #[must_use]
    pub fn references(&self) -> Vec<&str> {
        let names: IndexSet<&str> = self.uses().into_iter().map(|used| used.name).collect();
        names.into_iter().collect()
    }

    /// Whether it asks for all variables as a whole, as `{{.}}` and `{{index . "X"}}` do.
    #[must_use]
    pub fn uses_all(&self) -> bool {
        matches!(&self.body, Body::Tree(tree) if uses_all(tree))
    }

    /// The places where the template names variables in that way.
    #[must_use]
    pub fn uses(&self) -> Vec<Use<'_>> {
        match &self.body {
            Body::Plain => Vec::new(),
            Body::Pieces(pieces) => pieces.uses(&self.text),
            Body::Tree(tree) => uses(tree),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Map;

    #[test]
    fn text_and_names_need_no_tree() {
        let variables = Map::from_iter([("A".into(), "x".into()), ("B_1".into(), 2.into())]);
        let texts = [
            "{{.A}}",
            "a {{.A}} é {{ .B_1 }}{{.A}}",
            "{{.A}}}} {",
            "{{.Missing}}|{{.A}}",
            "<no {{.Missing}}value>",
            "{{.A}}\n{{.B_1}}\n",
        ];
        for text in texts {
            let template = Template::parse(text).unwrap();
            assert!(matches!(template.body, Body::Pieces(_)), "{text}");
            let walked = render(&parse("", text).unwrap(), text, "", &variables).map(without_no_value);
            assert_eq!(template.render(&variables), walked, "{text}");
        }
    }

    #[test]
    fn what_may_be_more_than_a_name_is_parsed() {
        for text in [
            "{{- .A}}",
            "{{.A -}}",
            "{{.A.B}}",
            "{{.A | upper}}",
            "{{A}}",
            "{{.é}}",
            "{{.1}}",
            "{{.a-b}}",
            "{{.A",
        ] {
            let parsed = Template::parse(text);
            assert!(!parsed.is_ok_and(|template| matches!(template.body, Body::Pieces(_))), "{text}");
        }
    }
}
