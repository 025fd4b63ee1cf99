//! `.sops.yaml`: which keys a new file gets, by the first rule whose pattern its path matches. Every recipient keeps its
//! place. Decides nothing.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::secrets::recipient::{Recipient, RecipientKind};
use crate::source::{SourceMap, Span, Spanned};
use crate::yaml::decode::{unknown_key, wrong_type};
use crate::yaml::keys::{Table, Type, key};
use crate::yaml::{Decoder, Field, Node};
use regex::Regex;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

const CODE: &str = "fleet::secrets::config";
/// How deep `merge` of key groups may go; sops itself has no use for more than one.
const MAX_MERGES: usize = 10;

/// The file.
#[derive(Debug)]
pub(crate) struct SopsConfig {
    /// Its path, from the root of what is checked.
    pub(crate) path: String,
    /// Its directory, with a `/` at the end where it is not the root.
    pub(crate) dir: String,
    /// The rules in order.
    pub(crate) rules: Vec<CreationRule>,
    /// What anchors call the keys.
    pub(crate) names: HashMap<Recipient, Arc<str>>,
    /// It is what git's index has, and the work tree has something else.
    pub(crate) staged: bool,
}

/// One of `creation_rules`.
#[derive(Debug)]
pub(crate) struct CreationRule {
    /// Where its first key stands.
    pub(crate) span: Span,
    /// Which paths it is for; all of them when absent.
    pub(crate) path: Option<PathRegex>,
    /// Groups of recipients.
    pub(crate) groups: Vec<Vec<Listed>>,
    /// How many groups it takes.
    pub(crate) threshold: Option<Spanned<i64>>,
    /// Only some values are encrypted.
    pub(crate) partial: bool,
}

/// A pattern for paths.
#[derive(Debug)]
pub(crate) struct PathRegex {
    /// As written.
    pub(crate) text: Spanned<Arc<str>>,
    /// Compiled; `None` where it is no pattern, which was told.
    pub(crate) regex: Option<Regex>,
}

/// A recipient of a rule.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// Who.
    pub(crate) recipient: Recipient,
    /// Where: the alias, where there is one.
    pub(crate) span: Span,
}

impl CreationRule {
    /// Whether the rule is for a path, relative to the file's directory. As sops does, it looks for the pattern anywhere.
    #[must_use]
    pub(crate) fn matches(&self, path: &str) -> bool {
        self.path
            .as_ref()
            .is_none_or(|path_regex| path_regex.regex.as_ref().is_some_and(|regex| regex.is_match(path)))
    }

    /// All recipients of all groups.
    pub(crate) fn recipients(&self) -> impl Iterator<Item = &Listed> {
        self.groups.iter().flatten()
    }

    /// The pattern, or where the rule begins.
    #[must_use]
    pub(crate) fn place(&self) -> Span {
        self.path.as_ref().map_or(self.span, |path| path.text.span)
    }
}

impl SopsConfig {
    /// Reads the file; what is wrong with it goes to the findings, and the rest is used.
    pub(crate) fn read(
        sources: &mut SourceMap,
        root: &Path,
        path: &str,
        bytes: Vec<u8>,
        findings: &mut Diagnostics,
    ) -> Self {
        let text = match crate::yaml::decode_bytes(bytes) {
            Ok(text) => text,
            Err(error) => {
                findings.push(Diagnostic { code: CODE, ..error.diagnostic });
                String::new()
            }
        };
        let source = sources.add(root.join(path), text.as_str());
        let dir = path.rfind('/').map_or("", |slash| &path[..=slash]).to_owned();
        let mut config =
            Self { path: path.to_owned(), dir, rules: Vec::new(), names: HashMap::new(), staged: false };
        let document = match crate::yaml::parse(source, &text) {
            Ok(document) => document,
            Err(error) => {
                let help = "sops cannot read it either: correct it first";
                let diagnostic = Diagnostic { code: CODE, ..error.diagnostic };
                findings.push(if diagnostic.help.is_none() { diagnostic.help(help) } else { diagnostic });
                return config;
            }
        };
        config.anchors(&document.root, findings);
        let mut reader = Reader { decoder: Decoder::new(), text: &text };
        config.rules = reader.rules(&document.root);
        findings.extend(reader.decoder.diagnostics);
        config
    }

    /// A path of what is checked, relative to the file's directory; `None` for what is elsewhere.
    #[must_use]
    pub(crate) fn relative<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(self.dir.as_str())
    }

    /// The first rule for a path relative to the file's directory.
    #[must_use]
    pub(crate) fn rule(&self, path: &str) -> Option<&CreationRule> {
        self.rules.iter().find(|rule| rule.matches(path))
    }

    /// A recipient with what its anchor calls it.
    #[must_use]
    pub(crate) fn name(&self, recipient: &Recipient) -> String {
        match self.names.get(recipient) {
            Some(name) => format!("`{name}` ({recipient})"),
            None => format!("`{recipient}`"),
        }
    }

    /// Takes the names of keys, and tells of anchors that stand twice: what comes between them means the first.
    fn anchors(&mut self, root: &Node, findings: &mut Diagnostics) {
        let mut seen: HashMap<Arc<str>, Span> = HashMap::new();
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            if node.alias().is_some() {
                continue;
            }
            if let Some(anchor) = node.anchor() {
                if let Some(text) = node.text() {
                    let kind = if text.contains("age1") || text.starts_with("ssh-") {
                        RecipientKind::Age
                    } else {
                        RecipientKind::Pgp
                    };
                    self.names.insert(Recipient::new(kind, text), Arc::clone(anchor));
                }
                if let Some(first) = seen.insert(Arc::clone(anchor), node.span) {
                    findings.push(
                        Diagnostic::warning(CODE, format!("two anchors are called `{anchor}`"))
                            .at(node.span, "this one is meant from here on")
                            .at(first, "this one is meant before it")
                            .help("give each key a name of its own"),
                    );
                }
            }
            if let Some(items) = node.as_sequence() {
                open.extend(items.iter().rev());
            }
            if let Some(entries) = node.as_mapping() {
                open.extend(entries.iter().rev().flat_map(|entry| [&entry.value, &entry.key]));
            }
        }
    }
}

struct Reader<'t> {
    decoder: Decoder,
    text: &'t str,
}

impl Reader<'_> {
    fn rules(&mut self, root: &Node) -> Vec<CreationRule> {
        if root.is_null() {
            return Vec::new();
        }
        let fields = self.decoder.fields(root, "a mapping with `creation_rules`").unwrap_or_default();
        let rules = fields.iter().find(|field| field.name == "creation_rules");
        if rules.is_none()
            && let Some(near) = fields
                .iter()
                .find(|field| crate::diagnostic::did_you_mean(field.name, ["creation_rules"]).is_some())
        {
            self.decoder.push(
                Diagnostic::warning(CODE, format!("sops does not know the key `{}`", near.name))
                    .at(near.key_span, "no such key")
                    .help("did you mean `creation_rules`?"),
            );
        }
        let Some(rules) = rules else { return Vec::new() };
        let items = self.decoder.list(rules.value, "a list of rules");
        items.iter().filter_map(|item| self.rule(item)).collect()
    }

    fn rule(&mut self, node: &Node) -> Option<CreationRule> {
        let fields = self.decoder.fields(node, "a mapping (a creation rule)")?;
        let span = fields.first().map_or(node.place(), |field| field.key_span);
        let mut rule = CreationRule { span, path: None, groups: Vec::new(), threshold: None, partial: false };
        let mut flat = Vec::new();
        let mut grouped = None;
        for field in &fields {
            match field.name {
                "path_regex" => rule.path = self.pattern(field),
                "key_groups" => grouped = Some(self.groups(field.value)),
                "shamir_threshold" => rule.threshold = self.decoder.int(field.value),
                "encrypted_regex"
                | "unencrypted_regex"
                | "encrypted_comment_regex"
                | "unencrypted_comment_regex" => {
                    rule.partial |= field.name.starts_with("encrypted");
                    self.pattern(field);
                }
                "encrypted_suffix" => rule.partial = true,
                "unencrypted_suffix" | "mac_only_encrypted" | "aws_profile" => {}
                name => match FLAT.iter().find(|(known, _)| *known == name) {
                    Some((_, kind)) => self.keys(field.value, *kind, &mut flat),
                    None => self.unknown(field),
                },
            }
        }
        rule.groups = match grouped {
            Some(groups) if !groups.is_empty() => groups,
            _ if flat.is_empty() => Vec::new(),
            _ => vec![flat],
        };
        Some(rule)
    }

    /// sops passes over keys that it does not know; a rule with a mistyped `path_regex` is for every path.
    fn unknown(&mut self, field: &Field<'_>) {
        let mut diagnostic = unknown_key(field, &RULE);
        diagnostic.code = CODE;
        diagnostic.severity = crate::diagnostic::Severity::Warning;
        self.decoder.push(diagnostic);
    }

    fn pattern(&mut self, field: &Field<'_>) -> Option<PathRegex> {
        let text = self.decoder.string(field.value).filter(|text| !text.is_empty())?;
        let regex = match Regex::new(&text) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let why = super::regex_error(&error);
                self.decoder.push(
                    Diagnostic::error(CODE, format!("`{}` is no pattern: {why}", field.name))
                        .at(field.value.place(), "no regular expression")
                        .help("a `.` that is meant as one is written `\\.`, and every bracket needs its other half"),
                );
                None
            }
        };
        Some(PathRegex { text, regex })
    }

    fn groups(&mut self, node: &Node) -> Vec<Vec<Listed>> {
        let items = self.decoder.list(node, "a list of key groups");
        items
            .iter()
            .map(|item| {
                let mut keys = Vec::new();
                self.group(item, &mut keys, 0);
                keys
            })
            .filter(|keys| !keys.is_empty())
            .collect()
    }

    fn group(&mut self, node: &Node, keys: &mut Vec<Listed>, depth: usize) {
        if node.is_null() || depth > MAX_MERGES {
            return;
        }
        for field in self.decoder.fields(node, "a mapping (a key group)").unwrap_or_default() {
            match GROUPED.iter().find(|(known, _)| *known == field.name) {
                Some((_, kind)) => self.keys(field.value, *kind, keys),
                None if field.name == "merge" => {
                    for item in self.decoder.list(field.value, "a list of key groups") {
                        self.group(item, keys, depth + 1);
                    }
                }
                None => {}
            }
        }
    }

    /// Keys in one text with commas between, in lists, or as mappings of their parts.
    fn keys(&mut self, node: &Node, kind: RecipientKind, keys: &mut Vec<Listed>) {
        if node.is_null() {
            return;
        }
        if let Some(items) = node.as_sequence() {
            items.iter().for_each(|item| self.keys(item, kind, keys));
            return;
        }
        if node.as_mapping().is_some() {
            let parts: Vec<&str> = PARTS.iter().filter_map(|part| node.get(part)?.text()).collect();
            if !parts.is_empty() {
                keys.push(Listed { recipient: Recipient::of_parts(kind, &parts), span: node.place() });
            }
            return;
        }
        let Some(scalar) = node.as_scalar() else {
            self.decoder.push(wrong_type(node, "a list of keys"));
            return;
        };
        let place = node.place();
        let raw = self.text.get(place.start as usize..place.end as usize).unwrap_or_default();
        let mut from = 0;
        for word in scalar.text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let span = match raw.get(from..).and_then(|rest| rest.find(word)) {
                Some(at) => {
                    let start = place.start + (from + at) as u32;
                    from += at + word.len();
                    Span { start, end: start + word.len() as u32, ..place }
                }
                None => place,
            };
            keys.push(Listed { recipient: Recipient::new(kind, word), span });
        }
    }
}

/// Keys of a rule that hold recipients.
const FLAT: [(&str, RecipientKind); 7] = [
    ("age", RecipientKind::Age),
    ("pgp", RecipientKind::Pgp),
    ("kms", RecipientKind::Kms),
    ("gcp_kms", RecipientKind::GcpKms),
    ("azure_keyvault", RecipientKind::AzureKeyVault),
    ("hc_vault_transit_uri", RecipientKind::Vault),
    ("hckms", RecipientKind::HcKms),
];
/// The same of a key group.
const GROUPED: [(&str, RecipientKind); 7] = [
    ("age", RecipientKind::Age),
    ("pgp", RecipientKind::Pgp),
    ("kms", RecipientKind::Kms),
    ("gcp_kms", RecipientKind::GcpKms),
    ("azure_keyvault", RecipientKind::AzureKeyVault),
    ("hc_vault", RecipientKind::Vault),
    ("hckms", RecipientKind::HcKms),
];
/// The parts of a key that is written as a mapping, in the order of its name.
const PARTS: [&str; 6] = ["arn", "resource_id", "vaultUrl", "vault_url", "key", "key_id"];

/// What sops knows in a rule.
static RULE: Table = Table {
    name: "a creation rule",
    doc: "Which keys a new file gets.",
    keys: &[
        key("path_regex", Type::String, "Which paths it is for."),
        key("age", Type::Any, "Recipients of age."),
        key("pgp", Type::Any, "Fingerprints."),
        key("kms", Type::Any, "Keys of AWS."),
        key("aws_profile", Type::String, "Profile of AWS."),
        key("gcp_kms", Type::Any, "Keys of Google Cloud."),
        key("azure_keyvault", Type::Any, "Keys of Azure."),
        key("hc_vault_transit_uri", Type::Any, "Keys of Vault."),
        key("hckms", Type::Any, "Keys of Huawei Cloud."),
        key("key_groups", Type::Any, "Groups of keys."),
        key("shamir_threshold", Type::Int, "How many groups it takes."),
        key("encrypted_regex", Type::String, "Only these keys are encrypted."),
        key("unencrypted_regex", Type::String, "These keys are not encrypted."),
        key("encrypted_suffix", Type::String, "Only keys with this ending are encrypted."),
        key("unencrypted_suffix", Type::String, "Keys with this ending are not encrypted."),
        key("encrypted_comment_regex", Type::String, "Comments that ask for encryption."),
        key("unencrypted_comment_regex", Type::String, "Comments that ask for none."),
        key("mac_only_encrypted", Type::Bool, "The code covers encrypted values alone."),
    ],
};
