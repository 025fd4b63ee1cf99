//! Paths that a pattern matches, made from the pattern: what the next file could be called.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Samples of one pattern.
const MANY: usize = 24;
/// Letters of one sample.
const LONG: usize = 200;

/// Some texts that a pattern matches; empty where it cannot be told.
#[must_use]
pub(super) fn samples(pattern: &str) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(pattern) else { return Vec::new() };
    let mut found = texts(&hir);
    found.retain(|text| !text.is_empty() && text.len() <= LONG);
    found.dedup();
    found
}

fn texts(hir: &Hir) -> Vec<String> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => vec![String::from_utf8_lossy(&literal.0).into_owned()],
        HirKind::Class(class) => letters(class),
        HirKind::Capture(capture) => texts(&capture.sub),
        HirKind::Alternation(parts) => parts.iter().flat_map(texts).take(MANY).collect(),
        HirKind::Concat(parts) => parts.iter().fold(vec![String::new()], |before, part| {
            let after = texts(part);
            let joined = before.iter().flat_map(|start| after.iter().map(move |end| format!("{start}{end}")));
            joined.filter(|text| text.len() <= LONG).take(MANY).collect()
        }),
        HirKind::Repetition(repetition) => {
            let one = texts(&repetition.sub);
            let least = repetition.min as usize;
            let most = repetition.max.map_or(usize::MAX, |most| most as usize);
            // As many as must be, and a few letters where more may be: a name, and one in a directory.
            let mut found: Vec<String> = Vec::new();
            for word in ["sample", "sub/sample"] {
                let letters = word.chars().count();
                let any = is_any(&repetition.sub, word);
                if any && letters >= least && letters <= most {
                    found.push(word.to_owned());
                }
            }
            if least == 0 && (most == 1 || found.is_empty()) {
                found.push(String::new());
            }
            if found.is_empty() || least == 0 && most == 1 {
                let times = least.clamp(1, LONG);
                let short = one.iter().filter(|text| text.len() * times <= LONG);
                found.extend(short.map(|text| text.repeat(times)));
            }
            found.truncate(MANY);
            found
        }
    }
}

/// Whether every letter of a word is in a class.
fn is_any(hir: &Hir, word: &str) -> bool {
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => word
            .chars()
            .all(|letter| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&letter))),
        HirKind::Class(Class::Bytes(class)) => word
            .bytes()
            .all(|letter| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&letter))),
        HirKind::Capture(capture) => is_any(&capture.sub, word),
        _ => false,
    }
}

/// A letter of a class, a plain one where it has any.
fn letters(class: &Class) -> Vec<String> {
    let has = |letter: char| match class {
        Class::Unicode(class) => {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&letter))
        }
        Class::Bytes(class) => class.ranges().iter().any(|range| {
            u8::try_from(letter).is_ok_and(|letter| (range.start()..=range.end()).contains(&letter))
        }),
    };
    let plain = ('a'..='z').chain('0'..='9').chain("._-/".chars()).find(|letter| has(*letter));
    let first = || match class {
        Class::Unicode(class) => class.ranges().first().map(|range| range.start()),
        Class::Bytes(class) => class.ranges().first().map(|range| char::from(range.start())),
    };
    plain.or_else(first).map(String::from).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_match_their_pattern() {
        for pattern in [
            r"^tests/",
            r"^secrets/(luna|rydev)\.sops\.yaml$",
            r".*\.sops\.ya?ml$",
            r"hosts/[^/]+/secrets\.(yaml|json)",
            r"(?i)prod[0-9]{2,}",
            r"",
            r"^$",
        ] {
            let regex = regex::Regex::new(pattern).unwrap();
            let found = samples(pattern);
            assert!(found.iter().all(|text| regex.is_match(text)), "{pattern}: {found:?}");
            assert_eq!(found.is_empty(), pattern.len() < 3, "{pattern}: {found:?}");
        }
        assert!(samples(&"(a|b)".repeat(40)).len() <= MANY);
    }
}
