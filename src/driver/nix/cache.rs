//! Answers of nix, kept in a file for as long as what they were asked about is the same. Knows no flake.

use crate::driver::Io;
use crate::process::Stream;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

/// A file with one answer.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    file: PathBuf,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Entry<T> {
    key: String,
    answer: T,
}

impl Cache {
    /// The cache in a file, which need not be there.
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// The answer for a key, if that is what the file holds. A file that cannot be read as one is set aside.
    pub(super) fn get<T: DeserializeOwned>(&self, key: &str, io: Io<'_>) -> Option<T> {
        self.last(io).filter(|(known, _)| known == key).map(|(_, answer)| answer)
    }

    /// The last answer with its key, as a guess at what will be asked for next.
    pub(super) fn last<T: DeserializeOwned>(&self, io: Io<'_>) -> Option<(String, T)> {
        let bytes = fs::read(&self.file).ok()?;
        match serde_json::from_slice::<Entry<T>>(&bytes) {
            Ok(entry) => Some((entry.key, entry.answer)),
            Err(error) => {
                let aside = self.file.with_extension("corrupt");
                let done = match fs::rename(&self.file, &aside) {
                    Ok(()) => format!("set aside as {}", aside.display()),
                    Err(_) => "not used".to_owned(),
                };
                let file = self.file.display();
                io.output.line(Stream::Stderr, &format!("warning: {file} is not a cache ({error}); {done}"));
                None
            }
        }
    }

    /// The last answer, whatever it was an answer to, without a word where there is none.
    pub(super) fn peek<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice::<Entry<T>>(&fs::read(&self.file).ok()?).ok().map(|entry| entry.answer)
    }

    /// Keeps an answer, for the owner alone to read. A cache that cannot be written only costs time.
    pub(super) fn put<T: Serialize>(&self, key: &str, answer: &T) -> io::Result<()> {
        let directory = self.file.parent().ok_or(io::ErrorKind::NotFound)?;
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(&serde_json::to_vec(&Entry { key: key.to_owned(), answer })?)?;
        file.persist(&self.file)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::Output;
    use crate::process::Cancel;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Lines(Mutex<Vec<String>>);

    impl Output for Lines {
        fn line(&self, _: Stream, line: &str) {
            self.0.lock().unwrap().push(line.to_owned());
        }
    }

    #[test]
    fn an_answer_holds_for_its_key_only() {
        let directory = tempfile::tempdir().unwrap();
        let (lines, cancel) = (Lines::default(), Cancel::new());
        let io = Io { output: &lines, cancel: &cancel };
        let cache = Cache::new(directory.path().join("new/answers.json"));
        assert_eq!(cache.get::<Vec<u8>>("a", io), None);
        cache.put("a", &vec![1_u8]).unwrap();
        assert_eq!(cache.get("a", io), Some(vec![1_u8]));
        assert_eq!(cache.get::<Vec<u8>>("b", io), None);
        assert!(lines.0.lock().unwrap().is_empty());
    }

    #[test]
    fn a_corrupt_file_is_set_aside_with_a_word() {
        let directory = tempfile::tempdir().unwrap();
        let (lines, cancel) = (Lines::default(), Cancel::new());
        let io = Io { output: &lines, cancel: &cancel };
        let file = directory.path().join("answers.json");
        let cache = Cache::new(file.clone());
        for bytes in [&b"{\"key\": \"a\", \"ans"[..], b"\xff\xfe", b"", b"{\"key\":\"a\",\"answer\":{}}"] {
            fs::write(&file, bytes).unwrap();
            assert_eq!(cache.get::<Vec<u8>>("a", io), None);
            assert!(!file.exists());
        }
        let lines = lines.0.lock().unwrap();
        assert_eq!(lines.len(), 4);
        assert!(lines[0].contains("answers.corrupt"), "{lines:?}");
    }
}
