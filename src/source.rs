//! Files as they were read, and places in them. Knows no syntax.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Index of a file in a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(u32);

impl SourceId {
    /// The source of values that no file holds (command line, built-in defaults).
    pub const NONE: Self = Self(u32::MAX);
}

/// A range of bytes in one source, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

impl Span {
    /// The span of values that no file holds.
    pub const NONE: Self = Self { source: SourceId::NONE, start: 0, end: 0 };

    /// The smallest span that covers both, which must be of one source; else `self`.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.source == other.source {
            Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
        } else {
            self
        }
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether the span covers no byte.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Joins a value to its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// A value that no file holds.
    pub fn nowhere(value: T) -> Self {
        Self { value, span: Span::NONE }
    }

    /// Changes the value and keeps the place.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), span: self.span }
    }
}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// One file that was read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Where it was read from, absolute.
    pub path: PathBuf,
    /// Its whole text.
    pub text: Arc<str>,
    /// Where lines start, found when first asked for: lists ask once for every task.
    line_starts: OnceLock<Arc<[u32]>>,
}

impl SourceFile {
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1)).collect()
        })
    }
}

/// Line and column, both counted from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
}

/// All files read in one run.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
    /// Contents that count instead of those on disk.
    instead: BTreeMap<PathBuf, Vec<u8>>,
}

impl SourceMap {
    /// Lets a content stand for the one that a path, clean and absolute, has on disk, if it has one: a git hook judges
    /// what is staged.
    pub fn set_instead(&mut self, path: PathBuf, content: Vec<u8>) {
        self.instead.insert(path, content);
    }

    /// The content of a file. Does not add it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.instead.get(path) {
            Some(content) => Ok(content.clone()),
            None => std::fs::read(path),
        }
    }

    /// Whether there is something at a path.
    #[must_use]
    pub fn exists(&self, path: &Path) -> bool {
        self.instead.contains_key(path) || std::fs::metadata(path).is_ok()
    }

    /// Adds a file and names it.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(u32::try_from(self.files.len()).unwrap_or(u32::MAX - 1));
        let line_starts = OnceLock::new();
        self.files.push(SourceFile { path: path.into(), text: text.into(), line_starts });
        id
    }

    /// Gives a file another text, where what may be shown of it is known only after it was read.
    pub fn set_text(&mut self, id: SourceId, text: impl Into<Arc<str>>) {
        if let Some(file) = self.files.get_mut(id.0 as usize) {
            file.text = text.into();
            file.line_starts = OnceLock::new();
        }
    }

    /// The file of an id; `None` for [`SourceId::NONE`].
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// The path of a span's file.
    #[must_use]
    pub fn path(&self, span: Span) -> Option<&Path> {
        self.get(span.source).map(|file| file.path.as_path())
    }

    /// The text under a span; empty where there is none.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source)
            .and_then(|file| file.text.get(span.start as usize..span.end as usize))
            .unwrap_or_default()
    }

    /// Line and column of the start of a span.
    #[must_use]
    pub fn line_column(&self, span: Span) -> Option<LineColumn> {
        let file = self.get(span.source)?;
        let line = file.line_starts().partition_point(|start| *start <= span.start);
        let start = *file.line_starts().get(line.checked_sub(1)?)?;
        let before = file.text.get(start as usize..span.start as usize)?;
        Some(LineColumn { line, column: before.chars().count() + 1 })
    }

    /// The ids of all files in the order they were read.
    pub fn ids(&self) -> impl Iterator<Item = SourceId> + use<> {
        (0..u32::try_from(self.files.len()).unwrap_or(u32::MAX)).map(SourceId)
    }

    /// All files in the order they were read.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters_from_one() {
        let mut sources = SourceMap::default();
        let source = sources.add("/f", "a\né x\n\nlast");
        let place = |start| {
            sources.line_column(Span { source, start, end: start }).map(|place| (place.line, place.column))
        };
        let places: Vec<_> = [0, 1, 2, 4, 6, 7, 8, 12].map(place).into_iter().flatten().collect();
        assert_eq!(places, [(1, 1), (1, 2), (2, 1), (2, 2), (2, 4), (3, 1), (4, 1), (4, 5)]);
        assert_eq!((place(3), place(13)), (None, None));
    }
}
