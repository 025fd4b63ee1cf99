//! Which words of a template an error underlines.

use crate::template::{Expression, Map, Template, TemplateError};

fn error(text: &str) -> TemplateError {
    let variables = Map::from_iter([("S".into(), "str".into())]);
    Template::parse(text).and_then(|template| template.render(&variables)).unwrap_err()
}

#[test]
fn an_error_underlines_what_it_speaks_of() {
    let cases = [
        ("a {{.S.x.y}} b", ".S.x.y"),
        ("{{foo 1}}", "foo"),
        ("é {{.interface-name}}", "-"),
        ("{{.S | upper 1}}", "upper"),
        ("{{print (div 1 0)}}", "div 1 0"),
        ("{{trunc \"x\" .S}}", "\"x\""),
        ("{{template \"t\"}}", "\"t\""),
        ("{{$x}}", "$x"),
        ("{{if .S}}\n{{.S", "{{.S"),
        ("{{if .S}}{{range .S}}x{{end}}", "if"),
        ("{{define \"t\"}}x", "\"t\""),
        ("{{.S | \"open}}", "\"open}}"),
        ("{{99999999999999999999}}", "99999999999999999999"),
        ("{{index (list 1) 5}}", "index (list 1) 5"),
        ("{{(index (list 1) 0).x}}", "(index (list 1) 0).x"),
        ("{{trunc (add 1 2) .S}}", "(add 1 2)"),
    ];
    for (text, expected) in cases {
        let error = error(text);
        let range = error.range.clone().unwrap();
        assert_eq!(&text[range], expected, "{text}: {error}");
    }
}

#[test]
fn the_range_of_an_expression_counts_from_its_own_text() {
    let error = Expression::parse(".S | foo").unwrap_err();
    assert_eq!(error.message, "template: resolver:1: function \"foo\" not defined");
    assert_eq!(error.range, Some(5..8));
    let error = Expression::parse("div 1 0").unwrap().resolve(&Map::new()).unwrap_err();
    assert_eq!(error.range, Some(0..7));
    let error = Expression::parse("(1").unwrap_err();
    assert_eq!(error.range.map(|range| range.end), Some(2));
}
