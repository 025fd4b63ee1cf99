//! What `git ls-files -z -t -s -c -m -d -o` prints (git's manual, git-ls-files, OUTPUT). Runs nothing.

use std::collections::BTreeMap;

/// One line: its letter, and what the index has of the path.
struct Entry<'o> {
    tag: &'o str,
    /// Empty for what git does not track.
    mode: &'o str,
    oid: &'o str,
    stage: &'o str,
    path: &'o str,
}

/// All that was said of a path.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The content in the index, of what is no conflict.
    pub(super) oid: Option<String>,
    /// The work tree has another content, or none although it should.
    pub(super) changed: bool,
    /// It is a symbolic link.
    pub(super) is_link: bool,
}

/// All paths but those of submodules and other repositories. Names that are no text are left out: no rule and no reader
/// of ours can name them.
pub(super) fn read(out: &[u8]) -> BTreeMap<String, Seen> {
    let mut found: BTreeMap<String, Seen> = BTreeMap::new();
    let lines = out.split(|byte| *byte == 0).filter_map(|line| std::str::from_utf8(line).ok());
    let is_file = |entry: &Entry<'_>| entry.mode != "160000" && !entry.path.ends_with('/');
    for entry in lines.filter_map(entry).filter(is_file) {
        let seen = found.entry(entry.path.to_owned()).or_default();
        if !entry.oid.is_empty() && entry.stage == "0" {
            seen.oid = Some(entry.oid.to_owned());
        }
        seen.changed |= matches!(entry.tag, "C" | "R");
        seen.is_link |= entry.mode == "120000";
    }
    found
}

fn entry(line: &str) -> Option<Entry<'_>> {
    let (tag, rest) = line.split_once(' ')?;
    if tag == "?" {
        return Some(Entry { tag, mode: "", oid: "", stage: "", path: rest });
    }
    let (object, path) = rest.split_once('\t')?;
    let mut words = object.split(' ');
    let (mode, oid, stage) = (words.next()?, words.next()?, words.next()?);
    Some(Entry { tag, mode, oid, stage, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_path_are_joined() {
        let lines = [
            "? new",
            "? other/",
            "H 100644 aa 0\ta",
            "C 100644 aa 0\ta",
            "S 100644 bb 0\tsparse",
            "M 100644 cc 1\tboth",
            "M 100644 dd 2\tboth",
            "H 120000 ee 0\tlink",
            "H 160000 ff 0\tsubmodule",
            "R 100644 gg 0\tgone",
        ];
        let seen = |oid: Option<&str>, changed, is_link| Seen { oid: oid.map(Into::into), changed, is_link };
        let expected = BTreeMap::from([
            ("new".to_owned(), seen(None, false, false)),
            ("a".to_owned(), seen(Some("aa"), true, false)),
            ("sparse".to_owned(), seen(Some("bb"), false, false)),
            ("both".to_owned(), seen(None, false, false)),
            ("link".to_owned(), seen(Some("ee"), false, true)),
            ("gone".to_owned(), seen(Some("gg"), true, false)),
        ]);
        assert_eq!(read(lines.join("\0").as_bytes()), expected);
    }
}
