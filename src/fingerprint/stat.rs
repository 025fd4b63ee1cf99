//! What the file system says of many files. Files of one directory are asked for by their names, which spares the kernel
//! their common path.

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Mode, OFlags, Stat, open, statat};
use std::path::{Path, PathBuf};

/// Asks for each file, links followed, until `each` says stop; the path of the first that cannot be asked for.
pub(super) fn each<'f>(
    files: &'f [PathBuf],
    mut each: impl FnMut(&'f Path, &Stat) -> bool,
) -> Result<(), PathBuf> {
    let mut dir: Option<(&Path, OwnedFd)> = None;
    for file in files {
        let stat = match (file.parent(), file.file_name()) {
            (Some(parent), Some(name)) => {
                if dir.as_ref().is_none_or(|(path, _)| *path != parent) {
                    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
                    dir = open(parent, flags, Mode::empty()).ok().map(|fd| (parent, fd));
                }
                match &dir {
                    Some((_, fd)) => statat(fd, name, AtFlags::empty()),
                    // A directory may be passed through and not be read.
                    None => rustix::fs::stat(file),
                }
            }
            _ => rustix::fs::stat(file),
        };
        match stat {
            Ok(stat) if each(file, &stat) => {}
            Ok(_) => return Ok(()),
            Err(_) => return Err(file.clone()),
        }
    }
    Ok(())
}
