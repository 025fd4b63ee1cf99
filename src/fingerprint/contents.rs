//! What each source held when its task last ran, so that it can be told which one changed. Kept for people who ask why,
//! outside of `.task`; without it nothing is decided differently.

use super::{Difference, checksum};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// First line of the file; another one means another version, and the file is not used.
const HEADER: &str = "fleet-contents 1";
/// Sources beyond this are not read a second time only to be able to say more.
const MOST_BYTES: u64 = 64 << 20;

/// A hash of the contents of each source.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contents {
    hashes: BTreeMap<PathBuf, String>,
}

impl Contents {
    /// Reads all sources; `None` where they are too large, or one cannot be read.
    pub(super) fn take(sources: &[PathBuf]) -> Option<Self> {
        let mut left = MOST_BYTES;
        let mut hashes = BTreeMap::new();
        for source in sources {
            left = left.checked_sub(source.metadata().ok()?.len())?;
            let hash = checksum::checksum(std::slice::from_ref(source)).ok()?;
            hashes.insert(source.clone(), hash);
        }
        Some(Self { hashes })
    }

    /// What was written down when the sources had this checksum.
    pub(super) fn read(path: &Path, checksum: &str) -> Option<Self> {
        let bytes = std::fs::read(path).ok()?;
        let head = format!("{HEADER}\n{checksum}\n");
        let mut hashes = BTreeMap::new();
        for entry in bytes.strip_prefix(head.as_bytes())?.split(|byte| *byte == 0) {
            let Some(blank) = entry.iter().position(|byte| *byte == b' ') else { continue };
            let hash = String::from_utf8(entry.get(..blank)?.to_vec()).ok()?;
            hashes.insert(PathBuf::from(std::ffi::OsStr::from_bytes(entry.get(blank + 1..)?)), hash);
        }
        Some(Self { hashes })
    }

    /// Whether something was written down when the sources had this checksum.
    pub(super) fn is_kept(path: &Path, checksum: &str) -> bool {
        let head = format!("{HEADER}\n{checksum}\n");
        let mut bytes = Vec::with_capacity(head.len());
        let read = File::open(path).and_then(|file| file.take(head.len() as u64).read_to_end(&mut bytes));
        read.is_ok() && bytes == head.as_bytes()
    }

    /// Writes them down for a checksum.
    pub(super) fn write(&self, path: &Path, checksum: &str) -> io::Result<()> {
        let dir = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(dir)?;
        let mut bytes = format!("{HEADER}\n{checksum}\n").into_bytes();
        for (file, hash) in &self.hashes {
            bytes.extend_from_slice(hash.as_bytes());
            bytes.push(b' ');
            bytes.extend_from_slice(file.as_os_str().as_bytes());
            bytes.push(0);
        }
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(&bytes)?;
        file.persist(path)?;
        Ok(())
    }

    /// What is different from earlier ones; nothing where the order or the names of directories alone changed.
    pub(super) fn since(&self, earlier: &Self) -> Option<Difference> {
        let mut difference = Difference::default();
        for (file, hash) in &self.hashes {
            match earlier.hashes.get(file) {
                None => difference.added.push(file.clone()),
                Some(before) if before != hash => difference.changed.push(file.clone()),
                Some(_) => {}
            }
        }
        difference.removed =
            earlier.hashes.keys().filter(|file| !self.hashes.contains_key(*file)).cloned().collect();
        (!difference.is_empty()).then_some(difference)
    }
}
