//! The JSON schema (draft-07) of a Fleetfile, written from the tables that the decoders check against. Knows no key.

use crate::yaml::keys::{Key, Table, Type};
use serde_json::{Map, Value as Json, json};

/// Go's durations, without a sign: nothing here takes a negative one.
const DURATION: &str = r"^(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$";

/// Keys of which an entry has exactly one, by the name of its table.
pub(super) type Kinds<'k> = &'k [(&'static str, &'k [&'static str])];

/// The schema of a file whose root has the keys of `root` and those `additional`.
pub(super) fn generate(root: &'static Table, additional: &'static [Key], kinds: Kinds<'_>) -> Json {
    let mut writer = Writer { definitions: Map::new(), pending: Vec::new(), kinds };
    let properties = writer.properties(root.keys.iter().chain(additional));
    while let Some(table) = writer.pending.pop() {
        let definition = writer.definition(table);
        writer.definitions.insert(table_name(table), definition);
    }
    // Sorted, so that a schema does not change where only the order of the tables does.
    writer.definitions.sort_keys();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Fleetfile",
        "description": root.doc,
        "type": "object",
        "properties": properties,
        "patternProperties": {"^x-": true},
        "additionalProperties": false,
        "definitions": writer.definitions,
    })
}

struct Writer<'k> {
    /// Written ones, and `null` for those that are pending.
    definitions: Map<String, Json>,
    pending: Vec<&'static Table>,
    kinds: Kinds<'k>,
}

impl Writer<'_> {
    fn definition(&mut self, table: &'static Table) -> Json {
        let properties = self.properties(table.keys);
        let mut definition = json!({
            "description": table.doc,
            "type": ["object", "null"],
            "properties": properties,
            "additionalProperties": false,
        });
        if let Some((_, kinds)) = self.kinds.iter().find(|(name, _)| *name == table.name) {
            definition["type"] = json!("object");
            definition["oneOf"] = kinds.iter().map(|kind| json!({"required": [kind]})).collect();
        }
        definition
    }

    fn properties(&mut self, keys: impl IntoIterator<Item = &'static Key>) -> Json {
        let mut properties = Map::new();
        for key in keys {
            let mut value = self.value(&key.kind);
            if let Some(value) = value.as_object_mut() {
                // draft-07 ignores what stands beside a `$ref`.
                if let Some(reference) = value.remove("$ref") {
                    value.insert("allOf".to_owned(), json!([{"$ref": reference}]));
                }
                value.insert("description".to_owned(), json!(key.doc));
            }
            properties.insert(key.name.to_owned(), value);
        }
        Json::Object(properties)
    }

    fn value(&mut self, kind: &'static Type) -> Json {
        match kind {
            Type::String => json!({"type": ["string", "number", "boolean"]}),
            Type::Bool => json!({"type": "boolean"}),
            Type::Int => json!({"type": "integer"}),
            Type::Duration => json!({"type": "string", "pattern": DURATION}),
            Type::Enum(words) => json!({"enum": words}),
            Type::Any => json!({}),
            Type::List(item) => json!({"type": ["array", "null"], "items": self.value(item)}),
            Type::Map(item) => json!({"type": ["object", "null"], "additionalProperties": self.value(item)}),
            Type::OneOf(kinds) => {
                let kinds: Vec<Json> = kinds.iter().map(|kind| self.value(kind)).collect();
                json!({"anyOf": kinds})
            }
            Type::Table(table) => {
                let name = table_name(table);
                let reference = format!("#/definitions/{name}");
                if !self.definitions.contains_key(&name) {
                    self.definitions.insert(name, Json::Null);
                    self.pending.push(table);
                }
                json!({"$ref": reference})
            }
        }
    }
}

/// The name of a table as a part of a URI fragment.
fn table_name(table: &Table) -> String {
    table.name.replace(' ', "-")
}
