//! A text of the project that may hold template actions. Its template is parsed when first rendered.

use crate::source::{Span, Spanned};
use crate::template::{Template, TemplateError};
use std::sync::{Arc, OnceLock};

/// A text, its place, and its template once that was asked for.
#[derive(Debug, Clone)]
pub struct Text {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    raw: Arc<str>,
    span: Span,
    /// Behind a pointer: of most texts nobody asks for it.
    template: OnceLock<Box<Result<Template, TemplateError>>>,
}

impl Text {
    /// A text that stands at `span`.
    pub fn new(raw: impl Into<Arc<str>>, span: Span) -> Self {
        Self { inner: Arc::new(Inner { raw: raw.into(), span, template: OnceLock::new() }) }
    }

    /// A text that no file holds.
    pub fn nowhere(raw: impl Into<Arc<str>>) -> Self {
        Self::new(raw, Span::NONE)
    }

    /// As written, with its template actions.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.inner.raw
    }

    /// Where the scalar stands.
    #[must_use]
    pub fn span(&self) -> Span {
        self.inner.span
    }

    /// The parsed template, parsed at most once.
    ///
    /// # Errors
    /// The syntax error of the template, the same at each call.
    pub fn template(&self) -> Result<&Template, &TemplateError> {
        let template = self.inner.template.get_or_init(|| Box::new(Template::parse(&self.inner.raw)));
        template.as_ref().as_ref()
    }

    /// Whether rendering cannot change the text.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        !self.inner.raw.contains("{{") && !self.inner.raw.contains("<no value>")
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.raw() == other.raw()
    }
}

impl From<Spanned<String>> for Text {
    fn from(text: Spanned<String>) -> Self {
        Self::new(text.value, text.span)
    }
}
