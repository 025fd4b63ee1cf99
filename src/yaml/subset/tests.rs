use super::*;
use crate::yaml::parser::parse_whole;
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

/// What the whole parser makes of a text, or that it refuses it.
fn whole(text: &str) -> Option<String> {
    let document = parse_whole(SourceId::NONE, text).ok()?;
    Some(format!("{:#?}", document.root))
}

/// Fails where both read a text and differ; gives whether it was read here.
fn compare(text: &str) -> bool {
    let Some(root) = parse(SourceId::NONE, text) else { return false };
    assert_eq!(Some(format!("{root:#?}")), whole(text), "{text}");
    true
}

/// The YAML files of the project.
fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open = ["tests", "examples", "."].map(|dir| root.join(dir)).to_vec();
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && dir != root.join(".") && !path.ends_with("target") {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "yml" || end == "yaml") && path.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn texts() -> Vec<String> {
    files()
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .filter(|text| text.len() < 20_000)
        .collect()
}

#[test]
fn what_taskfiles_hold_is_read_here_as_by_the_whole_parser() {
    for text in [
        "a: b\n",
        "a: b",
        "---\na: b\n",
        "# c\n\na:\n  b: 1 # d\n  c: 'it''s'\n\n  # e\nd: \"x\\n\\\"\"\n",
        "tasks:\n  t:\n    cmds:\n      - echo a\n      - task: b\n        vars: {A: 1, B: 'x'}\n      - [a, \"b\", {c: d}]\n",
        "tasks:\n  t:\n    cmds:\n    - echo a\n    - task: b\n      vars:\n        A: 1\n    desc: x\n",
        "a: |\n  l1\n    l2\n\n  l3\n\nb: |-\n  x\n",
        "a:\n  - |\n    if x; then\n      y\n    fi\n  - z\n",
        "a:b:c: d:e\n'*:x': -v\nurl: http://x/y#z\n",
        "empty: []\nnone: {}\n",
        "a: é x\nb: ü\n",
    ] {
        assert!(compare(text), "left to the whole parser:\n{text}");
    }
}

#[test]
fn what_is_not_known_here_is_left_alone() {
    for text in [
        "",
        "# nothing\n",
        "a\n",
        "a: &x 1\nb: *x\n",
        "a: !!str 1\n",
        "a: >\n  b\n",
        "a: b\n  c\n",
        "a: 'b\n  c'\n",
        "a: {{.X}}\n",
        "a:\n",
        "a: ? b\n",
        "a:\tb\n",
        "a: b\r\n",
        "a: [b,\n  c]\n",
        "a: b\n---\nc: d\n",
        "a: |2\n  b\n",
        "- a\n- - b\n",
        "a: b: c\n",
        "a: @b\n",
        "a: |\n\n  b\n",
        "<<: x\n",
        "a: b\n c: d\n",
        " a: b\n",
    ] {
        assert_eq!(parse(SourceId::NONE, text).map(|root| format!("{root:?}")), None, "{text}");
    }
}

#[test]
fn the_files_of_the_project_come_out_the_same() {
    let texts = texts();
    let here = texts.iter().filter(|text| compare(text)).count();
    assert!(here * 2 > texts.len(), "{here} of {}", texts.len());
}

/// Pieces that files are made of, to be put anywhere.
const PIECES: [&str; 36] = [
    "\n", " ", "  ", "    ", "- ", "-", ":", ": ", "#", " # c", "'", "''", "\"", "\\", "\\n", "|", "|-\n",
    "|\n", ">\n", "[", "]", "{", "}", ", ", "&a ", "*a", "!!str ", "a: b\n", "- x\n", "\n\n", "---\n",
    "...\n", "? ", "%", "é", "<<: ",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn changed_files_come_out_the_same(
        which in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len(), 0usize..4), 0..4),
    ) {
        thread_local! { static TEXTS: Vec<String> = texts(); }
        let text = TEXTS.with(|texts| texts[which.index(texts.len())].clone());
        // Some lines of a file, so that most changes fall on what is read.
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let first = from.index(lines.len().max(1));
        let mut text: String = lines.iter().skip(first).take(14).copied().collect();
        for (at, piece, removed) in changes {
            let mut at = at.index(text.len() + 1);
            while !text.is_char_boundary(at) { at -= 1; }
            let mut end = (at + removed).min(text.len());
            while !text.is_char_boundary(end) { end += 1; }
            text.replace_range(at..end, PIECES[piece]);
        }
        compare(&text);
    }

    #[test]
    fn texts_made_of_pieces_come_out_the_same(pieces in prop::collection::vec(0..PIECES.len() + 8, 1..24)) {
        let more = ["key: ", "a", "k:\n", "'q'", "[a, b]", "{a: b}", "\"d\"", "x y"];
        let text: String =
            pieces.into_iter().map(|piece| PIECES.get(piece).unwrap_or_else(|| &more[piece - PIECES.len()])).copied().collect();
        compare(&text);
    }
}
