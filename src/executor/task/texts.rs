//! All texts of some variables, for questions about what they use.

use crate::model::{Structure, Text, VariableValue, Variables};

/// The texts, at any depth.
pub(super) fn texts_of(variables: &Variables) -> impl Iterator<Item = &Text> {
    variables.values().flat_map(|variable| {
        let mut texts = Vec::new();
        match &variable.value {
            VariableValue::Literal(_) => {}
            VariableValue::Template(text) | VariableValue::Reference(text) => texts.push(text),
            VariableValue::Structure(structure) => collect(structure, &mut texts),
            VariableValue::Shell(command) => texts.push(command),
        }
        texts.extend(variable.query.iter().map(|query| &query.program));
        texts
    })
}

fn collect<'a>(structure: &'a Structure, texts: &mut Vec<&'a Text>) {
    match structure {
        Structure::Literal(_) => {}
        Structure::Template(text) => texts.push(text),
        Structure::List(items) => items.iter().for_each(|item| collect(item, texts)),
        Structure::Map(entries) => entries.iter().for_each(|(_, value)| collect(value, texts)),
    }
}
