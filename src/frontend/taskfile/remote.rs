//! Remote includes are told from paths here; reading them is not built yet. What reads them will hand the bytes
//! and a location to the same place that reads files.

/// Whether an include names something on the network: a URL, or git's short form `git@host:repo.git`.
pub(super) fn is_remote(entrypoint: &str) -> bool {
    if let Some((scheme, _)) = entrypoint.split_once("://") {
        return !scheme.is_empty() && scheme != "file";
    }
    let short = entrypoint.split_once(':').filter(|(host, _)| host.contains('@') && !host.contains('/'));
    short.is_some_and(|(_, path)| path.split("//").next().is_some_and(|path| path.ends_with(".git")))
}

#[cfg(test)]
mod tests {
    use super::is_remote;

    #[test]
    fn urls_are_told_from_paths() {
        for (entrypoint, remote) in [
            ("https://example.org/Taskfile.yml", true),
            ("git@example.org:me/repo.git//Taskfile.yml?ref=main", true),
            ("ssh://git@example.org/me/repo.git", true),
            ("./Taskfile.yml", false),
            ("a:b/Taskfile.yml", false),
            ("../repo.git", false),
        ] {
            assert_eq!(is_remote(entrypoint), remote, "{entrypoint}");
        }
    }
}
