//! Syntax errors in words: for people, and as yaml.v3 words them. Knows no places beyond the offence.

use crate::yaml::syntax::Open;
use granit_parser::ErrorKind as E;

/// From which mark yaml.v3 takes the line of its message.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Line {
    /// No line is printed.
    None,
    /// A scanner error: the line of the offence itself.
    Here,
    /// A parser error: one less than the line on which the innermost open collection starts.
    Open,
    /// A parser error without a context: one less than the line of the offence.
    Before,
    /// A parser error at the end of the file: its number of lines.
    End,
}

/// What is said of one kind of error.
pub(crate) struct Words {
    pub(crate) message: String,
    pub(crate) label: &'static str,
    pub(crate) help: Option<&'static str>,
    pub(crate) go: String,
    pub(crate) line: Line,
}

/// Words for an error kind, met at a byte offset inside open collections.
pub(crate) fn words(kind: &E, text: &str, at: usize, open: &[Open]) -> Words {
    let (message, label, help, go, line) = match kind {
        E::ExpectedFlowMappingSeparator
        | E::ExpectedFlowSequenceSeparator
        | E::UnexpectedEofImplicitFlowMapping
            if text[at..].starts_with(',') =>
        {
            (
                "a value is missing between two commas",
                "found a `,` instead of a value",
                Some("remove one comma"),
                "did not find expected node content",
                Line::Open,
            )
        }
        E::UnclosedFlowCollection { .. } if text.trim_end().ends_with(['[', '{', ',']) => (
            "a bracket is not closed",
            "opened here and never closed",
            None,
            "did not find expected node content",
            Line::End,
        ),
        E::MisplacedFlowCollectionEnd => (
            "a bracket is closed that was never opened",
            "nothing to close",
            Some("put the text in quotes if the bracket is meant literally"),
            "did not find expected node content",
            Line::Open,
        ),
        E::UnexpectedCharacter { character } if character.is_control() && *character != '\t' => (
            "the file holds a control character",
            "this character cannot be seen",
            Some("write it as an escape in double quotes, such as \"\\x1b\""),
            "control characters are not allowed",
            Line::None,
        ),
        E::MappingValueNotAllowed | E::InvalidColonPlacement
            if open.last().is_some_and(|open| open.flow && !open.mapping) =>
        {
            (
                "a `[` list is not closed",
                "expected `,` or `]` before this",
                None,
                "did not find expected ',' or ']'",
                Line::Open,
            )
        }
        E::TabAtBlockScalarStart => (
            "a tab is used for indentation",
            "this is a tab",
            Some("indent with spaces; YAML takes no tabs"),
            "found a tab character where an indentation space is expected",
            Line::Here,
        ),
        E::MissingDocumentEndBeforeDirective => (
            "a directive stands inside the document",
            "a `%` in the first column starts a directive",
            Some("indent or quote the text"),
            "found unknown directive name",
            Line::Here,
        ),
        E::UnclosedVerbatimTag => {
            ("a `!<` tag is not closed", "here", None, "did not find the expected '>'", Line::Here)
        }
        E::UnexpectedEofFlowSequence
        | E::UnexpectedEofFlowMapping
        | E::UnexpectedEofImplicitFlowMapping
        | E::ExpectedFlowMappingSeparator
        | E::ExpectedFlowSequenceSeparator
        | E::UnclosedFlowCollection { .. }
        | E::MismatchedFlowCollectionEnd { .. } => {
            let braces = match kind {
                E::UnclosedFlowCollection { open } | E::MismatchedFlowCollectionEnd { open, .. } => {
                    *open == '{'
                }
                E::UnexpectedEofFlowMapping | E::ExpectedFlowMappingSeparator => true,
                _ => open.iter().rev().find(|open| open.flow).is_some_and(|open| open.mapping),
            };
            if braces {
                (
                    "a `{` mapping is not closed",
                    "expected `,` or `}` here",
                    None,
                    "did not find expected ',' or '}'",
                    Line::Open,
                )
            } else {
                (
                    "a `[` list is not closed",
                    "expected `,` or `]` here",
                    None,
                    "did not find expected ',' or ']'",
                    Line::Open,
                )
            }
        }
        E::ExpectedBlockMappingKey | E::UnexpectedEofBlockMapping | E::InvalidIndentation => (
            "expected a key of the mapping",
            "this is not a key at the mapping's indentation",
            Some("indent it like the keys around it"),
            "did not find expected key",
            Line::Open,
        ),
        E::ExpectedBlockSequenceEntry | E::UnexpectedEofBlockSequence => (
            "expected `-` or the end of the list",
            "this belongs to no list item",
            Some("indent it deeper than the `-` of its item, or start it with `-`"),
            "did not find expected '-' indicator",
            Line::Open,
        ),
        E::ExpectedNodeContent => (
            "expected a value",
            "found this instead",
            None,
            "did not find expected node content",
            Line::Before,
        ),
        E::ExpectedDocumentStart => (
            "text follows the end of the document",
            "the document has ended before this",
            Some("check the indentation: a file is one mapping, and its keys start in one column"),
            "did not find expected <document start>",
            Line::Before,
        ),
        E::UndeclaredTagHandle => (
            "this tag's handle is not declared",
            "declare it with %TAG",
            None,
            "found undefined tag handle",
            Line::Before,
        ),
        E::UnsupportedYamlMajorVersion => {
            ("only YAML 1.x is read", "here", None, "found incompatible YAML document", Line::None)
        }
        E::DuplicateVersionDirective => {
            ("%YAML is given twice", "again here", None, "found duplicate %YAML directive", Line::Before)
        }
        E::DuplicateTagDirective => (
            "%TAG is given twice for a handle",
            "again here",
            None,
            "found duplicate %TAG directive",
            Line::Before,
        ),
        E::UnclosedQuotedScalar => (
            "a quote is not closed",
            "the text starts here",
            Some("close it with the quote that opens it"),
            "found unexpected end of stream",
            Line::Here,
        ),
        E::DocumentIndicatorInQuotedScalar => (
            "a quote is not closed before the end of the document",
            "here",
            None,
            "found unexpected document indicator",
            Line::Here,
        ),
        E::MappingValueNotAllowed | E::InvalidColonPlacement => (
            "a `:` stands where no key can be",
            "this `:` starts a value, but what is before it is no key",
            Some("quote the text if it holds `: `, or check the indentation"),
            "mapping values are not allowed in this context",
            Line::Here,
        ),
        E::MappingKeyNotAllowed => (
            "a `?` key cannot stand here",
            "here",
            None,
            "mapping keys are not allowed in this context",
            Line::Here,
        ),
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection | E::InvalidBlockEntryWhitespace => (
            "a list item cannot start here",
            "this `-`",
            Some("start the list on a line of its own"),
            "block sequence entries are not allowed in this context",
            Line::Here,
        ),
        E::SimpleKeyExpected | E::InvalidSimpleKey => (
            "expected `:` after a key",
            "this has no `:`",
            Some("write `key: value`, with a space after the colon"),
            "could not find expected ':'",
            Line::Here,
        ),
        E::TabNotAllowed | E::TabInBlockIndentation | E::TabInIndentation => (
            "a tab is used for indentation",
            "this is a tab",
            Some("indent with spaces; YAML takes no tabs"),
            "found character that cannot start any token",
            Line::Here,
        ),
        E::TabInPlainScalar => (
            "a tab is used for indentation",
            "this is a tab",
            Some("indent with spaces; YAML takes no tabs"),
            "found a tab character that violates indentation",
            Line::Here,
        ),
        E::UnexpectedCharacter { .. }
        | E::UnexpectedEndOfPlainScalar
        | E::PlainScalarStartsWithDashFlowIndicator => (
            "a value cannot start with this character",
            "this character has a meaning of its own in YAML",
            Some("put the text in quotes"),
            "found character that cannot start any token",
            Line::Here,
        ),
        E::UnknownQuotedScalarEscape => (
            "this escape does not exist in a double-quoted string",
            "here",
            Some("double the backslash, or use single quotes, where `\\` is just a backslash"),
            "found unknown escape character",
            Line::Here,
        ),
        E::InvalidQuotedScalarHexEscape | E::InvalidLowSurrogateHexEscape => (
            "this escape needs hexadecimal digits",
            "here",
            None,
            "did not find expected hexdecimal number",
            Line::Here,
        ),
        E::InvalidUnicodeEscape
        | E::InvalidLowSurrogate
        | E::MissingLowSurrogate
        | E::UnpairedLowSurrogate => (
            "this escape is no character",
            "here",
            None,
            "found invalid Unicode character escape code",
            Line::Here,
        ),
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => {
            let line = text[at..].lines().next().unwrap_or_default();
            let (go, line) = match open.last() {
                Some(open) if open.flow && open.mapping => ("did not find expected ',' or '}'", Line::Open),
                Some(open) if open.flow => ("did not find expected ',' or ']'", Line::Open),
                // libyaml reads on to the end of the text, and stumbles over a colon in it first.
                _ if line.contains(": ") || line.trim_end().ends_with(':') => {
                    ("mapping values are not allowed in this context", Line::Here)
                }
                _ => ("did not find expected key", Line::Open),
            };
            let help = Some("put the whole value in quotes");
            ("text follows a closing quote", "the quoted string ends before this", help, go, line)
        }
        // A comment ends a value: what follows it, indented deeper, belongs to nothing.
        E::CommentInterceptedScalar if open.last().is_some_and(|open| !open.flow) => {
            let in_list = open.last().is_some_and(|open| !open.mapping);
            let go =
                if in_list { "did not find expected '-' indicator" } else { "did not find expected key" };
            (
                "a value does not go on behind a comment",
                "this belongs to nothing",
                Some("indent it like the lines around it"),
                go,
                Line::Open,
            )
        }
        E::FlowMappingValueAdjacentCollection => (
            "a space is missing after `:`",
            "a value that is a list or mapping begins with a space",
            Some("write `key: [`, with a space after the colon"),
            "did not find expected ',' or '}'",
            Line::Open,
        ),
        E::MissingAnchorOrAliasName => (
            "an anchor or alias needs a name",
            "here",
            Some("quote the text if `*` or `&` is meant literally"),
            "did not find expected alphabetic or numeric character",
            Line::Here,
        ),
        E::ZeroBlockScalarIndent => (
            "the indentation of a block string cannot be 0",
            "here",
            None,
            "found an indentation indicator equal to 0",
            Line::Here,
        ),
        E::InvalidBlockScalarHeader => (
            "text follows `|` or `>`",
            "the text starts on the next line",
            None,
            "did not find expected comment or line break",
            Line::Here,
        ),
        E::InvalidBlockScalarIndent | E::InvalidQuotedScalarIndent | E::InvalidFlowScalarIndent => (
            "this line is not indented enough",
            "this line",
            Some("indent it deeper than the key it belongs to"),
            "did not find expected key",
            Line::Open,
        ),
        other => {
            // The parser's texts are yaml.v3's with the context before them.
            let text = other.to_string();
            let go = text.split_once(", ").map_or(text.as_str(), |(_, problem)| problem).to_owned();
            let message = format!("this is not YAML: {text}");
            return Words { go, message, label: "here", help: None, line: Line::Here };
        }
    };
    let mut words = Words { message: message.to_owned(), label, help, go: go.to_owned(), line };
    if words.line == Line::Open && open.is_empty() {
        words.line = Line::Before;
    }
    if text.get(at..).is_some_and(|rest| rest.trim().is_empty()) {
        words.label = match words.label {
            "the text starts here" => words.label,
            _ => "the file ends here",
        };
    }
    words
}
