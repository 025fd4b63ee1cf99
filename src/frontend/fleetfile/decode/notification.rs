//! `notify:` of a pipeline. Knows no result.

use super::health::url;
use super::only_kind;
use super::scalar::{filled_text, word};
use crate::frontend::fleetfile::keys::{CASES, NOTIFY, NOTIFY_KINDS};
use crate::model::{Notification, NotifyTarget, NotifyWhen};
use crate::yaml::{Decoder, Node};
use std::collections::BTreeSet;

/// Decodes `notify:`.
pub(super) fn decode_all(decoder: &mut Decoder, node: &Node) -> Vec<Notification> {
    let items = decoder.list(node, "a list of notifications");
    items.iter().filter_map(|item| decode(decoder, item)).collect()
}

fn decode(decoder: &mut Decoder, node: &Node) -> Option<Notification> {
    let fields = decoder.table(node, &NOTIFY)?;
    let named = only_kind(decoder, node, &fields, NOTIFY_KINDS, "a notification");
    let cases = fields.iter().filter(|field| field.name == "when");
    let when = cases.flat_map(|field| when(decoder, field.value)).collect();
    let field = named?;
    let text = filled_text(decoder, field)?;
    let target = match field.name {
        "ntfy" => NotifyTarget::Ntfy(url(decoder, field, text)?),
        "webhook" => NotifyTarget::Webhook(url(decoder, field, text)?),
        _ => NotifyTarget::Command(text),
    };
    Some(Notification { target, when, span: node.place() })
}

/// One word, or a list of words.
fn when(decoder: &mut Decoder, node: &Node) -> BTreeSet<NotifyWhen> {
    let items = match node.as_scalar() {
        Some(_) => std::slice::from_ref(node),
        None => decoder.list(node, "a list of cases"),
    };
    items.iter().filter_map(|item| word(decoder, item, &CASES, "a case to notify in")).collect()
}
