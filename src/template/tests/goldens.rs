//! What the real go-task made of templates, as `tests/conformance/record-templates` recorded it.

use crate::template::{Expression, Map, Template, TemplateError, Value};
use serde_json::Value as Json;

/// A recorded value as the variable that the Taskfile had.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Float(number.as_f64().unwrap()),
        },
        Json::String(text) => Value::string(text.as_str()),
        Json::Array(items) => Value::list(items.iter().map(value)),
        Json::Object(map) => {
            Value::map(map.iter().map(|(key, item)| (key.as_str().into(), value(item))).collect())
        }
    }
}

fn outcome(case: &Json, variables: &Map) -> Result<String, TemplateError> {
    let text = case["template"].as_str().unwrap();
    if case["group"] != "references" {
        return Template::parse(text)?.render(variables);
    }
    let mut variables = variables.clone();
    variables.insert("RESULT".into(), Expression::parse(text)?.resolve(&variables)?);
    Template::parse("{{spew .RESULT}}")?.render(&variables)
}

#[test]
fn templates_come_to_what_go_task_makes_of_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/template.json");
    let goldens: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let variables = value(&goldens["variables"]).as_map().unwrap().clone();
    let cases = goldens["cases"].as_array().unwrap();
    assert!(cases.len() > 250, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    let local_is_utc =
        crate::template::time::local_zone().to_offset(jiff::Timestamp::UNIX_EPOCH).seconds() == 0;
    if !local_is_utc {
        eprintln!("the zone of this machine is not UTC: the group `dates` is skipped; set TZ=UTC to run it");
    }
    for case in cases.iter().filter(|case| local_is_utc || case["group"] != "dates") {
        let got = outcome(case, &variables).map_err(|error| error.message);
        let expected = match case["output"].as_str() {
            Some(output) => Ok(output.to_owned()),
            None => Err(case["error"].as_str().unwrap().to_owned()),
        };
        if got != expected {
            let text = case["template"].as_str().unwrap();
            wrong.push(format!("{}: {text}\n  go-task: {expected:?}\n  fleet:   {got:?}\n", case["group"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.concat());
}
