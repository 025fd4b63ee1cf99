//! Paths as go-task joins them: by their text, without asking the file system. Knows no files.

use std::path::{Component, Path, PathBuf};

/// Go's `filepath.Clean`: `.` and `..` are taken out by the text, symbolic links or not.
pub(super) fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match out.components().next_back() {
                Some(Component::Normal(_)) => {
                    out.pop();
                }
                Some(Component::RootDir) => {}
                _ => out.push(".."),
            },
            other => out.push(other),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}

/// Joins and cleans; an absolute second path stands alone (go-task `filepathext.SmartJoin`).
pub(super) fn smart_join(base: &Path, path: &str) -> PathBuf {
    if is_absolute(path) { PathBuf::from(path) } else { clean(&base.join(path)) }
}

/// Whether a path, as it is written with its templates, will be absolute (go-task `filepathext.IsAbs`).
pub(crate) fn is_absolute(path: &str) -> bool {
    const VARIABLES: [&str; 3] = [".ROOT_DIR", ".TASKFILE_DIR", ".USER_WORKING_DIR"];
    path.starts_with('/') || VARIABLES.iter().any(|name| path.contains(name))
}

/// Go's `filepath.Rel` from a directory, both absolute.
pub(crate) fn relative(from: &Path, to: &Path) -> PathBuf {
    let (from, to) = (clean(from), clean(to));
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let mut out: PathBuf = from.components().skip(shared).map(|_| "..").collect();
    out.extend(to.components().skip(shared));
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_by_their_text() {
        for (path, cleaned) in [
            ("/a/./b/../c", "/a/c"),
            ("/../a", "/a"),
            ("a/..", "."),
            ("../a/../..", "../.."),
            ("", "."),
            ("/a//b/", "/a/b"),
        ] {
            assert_eq!(clean(Path::new(path)), Path::new(cleaned), "{path}");
        }
        assert_eq!(smart_join(Path::new("/a"), "../b"), Path::new("/b"));
        assert_eq!(smart_join(Path::new("/a"), "/b/../c"), Path::new("/b/../c"));
        assert_eq!(smart_join(Path::new("/a"), "{{.ROOT_DIR}}/x"), Path::new("{{.ROOT_DIR}}/x"));
        assert_eq!(relative(Path::new("/a/b"), Path::new("/a/c/d")), Path::new("../c/d"));
        assert_eq!(relative(Path::new("/a"), Path::new("/a/d")), Path::new("d"));
    }
}
