//! Whether a task or command is meant for this machine.

use crate::model::PlatformFilter;

/// This operating system in Go's words.
#[must_use]
pub fn os() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}

/// This architecture in Go's words.
#[must_use]
pub fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}

/// Whether one of the filters fits, or there is none.
pub(super) fn matches(filters: &[PlatformFilter]) -> bool {
    let fits = |wanted: &Option<String>, have: &str| wanted.as_deref().is_none_or(|wanted| wanted == have);
    filters.is_empty() || filters.iter().any(|filter| fits(&filter.os, os()) && fits(&filter.arch, arch()))
}
