//! Objects that lie in a repository as files of their own, which is where what was just staged is (gitformat-loose(5)).
//! Packs, alternates and whatever else is unusual are left to git itself. Knows no index.

use flate2::read::ZlibDecoder;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

/// Longest `blob 123`, in bytes: a type and a number.
const HEAD: u64 = 32;

/// A directory `objects`.
#[derive(Debug, Clone)]
pub(super) struct Loose {
    dir: PathBuf,
}

/// What was found of an object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Its type and bytes.
    Whole(Vec<u8>, Vec<u8>),
    /// It is larger than what was asked for.
    TooLarge,
}

impl Loose {
    /// The objects of a repository's own directory; `None` where it shares them or the environment says where they are.
    pub(super) fn of(dir: &Path) -> Option<Self> {
        let is_set = |name: &str| std::env::var_os(name).is_some();
        if is_set("GIT_OBJECT_DIRECTORY") || is_set("GIT_COMMON_DIR") || dir.join("commondir").exists() {
            return None;
        }
        Some(Self { dir: dir.join("objects") })
    }

    /// An object by its name in hex; `None` where it is no file that can be read, so that git has to say.
    pub(super) fn read(&self, object: &str, limit: u64) -> Option<Found> {
        if !is_name(object) {
            return None;
        }
        let (first, rest) = object.split_at_checked(2)?;
        let file = File::open(self.dir.join(first).join(rest)).ok()?;
        let mut content = BufReader::with_capacity(4096, ZlibDecoder::new(file));
        let mut head = Vec::new();
        content.by_ref().take(HEAD).read_until(0, &mut head).ok()?;
        let head = head.strip_suffix(&[0])?;
        let space = head.iter().position(|byte| *byte == b' ')?;
        let (kind, size) = head.split_at(space);
        let size: u64 = std::str::from_utf8(size.get(1..)?).ok()?.parse().ok()?;
        if size > limit {
            return Some(Found::TooLarge);
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(usize::try_from(size).ok()?).ok()?;
        // One more than it says it has: that would be another object than it pretends to be.
        content.take(size + 1).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 == size).then(|| Found::Whole(kind.to_vec(), bytes))
    }

    /// An object that must be of a type.
    pub(super) fn read_kind(&self, object: &str, kind: &str, limit: u64) -> Option<Vec<u8>> {
        match self.read(object, limit)? {
            Found::Whole(found, bytes) if found == kind.as_bytes() => Some(bytes),
            _ => None,
        }
    }
}

/// Whether it is the whole name of an object, SHA-1 or SHA-256.
pub(super) fn is_name(object: &str) -> bool {
    matches!(object.len(), 40 | 64)
        && object.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::ZlibEncoder};
    use std::io::Write as _;

    const NAME: &str = "ce013625030ba8dba906f756967f9e9ca394464a";

    /// What is read of a file with this content, compressed.
    fn read(content: &[u8], limit: u64) -> Option<Found> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        read_file(&encoder.finish().unwrap(), limit)
    }

    fn read_file(file: &[u8], limit: u64) -> Option<Found> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("objects/ce")).unwrap();
        std::fs::write(dir.path().join("objects/ce").join(&NAME[2..]), file).unwrap();
        Loose { dir: dir.path().join("objects") }.read(NAME, limit)
    }

    #[test]
    fn a_whole_object_is_read() {
        let hello = || Some(Found::Whole(b"blob".to_vec(), b"hello\n".to_vec()));
        assert_eq!(read(b"blob 6\0hello\n", 6), hello());
        assert_eq!(read(b"blob 6\0hello\n", 5), Some(Found::TooLarge));
        assert_eq!(read(b"tree 0\0", 5), Some(Found::Whole(b"tree".to_vec(), Vec::new())));
    }

    #[test]
    fn what_is_damaged_is_left_to_git() {
        for content in
            ["", "blob", "blob 6", "blob 7\0hello\n", "blob 5\0hello\n", "blob -1\0", "blob x\0", "\0"]
        {
            assert_eq!(read(content.as_bytes(), 100), None, "{content:?}");
        }
        assert_eq!(read(&[b'1'; 100], 100), None);
        assert_eq!(read_file(b"not compressed", 100), None);
        assert_eq!(read_file(b"", 100), None);
    }

    #[test]
    fn names_are_whole_and_lead_nowhere_else() {
        let loose = Loose { dir: "/".into() };
        for name in ["", "HEAD", ":.sops.yaml", "../../../../../../../../../../etc/passwd", &"a".repeat(39)] {
            assert!(!is_name(name) && loose.read(name, 100).is_none(), "{name}");
        }
        assert!(is_name(NAME) && is_name(&"0".repeat(64)));
    }
}
