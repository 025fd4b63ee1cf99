//! `health:` of a deploy stage. Knows no host.

use super::scalar::{duration, filled_text, number, word};
use super::{misplaced, only_kind};
use crate::diagnostic::Diagnostic;
use crate::frontend::fleetfile::keys::{HEALTH, HEALTH_KINDS, PLACES};
use crate::model::{Health, HealthKind, Text};
use crate::yaml::{Decoder, Field, Node};
use std::time::Duration;

const RETRIES: u32 = 3;
const DEADLINE: Duration = Duration::from_secs(60);

/// Decodes `health:`.
pub(super) fn decode_all(decoder: &mut Decoder, node: &Node) -> Vec<Health> {
    decoder.list(node, "a list of health checks").iter().filter_map(|item| decode(decoder, item)).collect()
}

fn decode(decoder: &mut Decoder, node: &Node) -> Option<Health> {
    let fields = decoder.table(node, &HEALTH)?;
    let named = only_kind(decoder, node, &fields, HEALTH_KINDS, "a health check");
    let (mut retries, mut deadline, mut on_host) = (RETRIES, DEADLINE, false);
    for field in &fields {
        match field.name {
            "retries" => retries = number(decoder, field, 0_u32, 10_000).unwrap_or(RETRIES),
            "deadline" => deadline = duration(decoder, field).unwrap_or(DEADLINE),
            "on" if named.is_none_or(|named| named.name == "command") => {
                let place = word(decoder, field.value, &PLACES, "a place where a command runs");
                on_host = place.unwrap_or_default();
            }
            "on" => misplaced(decoder, field, "`command`"),
            _ => {}
        }
    }
    let kind = kind(decoder, named?, on_host)?;
    Some(Health { kind, retries, deadline, span: node.place() })
}

fn kind(decoder: &mut Decoder, field: &Field<'_>, on_host: bool) -> Option<HealthKind> {
    let text = filled_text(decoder, field)?;
    Some(match field.name {
        "unit" => HealthKind::Unit(text),
        "http" => HealthKind::Http(url(decoder, field, text)?),
        "tcp" => HealthKind::Tcp(endpoint(decoder, field, text)?),
        _ => HealthKind::Command { script: text, on_host },
    })
}

/// A text that, where it is known already, is an `http` or `https` URL.
pub(super) fn url(decoder: &mut Decoder, field: &Field<'_>, text: Text) -> Option<Text> {
    let rest = text.raw().strip_prefix("https://").or_else(|| text.raw().strip_prefix("http://"));
    if rest.is_some_and(|rest| !rest.is_empty()) || text.raw().starts_with("{{") {
        return Some(text);
    }
    let message = format!("`{}` is not a URL", text.raw().escape_debug());
    decoder.push(
        Diagnostic::error("fleet::fleetfile::url", message)
            .at(field.value.place(), "")
            .help("write the whole address, such as `https://ntfy.example.org/topic`"),
    );
    None
}

/// A text that, where it is known already, is `HOST:PORT`.
fn endpoint(decoder: &mut Decoder, field: &Field<'_>, text: Text) -> Option<Text> {
    let whole =
        |(host, port): (&str, &str)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0);
    if !text.is_plain() || text.raw().rsplit_once(':').is_some_and(whole) {
        return Some(text);
    }
    let message = format!("`{}` is not `HOST:PORT`", text.raw().escape_debug());
    decoder.push(
        Diagnostic::error("fleet::fleetfile::endpoint", message)
            .at(field.value.place(), "")
            .help("write host and port, such as `'{{.HOST}}:443'`"),
    );
    None
}
