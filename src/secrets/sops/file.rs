//! A file that sops encrypted, read without sops: its block, its values, and the text that may be shown of it.

use super::format::{ENCRYPTED, Format};
use super::metadata::Metadata;
use super::{flat, json, mask};
use crate::secrets::recipient::Recipient;
use crate::source::{SourceId, SourceMap, Span};
use crate::yaml::{Entry, Kind, Node};
use regex::Regex;
use std::path::Path;

/// Levels of a tree that are looked at; readers allow no more.
const MAX_DEPTH: usize = 250;

/// A file of sops.
#[derive(Debug, Clone)]
pub(crate) struct SopsFile {
    /// From the root of what is checked, with `/`.
    pub(crate) path: String,
    /// How it is written.
    pub(crate) format: Format,
    /// The block `sops`.
    pub(crate) metadata: Metadata,
    /// It is what git's index has, and the work tree has something else.
    pub(crate) staged: bool,
    /// Where the block's key stands a second time.
    pub(crate) second_block: Option<Span>,
    /// All but the block.
    data: Vec<Entry>,
}

/// A file that cannot be read to its end.
#[derive(Debug, Clone)]
pub(crate) struct BrokenFile {
    /// From the root of what is checked.
    pub(crate) path: String,
    /// What is wrong.
    pub(crate) message: String,
    /// Where.
    pub(crate) span: Span,
}

/// What a file turned out to be.
#[derive(Debug, Clone)]
pub(crate) enum Read {
    /// One of sops'.
    Sops(Box<SopsFile>),
    /// One of sops', damaged.
    Broken(BrokenFile),
    /// None of sops'.
    Other,
}

/// A value that is not encrypted and should be, or the other way round.
#[derive(Debug, Clone)]
pub(crate) struct Leaf<'n> {
    /// The keys on the way to it.
    pub(crate) keys: Vec<&'n str>,
    /// Where the last key stands.
    pub(crate) key_span: Span,
    /// Whether the value is encrypted.
    pub(crate) encrypted: bool,
}

impl SopsFile {
    /// Reads a file that [`Format::detect`] took for one of sops'; it is shown as being `at` a place.
    pub(crate) fn read(sources: &mut SourceMap, at: &Path, path: &str, bytes: &[u8], format: Format) -> Read {
        let by_name = Format::of_name(path) == format;
        let Ok(text) = crate::yaml::decode_bytes(bytes.to_vec()) else {
            if !by_name {
                return Read::Other;
            }
            let text = mask::all(&String::from_utf8_lossy(bytes));
            let source = sources.add(at, text);
            let span = Span { source, start: 0, end: 0 };
            return Read::Broken(BrokenFile {
                path: path.to_owned(),
                message: "it is no text".to_owned(),
                span,
            });
        };
        // The text that is shown depends on what is read.
        let source = sources.add(at, "");
        match tree(source, &text, format) {
            Ok(root_node) => {
                let Some((metadata, second_block)) = block(&root_node) else { return Read::Other };
                let entries = root_node.as_mapping().unwrap_or_default();
                let data: Vec<Entry> =
                    entries.iter().filter(|entry| entry.key.text() != Some("sops")).cloned().collect();
                sources.set_text(source, mask::values(&text, &data, metadata.span));
                let path = path.to_owned();
                Read::Sops(Box::new(Self { path, format, metadata, staged: false, second_block, data }))
            }
            // A template or a manual that speaks of sops.
            Err(_) if !by_name && format != Format::Binary || !text.contains(ENCRYPTED) => Read::Other,
            Err((message, at)) => {
                sources.set_text(source, mask::all(&text));
                let end = text[at..].chars().next().map_or(at, |letter| at + letter.len_utf8());
                let span = Span { source, start: at as u32, end: end as u32 };
                Read::Broken(BrokenFile { path: path.to_owned(), message, span })
            }
        }
    }

    /// All recipients.
    pub(crate) fn recipients(&self) -> impl Iterator<Item = &Recipient> {
        self.metadata.entries().map(|entry| &entry.recipient)
    }

    /// Where a name stands among the keys of the root, or of a section.
    #[must_use]
    pub(crate) fn key(&self, name: &str) -> Option<Span> {
        let entries = |node: &Node| node.as_mapping().unwrap_or_default().to_vec();
        let inner: Vec<Entry> = match self.format {
            Format::Ini => self.data.iter().flat_map(|entry| entries(&entry.value)).collect(),
            _ => Vec::new(),
        };
        let is = |entry: &&Entry| entry.key.text() == Some(name);
        self.data.iter().chain(&inner).find(is).map(|entry| entry.key.span)
    }

    /// Where the first key stands; else the block.
    #[must_use]
    pub(crate) fn first(&self) -> Span {
        self.data.first().map_or(self.metadata.span, |entry| entry.key.span)
    }

    /// All values, but nulls and empty texts, which sops leaves as they are.
    #[must_use]
    pub(crate) fn leaves(&self) -> Vec<Leaf<'_>> {
        let mut leaves = Vec::new();
        for entry in &self.data {
            walk(entry, &mut Vec::new(), &mut leaves);
        }
        leaves
    }
}

fn walk<'n>(entry: &'n Entry, keys: &mut Vec<&'n str>, leaves: &mut Vec<Leaf<'n>>) {
    if keys.len() > MAX_DEPTH {
        return;
    }
    keys.push(entry.key.text().unwrap_or_default());
    value(&entry.value, entry.key.span, keys, leaves, 0);
    keys.pop();
}

fn value<'n>(node: &'n Node, at: Span, keys: &mut Vec<&'n str>, leaves: &mut Vec<Leaf<'n>>, depth: usize) {
    match &node.kind {
        Kind::Scalar(scalar) => {
            if !scalar.text.is_empty() && !node.is_null() {
                let encrypted = scalar.text.starts_with(ENCRYPTED) && scalar.text.ends_with(']');
                leaves.push(Leaf { keys: keys.clone(), key_span: at, encrypted });
            }
        }
        Kind::Sequence(items) if depth < MAX_DEPTH => {
            items.iter().for_each(|item| value(item, at, keys, leaves, depth + 1));
        }
        Kind::Mapping(entries) => entries.iter().for_each(|entry| walk(entry, keys, leaves)),
        Kind::Sequence(_) => {}
    }
}

/// The tree of a text, or what is wrong and at which byte.
fn tree(source: SourceId, text: &str, format: Format) -> Result<Node, (String, usize)> {
    let is_json = matches!(format, Format::Json | Format::Binary) || text.trim_start().starts_with('{');
    match format {
        Format::Dotenv => {
            flat::dotenv(source, text).map_err(|error| ("a line is no `NAME=value`".to_owned(), error.at))
        }
        Format::Ini => {
            flat::ini(source, text).map_err(|error| ("a line is no `name = value`".to_owned(), error.at))
        }
        _ if is_json => json::parse(source, text)
            .map_err(|error| (format!("it is no JSON: {} is missing", error.expected), error.at)),
        _ => match crate::yaml::parse(source, text) {
            Ok(document) => Ok(document.root),
            Err(error) => {
                let diagnostic = error.diagnostic;
                let at = diagnostic.labels.first().map_or(text.len(), |(span, _)| span.start as usize);
                let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
                Err((format!("it is no YAML: {}", diagnostic.message), at.unwrap_or_default()))
            }
        },
    }
}

/// The block of a root, and where a second one stands.
fn block(root: &Node) -> Option<(Metadata, Option<Span>)> {
    let entries = root.as_mapping()?;
    let mut blocks = entries.iter().filter(|entry| entry.key.text() == Some("sops"));
    let first = blocks.next()?;
    let second = blocks.next();
    // Of two, readers take the last.
    let metadata = Metadata::read(&second.unwrap_or(first).value).or_else(|| Metadata::read(&first.value))?;
    Some((metadata, second.map(|entry| entry.key.span)))
}

/// Which values a file's block wants encrypted.
pub(crate) struct Cover {
    unencrypted_suffix: Option<String>,
    encrypted_suffix: Option<String>,
    unencrypted: Option<Regex>,
    encrypted: Option<Regex>,
}

impl Cover {
    /// What a block says.
    ///
    /// # Errors
    /// The place of a pattern that is none.
    pub(crate) fn new(file: &SopsFile) -> Result<Option<Self>, (Span, String)> {
        let coverage = &file.metadata.coverage;
        if coverage.by_comment {
            return Ok(None);
        }
        let regex = |text: &Option<crate::source::Spanned<std::sync::Arc<str>>>| {
            let compile = |text: &crate::source::Spanned<std::sync::Arc<str>>| {
                Regex::new(text).map_err(|error| (text.span, super::regex_error(&error)))
            };
            text.as_ref().map(compile).transpose()
        };
        let suffix = |text: &Option<crate::source::Spanned<std::sync::Arc<str>>>| {
            text.as_ref().map(|text| text.to_string())
        };
        let mut cover = Self {
            unencrypted_suffix: suffix(&coverage.unencrypted_suffix),
            encrypted_suffix: suffix(&coverage.encrypted_suffix),
            unencrypted: regex(&coverage.unencrypted_regex)?,
            encrypted: regex(&coverage.encrypted_regex)?,
        };
        let says_nothing = cover.unencrypted_suffix.is_none()
            && cover.encrypted_suffix.is_none()
            && cover.unencrypted.is_none()
            && cover.encrypted.is_none();
        if says_nothing {
            cover.unencrypted_suffix = Some("_unencrypted".to_owned());
        }
        Ok(Some(cover))
    }

    /// Whether a value below these keys has to be encrypted.
    #[must_use]
    pub(crate) fn wants(&self, keys: &[&str]) -> bool {
        let any = |matches: &dyn Fn(&str) -> bool| keys.iter().any(|key| matches(key));
        let mut wants = true;
        if let Some(suffix) = &self.unencrypted_suffix {
            wants &= !any(&|key| key.ends_with(suffix.as_str()));
        }
        if let Some(suffix) = &self.encrypted_suffix {
            wants = any(&|key| key.ends_with(suffix.as_str()));
        }
        if let Some(regex) = &self.unencrypted {
            wants &= !any(&|key| regex.is_match(key));
        }
        if let Some(regex) = &self.encrypted {
            wants = any(&|key| regex.is_match(key));
        }
        wants
    }
}
