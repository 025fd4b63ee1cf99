//! No text makes the engine panic.

use crate::template::{Expression, Map, Template, Value};
use proptest::prelude::*;

/// Pieces that meet each other in real and in broken templates.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{-",
    " -}}",
    "{{- ",
    "(",
    ")",
    "|",
    " ",
    "\n",
    ":=",
    "=",
    ",",
    ".",
    "$",
    "$x",
    ".S",
    ".L",
    ".M",
    ".M.b",
    ".Missing",
    "if ",
    "else",
    "else if ",
    "end",
    "range ",
    "with ",
    "define ",
    "template ",
    "block ",
    "break",
    "continue",
    "nil",
    "true",
    "0",
    "1",
    "-1",
    "3",
    "1.5",
    "9223372036854775807",
    "'a'",
    "\"a\"",
    "\"\"",
    "`x`",
    "\"%5.2f %v %[2]d %*d\"",
    "\"é\u{1f600}\"",
    "/*",
    "*/",
    "\"2006-01-02 15:04:05.000 MST\"",
    "\"{\\\"a\\\":1}\"",
    "\"a: [1, *x]\"",
    "\"[a-\"",
    "\"(a|b)*\"",
    "\"http://h:1/p?q#f\"",
    "\"{a,b}$x'\"",
    "upper ",
    "trunc ",
    "substr ",
    "printf ",
    "index ",
    "slice ",
    "len ",
    "eq ",
    "lt ",
    "list ",
    "dict ",
    "set ",
    "get ",
    "dig ",
    "first ",
    "last ",
    "chunk ",
    "has ",
    "until ",
    "seq ",
    "add ",
    "div ",
    "round ",
    "join ",
    "splitList ",
    "splitn ",
    "replace ",
    "indent ",
    "toJson ",
    "fromJson ",
    "toYaml ",
    "fromYaml ",
    "regexFind ",
    "regexReplaceAll ",
    "regexSplit ",
    "toDate ",
    "dateInZone ",
    "dateModify ",
    "duration ",
    "b64dec ",
    "b32dec ",
    "urlParse ",
    "joinUrl ",
    "relPath ",
    "splitArgs ",
    "q ",
    "spew ",
    "default ",
    "ternary ",
    "title ",
    "html ",
    "js ",
    "cat ",
    "quote ",
    "now",
    "uuid",
];

fn variables() -> Map {
    let inner = Value::map(Map::from_iter([("c".into(), "x".into())]));
    let map = Value::map(Map::from_iter([("a".into(), 1.into()), ("b".into(), inner)]));
    Map::from_iter([
        ("S".into(), "str é".into()),
        ("L".into(), Value::list([1.into(), "two".into(), 2.5.into(), Value::Nil])),
        ("M".into(), map),
    ])
}

fn try_it(text: &str) {
    let variables = variables();
    let parsed = Template::parse(text);
    let rendered = parsed.and_then(|template| {
        let _ = template.references();
        template.render(&variables)
    });
    if let Err(error) = rendered {
        let range = error.range.unwrap_or(0..0);
        assert!(text.get(range.clone()).is_some(), "{text:?}: {range:?} is not in the text");
    }
    if let Ok(expression) = Expression::parse(text) {
        let _ = expression.resolve(&variables);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,60}") {
        try_it(&text);
    }

    #[test]
    fn any_action(inside in "[ -~]{0,40}") {
        try_it(&format!("{{{{{inside}}}}}"));
    }

    #[test]
    fn any_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
        try_it(&pieces.concat());
    }

    #[test]
    fn any_call(
        function in prop::sample::select(PIECES),
        arguments in prop::collection::vec(prop::sample::select(PIECES), 0..5),
    ) {
        try_it(&format!("{{{{{function} {}}}}}", arguments.join(" ")));
    }

    #[test]
    fn any_regular_expression(pattern in "[\\\\()\\[\\]{}*+?|^$.a-cA-Cdwpxs:<>=!0-9,&-]{0,16}") {
        try_it(&format!("{{{{regexReplaceAll `{pattern}` .S `$1${{n}}`}}}}"));
    }

    #[test]
    fn any_printf(format in "[%+# 0-9.*\\[\\]-]{0,8}[a-zA-Z%]") {
        try_it(&format!("{{{{printf `{format}` 1 `x` 2.5 .L}}}}"));
    }

    #[test]
    fn any_layout(layout in "[0-9A-Za-z .,:_-]{0,24}", date in "[0-9A-Za-z .,:_+-]{0,24}") {
        try_it(&format!("{{{{dateInZone `{layout}` 1700000000 `UTC`}}}}{{{{toDate `{layout}` `{date}`}}}}"));
    }

    #[test]
    fn any_words(words in "[-a-z{},.$\"' \\\\~#0-9]{0,24}") {
        try_it(&format!("{{{{splitArgs `{words}`}}}}{{{{q `{words}` | splitArgs}}}}"));
    }
}
