//! `notify:` of a pipeline. Knows no result.

use super::health::url;
use super::scalar::{filled_text, plain_name, quoted, word};
use super::{misplaced, only_kind};
use crate::diagnostic::Diagnostic;
use crate::frontend::fleetfile::keys::{
    CASES, GIVEN, GIVEN_KINDS, NOTIFY, NOTIFY_KINDS, NOTIFY_SECRETS, NOTIFY_SETTINGS,
};
use crate::model::{Given, Notification, NotifyWhen, Service, ServiceKeys};
use crate::yaml::{Decoder, Field, Node};
use std::collections::BTreeSet;

/// Decodes `notify:`.
pub(super) fn decode_all(decoder: &mut Decoder, node: &Node) -> Vec<Notification> {
    let items = decoder.list(node, "a list of notifications");
    items.iter().filter_map(|item| decode(decoder, item, false)).collect()
}

fn decode(decoder: &mut Decoder, node: &Node, is_fallback: bool) -> Option<Notification> {
    let fields = decoder.table(node, &NOTIFY)?;
    let named = only_kind(decoder, node, &fields, NOTIFY_KINDS, "a notification");
    let keys = named.and_then(|field| Service::of(field.name));
    let (mut name, mut when, mut fallback, mut settings) = (None, BTreeSet::new(), None, Vec::new());
    for field in &fields {
        match field.name {
            "when" if is_fallback => misplaced(decoder, field, "the notification that it stands in for"),
            "when" => when = cases(decoder, field.value),
            "name" => name = plain_name(decoder, field, "the name of a notification"),
            "fallback" => fallback = decode(decoder, field.value, true).map(Box::new),
            _ => settings.extend(keys.and_then(|keys| setting(decoder, field, keys))),
        }
    }
    let (keys, field) = (keys?, named?);
    for key in keys.needs {
        if !fields.iter().any(|field| field.name == *key) {
            let message = format!("a notification by `{}` needs `{key}`", keys.word);
            let label = format!("without `{key}`");
            let help = format!("it needs {}", quoted(keys.needs.iter().copied()));
            decoder.push(
                Diagnostic::error("fleet::fleetfile::missing_key", message)
                    .at(field.key_span, label)
                    .help(help),
            );
        }
    }
    let address = match keys.service {
        Service::Command => Given::Text(filled_text(decoder, field)?),
        Service::Desktop => {
            let wanted = decoder.bool(field.value)?;
            if !*wanted {
                misplaced(decoder, field, "those who want it: `true` is its only value");
            }
            Given::Text(crate::model::Text::new("true", field.value.place()))
        }
        _ => given(decoder, field)?,
    };
    let address = match address {
        Given::Text(text) if keys.url => Given::Text(url(decoder, field, text)?),
        address => address,
    };
    Some(Notification { service: keys.service, name, address, settings, when, fallback, span: node.place() })
}

/// A setting that the service has.
fn setting(decoder: &mut Decoder, field: &Field<'_>, keys: &ServiceKeys) -> Option<(&'static str, Given)> {
    let key = NOTIFY_SETTINGS.iter().find(|key| **key == field.name)?;
    if !keys.needs.contains(key) && !keys.takes.contains(key) {
        misplaced(decoder, field, &format!("other services than `{}`", keys.word));
        return None;
    }
    let given = given(decoder, field)?;
    if let Given::Text(text) = &given
        && NOTIFY_SECRETS.contains(key)
        && text.is_plain()
    {
        let message = format!("`{key}` stands in the file for everybody to read");
        decoder.push(
            Diagnostic::warning("fleet::fleetfile::secret_in_file", message)
                .at(field.value.place(), "a secret")
                .help(format!("write `{key}: {{file: PATH}}`, `{{env: NAME}}` or `{{command: CMD}}`")),
        );
    }
    Some((key, given))
}

/// A value, or where it is.
fn given(decoder: &mut Decoder, field: &Field<'_>) -> Option<Given> {
    if field.value.as_mapping().is_none() {
        return filled_text(decoder, field).map(Given::Text);
    }
    let fields = decoder.table(field.value, &GIVEN)?;
    let place = only_kind(decoder, field.value, &fields, GIVEN_KINDS, "a value")?;
    let text = filled_text(decoder, place)?;
    Some(match place.name {
        "file" => Given::File(text),
        "env" => Given::Env(text),
        _ => Given::Command(text),
    })
}

/// One word, or a list of words.
fn cases(decoder: &mut Decoder, node: &Node) -> BTreeSet<NotifyWhen> {
    let items = match node.as_scalar() {
        Some(_) => std::slice::from_ref(node),
        None => decoder.list(node, "a list of cases"),
    };
    items.iter().filter_map(|item| word(decoder, item, &CASES, "a case to notify in")).collect()
}
