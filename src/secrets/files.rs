//! What is looked at: files by their paths, which need not be on any disk. A hook gives what is staged, the command what
//! git knows, a test what it likes.

use std::io;

/// Bytes of a file at most. What is longer is told as not looked at.
pub const SIZE_LIMIT: u64 = 64 * 1024 * 1024;

/// A file that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    /// From the root of what is checked, with `/`.
    pub path: String,
    /// It is what git's index has, and the work tree has something else.
    pub staged: bool,
}

/// A set of files.
pub trait Files {
    /// All of them, each once, but twice where what is staged is not what is there.
    fn names(&self) -> &[FileName];

    /// The bytes of the file of an index; `None` for what is longer than [`SIZE_LIMIT`] or gone since it was listed.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, index: usize) -> io::Result<Option<Vec<u8>>>;

    /// A file that is named by the policy and need not be in the list: git may ignore it.
    fn read_other(&self, path: &str) -> Option<Vec<u8>>;
}

/// Files in memory.
#[derive(Debug, Default)]
pub struct GivenFiles {
    names: Vec<FileName>,
    contents: Vec<Vec<u8>>,
}

impl FromIterator<(String, Vec<u8>)> for GivenFiles {
    fn from_iter<I: IntoIterator<Item = (String, Vec<u8>)>>(files: I) -> Self {
        let mut given = Self::default();
        for (path, content) in files {
            given.names.push(FileName { path, staged: false });
            given.contents.push(content);
        }
        given
    }
}

impl Files for GivenFiles {
    fn names(&self) -> &[FileName] {
        &self.names
    }

    fn read(&self, index: usize) -> io::Result<Option<Vec<u8>>> {
        Ok(self.contents.get(index).filter(|content| content.len() as u64 <= SIZE_LIMIT).cloned())
    }

    fn read_other(&self, _path: &str) -> Option<Vec<u8>> {
        None
    }
}
