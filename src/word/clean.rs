//! Paths as text, with Go's `filepath.Join` and `filepath.Clean`: no doubled slashes, no `.`, `..` taken back.

/// The shortest path that means the same, without asking the disk.
#[must_use]
pub fn clean(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    match (absolute, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_become_short() {
        for (path, cleaned) in [
            ("/a//b/./c/", "/a/b/c"),
            ("/a/../../b", "/b"),
            ("a/../..", ".."),
            ("../a/..", ".."),
            ("", "."),
            ("/", "/"),
            ("a/**/b", "a/**/b"),
        ] {
            assert_eq!(super::clean(path), cleaned, "{path}");
        }
    }
}
