//! What holds for any text: no panic, places inside the file, trees of bounded depth.

use super::*;
use crate::source::{SourceMap, Span};
use proptest::prelude::*;

fn check(text: &str) {
    let mut sources = SourceMap::default();
    let source = sources.add("any.yml", text);
    let in_bounds = |span: Span| {
        assert!(span.start <= span.end && span.end as usize <= text.len(), "{span:?} {text:?}");
        assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize));
    };
    match parse(source, text) {
        Err(error) => {
            for (span, _) in &error.diagnostic.labels {
                in_bounds(*span);
            }
            assert!(error.go_message().starts_with("yaml: "));
            assert!(!error.diagnostic.render(&sources, false, 80).is_empty());
        }
        Ok(document) => {
            let mut pending = vec![(&document.root, 0)];
            let mut budget = 10_000;
            while let Some((node, depth)) = pending.pop() {
                assert!(depth <= 200);
                budget -= 1;
                if budget == 0 {
                    break;
                }
                in_bounds(node.span);
                in_bounds(node.place());
                assert!(!node.noun().is_empty());
                assert!(merged(node).entries.len() <= 400_000);
                if let Some(scalar) = node.as_scalar() {
                    let len = scalar.text.len();
                    for range in [0..0, 0..len, len / 2..len, len..len + 9] {
                        in_bounds(locate(&sources, node.span, range));
                    }
                }
                pending.extend(node.as_sequence().into_iter().flatten().map(|child| (child, depth + 1)));
                for entry in node.as_mapping().into_iter().flatten() {
                    pending.push((&entry.key, depth + 1));
                    pending.push((&entry.value, depth + 1));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,120}") {
        check(&text);
    }

    #[test]
    fn text_of_yaml_pieces_is_read_or_refused(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        check(&pieces.concat());
    }

    #[test]
    fn any_bytes_are_text_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(text) = decode_bytes(bytes) {
            check(&text);
        }
    }
}

const PIECES: &[&str] = &[
    "a",
    "b: ",
    ": ",
    "- ",
    "\n",
    "\n  ",
    "\n    ",
    "\t",
    "{",
    "}",
    "[",
    "]",
    "{{",
    "}}",
    ",",
    "\"",
    "'",
    "\\",
    "\\x",
    "\\u12",
    "é",
    "|",
    ">",
    "|2-\n",
    ">+\n",
    "&a ",
    "*a",
    "!!str ",
    "!t ",
    "<<: ",
    "#",
    " ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "? ",
    "~",
    "0x1F",
    "2024-01-02",
    "\r\n",
    "\u{feff}",
    "\u{2028}",
    "😀",
];
