//! Tags of hosts, and limits over the hosts that have one. Knows no host.

use super::scalar::at_once;
use crate::diagnostic::Diagnostic;
use crate::model::TagPool;
use crate::source::{Span, Spanned};
use crate::yaml::{Decoder, Node};
use std::collections::BTreeSet;

/// Decodes `tags:`.
pub(super) fn decode_all(decoder: &mut Decoder, node: &Node) -> BTreeSet<String> {
    let written = decoder.string_or_strings(node);
    written.iter().filter_map(|tag| name(decoder, &tag.value, tag.span)).collect()
}

/// Decodes `pools:`.
pub(super) fn pools(decoder: &mut Decoder, node: &Node) -> Vec<TagPool> {
    let fields = decoder.fields(node, "a mapping from tags to numbers of hosts").unwrap_or_default();
    fields
        .iter()
        .filter_map(|field| {
            let (tag, limit) = (name(decoder, field.name, field.key_span), at_once(decoder, field));
            Some(TagPool { tag: Spanned::new(tag?, field.key_span), limit: limit? })
        })
        .collect()
}

/// A tag; what a selector could not say is refused.
fn name(decoder: &mut Decoder, tag: &str, span: Span) -> Option<String> {
    if !tag.is_empty()
        && !tag.contains(|letter: char| letter.is_whitespace() || ",&!@*?[]{}:".contains(letter))
    {
        return Some(tag.to_owned());
    }
    let message = format!("`{}` cannot be a tag", tag.escape_debug());
    let help = match tag.strip_prefix('@') {
        Some(rest) => format!("write `{rest}`; only selectors have the `@`"),
        None => "a tag has no white space and none of `,&!@*?[]{}:`".to_owned(),
    };
    decoder.push(Diagnostic::error("fleet::fleetfile::tag", message).at(span, "").help(help));
    None
}
