//! The name that was probably meant, as go-task finds it: by deleting up to two letters on both sides (the model of
//! sajari/fuzzy with depth 2 and threshold 1, go-task 3.54). Where several are equally good the first wins; go-task
//! takes any.

use std::collections::HashSet;

/// Letters that are deleted from either side.
const DEPTH: usize = 2;
/// Length of a deletion's result that is a key.
const SHORTEST_KEY: usize = 2;
/// Longer names are not compared: the deletions grow with the square of the length.
const LONGEST: usize = 200;

/// The name that `wanted` probably means.
pub(super) fn suggest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let asked = wanted;
    let wanted = wanted.to_lowercase();
    let wanted = wanted.as_bytes();
    if wanted.len() > LONGEST {
        return None;
    }
    let mut names: Vec<&str> = names.collect();
    let mut seen = HashSet::new();
    let mut twice = false;
    names.retain(|name| {
        let new = seen.insert(*name);
        twice |= !new && name.as_bytes() == wanted;
        new
    });
    if twice {
        // A name in another case that two tasks have is taken for the right one.
        return names.into_iter().find(|name| name.as_bytes() == wanted);
    }
    let near: Vec<&str> = names.into_iter().filter(|name| may_match(name.as_bytes(), wanted)).collect();
    let keys: Vec<(&str, HashSet<Vec<u8>>)> =
        near.iter().map(|name| (*name, keys(name.as_bytes()))).collect();
    let with_key = |key: &[u8]| {
        let found = keys.iter().filter(|(_, keys)| key.len() >= SHORTEST_KEY && keys.contains(key));
        found.map(|(name, _)| *name).collect::<Vec<_>>()
    };
    let direct = with_key(wanted);
    if !direct.is_empty() {
        return best(asked, wanted, &direct);
    }
    let edits = deletions(wanted);
    let shortened: Vec<&str> =
        near.iter().filter(|name| name.len() > 2 && edits.contains(name.as_bytes())).copied().collect();
    if !shortened.is_empty() {
        return best(asked, wanted, &shortened);
    }
    let shared: Vec<&str> = keys
        .iter()
        .filter(|(_, keys)| edits.iter().any(|edit| edit.len() >= SHORTEST_KEY && keys.contains(edit)))
        .map(|(name, _)| *name)
        .filter(|name| distance(wanted, name.as_bytes()) <= DEPTH + 1)
        .collect();
    best(asked, wanted, &shared)
}

/// The nearest; of those as near, one with the same first letter.
fn best<'a>(asked: &str, wanted: &[u8], candidates: &[&'a str]) -> Option<&'a str> {
    let first = asked.bytes().next();
    let rank = |name: &&&str| {
        let distance = distance(wanted, name.as_bytes());
        (distance <= 3).then_some((distance, name.bytes().next() != first))
    };
    candidates.iter().filter(|name| rank(name).is_some()).min_by_key(rank).copied()
}

/// Cheap test before the deletions are made: two names can only share one when few letters differ.
fn may_match(name: &[u8], wanted: &[u8]) -> bool {
    // Two deletions on each side; `ies` for `ys` and back changes three more letters.
    const MOST: u32 = 2 * DEPTH as u32 + 6;
    if name.len() > LONGEST || name.len().abs_diff(wanted.len()) > DEPTH + 2 {
        return false;
    }
    let mut balance = [0_i32; 256];
    name.iter().for_each(|byte| balance[usize::from(*byte)] += 1);
    wanted.iter().for_each(|byte| balance[usize::from(*byte)] -= 1);
    balance.iter().map(|count| count.unsigned_abs()).sum::<u32>() <= MOST
}

fn keys(name: &[u8]) -> HashSet<Vec<u8>> {
    deletions(name)
}

/// All that up to two deletions leave.
fn deletions(word: &[u8]) -> HashSet<Vec<u8>> {
    let mut all = HashSet::new();
    let mut latest = vec![word.to_vec()];
    for _ in 0..DEPTH {
        latest = latest
            .iter()
            .flat_map(|word| one_deletion(word))
            .filter(|edit| all.insert(edit.clone()))
            .collect();
    }
    all
}

/// One letter less in each place, and the word itself; `ies` and `ys` at the end stand for each other.
fn one_deletion(word: &[u8]) -> Vec<Vec<u8>> {
    let mut edits: Vec<Vec<u8>> = (0..word.len()).map(|at| [&word[..at], &word[at + 1..]].concat()).collect();
    edits.push(word.to_vec());
    if let Some(stem) = word.strip_suffix(b"ies") {
        edits.push([stem, b"ys"].concat());
    } else if let Some(stem) = word.strip_suffix(b"ys") {
        edits.push([stem, b"ies"].concat());
    }
    edits
}

/// Levenshtein's, in bytes.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (i, right) in b.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, left) in a.iter().enumerate() {
            let next = (row[j + 1] + 1).min(row[j] + 1).min(diagonal + usize::from(left != right));
            diagonal = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[a.len()]
}

#[cfg(test)]
mod tests {
    use super::suggest;

    /// Each was seen with go-task 3.54.
    #[test]
    fn suggests_what_task_suggests() {
        let names = ["default", "list", "build", "c:one", "a", "lint", "deploys", "pre"];
        for (wanted, expected) in [
            ("A", None),
            ("aa", None),
            ("", None),
            ("lis", Some("list")),
            ("lsit", Some("list")),
            ("biuld", Some("build")),
            ("bild", Some("build")),
            ("buildx", Some("build")),
            ("c:two", Some("c:one")),
            ("c:n", Some("c:one")),
            ("LINT", Some("lint")),
            ("deploies", Some("deploys")),
            ("nope", Some("pre")),
            ("something-else", None),
        ] {
            assert_eq!(suggest(wanted, names.into_iter()), expected, "{wanted}");
        }
    }
}
