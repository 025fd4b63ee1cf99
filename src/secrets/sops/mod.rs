//! What sops writes and reads, without sops: files in its five formats, and the rules of `.sops.yaml`. Decides nothing
//! about them.

mod config;
mod file;
mod flat;
mod format;
mod json;
mod mask;
mod metadata;

pub(crate) use config::{CreationRule, Listed, SopsConfig};
pub(crate) use file::{BrokenFile, Cover, Read, SopsFile};
pub(crate) use format::Format;
pub(crate) use mask::{all as mask_all, but as mask_but};
pub(crate) use metadata::Entry;

/// What is wrong with a pattern, in one line.
pub(crate) fn regex_error(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).trim_end_matches('.').to_owned()
}
