//! Which file is the project's: a Fleetfile, here or in a directory above. Reads no file.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Names of a Fleetfile, the stronger first.
pub const FILE_NAMES: [&str; 2] = ["Fleetfile.yaml", "Fleetfile.yml"];

/// The nearest Fleetfile in `start` or above. As go-task does for its own names, the search ends where a directory has
/// another owner, so that nobody's file is run by accident. What has the name counts, even a directory: that it cannot
/// be read is told better than that there is none.
#[must_use]
pub fn find(start: &Path) -> Option<PathBuf> {
    let owner = |directory: &Path| fs::metadata(directory).map(|metadata| metadata.uid()).ok();
    let mine = owner(start);
    start
        .ancestors()
        .take_while(|directory| owner(directory) == mine)
        .find_map(|directory| FILE_NAMES.iter().map(|name| directory.join(name)).find(|path| path.exists()))
}

#[cfg(test)]
mod tests {
    use super::find;
    use std::fs;

    #[test]
    fn looks_upward_and_prefers_yaml() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        assert_eq!(find(&deep), None);
        fs::write(root.path().join("Fleetfile.yml"), "").unwrap();
        assert_eq!(find(&deep), Some(root.path().join("Fleetfile.yml")));
        fs::write(root.path().join("Fleetfile.yaml"), "").unwrap();
        assert_eq!(find(&deep), Some(root.path().join("Fleetfile.yaml")));
        fs::create_dir(root.path().join("a/Fleetfile.yaml")).unwrap();
        assert_eq!(find(&deep), Some(root.path().join("a/Fleetfile.yaml")));
    }
}
