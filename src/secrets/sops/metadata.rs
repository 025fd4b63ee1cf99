//! The block `sops` of a file: for whom it is encrypted, what of it, and when. Old files have null arrays in it. Decides
//! nothing.

use crate::secrets::recipient::{Recipient, RecipientKind};
use crate::source::{Span, Spanned};
use crate::yaml::Node;
use std::sync::Arc;

/// Where a recipient stands in the block: the list, the kind of its keys, and the names of their parts, which name the
/// key together.
const LISTS: [(&str, RecipientKind, &[&str]); 7] = [
    ("age", RecipientKind::Age, &["recipient"]),
    ("pgp", RecipientKind::Pgp, &["fp"]),
    ("kms", RecipientKind::Kms, &["arn"]),
    ("gcp_kms", RecipientKind::GcpKms, &["resource_id"]),
    ("azure_kv", RecipientKind::AzureKeyVault, &["vault_url", "name"]),
    ("hc_vault", RecipientKind::Vault, &["vault_address", "engine_path", "key_name"]),
    ("hckms", RecipientKind::HcKms, &["key_id"]),
];
/// What only sops' block has; a mapping `sops` without any of it is another program's.
const SIGNS: [&str; 5] = ["mac", "lastmodified", "key_groups", "shamir_threshold", "unencrypted_suffix"];

/// The block.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    /// Where it stands.
    pub(crate) span: Span,
    /// Its first key.
    pub(crate) first: Span,
    /// Groups of recipients. Of one group any recipient opens the file; of several, some of each of
    /// [`Self::threshold`] groups do.
    pub(crate) groups: Vec<Vec<Entry>>,
    /// How many groups it takes.
    pub(crate) threshold: Option<Spanned<i64>>,
    /// The authentication code.
    pub(crate) mac: Option<Spanned<Arc<str>>>,
    /// The time of the last change.
    pub(crate) last_modified: Option<Spanned<Arc<str>>>,
    /// What is encrypted.
    pub(crate) coverage: Coverage,
    /// A value of the block is itself encrypted.
    pub(crate) encrypted_again: Option<Span>,
}

/// A recipient and the data key that is encrypted for it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Whom it says it is for.
    pub(crate) recipient: Recipient,
    /// Where that is said.
    pub(crate) span: Span,
    /// The encrypted key.
    pub(crate) enc: Option<Spanned<Arc<str>>>,
}

/// Which values are encrypted, by their keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Coverage {
    /// Keys with this ending are not.
    pub(crate) unencrypted_suffix: Option<Spanned<Arc<str>>>,
    /// Only keys with this ending are.
    pub(crate) encrypted_suffix: Option<Spanned<Arc<str>>>,
    /// Keys that match are not.
    pub(crate) unencrypted_regex: Option<Spanned<Arc<str>>>,
    /// Only keys that match are.
    pub(crate) encrypted_regex: Option<Spanned<Arc<str>>>,
    /// Comments decide, which are not read here.
    pub(crate) by_comment: bool,
}

impl Metadata {
    /// Reads the block; `None` where it is not sops'.
    #[must_use]
    pub(crate) fn read(node: &Node) -> Option<Self> {
        node.as_mapping()?;
        let has = |name: &str| node.get(name).is_some();
        let lists = || LISTS.iter().map(|(name, ..)| *name);
        let listed = lists().any(|name| node.get(name).is_some_and(|list| list.as_sequence().is_some()));
        if !listed && !SIGNS.into_iter().any(has) {
            return None;
        }
        let mut groups: Vec<Vec<Entry>> = Vec::new();
        for group in node.get("key_groups").and_then(Node::as_sequence).unwrap_or_default() {
            groups.push(entries(group));
        }
        let flat = entries(node);
        if !flat.is_empty() {
            groups.push(flat);
        }
        let threshold = node.get("shamir_threshold").and_then(|node| {
            node.text().and_then(|text| text.parse().ok()).map(|number| Spanned::new(number, node.span))
        });
        let encrypted_again = nodes(node)
            .find(|node| node.text().is_some_and(|text| text.starts_with(super::format::ENCRYPTED)))
            .map(|node| node.span);
        Some(Self {
            span: node.span,
            first: node.as_mapping()?.first()?.key.span,
            groups,
            threshold,
            mac: text(node, "mac"),
            last_modified: text(node, "lastmodified"),
            coverage: Coverage {
                unencrypted_suffix: text(node, "unencrypted_suffix"),
                encrypted_suffix: text(node, "encrypted_suffix"),
                unencrypted_regex: text(node, "unencrypted_regex"),
                encrypted_regex: text(node, "encrypted_regex"),
                by_comment: text(node, "unencrypted_comment_regex").is_some()
                    || text(node, "encrypted_comment_regex").is_some(),
            },
            encrypted_again,
        })
    }

    /// All recipients of all groups.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.groups.iter().flatten()
    }
}

/// What is not empty.
fn text(node: &Node, name: &str) -> Option<Spanned<Arc<str>>> {
    let node = node.get(name).filter(|node| !node.is_null())?;
    let text = &node.as_scalar()?.text;
    (!text.is_empty()).then(|| Spanned::new(Arc::clone(text), node.span))
}

/// The values of the block of which none may be encrypted: all but the code, which always is, and what KMS gave.
fn nodes(block: &Node) -> impl Iterator<Item = &Node> {
    let lists = LISTS.iter().filter_map(|(name, _, parts)| Some((block.get(name)?.as_sequence()?, *parts)));
    let parts = lists.flat_map(|(items, parts)| {
        items.iter().flat_map(move |item| parts.iter().filter_map(|part| item.get(part)))
    });
    ["lastmodified", "version", "unencrypted_suffix"]
        .into_iter()
        .filter_map(|name| block.get(name))
        .chain(parts)
}

fn entries(group: &Node) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (name, kind, parts) in LISTS {
        for item in group.get(name).and_then(Node::as_sequence).unwrap_or_default() {
            let found: Vec<&Node> = parts.iter().filter_map(|part| item.get(part)).collect();
            let Some(first) = found.first() else { continue };
            let words: Vec<&str> = found.iter().filter_map(|node| node.text()).collect();
            entries.push(Entry {
                recipient: Recipient::of_parts(kind, &words),
                span: first.span,
                enc: text(item, "enc"),
            });
        }
    }
    entries
}
