//! The files that go-task keeps of a remote Taskfile (go-task 3.54 `taskfile/node_cache.go`): `KEY.yaml`, `.checksum`,
//! `.timestamp`. Decides nothing.

use super::super::go_io;
use jiff::Timestamp;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Where one remote Taskfile is kept.
#[derive(Debug)]
pub(super) struct Cache {
    dir: PathBuf,
    key: String,
}

impl Cache {
    pub(super) fn new(cache_dir: &Path, key: String) -> Self {
        Self { dir: cache_dir.join("remote"), key }
    }

    /// The kept file's path.
    pub(super) fn path(&self) -> PathBuf {
        self.file("yaml")
    }

    /// The kept file; `None` where there is none.
    ///
    /// # Errors
    /// It cannot be read, in Go's words.
    pub(super) fn read(&self) -> Result<Option<Vec<u8>>, String> {
        match std::fs::read(self.path()) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(go_io::error("open", &self.path(), &error)),
        }
    }

    /// When it was fetched; the year 1 where that is not known.
    pub(super) fn timestamp(&self) -> Timestamp {
        let text = std::fs::read_to_string(self.file("timestamp")).unwrap_or_default();
        text.parse().or_else(|_| "0001-01-01T00:00:00Z".parse()).unwrap_or(Timestamp::MIN)
    }

    /// The digest that was trusted; empty where there is none.
    pub(super) fn checksum(&self) -> String {
        std::fs::read_to_string(self.file("checksum")).unwrap_or_default()
    }

    /// Keeps a file. Each of the three is replaced as a whole, the Taskfile first: whoever stops in between leaves none
    /// that is newer than it.
    ///
    /// # Errors
    /// It cannot be written, in Go's words.
    pub(super) fn store(&self, bytes: &[u8], now: Timestamp) -> Result<(), String> {
        std::fs::create_dir_all(&self.dir).map_err(|error| go_io::error("mkdir", &self.dir, &error))?;
        let now = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let checksum = sha256(bytes);
        let files = [("yaml", bytes), ("checksum", checksum.as_bytes()), ("timestamp", now.as_bytes())];
        for (suffix, bytes) in files {
            let path = self.file(suffix);
            self.replace(&path, bytes).map_err(|error| go_io::error("open", &path, &error))?;
        }
        Ok(())
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let readable = std::fs::Permissions::from_mode(0o644);
        let mut file = tempfile::Builder::new().permissions(readable).tempfile_in(&self.dir)?;
        file.write_all(bytes)?;
        file.persist(path).map_err(|error| error.error).map(drop)
    }

    fn file(&self, suffix: &str) -> PathBuf {
        self.dir.join(format!("{}.{suffix}", self.key))
    }
}

/// A digest in hexadecimal digits.
pub(in super::super) fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
