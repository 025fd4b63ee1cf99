//! Templates that would take all memory, the whole stack or for ever end with an error.

use crate::template::{Map, Template};

fn error(text: &str) -> String {
    Template::parse(text).and_then(|template| template.render(&Map::new())).unwrap_err().message
}

#[test]
fn too_much_is_an_error() {
    let cases = [
        ("{{repeat 9999999999 \"x\"}}", "longer than"),
        ("{{repeat 9223372036854775807 \"xy\"}}", "longer than"),
        ("{{until 9223372036854775807 | len}}", "more than"),
        ("{{seq 1 99999999999}}", "more than"),
        ("{{untilStep -9223372036854775808 9223372036854775807 1}}", "more than"),
        ("{{indent 99999999 \"a\\nb\"}}", "longer than"),
        ("{{range 99999999999}}{{end}}", "run more than"),
        ("{{range 99999}}{{printf \"%9999d\" .}}{{end}}", "longer than"),
        ("{{$x := \"xxxxxxxx\"}}{{range 60}}{{$x = print $x $x}}{{end}}", "longer than"),
        ("{{$x := list 1}}{{range 60}}{{$x = concat $x $x}}{{end}}", "more than"),
        ("{{$x := list 1}}{{range 60}}{{$x = list $x $x}}{{end}}", "more than"),
        ("{{$x := list 1}}{{range 9999}}{{$x = list $x}}{{end}}", "levels deep"),
        ("{{$x := dict}}{{range 9999}}{{$x = dict \"x\" $x}}{{end}}", "levels deep"),
        (
            "{{define \"f\"}}{{template \"f\" .}}{{end}}{{template \"f\" 1}}",
            "exceeded maximum template depth",
        ),
        ("{{replace \"\" (repeat 9999 \"y\") (repeat 9999 \"x\")}}", "longer than"),
        ("{{splitArgs \"{1..9999}{1..9999}\"}}", "more than"),
    ];
    for (text, expected) in cases {
        let error = error(text);
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn nesting_is_limited_before_the_stack_is() {
    let deep = |open: &str, middle: &str, close: &str, count: usize| {
        format!("{}{middle}{}", open.repeat(count), close.repeat(count))
    };
    let render = |text: &str| Template::parse(text).and_then(|template| template.render(&Map::new()));
    for (open, middle, close) in [
        ("{{if true}}", "x", "{{end}}"),
        ("{{range 1}}", "x", "{{end}}"),
        ("{{if false}}{{else}}", "x", "{{end}}"),
        ("{{with 1}}", "x", "{{end}}"),
    ] {
        assert_eq!(render(&deep(open, middle, close, 40)).unwrap(), "x");
        assert!(render(&deep(open, middle, close, 5000)).unwrap_err().message.contains("levels deep"));
    }
    let parentheses = |count| format!("{{{{{}}}}}", deep("(", "1", ")", count));
    assert_eq!(render(&parentheses(90)).unwrap(), "1");
    assert!(render(&parentheses(5000)).unwrap_err().message.contains("levels deep"));
    let long_else = format!("{{{{if false}}}}{}{{{{end}}}}", "{{else if false}}".repeat(5000));
    assert!(render(&long_else).unwrap_err().message.contains("levels deep"));
    for text in ["[", "{\"a\":"] {
        let json = text.repeat(5000);
        let template = format!("{{{{mustFromJson `{json}`}}}}");
        assert!(render(&template).unwrap_err().message.contains("exceeded max depth"));
    }
}
