//! `before:` and `after:` of a stage. Knows no host.

use super::scalar::{duration, filled_text, word};
use crate::diagnostic::Diagnostic;
use crate::frontend::fleetfile::keys::{HOOK, PLACES};
use crate::model::Hook;
use crate::yaml::{Decoder, Node};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(60);

/// Decodes a list of hooks.
pub(super) fn decode_all(decoder: &mut Decoder, node: &Node) -> Vec<Hook> {
    decoder.list(node, "a list of hooks").iter().filter_map(|item| decode(decoder, item)).collect()
}

/// Decodes a list of hooks that run once for the run: none of them can be on a host.
pub(super) fn decode_once(decoder: &mut Decoder, node: &Node) -> Vec<Hook> {
    let hooks = decode_all(decoder, node);
    for hook in hooks.iter().filter(|hook| hook.on_host) {
        decoder.push(
            Diagnostic::error("fleet::fleetfile::hook", "a hook of `notify` runs once, on this machine")
                .at(hook.span, "is for no host")
                .help("remove `on: host`, or write the hook in `after` of `deploy`"),
        );
    }
    hooks
}

fn decode(decoder: &mut Decoder, node: &Node) -> Option<Hook> {
    let (mut script, mut on_host, mut timeout) = (None, false, TIMEOUT);
    let fields = decoder.table(node, &HOOK)?;
    for field in &fields {
        match field.name {
            "command" => script = Some(filled_text(decoder, field)?),
            "on" => {
                on_host =
                    word(decoder, field.value, &PLACES, "a place where a command runs").unwrap_or_default();
            }
            _ => timeout = duration(decoder, field).unwrap_or(TIMEOUT),
        }
    }
    if script.is_none() {
        decoder.push(
            Diagnostic::error("fleet::fleetfile::hook", "a hook without a `command`")
                .at(node.place(), "does nothing")
                .help("write `command: ...`"),
        );
    }
    Some(Hook { script: script?, on_host, timeout, span: node.place() })
}
