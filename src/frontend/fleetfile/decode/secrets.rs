//! `fleet.secrets`: the fence between test keys and real secrets. Knows no key and no file.

use super::scalar::{filled_text, texts};
use crate::diagnostic::Diagnostic;
use crate::frontend::fleetfile::keys::{IGNORED, SECRETS};
use crate::model::{HostName, IgnoredFinding, SecretsPolicy, Text};
use crate::yaml::{Decoder, Node};

/// Decodes the value of the key.
pub(super) fn decode(decoder: &mut Decoder, node: &Node) -> SecretsPolicy {
    let mut policy = SecretsPolicy::default();
    for field in decoder.table(node, &SECRETS).unwrap_or_default() {
        match field.name {
            "test_keys" => policy.test_keys = texts(decoder, field.value),
            "test_paths" => policy.test_paths = texts(decoder, field.value),
            "host_keys" => host_keys(decoder, field.value, &mut policy),
            "ignore" => {
                let items = decoder.list(field.value, "a list of entries with `rule`, `path` and `reason`");
                policy.ignore = items.iter().filter_map(|item| ignored(decoder, item)).collect();
            }
            _ => {}
        }
    }
    plain(decoder, &policy);
    policy
}

fn host_keys(decoder: &mut Decoder, node: &Node, policy: &mut SecretsPolicy) {
    for field in decoder.fields(node, "a mapping from host names to keys").unwrap_or_default() {
        let name = match HostName::new(field.name) {
            Ok(name) => name,
            Err(error) => {
                let diagnostic = Diagnostic::error("fleet::fleetfile::host_name", error.to_string());
                decoder.push(diagnostic.at(field.key_span, "not a host's name"));
                continue;
            }
        };
        let Some(text) = filled_text(decoder, &field) else { continue };
        if text.raw().starts_with("age1") || text.raw().starts_with("ssh-ed25519 ") {
            policy.host_keys.insert(name, text);
            continue;
        }
        decoder.push(
            Diagnostic::error("fleet::fleetfile::host_key", format!("this cannot be the key of `{name}`"))
                .at(field.value.place(), "neither `age1...` nor `ssh-ed25519 ...`")
                .help(format!("`ssh-keyscan -t ed25519 {name}` prints the key of a host")),
        );
    }
}

/// An entry is whole, or it is a mistake: who passes something over says what and why.
fn ignored(decoder: &mut Decoder, node: &Node) -> Option<IgnoredFinding> {
    let fields = decoder.table(node, &IGNORED)?;
    let mut texts: [Option<Text>; 3] = [None, None, None];
    for (slot, name) in texts.iter_mut().zip(["rule", "path", "reason"]) {
        match fields.iter().find(|field| field.name == name) {
            Some(field) => *slot = filled_text(decoder, field),
            None => decoder.push(
                Diagnostic::error(
                    "fleet::fleetfile::ignore",
                    format!("`{name}` is missing in an entry of `ignore`"),
                )
                .at(node.place(), "this entry")
                .help("say what is passed over and why: `{rule: recipients, path: \"old/**\", reason: ...}`"),
            ),
        }
    }
    let [rule, path, reason] = texts;
    Some(IgnoredFinding { rule: rule?, path: path?, reason: reason? })
}

/// What guards secrets must not depend on variables.
fn plain(decoder: &mut Decoder, policy: &SecretsPolicy) {
    let ignored = policy.ignore.iter().flat_map(|ignored| [&ignored.rule, &ignored.path]);
    let texts =
        policy.test_keys.iter().chain(&policy.test_paths).chain(policy.host_keys.values()).chain(ignored);
    for text in texts.filter(|text| !text.is_plain()) {
        decoder.push(
            Diagnostic::error("fleet::fleetfile::secrets", "no template is rendered in `fleet.secrets`")
                .at(text.span(), "a template")
                .help("write the path or key itself"),
        );
    }
}
