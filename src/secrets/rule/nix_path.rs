//! Paths in the text of a Nix file. Not a parser: what looks like a path, outside of comments that fill a line.

use crate::secrets::policy::join;
use crate::secrets::repository::NixFile;
use crate::source::Span;

/// A path in a Nix file.
pub(super) struct NixPath {
    /// From the root of what is checked.
    pub(super) path: String,
    /// Where it is written.
    pub(super) span: Span,
}

/// All words that begin with `./` or `../`.
pub(super) fn paths(file: &NixFile) -> Vec<NixPath> {
    let dir = file.path.rfind('/').map_or("", |slash| &file.path[..slash]);
    words(file)
        .filter(|(word, _)| word.starts_with("./") || word.starts_with("../"))
        .map(|(word, span)| NixPath { path: join(dir, word.trim_end_matches('.')), span })
        .collect()
}

/// All words of path letters.
pub(super) fn words(file: &NixFile) -> impl Iterator<Item = (&str, Span)> {
    let is_letter = |letter: char| letter.is_alphanumeric() || "._-+/~".contains(letter);
    let mut at = 0;
    let lines = file.text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line)
    });
    lines.filter(|(_, line)| !line.trim_start().starts_with('#')).flat_map(move |(start, line)| {
        let begin = line.as_ptr() as usize;
        line.split(move |letter: char| !is_letter(letter)).filter(|word| !word.is_empty()).map(move |word| {
            let from = start + (word.as_ptr() as usize - begin);
            let span = Span { source: file.source, start: from as u32, end: (from + word.len()) as u32 };
            (word, span)
        })
    })
}
