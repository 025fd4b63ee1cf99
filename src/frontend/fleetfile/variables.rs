//! `vars:` of pipelines and steps.

use crate::model::{Structure, Text, Variable, VariableValue, Variables};
use crate::yaml::{Decoder, Node};

pub(super) fn decode_variables(decoder: &mut Decoder, node: &Node) -> Variables {
    let mut variables = Variables::new();
    for field in decoder.fields(node, "a mapping of variables").unwrap_or_default() {
        let value = match field.value.as_scalar() {
            Some(scalar) if matches!(field.value.resolve(), Some(crate::yaml::Resolved::String(_))) => {
                VariableValue::Template(Text::new(scalar.text.clone(), field.value.span))
            }
            Some(_) => VariableValue::Literal(field.value.to_value()),
            None => VariableValue::Structure(Structure::Literal(field.value.to_value())),
        };
        let variable = Variable { value, secret: false, dir: None, taskfile: None, span: field.key_span };
        variables.insert(field.name.into(), variable);
    }
    variables
}
