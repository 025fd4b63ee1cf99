//! What is wrong with what was read: collected, then shown all at once. Knows no syntax.

mod excerpt;
mod github;
mod json;
mod sarif;

use crate::source::{SourceMap, Span};
use excerpt::Excerpt;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity as MietteSeverity};
use std::fmt::Write as _;
use std::ops::Range;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is wrong, but it could be simpler.
    Hint,
    /// Nothing stops, but it is probably not what was meant.
    Warning,
    /// The file cannot be used.
    Error,
}

impl Severity {
    /// The word for it in what programs read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One finding: what happened, where, what to do.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// A stable name such as `fleet::taskfile::unknown_key`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What happened, one sentence without a full stop.
    pub message: String,
    /// Places, the first one being where to look; each with a word on why it is shown.
    pub labels: Vec<(Span, String)>,
    /// What to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error with no place yet.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, message: message.into(), labels: Vec::new(), help: None }
    }

    /// A warning with no place yet.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// A hint with no place yet.
    pub fn hint(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Hint, ..Self::error(code, message) }
    }

    /// Adds a place; [`Span::NONE`] is left out.
    #[must_use]
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        if span != Span::NONE {
            self.labels.push((span, label.into()));
        }
        self
    }

    /// Sets what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the help to "did you mean", where a candidate is near enough.
    #[must_use]
    pub fn suggest<'a>(self, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match did_you_mean(name, candidates) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// Renders the finding with the lines of the file it speaks of.
    ///
    /// `colour` decides on ANSI sequences; `width` is the number of columns to wrap at.
    #[must_use]
    pub fn render(&self, sources: &SourceMap, colour: bool, width: usize) -> String {
        let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_context_lines(1);
        let mut out = String::new();
        let groups = self.by_source();
        let report = Report { diagnostic: self, labels: &[], source: None };
        if groups.is_empty() {
            let _ = handler.render_report(&mut out, &report);
            return out;
        }
        for (index, labels) in groups.iter().enumerate() {
            let file = labels.first().and_then(|(span, _)| sources.get(span.source));
            let source = file.map(|file| {
                let ranges: Vec<Range<usize>> = labels.iter().map(|(span, _)| range(*span)).collect();
                let first = labels.iter().map(|(span, _)| *span).min_by_key(|span| span.start);
                let line = first.and_then(|span| sources.line_column(span)).map_or(0, |at| at.line - 1);
                Excerpt::new(display_path(&file.path), &file.text, &ranges, line, width.saturating_mul(2))
            });
            let report = Report { diagnostic: self, labels, source };
            if index == 0 {
                let _ = handler.render_report(&mut out, &report);
            } else {
                let place = labels.first().and_then(|(span, label)| {
                    let at = sources.line_column(*span)?;
                    Some(format!("{}:{}:{} {label}", display_path(sources.path(*span)?), at.line, at.column))
                });
                let _ = writeln!(out, "  also: {}", place.unwrap_or_default());
            }
        }
        out
    }

    fn by_source(&self) -> Vec<Vec<(Span, String)>> {
        let mut groups: Vec<Vec<(Span, String)>> = Vec::new();
        for (span, label) in &self.labels {
            match groups.iter_mut().find(|group| group.first().is_some_and(|(s, _)| s.source == span.source))
            {
                Some(group) => group.push((*span, label.clone())),
                None => groups.push(vec![(*span, label.clone())]),
            }
        }
        groups
    }
}

/// A path relative to the current directory where that is shorter to read.
fn display_path(path: &std::path::Path) -> String {
    let relative =
        std::env::current_dir().ok().and_then(|dir| path.strip_prefix(dir).ok().map(ToOwned::to_owned));
    relative.as_deref().unwrap_or(path).display().to_string()
}

/// Findings of one run, in the order they were met.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds all of another collection.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    /// Whether anything stands in the way of going on.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The findings themselves, in order.
    #[must_use]
    pub fn into_list(self) -> Vec<Diagnostic> {
        self.list
    }

    /// The findings in order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Puts them in the order of their places: by file as they were read, then from top to bottom.
    pub fn sort(&mut self) {
        self.list.sort_by_key(|finding| {
            let place = finding.labels.first().map_or(Span::NONE, |(span, _)| *span);
            (place.source, place.start)
        });
    }

    /// Renders all findings, with an empty line between two.
    #[must_use]
    pub fn render(&self, sources: &SourceMap, colour: bool, width: usize) -> String {
        let texts: Vec<String> =
            self.list.iter().map(|diagnostic| diagnostic.render(sources, colour, width)).collect();
        texts.join("\n")
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Self {
        Self { list: iter.into_iter().collect() }
    }
}

/// The candidate nearest to `name`, if it is near enough to be a typing error.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *candidate != name)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

struct Report<'a> {
    diagnostic: &'a Diagnostic,
    labels: &'a [(Span, String)],
    source: Option<Excerpt>,
}

impl std::fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<MietteSeverity> {
        Some(match self.diagnostic.severity {
            Severity::Hint => MietteSeverity::Advice,
            Severity::Warning => MietteSeverity::Warning,
            Severity::Error => MietteSeverity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.labels.is_empty() {
            return None;
        }
        Some(Box::new(self.labels.iter().enumerate().map(|(index, (span, label))| {
            let label = (!label.is_empty()).then(|| label.clone());
            let place = |byte| self.source.as_ref().map_or(byte, |source| source.place(byte));
            let Range { start, end } = range(*span);
            let start = place(start);
            let length = place(end).saturating_sub(start).max(1);
            // The place at the top is that of the first label, not of the one that stands first in the file.
            if index == 0 {
                LabeledSpan::new_primary_with_span(label, (start, length))
            } else {
                LabeledSpan::new(label, start, length)
            }
        })))
    }
}
