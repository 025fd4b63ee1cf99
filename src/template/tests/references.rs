//! Which variables a template names.

use crate::template::{Expression, Template};

#[test]
fn references_are_the_names_of_all_variables_that_are_used() {
    let cases: &[(&str, &[&str])] = &[
        ("plain", &[]),
        ("{{.A}} {{ .B }} {{.A}}", &["A", "B"]),
        ("{{.A.B.C | default .D}}", &["A", "D"]),
        ("{{with .A}}{{.B}}{{$.C}}{{else}}{{.D}}{{end}}", &["A", "C", "D"]),
        ("{{range $i, $x := .A}}{{.B}}{{$x.C}}{{end}}{{.D}}", &["A", "D"]),
        ("{{if eq .A (print .B)}}{{.C}}{{else if .D}}{{.E}}{{end}}", &["A", "B", "C", "D", "E"]),
        ("{{(index .A 0).B}}", &["A"]),
        ("{{template \"t\" .A}}{{define \"t\"}}{{.B}}{{$.C}}{{end}}", &["A"]),
        ("{{\".A\"}}{{/* .B */}}", &[]),
        ("{{.}}", &[]),
    ];
    for (text, expected) in cases {
        assert_eq!(Template::parse(text).unwrap().references(), *expected, "{text}");
    }
    assert_eq!(Expression::parse(".A | first").unwrap().references(), ["A"]);
}
