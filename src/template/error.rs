//! What went wrong in a template, in the words Go uses, and where in its text.

use crate::diagnostic::did_you_mean;
use std::ops::Range;

/// A template that cannot be parsed or rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// The whole sentence as go-task 3.54 prints it, such as
    /// `template: :1:5: executing "" at <.X.Y>: can't evaluate field Y in type string`.
    pub message: String,
    /// The bytes of the template text that it speaks of, where they are known.
    pub range: Option<Range<usize>>,
}

impl TemplateError {
    /// An error about `range` of the template text.
    pub(super) fn new(message: impl Into<String>, range: Range<usize>) -> Self {
        Self { message: message.into(), range: Some(range) }
    }

    /// The message without Go's count of lines and columns in the template, for where the place is shown.
    #[must_use]
    pub fn reason(&self) -> &str {
        let told = self.message.strip_prefix("template: ").and_then(|rest| rest.split_once(": "));
        let told = told.map_or(&*self.message, |(_, told)| told);
        let inner = told.strip_prefix("executing ").and_then(|rest| rest.split_once(">: "));
        inner.map_or(told, |(_, inner)| inner)
    }

    /// What to do, where that can be told from the message.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let reason = self.reason();
        if let Some(name) = reason.strip_prefix("function \"").and_then(|rest| rest.split_once('"')) {
            let known = super::functions::names();
            return did_you_mean(name.0, known).map(|near| format!("did you mean `{near}`?"));
        }
        let help = [
            ("unexpected EOF", "`if`, `range` and `with` need an `{{end}}`"),
            ("unclosed action", "close the action with `}}`"),
            ("unterminated quoted string", "close the string, or write it between backquotes"),
            ("nil pointer evaluating", "the value before the dot is not set"),
            ("can't evaluate field", "only maps have fields: look at the type of the value before the dot"),
        ];
        help.into_iter().find(|(words, _)| reason.contains(words)).map(|(_, help)| help.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use crate::template::{Map, Template};

    #[test]
    fn a_reason_needs_no_place() {
        for (text, reason, help) in [
            ("{{foo}}", "function \"foo\" not defined", None),
            ("{{uper .X}}", "function \"uper\" not defined", Some("did you mean `upper`?")),
            ("{{if .X}}", "unexpected EOF", Some("`if`, `range` and `with` need an `{{end}}`")),
            ("{{ .X", "unclosed action", Some("close the action with `}}`")),
            (
                "{{.X.Y}}",
                "can't evaluate field Y in type interface {}",
                Some("only maps have fields: look at the type of the value before the dot"),
            ),
        ] {
            let variables = Map::from_iter([("X".into(), "x".into())]);
            let error = Template::parse(text).and_then(|template| template.render(&variables)).unwrap_err();
            assert_eq!(
                (error.reason(), error.help().as_deref()),
                (reason, help),
                "{text}: {}",
                error.message
            );
        }
    }
}
