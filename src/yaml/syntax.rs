//! Syntax errors as diagnostics with their places, and limits. Knows the parser's error kinds only.

use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, Span};
use crate::yaml::boundary::floor_boundary;
use crate::yaml::error::ParseError;
use crate::yaml::lenient;
use crate::yaml::parser::MAX_DEPTH;
use crate::yaml::wording::{Line, words};
use granit_parser::ErrorKind as E;

/// A collection that was open where the error was met.
pub(crate) struct Open {
    /// Byte offset of its start.
    pub(crate) at: usize,
    pub(crate) flow: bool,
    pub(crate) mapping: bool,
}

/// A syntax error at a byte offset.
pub(crate) fn error(source: SourceId, text: &str, kind: &E, at: usize, open: &[Open]) -> Box<ParseError> {
    if matches!(kind, E::RecursionLimitExceeded) {
        return too_deep(char_span(source, text, at));
    }
    let at = floor_boundary(text, at);
    let at = match kind {
        E::TabNotAllowed | E::TabInBlockIndentation | E::TabInIndentation | E::TabInPlainScalar => {
            text[..at].rfind('\t').filter(|tab| line_of(text, *tab) == line_of(text, at)).unwrap_or(at)
        }
        E::UnknownQuotedScalarEscape => lenient::unknown_escape(text, at).unwrap_or(at),
        _ => at,
    };
    let mut words = words(kind, text, at, open);
    let opened = enclosing(text, at, &without_indentless(text, open));
    if matches!(kind, E::UnclosedFlowCollection { .. }) {
        words.label = "opened here and never closed";
    }
    if let (Some(opened), "did not find expected key") = (opened, &*words.go)
        && !opened.flow
        && !opened.mapping
    {
        words.go = "did not find expected '-' indicator".to_owned();
    }
    let mut diagnostic = Diagnostic::error("fleet::yaml::syntax", words.message);
    let span = char_span(source, text, visible(text, at));
    diagnostic = diagnostic.at(span, words.label);
    if let (Some(opened), true) = (opened, words.line == Line::Open) {
        let what = match (opened.flow, opened.mapping) {
            (true, true) => "the `{` is opened here",
            (true, false) => "the `[` is opened here",
            (false, true) => "the mapping starts here",
            (false, false) => "the list starts here",
        };
        let same_line = line_of(text, opened.at) == line_of(text, span.start as usize);
        if opened.at != at && (!same_line || opened.flow) {
            diagnostic = diagnostic.at(char_span(source, text, opened.at), what);
        }
    }
    let template = unquoted_template(text, at);
    if let Some(range) = &template {
        let span = Span { source, start: range.start as u32, end: range.end as u32 };
        diagnostic = diagnostic
            .at(span, "a value cannot start with `{{` outside quotes")
            .help(format!("quote the whole value: {}", quoted(text.get(range.start..).unwrap_or_default())));
    } else if let Some(help) = words.help {
        diagnostic = diagnostic.help(help);
    }
    let line = match words.line {
        Line::None => 0,
        Line::Here => line_of(text, at) + 1,
        Line::Before => line_of(text, at),
        Line::End => text.lines().count(),
        Line::Open => match opened.map_or(0, |opened| line_of(text, opened.at)) {
            // yaml.v3 then takes the line where it stopped, which for an open bracket is the end.
            0 if matches!(kind, E::UnclosedFlowCollection { .. }) => text.lines().count(),
            0 => line_of(text, at),
            line => line,
        },
    };
    let place = if line == 0 { String::new() } else { format!("line {line}: ") };
    Box::new(ParseError { diagnostic, nearly: None, go: format!("yaml: {place}{}", words.go) })
}

/// The collection that an offence belongs to: of the open ones, the innermost that is not ended by the
/// indentation of the offending line.
fn enclosing<'o>(text: &str, at: usize, open: &[&'o Open]) -> Option<&'o Open> {
    let line_start = |at: usize| text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let column = |at: usize| at - line_start(at);
    let line = text[line_start(at)..].lines().next().unwrap_or_default();
    let indent = line.len() - line.trim_start().len();
    let blank = line.trim().is_empty();
    let innermost = *open.last()?;
    if blank || line_start(innermost.at) == line_start(at) {
        return Some(innermost);
    }
    let encloses = |open: &&&Open| open.flow || column(open.at) <= indent;
    open.iter().rev().find(encloses).copied().or(Some(innermost))
}

/// To libyaml a list whose `-` stand in the column of the key before it is no collection of its own.
fn without_indentless<'o>(text: &str, open: &'o [Open]) -> Vec<&'o Open> {
    let column = |at: usize| at - text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let mut kept: Vec<&Open> = Vec::with_capacity(open.len());
    for open in open {
        let indentless = !open.flow
            && !open.mapping
            && kept.last().is_some_and(|parent| parent.mapping && column(parent.at) == column(open.at));
        if !indentless {
            kept.push(open);
        }
    }
    kept
}

/// Nesting beyond the limit.
pub(crate) fn too_deep(span: Span) -> Box<ParseError> {
    let diagnostic =
        Diagnostic::error("fleet::yaml::depth", format!("values are nested deeper than {MAX_DEPTH} levels"))
            .at(span, "this is one level too deep")
            .help("flatten the file, or look for a bracket that is opened again and again");
    Box::new(ParseError { diagnostic, nearly: None, go: "yaml: exceeded max depth of 10000".to_owned() })
}

/// Aliases that stand for more nodes than any honest file has.
pub(crate) fn too_many_aliased(span: Span, limit: usize) -> Box<ParseError> {
    let diagnostic =
        Diagnostic::error("fleet::yaml::aliases", format!("aliases stand for more than {limit} values"))
            .at(span, "with this alias there are too many")
            .help("an alias of a list of aliases multiplies: write the values out, or split the file");
    Box::new(ParseError {
        diagnostic,
        nearly: None,
        go: "yaml: document contains excessive aliasing".to_owned(),
    })
}

/// `&a [*a]`.
pub(crate) fn recursive_alias(name: &str, span: Span) -> Box<ParseError> {
    let diagnostic =
        Diagnostic::error("fleet::yaml::aliases", format!("the anchor `{name}` contains itself"))
            .at(span, "this alias stands inside its own anchor");
    Box::new(ParseError {
        diagnostic,
        nearly: None,
        go: format!("yaml: anchor '{name}' value contains itself"),
    })
}

/// `*name` without `&name` before it.
pub(crate) fn unknown_anchor<'a>(
    name: &str,
    span: Span,
    known: impl Iterator<Item = &'a str>,
) -> Box<ParseError> {
    let diagnostic =
        Diagnostic::error("fleet::yaml::aliases", format!("no anchor `{name}` before this alias"))
            .at(span, format!("define it first with `&{name}`"))
            .help("quote the text if `*` is meant literally")
            .suggest(name, known);
    Box::new(ParseError { diagnostic, nearly: None, go: format!("yaml: unknown anchor '{name}' referenced") })
}

/// The line of an offset, counted from 0.
fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count()
}

/// The last character that can be seen, for an error at the end of the file or of a line.
fn visible(text: &str, at: usize) -> usize {
    match text[at..].chars().next() {
        Some('\n' | '\r') | None => text[..at].trim_end().len().max(1) - 1,
        Some(_) => at,
    }
}

/// The span of the character at an offset.
fn char_span(source: SourceId, text: &str, at: usize) -> Span {
    let start = floor_boundary(text, at);
    let len = text[start..].chars().next().map_or(0, char::len_utf8);
    Span { source, start: start as u32, end: (start + len) as u32 }
}

/// A value that begins with an unquoted `{{`, on the line of the error or the last line with text before it.
fn unquoted_template(text: &str, at: usize) -> Option<std::ops::Range<usize>> {
    let line_start = |at: usize| text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let here = line_start(at);
    let before = text[..here].trim_end().len();
    [here, line_start(before)].into_iter().find_map(|start| {
        let line = text[start..].lines().next()?;
        let value = line.trim_start().trim_start_matches("- ");
        let offset = if value.starts_with("{{") {
            line.len() - value.len()
        } else {
            let colon = line.find(": {{").map(|at| at + 2)?;
            if line[..colon].contains(['"', '\'', '#']) {
                return None;
            }
            colon
        };
        let end = line.find("}}").map_or(line.trim_end().len(), |at| at + 2);
        (offset < end).then_some(start + offset..start + end)
    })
}

/// The line's value in quotes that it does not hold itself.
fn quoted(value: &str) -> String {
    let line = value.lines().next().unwrap_or_default().trim_end();
    if line.contains('\'') && !line.contains(['"', '\\']) {
        format!("\"{line}\"")
    } else {
        format!("'{}'", line.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use crate::source::SourceMap;
    use crate::yaml::parse;

    /// The two halves of an error: yaml.v3's text, and the words that are underlined.
    fn broken(text: &str) -> (String, String, Option<String>) {
        let mut sources = SourceMap::default();
        let source = sources.add("f.yml", text);
        let error = parse(source, text).expect_err(text);
        let span = error.diagnostic.labels.first().map(|(span, _)| *span).unwrap();
        (error.go_message().to_owned(), sources.text(span).to_owned(), error.diagnostic.help.clone())
    }

    /// The texts are those of yaml.v3 as go-task 3.54 prints them.
    #[test]
    fn texts_are_those_of_yaml_v3() {
        for (rest, go, underlined) in [
            ("  a: [b\n", "line 2: did not find expected ',' or ']'", "["),
            ("  a: [\n\n", "line 4: did not find expected node content", "["),
            ("  a: [b, c\n  d: x\n", "line 2: did not find expected ',' or ']'", ":"),
            ("  a: {b: c\n", "line 2: did not find expected ',' or '}'", "{"),
            ("  a: [x,,y]\n", "line 2: did not find expected node content", ","),
            ("  a: ]\n", "line 2: did not find expected node content", "]"),
            ("  a: \"b\n", "line 3: found unexpected end of stream", "\""),
            ("  a: *foo\n", "unknown anchor 'foo' referenced", "*foo"),
            ("\ta: b\n", "line 3: found character that cannot start any token", "\t"),
            ("  a: @b\n", "line 3: found character that cannot start any token", "@"),
            ("  a: b: c\n", "line 3: mapping values are not allowed in this context", ":"),
            ("  a: b\n  c\n", "line 4: could not find expected ':'", "c"),
            ("  a:\n    b: [x]\n   c: y\n", "line 2: did not find expected key", "c"),
            ("  a:\n    - x\n    y: z\n", "line 3: did not find expected '-' indicator", "y"),
            ("  a: \"x\\qy\"\n", "line 3: found unknown escape character", "\\"),
            ("  a: \"\\\\'x\\'\\q\"\n", "line 3: found unknown escape character", "\\"),
            ("  a: \"x\" y\n", "line 2: did not find expected key", "y"),
            ("  a: \"x\" y: z\n", "line 3: mapping values are not allowed in this context", "y"),
            ("  a: {b: 'x' y}\n", "line 2: did not find expected ',' or '}'", "y"),
            ("  a: - x\n", "line 3: block sequence entries are not allowed in this context", "-"),
            ("  a: !x!y b\n", "line 2: found undefined tag handle", "!"),
            ("  a: \u{1}\n", "control characters are not allowed", "\u{1}"),
        ] {
            let (message, at, _) = broken(&format!("version: 3\ntasks:\n{rest}"));
            assert_eq!(message, format!("yaml: {go}"), "{rest:?}");
            assert_eq!(at, underlined, "{rest:?}");
        }
    }

    #[test]
    fn an_unquoted_template_is_told_to_be_quoted() {
        for (text, help) in [
            ("a:\n  - {{.X}} y\n  - z\n", "quote the whole value: '{{.X}} y'"),
            ("a: {{.X}} y\nb: c\n", "quote the whole value: '{{.X}} y'"),
            ("a:\n  - {{.X}} 'y'\n", "quote the whole value: \"{{.X}} 'y'\""),
        ] {
            assert_eq!(broken(text).2.as_deref(), Some(help), "{text:?}");
        }
    }

    #[test]
    fn limits_end_bombs_with_a_place() {
        let deep = |open: &str, levels: usize| format!("a: {}", open.repeat(levels));
        let steps: String = (0..300).map(|level| format!("{}k:\n", " ".repeat(level))).collect();
        for text in [deep("[", 3000), deep("{a: ", 3000), deep("- ", 3000).replace("a: ", ""), steps] {
            let error = parse(crate::source::SourceId::NONE, &text).unwrap_err();
            assert_eq!(error.diagnostic.code, "fleet::yaml::depth");
        }
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert_eq!(broken(&bomb).0, "yaml: document contains excessive aliasing");
        let chain: String =
            (1..300).map(|level| format!("a{level}: &a{level} [*a{}]\n", level - 1)).collect();
        let error = parse(crate::source::SourceId::NONE, &format!("a0: &a0 x\n{chain}")).unwrap_err();
        assert_eq!(error.diagnostic.code, "fleet::yaml::depth");
        assert_eq!(broken("a: &a [*a]\n").0, "yaml: anchor 'a' value contains itself");
    }
}
