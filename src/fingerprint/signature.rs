//! What the file system says of files, so that contents which cannot have changed are not read again (as git's index
//! does). Kept outside of `.task`, which stays go-task's own.

use super::{Difference, stat};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use xxhash_rust::xxh3::Xxh3;

/// First line of the file; another one means another version, and the file is not used.
const HEADER: &str = "fleet-signature 1";
/// A file changed so recently may change again without a trace in its times.
const RACY: Duration = Duration::from_millis(50);
/// The same, where the file system keeps whole seconds.
const RACY_SECONDS: Duration = Duration::from_secs(3);
/// Below both limits reading everything is as fast.
const FEW_FILES: usize = 64;
const FEW_BYTES: u64 = 1 << 20;

/// What tells two states of a file apart: size, times of change of contents and of status in nanoseconds, inode, device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat([i128; 5]);

/// The files and their state at one moment.
#[derive(Debug)]
pub(super) struct Signature<'a> {
    files: &'a [PathBuf],
    stats: Vec<Stat>,
    taken: SystemTime,
}

/// A signature that was written earlier, with the checksum of the same files.
#[derive(Debug)]
pub(super) struct Record {
    hash: String,
    /// The checksum of the contents.
    pub(super) checksum: String,
    path: PathBuf,
}

impl<'a> Signature<'a> {
    /// Asks for every file. `None` where one is not there.
    pub(super) fn take(files: &'a [PathBuf]) -> Option<Self> {
        let taken = SystemTime::now();
        let time = |seconds: i128, nanoseconds: i128| seconds * 1_000_000_000 + nanoseconds;
        let mut stats = Vec::with_capacity(files.len());
        stat::each(files, |_, stat| {
            stats.push(Stat([
                stat.st_size as i128,
                time(stat.st_mtime as i128, stat.st_mtime_nsec as i128),
                time(stat.st_ctime as i128, stat.st_ctime_nsec as i128),
                stat.st_ino as i128,
                stat.st_dev as i128,
            ]));
            true
        })
        .ok()?;
        Some(Self { files, stats, taken })
    }

    /// Whether reading all contents takes long enough to be worth a record.
    pub(super) fn is_worth_it(&self) -> bool {
        self.files.len() >= FEW_FILES
            || self.stats.iter().map(|stat| stat.0[0]).sum::<i128>() >= FEW_BYTES.into()
    }

    /// Whether the state is that of the record.
    pub(super) fn is(&self, record: &Record) -> bool {
        self.hash() == record.hash
    }

    /// Writes the record. Where a file is so new that a later change might go unseen, it only serves to tell differences.
    pub(super) fn record(&self, path: &Path, checksum: &str) -> io::Result<()> {
        let now = self.taken.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let now = i128::try_from(now).unwrap_or(i128::MAX);
        let settled = |time: i128| {
            let racy = if time % 1_000_000_000 == 0 { RACY_SECONDS } else { RACY };
            now - time > i128::try_from(racy.as_nanos()).unwrap_or_default()
        };
        let trusted = self.stats.iter().all(|Stat([_, mtime, ctime, ..])| settled(*mtime) && settled(*ctime));
        let hash = if trusted { self.hash() } else { "racy".to_owned() };
        let dir = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(dir)?;
        let mut bytes = format!("{HEADER}\n{hash} {checksum}\n").into_bytes();
        for (file, stat) in self.files.iter().zip(&self.stats) {
            bytes.extend_from_slice(stat.line().as_bytes());
            bytes.extend_from_slice(file.as_os_str().as_bytes());
            bytes.push(0);
        }
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(&bytes)?;
        file.persist(path)?;
        Ok(())
    }

    /// What is different from the record.
    pub(super) fn difference(&self, record: &Record) -> Option<Difference> {
        let bytes = std::fs::read(&record.path).ok()?;
        let mut lines = bytes.splitn(3, |&byte| byte == b'\n').skip(2);
        let mut old: HashMap<&[u8], &[u8]> = HashMap::new();
        for entry in lines.next()?.split(|&byte| byte == 0).filter(|entry| !entry.is_empty()) {
            let stat = entry.iter().enumerate().filter(|(_, byte)| **byte == b' ').nth(4)?.0 + 1;
            old.insert(entry.get(stat..)?, entry.get(..stat)?);
        }
        let mut difference = Difference::default();
        for (file, stat) in self.files.iter().zip(&self.stats) {
            match old.remove(file.as_os_str().as_bytes()) {
                None => difference.added.push(file.clone()),
                Some(line) if line != stat.line().as_bytes() => difference.changed.push(file.clone()),
                Some(_) => {}
            }
        }
        difference.removed =
            old.into_keys().map(|gone| PathBuf::from(std::ffi::OsStr::from_bytes(gone))).collect();
        difference.removed.sort();
        (!difference.is_empty()).then_some(difference)
    }

    fn hash(&self) -> String {
        let mut hash = Xxh3::new();
        for (file, stat) in self.files.iter().zip(&self.stats) {
            hash.update(file.as_os_str().as_bytes());
            hash.update(&[0]);
            for number in stat.0 {
                hash.update(&number.to_le_bytes());
            }
        }
        format!("{:032x}", hash.digest128())
    }
}

impl Stat {
    fn line(self) -> String {
        self.0.iter().fold(String::new(), |mut line, number| {
            let _ = write!(line, "{number} ");
            line
        })
    }
}

impl Record {
    /// Reads the beginning of a record; `None` where there is none of this version.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let mut bytes = Vec::with_capacity(128);
        File::open(path).ok()?.take(128).read_to_end(&mut bytes).ok()?;
        let mut lines = bytes.split(|&byte| byte == b'\n');
        if lines.next()? != HEADER.as_bytes() {
            return None;
        }
        let line = std::str::from_utf8(lines.next()?).ok()?;
        let (hash, checksum) = line.split_once(' ')?;
        Some(Self { hash: hash.to_owned(), checksum: checksum.to_owned(), path: path.to_owned() })
    }
}
