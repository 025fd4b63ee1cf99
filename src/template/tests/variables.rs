//! How templates ask for their variables.

use crate::template::{Expression, Lookup, Map, Template, Value};
use std::cell::RefCell;

/// Variables that note what was asked for.
#[derive(Default)]
struct Noting(RefCell<Vec<String>>);

impl Lookup for Noting {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.borrow_mut().push(name.to_owned());
        Some(name.into())
    }

    fn all(&self) -> Map {
        self.0.borrow_mut().push("(all)".to_owned());
        Map::from_iter([("A".into(), 1.into())])
    }
}

fn asked(text: &str) -> (String, Vec<String>) {
    let noting = Noting::default();
    let out = Template::parse(text).unwrap().render(&noting).unwrap();
    (out, noting.0.into_inner())
}

#[test]
fn only_what_a_template_names_is_looked_up() {
    assert_eq!(asked("plain {"), ("plain {".into(), vec![]));
    assert_eq!(asked("{{.A}}-{{.B}}"), ("A-B".into(), vec!["A".into(), "B".into()]));
    assert_eq!(asked("{{if false}}{{.A}}{{end}}{{.B | upper}}"), ("B".into(), vec!["B".into()]));
    assert_eq!(asked("{{.}}{{$}}"), ("map[A:1]map[A:1]".into(), vec!["(all)".into()]));
}

#[test]
fn an_expression_keeps_the_type_of_its_value() {
    let variables = Map::from_iter([("L".into(), Value::list([1.into(), "x".into()]))]);
    let resolve = |text: &str| Expression::parse(text).unwrap().resolve(&variables).unwrap();
    assert_eq!(resolve(".L"), variables["L"]);
    assert_eq!(resolve(".L | last"), "x".into());
    assert_eq!(resolve("."), Value::map(variables.clone()));
    assert_eq!(resolve("splitList \",\" \"a,b\""), Value::strings(["a", "b"]));
    assert_eq!(resolve("splitList \",\" \"a,b\"").as_list().map(<[Value]>::len), Some(2));
    assert_eq!(resolve("add 1 2").as_int(), Some(3));
    assert_eq!(resolve(".Missing"), Value::Nil);
}

#[test]
fn a_plain_text_is_its_own_output() {
    let template = Template::parse("a } <no value> {x}").unwrap();
    assert!(template.is_plain());
    assert_eq!(template.render(&Map::new()).unwrap(), "a } <no value> {x}");
    assert!(!Template::parse("{{.A}}").unwrap().is_plain());
}

#[test]
fn templates_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    shared(&Template::parse("{{.A}}").unwrap());
    shared(&Expression::parse(".A").unwrap());
}
