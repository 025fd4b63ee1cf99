//! `{a,b}` and `{1..3}` in the unquoted parts of a word.

use crate::template::limit::check_items;

/// A part of a word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    /// Text that stands for itself, even empty
    Quoted(String),
    Literal(String),
    /// What an unquoted variable holds
    Expanded(String),
}

/// Words that braces may make of one word.
const MOST: usize = 10_000;

/// The words that `parts` stand for; one where there are no braces.
pub(super) fn expand(parts: &[Part]) -> Result<Vec<Vec<Part>>, String> {
    let mut done = Vec::new();
    // Each entry is a word whose first braces are still to be expanded.
    let mut pending = vec![parts.to_vec()];
    while let Some(word) = pending.pop() {
        match first_braces(&word) {
            None => done.push(word),
            Some(choices) => pending.extend(choices.into_iter().rev()),
        }
        if done.len() + pending.len() > MOST {
            check_items(usize::MAX)?;
        }
    }
    Ok(done)
}

/// The words that come of the first pair of braces that is one; nothing where there is none.
fn first_braces(word: &[Part]) -> Option<Vec<Vec<Part>>> {
    for (index, part) in word.iter().enumerate() {
        let Part::Literal(text) = part else { continue };
        let mut from = 0;
        while let Some(open) = text[from..].find('{').map(|open| from + open) {
            if let Some(choices) = pair(word, index, open) {
                return Some(choices);
            }
            from = open + 1;
        }
    }
    None
}

/// The words of the braces that open at byte `open` of part `index`.
fn pair(word: &[Part], index: usize, open: usize) -> Option<Vec<Vec<Part>>> {
    let mut choices: Vec<Vec<Part>> = vec![Vec::new()];
    let mut depth = 0;
    for (at, part) in word.iter().enumerate().skip(index) {
        let Part::Literal(text) = part else {
            choices.last_mut()?.push(part.clone());
            continue;
        };
        let start = if at == index { open + 1 } else { 0 };
        let mut piece = start;
        for (offset, next) in text[start..].char_indices().map(|(offset, next)| (start + offset, next)) {
            match next {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' | '}' if depth == 0 => {
                    choices.last_mut()?.push(Part::Literal(text[piece..offset].to_owned()));
                    piece = offset + 1;
                    if next == ',' {
                        choices.push(Vec::new());
                        continue;
                    }
                    let choices = if choices.len() > 1 { choices } else { sequence(&choices[0])? };
                    let before = &word[..index];
                    let Part::Literal(head) = &word[index] else { return None };
                    let tail = [&[Part::Literal(text[piece..].to_owned())], &word[at + 1..]].concat();
                    let joined = |choice: Vec<Part>| {
                        [before, &[Part::Literal(head[..open].to_owned())], &choice, &tail].concat()
                    };
                    return Some(choices.into_iter().map(joined).map(without_empty).collect());
                }
                _ => {}
            }
        }
        choices.last_mut()?.push(Part::Literal(text[piece..].to_owned()));
    }
    None
}

/// Joins literals that stand side by side, and drops empty ones.
fn without_empty(parts: Vec<Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    for part in parts {
        match (out.last_mut(), part) {
            (_, Part::Literal(text)) if text.is_empty() => {}
            (Some(Part::Literal(before)), Part::Literal(text)) => before.push_str(&text),
            (_, part) => out.push(part),
        }
    }
    out
}

/// `1..5`, `a..e`, each with a step.
fn sequence(parts: &[Part]) -> Option<Vec<Vec<Part>>> {
    let [Part::Literal(text)] = parts else { return None };
    let words: Vec<_> = text.split("..").collect();
    let (first, last, step) = match words[..] {
        [first, last] => (first, last, 0),
        [first, last, step] => (first, last, step.parse::<i64>().ok()?),
        _ => return None,
    };
    let letter = |text: &str| match text.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => Some(i64::from(*letter)),
        _ => None,
    };
    let (from, to, letters) = match (first.parse::<i64>(), last.parse::<i64>()) {
        (Ok(from), Ok(to)) => (from, to, false),
        _ => (letter(first)?, letter(last)?, true),
    };
    let step = step.unsigned_abs().max(1);
    let count = from.abs_diff(to) / step;
    let count = usize::try_from(count).ok().filter(|count| *count < MOST)?;
    let shown = |index: usize| {
        let moved = i64::try_from(index as u64 * step).unwrap_or(i64::MAX);
        let number = if to < from { from - moved } else { from + moved };
        let text = match u8::try_from(number) {
            Ok(letter) if letters => char::from(letter).to_string(),
            _ => number.to_string(),
        };
        vec![Part::Literal(text)]
    };
    Some((0..=count).map(shown).collect())
}
