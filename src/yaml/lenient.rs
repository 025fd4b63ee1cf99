//! What yaml.v3 reads and YAML 1.2 refuses, rewritten byte for byte so that every place stays right.
//! Knows single offences; the parser decides when to ask.

use granit_parser::ErrorKind;

/// Stands for the quote of `\'` in a double-quoted string, an escape that yaml.v3 (after libyaml) knows.
/// Two bytes long, as what it replaces, and a non-character that no file means.
const QUOTE: char = '\u{7ff}';

/// Rewrites the text around an offence, or `None` where yaml.v3 refuses it too.
///
/// The result has the same length, and all other text at the same offset.
pub(crate) fn rewrite(text: &str, kind: &ErrorKind, at: usize, in_flow: bool) -> Option<String> {
    match kind {
        ErrorKind::UnknownQuotedScalarEscape => {
            let slash = unknown_escape(text, at).filter(|slash| text[*slash..].starts_with("\\'"))?;
            let quote = QUOTE.encode_utf8(&mut [0; 4]).to_owned();
            (!text.contains(QUOTE) || text[..slash].contains(QUOTE))
                .then(|| [&text[..slash], &quote, &text[slash + 2..]].concat())
        }
        // Inside brackets indentation has no meaning to libyaml.
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::UnexpectedCharacter { character: '\t' }
            if in_flow =>
        {
            let line = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
            let rest = &text[line..];
            let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let tabs = rest[..blank].contains('\t');
            tabs.then(|| [&text[..line], &" ".repeat(blank), &rest[blank..]].concat())
        }
        // To libyaml a comment needs no blank before it after a quote or a bracket.
        ErrorKind::CommentNotSeparated => {
            let hash = at.checked_sub(1).unwrap_or(at) + text.get(at.saturating_sub(1)..)?.find('#')?;
            let line_end = text[hash..].find('\n').map_or(text.len(), |end| hash + end);
            Some([&text[..hash], &" ".repeat(line_end - hash), &text[line_end..]].concat())
        }
        _ => None,
    }
}

/// Where the first escape that YAML does not have stands in a double-quoted scalar that starts at an offset.
pub(crate) fn unknown_escape(text: &str, at: usize) -> Option<usize> {
    let mut letters = text.get(at..)?.char_indices();
    while let Some((offset, letter)) = letters.next() {
        if letter == '\\' {
            let (_, escaped) = letters.next()?;
            let known = "0abtnvfe \"/\\N_LPxuU\t\n\r";
            if !known.contains(escaped) {
                return Some(at + offset);
            }
        }
    }
    None
}

/// Takes the stand-ins out of a decoded scalar.
pub(crate) fn restore(decoded: &str) -> String {
    decoded.replace(QUOTE, "'")
}
