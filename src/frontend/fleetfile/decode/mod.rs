//! From the YAML tree to what was written, collecting everything that is wrong. Knows no other file and no task.

mod fleet;
mod health;
mod hook;
mod notification;
mod pipeline;
mod quiesce;
mod scalar;
mod secrets;
mod step;
mod tag;

use super::ast::Fleetfile;
use crate::diagnostic::Diagnostic;
use crate::yaml::{Decoder, Field, Node, merged};
use scalar::quoted;

/// Decodes `fleet:` and `pipelines:` of the root of a file; the Taskfile's keys are left alone.
pub fn decode(decoder: &mut Decoder, root: &Node) -> Fleetfile {
    let mut file = Fleetfile::default();
    for (key, value) in merged(root).entries {
        let Some(name) = key.text() else { continue };
        let field = Field { name, key_span: key.place(), key, value };
        match name {
            "fleet" => file.fleet = fleet::decode(decoder, &field),
            "pipelines" => file.pipelines = pipeline::decode_all(decoder, value),
            _ => {}
        }
    }
    file
}

/// The one field that says what an entry is; tells when there is none or more than one.
fn only_kind<'f, 'n>(
    decoder: &mut Decoder,
    node: &Node,
    fields: &'f [Field<'n>],
    kinds: &[&str],
    what: &str,
) -> Option<&'f Field<'n>> {
    let mut present = fields.iter().filter(|field| kinds.contains(&field.name));
    let Some(first) = present.next() else {
        // An unknown key has been reported and is probably the one that is missing.
        let named = node.as_mapping().map_or(0, <[_]>::len);
        if named == fields.len() {
            let message = format!("{what} does not say what it is");
            let help = format!("give one of {}", quoted(kinds.iter().copied()));
            decoder.push(
                Diagnostic::error("fleet::fleetfile::no_kind", message).at(node.place(), "").help(help),
            );
        }
        return None;
    };
    for other in present {
        let message = format!("{what} is either `{}` or `{}`", first.name, other.name);
        decoder.push(
            Diagnostic::error("fleet::fleetfile::two_kinds", message)
                .at(other.key_span, "and this")
                .at(first.key_span, "this")
                .help("make two entries of it"),
        );
    }
    Some(first)
}

/// Tells of a field that means nothing beside the kind of its entry.
fn misplaced(decoder: &mut Decoder, field: &Field<'_>, belongs_to: &str) {
    let message = format!("`{}` means nothing here", field.name);
    decoder.push(
        Diagnostic::error("fleet::fleetfile::misplaced_key", message)
            .at(field.key_span, format!("belongs to {belongs_to}"))
            .help("remove it"),
    );
}
