//! The contents of a task's sources as one number (go-task 3.54 `sources_checksum.go`): XXH3-128 over base name and
//! contents of each file, in the order of their paths.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

const BUFFER: usize = 256 << 10;

/// A file that cannot be read.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) path: PathBuf,
}

/// The checksum as go-task writes it: both halves in hexadecimal without leading zeros.
pub(super) fn checksum(files: &[PathBuf]) -> Result<String, Unreadable> {
    let mut hash = Xxh3::new();
    let mut buffer = vec![0; BUFFER];
    for path in files {
        hash.update(path.file_name().unwrap_or_default().as_bytes());
        contents(path, &mut hash, &mut buffer).map_err(|_| Unreadable { path: path.clone() })?;
    }
    let digest = hash.digest128();
    Ok(format!("{:x}{:x}", digest >> 64, digest & u128::from(u64::MAX)))
}

fn contents(path: &Path, hash: &mut Xxh3, buffer: &mut [u8]) -> io::Result<()> {
    let mut file = File::open(path)?;
    loop {
        match file.read(buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => hash.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
